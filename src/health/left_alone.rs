//! What the cluster does not touch although it runs: it is neither stopped nor moved, whatever the
//! configuration says.
//!
//! crmsh 4.4 and 5.0 have it told to stop, wait in vain, and end half-way: a group is gone then, and
//! with it that it was not to be managed, so that its members stop all the same.

use crate::cib::{Cib, Object, boolean};
use crate::facts::{Monitor, MonitorResource};
use crate::plan::{Hint, Refusal};

/// A running part of a resource that the cluster does not touch, and why.
#[derive(Debug)]
pub struct LeftAlone<'a> {
    part: &'a MonitorResource,
    why: Why<'a>,
}

#[derive(Debug)]
enum Why<'a> {
    /// An action failed after which nothing is done until it is cleaned up.
    Blocked,
    /// The whole cluster is in maintenance.
    Maintenance,
    /// The node it runs on is.
    Node(&'a str),
    /// The configuration says so, of it or of what holds it.
    Unmanaged,
}

/// Returns the first part of a resource that runs and is left alone.
pub fn left_alone<'a>(monitor: &'a Monitor, id: &str) -> Option<LeftAlone<'a>> {
    let parts = monitor.primitives_of(id).into_iter();
    parts
        .filter(|part| !part.nodes.is_empty())
        .find_map(|part| LeftAlone::of_part(monitor, part))
}

/// Returns the first of what runs on a node that is left alone.
pub fn left_alone_on<'a>(monitor: &'a Monitor, node: &str) -> Option<LeftAlone<'a>> {
    let mut parts = monitor.resources.iter();
    parts
        .find(|part| part.nodes.iter().any(|name| name == node) && (part.blocked || !part.managed))
        .and_then(|part| LeftAlone::of_part(monitor, part))
}

/// Returns true for a part that runs and is left alone because the configuration says so of it.
pub(super) fn is_unmanaged(monitor: &Monitor, part: &MonitorResource) -> bool {
    let runs = !part.nodes.is_empty();
    runs && LeftAlone::of_part(monitor, part).is_some_and(|one| matches!(one.why, Why::Unmanaged))
}

impl<'a> LeftAlone<'a> {
    fn of_part(monitor: &'a Monitor, part: &'a MonitorResource) -> Option<LeftAlone<'a>> {
        let in_maintenance = |name: &&String| {
            let node = monitor.node(name);
            node.is_some_and(|node| node.maintenance)
        };
        let why = match part.nodes.iter().find(in_maintenance) {
            // Nothing else leads out before that has ended.
            _ if monitor.maintenance => Why::Maintenance,
            _ if part.blocked => Why::Blocked,
            _ if part.managed => return None,
            Some(node) => Why::Node(node),
            None => Why::Unmanaged,
        };
        Some(LeftAlone { part, why })
    }

    /// Returns what it is and why it is left alone, as a sentence without full stop.
    pub fn sentence(&self) -> String {
        let id = &self.part.id;
        match self.why {
            Why::Blocked => format!("{id} failed and is blocked on {}", self.places()),
            Why::Maintenance => "the cluster is in maintenance".to_owned(),
            Why::Node(node) => format!("{id} runs on {node}, which is in maintenance"),
            Why::Unmanaged => format!("{id} is not managed by the cluster now"),
        }
    }

    /// Returns what has the cluster take care of it again.
    pub fn mend(&self, cib: &Cib) -> Hint {
        let (purpose, command) = match self.why {
            Why::Blocked => (
                "to let the cluster try again",
                format!("crm resource cleanup {}", self.part.id),
            ),
            Why::Maintenance => (
                "to end that",
                "bascule cluster set maintenance-mode=false".to_owned(),
            ),
            Why::Node(node) => ("to end that", format!("bascule node ready {node}")),
            Why::Unmanaged => (
                "to hand it back",
                format!("crm resource manage {}", unmanaged(cib, &self.part.id)),
            ),
        };
        Hint {
            purpose: purpose.to_owned(),
            command,
        }
    }

    /// Returns the refusal of what would need it stopped.
    pub fn refusal(&self, what: &str, cib: &Cib) -> Refusal {
        let mend = self.mend(cib);
        Refusal::check(format!("{}: {what}", self.sentence())).hint(mend.purpose, mend.command)
    }

    fn places(&self) -> String {
        self.part.nodes.join(" and ")
    }
}

/// Returns which of a primitive and what holds it is told not to be managed.
pub(super) fn unmanaged<'a>(cib: &'a Cib, primitive: &'a str) -> &'a str {
    let mut id = primitive;
    loop {
        let meta = match cib.object(id).map(Object::resolved) {
            Some(Object::Primitive(it)) => &it.meta[..],
            Some(Object::Group(it)) => &it.meta[..],
            Some(Object::Clone(it)) => &it.meta[..],
            _ => &[],
        };
        if meta
            .iter()
            .any(|(name, value)| name == "is-managed" && boolean(value) != Some(true))
        {
            return id;
        }
        match cib.parent_of(id) {
            Some(parent) => id = parent,
            // By a default of all resources: this one can be told otherwise.
            None => return primitive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{RELEASES, left_alone as recorded};

    #[test]
    fn what_is_left_alone_is_told_with_what_ends_that() {
        for release in RELEASES {
            let facts = recorded(release);
            let (monitor, cib) = (facts.monitor.as_ref().unwrap(), facts.live_cib().unwrap());
            for (id, sentence, mend) in [
                (
                    "bad",
                    "bad failed and is blocked on serv2",
                    "crm resource cleanup bad",
                ),
                // By the group, not by its member.
                (
                    "grp",
                    "m1 is not managed by the cluster now",
                    "crm resource manage grp",
                ),
                (
                    "m2",
                    "m2 is not managed by the cluster now",
                    "crm resource manage grp",
                ),
                (
                    "good",
                    "good runs on serv1, which is in maintenance",
                    "bascule node ready serv1",
                ),
            ] {
                let found = left_alone(monitor, id).unwrap();
                assert_eq!(found.sentence(), sentence);
                assert_eq!(found.mend(cib).command, mend);
            }
            let first = left_alone_on(monitor, "serv2").unwrap();
            assert_eq!(first.sentence(), "bad failed and is blocked on serv2");
        }
    }

    #[test]
    fn the_whole_clusters_maintenance_is_ended_as_a_whole() {
        for release in RELEASES {
            let mut facts = recorded(release);
            facts.monitor.as_mut().unwrap().maintenance = true;
            let found = left_alone(facts.monitor.as_ref().unwrap(), "grp").unwrap();
            let mend = found.mend(facts.live_cib().unwrap()).command;
            assert_eq!(mend, "bascule cluster set maintenance-mode=false");
        }
    }

    #[test]
    fn what_the_cluster_takes_care_of_is_not() {
        for release in RELEASES {
            let facts = crate::trial::with_copies(release);
            let monitor = facts.monitor.as_ref().unwrap();
            assert!(left_alone(monitor, "each-clone").is_none());
            assert!(left_alone_on(monitor, "serv1").is_none());
        }
    }
}

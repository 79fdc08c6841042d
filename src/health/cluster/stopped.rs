//! What does not run, or does not move, though it might: and why.

use super::super::{Problem, left_alone};
use crate::cib::{Cib, Lacking, Object, Primitive};
use crate::facts::{Monitor, MonitorResource};

/// Says of each resource that runs nowhere though it might, why; where nothing says it, what is to be said then.
pub(super) fn judge(
    cib: &Cib,
    monitor: &Monitor,
    somehow: impl Fn(&MonitorResource) -> Option<Problem>,
    found: &mut Vec<Problem>,
) {
    let held = !monitor.quorum
        || monitor.maintenance
        || monitor.dc.is_none()
        || cib.is_on("stop-all-resources") == Some(true)
        || !monitor.nodes.iter().any(|node| node.state() == "online");
    if held {
        return;
    }
    for object in cib.whole_resources() {
        let id = object.id();
        // What a fence device that is stopped means is told with fencing.
        let fences = object.primitive().is_some_and(Primitive::fences);
        if fences || monitor.started(id) {
            continue;
        }
        let parts = monitor.primitives_of(id);
        // Another copy of the same may run, or be on its way.
        let elsewhere = |part: &MonitorResource| {
            let copies = part.clone.is_some() || part.bundle.is_some();
            let twin = |other: &&MonitorResource| {
                (other.id == part.id || other.bundle.is_some()) && (other.active || other.pending)
            };
            copies && parts.iter().any(twin)
        };
        let missing = |part: &&&MonitorResource| {
            !part.active && !part.blocked && !part.orphaned && !part.pending && !elsewhere(part)
        };
        let Some(first) = parts.iter().find(missing) else {
            continue;
        };
        let told = monitor
            .failures
            .iter()
            .any(|failure| failure.resource == first.id);
        if told {
            continue;
        }
        found.extend(why_stopped(cib, first).or_else(|| somehow(first)));
    }
}

/// Says that a part runs nowhere, where nothing in the configuration tells why.
pub(super) fn somehow(part: &MonitorResource) -> Option<Problem> {
    let whole = part.bundle.as_ref().unwrap_or(&part.id);
    let problem = Problem::new(true, format!("{whole} runs nowhere"));
    Some(problem.next("to see why", format!("bascule why {whole}")))
}

/// Says why a part runs nowhere, as far as the configuration tells.
fn why_stopped(cib: &Cib, part: &MonitorResource) -> Option<Problem> {
    let id = &part.id;
    let mut around = cib.up_from(id);
    if let Some(name) = around.find(|name| cib.object(name).is_some_and(on_purpose)) {
        let what = format!("{id} is stopped, as {name}'s target-role asks");
        let start = format!("bascule crm resource start {name}");
        return Some(Problem::new(true, what).next("to start it", start));
    }
    if !part.managed {
        let holder = left_alone::unmanaged(cib, id);
        let what = format!(
            "{id} is stopped, and {holder} is not managed by the cluster: nothing starts it"
        );
        let manage = format!("bascule crm resource manage {holder}");
        return Some(Problem::new(true, what).next("to hand it back", manage));
    }
    let Lacking { ticket, standby } = cib.waits_for_ticket(id)?;
    Some(match standby {
        true => Problem::new(
            true,
            format!("{id} is stopped: its ticket {ticket} is granted to this site, and in standby"),
        )
        .next(
            "to use it again",
            format!("crm_ticket --ticket {ticket} --activate"),
        ),
        false => Problem::new(
            true,
            format!("{id} is stopped: its ticket {ticket} is not granted to this site"),
        )
        .next(
            "if no other site has it, to grant it to this one",
            format!("crm_ticket --ticket {ticket} --grant --force"),
        ),
    })
}

/// Says of what runs that the cluster was told to leave it alone: it stays where it is, and what
/// dies stays dead.
pub(super) fn unmanaged(cib: &Cib, monitor: &Monitor, found: &mut Vec<Problem>) {
    if monitor.maintenance {
        return;
    }
    let mut told: Vec<&str> = Vec::new();
    for part in &monitor.resources {
        let holder = left_alone::unmanaged(cib, &part.id);
        if !left_alone::is_unmanaged(monitor, part) || told.contains(&holder) {
            continue;
        }
        told.push(holder);
        let places = monitor.places(holder).join(" and ");
        found.push(
            Problem::new(
                false,
                format!(
                    "{holder} is not managed by the cluster: it stays on {places}, and is neither \
                     started anew nor moved"
                ),
            )
            .next(
                "to hand it back",
                format!("bascule crm resource manage {holder}"),
            ),
        );
    }
}

pub(super) fn on_purpose(object: &Object) -> bool {
    object
        .meta()
        .iter()
        .any(|(name, value)| name == "target-role" && value == "Stopped")
}

/// Returns true when the property has this value.
pub fn has_value(cib: &Cib, name: &str, value: &str) -> bool {
    cib.property(name).as_deref() == Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::trial::{RELEASES, held};

    fn told(facts: &Facts) -> Vec<(bool, String, String)> {
        let (cib, monitor) = (facts.live_cib().unwrap(), facts.monitor.as_ref().unwrap());
        let mut found = Vec::new();
        judge(cib, monitor, somehow, &mut found);
        unmanaged(cib, monitor, &mut found);
        let told = found.into_iter().map(|mut problem| {
            let next = problem.next.remove(0).command;
            (problem.grave, problem.what, next)
        });
        told.collect()
    }

    #[test]
    fn what_keeps_a_resource_from_running_is_told_with_what_leads_out() {
        for release in RELEASES {
            let mut all = told(&held(release));
            all.sort();
            let expected = [
                (
                    false,
                    "run is not managed by the cluster: it stays on serv1, and is neither started anew nor moved",
                    "bascule crm resource manage run",
                ),
                (
                    true,
                    "m2 is stopped, as m2's target-role asks",
                    "bascule crm resource start m2",
                ),
                (
                    true,
                    "tk is stopped: its ticket ticketA is not granted to this site",
                    "crm_ticket --ticket ticketA --grant --force",
                ),
                (
                    true,
                    "um is stopped, and um is not managed by the cluster: nothing starts it",
                    "bascule crm resource manage um",
                ),
                (
                    true,
                    "um1 is stopped, and gum is not managed by the cluster: nothing starts it",
                    "bascule crm resource manage gum",
                ),
            ];
            let expected =
                expected.map(|(grave, what, next)| (grave, what.to_owned(), next.to_owned()));
            assert_eq!(all, expected, "{release}");
        }
    }

    #[test]
    fn in_maintenance_that_is_said_instead() {
        for release in RELEASES {
            let mut facts = held(release);
            facts.monitor.as_mut().unwrap().maintenance = true;
            assert_eq!(told(&facts), [], "{release}");
        }
    }
}

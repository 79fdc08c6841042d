//! Actions that failed, and what became of what they were on.
//!
//! A clone's copies have one name: that one of them runs says nothing of the one that failed, which is
//! the copy on the failure's own node.

use super::super::Problem;
use crate::cib::{Cib, Fencing, Object, Primitive};
use crate::facts::{Failure, Monitor};

/// The state of a resource, or of one copy of it, after a failure.
enum After<'a> {
    /// Pacemaker does not touch it any more.
    Blocked,
    /// The resource runs on that node.
    Again,
    /// The resource runs, or all its copies do, and none on that node.
    Elsewhere(Vec<&'a str>),
    /// Other copies run, and the one on that node does not.
    CopyStopped(&'a str, Vec<&'a str>),
    /// The resource does not run, or something is under way on it.
    Stopped,
}

impl<'a> After<'a> {
    fn new(monitor: &'a Monitor, failure: &'a Failure) -> After<'a> {
        let parts = monitor.resources.iter();
        let parts = || parts.clone().filter(|part| part.id == failure.resource);
        let here = |nodes: &[String]| nodes.contains(&failure.node);
        let there = || parts().filter(|part| here(&part.nodes));
        // One that is blocked is listed where it was left.
        if parts().any(|part| part.blocked && (part.nodes.is_empty() || here(&part.nodes))) {
            return After::Blocked;
        }
        if there().any(|part| part.started()) {
            return After::Again;
        }
        let started = || parts().filter(|part| part.started());
        let places = || started().flat_map(|part| part.nodes.iter().map(String::as_str));
        let wanted = || parts().filter(|part| !part.orphaned);
        match started().count() {
            0 => After::Stopped,
            _ if there().next().is_some() => After::Stopped,
            _ if wanted().all(|part| part.started()) => After::Elsewhere(places().collect()),
            _ => After::CopyStopped(&failure.node, places().collect()),
        }
    }

    /// Returns the end of the sentence that tells the failure.
    fn clause(&self) -> String {
        match self {
            After::Blocked => "; it is blocked, Pacemaker does not touch it any more".to_owned(),
            After::Again => "; it runs again".to_owned(),
            After::Elsewhere(places) => format!("; it runs on {}", places.join(" and ")),
            After::CopyStopped(node, places) => {
                format!(
                    "; it does not run on {node}, only on {}",
                    places.join(" and ")
                )
            }
            After::Stopped => String::new(),
        }
    }
}

/// Adds what failed and is not cleaned up, and what is blocked or left over.
pub(super) fn judge(cib: &Cib, monitor: &Monitor, found: &mut Vec<Problem>) {
    for failure in &monitor.failures {
        let id = &failure.resource;
        let mut what = format!(
            "{} of {id} failed on {}: {}",
            failure.task, failure.node, failure.reason
        );
        let after = After::new(monitor, failure);
        what += &after.clause();
        let runs = matches!(after, After::Again | After::Elsewhere(_));
        let primitive = cib.object(id).and_then(Object::primitive);
        // What that means is told with fencing.
        if !runs && primitive.is_some_and(Primitive::fences) && cib.fencing() == Fencing::On {
            continue;
        }
        let mut problem = Problem::new(!runs, what);
        if let Some(primitive) = cib.object(id).and_then(Object::primitive) {
            match primitive.agent.class.as_str() {
                "systemd" | "lsb" | "service" => {
                    let log = format!("journalctl -u {} -n 30", primitive.agent.name);
                    problem = problem.next(&format!("to see why, on {}", failure.node), log);
                }
                _ => {
                    let log = format!("grep {id} /var/log/pacemaker/pacemaker.log | tail");
                    problem = problem.next(&format!("to see why, on {}", failure.node), log);
                }
            }
        }
        found.push(problem.next(
            "when it is mended",
            format!("bascule crm resource cleanup {id}"),
        ));
    }
    for part in &monitor.resources {
        let told = monitor
            .failures
            .iter()
            .any(|failure| failure.resource == part.id);
        if part.blocked && !told {
            found.push(
                Problem::new(
                    true,
                    format!(
                        "{} is blocked: Pacemaker does not touch it any more",
                        part.id
                    ),
                )
                .next(
                    "to free it",
                    format!("bascule crm resource cleanup {}", part.id),
                ),
            );
        }
        // A copy above the clone's number is listed as well when it is stopped.
        if part.orphaned && !part.nodes.is_empty() {
            let what = match cib.object(&part.id) {
                Some(_) => format!("one copy of {} more than is configured is", part.id),
                None => format!("{} is no longer configured and", part.id),
            };
            let role = part.role.to_lowercase();
            found.push(
                Problem::new(
                    true,
                    format!("{what} still {role} on {}", part.nodes.join(", ")),
                )
                .next(
                    "to clear it",
                    format!("bascule crm resource cleanup {}", part.id),
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::trial::{RELEASES, copy_failed};

    fn told(facts: &Facts) -> Vec<(bool, String)> {
        let (cib, monitor) = (facts.live_cib().unwrap(), facts.monitor.as_ref().unwrap());
        let mut found = Vec::new();
        judge(cib, monitor, &mut found);
        let told = found
            .into_iter()
            .map(|problem| (problem.grave, problem.what));
        told.collect()
    }

    /// A plain clone, a group in a clone and a promotable clone, each of which lost its copy on serv2.
    #[test]
    fn that_another_copy_runs_says_nothing_of_the_one_that_failed() {
        for release in RELEASES {
            let facts = copy_failed(release);
            let told = told(&facts);
            assert_eq!(told.len(), 3, "{release}: {told:#?}");
            for id in ["db", "web", "st"] {
                let of = |(_, what): &&(bool, String)| {
                    what.contains(&format!(" of {id} failed on serv2"))
                };
                let (grave, what) = told.iter().find(of).unwrap();
                assert!(grave, "{release}: {what}");
                assert!(
                    what.ends_with("; it does not run on serv2, only on serv1"),
                    "{release}: {what}"
                );
            }
        }
    }

    #[test]
    fn a_copy_that_was_started_anew_runs_again() {
        for release in RELEASES {
            let mut facts = copy_failed(release);
            let monitor = facts.monitor.as_mut().unwrap();
            for part in monitor
                .resources
                .iter_mut()
                .filter(|part| part.nodes.is_empty())
            {
                (part.role, part.active) = ("Started".to_owned(), true);
                part.nodes.push("serv2".to_owned());
            }
            let all = told(&facts);
            let again =
                |(grave, what): &(bool, String)| !grave && what.ends_with("; it runs again");
            assert!(
                all.len() == 3 && all.iter().all(again),
                "{release}: {all:#?}"
            );
        }
    }

    #[test]
    fn what_has_no_copies_runs_elsewhere() {
        for release in RELEASES {
            let mut facts = copy_failed(release);
            let monitor = facts.monitor.as_mut().unwrap();
            monitor.failures.truncate(1);
            monitor.failures[0].resource = "vip".to_owned();
            let all = told(&facts);
            assert!(
                !all[0].0 && all[0].1.ends_with("; it runs on serv1"),
                "{release}: {all:#?}"
            );
        }
    }

    /// Blocked is the copy, and not every copy.
    #[test]
    fn a_copy_that_is_blocked_elsewhere_is_not_the_one_that_failed() {
        for release in RELEASES {
            let mut facts = copy_failed(release);
            let monitor = facts.monitor.as_mut().unwrap();
            monitor.failures.retain(|failure| failure.resource == "db");
            for part in monitor.resources.iter_mut().filter(|part| part.id == "db") {
                part.blocked = part.nodes == ["serv1"];
            }
            let all = told(&facts);
            assert!(!all[0].1.contains("blocked"), "{release}: {all:#?}");
        }
    }
}

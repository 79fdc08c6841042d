//! What of a step's way back is still to be done, and whether it can be.
//!
//! A way back asks for what was so before the operation. A resource that never left its node, since
//! it could not be stopped there, needs no move: asked for one, Pacemaker would only fail again.

use super::present::UndoFacts;
use crate::cib::Cib;
use crate::health;
use crate::plan::{Check, Refusal, Step, Verify};

/// The steps of a way back that are still to be done.
#[derive(Debug, Default)]
pub struct WayBack {
    pub steps: Vec<Step>,
    /// The warning of what is not as before all the same.
    pub remark: Option<Check>,
}

/// Returns what is still to be done of a step's way back.
///
/// # Errors
/// Where it leads to a resource's node and the cluster would not bring the resource there.
pub fn way_back(steps: &[Step], now: &UndoFacts) -> Result<WayBack, Refusal> {
    let whole = || WayBack {
        steps: steps.to_vec(),
        remark: None,
    };
    let moved = steps.iter().filter(|step| is_move(step));
    let home = moved.flat_map(|step| &step.verify).find_map(home_node);
    let (Some((resource, node)), Some(monitor), Ok(live)) = (home, now.monitor, now.live) else {
        return Ok(whole());
    };
    let left_alone = health::left_alone(monitor, resource);
    if monitor.places(resource) == [node] {
        let remark = match left_alone {
            Some(left_alone) => {
                let mend = left_alone.mend(live).command;
                Some(Check::warning(left_alone.sentence()).note(mend))
            }
            None if monitor.started(resource) => None,
            None => return Ok(whole()),
        };
        let steps = steps.iter().filter_map(|step| at_home(step, live));
        return Ok(WayBack {
            steps: steps.collect(),
            remark,
        });
    }
    if let Some(left_alone) = left_alone {
        return Err(left_alone.refusal(&format!("{resource} would not go back to {node}"), live));
    }
    let refused = |why: &str| {
        Refusal::check(format!(
            "{resource} would not go back to {node}: {node} {why}"
        ))
    };
    if monitor.maintenance {
        let what = format!("{resource} would not go back to {node}: the cluster is in maintenance");
        return Err(
            Refusal::check(what).hint("to end that", "bascule cluster set maintenance-mode=false")
        );
    }
    match monitor.node(node) {
        Some(there) if there.online && !there.pending => match (there.standby, there.maintenance) {
            (true, _) => Err(refused("is in standby").hint(
                "to let it run things",
                format!("bascule node online {node}"),
            )),
            (_, true) => Err(refused("is in maintenance")
                .hint("to end that", format!("bascule node ready {node}"))),
            _ => Ok(whole()),
        },
        _ => Err(refused("is not online")
            .hint("the nodes", "bascule node list")
            .hint(format!("on {node}"), "bascule cluster start")),
    }
}

/// Returns true for the steps of `crm resource move` and what takes its constraint away again.
fn is_move(step: &Step) -> bool {
    let Some((argv, _)) = step.command() else {
        return false;
    };
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    matches!(words[..], ["crm", "resource", "move" | "clear", ..])
}

/// Returns the resource that is to run on one node, and that node.
fn home_node(verify: &Verify) -> Option<(&str, &str)> {
    match verify {
        Verify::Runs {
            resource,
            node: Some(node),
        } => Some((resource, node)),
        _ => None,
    }
}

/// Returns a step as it is where the resource is at home already: of a move only what takes something
/// out of the configuration that still stands there, proved by just that.
fn at_home(step: &Step, live: &Cib) -> Option<Step> {
    if !is_move(step) {
        return Some(step.clone());
    }
    let known = live.ids();
    let stands = |verify: &Verify| match verify {
        Verify::Unconfigured { ids } => ids.iter().any(|id| known.contains(id.as_str())),
        _ => false,
    };
    if !step.verify.iter().any(stands) {
        return None;
    }
    let mut step = step.clone();
    step.verify.retain(|verify| home_node(verify).is_none());
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::super::FoundFiles;
    use super::*;
    use crate::facts::Facts;
    use crate::facts::ToolAnswers;
    use crate::plan::shell_line;
    use crate::trial::{RELEASES, facts, left_alone};
    use std::collections::BTreeMap;

    /// The way back to a node that `web move` keeps with its first step.
    fn steps(resource: &str, node: &str) -> Vec<Step> {
        let runs = || Verify::Runs {
            resource: resource.to_owned(),
            node: Some(node.to_owned()),
        };
        let gone = || Verify::Unconfigured {
            ids: vec![format!("cli-prefer-{resource}")],
        };
        vec![
            Step::run(["crm", "resource", "move", resource, node, "force"], "").verify(runs()),
            Step::run(["crm", "resource", "clear", resource], "")
                .verify(gone())
                .verify(runs()),
        ]
    }

    fn back(resource: &str, node: &str, facts: &Facts) -> Result<WayBack, Refusal> {
        of(&steps(resource, node), facts)
    }

    fn of(steps: &[Step], facts: &Facts) -> Result<WayBack, Refusal> {
        let guards = BTreeMap::new();
        let now = UndoFacts {
            live: facts.live_cib().ok_or(""),
            monitor: facts.monitor.as_ref(),
            in_no_cluster: false,
            later: Vec::new(),
            guards: &guards,
            unreached: std::collections::BTreeMap::new(),
            services: &std::collections::BTreeMap::new(),
            answers: &ToolAnswers::new(),
            found: &FoundFiles::default(),
            forecast: &|_, _, _| (),
        };
        way_back(steps, &now)
    }

    fn commands(way: &WayBack) -> Vec<String> {
        let commands = way.steps.iter().filter_map(|step| step.command());
        commands.map(|(argv, _)| shell_line(&argv)).collect()
    }

    #[test]
    fn what_never_left_its_node_is_not_moved_there() {
        for release in RELEASES {
            let facts = left_alone(release);
            for (resource, node, remark) in [
                ("bad", "serv2", "bad failed and is blocked on serv2"),
                ("grp", "serv2", "m1 is not managed by the cluster now"),
                (
                    "good",
                    "serv1",
                    "good runs on serv1, which is in maintenance",
                ),
            ] {
                let way = back(resource, node, &facts).unwrap();
                assert_eq!(commands(&way), [""; 0]);
                assert_eq!(way.remark.unwrap().text, remark);
            }
        }
    }

    #[test]
    fn what_would_not_be_moved_back_is_refused_before() {
        for release in RELEASES {
            let facts = left_alone(release);
            let refusal = back("bad", "serv1", &facts).unwrap_err();
            assert!(refusal.what.ends_with("bad would not go back to serv1"));
            assert_eq!(refusal.hints[0].command, "crm resource cleanup bad");
            // Nothing is wrong with it, but with where it came from.
            let mut facts = self::facts(release, "grouped");
            let monitor = facts.monitor.as_mut().unwrap();
            let from = monitor.places("servweb")[0].to_owned();
            let other = ["serv1", "serv2"].into_iter().find(|name| *name != from);
            let other = other.unwrap();
            assert_eq!(commands(&back("servweb", other, &facts).unwrap()).len(), 2);
            let monitor = facts.monitor.as_mut().unwrap();
            let home = monitor.nodes.iter_mut().find(|node| node.name == other);
            home.unwrap().standby = true;
            let refusal = back("servweb", other, &facts).unwrap_err();
            let mend = format!("bascule node online {other}");
            assert_eq!(refusal.hints[0].command, mend);
        }
    }

    #[test]
    fn a_constraint_that_still_stands_goes_all_the_same() {
        for release in RELEASES {
            // Recorded after `crm resource move serviceWeb serv2`.
            let facts = facts(release, "moved");
            let way = back("serviceWeb", "serv2", &facts).unwrap();
            assert_eq!(commands(&way), ["crm resource clear serviceWeb"]);
            assert!(
                way.steps[0]
                    .verify
                    .iter()
                    .all(|verify| home_node(verify).is_none())
            );
            assert_eq!(way.remark, None);
        }
    }

    #[test]
    fn what_is_no_move_is_done_wherever_the_resource_is() {
        for release in RELEASES {
            let facts = facts(release, "grouped");
            let places = facts.monitor.as_ref().unwrap().places("servweb");
            let looks_after = Step::run(["crm_attribute", "--delete"], "").verify(Verify::Runs {
                resource: "servweb".to_owned(),
                node: Some(places[0].to_owned()),
            });
            let way = of(std::slice::from_ref(&looks_after), &facts).unwrap();
            assert_eq!(way.steps, [looks_after]);
        }
    }
}

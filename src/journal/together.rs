//! An undo that writes corosync.conf on other nodes: with one of them away the others would have another file
//! than that one, and the undo would stop half-way.

use super::operation::Operation;
use super::present::UndoFacts;
use crate::facts::COROSYNC_CONF;
use crate::plan::{Action, Plan, Refusal, Step, Undo};
use crate::reach;
use std::collections::BTreeSet;

/// The daemon of a quorum device, without whose vote all nodes are needed in between.
const DEVICE_DAEMON: &str = "corosync-qdevice";

/// Returns the other hosts that a way back of an operation that changed corosync.conf on several nodes goes to.
pub fn hosts(operation: &Operation) -> Vec<String> {
    let plan = &operation.begin.plan;
    let standing = plan.steps.iter().zip(&operation.steps);
    let back: Vec<&Step> = standing
        .filter(|(_, state)| state.stands())
        .flat_map(|(step, _)| way_back(step))
        .collect();
    match back.iter().any(|step| writes_conf_there(step)) {
        true => distinct(back.into_iter()),
        false => Vec::new(),
    }
}

/// Refuses an undo that writes corosync.conf on other nodes while one of the hosts that it goes to does not
/// answer, or while a node counts on the others' votes and is not there.
///
/// # Errors
/// When that is so.
pub fn all_there(operation: &Operation, plan: &Plan, now: &UndoFacts) -> Result<(), Refusal> {
    if !plan.steps.iter().any(writes_conf_there) {
        return Ok(());
    }
    let id = operation.id();
    let nodes: BTreeSet<&String> = plan
        .steps
        .iter()
        .filter(|step| writes_conf_there(step))
        .filter_map(|step| step.host.as_ref())
        .collect();
    let counts = plan.steps.iter().any(|step| says(step, DEVICE_DAEMON));
    for target in distinct(plan.steps.iter()) {
        let is_node = nodes.contains(&target);
        let answered = operation.begin.plan.hosts.get(&target);
        let name = answered.map_or(target.as_str(), |answered| answered.host.as_str());
        let online = now
            .monitor
            .and_then(|monitor| monitor.node(name))
            .map(|node| node.online && !node.pending);
        if is_node && online == Some(false) && (counts || now.unreached.contains_key(&target)) {
            return Err(Refusal::check(format!(
                "operation {id} cannot be taken back now: {name} is not online: it would come back with another \
                 {COROSYNC_CONF} than the others"
            ))
            .hint(format!("on {name}, first"), "bascule cluster start"));
        }
        let Some(why) = now.unreached.get(&target) else {
            continue;
        };
        let mut refusal = Refusal::check(format!(
            "operation {id} cannot be taken back now: {}, and it would be taken back by halves",
            reach::sentence(&target, why)
        ));
        for (purpose, command) in reach::ways_out(&target, why) {
            refusal = refusal.hint(purpose, command);
        }
        // A third host is not needed for what leads out of it.
        let guards = operation.guards();
        let mut hints = guards.iter().flat_map(|guard| &guard.hints);
        if let Some(hint) = hints.next().filter(|_| !is_node) {
            refusal = refusal.hint(hint.purpose.clone(), hint.command.clone());
        }
        return Err(refusal);
    }
    // A host that left its cluster comes back by what starts it.
    if now.monitor.is_none()
        && !now.in_no_cluster
        && plan
            .steps
            .iter()
            .any(|step| says(step, "corosync-cfgtool -R"))
    {
        return Err(Refusal::check(format!(
            "operation {id} cannot be taken back now: the cluster does not answer here, and no node would read its \
             {COROSYNC_CONF} anew"
        ))
        .hint("to start it", "bascule cluster start")
        .hint("to see why", "bascule status"));
    }
    Ok(())
}

fn distinct<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<String> {
    let hosts: BTreeSet<&String> = steps.filter_map(|step| step.host.as_ref()).collect();
    hosts.into_iter().cloned().collect()
}

fn way_back(step: &Step) -> impl Iterator<Item = &Step> {
    let back = match &step.undo {
        Undo::Steps { steps } => steps.as_slice(),
        Undo::Nothing | Undo::Files { .. } | Undo::Cib { .. } | Undo::Impossible { .. } => &[],
    };
    back.iter().chain(&step.after_undo)
}

/// Returns the words of a step as they are run where it is done.
fn argv(step: &Step) -> &[String] {
    match &step.action {
        Action::Run { argv, .. } => argv,
        _ => &[],
    }
}

/// Returns true for a step that puts corosync.conf in its place on another host.
fn writes_conf_there(step: &Step) -> bool {
    let writes = |program: &String| matches!(program.as_str(), "mv" | "install" | "rm");
    let argv = argv(step);
    step.host.is_some()
        && argv.first().is_some_and(writes)
        && argv.last().is_some_and(|word| word == COROSYNC_CONF)
}

fn says(step: &Step, words: &str) -> bool {
    argv(step).join(" ").contains(words)
}

#[cfg(test)]
mod tests {
    use super::super::{
        FoundFiles, Journal, JournalEvent, OperationEnded, Person, StepResult, StepStarted,
        plan_undo,
    };
    use super::*;
    use crate::facts::{Monitor, MonitorNode, ToolAnswers};
    use std::collections::BTreeMap;

    /// An operation that gave serv2 another corosync.conf, and did something on a third host; what its undo says.
    fn undo(daemon: bool, online: bool, unreached: &[&str]) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let back = Step::run(["mv", "-f", "/x", COROSYNC_CONF], "").on("serv2");
        let mut plan = Plan::new("");
        plan.step(
            Step::run(["true"], "")
                .on("client")
                .undone_by(vec![Step::run(["rm", "/y"], "").on("client")]),
        );
        let mut step = Step::run(["true"], "").on("serv2").undone_by(vec![back]);
        if daemon {
            step = step.after_undo(vec![Step::run(["systemctl", "stop", DEVICE_DAEMON], "")]);
        }
        plan.step(
            step.guarded(
                Step::run(["ask"], "")
                    .guard("same", "changed")
                    .hint("to take it out", "bascule quorum remove"),
            ),
        );
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        for step in 0..2 {
            let start = StepStarted {
                step,
                ..StepStarted::default()
            };
            writer.write(&JournalEvent::Start(start)).unwrap();
        }
        let (at, result) = (String::new(), StepResult::Done);
        let finish = JournalEvent::Finish(OperationEnded { at, result });
        writer.write(&finish).unwrap();
        drop(writer);
        let operation = journal.operations().unwrap().remove(0);
        assert_eq!(hosts(&operation), ["client", "serv2"]);
        let monitor = Monitor {
            nodes: vec![MonitorNode {
                name: "serv2".to_owned(),
                online,
                ..MonitorNode::default()
            }],
            ..Monitor::default()
        };
        let why = "ssh: connect to host serv2 port 22: No route to host";
        let now = UndoFacts {
            live: Err(""),
            monitor: Some(&monitor),
            in_no_cluster: false,
            later: Vec::new(),
            guards: &BTreeMap::new(),
            unreached: unreached
                .iter()
                .map(|host| ((*host).to_owned(), why.to_owned()))
                .collect(),
            services: &BTreeMap::new(),
            answers: &ToolAnswers::new(),
            found: &FoundFiles::read(&operation),
            forecast: &|_, _, _| (),
        };
        let plan = plan_undo(&operation, &now);
        plan.map(|plan| plan.steps.len()).map_err(|refusal| {
            let hints = refusal
                .hints
                .iter()
                .map(|hint| format!(" [{}]", hint.command));
            refusal.what.clone() + &hints.collect::<String>()
        })
    }

    #[test]
    fn a_node_that_is_away_keeps_its_file_and_so_do_the_others() {
        assert_eq!(undo(true, true, &[]), Ok(3));
        for unreached in [&["serv2"][..], &[]] {
            let said = undo(true, false, unreached).unwrap_err();
            assert!(
                said.contains("operation 1 cannot be taken back now: serv2 is not online"),
                "{said}"
            );
            assert!(said.ends_with("[bascule cluster start]"), "{said}");
        }
        // Its cluster is stopped: without a device nobody counts on its vote, and the file gets there.
        assert_eq!(undo(false, false, &[]), Ok(2));
        assert!(
            undo(false, false, &["serv2"])
                .unwrap_err()
                .contains("serv2 is not online")
        );
        let said = undo(false, true, &["serv2"]).unwrap_err();
        assert!(said.contains("serv2 does not answer"), "{said}");
        assert!(said.ends_with("[ping -c 3 serv2]"), "{said}");
    }

    #[test]
    fn a_third_host_that_is_away_is_led_round() {
        let said = undo(true, true, &["client"]).unwrap_err();
        assert!(
            said.contains("client does not answer") && said.contains("by halves"),
            "{said}"
        );
        assert!(said.ends_with("[bascule quorum remove]"), "{said}");
    }
}

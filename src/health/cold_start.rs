//! A node that starts alone after both were without power: corosync waits until it has seen the other
//! once (wait_for_all, which two_node brings).

use super::Problem;
use super::conf::configured;
use crate::facts::{Facts, Needs};

/// Returns what must be read to tell it: nothing where there is quorum.
pub(super) fn needs(facts: &Facts) -> Needs {
    Needs {
        runtime: facts.monitor.as_ref().is_some_and(|view| !view.quorum),
        ..Needs::default()
    }
}

/// Returns the other of two nodes, where corosync waits for it since it has not seen it yet.
///
/// The flag WaitForAll stands in corosync-quorumtool also while both are there: the running corosync says
/// whether it still waits (`wait_for_all_status`), and keeps a member that left in its map.
pub fn waits_for(facts: &Facts) -> Option<String> {
    let runtime = &facts.runtime;
    let waits = runtime.get("runtime.votequorum.wait_for_all_status")? == "1";
    let nodes = configured(facts)?.nodes();
    let mut unseen = nodes.iter().filter(|node| {
        let seen = |id| runtime.contains_key(&format!("runtime.members.{id}.status"));
        !node.nodeid.is_some_and(seen)
    });
    let other = unseen.next()?.label().to_owned();
    (waits && nodes.len() == 2 && unseen.next().is_none()).then_some(other)
}

/// Returns why nothing starts here, where that is why.
pub(super) fn problem(facts: &Facts) -> Option<Problem> {
    let other = waits_for(facts)?;
    let mut problem = Problem::new(
        true,
        format!(
            "there is no quorum, so nothing starts: {other} has not been seen since corosync started here; corosync \
             waits for it once, so that two halves of a split never both start"
        ),
    )
    .next(
        &format!("to have both, on {other}"),
        "bascule cluster start",
    )
    .next(
        &format!("if {other} is off, and nobody can start it now"),
        "bascule cluster alone",
    )
    .next("why", "bascule explain wait_for_all");
    problem.cause = format!(
        "Before this host goes on alone {other} must be off: if it lives and only the link is cut, both would run \
         everything."
    );
    Some(problem)
}

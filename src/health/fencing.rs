//! Whether a lost node would be switched off: by which device, and whether that was ever proved.

use super::Problem;
use crate::cib::{Cib, Fencing};
use crate::facts::{Facts, FenceState, Monitor};
use crate::fencing::device::{self, Device, devices, devices_of};
use crate::fencing::enabling::uncovered;
use crate::fencing::proven::{Proof, proof};
use crate::membership::nodes::all_members;
use crate::wording::{ago, list};

/// What cleans up what `crm_mon` tells of fencings.
const CLEANUP: &str = "stonith_admin --history '*' --cleanup";

/// Adds what keeps a lost node from being switched off.
pub(super) fn judge(facts: &Facts, cib: &Cib, monitor: &Monitor, found: &mut Vec<Problem>) {
    match cib.fencing() {
        Fencing::WithoutDevice => return,
        Fencing::Off => {
            let all: Vec<&str> = devices(cib).map(|device| device.id()).collect();
            if !all.is_empty() {
                let what = format!(
                    "fencing is off, and {} would switch nobody off: after a split both nodes could run everything",
                    list(&all)
                );
                let problem = Problem::new(false, what);
                let bare = uncovered(cib);
                let shared = device::shared(cib);
                found.push(match (shared.first(), bare.as_slice()) {
                    (Some(shared), _) => Problem::new(false, shared.sentence())
                        .next("to take them away, first", shared.way_out()),
                    (None, []) => {
                        problem.next("to turn it on", "bascule cluster set stonith-enabled=true")
                    }
                    (None, bare) => problem.next(
                        &format!("first, a device for {}", list(bare)),
                        "bascule fence add",
                    ),
                });
            }
            return;
        }
        Fencing::On => {}
    }
    for shared in device::shared(cib) {
        let problem = Problem::new(true, shared.sentence());
        found.push(problem.next("to take them away, first", shared.way_out()));
    }
    for node in uncovered(cib) {
        found.push(
            Problem::new(
                true,
                format!("no fence device can switch {node} off: should it be lost, what runs there starts nowhere"),
            )
            .next("to give it one", "bascule fence add"),
        );
    }
    for node in monitor.members() {
        let name = &node.name;
        let own = devices_of(cib, name);
        if own.is_empty() {
            continue;
        }
        // A device runs on the others alone, so that without them it has no place.
        let others = monitor
            .members()
            .any(|other| other.name != *name && other.online);
        if others && own.iter().all(|device| !monitor.started(device.id())) {
            found.push(stopped(name, &own, monitor));
        }
        found.extend(unproved(facts, cib, name, &own));
        let Some(last) = monitor.last_fencing(name) else {
            continue;
        };
        if last.state == FenceState::Failed && !node.unclean {
            let when = last.ended().map(|at| format!(" {}", ago(at)));
            found.push(
                Problem::new(
                    false,
                    format!(
                        "{name} could not be switched off{}{}",
                        when.unwrap_or_default(),
                        why(&last.reason)
                    ),
                )
                .next("to see that it can be now", test(facts, name))
                .next("to forget it", CLEANUP),
            );
        }
    }
}

/// Returns what a test has not proved of a node's fencing, or has seen wrong.
fn unproved(facts: &Facts, cib: &Cib, name: &str, own: &[Device]) -> Option<Problem> {
    let untested = |what: String| {
        let problem = Problem::new(false, what);
        Some(problem.next("to fire it, where that harms nobody", test(facts, name)))
    };
    match proof(cib, name) {
        Proof::Fired(_) => None,
        Proof::Wrong(at) => {
            let ids: Vec<&str> = own.iter().map(Device::id).collect();
            let what = format!(
                "{} switched another node off in the test of {}: a shot at {name} hits the wrong one",
                list(&ids),
                ago(at)
            );
            Some(
                Problem::new(true, what)
                    .next("to take the devices away, first", "bascule fence remove")
                    .next(
                        "and then, with the addresses exchanged",
                        "bascule fence add",
                    ),
            )
        }
        Proof::Never => untested(format!(
            "the fencing of {name} was never tested, and what was never fired counts as none"
        )),
        Proof::Outdated(at) => untested(format!(
            "the fencing of {name} was tested {}, and its device was changed since",
            ago(at)
        )),
    }
}

/// Returns the command that fires a node's fencing: this host's is fired from another one.
fn test(facts: &Facts, node: &str) -> String {
    let members = all_members(facts);
    let own = members
        .iter()
        .any(|member| member.own && member.name == node);
    match members.iter().find(|member| !member.own) {
        Some(other) if own => format!("ssh -t root@{} bascule fence test {node}", other.name),
        _ => format!("bascule fence test {node}"),
    }
}

/// Returns a node that was lost and waits to be switched off.
pub fn unfenced(facts: &Facts) -> Option<&str> {
    let on = facts.cib().is_some_and(|cib| cib.fencing() == Fencing::On);
    let mut members = facts.monitor.iter().flat_map(Monitor::members);
    let lost = members.find(|node| on && node.unclean);
    lost.map(|node| node.name.as_str())
}

/// Says of a node that was lost how far its fencing is.
pub(super) fn lost(monitor: &Monitor, name: &str) -> Problem {
    let waits = "what ran there starts elsewhere only after that";
    let last = monitor.last_fencing(name);
    match last.map(|last| (last.state, last)) {
        Some((FenceState::Pending, last)) => Problem::new(
            true,
            format!(
                "{name} was lost, and {} is switching it off: {waits}",
                last.origin
            ),
        )
        .next(
            "is its device dead? where it is off for certain",
            format!("bascule fence confirm {name}"),
        ),
        Some((FenceState::Failed, last)) => Problem::new(
            true,
            format!(
                "{name} was lost and could not be switched off{}: {waits}",
                why(&last.reason)
            ),
        )
        .next(
            "where it is off for certain",
            format!("bascule fence confirm {name}"),
        )
        .next("what fencing is", "bascule explain fencing"),
        _ => Problem::new(
            true,
            format!("{name} was lost and is not fenced yet: {waits}"),
        )
        .next(
            "where it is off for certain",
            format!("bascule fence confirm {name}"),
        )
        .next("what fencing is", "bascule explain fencing"),
    }
}

fn why(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(" ({reason})"),
    }
}

fn stopped(node: &str, devices: &[Device], monitor: &Monitor) -> Problem {
    let ids: Vec<&str> = devices.iter().map(Device::id).collect();
    let are = if ids.len() == 1 { "is" } else { "are" };
    let mut failures = monitor.failures.iter();
    let failure = failures.find(|failure| ids.contains(&failure.resource.as_str()));
    let said = failure.map(|failure| {
        format!(
            " ({} on {}: {})",
            failure.task, failure.node, failure.reason
        )
    });
    Problem::new(
        true,
        format!(
            "{} {are} stopped{}: should {node} be lost, what runs there starts nowhere, without end",
            list(&ids),
            said.unwrap_or_default()
        ),
    )
    .next("to have it looked at again", format!("bascule crm resource cleanup {}", ids[0]))
    .next("what it says", "crm_mon -1rf")
}

//! What others did meanwhile: between the plan and its first step, and while a step ran.

use super::file;
use crate::cib::{Cib, Object};
use crate::facts::{self, Monitor};
use crate::plan::{Action, Plan, Step, Undo};
use std::collections::{HashMap, HashSet};

/// Returns the sentence of the first thing that makes a plan stale, if it is: the configuration or
/// a file is no longer what the plan was made on, or this host is not yet a member that may write.
pub fn why_stale(plan: &Plan, host: &str) -> Option<String> {
    if let Some(why) = another_answers(plan) {
        return Some(why);
    }
    if let Some(base) = &plan.base {
        match facts::live_cib() {
            Err(why) => return Some(format!("the cluster cannot be asked any more: {why}")),
            Ok(cib) if !cib.version().same_configuration(base) => {
                return Some(format!(
                    "the configuration changed since the plan was made: {base} then, {} now",
                    cib.version()
                ));
            }
            Ok(_) => {}
        }
        if let Some(why) = facts::live_monitor().and_then(|monitor| joining(&monitor, host)) {
            return Some(why);
        }
    }
    plan.steps.iter().find_map(|step| match &step.action {
        Action::File { path, before, .. } => file::differs(path, before),
        Action::Run { .. }
        | Action::Crm { .. }
        | Action::Patch { .. }
        | Action::Sql { .. }
        | Action::Pipe { .. }
        | Action::Beside { .. }
        | Action::EndBeside { .. } => None,
    })
}

/// Returns how a name that the plan goes by leads to another host than the one that answered when
/// it was made, if one does. A host that is silent now is found out by its step.
fn another_answers(plan: &Plan) -> Option<String> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = plan
            .hosts
            .iter()
            .map(|(target, seen)| {
                let thread = scope.spawn(move || facts::who_answers(target));
                (target, seen, thread)
            })
            .collect();
        asked.into_iter().find_map(|(target, seen, thread)| {
            let peer = thread.join().ok()?;
            let right = peer.unreachable.is_some()
                || seen.is_same_host(&peer.who.machine, |ip| peer.network.holder(ip).is_some());
            (!right).then(|| {
                let addresses: Vec<String> = seen.addresses.iter().map(|a| a.to_string()).collect();
                format!(
                    "{target} leads to {} now, another host than {} ({}), which is meant",
                    peer.host,
                    seen.host,
                    addresses.join(", ")
                )
            })
        })
    })
}

/// Returns why a change made on this host now would be lost, if it would: while a node joins, its
/// configuration is replaced by that of the node that leads (seen on Pacemaker 2.1.5).
pub fn joining(monitor: &Monitor, host: &str) -> Option<String> {
    if monitor.dc.is_none() {
        return Some("no node leads the cluster yet: a change made now could be lost".to_owned());
    }
    let node = monitor.node(host)?;
    (!node.online || node.pending)
        .then(|| format!("{host} is still joining the cluster: a change made now would be lost"))
}

/// Returns what else changed in the configuration between a step's start and its end: crmsh reads
/// the CIB itself, and nothing guards the 0.4 s between that and its commit.
pub fn changed_by_others(step: &Step, before: &Cib, after: &Cib) -> Vec<String> {
    let Undo::Cib { touches } = &step.undo else {
        return Vec::new();
    };
    let ours: HashSet<&str> = touches.iter().map(String::as_str).collect();
    let is_ours = |object: &Object| {
        ours.contains(object.id())
            || before
                .parent_of(object.id())
                .is_some_and(|parent| ours.contains(parent))
    };
    let was: HashMap<&str, &Object> = before
        .objects()
        .iter()
        .map(|object| (object.id(), object))
        .collect();
    // Of a set of properties only those that the step named are ours.
    let without_ours = |object: &Object| match object.resolved() {
        Object::Property(set) => {
            let mut set = set.clone();
            set.pairs.retain(|(name, _)| !ours.contains(name.as_str()));
            Object::Property(set)
        }
        _ => object.clone(),
    };
    let changed = |object: &Object| match was.get(object.id()) {
        Some(before) => without_ours(before) != without_ours(object),
        None => !matches!(object.resolved(), Object::Property(_)),
    };
    let mut others: Vec<String> = after
        .objects()
        .iter()
        .filter(|object| !is_ours(object) && changed(object))
        .map(|object| format!("{} {}", object.kind(), object.id()))
        .collect();
    others.extend(
        before
            .objects()
            .iter()
            .filter(|object| !is_ours(object) && after.object(object.id()).is_none())
            .map(|object| format!("{} {}", object.kind(), object.id())),
    );
    others
}

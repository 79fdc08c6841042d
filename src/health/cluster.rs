//! What is wrong with the cluster: its nodes, what runs on them, its configuration.

mod device;
mod failures;
mod stopped;
mod twins;

use super::Problem;
use super::conf::{configured, is_bare};
use crate::cib::{Cib, Fencing, Object};
use crate::conf::CorosyncConf;
use crate::conf::corosync::{CorosyncConcern, Severity, concern_here, concerns};
use crate::facts::{COROSYNC_CONF, Cluster, Facts, Monitor, MonitorNode, NodeKind};
use crate::membership::nodes::members_of;
pub(super) use device::needs;
pub use device::{votes, votes_differ};
use stopped::has_value;

/// Adds what is wrong with the cluster.
pub(super) fn judge(facts: &Facts, found: &mut Vec<Problem>) {
    if is_bare(facts) {
        return;
    }
    // Whatever else is wrong: who answers is what clients see.
    super::address::judge(facts, found);
    match (&facts.cluster, &facts.monitor) {
        (Cluster::Running(cib), Some(monitor)) => {
            nodes(facts, cib, monitor, found);
            cluster_as_a_whole(facts, cib, monitor, found);
            device::judge(facts, found);
            failures::judge(cib, monitor, found);
            twins::judge(cib, monitor, found);
            stopped::judge(cib, monitor, stopped::somehow, found);
            stopped::unmanaged(cib, monitor, found);
            super::fencing::judge(facts, cib, monitor, found);
            left_over(cib, |_| true, found);
        }
        (Cluster::Running(cib), None) => {
            found.push(daemons_start());
            left_over(cib, |_| true, found);
        }
        (Cluster::Stopped { .. }, _) => found.extend(absent(facts)),
        (Cluster::Unread, _) => {}
    }
    configuration_file(facts, found);
}

/// Adds what is wrong with the nodes, with the cluster as a whole, and with these resources: one, what is in it, and
/// what holds it. That one of them runs nowhere and nothing says why is left to who asks.
pub(super) fn judge_of(facts: &Facts, family: &[String], found: &mut Vec<Problem>) {
    let (cib, monitor) = match (&facts.cluster, &facts.monitor) {
        (Cluster::Running(cib), Some(monitor)) => (cib, monitor),
        (Cluster::Running(_), None) => return found.push(daemons_start()),
        _ => return found.extend(absent(facts)),
    };
    nodes(facts, cib, monitor, found);
    cluster_as_a_whole(facts, cib, monitor, found);
    let theirs = Monitor {
        resources: of_family(&monitor.resources, |part| family.contains(&part.id)),
        failures: of_family(&monitor.failures, |failure| {
            family.contains(&failure.resource)
        }),
        ..monitor.clone()
    };
    failures::judge(cib, &theirs, found);
    stopped::judge(cib, &theirs, |_| None, found);
    stopped::unmanaged(cib, &theirs, found);
    left_over(
        cib,
        |resource| family.iter().any(|id| id == resource),
        found,
    );
}

fn of_family<T: Clone>(all: &[T], is_theirs: impl Fn(&T) -> bool) -> Vec<T> {
    all.iter().filter(|one| is_theirs(one)).cloned().collect()
}

fn daemons_start() -> Problem {
    Problem::new(
        true,
        "the cluster's daemons start: crm_mon has no answer yet",
    )
    .next("to look again", "bascule status")
}

fn absent(facts: &Facts) -> Option<Problem> {
    let Cluster::Stopped { why, .. } = &facts.cluster else {
        return None;
    };
    let what = facts.cluster.absence().unwrap_or_else(|| why.clone());
    Some(Problem::new(true, what).next("to start it", "bascule cluster start"))
}

fn nodes(facts: &Facts, cib: &Cib, monitor: &Monitor, found: &mut Vec<Problem>) {
    for node in &monitor.nodes {
        let name = &node.name;
        // Without fencing nobody waits for it: an unclean node is one that is offline.
        let state = match node.state() {
            "unclean" if cib.is_on("stonith-enabled") == Some(false) => "offline",
            state => state,
        };
        if node.kind != NodeKind::Member && matches!(state, "offline" | "unclean") {
            found.push(node_away(cib, monitor, node));
            continue;
        }
        match state {
            // It answers: this host's own Pacemaker said that.
            "unclean" | "offline" if is_this_host(facts, name) => found.push(not_in_yet(monitor, name)),
            "unclean" => found.push(super::fencing::lost(monitor, name)),
            "offline" => found.push(offline(facts, cib, monitor, node)),
            "pending" => found.push(Problem::new(
                false,
                format!("{name} is on its way in: it is known to corosync, Pacemaker has yet to take it in"),
            )),
            "standby" => found.push(
                Problem::new(false, format!("{name} is in standby: nothing may run there"))
                    .next("to use it again", format!("bascule node online {name}")),
            ),
            "maintenance" if !monitor.maintenance => found.push(
                Problem::new(
                    false,
                    format!("{name} is in maintenance: nothing is watched or moved there"),
                )
                .next("to end it", format!("bascule node ready {name}")),
            ),
            _ => {}
        }
    }
}

/// A node without a vote: it is away because what connects to it, or what it is, does not run.
fn node_away(cib: &Cib, monitor: &Monitor, node: &MonitorNode) -> Problem {
    let name = &node.name;
    if node.kind == NodeKind::Guest {
        return Problem::new(
            true,
            format!("the guest node {name} is offline: the resource that it is does not run"),
        )
        .next("to see why", "crm_mon -1rf");
    }
    let asked = cib.object(name).is_some_and(stopped::on_purpose);
    if asked {
        return Problem::new(
            true,
            format!("the remote node {name} is offline, as {name}'s target-role asks"),
        )
        .next(
            "to connect to it",
            format!("bascule crm resource start {name}"),
        );
    }
    let failed = monitor
        .failures
        .iter()
        .any(|failure| failure.resource == *name);
    let problem = Problem::new(
        true,
        format!("the remote node {name} is offline: nothing runs there"),
    )
    .next(
        &format!("to see whether it lives, on {name}"),
        "systemctl status pacemaker_remote",
    );
    match failed {
        true => problem.next(
            "when it does",
            format!("bascule crm resource cleanup {name}"),
        ),
        false => problem,
    }
}

fn is_this_host(facts: &Facts, node: &str) -> bool {
    configured(facts).is_some_and(|conf| {
        let nodes = members_of(&conf, facts);
        nodes.iter().any(|member| member.own && member.name == node)
    })
}

/// Until a leader is elected nobody has taken a node in that has just started.
fn not_in_yet(monitor: &Monitor, name: &str) -> Problem {
    let what = match monitor.dc {
        None => format!(
            "{name}, this host, is not in yet: the election of the node that leads is still going on"
        ),
        Some(_) => format!(
            "{name}, this host, is not in yet: Pacemaker runs here, and has yet to be taken in"
        ),
    };
    Problem::new(true, what).next("to look again", "bascule status")
}

fn offline(facts: &Facts, cib: &Cib, monitor: &Monitor, node: &MonitorNode) -> Problem {
    let name = &node.name;
    let fencing = cib.is_on("stonith-enabled") != Some(false);
    let (here, elsewhere): (Vec<_>, Vec<_>) = cib
        .objects()
        .iter()
        .filter_map(address)
        .partition(|(id, _)| !monitor.places(id).is_empty());
    let list = |addresses: &[(&str, &str)]| {
        let addresses: Vec<&str> = addresses.iter().map(|(_, address)| *address).collect();
        addresses.join(", ")
    };
    // Seen on real hosts: nothing but the OFFLINE node shows a split.
    let known = !here.is_empty() || !elsewhere.is_empty();
    let split = known && !fencing;
    let what = if !split {
        format!("{name} is offline")
    } else if here.is_empty() {
        format!(
            "{name} is offline, and fencing is off: whether it still holds {} is not known here",
            list(&elsewhere)
        )
    } else {
        format!(
            "{name} is offline, and fencing is off: if it lives and only the link is cut, it holds {} as well",
            list(&here)
        )
    };
    let mut problem = Problem::new(true, what);
    let address = configured(facts).and_then(|conf| {
        let node = conf.nodes().into_iter().find(|node| node.label() == name)?;
        node.addresses.into_iter().next()
    });
    if let Some(address) = address {
        problem = problem.next("to see whether it lives", format!("ping -c 3 {address}"));
    }
    if split {
        problem = problem.next("what a split does", "bascule explain fencing");
    }
    if left_state(cib, name) {
        return problem
            .next(
                &format!("to bring it back, on {name}"),
                "bascule cluster start",
            )
            .next(
                "if it says there that it is in no cluster",
                "bascule explain cluster leave",
            );
    }
    problem.what += "; it has not joined yet, or not since the cluster was started";
    problem
        .next(
            &format!("if it never joined, on {name}"),
            format!("bascule cluster join {}", facts.host),
        )
        .next(&format!("else, on {name}"), "bascule cluster start")
}

/// Returns true for a node that was in the cluster since it was started: who has never been in it has
/// left no state, and need not have its files.
fn left_state(cib: &Cib, name: &str) -> bool {
    match cib.text().split_once("<node_state ") {
        // `<node>` in the configuration, which `cluster init` writes for all, has a uname as well.
        Some((_, states)) => states.contains(&format!(" uname=\"{name}\"")),
        None => true,
    }
}

/// Returns a virtual address with its resource.
fn address(object: &Object) -> Option<(&str, &str)> {
    let primitive = object.primitive()?;
    Some((&primitive.id, primitive.virtual_address()?))
}

fn cluster_as_a_whole(facts: &Facts, cib: &Cib, monitor: &Monitor, found: &mut Vec<Problem>) {
    if monitor.dc.is_none() {
        found.push(
            Problem::new(
                true,
                "no node leads: an election is under way, which takes up to 20 s; until then nothing starts or moves",
            )
            .next("to look again", "bascule status"),
        );
    }
    if !monitor.quorum {
        found.push(no_quorum(facts, cib));
    }
    let usable = monitor.nodes.iter().any(|node| node.state() == "online");
    let there = monitor.nodes.iter().any(|node| node.online);
    if !there && monitor.dc.is_some() && !monitor.nodes.is_empty() {
        found.push(Problem::new(true, "no node is online: nothing runs"));
    } else if there && !usable && !monitor.maintenance && !monitor.nodes.is_empty() {
        found.push(Problem::new(
            true,
            "no node may run anything: those that are there are in standby or maintenance",
        ));
    }
    if monitor.maintenance {
        found.push(
            Problem::new(
                true,
                "the cluster is in maintenance: nothing is watched, started or moved",
            )
            .next("to end it", "bascule cluster set maintenance-mode=false"),
        );
    }
    if cib.is_on("stop-all-resources") == Some(true) {
        found.push(
            Problem::new(true, "stop-all-resources is set: nothing runs").next(
                "to start everything",
                "bascule cluster set stop-all-resources=false",
            ),
        );
    }
    if has_value(cib, "no-quorum-policy", "ignore") {
        found.push(
            match configured(facts).is_some_and(|conf| conf.has_device()) {
                true => Problem::new(
                    true,
                    "no-quorum-policy is ignore: in a split the half that the third host outvotes runs everything \
                     as well",
                ),
                false => Problem::new(
                    false,
                    "no-quorum-policy is ignore: each half of a split runs everything",
                ),
            }
            .next(
                "to stop without quorum",
                "bascule cluster set no-quorum-policy=stop",
            )
            .next("why", "bascule explain quorum"),
        );
    }
    let resources = cib.objects().iter().any(Object::is_resource);
    if cib.fencing() == Fencing::WithoutDevice && resources {
        found.push(
            Problem::new(
                true,
                "fencing is on and there is no fencing device: Pacemaker starts nothing",
            )
            .next("to give each node one", "bascule fence add")
            .next(
                "to go on without it",
                "bascule cluster set stonith-enabled=false",
            )
            .next("what that means", "bascule explain fencing"),
        );
    }
}

fn no_quorum(facts: &Facts, cib: &Cib) -> Problem {
    if let Some(problem) = super::cold_start::problem(facts) {
        return problem;
    }
    let mut what = "there is no quorum".to_owned();
    if has_value(cib, "no-quorum-policy", "ignore") {
        what.push_str(", and no-quorum-policy=ignore hides it");
    } else {
        what.push_str(": nothing starts here, and what ran is stopped");
    }
    if configured(facts).is_some_and(|conf| conf.two_node()) {
        what.push_str(
            "; after a cold start two_node wants both nodes to have met once before one may go on alone",
        );
    }
    let mut problem = Problem::new(true, what);
    if configured(facts).is_some_and(|conf| conf.has_device()) {
        problem = problem.next("what brings it back", "bascule cluster alone");
    }
    // What a node needs that never joined is told with that node.
    let joined = cib.nodes().iter().all(|node| left_state(cib, &node.name));
    match joined {
        true => problem.next("on the other node", "bascule cluster start"),
        false => problem,
    }
    .next("why", "bascule explain quorum")
}

/// Adds the constraints that `crm resource move` and `ban` leave behind for ever.
fn left_over(cib: &Cib, is_asked: impl Fn(&str) -> bool, found: &mut Vec<Problem>) {
    for object in cib.objects() {
        let id = object.id();
        if object.is_resource() || !id.starts_with("cli-") || !is_asked(&object.pinned()) {
            continue;
        }
        let effect = match object.resolved() {
            Object::Location(location) if id.starts_with("cli-ban") => {
                format!("it keeps {} off {}", location.resource, location.node)
            }
            Object::Location(location) => {
                format!("it binds {} to {}", location.resource, location.node)
            }
            _ => "it binds or bans a resource".to_owned(),
        };
        found.push(
            Problem::new(
                true,
                format!("{id} was left by `crm resource move` or `ban`: {effect} for ever"),
            )
            // `crm resource clear GROUP` leaves what a move of a member made (seen).
            .next("to remove it", format!("bascule crm configure delete {id}")),
        );
    }
}

fn configuration_file(facts: &Facts, found: &mut Vec<Problem>) {
    let Some(text) = facts.file(COROSYNC_CONF).reads_as() else {
        return;
    };
    match CorosyncConf::parse(text) {
        Err(error) => found.push(
            Problem::new(true, format!("{COROSYNC_CONF} does not parse: {error}"))
                .next("what corosync says", "corosync -t"),
        ),
        Ok(conf) => {
            if let Some((what, hint)) = super::log::missing(facts) {
                found.push(Problem::new(true, what).next(&hint.purpose, hint.command));
            }
            let all = concerns(&conf).into_iter();
            for concern in all.chain(not_here(facts, &conf)) {
                let line = concern
                    .line
                    .map(|line| format!(":{line}"))
                    .unwrap_or_default();
                let problem = Problem::new(
                    concern.severity > Severity::Works,
                    format!("{COROSYNC_CONF}{line}: {}; {}", concern.text, concern.mend),
                );
                found.push(problem.next("to mend it", super::conf::mends(&conf, &concern)));
            }
        }
    }
}

/// Returns the concern that no node of corosync.conf is this host, where its addresses are known.
fn not_here(facts: &Facts, conf: &CorosyncConf) -> Option<CorosyncConcern> {
    let own: Vec<_> = facts.network.as_ref()?.addresses().collect();
    concern_here(conf, &facts.host, &own)
}

#[cfg(test)]
mod tests;

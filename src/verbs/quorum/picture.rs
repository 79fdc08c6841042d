//! The cluster as a change of its quorum device finds it: nodes that answer, are online and have one file.

use crate::conf::CorosyncConf;
use crate::facts::{COROSYNC_CONF, Facts};
use crate::membership::device::{self, Side};
use crate::membership::nodes::Member;
use crate::membership::{members, nodes, services, standing};
use crate::plan::{Check, Plan, Refusal, Step, over_ssh, shell_line, words};
use crate::wording;

/// The cluster as a change of its device finds it.
pub struct Picture {
    /// This host's corosync.conf.
    pub conf: CorosyncConf,
    /// The cluster's name.
    pub name: String,
    /// The nodes.
    pub nodes: Vec<Member>,
    /// What each has of a device, this host first.
    pub sides: Vec<Side>,
}

impl Picture {
    /// Returns the cluster, once all its nodes can be changed together.
    ///
    /// # Errors
    /// When a node is away, is not reached, or has a file that differs by more than the device.
    pub fn of(facts: &Facts, server: Option<&str>, plan: &mut Plan) -> Result<Picture, Refusal> {
        let conf = standing::membership(facts)?;
        let name = standing::called(&conf).to_owned();
        let mut nodes = nodes::members_of(&conf, facts);
        if !nodes.iter().any(|node| node.own) {
            return Err(standing::not_a_node(facts, &conf));
        }
        if !services::runs(facts) {
            return Err(
                Refusal::check(format!("{name} does not run on {}", facts.host))
                    .hint("to start it", "bascule cluster start"),
            );
        }
        nodes.sort_by_key(|node| !node.own);
        all_online(facts, &nodes)?;
        let sides: Vec<Side> = nodes
            .iter()
            .map(|node| Side::of(node, facts, server))
            .collect();
        for (node, side) in nodes.iter().zip(&sides).filter(|(node, _)| !node.own) {
            node.its_answer(facts, plan);
            if let Some(why) = &side.unreachable {
                let what = "all nodes must get the same corosync.conf together";
                return Err(members::unreachable(node, facts, why, what));
            }
            let other = device::parsed(side);
            if !other.is_some_and(|other| conf.differs_only_by_device(&other)) {
                let target = members::target(node, facts);
                return Err(members::other_file(&node.name, &target));
            }
        }
        let all = nodes::names(&nodes);
        let are = if all.len() == 1 { "is" } else { "are" };
        plan.check(
            Check::ok(format!("{} {are} online and answer", wording::list(&all))).note("ssh"),
        );
        Ok(Picture {
            conf,
            name,
            nodes,
            sides,
        })
    }

    /// Returns this host's side.
    pub fn own(&self) -> &Side {
        &self.sides[0]
    }
}

fn all_online(facts: &Facts, nodes: &[Member]) -> Result<(), Refusal> {
    let Some(monitor) = &facts.monitor else {
        return Err(
            Refusal::check("the cluster does not answer").hint("to see why", "bascule status")
        );
    };
    for node in nodes {
        let online = |one: &crate::facts::MonitorNode| one.online && !one.pending;
        if !monitor.node(&node.name).is_some_and(online) {
            return Err(Refusal::check(format!(
                "{} is not online: it would come back with another {COROSYNC_CONF} than the others",
                node.name
            ))
            .hint(format!("on {}, first", node.name), "bascule cluster start"));
        }
    }
    Ok(())
}

/// Returns a step done where a side is.
pub fn on(step: Step, side: &Side) -> Step {
    match &side.target {
        Some(target) => step.on(target),
        None => step,
    }
}

/// Returns the argv that runs a command where a side is.
pub fn argv_on(side: &Side, argv: &[&str]) -> Vec<String> {
    let argv = words(argv);
    match &side.target {
        Some(target) => over_ssh(target, &argv),
        None => argv,
    }
}

/// Returns the line of a shell that does something on all of these sides at once, that of this host last, and
/// waits for all.
pub fn at_once(sides: &[&Side], argv: &[&str]) -> String {
    let (own, others): (Vec<&&Side>, Vec<_>) = sides.iter().partition(|side| side.target.is_none());
    if own.is_empty() && others.len() == 1 {
        return shell_line(&argv_on(others[0], argv));
    }
    let mut line = String::new();
    let mut waits = String::new();
    for (at, side) in others.iter().enumerate() {
        line += &format!("{} & other{at}=$!; ", shell_line(&argv_on(side, argv)));
        waits += &format!("; wait \"$other{at}\"");
    }
    // With nothing to do here the first `wait` is the rest of the line.
    let here = match own.is_empty() {
        true => "true".to_owned(),
        false => shell_line(&words(argv)),
    };
    line + &here + &waits
}

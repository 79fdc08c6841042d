//! The cluster's other nodes: whether they have our files, and how files get there.

use super::nodes::Member;
use super::services;
use super::services::KEY;
use crate::facts::{COROSYNC_CONF, Facts};
use crate::plan::{Check, Plan, Refusal, Step, Verify, over_ssh, words};
use crate::reach;
use crate::wording::count;
use std::path::Path;

/// The answer of another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeAnswer {
    /// The node is being asked while the plan is read.
    Asking,
    /// The node cannot be asked: ssh's words.
    Unreachable(String),
    /// The node has another key, or none and we have one: it has not joined yet.
    Apart,
    /// The node has our key, or none as we, and another corosync.conf.
    OtherFile,
    /// The node has our key, or none as we, and our file.
    Same,
}

/// Returns what a node said, and has it asked if it was not yet.
pub fn answer(node: &Member, facts: &Facts, plan: &mut Plan) -> NodeAnswer {
    let name = &node.name;
    let Some(peer) = node.its_answer(facts, plan) else {
        let probe = node.probe(services::units(), words(&[COROSYNC_CONF, KEY]), None);
        plan.check(Check::pending(
            format!("asking {name} whether it has the same files"),
            probe,
        ));
        return NodeAnswer::Asking;
    };
    if let Some(why) = &peer.unreachable {
        return NodeAnswer::Unreachable(why.clone());
    }
    let same = |path: &str| {
        let there = peer.files.get(path).and_then(Option::as_deref);
        there.is_some() && there == facts.sums.get(Path::new(path)).map(String::as_str)
    };
    // A cluster that talks in clear needs no key: nobody has one then.
    let keyless = peer.files.get(KEY) == Some(&None) && !facts.sums.contains_key(Path::new(KEY));
    match (same(KEY) || keyless, same(COROSYNC_CONF)) {
        (false, _) => NodeAnswer::Apart,
        (true, false) => NodeAnswer::OtherFile,
        (true, true) => NodeAnswer::Same,
    }
}

/// Returns what ssh takes to reach a node.
pub fn target(node: &Member, facts: &Facts) -> String {
    let peer = facts.peers.get(&node.name);
    peer.map_or(node.name.as_str(), |peer| peer.target(&node.name))
        .to_owned()
}

/// Returns the refusal for a node that a file must reach and cannot.
pub fn unreachable(node: &Member, facts: &Facts, why: &str, what: &str) -> Refusal {
    reach::refusal(&target(node, facts), why, what)
}

/// Returns the refusal for a node whose corosync.conf is another one.
pub fn other_file(name: &str, target: &str) -> Refusal {
    Refusal::check(format!(
        "{COROSYNC_CONF} on {name} is another one than here: a reload would make both count"
    ))
    .hint(
        "to see how",
        format!("ssh root@{target} cat {COROSYNC_CONF} | diff - {COROSYNC_CONF}"),
    )
    .hint(
        "if the one here is right",
        format!("scp -p {COROSYNC_CONF} {}", remote(target, COROSYNC_CONF)),
    )
}

/// Returns the argv that copies a file with its mode from or to another host, without ever asking.
pub fn scp(from: &str, to: &str) -> Vec<String> {
    let mut argv = words(&["scp", "-q", "-p"]);
    argv.extend(words(&["-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]));
    argv.extend(words(&[from, to]));
    argv
}

/// Returns a file on another host in scp's words.
pub fn remote(host: &str, path: &str) -> String {
    // Without the brackets scp takes an IPv6 address for a host and a path.
    if host.contains(':') {
        format!("root@[{host}]:{path}")
    } else {
        format!("root@{host}:{path}")
    }
}

/// Returns the proof that a file is the same here and there.
pub fn same_file(path: &str, host: &str) -> Verify {
    Verify::SameEverywhere {
        path: path.into(),
        hosts: vec![host.to_owned()],
    }
}

/// Returns the step that writes corosync.conf on another node.
pub fn write_conf(name: &str, text: &str, why: &str) -> Step {
    let argv = ["install", "-m", "644", "/dev/stdin", COROSYNC_CONF];
    Step::run(argv, why).stdin(text).on(name)
}

/// Returns the step that has every node read its own corosync.conf and key anew.
pub fn reload(why: &str) -> Step {
    Step::run(["corosync-cfgtool", "-R"], why)
}

/// Returns the proof that a host's corosync counts on so many votes.
pub fn expects(name: Option<&str>, votes: usize) -> Verify {
    let argv = words(&["corosync-quorumtool", "-s"]);
    let place = name.unwrap_or("this host");
    Verify::Prints {
        argv: match name {
            Some(name) => over_ssh(name, &argv),
            None => argv,
        },
        text: format!("Expected votes:   {votes}"),
        proves: format!("{place} counts on {}", count(votes, "vote")),
    }
}

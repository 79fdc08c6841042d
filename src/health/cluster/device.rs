//! What is wrong with a quorum device: a daemon that is dead, a third host that is not reached, certificates
//! that are gone. Nothing of it shows in what runs until a node is lost.

use crate::conf::CorosyncConf;
use crate::facts::voting::{self, Certificates, Daemon, Votes, VotingNode};
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::health::Problem;
use crate::health::conf::configured;
use crate::membership::members;
use crate::membership::nodes::members_of;

/// Returns what must be read of the votes, and of a device where there is one.
pub fn needs(facts: &Facts) -> Needs {
    let Some(conf) = configured(facts).filter(|_| facts.monitor.is_some()) else {
        return Needs::default();
    };
    let mut lines = vec![voting::VOTES];
    lines.extend(match conf.has_device() {
        true => [voting::DAEMON, voting::CERTIFICATES],
        false => [voting::STATE, voting::AT_BOOT],
    });
    Needs {
        lines: lines.into_iter().map(str::to_owned).collect(),
        ..Needs::default()
    }
}

/// Returns how the votes that the running corosync counts differ from what its file says, as a sentence without
/// full stop: the file was changed and not read since, or somebody set the votes by hand.
pub fn votes_differ(conf: &CorosyncConf, votes: &Votes) -> Option<String> {
    let written = conf.written_votes()?;
    // Since its start corosync counts a device's vote only once it was given (seen on 3.1.7).
    let fewer = conf.has_device() && votes.expected < written;
    if (fewer || votes.expected == written) && votes.has("2Node") == conf.counts_as_two() {
        return None;
    }
    let two_node = |is: bool| if is { ", two_node" } else { "" };
    Some(format!(
        "the running corosync counts on other votes than its file says: {}{} here, {}{} in {COROSYNC_CONF}",
        crate::wording::count(votes.expected, "vote"),
        two_node(votes.has("2Node")),
        crate::wording::count(written, "vote"),
        two_node(conf.counts_as_two()),
    ))
}

/// Returns what the votes of the running corosync are, where they were asked.
pub fn votes(facts: &Facts) -> Option<Votes> {
    Votes::parse(facts.said.get(voting::VOTES)?)
}

/// Adds what a device has left that the file knows nothing of.
fn left_over(facts: &Facts, conf: &CorosyncConf, found: &mut Vec<Problem>) {
    let said = |line: &str| facts.said.get(line).map_or("", |said| said.trim());
    if let Some(votes) = votes(facts)
        && let Some(what) = votes_differ(conf, &votes)
    {
        let of_a_device =
            votes.has("Qdevice") || votes.expected > conf.written_votes().unwrap_or(0);
        found.push(match of_a_device {
            true => Problem::new(true, what).next(
                "to take what is left of a device out",
                "bascule quorum remove",
            ),
            false => Problem::new(true, what)
                .next("to have every node read its file", "corosync-cfgtool -R"),
        });
    }
    let host = &facts.host;
    if said(voting::AT_BOOT) == "enabled" {
        found.push(
            Problem::new(
                false,
                format!("corosync-qdevice is started at boot on {host}, and {COROSYNC_CONF} has no quorum device"),
            )
            .next("to take it out", "bascule quorum remove"),
        );
    } else if said(voting::STATE) == "failed" {
        found.push(
            Problem::new(
                false,
                format!(
                    "corosync-qdevice failed on {host}, where {COROSYNC_CONF} has no quorum device"
                ),
            )
            .next("to forget it", "systemctl reset-failed corosync-qdevice"),
        );
    }
}

/// Adds the nodes whose file is another one than here, where it was asked.
fn other_files(facts: &Facts, conf: &CorosyncConf, found: &mut Vec<Problem>) {
    let own = facts.file(COROSYNC_CONF).text();
    for node in members_of(conf, facts).iter().filter(|node| !node.own) {
        let Some(peer) = facts.peers.get(&node.name) else {
            continue;
        };
        if peer.unreachable.is_some() || peer.texts.get(COROSYNC_CONF).map(String::as_str) == own {
            continue;
        }
        let Some(other) = peer.texts.get(COROSYNC_CONF) else {
            continue;
        };
        let other = CorosyncConf::parse(other).ok();
        let refusal = members::other_file(&node.name, peer.target(&node.name));
        let problem = Problem::new(true, refusal.what);
        let device = other
            .as_ref()
            .filter(|other| conf.differs_only_by_device(other));
        let device = device.and_then(|other| conf.device_host().or_else(|| other.device_host()));
        let problem = match device {
            Some(host) => problem
                .next(
                    "to give all the device",
                    format!("bascule quorum add {host}"),
                )
                .next("to take it out everywhere", "bascule quorum remove"),
            None => refusal.hints.into_iter().fold(problem, |problem, hint| {
                problem.next(&hint.purpose, hint.command)
            }),
        };
        found.push(problem);
    }
}

/// Adds what is wrong with the device.
pub fn judge(facts: &Facts, found: &mut Vec<Problem>) {
    let Some(conf) = configured(facts) else {
        return;
    };
    other_files(facts, &conf, found);
    if !conf.has_device() {
        left_over(facts, &conf, found);
        return;
    }
    let said = |line: &str| facts.said.get(line).map(String::as_str).unwrap_or_default();
    let Some(votes) = Votes::parse(said(voting::VOTES)) else {
        return;
    };
    let host = conf.device_host().unwrap_or("the third host");
    let mend = || format!("bascule quorum add {host}");
    let name = |node: &VotingNode| {
        let nodes = conf.nodes();
        let known = nodes.iter().find(|one| one.nodeid == Some(node.id));
        known.map_or_else(|| format!("node {}", node.id), |one| one.label().to_owned())
    };
    if votes.has("2Node") {
        found.push(
            Problem::new(
                true,
                format!("corosync.conf gives {host} a vote, and the running corosync knows nothing of it"),
            )
            .next("to bring both together", mend()),
        );
        return;
    }
    if let Some(what) = votes_differ(&conf, &votes) {
        found.push(Problem::new(true, what).next("to bring both together", mend()));
    }
    let daemon = Daemon::parse(said(voting::DAEMON));
    let away = daemon.filter(|daemon| !daemon.is_connected());
    if let Some(daemon) = &away {
        found.push(
            Problem::new(
                true,
                format!(
                    "{host} has a vote and is not reached ({}): whoever loses the other node now stops everything",
                    daemon.state
                ),
            )
            .next("to see whether it is there", format!("ping -c 3 {host}"))
            .next(
                &format!("on {host}, to see its service"),
                "systemctl status corosync-qnetd",
            ),
        );
    }
    for node in &votes.nodes {
        let what = match (node.has_daemon(), node.casts_the_device_vote()) {
            (_, true) => continue,
            (true, false) if away.is_some() => continue,
            (true, false) => format!("{} does not get {host}'s vote", name(node)),
            (false, false) => format!("corosync-qdevice does not run on {}", name(node)),
        };
        found.push(
            Problem::new(
                true,
                format!(
                    "{what}: left alone, {} would have no quorum and stop everything",
                    name(node)
                ),
            )
            .next("to mend it", mend()),
        );
    }
    let certificates = Certificates::parse(said(voting::CERTIFICATES));
    if conf.device_wants_certificates() && certificates.cluster.is_none() && facts.root {
        found.push(
            Problem::new(
                true,
                format!("{} has no certificate for {host}: corosync-qdevice does not start with the next boot", facts.host),
            )
            .next("to give it one", mend()),
        );
    }
}

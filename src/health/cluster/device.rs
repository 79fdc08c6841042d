//! What is wrong with a quorum device: a daemon that is dead, a third host that is not reached, certificates
//! that are gone. Nothing of it shows in what runs until a node is lost.

use crate::conf::CorosyncConf;
use crate::facts::voting::{self, Certificates, Daemon, Votes, VotingNode};
use crate::facts::{Facts, Needs};
use crate::health::Problem;
use crate::health::conf::configured;

/// Returns what must be read where there is a device.
pub fn needs(facts: &Facts) -> Needs {
    if !configured(facts).is_some_and(|conf| conf.has_device()) {
        return Needs::default();
    }
    let lines = [voting::VOTES, voting::DAEMON, voting::CERTIFICATES];
    Needs {
        lines: lines.map(str::to_owned).to_vec(),
        ..Needs::default()
    }
}

/// Adds what is wrong with the device.
pub fn judge(facts: &Facts, found: &mut Vec<Problem>) {
    let Some(conf) = configured(facts).filter(CorosyncConf::has_device) else {
        return;
    };
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

//! Who is a node: its number and addresses in corosync.conf, its name in Pacemaker, and which is this
//! host.
//!
//! corosync knows itself by its address, and Pacemaker calls a node by `name:` of corosync.conf, or
//! as `uname -n` does where there is none (2.1.5 and 3.0.0): what the host is called otherwise is no
//! concern of theirs.

use crate::conf::CorosyncConf;
use crate::facts::{COROSYNC_CONF, Facts, Peer};
use crate::plan::{Check, Plan, Probe};
use std::net::IpAddr;

/// A node of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Pacemaker's name for it.
    pub name: String,
    /// Its number in corosync.conf.
    pub nodeid: Option<u32>,
    /// Its addresses in corosync.conf, one for each link.
    pub addresses: Vec<String>,
    /// The node is this host.
    pub own: bool,
}

impl Member {
    /// Returns the probe that asks it for these.
    pub fn probe(&self, units: Vec<String>, files: Vec<String>, web: Option<String>) -> Probe {
        Probe::Peer {
            host: self.name.clone(),
            addresses: self.addresses.clone(),
            units,
            files,
            web,
            away: false,
        }
    }

    /// Returns the probe that asks for these one that is to be away.
    pub fn probe_away(&self, units: Vec<String>) -> Probe {
        let mut probe = self.probe(units, Vec::new(), None);
        if let Probe::Peer { away, .. } = &mut probe {
            *away = true;
        }
        probe
    }

    /// Returns what it said, if it was asked, and says in the plan where its name leads elsewhere.
    pub fn its_answer<'a>(&self, facts: &'a Facts, plan: &mut Plan) -> Option<&'a Peer> {
        let peer = facts.peers.get(&self.name)?;
        if let (Some(other), Some(via), None) = (&peer.astray, &peer.via, &peer.unreachable) {
            let warning = Check::warning(format!(
                "the name {} leads to {other} here, another host: {via} is used",
                self.name
            ));
            let told = warning.note(format!("getent hosts {}", self.name));
            if !plan.checks.contains(&told) {
                plan.check(told);
            }
        }
        Some(peer)
    }
}

/// Returns the nodes of this host's corosync.conf, and those that only the configuration has.
pub fn all_members(facts: &Facts) -> Vec<Member> {
    let text = facts.file(COROSYNC_CONF).reads_as();
    let conf = text.and_then(|text| CorosyncConf::parse(text).ok());
    let mut all = conf.map_or_else(Vec::new, |conf| members_of(&conf, facts));
    for node in facts.cib().iter().flat_map(|cib| cib.nodes()) {
        if !all.iter().any(|known| known.name == node.name) {
            all.push(Member {
                own: node.name == facts.host && !all.iter().any(|known| known.own),
                name: node.name.clone(),
                ..Member::default()
            });
        }
    }
    all
}

/// Returns the nodes of a corosync.conf.
pub fn members_of(conf: &CorosyncConf, facts: &Facts) -> Vec<Member> {
    let network = facts.network.as_ref();
    let holds = |address: &String| {
        let ip = address.parse::<IpAddr>();
        ip.is_ok_and(|ip| network.is_some_and(|n| n.holder(ip).is_some_and(|i| !i.loopback)))
    };
    let known = |id: Option<u32>, name: Option<&str>| {
        let nodes = facts.cib().map(|cib| cib.nodes()).unwrap_or_default();
        let number = id.map(|id| id.to_string());
        nodes
            .iter()
            .find(|node| number.as_ref() == Some(&node.id))
            // Another cluster's configuration may lie here still.
            .filter(|node| name.is_none_or(|name| name.eq_ignore_ascii_case(&node.name)))
            .map(|node| node.name.clone())
    };
    let nodes = conf.nodes();
    let here = nodes
        .iter()
        .position(|node| node.addresses.iter().any(holds))
        // Where the addresses are names, or this host's network was not read.
        .or_else(|| {
            let is_called = |name: &str| name.eq_ignore_ascii_case(&facts.host);
            nodes.iter().position(|node| {
                let judged =
                    network.is_some() && node.addresses.iter().any(|a| a.parse::<IpAddr>().is_ok());
                let names = node.name.iter().chain(&node.addresses);
                !judged && names.map(String::as_str).any(is_called)
            })
        });
    nodes
        .iter()
        .enumerate()
        .map(|(at, node)| {
            let own = here == Some(at);
            let name = known(node.nodeid, node.name.as_deref())
                .or_else(|| node.name.clone())
                .or_else(|| own.then(|| facts.host.clone()))
                .unwrap_or_else(|| node.label().to_owned());
            Member {
                name,
                nodeid: node.nodeid,
                addresses: node.addresses.clone(),
                own,
            }
        })
        .collect()
}

/// Returns this host's own name as a node, else as a host.
pub fn own_name(facts: &Facts) -> String {
    let own = all_members(facts).into_iter().find(|node| node.own);
    own.map_or_else(|| facts.host.clone(), |node| node.name)
}

/// Returns the nodes other than this host.
pub fn others(facts: &Facts) -> Vec<Member> {
    all_members(facts)
        .into_iter()
        .filter(|node| !node.own)
        .collect()
}

/// Returns the nodes' names.
pub fn names(nodes: &[Member]) -> Vec<String> {
    nodes.iter().map(|node| node.name.clone()).collect()
}

/// Returns the warning of a host that has this one's machine-id, as a machine made from another's
/// disk has: their leases and journals may be taken for one another's.
pub fn clone_of(other: &str) -> Check {
    Check::warning(format!(
        "this host has the same /etc/machine-id as {other}, as a clone has: DHCP and logs may take \
         one for the other; a new one comes with the next boot"
    ))
    .note("rm /etc/machine-id && systemd-machine-id-setup")
}

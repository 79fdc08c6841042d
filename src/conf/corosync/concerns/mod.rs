//! What corosync takes in silence though it is wrong.
//!
//! `corosync -t` passes all of this with exit 0 (seen on 3.1.7 and 3.1.9), except where it depends on
//! the host. What it refuses by itself, such as a wrong cipher or a nodeid twice, is left to it.

mod log;
mod words;

pub use log::{LogFile, log_files};

use crate::wording;
use std::net::IpAddr;

use super::{ConfNode, CorosyncConf};
use crate::names::NodeName;

/// Something in a corosync.conf that is not as its author thinks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorosyncConcern {
    /// The line it is about, from 1; none where something is missing.
    pub line: Option<usize>,
    /// The key or section it is about, such as `quorum.two_nodes`.
    pub key: String,
    /// The trouble, in one sentence.
    pub text: String,
    /// The mend: what to write or do instead.
    pub mend: String,
    pub severity: Severity,
}

/// The severity of a concern: the fate of corosync with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Corosync does its work, though not all of it may be as asked.
    Works,
    /// Corosync starts, and reaches no other node.
    Alone,
    /// Corosync certainly does not start.
    Stops,
}

/// Returns what is wrong with a file that corosync accepts, in the order of the file.
pub fn concerns(conf: &CorosyncConf) -> Vec<CorosyncConcern> {
    let mut found = CorosyncFindings {
        conf,
        concerns: Vec::new(),
    };
    found.unknown_sections();
    found.keys();
    found.lines();
    found.totem();
    found.interfaces();
    found.quorum();
    found.nodes();
    let mut concerns = found.concerns;
    concerns.sort_by_key(|concern| concern.line.unwrap_or(usize::MAX));
    concerns
}

/// Returns a concern when no node of the file has an address of this host: corosync does not start
/// there; or, where a node has the host's name, it starts and reaches nobody (seen on 3.1.7).
pub fn concern_here(conf: &CorosyncConf, host: &str, own: &[IpAddr]) -> Option<CorosyncConcern> {
    let nodes = conf.nodes();
    // That there are none is a concern of its own.
    if nodes.is_empty() {
        return None;
    }
    let parsed = |node: &ConfNode| -> Vec<Option<IpAddr>> {
        node.addresses
            .iter()
            .map(|address| address.parse().ok())
            .collect()
    };
    // A host name may well be one of ours: whoever can resolve it must say.
    let maybe_ours = |address: Option<IpAddr>| address.is_none_or(|address| own.contains(&address));
    if nodes
        .iter()
        .any(|node| parsed(node).into_iter().any(maybe_ours))
    {
        return None;
    }
    let named = |node: &&ConfNode| node.name.as_deref() == Some(host);
    let (whose, comes, severity) = match nodes.iter().find(named) {
        Some(_) => (
            format!("no address of {host} in the nodelist is one of this host"),
            "corosync starts, and reaches nobody",
            Severity::Alone,
        ),
        None => (
            "none of the addresses in the nodelist is one of this host".to_owned(),
            "corosync does not start",
            Severity::Stops,
        ),
    };
    let listed: Vec<&str> = nodes
        .iter()
        .filter(|node| nodes.iter().all(|node| !named(&node)) || named(node))
        .flat_map(|node| &node.addresses)
        .map(String::as_str)
        .collect();
    Some(CorosyncConcern {
        line: conf
            .sections_of("nodelist")
            .first()
            .and_then(|list| list.open)
            .map(|line| line + 1),
        key: "nodelist".to_owned(),
        text: format!("{whose} ({}): {comes}", listed.join(", ")),
        mend: "add this host as a node, or give its interface the address that stands there"
            .to_owned(),
        severity,
    })
}

/// The concerns found so far.
struct CorosyncFindings<'a> {
    conf: &'a CorosyncConf,
    concerns: Vec<CorosyncConcern>,
}

impl CorosyncFindings<'_> {
    fn add(
        &mut self,
        line: Option<usize>,
        key: &str,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.concerns.push(CorosyncConcern {
            line: line.map(|line| line + 1),
            key: key.to_owned(),
            text: text.into(),
            mend: mend.into(),
            severity: Severity::Works,
        });
    }

    /// Adds a concern with which corosync does not start.
    fn add_stopping(
        &mut self,
        line: Option<usize>,
        key: &str,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(line, key, text, mend);
        if let Some(added) = self.concerns.last_mut() {
            added.severity = Severity::Stops;
        }
    }

    /// Adds a concern about the line that holds a key.
    fn add_at(&mut self, key: &str, text: impl Into<String>, mend: impl Into<String>) {
        self.add(self.conf.lines_of(key).pop(), key, text, mend);
    }

    fn totem(&mut self) {
        let conf = self.conf;
        match conf.cluster_name() {
            None => self.add(
                None,
                "totem.cluster_name",
                "the cluster has no name",
                "write `cluster_name: NAME` in totem",
            ),
            Some("debian") => self.add_at(
                "totem.cluster_name",
                "the cluster is still called debian, as every new one on this system",
                "write a name of its own",
            ),
            Some(_) => {}
        }
        // What becomes of the rest is known once there is a nodelist.
        if conf.nodes().is_empty() {
            return;
        }
        self.consensus();
        let without_id = || conf.nodes().iter().any(|node| node.nodeid.is_none());
        if let Some(transport @ ("udp" | "udpu")) = conf.get("totem.transport") {
            let text =
                format!("transport {transport} is deprecated: one link, and nothing is encrypted");
            let mend = match without_id() {
                // Otherwise corosync does not start: exit 8, "Knet requires an explicit nodeid".
                true => "first give each node its `nodeid:`, then write `transport: knet`",
                false => "write `transport: knet`",
            };
            self.add_at("totem.transport", text, mend);
            return;
        }
        let set = |key| conf.get(key).filter(|&value| value != "none");
        let secauth = conf.get("totem.secauth") == Some("on");
        if set("totem.crypto_cipher").is_none() && set("totem.crypto_hash").is_none() && !secauth {
            self.add_at(
                "totem.crypto_cipher",
                "nothing the nodes tell each other is encrypted or signed",
                "write `crypto_cipher: aes256` and `crypto_hash: sha256` in totem",
            );
        }
        if let Some(hash @ ("md5" | "sha1")) = conf.get("totem.crypto_hash") {
            self.add_at(
                "totem.crypto_hash",
                format!("{hash} is a weak hash"),
                "write `crypto_hash: sha256`",
            );
        }
    }

    /// Judges the consensus. corosync starts with one that is too short for its nodes (3.1.7 and 3.1.9), and
    /// refuses only what is less than the join timeout.
    fn consensus(&mut self) {
        let conf = self.conf;
        let (Some(consensus), join) = (conf.consensus(), conf.join()) else {
            return;
        };
        let key = "totem.consensus";
        if consensus <= join {
            let text = format!(
                "consensus is {consensus} ms and must be longer than the join timeout, {join} ms"
            );
            let mend = "remove consensus: corosync computes one";
            match consensus < join {
                true => {
                    let line = conf.lines_of(key).pop();
                    self.add_stopping(line, key, format!("{text}: corosync does not start"), mend);
                }
                false => self.add_at(
                    key,
                    format!("{text}: nodes may be given up on before they have answered"),
                    mend,
                ),
            }
        } else if conf.nodes().len() > 2 && conf.consensus_is_too_short() {
            let text = format!(
                "consensus is {consensus} ms: with {} nodes it must be 1.2 times their token of {} ms at least, \
                 or they may fall apart",
                conf.nodes().len(),
                conf.token()
            );
            self.add_at(key, text, "remove consensus: corosync computes it");
        }
    }

    /// Judges the keys of an interface, which count only where there is no nodelist.
    fn interfaces(&mut self) {
        let conf = self.conf;
        if conf.nodes().is_empty() {
            return;
        }
        for section in conf.sections() {
            match section.path.as_str() {
                "totem.interface" => {
                    let items = conf.items_in(&section);
                    for item in items.filter(|item| item.key == "bindnetaddr") {
                        self.add(
                            Some(item.line),
                            "totem.interface.bindnetaddr",
                            "corosync takes the addresses of the nodelist and ignores bindnetaddr",
                            "remove the line",
                        );
                    }
                }
                "totem.interface.member" => self.add(
                    section.open,
                    "totem.interface.member",
                    "corosync takes the nodes of the nodelist and ignores member",
                    "remove the section",
                ),
                _ => {}
            }
        }
    }

    fn quorum(&mut self) {
        let conf = self.conf;
        match conf.get("quorum.provider") {
            Some("corosync_votequorum") => {}
            Some(other) => {
                let text = format!(
                    "corosync knows no quorum provider {other}, and pacemaker cannot start without one"
                );
                self.add_at(
                    "quorum.provider",
                    text,
                    "write `provider: corosync_votequorum`",
                );
            }
            None => self.add(
                None,
                "quorum.provider",
                "there is no quorum provider, and pacemaker cannot start without one",
                "write `provider: corosync_votequorum` in quorum",
            ),
        }
        let (count, device) = (conf.nodes().len(), conf.has_section("quorum.device"));
        if conf.two_node() {
            if device {
                // What runs only says so in its log; the next start ends with status 20 (3.1.7, 3.1.9).
                let text = "two_node stands beside a quorum device: at its next start corosync does not start";
                let line = conf.lines_of("quorum.two_node").pop();
                self.add_stopping(line, "quorum.two_node", text, "remove two_node");
            }
            // Without a nodelist that is what is missing.
            if count != 2 && count > 0 {
                let text = format!("two_node is set for {}", wording::count(count, "node"));
                self.add_at("quorum.two_node", text, "remove two_node");
            }
            if conf.is_on("quorum.auto_tie_breaker") {
                let text = "two_node is dropped when auto_tie_breaker is set";
                self.add_at("quorum.two_node", text, "remove one of them");
            }
            if conf.get("quorum.wait_for_all").is_some() && !conf.is_on("quorum.wait_for_all") {
                let text =
                    "a node that starts alone takes all services while the other may have them";
                self.add_at(
                    "quorum.wait_for_all",
                    text,
                    "remove wait_for_all: two_node implies it",
                );
            }
        } else if count == 2 && !device {
            let text = "neither of the two nodes goes on when the other is lost";
            self.add_at("quorum.two_node", text, "write `two_node: 1` in quorum");
        }
        self.expected_votes();
    }

    fn expected_votes(&mut self) {
        let conf = self.conf;
        let Some(expected) = conf.get("quorum.expected_votes") else {
            return;
        };
        let votes = conf.node_sections();
        let votes = votes.iter().map(|node| {
            let votes = conf.items_in(node).find(|item| item.key == "quorum_votes");
            votes
                .and_then(|item| item.value.parse::<u64>().ok())
                .unwrap_or(1)
        });
        let sum: u64 = votes.sum();
        if sum > 0 && expected.parse() != Ok(sum) {
            let text = format!(
                "expected_votes is {expected}, but the nodes have {sum} votes, and it wins"
            );
            self.add_at(
                "quorum.expected_votes",
                text,
                "remove expected_votes: the nodelist has the votes",
            );
        }
    }

    fn nodes(&mut self) {
        let conf = self.conf;
        let sections = conf.node_sections();
        let nodes: Vec<ConfNode> = sections
            .iter()
            .map(|section| conf.node_in(section))
            .collect();
        if nodes.is_empty() {
            self.add_stopping(
                None,
                "nodelist",
                "there is no nodelist, and without one corosync does not start (exit 8)",
                "write a nodelist with a node for each host: ring0_addr, nodeid and name",
            );
        }
        for (index, (section, node)) in sections.iter().zip(&nodes).enumerate() {
            if node.name.is_none() && nodes.iter().any(|node| node.addresses.len() > 1) {
                // "for a multi-link configuration, all nodes must have a 'name' attribute".
                self.add_stopping(
                    section.open,
                    "nodelist.node.name",
                    "this node has no name, and with more than one link corosync does not start (exit 8)",
                    "write `name:` with what `uname -n` prints there",
                );
            } else if node.name.is_none() {
                // Pacemaker looks at no address (seen on 2.1.5 and 3.0).
                self.add(
                    section.open,
                    "nodelist.node.name",
                    "this node has no name, so that pacemaker calls it what `uname -n` prints there",
                    "write `name:` with just that",
                );
            }
            if node.nodeid.is_none() && matches!(conf.get("totem.transport"), None | Some("knet")) {
                self.add_stopping(
                    section.open,
                    "nodelist.node.nodeid",
                    "this node has no nodeid, and with knet corosync does not start (exit 8)",
                    "write `nodeid:` with a number that no other node has",
                );
            }
            let line_of = |value: &str| {
                conf.items_in(section)
                    .find(|item| item.value == value)
                    .map(|item| item.line)
                    .or(section.open)
            };
            // corosync and pacemaker take any name; crmsh hands it to a shell (seen with `serv 1 (a)`).
            if let Some(name) = &node.name
                && !name.contains(['\u{a0}', '#'])
                && name.parse::<NodeName>().is_err()
            {
                self.add(
                    line_of(name),
                    "nodelist.node.name",
                    format!("{name:?} is no name that crm could use"),
                    "write what `uname -n` prints there",
                );
            }
            let before = &nodes[..index];
            if let Some(name) = &node.name
                && before.iter().any(|other| other.name.as_ref() == Some(name))
            {
                let text = format!("two nodes are called {name}");
                self.add(
                    line_of(name),
                    "nodelist.node.name",
                    text,
                    "give each its own name",
                );
            }
            for (link, address) in node.addresses.iter().enumerate() {
                let key = format!("nodelist.node.ring{link}_addr");
                let line = line_of(address);
                if let Some(other) = before
                    .iter()
                    .find(|other| other.addresses.contains(address))
                {
                    let text = format!(
                        "{address} is the address of {} and of {}",
                        other.label(),
                        node.label()
                    );
                    self.add(line, &key, text, "give each node its own address");
                }
                match address.parse::<IpAddr>() {
                    Ok(ip) if ip.is_loopback() && nodes.len() > 1 => {
                        let text = format!(
                            "{address} is a loopback address, which no other node can reach"
                        );
                        self.add(line, &key, text, "write the address of the interface");
                    }
                    Ok(_) => {}
                    Err(_) => {
                        let text = format!(
                            "{address} is a name, which each node may resolve differently, its own to 127.0.1.1"
                        );
                        self.add(line, &key, text, "write the address itself");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;

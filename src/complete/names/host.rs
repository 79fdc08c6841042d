//! Other hosts: the cluster's nodes, those in corosync.conf, and those that ssh knows.

use crate::complete::Candidate;
use crate::complete::asking::{Asking, parses_as};
use crate::complete::known::{conf_on_disk, snapshot};
use crate::facts;
use crate::host::Host;
use crate::names::NodeName;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Another host, by a name or an address that ssh can go to.
struct Other {
    name: String,
    /// Its address, where it is known.
    address: Option<String>,
    help: String,
}

/// The hosts that a verb can go to, cluster nodes first; never this one.
pub fn other_hosts(about: &Asking) -> Vec<Candidate> {
    let typed = &about.typed;
    let here = Host::read().name;
    known_hosts(&here)
        .into_iter()
        .filter(|other| other.name.starts_with(typed.as_str()))
        .map(|other| Candidate::new(other.name, other.help))
        .collect()
}

/// The hosts outside the cluster: neither a node by its name nor one of a node's addresses.
pub fn outside_hosts(about: &Asking) -> Vec<Candidate> {
    let conf = conf_on_disk().filter(|conf| !conf.is_as_packaged());
    let mut nodes: Vec<String> = conf
        .iter()
        .flat_map(|conf| conf.nodes())
        .flat_map(|node| node.name.into_iter().chain(node.addresses))
        .collect();
    if let Some(cib) = &snapshot().cib {
        nodes.extend(cib.nodes().iter().map(|node| node.name.clone()));
    }
    let mut hosts = other_hosts(about);
    hosts.retain(|host| !nodes.contains(&host.value));
    hosts
}

/// Returns the other hosts with an address, by name.
pub(super) fn with_address(here: &str) -> Vec<(String, String)> {
    let others = known_hosts(here).into_iter();
    others
        .filter(|other| parses_as::<NodeName>(&other.name))
        .filter_map(|other| Some((other.name, other.address?)))
        .collect()
}

/// Returns the other hosts that could be nodes, as `NAME=ADDRESS`, or `NAME=` where the address is
/// not known.
pub(super) fn node_specs(here: &str) -> Vec<(String, String)> {
    let others = known_hosts(here).into_iter();
    others
        .filter(|other| parses_as::<NodeName>(&other.name))
        .map(|other| {
            let address = other.address.unwrap_or_default();
            (format!("{}={address}", other.name), other.help)
        })
        .collect()
}

fn known_hosts(here: &str) -> Vec<Other> {
    let mut found: Vec<Other> = Vec::new();
    let mut add = |name: String, address: Option<String>, help: String| {
        let own = name == here || name.split('.').next() == Some(here);
        let usable = parses_as::<NodeName>(&name) || parses_as::<IpAddr>(&name);
        if own || !usable {
            return;
        }
        match found.iter_mut().find(|other| other.name == name) {
            Some(other) => other.address = other.address.take().or(address),
            None => found.push(Other {
                name,
                address,
                help,
            }),
        }
    };
    for (name, address) in in_corosync_conf() {
        let help = format!("node in corosync.conf, {address}");
        add(name, Some(address), help);
    }
    if let Some(cib) = &snapshot().cib {
        for node in cib.nodes() {
            add(node.name.clone(), None, "node of the cluster".to_owned());
        }
    }
    for (name, address) in in_hosts() {
        let help = format!("in /etc/hosts, {address}");
        add(name, Some(address), help);
    }
    for (name, address) in known_to_ssh() {
        add(name, address, "known to ssh".to_owned());
    }
    found
}

/// Returns the nodes that corosync.conf names, with their first address.
pub(super) fn in_corosync_conf() -> Vec<(String, String)> {
    let Some(conf) = conf_on_disk().filter(|conf| !conf.is_as_packaged()) else {
        return Vec::new();
    };
    let nodes = conf.nodes().into_iter();
    nodes
        .filter_map(|node| Some((node.name?, node.addresses.into_iter().next()?)))
        .collect()
}

/// Returns the names in /etc/hosts, but for those of this host's loopback and of IPv6's groups.
fn in_hosts() -> Vec<(String, String)> {
    let text = facts::look_into(Path::new("/etc/hosts")).unwrap_or_default();
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else {
            continue;
        };
        if address.is_loopback() || address.is_multicast() {
            continue;
        }
        found.extend(words.map(|name| (name.to_owned(), address.to_string())));
    }
    found
}

/// Returns the hosts whose keys ssh knows, as far as they stand there in clear.
fn known_to_ssh() -> Vec<(String, Option<String>)> {
    let own = std::env::home_dir().map(|home| home.join(".ssh/known_hosts"));
    let files = own
        .into_iter()
        .chain([PathBuf::from("/etc/ssh/ssh_known_hosts")]);
    let texts = files.filter_map(|path| facts::look_into(&path));
    texts.flat_map(|text| names_in_known_hosts(&text)).collect()
}

fn names_in_known_hosts(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for line in text.lines() {
        // `|1|…` is hashed, `@…` marks a key, `[name]:port` is not reached by the name alone.
        let first = line.split_whitespace().next().unwrap_or_default();
        if first.starts_with(['#', '|', '@', '[']) || first.contains(['*', '?', '!']) {
            continue;
        }
        let words: Vec<&str> = first.split(',').collect();
        let address = words.iter().find(|word| parses_as::<IpAddr>(word));
        let name = words.iter().find(|word| !parses_as::<IpAddr>(word));
        let address = address.map(|address| (*address).to_owned());
        match (name, address) {
            (Some(name), address) => found.push(((*name).to_owned(), address)),
            (None, Some(address)) => found.push((address, None)),
            (None, None) => {}
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_from_what_ssh_knows() {
        let text = "# note\nserv2,172.16.0.11 ssh-ed25519 AAAA\n172.16.0.13 ssh-rsa AAAA\n\
            |1|abc=|def= ssh-rsa AAAA\n[db]:2222 ssh-rsa AAAA\n*.example.org ssh-rsa AAAA\n";
        let found = names_in_known_hosts(text);
        assert_eq!(
            found,
            [
                ("serv2".to_owned(), Some("172.16.0.11".to_owned())),
                ("172.16.0.13".to_owned(), None),
            ]
        );
    }
}

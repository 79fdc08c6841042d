//! Interfaces with their networks, and addresses: this host's, the other nodes', and free ones.

use super::host;
use crate::cib::Cib;
use crate::complete::Candidate;
use crate::complete::asking::{Asking, parses_as};
use crate::complete::known::{READING, snapshot};
use crate::conf::{NodeSpec, VipAddress};
use crate::facts::{self, Network};
use crate::host::Host;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How many free addresses are offered of each network.
const FREE: usize = 16;

/// How many addresses of a network are looked at: those of a large one begin at its own end.
const LOOKED_AT: usize = 4096;

/// This host's network interfaces, with their networks.
pub fn interfaces(_about: &Asking) -> Vec<Candidate> {
    let network = network();
    let interfaces = network.interfaces.iter().filter(|one| !one.loopback);
    interfaces
        .map(|interface| {
            let networks = interface.addresses.iter().map(IpNet::trunc);
            let networks: BTreeSet<IpNet> = networks.collect();
            let mut help: Vec<String> = networks.iter().map(ToString::to_string).collect();
            if !interface.up {
                help.push("down".to_owned());
            } else if help.is_empty() {
                help.push("no address".to_owned());
            }
            Candidate::new(interface.name.as_str(), help.join(", "))
        })
        .collect()
}

/// This host's own addresses.
pub fn own_addresses(_about: &Asking) -> Vec<Candidate> {
    let network = network();
    let found = own_networks(&network).into_iter();
    found
        .map(|(net, name)| Candidate::new(net.addr().to_string(), name))
        .collect()
}

/// The other nodes' addresses that are not on the line yet.
pub fn other_addresses(about: &Asking) -> Vec<Candidate> {
    let given: Vec<&str> = about
        .values("replicas")
        .chain(about.values("replica"))
        .collect();
    let others = host::with_address(&Host::read().name).into_iter();
    others
        .filter(|(_, address)| !given.contains(&address.as_str()))
        .map(|(name, address)| Candidate::new(address, name))
        .collect()
}

/// Addresses of this host's networks that nobody is known to have; the wire is asked by the verb.
pub fn free_addresses(about: &Asking) -> Vec<Candidate> {
    let typed = about.typed.as_str();
    let network = network();
    let own = own_networks(&network);
    let taken = taken_addresses(&own);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (net, interface) in &own {
        if net.addr().is_ipv6() || !seen.insert(net.trunc()) {
            continue;
        }
        let free = net
            .hosts()
            .take(LOOKED_AT)
            .filter(|address| !taken.contains(address))
            .map(|address| format!("{address}/{}", net.prefix_len()))
            .filter(|address| address.starts_with(typed) && parses_as::<VipAddress>(address))
            .take(FREE);
        found.extend(
            free.map(|address| Candidate::new(address, format!("on {interface}, not seen in use"))),
        );
    }
    found
}

/// A name for a new cluster: the one that crmsh gives where none is said.
pub fn cluster_name(_about: &Asking) -> Vec<Candidate> {
    vec![Candidate::new(
        "hacluster",
        "as crmsh calls it; any name will do",
    )]
}

/// `NAME=ADDRESS` of a node to be, this host first; `NAME=` where the address is not known.
pub fn nodes_to_be(about: &Asking) -> Vec<Candidate> {
    let name = |spec: &str| spec.split('=').next().unwrap_or_default().to_owned();
    let given: BTreeSet<String> = about.values("node").map(name).collect();
    let here = Host::read().name;
    let network = network();
    let own = own_networks(&network).into_iter().map(|(net, interface)| {
        let help = format!("this host, on {interface}");
        (format!("{here}={}", net.addr()), help)
    });
    own.chain(host::node_specs(&here))
        .filter(|(spec, _)| spec.starts_with(&about.typed) && !given.contains(&name(spec)))
        .filter(|(spec, _)| spec.ends_with('=') || parses_as::<NodeSpec>(spec))
        .map(|(spec, help)| Candidate::new(spec, help))
        .collect()
}

fn network() -> Network {
    facts::network_within(READING).unwrap_or_default()
}

/// Returns this host's addresses that others can reach, with their interfaces; not those that
/// another node may have a moment later.
fn own_networks(network: &Network) -> Vec<(IpNet, &str)> {
    let interfaces = network
        .interfaces
        .iter()
        .filter(|one| !one.loopback && one.up);
    let addresses = interfaces.flat_map(|interface| {
        let addresses = interface.addresses.iter();
        addresses.map(|net| (*net, interface.name.as_str()))
    });
    let known = snapshot();
    let virtual_ones: BTreeSet<IpAddr> = known
        .cib
        .iter()
        .flat_map(Cib::virtual_addresses)
        .map(|(_, address)| address)
        .collect();
    addresses
        .filter(|(net, _)| !virtual_ones.contains(&net.addr()))
        .filter(|(net, _)| match net.addr() {
            IpAddr::V4(address) => !address.is_link_local(),
            IpAddr::V6(address) => !address.is_unicast_link_local(),
        })
        .collect()
}

/// Returns the addresses that somebody is known to have.
fn taken_addresses(own: &[(IpNet, &str)]) -> BTreeSet<IpAddr> {
    let mut taken: BTreeSet<IpAddr> = own.iter().map(|(net, _)| net.addr()).collect();
    let others = host::with_address(&Host::read().name).into_iter();
    taken.extend(others.filter_map(|(_, address)| address.parse::<IpAddr>().ok()));
    if let Some(cib) = &snapshot().cib {
        taken.extend(cib.virtual_addresses().map(|(_, address)| address));
    }
    for line in ["/proc/net/arp", "/proc/net/route"]
        .iter()
        .flat_map(std::fs::read_to_string)
        .collect::<String>()
        .lines()
    {
        let mut words = line.split_whitespace();
        match words.next() {
            // A neighbour that this host spoke to; one that did not answer has no address of its own.
            Some(first) if parses_as::<IpAddr>(first) => {
                let silent = line.contains("00:00:00:00:00:00");
                taken.extend(first.parse::<IpAddr>().ok().filter(|_| !silent));
            }
            // `eth0 00000000 010010AC …`: the gateway, lowest byte first.
            Some(_) => taken.extend(words.nth(1).and_then(gateway)),
            None => {}
        }
    }
    taken
}

fn gateway(hexadecimal: &str) -> Option<IpAddr> {
    let number = u32::from_str_radix(hexadecimal, 16).ok()?;
    (number != 0).then(|| IpAddr::from(number.to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateway_is_read_as_the_kernel_writes_it() {
        assert_eq!(gateway("010010AC"), "172.16.0.1".parse().ok());
        assert_eq!(gateway("00000000"), None);
        assert_eq!(gateway("Gateway"), None);
    }
}

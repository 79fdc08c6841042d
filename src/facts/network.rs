//! This host's interfaces, addresses and routes, by `ip -j`.

use super::{READING, tool};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// A host's network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its interfaces, loopback included.
    pub interfaces: Vec<Interface>,
}

/// An interface with what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name, such as `eth0`.
    pub name: String,
    /// True when it is up.
    pub up: bool,
    /// True when it has a link: a cable, and something at its other end.
    #[serde(default = "yes")]
    pub link: bool,
    /// True when it answers by ARP for its addresses.
    #[serde(default = "yes")]
    pub arp: bool,
    /// True for `lo`.
    pub loopback: bool,
    /// Its addresses with their prefix lengths.
    pub addresses: Vec<IpNet>,
}

/// The value that facts of before do not have.
fn yes() -> bool {
    true
}

impl Network {
    /// Returns all its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.interfaces
            .iter()
            .flat_map(|interface| &interface.addresses)
            .map(ipnet::IpNet::addr)
    }

    /// Returns the interface that holds this very address.
    pub fn holder(&self, address: IpAddr) -> Option<&Interface> {
        self.interfaces
            .iter()
            .find(|interface| interface.addresses.iter().any(|net| net.addr() == address))
    }

    /// Returns true when another network has an address of this one, loopback's left out.
    pub fn shares_address(&self, other: &Network) -> bool {
        self.own_addresses()
            .any(|address| other.own_addresses().any(|theirs| theirs == address))
    }

    /// Returns the addresses that other hosts could reach.
    pub fn own_addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        self.interfaces
            .iter()
            .filter(|interface| !interface.loopback)
            .flat_map(|interface| interface.addresses.iter().map(IpNet::addr))
    }

    /// Returns the interface on whose network the address lies, the narrowest network first.
    pub fn route_to(&self, address: IpAddr) -> Option<&Interface> {
        self.interfaces
            .iter()
            .filter(|interface| !interface.loopback)
            .flat_map(|interface| interface.addresses.iter().map(move |net| (interface, net)))
            .filter(|(_, net)| net.contains(&address) && net.prefix_len() < net.max_prefix_len())
            .max_by_key(|(_, net)| net.prefix_len())
            .map(|(interface, _)| interface)
    }

    /// Returns the interface of that name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces
            .iter()
            .find(|interface| interface.name == name)
    }

    /// Returns the names of all interfaces but loopback.
    pub fn names(&self) -> Vec<&str> {
        self.interfaces
            .iter()
            .filter(|i| !i.loopback)
            .map(|i| i.name.as_str())
            .collect()
    }
}

/// Reads this host's network.
pub fn read() -> Option<Network> {
    read_within(READING)
}

/// Like [`read`], with a deadline.
pub fn read_within(deadline: Duration) -> Option<Network> {
    let output = tool::read(&["ip", "-j", "addr"], deadline).ok()?;
    parse(&output.stdout)
}

/// Parses what `ip -j addr` prints.
pub fn parse(json: &str) -> Option<Network> {
    #[derive(Deserialize)]
    struct Link {
        // iproute2 prints an empty object for what a filter left out.
        #[serde(default)]
        ifname: String,
        #[serde(default)]
        flags: Vec<String>,
        #[serde(default)]
        addr_info: Vec<Address>,
    }
    #[derive(Deserialize)]
    struct Address {
        #[serde(default)]
        local: Option<IpAddr>,
        #[serde(default)]
        prefixlen: u8,
    }
    let links: Vec<Link> = serde_json::from_str(json).ok()?;
    let interfaces = links
        .into_iter()
        .filter(|link| !link.ifname.is_empty())
        .map(|link| Interface {
            up: link.flags.iter().any(|flag| flag == "UP"),
            // An interface that is down has none, and no such flag.
            link: !link.flags.iter().any(|flag| flag == "NO-CARRIER"),
            arp: !link.flags.iter().any(|flag| flag == "NOARP"),
            loopback: link.flags.iter().any(|flag| flag == "LOOPBACK"),
            name: link.ifname,
            addresses: link
                .addr_info
                .into_iter()
                .filter_map(|address| IpNet::new(address.local?, address.prefixlen).ok())
                .collect(),
        })
        .collect();
    Some(Network { interfaces })
}

//! Addresses that an administrator types: the virtual IP, and a node with its own.
//!
//! IPv6 is taken as IPv4 is, since `ocf:heartbeat:IPaddr2` manages both. That agent looks its address
//! up as text in the output of `ip`, so an address is always written in the form that `ip` prints.

use crate::names::NodeName;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use ipnet::IpNet;

use super::BadValue;
use crate::as_text::serde_as_text;

/// The shortest prefixes of a network that a virtual IP can reasonably be in.
const SHORTEST_V4: u8 = 8;
const SHORTEST_V6: u8 = 16;

/// A virtual IP with the prefix length of its network, such as `172.16.0.12/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VipAddress(IpNet);

impl VipAddress {
    /// Returns the address.
    pub fn address(&self) -> IpAddr {
        self.0.addr()
    }

    /// Returns the prefix length, IPaddr2's `cidr_netmask`.
    pub fn prefix_length(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Returns the network the address is in, such as `172.16.0.0/24`.
    pub fn network(&self) -> IpNet {
        self.0.trunc()
    }
}

impl FromStr for VipAddress {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<VipAddress, BadValue> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (parse_address(address, "172.16.0.12/24")?, prefix),
            None => {
                let address = parse_address(text, "172.16.0.12/24")?;
                return Err(BadValue::new(format!(
                    "{address} has no prefix length: write {address}/{}",
                    usual_prefix(address)
                )));
            }
        };
        if let Some(kind) = unusable(address) {
            return Err(BadValue::new(format!(
                "{address} is {kind}, no address to serve from: write a free address of the nodes' network"
            )));
        }
        let net = IpNet::new(address, parse_prefix(address, prefix)?).map_err(|_| {
            BadValue::new(format!("{text} has too long a prefix: write {address}/24"))
        })?;
        check_place_in_network(net)?;
        Ok(VipAddress(net))
    }
}

impl fmt::Display for VipAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

serde_as_text!(VipAddress);

/// A node and its address, typed as `serv1=172.16.0.10`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeSpec {
    /// The name, which must be what `uname -n` prints there.
    pub name: NodeName,
    /// The address corosync uses. A host name is not taken: it may resolve to 127.0.1.1 on its own
    /// host, and differently on every other.
    pub address: IpAddr,
}

impl FromStr for NodeSpec {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<NodeSpec, BadValue> {
        let Some((name, address)) = text.split_once('=') else {
            return Err(BadValue::new(match text.parse::<IpAddr>() {
                Err(_) if text.is_empty() => {
                    "there is no node: write serv1=172.16.0.10, its name and its own address"
                        .to_owned()
                }
                Ok(address) => format!("{address} has no node name: write serv1={address}"),
                Err(_) => format!(
                    "node {text} has no address: write {text}=172.16.0.10, with its own address"
                ),
            }));
        };
        let name: NodeName = name.parse()?;
        if let Some((bare, _)) = address.split_once('/')
            && bare.parse::<IpAddr>().is_ok()
        {
            return Err(BadValue::new(format!(
                "node {name} needs no prefix length: write {name}={bare}"
            )));
        }
        let address = parse_address(address, &format!("{name}=172.16.0.10"))
            .map_err(|BadValue(what)| BadValue(format!("node {name}: {what}")))?;
        if let Some(kind) = unusable(address) {
            return Err(BadValue::new(format!(
                "{address} is {kind}, no address that the other nodes reach {name} at: write the one of its interface"
            )));
        }
        Ok(NodeSpec { name, address })
    }
}

impl fmt::Display for NodeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.address)
    }
}

serde_as_text!(NodeSpec);

fn parse_address(text: &str, example: &str) -> Result<IpAddr, BadValue> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address);
    }
    let why = if text.is_empty() {
        "there is no address".to_owned()
    } else {
        let octets: Vec<&str> = text.split('.').collect();
        let number = |octet: &&str| !octet.is_empty() && octet.bytes().all(|b| b.is_ascii_digit());
        match &octets[..] {
            all if !all.iter().all(number) => format!("{text} is not an address"),
            all if all.len() != 4 => format!("{text} has {} numbers instead of four", all.len()),
            all => match all.iter().find(|octet| octet.parse::<u8>().is_err()) {
                Some(high) => format!("{text} is not an address, {high} is above 255"),
                None => format!("{text} is not an address, a number in it begins with 0"),
            },
        }
    };
    Err(BadValue::new(format!("{why}: write one like {example}")))
}

fn parse_prefix(address: IpAddr, text: &str) -> Result<u8, BadValue> {
    let usual = usual_prefix(address);
    let (shortest, longest) = match address {
        IpAddr::V4(_) => (SHORTEST_V4, 32),
        IpAddr::V6(_) => (SHORTEST_V6, 128),
    };
    if text.is_empty() {
        return Err(BadValue::new(format!(
            "{address}/ has no prefix length: write {address}/{usual}"
        )));
    }
    if let Ok(mask) = text.parse::<Ipv4Addr>() {
        let mend = match ipnet::ip_mask_to_prefix(IpAddr::V4(mask)) {
            Ok(prefix) => format!("write {address}/{prefix}"),
            Err(_) => format!("and no netmask either: write {address}/{usual}"),
        };
        return Err(BadValue::new(format!(
            "{mask} is not a prefix length: {mend}"
        )));
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u8>() {
        Ok(prefix) if digits && (shortest..=longest).contains(&prefix) => Ok(prefix),
        _ if digits => Err(BadValue::new(format!(
            "prefix length {text} is not between {shortest} and {longest}: write the one of the nodes' network, such as {address}/{usual}"
        ))),
        _ => Err(BadValue::new(format!(
            "{text:?} is not a prefix length: write a number, such as {address}/{usual}"
        ))),
    }
}

/// Refuses the addresses of a network that no host can have.
fn check_place_in_network(net: IpNet) -> Result<(), BadValue> {
    let (address, prefix) = (net.addr(), net.prefix_len());
    match net.max_prefix_len() - prefix {
        // The address alone, as clouds and routed networks want it.
        0 => Ok(()),
        1 => Err(BadValue::new(format!(
            "a /{prefix} has room for two hosts, not for two nodes and an address they share: write the prefix length of the nodes' network, such as {address}/{}",
            usual_prefix(address)
        ))),
        _ if address == net.network() => Err(BadValue::new(format!(
            "{address} is the address of the network {net} itself: write that of a host in it"
        ))),
        _ if address.is_ipv4() && address == net.broadcast() => Err(BadValue::new(format!(
            "{address} is the broadcast address of {}: write that of a host in it",
            net.trunc()
        ))),
        _ => Ok(()),
    }
}

/// Says what kind of address this is when other hosts cannot reach it.
fn unusable(address: IpAddr) -> Option<&'static str> {
    let link_local = "a link-local address";
    match address {
        _ if address.is_unspecified() => Some("the unspecified address"),
        _ if address.is_loopback() => Some("a loopback address"),
        _ if address.is_multicast() => Some("a multicast address"),
        IpAddr::V4(v4) if v4.is_link_local() => Some(link_local),
        IpAddr::V4(v4) if v4.is_broadcast() => Some("the broadcast address of every network"),
        IpAddr::V4(v4) if v4.octets()[0] == 0 || v4.octets()[0] >= 240 => {
            Some("a reserved address")
        }
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(link_local),
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some("an IPv4 address written as IPv6"),
        _ => None,
    }
}

fn usual_prefix(address: IpAddr) -> u8 {
    if address.is_ipv4() { 24 } else { 64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vip(text: &str) -> VipAddress {
        text.parse().unwrap()
    }

    fn refusal(text: &str) -> String {
        text.parse::<VipAddress>().unwrap_err().to_string()
    }

    fn node_refusal(text: &str) -> String {
        text.parse::<NodeSpec>().unwrap_err().to_string()
    }

    #[test]
    fn a_vip_knows_its_network() {
        let vip = vip("172.16.0.12/24");
        assert_eq!(vip.to_string(), "172.16.0.12/24");
        assert_eq!(vip.address().to_string(), "172.16.0.12");
        assert_eq!(vip.prefix_length(), 24);
        assert_eq!(vip.network().to_string(), "172.16.0.0/24");
    }

    #[test]
    fn an_ipv6_vip_is_written_as_ip_prints_it() {
        assert_eq!(vip("2001:DB8:0:0::12/64").to_string(), "2001:db8::12/64");
        assert_eq!(vip("fd00::ffff/64").network().to_string(), "fd00::/64");
    }

    #[test]
    fn a_single_address_is_taken_and_a_pair_is_not() {
        assert_eq!(vip("172.16.0.12/32").prefix_length(), 32);
        assert_eq!(vip("2001:db8::12/128").prefix_length(), 128);
        assert!(refusal("172.16.0.12/31").contains("has room for two hosts"));
        assert!(refusal("2001:db8::12/127").ends_with("such as 2001:db8::12/64"));
        assert_eq!(
            vip("172.16.0.13/30").network().to_string(),
            "172.16.0.12/30"
        );
    }

    #[test]
    fn the_prefix_length_is_asked_for() {
        assert_eq!(
            refusal("172.16.0.12"),
            "172.16.0.12 has no prefix length: write 172.16.0.12/24"
        );
        assert_eq!(
            refusal("fd00::12"),
            "fd00::12 has no prefix length: write fd00::12/64"
        );
        assert_eq!(
            refusal("172.16.0.12/"),
            "172.16.0.12/ has no prefix length: write 172.16.0.12/24"
        );
    }

    #[test]
    fn a_wrong_prefix_length_is_refused() {
        assert_eq!(
            refusal("172.16.0.12/255.255.255.0"),
            "255.255.255.0 is not a prefix length: write 172.16.0.12/24"
        );
        assert!(refusal("172.16.0.12/255.0.255.0").contains("and no netmask either"));
        assert!(refusal("172.16.0.12/33").contains("prefix length 33 is not between 8 and 32"));
        assert!(refusal("172.16.0.12/300").contains("is not between 8 and 32"));
        assert!(refusal("172.16.0.12/2").contains("is not between 8 and 32"));
        assert!(refusal("172.16.0.12/+24").contains("\"+24\" is not a prefix length"));
        assert!(refusal("172.16.0.12/24/8").contains("is not a prefix length"));
        assert!(refusal("fd00::12/129").contains("is not between 16 and 128"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        assert_eq!(
            refusal("172.16.0.300/24"),
            "172.16.0.300 is not an address, 300 is above 255: write one like 172.16.0.12/24"
        );
        assert!(refusal("172.16.0/24").contains("has 3 numbers instead of four"));
        assert!(refusal("172.16.0.012/24").contains("begins with 0"));
        assert!(refusal("vip.example.org").contains("is not an address"));
        assert!(refusal("").contains("there is no address"));
        assert!(refusal("/24").contains("there is no address"));
        assert!(refusal("172.16..12/24").contains("is not an address"));
    }

    #[test]
    fn an_address_that_no_host_can_have_is_refused() {
        assert!(refusal("172.16.0.0/24").contains("is the address of the network 172.16.0.0/24"));
        assert!(refusal("172.16.0.255/24").contains("is the broadcast address of 172.16.0.0/24"));
        assert!(refusal("fd00::/64").contains("is the address of the network"));
        assert_eq!(vip("172.16.0.255/16").to_string(), "172.16.0.255/16");
    }

    #[test]
    fn an_address_that_others_cannot_reach_is_refused() {
        for (text, kind) in [
            ("127.0.0.1/8", "a loopback address"),
            ("::1/128", "a loopback address"),
            ("224.0.0.18/24", "a multicast address"),
            ("ff02::1/64", "a multicast address"),
            ("0.0.0.0/24", "the unspecified address"),
            ("::/64", "the unspecified address"),
            ("169.254.1.1/16", "a link-local address"),
            ("fe80::1/64", "a link-local address"),
            ("255.255.255.255/32", "the broadcast address"),
            ("0.1.2.3/24", "a reserved address"),
            ("250.1.2.3/24", "a reserved address"),
            ("::ffff:172.16.0.12/120", "an IPv4 address written as IPv6"),
        ] {
            assert!(refusal(text).contains(kind), "{text}: {}", refusal(text));
        }
    }

    #[test]
    fn a_node_is_a_name_and_an_address() {
        let node: NodeSpec = "serv1=172.16.0.10".parse().unwrap();
        assert_eq!(node.name.as_str(), "serv1");
        assert_eq!(node.address.to_string(), "172.16.0.10");
        assert_eq!(node.to_string(), "serv1=172.16.0.10");
        assert!("serv1=fd00::10".parse::<NodeSpec>().is_ok());
    }

    #[test]
    fn a_node_without_one_of_them_is_refused() {
        assert_eq!(
            node_refusal("serv1"),
            "node serv1 has no address: write serv1=172.16.0.10, with its own address"
        );
        assert_eq!(
            node_refusal("172.16.0.10"),
            "172.16.0.10 has no node name: write serv1=172.16.0.10"
        );
        assert!(node_refusal("serv1=").contains("node serv1: there is no address"));
        assert!(node_refusal("=172.16.0.10").contains("a node name cannot be empty"));
        assert!(node_refusal("serv1=serv1.example.org").contains("is not an address"));
        assert_eq!(
            node_refusal("serv1=172.16.0.10/24"),
            "node serv1 needs no prefix length: write serv1=172.16.0.10"
        );
        assert!(node_refusal("serv1=127.0.1.1").contains("is a loopback address"));
        assert!(node_refusal("serv 1=172.16.0.10").contains("contains a blank"));
    }

    #[test]
    fn json_keeps_the_spelling() {
        let json = serde_json::to_string(&vip("172.16.0.12/24")).unwrap();
        assert_eq!(json, "\"172.16.0.12/24\"");
        assert!(serde_json::from_str::<VipAddress>("\"172.16.0.0/24\"").is_err());
    }
}

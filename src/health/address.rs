//! Whether the cluster's addresses are where the cluster says: Pacemaker knows what its agents said
//! last, and clients know who answers.
//!
//! IPaddr2's monitor looks for the address on its own node alone, and not whether the interface is
//! up or has a link (resource-agents 4.12 and 4.16): a second holder, or a pulled cable, changes
//! nothing in `crm_mon`.

use super::Problem;
use super::conf::configured;
use crate::cib::{Cib, Primitive};
use crate::facts::{AddressUse, Ask, COROSYNC_CONF, Facts, Interface, Monitor, Needs, Network};
use crate::membership::nodes::{Member, members_of};
use std::net::IpAddr;

/// An address of the cluster that is not where the cluster says, or that nobody can reach there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Astray {
    /// The resource that it is.
    pub resource: String,
    /// The trouble, as a sentence without full stop.
    pub what: String,
    /// The next commands: for what, and the command.
    pub next: Vec<(String, String)>,
}

/// A node whose interfaces are known, or why they are not.
struct Seen<'a> {
    node: String,
    own: bool,
    network: Option<&'a Network>,
}

/// Returns the trouble with an interface that holds an address, as the end of a sentence.
pub fn down_reason(interface: &Interface) -> Option<&'static str> {
    match (interface.up, interface.link) {
        (false, _) => Some("is down"),
        (true, false) => Some("has no link (a cable, or the switch's port)"),
        (true, true) => None,
    }
}

/// Returns what must be read besides this host's network to judge the addresses: the other nodes'
/// interfaces, and what answers on the wire for whom nobody can ask.
pub fn needs(facts: &Facts) -> Needs {
    let Some(cib) = facts.cib() else {
        return Needs::default();
    };
    let all: Vec<(&Primitive, IpAddr)> = cib.virtual_addresses().collect();
    if all.is_empty() {
        return Needs::default();
    }
    let online = |name: &str| {
        let monitor = facts.monitor.as_ref();
        monitor.is_some_and(|monitor| monitor.node(name).is_some_and(|node| node.online))
    };
    let (there, away): (Vec<Member>, Vec<Member>) = members(facts)
        .into_iter()
        .filter(|node| !node.own)
        .partition(|node| online(&node.name));
    let silent = |node: &Member| {
        let peer = facts.peers.get(&node.name);
        peer.is_some_and(|peer| peer.unreachable.is_some())
    };
    let refused = there.iter().any(silent);
    let network = facts.network.as_ref();
    let wire = |ip: IpAddr| {
        let network = network?;
        let held = network.holder(ip).filter(|interface| answers(interface));
        // Without the cluster's own view only what is held here is anybody's concern.
        let interface = match facts.monitor {
            Some(_) => held.or_else(|| network.route_to(ip)),
            None => held,
        }?;
        let usable = ip.is_ipv4() && down_reason(interface).is_none();
        usable.then(|| (ip, interface.name.clone()))
    };
    let asked = there
        .iter()
        .all(|node| facts.peers.contains_key(&node.name));
    if asked && facts.monitor_again.is_none() && !astray(facts).is_empty() {
        return Needs {
            monitor_again: facts.monitor.is_some(),
            ..Needs::default()
        };
    }
    let asks_wire = refused || !away.is_empty() || facts.monitor.is_none();
    let asked = all.iter().filter(|_| asks_wire);
    let wire = asked.filter_map(|(_, ip)| wire(*ip)).collect();
    // Who did not let us in is not asked again.
    let there = there.into_iter().filter(|_| !refused);
    Needs {
        peers: there
            .map(|node| Ask {
                host: node.name,
                addresses: node.addresses,
                // By the way: whether all nodes have one file.
                texts: vec![COROSYNC_CONF.to_owned()],
                ..Ask::default()
            })
            .collect(),
        wire,
        ..Needs::default()
    }
}

/// Returns the addresses that are not where the cluster says.
pub fn astray(facts: &Facts) -> Vec<Astray> {
    let Some(cib) = facts.cib() else {
        return Vec::new();
    };
    let seen: Vec<Seen> = members(facts)
        .into_iter()
        .map(|Member { name, own, .. }| {
            let peer = facts.peers.get(&name);
            let peer = peer.filter(|peer| peer.unreachable.is_none());
            let network = match own {
                true => facts.network.as_ref(),
                false => peer.map(|peer| &peer.network),
            };
            Seen {
                node: name,
                own,
                network,
            }
        })
        .collect();
    let mut found = Vec::new();
    for (primitive, ip) in cib.virtual_addresses() {
        match &facts.monitor {
            Some(monitor) => judged(facts, cib, monitor, primitive, ip, &seen, &mut found),
            None if facts.live_cib().is_none() => unwatched(facts, primitive, ip, &mut found),
            None => {}
        }
    }
    found
}

/// Adds what is wrong with the addresses.
pub(super) fn judge(facts: &Facts, found: &mut Vec<Problem>) {
    found.extend(astray(facts).iter().map(problem));
}

/// Returns it as a problem: always grave.
pub fn problem(astray: &Astray) -> Problem {
    let next = astray.next.iter();
    next.fold(
        Problem::new(true, &astray.what),
        |problem, (purpose, command)| problem.next(purpose, command),
    )
}

/// An address of the cluster, and what the cluster says of it.
struct Judged<'a> {
    id: &'a str,
    ip: IpAddr,
    /// The resource or the group that moves with it.
    whole: &'a str,
    monitor: &'a Monitor,
    /// The nodes that it runs on.
    places: Vec<&'a str>,
}

/// Judges one address by what the cluster says of it.
fn judged(
    facts: &Facts,
    cib: &Cib,
    monitor: &Monitor,
    primitive: &Primitive,
    ip: IpAddr,
    seen: &[Seen],
    found: &mut Vec<Astray>,
) {
    let address = Judged {
        id: &primitive.id,
        ip,
        whole: cib.whole_of(&primitive.id),
        monitor,
        places: monitor.places(&primitive.id),
    };
    if address.is_on_its_way(facts) {
        return;
    }
    let mut more = false;
    for Seen { node, own, network } in seen {
        let Some(network) = network else { continue };
        let says_so = address.places.contains(&node.as_str());
        found.extend(match network.holder(ip) {
            Some(interface) if !says_so && answers(interface) => {
                more = true;
                Some(address.held_elsewhere(interface, node, *own))
            }
            None if says_so => Some(address.on_no_interface(node)),
            Some(interface) if says_so => address.out_of_reach(interface, node, *own),
            _ => None,
        });
    }
    found.extend(address.by_the_wire(facts, more));
}

impl Judged<'_> {
    fn astray(&self, what: String, next: Vec<(String, String)>) -> Astray {
        Astray {
            resource: self.id.to_owned(),
            what,
            next,
        }
    }

    /// Returns true when the resource moves just now: what was seen first may be over.
    fn is_on_its_way(&self, facts: &Facts) -> bool {
        let moves = |monitor: &Monitor| {
            let parts = monitor.primitives_of(self.id);
            parts.iter().any(|part| part.pending || part.failed)
                || monitor.places(self.id) != self.places
        };
        self.monitor.primitives_of(self.id).is_empty()
            || moves(self.monitor)
            || facts.monitor_again.as_ref().is_some_and(moves)
    }

    /// Returns where the resource runs, as the end of a sentence.
    fn runs(&self) -> String {
        match self.places.as_slice() {
            [] => "runs nowhere".to_owned(),
            places => format!("runs on {}", places.join(" and ")),
        }
    }

    /// Returns the trouble of an address on a node where the cluster does not run it.
    fn held_elsewhere(&self, interface: &Interface, node: &str, own: bool) -> Astray {
        let (id, ip, runs) = (self.id, self.ip, self.runs());
        let twice = match self.places.is_empty() {
            true => "nobody watches it there",
            false => "two hosts answer for it",
        };
        let name = &interface.name;
        let on = on_node(node, own);
        self.astray(
            format!("{ip} is on {name} of {node}, and the cluster says that {id} {runs}: {twice}"),
            vec![
                (
                    format!("to take it away there{on}"),
                    format!("ip addr del {} dev {name}", with_prefix(interface, ip)),
                ),
                (
                    format!("if it comes back, what sets it{on}"),
                    format!("grep -rs {ip} /etc/network /etc/systemd/network /etc/netplan"),
                ),
            ],
        )
    }

    /// Returns the trouble of an address that is not on the node where the cluster runs it.
    fn on_no_interface(&self, node: &str) -> Astray {
        let (id, ip) = (self.id, self.ip);
        self.astray(
            format!(
                "the cluster says that {id} runs on {node}, and {ip} is on no interface there: \
                 nobody answers for it"
            ),
            vec![(
                "to have the cluster look anew".to_owned(),
                format!("bascule crm resource refresh {}", self.whole),
            )],
        )
    }

    /// Returns the trouble of an address that is where the cluster says, on an interface that is down.
    fn out_of_reach(&self, interface: &Interface, node: &str, own: bool) -> Option<Astray> {
        let (id, ip) = (self.id, self.ip);
        let why = down_reason(interface)?;
        let name = &interface.name;
        let (purpose, mend) = match interface.up {
            false => ("to bring it up", format!("ip link set {name} up")),
            true => ("to see it", format!("ip link show {name}")),
        };
        let mut next = vec![(format!("{purpose}{}", on_node(node, own)), mend)];
        let other = self
            .monitor
            .members()
            .find(|other| other.name != node && other.state() == "online");
        if let Some(other) = other {
            next.push((
                "to run it elsewhere meanwhile".to_owned(),
                format!("bascule web move {} {}", self.whole, other.name),
            ));
        }
        Some(self.astray(
            format!(
                "{ip} is on {name} of {node}, which {why}: nobody reaches it, and the \
                 cluster takes {id} for started"
            ),
            next,
        ))
    }

    /// Judges the address by what answers on the wire; `more` where another node was found to hold it.
    fn by_the_wire(&self, facts: &Facts, more: bool) -> Option<Astray> {
        let (id, ip, places) = (self.id, self.ip, &self.places);
        let own = facts.network.as_ref();
        let held = own.and_then(|network| network.holder(ip));
        let held = held.filter(|interface| answers(interface));
        match facts.wire.get(&ip) {
            Some(AddressUse::Used { by }) if !more && (held.is_some() || places.is_empty()) => {
                Some(self.astray(
                    match held {
                        Some(interface) => format!(
                            "{ip} is on {} here, and another host answers for it as well: {by}",
                            interface.name
                        ),
                        None => format!("{id} runs nowhere, and a host answers for {ip}: {by}"),
                    },
                    vec![(
                        "to see whose that is, on the other hosts".to_owned(),
                        format!("ip link | grep -i {by}"),
                    )],
                ))
            }
            // Asked only where its node could not be.
            Some(AddressUse::Free) if held.is_none() && all_online(self.monitor, places) => {
                Some(self.astray(
                    format!(
                        "the cluster says that {id} {}, and nothing answers for {ip} from here",
                        self.runs()
                    ),
                    vec![(
                        format!("to see it, on {}", places.join(" and ")),
                        format!("ip addr | grep {ip}; ip link"),
                    )],
                ))
            }
            _ => None,
        }
    }
}

/// Judges an address while the cluster does not run on this host.
fn unwatched(facts: &Facts, primitive: &Primitive, ip: IpAddr, found: &mut Vec<Astray>) {
    let network = facts.network.as_ref();
    let holder = network.and_then(|network| network.holder(ip));
    let Some(interface) = holder.filter(|interface| answers(interface)) else {
        return;
    };
    let too = match facts.wire.get(&ip) {
        Some(AddressUse::Used { by }) => format!("; another host answers for it as well: {by}"),
        _ => "; another node may take it as well".to_owned(),
    };
    let name = &interface.name;
    found.push(Astray {
        resource: primitive.id.clone(),
        what: format!(
            "{ip} is on {name} here, and the cluster does not run on this host: nobody watches \
             {}{too}",
            primitive.id
        ),
        next: vec![(
            "to take it away here".to_owned(),
            format!("ip addr del {} dev {name}", with_prefix(interface, ip)),
        )],
    });
}

/// Returns the nodes of corosync.conf.
fn members(facts: &Facts) -> Vec<Member> {
    configured(facts).map_or_else(Vec::new, |conf| members_of(&conf, facts))
}

/// Returns whether an interface's addresses are answered for: those of `lo` are not, where a load
/// balancer's servers have the address as well, on purpose.
fn answers(interface: &Interface) -> bool {
    !interface.loopback && interface.arp
}

fn on_node(node: &str, own: bool) -> String {
    match own {
        true => String::new(),
        false => format!(", on {node}"),
    }
}

fn with_prefix(interface: &Interface, ip: IpAddr) -> String {
    let net = interface.addresses.iter().find(|net| net.addr() == ip);
    net.map_or_else(|| ip.to_string(), ToString::to_string)
}

fn all_online(monitor: &Monitor, places: &[&str]) -> bool {
    let online = |name: &&str| monitor.node(name).is_some_and(|node| node.online);
    !places.is_empty() && places.iter().all(online)
}

#[cfg(test)]
mod tests;

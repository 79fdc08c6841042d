//! `vip add`: an address that one node holds, and another takes over.

use super::{AGENT, param};
use crate::cib::{Cib, Colocation, Object, Order, OrderKind, Primitive, Score};
use crate::conf::{IfaceLabel, Interval, VipAddress};
use crate::facts::{AddressUse, Facts, Interface, Needs, Network};
use crate::health::address::down_reason;
use crate::membership::nodes;
use crate::membership::nodes::Member;
use crate::names::{Name, ResourceId};
use crate::plan::{Again, Check, Plan, Probe, Refusal, Step, Verify};
use crate::reach;
use crate::resources::address::addresses;
use crate::resources::named::everywhere;
use crate::resources::preconditions;
use crate::resources::preconditions::{HeldBack, NameUse};
use crate::verb::Change;
use clap::Args;

/// Add an address that one node holds, and another takes over
#[derive(Debug, Args)]
pub struct Add {
    /// The address with its prefix length, such as 172.16.0.12/24
    #[arg(value_name = "ADDRESS/PREFIX", add = Name::FreeAddress)]
    address: VipAddress,
    /// The resource's name; made from the address when left out
    #[arg(long, value_name = "NAME")]
    name: Option<ResourceId>,
    /// The interface; found from the routes when left out
    #[arg(long, value_name = "INTERFACE", value_parser = interface_name,
        add = Name::Interface)]
    nic: Option<String>,
    /// The label that `ip addr` shows; with the interface's name at most 15 characters
    #[arg(long, value_name = "LABEL")]
    label: Option<IfaceLabel>,
    /// How often the cluster checks it
    #[arg(long, value_name = "SECONDS", default_value = "10s")]
    monitor: Interval,
    /// Keep it where a healthy copy of this service runs, which runs everywhere
    #[arg(long, value_name = "WEB", add = Name::ServiceEverywhere)]
    with: Option<ResourceId>,
}

/// Linux allows 15 characters, and anything but a slash and blanks.
fn interface_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    if text.is_empty() || text.len() > 15 || !text.chars().all(plain) {
        return Err("an interface has at most 15 letters, digits, `-`, `_`, `.`".to_owned());
    }
    Ok(text.to_owned())
}

impl Add {
    fn name(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None => format!("vip-{}", self.address.address()).replace(':', "-"),
        }
    }

    fn primitive(&self, nic: Option<&str>) -> Primitive {
        let mut params = vec![
            ("ip".to_owned(), self.address.address().to_string()),
            (
                "cidr_netmask".to_owned(),
                self.address.prefix_length().to_string(),
            ),
        ];
        params.extend(nic.map(|nic| ("nic".to_owned(), nic.to_owned())));
        params.extend(
            self.label
                .as_ref()
                .map(|label| ("iflabel".to_owned(), label.to_string())),
        );
        Primitive {
            id: self.name(),
            agent: preconditions::own_agent(AGENT),
            params,
            meta: Vec::new(),
            operations: vec![preconditions::monitor(&self.monitor.to_string(), "20s")],
        }
    }

    /// Returns the constraints that keep the address with a healthy copy of a service.
    fn constraints(&self, cib: &Cib) -> Result<Vec<Object>, Refusal> {
        let Some(web) = &self.with else {
            return Ok(Vec::new());
        };
        let (name, web) = (self.name(), web.to_string());
        let clone = everywhere(cib, &web).map_err(|refusal| match cib.object(&web) {
            Some(_) => refusal.hint(
                "to keep the two together",
                format!("bascule web group NAME {name} {web}"),
            ),
            None => refusal,
        })?;
        let service = &clone.member;
        Ok(vec![
            Object::Colocation(Colocation {
                id: format!("{name}-with-{service}"),
                score: Score::Infinity,
                resource: name.clone(),
                with: clone.id.clone(),
            }),
            Object::Order(Order {
                id: format!("{service}-before-{name}"),
                kind: OrderKind::Mandatory,
                first: clone.id.clone(),
                then: name,
                symmetrical: None,
            }),
        ])
    }

    /// Returns why the service that it goes with is nowhere whole, so that the address would not start;
    /// with what starts it.
    fn service_is_not_there(&self, facts: &Facts, cib: &Cib) -> Option<(String, Option<String>)> {
        let web = self.with.as_ref()?.to_string();
        let clone = &everywhere(cib, &web).ok()?.id;
        let parts = crate::resources::named::primitives(cib, clone);
        let stopped = |name: &str| {
            let mut meta = cib.object(name).into_iter().flat_map(Object::meta);
            meta.any(|(key, value)| key == "target-role" && value == "Stopped")
        };
        let mut around = parts.iter().flat_map(|part| cib.up_from(&part.id));
        if let Some(name) = around.find(|name| stopped(name)) {
            let why =
                format!("{name} is told to be stopped, and the address waits for all of {clone}");
            return Some((why, Some(format!("bascule crm resource start {name}"))));
        }
        let monitor = facts.monitor.as_ref().filter(|_| !facts.planned)?;
        (!monitor.primitives_of(clone).is_empty() && !monitor.started(clone)).then(|| {
            let why =
                format!("no copy of {clone} is whole on any node, and the address waits for one");
            (why, None)
        })
    }

    /// Adds the step with its proof, and what lets the address start where something keeps it from that.
    fn add_proof(&self, facts: &Facts, cib: &Cib, step: Step, plan: &mut Plan) {
        let name = self.name();
        let proof = Verify::Runs {
            resource: name.clone(),
            node: None,
        };
        let waits = self.service_is_not_there(facts, cib);
        let held_back = preconditions::held_back_new(cib);
        if held_back == Some(HeldBack::OptIn) {
            plan.next.push(format!("bascule web prefer {name} NODE"));
        }
        let waiting = waits.as_ref().map(|(why, _)| why.as_str());
        let why = held_back.map(HeldBack::why).or(waiting);
        preconditions::add_and_prove(plan, step, proof, why, "not start");
        if let Some((_, leads_out)) = &waits {
            let look = || "bascule status".to_owned();
            plan.next.push(leads_out.clone().unwrap_or_else(look));
        }
    }

    /// Returns the interface to configure, having looked at every node that can be asked.
    fn interface(
        &self,
        facts: &Facts,
        network: &Network,
        peers: &[Member],
        plan: &mut Plan,
    ) -> Result<Option<String>, Refusal> {
        let address = self.address.address();
        let here = match &self.nic {
            Some(nic) => {
                if network.interface(nic).is_none() {
                    return Err(self.no_interface(&facts.host, nic, network));
                }
                nic.clone()
            }
            None => network
                .route_to(address)
                .map(|interface| interface.name.clone())
                .ok_or_else(|| self.no_route(&facts.host, network))?,
        };
        if let Some(label) = &self.label {
            self.check_label(label, &here)?;
        }
        let mut same = true;
        for peer in peers {
            let name = &peer.name;
            let Some(answer) = peer.its_answer(facts, plan) else {
                plan.check(Check::pending(
                    format!("looking whether {name} has {here} too"),
                    peer.probe(vec![], vec![], None),
                ));
                continue;
            };
            if let Some(why) = &answer.unreachable {
                plan.check(Check::warning(format!(
                    "{name} could not be asked for its interfaces: {}",
                    reach::sentence(answer.target(name), why)
                )));
                same &= self.nic.is_some();
                continue;
            }
            if self.nic.is_some() {
                if answer.network.interface(&here).is_none() {
                    return Err(self.no_interface(name, &here, &answer.network));
                }
                self.is_routed_there(name, &here, &answer.network)?;
                if let Some(there) = answer.network.interface(&here) {
                    self.is_alive(&format!("on {name}"), there, plan);
                }
                continue;
            }
            if let Some(there) = answer.network.route_to(address) {
                self.is_alive(&format!("on {name}"), there, plan);
            }
            let peer = name;
            match answer.network.route_to(address) {
                None => return Err(self.no_route(peer, &answer.network)),
                Some(there) if there.name != here => {
                    same = false;
                    if let Some(label) = &self.label {
                        self.check_label(label, &there.name)?;
                    }
                    plan.check(Check::warning(format!(
                        "it is on {here} here and on {} on {peer}: the interface is left out, \
                         each node finds its own",
                        there.name
                    )));
                }
                Some(_) => {
                    plan.check(
                        Check::ok(format!("{peer} has a route to it through {here}")).note("ssh"),
                    );
                }
            }
        }
        Ok(same.then_some(here))
    }

    /// Says of an interface that nobody is reached through.
    fn is_alive(&self, place: &str, interface: &Interface, plan: &mut Plan) {
        // IPaddr2 brings an interface up that is down when it starts, and cannot plug in a cable.
        if let Some(why) = down_reason(interface) {
            let address = self.address.address();
            plan.check(Check::warning(format!(
                "{} {why} {place}: nobody would reach {address} there, and the cluster would take it \
                 for started",
                interface.name
            )));
        }
    }

    /// Returns the refusal of an interface that a host does not have. Only one that would be taken is
    /// perhaps meant: one by which the address's network is reached.
    fn no_interface(&self, host: &str, nic: &str, network: &Network) -> Refusal {
        let leads_there = network.interfaces.iter();
        let leads_there = leads_there.filter(|one| self.net_of(one).is_some());
        Refusal::check(format!(
            "{host} has no interface {nic}: {} would start on no node until it is cleaned up",
            self.name()
        ))
        .did_you_mean(nic, leads_there.map(|one| one.name.as_str()))
        .hint(format!("{host} has"), network.names().join(" "))
    }

    /// Returns an interface's own address in the network that this one is in.
    fn net_of<'a>(&self, interface: &'a Interface) -> Option<&'a ipnet::IpNet> {
        let address = self.address.address();
        let wide = |net: &ipnet::IpNet| net.prefix_len() < net.max_prefix_len();
        let mut nets = interface.addresses.iter();
        nets.find(|net| !interface.loopback && net.contains(&address) && wide(net))
    }

    /// Refuses an interface other than the one by which the address's network is reached: nobody
    /// would look for the address there, and its holder on the other wire would not be asked.
    fn is_routed_there(&self, host: &str, nic: &str, network: &Network) -> Result<(), Refusal> {
        let address = self.address.address();
        let Some(own) = network.interface(nic) else {
            return Err(self.no_interface(host, nic, network));
        };
        if self.net_of(own).is_some() {
            return Ok(());
        }
        let Some(right) = network.route_to(address).filter(|right| right.name != nic) else {
            return Ok(());
        };
        let net = self.net_of(right);
        let net = net.map_or_else(String::new, |net| format!(" ({})", net.trunc()));
        Err(Refusal::check(format!(
            "{address} belongs to the network of {}{net} on {host}, and not to {nic}: nobody would \
             look for it there",
            right.name
        ))
        .again("where it belongs", Again::same().set("--nic", &right.name))
        .hint("the routes", format!("ip route get {address}")))
    }

    /// Refuses a label that with this interface is longer than Linux allows: the address would
    /// neither start nor stop, and block both nodes (seen).
    fn check_label(&self, label: &IfaceLabel, interface: &str) -> Result<(), Refusal> {
        label.check_length(interface).map_err(|error| {
            Refusal::check(error.to_string())
                .again("with a shorter one", Again::same().set("--label", "VIP"))
        })
    }

    /// Returns the refusal of an address that lies in no network of a host.
    fn no_route(&self, host: &str, network: &Network) -> Refusal {
        let address = self.address.address();
        let networks: Vec<String> = network
            .interfaces
            .iter()
            .filter(|interface| !interface.loopback)
            .flat_map(|interface| {
                interface
                    .addresses
                    .iter()
                    .map(|net| net.trunc().to_string())
            })
            .collect();
        Refusal::check(format!("{address} lies in none of {host}'s networks"))
            .hint("they are", networks.join(" "))
            .again(
                "to put it on an interface all the same",
                Again::same().set("--nic", "INTERFACE"),
            )
    }

    /// Refuses an address that somebody has; notes what was looked at.
    fn free(
        &self,
        facts: &Facts,
        network: &Network,
        cib: &Cib,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let address = self.address.address();
        if let Some(other) = addresses(cib).find(|other| param(other, "ip") == address.to_string())
        {
            return Err(Refusal::check(format!(
                "{address} is already the address of {}",
                other.id
            ))
            .hint("to see who holds it", "bascule vip list"));
        }
        if let Some(holder) = network.holder(address) {
            return Err(Refusal::check(format!(
                "{address} is an address of this host itself, on {}",
                holder.name
            ))
            .hint("to see it", format!("ip addr show {}", holder.name)));
        }
        for (peer, answer) in &facts.peers {
            if answer.network.holder(address).is_some() {
                return Err(
                    Refusal::check(format!("{peer} itself holds {address}")).hint(
                        "to see it",
                        format!("ssh root@{} ip addr", answer.target(peer)),
                    ),
                );
            }
        }
        let Some(interface) = self.nic.clone().or_else(|| {
            network
                .route_to(address)
                .map(|interface| interface.name.clone())
        }) else {
            return Ok(());
        };
        if address.is_ipv6() {
            plan.check(Check::warning(
                "whether the address is free cannot be asked by ARP: IPv6",
            ));
            return Ok(());
        }
        match facts.wire.get(&address) {
            None => {
                let probe = Probe::Address { address, interface };
                plan.check(Check::pending(
                    format!("asking the wire who has {address}"),
                    probe,
                ));
            }
            Some(AddressUse::Free) => {
                plan.check(
                    Check::ok(format!("{address} answers nowhere on {interface}"))
                        .note("arping, 2 probes"),
                );
            }
            Some(AddressUse::Used { by }) => {
                let by = if by.is_empty() {
                    "something".to_owned()
                } else {
                    by.clone()
                };
                return Err(Refusal::check(format!(
                    "{address} is in use: {by} answered on {interface}"
                ))
                .hint("to see who that is", format!("ip neigh show {address}")));
            }
            Some(AddressUse::Unknown { why }) => {
                plan.check(Check::warning(format!(
                    "whether {address} is free could not be asked: {why}"
                )));
            }
        }
        Ok(())
    }
}

impl Change for Add {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            // Whether what it goes with runs.
            ..match self.with {
                Some(_) => preconditions::needs_with_view(),
                None => preconditions::needs(),
            }
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.name();
        let mut plan = Plan::new(format!(
            "{name}: {} on whichever node runs it",
            self.address
        ));
        let cib = preconditions::to_change(facts, &mut plan)?;
        let network = facts.network.as_ref().ok_or_else(|| {
            Refusal::check(format!(
                "the interfaces of {} could not be read",
                facts.host
            ))
            .hint("to see why", "ip -j addr")
        })?;
        let constraints = self.constraints(cib)?;

        // What is there already decides first: a second run must not ask the wire and find itself.
        if let Some(there) = cib.object(&name).and_then(Object::primitive) {
            let nic = self.nic.as_deref().or(there.param("nic"));
            let same = Object::Primitive(self.primitive(nic));
            if matches!(preconditions::wanted(cib, &same)?, NameUse::There) {
                let missing = preconditions::missing(cib, constraints)?;
                if !missing.is_empty() {
                    let step = Step::crm(missing, "keeps it with a healthy copy of the service");
                    self.add_proof(facts, cib, step, &mut plan);
                }
                plan.base = plan.base.filter(|_| !plan.steps.is_empty());
                return Ok(plan);
            }
        }
        if let NameUse::There =
            preconditions::wanted(cib, &Object::Primitive(self.primitive(self.nic.as_deref())))?
        {
            return Ok(plan);
        }
        if let Some(nic) = &self.nic {
            self.is_routed_there(&facts.host, nic, network)?;
        }
        self.free(facts, network, cib, &mut plan)?;
        let peers = nodes::others(facts);
        let nic = self.interface(facts, network, &peers, &mut plan)?;
        let place = nic
            .as_deref()
            .map(|nic| format!(" on {nic}"))
            .unwrap_or_default();
        plan.headline = format!("{name}: {}{place}, on whichever node runs it", self.address);
        if let Some(nic) = nic.as_deref().and_then(|nic| network.interface(nic)) {
            let inside = |net: &ipnet::IpNet| net.contains(&self.address.address());
            if !nic.addresses.iter().any(inside) {
                plan.check(Check::warning(format!(
                    "{} lies in none of {}'s own networks: others find it only by a route",
                    self.address, nic.name
                )));
            }
            self.is_alive("here", nic, &mut plan);
        }
        if let Some(interface) = network.route_to(self.address.address())
            && !interface
                .addresses
                .iter()
                .any(|net| net.trunc() == self.address.network())
        {
            plan.check(Check::warning(format!(
                "{} has another prefix than {}'s own networks",
                self.address, interface.name
            )));
        }
        preconditions::warn_of_fencing(cib, &mut plan);
        let mut objects = vec![Object::Primitive(self.primitive(nic.as_deref()))];
        objects.extend(constraints);
        let step = Step::crm(
            objects,
            "one transaction: the address starts on one node as soon as it is committed",
        );
        self.add_proof(facts, cib, step, &mut plan);
        Ok(plan)
    }
}

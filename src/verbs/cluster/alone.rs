//! `cluster alone`: one of two nodes goes on although it has not seen the other since it started.
//!
//! corosync waits for the other node once after each start, since it cannot know whether that one lives
//! behind a cut link. So all that could answer for it is asked; what is silent may still live, and then
//! only fencing, or somebody who has looked, can say that it does not.

use crate::cib::{Cib, Fencing, Object, Score};
use crate::conf::CorosyncConf;
use crate::facts::voting::{self, Daemon};
use crate::facts::{AddressUse, COROSYNC_CONF, Facts, Needs, Peer, Quorum};
use crate::fencing::device::device_for;
use crate::health::waits_for;
use crate::membership::nodes::Member;
use crate::membership::{nodes, services, standing};
use crate::plan::{Check, Danger, Plan, Probe, Refusal, Step, Undo, Verify, words};
use crate::verb::Change;
use crate::{reach, wording};
use clap::Args;
use std::net::IpAddr;

/// Go on without the other of two nodes, which has not come back
///
/// After both were without power and one returned, nothing starts there until it has seen the other once.
/// This looks for the other node by corosync's link, on the wire, by ssh and by the cluster's addresses,
/// refuses where anything answers, and else has corosync wait no longer. Without fencing the other node's
/// name must be typed at a terminal: make sure first that it is off.
#[derive(Debug, Args)]
pub struct Alone {}

/// The command that ends the wait; its key returns to 0 by itself (3.1.7 and 3.1.9).
const CANCEL: [&str; 5] = [
    "corosync-cmapctl",
    "-s",
    "quorum.cancel_wait_for_all",
    "u8",
    "1",
];

/// The seconds that Pacemaker may take: it acts 5 s after there is quorum, later where no DC is elected yet (20 s).
const START: u64 = 90;
/// The same where it has to fence first: an agent's try may hang for a minute.
const FENCE: u64 = 180;

/// The proof that the other node is off.
enum Proof {
    /// Pacemaker fences it first, by this device.
    Fencing(String),
    /// Fencing is on, and nothing here can fence that node: Pacemaker starts nothing before somebody says
    /// that it is off.
    NoDevice,
    /// Nothing does.
    None,
}

impl Change for Alone {
    fn needs(&self) -> Needs {
        Needs {
            runtime: true,
            quorum: true,
            lines: vec![voting::DAEMON.to_owned()],
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let conf = standing::membership(facts)?;
        let name = standing::called(&conf);
        let members = nodes::members_of(&conf, facts);
        let Some(own) = members.iter().find(|node| node.own) else {
            return Err(standing::not_a_node(facts, &conf));
        };
        let host = own.name.as_str();
        if !services::runs(facts) {
            return Err(Refusal::check(format!("{name} does not run on {host}"))
                .hint("to start it", "bascule cluster start"));
        }
        let Some(quorum) = &facts.quorum else {
            return Err(
                Refusal::check("corosync does not say how many votes there are")
                    .hint("its own words", "corosync-quorumtool -s"),
            );
        };
        let mut plan = Plan::new(format!("{host} has quorum"));
        if quorum.quorate {
            return Ok(plan);
        }
        let other = waited_for(facts, &conf, &members, quorum)?;
        let name_of_other = other.name.as_str();
        plan.headline = format!("{name}: {host} goes on alone, without {name_of_other}");
        plan.check(
            Check::ok(format!(
                "{host} waits for {name_of_other}, which it has not seen since corosync started here: {}",
                quorum.flags.join(" ")
            ))
            .note("corosync-quorumtool -s"),
        );
        let found = Search::of(other, facts, &mut plan);
        if !found.answers.is_empty() {
            return Err(found.refusal(other));
        }
        let proof = proof(facts.cib(), name_of_other);
        note_consequences(facts, &proof, other, &mut plan);
        plan.step(step(facts, &proof, other));
        plan.check(Check::ok(format!(
            "{name_of_other} joins by itself when it starts again: nothing is to be typed"
        )));
        if let Proof::NoDevice = proof {
            plan.next
                .push(format!("bascule fence confirm {name_of_other}"));
        }
        Ok(plan)
    }
}

/// Returns the node that corosync waits for.
///
/// # Errors
/// When it is another reason for which there is no quorum.
fn waited_for<'a>(
    facts: &Facts,
    conf: &CorosyncConf,
    members: &'a [Member],
    quorum: &Quorum,
) -> Result<&'a Member, Refusal> {
    let name = standing::called(conf);
    let votes = format!(
        "{} of {} votes are there and {} needed",
        quorum.total, quorum.expected, quorum.needed
    );
    let others: Vec<&Member> = members.iter().filter(|node| !node.own).collect();
    if conf.has_quorum_device() {
        return Err(no_vote(facts, conf, &others, &votes));
    }
    let [other] = others.as_slice() else {
        return Err(Refusal::check(format!(
            "{name} has {}: {votes}, and one alone cannot go on; it is for exactly two",
            wording::count(members.len(), "node")
        ))
        .hint("on the nodes that are missing", "bascule cluster start")
        .hint("who is missing", "corosync-quorumtool -s"));
    };
    if waits_for(facts).is_none() {
        return Err(Refusal::check(format!(
            "{name} has no quorum here, and corosync does not wait for {}: {votes}",
            other.name
        ))
        .hint("what corosync says", "corosync-quorumtool -s")
        .hint("what quorum is", "bascule explain quorum"));
    }
    Ok(other)
}

/// Returns the refusal where the third host's vote is missing.
///
/// `corosync-quorumtool -e 1` is taken and changes nothing beside a device, and neither does it once the device's
/// daemon is stopped; `two_node` in the device's place, read by a reload, gives one node quorum at once (3.1.7).
fn no_vote(facts: &Facts, conf: &CorosyncConf, others: &[&Member], votes: &str) -> Refusal {
    let name = standing::called(conf);
    let said = facts.said.get(voting::DAEMON).map_or("", String::as_str);
    let third = conf.device_host().unwrap_or("the third host");
    let Some(daemon) = Daemon::parse(said) else {
        return Refusal::check(format!(
            "{name} has a quorum device, whose daemon does not run here: {votes}, and with the vote of {third} this \
             host needs no other node"
        ))
        .hint("to start it", "systemctl start corosync-qdevice")
        .hint("if it does not start", "journalctl -u corosync-qdevice -n 20");
    };
    if daemon.is_connected() {
        return Refusal::check(format!(
            "{name} has a quorum device, and {third}, which is reached, gives its vote to the other half: {votes}"
        ))
        .hint("what it says", "corosync-qdevice-tool -sv");
    }
    let all: Vec<&str> = others.iter().map(|node| node.name.as_str()).collect();
    let refusal = Refusal::check(format!(
        "{name} has a quorum device, and {third} is not reached ({}): {votes}; {third} or {} must come back, since \
         beside a device corosync lets nobody say that one vote is enough",
        daemon.state,
        wording::list(&all)
    ))
    .hint("whether the third host is there", format!("ping -c 3 {third}"))
    .hint(
        format!("on {third}, which is enough"),
        "systemctl start corosync-qnetd",
    );
    let [other] = others else { return refusal };
    let refusal = refusal.hint(
        format!("on {}, which is enough as well", other.name),
        "bascule cluster start",
    );
    let Some((first, last)) = conf.device_lines() else {
        return refusal;
    };
    refusal
        .hint(
            format!(
                "if both stay away, and you have seen that {} is off: two_node in the device's place, here alone",
                other.name
            ),
            format!(
                "sed -i.device '{first},{last}c two_node: 1' {COROSYNC_CONF} && corosync -t && \
                 {{ systemctl stop corosync-qdevice; corosync-cfgtool -R; }}"
            ),
        )
        .hint(
            "and the device again, once all are back",
            format!("bascule quorum add {third}"),
        )
}

/// The search for the other node.
#[derive(Default)]
struct Search {
    /// What answers, each as a sentence without full stop.
    answers: Vec<String>,
    /// What was asked and is silent.
    silent: Vec<String>,
    /// Where ssh answered: whether the cluster runs there.
    runs: Option<bool>,
}

impl Search {
    /// Looks at all that could answer, and has asked what was not asked yet.
    fn of(other: &Member, facts: &Facts, plan: &mut Plan) -> Search {
        let mut search = Search::default();
        search.link(other, facts);
        for address in &other.addresses {
            if let Ok(address) = address.parse() {
                search.address(address, &other.name, facts, plan);
            }
        }
        search.ssh(other, facts, plan);
        for address in virtual_addresses(facts.cib()) {
            search.holder(address, facts, plan);
        }
        if plan.probes().is_empty() {
            plan.check(Check::ok(format!(
                "nothing answers for {}: {}",
                other.name,
                wording::list(&search.silent)
            )));
        }
        search
    }

    fn link(&mut self, other: &Member, facts: &Facts) {
        let Some(id) = other.nodeid else { return };
        for link in 0..other.addresses.len() {
            let key = format!("stats.knet.node{id}.link{link}.connected");
            match facts.runtime.get(&key).map(String::as_str) {
                Some("1") => self
                    .answers
                    .push(format!("corosync's link {link} to it is up")),
                Some(_) => self.silent.push(format!("corosync's link {link}")),
                None => {}
            }
        }
    }

    /// A host that is up answers ARP whatever its firewall says; through a router only a ping gets there.
    fn address(&mut self, address: IpAddr, name: &str, facts: &Facts, plan: &mut Plan) {
        let network = facts.network.as_ref();
        let near = network
            .and_then(|network| network.route_to(address))
            .filter(|_| address.is_ipv4());
        let (how, answer, probe) = match near {
            Some(interface) => (
                "the wire",
                facts.wire.get(&address),
                Probe::Address {
                    address,
                    interface: interface.name.clone(),
                },
            ),
            None => ("ping", facts.pings.get(&address), Probe::Ping { address }),
        };
        match answer {
            None => {
                plan.check(Check::pending(
                    format!("looking for {name} at {address}"),
                    probe,
                ));
            }
            Some(AddressUse::Free) => self.silent.push(format!("{address} ({how})")),
            Some(AddressUse::Used { by }) if by.is_empty() => {
                self.answers.push(format!("{address} answers ({how})"));
            }
            Some(AddressUse::Used { by }) => {
                self.answers
                    .push(format!("{address} answers on the wire ({by})"));
            }
            Some(AddressUse::Unknown { why }) => {
                plan.check(Check::warning(format!(
                    "whether {address} answers could not be asked: {why}"
                )));
            }
        }
    }

    fn ssh(&mut self, other: &Member, facts: &Facts, plan: &mut Plan) {
        let Some(peer) = other.its_answer(facts, plan) else {
            plan.check(Check::pending(
                format!("asking {} by ssh", other.name),
                other.probe_away(services::units()),
            ));
            return;
        };
        match &peer.unreachable {
            None => {
                self.answers.push(format!("{} answers by ssh", peer.host));
                self.runs = Some(runs_there(peer));
            }
            Some(why) if reach::is_silent(why) => self.silent.push("ssh".to_owned()),
            Some(why) => self
                .answers
                .push(reach::sentence(peer.target(&other.name), why)),
        }
    }

    /// Whoever holds an address of the cluster runs it, whatever becomes of the rest.
    fn holder(&mut self, address: IpAddr, facts: &Facts, plan: &mut Plan) {
        let Some(network) = &facts.network else {
            return;
        };
        if !address.is_ipv4() || network.holder(address).is_some() {
            return;
        }
        let Some(interface) = network.route_to(address) else {
            return;
        };
        match facts.wire.get(&address) {
            None => {
                plan.check(Check::pending(
                    format!("asking the wire who has {address}"),
                    Probe::Address {
                        address,
                        interface: interface.name.clone(),
                    },
                ));
            }
            Some(AddressUse::Free) => {
                self.silent.push(format!("the cluster's address {address}"));
            }
            Some(AddressUse::Used { by }) => {
                let by = if by.is_empty() { "something" } else { by };
                self.answers.push(format!(
                    "the cluster's address {address} is held: {by} answers"
                ));
            }
            Some(AddressUse::Unknown { why }) => {
                plan.check(Check::warning(format!(
                    "whether anybody holds {address} could not be asked: {why}"
                )));
            }
        }
    }

    /// Returns the refusal: whatever answers may run everything.
    fn refusal(&self, other: &Member) -> Refusal {
        let name = &other.name;
        let lives = match self.runs {
            Some(true) => "lives",
            Some(false) => "lives, and the cluster does not run there",
            None => "may live",
        };
        let refusal = Refusal::check(format!(
            "{name} {lives}: {}; alone, this host would run everything a second time",
            wording::list(&self.answers)
        ));
        match self.runs {
            Some(false) => refusal.hint(
                format!("on {name}: both have quorum then"),
                "bascule cluster start",
            ),
            Some(true) => refusal
                .hint(
                    format!("the cluster runs on {name}: why they do not meet, there"),
                    "bascule status",
                )
                .hint("what corosync's link says", "corosync-cfgtool -s"),
            None => refusal
                .hint(
                    format!("on {name}, at its console"),
                    "bascule cluster start",
                )
                .hint(
                    "or switch it off there, and then here",
                    "bascule cluster alone",
                ),
        }
    }
}

fn runs_there(peer: &Peer) -> bool {
    let active = |unit: &String| peer.units.get(unit).is_some_and(|unit| unit.active);
    services::units().iter().all(active)
}

/// Returns the addresses that the cluster serves.
fn virtual_addresses(cib: Option<&Cib>) -> Vec<IpAddr> {
    let all = cib.into_iter().flat_map(Cib::virtual_addresses);
    all.map(|(_, address)| address).collect()
}

/// Returns what will prove that a node is off.
fn proof(cib: Option<&Cib>, node: &str) -> Proof {
    let Some(cib) = cib else { return Proof::None };
    if cib.fencing() == Fencing::Off {
        return Proof::None;
    }
    match device_for(cib, node) {
        Some(device) => Proof::Fencing(device.id().to_owned()),
        None if cib.is_on("have-watchdog") == Some(true) => {
            Proof::Fencing("its watchdog".to_owned())
        }
        None => Proof::NoDevice,
    }
}

/// Says what follows, and what must be so before.
fn note_consequences(facts: &Facts, proof: &Proof, other: &Member, plan: &mut Plan) {
    let name = &other.name;
    match proof {
        Proof::Fencing(device) => {
            plan.check(
                Check::warning(format!(
                    "fencing is on: Pacemaker has {device} switch {name} off first (or restart it), and starts \
                     nothing before that has succeeded"
                ))
                .note("explain fencing"),
            );
            return;
        }
        Proof::NoDevice => {
            plan.check(
                Check::warning(format!(
                    "fencing is on and no device fences {name}: nothing starts before fence confirm says that it \
                     is off"
                ))
                .note("explain fencing"),
            );
        }
        Proof::None => {
            plan.check(
                Check::warning(format!(
                    "fencing is off: nothing here can tell whether {name} is off, or lives behind a cut link"
                ))
                .note("explain wait_for_all"),
            );
        }
    }
    let held: Vec<String> = virtual_addresses(facts.cib())
        .iter()
        .map(ToString::to_string)
        .collect();
    let twice = match held.as_slice() {
        [] => "both run every resource".to_owned(),
        held => format!("both hold {}", wording::list(held)),
    };
    plan.in_person = true;
    plan.danger = Some(Danger {
        what: format!(
            "if {name} lives behind a cut link, {twice} from then on, and a database may have two primaries: look at \
             {name}'s power before you type its name"
        ),
        word: name.clone(),
        restart: false,
    });
}

/// Returns the one step: corosync waits no longer, and what the cluster has runs.
fn step(facts: &Facts, proof: &Proof, other: &Member) -> Step {
    let own = nodes::own_name(facts);
    let (waits, within) = match proof {
        Proof::Fencing(device) => (
            format!(
                "{device} to fence {}, and the resources to start",
                other.name
            ),
            FENCE,
        ),
        _ => ("the resources to start".to_owned(), START),
    };
    let quorate = Verify::Prints {
        argv: words(&["corosync-quorumtool", "-s"]),
        text: "Quorate:          Yes".to_owned(),
        proves: format!("{own} has quorum"),
    };
    let mut step = Step::run(
        CANCEL,
        format!(
            "corosync waits for {} no longer, until it is started anew here; no file changes",
            other.name
        ),
    )
    .undo(Undo::Impossible {
        reason: "it is so only in the running corosync, and ends with that".to_owned(),
    })
    .verify(quorate)
    .within(within)
    .waits_for(waits);
    // Pacemaker starts nothing before somebody has confirmed that the other is off.
    if !matches!(proof, Proof::NoDevice) {
        for resource in to_run(facts, &own) {
            step = step.verify(Verify::Runs {
                resource,
                node: None,
            });
        }
    }
    step
}

/// Returns the resources that must run on a node once it has quorum: all but what somebody, or the configuration,
/// keeps from it.
fn to_run(facts: &Facts, node: &str) -> Vec<String> {
    let (Some(cib), Some(monitor)) = (facts.live_cib(), &facts.monitor) else {
        return Vec::new();
    };
    let is_emptied = monitor
        .node(node)
        .is_some_and(|node| node.standby || node.maintenance);
    if is_emptied || monitor.maintenance || cib.is_on("stop-all-resources") == Some(true) {
        return Vec::new();
    }
    let told_to_stop = |id: &str| {
        let of = |object: &Object| {
            let mut meta = object.meta().iter();
            meta.any(|(name, value)| name == "target-role" && value == "Stopped")
        };
        let mut around = cib.up_from(id);
        around.any(|id| cib.object(id).is_some_and(of))
    };
    let kept_away = |id: &str| {
        cib.objects().iter().any(|object| {
            matches!(object, Object::Location(location)
                if location.node == node && location.resource == id && location.score == Score::MinusInfinity)
        })
    };
    standing::resources(facts.cib())
        .into_iter()
        .filter(|id| {
            let parts = monitor.primitives_of(id);
            let runs = |part: &&crate::facts::MonitorResource| {
                let ticket = cib.waits_for_ticket(&part.id).is_some();
                part.managed && !ticket && !told_to_stop(&part.id) && !kept_away(&part.id)
            };
            // A device that fences is Pacemaker's own concern, and keeps off the node that it fences.
            let serves = |part: &crate::facts::MonitorResource| !part.agent.starts_with("stonith:");
            !parts.is_empty()
                && parts.iter().all(runs)
                && parts.iter().any(|part| serves(part))
                && !kept_away(id)
        })
        .map(str::to_owned)
        .collect()
}

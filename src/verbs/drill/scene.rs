//! The cluster before a drill: who is there, and whether anything is wrong already.

use crate::cib::{Cib, Fencing, with_node_attribute};
use crate::conf::CorosyncConf;
use crate::facts::{Ask, COROSYNC_CONF, Facts, Monitor, Movement, Needs};
use crate::fencing::device::devices;
use crate::fencing::proven::{Proof, proof};
use crate::health;
use crate::health::database::{Server, Topology};
use crate::membership::nodes::Member;
use crate::membership::{members, nodes, services};
use crate::plan::{Plan, Refusal};
use crate::reach;
use crate::resources::{forecast, preconditions};

/// The cluster before a drill.
pub struct Scene<'a> {
    pub facts: &'a Facts,
    pub cib: &'a Cib,
    pub monitor: &'a Monitor,
    pub conf: CorosyncConf,
    pub members: Vec<Member>,
}

/// The unit of the timer by which a drill heals itself.
pub const TIMER: &str = "bascule-drill.timer";

/// The line that says whether packets can be dropped by nftables.
pub const HAS_NFT: &str = "command -v nft";

/// Returns what must be known before a drill.
pub fn needs() -> Needs {
    Needs {
        lines: vec![HAS_NFT.to_owned()],
        units: vec![TIMER.to_owned()],
        ..health::needs().and(preconditions::needs_with_view())
    }
}

/// Returns what must be known besides, once the nodes are known.
pub fn needs_then(facts: &Facts) -> Needs {
    let ask = |member: Member| Ask {
        host: member.name,
        addresses: member.addresses,
        units: services::units()
            .into_iter()
            .chain([TIMER.to_owned()])
            .collect(),
        lines: vec![HAS_NFT.to_owned()],
        ..Ask::default()
    };
    Needs {
        peers: nodes::others(facts).into_iter().map(ask).collect(),
        ..health::needs_then(facts)
    }
}

impl<'a> Scene<'a> {
    /// Returns the cluster as it runs.
    ///
    /// # Errors
    /// When it does not run here.
    pub fn of(facts: &'a Facts, plan: &mut Plan) -> Result<Scene<'a>, Refusal> {
        let cib = preconditions::to_change(facts, plan)?;
        // What it rests on is read again after the yes; nothing in the configuration is replaced.
        plan.base = None;
        let start = "bascule cluster start";
        let stopped = || {
            let absence = facts.cluster.absence();
            let what =
                absence.unwrap_or_else(|| "the cluster's own view cannot be read".to_owned());
            Refusal::check(format!("{what}: there is nothing to drill")).hint("to start it", start)
        };
        let monitor = facts
            .monitor
            .as_ref()
            .filter(|_| facts.live_cib().is_some());
        let conf = facts.file(COROSYNC_CONF).reads_as();
        let conf = conf.and_then(|text| CorosyncConf::parse(text).ok());
        Ok(Scene {
            facts,
            cib,
            monitor: monitor.ok_or_else(stopped)?,
            conf: conf.ok_or_else(stopped)?,
            members: nodes::all_members(facts),
        })
    }

    /// Refuses while something is wrong already: a second failure would be an outage.
    pub fn is_well(&self) -> Result<(), Refusal> {
        if let Some(held) = preconditions::cluster_holds(self.cib) {
            return Err(held.refusal("nothing would start elsewhere"));
        }
        let status = |what: String| {
            Err(Refusal::check(format!(
                "{what}: a failure on top would be an outage, and no drill"
            ))
            .hint("what is wrong", "bascule status"))
        };
        if !self.monitor.quorum {
            return status("there is no quorum".to_owned());
        }
        for member in &self.members {
            let there = self.monitor.node(&member.name);
            if !there.is_some_and(|node| {
                node.online && !node.pending && !node.maintenance && !node.standby
            }) {
                return status(format!("{} could not take over", member.name));
            }
        }
        if let Some(member) = self.members.iter().find(|member| self.is_armed(member)) {
            return Err(Refusal::check(format!(
                "a drill of before still heals itself on {} ({TIMER})",
                member.name
            ))
            .hint("to take back what was cut short", "bascule undo")
            .hint(
                "or what it waits for",
                format!("systemctl list-timers {TIMER}"),
            ));
        }
        if let Some(failure) = self.monitor.failures.first() {
            return status(format!(
                "{} of {} has failed on {}",
                failure.task, failure.resource, failure.node
            ));
        }
        match health::problems(self.facts)
            .into_iter()
            .find(|problem| problem.grave)
        {
            Some(problem) => {
                let refusal = Refusal::check(format!(
                    "{}; a failure on top would be an outage, and no drill",
                    problem.what
                ));
                let hints = problem.next.into_iter();
                Err(hints.fold(refusal, |refusal, hint| {
                    refusal.hint(hint.purpose, hint.command)
                }))
            }
            None => Ok(()),
        }
    }

    /// Returns whether the timer of a drill is armed on a node.
    fn is_armed(&self, member: &Member) -> bool {
        let units = match member.own {
            true => Some(&self.facts.units),
            false => self.facts.peers.get(&member.name).map(|peer| &peer.units),
        };
        let timer = units.and_then(|units| units.get(TIMER));
        timer.is_some_and(|timer| timer.active)
    }

    /// Returns the node of a name.
    ///
    /// # Errors
    /// When there is none, or ssh does not reach it.
    pub fn member(&self, name: &str) -> Result<&Member, Refusal> {
        preconditions::node(self.cib, name)?;
        let Some(member) = self.members.iter().find(|member| member.name == name) else {
            return Err(Refusal::check(format!(
                "{name} runs no corosync: its loss is not the loss of a vote"
            ))
            .hint("the nodes", "bascule node list"));
        };
        let why = self
            .facts
            .peers
            .get(name)
            .and_then(|peer| peer.unreachable.as_deref());
        match why {
            Some(why) => Err(reach::refusal(
                &members::target(member, self.facts),
                why,
                "what happens there is seen from there",
            )),
            None => Ok(member),
        }
    }

    /// Returns a node that is struck from this one, which is to see it.
    ///
    /// # Errors
    /// When it is this host.
    pub fn other(&self, name: &str, words: &str) -> Result<&Member, Refusal> {
        let member = self.member(name)?;
        if !member.own {
            return Ok(member);
        }
        let refusal = Refusal::check(format!(
            "{name} is this host: what it does to itself it would not live to see"
        ));
        let other = self.members.iter().find(|member| !member.own);
        Err(match other {
            Some(other) => refusal.hint(
                "from another node",
                format!(
                    "ssh -t root@{} bascule drill {words}",
                    members::target(other, self.facts)
                ),
            ),
            None => refusal,
        })
    }

    /// Returns what ssh takes to reach a node; none for this host.
    pub fn target(&self, member: &Member) -> Option<String> {
        (!member.own).then(|| members::target(member, self.facts))
    }

    /// Returns what runs on a node, fence devices left out.
    pub fn runs_on(&self, node: &str) -> Vec<&str> {
        let is_device = |id: &str| devices(self.cib).any(|device| device.id() == id);
        let all = self.monitor.resources.iter();
        all.filter(|part| part.nodes.iter().any(|name| name == node) && !is_device(&part.id))
            .map(|part| part.id.as_str())
            .collect()
    }

    /// Refuses what leaves two nodes with one address for as long as it lasts, unless fencing was fired.
    pub fn is_fenced(&self) -> Result<(), Refusal> {
        let without = |why: String| {
            Refusal::check(format!(
                "{why}: two nodes could have one address for as long as it lasts"
            ))
        };
        if self.cib.fencing() != Fencing::On {
            return Err(
                without("fencing is off".to_owned()).hint("to turn it on", "bascule fence add")
            );
        }
        for member in &self.members {
            let name = &member.name;
            let why = match proof(self.cib, name) {
                Proof::Fired(_) => continue,
                Proof::Never => format!("the fencing of {name} was never fired"),
                Proof::Outdated(_) => {
                    format!("the fencing of {name} was changed since it was fired")
                }
                Proof::Wrong(_) => format!("the fence device of {name} switches another node"),
            };
            return Err(without(why).hint("to prove it", format!("bascule fence test {name}")));
        }
        Ok(())
    }

    /// Says what moves once a node runs nothing, and refuses where something would end nowhere.
    pub fn moves_away(&self, node: &str, plan: &mut Plan) -> Result<Vec<Movement>, Refusal> {
        let would = with_node_attribute(self.cib.text(), node, "standby", "on");
        let is_device = |name: &str| devices(self.cib).any(|device| device.id() == name);
        let mut movements = forecast::ask(self.facts, would, self.cib, plan);
        movements.retain(|movement| !is_device(&movement.resource));
        forecast::tell(&movements, plan);
        let ends = movements
            .iter()
            .find(|one| forecast::ends_nowhere(one, &movements, Some(self.monitor)));
        match ends {
            Some(ends) => Err(Refusal::check(format!(
                "{} has no other node to run on: this would be an outage, and no drill",
                ends.resource
            ))
            .hint("to see why", "bascule status")),
            None => Ok(movements),
        }
    }

    /// Refuses to strike a host whose MariaDB server others follow: nothing takes its place by itself.
    pub fn is_no_primary(&self, node: &str) -> Result<(), Refusal> {
        let topology = Topology::of_facts(self.facts);
        let own = self
            .members
            .iter()
            .any(|member| member.own && member.name == node);
        let mut servers = topology.servers.iter().enumerate();
        let is_it = |server: &Server| server.asked.is_none() && own || server.name == node;
        let followed = servers.any(|(at, server)| is_it(server) && topology.has_replicas(at))
            || topology
                .edges
                .iter()
                .any(|edge| self.is_address_of(node, edge.link.primary_host()));
        match followed {
            false => Ok(()),
            true => Err(Refusal::check(format!(
                "the MariaDB server of {node} is a primary, and nothing takes its place by itself: nobody could write meanwhile"
            ))
            .hint("on the replica, first", "bascule db promote")),
        }
    }

    fn is_address_of(&self, node: &str, host: &str) -> bool {
        let member = self.members.iter().find(|member| member.name == node);
        host == node
            || member.is_some_and(|member| member.addresses.iter().any(|address| address == host))
    }
}

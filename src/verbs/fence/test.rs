//! `fence test`: a fencing that was never fired counts as none.
//!
//! The node is emptied first, so that nobody misses it. Whether its device is its own is proved before the
//! shot: the node is shut down as usual, and the device must say that the power is off. Two BMCs that were
//! swapped would else shoot the node that runs everything. Then it is switched on by its device, and once it
//! is back it is shot, alive, in the way Pacemaker would.

use crate::cib::{Cib, Fencing, with_node_attribute};
use crate::facts::{Ask, Facts, Movement, Needs};
use crate::fencing::agent::FenceAgent;
use crate::fencing::device::{self, Device, devices, devices_of};
use crate::fencing::proven::{self, Proof, proof};
use crate::fencing::question::{ask, can_be_asked, first_node, own_params};
use crate::fencing::secret;
use crate::membership::nodes::Member;
use crate::membership::{members, nodes, services};
use crate::names::{Name, NodeName};
use crate::plan::{Check, Danger, NodeState, Plan, Refusal, Step, Verify, shell_line, words};
use crate::reach;
use crate::resources::{forecast, preconditions};
use crate::verb::Change;
use crate::wording::list;
use clap::Args;
use std::path::PathBuf;

/// Shoot a node that runs nothing, and see it come back
///
/// What runs there moves away first. A node whose device was never fired is shut down and switched on by
/// it before, which proves that the device is its own.
#[derive(Debug, Args)]
pub struct Test {
    /// The nodes; all but this host when left out
    #[arg(value_name = "NODE", add = Name::NodeWithDevice)]
    nodes: Vec<NodeName>,
}

/// How long emptying a node may take, in seconds: a service has up to 100 s to stop, another to start.
const EMPTYING: u64 = 240;

/// How long a server may take from power to its place in the cluster, in seconds: some test their memory for
/// minutes.
const BOOT: u64 = 900;

/// How long a usual shutdown may take, in seconds.
const SHUTDOWN: u64 = 300;

/// After how many looks in a row at a host that is silent, a second and more each, its device would have said so.
const SILENT: u64 = 30;

impl Test {
    fn nodes(&self, facts: &Facts) -> Vec<String> {
        match self.nodes.is_empty() {
            true => nodes::names(&nodes::others(facts)),
            false => self.nodes.iter().map(ToString::to_string).collect(),
        }
    }

    /// Returns the files of passwords that the nodes' devices name.
    fn files(&self, facts: &Facts) -> Vec<String> {
        let Some(cib) = facts.cib() else {
            return Vec::new();
        };
        let names = self.nodes(facts);
        let all = names.iter().flat_map(|name| devices_of(cib, name));
        all.filter_map(|device| secret::file_of(&device).map(str::to_owned))
            .collect()
    }
}

impl Change for Test {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            ..preconditions::needs_with_view()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let files = self.files(facts);
        let ask = |member: Member| Ask {
            host: member.name,
            addresses: member.addresses,
            units: services::units(),
            files: files.clone(),
            ..Ask::default()
        };
        Needs {
            sums: files.iter().map(PathBuf::from).collect(),
            peers: nodes::others(facts).into_iter().map(ask).collect(),
            ..Needs::default()
        }
    }

    fn alone(&self) -> Option<&'static str> {
        Some("a node is shot on what runs now, and not together with other verbs")
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let names = self.nodes(facts);
        let mut plan = Plan::new(format!(
            "the fencing of {} is proved by firing it",
            list(&names)
        ));
        let cib = preconditions::to_change(facts, &mut plan)?;
        match cib.fencing() {
            Fencing::On => {}
            Fencing::Off | Fencing::WithoutDevice => {
                return Err(Refusal::check("fencing is off: there is nothing to test")
                    .hint("to turn it on", "bascule fence add"));
            }
        }
        for name in &names {
            preconditions::node(cib, name)?;
        }
        if let Some(shared) = device::shared(cib).first() {
            return Err(Refusal::check(shared.sentence())
                .hint("to take them away, first", shared.way_out()));
        }
        let members = nodes::all_members(facts);
        for name in &names {
            let member = members.iter().find(|member| member.name == *name);
            let Some(member) = member.filter(|member| !member.own) else {
                return Err(self.would_shoot_this_host(name, &members, facts));
            };
            let trial = Trial::of(member, cib, facts)?;
            trial.may_be_shot(&members)?;
            trial.move_away(&mut plan)?;
            trial.steps(&mut plan);
        }
        plan.danger = Some(Danger::new(
            format!(
                "{} will be switched off, and come back; a session that comes through it ends, and the test \
                 goes on without (bascule history)",
                list(&names)
            ),
            names.first().cloned().unwrap_or_default(),
        ));
        // The next boot ends what was set for it, and the day of the shot is no setting.
        plan.leaves_nothing = true;
        // It may come through the node: typed there, over ssh.
        plan.outlives_terminal = true;
        let own = nodes::own_name(facts);
        if !matches!(proof(cib, &own), Proof::Fired(_))
            && let Some(other) = nodes::others(facts).first()
        {
            let target = members::target(other, facts);
            plan.next
                .push(format!("ssh -t root@{target} bascule fence test {own}"));
        }
        Ok(plan)
    }
}

impl Test {
    fn would_shoot_this_host(&self, name: &str, members: &[Member], facts: &Facts) -> Refusal {
        let other = members.iter().find(|member| !member.own);
        let refusal = Refusal::check(format!(
            "{name} is this host: it would be switched off under what is to see that"
        ));
        match other {
            Some(other) => refusal.hint(
                "from another node",
                format!(
                    "ssh -t root@{} bascule fence test {name}",
                    members::target(other, facts)
                ),
            ),
            None => refusal,
        }
    }
}

/// One node's test.
struct Trial<'a> {
    node: &'a str,
    /// What ssh takes to reach it.
    target: String,
    /// What is pinged.
    address: String,
    cib: &'a Cib,
    facts: &'a Facts,
    devices: Vec<Device<'a>>,
    /// What is wrong with one of its devices is known to be so of that node: it was fired before.
    is_known: bool,
}

impl<'a> Trial<'a> {
    fn of(member: &'a Member, cib: &'a Cib, facts: &'a Facts) -> Result<Trial<'a>, Refusal> {
        let devices = devices_of(cib, &member.name);
        if devices.is_empty() {
            return Err(
                Refusal::check(format!("{} has no fence device", member.name))
                    .hint("to give it one", "bascule fence add"),
            );
        }
        Ok(Trial {
            node: &member.name,
            target: members::target(member, facts),
            address: member
                .addresses
                .first()
                .map_or_else(|| member.name.clone(), ToString::to_string),
            cib,
            facts,
            devices,
            is_known: matches!(proof(cib, &member.name), Proof::Fired(_)),
        })
    }

    /// Refuses what would be an outage rather than a test.
    fn may_be_shot(&self, members: &[Member]) -> Result<(), Refusal> {
        let node = self.node;
        let status = |what: String| Err(Refusal::check(what).hint("to see why", "bascule status"));
        if let Some(held) = preconditions::cluster_holds(self.cib) {
            return Err(held.refusal("nothing would start elsewhere"));
        }
        let Some(monitor) = &self.facts.monitor else {
            return Ok(());
        };
        for member in members {
            let there = monitor.node(&member.name);
            if !there.is_some_and(|node| node.online && !node.pending && !node.maintenance) {
                return status(format!(
                    "{} is not able to take over: nothing is shot meanwhile",
                    member.name
                ));
            }
        }
        if !monitor.quorum {
            return status("there is no quorum: nothing is shot meanwhile".to_owned());
        }
        for device in &self.devices {
            if !monitor.started(device.id()) {
                return status(format!(
                    "{} is stopped: {node} could not be switched off by it",
                    device.id()
                ));
            }
        }
        let Some(peer) = self.facts.peers.get(node) else {
            return Ok(());
        };
        if let Some(why) = &peer.unreachable {
            return Err(reach::refusal(
                &self.target,
                why,
                "whether it was switched off is seen there",
            ));
        }
        for unit in services::units() {
            if peer.units.get(&unit).is_some_and(|unit| !unit.enabled) {
                return Err(Refusal::check(format!(
                    "{unit} is not started at boot on {node}: it would not come back by itself"
                ))
                .hint(format!("on {node}"), format!("systemctl enable {unit}")));
            }
        }
        self.passwords_are_alike(members)
    }

    /// Refuses where a node has another password than this host, or none.
    fn passwords_are_alike(&self, members: &[Member]) -> Result<(), Refusal> {
        for file in self.devices.iter().filter_map(secret::file_of) {
            let here = self.facts.sums.get(&PathBuf::from(file));
            for member in members.iter().filter(|member| !member.own) {
                let peer = self.facts.peers.get(&member.name);
                let there = peer.and_then(|peer| peer.files.get(file)?.as_ref());
                if there != here {
                    return Err(Refusal::check(format!(
                        "{file} is another one on {} than here, or is missing on one of both: one could \
                         not switch {} off",
                        member.name, self.node
                    ))
                    .hint("to write it on every node", "bascule fence add"));
                }
            }
        }
        Ok(())
    }

    /// Says what moves, and refuses where something would end nowhere.
    fn move_away(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let would = with_node_attribute(self.cib.text(), self.node, "standby", "on");
        let movements = match self.facts.live_cib() {
            Some(_) => forecast::ask(self.facts, would, self.cib, plan),
            None => Vec::new(),
        };
        let is_device = |name: &str| devices(self.cib).any(|device| device.id() == name);
        // Those that run there are of other nodes, which nothing shoots meanwhile.
        let movements: Vec<Movement> = movements
            .into_iter()
            .filter(|movement| !is_device(&movement.resource))
            .collect();
        forecast::tell(&movements, plan);
        let monitor = self.facts.monitor.as_ref();
        let ends = movements
            .iter()
            .find(|one| forecast::ends_nowhere(one, &movements, monitor));
        if let Some(ends) = ends {
            return Err(Refusal::check(format!(
                "{} has no other node to run on: shooting {} would be an outage",
                ends.resource, self.node
            ))
            .hint("to see why", "bascule status"));
        }
        if !movements.is_empty() {
            plan.check(Check::warning(format!(
                "what leaves {} stays where it goes: going back would be a second interruption",
                self.node
            )));
        }
        Ok(())
    }

    fn steps(&self, plan: &mut Plan) {
        for device in &self.devices {
            if let Some(step) = self.harmless(device) {
                plan.step(step);
            }
        }
        plan.step(self.empty("what runs there starts elsewhere first; the next boot ends this"));
        let provable = self.devices.iter().all(can_be_asked);
        if !self.is_known && provable {
            plan.step(self.prove_it_is_its_own());
            plan.step(self.empty("again, since the boot has ended it"));
        } else if !self.is_known {
            plan.check(Check::warning(format!(
                "the device's password stands in the configuration, so that it is not asked here: that it \
                 switches {} and no other node is not proved before the shot",
                self.node
            )));
        }
        plan.step(
            Step::run(
                words(&["cat", BOOT_ID]),
                "which boot this is, to know it from the next",
            )
            .answers_as("boot")
            .on(&self.target),
        );
        let off = self
            .devices
            .iter()
            .any(|device| device.primitive.param("pcmk_reboot_action") == Some("off"));
        let shot = words(&["stonith_admin", "--reboot", self.node, "--timeout", "120"]);
        let why = "the shot, as Pacemaker does it to a lost node";
        let shot = match off {
            false => Step::run(shot, why),
            true => {
                let on = ask(&self.devices[0], self.node, "on");
                let script = format!("{}\n{}\n", shell_line(&shot), shell_line(&on));
                let why =
                    format!("{why}; its devices leave it off, and nobody else switches it on");
                Step::run(words(&["sh", "-eu"]), why).stdin(script)
            }
        };
        plan.step(self.back(shot));
        let another = format!("test \"$(cat {BOOT_ID})\" != ${{boot}}\n");
        plan.step(
            Step::run(
                words(&["sh", "-eu"]),
                "it is another boot: its power was really off",
            )
            .stdin(another)
            .on(&self.target),
        );
        plan.step(self.record());
    }

    /// Returns the question to a device, here, as Pacemaker would ask it; none where its password would have
    /// to be told.
    fn harmless(&self, device: &Device) -> Option<Step> {
        let agent: FenceAgent = device.primitive.agent.name.parse().ok()?;
        let params = own_params(device, self.node);
        can_be_asked(device).then(|| {
            agent.ask_power(
                &params,
                format!("harmless: does {} answer here?", device.id()),
            )
        })
    }

    /// Returns the step that empties the node until it boots.
    fn empty(&self, why: &str) -> Step {
        let attribute = preconditions::attribute_until_boot(self.node, "standby");
        let begin = || attribute.iter().copied();
        let back = Step::run(begin().chain(["--delete"]), "it may run things again");
        Step::run(begin().chain(["--update", "on"]), why)
            .within(EMPTYING)
            .verify(Verify::Node {
                node: self.node.to_owned(),
                state: NodeState::Standby,
            })
            .undone_by(vec![back.clone()])
            .on_failure(vec![back])
    }

    /// Returns the step that shuts the node down as usual, and switches it on by its device. It is one, since a
    /// Ctrl-C is heeded between two: the node would stay off.
    fn prove_it_is_its_own(&self) -> Step {
        let shut_down = Step::run(words(&["systemctl", "--no-block", "poweroff"]), "")
            .on(&self.target)
            .command();
        let shut_down = shut_down
            .map(|(argv, _)| shell_line(&argv))
            .unwrap_or_default();
        // ssh would read the rest of the script.
        let script = format!(
            "{shut_down} </dev/null\n{}{}\n",
            self.until_it_says_off(),
            shell_line(&ask(&self.devices[0], self.node, "on"))
        );
        // Whichever switches it: on is no change for a host that has power.
        let every = devices(self.cib).filter(can_be_asked);
        let mut on: Vec<Step> = every
            .map(|device| {
                let why = format!("power for what {} switches", device.id());
                Step::run(ask(&device, first_node(&device), "on"), why).within(120)
            })
            .collect();
        if let Some(last) = on.pop() {
            on.push(self.back(last));
        }
        let step = Step::run(
            words(&["sh", "-eu"]),
            "shut down as usual, nobody is shot yet: its own device must say so, and gives the power back",
        );
        // Killed in the middle, it left the node without power.
        self.back(step.stdin(script).undone_by(on.clone()).on_failure(on))
    }

    /// Returns the script that ends when the node's own devices say that it has no power, and fails as soon
    /// as another one's does.
    fn until_it_says_off(&self) -> String {
        let asks = |device: &Device, node: &str| {
            let argv = ask(device, node, "status");
            format!("{} 2>/dev/null | grep -q 'Status: OFF'", shell_line(&argv))
        };
        let own = self.devices.iter();
        let own: Vec<String> = own.map(|device| asks(device, self.node)).collect();
        let mut script = format!(
            "silent=0\nlate=$(($(date +%s) + {SHUTDOWN}))\nuntil {}; do\n",
            own.join(" &&\n  ")
        );
        let others = devices(self.cib).filter(can_be_asked);
        for other in others.filter(|other| !self.devices.iter().any(|own| own.id() == other.id())) {
            let says = format!(
                "{} says that the power is off: it switches {}, and {} another node",
                other.id(),
                self.node,
                self.devices[0].id()
            );
            script += &format!(
                "  if {}; then\n    {}\n    echo '{says}' >&2\n    exit 1\n  fi\n",
                asks(&other, first_node(&other)),
                proven::record_wrong(self.cib, self.node)
            );
        }
        let (node, own) = (self.node, self.devices[0].id());
        script
            + &format!(
                "  ! command -v ping >/dev/null || ping -q -c 1 -W 1 {} >/dev/null && silent=0 || silent=$((silent + 1))\n  \
                 [ \"$silent\" -lt {SILENT} ] || {{ echo '{node} is silent for half a minute, and {own} does not say \
                 that its power is off: it switches something else, or nothing; {node} stays off until somebody switches it on' >&2; exit 1; }}\n  \
                 [ \"$(date +%s)\" -lt \"$late\" ] || {{ echo '{node} is not off after {SHUTDOWN} s' >&2; exit 1; }}\n  \
                 sleep 1\ndone\n",
                self.address,
            )
    }

    /// Returns a step with the proof that the node is back in the cluster.
    fn back(&self, step: Step) -> Step {
        // What was set until the next boot is over by then.
        let for_good = self.cib.node(self.node).is_some_and(|node| node.standby);
        let state = match for_good {
            true => NodeState::Standby,
            false => NodeState::Online,
        };
        step.within(BOOT)
            .waits_for(format!("{} to boot", self.node))
            .verify(Verify::Node {
                node: self.node.to_owned(),
                state,
            })
            .verify(Verify::Unit {
                unit: "pacemaker".to_owned(),
                host: Some(self.target.clone()),
                enabled: None,
                active: Some(true),
            })
            .verify(Verify::Settled)
    }

    /// Returns the step that writes down when it was fired.
    fn record(&self) -> Step {
        let (node, attribute) = (self.node, proven::ATTRIBUTE);
        let digest = proven::digest(self.cib, node);
        let text = proven::record_fired(self.cib, node) + "\n";
        Step::run(
            words(&["sh", "-eu"]),
            "written down in the configuration, where every node sees it",
        )
        .stdin(text)
        .verify(Verify::Prints {
            argv: words(&[
                "crm_attribute",
                "--type",
                "nodes",
                "--node",
                node,
                "--name",
                attribute,
                "--query",
            ]),
            text: digest,
            proves: format!("{node} was switched off by its device, and is back"),
        })
    }
}

/// Where the kernel says which boot it is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

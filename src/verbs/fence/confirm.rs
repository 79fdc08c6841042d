//! `fence confirm`: the way out where no device can switch a lost node off.
//!
//! A BMC that died with its host answers nobody, and each try hangs for up to 57 s; a wrong password fails
//! at once. Either way what ran there starts nowhere, without end (seen). Who says that the node is off says
//! it in the place of the device, and if that is not so, both hold the address and both write: so all ways to
//! the node are tried first, and a sentence is typed.

use crate::cib::{Cib, Fencing};
use crate::facts::{Ask, Facts, Needs};
use crate::fencing::device::devices_of;
use crate::fencing::question::{ask, can_be_asked};
use crate::membership::nodes;
use crate::names::{Name, NodeName};
use crate::plan::{Check, Danger, Guard, Plan, Refusal, Step, Undo, Verify, words};
use crate::resources::preconditions;
use crate::verb::Change;
use clap::Args;

/// Say that a lost node is off, where no device can switch it off
///
/// Look at the machine itself first: who is wrong about this has the services run twice.
#[derive(Debug, Args)]
pub struct Confirm {
    /// The node that is off
    #[arg(value_name = "NODE", add = Name::Node)]
    node: NodeName,
}

/// How long Pacemaker goes on with a try that is under way (57 s were seen), and then until what ran there
/// runs elsewhere, in seconds.
const UNTIL_IT_ACTS: u64 = 240;

impl Confirm {
    /// Returns the questions to the node's devices, by their names.
    fn questions(&self, cib: &Cib) -> Vec<(String, Guard)> {
        let node = self.node.as_str();
        let devices = devices_of(cib, node).into_iter().filter(can_be_asked);
        devices
            .map(|device| {
                let asked = Step::run(ask(&device, node, "status"), "").guard("", "");
                (device.id().to_owned(), asked)
            })
            .collect()
    }
}

impl Change for Confirm {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            ..preconditions::needs_with_view()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let Some(cib) = facts.cib() else {
            return Needs::default();
        };
        let node = nodes::others(facts)
            .into_iter()
            .find(|member| member.name == self.node.as_str());
        let asked = node.map(|member| Ask {
            host: member.name,
            addresses: member.addresses,
            ..Ask::default()
        });
        Needs {
            peers: asked.into_iter().collect(),
            guards: self
                .questions(cib)
                .into_iter()
                .map(|(_, guard)| guard)
                .collect(),
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.node.as_str();
        let mut plan = Plan::new(format!("Pacemaker is told that {name} is off"));
        let cib = preconditions::to_change(facts, &mut plan)?;
        preconditions::node(cib, name)?;
        if cib.fencing() == Fencing::Off {
            plan.headline = format!("fencing is off: nothing waits for {name} to be switched off");
            return Ok(unneeded(plan));
        }
        let monitor = facts.monitor.as_ref();
        let state = monitor.and_then(|monitor| monitor.node(name));
        if state.is_some_and(|node| node.online && !node.unclean) {
            return Err(Refusal::check(format!("{name} is online: it is not off"))
                .hint("the nodes", "bascule node list"));
        }
        if state.is_some_and(|node| !node.unclean) {
            plan.headline = format!("{name} is known to be off: nothing waits for it");
            return Ok(unneeded(plan));
        }
        if let Some(peer) = facts.peers.get(name)
            && peer.unreachable.is_none()
        {
            return Err(Refusal::check(format!(
                "{name} answers by ssh: it is not off, and what runs there would run twice"
            ))
            .hint(
                "to end it there",
                format!("ssh root@{} systemctl poweroff", peer.target(name)),
            ));
        }
        plan.check(Check::ok(format!("{name} does not answer by ssh")));
        self.devices_say(cib, facts, &mut plan)?;
        let away = format!("{name} is known to be off, and the cluster has come to rest");
        plan.step(
            Step::run(
                words(&["stonith_admin", "--confirm", name]),
                "said in the place of the device; heard once a try that is under way has ended, after at most 57 s",
            )
            .within(UNTIL_IT_ACTS)
            .waits_for(format!("what ran on {name} to start elsewhere"))
            .verify(Verify::Prints {
                argv: words(&["sh", "-c", &format!("crm_mon --one-shot --inactive --output-as=xml | grep '<node name=\"{name}\" id=.*online=' || :")]),
                text: "unclean=\"false\"".to_owned(),
                proves: away,
            })
            .verify(Verify::Settled)
            .undo(Undo::Impossible {
                reason: "what started elsewhere runs there now".to_owned(),
            }),
        );
        // Who has not looked must not say it.
        plan.in_person = true;
        plan.danger = Some(Danger::new(
            format!(
                "if {name} lives and only the link to it is cut, its address and services will be there twice, \
                 and a database is written on both sides"
            ),
            format!("{name} is off"),
        ));
        plan.next.push("bascule fence list".to_owned());
        Ok(plan)
    }
}

fn unneeded(mut plan: Plan) -> Plan {
    plan.base = None;
    plan.blocked = None;
    plan
}

impl Confirm {
    /// Says what the devices say once more, and refuses where one says that there is power.
    fn devices_say(&self, cib: &Cib, facts: &Facts, plan: &mut Plan) -> Result<(), Refusal> {
        let name = self.node.as_str();
        for (device, guard) in self.questions(cib) {
            let said = facts.guards.get(&guard.key());
            match said {
                Some(Ok(line)) if line.contains("Status: ON") => {
                    return Err(Refusal::check(format!(
                        "{device} says that {name} has power: it is not off"
                    ))
                    .hint(
                        "to have it switched off",
                        format!("stonith_admin --reboot {name}"),
                    )
                    .hint(
                        "what stood in the way before",
                        "stonith_admin --history '*' --verbose",
                    ));
                }
                Some(Ok(line)) if line.contains("Status: OFF") => {
                    plan.check(Check::ok(format!("{device} says that {name} has no power")));
                }
                Some(Ok(line)) if !line.is_empty() => {
                    plan.check(Check::warning(format!("{device} says: {line}")));
                }
                Some(Ok(_) | Err(_)) | None => {
                    plan.check(Check::warning(format!("{device} does not answer")));
                }
            }
        }
        Ok(())
    }
}

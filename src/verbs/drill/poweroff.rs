//! `drill poweroff`: a node loses its power, without a goodbye.

use super::client::Client;
use super::expected;
use super::frame::Blow;
use super::scene::Scene;
use super::standby::{elsewhere, sh};
use super::strike::Strike;
use crate::cib::Fencing;
use crate::fencing::device::{Device, devices_of};
use crate::fencing::question::{ask, can_be_asked};
use crate::membership::nodes::Member;
use crate::membership::services;
use crate::names::{Name, NodeName};
use crate::plan::{Check, NodeState, Plan, Refusal, Step, Verify, over_ssh, shell_line, words};
use clap::Args;

/// A node loses its power, without a goodbye
///
/// By its fence device, where there is one that was fired; else it reboots itself at once, without stopping anything.
/// The others notice, fence it where they can, and start what it ran.
#[derive(Debug, Args)]
pub struct Poweroff {
    /// The node; not this one
    #[arg(value_name = "NODE", add = Name::NodeInService)]
    pub node: NodeName,
    #[command(flatten)]
    pub client: Client,
}

/// How long what ran there may take to run elsewhere, in seconds.
const TAKEOVER: u64 = 300;

/// How long a server may take from power to its place in the cluster, in seconds: some test their memory for
/// minutes.
const BOOT: u64 = 900;

impl Strike for Poweroff {
    fn words(&self) -> String {
        format!("poweroff {}", self.node)
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn blow(&self, scene: &Scene, plan: &mut Plan) -> Result<Blow, Refusal> {
        let node = self.node.to_string();
        let member = scene.other(&node, &self.words())?;
        comes_back(scene, member)?;
        scene.is_no_primary(&node)?;
        let movements = scene.moves_away(&node, plan)?;
        let devices = devices_of(scene.cib, &node);
        let device = devices.iter().find(|device| can_be_asked(device));
        let fenced = scene.cib.fencing() == Fencing::On;
        if fenced {
            // One that was never fired may switch another node.
            scene.is_fenced()?;
        }
        let target = scene.target(member);
        let (strike, on) = match device.filter(|_| fenced) {
            Some(device) => {
                let on = Step::run(
                    ask(device, &node, "on"),
                    "power, where its fencing has left it off",
                )
                .within(120);
                (
                    Step::run(
                        off(device, &node),
                        "its power goes, by its own device; Pacemaker is not told",
                    )
                    .within(120)
                    .undone_by(vec![back(
                        on.clone(),
                        &node,
                        target.as_deref(),
                    )]),
                    Some(on),
                )
            }
            None => {
                plan.check(Check::warning(format!(
                    "no fence device can be asked: {node} reboots itself at once, without stopping anything"
                )));
                // ssh is to come back before the host goes.
                let line =
                    "(sleep 0.2; systemctl reboot --force --force) >/dev/null 2>&1 </dev/null &";
                (
                    Step::run(sh(line), "it reboots at once, and says goodbye to nobody")
                        .at(target.clone()),
                    None,
                )
            }
        };
        let gone = elsewhere(is_gone(&node, target.as_deref()), scene, &movements)
            .within(TAKEOVER)
            .verify(Verify::Settled)
            .waits_for("what ran there to run elsewhere");
        let mut heal: Vec<Step> = on.into_iter().collect();
        heal.push(is_back(&node, target.as_deref()));
        Ok(Blow {
            before: boot(target.as_deref()),
            strike: vec![strike, gone],
            heal,
            expected: expected::of_a_loss(scene, &node),
            breaks: format!(
                "{node} loses its power, and boots again: a session that comes through it ends"
            ),
            node,
        })
    }
}

/// Refuses a node that would not be in the cluster after its next boot.
pub fn comes_back(scene: &Scene, member: &Member) -> Result<(), Refusal> {
    let Some(peer) = scene.facts.peers.get(&member.name) else {
        return Ok(());
    };
    for unit in services::units() {
        if peer.units.get(&unit).is_some_and(|unit| !unit.enabled) {
            return Err(Refusal::check(format!(
                "{unit} is not started at boot on {}: it would not come back by itself",
                member.name
            ))
            .hint(
                format!("on {}", member.name),
                format!("systemctl enable {unit}"),
            ));
        }
    }
    Ok(())
}

/// Returns the command by which a device takes a node's power away. Pacemaker may have shot the node and given the power
/// back before the agent has seen that it was off, which it calls a failure (seen): whether it went is looked at behind.
fn off(device: &Device, node: &str) -> Vec<String> {
    let mut argv = ask(device, node, "off");
    if let Some(line) = argv.last_mut() {
        *line = line.replacen("action=off", "action=off power_timeout=5", 1) + " || :";
    }
    argv
}

/// Returns the step that waits until the boot that was struck is over.
fn is_gone(node: &str, target: Option<&str>) -> Step {
    let script = format!(
        "late=$(($(date +%s) + {GOES}))\nwhile now=$({} </dev/null 2>/dev/null) && [ \"$now\" = ${{boot}} ]; do\n  \
         [ \"$(date +%s)\" -lt \"$late\" ] || {{ echo '{node} still runs: its power did not go' >&2; exit 1; }}\n  \
         sleep 0.5\ndone\n",
        shell_line(&boot_of(target))
    );
    Step::run(words(&["sh", "-eu"]), format!("until {node} is gone")).stdin(script)
}

/// Returns the command that prints which boot of a node this is.
fn boot_of(target: Option<&str>) -> Vec<String> {
    let ask = words(&["cat", BOOT_ID]);
    match target {
        Some(target) => over_ssh(target, &ask),
        None => ask,
    }
}

/// How long a node may take to lose its power, in seconds.
const GOES: u64 = 60;

/// Where the kernel says which boot it is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Returns the step that learns which boot of a node this is.
pub fn boot(target: Option<&str>) -> Vec<Step> {
    let step = Step::run(
        words(&["cat", BOOT_ID]),
        "which boot this is, to know it from the next",
    );
    vec![step.answers_as("boot").at(target)]
}

/// Returns the step that waits until a node has booted anew: until then it may look as if it had never been away.
pub fn is_back(node: &str, target: Option<&str>) -> Step {
    // ssh would read the rest of the script.
    let script = format!(
        "late=$(($(date +%s) + {BOOT}))\nuntil now=$({} </dev/null 2>/dev/null) && [ \"$now\" != ${{boot}} ]; do\n  \
         [ \"$(date +%s)\" -lt \"$late\" ] || {{ echo '{node} has not booted after {BOOT} s' >&2; exit 1; }}\n  \
         sleep 0.5\ndone\n",
        shell_line(&boot_of(target))
    );
    let step = Step::run(words(&["sh", "-eu"]), format!("until {node} has booted")).stdin(script);
    back(step, node, target)
}

/// Returns a step with the proof that the node is back in the cluster.
fn back(step: Step, node: &str, target: Option<&str>) -> Step {
    step.within(BOOT)
        .waits_for(format!("{node} to boot"))
        .verify(Verify::Node {
            node: node.to_owned(),
            state: NodeState::Online,
        })
        .verify(Verify::Unit {
            unit: "pacemaker".to_owned(),
            host: target.map(str::to_owned),
            enabled: None,
            active: Some(true),
        })
        .verify(Verify::Settled)
}

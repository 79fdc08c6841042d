//! `drill cut`, and a corosync that dies or hangs: a node that lives, and that the others do not hear.
//!
//! Without fencing both have the address for as long as it lasts, and a client sees almost nothing of it: refused
//! until fencing was fired.

use super::client::Client;
use super::expected;
use super::frame::{self, Blow};
use super::poweroff::{boot, comes_back, is_back};
use super::scene::{HAS_NFT, Scene};
use super::standby::sh;
use super::strike::Strike;
use crate::membership::nodes::Member;
use crate::names::{Name, NodeName};
use crate::plan::{Check, Expected, Plan, Refusal, Step, words};
use crate::resources::address::holder;
use clap::Args;

/// The link between a node and the others is cut: corosync's packets are dropped, both ways
///
/// One of both is shot, and the services stay with the other. The cut heals itself, whatever dies.
#[derive(Debug, Args)]
pub struct Cut {
    /// The node on which the packets are dropped
    #[arg(value_name = "NODE", add = Name::NodeInService)]
    pub node: NodeName,
    #[command(flatten)]
    pub client: Client,
}

/// The port of corosync's packets.
const PORT: u16 = 5405;

/// After how many seconds a cut heals itself.
const HEALS: u64 = 60;

/// How long the shot may take, in seconds: with its delay, and a BMC that is slow.
const SHOT: u64 = 120;

impl Strike for Cut {
    fn words(&self) -> String {
        format!("cut {}", self.node)
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn blow(&self, scene: &Scene, plan: &mut Plan) -> Result<Blow, Refusal> {
        let node = self.node.to_string();
        let member = scene.member(&node)?;
        scene.is_fenced()?;
        has_nft(scene, member)?;
        let loser = loser(scene)?;
        scene.other(&loser.name, &self.words())?;
        comes_back(scene, loser)?;
        scene.is_no_primary(&loser.name)?;
        plan.check(Check::ok(format!(
            "{} is the one that is shot: it runs less, or is outvoted",
            loser.name
        )));
        let target = scene.target(member);
        let heals = words(&["nft", "delete", "table", "inet", "bascule_drill"]);
        // Where the node was shot the table is gone.
        let heal = Step::run(
            sh("nft delete table inet bascule_drill 2>/dev/null || :"),
            "its packets go and come again",
        )
        .at(target.clone());
        let table = format!(
            "table inet bascule_drill {{\n  chain in {{ type filter hook input priority -300; udp dport {PORT} drop; }}\n  \
             chain out {{ type filter hook output priority -300; udp dport {PORT} drop; }}\n}}\n"
        );
        let strike = Step::run(
            words(&["nft", "-f", "-"]),
            "corosync's packets are dropped, both ways",
        )
        .stdin(table)
        .at(target.clone())
        .undone_by(vec![heal.clone()]);
        let mut before = boot(scene.target(loser).as_deref());
        before.push(frame::timer(&heals, HEALS, target));
        Ok(Blow {
            before,
            strike: vec![strike, lost(&loser.name)],
            heal: vec![
                heal.within(30),
                is_back(&loser.name, scene.target(loser).as_deref()),
            ],
            expected: after_a_shot(scene, &loser.name),
            breaks: format!("the link is cut, {} is shot, and boots again", loser.name),
            node,
        })
    }
}

/// Returns what it does that corosync dies (`KILL`) or hangs (`STOP`) on a node.
///
/// # Errors
/// When it would be an outage rather than a drill.
pub fn of_corosync(
    scene: &Scene,
    signal: &str,
    on: Option<&NodeName>,
    drill: &str,
    plan: &mut Plan,
) -> Result<Blow, Refusal> {
    let others = scene.members.iter().filter(|member| !member.own);
    let node = match on {
        Some(node) => node.to_string(),
        None => others
            .map(|member| member.name.clone())
            .next()
            .unwrap_or_default(),
    };
    let member = scene.other(&node, drill)?;
    let is = match signal {
        "KILL" => "dies",
        _ => "hangs",
    };
    scene.is_fenced()?;
    comes_back(scene, member)?;
    scene.is_no_primary(&node)?;
    scene.moves_away(&node, plan)?;
    let target = scene.target(member);
    let send = |signal: &str| words(&["pkill", &format!("-{signal}"), "-x", "corosync"]);
    let strike = Step::run(
        send(signal),
        format!("corosync {is} on {node}; what it runs goes on"),
    )
    .at(target.clone());
    let goes_on = Step::run(send("CONT"), "it goes on").at(target.clone());
    let mut before = boot(target.as_deref());
    let strike = match signal {
        "KILL" => strike,
        _ => {
            before.push(frame::timer(&send("CONT"), HEALS + SHOT, target.clone()));
            strike.undone_by(vec![goes_on])
        }
    };
    Ok(Blow {
        before,
        strike: vec![strike, lost(&node)],
        heal: vec![is_back(&node, target.as_deref())],
        // Until it is shot it goes on to serve: a client sees only the end of the way.
        expected: Expected {
            from: 0.0,
            ..expected::of_a_loss(scene, &node)
        },
        breaks: format!("corosync {is} on {node}, which is shot, and boots again"),
        node,
    })
}

/// Returns the step that waits until a node is lost to the others; that it was shot is proved by its next boot.
fn lost(node: &str) -> Step {
    let script = format!(
        "since=$(date +%s)\nwhile crm_mon --one-shot --output-as=xml | grep -q '<node name=\"{node}\" [^>]*online=\"true\"'; do\n  \
         [ $(($(date +%s) - since)) -lt {SHOT} ] || {{ echo '{node} was not lost within {SHOT} s' >&2; exit 1; }}\n  \
         sleep 0.2\ndone\n"
    );
    Step::run(
        words(&["sh", "-eu"]),
        format!("until {node} is lost to the others"),
    )
    .stdin(script)
    .within(SHOT + 10)
}

/// Returns what is foreseen where one that runs nothing, or everything, is shot.
fn after_a_shot(scene: &Scene, loser: &str) -> Expected {
    match scene.runs_on(loser).is_empty() {
        true => Expected {
            from: 0.0,
            to: 0.3,
            because: format!("what is asked stays where it is: {loser} runs nothing"),
        },
        false => Expected {
            from: 0.0,
            ..expected::of_a_loss(scene, loser)
        },
    }
}

/// Refuses a node on which packets cannot be dropped.
fn has_nft(scene: &Scene, member: &Member) -> Result<(), Refusal> {
    let said = match member.own {
        true => scene.facts.said.get(HAS_NFT),
        false => scene
            .facts
            .peers
            .get(&member.name)
            .and_then(|peer| peer.said.get(HAS_NFT)),
    };
    match said.is_some_and(|said| !said.trim().is_empty()) {
        true => Ok(()),
        false => Err(Refusal::check(format!(
            "nft is not installed on {}: nothing there could drop its packets",
            member.name
        ))
        .hint(format!("on {}", member.name), "apt-get install nftables")),
    }
}

/// Returns the node that is shot in a cut.
///
/// # Errors
/// When that cannot be said before.
fn loser<'a>(scene: &'a Scene) -> Result<&'a Member, Refusal> {
    let [one, other] = scene.members.as_slice() else {
        return Err(Refusal::check(
            "which part of a cluster of more than two nodes is shot depends on what is cut off",
        )
        .hint("the loss of one node", "bascule drill poweroff NODE"));
    };
    // ffsplit keeps the node with the lowest number where both reach the third host.
    if scene.conf.has_device() {
        return Ok(other);
    }
    let waits = scene.cib.property("priority-fencing-delay").is_some();
    let runs = |member: &Member| scene.runs_on(&member.name).len();
    match (waits, runs(one).cmp(&runs(other))) {
        (true, std::cmp::Ordering::Greater) => Ok(other),
        (true, std::cmp::Ordering::Less) => Ok(one),
        _ => Err(
            Refusal::check(match holder(scene.cib, Some(scene.monitor)) {
                Some(_) if !waits => {
                    "priority-fencing-delay is not set: in a cut both nodes would shoot".to_owned()
                }
                _ => "both nodes run as much: which one is shot is not sure".to_owned(),
            })
            .hint("what decides", "bascule explain fencing"),
        ),
    }
}

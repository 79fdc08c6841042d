//! `drill standby`: all that a node runs leaves it in good order, and it takes its place again.

use super::client::Client;
use super::expected;
use super::frame::{self, Blow};
use super::scene::Scene;
use super::strike::Strike;
use crate::facts::Movement;
use crate::names::{Name, NodeName};
use crate::plan::{NodeState, Plan, Refusal, Step, Verify, words};
use crate::resources::preconditions::attribute_until_boot;
use clap::Args;

/// A node's services leave it in good order, and it takes its place again
///
/// It proves the configuration and the services on the other node, and not that a loss is noticed: drill poweroff
/// does.
#[derive(Debug, Args)]
pub struct Standby {
    /// The node
    #[arg(value_name = "NODE", add = Name::NodeInService)]
    pub node: NodeName,
    #[command(flatten)]
    pub client: Client,
}

/// How long emptying a node may take, in seconds: a service has up to 100 s to stop, another to start.
const EMPTYING: u64 = 240;

impl Strike for Standby {
    fn words(&self) -> String {
        format!("standby {}", self.node)
    }

    fn client(&self) -> &Client {
        &self.client
    }

    fn blow(&self, scene: &Scene, plan: &mut Plan) -> Result<Blow, Refusal> {
        let node = self.node.to_string();
        let member = scene.member(&node)?;
        let movements = scene.moves_away(&node, plan)?;
        let attribute = attribute_until_boot(&node, "standby");
        let begin = || attribute.iter().copied();
        let back: Vec<String> = begin().chain(["--delete"]).map(str::to_owned).collect();
        let again = Step::run(back.clone(), "it may run things again");
        let strike = Step::run(
            begin().chain(["--update", "on"]),
            "nothing may run there, until it boots at most",
        )
        .within(EMPTYING)
        .undone_by(vec![again.clone()])
        .verify(is(&node, NodeState::Standby));
        let strike = elsewhere(strike, scene, &movements).verify(Verify::Settled);
        let heal = again
            .within(EMPTYING)
            .verify(is(&node, NodeState::Online))
            .verify(Verify::Settled);
        Ok(Blow {
            before: vec![frame::timer(&back, EMPTYING + 60, scene.target(member))],
            strike: vec![strike],
            heal: vec![heal],
            expected: expected::of_a_move(scene, &node),
            breaks: match scene.runs_on(&node).is_empty() {
                true => format!("{node} runs nothing, and takes nothing for a moment"),
                false => format!("what runs on {node} stops and starts elsewhere, and stays there"),
            },
            node,
        })
    }
}

fn is(node: &str, state: NodeState) -> Verify {
    Verify::Node {
        node: node.to_owned(),
        state,
    }
}

/// Returns the step with the proof that what moves runs again.
pub fn elsewhere(step: Step, scene: &Scene, movements: &[Movement]) -> Step {
    let mut wholes: Vec<&str> = Vec::new();
    for movement in movements
        .iter()
        .filter(|movement| movement.to.is_some() && !movement.copy)
    {
        let whole = scene.cib.whole_of(&movement.resource);
        if !wholes.contains(&whole) {
            wholes.push(whole);
        }
    }
    let runs = wholes.into_iter().map(|whole| Verify::Runs {
        resource: whole.to_owned(),
        node: None,
    });
    runs.fold(step, Step::verify)
}

/// Returns an argv.
pub fn sh(script: &str) -> Vec<String> {
    words(&["sh", "-c", script])
}

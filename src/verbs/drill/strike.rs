//! A drill as a verb, and its plan.

use super::client::Client;
use super::frame::{self, Blow};
use super::rows;
use super::scene::Scene;
use crate::facts::Facts;
use crate::plan::{Plan, Refusal};

/// A drill as a verb: what it strikes, and how it heals.
pub trait Strike {
    /// Returns its words behind `drill`, by which the same one is known again.
    fn words(&self) -> String;

    /// Returns who asks.
    fn client(&self) -> &Client;

    /// Returns what it does to the cluster.
    ///
    /// # Errors
    /// When it would be an outage rather than a drill.
    fn blow(&self, scene: &Scene, plan: &mut Plan) -> Result<Blow, Refusal>;
}

/// Plans a drill.
///
/// # Errors
/// When it would be an outage rather than a drill.
pub fn plan(strike: &dyn Strike, facts: &Facts) -> Result<Plan, Refusal> {
    let mut plan = Plan::new(format!(
        "drill {}: a failure on purpose, and what a client sees of it",
        strike.words()
    ));
    let scene = Scene::of(facts, &mut plan)?;
    scene.is_well()?;
    let blow = strike.blow(&scene, &mut plan)?;
    let watch = strike.client().watch(&scene, &blow.node)?;
    let rows = match strike.client().rows {
        true => Some(rows::rows(&scene, &watch, &mut plan)?),
        false => None,
    };
    frame::steps(&strike.words(), &scene, &watch, blow, rows, &mut plan);
    Ok(plan)
}

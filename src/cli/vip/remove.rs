//! `vip remove`: an address stops, and all that points to it goes with it.

use super::super::ground;
use super::{named, param};
use crate::cli::Existing;
use crate::complete;
use crate::facts::{Facts, Needs};
use crate::names::ResourceId;
use crate::operate::Change;
use crate::plan::{Check, Plan, Refusal};
use clap::Args;
use clap_complete::ArgValueCandidates;

/// Remove an address
///
/// What points to it goes with it: constraints, its place in a group.
#[derive(Debug, Args)]
pub struct Remove {
    /// The resource's name
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::vips), add = Existing::ADDRESS)]
    name: ResourceId,
}

impl Change for Remove {
    fn needs(&self) -> Needs {
        ground::needs_with_view()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.name.to_string();
        let mut plan = Plan::new(format!("{name} will be gone"));
        let cib = ground::to_change(facts, &mut plan)?;
        let found = named(cib, &name);
        if cib.object(&name).is_none() {
            plan.headline = format!("there is no {name}");
            if let Some(near) = found.err().and_then(|refusal| refusal.meant) {
                plan.check(Check::warning(format!("did you mean {near}?")));
            }
            return Ok(plan);
        }
        plan.headline = format!("{name} ({}) will be gone", param(found?, "ip"));
        ground::remove(cib, facts.monitor.as_ref(), &[name], &mut plan)?;
        Ok(plan)
    }
}

//! `vip remove`: an address stops, and all that points to it goes with it.

use super::param;
use crate::facts::{Facts, Needs};
use crate::names::{Name, ResourceId};
use crate::plan::{Plan, Refusal};
use crate::resources::address::find_address;
use crate::resources::preconditions;
use crate::verb::Change;
use clap::Args;

/// Remove an address
///
/// What points to it goes with it: constraints, its place in a group.
#[derive(Debug, Args)]
pub struct Remove {
    /// The resource's name
    #[arg(value_name = "NAME", add = Name::Vip)]
    name: ResourceId,
}

impl Change for Remove {
    fn needs(&self) -> Needs {
        preconditions::needs_with_view()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.name.to_string();
        let mut plan = Plan::new(format!("{name} will be removed"));
        let cib = preconditions::to_change(facts, &mut plan)?;
        let found = find_address(cib, &name);
        if cib.object(&name).is_none() {
            let meant = found.err().and_then(|refusal| refusal.meant);
            preconditions::nothing_to_remove(&name, meant, &mut plan);
            return Ok(plan);
        }
        plan.headline = format!("{name} ({}) will be removed", param(found?, "ip"));
        preconditions::remove(facts, cib, &[name], &mut plan)?;
        Ok(plan)
    }
}

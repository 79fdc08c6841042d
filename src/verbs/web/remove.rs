//! `web remove`: a service, or a group with all that is in it.

use crate::cib::Object;
use crate::facts::{Facts, Needs};
use crate::names::{Name, ResourceId};
use crate::plan::{Check, Plan, Refusal};
use crate::resources::named::{family, find_resource, primitives};
use crate::resources::preconditions;
use crate::verb::Change;
use clap::Args;

/// Remove a service, or a group with all that is in it
///
/// It stops. What points to it goes with it. Its unit stays disabled in systemd.
#[derive(Debug, Args)]
pub struct Remove {
    /// The resource, group or clone
    #[arg(value_name = "NAME", add = Name::Service)]
    name: ResourceId,
}

impl Change for Remove {
    fn needs(&self) -> Needs {
        preconditions::needs_with_view()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.name.to_string();
        let mut plan = Plan::new("");
        let cib = preconditions::to_change(facts, &mut plan)?;
        if cib.object(&name).is_none() {
            let found = find_resource(cib, &name);
            let meant = found.err().and_then(|refusal| refusal.meant);
            preconditions::nothing_to_remove(&name, meant, &mut plan);
            return Ok(plan);
        }
        let found = find_resource(cib, &name)?;
        // A service that runs everywhere is known by either name.
        let everywhere = matches!(
            cib.object(found.whole).map(Object::resolved),
            Some(Object::Clone(_))
        );
        let names = family(cib, if everywhere { found.whole } else { &name });
        plan.headline = format!("{} will be removed", names.join(", "));
        for primitive in primitives(cib, &names[0]) {
            if matches!(primitive.agent.class.as_str(), "systemd" | "lsb") {
                plan.check(Check::warning(format!(
                    "{} is left stopped, and not started at boot; on each node that shall run it: \
                     systemctl enable --now {}",
                    primitive.agent.name, primitive.agent.name
                )));
            }
        }
        preconditions::remove(facts, cib, &names, &mut plan)?;
        Ok(plan)
    }
}

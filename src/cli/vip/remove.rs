//! `vip remove`: an address stops, and all that points to it goes with it.

use super::super::ground;
use super::{AGENT, addresses, param};
use crate::cib::Object;
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
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::vips))]
    name: ResourceId,
}

impl Change for Remove {
    fn needs(&self) -> Needs {
        Needs {
            monitor: true,
            ..ground::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let name = self.name.to_string();
        let mut plan = Plan::new(format!("{name} will be gone"));
        let cib = ground::to_change(facts, &mut plan)?;
        match cib.object(&name) {
            None => {
                plan.headline = format!("there is no {name}");
                let names = addresses(cib).map(|primitive| primitive.id.as_str());
                if let Some(near) = crate::names::nearest(&name, names) {
                    plan.check(Check::warning(format!("did you mean {near}?")));
                }
                return Ok(plan);
            }
            Some(Object::Primitive(primitive)) if primitive.agent.to_string() == AGENT => {
                plan.headline = format!("{name} ({}) will be gone", param(primitive, "ip"));
            }
            Some(other) => {
                return Err(Refusal::check(format!(
                    "{name} is a {}, not a virtual address",
                    other.kind()
                ))
                .hint("to remove it", format!("bascule web remove {name}")));
            }
        }
        ground::remove(cib, facts.monitor.as_ref(), &[name], &mut plan)?;
        Ok(plan)
    }
}

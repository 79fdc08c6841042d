//! A server that has no primary: it may be one already.

use super::pair::SwitchoverPair;
use super::settled::settled;
use super::turned::turn_back_as_a_whole;
use super::{dead, files, others};
use crate::facts::Facts;
use crate::health;
use crate::plan::{Check, Plan, Refusal};
use crate::replication::endpoint::{Endpoint, addresses};

/// Returns the plan of a server that has no primary: it may be one already.
pub fn plan_alone(facts: &Facts, here: &Endpoint) -> Result<Plan, Refusal> {
    let name = here.name();
    let mut followers = others::followers(here.server);
    let mut plan = Plan::new("");
    // One whose threads were stopped is not connected: it has an account here, and a link.
    for host in health::database::others(here.server) {
        let connected = followers.contains(&host);
        let Ok(there) = Endpoint::of_host(facts, &host) else {
            if connected {
                plan.check(Check::warning(format!(
                    "whether {host}, which replicates from here, is as a replica should be is not known"
                )));
            }
            continue;
        };
        if there.link_to(here).is_none() {
            continue;
        }
        let (new_address, old_address) = addresses(here, &there)?;
        let pair = SwitchoverPair {
            new: *here,
            old: there,
            new_address,
            old_address,
        };
        let mut left = settled(&pair)?;
        turn_back_as_a_whole(&pair, &mut left);
        plan.absorb(left);
        if !connected {
            followers.push(host);
        }
    }
    let former = here.server.former_primary.as_deref();
    if plan.is_empty() && !here.is_read_only() {
        // A promotion without the old primary may have been cut off before this.
        if here.server.says_read_only() {
            let wanted = files::RequiredOptions {
                read_only: false,
                databases: None,
            };
            files::write(here, &wanted, &mut plan)?;
        }
        if let (Some(former), true) = (former, followers.is_empty()) {
            if plan.is_empty() {
                plan.headline = format!("{name} is the primary already, in the place of {former}");
            } else {
                dead::settle(here, former, &mut plan);
                plan.headline =
                    format!("what is left for {name} to be the primary in the place of {former}");
            }
            return Ok(plan);
        }
        if !plan.is_empty() {
            plan.headline = format!("what is left for {name} to be the primary");
            return Ok(plan);
        }
    }
    if followers.is_empty() && here.is_read_only() {
        return Err(Refusal::check(format!(
            "{name} replicates from no primary, and takes no writes"
        ))
        .hint(
            "to have it take writes",
            here.typed_sql("SET GLOBAL read_only=0"),
        )
        .hint("to make it a replica", "bascule db replicate PRIMARY"));
    }
    if followers.is_empty() {
        return Err(Refusal::check(format!(
            "{name} is no replica, and nobody replicates from it"
        ))
        .hint(
            "to have another host replicate from it",
            "bascule db primary",
        ));
    }
    plan.headline = match plan.is_empty() {
        true => format!(
            "{name} is the primary already: {} replicates from it",
            followers.join(", ")
        ),
        false => format!("what is left for {name} to be the primary"),
    };
    Ok(plan)
}

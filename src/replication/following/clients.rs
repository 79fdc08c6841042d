//! Clients whom an address of the cluster leads to the server whose data are replaced.

use super::origin::Origin;
use crate::facts::{DatabaseServer, Facts};
use crate::health::database::{addresses_held, bring_address};
use crate::plan::{Check, Plan, Refusal};
use crate::replication::server;

/// Looks whether an address of the cluster leads clients to the server whose data are replaced: what they
/// wrote here is not on the primary.
///
/// # Errors
/// When one goes where MariaDB runs, and this server takes writes.
pub fn are_led_elsewhere(
    facts: &Facts,
    replica: &DatabaseServer,
    origin: &Origin,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let (Some(cib), false) = (facts.live_cib(), replica.is_read_only()) else {
        return Ok(());
    };
    let host = &facts.host;
    if let Some((id, address)) = addresses_held(cib, replica).first() {
        let refusal = Refusal::check(format!(
            "clients are led to {host} by {id} ({address}), which goes where MariaDB runs: what they have \
             written here, and write until this ends, is not on {}",
            origin.name
        ));
        let leads = bring_address(cib, id, host, origin.name);
        let refusal = leads
            .into_iter()
            .fold(refusal, |refusal, (what, verb)| refusal.hint(what, verb));
        return Err(refusal.hint(
            "where what is here counts: to have it be the primary",
            "bascule db primary",
        ));
    }
    let held = server::virtual_addresses(facts).into_iter();
    for address in held.filter(|address| replica.network.holder(*address).is_some()) {
        plan.check(Check::warning(format!(
            "{address} is on {host}: what clients wrote through it into what is replaced is not on {}",
            origin.name
        )));
    }
    Ok(())
}

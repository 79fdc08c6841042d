//! Whether clients that are led to a node can write there.

use super::named::family;
use crate::cib::Cib;
use crate::facts::Facts;
use crate::plan::{Check, Plan};

/// Says that an address which goes where MariaDB runs would lead to a replica: Pacemaker knows nothing of
/// who takes writes.
pub fn are_taken_there(facts: &Facts, cib: &Cib, whole: &str, node: &str, plan: &mut Plan) {
    let Some(server) = facts.database.as_ref().filter(|server| server.answers()) else {
        return;
    };
    let is_replica = match node == facts.host {
        true => server.follows().is_some() && server.is_read_only(),
        // Of the other one only that it reads this one's binlog is known.
        false => server.follows().is_none() && server.replicas().next().is_some(),
    };
    if !is_replica {
        return;
    }
    let family = family(cib, whole);
    for (id, address) in cib.addresses_of_server() {
        if family.iter().any(|one| one == id) {
            plan.check(
                Check::warning(format!(
                    "MariaDB on {node} is a replica: what clients write through {id} ({address}) is refused there"
                ))
                .note("bascule db promote"),
            );
        }
    }
}

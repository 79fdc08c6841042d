//! The addresses of the cluster by which clients reach MariaDB, and whether writes go through there.
//!
//! Where the server runs on every node, Pacemaker puts such an address beside any of the copies: it knows
//! nothing of primary and replica.

use super::super::Problem;
use super::topology::{Server, Topology};
use crate::cib::{Cib, Object, Score};
use crate::facts::{DatabaseServer, Facts};
use std::net::IpAddr;

/// Returns those of these addresses that a server's host holds, each with its resource's name.
pub fn held_addresses<'a>(cib: &'a Cib, said: &DatabaseServer) -> Vec<(&'a str, IpAddr)> {
    let all = cib.addresses_of_server().into_iter();
    let holds = |address: IpAddr| said.network.holder(address).is_some();
    all.filter(|(_, address)| holds(*address)).collect()
}

/// Returns the verbs that bring an address to another node and have it stay, one after the other: from a
/// node that it prefers a move alone would not.
pub fn bring_address(cib: &Cib, id: &str, from: &str, to: &str) -> Vec<(&'static str, String)> {
    let mut constraints = cib.up_from(id).flat_map(|one| cib.constraints_on(one));
    let prefers = constraints.any(|constraint| match constraint.resolved() {
        Object::Location(location) => location.node == from && location.score > Score::Finite(0),
        _ => false,
    });
    let first = prefers.then(|| {
        (
            "to have it stay there",
            format!("bascule web prefer {id} {to}"),
        )
    });
    let then = (
        "to have it where writes go",
        format!("bascule web move {id} {to}"),
    );
    first.into_iter().chain([then]).collect()
}

/// Says that clients are sent to a server that refuses their writes, where no address leads to one that
/// takes them: an address for readers alone is no fault.
pub(super) fn judge(facts: &Facts, topology: &Topology, found: &mut Vec<Problem>) {
    let Some(cib) = facts.live_cib() else {
        return;
    };
    let takes_writes = |server: &Server| server.said.answers() && !server.said.is_read_only();
    let led = |server: &Server| !held_addresses(cib, server.said).is_empty();
    if topology
        .servers
        .iter()
        .any(|server| takes_writes(server) && led(server))
    {
        return;
    }
    for edge in &topology.edges {
        let replica = &topology.servers[edge.replica];
        if !replica.said.answers() || !replica.said.is_read_only() {
            continue;
        }
        let primary = edge.primary.map(|at| &topology.servers[at]);
        for (id, address) in held_addresses(cib, replica.said) {
            let problem = Problem::new(
                true,
                format!(
                    "{id} ({address}), which goes where MariaDB runs, is on {}: a replica, which refuses writes",
                    replica.name
                ),
            );
            found.push(match primary.filter(|primary| takes_writes(primary)) {
                Some(primary) => bring_address(cib, id, replica.name, primary.name)
                    .into_iter()
                    .fold(problem, |problem, (what, verb)| problem.next(what, verb)),
                None => problem.next("to see both ends", "bascule db status"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{facts, told};
    use crate::trial::{RELEASES, here, served, there};

    #[test]
    fn an_address_that_leads_clients_to_a_replica_is_told() {
        for release in RELEASES {
            let mut facts = facts(release, "well");
            served(release, &mut facts, here);
            let all = told(&facts);
            let [(grave, what, next)] = all.as_slice() else {
                panic!("{release}: {all:#?}");
            };
            assert!(*grave);
            assert_eq!(
                what,
                "dbvip (172.16.0.40), which goes where MariaDB runs, is on serv2: a replica, which refuses writes"
            );
            assert_eq!(next, &["bascule web move dbvip serv1"]);
        }
    }

    #[test]
    fn where_one_leads_to_the_primary_another_is_for_readers() {
        for release in RELEASES {
            let mut facts = facts(release, "well");
            served(release, &mut facts, |facts| there(facts, "172.16.0.10"));
            assert_eq!(told(&facts), [], "{release}");
            served(release, &mut facts, here);
            assert_eq!(told(&facts), [], "{release}");
        }
    }
}

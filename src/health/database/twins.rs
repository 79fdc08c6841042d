//! Two servers, neither of which follows the other, that have given one number to two transactions, or may
//! have: one was made of a copy of the other's disk.

use super::super::Problem;
use super::topology::Topology;
use crate::mariadb::Relation;
use crate::mariadb::relation::Doubt;

/// Adds what is told of them.
pub(super) fn judge(topology: &Topology, found: &mut Vec<Problem>) {
    for one in 0..topology.servers.len() {
        for other in one + 1..topology.servers.len() {
            let linked = topology.edges.iter().any(|edge| {
                let ends = (edge.replica, edge.primary);
                ends == (one, Some(other)) || ends == (other, Some(one))
            });
            let answer = [one, other]
                .iter()
                .all(|at| topology.servers[*at].said.answers());
            if linked || !answer {
                continue;
            }
            let relations = [topology.stands(one, other), topology.stands(other, one)];
            let doubt = relations.iter().find_map(|relation| match relation {
                Relation::Unknown(Doubt::TwoOfOne(gtid)) => Some((gtid, true)),
                Relation::Unknown(Doubt::Unread(gtid)) => Some((gtid, false)),
                _ => None,
            });
            let Some((gtid, differs)) = doubt else {
                continue;
            };
            // Who still has the id that wrote it is the one that the other is a copy of.
            let is_it =
                |at: usize| topology.servers[at].said.server_id() == Some(gtid.server.into());
            let (from, to) = match is_it(other) {
                true => (other, one),
                false => (one, other),
            };
            let (primary, replica) = (topology.servers[from].name, &topology.servers[to]);
            let name = replica.name;
            let mut problem = Problem::new(
                true,
                match differs {
                    true => format!("{gtid} is one transaction on {primary} and another on {name}"),
                    false => format!(
                        "{primary} and {name} both have {gtid}: that it is one transaction cannot be proved"
                    ),
                },
            );
            problem.cause = format!(
                "Neither received it by replication: one was made of a copy of the other's disk, and both may have written on under server id {}. What each holds, the numbers do not tell.",
                gtid.server
            );
            found.push(problem.next(
                &format!(
                    "to have {name} take {primary}'s data; what it holds is kept aside{}",
                    replica.place()
                ),
                format!(
                    "bascule db replicate {} --reseed",
                    topology.address(from, to)
                ),
            ));
        }
    }
}

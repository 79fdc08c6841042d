//! What only one of the two ends holds, which MariaDB itself notices late or never.

use super::super::Problem;
use super::topology::{Edge, Topology, history};
use crate::mariadb::relation::Doubt;
use crate::mariadb::{Gtid, Relation};

fn list(gtids: &[Gtid]) -> String {
    let words: Vec<String> = gtids.iter().map(Gtid::to_string).collect();
    words.join(", ")
}

/// Returns what only the replica has, as a sentence.
pub(super) fn errant_sentence(topology: &Topology, edge: &Edge) -> Option<String> {
    let relation = topology.relation(edge)?;
    let extra = relation.errant();
    (!extra.is_empty()).then(|| {
        format!(
            "What {} alone has ends with {}.",
            topology.servers[edge.replica].name,
            list(extra)
        )
    })
}

/// Adds what only one of the two holds.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let Some(relation) = topology.relation(edge) else {
        return;
    };
    let server = &topology.servers[edge.replica];
    let (replica, primary) = (server.name, topology.primary_name(edge));
    let host = edge.link.primary_host();
    let seed = format!("to seed it anew, on {replica}");
    let again = format!("bascule db replicate {host} --reseed");
    let position = history(server.said).position();
    match &relation {
        Relation::Same | Relation::Behind(_) => strange(topology, edge, found),
        Relation::Ahead(extra) | Relation::Diverged { extra, .. } => {
            let (own, lost): (Vec<Gtid>, Vec<Gtid>) = extra
                .iter()
                .partition(|gtid| Some(u64::from(gtid.server)) == server.said.server_id());
            if !own.is_empty() {
                let mut problem = Problem::new(
                    true,
                    format!(
                        "{replica} has writes of its own that {primary} lacks, up to {}",
                        list(&own)
                    ),
                );
                let stopped = edge.link.io_state() == "No" || edge.link.sql() == "No";
                let threads = match stopped {
                    true => "Its threads do not all run; started, they go on",
                    false => "Both threads run on",
                };
                problem.cause = format!(
                    "Somebody wrote on {replica}; read_only does not stop root. {threads} \
                     until {primary} writes again; with gtid_strict_mode replication then stops \
                     (errno 1950)."
                );
                found.push(
                    problem
                        .next(
                            &format!("to see them, and how to keep them{}", server.place()),
                            format!("bascule db rejoin {host}"),
                        )
                        .next(&format!("{seed}, which drops them"), &again),
                );
            }
            if !lost.is_empty() {
                let mut problem = Problem::new(
                    true,
                    format!(
                        "{replica} has {}, which is not in {primary}'s binlog",
                        list(&lost)
                    ),
                );
                problem.cause = format!(
                    "{primary}'s binlog was reset (RESET MASTER), or it lost its last transactions, \
                     or came back from a backup. MariaDB shows no error until the link is made anew, \
                     and what {primary} writes meanwhile may never arrive."
                );
                found.push(problem.next(&seed, &again));
            }
        }
        Relation::Unknown(Doubt::PrimaryEmpty) => {
            let primary_has_binlog = edge
                .primary
                .is_some_and(|primary| topology.servers[primary].said.has_binlog());
            // A binlog that is off is told of the server.
            if primary_has_binlog && !position.is_empty() {
                let mut problem = Problem::new(
                    true,
                    format!(
                        "{primary}'s binlog is empty, and {replica} has come to {position}: it was \
                         reset, or begun anew"
                    ),
                );
                problem.cause = "MariaDB shows no error. What was written since may never arrive, \
                                 and new transactions take numbers that the replica already has."
                    .to_owned();
                found.push(problem.next(&seed, &again));
            }
        }
        Relation::Unknown(Doubt::OutOfOrder(domain)) => {
            let mut problem = Problem::new(
                false,
                format!(
                    "the GTIDs of domain {domain} do not rise on {replica} or {primary}: positions \
                     cannot tell how the two stand"
                ),
            );
            problem.cause =
                "Both were written to at some time, or gtid_strict_mode was off.".to_owned();
            found.push(problem.next(&seed, &again));
        }
        Relation::Unknown(Doubt::ReplicaEmpty) => {
            if edge.link.using_gtid() != "No" {
                found.push(
                    Problem::new(
                        false,
                        format!(
                            "{replica} has no GTID position: nothing tells which of {primary}'s \
                             transactions it holds"
                        ),
                    )
                    .next(&seed, &again),
                );
            }
        }
        Relation::Unknown(doubt @ (Doubt::TwoOfOne(_) | Doubt::Unread(_))) => found.push(
            Problem::new(true, format!("{replica} follows {primary}: {doubt}")).next(&seed, &again),
        ),
        // Told on its own.
        Relation::Unknown(Doubt::SameServerId(_)) => {}
    }
}

/// A replica that replicates well, and that its primary cannot follow: its binlog has more than the two have
/// to do with each other.
fn strange(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let server = &topology.servers[edge.replica];
    // With a second primary that is as it should be.
    if topology.links_of(edge.replica).nth(1).is_some() {
        return;
    }
    let Some(primary) = edge.primary.map(|primary| &topology.servers[primary]) else {
        return;
    };
    let more = history(server.said).domains_unknown_to(&history(primary.said));
    if more.is_empty() {
        return;
    }
    let (replica, primary) = (server.name, primary.name);
    let mut problem = Problem::new(
        false,
        format!(
            "{replica}'s binlog has {}, of a domain that {primary} never had: db promote refuses it",
            list(&more)
        ),
    );
    problem.cause = format!(
        "It came by another link, in another time. {primary} replicates well to {replica}; the other way \
         round it would be sent all that."
    );
    found.push(problem.next(
        &format!(
            "to seed it anew, without what that brought; that is kept aside{}",
            server.place()
        ),
        format!("bascule db replicate {} --reseed", edge.link.primary_host()),
    ));
}

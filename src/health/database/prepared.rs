//! Prepared XA transactions that nobody ends: they have no session and hold their locks, over restarts too;
//! and a replica without one stops where the primary ends it (1397).

use super::super::Problem;
use super::topology::{Lag, Server, Topology};

/// Adds what is wrong with those of one server.
pub(super) fn judge(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let prepared = lasting(server);
    for edge in topology
        .edges
        .iter()
        .filter(|edge| edge.primary == Some(at))
    {
        let replica = &topology.servers[edge.replica];
        let is_level = matches!(topology.lag(edge), Lag::Level(_)) && edge.link.is_healthy();
        let lacks = |xid: &&String| !replica.said.prepared.contains(xid);
        let Some(xid) = prepared.iter().find(lacks).filter(|_| is_level) else {
            continue;
        };
        let mut problem = Problem::new(
            true,
            format!(
                "{} does not have the XA transaction {xid} that is prepared on {}, and stops at its end (errno 1397)",
                replica.name, server.name
            ),
        );
        problem.cause =
            "What it changed was in no copy: where it is committed, that is missing there."
                .to_owned();
        let problem = how_to_end(server, xid, problem).next(
            &format!("then, to seed {} anew{}", replica.name, replica.place()),
            format!("bascule db replicate {} --reseed", edge.link.primary_host()),
        );
        found.push(problem);
        return;
    }
    let primaries = topology.links_of(at).filter_map(|edge| edge.primary);
    let theirs: Vec<&String> = primaries
        .flat_map(|primary| &topology.servers[primary].said.prepared)
        .collect();
    // What both have is told of the primary, where it is to be ended.
    let Some(xid) = prepared.iter().find(|xid| !theirs.contains(xid)) else {
        return;
    };
    let mut problem = Problem::new(
        false,
        format!(
            "{} has an XA transaction, {xid}, that has been prepared for more than a minute",
            server.name
        ),
    );
    problem.cause =
        "It holds its locks, over restarts too, until whoever prepared it ends it.".to_owned();
    found.push(match topology.links_of(at).next() {
        None => how_to_end(server, xid, problem),
        Some(_) => problem.next(
            &format!(
                "where its end does not come from the primary, to end it there alone{}",
                server.place()
            ),
            typed_statement(
                server,
                &format!("SET SESSION sql_log_bin=0; XA ROLLBACK {xid}"),
            ),
        ),
    });
}

/// Returns those of a server, where each has been there for a while: others end by themselves.
fn lasting<'a>(server: &Server<'a>) -> &'a [String] {
    let said = server.said;
    match said.prepared_long >= said.prepared.len() as u64 {
        true => &said.prepared,
        false => &[],
    }
}

fn how_to_end(server: &Server, xid: &str, problem: Problem) -> Problem {
    problem
        .next(
            &format!(
                "if nobody else does: to keep what it changed{}",
                server.place()
            ),
            typed_statement(server, &format!("XA COMMIT {xid}")),
        )
        .next(
            &format!("or to drop it{}", server.place()),
            typed_statement(server, &format!("XA ROLLBACK {xid}")),
        )
}

fn typed_statement(server: &Server, statement: &str) -> String {
    format!("{} -e \"{statement}\"", server.said.client)
}

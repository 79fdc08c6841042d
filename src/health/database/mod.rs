//! What is wrong with MariaDB replication, why, and the next command.
//!
//! From what one end says (`status`, the shell) or both (`db status`). That both threads run proves
//! nothing: see `silence.rs` and `divergence.rs`.

mod accounts;
mod alike;
mod circle;
pub mod client_options;
mod clients;
mod divergence;
mod edge;
pub mod filters;
mod former;
mod lenient;
mod named;
mod nameless;
pub mod pair;
mod prepared;
mod retention;
mod room;
mod semi_sync;
mod server;
mod silence;
mod start;
mod topology;
mod twins;
pub mod unfinished;
mod unlogged;

pub use accounts::{coming, comparison};
pub use alike::{Unlike, unlike};
pub use clients::{bring_address, held_addresses as addresses_held};
pub use lenient::{Lenient, leniences};
pub use retention::{duration, kept_seconds, size};
pub use room::can_write;
pub use semi_sync::SemiSync;
pub use server::unanswered;
pub use start::through_the_cluster;
pub use topology::{Edge, Lag, Server, Topology, expected, history, others};
pub use unlogged::checks as unlogged;

use super::Problem;
use crate::facts::database::{Link, PulseAsk};
use crate::facts::{Facts, Needs};
use crate::plan::line_on;
use pair::ServerPair;

/// Adds what is wrong with replication, as far as the facts tell.
pub(super) fn judge(facts: &Facts, found: &mut Vec<Problem>) {
    let topology = Topology::of_facts(facts);
    // First of all where half of the data may be: nothing else is to be mended before.
    for server in &topology.servers {
        unfinished::judge(server, found);
    }
    // Then how two servers stand to each other: what their links and settings say one by one
    // follows from that, and what would mend those alone would make it worse.
    let mut told = Vec::new();
    for pair in ServerPair::all_in(&topology) {
        if let Some(problem) = pair.problem(&topology) {
            let already = found.len();
            found.push(problem);
            named::order_ways_out(&topology, &pair.servers(), &mut found[already..]);
            told.push(pair);
        }
    }
    circle::judge(&topology, found);
    for server in &topology.servers {
        found.extend(namesake(server));
    }
    let is_told = |server: usize| told.iter().any(|pair| pair.has(server));
    twins::judge(&topology, found);
    former::judge(&topology, is_told, found);
    clients::judge(facts, &topology, found);
    for server in 0..topology.servers.len() {
        let start = start::through_the_cluster(facts, topology.servers[server].name);
        let already = found.len();
        let paired = is_told(server) || topology.taking_over(server).is_some();
        server::judge(&topology, server, paired, start, found);
        let mut edges = topology.links_of(server);
        if let Some(edge) = edges.next().filter(|edge| edge.is_named())
            && edges.all(Edge::is_named)
        {
            named::lead_out(&topology, edge, &mut found[already..]);
        }
        named::order_ways_out(&topology, &[server], &mut found[already..]);
    }
    for edge in &topology.edges {
        let both = |pair: &ServerPair| {
            pair.has(edge.replica) && edge.primary.is_some_and(|at| pair.has(at))
        };
        // What its link says is that it is no replica any more.
        let taken = topology.taking_over(edge.replica).is_some();
        if !taken && !told.iter().any(both) {
            let already = found.len();
            edge::judge(&topology, edge, found);
            if edge.is_named() {
                named::lead_out(&topology, edge, &mut found[already..]);
                named::tell(edge, &mut found[already..]);
            }
            let ends: Vec<usize> = [edge.replica].into_iter().chain(edge.primary).collect();
            named::order_ways_out(&topology, &ends, &mut found[already..]);
        }
    }
}

/// Says that a host calls itself as another one does: replication works, but every log and every screen of
/// others takes the two for one.
fn namesake(server: &Server) -> Option<Problem> {
    let (name, asked) = (server.said.own_name(), server.asked?);
    if server.said.namesake.is_empty() {
        return None;
    }
    let problem = Problem::new(
        false,
        format!("{} calls itself {name}, as another host does", server.name),
    );
    let rename = line_on(asked, "hostnamectl set-hostname NAME");
    Some(problem.next("to give it a name of its own", rename))
}

/// Returns what must be read of this host alone, once its server has answered: how its links do.
pub fn needs_here(facts: &Facts) -> Needs {
    let Some(here) = facts.database.as_ref().filter(|here| here.answers()) else {
        return Needs::default();
    };
    let ports = ports(here);
    if ports.is_empty() {
        return Needs::default();
    }
    Needs {
        pulses: vec![PulseAsk {
            host: None,
            client: here.client.clone(),
            ports,
            reach: None,
        }],
        ..Needs::default()
    }
}

/// Returns what must be read of both ends: first the servers at the other ends of this one's links,
/// then how the links do.
pub fn needs_both(facts: &Facts) -> Needs {
    let Some(here) = &facts.database else {
        return Needs::default();
    };
    let others = others(here);
    if !others.is_empty() && facts.database_hosts.is_empty() {
        return Needs {
            database_hosts: others,
            ..Needs::default()
        };
    }
    let topology = Topology::of_facts(facts);
    let mut pulses = Vec::new();
    for (at, server) in topology.servers.iter().enumerate() {
        if !server.said.answers() {
            continue;
        }
        let behind = topology.links_of(at).find(|edge| {
            let healthy = edge.link.is_healthy();
            // What is here already was read before the primary's position, and need be waited for.
            healthy && (server.asked.is_none() || topology.lag(edge) != Lag::Level(0))
        });
        // Another host costs another ssh: only where there is something to wait for.
        if server.asked.is_some() && behind.is_none() {
            continue;
        }
        pulses.push(PulseAsk {
            host: server.asked.map(str::to_owned),
            client: server.said.client.clone(),
            ports: ports(server.said),
            reach: behind.and_then(|edge| topology.primary_position(edge)),
        });
    }
    Needs {
        pulses,
        ..Needs::default()
    }
}

/// Returns the ports at the other ends of a server's links.
fn ports(said: &crate::facts::DatabaseServer) -> Vec<u16> {
    let primaries = said
        .links
        .iter()
        .filter(|link| !link.primary_host().is_empty())
        .map(Link::primary_port);
    let replicas = said
        .replicas()
        .filter_map(|session| session.host.rsplit_once(':')?.1.parse().ok());
    let mut ports: Vec<u16> = primaries.chain(replicas).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

#[cfg(test)]
mod tests;

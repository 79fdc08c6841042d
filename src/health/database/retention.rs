//! What a server keeps for its replicas, and whether it has room for it: binlogs, their time, the
//! disk, and replicas that do not come for them.

use super::super::Problem;
use super::topology::{Server, Topology, expected};
use crate::wording::amount;

/// A disk that is this full will stop the server soon.
const FULL: u64 = 256_000_000;

/// A disk that is this full is worth a word.
const NEARLY_FULL: u64 = 1_000_000_000;

/// Binlogs that are kept for less do not outlast a night.
const SHORT: u64 = 24 * 3600;

/// A primary that has accounts for replicas which are not connected.
pub(super) fn no_replica(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let missing = missing(topology, at);
    if missing.is_empty() {
        return;
    }
    let mut problem = Problem::new(
        false,
        format!(
            "no replica is connected to {} as {}",
            server.name,
            missing.join(", ")
        ),
    );
    let trap = server
        .version()
        .is_some_and(|version| version.purges_only_with_a_replica());
    let needed = server.said.number("slave_connections_needed_for_purge");
    let connected = server
        .said
        .replicas()
        .filter(|one| !topology.is_over(at, one));
    if trap && needed.unwrap_or(1) > connected.count() as u64 {
        problem.cause = format!(
            "Until one is, no binlog is purged (slave_connections_needed_for_purge): {} now, {} free.",
            amount(size(server)),
            server.said.free_for_data().map_or("?".to_owned(), amount)
        );
        problem = problem.next(
            &format!("to purge them all the same{}", server.place()),
            "mariadb -e 'SET GLOBAL slave_connections_needed_for_purge=0'",
        );
    }
    found.push(problem.next("to see why, on the replica", "bascule db status"));
}

/// Returns the accounts of a server's replicas that are not connected; one that was asked and has a
/// link tells by itself why.
fn missing(topology: &Topology, at: usize) -> Vec<String> {
    let said = topology.servers[at].said;
    let expected = expected(said);
    let connected = || said.replicas().filter(|one| !topology.is_over(at, one));
    let sessions = |user: &str| connected().filter(|s| s.user == user).count();
    let accounts = |user: &str| expected.iter().filter(|(name, _)| *name == user).count();
    expected
        .iter()
        .filter(|(user, host)| {
            let asked = topology
                .servers
                .iter()
                .position(|other| other.is_called(host));
            let silent = asked.is_none_or(|other| topology.links_of(other).next().is_none());
            // Sessions are known by name and accounts by address; with some and not others
            // connected, only who was asked can be told from the rest.
            let known = sessions(user) == 0 || asked.is_some();
            sessions(user) < accounts(user) && silent && known
        })
        .map(|(user, host)| format!("{user}@{host}"))
        .collect()
}

/// Returns the bytes that a server's binlogs take.
pub fn size(server: &Server) -> u64 {
    server.said.binlogs.iter().map(|log| log.size).sum()
}

/// Returns for how many seconds binlogs are kept; none for ever.
pub fn kept_seconds(server: &Server) -> Option<u64> {
    let said = server.said;
    let days = said.number("expire_logs_days").unwrap_or(0) * 24 * 3600;
    let seconds = said.number("binlog_expire_logs_seconds").unwrap_or(days);
    (seconds > 0).then_some(seconds)
}

pub(super) fn binlogs(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let said = server.said;
    let name = server.name;
    if let Some(free) = said.free_for_data().filter(|free| *free < NEARLY_FULL) {
        let relay: u64 = said.links.iter().map(|link| link.relay_log_space()).sum();
        let relay = match relay {
            0 => String::new(),
            bytes => format!(", relay logs {}", amount(bytes)),
        };
        found.push(
            Problem::new(
                free < FULL,
                format!(
                    "{} are free for the data of {name}; its binlogs take {}{relay}",
                    amount(free),
                    amount(size(server))
                ),
            )
            .next(
                &format!("to see what takes the room{}", server.place()),
                format!("du -xh {} | sort -h | tail", said.datadir().display()),
            ),
        );
    }
    if !topology.has_replicas(at) || !said.has_binlog() {
        return;
    }
    match kept_seconds(server) {
        Some(seconds) if seconds < SHORT => {
            let mut problem = Problem::new(
                false,
                format!("{name} keeps its binlogs for {} only", duration(seconds)),
            );
            problem.cause =
                "A replica that is away for longer must be seeded anew (errno 1236).".to_owned();
            found.push(problem.next(
                &format!("to keep them for ten days{}", server.place()),
                "mariadb -e 'SET GLOBAL binlog_expire_logs_seconds=864000'",
            ));
        }
        None if said.number("max_binlog_total_size").unwrap_or(0) == 0 => {
            let mut problem = Problem::new(
                false,
                format!(
                    "{name} keeps its binlogs for ever: {} now, {} free",
                    amount(size(server)),
                    said.free_for_data().map_or("?".to_owned(), amount)
                ),
            );
            problem.cause = "In the end they fill the disk.".to_owned();
            found.push(problem.next(
                &format!("to keep them for ten days{}", server.place()),
                "mariadb -e 'SET GLOBAL binlog_expire_logs_seconds=864000'",
            ));
        }
        _ => {}
    }
}

/// Returns a time in its largest whole unit.
pub fn duration(seconds: u64) -> String {
    let (number, unit) = match seconds {
        s if s >= 2 * 24 * 3600 => (s / (24 * 3600), "days"),
        s if s >= 2 * 3600 => (s / 3600, "hours"),
        s if s >= 120 => (s / 60, "minutes"),
        s => (s, "seconds"),
    };
    format!("{number} {unit}")
}

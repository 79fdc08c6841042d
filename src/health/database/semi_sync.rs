//! Semi-sync that is asked for and not in force: commits wait for nobody, and no application hears of it.

use super::super::Problem;
use super::topology::{Server, Topology};

const ON_PRIMARY: &str = "rpl_semi_sync_master_enabled";

/// Whether a primary waits now.
const ACTIVE: &str = "Rpl_semi_sync_master_status";

const ON_REPLICA: &str = "rpl_semi_sync_slave_enabled";

/// Whether a replica answers what it receives.
const TAKES_PART: &str = "Rpl_semi_sync_slave_status";

/// The command that has the replica's side take part: it counts from the next connection on.
const TAKE_PART: &str = "mariadb -e 'SET GLOBAL rpl_semi_sync_slave_enabled=ON; STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'";

const CONNECT_ANEW: &str = "mariadb -e 'STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'";

fn is_off(server: &Server, status: &str) -> bool {
    server
        .said
        .status
        .get(status)
        .is_some_and(|value| value != "ON")
}

/// Why a primary waits for nobody, and what to do about it on the replica.
struct Fallen {
    why: String,
    next: Option<(String, &'static str)>,
}

/// Tells of a primary that has fallen back to asynchronous replication.
pub(super) fn primary(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let said = server.said;
    if !said.is_on(ON_PRIMARY) || !is_off(server, ACTIVE) {
        return;
    }
    let Fallen { why, next } = fallen(topology, at);
    let mut problem = Problem::new(
        false,
        format!(
            "semi-sync is on and not in force on {}: {why}, so commits wait for nobody",
            server.name
        ),
    );
    problem.cause = format!(
        "After rpl_semi_sync_master_timeout ({} ms) a primary goes on without; it comes back with the \
         next commit that a replica answers.",
        said.number("rpl_semi_sync_master_timeout")
            .unwrap_or(10_000)
    );
    if let Some(alone @ 1..) = said.status_number("Rpl_semi_sync_master_no_tx") {
        let (were, which) = match alone {
            1 => ("1 commit was", "it"),
            _ => ("commits were", "they"),
        };
        let count = match alone {
            1 => String::new(),
            n => format!("{n} "),
        };
        problem.cause += &format!(
            " Since the server started {count}{were} answered before any replica had said that {which} arrived."
        );
    }
    if let Some((purpose, command)) = next {
        problem = problem.next(&purpose, command);
    }
    found.push(problem);
}

fn fallen(topology: &Topology, at: usize) -> Fallen {
    let said = topology.servers[at].said;
    let clients = said.status_number("Rpl_semi_sync_master_clients");
    if clients.unwrap_or(0) > 0 {
        return Fallen {
            why: "no replica answered in time".to_owned(),
            next: Some((
                "to write a row that one may answer".to_owned(),
                "bascule db test",
            )),
        };
    }
    let mut edges = topology
        .edges
        .iter()
        .filter(|edge| edge.primary == Some(at));
    let known = edges
        .find(|edge| topology.servers[edge.replica].said.answers())
        .map(|edge| (&topology.servers[edge.replica], edge.link));
    match known {
        Some((replica, link)) if link.io_state() != "Yes" => Fallen {
            // How it comes to read again is told with its link.
            why: format!("{} does not read from it", replica.name),
            next: None,
        },
        Some((replica, _)) if !replica.said.is_on(ON_REPLICA) => Fallen {
            why: format!("it is off on the replica {}", replica.name),
            next: Some((
                format!("to have it take part{}", replica.place()),
                TAKE_PART,
            )),
        },
        Some((replica, _)) => Fallen {
            why: format!("{} connected before it was on", replica.name),
            next: Some((
                format!("to have it take part{}", replica.place()),
                CONNECT_ANEW,
            )),
        },
        None => Fallen {
            why: "no replica takes part".to_owned(),
            next: Some(("on the replica".to_owned(), TAKE_PART)),
        },
    }
}

/// Tells of a replica that is to take part and does not, where its primary's side has not told it.
pub(super) fn replica(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let said = server.said;
    let reads = said.links.iter().any(|link| link.io_state() == "Yes");
    if !reads || !said.is_on(ON_REPLICA) {
        return;
    }
    let primary = primary_of(topology, at);
    let mut problem = Problem::new(
        false,
        format!("semi-sync is on and not in force on {}", server.name),
    );
    match primary {
        // Its own status says ON all the same (seen on 10.11 and 11.8).
        Some(primary) if !primary.said.is_on(ON_PRIMARY) => {
            problem.what += &format!(": it is off on the primary {}", primary.name);
            problem.cause = "Its commits wait for nobody.".to_owned();
            problem = problem.next(
                &format!("to have it wait for a replica{}", primary.place()),
                "mariadb -e 'SET GLOBAL rpl_semi_sync_master_enabled=ON'",
            );
        }
        // The primary has told it, with the same mend.
        Some(primary) if is_off(primary, ACTIVE) => return,
        _ if !is_off(server, TAKES_PART) => return,
        _ => {
            problem.cause =
                "It is taken up when the IO thread connects, and only with a primary that has it."
                    .to_owned();
            problem = problem.next(&format!("to connect anew{}", server.place()), CONNECT_ANEW);
        }
    }
    found.push(problem);
}

/// Returns the primary of a server, where it answers.
fn primary_of<'a, 'b>(topology: &'b Topology<'a>, at: usize) -> Option<&'b Server<'a>> {
    topology
        .links_of(at)
        .filter_map(|edge| edge.primary)
        .map(|primary| &topology.servers[primary])
        .find(|primary| primary.said.answers())
}

/// The state of a server's semi-sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SemiSync {
    /// Semi-sync is not asked for.
    Off,
    /// Commits wait for a replica.
    InForce,
    /// Semi-sync is asked for, and no replica that takes part is connected: the next commit waits for one in vain.
    Alone,
    /// Semi-sync is asked for, and commits wait for nobody.
    Fallen,
}

impl SemiSync {
    /// Returns what it comes to on one server: on a replica, with its primary's word where that is known.
    pub fn on_server(topology: &Topology, at: usize) -> SemiSync {
        let server = &topology.servers[at];
        let (enabled, active) = match topology.links_of(at).next() {
            Some(_) => (ON_REPLICA, TAKES_PART),
            None => (ON_PRIMARY, ACTIVE),
        };
        let says = |server: &Server, name: &str| {
            server
                .said
                .status
                .get(name)
                .is_some_and(|value| value == "ON")
        };
        if !server.said.is_on(enabled) {
            return SemiSync::Off;
        }
        let waits = primary_of(topology, at).is_none_or(|primary| says(primary, ACTIVE));
        let alone = server.said.status_number("Rpl_semi_sync_master_clients") == Some(0);
        match says(server, active) && waits {
            true if active == ACTIVE && alone => SemiSync::Alone,
            true => SemiSync::InForce,
            false => SemiSync::Fallen,
        }
    }
}

//! What is wrong with one server: it does not answer, writes no binlog, is read-only where it must
//! not be or takes writes where it should not.

use super::super::Problem;
use super::retention::{binlogs, no_replica};
use super::silence::{is_of_the_network, silent_replicas};
use super::topology::{Server, Topology, expected};
use super::{circle, client_options, lenient, nameless, prepared, room, semi_sync, unlogged};
use crate::facts::database::TEST_TABLE;
use crate::plan::Hint;
use crate::reach;
use crate::wording::count;

/// The states in which a session waits for a global read lock (10.5 and later; before).
const WAITING: [&str; 3] = [
    "Waiting for backup lock",
    "Waiting for global read lock",
    "Waiting for commit lock",
];

/// Adds what is wrong with one server; `paired` when how it stands to another one has been told.
///
/// `start` is what starts it, where the cluster keeps it running.
pub(super) fn judge(
    topology: &Topology,
    at: usize,
    paired: bool,
    start: Option<Hint>,
    found: &mut Vec<Problem>,
) {
    let server = &topology.servers[at];
    let said = server.said;
    // Told on its own.
    if !said.answers() && topology.is_former(at) {
        return;
    }
    if let Some(why) = &said.unreachable {
        unreachable(topology, at, why, found);
        return;
    }
    let replica = topology.links_of(at).next().is_some();
    let primary = topology.has_replicas(at);
    if !said.installed {
        return;
    }
    client_options::look(server, found);
    if let Some(why) = &said.unanswered {
        // By such a line it may well answer.
        if client_options::of_answers(said).is_none() {
            found.push(silent(server, why, start));
        }
        return;
    }
    locked(server, found);
    unheard(topology, server, found);
    if primary && !said.has_binlog() {
        found.push(
            Problem::new(
                true,
                format!(
                    "{} writes no binlog: nothing of it reaches a replica",
                    server.name
                ),
            )
            .next(
                &format!("to switch it on{}", server.place()),
                "bascule db primary",
            ),
        );
    }
    let awaited = primary || (!expected(said).is_empty() && said.has_binlog());
    if awaited && !replica && !paired && server.said.is_read_only() && said.says_read_only() {
        found.push(gave_way(topology, at));
    } else if primary && !replica && server.said.is_read_only() && !paired {
        found.push(
            Problem::new(
                true,
                format!(
                    "{} is the primary and read-only: no client can write anywhere",
                    server.name
                ),
            )
            .next(
                &format!("to let them write{}", server.place()),
                "mariadb -e 'SET GLOBAL read_only=OFF'",
            ),
        );
    }
    if replica && !server.said.is_read_only() && !paired {
        let mut problem = Problem::new(
            false,
            format!("{} is a replica and not read-only", server.name),
        );
        problem.cause =
            "What a client writes there by mistake is lost, or stops replication.".to_owned();
        found.push(problem.next(
            &format!("to refuse writes until the next restart{}", server.place()),
            "mariadb -e 'SET GLOBAL read_only=ON'",
        ));
    }
    if !paired {
        begins(topology, at, found);
    }
    if paired {
        // Whether somebody replicates from it has been told.
    } else if primary {
        semi_sync::primary(topology, at, found);
        no_replica(topology, at, found);
    } else if !expected(said).is_empty() && said.has_binlog() && !replica {
        no_replica(topology, at, found);
    }
    unlogged::judge(topology, at, found);
    if replica {
        lenient::judge(topology, at, found);
        semi_sync::replica(topology, at, found);
    }
    if primary || replica {
        binlogs(topology, at, found);
        room::judge(server, found);
        nameless::judge(server, found);
        prepared::judge(topology, at, found);
        careless(server, primary, circle::is_one(topology, at), found);
        if primary {
            left_of_a_test(server, found);
        }
        for (what, why) in &said.failed {
            found.push(Problem::new(
                false,
                format!("{} did not tell of its {what}: {why}", server.name),
            ));
        }
    }
}

/// A server that would come back in another role than it has: as its option files say.
fn begins(topology: &Topology, at: usize, found: &mut Vec<Problem>) {
    let server = &topology.servers[at];
    let said = server.said;
    // Without a word of its options they are not known.
    if said.defaults.is_empty() {
        return;
    }
    let says = said.says_read_only();
    let is_primary =
        || topology.has_replicas(at) || said.former_primary.is_some() || !expected(said).is_empty();
    let mut links = topology.links_of(at);
    match (links.next(), server.said.is_read_only()) {
        (None, false) if says && is_primary() => found.push(
            Problem::new(
                true,
                format!(
                    "{} is the primary, and its option files say read_only: after a restart no client could write",
                    server.name
                ),
            )
            .next(
                &format!("to have them say what it is{}", server.place()),
                "bascule db promote",
            ),
        ),
        (Some(edge), true) if !says => found.push(
            Problem::new(
                false,
                format!(
                    "{} is a replica, and no option file of it says read_only: after a restart it takes writes",
                    server.name
                ),
            )
            .next(
                &format!("to have them say what it is{}", server.place()),
                format!("bascule db rejoin {}", edge.link.primary_host()),
            ),
        ),
        _ => {}
    }
}

/// A primary that takes no writes, and is to take none after a restart either: its replica was about to
/// take its place, and may have. Both would take writes if this one were told to.
fn gave_way(topology: &Topology, at: usize) -> Problem {
    let server = &topology.servers[at];
    let said = server.said;
    let named = expected(said).first().map(|(_, host)| (*host).to_owned());
    let other = named.or_else(|| super::others(said).into_iter().next());
    let mut known = topology.servers.iter().enumerate();
    let known = other.as_deref().and_then(|other| {
        known.find_map(|(index, one)| (index != at && one.is_called(other)).then_some(one))
    });
    // What it says itself tells more than its address, and where it is stopped nobody can ask it.
    let stopped = known.is_some_and(|one| one.said.unanswered.is_some());
    let other = match known.filter(|one| one.said.unreachable.is_none()) {
        Some(one) => one.name.to_owned(),
        None => other.unwrap_or_else(|| "its replica".to_owned()),
    };
    let mut problem = Problem::new(
        true,
        format!(
            "{} takes no writes, and its option files say so: {other} may be the primary by now",
            server.name
        ),
    );
    problem.cause = "A promotion writes that before the roles change. What became of it is known \
                     there."
        .to_owned();
    let (purpose, command) = match stopped {
        true => ("to start MariaDB, which tells", "systemctl start mariadb"),
        false => ("who is the primary", "bascule db status"),
    };
    problem
        .next(&format!("{purpose}, on {other}"), command)
        .next(
            &format!(
                "only if {other} takes no writes, and shall not{}",
                server.place()
            ),
            "mariadb -e 'SET GLOBAL read_only=OFF'",
        )
}

/// A host that ssh does not reach. What its link says of it is told there.
fn unreachable(topology: &Topology, at: usize, why: &str, found: &mut Vec<Problem>) {
    let host = topology.servers[at].name;
    let network = is_of_the_network(why);
    let primary = topology.edges.iter().any(|edge| edge.primary == Some(at));
    // The one that thinks it connected.
    let sender = topology.servers.iter().find(|other| {
        other.said.replicas().any(|session| {
            let name = session.host.rsplit_once(':').map(|(name, _)| name);
            name == Some(host)
        })
    });
    let told = match sender {
        Some(sender) => silent_replicas(sender)
            .iter()
            .any(|(name, _)| *name == host),
        // A replica without a connection is told with its account.
        None => !primary || network,
    };
    if told {
        return;
    }
    let mut problem = match sender {
        Some(sender) if network => Problem::new(
            true,
            format!(
                "the replica {host} cannot be reached, though {} shows it as connected: {why}",
                sender.name
            ),
        )
        .next("to see whether it is there", format!("ping -c 3 {host}")),
        _ => Problem::new(
            false,
            format!(
                "the {} {host} cannot be asked by ssh: {why}",
                if primary { "primary" } else { "replica" }
            ),
        ),
    };
    problem.cause = "What is said here is only what the other end knows.".to_owned();
    for (purpose, command) in reach::ways_out(host, why) {
        problem = problem.next(purpose, command);
    }
    found.push(problem);
}

/// Replicas that do not hear what their primary sends, and that it has no other word of.
fn unheard(topology: &Topology, server: &Server, found: &mut Vec<Problem>) {
    for (host, ms) in silent_replicas(server) {
        let other = topology.servers.iter().find(|other| other.is_called(host));
        // With its link known it is told there.
        if other.is_some_and(|other| other.said.answers()) {
            continue;
        }
        let mut problem = Problem::new(
            true,
            format!(
                "the replica {host} does not acknowledge what {} sends, for {:.0} s now",
                server.name,
                ms as f64 / 1000.0
            ),
        );
        problem.cause = format!(
            "{} goes on showing it as connected until the kernel gives up.",
            server.name
        );
        if let Some(why) = other.and_then(|other| other.said.unreachable.as_ref()) {
            problem.cause += &format!(" It cannot be asked either: {why}.");
        }
        found.push(problem.next(
            &format!("to see whether it is there{}", server.place()),
            format!("ping -c 3 {host}"),
        ));
    }
}

/// Returns what it means that a server on a host does not answer, and why.
pub fn unanswered(name: &str, why: &str) -> String {
    if why.contains("does not run") || why.contains("ERROR 2002") {
        format!("MariaDB on {name} is stopped")
    } else {
        format!("MariaDB on {name} does not answer: {why}")
    }
}

fn silent(server: &Server, why: &str, start: Option<Hint>) -> Problem {
    let start = start.unwrap_or_else(|| Hint {
        purpose: format!("to start it{}", server.place()),
        command: "systemctl start mariadb".to_owned(),
    });
    Problem::new(true, unanswered(server.name, why))
        .next(&start.purpose, start.command)
        .next(
            &format!("what it said when it stopped{}", server.place()),
            "journalctl --unit mariadb --lines 20 --no-pager",
        )
}

/// Sessions that wait because somebody holds a global read lock.
fn locked(server: &Server, found: &mut Vec<Problem>) {
    if let Some(who) = server.said.locked_by() {
        found.push(
            Problem::new(
                false,
                format!("writes on {} wait for `db lock`: {who}", server.name),
            )
            .next(
                "in its shell; in front of a command it ends with that",
                "bascule db unlock",
            ),
        );
        return;
    }
    let waiting: Vec<f64> = server
        .said
        .sessions
        .iter()
        .filter(|session| {
            let state = session.state.as_deref().unwrap_or_default();
            WAITING.contains(&state)
        })
        .map(|session| session.seconds)
        .collect();
    let Some(longest) = waiting.iter().copied().reduce(f64::max) else {
        return;
    };
    let wait = match waiting.len() {
        1 => "waits",
        _ => "wait",
    };
    let who = count(waiting.len(), "session");
    found.push(
        Problem::new(
            true,
            format!(
                "{who} {wait} to write on {}, for {longest:.0} s: somebody holds a global read lock",
                server.name
            ),
        )
        .next("where `db lock` was typed", "bascule db unlock")
        .next(
            &format!("to see who else it may be{}", server.place()),
            "mariadb -e 'SHOW FULL PROCESSLIST'",
        ),
    );
}

/// The table of a test that was cut short, where no test is at work. Another one of that name is refused by
/// the command, which says so.
fn left_of_a_test(server: &Server, found: &mut Vec<Problem>) {
    let said = server.said;
    let left = said.databases.iter().filter(|one| one.has_test);
    for database in left.filter(|_| said.at_work.is_none()) {
        let name = &database.name;
        found.push(
            Problem::new(
                false,
                format!(
                    "a test or a promotion that was cut short has left the table {name}.{TEST_TABLE} on {}",
                    server.name
                ),
            )
            .next(
                "to drop it, on both",
                format!("bascule db test --database {name}"),
            ),
        );
    }
}

/// Settings with which a crash or a write in the wrong place goes unnoticed, or the roles cannot be swapped.
fn careless(server: &Server, primary: bool, circle: bool, found: &mut Vec<Problem>) {
    let said = server.said;
    let mut wrong = Vec::new();
    if said.has_binlog() && !said.is_on("gtid_strict_mode") {
        wrong.push("gtid_strict_mode is off: a write in the wrong place goes unnoticed".to_owned());
    }
    if said.follows().is_some() && said.variable("log_bin").is_some() && !said.has_binlog() {
        wrong.push("log_bin is off: db promote refuses it".to_owned());
    }
    // An older record does not tell.
    if said.has_binlog()
        && said.variable("log_slave_updates").is_some()
        && !said.is_on("log_slave_updates")
    {
        wrong.push(match said.follows() {
            Some(_) => "log_slave_updates is off: db promote refuses it".to_owned(),
            None => {
                "log_slave_updates is off: once it is a replica, db promote refuses it".to_owned()
            }
        });
    }
    if primary && said.has_binlog() {
        if let Some(format) = said.variable("binlog_format").filter(|is| *is != "ROW") {
            wrong.push(format!(
                "binlog_format is {format}: some statements do something else on the replica"
            ));
        }
        if said.number("sync_binlog").is_some_and(|n| n != 1) {
            wrong.push(
                "sync_binlog is not 1: after a power cut the replica may have more".to_owned(),
            );
        }
        if said
            .number("innodb_flush_log_at_trx_commit")
            .is_some_and(|n| n != 1)
        {
            wrong.push(
                "innodb_flush_log_at_trx_commit is not 1: after a power cut the replica may have more"
                    .to_owned(),
            );
        }
    }
    if wrong.is_empty() {
        return;
    }
    let mut problem = Problem::new(false, format!("on {}: {}", server.name, wrong.join("; ")));
    if circle {
        problem.cause =
            "The verbs that set it right are refused as long as the two follow each other."
                .to_owned();
        found.push(problem);
        return;
    }
    let (purpose, verb) = match said.follows() {
        None => ("to set it right", "bascule db primary".to_owned()),
        Some(link) => (
            // The verb is for one that is a replica and nothing else.
            match primary {
                true => "once nobody replicates from it, then to set it right",
                false => "to set it right",
            },
            format!("bascule db replicate {}", link.primary_host()),
        ),
    };
    problem = problem.next(&format!("{purpose}{}", server.place()), verb);
    found.push(problem);
}

//! What is wrong with one server: it does not answer, writes no binlog, is read-only where it must
//! not be or takes writes where it should not, is about to fill its disk.

use super::super::Problem;
use super::scene::{Scene, Server, expected};
use super::silence::{deaf, is_of_the_network};
use crate::ui::bytes::amount;

/// A disk that is this full will stop the server soon.
const FULL: u64 = 256_000_000;

/// A disk that is this full is worth a word.
const NEARLY_FULL: u64 = 1_000_000_000;

/// Binlogs that are kept for less do not outlast a night.
const SHORT: u64 = 24 * 3600;

/// The states in which a session waits for a global read lock (10.5 and later; before).
const WAITING: [&str; 3] = [
    "Waiting for backup lock",
    "Waiting for global read lock",
    "Waiting for commit lock",
];

/// Adds what is wrong with one server.
pub(super) fn judge(scene: &Scene, at: usize, found: &mut Vec<Problem>) {
    let server = &scene.servers[at];
    let said = server.said;
    if let Some(why) = &said.unreachable {
        unreachable(scene, at, why, found);
        return;
    }
    let replica = scene.links_of(at).next().is_some();
    let primary = scene.has_replicas(at);
    if !said.installed {
        return;
    }
    if let Some(why) = &said.unanswered {
        found.push(silent(server, why));
        return;
    }
    locked(server, found);
    unheard(scene, server, found);
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
    if primary && !replica && is_read_only(server) {
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
    if replica && !is_read_only(server) {
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
    if primary {
        semi_sync_primary(server, found);
        no_replica(scene, at, found);
    } else if !expected(said).is_empty() && said.has_binlog() && !replica {
        no_replica(scene, at, found);
    }
    if replica {
        semi_sync_replica(server, found);
    }
    if primary || replica {
        binlogs(scene, at, found);
        careless(server, primary, found);
        for (what, why) in &said.failed {
            found.push(Problem::new(
                false,
                format!("{} did not tell of its {what}: {why}", server.name),
            ));
        }
    }
}

/// Returns true when clients cannot write; whatever is not OFF is read-only (12.0 has more words).
pub fn is_read_only(server: &Server) -> bool {
    server
        .said
        .variable("read_only")
        .is_some_and(|value| value != "OFF")
}

/// A host that ssh does not reach. What its link says of it is told there.
fn unreachable(scene: &Scene, at: usize, why: &str, found: &mut Vec<Problem>) {
    let host = scene.servers[at].name;
    let network = is_of_the_network(why);
    let primary = scene.bonds.iter().any(|bond| bond.primary == Some(at));
    // The one that thinks it connected.
    let sender = scene.servers.iter().find(|other| {
        other.said.replicas().any(|session| {
            let name = session.host.rsplit_once(':').map(|(name, _)| name);
            name == Some(host)
        })
    });
    let told = match sender {
        Some(sender) => deaf(sender).iter().any(|(name, _)| *name == host),
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
    problem = problem.next("to see for yourself", format!("ssh root@{host} true"));
    if why.contains("ermission denied") || why.contains("ost key verification") {
        problem = problem.next(
            "to have it let this host in",
            format!("ssh-copy-id root@{host}"),
        );
    }
    found.push(problem);
}

/// Replicas that do not hear what their primary sends, and that it has no other word of.
fn unheard(scene: &Scene, server: &Server, found: &mut Vec<Problem>) {
    for (host, ms) in deaf(server) {
        let other = scene.servers.iter().find(|other| other.is_called(host));
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

fn silent(server: &Server, why: &str) -> Problem {
    let name = server.name;
    let stopped = why.contains("does not run") || why.contains("ERROR 2002");
    let what = if stopped {
        format!("MariaDB on {name} is stopped")
    } else {
        format!("MariaDB on {name} does not answer: {why}")
    };
    Problem::new(true, what)
        .next(
            &format!("to start it{}", server.place()),
            "systemctl start mariadb",
        )
        .next(
            &format!("what it said when it stopped{}", server.place()),
            "journalctl --unit mariadb --lines 20 --no-pager",
        )
}

/// Sessions that wait because somebody holds a global read lock.
fn locked(server: &Server, found: &mut Vec<Problem>) {
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
    let (who, wait) = match waiting.len() {
        1 => ("1 session".to_owned(), "waits"),
        n => (format!("{n} sessions"), "wait"),
    };
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

/// Semi-sync that is asked for and not in force: commits wait for nobody.
fn semi_sync_primary(server: &Server, found: &mut Vec<Problem>) {
    let said = server.said;
    let active = said.status.get("Rpl_semi_sync_master_status");
    if !said.is_on("rpl_semi_sync_master_enabled") || active.is_none_or(|value| value == "ON") {
        return;
    }
    let clients = said
        .status_number("Rpl_semi_sync_master_clients")
        .unwrap_or(0);
    let why = if clients == 0 {
        "no replica takes part"
    } else {
        "no replica answered in time"
    };
    let mut problem = Problem::new(
        false,
        format!(
            "semi-sync is on and not in force on {}: {why}, so commits wait for nobody",
            server.name
        ),
    );
    problem.cause = format!(
        "After rpl_semi_sync_master_timeout ({} ms) a primary goes on without; it comes back by \
         itself when a replica answers again.",
        said.number("rpl_semi_sync_master_timeout")
            .unwrap_or(10_000)
    );
    found.push(problem.next(
        "on the replica",
        "mariadb -e 'SET GLOBAL rpl_semi_sync_slave_enabled=ON; STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'",
    ));
}

fn semi_sync_replica(server: &Server, found: &mut Vec<Problem>) {
    let said = server.said;
    let active = said.status.get("Rpl_semi_sync_slave_status");
    let reads = said.links.iter().any(|link| link.io() == "Yes");
    if reads
        && said.is_on("rpl_semi_sync_slave_enabled")
        && active.is_some_and(|value| value == "OFF")
    {
        let mut problem = Problem::new(
            false,
            format!("semi-sync is on and not in force on {}", server.name),
        );
        problem.cause =
            "It is taken up when the IO thread connects, and only with a primary that has it."
                .to_owned();
        found.push(problem.next(
            &format!("to connect anew{}", server.place()),
            "mariadb -e 'STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'",
        ));
    }
}

/// A primary that has accounts for replicas which are not connected.
fn no_replica(scene: &Scene, at: usize, found: &mut Vec<Problem>) {
    let server = &scene.servers[at];
    let missing = missing(scene, at);
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
    if trap && needed.unwrap_or(1) > server.said.replicas().count() as u64 {
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
    found.push(problem.next("there", "bascule db status"));
}

/// Returns the accounts of a server's replicas that are not connected; one that was asked and has a
/// link tells by itself why.
fn missing(scene: &Scene, at: usize) -> Vec<String> {
    let said = scene.servers[at].said;
    let expected = expected(said);
    let sessions = |user: &str| said.replicas().filter(|s| s.user == user).count();
    let accounts = |user: &str| expected.iter().filter(|(name, _)| *name == user).count();
    expected
        .iter()
        .filter(|(user, host)| {
            let asked = scene.servers.iter().position(|other| other.is_called(host));
            let silent = asked.is_none_or(|other| scene.links_of(other).next().is_none());
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
pub fn kept(server: &Server) -> Option<u64> {
    let said = server.said;
    let days = said.number("expire_logs_days").unwrap_or(0) * 24 * 3600;
    let seconds = said.number("binlog_expire_logs_seconds").unwrap_or(days);
    (seconds > 0).then_some(seconds)
}

fn binlogs(scene: &Scene, at: usize, found: &mut Vec<Problem>) {
    let server = &scene.servers[at];
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
    if !scene.has_replicas(at) || !said.has_binlog() {
        return;
    }
    match kept(server) {
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

/// Settings with which a crash or a write in the wrong place goes unnoticed.
fn careless(server: &Server, primary: bool, found: &mut Vec<Problem>) {
    let said = server.said;
    let mut wrong = Vec::new();
    if said.has_binlog() && !said.is_on("gtid_strict_mode") {
        wrong.push("gtid_strict_mode is off: a write in the wrong place goes unnoticed".to_owned());
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
    let verb = if primary {
        "bascule db primary".to_owned()
    } else {
        let link = said
            .links
            .iter()
            .find(|link| !link.primary_host().is_empty());
        format!(
            "bascule db replicate {}",
            link.map_or("PRIMARY", |link| link.primary_host())
        )
    };
    found.push(
        Problem::new(false, format!("on {}: {}", server.name, wrong.join("; ")))
            .next(&format!("to set it right{}", server.place()), verb),
    );
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

//! What is wrong with a link: errors, threads that do not run, server ids, filters, releases.

use super::super::Problem;
use super::silence::is_of_the_network;
use super::topology::{Edge, Topology};
use super::{accounts, alike, divergence, silence};
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::mariadb::{Diagnosis, ErrorKind, crossing, diagnose_with};
use crate::plan::{Hint, shell_line};

/// Adds what is wrong with one link.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let replica = &topology.servers[edge.replica];
    if !replica.said.answers() {
        return;
    }
    let failed = errors(topology, edge, found);
    // A link that was stopped ends at once where each holds what the other lacks: that is told instead.
    let stopped = edge.link.io_state() == "No" || edge.link.sql() == "No";
    let parted = stopped && divergence::errant_sentence(topology, edge).is_some();
    if !failed {
        if !parted {
            threads(topology, edge, found);
        }
        silence::judge(topology, edge, found);
    }
    if !failed || !tells_of_divergence(edge.link) {
        divergence::judge(topology, edge, found);
    }
    server_ids(topology, edge, found);
    using_gtid(topology, edge, found);
    filters(topology, edge, found);
    super::filters::judge(topology, edge, found);
    releases(topology, edge, found);
    alike::judge(topology, edge, found);
    accounts::judge(topology, edge, found);
}

/// Tells each thread's error with what it means; returns true when there was one.
fn errors(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) -> bool {
    let link = edge.link;
    let replica = topology.servers[edge.replica].name;
    let primary = topology.primary_name(edge);
    let both = [
        (
            link.io_errno(),
            link.io_error(),
            format!("{replica} does not read from {primary}"),
        ),
        (
            link.sql_errno(),
            link.sql_error(),
            format!("{replica} has stopped applying"),
        ),
    ];
    let mut any = false;
    for (errno, text, what) in both {
        // A statement that failed there and not here, or in another way, has no number of its own.
        let unnumbered = errno == 0 && !text.is_empty() && text == link.sql_error();
        if (errno == 0 && !unnumbered) || (errno == link.io_errno() && is_stale(link)) {
            continue;
        }
        any = true;
        let said = edge.primary.map(|primary| topology.servers[primary].said);
        let was_lost = matches!(errno, 2002 | 2003 | 2006 | 2013);
        // That one is stopped has been told, with how to start it.
        if was_lost && said.is_some_and(|it| it.unreachable.is_none() && it.unanswered.is_some()) {
            continue;
        }
        // What it said last while the host went down may be anything; that the host is gone is the cause.
        let gone = said.and_then(|it| it.unreachable.as_deref());
        if let (true, Some(why)) = (was_lost, gone.filter(|why| is_of_the_network(why))) {
            found.push(not_reached(topology, edge, errno, why));
            continue;
        }
        let also = also_replicate(topology, edge, errno, text);
        let text = without_query(text);
        let known = [("primary", link.primary_host()), ("replica", replica)];
        let Some(diagnosis) = diagnose_with(errno, text, &known) else {
            let mut problem = Problem::new(true, format!("{what} (errno {errno}): {text}")).next(
                "what it said before",
                "journalctl --unit mariadb --lines 30",
            );
            problem.next.splice(0..0, also);
            found.push(problem);
            continue;
        };
        let mut problem = Problem::new(
            diagnosis.kind != ErrorKind::Harmless,
            format!("{what} (errno {errno}): {}", diagnosis.what),
        );
        let again = match link.io_state() {
            "Connecting" => format!("It tries again every {} s.", link.connect_retry()),
            _ => String::new(),
        };
        problem.cause = sentences([diagnosis.cause.as_str(), &diagnosis.look, &again]);
        // The last attempt may be older than the server that runs there now.
        if was_lost && !again.is_empty() && said.is_some_and(DatabaseServer::answers) {
            problem.cause = format!("The server on {primary} answers now. {again}");
            let now = format!("to connect now{}", topology.servers[edge.replica].place());
            problem = problem.next(&now, "bascule db start");
        }
        if diagnosis.kind == ErrorKind::Divergence
            && let Some(extra) = divergence::errant_sentence(topology, edge)
        {
            problem.cause = sentences([problem.cause.as_str(), &extra]);
        }
        problem.next.extend(next(diagnosis));
        if let Some(also) = also {
            // To copy the same databases anew would end in the same error.
            let same = |hint: &Hint| hint.command.starts_with("bascule db replicate");
            problem.next.retain(|hint| !same(hint));
            problem.next.insert(0, also);
        }
        found.push(problem);
    }
    any
}

/// A primary whose host the network does not reach.
fn not_reached(topology: &Topology, edge: &Edge, errno: u32, why: &str) -> Problem {
    let server = &topology.servers[edge.replica];
    let (replica, host) = (server.name, edge.link.primary_host());
    let mut problem = Problem::new(
        true,
        match errno {
            0 => format!("{replica} does not read from {host}: the host is not reached"),
            _ => format!(
                "{replica} does not read from {host} (errno {errno}): the host is not reached"
            ),
        },
    );
    let why = why.trim_start_matches("ssh: ");
    problem.cause = sentences([
        &format!("It is down, or the link to it is cut ({why})."),
        &format!(
            "{replica} tries again every {} s and goes on by itself once it is back.",
            edge.link.connect_retry()
        ),
        "",
    ]);
    let place = server.place();
    problem
        .next(
            &format!("to see whether {host} is there{place}"),
            format!("ping -c 3 {host}"),
        )
        .next(
            &format!("if it is dead, and stays so: to take its place{place}"),
            "bascule db promote --primary-is-dead",
        )
}

/// Returns what replicates a database as well that an error says is lacking, where a filter for whole
/// databases leaves it out and the primary has it.
fn also_replicate(topology: &Topology, edge: &Edge, errno: u32, error: &str) -> Option<Hint> {
    let name = crossing::lacking(errno, error)?;
    let mut taken = crossing::databases_taken(edge.link.column("Replicate_Wild_Do_Table"))?;
    let primary = edge.primary.map(|primary| topology.servers[primary].said);
    let has = primary.is_none_or(|said| !said.answers() || said.database(&name).is_some());
    if taken.contains(&name) || !has {
        return None;
    }
    taken.push(name.clone());
    let words: Vec<String> = taken
        .into_iter()
        .flat_map(|name| ["--database".to_owned(), name])
        .collect();
    Some(Hint {
        purpose: format!(
            "to replicate {name} as well{}",
            topology.servers[edge.replica].place()
        ),
        command: format!(
            "bascule db replicate {} {}",
            edge.link.primary_host(),
            shell_line(&words)
        ),
    })
}

/// Returns true when the IO thread was stopped while it tried to connect, which ends no thread by
/// itself: its last error stands there and is not why it is stopped.
fn is_stale(link: &Link) -> bool {
    const CONNECTING: [u32; 5] = [1040, 1045, 1129, 1130, 1698];
    let errno = link.io_errno();
    link.io_state() == "No" && (errno >= 2000 || CONNECTING.contains(&errno))
}

/// Returns true when the link's own error is about transactions that only one of the two has.
fn tells_of_divergence(link: &Link) -> bool {
    [
        (link.io_errno(), link.io_error()),
        (link.sql_errno(), link.sql_error()),
    ]
    .into_iter()
    .filter_map(|(errno, text)| diagnose_with(errno, text, &[]))
    .any(|diagnosis| diagnosis.kind == ErrorKind::Divergence)
}

/// Returns the commands of a diagnosis, without the one that is being read.
fn next(diagnosis: Diagnosis) -> Vec<Hint> {
    let here = |hint: &Hint| hint.command == "bascule db status";
    diagnosis
        .next
        .into_iter()
        .filter(|hint| !here(hint))
        .collect()
}

/// Returns an error's text without the statement that failed, which may hold anything.
fn without_query(text: &str) -> &str {
    let end = text.find(" on query. Default database");
    let end = end.or_else(|| text.find(" Query: '"));
    text[..end.unwrap_or(text.len())].trim_end()
}

fn sentences<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Why threads stand still without an error.
const STOPPED: &str =
    "It was stopped by STOP SLAVE, or not started with the server (skip_slave_start).";

/// Returns what a link's last attempt to connect came to.
fn connecting(link: &Link) -> String {
    let (errno, text) = (link.io_errno(), link.io_error());
    match diagnose_with(errno, text, &[("primary", link.primary_host())]) {
        Some(diagnosis) => diagnosis.what,
        None => text.to_owned(),
    }
}

/// Threads that do not run, without an error that says why.
fn threads(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let link = edge.link;
    let server = &topology.servers[edge.replica];
    let (replica, primary) = (server.name, topology.primary_name(edge));
    let go_on = format!("to go on{}", server.place());
    let what = match (link.io_state(), link.sql()) {
        ("No", "No") => {
            format!("{replica} does not replicate from {primary}: both threads are stopped")
        }
        ("No", _) => format!("{replica} does not read from {primary}: its IO thread is stopped"),
        (_, "No") => {
            format!("{replica} reads from {primary} and applies nothing: its SQL thread is stopped")
        }
        _ => {
            let said = edge.primary.map(|primary| topology.servers[primary].said);
            let gone = said.and_then(|it| it.unreachable.as_deref());
            if link.io_state() != "Connecting" {
                return;
            }
            if let Some(why) = gone.filter(|why| is_of_the_network(why)) {
                found.push(not_reached(topology, edge, 0, why));
            } else {
                found.push(Problem::new(
                    true,
                    format!(
                        "{replica} has no connection with {primary} and tries again every {} s",
                        link.connect_retry()
                    ),
                ));
            }
            return;
        }
    };
    let mut problem = Problem::new(true, what).next(&go_on, "bascule db start");
    problem.cause = STOPPED.to_owned();
    if is_stale(link) {
        problem.cause += &format!(
            " Before, it could not connect (errno {}): {}.",
            link.io_errno(),
            connecting(link)
        );
    }
    found.push(problem);
}

fn server_ids(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let replica = &topology.servers[edge.replica];
    // Error 1593 tells of the same id, and is a problem of its own.
    let told = diagnose_with(edge.link.io_errno(), edge.link.io_error(), &[])
        .is_some_and(|diagnosis| diagnosis.errno == 1593);
    let Some(id) = replica.said.server_id().filter(|_| !told) else {
        return;
    };
    let theirs = edge
        .primary
        .and_then(|primary| topology.servers[primary].said.server_id());
    if theirs == Some(id) {
        let mut problem = Problem::new(
            true,
            format!(
                "{} and {} have the same server id, {id}",
                replica.name,
                topology.primary_name(edge)
            ),
        );
        problem.cause = "Each takes the other's transactions for its own and skips them; at the \
                         next start of the link it stops (errno 1593)."
            .to_owned();
        found.push(problem.next(
            &format!("to give it one from its address, on {}", replica.name),
            format!("bascule db replicate {}", edge.link.primary_host()),
        ));
    }
}

fn using_gtid(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    if edge.link.using_gtid() == "No" {
        found.push(
            Problem::new(
                false,
                format!(
                    "{} follows by file and position, not by GTID: neither a crash nor a promote \
                     is safe",
                    topology.servers[edge.replica].name
                ),
            )
            .next(
                "to go over to GTIDs, on the replica",
                format!("bascule db replicate {}", edge.link.primary_host()),
            ),
        );
    }
}

/// Filters that go by the database somebody happened to `USE`.
fn filters(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let server = &topology.servers[edge.replica];
    for (column, value) in edge.link.filters() {
        if !matches!(column, "Replicate_Do_DB" | "Replicate_Ignore_DB") {
            continue;
        }
        let name = column.to_lowercase();
        let problem = Problem::new(
            false,
            format!(
                "{} filters by {name}={value}: a statement such as ALTER TABLE goes by the database \
                 that was chosen by USE, not by the table's",
                server.name
            ),
        );
        // Every one of them: what is left out would not be replicated any more.
        let mut databases = Vec::new();
        for one in crate::mariadb::filter::items(value) {
            databases.extend(["--database".to_owned(), one.to_owned()]);
        }
        let place = server.place();
        found.push(match column {
            "Replicate_Do_DB" => problem.next(
                &format!("to filter by the table's database{place}"),
                format!(
                    "bascule db replicate {} {}",
                    edge.link.primary_host(),
                    shell_line(&databases)
                ),
            ),
            // What is left out has no words for the verb: a list of the others would leave out what
            // is made tomorrow as well.
            _ => problem.next(
                &format!(
                    "to see where it is set{place}, and write replicate_wild_ignore_table there"
                ),
                "grep -rniE 'replicate[-_]ignore[-_]db' /etc/mysql",
            ),
        });
    }
}

/// Adds the trouble that two releases make for each other.
fn releases(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let replica = &topology.servers[edge.replica];
    let Some(primary) = edge.primary.map(|primary| &topology.servers[primary]) else {
        return;
    };
    if let (Some(theirs), Some(ours)) = (primary.version(), replica.version())
        && let Some(concern) = theirs.newer_than(ours)
    {
        let mut problem = Problem::new(false, concern.what);
        problem.cause = format!("{}.", capital(&concern.mend));
        found.push(problem);
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

//! What is wrong with a link: errors, threads that do not run, server ids, filters, releases.

use super::super::Problem;
use super::scene::{Bond, Scene};
use super::silence::is_of_the_network;
use super::{accounts, alike, divergence, silence};
use crate::facts::Database;
use crate::facts::database::Link;
use crate::mariadb::{Diagnosis, Kind, crossing, diagnose_with};
use crate::plan::{Hint, shell_line};

/// Adds what is wrong with one link.
pub(super) fn judge(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) {
    let replica = &scene.servers[bond.replica];
    if !replica.said.answers() {
        return;
    }
    let failed = errors(scene, bond, found);
    // A link that was stopped ends at once where each holds what the other lacks: that is told instead.
    let stopped = bond.link.io() == "No" || bond.link.sql() == "No";
    let parted = stopped && divergence::extra(scene, bond).is_some();
    if !failed {
        if !parted {
            threads(scene, bond, found);
        }
        silence::judge(scene, bond, found);
    }
    if !failed || !tells_of_divergence(bond.link) {
        divergence::judge(scene, bond, found);
    }
    server_ids(scene, bond, found);
    using_gtid(scene, bond, found);
    filters(scene, bond, found);
    super::filters::judge(scene, bond, found);
    releases(scene, bond, found);
    alike::judge(scene, bond, found);
    accounts::judge(scene, bond, found);
}

/// Tells each thread's error with what it means; returns true when there was one.
fn errors(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) -> bool {
    let link = bond.link;
    let replica = scene.servers[bond.replica].name;
    let primary = scene.primary_name(bond);
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
        let said = bond.primary.map(|primary| scene.servers[primary].said);
        let was_lost = matches!(errno, 2002 | 2003 | 2006 | 2013);
        // That one is stopped has been told, with how to start it.
        if was_lost && said.is_some_and(|it| it.unreachable.is_none() && it.unanswered.is_some()) {
            continue;
        }
        // What it said last while the host went down may be anything; that the host is gone is the cause.
        let gone = said.and_then(|it| it.unreachable.as_deref());
        if let (true, Some(why)) = (was_lost, gone.filter(|why| is_of_the_network(why))) {
            found.push(not_reached(scene, bond, errno, why));
            continue;
        }
        let also = also(scene, bond, errno, text);
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
            diagnosis.kind != Kind::Harmless,
            format!("{what} (errno {errno}): {}", diagnosis.what),
        );
        let again = match link.io() {
            "Connecting" => format!("It tries again every {} s.", link.connect_retry()),
            _ => String::new(),
        };
        problem.cause = sentences([diagnosis.cause.as_str(), &diagnosis.look, &again]);
        // The last attempt may be older than the server that runs there now.
        if was_lost && !again.is_empty() && said.is_some_and(Database::answers) {
            problem.cause = format!("The server on {primary} answers now. {again}");
            let now = format!("to connect now{}", scene.servers[bond.replica].place());
            problem = problem.next(&now, "bascule db start");
        }
        if diagnosis.kind == Kind::Divergence
            && let Some(extra) = divergence::extra(scene, bond)
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
fn not_reached(scene: &Scene, bond: &Bond, errno: u32, why: &str) -> Problem {
    let server = &scene.servers[bond.replica];
    let (replica, host) = (server.name, bond.link.primary_host());
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
            bond.link.connect_retry()
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
fn also(scene: &Scene, bond: &Bond, errno: u32, error: &str) -> Option<Hint> {
    let name = crossing::lacking(errno, error)?;
    let mut taken = crossing::taken(bond.link.column("Replicate_Wild_Do_Table"))?;
    let primary = bond.primary.map(|primary| scene.servers[primary].said);
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
            scene.servers[bond.replica].place()
        ),
        command: format!(
            "bascule db replicate {} {}",
            bond.link.primary_host(),
            shell_line(&words)
        ),
    })
}

/// Returns true when the IO thread was stopped while it tried to connect, which ends no thread by
/// itself: its last error stands there and is not why it is stopped.
fn is_stale(link: &Link) -> bool {
    const CONNECTING: [u32; 5] = [1040, 1045, 1129, 1130, 1698];
    let errno = link.io_errno();
    link.io() == "No" && (errno >= 2000 || CONNECTING.contains(&errno))
}

/// Returns true when the link's own error is about transactions that only one of the two has.
fn tells_of_divergence(link: &Link) -> bool {
    [
        (link.io_errno(), link.io_error()),
        (link.sql_errno(), link.sql_error()),
    ]
    .into_iter()
    .filter_map(|(errno, text)| diagnose_with(errno, text, &[]))
    .any(|diagnosis| diagnosis.kind == Kind::Divergence)
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
fn threads(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) {
    let link = bond.link;
    let server = &scene.servers[bond.replica];
    let (replica, primary) = (server.name, scene.primary_name(bond));
    let go_on = format!("to go on{}", server.place());
    let what = match (link.io(), link.sql()) {
        ("No", "No") => {
            format!("{replica} does not replicate from {primary}: both threads are stopped")
        }
        ("No", _) => format!("{replica} does not read from {primary}: its IO thread is stopped"),
        (_, "No") => {
            format!("{replica} reads from {primary} and applies nothing: its SQL thread is stopped")
        }
        _ => {
            let said = bond.primary.map(|primary| scene.servers[primary].said);
            let gone = said.and_then(|it| it.unreachable.as_deref());
            if link.io() != "Connecting" {
                return;
            }
            if let Some(why) = gone.filter(|why| is_of_the_network(why)) {
                found.push(not_reached(scene, bond, 0, why));
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

fn server_ids(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) {
    let replica = &scene.servers[bond.replica];
    // 1593 has said it.
    let told = diagnose_with(bond.link.io_errno(), bond.link.io_error(), &[])
        .is_some_and(|diagnosis| diagnosis.errno == 1593);
    let Some(id) = replica.said.server_id().filter(|_| !told) else {
        return;
    };
    let theirs = bond
        .primary
        .and_then(|primary| scene.servers[primary].said.server_id());
    if theirs == Some(id) {
        let mut problem = Problem::new(
            true,
            format!(
                "{} and {} have the same server id, {id}",
                replica.name,
                scene.primary_name(bond)
            ),
        );
        problem.cause = "Each takes the other's transactions for its own and skips them; at the \
                         next start of the link it stops (errno 1593)."
            .to_owned();
        found.push(problem.next(
            &format!("to give it one from its address, on {}", replica.name),
            format!("bascule db replicate {}", bond.link.primary_host()),
        ));
    }
}

fn using_gtid(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) {
    if bond.link.using_gtid() == "No" {
        found.push(
            Problem::new(
                false,
                format!(
                    "{} follows by file and position, not by GTID: neither a crash nor a promote \
                     is safe",
                    scene.servers[bond.replica].name
                ),
            )
            .next(
                "to go over to GTIDs, on the replica",
                format!("bascule db replicate {}", bond.link.primary_host()),
            ),
        );
    }
}

/// Filters that go by the database somebody happened to `USE`.
fn filters(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) {
    let server = &scene.servers[bond.replica];
    for (column, value) in bond.link.filters() {
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
                    bond.link.primary_host(),
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

/// What two releases do to each other.
fn releases(scene: &Scene, bond: &Bond, found: &mut Vec<Problem>) {
    let replica = &scene.servers[bond.replica];
    let Some(primary) = bond.primary.map(|primary| &scene.servers[primary]) else {
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

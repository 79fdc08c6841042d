//! Prepared XA transactions: they have no session, hold their locks over restarts, and end by `XA COMMIT` or
//! `XA ROLLBACK` alone.
//!
//! `XA PREPARE` stands in the binlog where it was given, and its rows are in no view until `XA COMMIT`: a copy
//! that is made in between has its GTID and not its rows, and the replica stops at the `XA COMMIT` (1397; seen
//! on 10.11 and 11.8). On the server whose databases are replaced one keeps them from being dropped (1205).

use super::endpoint::Endpoint;
use crate::facts::DatabaseServer;
use crate::plan::{ANSWER, Check, Guard, Refusal, Step, shell_line, sql_client};

/// How many are named with what ends them.
const SHOWN: usize = 4;

/// Says which there are, before or after a copy.
const SCRIPT: &str = include_str!("prepared.sh");

/// How long those that were there when a copy was made may take to end, in seconds.
const PATIENCE: u64 = 30;

/// How they are listed as they are typed.
const RECOVER: &str = "XA RECOVER FORMAT='SQL'";

/// Returns a statement about them as it is typed on the server's host. An xid has no sign that means anything
/// between these quotes: what is no letter, digit, `-`, `_` or blank, the server prints in hexadecimal digits.
fn typed_statement(server: &DatabaseServer, statement: &str) -> String {
    format!("{} -e \"{statement}\"", server.client)
}

/// Refuses to copy what a server holds while it has any.
///
/// # Errors
/// With each of them as it is typed, and with what ends it.
pub fn none_is_left_out(server: &DatabaseServer) -> Result<(), Refusal> {
    let prepared = &server.prepared;
    if prepared.is_empty() {
        return Ok(());
    }
    let host = &server.host;
    let mut refusal = Refusal::check(format!(
        "{}: no copy has what {} changed, and a replica made of one would stop at the XA COMMIT (errno 1397)",
        there_are(server),
        pronoun(prepared),
    ))
    .hint(
        format!("whoever prepared it is to end it; to see whether that was done, on {host}"),
        typed_statement(server, RECOVER),
    );
    for xid in prepared.iter().take(SHOWN) {
        refusal = refusal
            .hint(
                format!("if nobody does: to keep what {xid} changed, on {host}"),
                typed_statement(server, &format!("XA COMMIT {xid}")),
            )
            .hint(
                "or to drop it, there",
                typed_statement(server, &format!("XA ROLLBACK {xid}")),
            );
    }
    Err(refusal.hint(
        "where that says 1397, its session is still connected, and is to end it: to find it, there",
        typed_statement(server, "SHOW PROCESSLIST"),
    ))
}

/// Refuses to replace the databases of a replica while it has any.
///
/// # Errors
/// With each of them as it is typed, and with what ends it.
pub fn none_holds(replica: &DatabaseServer) -> Result<(), Refusal> {
    let prepared = &replica.prepared;
    if prepared.is_empty() {
        return Ok(());
    }
    let mut refusal = Refusal::check(format!(
        "{}: {} locks what would be dropped",
        there_are(replica),
        pronoun(prepared)
    ))
    .hint(CAME, typed_statement(replica, RECOVER));
    for xid in prepared.iter().take(SHOWN) {
        refusal = refusal.hint(
            format!("{ENDED}, to end {xid} here"),
            typed_statement(replica, &ended_here(xid)),
        );
    }
    Err(refusal)
}

/// Tells of those that a server keeps when it follows its primary no more.
pub fn stay_warning(server: &DatabaseServer) -> Option<Check> {
    let xid = server.prepared.first()?;
    let warning = Check::warning(format!(
        "{}: no primary ends {} any more, and {} locks what was changed until it is typed here",
        there_are(server),
        match server.prepared.as_slice() {
            [_] => "it",
            _ => "them",
        },
        pronoun(&server.prepared),
    ));
    Some(warning.note(typed_statement(server, &format!("XA ROLLBACK {xid}"))))
}

/// The purpose of a command for a prepared transaction that came by replication.
const CAME: &str =
    "where it came by replication, its end on the primary comes too; to see whether it has";

/// Where one is nobody's any more.
const ENDED: &str = "where the primary has ended it, or never had it";

/// Returns what ends one on a replica alone. Logged there it would be a transaction of the replica's own.
fn ended_here(xid: &str) -> String {
    format!("SET SESSION sql_log_bin=0; XA ROLLBACK {xid}")
}

fn there_are(server: &DatabaseServer) -> String {
    let (host, prepared) = (&server.host, server.prepared.as_slice());
    match prepared {
        [one] => format!("{host} has a prepared XA transaction, {one}"),
        several => {
            let shown: Vec<&str> = several.iter().take(SHOWN).map(String::as_str).collect();
            let more = match several.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!(
                "{host} has {} prepared XA transactions, {}{more}",
                several.len(),
                shown.join(" and ")
            )
        }
    }
}

fn pronoun(prepared: &[String]) -> &'static str {
    match prepared {
        [_] => "it",
        _ => "they",
    }
}

/// Returns the step after a copy that fails where one of those that are prepared now does not end: it may
/// have been before the copy's GTID.
pub fn none_was_left_out(side: &Endpoint) -> Step {
    let ends = format!(
        "that nobody ended within {PATIENCE} s, and its rows may be in no copy: to end it there, XA COMMIT or XA ROLLBACK"
    );
    let step = all_end(
        side.server,
        PATIENCE,
        &ends,
        "no XA transaction was left prepared: its rows would be in no copy, and its GTID before the copy's",
    );
    side.place(step.within(PATIENCE + 20))
}

/// Returns the step before anything is dropped that fails where one is prepared: the last event before the
/// threads ended may have left one.
pub fn none_came(replica: &DatabaseServer) -> Step {
    let ends = "that locks what would be dropped: it goes with its end on the primary";
    let why = "no XA transaction is left prepared here: what it locks could not be dropped";
    all_end(replica, 0, ends, why)
}

fn all_end(server: &DatabaseServer, patience: u64, ends: &str, why: &str) -> Step {
    let script = format!(
        "client={}\npatience={patience}\nhost={}\nends={}\n{SCRIPT}",
        shell_line(&[shell_line(&sql_client(&server.client))]),
        shell_line(std::slice::from_ref(&server.host)),
        shell_line(&[ends.to_owned()]),
    );
    Step::run(["sh", "-u"], why).stdin(script)
}

/// Returns the guard of databases that an undo drops.
pub fn none_holds_now(replica: &DatabaseServer) -> Guard {
    let host = &replica.host;
    let client = shell_line(&sql_client(&replica.client));
    let script = format!(
        "said=$(echo \"{RECOVER};\" | {client}) || exit 1\n\
         one=$(printf '%s\\n' \"$said\" | head -n 1 | cut -f 4)\n\
         echo \"${{one:-none}}\"\n"
    );
    Step::run(["sh", "-u"], "")
        .stdin(script)
        .guard(
            "none",
            format!(
                "{host} has a prepared XA transaction, {ANSWER}: it locks what would be dropped"
            ),
        )
        .hint(CAME, typed_statement(replica, RECOVER))
        .hint(
            format!("{ENDED}, to end it here"),
            typed_statement(replica, &ended_here(ANSWER)),
        )
        .hint("how both stand", "bascule db status")
}

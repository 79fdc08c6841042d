//! What of a server can be copied to a replica, and what cannot.

use crate::conf::{DatabaseName, quote_name};
use crate::facts::Database;
use crate::facts::database::{ForeignTable, UserDatabase};
use crate::plan::{Check, Plan, Refusal, shell_line};

/// Returns the databases that were typed, else all there are.
///
/// # Errors
/// When there is none of that name, or one whose name would be lost on the way.
pub fn databases(typed: &[DatabaseName], server: &Database) -> Result<Vec<DatabaseName>, Refusal> {
    let all: Vec<&str> = server
        .databases
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let missing = |name: &&DatabaseName| server.database(name.as_str()).is_none();
    if let Some(name) = typed.iter().find(missing) {
        let mut refusal = Refusal::check(format!("there is no database {name} on {}", server.host))
            .did_you_mean(name.as_str(), all.iter().copied());
        if !all.is_empty() {
            refusal = refusal.hint("those there are", all.join(", "));
        }
        return Err(refusal);
    }
    if !typed.is_empty() {
        return Ok(typed.to_vec());
    }
    // A name that goes through no option file and no command line would be lost on the way.
    all.iter()
        .map(|name| {
            name.parse::<DatabaseName>().map_err(|error| {
                Refusal::check(error.to_string()).hint("to take others alone", "--database DB")
            })
        })
        .collect()
}

/// Returns what a server holds of these databases.
pub fn held<'a>(databases: &[DatabaseName], server: &'a Database) -> Vec<&'a UserDatabase> {
    databases
        .iter()
        .filter_map(|name| server.database(name.as_str()))
        .collect()
}

/// Returns true when there is a table, a view or a routine in a database.
pub fn is_filled(one: &UserDatabase) -> bool {
    one.tables + one.views + one.routines > 0
}

/// Returns a few names, and how many there are besides.
pub fn few(names: &[String]) -> String {
    let more = match names.len() {
        0..=3 => String::new(),
        n => format!(" and {} more", n - 3),
    };
    format!("{}{more}", names[..names.len().min(3)].join(", "))
}

/// Refuses databases that the primary does not log; `verb` is what was typed, without databases.
pub fn logged(server: &Database, databases: &[DatabaseName], verb: &str) -> Result<(), Refusal> {
    let Some(position) = &server.position else {
        return Ok(());
    };
    let list = |text: &str| -> Vec<String> {
        text.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (only, never) = (list(&position.do_db), list(&position.ignore_db));
    let lost = databases.iter().find(|name| {
        let is = |other: &String| other == name.as_str();
        (!only.is_empty() && !only.iter().any(is)) || never.iter().any(is)
    });
    let Some(name) = lost else {
        return Ok(());
    };
    let option = match only.is_empty() {
        false => format!("binlog_do_db = {}", only.join(", ")),
        true => format!("binlog_ignore_db = {}", never.join(", ")),
    };
    let mut refusal = Refusal::check(format!(
        "{} does not log what happens in {name} ({option}), so it cannot be replicated",
        server.host
    ))
    .hint(
        format!("where that stands, on {}", server.host),
        "grep -rn binlog_ /etc/mysql",
    );
    // Every one of them: what is left out would not be replicated.
    let mut logged = Vec::new();
    for one in only.iter().filter(|one| server.database(one).is_some()) {
        logged.extend(["--database".to_owned(), one.clone()]);
    }
    if !logged.is_empty() {
        refusal = refusal.hint(
            "to replicate all that is logged, and no more",
            format!("{verb} {}", shell_line(&logged)),
        );
    }
    Err(refusal)
}

/// Returns a statement as it is typed on the server's host.
fn statement(server: &Database, statement: &str) -> String {
    let words = [server.client.clone(), "-e".to_owned(), statement.to_owned()];
    shell_line(&words)
}

/// Returns `database.table` as SQL takes it: quoted where it must be.
fn quoted(name: &str) -> String {
    let plain = |part: &str| {
        let letters = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match letters && part.contains(|c: char| c.is_ascii_alphabetic()) {
            true => part.to_owned(),
            false => quote_name(part),
        }
    };
    match name.split_once('.') {
        Some((database, table)) => format!("{}.{}", plain(database), plain(table)),
        None => plain(name),
    }
}

/// Refuses tables that one consistent view does not hold, unless writes may wait meanwhile.
pub fn freezable(
    lock: bool,
    server: &Database,
    held: &[&UserDatabase],
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let tables: Vec<(String, &str)> = held
        .iter()
        .flat_map(|one| {
            let named = |table: &ForeignTable| format!("{}.{}", one.name, table.name);
            one.foreign
                .iter()
                .map(move |table| (named(table), table.engine.as_str()))
        })
        .collect();
    let Some((first, engine)) = tables.first() else {
        return Ok(());
    };
    if let Some((broken, _)) = tables.iter().find(|(_, engine)| engine.is_empty()) {
        return Err(Refusal::check(format!(
            "the table {broken} on {} cannot be opened, and a dump would break off there",
            server.host
        ))
        .hint(
            format!("to see why, on {}", server.host),
            statement(server, &format!("CHECK TABLE {}", quoted(broken))),
        ));
    }
    let names: Vec<String> = tables
        .iter()
        .map(|(name, engine)| format!("{name} ({engine})"))
        .collect();
    let names = few(&names);
    if lock {
        plan.check(Check::warning(format!(
            "not InnoDB: {names}: every write on {} waits while the data are copied",
            server.host
        )));
        return Ok(());
    }
    Err(Refusal::check(format!(
        "not InnoDB on {}: {names}: a copy made while they are written would not fit the GTID it is made at",
        server.host
    ))
    .hint(
        format!("to convert one ({engine}), on {}", server.host),
        statement(server, &format!("ALTER TABLE {} ENGINE=InnoDB", quoted(first))),
    )
    .hint(
        "or to let every write there wait while the data are copied",
        "--lock-tables",
    ))
}

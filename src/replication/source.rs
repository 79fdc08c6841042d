//! What of a server can be copied to a replica, and what cannot.

use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::facts::database::{ForeignTable, UserDatabase};
use crate::mariadb::{Version, quote_name};
use crate::plan::{Again, Check, Plan, Refusal, typed_sql};

/// Returns the databases that were typed, else all there are.
///
/// # Errors
/// When there is none of that name, or one whose name would be lost on the way.
pub fn databases(
    typed: &[DatabaseName],
    server: &DatabaseServer,
) -> Result<Vec<DatabaseName>, Refusal> {
    let all: Vec<&str> = server
        .databases
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    let missing = |name: &&DatabaseName| server.database(name.as_str()).is_none();
    if let Some(name) = typed.iter().find(missing) {
        let mut refusal = Refusal::check(format!("there is no database {name} on {}", server.host))
            .did_you_mean(name.as_str(), takable(server));
        if !all.is_empty() {
            refusal = refusal.hint("the existing ones", all.join(", "));
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
                Refusal::check(error.to_string()).again(
                    "to take others alone",
                    Again::same().add("--database", "DB"),
                )
            })
        })
        .collect()
}

/// Returns what a server holds of these databases.
pub fn held_databases<'a>(
    databases: &[DatabaseName],
    server: &'a DatabaseServer,
) -> Vec<&'a UserDatabase> {
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
pub fn few_names(names: &[String]) -> String {
    let more = match names.len() {
        0..=3 => String::new(),
        n => format!(" and {} more", n - 3),
    };
    format!("{}{more}", names[..names.len().min(3)].join(", "))
}

/// Returns the databases whose names go through an option file, and which are logged: only those are
/// perhaps meant.
pub fn takable(server: &DatabaseServer) -> impl Iterator<Item = &str> {
    let (only, never) = filters(server);
    let names = server.databases.iter().map(|one| one.name.as_str());
    let is = move |list: &[String], name: &str| list.iter().any(|one| one == name);
    names.filter(move |name| {
        name.parse::<DatabaseName>().is_ok()
            && (only.is_empty() || is(&only, name))
            && !is(&never, name)
    })
}

/// Returns the databases that a server logs alone (all, where there is none), and those it does not log.
fn filters(server: &DatabaseServer) -> (Vec<String>, Vec<String>) {
    let list = |text: &str| -> Vec<String> {
        text.split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let position = server.position.as_ref();
    position.map_or_else(Default::default, |position| {
        (list(&position.do_db), list(&position.ignore_db))
    })
}

/// Refuses databases that the primary does not log.
pub fn logged(server: &DatabaseServer, databases: &[DatabaseName]) -> Result<(), Refusal> {
    let (only, never) = filters(server);
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
    let mut logged = takable(server).peekable();
    if logged.peek().is_some() {
        let none = Again::same().without("--database");
        refusal = refusal.again(
            "to replicate all that is logged, and no more",
            logged.fold(none, |again, name| again.add("--database", name)),
        );
    }
    Err(refusal)
}

/// Returns a statement as it is typed on the server's host.
fn statement(server: &DatabaseServer, statement: &str) -> String {
    typed_sql(&server.client, statement)
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
    server: &DatabaseServer,
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
    let names = few_names(&names);
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
    .again(
        "or to let every write there wait while the data are copied",
        Again::same().flag("--lock-tables"),
    ))
}

/// The first release whose dump brings the history of system-versioned tables (`--dump-history`).
const DUMPS_HISTORY: Version = Version {
    major: 10,
    minor: 11,
    patch: 0,
};

/// The first release whose rows end in 2106 and not in 2038: to one, all rows of the other have ended.
const ENDS_LATER: Version = Version {
    major: 11,
    minor: 5,
    patch: 0,
};

/// Refuses system-versioned tables whose history would be lost on the way, or whose rows would.
///
/// # Errors
/// When the dump's release has no `--dump-history`, or the one that loads it means another end of time:
/// every row of 10.11 was history on 11.8, and none was left (seen).
pub fn versions<'a>(
    versioned: impl IntoIterator<Item = &'a str>,
    from: (&str, Version),
    to: (&str, Version),
) -> Result<(), Refusal> {
    let Some(database) = versioned.into_iter().next() else {
        return Ok(());
    };
    let ((host, from), (other, to)) = (from, to);
    let why = if from < DUMPS_HISTORY || to < DUMPS_HISTORY {
        format!("a dump of {from} for {to} leaves their history out")
    } else if (from < ENDS_LATER) != (to < ENDS_LATER) {
        format!(
            "what stands in them ends in 2038 on one of {from} ({host}) and {to} ({other}) and in 2106 on \
             the other: the copy would be empty"
        )
    } else {
        return Ok(());
    };
    Err(Refusal::check(format!(
        "{database} on {host} has system-versioned tables: {why}"
    ))
    .hint(
        format!("which they are, on {host}"),
        "mariadb -e \"SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'SYSTEM VERSIONED'\"",
    ))
}

/// Returns the refusal of some databases with the words that name others instead.
pub fn others_alone(refusal: Refusal) -> Refusal {
    let others = Again::same().without("--database").add("--database", "DB");
    refusal.again("to take other databases alone", others)
}

/// Returns those of the databases that hold system-versioned tables.
pub fn versioned<'a>(held: &[&'a UserDatabase]) -> Vec<&'a str> {
    let versioned = held.iter().filter(|one| one.versioned > 0);
    versioned.map(|one| one.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(from: &str, to: &str) -> Option<String> {
        let release = |text: &str| text.parse::<Version>().unwrap();
        let refusal = versions(["site1"], ("serv1", release(from)), ("serv2", release(to)));
        refusal.err().map(|refusal| refusal.what)
    }

    #[test]
    fn a_copy_that_would_lose_versions_is_refused() {
        assert_eq!(between("10.11.18-MariaDB", "10.11.18-MariaDB"), None);
        assert_eq!(between("11.8.6-MariaDB", "11.8.6-MariaDB"), None);
        let refused = between("10.11.18-MariaDB", "11.8.6-MariaDB").unwrap();
        assert!(refused.ends_with("the copy would be empty"), "{refused}");
        assert!(between("11.8.6-MariaDB", "10.11.18-MariaDB").is_some());
        let refused = between("10.5.29-MariaDB", "10.5.29-MariaDB").unwrap();
        assert!(refused.contains("leaves their history out"), "{refused}");
        assert!(versions([], ("a", Version::OLDEST), ("b", Version::OLDEST)).is_ok());
    }
}

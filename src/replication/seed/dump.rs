//! The commands that dump databases.

use super::exact;
use crate::conf::DatabaseName;
use crate::facts::Database;
use crate::plan::UTF8;

/// Without this a dump locks each table while it is loaded, and a table whose DEFAULT is the next value of a
/// sequence cannot be: the sequence is not locked with it (1100: seen on 10.11 and 11.8).
pub const NO_LOCKS: &str = "--skip-add-locks";

/// Returns the command that dumps databases whole, in one consistent view of all InnoDB tables.
///
/// With `lock` of all tables, whatever their engine, for as long as it takes.
pub fn dump(server: &Database, databases: &[DatabaseName], mark: &str, lock: bool) -> Vec<String> {
    let mut argv = vec![
        server.dump.clone(),
        // No such group is in any file: it only tells this dump from others on the host.
        format!("--defaults-group-suffix={mark}"),
        UTF8.to_owned(),
    ];
    argv.extend(match lock {
        // An option file may have that one, and they do not go together.
        true => vec![
            "--lock-all-tables".to_owned(),
            "--skip-single-transaction".to_owned(),
        ],
        false => vec!["--single-transaction".to_owned()],
    });
    argv.extend(
        [
            "--gtid",
            "--master-data=1",
            NO_LOCKS,
            "--routines",
            "--events",
            triggers(server, databases),
            "--databases",
        ]
        .map(str::to_owned),
    );
    argv.extend(history(server, databases));
    argv.extend(names(databases));
    argv
}

/// Returns the command that dumps databases for another server, as it is typed.
pub fn plain(server: &Database, databases: &[DatabaseName]) -> Vec<String> {
    let mut argv = vec![server.dump.clone(), UTF8.to_owned()];
    argv.extend(
        [
            "--single-transaction",
            NO_LOCKS,
            "--routines",
            "--events",
            "--triggers",
            "--databases",
        ]
        .map(str::to_owned),
    );
    argv.extend(history(server, databases));
    argv.extend(names(databases));
    argv
}

pub fn triggers(server: &Database, databases: &[DatabaseName]) -> &'static str {
    match exact::wait_for_triggers(server, databases) {
        true => "--skip-triggers",
        false => "--triggers",
    }
}

/// Returns the option without which a dump leaves out what system-versioned tables held before.
pub fn history(server: &Database, databases: &[DatabaseName]) -> Option<String> {
    let versioned = |name: &DatabaseName| {
        server
            .database(name.as_str())
            .is_some_and(|one| one.versioned > 0)
    };
    // Before the names, and after --databases, which takes none of its own.
    databases
        .iter()
        .any(versioned)
        .then(|| "--dump-history".to_owned())
}

pub fn names(databases: &[DatabaseName]) -> Vec<String> {
    databases
        .iter()
        .map(|name| name.as_str().to_owned())
        .collect()
}

//! The commands that dump databases, what they leave to be said, and the end of one whose reader is gone.

use super::exact;
use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::plan::{Step, UTF8, shell_line};

/// Without this a dump locks each table while it is loaded, and a table whose DEFAULT is the next value of a
/// sequence cannot be: the sequence is not locked with it (1100: seen on 10.11 and 11.8).
pub const NO_LOCKS: &str = "--skip-add-locks";

/// Returns the command that dumps databases whole, in one consistent view of all InnoDB tables.
///
/// With `lock` of all tables, whatever their engine, for as long as it takes.
pub fn dump(
    server: &DatabaseServer,
    databases: &[DatabaseName],
    mark: &str,
    lock: bool,
) -> Vec<String> {
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
pub fn plain_command(server: &DatabaseServer, databases: &[DatabaseName]) -> Vec<String> {
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

pub fn triggers(server: &DatabaseServer, databases: &[DatabaseName]) -> &'static str {
    match exact::wait_for_triggers(server, databases) {
        true => "--skip-triggers",
        false => "--triggers",
    }
}

/// Returns the option without which a dump leaves out what system-versioned tables held before.
pub fn history(server: &DatabaseServer, databases: &[DatabaseName]) -> Option<String> {
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

/// Returns true where a dump of these databases has some values only nearly.
pub fn rounds(server: &DatabaseServer, databases: &[DatabaseName]) -> bool {
    exact::are_needed(server, databases)
}

/// Returns the commands that print what a dump of these databases leaves to be said, in this order, each
/// with why.
pub fn afterwards(
    server: &DatabaseServer,
    databases: &[DatabaseName],
) -> Vec<(Vec<String>, &'static str)> {
    let mut commands = Vec::new();
    if exact::are_needed(server, databases) {
        commands.push((
            exact::print_command(server, databases),
            "values as they are: a dump has six digits of FLOAT, and one code for each letter of text",
        ));
    }
    if exact::wait_for_triggers(server, databases) {
        commands.push((
            exact::print_triggers(server, databases),
            "the triggers, which all that came before would have set off",
        ));
    }
    commands
}

/// Returns the mark of the dump for a replica, by its address: a host's name may be another one's too.
pub fn mark(replica: &str) -> String {
    format!(".bascule-{replica}")
}

/// Returns the mark of the dump for this host's server.
pub fn mark_of(replica: &DatabaseServer) -> String {
    let address = replica.network.own_addresses().next();
    mark(&address.map_or_else(|| replica.host.clone(), |address| address.to_string()))
}

/// Returns the step that ends a dump whose reader is gone: with the link cut it would stand there,
/// its snapshot open, until TCP gives up.
pub fn end_dump(server: &DatabaseServer, via: Option<&str>, mark: &str) -> Step {
    let (first, rest) = server.dump.split_at(1);
    // The brackets keep it from finding itself.
    let pattern = format!("[{first}]{rest} --defaults-group-suffix={mark} ");
    let script = format!("pkill --full -- {} || test $? = 1", shell_line(&[pattern]));
    Step::run(
        ["sh", "-c", &script],
        "its snapshot would stay open until the connection is given up",
    )
    .at(via)
}

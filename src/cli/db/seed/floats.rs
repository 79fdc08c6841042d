//! The values of FLOAT columns, which a dump has with six digits: 1234567.8 comes as 1234570 (seen on 10.11
//! and 11.8; mariadb-dump has no option for it). After the dump they are set to what they are.
//!
//! Each is set by its row's key, and only where the row still has what the dump made of it. So it does no
//! harm that the primary is asked later than the dump looked: what was written in between comes by
//! replication. A table without a key is gone through for each row that was rounded.
//! Triggers would take these statements for clients': they are made after them.

use super::{UTF8, WHOLE};
use crate::conf::DatabaseName;
use crate::facts::Database;
use crate::plan::{shell_line, sql_client};

/// Asks for the statements that ask for the statements.
const ASK: &str = include_str!("floats.sql");

/// Returns true where a dump of these databases would round.
pub fn are_in(server: &Database, databases: &[DatabaseName]) -> bool {
    server.floats_unknown
        || databases
            .iter()
            .filter_map(|name| server.database(name.as_str()))
            .any(|database| database.floats > 0)
}

/// Returns true where there are triggers to be made afterwards.
pub fn wait_for_triggers(server: &Database, databases: &[DatabaseName]) -> bool {
    are_in(server, databases)
        && databases
            .iter()
            .filter_map(|name| server.database(name.as_str()))
            .any(|database| database.triggers > 0)
}

/// Returns the command that prints the statements which set the values; its last line is that of a whole dump.
pub fn print(server: &Database, databases: &[DatabaseName]) -> Vec<String> {
    // Without a single quote in it, it is read as it stands through ssh and sh, too.
    let quoted = |name: &DatabaseName| {
        format!(
            "\"{}\"",
            name.as_str().replace('\\', "\\\\").replace('"', "\"\"")
        )
    };
    let names: Vec<String> = databases.iter().map(quoted).collect();
    let client = shell_line(&sql_client(&server.client));
    let ask = ASK
        .replace("%DATABASES%", &names.join(", "))
        .replace("%WHOLE%", WHOLE);
    let script = format!(
        "ask=$({client} --raw <<\\END\n{ask}END\n)\nprintf \"%s\\n\" \"$ask\" | {client} --raw"
    );
    ["sh", "-euc", &script].map(str::to_owned).to_vec()
}

/// Returns the command that dumps the triggers alone.
pub fn print_triggers(server: &Database, databases: &[DatabaseName]) -> Vec<String> {
    let mut argv = vec![server.dump.clone(), UTF8.to_owned()];
    argv.extend(
        [
            "--triggers",
            "--no-data",
            "--no-create-info",
            "--no-create-db",
            "--skip-lock-tables",
            "--databases",
        ]
        .map(str::to_owned),
    );
    argv.extend(super::names(databases));
    argv
}

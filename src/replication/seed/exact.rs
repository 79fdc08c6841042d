//! The values that a dump has only nearly, which are set after it to what they are (seen on 10.11 and 11.8):
//!
//! - FLOAT has six digits in it, 1234567.8 comes as 1234570; `mariadb-dump` has no option for it.
//! - Text comes by way of utf8mb4. Where a character set has two codes for one letter, as cp932 has ED40 and
//!   FA5C, one of them comes back; where a code is no letter, as 81 in cp1250, it is a question mark. With
//!   `--default-character-set=binary` the bytes are right, and what stands in quotes in a CREATE TABLE is
//!   wrong: partitions by a list lose their values (1526), and INET6 and UUID are taken for bytes.
//!
//! Each is set by its row's key, and only where the row still has what the dump made of it. So it does no
//! harm that the primary is asked later than the dump looked: what was written in between comes by
//! replication. A table without a key is gone through for each row that was changed.
//! Triggers would take these statements for clients': they are made after them.
//!
//! In a system-versioned table each would be a version more: there it is told.

use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::facts::database::InexactTable;
use crate::mariadb::DUMP_COMPLETED;
use crate::mariadb::charset::EXACT;
use crate::plan::{Check, UTF8, shell_line, sql_client};

/// Asks for the statements that ask for the statements.
const ASK: &str = include_str!("exact.sql");

/// Returns true where a dump of these databases would change a value that can be set afterwards.
pub fn are_needed(server: &DatabaseServer, databases: &[DatabaseName]) -> bool {
    server.inexact_unknown || tables(server, databases).any(|(_, table)| !table.versioned)
}

fn tables<'a>(
    server: &'a DatabaseServer,
    databases: &'a [DatabaseName],
) -> impl Iterator<Item = (&'a str, &'a InexactTable)> {
    databases
        .iter()
        .filter_map(|name| server.database(name.as_str()))
        .flat_map(|database| {
            let name = database.name.as_str();
            database.inexact.iter().map(move |table| (name, table))
        })
}

/// Returns what is told of the tables that a copy of these databases has only nearly, if there are any.
pub fn nearly(server: &DatabaseServer, databases: &[DatabaseName]) -> Option<Check> {
    let versioned: Vec<_> = tables(server, databases)
        .filter(|(_, table)| table.versioned)
        .collect();
    let names: Vec<String> = versioned
        .iter()
        .map(|(database, table)| format!("{database}.{}", table.name))
        .collect();
    let has = |kind: fn(&InexactTable) -> bool| versioned.iter().any(|(_, table)| kind(table));
    let what = match (has(|table| table.float), has(|table| table.text)) {
        (false, false) => return None,
        (true, false) => "FLOAT has six digits in it",
        (false, true) => {
            "text whose code is not the usual one of its letter has another code in it"
        }
        (true, true) => {
            "FLOAT has six digits in it, and text whose code is not the usual one of its letter another code"
        }
    };
    Some(
        Check::warning(format!(
            "a copy from {} is not exact where rows keep their history, in {}: {what}",
            server.host,
            names.join(", ")
        ))
        .note("mariadb-dump; DOUBLE and utf8mb4 are exact"),
    )
}

/// Returns true where there are triggers to be made afterwards.
pub fn wait_for_triggers(server: &DatabaseServer, databases: &[DatabaseName]) -> bool {
    are_needed(server, databases)
        && databases
            .iter()
            .filter_map(|name| server.database(name.as_str()))
            .any(|database| database.triggers > 0)
}

/// Returns the command that prints the statements which set the values; its last line is that of a whole dump.
pub fn print_command(server: &DatabaseServer, databases: &[DatabaseName]) -> Vec<String> {
    // Without a single quote in it, it is read as it stands through ssh and sh, too.
    let quoted = |name: &DatabaseName| {
        format!(
            "\"{}\"",
            name.as_str().replace('\\', "\\\\").replace('"', "\"\"")
        )
    };
    let names: Vec<String> = databases.iter().map(quoted).collect();
    let same = EXACT.map(|name| format!("\"{name}\""));
    let client = shell_line(&sql_client(&server.client));
    let ask = ASK
        .replace("%SAME%", &same.join(", "))
        .replace("%DATABASES%", &names.join(", "))
        .replace("%WHOLE%", DUMP_COMPLETED);
    let script = format!(
        "ask=$({client} --raw <<\\END\n{ask}END\n)\nprintf \"%s\\n\" \"$ask\" | {client} --raw"
    );
    ["sh", "-euc", &script].map(str::to_owned).to_vec()
}

/// Returns the command that dumps the triggers alone.
pub fn print_triggers(server: &DatabaseServer, databases: &[DatabaseName]) -> Vec<String> {
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
    argv.extend(databases.iter().map(ToString::to_string));
    argv
}

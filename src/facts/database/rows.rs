//! Where each of the client's rows goes in a [`Database`].

use super::AT_MOST;
use super::batch::{Row, number, seconds, text};
use super::{
    Account, Binlog, BinlogCoordinates, ClientSession, Crossing, DatabaseEvent, DatabaseServer,
    ForeignTable, InexactTable, Link, Plugin, Registered, UserDatabase, View,
};
use std::collections::BTreeMap;

/// Puts the client's rows in their places, by the question they answer.
pub(super) fn fill_rows(database: &mut DatabaseServer, rows: &mut BTreeMap<&str, Vec<Row>>) {
    let mut take = |name: &str| rows.remove(name).unwrap_or_default();
    database.variables = pairs(&take("variables"), "Variable_name", "Value");
    database.status = pairs(&take("status"), "Variable_name", "Value");
    if let Some(version) = database.variables.get("version") {
        // 11.8 adds where it was built: `11.8.6-MariaDB-0+deb13u1 from Debian`.
        database.version = version.split(' ').next().unwrap_or_default().to_owned();
    }
    database.links = take("links")
        .into_iter()
        .map(|columns| Link { columns })
        .collect();
    database.registered = take("replicas")
        .iter()
        .map(|row| Registered {
            server_id: number(row, "Server_id"),
            host: text(row, "Host"),
            port: u16::try_from(number(row, "Port")).unwrap_or(0),
        })
        .collect();
    database.position = take("position").first().map(|row| BinlogCoordinates {
        file: text(row, "File"),
        offset: number(row, "Position"),
        do_db: text(row, "Binlog_Do_DB"),
        ignore_db: text(row, "Binlog_Ignore_DB"),
    });
    database.binlogs = take("binlogs")
        .iter()
        .map(|row| Binlog {
            name: text(row, "Log_name"),
            size: number(row, "File_size"),
        })
        .collect();
    database.sessions = take("sessions")
        .iter()
        .map(|row| ClientSession {
            id: number(row, "id"),
            user: text(row, "user"),
            host: text(row, "host"),
            db: row.get("db").cloned(),
            command: text(row, "command"),
            seconds: seconds(row, "seconds").unwrap_or(0.0),
            state: row.get("state").filter(|s| !s.is_empty()).cloned(),
            statement: row.get("statement").map(|word| word.to_uppercase()),
            transaction: seconds(row, "transaction"),
            modified: number(row, "modified"),
        })
        .collect();
    let prepared = take("prepared");
    database.prepared = prepared.iter().map(|row| text(row, "data")).collect();
    database.prepared_long = take("prepared-long")
        .first()
        .map_or(0, |row| number(row, "count"));
    database.accounts = take("accounts")
        .iter()
        .map(|row| Account {
            user: text(row, "user"),
            host: text(row, "host"),
            plugin: text(row, "plugin"),
            replicates: number(row, "replicates") != 0,
            tls: number(row, "tls") != 0,
            locked: number(row, "locked") != 0,
        })
        .collect();
    let tables = take("tables");
    database.rights = super::accounts::accounts_from(&mut take, &tables);
    database.schedule = take("schedule")
        .iter()
        .map(|row| DatabaseEvent {
            database: text(row, "db"),
            name: text(row, "name"),
            status: text(row, "status"),
        })
        .collect();
    database.set_at_run_time = pairs(&take("run-time"), "name", "value");
    database.plugins = take("plugins")
        .iter()
        .map(|row| Plugin {
            name: text(row, "name"),
            kind: text(row, "type"),
            library: text(row, "library"),
        })
        .collect();
    fill_databases(database, &mut take, &tables);
    database.broken_views = take("broken-views")
        .iter()
        .map(|row| View {
            database: text(row, "db"),
            name: text(row, "name"),
        })
        .collect();
    database.crossings = take("crossings")
        .iter()
        .map(|row| Crossing {
            kind: text(row, "kind"),
            database: text(row, "db"),
            name: text(row, "name"),
            other: text(row, "other"),
        })
        .collect();
}

/// Puts the databases in their place, with what is counted of each.
fn fill_databases(
    database: &mut DatabaseServer,
    take: &mut dyn FnMut(&str) -> Vec<Row>,
    tables: &[Row],
) {
    let count = |rows: Vec<Row>| pairs(&rows, "name", "count");
    let (routines, events, triggers) = (
        count(take("routines")),
        count(take("events")),
        count(take("triggers")),
    );
    let of = |counts: &BTreeMap<String, String>, name: &str| {
        counts.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let mut databases: BTreeMap<String, UserDatabase> = BTreeMap::new();
    for row in take("databases") {
        let name = text(&row, "name");
        let one = UserDatabase {
            collation: text(&row, "collation"),
            routines: of(&routines, &name),
            events: of(&events, &name),
            triggers: of(&triggers, &name),
            name: name.clone(),
            ..UserDatabase::default()
        };
        databases.insert(name, one);
    }
    for row in tables {
        if let Some(one) = databases.get_mut(&text(row, "db")) {
            add_table(one, row);
        }
    }
    // Of tables that are not InnoDB's no more are asked for their columns.
    let foreign = databases.values().map(|one| one.foreign.len());
    database.inexact_unknown |= foreign.sum::<usize>() > AT_MOST;
    for row in take("inexact") {
        if let Some(one) = databases.get_mut(&text(&row, "db")) {
            add_inexact(one, &row, tables);
        }
    }
    let (sizes, others) = (take("sizes"), take("others"));
    database.sizes_unseen = others.len() >= AT_MOST;
    // Statistics are of when a table was analyzed last; tables of one common file have no other size.
    for (rows, adds) in [(&sizes, true), (&take("spaces"), false), (&others, true)] {
        for row in rows {
            if let Some(one) = databases.get_mut(&text(row, "db")) {
                let bytes = number(row, "bytes");
                one.rows += number(row, "count");
                one.bytes = match adds {
                    true => one.bytes + bytes,
                    false => one.bytes.max(bytes),
                };
            }
        }
    }
    database.databases = databases.into_values().collect();
}

/// Adds a column whose values a dump does not hold exactly to its table.
fn add_inexact(one: &mut UserDatabase, row: &Row, tables: &[Row]) {
    let (name, float) = (text(row, "name"), text(row, "type") == "float");
    let same = |table: &&mut InexactTable| table.name == name;
    if let Some(table) = one.inexact.iter_mut().find(same) {
        table.float |= float;
        table.text |= !float;
        return;
    }
    let is_it = |table: &&Row| {
        text(table, "name") == name && text(table, "db") == one.name && is_versioned(table)
    };
    let versioned = tables.iter().any(|table| is_it(&table));
    one.inexact.push(InexactTable {
        name,
        float,
        text: !float,
        versioned,
    });
}

fn is_versioned(table: &Row) -> bool {
    text(table, "type") == "SYSTEM VERSIONED"
}

fn add_table(database: &mut UserDatabase, row: &Row) {
    if text(row, "type").ends_with("VIEW") {
        database.views += 1;
        return;
    }
    database.tables += 1;
    if is_versioned(row) {
        database.versioned += 1;
    }
    let engine = text(row, "engine");
    if engine == "InnoDB" && text(row, "name") == super::TEST_TABLE {
        database.has_test = true;
    }
    if engine != "InnoDB" {
        database.foreign.push(ForeignTable {
            name: text(row, "name"),
            engine,
        });
    }
}

fn pairs(rows: &[Row], name: &str, value: &str) -> BTreeMap<String, String> {
    rows.iter()
        .map(|row| (text(row, name), text(row, value)))
        .collect()
}

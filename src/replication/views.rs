//! Views that a dump stops at: what they are made of is gone.

use super::endpoint::Endpoint;
use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::facts::database::AT_MOST;
use crate::mariadb::quote_name;
use crate::plan::{Check, Refusal};

/// How many are named with what to do.
const SHOWN: usize = 4;

/// Refuses to dump databases with such views; `replicated` where whoever follows drops them as well, once
/// they are dropped there.
///
/// # Errors
/// With their names, and with what mends them.
pub fn can_be_dumped(
    side: &Endpoint,
    databases: &[DatabaseName],
    replicated: bool,
) -> Result<(), Refusal> {
    let is_in = |database: &str| databases.iter().any(|one| one.as_str() == database);
    let broken: Vec<_> = side
        .server
        .broken_views
        .iter()
        .filter(|view| is_in(&view.database))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = broken
        .iter()
        .map(|view| format!("{}.{}", view.database, view.name))
        .collect();
    let mut refusal = Refusal::check(format!(
        "no dump gets past these views on {}, since what they are made of is gone (error 1356): {}",
        side.name(),
        named.join(", ")
    ));
    for view in broken.iter().take(SHOWN) {
        let shown = format!("{}.{}", view.database, view.name);
        let name = format!("{}.{}", quote_name(&view.database), quote_name(&view.name));
        let drop = match replicated {
            true => format!("DROP VIEW {name}"),
            false => format!("SET sql_log_bin=0; DROP VIEW {name}"),
        };
        refusal = refusal
            .hint(
                format!("to see what {shown} needs"),
                side.typed_sql(&format!("SHOW CREATE VIEW {name}")),
            )
            .hint("if nobody needs it", side.typed_sql(&drop));
    }
    Err(refusal)
}

/// Returns what was not looked at on a server whose databases are to be dumped, since it has too many.
pub fn unseen(server: &DatabaseServer, databases: &[DatabaseName]) -> Vec<Check> {
    let host = &server.host;
    let mut told = Vec::new();
    let views: u64 = server.databases.iter().map(|one| one.views).sum();
    let dumped = databases
        .iter()
        .filter_map(|name| server.database(name.as_str()))
        .any(|one| one.views > 0);
    if dumped && views > AT_MOST as u64 {
        told.push(Check::warning(format!(
            "{host} has {views} views and {AT_MOST} were looked at: should another one not be readable, the dump stops there (1356), and all is taken back"
        )));
    }
    if server.sizes_unseen {
        told.push(Check::warning(format!(
            "of the tables on {host} that are not InnoDB's, or were never analyzed, {AT_MOST} were asked for their size: more comes than is said here"
        )));
    }
    told
}

//! Accounts with rights on what is replicated that a replica lacks: whoever logs in with them is refused
//! there once it is the primary (1045, 1130).

use super::super::Problem;
use super::topology::{Edge, Topology};
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::mariadb::accounts::{Comparison, Scope};
use crate::mariadb::filter::items;
use crate::mariadb::{Filters, Version};
use crate::plan::{shell_line, typed_sql};

/// The first release with the right `SHOW CREATE ROUTINE`.
const SHOWS_ROUTINES: Version = Version {
    major: 11,
    minor: 3,
    patch: 0,
};

/// The account by which a replica logs in where nobody says another name.
const USUAL: &str = "replication_user";

/// Returns whether a link takes what happens in a database, tables of it at least.
pub fn coming<'a>(link: &'a Link, primary: &'a DatabaseServer) -> impl Fn(&str) -> bool + 'a {
    let all = link.takes_of(primary.position.as_ref());
    move |database: &str| {
        let inside = |name: &str| name.split('.').next() == Some(database);
        let filters = Filters {
            tables: "",
            not_tables: "",
            ..all
        };
        let by_name = items(all.tables).any(inside);
        let by_rest = filters.lets_through(database, "%");
        by_name || (by_rest && (all.tables.is_empty() || !all.patterns.is_empty()))
    }
}

/// Returns how the accounts of a replica differ from its primary's, as far as they have rights on the
/// databases that come; `replication` are the names by which replicas log in.
///
/// None where one of the two was not asked, or did not say.
pub fn comparison(
    primary: &DatabaseServer,
    replica: &DatabaseServer,
    comes: &dyn Fn(&str) -> bool,
    replication: &[&str],
) -> Option<Comparison> {
    let said = |server: &DatabaseServer| {
        let failed = [
            "holders",
            "database-rights",
            "table-rights",
            "column-rights",
            "columns",
        ]
        .into_iter()
        .chain(["routine-rights", "roles", "proxies"])
        .any(|name| server.failed.contains_key(name));
        !failed && !server.rights.holders.is_empty()
    };
    if !said(primary) || !said(replica) {
        return None;
    }
    let names = |server: &'_ DatabaseServer| -> Vec<String> {
        server
            .databases
            .iter()
            .map(|one| one.name.clone())
            .collect()
    };
    let (theirs, own) = (names(primary), names(replica));
    let come: Vec<&str> = theirs
        .iter()
        .map(String::as_str)
        .filter(|name| comes(name))
        .collect();
    let newer = |server: &DatabaseServer| server.release().is_some_and(|one| one >= SHOWS_ROUTINES);
    let mut names = replication.to_vec();
    names.push(USUAL);
    let scope = Scope {
        own: own
            .iter()
            .map(String::as_str)
            .filter(|name| !come.contains(name))
            .collect(),
        everything: theirs.iter().all(|name| comes(name)) && comes("bascule_any_other"),
        comes: come,
        replication: names,
        show_routine: newer(primary) && newer(replica),
    };
    Some(primary.rights.compared_with(&replica.rights, &scope))
}

/// Adds what the replica of a link lacks.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let Some(primary) = edge.primary.map(|at| &topology.servers[at]) else {
        return;
    };
    let replica = &topology.servers[edge.replica];
    let comes = coming(edge.link, primary.said);
    let user = edge.link.primary_user();
    let Some(comparison) = comparison(primary.said, replica.said, &comes, &[user]) else {
        return;
    };
    if comparison.differences.is_empty() {
        return;
    }
    let mut problem = Problem::new(
        false,
        format!(
            "accounts with rights on what is replicated are not on {} as on {}: {}",
            replica.name,
            primary.name,
            comparison.words()
        ),
    );
    problem.cause = "Replication does not bring them, and after a promote their logins would fail \
                     (1045, 1130)."
        .to_owned();
    let foreign: Vec<String> = comparison
        .foreign()
        .map(|one| format!("{} ({})", one.name.plain(), one.foreign.join(", ")))
        .collect();
    if !foreign.is_empty() {
        problem.cause += &format!(
            " {} has another one of its own for {}: that stays, and only by hand are the two made alike.",
            replica.name,
            foreign.join(", ")
        );
    }
    if comparison.mendable().next().is_some() {
        let host = shell_line(&[edge.link.primary_host().to_owned()]);
        problem = problem.next(
            &format!("to copy them, on {}", replica.name),
            format!("bascule db replicate {host} --accounts"),
        );
    } else if let Some(one) = comparison.foreign().next() {
        problem = problem.next(
            &format!("what it may do there, on {}", replica.name),
            typed_sql(
                &replica.said.client,
                &format!("SHOW GRANTS FOR {}", one.name.sql()),
            ),
        );
    }
    found.push(problem);
}

#[cfg(test)]
mod tests;

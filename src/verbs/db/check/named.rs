//! What `db check` is told to compare alone: whether it is there. What is on neither server would else be
//! found the same on both.

use crate::conf::DatabaseName;
use crate::conf::database::SYSTEM_DATABASES;
use crate::exec::compare;
use crate::exec::compare::Stop;
use crate::mariadb::quote_name;
use crate::names::nearest;
use crate::plan::Refusal;
use crate::verbs::db::test;
use crate::verbs::db::test::PrimaryAndReplica;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A table with its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableName {
    pub database: String,
    /// The table, sequence or view in it.
    pub table: String,
}

impl FromStr for TableName {
    type Err = String;

    fn from_str(text: &str) -> Result<TableName, String> {
        let (database, table) = text
            .split_once('.')
            .filter(|(database, table)| !database.is_empty() && !table.is_empty())
            .ok_or("a table is DB.TABLE, such as site1.visits")?;
        let mut own = SYSTEM_DATABASES.iter();
        if own.any(|own| own.eq_ignore_ascii_case(database)) {
            DatabaseName::from_str(database).map_err(|error| error.to_string())?;
        }
        Ok(TableName {
            database: database.to_owned(),
            table: table.to_owned(),
        })
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.database, self.table)
    }
}

/// The tables, sequences and views that one of the two servers has, each with its database.
pub type Tables = BTreeSet<(String, String)>;

/// Looks whether each database is on one of the two.
///
/// # Errors
/// When one is on neither.
pub fn databases<'a>(
    pair: &PrimaryAndReplica,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), Refusal> {
    for name in names {
        let there = [&pair.primary, &pair.replica]
            .into_iter()
            .any(|side| side.server.database(name).is_some());
        if !there {
            let side = &pair.primary;
            let known = [&pair.primary, &pair.replica]
                .into_iter()
                .flat_map(|side| &side.server.databases)
                .map(|database| database.name.as_str());
            return Err(Refusal::check(format!(
                "there is no database {name} on {} nor on {}",
                side.name(),
                pair.replica.name()
            ))
            .did_you_mean(name, known)
            .hint("what there is", side.typed_sql("SHOW DATABASES")));
        }
    }
    Ok(())
}

/// Looks whether all that was named is there to be compared; what is on one of the two alone is a
/// difference.
///
/// # Errors
/// When a table is on neither of the two, or a filter leaves out what was named.
pub fn compared(
    databases: &[DatabaseName],
    tables: &[TableName],
    pair: &PrimaryAndReplica,
    there: &Tables,
) -> Result<(), Refusal> {
    let is_there = |one: &&TableName| {
        let mut known = there.iter();
        known.any(|(database, table)| (database, table) == (&one.database, &one.table))
    };
    let missing: Vec<&TableName> = tables.iter().filter(|one| !is_there(one)).collect();
    if let Some(first) = missing.first() {
        let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let beside = there
            .iter()
            .filter(|(database, _)| *database == first.database);
        let meant = nearest(&first.table, beside.map(|(_, table)| table.as_str()));
        let meant = meant.map(|table| format!("{}.{table}", first.database));
        let show = format!("SHOW TABLES FROM {}", quote_name(&first.database));
        return Err(Refusal::check(format!(
            "there is no table {} on {} nor on {}",
            names.join(", "),
            pair.primary.name(),
            pair.replica.name()
        ))
        .perhaps(meant.as_deref())
        .hint("what there is", pair.primary.typed_sql(&show)));
    }
    let filters = test::filters(pair);
    let taken = |name: &str| {
        let mut tables = there.iter().filter(|(database, _)| database == name);
        filters.lets_through(name, "bascule")
            || tables.any(|(_, table)| filters.lets_through(name, table))
    };
    let names = databases.iter().map(DatabaseName::as_str);
    let database = names.filter(|name| !taken(name)).map(str::to_owned);
    let table = tables
        .iter()
        .filter(|one| !filters.lets_through(&one.database, &one.table));
    match database.chain(table.map(ToString::to_string)).next() {
        Some(name) => Err(Refusal::check(format!(
            "{name} is not replicated: a filter leaves it out"
        ))
        .hint("to see the filters", "bascule db status")),
        None => Ok(()),
    }
}

/// Returns what tables there are on the two, taken together.
///
/// # Errors
/// When one of them does not say.
pub fn tables(pair: &PrimaryAndReplica) -> Result<Tables, Stop> {
    let mut there = Tables::new();
    for side in [&pair.primary, &pair.replica] {
        let failed = |why| Stop::Failed(format!("{}: {why}", side.name()));
        there.append(&mut compare::tables(&side.client()).map_err(failed)?);
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::trial::{RELEASES, facts};

    /// What both servers of `link-well` have.
    fn there() -> Tables {
        let name = |table: &str| ("site1".to_owned(), table.to_owned());
        ["visits", "last_visits", "numbers"].map(name).into()
    }

    /// What is said of these, all that a reader sees.
    fn said(facts: &Facts, databases_named: &[&str], tables: &[&str]) -> Result<(), String> {
        let pair = test::pair(facts, None).unwrap();
        let tables: Vec<TableName> = tables.iter().map(|name| name.parse().unwrap()).collect();
        let typed: Vec<DatabaseName> = databases_named
            .iter()
            .map(|name| name.parse().unwrap())
            .collect();
        let names = databases_named.iter().copied();
        databases(&pair, names)
            .and_then(|()| compared(&typed, &tables, &pair, &there()))
            .map_err(|refusal| {
                let hints = refusal.hints.iter();
                let lines = hints.map(|hint| format!("\n{}: {}", hint.purpose, hint.command));
                refusal.what.clone() + &lines.collect::<String>()
            })
    }

    fn filtered(release: &str, column: &str, value: &str) -> Facts {
        let mut facts = facts(release, "link-well");
        let link = &mut facts.database.as_mut().unwrap().links[0];
        link.columns.insert(column.to_owned(), value.to_owned());
        facts
    }

    #[test]
    fn a_table_that_is_on_neither_server_is_refused() {
        for release in RELEASES {
            let facts = facts(release, "link-well");
            for tables in [
                &["site1.visits"][..],
                &["site1.last_visits", "site1.numbers"],
            ] {
                assert_eq!(said(&facts, &[], tables), Ok(()));
            }
            assert_eq!(said(&facts, &["site1"], &[]), Ok(()));
            assert_eq!(
                said(&facts, &[], &["site1.visits", "site1.visitz", "site1.q"]),
                Err(
                    "there is no table site1.visitz, site1.q on serv1 nor on serv2\n\
                     did you mean site1.visits?: \n\
                     what there is: ssh root@172.16.0.10 \
                     'mariadb -e '\\''SHOW TABLES FROM `site1`'\\'''"
                        .to_owned()
                )
            );
            // That the database is the same makes no name alike.
            let other = said(&facts, &[], &["site1.NOTHERE"]).unwrap_err();
            assert!(!other.contains("did you mean"), "{other}");
            // Capitals count, as they do on the server.
            let capitals = said(&facts, &[], &["site1.VISITS"]).unwrap_err();
            assert!(
                capitals.contains("did you mean site1.visits?"),
                "{capitals}"
            );
            let database = said(&facts, &["site12"], &[]).unwrap_err();
            assert!(
                database.starts_with(
                    "there is no database site12 on serv1 nor on serv2\ndid you mean site1?"
                ),
                "{database}"
            );
        }
    }

    #[test]
    fn what_a_filter_leaves_out_is_not_called_the_same() {
        for release in RELEASES {
            let out = |name: &str| {
                Err(format!(
                    "{name} is not replicated: a filter leaves it out\nto see the filters: bascule db status"
                ))
            };
            let other = filtered(release, "Replicate_Wild_Do_Table", "site2.%");
            assert_eq!(said(&other, &["site1"], &[]), out("site1"));
            assert_eq!(said(&other, &[], &["site1.visits"]), out("site1.visits"));
            // A part of a database is enough for it, and no more is compared.
            let part = filtered(release, "Replicate_Wild_Do_Table", "site1.visits");
            assert_eq!(said(&part, &["site1"], &["site1.visits"]), Ok(()));
            assert_eq!(said(&part, &[], &["site1.numbers"]), out("site1.numbers"));
        }
    }

    #[test]
    fn a_table_has_a_database_that_is_no_server_s_own() {
        let table = "a.b.c".parse::<TableName>().unwrap();
        assert_eq!(
            (table.database.as_str(), table.table.as_str()),
            ("a", "b.c")
        );
        for wrong in ["visits", ".visits", "site1."] {
            assert!(wrong.parse::<TableName>().is_err(), "{wrong}");
        }
        for own in ["mysql.user", "SYS.x"] {
            let error = own.parse::<TableName>().unwrap_err();
            assert!(error.contains("is the server's own database"), "{error}");
        }
    }
}

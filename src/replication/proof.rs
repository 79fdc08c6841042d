//! The proof that replication works: a row that is written on the primary and arrives here.

use super::endpoint::Endpoint;
use crate::conf::DatabaseName;
use crate::facts::database::TEST_TABLE;
use crate::mariadb::{quote_name, quote_string};
use crate::plan::{Step, Verify};

/// The table that the row is written to; it is there for as long as that takes.
pub const TABLE: &str = TEST_TABLE;

/// The comment of the table: another one of that name is not touched.
const COMMENT: &str = "written by bascule, to be dropped at once";

/// How long a row may take to arrive, in seconds, where a replica may have to catch up first.
pub const ARRIVES: u64 = 50;

/// Returns the table in a database, as SQL names it.
pub fn table(database: &DatabaseName) -> String {
    format!("{}.{}", database.quoted(), quote_name(TABLE))
}

/// Returns the steps by which a row arrives: written on the primary, waited for by its GTID, read on
/// the replica, and the table dropped again on both.
///
/// Only ever written on the primary: on a replica it would be a transaction that the primary lacks.
pub fn a_row_goes(primary: &Endpoint, replica: &Endpoint, database: &DatabaseName) -> Vec<Step> {
    let row = Row::new(primary, replica, database);
    vec![
        primary
            .sql(
                [
                    row.chosen(),
                    row.guard(),
                    row.create(),
                    row.insert(&row.word()),
                    LAST.to_owned(),
                ],
                format!(
                    "a row on {}, in a database that is replicated",
                    primary.name()
                ),
            )
            .answers_as("written")
            .undone_by(vec![row.clear()]),
        row.wait(
            "written",
            &format!("its GTID arrives on {}", replica.name()),
        ),
        replica
            .sql(
                [row.select()],
                format!("and {} has the row", replica.name()),
            )
            .expecting(row.word(), "the row is not there, though its GTID is"),
        row.drop(),
        row.wait("cleared", "and that arrives as well"),
    ]
}

/// Returns the steps that drop what tests that were cut short have left on a primary, and with that on
/// its replicas.
pub fn cleared(primary: &Endpoint) -> Vec<Step> {
    let left = primary.server.databases.iter().filter(|one| one.has_test);
    left.filter_map(|one| one.name.parse().ok())
        .map(|database| clear(primary, &table(&database), &table_condition(&database)))
        .collect()
}

/// Returns the condition by which the table is found in information_schema.
fn table_condition(database: &DatabaseName) -> String {
    format!(
        "TABLE_SCHEMA = {} AND TABLE_NAME = '{TABLE}'",
        quote_string(database.as_str())
    )
}

/// Drops the table where it still is; where it is gone already nothing is logged.
fn clear(primary: &Endpoint, table: &str, is: &str) -> Step {
    primary.sql(
        [format!(
            "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.TABLES WHERE {is} AND \
             TABLE_COMMENT = '{COMMENT}') THEN DROP TABLE {table}; END IF; END"
        )],
        "the test's own table",
    )
}

/// The name by which the session of the primary is held while a row is timed.
pub const PRIMARY: &str = "primary";

/// The name by which the session of the replica is held while a row is timed.
pub const REPLICA: &str = "replica";

/// Returns the steps by which a row is timed: from its insert on the primary until it was read on the
/// replica, which may take `most` seconds. Both sessions are open before it is written, and nothing is
/// kept in the journal in between: what is measured is the way of the row.
pub fn a_row_is_timed(
    primary: &Endpoint,
    replica: &Endpoint,
    database: &DatabaseName,
    most: u64,
) -> Vec<Step> {
    let row = Row::new(primary, replica, database);
    let (there, here) = (primary.name(), replica.name());
    let arrives = |gtid: &str, why: String| {
        replica
            .sql([row.arrival(gtid, most)], why)
            .in_session(REPLICA)
            .expecting("0", format!("it did not arrive on {here} within {most} s"))
            .within(most + 10)
    };
    vec![
        primary
            .sql(
                [row.chosen(), row.guard(), row.create(), LAST.to_owned()],
                format!("a table of the test's own on {there}"),
            )
            .in_session(PRIMARY)
            .answers_as("made")
            .undone_by(vec![row.clear()]),
        arrives("made", format!("it is on {here} as well")),
        primary
            .sql(
                // A GTID was never written before.
                [row.insert("${made}"), LAST.to_owned()],
                format!("the row: written on {there}, waited for by its GTID and read on {here}"),
            )
            .in_session(PRIMARY)
            .answers_as("written")
            .verify(Verify::Arrives {
                session: REPLICA.to_owned(),
                query: format!(
                    "SELECT IF(MASTER_GTID_WAIT('${{written}}', {most}) = 0, ({}), \
                     'it did not arrive within {most} s')",
                    row.select()
                ),
                answer: "${made}".to_owned(),
                proves: format!("a row written on {there} was read on {here}"),
            })
            .within(most + 10),
        row.drop().in_session(PRIMARY),
        arrives("cleared", "on both".to_owned()),
    ]
}

/// Returns a database in which a row arrives, of those that are there on both; `named` are those that
/// alone are replicated.
///
/// None as well where a filter stands that is not ours: which databases go through it is not ours to
/// guess.
pub fn tested(
    primary: &Endpoint,
    replica: &Endpoint,
    named: Vec<DatabaseName>,
) -> Option<DatabaseName> {
    let mut named = named;
    let filtered = |name: &&str| {
        let value = replica.server.variable(name);
        value.is_some_and(|value| !value.is_empty())
    };
    if named.is_empty() && crate::mariadb::filter::VARIABLES.iter().any(filtered) {
        return None;
    }
    if named.is_empty() {
        let all = primary.server.databases.iter();
        named.extend(all.filter_map(|database| database.name.parse().ok()));
    }
    named.into_iter().find(|name| {
        let name = name.as_str();
        primary.server.database(name).is_some() && replica.server.database(name).is_some()
    })
}

/// The GTID of what a session wrote last.
pub const LAST: &str = "SELECT @@last_gtid";

/// The row, its table and the statements on them.
pub struct Row<'a> {
    primary: &'a Endpoint<'a>,
    replica: &'a Endpoint<'a>,
    database: &'a DatabaseName,
    table: String,
    /// The condition by which the table is found in information_schema.
    is: String,
}

impl<'a> Row<'a> {
    /// Returns the row in a database.
    pub fn new(
        primary: &'a Endpoint<'a>,
        replica: &'a Endpoint<'a>,
        database: &'a DatabaseName,
    ) -> Row<'a> {
        Row {
            primary,
            replica,
            database,
            table: table(database),
            is: table_condition(database),
        }
    }

    fn word(&self) -> String {
        format!("from {}", self.primary.name())
    }

    /// Some filters go by the database that is chosen.
    fn chosen(&self) -> String {
        format!("USE {}", self.database.quoted())
    }

    /// Stops where somebody else has a table of that name.
    fn guard(&self) -> String {
        let is = &self.is;
        format!(
            "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.TABLES WHERE {is} AND \
             TABLE_COMMENT <> '{COMMENT}') THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = \
             'somebody else''s table {TABLE} is in the way'; END IF; END"
        )
    }

    /// Returns the query whose answer is 0 unless a table of that name is somebody else's.
    pub fn others(&self) -> String {
        let is = &self.is;
        format!(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE {is} AND TABLE_COMMENT <> '{COMMENT}'"
        )
    }

    /// Makes the table, over one that was left of an earlier test.
    fn create(&self) -> String {
        let table = &self.table;
        format!(
            "CREATE OR REPLACE TABLE {table} (word VARCHAR(80)) ENGINE=InnoDB COMMENT='{COMMENT}'"
        )
    }

    fn insert(&self, word: &str) -> String {
        format!("INSERT INTO {} VALUES ({})", self.table, quote_string(word))
    }

    fn select(&self) -> String {
        format!("SELECT word FROM {}", self.table)
    }

    fn arrival(&self, gtid: &str, most: u64) -> String {
        format!("SELECT MASTER_GTID_WAIT('${{{gtid}}}', {most})")
    }

    fn wait(&self, gtid: &str, why: &str) -> Step {
        self.replica
            .sql([self.arrival(gtid, ARRIVES)], why)
            .expecting("0", format!("it did not arrive within {ARRIVES} s"))
            .within(ARRIVES + 10)
    }

    fn drop(&self) -> Step {
        let drop = format!("DROP TABLE IF EXISTS {}", self.table);
        self.primary
            .sql([drop, LAST.to_owned()], "the table goes again, on both")
            .answers_as("cleared")
    }

    fn clear(&self) -> Step {
        clear(self.primary, &self.table, &self.is)
    }
}

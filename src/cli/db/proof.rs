//! The proof that replication works: a row that is written on the primary and arrives here.

use super::side::Side;
use crate::conf::{DatabaseName, quote_name, quote_string};
use crate::plan::{Step, Verify};

/// The table that the row is written to; it is there for as long as that takes.
pub const TABLE: &str = "bascule_test";

/// What the table says of itself: another one of that name is not touched.
const COMMENT: &str = "written by bascule, to be dropped at once";

/// How long a row may take to arrive, in seconds.
const ARRIVES: u64 = 60;

/// Returns the table in a database, as SQL names it.
pub fn table(database: &DatabaseName) -> String {
    format!("{}.{}", database.quoted(), quote_name(TABLE))
}

/// Returns the steps by which a row arrives: written on the primary, waited for by its GTID, read on
/// the replica, and the table dropped again on both.
///
/// Only ever written on the primary: on a replica it would be a transaction that the primary lacks.
pub fn a_row_goes(primary: &Side, replica: &Side, database: &DatabaseName) -> Vec<Step> {
    let row = Row::new(primary, replica, database);
    vec![
        primary
            .sql(
                [row.guard(), row.create(), row.insert(), LAST.to_owned()],
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

/// The name by which the session of the primary is held while a row is timed.
pub const PRIMARY: &str = "primary";

/// The name by which the session of the replica is held while a row is timed.
pub const REPLICA: &str = "replica";

/// Returns the steps by which a row is timed: from its insert on the primary until it was read on the
/// replica, by the primary's clock alone. Both sessions stand before the clock starts.
pub fn a_row_is_timed(primary: &Side, replica: &Side, database: &DatabaseName) -> Vec<Step> {
    let row = Row::new(primary, replica, database);
    let (there, here) = (primary.name(), replica.name());
    let on_primary = |step: Step| step.in_session(PRIMARY);
    let on_replica = |step: Step| step.in_session(REPLICA);
    vec![
        on_primary(
            primary
                .sql(
                    [row.guard(), row.create(), LAST.to_owned()],
                    format!("a table of the test's own on {there}"),
                )
                .answers_as("made")
                .undone_by(vec![row.clear()]),
        ),
        on_replica(row.wait("made", &format!("{here} has all that was written before"))),
        on_primary(
            primary
                .sql(
                    [
                        "SET @began = SYSDATE(6)".to_owned(),
                        row.insert(),
                        LAST.to_owned(),
                    ],
                    "the clock starts, and a row is written",
                )
                .answers_as("written"),
        ),
        on_replica(
            replica
                .sql(
                    [row.arrival("written"), row.select()],
                    format!("{here} waits for its GTID and reads the row"),
                )
                .expecting(
                    row.word(),
                    format!("the row did not arrive within {} s", ARRIVES - 10),
                )
                .within(ARRIVES),
        ),
        on_primary(
            primary
                .sql(
                    ["SELECT ROUND(TIMESTAMPDIFF(MICROSECOND, @began, SYSDATE(6)) / 1000, 1)"],
                    "the clock stops: milliseconds",
                )
                .answers_as("ms"),
        )
        .verify(Verify::Told {
            sentence: format!("a row written on {there} was read on {here} after ${{ms}} ms"),
        }),
        on_primary(row.drop()),
        on_replica(row.wait("cleared", "and that arrives as well")),
    ]
}

/// Returns a database in which a row arrives, of those that are there on both; `named` are those that
/// alone are replicated.
///
/// None as well where a filter stands that is not ours: which databases go through it is not ours to
/// guess.
pub fn tested(primary: &Side, replica: &Side, named: Vec<DatabaseName>) -> Option<DatabaseName> {
    let mut named = named;
    let filtered = |name: &&str| {
        let value = replica.server.variable(name);
        value.is_some_and(|value| !value.is_empty())
    };
    if named.is_empty() && super::promote::FILTERS.iter().any(filtered) {
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
const LAST: &str = "SELECT @@last_gtid";

/// The row, its table and the statements on them.
struct Row<'a> {
    primary: &'a Side<'a>,
    replica: &'a Side<'a>,
    table: String,
    /// The condition by which the table is found in information_schema.
    is: String,
}

impl<'a> Row<'a> {
    fn new(primary: &'a Side<'a>, replica: &'a Side<'a>, database: &DatabaseName) -> Row<'a> {
        Row {
            primary,
            replica,
            table: table(database),
            is: format!(
                "TABLE_SCHEMA = {} AND TABLE_NAME = '{TABLE}'",
                quote_string(database.as_str())
            ),
        }
    }

    fn word(&self) -> String {
        format!("from {}", self.primary.name())
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

    fn create(&self) -> String {
        let table = &self.table;
        format!(
            "CREATE OR REPLACE TABLE {table} (word VARCHAR(80)) ENGINE=InnoDB COMMENT='{COMMENT}'"
        )
    }

    fn insert(&self) -> String {
        format!(
            "INSERT INTO {} VALUES ({})",
            self.table,
            quote_string(&self.word())
        )
    }

    fn select(&self) -> String {
        format!("SELECT word FROM {}", self.table)
    }

    fn arrival(&self, gtid: &str) -> String {
        format!("SELECT MASTER_GTID_WAIT('${{{gtid}}}', {})", ARRIVES - 10)
    }

    fn wait(&self, gtid: &str, why: &str) -> Step {
        self.replica
            .sql([self.arrival(gtid)], why)
            .expecting("0", format!("it did not arrive within {} s", ARRIVES - 10))
            .within(ARRIVES)
    }

    fn drop(&self) -> Step {
        let drop = format!("DROP TABLE IF EXISTS {}", self.table);
        self.primary
            .sql([drop, LAST.to_owned()], "the table goes again, on both")
            .answers_as("cleared")
    }

    /// Drops the table where it still is; where it is gone already nothing is logged.
    fn clear(&self) -> Step {
        let (table, is) = (&self.table, &self.is);
        self.primary.sql(
            [format!(
                "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.TABLES WHERE {is} AND \
                 TABLE_COMMENT = '{COMMENT}') THEN DROP TABLE {table}; END IF; END"
            )],
            "the test's own table",
        )
    }
}

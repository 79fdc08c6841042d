//! The proof that replication works: a row that is written on the primary and arrives here.

use super::side::Side;
use crate::conf::{DatabaseName, quote_name, quote_string};
use crate::facts::Database;
use crate::plan::Step;

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

/// Returns the steps by which a row arrives: written on the primary, waited for by its GTID, read
/// here, and the table dropped again on both.
///
/// Only ever written on the primary: on a replica it would be a transaction that the primary lacks.
pub fn a_row_arrives(
    primary: &Database,
    via: &str,
    replica: &Database,
    database: &DatabaseName,
) -> Vec<Step> {
    let primary = Side {
        server: primary,
        via: Some(via),
    };
    let replica = Side {
        server: replica,
        via: None,
    };
    a_row_goes(&primary, &replica, database)
}

/// Returns the same steps, wherever the two servers are.
pub fn a_row_goes(primary: &Side, replica: &Side, database: &DatabaseName) -> Vec<Step> {
    let table = table(database);
    let drop = format!("DROP TABLE IF EXISTS {table}");
    let is = format!(
        "TABLE_SCHEMA = {} AND TABLE_NAME = '{TABLE}'",
        quote_string(database.as_str())
    );
    // Where it is gone already nothing is logged.
    let clear = primary.sql(
        [format!(
            "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.TABLES WHERE {is}) \
             THEN DROP TABLE {table}; END IF; END"
        )],
        "the test's own table",
    );
    let word = format!("from {}", primary.name());
    let write = [
        format!(
            "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.TABLES WHERE {is} AND \
             TABLE_COMMENT <> '{COMMENT}') THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = \
             'somebody else''s table {TABLE} is in the way'; END IF; END"
        ),
        format!(
            "CREATE OR REPLACE TABLE {table} (word VARCHAR(80)) ENGINE=InnoDB COMMENT='{COMMENT}'"
        ),
        format!("INSERT INTO {table} VALUES ({})", quote_string(&word)),
        "SELECT @@last_gtid".to_owned(),
    ];
    let wait = |gtid: &str, why: &str| {
        replica
            .sql(
                [format!(
                    "SELECT MASTER_GTID_WAIT('${{{gtid}}}', {})",
                    ARRIVES - 10
                )],
                why,
            )
            .expecting("0", format!("it did not arrive within {} s", ARRIVES - 10))
            .within(ARRIVES)
    };
    vec![
        primary
            .sql(
                write,
                format!(
                    "a row on {}, in a database that is replicated",
                    primary.name()
                ),
            )
            .answers_as("written")
            .undone_by(vec![clear]),
        wait(
            "written",
            &format!("its GTID arrives on {}", replica.name()),
        ),
        replica
            .sql(
                [format!("SELECT word FROM {table}")],
                format!("and {} has the row", replica.name()),
            )
            .expecting(word, "the row is not there, though its GTID is"),
        primary
            .sql(
                [drop.clone(), "SELECT @@last_gtid".to_owned()],
                "the table goes again, on both",
            )
            .answers_as("cleared"),
        wait("cleared", "and that arrives as well"),
    ]
}

//! What databases hold, as numbers that a primary and its replica can be compared by: the rows of each
//! table with all their versions, and how many views, sequences, triggers, routines and events there are.

use super::ground;
use crate::conf::{DatabaseName, quote_string};
use crate::facts::Database;
use crate::plan::Step;

/// Returns the statement that counts the rows of every InnoDB table of databases, with all their
/// versions, and what else they hold, as one line of `database.table=rows`. Other engines have no
/// snapshot, so their counts mean nothing beside others'.
pub fn count(databases: &[DatabaseName]) -> String {
    over_tables(
        databases,
        "SET @all = '';",
        "  SET @all = CONCAT_WS(' ', @all, CONCAT(@name, '=', @n));",
        "SELECT IF(@all = '', '-', TRIM(@all));",
    )
}

/// Returns the statement that counts as [`count`] and says `equal` unless a table of the line
/// `${counted}` has other rows here.
///
/// A table that only one side has was made or dropped in between, and that arrives by itself.
pub fn compare(databases: &[DatabaseName]) -> String {
    over_tables(
        databases,
        "SET @all = '', @compared = 0, @theirs = ' ${counted} ';",
        "  IF LOCATE(CONCAT(' ', @name, '='), @theirs) > 0 THEN\n\
         \x20   SET @compared = @compared + 1;\n\
         \x20   IF LOCATE(CONCAT(' ', @name, '=', @n, ' '), @theirs) = 0 THEN\n\
         \x20     SET @all = CONCAT_WS(', ', NULLIF(@all, ''), CONCAT(@name, ' has ', @n));\n\
         \x20   END IF;\n\
         \x20 END IF;",
        "SELECT CASE WHEN @all <> '' THEN @all\n\
         \x20 WHEN @compared = 0 AND @theirs <> ' - ' THEN 'no table is on both'\n\
         \x20 ELSE 'equal' END;",
    )
}

fn over_tables(databases: &[DatabaseName], begin: &str, each: &str, end: &str) -> String {
    let list: Vec<String> = databases
        .iter()
        .map(|name| quote_string(name.as_str()))
        .collect();
    let list = list.join(", ");
    // What stands in the answer must be good between quotes later.
    let name = r"REPLACE(REPLACE(CONCAT(t.d, '.', t.n), '\\', '/'), '''', '/')";
    let quoted = |column: &str| format!("'`', REPLACE({column}, '`', '``'), '`'");
    let (database, table) = (quoted("t.d"), quoted("t.n"));
    let others: Vec<String> = databases.iter().flat_map(other_things).collect();
    let others = others.join(" UNION ALL ");
    // A table that is dropped while the others are counted is passed over.
    format!(
        "BEGIN NOT ATOMIC\n\
         DECLARE CONTINUE HANDLER FOR 1146, 1412, 1932 SET @n = NULL;\n\
         {begin}\n\
         FOR t IN (SELECT TABLE_SCHEMA AS d, TABLE_NAME AS n,\n\
         \x20 IF(TABLE_TYPE = 'SYSTEM VERSIONED', ' FOR SYSTEM_TIME ALL', '') AS versions FROM information_schema.TABLES\n\
         \x20 WHERE TABLE_SCHEMA IN ({list}) AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND ENGINE = 'InnoDB'\n\
         \x20 ORDER BY 1, 2) DO\n\
         \x20 SET @n = NULL, @name = {name};\n\
         \x20 EXECUTE IMMEDIATE CONCAT('SELECT COUNT(*) INTO @n FROM ', {database}, '.', {table}, t.versions);\n\
         {each}\n\
         END FOR;\n\
         FOR t IN ({others}) DO\n\
         \x20 SET @n = t.c, @name = {name};\n\
         {each}\n\
         END FOR;\n\
         {end}\n\
         END"
    )
}

/// Returns the queries for how many there are of what a database holds besides tables.
fn other_things(database: &DatabaseName) -> [String; 5] {
    let name = quote_string(database.as_str());
    let schema = "information_schema";
    [
        (
            "(views)",
            format!("{schema}.TABLES WHERE TABLE_TYPE = 'VIEW' AND TABLE_SCHEMA"),
        ),
        (
            "(sequences)",
            format!("{schema}.TABLES WHERE TABLE_TYPE = 'SEQUENCE' AND TABLE_SCHEMA"),
        ),
        (
            "(triggers)",
            format!("{schema}.TRIGGERS WHERE TRIGGER_SCHEMA"),
        ),
        ("(routines)", "mysql.proc WHERE db".to_owned()),
        ("(events)", "mysql.event WHERE db".to_owned()),
    ]
    .map(|(kind, of)| {
        format!("SELECT {name} AS d, '{kind}' AS n, COUNT(*) AS c FROM {of} = {name}")
    })
}

/// Returns the steps after which `${counted}` is how many rows each table has at `${counted_at}`: in
/// one view of a session that is held.
pub fn count_at(primary: &Database, via: Option<&str>, databases: &[DatabaseName]) -> [Step; 2] {
    // The same that mariadb-dump does for its own position.
    let position = "SELECT BINLOG_GTID_POS(f.VARIABLE_VALUE, p.VARIABLE_VALUE) \
                    FROM information_schema.SESSION_STATUS f, information_schema.SESSION_STATUS p \
                    WHERE f.VARIABLE_NAME = 'Binlog_snapshot_file' \
                    AND p.VARIABLE_NAME = 'Binlog_snapshot_position'";
    [
        ground::sql(
            primary,
            via,
            [
                "SET SESSION max_statement_time=0",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT",
                position,
            ],
            format!(
                "one view of {}, at a known GTID; nobody waits for it",
                primary.host
            ),
        )
        .in_session(super::proof::PRIMARY)
        .answers_as("counted_at"),
        ground::sql(
            primary,
            via,
            [count(databases), "ROLLBACK".to_owned()],
            "how many rows each table has in it",
        )
        .in_session(super::proof::PRIMARY)
        .answers_as("counted"),
    ]
}

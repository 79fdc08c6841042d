//! What databases hold, as numbers that a primary and its replica can be compared by: the rows of each
//! table with all their versions, each sequence's next value, and how many views, sequences, triggers,
//! routines and events there are.

use super::servers;
use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::mariadb::filter::{Filters, Share};
use crate::mariadb::quote_string;
use crate::plan::Step;

/// The tables whose rows a snapshot holds.
const IN_SNAPSHOT: &str = "TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND ENGINE = 'InnoDB'";

/// The tables that have no snapshot and are counted in no time: the rows lie with the server itself.
const WITHOUT_SNAPSHOT: &str = "(TABLE_TYPE = 'SEQUENCE' \
    OR (TABLE_TYPE = 'BASE TABLE' AND ENGINE IN ('MyISAM', 'Aria', 'ARCHIVE', 'CSV')))";

/// The number that is counted of a table.
const NUMBER: &str = "IF(TABLE_TYPE = 'SEQUENCE', 'next_not_cached_value', 'COUNT(*)')";

/// How many sessions and threads may be writing just now.
const BUSY: &str = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() \
    AND COMMAND NOT IN ('Sleep', 'Daemon', 'Slave_IO') AND COMMAND NOT LIKE 'Binlog Dump%' \
    AND IFNULL(STATE, '') NOT LIKE 'Slave has read all %' AND IFNULL(STATE, '') NOT LIKE 'Waiting for work from %'";

/// How often a moment is looked for in which nothing is written, a millisecond each.
const TRIES: u32 = 200;

/// Returns the statement that counts the rows of every InnoDB table of databases, with all their
/// versions, and what else they hold, as one line of `database.table=rows`, behind what [`view`] counted.
fn count(databases: &[DatabaseName]) -> String {
    let all: Vec<&DatabaseName> = databases.iter().collect();
    over_tables(
        databases,
        &all,
        IN_SNAPSHOT,
        "SET @all = @still;",
        "  SET @all = CONCAT_WS(' ', @all, CONCAT(@name, '=', @n));",
        "SELECT IF(@all = '', '-', TRIM(@all));",
    )
}

/// Returns the statement that counts as the primary did and says `equal` unless something of the line
/// `${counted}` is another number here; of what the filters leave out nothing is compared.
///
/// A table that only this side has was made or dropped in between, and that arrives by itself. One that
/// only the primary has is missing here, since no view counts what was made after it began (1412); where
/// a filter keeps tables out, nobody knows.
pub fn compare(databases: &[DatabaseName], filters: &Filters) -> String {
    let share = |name: &&DatabaseName| filters.share_of(name.as_str());
    let some: Vec<DatabaseName> = databases
        .iter()
        .filter(|name| share(name) != Share::None)
        .cloned()
        .collect();
    let all: Vec<&DatabaseName> = databases
        .iter()
        .filter(|name| share(name) == Share::All)
        .collect();
    let left = match all.len() == databases.len() {
        true => "",
        false => "SET @left = '';\n",
    };
    over_tables(
        &some,
        &all,
        &format!(
            "({IN_SNAPSHOT} OR {WITHOUT_SNAPSHOT}){}",
            filters.condition()
        ),
        "SET @all = '', @theirs = ' ${counted} ', @left = @theirs;",
        "  IF LOCATE(CONCAT(' ', @name, '='), @theirs) > 0 THEN\n\
         \x20   SET @at = LOCATE(CONCAT(' ', @name, '='), @left);\n\
         \x20   SET @left = CONCAT(LEFT(@left, @at), SUBSTRING(@left, LOCATE(' ', @left, @at + 1) + 1));\n\
         \x20   IF LOCATE(CONCAT(' ', @name, '=', @n, ' '), @theirs) = 0 THEN\n\
         \x20     SET @all = CONCAT_WS(', ', NULLIF(@all, ''), CONCAT(@name, ' has ', @n));\n\
         \x20   END IF;\n\
         \x20 END IF;",
        &format!(
            "{left}IF CONCAT(@@GLOBAL.replicate_do_db, @@GLOBAL.replicate_do_table, @@GLOBAL.replicate_ignore_db,\n\
             \x20 @@GLOBAL.replicate_ignore_table, @@GLOBAL.replicate_wild_ignore_table) <> '' THEN SET @left = ''; END IF;\n\
             SELECT CASE WHEN @all <> '' THEN @all\n\
             \x20 WHEN TRIM(@left) NOT IN ('', '-') THEN CONCAT('missing here: ', TRIM(@left))\n\
             \x20 ELSE 'equal' END;"
        ),
    )
}

fn list(databases: &[DatabaseName]) -> String {
    let names = databases.iter().map(|name| quote_string(name.as_str()));
    names.collect::<Vec<_>>().join(", ")
}

/// Returns a table's name in the answer, where it must be good between quotes later.
fn name(database: &str, table: &str) -> String {
    // No quote, no backslash, and nothing that ends a name or a number there.
    format!(r"REGEXP_REPLACE(CONCAT({database}, '.', {table}), '[\\\\'' =]', '/')")
}

fn quoted(column: &str) -> String {
    format!("'`', REPLACE({column}, '`', '``'), '`'")
}

/// Goes over the tables of databases, and over what else those of `whole` hold.
fn over_tables(
    databases: &[DatabaseName],
    whole: &[&DatabaseName],
    which: &str,
    begin: &str,
    each: &str,
    end: &str,
) -> String {
    let list = list(databases);
    let name = name("t.d", "t.n");
    let (database, table) = (quoted("t.d"), quoted("t.n"));
    let none = "SELECT '' AS d, '' AS n, 0 AS c FROM DUAL WHERE FALSE".to_owned();
    let others = whole.iter().flat_map(|name| other_things(name));
    let others: Vec<String> = others.chain([none]).collect();
    let others = others.join(" UNION ALL ");
    // A table that is dropped while the others are counted is passed over.
    format!(
        "BEGIN NOT ATOMIC\n\
         DECLARE CONTINUE HANDLER FOR 1146, 1412, 1932 SET @n = NULL;\n\
         {begin}\n\
         FOR t IN (SELECT TABLE_SCHEMA AS d, TABLE_NAME AS n, {NUMBER} AS what,\n\
         \x20 IF(TABLE_TYPE = 'SYSTEM VERSIONED', ' FOR SYSTEM_TIME ALL', '') AS versions FROM information_schema.TABLES\n\
         \x20 WHERE TABLE_SCHEMA IN ({list}) AND {which}\n\
         \x20 ORDER BY 1, 2) DO\n\
         \x20 SET @n = NULL, @name = {name};\n\
         \x20 EXECUTE IMMEDIATE CONCAT('SELECT ', t.what, ' INTO @n FROM ', {database}, '.', {table}, t.versions);\n\
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

/// Returns the statement that begins one view of a server and answers with its GTID; `@still` is what has
/// no snapshot, counted at that GTID too.
///
/// That it was counted there is known where nobody was at work before and after, and nothing came into the
/// binlog meanwhile: a row of Aria is seen before its GTID is (seen on 10.11). Such a moment is looked for;
/// where the primary is too busy to have one, `@still` is empty, and nobody waits.
fn snapshot_query(databases: &[DatabaseName]) -> String {
    let name = name("TABLE_SCHEMA", "TABLE_NAME");
    let (database, table) = (quoted("TABLE_SCHEMA"), quoted("TABLE_NAME"));
    let list = list(databases);
    // The position is the same that mariadb-dump does for its own.
    format!(
        "BEGIN NOT ATOMIC\n\
         DECLARE CONTINUE HANDLER FOR 1146, 1932, 4091 SET @still = NULL;\n\
         SET SESSION group_concat_max_len = 1073741824;\n\
         SET @ask = (SELECT GROUP_CONCAT(CONCAT('CONCAT(''', {name}, '='', (SELECT ', {NUMBER},\n\
         \x20 ' FROM ', {database}, '.', {table}, '))')) FROM information_schema.TABLES\n\
         \x20 WHERE TABLE_SCHEMA IN ({list}) AND {WITHOUT_SNAPSHOT});\n\
         SET @tries = IF(@ask IS NULL, 0, {TRIES});\n\
         REPEAT\n\
         \x20 SET @before = @@GLOBAL.gtid_binlog_pos, @still = '';\n\
         \x20 START TRANSACTION WITH CONSISTENT SNAPSHOT;\n\
         \x20 IF @tries > 0 THEN\n\
         \x20   SET @busy = ({BUSY});\n\
         \x20   EXECUTE IMMEDIATE CONCAT('SELECT CONCAT_WS('' '', ', @ask, ') INTO @still');\n\
         \x20   SET @busy = @busy + ({BUSY});\n\
         \x20   IF @busy > 0 OR @before <> @@GLOBAL.gtid_binlog_pos THEN SET @still = NULL; DO SLEEP(0.001); END IF;\n\
         \x20 END IF;\n\
         \x20 SET @tries = @tries - 1;\n\
         UNTIL @still IS NOT NULL END REPEAT;\n\
         SELECT BINLOG_GTID_POS(f.VARIABLE_VALUE, p.VARIABLE_VALUE)\n\
         \x20 FROM information_schema.SESSION_STATUS f, information_schema.SESSION_STATUS p\n\
         \x20 WHERE f.VARIABLE_NAME = 'Binlog_snapshot_file' AND p.VARIABLE_NAME = 'Binlog_snapshot_position';\n\
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

/// Returns what a client is given so that it prints a line for each table, view and sequence of databases:
/// `database.table=`, and behind that how many rows it has, with all their versions, where a dump has them too;
/// at the end `=`.
pub fn listed(databases: &[DatabaseName]) -> String {
    let counted = "TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') \
                   AND ENGINE IN ('InnoDB', 'Aria', 'MyISAM', 'ARCHIVE', 'CSV', 'MEMORY')";
    // One with a line break in its name would be two.
    let plain = "TABLE_NAME NOT RLIKE '[[:cntrl:]]'";
    let each = "  SELECT CONCAT(@name, '=', @n);";
    let rows = over_tables(
        databases,
        &[],
        &format!("{counted} AND {plain}"),
        "",
        each,
        "DO 0;",
    );
    let (name, list) = (name("TABLE_SCHEMA", "TABLE_NAME"), list(databases));
    format!(
        "DELIMITER //\n{rows}//\nDELIMITER ;\n\
         SELECT CONCAT({name}, '=') FROM information_schema.TABLES\n\
         \x20 WHERE TABLE_SCHEMA IN ({list}) AND NOT ({counted}) AND {plain};\n\
         SELECT '=';"
    )
}

/// Returns the steps after which `${counted}` is how many rows each table has at `${counted_at}`: in
/// one view of a session that is held.
pub fn count_at(
    primary: &DatabaseServer,
    via: Option<&str>,
    databases: &[DatabaseName],
) -> [Step; 2] {
    [
        servers::sql(
            primary,
            via,
            [snapshot_query(databases)],
            format!(
                "one view of {}, at a known GTID; nobody waits for it",
                primary.host
            ),
        )
        .in_session(super::proof::PRIMARY)
        .answers_as("counted_at"),
        servers::sql(
            primary,
            via,
            [count(databases), "ROLLBACK".to_owned()],
            "how many rows each table has in it",
        )
        .in_session(super::proof::PRIMARY)
        .answers_as("counted"),
    ]
}

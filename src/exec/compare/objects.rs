//! What there is on both servers, and how it is defined: tables, sequences, views, triggers, routines,
//! events.

use super::definition::defined;
use super::snapshots::{SOON, Snapshots, open};
use super::{Compared, DataDifference, Job, Stop};
use crate::mariadb::table::{Column, Table};
use crate::mariadb::{quote_name, quote_string};
use std::collections::{BTreeMap, BTreeSet};

/// Engines whose rows lie elsewhere, or nowhere.
const ELSEWHERE: [&str; 8] = [
    "BLACKHOLE",
    "FEDERATED",
    "SPIDER",
    "CONNECT",
    "MRG_MyISAM",
    "SPHINX",
    "OQGRAPH",
    "S3",
];

/// The databases of the server itself, which are not replicated as data of somebody's.
const OWN: &str = "('mysql', 'information_schema', 'performance_schema', 'sys')";

/// A table as the list has it.
pub(super) struct Listed {
    database: String,
    name: String,
    engines: [String; 2],
    /// How many rows the primary guesses.
    pub rows: u64,
}

impl Listed {
    pub(super) fn title(&self) -> String {
        format!("{}.{}", self.database, self.name)
    }
}

/// A thing's kind, database and name; for what belongs to a table, that table.
type Thing = (String, String, String, String);

/// Returns the questions for all that is compared by its definition: kind, database, name, the table it
/// belongs to, engine, rows, and a sum of its definition.
fn things() -> String {
    format!(
        "SELECT IF(TABLE_TYPE = 'SEQUENCE', 'sequence', 'table'), TABLE_SCHEMA, TABLE_NAME, '', IFNULL(ENGINE, ''), \
         IFNULL(TABLE_ROWS, 0), '' FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {OWN} \
         AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE');\n\
         SELECT 'database', SCHEMA_NAME, '', '', '', 0, MD5(DEFAULT_COLLATION_NAME) \
         FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN {OWN};\n\
         SELECT 'view', TABLE_SCHEMA, TABLE_NAME, '', '', 0, MD5(CONCAT_WS('#', VIEW_DEFINITION, DEFINER, \
         SECURITY_TYPE, CHECK_OPTION)) FROM information_schema.VIEWS WHERE TABLE_SCHEMA NOT IN {OWN};\n\
         SELECT 'trigger', TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, '', 0, MD5(CONCAT_WS('#', \
         EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER, ACTION_STATEMENT, SQL_MODE, DEFINER)) \
         FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA NOT IN {OWN};\n\
         SELECT LOWER(type), db, name, '', '', 0, MD5(CONCAT_WS('#', param_list, returns, body, sql_mode, \
         security_type, definer)) FROM mysql.proc WHERE db NOT IN {OWN};\n\
         SELECT 'event', db, name, '', '', 0, MD5(CONCAT_WS('#', body, definer, execute_at, interval_value, \
         interval_field, on_completion, sql_mode)) FROM mysql.event WHERE db NOT IN {OWN};\n"
    )
}

/// Returns the tables, sequences and views of a server, each with its database.
///
/// # Errors
/// When it does not say.
pub fn tables(client: &[String]) -> Result<BTreeSet<(String, String)>, String> {
    let (mut session, _) = open(client)?;
    let question = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {OWN};\n"
    );
    let answer = session.ask(&question, SOON);
    let lines = answer.map_err(|error| error.to_string())?;
    let words = lines.iter().filter_map(|line| line.split_once('\t'));
    Ok(words
        .map(|(database, table)| (unescaped(database), unescaped(table)))
        .collect())
}

/// A thing's engine, rows and sum.
type About = (String, u64, String);

fn read(both: &mut Snapshots, job: &Job, primary: bool) -> Result<BTreeMap<Thing, About>, Stop> {
    let mut things_there = BTreeMap::new();
    for line in both.ask_now(primary, &things())? {
        let words: Vec<String> = line.split('\t').map(unescaped).collect();
        let [kind, database, name, table, engine, rows, sum] = words.as_slice() else {
            continue;
        };
        let of_table = match kind.as_str() {
            "table" | "sequence" | "view" => name,
            "trigger" => table,
            // A name that only a filter of whole databases lets through.
            _ => "bascule",
        };
        let whole = matches!(
            kind.as_str(),
            "database" | "procedure" | "function" | "package" | "package body" | "event"
        );
        if !(job.takes)(database, of_table) || (whole && job.tables_only) {
            continue;
        }
        things_there.insert(
            (kind.clone(), database.clone(), name.clone(), table.clone()),
            (engine.clone(), rows.parse().unwrap_or(0), sum.clone()),
        );
    }
    Ok(things_there)
}

/// Compares what there is, and returns the tables that both have.
pub(super) fn compare(
    job: &Job,
    both: &mut Snapshots,
    compared: &mut Compared,
) -> Result<Vec<Listed>, Stop> {
    // What differs may be on its way: looked at again once the replica has what the primary had.
    let mut told = Vec::new();
    let mut tables = Vec::new();
    for _ in 0..3 {
        told.clear();
        tables.clear();
        compared.others = 0;
        compared.strays.clear();
        let primary = read(both, job, true)?;
        both.level()?;
        let replica = read(both, job, false)?;
        let all: BTreeSet<&Thing> = primary.keys().chain(replica.keys()).collect();
        for thing in all {
            let (kind, database, name, _) = thing;
            let title = match name.as_str() {
                "" => database.clone(),
                name => format!("{database}.{name}"),
            };
            let what = match (primary.get(thing), replica.get(thing)) {
                (Some(_), None) => format!("{kind} only on the primary"),
                (None, Some(_)) => {
                    if kind == "database" {
                        compared.strays.push(database.clone());
                    }
                    format!("{kind} only on the replica")
                }
                (Some(one), Some(other)) if kind == "table" => {
                    tables.push(Listed {
                        database: database.clone(),
                        name: name.clone(),
                        engines: [one.0.clone(), other.0.clone()],
                        rows: one.1,
                    });
                    continue;
                }
                (Some(one), Some(other)) => {
                    compared.others += u64::from(kind != "database");
                    if one.2 == other.2 {
                        continue;
                    }
                    match kind.as_str() {
                        "database" => "database with another collation".to_owned(),
                        kind => format!("{kind} defined otherwise"),
                    }
                }
                (None, None) => continue,
            };
            told.push(DataDifference::new(title, None, what));
        }
        if told.is_empty() {
            break;
        }
    }
    compared.differences.append(&mut told);
    let sequences: Vec<(String, String)> = read(both, job, true)?
        .into_keys()
        .filter(|(kind, ..)| kind == "sequence")
        .map(|(_, database, name, _)| (database, name))
        .collect();
    for (database, name) in sequences {
        let title = format!("{database}.{name}");
        if !compared.differences.iter().any(|one| one.name == title) {
            sequence(both, &database, &name, compared)?;
        }
    }
    Ok(tables)
}

/// Compares a sequence. No snapshot holds it: the replica's must lie between what the primary's was
/// before and after.
fn sequence(
    both: &mut Snapshots,
    database: &str,
    name: &str,
    compared: &mut Compared,
) -> Result<(), Stop> {
    let question = format!(
        "SELECT CONCAT_WS('#', minimum_value, maximum_value, increment, cache_size, cycle_option), \
         next_not_cached_value, cycle_count FROM {}.{};\n",
        quote_name(database),
        quote_name(name)
    );
    let ask = |both: &mut Snapshots, primary: bool| -> Result<(String, i128, i128), Stop> {
        let line = both.ask_now(primary, &question)?.pop().unwrap_or_default();
        let mut words = line.split('\t');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let (defined, value, cycles) = (next(), next(), next());
        Ok((
            defined,
            value.parse().unwrap_or(0),
            cycles.parse().unwrap_or(0),
        ))
    };
    let mut last = (0, 0);
    let mut defined_otherwise = false;
    for _ in 0..5 {
        let before = ask(both, true)?;
        both.level()?;
        let there = ask(both, false)?;
        let after = ask(both, true)?;
        defined_otherwise = before.0 != there.0 && after.0 != there.0;
        let between =
            |low: i128, value: i128, high: i128| (low.min(high)..=low.max(high)).contains(&value);
        let cycled = before.2 != after.2 || there.2 != before.2;
        if !defined_otherwise
            && between(before.2, there.2, after.2)
            && (cycled || between(before.1, there.1, after.1))
        {
            return Ok(());
        }
        last = (after.1, there.1);
    }
    let what = match defined_otherwise {
        true => "sequence defined otherwise".to_owned(),
        false => format!(
            "sequence at {} on the primary, {} on the replica",
            last.0, last.1
        ),
    };
    compared.differences.push(DataDifference::new(
        format!("{database}.{name}"),
        None,
        what,
    ));
    Ok(())
}

/// A table as a server tells of it.
struct Said {
    columns: Vec<(Column, bool)>,
    keys: Vec<(String, Vec<(String, bool)>)>,
    defined: Vec<String>,
}

fn ask(both: &mut Snapshots, listed: &Listed, primary: bool) -> Result<Said, Stop> {
    let (database, name) = (&listed.database, &listed.name);
    let is = format!(
        "TABLE_SCHEMA = {} AND TABLE_NAME = {}",
        quote_string(database),
        quote_string(name)
    );
    let question = format!(
        "SELECT 'C', COLUMN_NAME, DATA_TYPE, IFNULL(CHARACTER_SET_NAME, ''), IFNULL(COLLATION_NAME, ''), \
         IS_NULLABLE = 'YES', EXTRA LIKE '%VIRTUAL%' FROM information_schema.COLUMNS WHERE {is} \
         ORDER BY ORDINAL_POSITION;\n\
         SELECT 'K', INDEX_NAME, COLUMN_NAME, NULLABLE <> 'YES' AND SUB_PART IS NULL \
         FROM information_schema.STATISTICS WHERE {is} AND NON_UNIQUE = 0 AND INDEX_TYPE = 'BTREE' \
         AND IGNORED = 'NO' ORDER BY INDEX_NAME <> 'PRIMARY', INDEX_NAME, SEQ_IN_INDEX;\n\
         SHOW CREATE TABLE {}.{};\n",
        quote_name(database),
        quote_name(name)
    );
    let mut said = Said {
        columns: Vec::new(),
        keys: Vec::new(),
        defined: Vec::new(),
    };
    for line in both.ask_now(primary, &question)? {
        let words: Vec<String> = line.split('\t').map(unescaped).collect();
        match words.as_slice() {
            [mark, name, kind, charset, collation, nullable, computed] if mark == "C" => {
                let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
                let column = Column {
                    name: name.clone(),
                    kind: kind.clone(),
                    charset: some(charset),
                    collation: some(collation),
                    nullable: nullable == "1",
                };
                said.columns.push((column, computed == "1"));
            }
            [mark, index, column, usable] if mark == "K" => {
                let part = (column.clone(), usable == "1");
                match said.keys.last_mut().filter(|(known, _)| known == index) {
                    Some((_, parts)) => parts.push(part),
                    None => said.keys.push((index.clone(), vec![part])),
                }
            }
            [_, create] => said.defined = create.lines().map(defined).collect(),
            _ => {}
        }
    }
    Ok(said)
}

/// Compares a table's definitions, and returns it as its rows can be compared; none where they cannot.
pub(super) fn table(
    listed: &Listed,
    both: &mut Snapshots,
    compared: &mut Compared,
) -> Result<Option<Table>, Stop> {
    if let Some(engine) = listed
        .engines
        .iter()
        .find(|engine| ELSEWHERE.iter().any(|one| one.eq_ignore_ascii_case(engine)))
    {
        let why = format!("its engine, {engine}, keeps no rows of its own");
        compared.not_compared.push((listed.title(), why));
        return Ok(None);
    }
    let [primary, replica] = [ask(both, listed, true)?, ask(both, listed, false)?];
    let only = |one: &Said, other: &Said| {
        let line = one
            .defined
            .iter()
            .find(|line| !other.defined.contains(line));
        line.cloned()
    };
    let (here, there) = (only(&primary, &replica), only(&replica, &primary));
    if here.is_some() || there.is_some() {
        let word =
            |line: Option<String>| line.map_or("nothing".to_owned(), |line| format!("`{line}`"));
        let what = format!(
            "table defined otherwise: {} on the primary, {} on the replica",
            word(here),
            word(there)
        );
        compared
            .differences
            .push(DataDifference::new(listed.title(), None, what));
    }
    if primary.columns != replica.columns {
        let why = "its columns are not the same on both".to_owned();
        compared.not_compared.push((listed.title(), why));
        return Ok(None);
    }
    let columns: Vec<Column> = primary
        .columns
        .iter()
        .filter(|(_, computed)| !computed)
        .map(|(column, _)| column.clone())
        .collect();
    let versioned = primary
        .defined
        .last()
        .is_some_and(|line| line.contains("WITH SYSTEM VERSIONING"));
    let innodb = |engine: &String| engine.eq_ignore_ascii_case("InnoDB");
    Ok(Some(Table {
        key: key(&primary, &replica, &columns),
        database: listed.database.clone(),
        name: listed.name.clone(),
        columns,
        transactional: listed.engines.iter().all(innodb),
        versioned,
        rows: listed.rows,
    }))
}

/// Returns the unique key that a table is gone through by on both servers, as far as its columns can be
/// told as places: those behind the first that cannot are left out, which makes larger steps.
fn key(primary: &Said, replica: &Said, columns: &[Column]) -> Option<(String, Vec<usize>)> {
    primary.keys.iter().find_map(|(index, parts)| {
        // NULLs are no places; a key of whole columns that are never NULL has each row once. What
        // versions add to a key is no column that is seen.
        let seen = |name: &str| columns.iter().position(|column| column.name == *name);
        let whole = parts
            .iter()
            .all(|(name, usable)| *usable || seen(name).is_none());
        let same = replica
            .keys
            .iter()
            .any(|other| other.0 == *index && other.1 == *parts);
        if !whole || !same {
            return None;
        }
        let leading: Vec<usize> = parts
            .iter()
            .map_while(|(name, _)| seen(name).filter(|at| columns[*at].is_usable_key()))
            .collect();
        (!leading.is_empty()).then(|| (index.clone(), leading))
    })
}

/// Returns a word as the client has it, without what `--batch` puts in for tabs and newlines.
fn unescaped(word: &str) -> String {
    let mut text = String::new();
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('0') => text.push('\0'),
                Some(other) => text.push(other),
                None => {}
            },
            letter => text.push(letter),
        }
    }
    text
}

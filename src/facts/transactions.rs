//! What stands in a server's binlogs after a position, decoded by `mariadb-binlog`: for whoever must
//! decide what becomes of transactions that another server lacks.

use super::tool;
use crate::plan::{over_ssh, shell_line};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Transactions of a binlog, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transactions {
    /// Those that were read.
    pub listed: Vec<Transaction>,
    /// There are more than were read.
    pub cut: bool,
    /// Why they could not be read, if so.
    pub trouble: Option<String>,
    /// Binlogs of before, kept aside, that had to be read first: the server has begun its own anew.
    pub kept: Vec<String>,
}

/// Where databases and binlogs are kept that a replica replaces, a numbered folder for each time.
pub const KEPT: &str = "/var/lib/bascule/databases";

/// One transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its GTID, as it is printed.
    pub gtid: String,
    /// When it was written, by the host's clock: `2026-11-22 17:36:38`.
    pub at: String,
    /// What it did, a line each: rows as they were written, other statements as they were typed.
    pub changes: Vec<String>,
}

/// How many bytes of decoded text are read.
const ENOUGH: usize = 400_000;

/// How long the reading may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// Returns the command that prints what stands in these binlogs after a position.
pub fn command(after: &str, files: &[String]) -> Vec<String> {
    let mut argv: Vec<String> = [
        "mariadb-binlog",
        "--no-defaults",
        "--base64-output=DECODE-ROWS",
        "--verbose",
    ]
    .map(str::to_owned)
    .to_vec();
    if !after.is_empty() {
        argv.push(format!("--start-position={after}"));
    }
    argv.extend_from_slice(files);
    argv
}

/// Reads them, here or over ssh; where they do not reach back so far, those kept aside as well, the
/// newest first.
pub(super) fn read(host: Option<&str>, after: &str, files: &[String]) -> Transactions {
    let found = read_these(host, after, files);
    if !found.trouble.as_deref().is_some_and(begins_later) {
        return found;
    }
    let mut kept = Vec::new();
    for folder in kept_aside(host, files).into_iter().rev() {
        kept.splice(0..0, folder);
        let all: Vec<String> = kept.iter().chain(files).cloned().collect();
        let whole = read_these(host, after, &all);
        if whole.trouble.is_none() {
            return Transactions { kept, ..whole };
        }
    }
    found
}

/// Returns true when the binlogs begin after what was asked for.
fn begins_later(trouble: &str) -> bool {
    trouble.contains("Binary logs are missing data for domain")
}

/// Returns the binlogs that an undone copy has left, those of each time together, the oldest first.
fn kept_aside(host: Option<&str>, files: &[String]) -> Vec<Vec<String>> {
    let Some(file) = files.first() else {
        return Vec::new();
    };
    let file = file.rsplit('/').next().unwrap_or_default();
    let Some((name, _)) = file.rsplit_once('.') else {
        return Vec::new();
    };
    let name = shell_line(&[name.to_owned()]);
    let line = format!("ls -dv {KEPT}/*/{name}.*[0-9]");
    let argv = ["sh", "-c", &line].map(str::to_owned);
    let argv = match host {
        Some(host) => over_ssh(host, &argv),
        None => argv.to_vec(),
    };
    let Ok(output) = tool::read(&argv, DEADLINE) else {
        return Vec::new();
    };
    let mut folders: Vec<Vec<String>> = Vec::new();
    for path in output.stdout.lines() {
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        match folders.last_mut() {
            Some(last) if last.first().and_then(|one| folder(one)) == folder(path) => {
                last.push(path.to_owned());
            }
            _ => folders.push(vec![path.to_owned()]),
        }
    }
    folders
}

fn read_these(host: Option<&str>, after: &str, files: &[String]) -> Transactions {
    let line = format!(
        "{} 2>&1 | head --bytes={ENOUGH}",
        shell_line(&command(after, files))
    );
    let argv = ["sh", "-c", &line].map(str::to_owned);
    let argv = match host {
        Some(host) => over_ssh(host, &argv),
        None => argv.to_vec(),
    };
    let output = match tool::read(&argv, DEADLINE) {
        Ok(output) => output,
        Err(error) => {
            return Transactions {
                trouble: Some(error.to_string()),
                ..Transactions::default()
            };
        }
    };
    let mut found = parse(&output.stdout);
    found.cut = output.stdout.len() >= ENOUGH;
    if found.listed.is_empty() {
        let error = output.stdout.lines().find(|line| line.starts_with("ERROR"));
        // Where nothing comes after the position, 10.11 calls that an error.
        found.trouble = error
            .filter(|line| !line.contains("never reached expected GTID state"))
            .map(str::to_owned)
            .or_else(|| (output.code != Some(0)).then(|| output.first_line()));
    }
    found
}

/// Reads what `mariadb-binlog --verbose` prints of 10.11 and 11.8.
fn parse(text: &str) -> Transactions {
    let mut found = Transactions::default();
    let mut row: Option<Row> = None;
    let mut statement = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("### ") {
            Row::read(rest, &mut row, &mut found);
            continue;
        }
        Row::end(&mut row, &mut found);
        if let Some((gtid, at)) = begins(line) {
            statement.clear();
            found.listed.push(Transaction {
                gtid,
                at,
                changes: Vec::new(),
            });
        } else if line == "/*!*/;" || line.ends_with("/*!*/;") {
            let last = line.trim_end_matches("/*!*/;");
            if !last.is_empty() && !last.starts_with("/*") {
                add_line(&mut statement, last);
            }
            note(&mut found, &std::mem::take(&mut statement));
        } else if !line.starts_with(['#', '/']) && !line.is_empty() {
            add_line(&mut statement, line);
        }
    }
    Row::end(&mut row, &mut found);
    found
}

fn add_line(statement: &mut String, line: &str) {
    if !statement.is_empty() {
        statement.push(' ');
    }
    statement.push_str(line.trim());
}

/// Returns the GTID and the time of a line that begins a transaction:
/// `#261122 17:36:38 server id 10  end_log_pos 19948 CRC32 0xef1f7b60  GTID 0-10-9 trans`.
fn begins(line: &str) -> Option<(String, String)> {
    let (head, rest) = line.strip_prefix('#')?.split_once("\tGTID ")?;
    let gtid = rest.split_whitespace().next()?.to_owned();
    let (day, time) = head.split_once(" server id ")?.0.split_once(' ')?;
    let (year, month, day) = (day.get(0..2)?, day.get(2..4)?, day.get(4..6)?);
    Some((gtid, format!("20{year}-{month}-{day} {:0>8}", time.trim())))
}

/// Adds a statement, unless it is the frame of a transaction or a setting of the session's.
fn note(found: &mut Transactions, statement: &str) {
    let upper = statement.to_ascii_uppercase();
    let frame = [
        "SET ",
        "USE ",
        "START TRANSACTION",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "DELIMITER",
    ];
    if statement.is_empty() || frame.iter().any(|word| upper.starts_with(word)) {
        return;
    }
    if let Some(transaction) = found.listed.last_mut() {
        let line = match upper.contains("IDENTIFIED") || upper.contains("PASSWORD") {
            // Not on a screen.
            true => statement
                .split_whitespace()
                .take(3)
                .chain(["…"])
                .collect::<Vec<_>>()
                .join(" "),
            false => statement.to_owned(),
        };
        transaction.changes.push(line);
    }
}

/// A row as it is decoded, over several lines.
#[derive(Debug, Default)]
struct Row {
    head: String,
    before: Vec<String>,
    after: Vec<String>,
    in_after: bool,
}

impl Row {
    fn read(line: &str, row: &mut Option<Row>, found: &mut Transactions) {
        let verb = ["INSERT INTO ", "UPDATE ", "DELETE FROM "];
        if verb.iter().any(|verb| line.starts_with(verb)) {
            Row::end(row, found);
            *row = Some(Row {
                head: line.trim().replace('`', ""),
                ..Row::default()
            });
            return;
        }
        let Some(row) = row else { return };
        match line.trim() {
            "SET" => row.in_after = true,
            "WHERE" => row.in_after = false,
            value => {
                let value = value
                    .split_once('=')
                    .map_or(value, |(_, value)| value)
                    .to_owned();
                if row.in_after {
                    row.after.push(value);
                } else {
                    row.before.push(value);
                }
            }
        }
    }

    fn end(row: &mut Option<Row>, found: &mut Transactions) {
        let (Some(row), Some(transaction)) = (row.take(), found.listed.last_mut()) else {
            return;
        };
        let values = |values: &[String]| format!("({})", values.join(", "));
        let text = match (row.before.is_empty(), row.after.is_empty()) {
            (true, _) => values(&row.after),
            (_, true) => values(&row.before),
            _ => format!("{} to {}", values(&row.before), values(&row.after)),
        };
        transaction.changes.push(format!("{} {text}", row.head));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(release: &str) -> Transactions {
        let root = env!("CARGO_MANIFEST_DIR");
        let path = format!("{root}/tests/data/databases/{release}/binlog");
        parse(&std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}")))
    }

    #[test]
    fn rows_and_statements_are_told_as_they_were_written() {
        for release in ["bookworm", "trixie"] {
            let found = printed(release);
            let numbers: Vec<u64> = found
                .listed
                .iter()
                .filter_map(|one| one.gtid.strip_prefix("0-10-")?.parse().ok())
                .collect();
            assert!(numbers.len() == 6 && numbers.is_sorted(), "{numbers:?}");
            let changes: Vec<String> = found
                .listed
                .iter()
                .map(|one| one.changes.join("; "))
                .collect();
            assert_eq!(
                changes,
                [
                    "CREATE DATABASE told",
                    "CREATE TABLE told.t (id INT PRIMARY KEY, who VARCHAR(40), n INT)",
                    "INSERT INTO told.t (1, 'x', 1); INSERT INTO told.t (2, 'it's', NULL)",
                    "UPDATE told.t (1, 'x', 1) to (1, 'x', 5)",
                    "INSERT INTO told.t (3, 'y', 3); DELETE FROM told.t (2, 'it's', NULL)",
                    // A password could stand in it.
                    "CREATE USER told@localhost …",
                ]
            );
            let at = &found.listed[0].at;
            assert!(at.starts_with("20") && at.len() == 19, "{at}");
        }
    }
}

//! What stands in a server's binlogs that another server lacks, decoded by `mariadb-binlog`: for whoever
//! must decide what becomes of it.

use super::tool;
use crate::plan::{over_ssh, shell_line};
use crate::state::StateFolder;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Transactions of a binlog, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Transactions {
    /// The transactions that were read.
    pub listed: Vec<Transaction>,
    /// There are more than were read.
    pub cut: bool,
    /// Why they could not be read, if so.
    pub trouble: Option<String>,
    /// Binlogs of before, kept aside, that had to be read first: the server has begun its own anew.
    pub kept: Vec<String>,
    /// The binlogs had to be read from their beginning: a position is refused there.
    pub whole: bool,
    /// Older ones are lacking as well, and are in no binlog any more.
    pub older_are_gone: bool,
}

/// Which transactions are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    /// The options that select by domain and server.
    pub(super) select: &'a [String],
    /// A position before all of them, or an empty one.
    pub(super) start: &'a str,
    /// The transactions of the other server: `0-10-8`, or `0-*-8` whoever wrote it.
    pub(super) held: &'a [String],
}

/// A transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its GTID, as it is printed.
    pub gtid: String,
    /// When it was written, by the host's clock: `2026-11-22 17:36:38`.
    pub at: String,
    /// The changes, a line each: rows as they were written, other statements as they were typed.
    pub changes: Vec<String>,
}

/// Why nothing can be shown where something is lacking.
const GONE: &str = "they are in no binlog any more";

/// How many bytes of decoded text are read.
const ENOUGH: usize = 400_000;

/// How long the reading may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// Passes on what the other server has not, and what stands before the first transaction.
const FILTER: &str = r#"BEGIN { n = split(held, all, " "); for (i = 1; i <= n; i++) { split(all[i], g, "-"); has[g[1] "-" g[2]] = g[3] } show = 1 }
/^#.*\tGTID [0-9]/ { rest = $0; sub(/.*\tGTID /, "", rest); sub(/ .*/, "", rest); split(rest, g, "-")
  show = g[3] + 0 > has[g[1] "-" g[2]] + 0 && g[3] + 0 > has[g[1] "-*"] + 0 }
show || /^ERROR/"#;

/// Returns the command that prints these binlogs, from a position on unless that is empty.
pub fn command(select: &[String], start: &str, files: &[String]) -> Vec<String> {
    let mut argv: Vec<String> = [
        "mariadb-binlog",
        "--no-defaults",
        "--base64-output=DECODE-ROWS",
        "--verbose",
    ]
    .map(str::to_owned)
    .to_vec();
    argv.extend_from_slice(select);
    if !start.is_empty() {
        argv.push(format!("--start-position={start}"));
    }
    argv.extend_from_slice(files);
    argv
}

/// Reads them, here or over ssh; where they do not reach back so far, those kept aside as well, the
/// newest first.
pub(super) fn read(host: Option<&str>, wanted: &Selection, files: &[String]) -> Transactions {
    let found = read_these(host, wanted, files);
    if !found.older_are_gone {
        return found;
    }
    let mut kept = Vec::new();
    for folder in kept_aside(host, files).into_iter().rev() {
        kept.splice(0..0, folder);
        let all: Vec<String> = kept.iter().chain(files).cloned().collect();
        let whole = read_these(host, wanted, &all);
        if whole.trouble.is_none() && !whole.older_are_gone {
            return Transactions { kept, ..whole };
        }
    }
    found
}

/// Returns true when a server has no transaction of a list of GTIDs that is not among what it holds.
fn holds_all(held: &[String], gtids: &[String]) -> bool {
    let number = |gtid: &str| gtid.rsplit('-').next().and_then(|n| n.parse::<u64>().ok());
    let has = |origin: &str| {
        let of_it = held.iter().find_map(|one| one.strip_prefix(origin));
        of_it.and_then(number).unwrap_or(0)
    };
    gtids.iter().all(|gtid| {
        let (Some(last), Some((origin, _)), Some((domain, _))) =
            (number(gtid), gtid.rsplit_once('-'), gtid.split_once('-'))
        else {
            return true;
        };
        last <= has(&format!("{origin}-")).max(has(&format!("{domain}-*-")))
    })
}

/// Returns the GTIDs that a first binlog begins after: `Gtid list [0-11-6,`, then a line each.
fn begins_after(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once("\tGtid list [") else {
        return Vec::new();
    };
    let list = rest.split(']').next().unwrap_or_default();
    let words = list.split([',', '\n', '#', ' ']);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
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
    let folder = StateFolder::on(host).databases().display().to_string();
    let [folder, name] = [folder, name.to_owned()].map(|word| shell_line(&[word]));
    let line = format!("ls -dv {folder}/*/{name}.*[0-9]");
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

/// Reads them from a position on; from the beginning where that is refused.
pub(super) fn read_these(host: Option<&str>, wanted: &Selection, files: &[String]) -> Transactions {
    let found = read_from(host, wanted, wanted.start, files);
    if wanted.start.is_empty() || found.trouble.is_none() {
        return found;
    }
    // A position is refused where the first binlog begins after it in one of its domains, and where it
    // leaves one out; neither says that what is wanted is not there.
    let whole = read_from(host, wanted, "", files);
    Transactions {
        whole: true,
        ..whole
    }
}

fn read_from(
    host: Option<&str>,
    wanted: &Selection,
    start: &str,
    files: &[String],
) -> Transactions {
    let filter = [
        "awk",
        "-v",
        &format!("held={}", wanted.held.join(" ")),
        FILTER,
    ];
    let line = format!(
        "{} 2>&1 | {} | head --bytes={ENOUGH}",
        shell_line(&command(wanted.select, start, files)),
        shell_line(&filter.map(str::to_owned)),
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
    found.older_are_gone = !holds_all(wanted.held, &begins_after(&output.stdout));
    if found.listed.is_empty() {
        let error = output.stdout.lines().find(|line| line.starts_with("ERROR"));
        found.trouble = error
            .map(str::to_owned)
            .or_else(|| (output.code != Some(0)).then(|| output.first_line()))
            // Not to be taken for none.
            .or_else(|| found.older_are_gone.then(|| GONE.to_owned()));
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
            note_statement(&mut found, &std::mem::take(&mut statement));
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
fn note_statement(found: &mut Transactions, statement: &str) {
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

    #[test]
    fn binlogs_that_begin_after_what_is_lacking_are_found_out() {
        // As 10.11 printed it, of a second file.
        let text = "#261130  6:01:16 server id 11  end_log_pos 315 CRC32 0xe4a2025e \tGtid list [0-11-6,\n\
                    # 0-10-8]\n# at 315\n\
                    #261130  6:01:16 server id 11  end_log_pos 358 CRC32 0x068c5661 \tBinlog checkpoint mysql-bin.000001\n";
        let begins = begins_after(text);
        assert_eq!(begins, ["0-11-6", "0-10-8"]);
        let held = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        assert!(!holds_all(&held(&["0-10-8"]), &begins));
        assert!(!holds_all(&held(&["0-10-8", "0-11-5", "1-*-100"]), &begins));
        assert!(holds_all(&held(&["0-10-8", "0-11-6"]), &begins));
        assert!(holds_all(&held(&["0-*-8"]), &begins));
        assert!(
            begins_after("#261122 17:26:12 server id 10 \tGtid list []\n# at 285\n").is_empty()
        );
    }

    #[test]
    fn what_the_other_server_has_is_not_passed_on() {
        // The lines that begin a transaction, as a server without gtid_strict_mode had them.
        let text: String = ["0-11-6", "0-10-6", "0-10-8", "5-11-1", "0-12-7"]
            .iter()
            .map(|gtid| {
                format!(
                    "#261130  6:00:12 server id 11  end_log_pos 370 CRC32 0x17538a65 \tGTID {gtid} trans\n\
                     INSERT INTO d1.t(id,w) VALUES (1)\n/*!*/;\n"
                )
            })
            .collect();
        let filtered = |held: &str| {
            let mut child = std::process::Command::new("awk")
                .args(["-v", &format!("held={held}"), FILTER])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = child.stdin.take().unwrap();
            std::io::Write::write_all(&mut stdin, text.as_bytes()).unwrap();
            drop(stdin);
            let said = child.wait_with_output().unwrap().stdout;
            let found = parse(&String::from_utf8(said).unwrap());
            let gtids: Vec<String> = found.listed.into_iter().map(|one| one.gtid).collect();
            gtids.join(" ")
        };
        assert_eq!(filtered(""), "0-11-6 0-10-6 0-10-8 5-11-1 0-12-7");
        assert_eq!(filtered("0-10-8"), "0-11-6 5-11-1 0-12-7");
        assert_eq!(filtered("0-10-6 0-*-6"), "0-10-8 5-11-1 0-12-7");
    }
}

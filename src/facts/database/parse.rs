//! From the script's answer to a [`Database`].

use super::options::{self, OptionFile};
use super::{
    Account, Binlog, Database, Folder, ForeignTable, Link, Listener, Position, Registered, Session,
    UserDatabase,
};
use crate::facts::{network, unit};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What every part of the answer begins with.
const MARK: &str = "@bascule ";

/// The script's exit status for a client that got no answer in time, as `timeout` ends.
const TOO_LATE: &str = "124";

/// What the client is asked, in this order.
const QUESTIONS: [&str; 15] = [
    "variables",
    "status",
    "links",
    "replicas",
    "position",
    "binlogs",
    "sessions",
    "accounts",
    "databases",
    "routines",
    "events",
    "triggers",
    "tables",
    "sizes",
    "others",
];

/// A row by the names of its columns; NULL is absent.
pub(super) type Row = BTreeMap<String, String>;

/// Parses the whole answer; none when its end is missing.
pub(super) fn database(text: &str) -> Option<Database> {
    let mut database = Database::default();
    let mut rows: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    let mut files = Files::default();
    let mut listeners = Vec::new();
    let mut whole = false;
    let mut late = false;
    let mut last = "";
    for (name, argument, body) in parts(text) {
        match name {
            "host" => body.trim().clone_into(&mut database.host),
            "now" => database.now = body.trim().parse().unwrap_or(0),
            "programs" => programs(&mut database, body),
            "version" => {
                database.version = version_of_program(body).unwrap_or_default().to_owned();
            }
            "addr" => database.network = network::parse(body).unwrap_or_default(),
            "listen" => listeners = body.lines().filter_map(listener).collect(),
            "units" => {
                let names = ["mariadb.service", "mariadb.socket"].map(str::to_owned);
                database.units = unit::parse(&names, body);
            }
            "options" => {
                let (words, said): (Vec<&str>, Vec<&str>) =
                    barred(body).partition(|line| line.starts_with("--"));
                database.defaults = owned(words);
                database.defaults_said = owned(said);
            }
            "home" => database.home_options = Some(PathBuf::from(body.trim())),
            "stat" => files.stats = barred(body).filter_map(stat).collect(),
            "files" => files.texts = texts(body),
            "target" => {
                files.targets.insert(argument, body.trim());
            }
            "folders" => database.folders = barred(body).filter_map(folder).collect(),
            "free" => database.free = body.lines().filter_map(free).collect(),
            "datadir" => database.datadir_files = owned(barred(body).collect()),
            "check-table" => {
                database.check.get_or_insert_default().values = values(body);
            }
            "check-said" => {
                let check = database.check.get_or_insert_default();
                for line in barred(body) {
                    match line.strip_prefix("@code ") {
                        Some(code) => check.code = code.trim().parse().unwrap_or(-1),
                        None => check.said.push(line.to_owned()),
                    }
                }
            }
            "sql-code" => late = argument == TOO_LATE,
            "end" => whole = true,
            "begin" => {}
            // The client's: its rows, and between them what went wrong.
            name => {
                let mut lines = Vec::new();
                for line in body.lines().filter(|line| !line.is_empty() && *line != "1") {
                    if line.contains('\t') {
                        lines.push(line);
                    } else if line.starts_with("ERROR ") {
                        database.failed.insert(name.to_owned(), line.to_owned());
                    } else {
                        database.said.push(line.trim().to_owned());
                    }
                }
                rows.insert(name, table(&lines));
                last = name;
            }
        }
    }
    if !whole {
        return None;
    }
    for name in QUESTIONS {
        // The last answer may have been cut off in its middle.
        if late && (name == last || !rows.contains_key(name)) {
            let why = "the server gave no answer within 4 s".to_owned();
            database.failed.insert(name.to_owned(), why);
        }
    }
    fill(&mut database, &mut rows);
    if database.variables.is_empty() {
        let why = std::mem::take(&mut database.failed).into_values().next();
        let why = why.or_else(|| database.said.pop());
        database.unanswered = Some(why.unwrap_or_else(|| "it said nothing".to_owned()));
    }
    database.option_files = options::in_order(files.assemble());
    let port = database.port();
    listeners.retain(|l| l.port == port || l.is_server());
    database.listeners = listeners;
    Some(database)
}

/// Splits the answer into (name, argument, body).
///
/// Every row of the client has a tab and no mark does, so that a database called `@bascule end` is
/// none; everything else that is not ours stands behind a bar.
fn parts(text: &str) -> Vec<(&str, &str, &str)> {
    let mut marks: Vec<(&str, usize, usize)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let title = line.strip_prefix(MARK).filter(|t| !t.contains('\t'));
        if let Some(title) = title {
            marks.push((title.trim_end(), at, at + line.len()));
        }
        at += line.len();
    }
    let ends = marks.iter().skip(1).map(|mark| mark.1).chain([at]);
    marks
        .iter()
        .zip(ends)
        .map(|((title, _, start), end)| {
            let (name, argument) = title.split_once(' ').unwrap_or((title, ""));
            (name, argument, &text[*start..end])
        })
        .collect()
}

/// Returns the lines that stand behind a bar.
fn barred(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter_map(|line| line.strip_prefix('|'))
}

fn owned(lines: Vec<&str>) -> Vec<String> {
    lines.into_iter().map(str::to_owned).collect()
}

/// Reads what the client prints with `--batch`: a line of names, then the rows.
pub(super) fn table(lines: &[&str]) -> Vec<Row> {
    let Some((names, rows)) = lines.split_first() else {
        return Vec::new();
    };
    let names: Vec<String> = names.split('\t').map(unescape).collect();
    rows.iter()
        .map(|line| {
            names
                .iter()
                .zip(line.split('\t'))
                .filter(|(_, value)| *value != "NULL")
                .map(|(name, value)| (name.clone(), unescape(value)))
                .collect()
        })
        .collect()
}

/// Takes back what `--batch` does to a value: newline, tab, NUL and backslash are escaped.
fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

fn text(row: &Row, name: &str) -> String {
    row.get(name).cloned().unwrap_or_default()
}

fn number(row: &Row, name: &str) -> u64 {
    row.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn seconds(row: &Row, name: &str) -> Option<f64> {
    row.get(name)?.parse().ok()
}

/// Puts the client's rows in their places.
fn fill(database: &mut Database, rows: &mut BTreeMap<&str, Vec<Row>>) {
    let mut take = |name: &str| rows.remove(name).unwrap_or_default();
    database.variables = pairs(&take("variables"), "Variable_name", "Value");
    database.status = pairs(&take("status"), "Variable_name", "Value");
    if let Some(version) = database.variables.get("version") {
        // 11.8 adds where it was built: `11.8.6-MariaDB-0+deb13u1 from Debian`.
        database.version = version.split(' ').next().unwrap_or_default().to_owned();
    }
    database.links = take("links")
        .into_iter()
        .map(|columns| Link { columns })
        .collect();
    database.registered = take("replicas")
        .iter()
        .map(|row| Registered {
            server_id: number(row, "Server_id"),
            host: text(row, "Host"),
            port: u16::try_from(number(row, "Port")).unwrap_or(0),
        })
        .collect();
    database.position = take("position").first().map(|row| Position {
        file: text(row, "File"),
        offset: number(row, "Position"),
        do_db: text(row, "Binlog_Do_DB"),
        ignore_db: text(row, "Binlog_Ignore_DB"),
    });
    database.binlogs = take("binlogs")
        .iter()
        .map(|row| Binlog {
            name: text(row, "Log_name"),
            size: number(row, "File_size"),
        })
        .collect();
    database.sessions = take("sessions")
        .iter()
        .map(|row| Session {
            id: number(row, "id"),
            user: text(row, "user"),
            host: text(row, "host"),
            db: row.get("db").cloned(),
            command: text(row, "command"),
            seconds: seconds(row, "seconds").unwrap_or(0.0),
            state: row.get("state").filter(|s| !s.is_empty()).cloned(),
            statement: row.get("statement").map(|word| word.to_uppercase()),
            transaction: seconds(row, "transaction"),
            modified: number(row, "modified"),
        })
        .collect();
    database.accounts = take("accounts")
        .iter()
        .map(|row| Account {
            user: text(row, "user"),
            host: text(row, "host"),
            plugin: text(row, "plugin"),
            replicates: number(row, "replicates") != 0,
            tls: number(row, "tls") != 0,
            locked: number(row, "locked") != 0,
        })
        .collect();
    let count = |rows: Vec<Row>| pairs(&rows, "name", "count");
    let (routines, events, triggers) = (
        count(take("routines")),
        count(take("events")),
        count(take("triggers")),
    );
    let of = |counts: &BTreeMap<String, String>, name: &str| {
        counts.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    let mut databases: BTreeMap<String, UserDatabase> = BTreeMap::new();
    for row in take("databases") {
        let name = text(&row, "name");
        let one = UserDatabase {
            collation: text(&row, "collation"),
            routines: of(&routines, &name),
            events: of(&events, &name),
            triggers: of(&triggers, &name),
            name: name.clone(),
            ..UserDatabase::default()
        };
        databases.insert(name, one);
    }
    for row in take("tables") {
        if let Some(one) = databases.get_mut(&text(&row, "db")) {
            add_table(one, &row);
        }
    }
    for row in take("sizes").iter().chain(&take("others")) {
        if let Some(one) = databases.get_mut(&text(row, "db")) {
            one.rows += number(row, "count");
            one.bytes += number(row, "bytes");
        }
    }
    database.databases = databases.into_values().collect();
}

fn add_table(database: &mut UserDatabase, row: &Row) {
    if text(row, "type").ends_with("VIEW") {
        database.views += 1;
        return;
    }
    database.tables += 1;
    let engine = text(row, "engine");
    if engine != "InnoDB" {
        database.foreign.push(ForeignTable {
            name: text(row, "name"),
            engine,
        });
    }
}

fn pairs(rows: &[Row], name: &str, value: &str) -> BTreeMap<String, String> {
    rows.iter()
        .map(|row| (text(row, name), text(row, value)))
        .collect()
}

fn programs(database: &mut Database, body: &str) {
    for (name, value) in body.lines().filter_map(|line| line.split_once('=')) {
        match name {
            "server" => database.installed = !value.is_empty(),
            "client" => value.clone_into(&mut database.client),
            "dump" => value.clone_into(&mut database.dump),
            _ => {}
        }
    }
}

/// Finds the version in `mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu …`.
fn version_of_program(body: &str) -> Option<&str> {
    body.split_once(" Ver ")?.1.split_whitespace().next()
}

/// The option files, as they come in three parts.
#[derive(Default)]
struct Files<'a> {
    stats: BTreeMap<PathBuf, (usize, Folder)>,
    texts: BTreeMap<&'a str, String>,
    targets: BTreeMap<&'a str, &'a str>,
}

impl Files<'_> {
    fn assemble(mut self) -> BTreeMap<PathBuf, OptionFile> {
        let mut files = BTreeMap::new();
        for (path, (size, folder)) in self.stats {
            let name = path.to_string_lossy();
            let mut text = self.texts.remove(&*name).unwrap_or_default();
            // sed ends the last line also where the file does not.
            if text.len() == size + 1 {
                text.pop();
            }
            let file = OptionFile {
                target: self.targets.get(&*name).map(PathBuf::from),
                text,
                mode: folder.mode,
                uid: folder.uid,
                gid: folder.gid,
                owner: folder.owner,
                group: folder.group,
                path: path.clone(),
            };
            files.insert(path, file);
        }
        files
    }
}

/// Splits what `sed` prints: the path of a file, then its lines behind bars.
fn texts(body: &str) -> BTreeMap<&str, String> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut path = "";
    for line in body.lines() {
        match line.strip_prefix('|') {
            Some(line) => {
                let text = texts.entry(path).or_default();
                text.push_str(line);
                text.push('\n');
            }
            None => path = line,
        }
    }
    texts
}

/// Reads `SIZE|MODE|UID|GID|OWNER|GROUP|PATH`.
fn stat(line: &str) -> Option<(PathBuf, (usize, Folder))> {
    let (size, rest) = line.split_once('|')?;
    let (path, folder) = folder(rest)?;
    Some((path, (size.parse().ok()?, folder)))
}

/// Reads `MODE|UID|GID|OWNER|GROUP|PATH`.
fn folder(line: &str) -> Option<(PathBuf, Folder)> {
    let mut fields = line.splitn(6, '|');
    let folder = Folder {
        mode: u32::from_str_radix(fields.next()?, 8).ok()?,
        uid: fields.next()?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
        owner: fields.next()?.to_owned(),
        group: fields.next()?.to_owned(),
    };
    Some((PathBuf::from(fields.next()?), folder))
}

/// Reads `AVAIL FILE`, in bytes; the first line has the names.
fn free(line: &str) -> Option<(PathBuf, u64)> {
    let (bytes, path) = line.trim().split_once(' ')?;
    Some((PathBuf::from(path.trim()), bytes.parse().ok()?))
}

/// Reads a row of `ss -ltnpH`: `LISTEN 0 80 127.0.0.1:3306 0.0.0.0:* users:(("mariadbd",pid=38,fd=21))`.
fn listener(line: &str) -> Option<Listener> {
    let local = line.split_whitespace().nth(3)?;
    let (address, port) = local.rsplit_once(':')?;
    let mut programs: Vec<String> = Vec::new();
    // Each name stands between quotes, once for each process.
    for name in line.split('"').skip(1).step_by(2) {
        if !programs.iter().any(|known| known == name) {
            programs.push(name.to_owned());
        }
    }
    Some(Listener {
        address: address.trim_matches(['[', ']']).to_owned(),
        port: port.parse().ok()?,
        programs,
    })
}

/// Reads the table at the end of `mariadbd --help --verbose`: names and values in two columns.
fn values(body: &str) -> BTreeMap<String, String> {
    barred(body)
        .skip_while(|line| line.starts_with('-'))
        // A blank line and a text about further help follow.
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_once(' ').unwrap_or((line, "")))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

//! From the script's answer to a [`Database`].

use super::batch::{Row, table};
use super::options::{self, OptionFile};
use super::rows;
use super::{DatabaseListener, DatabaseServer, Folder, HANDED_OVER, OptionCheck, Unfinished};
use crate::facts::{network, unit};
use crate::mariadb::ClientOption;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The beginning of every part of the answer.
const MARK: &str = "@bascule ";

/// The script's exit status for a client that got no answer in time, as `timeout` ends.
const TOO_LATE: &str = "124";

/// How long a line is at most that says why there is no answer.
const MOST: usize = 300;

/// The questions to the client, in this order.
pub(super) const QUESTIONS: [&str; 29] = [
    "variables",
    "run-time",
    "status",
    "links",
    "replicas",
    "position",
    "binlogs",
    "sessions",
    "accounts",
    "holders",
    "database-rights",
    "table-rights",
    "column-rights",
    "columns",
    "routine-rights",
    "roles",
    "proxies",
    "prepared",
    "prepared-long",
    "plugins",
    "databases",
    "routines",
    "events",
    "schedule",
    "triggers",
    "tables",
    "sizes",
    "spaces",
    "others",
];

/// Parses the whole answer; none when its end is missing.
pub(super) fn database(text: &str) -> Option<DatabaseServer> {
    let parts = split_parts(text);
    parts.iter().find(|part| part.name == "end")?;
    let mut database = DatabaseServer::default();
    server(&mut database, &parts);
    host(&mut database, &parts);
    Some(database)
}

/// Takes what the server said: rows, and between them what went wrong.
fn server(database: &mut DatabaseServer, parts: &[Part<'_>]) {
    let mut rows: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    let mut last = "";
    for part in parts.iter().filter(|part| part.is_the_servers()) {
        let mut lines = Vec::new();
        // The 1 is what the client prints under a mark.
        for line in part.body.lines().filter(|line| !matches!(*line, "" | "1")) {
            if line.contains('\t') {
                lines.push(line);
            } else if line.starts_with("ERROR ") {
                let why = line.to_owned();
                database.failed.insert(part.name.to_owned(), why);
            } else {
                database.said.push(line.trim().to_owned());
            }
        }
        rows.insert(part.name, table(&lines));
        last = part.name;
    }
    let late = |part: &Part<'_>| part.name == "sql-code" && part.argument == TOO_LATE;
    if parts.iter().any(late) {
        for name in QUESTIONS {
            // The last answer may have been cut off in its middle.
            if name == last || !rows.contains_key(name) {
                let why = "the server gave no answer within 4 s".to_owned();
                database.failed.insert(name.to_owned(), why);
            }
        }
    }
    rows::fill_rows(database, &mut rows);
    if database.variables.is_empty() {
        let why = std::mem::take(&mut database.failed).into_values().next();
        // What a client prints that is told to print tables or HTML has whole accounts in a line.
        let short = |line: &String| line.len() <= MOST && !line.contains('<');
        let why = why.or_else(|| database.said.pop().filter(short));
        database.unanswered = Some(why.unwrap_or_else(|| "its answer cannot be read".to_owned()));
    }
}

/// Takes what the host said.
fn host(database: &mut DatabaseServer, parts: &[Part<'_>]) {
    let mut files = Files::default();
    let mut listeners = Vec::new();
    for part in parts {
        let body = part.body;
        match part.name {
            "host" => body.trim().clone_into(&mut database.host),
            "who" => database.who = crate::facts::Who::parse(body),
            "former" => {
                let mut lines = body.lines().map(str::trim);
                database.former_primary = lines.next().map(str::to_owned);
                database.handed_over = lines.next() == Some(HANDED_OVER);
            }
            "unfinished" => {
                let mut lines = body.lines().map(str::trim);
                database.unfinished.push(Unfinished {
                    folder: PathBuf::from(part.argument),
                    operation: lines.next().and_then(|number| number.parse().ok()),
                    kept: lines.next() == Some("kept"),
                });
            }
            "unlet" => database.unlet = barred(body).next().map(str::to_owned),
            "unasked" => database.inexact_unknown = true,
            "at-work" => database.at_work = body.lines().next().map(|line| line.trim().to_owned()),
            "now" => database.now = body.trim().parse().unwrap_or(0),
            "programs" => programs(database, body),
            "version" => {
                let version = version_of_program(body).unwrap_or_default();
                version.clone_into(&mut database.version);
            }
            "addr" => database.network = network::parse(body).unwrap_or_default(),
            "listen" => listeners = body.lines().filter_map(listener).collect(),
            "units" => {
                let names = ["mariadb.service", "mariadb.socket"].map(str::to_owned);
                database.units = unit::parse(&names, body);
            }
            "options" => {
                // Between them stands what is wrong with a file: `error: Wrong group definition …`.
                let options = barred(body).filter(|line| line.starts_with("--"));
                database.defaults = owned_lines(options.collect());
            }
            "client-options" => {
                database.client_options = barred(body).filter_map(client_option).collect();
            }
            "files" => files.texts = file_texts(body),
            "stat" => files.stats = barred(body).filter_map(parse_stat).collect(),
            "target" => {
                files.targets.insert(part.argument, body.trim());
            }
            "folders" => database.folders = barred(body).filter_map(folder).collect(),
            "free" => database.free = body.lines().filter_map(free).collect(),
            "inodes" => database.inodes = body.lines().filter_map(inodes).collect(),
            "read-only" => database.read_only = barred(body).map(PathBuf::from).collect(),
            "oldest" => database.purged = gtid_list(body),
            "datadir" => database.datadir_files = owned_lines(barred(body).collect()),
            "check-table" => database.check.get_or_insert_default().values = values(body),
            "check-said" => check_said(database.check.get_or_insert_default(), body),
            _ => {}
        }
    }
    database.option_files = options::in_order(files.assemble());
    let port = database.port();
    listeners.retain(|l| l.port == port || l.is_server());
    database.listeners = listeners;
}

/// A part of the answer.
struct Part<'a> {
    /// The subject, as the mark has it.
    name: &'a str,
    /// The rest of the mark, behind the name.
    argument: &'a str,
    /// The text up to the next mark.
    body: &'a str,
}

impl Part<'_> {
    /// Returns true for an answer of the server; `sql` is what comes before the first.
    fn is_the_servers(&self) -> bool {
        matches!(self.name, "sql" | "inexact" | "crossings" | "broken-views")
            || QUESTIONS.contains(&self.name)
    }
}

/// Splits the answer into its parts.
///
/// Every row of the client has a tab and no mark does, so that a database called `@bascule end` is
/// none; everything else that is not ours stands behind a bar.
fn split_parts(text: &str) -> Vec<Part<'_>> {
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
            Part {
                name,
                argument,
                body: &text[*start..end],
            }
        })
        .collect()
}

/// Returns the lines that stand behind a bar.
/// Reads `12 mysql html /root/.my.cnf`.
fn client_option(line: &str) -> Option<ClientOption> {
    let mut words = line.splitn(4, ' ');
    Some(ClientOption {
        line: words.next()?.parse().ok()?,
        group: words.next()?.to_owned(),
        name: words.next()?.to_owned(),
        file: words.next()?.to_owned(),
    })
}

fn barred(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter_map(|line| line.strip_prefix('|'))
}

/// Reads `Gtid list [0-10-4,`, whose further GTIDs stand on lines that begin with `#`.
fn gtid_list(body: &str) -> Option<String> {
    let text: String = barred(body).collect();
    let (_, list) = text.split_once("Gtid list [")?;
    let (list, _) = list.split_once(']')?;
    let gtids = list.chars().filter(|c| !matches!(c, '#' | ' '));
    Some(gtids.collect())
}

fn owned_lines(lines: Vec<&str>) -> Vec<String> {
    lines.into_iter().map(str::to_owned).collect()
}

fn programs(database: &mut DatabaseServer, body: &str) {
    for (name, value) in body.lines().filter_map(|line| line.split_once('=')) {
        match name {
            "server" => database.installed = !value.is_empty(),
            "client" => value.clone_into(&mut database.client),
            "dump" => value.clone_into(&mut database.dump),
            _ => {}
        }
    }
}

/// Reads what the check said on standard error, and at the end its exit status.
fn check_said(check: &mut OptionCheck, body: &str) {
    for line in barred(body) {
        match line.strip_prefix("@code ") {
            Some(code) => check.code = code.trim().parse().unwrap_or(-1),
            None => check.said.push(line.to_owned()),
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
fn file_texts(body: &str) -> BTreeMap<&str, String> {
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
fn parse_stat(line: &str) -> Option<(PathBuf, (usize, Folder))> {
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

/// Reads `IAVAIL ITOTAL FILE`; a filesystem that makes them as it needs them has none at all.
fn inodes(line: &str) -> Option<(PathBuf, u64)> {
    let mut words = line.split_whitespace();
    let (free, total) = (words.next()?.parse().ok()?, words.next()?);
    (total != "0" && total != "-").then_some((PathBuf::from(words.next()?), free))
}

/// Reads a row of `ss -ltnpH`: `LISTEN 0 80 127.0.0.1:3306 0.0.0.0:* users:(("mariadbd",pid=38,fd=21))`.
fn listener(line: &str) -> Option<DatabaseListener> {
    let local = line.split_whitespace().nth(3)?;
    let (address, port) = local.rsplit_once(':')?;
    let mut programs: Vec<String> = Vec::new();
    // Each name stands between quotes, once for each process.
    for name in line.split('"').skip(1).step_by(2) {
        if !programs.iter().any(|known| known == name) {
            programs.push(name.to_owned());
        }
    }
    Some(DatabaseListener {
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

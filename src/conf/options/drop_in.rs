//! The option file of ours: what replication needs, each line with its reason, and nothing else's.
//!
//! It is read last of its folder, so that it wins over the distribution's files without touching them,
//! and deleting it is the way back.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::compare::{number, same_value};
use super::names::{Runtime, ValueKind, adds_up, folded, known_option};
use super::{EditError, OptionFile};
use crate::conf::DatabaseName;
use crate::mariadb::quote_string;

/// The name of a replica's relay logs, in the data directory; it does not change with the host's.
pub const RELAY_LOG: &str = "relay-bin";

/// Where it lies.
pub const DROP_IN: &str = "/etc/mysql/mariadb.conf.d/99-bascule.cnf";

/// The group of all its options; every release reads it.
const GROUP: &str = "mysqld";

/// The column that the reasons begin at, where the options leave room for them.
const COLUMN: usize = 40;

const HEADER: &str = "\
# Written by bascule for MariaDB replication. `bascule undo` takes it back;
# by hand: delete this file, then systemctl restart mariadb.
";

/// Why each option stands in the file.
const REASONS: [(&str, &str); 17] = [
    (
        "server_id",
        "from the address; two servers with the same id: errno 1593",
    ),
    (
        "bind_address",
        "127.0.0.1 alone would keep the replica out: errno 2003",
    ),
    (
        "log_bin",
        "what replicas read; without a folder: in the data directory",
    ),
    (
        "log_slave_updates",
        "a replica logs what it applies, so that roles can be swapped",
    ),
    ("relay_log", "a name that does not change with the host's"),
    (
        "binlog_format",
        "rows, not statements: the same result on every server",
    ),
    (
        "gtid_strict_mode",
        "a replica that has diverged stops instead of going on",
    ),
    (
        "sync_binlog",
        "on disk at each commit: a power cut loses nothing",
    ),
    ("innodb_flush_log_at_trx_commit", "the same for the tables"),
    (
        "binlog_expire_logs_seconds",
        "ten days; a replica away for longer needs a new seed",
    ),
    ("max_binlog_size", "a new binlog file after this much"),
    ("read_only", "ON on a replica, OFF on the primary"),
    (
        "replicate_wild_do_table",
        "this database alone, whatever was chosen with USE",
    ),
    ("skip_networking", "no other host could connect"),
    ("ssl_cert", "the certificate the replica checks"),
    ("ssl_key", "its key"),
    ("report_host", "what SHOW SLAVE HOSTS calls this server"),
];

/// The option file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIn {
    file: OptionFile,
}

/// An option whose value in the running server is not the one of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionDifference {
    /// The option, with underscores.
    pub name: String,
    /// The running value; none where the server has no such variable.
    pub running: Option<String>,
    /// The value of the file; several are joined by commas.
    pub wanted: String,
    /// Whether `SET GLOBAL` is enough.
    pub runtime: Runtime,
}

impl OptionDifference {
    /// Returns the statement that brings the running server there; none where it takes a restart.
    pub fn statement(&self) -> Option<String> {
        let kind = known_option(&self.name)?.value;
        let wanted = &self.wanted;
        // SQL knows no 100M.
        let value = match number(wanted).filter(|_| kind != ValueKind::Text) {
            Some(number) => number.to_string(),
            None if kind == ValueKind::Switch => wanted.to_ascii_uppercase(),
            None => quote_string(wanted),
        };
        (self.runtime == Runtime::Set).then(|| format!("SET GLOBAL {}={value}", self.name))
    }
}

impl DropIn {
    /// Returns the file of a server that takes part in replication, as primary or as replica.
    ///
    /// `addresses` are those it is to be reached at, besides 127.0.0.1.
    pub fn new(server_id: u32, addresses: &[IpAddr], read_only: bool) -> DropIn {
        let mut bind = vec!["127.0.0.1".to_owned()];
        for address in addresses.iter().filter(|address| !address.is_loopback()) {
            let address = address.to_string();
            if !bind.contains(&address) {
                bind.push(address);
            }
        }
        let (id, bind) = (server_id.to_string(), bind.join(","));
        let options = [
            ("server_id", id.as_str()),
            ("bind_address", &bind),
            ("log_bin", "mysql-bin"),
            ("log_slave_updates", "ON"),
            ("relay_log", RELAY_LOG),
            ("binlog_format", "ROW"),
            ("gtid_strict_mode", "ON"),
            ("sync_binlog", "1"),
            ("innodb_flush_log_at_trx_commit", "1"),
            ("binlog_expire_logs_seconds", "864000"),
            ("max_binlog_size", "100M"),
            ("read_only", if read_only { "ON" } else { "OFF" }),
        ];
        let mut text = format!("{HEADER}[{GROUP}]\n");
        for (name, value) in options {
            text += &line(name, value);
            text.push('\n');
        }
        DropIn::parse(&text)
    }

    /// Reads the file as it lies there; whatever else somebody wrote into it stays.
    pub fn parse(text: &str) -> DropIn {
        DropIn {
            file: OptionFile::parse(text),
        }
    }

    /// Returns the text of the file.
    pub fn to_text(&self) -> String {
        self.file.to_text()
    }

    /// Returns the value of an option.
    pub fn get(&self, name: &str) -> Option<String> {
        self.file.get(GROUP, name)
    }

    /// Sets an option and leaves the rest as it is; tells whether that changed the file.
    ///
    /// A new one gets its reason beside it.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, EditError> {
        let new = self.get(name).is_none();
        let changed = self.file.set(GROUP, name, value)?;
        if new {
            self.file
                .comment(GROUP, name, |text| with_reason(name, text));
        }
        Ok(changed)
    }

    /// Removes an option; tells whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.file.remove(GROUP, name)
    }

    /// Makes these the databases that a replica takes; none means all. Tells whether that changed
    /// the file.
    pub fn set_databases(&mut self, databases: &[DatabaseName]) -> Result<bool, EditError> {
        const FILTER: &str = "replicate_wild_do_table";
        let wanted: Vec<String> = databases.iter().map(DatabaseName::wild_pattern).collect();
        if self.file.get_all(GROUP, FILTER) == wanted {
            return Ok(false);
        }
        self.file.remove(GROUP, FILTER);
        for pattern in &wanted {
            self.file.add(GROUP, FILTER, pattern)?;
        }
        self.file
            .comment(GROUP, FILTER, |text| with_reason(FILTER, text));
        Ok(true)
    }

    /// Returns the databases that a replica takes: those of patterns that stand for a whole one.
    pub fn databases(&self) -> Vec<DatabaseName> {
        let patterns = self.file.get_all(GROUP, "replicate_wild_do_table");
        let name = |pattern: &String| {
            let name: DatabaseName = pattern
                .strip_suffix(".%")?
                .replace("\\_", "_")
                .replace("\\%", "%")
                .parse()
                .ok()?;
            (name.wild_pattern() == *pattern).then_some(name)
        };
        patterns.iter().filter_map(name).collect()
    }

    /// Returns all options with their values, in the order of the file.
    pub fn values(&self) -> Vec<(String, String)> {
        self.file.options(GROUP)
    }

    /// Returns the options of any group that are none of those it is written with: somebody else's.
    pub fn foreign(&self) -> Vec<String> {
        let text = self.to_text();
        let lines = text.lines().map(str::trim);
        let options =
            lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';', '[', '!']));
        options
            .filter_map(|line| line.split(['=', '#', ' ', '\t']).next())
            .map(folded)
            .filter(|name| !REASONS.iter().any(|(known, _)| known == name))
            .collect()
    }

    /// Returns what the running server has otherwise, from its global variables by name.
    ///
    /// `log_bin` is `ON` or `OFF` there, and its name stands in `log_bin_basename`.
    pub fn differences(&self, variables: &BTreeMap<String, String>) -> Vec<OptionDifference> {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for (name, value) in self.values() {
            let name = folded(&name);
            match wanted.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) if adds_up(&name) => *all = format!("{all},{value}"),
                Some((_, last)) => *last = value,
                None => wanted.push((name, value)),
            }
        }
        let differs = |(name, wanted): (String, String)| {
            let running = match name.as_str() {
                "log_bin" if variables.get("log_bin").is_some_and(|on| on == "ON") => {
                    let path = variables.get("log_bin_basename");
                    path.map(|path| in_datadir(path, variables))
                }
                _ => variables.get(&name).cloned(),
            };
            let same = running
                .as_deref()
                .is_some_and(|running| same_value(&name, running, &wanted));
            let runtime = known_option(&name).map_or(Runtime::NoVariable, |known| known.runtime);
            (!same).then_some(OptionDifference {
                name,
                running,
                wanted,
                runtime,
            })
        };
        wanted.into_iter().filter_map(differs).collect()
    }
}

/// Returns a path as an option would have it: relative where it is in the data directory.
fn in_datadir(path: &str, variables: &BTreeMap<String, String>) -> String {
    let datadir = variables.get("datadir").map_or("", String::as_str);
    match path.strip_prefix(datadir.trim_end_matches('/')) {
        Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/').to_owned(),
        _ => path.to_owned(),
    }
}

/// Returns why an option stands in the file.
pub fn reason(name: &str) -> Option<&'static str> {
    let name = folded(name);
    let found = REASONS.iter().find(|(known, _)| *known == name);
    found.map(|(_, reason)| *reason)
}

fn line(name: &str, value: &str) -> String {
    with_reason(name, &format!("{name} = {}", super::value::write(value)))
}

fn with_reason(name: &str, text: &str) -> String {
    match reason(name) {
        Some(reason) => format!("{text:<width$}  # {reason}", width = COLUMN - 2),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;

//! What one server said, in one value.

use crate::conf::options::{Ignored, OptionFiles, same_value};
use crate::facts::database::kept::Unfinished;
use crate::facts::database::link::Link;
use crate::facts::database::options::{OptionCheck, OptionFile};
use crate::facts::database::server::{
    Account, Binlog, BinlogCoordinates, ClientSession, Crossing, DatabaseEvent, DatabaseListener,
    Folder, Plugin, Registered, UserDatabase, View,
};
use crate::facts::{Network, Unit, Who};
use crate::mariadb::relation::Written;
use crate::mariadb::{Accounts, ClientOption, Version};
use crate::state::StateFolder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The proof of an account and all else that `CREATE USER` says, as one sum with a salt, which
/// stands there as `@bascule_salt`.
pub const PROOF: &str = include_str!("proof.sql");

/// The second line of [`StateFolder::former_primary`] where that primary gave all it had before its place was taken.
pub const HANDED_OVER: &str = "gave all it had";

/// The table that a test and a promotion write a row to, and drop again.
pub const TEST_TABLE: &str = "bascule_test";

/// How many tables, and how many views, are opened for one question (`LIMIT` in `read.sh`): it has 4 s.
pub const AT_MOST: usize = 300;

/// Everything one host's MariaDB server said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DatabaseServer {
    /// The host's own name, by `uname -n`; where another host calls itself so too, what it was asked
    /// under, so that two are never taken for one.
    pub host: String,
    /// Its own name, where another host has it too.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namesake: String,
    /// The identity of the host, whatever it is called.
    pub who: Who,
    /// Where bascule keeps on it what must last.
    #[serde(skip_serializing_if = "StateFolder::is_usual")]
    pub state: StateFolder,
    /// Why the host could not be asked, in ssh's words; all else is then empty.
    pub unreachable: Option<String>,
    /// True when `mariadbd` is there.
    pub installed: bool,
    /// Why the server gave no answer, such as `ERROR 2002 (HY000): Can't connect …`.
    pub unanswered: Option<String>,
    /// Why its own client gets no answer without an option, where the server offers no TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlet: Option<String>,
    /// The client's program: `mariadb`, or `mysql` where that is all there is.
    pub client: String,
    /// The dump's program: `mariadb-dump`, or `mysqldump`.
    pub dump: String,
    /// The server's version as it says it, such as `10.11.19-MariaDB-0+deb12u1-log` (the last word
    /// is there with a binlog); that of the installed program where the server does not run.
    pub version: String,
    /// The questions that the server did not answer while it did others, with its error: `tables`,
    /// `accounts` and the like. What belongs to them is missing, not absent.
    pub failed: BTreeMap<String, String>,
    /// The client's lines besides, such as a warning about an option file.
    pub said: Vec<String>,
    /// Global variables that matter here, by name, such as `server_id`, `log_bin`,
    /// `gtid_binlog_pos`; as `SHOW GLOBAL VARIABLES` has them.
    pub variables: BTreeMap<String, String>,
    /// The values that were set by `SET GLOBAL` since it started, by the variables' names in small letters.
    pub set_at_run_time: BTreeMap<String, String>,
    /// Global status: `Rpl_semi_sync_…`, `Slave…`, `Uptime` (seconds), `Threads_connected`.
    pub status: BTreeMap<String, String>,
    /// Where it replicates from, by `SHOW ALL SLAVES STATUS`.
    pub links: Vec<Link>,
    /// The primary whose place it took, or is taking, as [`StateFolder::former_primary`] says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_primary: Option<String>,
    /// The bascule that is at work on the host, as it says: who, since when, on what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_work: Option<String>,
    /// Databases that were being replaced, or brought back, when that broke off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<Unfinished>,
    /// Whether that one had given it all and taken no more writes before, as [`HANDED_OVER`] says; it is
    /// so once this one takes writes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub handed_over: bool,
    /// The replicas that registered, by `SHOW SLAVE HOSTS`.
    pub registered: Vec<Registered>,
    /// Its place in its own binlog, by `SHOW MASTER STATUS`; none without binlog.
    pub position: Option<BinlogCoordinates>,
    /// Transactions in its binlogs by whose numbers alone they cannot be told from another server's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<Written>,
    /// Its binlog files, oldest first.
    pub binlogs: Vec<Binlog>,
    /// The GTID position before its oldest binlog file, asked for together with `check`: a replica
    /// that has not come so far cannot go on from it.
    pub purged: Option<String>,
    /// All its sessions but the one that asked.
    pub sessions: Vec<ClientSession>,
    /// Its prepared XA transactions, each as `XA COMMIT` takes it, such as `'a','b',7` or `X'6127'`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prepared: Vec<String>,
    /// How many transactions that have changed something have had no session for a minute: of these.
    #[serde(skip_serializing_if = "is_zero")]
    pub prepared_long: u64,
    /// Its accounts, roles left out.
    pub accounts: Vec<Account>,
    /// The rights of accounts there, roles and the rights of roles too; empty where nobody was asked.
    pub rights: Accounts,
    /// Its storage engines, and its plugins for accounts, passwords, encryption and audit; empty where
    /// nobody asked.
    pub plugins: Vec<Plugin>,
    /// Its databases without its own (`mysql`, `sys` and the two schemas), by name. Empty also
    /// when the server did not say: see [`Database::gap`].
    pub databases: Vec<UserDatabase>,
    /// The objects of one database that name another one; asked for together with `check`.
    pub crossings: Vec<Crossing>,
    /// True where it has more tables without InnoDB's statistics than are asked for their size.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sizes_unseen: bool,
    /// True where it did not say which tables have values that a dump changes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inexact_unknown: bool,
    /// Its views that cannot be read, since what they are made of is gone; asked for together with `check`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub broken_views: Vec<View>,
    /// Its events, each with whether it runs.
    pub schedule: Vec<DatabaseEvent>,
    /// All option files that the server and the programs read, in the order they are opened.
    pub option_files: Vec<OptionFile>,
    /// The server's options from all files in order, such as `--server_id=10`: the last one counts.
    /// Read as the user `mysql`, so that a file it may not read is not in it.
    pub defaults: Vec<String>,
    /// The options of the client and of the dump in the files, in the order in which they stand there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub client_options: Vec<ClientOption>,
    /// The installed server's answer on its options, when asked for.
    pub check: Option<OptionCheck>,
    /// The sockets on its port, and the others that it listens on.
    pub listeners: Vec<DatabaseListener>,
    /// The units `mariadb.service` and `mariadb.socket`.
    pub units: BTreeMap<String, Unit>,
    /// The host's interfaces and addresses.
    pub network: Network,
    /// The folders it writes to that exist: the data directory, `/var/log/mysql`, those of binlog,
    /// relay log and error log.
    pub folders: BTreeMap<PathBuf, Folder>,
    /// Bytes free in what it writes to: the data directory, those of binlog and relay log, of temporary
    /// files, of its option files; and in what holds, or would hold, the data that are kept: the first folder
    /// above them that exists.
    pub free: BTreeMap<PathBuf, u64>,
    /// Inodes free there, where the filesystem counts them.
    pub inodes: BTreeMap<PathBuf, u64>,
    /// The folders among these that lie on a filesystem which is read-only.
    pub read_only: Vec<PathBuf>,
    /// The names in the data directory, folders of databases included; hidden ones left out.
    pub datadir_files: Vec<String>,
    /// The host's clock when it was asked, in seconds since 1970.
    pub now: u64,
}

impl DatabaseServer {
    /// Returns who holds every write up there by `db lock`, where somebody does.
    pub fn locked_by(&self) -> Option<&str> {
        let who = self.at_work.as_deref()?;
        let (_, command) = who.split_once(": ")?;
        let mut words = command.split_whitespace();
        let is_lock =
            words.find(|word| !word.starts_with('-')) == Some("db") && words.next() == Some("lock");
        is_lock.then_some(who)
    }

    /// Returns what the host calls itself.
    pub fn own_name(&self) -> &str {
        match self.namesake.as_str() {
            "" => &self.host,
            own => own,
        }
    }

    /// Returns true when the server answered.
    pub fn answers(&self) -> bool {
        self.unreachable.is_none() && self.unanswered.is_none()
    }

    /// Returns why something is not known of the server; none when every question was answered.
    pub fn unanswered_why(&self) -> Option<&str> {
        self.unreachable
            .as_ref()
            .or(self.unanswered.as_ref())
            .or_else(|| self.failed.values().next())
            .map(String::as_str)
    }

    /// Returns the server's release; none when not even its program said it.
    pub fn release(&self) -> Option<Version> {
        self.version.parse().ok()
    }

    /// Returns a global variable's value; none when the server does not have it or was not asked.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Returns true when a variable is on.
    pub fn is_on(&self, name: &str) -> bool {
        matches!(self.variable(name), Some("ON" | "YES" | "1"))
    }

    /// Returns true where clients cannot write. From 12.0 on there are words for it; whatever is not OFF
    /// is read-only.
    pub fn is_read_only(&self) -> bool {
        !matches!(self.variable("read_only"), Some("OFF" | "0") | None)
    }

    /// Returns a variable's value as a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        // Some are shown with a fraction: `expire_logs_days 10.000000`.
        let whole = self.variable(name)?.split('.').next()?;
        whole.parse().ok()
    }

    /// Returns a status value as a number.
    pub fn status_number(&self, name: &str) -> Option<u64> {
        self.status.get(name)?.parse().ok()
    }

    /// Returns its server id; the server's default is 1.
    pub fn server_id(&self) -> Option<u64> {
        self.number("server_id")
    }

    /// Returns the port it serves, as it says or as its options say, else 3306.
    pub fn port(&self) -> u16 {
        self.variable("port")
            .or_else(|| self.default_of("port"))
            .and_then(|port| port.parse().ok())
            .unwrap_or(3306)
    }

    /// Returns its data directory without a slash at the end.
    pub fn datadir(&self) -> &Path {
        let path = self
            .variable("datadir")
            .or_else(|| self.default_of("datadir"))
            .unwrap_or("/var/lib/mysql");
        Path::new(path.strip_suffix('/').unwrap_or(path))
    }

    /// Returns what the option files say last of an option, by its name with underscores; an
    /// option without a value is empty.
    pub fn default_of(&self, name: &str) -> Option<&str> {
        self.defaults_of(name).last()
    }

    /// Returns all that the option files say of an option, in the order they are read.
    pub fn defaults_of<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.defaults.iter().filter_map(move |word| {
            let word = word.strip_prefix("--")?;
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let same = key.len() == name.len()
                && key
                    .chars()
                    .zip(name.chars())
                    .all(|(a, b)| a == b || (a == '-' && b == '_'));
            same.then_some(value)
        })
    }

    /// Returns true when it writes a binlog.
    pub fn has_binlog(&self) -> bool {
        self.is_on("log_bin")
    }

    /// Returns true when it is set up to replicate from somewhere.
    pub fn is_replica(&self) -> bool {
        self.follows().is_some()
    }

    /// Returns its first link that leads to a primary.
    pub fn follows(&self) -> Option<&Link> {
        self.links
            .iter()
            .find(|link| !link.primary_host().is_empty())
    }

    /// Returns its links that have a connection's name.
    pub fn named_links(&self) -> impl Iterator<Item = &Link> {
        self.links
            .iter()
            .filter(|link| !link.connection().is_empty() && !link.primary_host().is_empty())
    }

    /// Returns the link of that connection; the usual one has an empty name.
    pub fn link(&self, connection: &str) -> Option<&Link> {
        self.links.iter().find(|l| l.connection() == connection)
    }

    /// Returns the sessions through which replicas read its binlog.
    pub fn replicas(&self) -> impl Iterator<Item = &ClientSession> {
        self.sessions.iter().filter(|s| s.is_replica())
    }

    /// Returns the sessions that hold a transaction open or run a statement now.
    pub fn transactions(&self) -> impl Iterator<Item = &ClientSession> {
        self.sessions.iter().filter(|s| s.is_at_work())
    }

    /// Returns a database by its name.
    pub fn database(&self, name: &str) -> Option<&UserDatabase> {
        self.databases.iter().find(|d| d.name == name)
    }

    /// Returns an account by its name and host part.
    pub fn account(&self, user: &str, host: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|a| a.user == user && a.host == host)
    }

    /// Returns its plugins of a kind, such as `STORAGE ENGINE`.
    pub fn plugins_of(&self, kind: &str) -> impl Iterator<Item = &Plugin> {
        self.plugins
            .iter()
            .filter(move |plugin| plugin.kind == kind)
    }

    /// Returns an option file by its path, or by the path that a link leads to.
    pub fn option_file(&self, path: &Path) -> Option<&OptionFile> {
        self.option_files
            .iter()
            .find(|file| file.path == path || file.target.as_deref() == Some(path))
    }

    /// Returns the option files as the server reads them, without those that it passes over.
    pub fn options(&self) -> OptionFiles {
        let files = &self.option_files;
        let texts = files.iter().map(|file| (&file.path, &file.text));
        files.iter().fold(OptionFiles::new(texts), |all, file| {
            let why = Ignored::reason(file.mode, &file.owner, &file.group);
            all.ignoring(&file.path, why)
        })
    }

    /// Returns who listens on its port.
    pub fn on_port(&self) -> impl Iterator<Item = &DatabaseListener> {
        let port = self.port();
        self.listeners.iter().filter(move |l| l.port == port)
    }

    /// Returns the unit of the server.
    pub fn service(&self) -> Unit {
        self.unit("mariadb.service")
    }

    /// Returns the unit by which systemd listens in the server's stead.
    pub fn socket(&self) -> Unit {
        self.unit("mariadb.socket")
    }

    fn unit(&self, name: &str) -> Unit {
        self.units.get(name).cloned().unwrap_or_default()
    }

    /// Returns the folder in which data are kept, or that one of those above it which exists, and the bytes
    /// free in it.
    pub fn free_for_kept(&self) -> Option<(&Path, u64)> {
        let kept = self.state.databases();
        kept.ancestors()
            .filter_map(|folder| self.free.get_key_value(folder))
            .map(|(folder, free)| (folder.as_path(), *free))
            .next()
    }

    /// Returns true when it comes back read-only, as its option files say.
    pub fn says_read_only(&self) -> bool {
        let value = self.default_of("read_only");
        value.is_some_and(|value| same_value("read_only", value, "ON") || value.is_empty())
    }

    /// Returns the bytes free for the data directory.
    pub fn free_for_data(&self) -> Option<u64> {
        self.free.get(self.datadir()).copied()
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

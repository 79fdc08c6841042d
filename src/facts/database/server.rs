//! What is in a server and on it: sessions, accounts, databases, binlogs, listeners, folders.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A replica that told the primary of itself when it connected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its server id.
    pub server_id: u64,
    /// Its name as it reports it.
    pub host: String,
    /// The port it reports.
    pub port: u16,
}

/// A place in the server's own binlog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinlogCoordinates {
    /// The file that is written now.
    pub file: String,
    /// The bytes in it.
    pub offset: u64,
    /// The databases that alone are logged; empty means all. MariaDB 10.11 shows it nowhere else.
    pub do_db: String,
    /// The databases that are not logged.
    pub ignore_db: String,
}

/// A binlog file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binlog {
    /// Its name in the binlog's folder.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A session of somebody else, by the process list and InnoDB's open transactions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ClientSession {
    /// Its number, for `KILL CONNECTION`.
    pub id: u64,
    /// Its account's name; `system user` for the server's own threads.
    pub user: String,
    /// Where it comes from, such as `172.16.0.50:41234` or `localhost`.
    pub host: String,
    /// Its database, if one is chosen.
    #[serde(default)]
    pub db: Option<String>,
    /// The command that it runs: `Query`, `Sleep`, `Binlog Dump`, `Slave_IO` …
    pub command: String,
    /// For how many seconds it has done so.
    pub seconds: f64,
    /// In MariaDB's words, such as `Waiting for backup lock`.
    #[serde(default)]
    pub state: Option<String>,
    /// The first word of its statement, such as `INSERT`; the rest may hold a secret.
    #[serde(default)]
    pub statement: Option<String>,
    /// For how many seconds its transaction has been open; none without one.
    ///
    /// InnoDB keeps its list for 100 ms from the last look of anybody: who looks more often than
    /// that sees the first answer for ever.
    #[serde(default)]
    pub transaction: Option<f64>,
    /// The rows that its transaction has changed so far.
    #[serde(default)]
    pub modified: u64,
}

impl ClientSession {
    /// Returns true when a replica reads the binlog through it.
    pub fn is_replica(&self) -> bool {
        self.command.starts_with("Binlog Dump")
    }

    /// Returns true when it is one of the server's own threads, which no client opened.
    pub fn is_internal(&self) -> bool {
        // The threads of replication are `system user`, the scheduler has a name of its own.
        matches!(self.user.as_str(), "system user" | "event_scheduler")
            || matches!(
                self.command.as_str(),
                "Daemon" | "Slave_IO" | "Slave_SQL" | "Slave_worker"
            )
    }

    /// Returns true when a client of it holds a transaction open or runs a statement.
    pub fn is_at_work(&self) -> bool {
        !self.is_replica()
            && !self.is_internal()
            && (self.transaction.is_some() || !matches!(self.command.as_str(), "Sleep"))
    }
}

/// An account. Its password's hash is not read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name; empty for anonymous.
    pub user: String,
    /// Its host part, such as `172.16.0.11` or `%`.
    pub host: String,
    /// How it proves itself first: `mysql_native_password`, `unix_socket` …
    pub plugin: String,
    /// True when it has `REPLICATION SLAVE`.
    pub replicates: bool,
    /// True when it must come over TLS.
    #[serde(default)]
    pub tls: bool,
    /// True when it is locked.
    #[serde(default)]
    pub locked: bool,
}

/// A plugin that is loaded and active.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plugin {
    /// Its name, such as `InnoDB` or `file_key_management`.
    pub name: String,
    /// The kind of plugin: `STORAGE ENGINE`, `AUTHENTICATION`, `ENCRYPTION`, `PASSWORD VALIDATION`, `AUDIT`.
    pub kind: String,
    /// The file it comes from; empty where it is part of the server.
    #[serde(default)]
    pub library: String,
}

/// A database that is not the server's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDatabase {
    /// Its name.
    pub name: String,
    /// Its default collation.
    #[serde(default)]
    pub collation: String,
    /// Its tables, views left out.
    pub tables: u64,
    /// Its views.
    #[serde(default)]
    pub views: u64,
    /// Its tables that keep every version of their rows (`WITH SYSTEM VERSIONING`).
    #[serde(default)]
    pub versioned: u64,
    /// True where a table is in it that is called as the one of our tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_test: bool,
    /// Its rows, as the engines estimate them; InnoDB does so some seconds after a load.
    pub rows: u64,
    /// The bytes of its data and indexes.
    pub bytes: u64,
    /// Its tables with columns whose values a dump may change; asked for together with `check`.
    #[serde(default)]
    pub inexact: Vec<InexactTable>,
    /// Its tables that `--single-transaction` cannot freeze.
    #[serde(default)]
    pub foreign: Vec<ForeignTable>,
    /// Its procedures, functions and packages.
    #[serde(default)]
    pub routines: u64,
    /// Its events.
    #[serde(default)]
    pub events: u64,
    /// Its triggers.
    #[serde(default)]
    pub triggers: u64,
}

/// A table whose values a dump has only nearly: FLOAT with six digits, or text of a character set in which
/// two codes are one letter, or a code is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InexactTable {
    /// Its name.
    pub name: String,
    /// The table has columns of type FLOAT.
    pub float: bool,
    /// The table has text in such a character set.
    pub text: bool,
    /// The table keeps every version of its rows.
    pub versioned: bool,
}

/// A table whose engine is not InnoDB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTable {
    /// Its name.
    pub name: String,
    /// Its engine; empty when the table cannot be opened.
    pub engine: String,
}

/// An object of a database that names another database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crossing {
    /// `foreign key`, `view`, `trigger`, `procedure`, `function`, `event` and the like.
    pub kind: String,
    /// Its database.
    pub database: String,
    /// Its name; of a foreign key, that of its table.
    pub name: String,
    /// The other database.
    pub other: String,
}

/// A view of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its database.
    pub database: String,
    /// Its name.
    pub name: String,
}

/// An event of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseEvent {
    /// Its database.
    pub database: String,
    /// Its name.
    pub name: String,
    /// `ENABLED`, `DISABLED`, or `SLAVESIDE_DISABLED` for one that stands by on a replica.
    pub status: String,
}

impl DatabaseEvent {
    /// Returns it as people name it: `site1.nightly`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.database, self.name)
    }

    /// Returns true when it is the same one on another server.
    pub fn is_same(&self, other: &DatabaseEvent) -> bool {
        (&self.database, &self.name) == (&other.database, &other.name)
    }
}

/// Somebody who listens for TCP connections, by `ss -ltnp`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseListener {
    /// The address: `*` for all of both families, `0.0.0.0`, `::`, `172.16.0.10` …
    pub address: String,
    /// The port.
    pub port: u16,
    /// The programs that hold the socket, such as `mariadbd` and `systemd`.
    #[serde(default)]
    pub programs: Vec<String>,
}

impl DatabaseListener {
    /// Returns true when a connection to that address of the host reaches it.
    pub fn reaches(&self, address: IpAddr) -> bool {
        match self.address.split('%').next().unwrap_or_default() {
            "*" => true,
            "0.0.0.0" => address.is_ipv4(),
            // Linux lets IPv4 in as well unless the program says otherwise; `ss` then prints `*`.
            "::" => address.is_ipv6(),
            one => one.parse() == Ok(address),
        }
    }

    /// Returns true when systemd holds the socket, for `mariadb.socket`.
    pub fn is_systemd(&self) -> bool {
        self.programs.iter().any(|program| program == "systemd")
    }

    /// Returns true when the server itself has the socket.
    pub fn is_server(&self) -> bool {
        self.programs
            .iter()
            .any(|program| matches!(program.as_str(), "mariadbd" | "mysqld"))
    }
}

/// A folder's mode and owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// The permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The owner's name.
    pub owner: String,
    /// The group's name.
    pub group: String,
}

//! A link to a primary, as the replica sees it.

use super::server::BinlogCoordinates;
use crate::mariadb::Filters;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A connection to a primary: a row of `SHOW ALL SLAVES STATUS`.
///
/// The columns differ between releases, so they are kept by name; those that are NULL are absent.
/// That both threads run is no proof of health: a cut link shows as `Yes` for up to
/// `slave_net_timeout`, and `Seconds_Behind_Master` is 0 meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Link {
    /// The columns by their name in MariaDB, such as `Slave_IO_Running`.
    pub columns: BTreeMap<String, String>,
}

impl Link {
    /// Returns a column; empty when it is absent or NULL.
    pub fn column(&self, name: &str) -> &str {
        self.columns.get(name).map_or("", String::as_str)
    }

    /// Returns what the replica takes of what its primary logs, whose place in its binlog this is.
    pub fn takes_of<'a>(&'a self, position: Option<&'a BinlogCoordinates>) -> Filters<'a> {
        Filters {
            logged: position.map_or("", |position| &position.do_db),
            not_logged: position.map_or("", |position| &position.ignore_db),
            databases: self.column("Replicate_Do_DB"),
            not_databases: self.column("Replicate_Ignore_DB"),
            tables: self.column("Replicate_Do_Table"),
            not_tables: self.column("Replicate_Ignore_Table"),
            patterns: self.column("Replicate_Wild_Do_Table"),
            not_patterns: self.column("Replicate_Wild_Ignore_Table"),
            renamed: self.column("Replicate_Rewrite_DB"),
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.column(name).parse().ok()
    }

    /// Returns the connection's name; the usual one has none.
    pub fn connection(&self) -> &str {
        self.column("Connection_name")
    }

    /// Returns the primary's address; empty when none was ever set (a dump's own `CHANGE MASTER`
    /// makes such a link).
    pub fn primary_host(&self) -> &str {
        self.column("Master_Host")
    }

    /// Returns the primary's port.
    pub fn primary_port(&self) -> u16 {
        self.column("Master_Port").parse().unwrap_or(3306)
    }

    /// Returns the account it logs in with.
    pub fn primary_user(&self) -> &str {
        self.column("Master_User")
    }

    /// Returns the primary's server id; 0 until it was reached once.
    pub fn primary_id(&self) -> u64 {
        self.number("Master_Server_Id").unwrap_or(0)
    }

    /// Returns how the thread that reads from the primary is: `Yes`, `No`, `Connecting` or
    /// `Preparing`.
    pub fn io_state(&self) -> &str {
        self.column("Slave_IO_Running")
    }

    /// Returns how the thread that applies is: `Yes` or `No`.
    pub fn sql(&self) -> &str {
        self.column("Slave_SQL_Running")
    }

    /// Returns what the applying thread does, in MariaDB's words.
    pub fn sql_state(&self) -> &str {
        self.column("Slave_SQL_State")
    }

    /// Returns the reading thread's last error number; 0 without error.
    pub fn io_errno(&self) -> u32 {
        self.column("Last_IO_Errno").parse().unwrap_or(0)
    }

    /// Returns the reading thread's last error.
    pub fn io_error(&self) -> &str {
        self.column("Last_IO_Error")
    }

    /// Returns the applying thread's last error number; 0 without error.
    pub fn sql_errno(&self) -> u32 {
        self.column("Last_SQL_Errno").parse().unwrap_or(0)
    }

    /// Returns the applying thread's last error; it can quote a whole statement.
    pub fn sql_error(&self) -> &str {
        self.column("Last_SQL_Error")
    }

    /// Returns `Seconds_Behind_Master`; none while a thread does not run. 0 proves nothing.
    pub fn seconds_behind(&self) -> Option<u64> {
        self.number("Seconds_Behind_Master")
    }

    /// Returns how it uses GTIDs: `Slave_Pos`, `Current_Pos` or `No`.
    pub fn using_gtid(&self) -> &str {
        self.column("Using_Gtid")
    }

    /// Returns the GTID position up to which it has read from the primary.
    pub fn gtid_io_pos(&self) -> &str {
        self.column("Gtid_IO_Pos")
    }

    /// Returns the size of its relay logs in bytes.
    pub fn relay_log_space(&self) -> u64 {
        self.number("Relay_Log_Space").unwrap_or(0)
    }

    /// Returns how long it waits between attempts to connect, in seconds.
    pub fn connect_retry(&self) -> u64 {
        self.number("Connect_Retry").unwrap_or(60)
    }

    /// Returns the seconds that every transaction is held back on purpose.
    pub fn delay(&self) -> u64 {
        self.number("SQL_Delay").unwrap_or(0)
    }

    /// Returns true when TLS is to be used where the primary has it.
    pub fn tls_allowed(&self) -> bool {
        self.column("Master_SSL_Allowed") == "Yes"
    }

    /// Returns true when the primary's certificate must be right.
    pub fn tls_verified(&self) -> bool {
        self.column("Master_SSL_Verify_Server_Cert") == "Yes"
    }

    /// Returns the filters that are set, by column: (`Replicate_Wild_Do_Table`, `site1.%`).
    pub fn filters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns
            .iter()
            .filter(|(name, value)| name.starts_with("Replicate_") && !value.is_empty())
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns true when both threads run and neither has an error.
    ///
    /// Which is as much as the replica knows; see [`Link`] for what it does not.
    pub fn is_healthy(&self) -> bool {
        self.io_state() == "Yes"
            && self.sql() == "Yes"
            && self.io_errno() == 0
            && self.sql_errno() == 0
    }
}

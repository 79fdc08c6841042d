//! What a server is, shall be and will be in replication.

use crate::conf::DatabaseName;
use std::net::IpAddr;

/// The role of a server in replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerRole {
    /// The server takes writes and logs them.
    Primary,
    /// The server takes what its primary logs, and nothing else.
    Replica,
}

/// The server of this host as it shall be.
#[derive(Debug, Clone)]
pub struct DesiredServer<'a> {
    pub role: ServerRole,
    /// The address that others reach it at, as it was typed; else it is found.
    pub address: Option<IpAddr>,
    /// The hosts on the other side, towards which its own address is looked for.
    pub peers: &'a [IpAddr],
    /// The databases that alone are replicated; none leaves what the option file says.
    pub databases: &'a [DatabaseName],
    /// The server ids that others have.
    pub taken: &'a [u64],
}

/// The server of this host as it will be once the plan has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    pub server_id: u32,
    /// The address that others reach it at.
    pub address: IpAddr,
    pub port: u16,
    /// True when it restarts on the way.
    pub restarts: bool,
    /// True when it has written no binlog so far: no replica can go on from what it has now.
    pub binlog_is_new: bool,
}

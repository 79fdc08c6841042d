//! A file of `db export`: a dump with all that a replica needs to follow, in one tar archive.

use crate::facts::archive;
use crate::mariadb::accounts::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

/// The names in it, as `tar` lists them.
pub const ENTRIES: [&str; 4] = [MANIFEST, PASSWORD, ROWS, DUMP];

/// The name of the part that describes the others: a [`Manifest`].
pub const MANIFEST: &str = "manifest.json";
/// The account's password.
pub const PASSWORD: &str = "password";
/// How many rows each table had at the manifest's `counted_at`, on one line.
pub const ROWS: &str = "rows";
/// The dump, compressed.
pub const DUMP: &str = "dump.sql.gz";

/// The content of such a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseBundle {
    /// There is no such file.
    Absent,
    /// The file is something else, or damaged: why.
    Wrong {
        /// The trouble, without the file's name.
        why: String,
    },
    /// A whole file of `db export`.
    Of(Box<Manifest>),
}

/// The description of the dump: where it comes from, and how a replica goes on from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub v: u32,
    /// The primary's name.
    pub host: String,
    /// Its address, as the replica reaches it.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Its release, as the server says it.
    pub version: String,
    /// True when it offers TLS.
    pub tls: bool,
    /// Its server id.
    pub server_id: u32,
    /// Its variables that must stand in some way to the replica's; none in files of older releases.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// The databases in the dump.
    pub databases: Vec<Held>,
    /// True when these alone are to be replicated.
    pub filtered: bool,
    /// `@@gtid_binlog_state` before the dump.
    pub binlog_state: String,
    /// The GTID position of the dump.
    pub position: String,
    /// The GTID position at which the rows were counted: not before that of the dump.
    pub counted_at: String,
    /// The account's name.
    pub user: String,
    /// Its host part: the replica's address.
    pub replica: IpAddr,
    /// The accounts of the primary that have rights on these databases, which are not in the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Name>,
}

/// A database in the dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// About how many bytes it takes on the primary.
    pub bytes: u64,
    /// True when there is a table, a view or a routine in it.
    pub filled: bool,
    /// Its events, which run on one server alone.
    pub events: u64,
    /// Its system-versioned tables.
    #[serde(default)]
    pub versioned: u64,
}

/// The version of the format that is written here.
pub const FORMAT: u32 = 1;

/// Reads what is in a bundle; neither its password nor its dump is looked at.
pub fn read(path: &Path) -> DatabaseBundle {
    if !path.exists() {
        return DatabaseBundle::Absent;
    }
    match manifest(&path.display().to_string()) {
        Ok(manifest) => DatabaseBundle::Of(Box::new(manifest)),
        Err(why) => DatabaseBundle::Wrong { why },
    }
}

fn manifest(path: &str) -> Result<Manifest, String> {
    archive::holds(path, &ENTRIES)?;
    let text = archive::run(&archive::print_command(path, MANIFEST))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| format!("its {MANIFEST} cannot be read: {error}"))?;
    if manifest.v > FORMAT {
        return Err(format!(
            "it was written by a later bascule (format {}), and this one reads {FORMAT}",
            manifest.v
        ));
    }
    Ok(manifest)
}

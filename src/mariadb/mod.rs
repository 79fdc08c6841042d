//! What MariaDB's replication means: positions, releases, errors.
//!
//! Pure knowledge, from sources, and from real servers of 10.11 and 11.8: nothing here reads a host,
//! runs a command or knows a verb's arguments. The facts parse with it, the verbs decide with it.

pub mod accounts;
pub mod alike;
pub mod charset;
mod client_options;
pub mod crossing;
mod dump;
pub mod errno;
pub mod filter;
pub mod gtid;
pub mod lacking;
pub mod password;
pub mod position;
mod quote;
pub mod relation;
pub mod state;
pub mod table;
pub mod version;

pub use accounts::Accounts;
pub use client_options::ClientOption;
pub use dump::DUMP_COMPLETED;
pub use errno::{Diagnosis, ErrorKind, diagnose, diagnose_with};
pub use filter::Filters;
pub use gtid::{Gtid, GtidError};
pub use lacking::Lacking;
pub use position::{Position, Reach};
pub use quote::{quote_name, quote_string};
pub use relation::{History, Relation};
pub use state::BinlogState;
pub use version::{Version, VersionTopic};

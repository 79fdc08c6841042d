//! What may stand in the files and properties of a cluster, and how a file is edited without loss.
//!
//! Owns the editor of corosync.conf, the table of Pacemaker's cluster properties, and the types that
//! words on the command line are parsed into. All of it is pure: nothing here reads a file or runs a
//! command. The verbs plan with it, the facts read with it.

pub mod address;
pub mod corosync;
pub mod database;
pub mod duration;
pub mod label;
pub mod options;
pub mod properties;
pub mod secret;
pub mod since;

pub use address::{NodeSpec, VipAddress};
pub use corosync::{ConfNode, CorosyncConf, EditError};
pub use database::{AccountName, DatabaseName};
pub use duration::Interval;
pub use label::IfaceLabel;
pub use since::Since;

/// A word that cannot be used, in one sentence that ends with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub String);

impl From<crate::names::NameError> for BadValue {
    fn from(error: crate::names::NameError) -> BadValue {
        BadValue(error.to_string())
    }
}

impl BadValue {
    /// Returns the error for one sentence.
    pub(crate) fn new(what: impl Into<String>) -> BadValue {
        BadValue(what.into())
    }
}

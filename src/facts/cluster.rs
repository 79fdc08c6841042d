//! The cluster's configuration: live, or what lies on disk.

use crate::cib::{Cib, CibError};
use crate::facts::READING;
use crate::facts::tool::{self, ToolError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The file that Pacemaker keeps on disk: the whole configuration, also when the cluster is down.
pub const CIB_ON_DISK: &str = "/var/lib/pacemaker/cib/cib.xml";

/// The cluster's configuration, and where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cluster {
    /// Not asked for.
    #[default]
    Unread,
    /// Pacemaker runs here.
    Running(Cib),
    /// Pacemaker does not run here; its configuration is what lies on disk.
    Stopped {
        /// The words of `cibadmin`.
        why: String,
        /// True when Pacemaker's tools are not installed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        missing: bool,
        /// The configuration on disk, if there is one and it can be read.
        cib: Option<Cib>,
    },
}

impl Cluster {
    /// Returns how the cluster is not there, as a sentence without full stop; none when it is.
    pub fn absence(&self) -> Option<String> {
        match self {
            Cluster::Running(_) | Cluster::Unread => None,
            // Pacemaker 2.1 and 3.0 alike, when nothing listens.
            Cluster::Stopped { why, missing, .. }
                if *missing || why.to_lowercase().contains("could not connect") =>
            {
                Some("the cluster does not run on this host".to_owned())
            }
            Cluster::Stopped { why, .. } => Some(format!("the cluster does not answer ({why})")),
        }
    }
}

/// Reads the live configuration, or says why there is none and takes the one on disk.
pub fn cluster() -> Cluster {
    let why = match query(READING) {
        Ok(cib) => return Cluster::Running(cib),
        Err(why) => why,
    };
    Cluster::Stopped {
        missing: matches!(why, NoCib::Tool(ToolError::Missing(_))),
        why: why.to_string(),
        cib: cib_on_disk(),
    }
}

/// The reason why there is no live configuration.
#[derive(Debug, thiserror::Error)]
enum NoCib {
    /// `cibadmin` did not come to say anything.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// What `cibadmin` said instead, in one line.
    #[error("{0}")]
    Said(String),
    /// What it printed is no configuration.
    #[error(transparent)]
    Cib(#[from] CibError),
}

/// Reads the configuration that Pacemaker keeps on disk, the same as the live one at any moment.
pub fn cib_on_disk() -> Option<Cib> {
    Cib::parse(std::fs::read_to_string(CIB_ON_DISK).ok()?).ok()
}

/// Reads the live configuration by one `cibadmin --query`.
///
/// # Errors
/// What `cibadmin` said, in one line.
pub fn live_cib() -> Result<Cib, String> {
    live_cib_within(READING)
}

/// Reads the live configuration, or gives up after a while.
///
/// # Errors
/// As for [`live_cib`].
pub fn live_cib_within(deadline: Duration) -> Result<Cib, String> {
    query(deadline).map_err(|why| why.to_string())
}

fn query(deadline: Duration) -> Result<Cib, NoCib> {
    let output = tool::read(&["cibadmin", "--query"], deadline)?;
    if output.code != Some(0) {
        return Err(NoCib::Said(output.first_line()));
    }
    Ok(Cib::parse(output.stdout)?)
}

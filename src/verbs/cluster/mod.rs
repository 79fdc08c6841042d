//! `cluster`: making one, joining it, its properties and key, starting, stopping and leaving it.
//!
//! `standing` tells what cluster stands on this host, `here` holds the steps that several verbs
//! share: packages, services, the folder of the CIB. corosync.conf is edited by its lines and
//! carried to the other nodes by ordinary `scp` and `ssh` commands in the plan.

mod alone;
mod consensus;
pub mod export;
mod grow;
mod init;
mod join;
mod key;
mod leave;
mod set;
mod start_stop;

pub use alone::Alone;
pub use consensus::Consensus;
pub use export::Export;
pub use init::Init;
pub use join::Join;
pub use key::Key;
pub use leave::Leave;
pub use set::Set;
pub use start_stop::{Start, Stop};

use crate::verb::Change;
use clap::Subcommand;

#[cfg(test)]
mod tests;

/// The cluster itself
#[derive(Debug, Subcommand)]
pub enum Cluster {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    Init(Init),
    Join(Join),
    Export(Export),
    Set(Set),
    Key(Key),
    Consensus(Consensus),
    Leave(Leave),
    Start(Start),
    Stop(Stop),
    Alone(Alone),
}

impl Cluster {
    /// Returns the change that the verb plans.
    pub fn change(&self) -> &dyn Change {
        match self {
            Cluster::Init(verb) => verb,
            Cluster::Join(verb) => verb,
            Cluster::Export(verb) => verb,
            Cluster::Set(verb) => verb,
            Cluster::Key(verb) => verb,
            Cluster::Consensus(verb) => verb,
            Cluster::Leave(verb) => verb,
            Cluster::Start(verb) => verb,
            Cluster::Stop(verb) => verb,
            Cluster::Alone(verb) => verb,
        }
    }
}

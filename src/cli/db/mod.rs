//! `db`: MariaDB replication, a primary and its replica.

#[allow(dead_code)]
mod account;
#[allow(dead_code)]
mod bundle;
#[allow(dead_code)]
mod ground;
#[allow(dead_code)]
mod link;
mod power;
mod primary;
#[allow(dead_code)]
mod proof;
#[allow(dead_code)]
mod seed;
#[allow(dead_code)]
mod server;

use crate::operate::Change;
use clap::Subcommand;
use power::{Start, Stop};
use primary::Primary;

/// MariaDB replication: a primary and its replica
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Make this host's server the primary, which logs its writes and lets replicas in
    Primary(Primary),
    /// Go on replicating
    Start(Start),
    /// Stop replicating, for a while
    Stop(Stop),
}

impl Db {
    /// Returns the change that a verb is.
    pub fn change(&self) -> &dyn Change {
        match self {
            Db::Primary(verb) => verb,
            Db::Start(verb) => verb,
            Db::Stop(verb) => verb,
        }
    }
}

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
#[allow(dead_code)]
mod proof;
#[allow(dead_code)]
mod seed;
#[allow(dead_code)]
mod server;

use crate::operate::Change;
use clap::Subcommand;
use power::{Start, Stop};

/// MariaDB replication: a primary and its replica
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Go on replicating
    Start(Start),
    /// Stop replicating, for a while
    Stop(Stop),
}

impl Db {
    /// Returns the change that a verb is.
    pub fn change(&self) -> &dyn Change {
        match self {
            Db::Start(verb) => verb,
            Db::Stop(verb) => verb,
        }
    }
}

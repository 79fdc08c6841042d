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
mod status;

use super::Deed;
use clap::Subcommand;
use power::{Start, Stop};
use primary::Primary;
use status::Status;

/// MariaDB replication: a primary and its replica
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Make this host's server the primary, which logs its writes and lets replicas in
    Primary(Primary),
    /// Go on replicating
    Start(Start),
    /// How replication is: both ends, lag, what is wrong and what to do
    Status(Status),
    /// Stop replicating, for a while
    Stop(Stop),
}

impl Db {
    /// Returns what a verb does.
    pub fn deed(&self) -> Deed<'_> {
        match self {
            Db::Primary(verb) => Deed::Change(verb),
            Db::Start(verb) => Deed::Change(verb),
            Db::Status(verb) => Deed::Look(verb),
            Db::Stop(verb) => Deed::Change(verb),
        }
    }
}

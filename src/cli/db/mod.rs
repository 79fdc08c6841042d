//! `db`: MariaDB replication, a primary and its replica.

mod account;
mod bundle;
mod course;
mod export;
mod extra;
mod ground;
mod link;
mod lock;
mod power;
mod primary;
mod promote;
mod proof;
mod rejoin;
mod replicate;
mod seed;
#[allow(dead_code)]
mod server;
mod side;
mod source;
mod status;
mod test;

pub use lock::LOST;

use super::Deed;
use clap::Subcommand;
use export::Export;
use lock::{Lock, Unlock};
use power::{Start, Stop};
use primary::Primary;
use promote::Promote;
use rejoin::Rejoin;
use replicate::Replicate;
use status::Status;
use test::Test;

/// MariaDB replication: a primary and its replica
#[derive(Debug, Subcommand)]
pub enum Db {
    /// Make this host's server the primary, which logs its writes and lets replicas in
    Primary(Primary),
    /// Make this host's server a replica of another host's, with its data
    Replicate(Replicate),
    /// Put what a replica needs to begin into a file, for hosts without ssh
    Export(Export),
    /// Make this replica the primary, and its primary the replica
    Promote(Promote),
    /// Make this former primary a replica of the server that took its place
    Rejoin(Rejoin),
    /// Write a row on the primary, and see it on the replica, with the milliseconds
    Test(Test),
    /// Go on replicating
    Start(Start),
    /// How replication is: both ends, lag, what is wrong and what to do
    Status(Status),
    /// Stop replicating, for a while
    Stop(Stop),
    /// Let no one write on this host's server, while a command runs or until `db unlock`
    Lock(Lock),
    /// Let everybody write again
    Unlock(Unlock),
}

impl Db {
    /// Returns what a verb does.
    pub fn deed(&self) -> Deed<'_> {
        match self {
            Db::Primary(verb) => Deed::Change(verb),
            Db::Export(verb) => Deed::Change(verb),
            Db::Replicate(verb) => Deed::Change(verb),
            Db::Promote(verb) => Deed::Change(verb),
            Db::Rejoin(verb) => Deed::Change(verb),
            Db::Test(verb) => Deed::Change(verb),
            Db::Start(verb) => Deed::Change(verb),
            Db::Status(verb) => Deed::Look(verb),
            Db::Stop(verb) => Deed::Change(verb),
            Db::Lock(verb) => Deed::Own(verb),
            Db::Unlock(verb) => Deed::Own(verb),
        }
    }
}

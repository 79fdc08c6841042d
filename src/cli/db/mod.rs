//! `db`: MariaDB replication, a primary and its replica.

mod account;
mod accounts;
mod alike;
mod bundle;
mod check;
mod counts;
mod course;
mod crossing;
mod export;
mod extra;
mod former;
mod ground;
mod guards;
mod kept;
mod link;
mod lock;
mod power;
mod primary;
mod promote;
mod proof;
mod rejoin;
mod remove;
mod replicate;
mod seed;
mod server;
mod side;
mod source;
mod status;
mod strays;
mod test;
mod views;

pub use lock::LOST;

use super::Deed;
use check::Check;
use clap::Subcommand;
use export::Export;
use lock::{Lock, Unlock};
use power::{Start, Stop};
use primary::Primary;
use promote::Promote;
use rejoin::Rejoin;
use remove::Remove;
use replicate::Replicate;
use status::Status;
use test::Test;

/// MariaDB replication: a primary and its replica
#[derive(Debug, Subcommand)]
pub enum Db {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    Primary(Primary),
    Replicate(Replicate),
    Export(Export),
    Promote(Promote),
    Rejoin(Rejoin),
    Remove(Remove),
    Test(Test),
    Check(Check),
    Start(Start),
    Status(Status),
    Stop(Stop),
    Lock(Lock),
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
            Db::Remove(verb) => Deed::Change(verb),
            Db::Test(verb) => Deed::Change(verb),
            Db::Check(verb) => Deed::Own(verb),
            Db::Start(verb) => Deed::Change(verb),
            Db::Status(verb) => Deed::Look(verb),
            Db::Stop(verb) => Deed::Change(verb),
            Db::Lock(verb) => Deed::Own(verb),
            Db::Unlock(verb) => Deed::Own(verb),
        }
    }
}

//! `db`: MariaDB replication, a primary and its replica.

mod check;
mod export;
#[cfg(test)]
mod kept_where;
mod lock;
mod primary;
mod promote;
mod rejoin;
mod remove;
mod replicate;
mod start_stop;
mod status;
mod test;

pub use lock::LOST;

use crate::operate::VerbKind;
use check::Check;
use clap::{Parser, Subcommand};
use export::Export;
use lock::{Lock, Unlock};
use primary::Primary;
use promote::Promote;
use rejoin::Rejoin;
use remove::Remove;
use replicate::Replicate;
use start_stop::{Start, Stop};
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

/// A line that begins behind `db`.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(subcommand)]
    verb: Db,
}

impl Db {
    /// Parses the words of a verb that a plan has written down: `db promote`; none of anything else.
    pub fn parse(words: &str) -> Option<Db> {
        let words = shlex::split(words)?;
        let words = words.strip_prefix(&["db".to_owned()])?;
        Some(Line::try_parse_from(words).ok()?.verb)
    }

    /// Returns what a verb does.
    pub fn kind(&self) -> VerbKind<'_> {
        match self {
            Db::Primary(verb) => VerbKind::Change(verb),
            Db::Export(verb) => VerbKind::Change(verb),
            Db::Replicate(verb) => VerbKind::Change(verb),
            Db::Promote(verb) => VerbKind::Change(verb),
            Db::Rejoin(verb) => VerbKind::Change(verb),
            Db::Remove(verb) => VerbKind::Change(verb),
            Db::Test(verb) => VerbKind::Change(verb),
            Db::Check(verb) => VerbKind::RunsItself(verb),
            Db::Start(verb) => VerbKind::Change(verb),
            Db::Status(verb) => VerbKind::Look(verb),
            Db::Stop(verb) => VerbKind::Change(verb),
            Db::Lock(verb) => VerbKind::RunsItself(verb),
            Db::Unlock(verb) => VerbKind::RunsItself(verb),
        }
    }
}

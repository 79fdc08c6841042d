//! `quorum`: a third vote on a host outside the cluster, and who votes.
//!
//! `picture` is the cluster as a change of its device finds it, `certificates` brings every node its own, and
//! `files` carries corosync.conf to all of them; a device is added and taken out by `add` and `remove`.

mod add;
mod by_hand;
mod certificates;
mod document;
mod files;
mod picture;
mod remove;
mod status;

#[cfg(test)]
mod tests;

pub use add::Add;
pub use remove::Remove;
pub use status::QuorumStatus;

use crate::operate::VerbKind;
use clap::{Parser, Subcommand};

/// What both verbs bring to an end.
const SETTLES: &str = "quorum device";

/// Who may go on alone: a third vote on another host
#[derive(Debug, Subcommand)]
pub enum Quorum {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    Add(Add),
    Remove(Remove),
    Status(QuorumStatus),
}

/// The words of one of these verbs.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(subcommand)]
    verb: Quorum,
}

impl Quorum {
    /// Parses the words of a verb that a plan has written down: `quorum add serv3`; none of anything else.
    pub fn parse(words: &str) -> Option<Quorum> {
        let words = shlex::split(words)?;
        let words = words.strip_prefix(&["quorum".to_owned()])?;
        Some(Line::try_parse_from(words).ok()?.verb)
    }

    /// Returns what a verb does.
    pub fn kind(&self) -> VerbKind<'_> {
        match self {
            Quorum::Add(verb) => VerbKind::Change(verb),
            Quorum::Remove(verb) => VerbKind::Change(verb),
            Quorum::Status(verb) => VerbKind::Look(verb),
        }
    }
}

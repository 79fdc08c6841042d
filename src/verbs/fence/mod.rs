//! `fence`: devices that switch a node off, so that what ran there may start elsewhere.

mod add;
mod confirm;
mod kinds;
mod list;
mod node_target;
mod remove;
mod test;
#[cfg(test)]
mod tests;

pub use confirm::Confirm;
pub use kinds::Add;
pub use list::List;
pub use remove::Remove;
pub use test::Test;

use crate::operate::VerbKind;
use clap::Subcommand;

/// Devices that switch a node off, so that what ran there may start elsewhere
#[derive(Debug, Subcommand)]
pub enum Fence {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    #[command(subcommand)]
    Add(Add),
    Test(Test),
    List(List),
    Confirm(Confirm),
    Remove(Remove),
}

impl Fence {
    /// Returns what it does.
    pub fn kind(&self) -> VerbKind<'_> {
        match self {
            Fence::Add(verb) => VerbKind::Change(verb),
            Fence::Confirm(verb) => VerbKind::Change(verb),
            Fence::Test(verb) => VerbKind::Change(verb),
            Fence::Remove(verb) => VerbKind::Change(verb),
            Fence::List(verb) => VerbKind::Look(verb),
        }
    }
}

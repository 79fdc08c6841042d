//! `web`: a service under the cluster's care, alone, with its address, or everywhere.
//!
//! One file per verb.

mod add;
mod group;
mod list;
mod move_to;
mod prefer;
mod remove;

use clap::Subcommand;

pub use add::Add;
pub use group::Grouping;
pub use list::List;
pub use move_to::Move;
pub use prefer::{Prefer, Stickiness};
pub use remove::Remove;

/// The web service and what belongs to it
#[derive(Debug, Subcommand)]
pub enum Web {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    Add(Add),
    Group(Grouping),
    Prefer(Prefer),
    Move(Move),
    Remove(Remove),
    List(List),
}

#[cfg(test)]
mod tests;

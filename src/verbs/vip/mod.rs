//! `vip`: the virtual IP address.

mod add;
mod list;
mod remove;
#[cfg(test)]
mod tests;

pub use add::Add;
pub use list::List;
pub use remove::Remove;

use crate::cib::Primitive;
use clap::Subcommand;

/// The virtual IP address
#[derive(Debug, Subcommand)]
pub enum Vip {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    Add(Add),
    Remove(Remove),
    List(List),
}

/// The agent of every virtual address, IPv4 and IPv6 alike.
const AGENT: &str = "ocf:heartbeat:IPaddr2";

fn param<'a>(primitive: &'a Primitive, name: &str) -> &'a str {
    primitive.param(name).unwrap_or_default()
}

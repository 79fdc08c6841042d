//! `vip`: the virtual IP address.

mod add;
mod list;
mod remove;
#[cfg(test)]
mod tests;

pub use add::Add;
pub use list::List;
pub use remove::Remove;

use crate::cib::{Cib, Object, Primitive};
use crate::facts::Monitor;
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

/// Returns the virtual addresses of a configuration.
fn addresses(cib: &Cib) -> impl Iterator<Item = &Primitive> {
    cib.objects().iter().filter_map(|object| match object {
        Object::Primitive(primitive) if primitive.agent.to_string() == AGENT => Some(primitive),
        _ => None,
    })
}

/// Returns the node that holds a virtual address, if one is held.
pub fn holder(cib: &Cib, monitor: Option<&Monitor>) -> Option<String> {
    let monitor = monitor?;
    addresses(cib)
        .find_map(|address| monitor.places(&address.id).first().copied())
        .map(str::to_owned)
}

fn param<'a>(primitive: &'a Primitive, name: &str) -> &'a str {
    primitive
        .params
        .iter()
        .find(|(known, _)| known == name)
        .map_or("", |(_, value)| value.as_str())
}

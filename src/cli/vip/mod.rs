//! `vip`: the virtual IP address.

mod add;
mod list;
mod remove;
#[cfg(test)]
mod tests;

pub use add::Add;
pub use list::List;
pub use remove::Remove;

use crate::cib::{Cib, CloneResource, Object, Primitive};
use crate::facts::Monitor;
use crate::plan::Refusal;
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
pub fn addresses(cib: &Cib) -> impl Iterator<Item = &Primitive> {
    cib.objects()
        .iter()
        .filter_map(Object::primitive)
        .filter(|primitive| primitive.virtual_address().is_some())
}

/// Returns the virtual address of a name.
///
/// # Errors
/// When there is none, or the name is that of something else: with the nearest name.
pub fn named<'a>(cib: &'a Cib, name: &str) -> Result<&'a Primitive, Refusal> {
    let object = cib.object(name);
    let address = object
        .and_then(Object::primitive)
        .filter(|primitive| primitive.virtual_address().is_some());
    match (address, object) {
        (Some(primitive), _) => Ok(primitive),
        (None, Some(other)) => Err(Refusal::check(format!(
            "{name} is a {}, not a virtual address",
            other.kind()
        ))
        .hint("to remove it", format!("bascule web remove {name}"))),
        (None, None) => {
            let names = addresses(cib).map(|primitive| primitive.id.as_str());
            Err(
                Refusal::check(format!("no virtual address is called {name}"))
                    .did_you_mean(name, names),
            )
        }
    }
}

/// Returns the service of a name that runs everywhere, known by its own name as well as by that of
/// the clone around it.
///
/// # Errors
/// When there is none, or it runs on one node: with the nearest name.
pub fn everywhere<'a>(cib: &'a Cib, name: &str) -> Result<&'a CloneResource, Refusal> {
    let clone = |name: &str| cib.object(name).and_then(Object::clone_resource);
    let found = clone(name).or_else(|| cib.parent_of(name).and_then(clone));
    found.ok_or_else(|| {
        let refusal = match cib.object(name) {
            Some(other) => Refusal::check(format!(
                "{name} is a {} on one node: --with wants a service that runs everywhere",
                other.kind()
            )),
            None => {
                let clones = cib.objects().iter().filter_map(Object::clone_resource);
                let clones = clones.map(|clone| clone.member.as_str());
                Refusal::check(format!("there is no service {name} that runs everywhere"))
                    .did_you_mean(name, clones)
            }
        };
        refusal.hint("to have one", "bascule web add SERVICE --everywhere")
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
    primitive.param(name).unwrap_or_default()
}

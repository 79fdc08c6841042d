//! Fence agents, and nodes with and without a device.

use super::cluster::nodes;
use crate::complete::Candidate;
use crate::complete::asking::{Asking, parses_as};
use crate::complete::files::names_in;
use crate::complete::known::snapshot;
use crate::fencing::agent::FenceAgent;
use crate::fencing::device::{Device, devices_of};

/// Where the agents' programs lie.
const PROGRAMS: &str = "/usr/sbin";

/// The fence agents that are installed here.
pub fn agents(about: &Asking) -> Vec<Candidate> {
    let names = names_in(PROGRAMS).into_iter();
    names
        .filter(|name| name.starts_with(&about.typed) && parses_as::<FenceAgent>(name))
        .map(|name| Candidate::new(name, String::new()))
        .collect()
}

/// The nodes as `NODE=`, with the device that each has.
pub fn nodes_to_fence(about: &Asking) -> Vec<Candidate> {
    let known = snapshot();
    let Some(cib) = &known.cib else {
        return Vec::new();
    };
    let names = cib.nodes().iter().map(|node| node.name.as_str());
    names
        .filter(|name| format!("{name}=").starts_with(&about.typed))
        .filter(|name| {
            let begin = format!("{name}=");
            !about.values("nodes").any(|word| word.starts_with(&begin))
        })
        .map(|name| {
            let ids: Vec<&str> = devices_of(cib, name).iter().map(Device::id).collect();
            let help = match ids.as_slice() {
                [] => "no device yet".to_owned(),
                ids => format!("has {}", ids.join(", ")),
            };
            Candidate::new(format!("{name}="), help)
        })
        .collect()
}

/// The nodes that have a device.
pub fn nodes_with_device(about: &Asking) -> Vec<Candidate> {
    let known = snapshot();
    let Some(cib) = &known.cib else {
        return Vec::new();
    };
    let mut all = nodes(about);
    all.retain(|node| !devices_of(cib, &node.value).is_empty());
    all
}

//! Live names for completion: in the shell and in bash, zsh and fish alike.
//!
//! Every function returns what may stand in one argument, with what it is, from a cheap reading
//! with a short deadline, and nothing at all on any trouble: completion never prints, blocks or
//! asks. Only what the parser takes is offered, and only what makes sense beside the words before.

mod address;
mod agent;
mod cluster;
mod database;
mod host;
mod operation;
mod property;
mod topic;

pub use address::{
    cluster_name, free_addresses, interfaces, nodes_to_be, other_addresses, own_addresses,
};
pub use agent::{agents, units};
pub use cluster::*;
pub use database::databases;
pub use host::other_hosts;
pub use operation::{operations, undoable};
pub use property::property_setting;
pub use topic::topics;

use clap_complete::CompletionCandidate;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns a candidate for clap_complete's engine.
fn candidate(value: impl Into<String>, help: impl Into<String>) -> CompletionCandidate {
    let help = help.into();
    let help = (!help.is_empty()).then(|| help.into());
    CompletionCandidate::new(value.into()).help(help)
}

/// Returns the names in a folder, hidden ones left out.
fn names_in(folder: impl AsRef<Path>) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

/// Returns true for a name that the parser takes as one of this kind.
fn is<T: std::str::FromStr>(name: &str) -> bool {
    name.parse::<T>().is_ok()
}

//! The names of what logs number.

use std::collections::BTreeMap;

/// The names of what logs number.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The nodes by their number in corosync.conf.
    pub nodes: BTreeMap<String, String>,
    /// The virtual addresses by their resource.
    pub addresses: BTreeMap<String, String>,
}

impl Names {
    /// Returns a node's name, or its number where nobody knows its name.
    pub(super) fn node(&self, number: &str) -> String {
        let name = self.nodes.get(number);
        name.map_or_else(|| format!("node {number}"), Clone::clone)
    }
}

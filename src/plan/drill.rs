//! What a plan that breaks something on purpose is to measure, and what it foresees.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What a plan that breaks something on purpose is to measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// What it is, in the words of the verb, such as `poweroff serv1`: the same drill is known by them.
    pub words: String,
    /// The node that is struck.
    pub node: String,
    /// What is asked, as `probe` has it.
    pub targets: Vec<String>,
    /// The virtual addresses of which is seen which node has them.
    pub addresses: Vec<IpAddr>,
    /// The host that asks.
    pub from: String,
    /// It is no node of the cluster: it sees what a client sees.
    pub outside: bool,
    /// The nodes that look on.
    pub nodes: Vec<String>,
    /// The step that strikes, from 0.
    pub strikes: usize,
    /// What is foreseen.
    pub expected: Expected,
}

/// What is foreseen of an outage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// The shortest, in seconds.
    pub from: f64,
    /// The longest, in seconds.
    pub to: f64,
    /// What it follows from, in one sentence without full stop.
    pub because: String,
}

impl Expected {
    /// Returns it in words.
    pub fn words(&self) -> String {
        match self.to > 0.0 {
            true => format!("{:.1} to {:.1} s", self.from, self.to),
            false => "none".to_owned(),
        }
    }
}

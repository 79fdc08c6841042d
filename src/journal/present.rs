//! The host as an undo finds it.

use crate::cib::Cib;
use crate::facts::Monitor;
use crate::plan::Plan;
use std::collections::BTreeMap;

/// What the undo must know of the host as it is now.
#[derive(Debug)]
pub struct UndoFacts<'a> {
    /// The live configuration, or why there is none.
    pub live: Result<&'a Cib, &'a str>,
    /// The cluster's own view.
    pub monitor: Option<&'a Monitor>,
    /// Later operations that still stand, oldest first: number and words.
    pub later: Vec<(u64, String)>,
    /// What was answered to its steps' guards.
    pub guards: &'a BTreeMap<String, Result<String, String>>,
    /// Notes in a plan what the cluster would move with another configuration than the live one.
    pub forecast: fn(&str, &Cib, Option<&Monitor>, &mut Plan),
}

//! The host as an undo finds it.

use super::found::FoundFiles;
use super::later::Later;
use super::service::Service;
use crate::cib::Cib;
use crate::facts::{Monitor, ToolAnswers, Unit};
use crate::plan::Plan;
use std::collections::BTreeMap;

/// Notes in a plan what the cluster would move with another configuration than the live one.
pub type Forecast<'a> = &'a dyn Fn(&str, &Cib, &mut Plan);

/// The host as it is now, as far as an undo must know it.
pub struct UndoFacts<'a> {
    /// The live configuration, or why there is none.
    pub live: Result<&'a Cib, &'a str>,
    /// The cluster's own view.
    pub monitor: Option<&'a Monitor>,
    /// This host is in no cluster.
    pub in_no_cluster: bool,
    /// Later operations that still stand, oldest first.
    pub later: Vec<Later>,
    /// The answers to its steps' guards.
    pub guards: &'a BTreeMap<String, Result<String, String>>,
    /// The hosts that its way back goes to and that ssh does not reach, with ssh's words.
    pub unreached: BTreeMap<String, String>,
    /// The files that its steps changed, and the journal's copies.
    pub found: &'a FoundFiles,
    /// The services that its steps started or stopped, as they are; one that is absent is not known.
    pub services: &'a BTreeMap<Service, Unit>,
    /// The answers to its plan's questions.
    pub answers: &'a ToolAnswers,
    /// Notes in a plan what the cluster would move with another configuration than the live one.
    pub forecast: Forecast<'a>,
}

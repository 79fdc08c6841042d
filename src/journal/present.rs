//! The host as an undo finds it.

use super::later::Later;
use super::service::Service;
use crate::cib::Cib;
use crate::facts::{Monitor, Unit};
use crate::plan::Plan;
use std::collections::BTreeMap;

/// What the undo must know of the host as it is now.
#[derive(Debug)]
pub struct UndoFacts<'a> {
    /// The live configuration, or why there is none.
    pub live: Result<&'a Cib, &'a str>,
    /// The cluster's own view.
    pub monitor: Option<&'a Monitor>,
    /// This host is in no cluster.
    pub in_no_cluster: bool,
    /// Later operations that still stand, oldest first.
    pub later: Vec<Later>,
    /// What was answered to its steps' guards.
    pub guards: &'a BTreeMap<String, Result<String, String>>,
    /// The services that its steps started or stopped, as they are; one that is absent is not known.
    pub services: &'a BTreeMap<Service, Unit>,
    /// Notes in a plan what the cluster would move with another configuration than the live one.
    pub forecast: fn(&str, &Cib, Option<&Monitor>, &mut Plan),
}

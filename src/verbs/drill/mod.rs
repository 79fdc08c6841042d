//! `drill`: a failure on purpose, and what a client saw of it.
//!
//! A drill is a plan like any other: what breaks, what the cluster will do, how long at most, the way back. Around
//! the step that strikes a client asks 20 times a second, and each node says which addresses it has. What would be
//! an outage rather than a drill is refused: something that failed already, a node that could not take over, a
//! database whose primary nobody follows; and without tested fencing all that leaves two nodes with one address.

mod client;
mod expected;
mod frame;
mod history;
mod list;
mod poweroff;
mod rows;
mod scene;
mod service;
mod silence;
mod standby;
mod strike;
#[cfg(test)]
mod tests;

use crate::facts::{Facts, Needs};
use crate::operate::VerbKind;
use crate::plan::{Plan, Refusal};
use crate::verb::Change;
use clap::{Args, Subcommand};
use strike::Strike;

/// Break something on purpose, and see what a client saw of it
///
/// Without words: which drills make sense here and now, and what each costs.
#[derive(Debug, Args)]
pub struct Drill {
    #[command(subcommand)]
    which: Option<Which>,
}

/// The drills.
#[derive(Debug, Subcommand)]
pub enum Which {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    List(list::List),
    Standby(standby::Standby),
    Kill(service::Kill),
    Freeze(service::Freeze),
    Poweroff(poweroff::Poweroff),
    Cut(silence::Cut),
    History(history::History),
}

impl Drill {
    /// Returns what it does.
    pub fn kind(&self) -> VerbKind<'_> {
        match &self.which {
            None => VerbKind::Look(&list::List {}),
            Some(Which::List(list)) => VerbKind::Look(list),
            Some(Which::History(history)) => VerbKind::RunsItself(history),
            Some(drill) => VerbKind::Change(drill),
        }
    }
}

impl Which {
    fn strike(&self) -> Option<&dyn Strike> {
        match self {
            Which::Standby(drill) => Some(drill),
            Which::Kill(drill) => Some(drill),
            Which::Freeze(drill) => Some(drill),
            Which::Poweroff(drill) => Some(drill),
            Which::Cut(drill) => Some(drill),
            Which::List(_) | Which::History(_) => None,
        }
    }
}

impl Change for Which {
    fn needs(&self) -> Needs {
        scene::needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let mut needs = scene::needs_then(facts);
        if let Some(client) = self.strike().map(Strike::client) {
            needs = needs.and(client.needs(facts));
            if client.rows {
                needs = needs.and(rows::needs(facts));
            }
        }
        needs
    }

    fn alone(&self) -> Option<&'static str> {
        Some("what a drill measures is one failure at a time")
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        match self.strike() {
            Some(strike) => strike::plan(strike, facts),
            None => Ok(Plan::new("")),
        }
    }
}

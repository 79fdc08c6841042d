//! bascule: the admin's shell for small high-availability clusters.
//!
//! Words become a verb (`grammar`), a verb reads what the host says (`facts`) and returns a plan
//! (`plan`); the plan is shown and confirmed (`ui`), run and verified (`exec`), and written down
//! ahead so that it can be taken back (`journal`).

mod as_text;
mod cib;
mod client;
mod complete;
mod conf;
mod drill;
mod exec;
mod exit;
mod explain;
mod facts;
mod fencing;
mod grammar;
mod health;
mod host;
mod init;
mod journal;
mod mariadb;
mod membership;
mod names;
mod operate;
mod perform;
mod plan;
mod program;
mod reach;
mod replication;
mod report;
mod resources;
mod shell;
mod state;
mod story;
#[cfg(test)]
mod trial;
mod ui;
mod verb;
mod verbs;
mod watching;
mod wording;
mod words;

pub use complete::outside::answer;
pub use program::run;

/// The parts that the man pages, the recorded facts and the tests of whole journals are made with.
///
/// Not an interface: it changes with what it is used for.
#[doc(hidden)]
pub mod internals {
    pub use crate::cib::Cib;
    pub use crate::complete::{Candidate, Snapshot, candidates, existing, remember};
    pub use crate::explain::{Described, Example, Topic, find};
    pub use crate::facts::{
        Facts, FileState, Needs, ToolAnswers, answer, consult, gather, gather_all,
    };
    pub use crate::grammar::{Verb, command, grammar, parse, parse_line};
    pub use crate::host::Host;
    pub use crate::journal::{
        FoundFiles, Journal, Operation, OperationStatus, UndoFacts, plan_undo,
    };
    pub use crate::names::Name;
    pub use crate::operate::VerbKind;
    pub use crate::plan::{Probe, Question};
    pub use crate::verbs::story::records_script;
}

//! What is wrong, why, and the next command: with the cluster, and with MariaDB replication.
//!
//! Judges facts, reads nothing. `status` and `db status` tell it in full, the shell says whether
//! there is anything.

pub mod address;
mod changes;
mod cluster;
pub mod database;
mod left_alone;
pub mod log;

pub use changes::takes_changes;
pub use cluster::{conf, is_an_example, is_bare};
pub use left_alone::{left_alone, left_alone_on};

use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::plan::Hint;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A service is or may be harmed; otherwise it is only worth knowing.
    pub grave: bool,
    /// What, on what and why, in one sentence.
    pub what: String,
    /// More on why, in sentences; may be empty.
    pub cause: String,
    /// What to do.
    pub next: Vec<Hint>,
}

impl Problem {
    fn new(grave: bool, what: impl Into<String>) -> Problem {
        Problem {
            grave,
            what: what.into(),
            cause: String::new(),
            next: Vec::new(),
        }
    }

    fn next(mut self, purpose: &str, command: impl Into<String>) -> Problem {
        self.next.push(Hint {
            purpose: purpose.to_owned(),
            command: command.into(),
        });
        self
    }
}

/// Returns what must be read to judge this host.
pub fn needs() -> Needs {
    Needs {
        cib: true,
        monitor: true,
        files: vec![COROSYNC_CONF.into()],
        replication: true,
        // Whether a node of corosync.conf is this host.
        network: true,
        ..Needs::default()
    }
}

/// Returns what must be read besides, once the rest is known.
pub fn needs_then(facts: &Facts) -> Needs {
    database::needs_here(facts)
        .and(log::needs(facts))
        .and(address::needs(facts))
}

/// Returns what is wrong, the gravest first.
pub fn problems(facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    cluster::judge(facts, &mut found);
    database::judge(facts, &mut found);
    found.sort_by_key(|problem| !problem.grave);
    found
}

/// Returns what is wrong with MariaDB replication alone, the gravest first.
pub fn problems_of_databases(facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    database::judge(facts, &mut found);
    found.sort_by_key(|problem| !problem.grave);
    found
}

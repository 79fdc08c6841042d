//! Something that is not as it should be.

use crate::plan::Hint;
use serde::Serialize;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A service is or may be harmed; otherwise it is only worth knowing.
    pub grave: bool,
    /// The problem, on what and why, in one sentence.
    pub what: String,
    /// More on why, in sentences; may be empty.
    pub cause: String,
    /// The next commands.
    pub next: Vec<Hint>,
}

impl Problem {
    pub fn new(grave: bool, what: impl Into<String>) -> Problem {
        Problem {
            grave,
            what: what.into(),
            cause: String::new(),
            next: Vec::new(),
        }
    }

    pub fn next(mut self, purpose: &str, command: impl Into<String>) -> Problem {
        self.next.push(Hint {
            purpose: purpose.to_owned(),
            command: command.into(),
        });
        self
    }
}

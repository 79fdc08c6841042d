//! What an undo rests on, asked before anything of it is done: what would stop it half-way, or break
//! what came after the operation.

use super::{Hint, Refusal, shell_line};
use serde::{Deserialize, Serialize};

/// The mark for the answer in a guard's words.
pub const ANSWER: &str = "${answer}";

/// A question to a host, the answer without which an undo is refused, and what to do then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guard {
    /// The command that asks; it changes nothing.
    pub argv: Vec<String>,
    /// Its standard input.
    #[serde(default)]
    pub stdin: Option<String>,
    /// The last line that it must print.
    pub line: String,
    /// What it means when it is another one, as a sentence without full stop; `${answer}` stands for that
    /// one, there and in the hints.
    pub otherwise: String,
    /// What leads out then.
    #[serde(default)]
    pub hints: Vec<Hint>,
}

impl Guard {
    /// Returns the guard with a next command and what it is for.
    #[must_use]
    pub fn hint(mut self, purpose: impl Into<String>, command: impl Into<String>) -> Guard {
        self.hints.push(Hint {
            purpose: purpose.into(),
            command: command.into(),
        });
        self
    }

    /// Returns the question's name among the answers.
    pub fn key(&self) -> String {
        let stdin = self.stdin.as_deref().unwrap_or_default();
        format!("{}\n{stdin}", shell_line(&self.argv))
    }

    /// Returns the refusal of what it keeps from being done, after this answer.
    pub fn refusal(&self, answer: &str) -> Refusal {
        let said = |text: &str| text.replace(ANSWER, answer);
        let mut refusal = Refusal::check(said(&self.otherwise));
        for hint in &self.hints {
            refusal = refusal.hint(said(&hint.purpose), said(&hint.command));
        }
        refusal
    }
}

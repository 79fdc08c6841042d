//! Why a verb does not even make a plan, and what to type instead.

use super::Again;
use crate::names::nearest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A verb's no: what is wrong, on what, why, and the commands that help. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Decides the exit status.
    pub kind: RefusalKind,
    /// One lower-case sentence without full stop; may hold further lines (a diff).
    pub what: String,
    /// What to do next, each with the exact command.
    pub hints: Vec<Hint>,
    /// The name that was perhaps meant; among the hints as well.
    pub meant: Option<String>,
    /// The hints, by their index, that are what was typed, and what is another in it: the command itself is
    /// known to whoever has the words.
    again: Vec<(usize, Again)>,
}

/// A next step: words, and the command that does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// What the command is for; may be empty.
    pub purpose: String,
    /// The command to type; may be empty when the words say all.
    pub command: String,
}

/// Which kind of no it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The words themselves are wrong: exit status 2.
    Usage,
    /// A check said no: exit status 3.
    Check,
}

impl Refusal {
    /// Returns the refusal of a check.
    pub fn check(what: impl Into<String>) -> Refusal {
        Refusal {
            kind: RefusalKind::Check,
            what: what.into(),
            hints: Vec::new(),
            meant: None,
            again: Vec::new(),
        }
    }

    /// Returns the refusal of words that cannot mean anything.
    pub fn usage(what: impl Into<String>) -> Refusal {
        Refusal {
            kind: RefusalKind::Usage,
            what: what.into(),
            hints: Vec::new(),
            meant: None,
            again: Vec::new(),
        }
    }

    /// Returns the refusal with a next command and what it is for.
    pub fn hint(mut self, purpose: impl Into<String>, command: impl Into<String>) -> Refusal {
        self.hints.push(Hint {
            purpose: purpose.into(),
            command: command.into(),
        });
        self
    }

    /// Returns the refusal without what to do next.
    #[must_use]
    pub fn without_hints(self) -> Refusal {
        Refusal {
            hints: Vec::new(),
            again: Vec::new(),
            ..self
        }
    }

    /// Returns the refusal with what was typed as a next command, changed in one thing.
    pub fn again(mut self, purpose: impl Into<String>, again: Again) -> Refusal {
        let command = again.fragment();
        self.again.push((self.hints.len(), again));
        self.hint(purpose, command)
    }

    /// Returns the refusal of one of several verbs that were typed together, counted from 0.
    #[must_use]
    pub fn for_verb_at(mut self, at: usize) -> Refusal {
        for (_, again) in &mut self.again {
            again.for_verb_at(at);
        }
        self
    }

    /// Returns the refusal of these words, which were typed behind `bascule`: what is to be typed instead
    /// keeps all of them but what it changes.
    #[must_use]
    pub fn with_typed_words(mut self, words: &str) -> Refusal {
        for (at, again) in std::mem::take(&mut self.again) {
            self.hints[at].command = again.line(words);
        }
        self
    }

    /// Returns the refusal with `did you mean`, when a known name is near enough.
    pub fn did_you_mean<'a>(
        self,
        typed: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Refusal {
        self.perhaps(nearest(typed, known))
    }

    /// Returns the refusal with `did you mean`, where somebody knows what.
    pub fn perhaps(self, meant: Option<&str>) -> Refusal {
        self.perhaps_by(meant, |_| String::new())
    }

    /// Returns the refusal with `did you mean`, where somebody knows what, and the command for it.
    pub fn perhaps_by(
        mut self,
        meant: Option<&str>,
        command: impl FnOnce(&str) -> String,
    ) -> Refusal {
        let Some(name) = meant else {
            return self;
        };
        self.meant = Some(name.to_owned());
        self.hint(format!("did you mean {name}?"), command(name))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Refusal {}

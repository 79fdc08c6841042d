//! What is known of one error.

use crate::mariadb::errno::pattern::{Pattern, Values};
use crate::plan::Hint;
use serde::Serialize;

/// The words around an error's own text in `SHOW SLAVE STATUS` and the log.
const AROUND: &[&str] = &[
    "to master '{account}@{primary}:{port}'",
    "on query. Default database: '{database}'",
];

/// An error that is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorEntry {
    /// The number, as after `ERROR` and in `Last_IO_Errno`.
    pub errno: u32,
    /// The server's name for it.
    pub symbol: String,
    /// Which of the number's texts it is, in a word; empty for all others.
    pub name: String,
    /// The kind of trouble.
    pub kind: ErrorKind,
    /// The server's texts, with `{name}` for what differs.
    pub texts: Vec<String>,
    pub title: String,
    pub what: String,
    pub cause: String,
    pub look: String,
    pub next: Vec<Hint>,
    pub patterns: Vec<Pattern>,
}

/// What kind of trouble an error is, and so what mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The error passes by itself, or the server tries again.
    Waiting,
    /// Something is set wrong: an option, an account, a network.
    Configuration,
    /// The two servers hold different transactions.
    Divergence,
    /// Rows, tables or files are not as they must be.
    Data,
    /// What was asked cannot be done now, or not in these words.
    Statement,
    /// Nothing is wrong.
    Harmless,
}

/// The meaning of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The number.
    pub errno: u32,
    /// The server's name for it.
    pub symbol: &'static str,
    /// The kind of trouble.
    pub kind: ErrorKind,
    /// The event, in one lower-case sentence without full stop.
    pub what: String,
    /// Why, in sentences; may be empty.
    pub cause: String,
    /// The things to look at, in sentences; may be empty.
    pub look: String,
    /// The next commands, the likeliest first.
    pub next: Vec<Hint>,
}

impl ErrorEntry {
    /// Returns what it means where nothing but the number is known: `USER` for a user, and so on.
    pub fn diagnosis(&'static self) -> Diagnosis {
        self.diagnosis_with(&Values::default())
    }

    /// Returns what the server says; `…` is what differs.
    pub fn server_texts(&self) -> Vec<String> {
        self.patterns.iter().map(Pattern::to_string).collect()
    }

    pub fn values_in(&self, text: &str) -> Option<Values> {
        self.patterns
            .iter()
            .find_map(|pattern| pattern.values_in(text))
    }

    pub fn told_with(
        &'static self,
        values: Values,
        text: &str,
        known: &[(&str, &str)],
    ) -> Diagnosis {
        let mut values = values;
        for around in AROUND {
            values.add(Pattern::new(around).values_in(text).unwrap_or_default());
        }
        values.add(known.iter().copied().collect());
        self.diagnosis_with(&values)
    }

    fn diagnosis_with(&'static self, values: &Values) -> Diagnosis {
        Diagnosis {
            errno: self.errno,
            symbol: &self.symbol,
            kind: self.kind,
            what: values.in_prose(&self.what),
            cause: values.in_prose(&self.cause),
            look: values.in_prose(&self.look),
            next: self
                .next
                .iter()
                .map(|hint| Hint {
                    purpose: values.in_prose(&hint.purpose),
                    command: values.in_command(&hint.command),
                })
                .collect(),
        }
    }
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [ErrorKind; 6] = [
        ErrorKind::Waiting,
        ErrorKind::Configuration,
        ErrorKind::Divergence,
        ErrorKind::Data,
        ErrorKind::Statement,
        ErrorKind::Harmless,
    ];

    /// Returns its name in the catalogue and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::Waiting => "waiting",
            ErrorKind::Configuration => "configuration",
            ErrorKind::Divergence => "divergence",
            ErrorKind::Data => "data",
            ErrorKind::Statement => "statement",
            ErrorKind::Harmless => "harmless",
        }
    }

    /// Returns what it means for whoever reads it.
    pub fn meaning(self) -> &'static str {
        match self {
            ErrorKind::Waiting => "waiting may help",
            ErrorKind::Configuration => "something is set wrong; waiting does not help",
            ErrorKind::Divergence => "the two servers hold different transactions",
            ErrorKind::Data => "data or files are missing, or not as they must be",
            ErrorKind::Statement => "what was asked cannot be done now, or not in these words",
            ErrorKind::Harmless => "nothing is wrong",
        }
    }
}

//! An argument that may be typed, as the grammar describes it.

use crate::grammar::takes_many;
use clap::Arg;

/// An argument that may be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The name within the grammar.
    pub id: String,
    /// The option that is typed in front of it; none for what is told by its place.
    pub option: Option<String>,
    /// The name of its value; empty for an option that has none.
    pub value: String,
    /// The meaning, in one line.
    pub meaning: String,
    /// The value when nothing is said.
    pub default: Option<String>,
    /// The argument can be given several times.
    pub many: bool,
}

impl Wanted {
    /// Returns what an argument of the grammar asks for.
    pub fn of(arg: &Arg) -> Wanted {
        let takes = arg.get_action().takes_values();
        let value = arg
            .get_value_names()
            .and_then(|names| names.first())
            .map_or_else(|| arg.get_id().as_str().to_uppercase(), ToString::to_string);
        let default = arg.get_default_values().first();
        Wanted {
            id: arg.get_id().to_string(),
            option: arg.get_long().map(|long| format!("--{long}")),
            value: if takes { value } else { String::new() },
            meaning: arg
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            default: default
                .filter(|_| takes)
                .map(|value| value.to_string_lossy().into_owned()),
            many: takes_many(arg),
        }
    }

    /// Returns it as it is typed.
    pub fn shown(&self) -> String {
        let more = if self.many { "…" } else { "" };
        match (&self.option, self.value.as_str()) {
            (None, value) => format!("{value}{more}"),
            (Some(option), "") => option.clone(),
            (Some(option), value) => format!("{option} {value}{more}"),
        }
    }
}

//! What a text of a plan names without saying: secrets, and what a server will have answered.
//!
//! A name stands in a text as `${name}`. Only the executor knows what it stands for, while it runs;
//! the plan, the screen and the journal have the name alone.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A secret that steps use by its name: `${password}`, and `${password_hash}` for what MariaDB
/// keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its name in the texts.
    pub name: String,
    /// Where its value comes from.
    pub source: Source,
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It is made anew, at random, when the plan runs.
    Made,
    /// The first line of this file.
    File(PathBuf),
    /// The first line that this command prints, such as one that reads it out of a bundle.
    Printed(Vec<String>),
}

impl Named {
    /// Returns what a reader of the plan is told of it.
    pub fn sentence(&self) -> String {
        let name = &self.name;
        match &self.source {
            Source::Made => {
                format!("${{{name}}}: made at random when this runs; never shown, never kept here")
            }
            Source::File(path) => {
                format!(
                    "${{{name}}}: the first line of {}; never shown",
                    path.display()
                )
            }
            Source::Printed(argv) => {
                format!(
                    "${{{name}}}: what `{}` prints; never shown",
                    super::shell_line(argv)
                )
            }
        }
    }

    /// Returns the name of what MariaDB keeps of it.
    pub fn hash(&self) -> String {
        format!("{}_hash", self.name)
    }
}

/// Returns the names in a text, in the order they stand there.
pub fn names(text: &str) -> Vec<&str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .filter(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c))
        })
        .collect()
}

/// Returns the text with each name's value in its place; names without one stay.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = text.to_owned();
    for name in names(text) {
        if let Some(value) = value(name) {
            filled = filled.replace(&format!("${{{name}}}"), &value);
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_filled_and_everything_else_stays() {
        let text = "A ${one} ${two} $one ${} ${ x} ${one}";
        assert_eq!(names(text), ["one", "two", "one"]);
        let value = |name: &str| (name == "one").then(|| "1".to_owned());
        assert_eq!(fill(text, value), "A 1 ${two} $one ${} ${ x} 1");
    }
}

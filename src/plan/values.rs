//! What a text of a plan names without saying: secrets, and what a server will have answered.
//!
//! A name stands in a text as `${name}`. Only the executor knows what it stands for, while it runs;
//! the plan, the screen and the journal have the name alone.

pub use crate::plan::placeholder::{fill, names};
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
    /// Who is to keep it.
    #[serde(default)]
    pub keeper: Keeper,
}

/// Who keeps a secret, which decides what it may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeper {
    /// A MariaDB server, as the password of an account.
    #[default]
    Mariadb,
    /// A file, of which it is the only line.
    File,
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It is made anew, at random, when the plan runs.
    Made,
    /// The first line of this file.
    File(PathBuf),
    /// It is typed when the plan runs, and not shown; what is asked for.
    Typed(String),
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
            Source::Typed(what) => {
                format!("${{{name}}}: {what}, asked for when this runs; never shown")
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

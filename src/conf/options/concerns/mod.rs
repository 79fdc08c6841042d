//! What in the option files is not as its author thinks.
//!
//! Each was tried on 10.11 and 11.8. Some keep the server from starting; of the others many pass its
//! own check without a word. What stands in groups that the server does not read is left alone.

mod groups;
pub(super) mod names;
mod values;

pub use values::needed_folder;

use std::path::Path;

use super::files::{FileLine, Ignored, OptionFiles, Setting};
use super::names::Release;

/// How bad a concern is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// The server refuses to start.
    Stops,
    /// The server starts, and does not do what the line says.
    Misleads,
    /// Worth a word.
    Notes,
}

/// Something in an option file that is not as its author thinks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionConcern {
    /// The file, and the line where it is about one.
    pub place: FileLine,
    /// The option it is about, as it is written there; empty where it is about no option.
    pub option: String,
    /// How bad it is.
    pub weight: Weight,
    /// The trouble, in one sentence.
    pub text: String,
    /// The mend: what to write or do instead.
    pub mend: String,
}

/// The host around its option files, as far as it is known.
pub struct Surroundings<'a> {
    /// The release of the server.
    pub release: Release,
    /// Tells whether a folder exists; none where nobody looked.
    pub folder: &'a dyn Fn(&Path) -> Option<bool>,
    /// The files of the plugins that the server has loaded, such as `server_audit.so`, also those that
    /// no option file names (`INSTALL SONAME`).
    pub plugins: &'a [&'a str],
    /// True where the installed server's own check took the files: it knows all the names in them.
    pub accepted: bool,
}

/// Returns what is wrong with the option files of a server, the worst first, and within that in the
/// order they are read.
pub fn concerns(files: &OptionFiles, around: &Surroundings) -> Vec<OptionConcern> {
    let mut found = OptionFindings {
        files,
        around,
        settings: files.settings(around.release),
        concerns: Vec::new(),
    };
    found.passed_over();
    found.broken();
    found.groups();
    found.names();
    found.commented();
    found.values();
    found.winners();
    let mut concerns = found.concerns;
    concerns.sort_by_key(|concern| concern.weight);
    concerns
}

/// The concerns found so far.
struct OptionFindings<'a> {
    files: &'a OptionFiles,
    around: &'a Surroundings<'a>,
    settings: Vec<Setting>,
    concerns: Vec<OptionConcern>,
}

impl OptionFindings<'_> {
    fn add(
        &mut self,
        weight: Weight,
        place: FileLine,
        option: &str,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.concerns.push(OptionConcern {
            place,
            option: option.to_owned(),
            weight,
            text: text.into(),
            mend: mend.into(),
        });
    }

    /// Adds a concern about one option's line.
    fn add_at(
        &mut self,
        weight: Weight,
        setting: &Setting,
        text: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(weight, setting.place.clone(), &setting.written, text, mend);
    }

    /// Files that the server leaves out as a whole.
    fn passed_over(&mut self) {
        for (path, why) in self.files.ignored() {
            let place = FileLine {
                path: path.to_owned(),
                line: None,
            };
            let (text, mend) = match why {
                Ignored::WorldWritable => (
                    "everybody may write to this file, so that the server leaves it out".to_owned(),
                    format!("chmod 644 {}", path.display()),
                ),
                Ignored::Unreadable { mode, owner } => (
                    format!(
                        "the server runs as mysql and may not read this file (mode {mode:o}, {owner}): it leaves it out without a word"
                    ),
                    format!("chgrp mysql {0}; chmod 640 {0}", path.display()),
                ),
            };
            self.add(Weight::Misleads, place, "", text, mend);
        }
    }
}

#[cfg(test)]
mod tests;

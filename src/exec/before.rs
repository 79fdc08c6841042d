//! What was there before a step: the images that its undo needs, and the configuration.

use crate::cib::Cib;
use crate::facts;
use crate::journal::{Image, JournalError, Writer};
use crate::plan::Step;

/// The file or service as it was before a step.
pub struct BeforeStep {
    pub files: Vec<Image>,
    pub cib: Option<Cib>,
}

impl BeforeStep {
    /// Returns the state for a step that clears up: no images, and the configuration as it is.
    pub fn nothing(step: &Step) -> BeforeStep {
        BeforeStep {
            files: Vec::new(),
            cib: step
                .changes_cib()
                .then(facts::live_cib)
                .and_then(Result::ok),
        }
    }
}

/// Returns what is there now, with the images kept in the journal.
///
/// # Errors
/// When an image cannot be kept.
pub fn before(step: &Step, journal: &Writer) -> Result<BeforeStep, JournalError> {
    let files = keep_files(step, journal)?;
    let cib = if step.changes_cib() {
        facts::live_cib().ok()
    } else {
        None
    };
    Ok(BeforeStep { files, cib })
}

/// Keeps images of the files that a step changes, or that its undo brings back.
///
/// # Errors
/// When an image cannot be kept.
pub fn keep_files(step: &Step, journal: &Writer) -> Result<Vec<Image>, JournalError> {
    let files = step.files().into_iter();
    files.map(|path| journal.keep(path)).collect()
}

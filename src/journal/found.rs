//! What an undo reads of its operation's files: as they are now, and the copies that the journal kept.

use super::image::{self, Image, Kept};
use super::operation::Operation;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The files that an operation changed, as they are found, and the journal's copies, by their names in the
/// operation's folder. An error is why a file cannot be read.
#[derive(Debug, Clone, Default)]
pub struct FoundFiles {
    files: BTreeMap<PathBuf, Result<image::Now, String>>,
    half_written: BTreeSet<PathBuf>,
    copies: BTreeMap<String, Result<Vec<u8>, String>>,
}

impl FoundFiles {
    /// Reads all that the undo of an operation compares.
    pub fn read(operation: &Operation) -> FoundFiles {
        let mut found = FoundFiles::default();
        for state in operation.steps.iter().filter(|state| state.stands()) {
            for image in state.start.iter().flat_map(|start| &start.files) {
                let now = image::now(&image.path).map_err(|error| error.to_string());
                found.files.insert(image.path.clone(), now);
                let neighbour = image::neighbour(&image.path);
                if neighbour.exists() {
                    found.half_written.insert(neighbour);
                }
                found.read_copy_of(operation, image);
            }
            for image in state.end.iter().flat_map(|end| &end.files) {
                found.read_copy_of(operation, image);
            }
            let before = state.start.iter().filter_map(|start| start.cib.as_ref());
            let after = state.end.iter().filter_map(|end| end.cib.as_ref());
            for name in before.chain(after) {
                found.read_copy(operation, name);
            }
        }
        found
    }

    fn read_copy_of(&mut self, operation: &Operation, image: &Image) {
        if let Some(Kept {
            copy: Some(name), ..
        }) = &image.kept
        {
            self.read_copy(operation, name);
        }
    }

    fn read_copy(&mut self, operation: &Operation, name: &str) {
        let read = || std::fs::read(operation.images.join(name)).map_err(|error| error.to_string());
        self.copies.entry(name.to_owned()).or_insert_with(read);
    }

    /// Returns a file as it is, or why it cannot be read.
    pub fn now(&self, path: &Path) -> Result<&image::Now, &str> {
        match self.files.get(path) {
            Some(now) => now.as_ref().map_err(String::as_str),
            None => Err("it was not read"),
        }
    }

    /// Returns true when a file of this name lies there, written in part.
    pub fn is_half_written(&self, path: &Path) -> bool {
        self.half_written.contains(path)
    }

    /// Returns a copy of the CIB as text, or why it cannot be read.
    pub fn cib(&self, name: &str) -> Result<String, String> {
        match self.copies.get(name) {
            Some(Ok(bytes)) => String::from_utf8(bytes.clone()).map_err(|error| error.to_string()),
            Some(Err(why)) => Err(why.clone()),
            None => Err("it was not read".to_owned()),
        }
    }

    /// Returns true when a file is just as an image keeps it.
    pub fn matches(&self, now: &image::Now, image: &Image) -> bool {
        let kept = image.kept.as_ref();
        let bytes = kept.and_then(|kept| match (&kept.text, &kept.copy) {
            (Some(text), _) => Some(text.as_bytes()),
            (None, Some(copy)) => self.copies.get(copy)?.as_deref().ok(),
            (None, None) => None,
        });
        now.matches(image, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Journal, JournalEvent, OperationEnded, Person, StepResult, StepStarted};
    use super::*;
    use crate::facts::ToolAnswers;
    use crate::journal::{UndoFacts, plan_undo};
    use crate::plan::{Before, Plan, Refusal, Step};
    use std::os::unix::fs::PermissionsExt;

    /// What was found before the file of an operation changes again is what its undo is planned from.
    #[test]
    fn an_undo_is_planned_from_what_was_found_and_reads_nothing_itself() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("authkey");
        std::fs::write(&key, "old").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let journal = Journal::new(folder.path());
        let mut plan = Plan::new("");
        plan.step(Step::file(&key, Before::AsFound, None, ""));
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let start = StepStarted {
            step: 0,
            at: String::new(),
            files: vec![writer.keep(&key).unwrap()],
            cib: None,
            services: Vec::new(),
        };
        writer.write(&JournalEvent::Start(start)).unwrap();
        let result = StepResult::Interrupted;
        let at = String::new();
        writer
            .write(&JournalEvent::Finish(OperationEnded { at, result }))
            .unwrap();
        drop(writer);
        let operation = journal.operations().unwrap().remove(0);

        let as_it_was = FoundFiles::read(&operation);
        std::fs::remove_file(&key).unwrap();
        let gone = FoundFiles::read(&operation);
        std::fs::write(&key, "new").unwrap();
        let another = FoundFiles::read(&operation);
        std::fs::remove_dir_all(&operation.images).unwrap();
        let steps = |found: &FoundFiles| -> Result<usize, Refusal> {
            let now = UndoFacts {
                live: Err(""),
                monitor: None,
                in_no_cluster: false,
                later: Vec::new(),
                guards: &BTreeMap::new(),
                unreached: BTreeMap::new(),
                found,
                services: &BTreeMap::new(),
                answers: &ToolAnswers::new(),
                forecast: &|_, _, _| (),
            };
            Ok(plan_undo(&operation, &now)?.steps.len())
        };
        assert_eq!(steps(&as_it_was).unwrap(), 0);
        assert_eq!(steps(&gone).unwrap(), 1);
        assert!(steps(&another).unwrap_err().what.contains("was changed"));
        assert!(
            steps(&FoundFiles::default())
                .unwrap_err()
                .what
                .contains("was not read")
        );
    }
}

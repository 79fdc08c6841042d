//! The journal: what was done here, written ahead, so that it can be taken back days later.
//!
//! One file of JSON lines per operation in a folder that only root can enter. The plan and what
//! lies in the way of it are on disk, synced, before step 1; one line comes before and one after
//! each step. A line that a power cut left half written is ignored. The CIB as it was, and contents
//! that are no plain text, keys above all, are not in the lines: they lie beside them as files.

mod difference;
mod error;
mod found;
mod guarded;
mod image;
mod later;
mod lock;
mod made_on;
mod membership;
mod onward;
mod operation;
mod present;
mod record;
mod room;
mod service;
mod service_image;
mod together;
mod undo;
mod way_back;
mod writer;

pub use error::JournalError;
pub use found::FoundFiles;
pub use image::{Image, neighbour, sync_folder};
pub use later::{Later, half_done, newer_first};
pub use lock::{Busy, Lock};
pub use made_on::MadeOn;
pub use membership::stops as stops_the_cluster;
pub use onward::Onward;
pub use operation::{Operation, OperationStatus, StepState, Unreadable};
pub use present::UndoFacts;
pub use record::{
    JournalEvent, OperationBegun, OperationEnded, Person, StepEnded, StepResult, StepStarted,
    StepTakenBack, now,
};
pub use service::images as services_now;
pub use service_image::ServiceImage;
pub use together::hosts as hosts_of_one_file;
pub use undo::{elsewhere, plan_undo, restore, unknown_operation};
pub use writer::Writer;

use crate::plan::Plan;
use crate::state::StateFolder;
use std::fs::File;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The folder of all operations.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

/// All that the journal's folder tells.
#[derive(Debug, Default)]
pub struct History {
    /// The operations, oldest first.
    pub operations: Vec<Operation>,
    /// The files that tell of no operation.
    pub unreadable: Vec<Unreadable>,
}

impl Journal {
    /// Returns the journal below a state folder, which need not exist yet.
    pub fn new(state: &Path) -> Journal {
        Journal {
            folder: StateFolder::from(state).journal(),
        }
    }

    /// Returns the folder it lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins an operation: its plan is on disk, synced, when this returns, and so is the room for all
    /// that is to be written of it.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or has no room. Nothing is left then.
    pub fn begin(
        &self,
        command: &str,
        plan: &Plan,
        by: Person,
        undoes: Option<u64>,
    ) -> Result<Writer, JournalError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(JournalError::at("cannot make the journal", &self.folder))?;
        let id = self.ids()?.last().map_or(1, |last| last + 1);
        let path = self.path(id);
        let mut writer = Writer::create(id, &path, self.images(id))?;
        let made_on = MadeOn::this_host(&by.host);
        let begin = OperationBegun {
            v: crate::plan::FORMAT,
            id,
            at: now(),
            by,
            command: command.to_owned(),
            plan: plan.clone(),
            undoes,
            made_on,
        };
        let written = writer
            .write(&JournalEvent::Begin(Box::new(begin)))
            .and_then(|()| writer.reserve(plan))
            .and_then(|()| {
                sync_folder(&self.folder)
                    .map_err(JournalError::at("cannot write the journal", &self.folder))
            });
        if written.is_err() {
            // What is half written must not look like an operation that was cut short.
            let _ = std::fs::remove_file(&path);
        }
        written.map(|()| writer)
    }

    /// Returns the operations' numbers in order.
    ///
    /// # Errors
    /// When the folder exists and cannot be read.
    pub fn ids(&self) -> Result<Vec<u64>, JournalError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                return Err(JournalError::at("cannot read the journal", &self.folder)(
                    error,
                ));
            }
        };
        let mut ids: Vec<u64> = entries
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                name.to_str()?.strip_suffix(".jsonl")?.parse().ok()
            })
            .collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Reads all operations, oldest first, each knowing which later one took it back.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn operations(&self) -> Result<Vec<Operation>, JournalError> {
        Ok(self.history()?.operations)
    }

    /// Reads all operations, and names the files that tell of none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn history(&self) -> Result<History, JournalError> {
        let mut operations = Vec::new();
        let mut unreadable = Vec::new();
        for id in self.ids()? {
            let path = self.path(id);
            let text =
                std::fs::read(&path).map_err(JournalError::at("cannot read the journal", &path))?;
            match Operation::parse(&text, self.images(id)) {
                Some(operation) => operations.push(operation),
                None => unreadable.push(Unreadable { id, path }),
            }
        }
        // Only one can be at work on a host, and it is the newest.
        if let Some(newest) = operations.last_mut()
            && newest.finish.is_none()
        {
            newest.under_way = self.folder.parent().is_some_and(Lock::is_held);
        }
        operation::link(&mut operations);
        operation::find_elsewhere(&mut operations);
        Ok(History {
            operations,
            unreadable,
        })
    }

    /// Returns the operations that the program or the host died in, and that nobody took back yet,
    /// and the files that tell of none.
    ///
    /// Reads only the end of each file unless there is one: it is asked at every start.
    pub fn cut_short(&self) -> History {
        let ended = |id: &u64| end_of(&self.path(*id)).is_some_and(|end| end.contains(FINISH));
        if self.ids().unwrap_or_default().iter().all(ended) {
            return History::default();
        }
        let mut history = self.history().unwrap_or_default();
        history.operations.retain(|operation| {
            operation.status() == OperationStatus::CutShort && operation.leads_on()
        });
        history
    }

    fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:06}.jsonl"))
    }

    /// Returns the folder of what an operation keeps beside its lines.
    pub fn images(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:06}.d"))
    }
}

/// The beginning of the last line of an operation that ended by itself.
const FINISH: &str = "{\"event\":\"finish\"";

/// Returns the last bytes of a file.
fn end_of(path: &Path) -> Option<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1024)))
        .ok()?;
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    Some(String::from_utf8_lossy(&end).into_owned())
}

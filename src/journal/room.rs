//! The room that an operation's journal needs, kept before its first step.
//!
//! A disk that becomes full in the middle must not keep the end of a step from being written down: what
//! cannot be written down cannot be taken back.

use crate::facts::CIB_ON_DISK;
use crate::plan::Plan;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::statvfs::statvfs;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// The bytes that the lines of a step take at most, but for the files in them: 40 lines of output.
const STEP: u64 = 16 << 10;

/// The bytes that the lines of any operation may take.
const LEAST: u64 = 64 << 10;

/// How much is needed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes of the lines: the file's own length to be.
    lines: u64,
    /// Bytes of what lies beside them: keys, the CIB.
    beside: u64,
}

impl Room {
    /// Returns what a plan needs whose first line has so many bytes.
    pub(super) fn for_plan(plan: &Plan, first: u64) -> Room {
        let length = |path: &Path| path.metadata().map_or(0, |data| data.len());
        let mut files = 0;
        let mut cibs = 0;
        for step in &plan.steps {
            // Before and after.
            files += 2 * step.files().into_iter().map(length).sum::<u64>();
            cibs += 2 * u64::from(step.changes_cib());
        }
        // What a step writes stands in the plan. JSON may double a text, and an image stands in a line
        // or beside it.
        Room {
            lines: LEAST + STEP * plan.steps.len() as u64 + 2 * first + 2 * files,
            beside: files + cibs * length(Path::new(CIB_ON_DISK)),
        }
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When it is not to be had.
    pub(super) fn keep(&self, file: &File, images: &Path) -> std::io::Result<()> {
        let offset = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let kept = fallocate(
            file,
            FallocateFlags::FALLOC_FL_KEEP_SIZE,
            0,
            offset(self.lines),
        );
        let unkept = match kept {
            Ok(()) => 0,
            // Not every filesystem can promise room (NFS before 4.2 cannot); it can be looked at.
            Err(nix::Error::EOPNOTSUPP | nix::Error::ENOSYS) => self.lines,
            Err(error) => return Err(error.into()),
        };
        let folder = images.parent().unwrap_or(images);
        let Ok(disk) = statvfs(folder) else {
            return Ok(());
        };
        let free = disk.blocks_available() * disk.fragment_size();
        if free < self.beside + unkept {
            return Err(ErrorKind::StorageFull.into());
        }
        // A filesystem that counts no inodes says that it has none at all.
        if self.beside > 0 && disk.files() > 0 && disk.files_available() == 0 {
            return Err(Error::new(ErrorKind::StorageFull, "no inode is free"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Journal, JournalEvent, Person, StepResult, record::StepTakenBack};
    use crate::plan::Step;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn room_is_kept_for_every_step_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut plan = Plan::new("");
        for _ in 0..20 {
            plan.step(Step::run(["true"], ""));
        }
        let journal = Journal::new(folder.path());
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let taken = || writer.file.metadata().unwrap().blocks() * 512;
        let length = writer.length;
        assert!(taken() >= LEAST + 20 * STEP, "{}", taken());
        assert_eq!(writer.file.metadata().unwrap().len(), length);
        writer.close();
        assert!(taken() < LEAST, "{}", taken());
        let step = StepTakenBack {
            step: 0,
            result: StepResult::Done,
        };
        writer.write(&JournalEvent::Back(step)).unwrap();
        assert_eq!(writer.file.metadata().unwrap().len(), writer.length);
        assert!(journal.operations().unwrap()[0].steps[0].taken_back);
    }

    #[test]
    fn what_lies_beside_the_lines_needs_room_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let file = tempfile::tempfile().unwrap();
        let room = Room {
            lines: LEAST,
            beside: u64::MAX >> 8,
        };
        let images = folder.path().join("000001.d");
        let error = room.keep(&file, &images).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}

//! One operation at a time on a host.

use crate::state::StateFolder;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Held while an operation runs; let go when dropped, also by the system when the program dies.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// How long whoever has just taken the lock may need to leave a name in it.
const NAME: Duration = Duration::from_secs(1);

/// Why the lock is not to be had.
#[derive(Debug)]
pub enum Busy {
    /// Somebody else works: who, since when and on what; empty where there is no telling yet.
    By(String),
    /// The lock file cannot be written.
    Unwritable(std::io::Error),
}

impl Lock {
    /// Takes the lock in a state folder, leaving a line that says who holds it.
    ///
    /// # Errors
    /// When somebody else holds it, or it cannot be written.
    pub fn take(state: &Path, who: &str) -> Result<Lock, Busy> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state)
            .map_err(Busy::Unwritable)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(StateFolder::from(state).lock())
            .map_err(Busy::Unwritable)?;
        let until = Instant::now() + NAME;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    let _ = file
                        .rewind()
                        .and_then(|()| file.read_to_string(&mut holder));
                    // Taken, and the name not written yet.
                    if holder.trim().is_empty() && Instant::now() < until {
                        std::thread::sleep(Duration::from_millis(5));
                        continue;
                    }
                    return Err(Busy::By(holder.trim().to_owned()));
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(Busy::Unwritable(error)),
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(who.as_bytes()))
            .map_err(Busy::Unwritable)?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    /// Nobody is told of who is no longer at work.
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
    }
}

impl Lock {
    /// Returns true while somebody holds the lock.
    pub fn is_held(state: &Path) -> bool {
        File::open(StateFolder::from(state).lock()).is_ok_and(|file| {
            matches!(
                file.try_lock_shared(),
                Err(std::fs::TryLockError::WouldBlock)
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(state: &Path) -> String {
        match Lock::take(state, "the second") {
            Err(Busy::By(holder)) => holder,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn whoever_has_just_taken_it_is_waited_for_until_the_name_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let mut file = File::create(&path).unwrap();
        file.try_lock().unwrap();
        let asks = {
            let state = folder.path().to_owned();
            std::thread::spawn(move || holder(&state))
        };
        file.write_all(b"the first").unwrap();
        assert_eq!(asks.join().unwrap(), "the first");
    }

    #[test]
    fn one_that_never_leaves_a_name_has_none_and_one_that_has_ended_is_not_named() {
        let folder = tempfile::tempdir().unwrap();
        let held = Lock::take(folder.path(), "the first").unwrap();
        assert_eq!(holder(folder.path()), "the first");
        drop(held);
        let file = File::open(folder.path().join("lock")).unwrap();
        // A program that another test starts just now has the file open until it runs.
        file.lock().unwrap();
        assert_eq!(holder(folder.path()), "");
    }
}

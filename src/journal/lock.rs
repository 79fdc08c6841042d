//! One operation at a time on a host.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Held while an operation runs; let go when dropped, also by the system when the program dies.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock is not to be had.
#[derive(Debug)]
pub enum Busy {
    /// Somebody else works: who, since when and on what.
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
            .open(state.join("lock"))
            .map_err(Busy::Unwritable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(Busy::By(holder.trim().to_owned()));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(Busy::Unwritable(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(who.as_bytes()))
            .map_err(Busy::Unwritable)?;
        Ok(Lock { _file: file })
    }
}

impl Lock {
    /// Returns true while somebody holds the lock.
    pub fn is_held(state: &Path) -> bool {
        File::open(state.join("lock")).is_ok_and(|file| {
            matches!(
                file.try_lock_shared(),
                Err(std::fs::TryLockError::WouldBlock)
            )
        })
    }
}

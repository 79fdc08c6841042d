//! An operation being written.

use crate::cib::Cib;
use crate::journal::image::Image;
use crate::journal::operation::Operation;
use crate::journal::record::JournalEvent;
use crate::journal::room::Room;
use crate::journal::{JournalError, image};
use crate::plan::Plan;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// An operation being written.
#[derive(Debug)]
pub struct Writer {
    /// Its number.
    pub id: u64,
    path: PathBuf,
    pub images: PathBuf,
    pub(super) file: File,
    /// How long the file is, whole lines alone.
    pub(super) length: u64,
}

impl Writer {
    /// Begins the file of an operation, which is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(id: u64, path: &Path, images: PathBuf) -> Result<Writer, JournalError> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(JournalError::at("cannot write the journal", path))?;
        Ok(Writer {
            id,
            path: path.to_owned(),
            images,
            file,
            length: 0,
        })
    }

    /// Appends one event; it is on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written or synced, or when nobody would find it there.
    pub fn write(&mut self, event: &JournalEvent) -> Result<(), JournalError> {
        if !self.is_in_place() {
            let gone = std::io::Error::other("it was removed, or something is mounted over it");
            return Err(JournalError::at("cannot write the journal", &self.path)(
                gone,
            ));
        }
        let mut line = serde_json::to_vec(event)
            .map_err(|e| JournalError::at("cannot write the journal", &self.path)(e.into()))?;
        line.push(b'\n');
        let written = self
            .file
            .write_all(&line)
            .and_then(|()| self.file.sync_data());
        match &written {
            Ok(()) => self.length += line.len() as u64,
            // Half a line would take the next one with it.
            Err(_) => drop(self.file.set_len(self.length)),
        }
        written.map_err(JournalError::at("cannot write the journal", &self.path))
    }

    /// Returns true while who looks for the operation finds what is written here: the file was not
    /// removed, and nothing is mounted over its folder.
    pub fn is_in_place(&self) -> bool {
        let same = |there: std::fs::Metadata| {
            let here = self.file.metadata()?;
            Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
        };
        std::fs::metadata(&self.path)
            .and_then(same)
            .unwrap_or(false)
    }

    /// Keeps the room for all that is to be written.
    pub fn reserve(&self, plan: &Plan) -> Result<(), JournalError> {
        Room::for_plan(plan, self.length)
            .keep(&self.file, &self.images)
            .map_err(JournalError::at("no room for the journal", &self.path))
    }

    /// Returns the folder that the file lies in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Returns true when it has ended, and none of its steps left anything.
    pub fn left_nothing(&self) -> bool {
        let written = std::fs::read(&self.path).ok();
        let operation = written.and_then(|text| Operation::parse(&text, self.images.clone()));
        operation.is_some_and(|operation| operation.left_nothing())
    }

    /// Gives back the room that was not needed.
    pub fn close(&self) {
        let _ = self.file.set_len(self.length);
    }

    /// Keeps a file as it is now; its bytes are on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be read or kept.
    pub fn keep(&self, path: &Path) -> Result<Image, JournalError> {
        image::keep(path, &self.images).map_err(JournalError::at("cannot keep", path))
    }

    /// Keeps the whole CIB and returns its copy's name; it is on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn keep_cib(&self, cib: &Cib) -> Result<String, JournalError> {
        image::add(&self.images, "cib.xml", cib.text().as_bytes())
            .map_err(JournalError::at("cannot write the journal", &self.images))
    }
}

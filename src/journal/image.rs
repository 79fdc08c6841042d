//! A file as it was: bytes, mode and owner.

use crate::plan::FileContent;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A file as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Where it lies.
    pub path: PathBuf,
    /// The file that lay there; none when there was nothing.
    pub kept: Option<Kept>,
}

/// The file that an image keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The permission bits.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The text, when it is one that others may read.
    #[serde(default)]
    pub text: Option<String>,
    /// Else the name of the copy in the operation's folder.
    #[serde(default)]
    pub copy: Option<String>,
}

/// Keeps a file as it is now. What others may not read, or is no text, is copied to a file of its
/// own in `folder`, 0600: a key never stands in the journal's lines.
pub fn keep(path: &Path, folder: &Path) -> std::io::Result<Image> {
    let data = match path.symlink_metadata() {
        Ok(data) => data,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Image {
                path: path.to_owned(),
                kept: None,
            });
        }
        Err(error) => return Err(error),
    };
    let mode = data.mode() & 0o7777;
    let bytes = std::fs::read(path)?;
    let open = mode & 0o044 != 0;
    let (text, copy) = match String::from_utf8(bytes) {
        Ok(text) if open => (Some(text), None),
        Ok(text) => (None, Some(add(folder, &name(path), text.as_bytes())?)),
        Err(error) => (None, Some(add(folder, &name(path), error.as_bytes())?)),
    };
    let kept = Kept {
        mode,
        uid: data.uid(),
        gid: data.gid(),
        text,
        copy,
    };
    Ok(Image {
        path: path.to_owned(),
        kept: Some(kept),
    })
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Adds a file to an operation's folder, readable by root only, and returns its name there: a
/// number and the name given. It is on disk when this returns.
pub fn add(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<String> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut number = 0;
    loop {
        let numbered = format!("{number}-{name}");
        let target = folder.join(&numbered);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&target)
        {
            Ok(mut file) => {
                file.write_all(bytes)?;
                file.sync_all()?;
                super::sync_folder(folder)?;
                return Ok(numbered);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

impl Kept {
    /// Returns the bytes, from the line or from the copy in the operation's folder; none when the
    /// copy is gone.
    pub fn bytes(&self, folder: &Path) -> Option<Vec<u8>> {
        match (&self.text, &self.copy) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(copy)) => std::fs::read(folder.join(copy)).ok(),
            (None, None) => None,
        }
    }
}

/// A file as it is at this moment, in memory only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now(Option<(Owner, Vec<u8>)>);

/// Mode, owner's and group's number.
type Owner = (u32, u32, u32);

/// Reads a file as it is at this moment.
pub fn now(path: &Path) -> std::io::Result<Now> {
    match path.symlink_metadata() {
        Ok(data) => {
            let owner = (data.mode() & 0o7777, data.uid(), data.gid());
            Ok(Now(Some((owner, std::fs::read(path)?))))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Now(None)),
        Err(error) => Err(error),
    }
}

impl Now {
    /// Returns true when nothing is there.
    pub fn absent(&self) -> bool {
        self.0.is_none()
    }

    /// Returns true when it is just as an image keeps it, whose bytes are these; none when they are gone.
    pub fn matches(&self, image: &Image, kept_bytes: Option<&[u8]>) -> bool {
        match (&self.0, &image.kept) {
            (None, None) => true,
            (Some((owner, bytes)), Some(kept)) => {
                *owner == (kept.mode, kept.uid, kept.gid) && Some(bytes.as_slice()) == kept_bytes
            }
            _ => false,
        }
    }

    /// Returns true when it is just as a file step leaves it.
    pub fn is_content(&self, content: Option<&FileContent>) -> bool {
        match (&self.0, content) {
            (None, None) => true,
            (Some((owner, bytes)), Some(content)) => {
                *owner == (content.mode, content.uid, content.gid)
                    && bytes == content.text.as_bytes()
            }
            _ => false,
        }
    }

    /// Returns it as text, when it is one.
    pub fn text(&self) -> Option<FileContent> {
        let ((mode, uid, gid), bytes) = self.0.as_ref()?;
        let text = String::from_utf8(bytes.clone()).ok()?;
        Some(FileContent {
            text,
            mode: *mode,
            uid: *uid,
            gid: *gid,
        })
    }
}

impl Image {
    /// Returns true when another image of the same operation, whose folder this is, keeps just the same.
    pub fn same_as(&self, other: &Image, folder: &Path) -> bool {
        self.path == other.path
            && match (&self.kept, &other.kept) {
                (None, None) => true,
                (Some(one), Some(two)) => {
                    let owner = |kept: &Kept| (kept.mode, kept.uid, kept.gid);
                    let bytes = one.bytes(folder);
                    owner(one) == owner(two) && bytes.is_some() && bytes == two.bytes(folder)
                }
                _ => false,
            }
    }

    /// Returns the image of what a file step leaves.
    pub fn after_step(path: &Path, content: Option<&FileContent>) -> Image {
        let kept = content.map(|content| Kept {
            mode: content.mode,
            uid: content.uid,
            gid: content.gid,
            text: Some(content.text.clone()),
            copy: None,
        });
        Image {
            path: path.to_owned(),
            kept,
        }
    }
}
/// Returns the name under which a file is written before it takes its place.
pub fn neighbour(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.bascule"))
}

/// Makes a rename or a new file in a folder survive a power cut.
pub fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

//! Files as they are: text, mode and owner.

use super::{READING, tool};
use crate::plan::{Before, FileContent};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The state of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Nothing.
    Absent,
    /// A text.
    Text(FileContent),
    /// Something that is no text, a key for example; its content is not taken along.
    Opaque {
        /// Its length in bytes.
        length: u64,
        /// The permission bits.
        mode: u32,
        /// The text of a configuration in another character set: to look at, never to write.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reads_as: Option<String>,
    },
    /// The file could not be read.
    Unreadable {
        /// The system's words.
        why: String,
    },
}

impl FileState {
    /// Returns the text, if there is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            FileState::Text(content) => Some(&content.text),
            _ => None,
        }
    }

    /// Returns the text to look at, with a sign for each byte of another character set: corosync
    /// takes a comment in Latin-1, and the cluster is there all the same.
    pub fn reads_as(&self) -> Option<&str> {
        match self {
            FileState::Opaque { reads_as, .. } => reads_as.as_deref(),
            _ => self.text(),
        }
    }

    /// Returns true when something is there.
    pub fn exists(&self) -> bool {
        !matches!(self, FileState::Absent)
    }

    /// Returns the state as what a file step finds.
    pub fn before(&self) -> Before {
        match self {
            FileState::Absent => Before::Absent,
            FileState::Text(content) => Before::Content(content.clone()),
            FileState::Opaque { .. } | FileState::Unreadable { .. } => Before::AsFound,
        }
    }
}

/// Reads a file.
pub fn read(path: &Path) -> FileState {
    let unreadable = |error: std::io::Error| FileState::Unreadable {
        why: error.to_string(),
    };
    let data = match path.metadata() {
        Ok(data) => data,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return FileState::Absent,
        Err(error) => return unreadable(error),
    };
    let mode = data.mode() & 0o7777;
    match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => FileState::Text(FileContent {
            text,
            mode,
            uid: data.uid(),
            gid: data.gid(),
        }),
        Ok(Err(other)) => FileState::Opaque {
            length: data.len(),
            mode,
            // Nothing else: what is no text may be a key.
            reads_as: (path.extension().is_some_and(|end| end == "conf"))
                .then(|| String::from_utf8_lossy(other.as_bytes()).into_owned()),
        },
        Err(error) => unreadable(error),
    }
}

/// Returns a text to look at, in whatever character set; nothing where there is none.
pub fn look_into(path: &Path) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the names of what lies in a folder, sorted; none when there is no such folder.
pub fn list(path: &Path) -> Option<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(path)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Some(names)
}

/// Returns the sha256 of each file that is there, by one `sha256sum`.
pub fn sha256_of(paths: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    if paths.is_empty() {
        return BTreeMap::new();
    }
    let mut argv = vec!["sha256sum".to_owned()];
    argv.extend(paths.iter().map(|path| path.display().to_string()));
    let Ok(output) = tool::read(&argv, READING) else {
        return BTreeMap::new();
    };
    output
        .stdout
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, path)| (PathBuf::from(path), sum.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_in_another_character_set_is_looked_at_and_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = b"# r\xe9seau\ntotem {\n}\n";
        let read_at = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            read(&path)
        };
        let conf = read_at("corosync.conf");
        assert_eq!(conf.text(), None);
        assert_eq!(conf.reads_as(), Some("# r\u{fffd}seau\ntotem {\n}\n"));
        assert_eq!(conf.before(), Before::AsFound);
        // A key is nobody's business.
        assert_eq!(read_at("authkey").reads_as(), None);
    }
}

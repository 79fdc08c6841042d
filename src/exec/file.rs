//! Putting a file in its place: whole or not at all, also when the power goes.

use crate::facts::{self, FileState};
use crate::journal::{neighbour, sync_folder};
use crate::plan::{Before, FileContent};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

/// Returns the sentence that says how a file is not what the plan found, if it is not.
pub fn differs(path: &Path, before: &Before) -> Option<String> {
    let now = facts::read_file(path);
    let same = match before {
        Before::AsFound => true,
        Before::Absent => now == FileState::Absent,
        Before::Content(content) => now == FileState::Text(content.clone()),
    };
    (!same).then(|| format!("{} changed since the plan was made", path.display()))
}

/// Writes, replaces or removes a file by one rename, synced.
///
/// # Errors
/// What the system said; the file is then as it was.
pub fn replace_file(path: &Path, content: Option<&FileContent>) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let Some(content) = content else {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        return sync_folder(folder);
    };
    let new = neighbour(path);
    // Whatever a killed program left there is ours.
    let _ = std::fs::remove_file(&new);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    let written = fchown(&file, Some(content.uid), Some(content.gid))
        .and_then(|()| file.set_permissions(std::fs::Permissions::from_mode(content.mode)))
        .and_then(|()| file.write_all(content.text.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&new, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written.and_then(|()| sync_folder(folder))
}

//! What was typed, kept from one shell to the next in a file that only its owner can read.
//!
//! Root's lies beside the journal, anybody else's in $XDG_STATE_HOME. Answers to questions never
//! come here, they are asked by an editor of their own; lines that look as if they held a secret,
//! and lines that begin with a blank, are not kept either.

use crate::host::Host;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How many lines are kept.
pub const LINES: usize = 2000;

/// Returns the file's path; none where there is no place for it.
pub fn path(host: &Host) -> Option<PathBuf> {
    if host.root || !host.state.is_usual() {
        return Some(host.state.shell_history());
    }
    let state = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    Some(state.join("bascule/history"))
}

/// Makes the file, or takes away from others the right to read it.
///
/// # Errors
/// When there is no writing there.
pub fn prepare(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The parts of a name by which a value is secret: `passwd=…`, `replication_passwd=…`, `auth_secret`.
const SECRET: &[&str] = &[
    "passw",
    "passphrase",
    "secret",
    "pwd",
    "token",
    "identified by",
];

/// Returns true when a line may be kept.
pub fn may_be_kept(line: &str) -> bool {
    let low = line.to_lowercase();
    !line.starts_with(' ') && !SECRET.iter().any(|word| low.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_kept() {
        assert!(may_be_kept("vip add 172.16.0.12/24"));
        assert!(!may_be_kept(" vip list"));
        assert!(!may_be_kept(
            "configure primitive db ocf:heartbeat:mysql params replication_passwd=x"
        ));
        assert!(!may_be_kept("crm resource secret st set PASSWD x"));
    }

    #[test]
    fn the_file_is_its_owners_alone_also_when_it_was_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/history");
        prepare(&path).unwrap();
        let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        prepare(&path).unwrap();
        assert_eq!(mode(), 0o600);
        let folder = path.parent().unwrap().metadata().unwrap();
        assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    }
}

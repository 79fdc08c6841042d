//! What can be said of a password's file without saying what is in it.

use super::{READING, tool};
use crate::conf::secret;
use crate::mariadb::password;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file whose first line is to be a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordFile {
    /// There is none.
    Absent,
    /// Something else is there: what.
    NoFile(String),
    /// The file could not be read: the system's words.
    Unreadable(String),
    /// Its first line can be no password: why.
    Unfit(String),
    /// The password can be taken.
    Fit {
        /// The permission bits.
        mode: u32,
        /// Why MariaDB cannot keep it; null where it can.
        #[serde(default)]
        not_for_mariadb: Option<String>,
        /// The sha256 of a file that holds that line alone, in hexadecimal.
        #[serde(default)]
        sum: String,
    },
}

/// Reads such files.
pub fn read(paths: &[PathBuf]) -> BTreeMap<PathBuf, PasswordFile> {
    let state = |path: &PathBuf| (path.clone(), state(path));
    paths.iter().map(state).collect()
}

/// Returns the sha256 of a file that holds one line; empty where nothing computes it.
fn sum_of_line(line: &str) -> String {
    let text = format!("{line}\n");
    let said = tool::read_with(&["sha256sum"], Some(&text), &[], READING);
    let stdout = said.map(|output| output.stdout).unwrap_or_default();
    let sum = stdout.split_whitespace().next();
    sum.unwrap_or_default().to_owned()
}

fn state(path: &Path) -> PasswordFile {
    let data = match path.metadata() {
        Ok(data) => data,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return PasswordFile::Absent,
        Err(error) => return PasswordFile::Unreadable(error.to_string()),
    };
    if data.is_dir() {
        return PasswordFile::NoFile("is a folder".to_owned());
    }
    if !data.is_file() {
        return PasswordFile::NoFile(
            "is no plain file: it is read again when the plan runs, which a pipe or a device does not give"
                .to_owned(),
        );
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return PasswordFile::Unreadable(error.to_string()),
    };
    match secret::first_line(&bytes) {
        Ok(line) => PasswordFile::Fit {
            mode: data.mode() & 0o7777,
            not_for_mariadb: password::check_fits(line).err(),
            sum: sum_of_line(line),
        },
        Err(why) => PasswordFile::Unfit(why),
    }
}

//! A file of `cluster export`: corosync.conf and the key in a tar archive, carried by hand.

use super::archive;
use crate::plan::shell_line;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The content of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bundle {
    /// There is no such file.
    Absent,
    /// The file is something else, or damaged: why.
    Wrong {
        /// The trouble, without the file's name.
        why: String,
    },
    /// A bundle.
    Of {
        /// Its corosync.conf.
        conf: String,
        /// The sha256 of its key; the key itself stays in the file.
        key: String,
    },
}

/// The names in a bundle, as `tar` lists them.
pub const BUNDLED: [&str; 2] = ["corosync.conf", "authkey"];

/// Reads a bundle; its key is summed by `sha256sum`, never read here.
pub fn read(path: &Path) -> Bundle {
    if !path.exists() {
        return Bundle::Absent;
    }
    match read_parts(&path.display().to_string()) {
        Ok((conf, key)) => Bundle::Of { conf, key },
        Err(why) => Bundle::Wrong { why },
    }
}

fn read_parts(path: &str) -> Result<(String, String), String> {
    archive::holds(path, &BUNDLED)?;
    let conf = archive::run(&archive::print_command(path, BUNDLED[0]))?;
    let key = shell_line(&archive::print_command(path, BUNDLED[1]));
    let sum = ["sh", "-c", &format!("{key} | sha256sum")].map(str::to_owned);
    let sum = archive::run(&sum)?;
    let key = sum.split_whitespace().next().unwrap_or_default().to_owned();
    Ok((conf, key))
}

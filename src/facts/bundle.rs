//! A file of `cluster export`: corosync.conf and the key in a tar archive, carried by hand.

use super::{READING, tool};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bundle {
    /// There is no such file.
    Absent,
    /// It is something else, or damaged: why.
    Wrong {
        /// What is wrong with it, without the file's name.
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
    match parts(&path.display().to_string()) {
        Ok((conf, key)) => Bundle::Of { conf, key },
        Err(why) => Bundle::Wrong { why },
    }
}

fn parts(path: &str) -> Result<(String, String), String> {
    let list = run(&[
        "tar",
        "--list",
        "--verbose",
        "--force-local",
        "--file",
        path,
    ])
    .map_err(|_| "it is no tar archive".to_owned())?;
    // A link in the place of a file would write wherever it points.
    let files: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with('-'))
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    if files != BUNDLED || list.lines().count() != BUNDLED.len() {
        return Err(format!("it does not hold just {}", BUNDLED.join(" and ")));
    }
    let conf = run(&[
        "tar",
        "--extract",
        "--to-stdout",
        "--force-local",
        "--file",
        path,
        BUNDLED[0],
    ])?;
    let line = crate::plan::shell_line(&[path.to_owned()]);
    let script = format!(
        "tar --extract --to-stdout --force-local --file {line} {} | sha256sum",
        BUNDLED[1]
    );
    let sum = run(&["sh", "-c", &script])?;
    let key = sum.split_whitespace().next().unwrap_or_default().to_owned();
    Ok((conf, key))
}

fn run(argv: &[&str]) -> Result<String, String> {
    let output = tool::read(argv, READING).map_err(|error| error.to_string())?;
    if output.code == Some(0) {
        Ok(output.stdout)
    } else {
        Err(output.first_line())
    }
}

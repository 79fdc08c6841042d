//! The files that corosync logs to: where the folder of one is missing, it does not start (exit 7, also
//! with `to_logfile: no`; seen on 3.1.7 and 3.1.9), and `corosync -t` says so too.

use crate::conf::CorosyncConf;
use std::path::{Path, PathBuf};

/// A file that corosync logs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// The line that names it, from 1.
    pub line: usize,
    pub path: PathBuf,
    /// The folder that must be there.
    pub folder: PathBuf,
}

/// Returns the files that corosync logs to, in the order of the file. Of a key that stands several times
/// the last counts.
pub fn log_files(conf: &CorosyncConf) -> Vec<LogFile> {
    let mut found: Vec<(String, LogFile)> = Vec::new();
    for section in conf.sections() {
        if section.path != "logging" && !section.path.starts_with("logging.") {
            continue;
        }
        let items = conf.items_in(&section).filter(|item| item.key == "logfile");
        let Some(item) = items.last() else {
            continue;
        };
        // Several sections of this name are one; those of subsystems are each its own.
        if section.path == "logging" {
            found.retain(|(path, _)| path != "logging");
        }
        let path = Path::new(item.value);
        found.push((
            section.path,
            LogFile {
                line: item.line + 1,
                path: path.to_owned(),
                folder: path.parent().unwrap_or(Path::new("/")).to_owned(),
            },
        ));
    }
    // A path that begins nowhere begins where corosync stands, in a folder that is there.
    let files = found.into_iter().map(|(_, file)| file);
    files.filter(|file| file.path.is_absolute()).collect()
}

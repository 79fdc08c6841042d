//! The files that corosync logs to: where the folder of one is missing, it does not start (exit 7, also
//! with `to_logfile: no`; seen on 3.1.7 and 3.1.9), and `corosync -t` says so too.

use crate::conf::CorosyncConf;
use std::path::{Path, PathBuf};

/// A file that corosync logs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// The line that names it, from 1.
    pub line: usize,
    /// Its path.
    pub path: PathBuf,
    /// The folder that must be there.
    pub folder: PathBuf,
}

/// Returns the files that corosync logs to, in the order of the file.
pub fn log_files(conf: &CorosyncConf) -> Vec<LogFile> {
    let sections = conf.sections().into_iter();
    sections
        .filter(|section| section.path == "logging" || section.path.starts_with("logging."))
        .flat_map(|section| {
            let items = conf.items_in(&section).filter(|item| item.key == "logfile");
            // A path that begins nowhere begins where corosync stands, in a folder that is there.
            let files = items.filter(|item| item.value.starts_with('/'));
            files
                .filter_map(|item| {
                    let path = Path::new(item.value);
                    Some(LogFile {
                        line: item.line + 1,
                        path: path.to_owned(),
                        folder: path.parent()?.to_owned(),
                    })
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

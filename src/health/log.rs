//! The folder of corosync's log, without which corosync does not start.

use crate::conf::CorosyncConf;
use crate::conf::corosync::{LogFile, log_files};
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::plan::{Hint, shell_line};
use std::path::Path;

/// A folder that every host has: it tells that folders were looked for at all.
const ALWAYS: &str = "/var/log";

fn files(facts: &Facts) -> Vec<LogFile> {
    let text = facts.file(COROSYNC_CONF).reads_as();
    let conf = text.and_then(|text| CorosyncConf::parse(text).ok());
    conf.map(|conf| log_files(&conf)).unwrap_or_default()
}

/// Returns what must be read to know whether the folder is there, once corosync.conf is known.
pub fn needs(facts: &Facts) -> Needs {
    let mut folders: Vec<_> = files(facts).into_iter().map(|file| file.folder).collect();
    if !folders.is_empty() {
        folders.push(ALWAYS.into());
    }
    Needs {
        folders,
        ..Needs::default()
    }
}

/// Returns what is wrong with a log whose folder is missing, and the command that makes it.
pub fn missing(facts: &Facts) -> Option<(String, Hint)> {
    facts.folders.get(Path::new(ALWAYS))?;
    let mut files = files(facts).into_iter();
    let file = files.find(|file| !facts.folders.contains_key(&file.folder))?;
    let folder = file.folder.display().to_string();
    let what = format!(
        "{COROSYNC_CONF}:{}: logfile {}: there is no folder {folder}, and corosync does not start \
         without it (exit 7)",
        file.line,
        file.path.display()
    );
    let argv = ["mkdir", "--parents", &folder].map(str::to_owned);
    let hint = Hint {
        purpose: "to make it".to_owned(),
        command: shell_line(&argv),
    };
    Some((what, hint))
}

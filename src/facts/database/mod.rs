//! What one host's MariaDB server says, its option files and its place on the host.
//!
//! One script (`read.sh`) asks everything in one go, the same here and over ssh, with its text on
//! standard input. It only reads: no statement of it waits behind a lock, and a server that does not
//! run is not woken. Nothing here decides what is right; the verbs do.

mod accounts;
mod answer;
mod batch;
pub mod bundle;
mod kept;
mod link;
mod options;
mod parse;
pub mod pulse;
mod rows;
mod server;
#[cfg(test)]
mod tests;
mod written;

pub use answer::{AT_MOST, DatabaseServer, HANDED_OVER, PROOF, TEST_TABLE};

pub use kept::{UNFINISHED, Unfinished};
pub use link::Link;
pub use options::{OptionCheck, OptionFile};
pub(super) use pulse::read as pulse;
pub use pulse::{Pulse, PulseAsk};
pub use server::{
    Account, Binlog, BinlogCoordinates, ClientSession, Crossing, DatabaseEvent, DatabaseListener,
    Folder, ForeignTable, InexactTable, Plugin, Registered, UserDatabase, View,
};

use super::{READING, tool, who};
use crate::plan::{over_ssh, shell_line};
use crate::state::StateFolder;
use std::time::Duration;

/// The script whose answer [`parse`] reads.
const SCRIPT: &str = include_str!("read.sh");

/// ssh gives up on a silent host after 5 s, the client on a silent server after 4 s.
const DEADLINE: Duration = Duration::from_secs(12);

/// Asks a host by one `ssh root@HOST sh -s`, or this one by one `sh -s`.
///
/// With `check`, its server also parses its options, which takes 80 ms more.
pub fn read(host: Option<&str>, check: bool) -> DatabaseServer {
    let shell = ["sh", "-s"].map(str::to_owned);
    let argv = match host {
        Some(host) => over_ssh(host, &shell),
        None => shell.to_vec(),
    };
    let check = if check { "check=1\n" } else { "" };
    let asked = SCRIPT.replace("%PROOF%", PROOF.trim_end());
    let state = StateFolder::on(host);
    let script = format!(
        "{check}salt={}\nstate={}\n{asked}",
        accounts::run_salt(),
        word(&state)
    );
    let unreachable = |why: String| DatabaseServer {
        unreachable: Some(why),
        ..DatabaseServer::default()
    };
    let database = match tool::read_with(&argv, Some(&script), &[], DEADLINE) {
        Err(error) => unreachable(error.to_string()),
        Ok(output) if output.code != Some(0) => unreachable(who::reason(&output.stderr)),
        Ok(output) => parse::database(&output.stdout)
            .unwrap_or_else(|| unreachable("its answer broke off".to_owned())),
    };
    DatabaseServer { state, ..database }
}

/// Returns a state folder as a shell's word.
fn word(state: &StateFolder) -> String {
    shell_line(&[state.path().display().to_string()])
}

/// Returns true when this host's server has a binlog or a primary, by its option files and its data
/// directory: whoever only wants to know whether something is wrong asks no server in vain.
pub(super) fn seems_to_replicate() -> bool {
    if tool::find("mariadbd").is_none() && tool::find("mysqld").is_none() {
        return false;
    }
    let words = tool::read(&["my_print_defaults", "--mysqld"], READING);
    let database = DatabaseServer {
        // Without the program the server itself is asked.
        defaults: match words {
            Ok(output) => output.stdout.lines().map(str::to_owned).collect(),
            Err(_) => return true,
        },
        ..DatabaseServer::default()
    };
    let has_master_info = |name: &str| name.starts_with("master") && name.ends_with(".info");
    let unfinished = |entry: std::fs::DirEntry| entry.path().join(UNFINISHED).exists();
    database.default_of("log_bin").is_some()
        || std::fs::read_dir(StateFolder::here().databases())
            .is_ok_and(|entries| entries.flatten().any(unfinished))
        || std::fs::read_dir(database.datadir()).is_ok_and(|entries| {
            entries
                .flatten()
                .any(|entry| has_master_info(&entry.file_name().to_string_lossy()))
        })
}

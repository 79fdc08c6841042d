//! Where bascule keeps on a host what must last: the journal, the lock, what a change replaces.
//!
//! On this host BASCULE_STATE_DIR says where. What another host is told by ssh lies where bascule there
//! looks for it, whatever the environment here says.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder, unless BASCULE_STATE_DIR says otherwise.
const USUAL: &str = "/var/lib/bascule";

/// The file in an operation's folder with what was seen beside its steps.
pub const BESIDE: &str = "beside.jsonl";

/// The file in an operation's folder with what a drill came to.
pub const DRILL: &str = "drill.json";

/// The folder of all that is kept on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateFolder(PathBuf);

impl Default for StateFolder {
    fn default() -> StateFolder {
        StateFolder(PathBuf::from(USUAL))
    }
}

impl StateFolder {
    /// Returns that of this host.
    pub fn here() -> &'static StateFolder {
        static HERE: OnceLock<StateFolder> = OnceLock::new();
        HERE.get_or_init(|| StateFolder::chosen(std::env::var_os("BASCULE_STATE_DIR")))
    }

    /// Returns that of a host that is reached by ssh, or that of this one.
    pub fn on(host: Option<&str>) -> StateFolder {
        match host {
            Some(_) => StateFolder::default(),
            None => StateFolder::here().clone(),
        }
    }

    /// Returns the folder that was asked for. What lies in it is named in the journal, and found from
    /// wherever it is undone: the path is made whole.
    fn chosen(said: Option<OsString>) -> StateFolder {
        let Some(said) = said.filter(|said| !said.is_empty()) else {
            return StateFolder::default();
        };
        let said = PathBuf::from(said);
        let whole = std::path::absolute(&said).unwrap_or(said);
        // Without a slash at its end, as paths below it are compared.
        StateFolder(whole.components().collect())
    }

    /// Returns true where it is the one that every bascule has unless told otherwise.
    pub fn is_usual(&self) -> bool {
        self.0 == Path::new(USUAL)
    }

    /// Returns the folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the folder of the journal.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// Returns the file that whoever is at work holds locked, with a line that says who it is.
    pub fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Returns the folder of the databases and binlogs that a replica replaces, a numbered folder for
    /// each time.
    pub fn databases(&self) -> PathBuf {
        self.0.join("databases")
    }

    /// Returns the folder of the accounts that change or go, as they were, for root alone.
    pub fn accounts(&self) -> PathBuf {
        self.0.join("accounts")
    }

    /// Returns the folder of the links that are replaced or forgotten, for root alone.
    pub fn links(&self) -> PathBuf {
        self.0.join("links")
    }

    /// Returns the file in which a server that took its primary's place without it keeps the address of
    /// that one: it may come back, and nothing else on the host knows it any more.
    pub fn former_primary(&self) -> PathBuf {
        self.0.join("former-primary")
    }

    /// Returns the file of what root typed in the shell.
    pub fn shell_history(&self) -> PathBuf {
        self.0.join("shell-history")
    }
}

impl From<&Path> for StateFolder {
    fn from(path: &Path) -> StateFolder {
        StateFolder(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(said: &str) -> StateFolder {
        StateFolder::chosen(Some(said.into()))
    }

    #[test]
    fn the_folder_is_the_one_that_was_asked_for_and_else_the_usual_one() {
        for none in [None, Some(OsString::new())] {
            assert_eq!(StateFolder::chosen(none).path(), Path::new(USUAL));
        }
        let moved = chosen("/srv/state//");
        assert_eq!(moved.path().as_os_str(), "/srv/state");
        assert!(!moved.is_usual());
        assert!(chosen("/var/lib/bascule/").is_usual());
    }

    #[test]
    fn a_folder_named_from_where_one_stands_is_found_from_elsewhere() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(chosen("./state").path(), here.join("state"));
    }

    #[test]
    fn everything_that_is_kept_lies_below_it() {
        let moved = chosen("/srv/state");
        let names = [
            (moved.journal(), "journal"),
            (moved.lock(), "lock"),
            (moved.databases(), "databases"),
            (moved.accounts(), "accounts"),
            (moved.links(), "links"),
            (moved.former_primary(), "former-primary"),
            (moved.shell_history(), "shell-history"),
        ];
        for (path, name) in names {
            assert_eq!(path, Path::new("/srv/state").join(name));
        }
    }

    #[test]
    fn another_hosts_stays_where_bascule_there_looks() {
        assert!(StateFolder::on(Some("172.16.0.11")).is_usual());
        assert_eq!(&StateFolder::on(None), StateFolder::here());
    }
}

//! A command that runs beside the steps of a plan.

use super::client::over_ssh_watched;
use serde::{Deserialize, Serialize};

/// A command that runs beside the steps of a plan, until its standard input ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companion {
    /// The name that its lines are kept under.
    pub name: String,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The other host it runs on, by `ssh root@HOST`; this host when null.
    #[serde(default)]
    pub host: Option<String>,
    /// The line after which the next step may begin.
    pub ready: String,
}

impl Companion {
    /// Returns the argv that runs it, through ssh where it belongs to another host.
    pub fn command(&self) -> Vec<String> {
        match &self.host {
            Some(host) => over_ssh_watched(host, &self.argv),
            None => self.argv.clone(),
        }
    }
}

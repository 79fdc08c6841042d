//! What a plan looked at, and what it still has to look at while it already stands on the screen.

use super::Again;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One thing looked at before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What came of it.
    pub finding: Finding,
    /// The sentence, without full stop.
    pub text: String,
    /// How it was looked at, or where to read more (`explain fencing`); null where there is nothing to add.
    #[serde(default)]
    pub note: Option<String>,
    /// Where the note is what was typed, what is another in it.
    #[serde(skip)]
    pub again: Option<Again>,
}

/// What came of a check. One that fails is no check but a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// As it must be.
    Ok,
    /// Possible, and worth knowing before a yes.
    Warning,
    /// Slow to find out: looked at while the plan is being read, then planned anew.
    Pending(Probe),
}

/// A question whose answer takes longer than a plan may: the wire, or another host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Probe {
    /// Does anything answer for this address? Asked by `arping -D` on that interface.
    Address {
        /// The address that must be free.
        address: IpAddr,
        /// The interface on whose network it is asked.
        interface: String,
    },
    /// Does anything answer at this address, in a network that is not this host's? Asked by `ping`.
    Ping {
        /// The address.
        address: IpAddr,
    },
    /// What another host has: its interfaces and routes and these systemd units. Asked by ssh.
    Peer {
        /// The host, as `ssh root@HOST` reaches it; a node by its name.
        host: String,
        /// A node's addresses, by which it is known, and reached where its name does not lead there.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<String>,
        /// The systemd units to look at there.
        units: Vec<String>,
        /// Files whose sha256 is wanted.
        files: Vec<String>,
        /// The web server that is to check its configuration there; null where none is.
        web: Option<String>,
        /// It is to be away: one that answers is not.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        away: bool,
    },
    /// What stands in a MariaDB server's binlogs that another one lacks, by `mariadb-binlog`.
    Transactions {
        /// The other host, by ssh; this one when null.
        host: Option<String>,
        /// The options that select by domain and server.
        #[serde(default)]
        select: Vec<String>,
        /// A position before all of it; from the beginning when it is empty.
        #[serde(default)]
        start: String,
        /// What the other one has: `0-10-8`, or `0-*-8` whoever wrote it.
        #[serde(default)]
        held: Vec<String>,
        /// The binlogs' paths, oldest first.
        files: Vec<String>,
    },
}

impl Probe {
    /// Asks another probe's question too, and returns true, where both ask the same host.
    pub(super) fn includes(&mut self, other: &Probe) -> bool {
        match (&mut *self, other) {
            (
                Probe::Peer {
                    host,
                    addresses,
                    units,
                    files,
                    web,
                    away,
                },
                Probe::Peer {
                    host: same,
                    addresses: same_addresses,
                    units: more_units,
                    files: more_files,
                    web: more_web,
                    away: also_away,
                },
            ) if host == same
                && away == also_away
                && addresses == same_addresses
                && (web.is_none() || more_web.is_none() || web == more_web) =>
            {
                for (wanted, more) in [(units, more_units), (files, more_files)] {
                    for name in more {
                        if !wanted.contains(name) {
                            wanted.push(name.clone());
                        }
                    }
                }
                *web = web.take().or_else(|| more_web.clone());
                true
            }
            (one, other) => one == other,
        }
    }
}

impl Check {
    /// Returns a check that found things as they must be.
    pub fn ok(text: impl Into<String>) -> Check {
        Check {
            finding: Finding::Ok,
            text: text.into(),
            note: None,
            again: None,
        }
    }

    /// Returns a check that found something worth knowing.
    pub fn warning(text: impl Into<String>) -> Check {
        Check {
            finding: Finding::Warning,
            text: text.into(),
            note: None,
            again: None,
        }
    }

    /// Returns a check whose answer is still awaited.
    pub fn pending(text: impl Into<String>, probe: Probe) -> Check {
        Check {
            finding: Finding::Pending(probe),
            text: text.into(),
            note: None,
            again: None,
        }
    }

    /// Returns the check with what was typed as a note, changed in one thing.
    #[must_use]
    pub fn again(mut self, again: Again) -> Check {
        self.note = Some(again.fragment());
        self.again = Some(again);
        self
    }

    /// Returns the check with a note at the end of its line.
    pub fn note(mut self, note: impl Into<String>) -> Check {
        self.note = Some(note.into());
        self
    }
}

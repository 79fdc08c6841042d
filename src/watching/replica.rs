//! How the replica on this host is, in one word and one number.

use crate::facts::database::Link;

/// From how many seconds on a replica counts as late.
const LATE: u64 = 5;

/// How the replica on this host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replica {
    /// Both threads run; so many seconds behind, as MariaDB counts.
    Follows {
        /// The seconds.
        behind: u64,
    },
    /// The replica looks for its primary.
    Connecting,
    /// A thread does not run, or has an error.
    Stopped,
}

impl Replica {
    /// Returns how many seconds it is late, if it counts as late.
    pub fn late(self) -> Option<u64> {
        match self {
            Replica::Follows { behind } => Some(behind).filter(|behind| *behind >= LATE),
            Replica::Connecting | Replica::Stopped => None,
        }
    }

    /// Returns how a link is.
    pub fn of_link(link: &Link) -> Replica {
        if link.io_state() == "Connecting" && link.sql() == "Yes" && link.sql_errno() == 0 {
            return Replica::Connecting;
        }
        if !link.is_healthy() {
            return Replica::Stopped;
        }
        // What is held back on purpose is not late.
        let behind = link.seconds_behind().unwrap_or(0);
        Replica::Follows {
            behind: behind.saturating_sub(link.delay()),
        }
    }
}

/// Returns how far a replica is behind, as the shell and `status --watch` say it.
pub fn lag(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

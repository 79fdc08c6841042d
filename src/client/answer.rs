//! What became of one question.

use serde::{Deserialize, Serialize};

/// How a target is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By a new connection.
    New,
    /// Over a connection that is held, as applications do.
    Held,
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Which target, from 0.
    pub target: usize,
    /// How it was asked.
    pub way: Way,
    /// When it was sent, in seconds since 1970 by the clock of the host that asks.
    pub sent: f64,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// Why there was no good answer in time; none where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Answer {
    /// Returns whether there was a good answer in time.
    pub fn is_good(&self) -> bool {
        self.failed.is_none()
    }
}

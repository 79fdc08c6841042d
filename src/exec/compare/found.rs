//! What a comparison is asked, and what came of it.

use crate::mariadb::table::Table;
use serde::Serialize;
use std::time::Duration;

/// Why a comparison ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Somebody asked for it.
    #[error("interrupted")]
    Asked,
    /// The replica does not come to where the primary is.
    #[error("the replica did not reach the primary's position within {0} s")]
    Late(u64),
    /// The replica is being compared already.
    #[error("the replica is being compared by somebody else already")]
    Busy,
    /// The replica's applying thread does not go on.
    #[error("the replica's SQL thread does not go on")]
    Stands,
    /// A session was lost: a table changed its definition, a link was cut.
    #[error("{0}")]
    Lost(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Something that is not the same on both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataDifference {
    /// The table or the object, with its database: `site1.visits`.
    pub name: String,
    /// Which row, by its key; null where it is no row.
    pub row: Option<String>,
    /// How the two differ, in words.
    pub what: String,
}

impl DataDifference {
    pub fn new(
        name: impl Into<String>,
        row: Option<String>,
        what: impl Into<String>,
    ) -> DataDifference {
        DataDifference {
            name: name.into(),
            row,
            what: what.into(),
        }
    }
}

/// How much may be asked of the servers.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many rows a second are compared at most.
    pub rows_a_second: Option<u64>,
    /// How long one question may take.
    pub longest: Duration,
}

/// The outside, which looks on.
pub trait Watch {
    /// Hears how many rows of all are compared.
    fn compared(&mut self, table: &str, rows: u64, of: u64);
    /// Returns true once somebody asked to stop.
    fn stop(&self) -> bool;
}

/// The result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// The differences.
    pub differences: Vec<DataDifference>,
    /// The databases among them that only the replica has.
    pub strays: Vec<String>,
    /// The tables among them of which no copy is exact.
    pub not_exact: Vec<String>,
    /// The tables and objects that could not be compared, with the reason.
    pub not_compared: Vec<(String, String)>,
    /// How many tables were compared.
    pub tables: u64,
    /// How many sequences, views, triggers, routines and events.
    pub others: u64,
    /// How many rows.
    pub rows: u64,
    /// The position of the last pair of snapshots.
    pub position: String,
    /// How many pairs there were.
    pub snapshots: u32,
    /// For how long the replica's applying thread stood still at the longest.
    pub still: Duration,
    /// Why it ended before its end.
    pub stopped: Option<Stop>,
}

/// Tells one table's progress as that of all.
pub struct Whole<'a> {
    pub watch: &'a mut dyn Watch,
    pub before: u64,
    pub of: u64,
}

impl Whole<'_> {
    pub fn compared(&mut self, table: &Table, rows: u64) {
        self.watch
            .compared(&table.title(), self.before + rows, self.of);
    }

    pub fn stop(&self) -> bool {
        self.watch.stop()
    }
}

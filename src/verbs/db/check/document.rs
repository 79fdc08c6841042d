//! `db check` for programs.

use crate::exec::compare::{Compared, DataDifference};
use crate::report::Document;
use serde::Serialize;
use std::time::Duration;

/// `db check`: what a primary and its replica hold, compared.
#[derive(Serialize)]
pub struct DbCheckDocument<'a> {
    /// The name of the primary.
    primary: &'a str,
    /// The name of the replica.
    replica: &'a str,
    /// Everything was compared, and is the same.
    same: bool,
    /// It came to its end.
    complete: bool,
    /// Why it ended before that, in words; null where it did not.
    stopped: Option<String>,
    /// How many tables were compared.
    tables: u64,
    /// How many rows of them.
    rows: u64,
    /// How many sequences, views, triggers, routines and events were compared, by their definitions.
    definitions: u64,
    /// The GTID position at which both were read last; empty where none was reached.
    gtid: &'a str,
    /// At how many positions they were read.
    snapshots: u32,
    /// For how many milliseconds the replica's SQL thread stood still, at the longest.
    standing_still_ms: f64,
    /// How many seconds it took.
    seconds: f64,
    /// What is not the same; empty where nothing is.
    differences: &'a [DataDifference],
    /// What could not be compared; empty where nothing is.
    not_compared: Vec<NotCompared<'a>>,
    /// The databases that filters leave out, so that they were not to be compared.
    not_replicated: &'a [String],
}

impl Document for DbCheckDocument<'_> {}

/// `db check --dry-run`: what would be compared.
#[derive(Serialize)]
pub struct DbCheckPlannedDocument<'a> {
    /// The name of the primary.
    pub primary: &'a str,
    /// The name of the replica.
    pub replica: &'a str,
    /// The databases that would be compared.
    pub databases: &'a [String],
}

impl Document for DbCheckPlannedDocument<'_> {}

/// A table or a database that could not be compared.
#[derive(Serialize)]
struct NotCompared<'a> {
    /// Its name, such as `site1.visits`.
    name: &'a str,
    /// Why, in words.
    why: &'a str,
}

impl<'a> DbCheckDocument<'a> {
    /// Returns what was found for programs.
    pub fn new(
        (primary, replica): (&'a str, &'a str),
        compared: &'a Compared,
        not_replicated: &'a [String],
        took: Duration,
    ) -> DbCheckDocument<'a> {
        let complete = compared.stopped.is_none();
        let same = compared.differences.is_empty() && compared.not_compared.is_empty();
        let not_compared = compared.not_compared.iter();
        DbCheckDocument {
            primary,
            replica,
            same: same && complete,
            complete,
            stopped: compared.stopped.as_ref().map(ToString::to_string),
            tables: compared.tables,
            rows: compared.rows,
            definitions: compared.others,
            gtid: &compared.position,
            snapshots: compared.snapshots,
            standing_still_ms: compared.still.as_secs_f64() * 1000.0,
            seconds: took.as_secs_f64(),
            differences: &compared.differences,
            not_compared: not_compared
                .map(|(name, why)| NotCompared { name, why })
                .collect(),
            not_replicated,
        }
    }
}

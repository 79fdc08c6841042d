//! A primary and its replica compared, row by row, while both work.
//!
//! Reads only. The rows by chunks of a key, both servers at one GTID position (`snapshots`), narrowed down
//! to the rows that differ (`chunks`); what is no row by its definition (`objects`). In memory is never
//! more than the names of what there is and a few hundred rows' sums.
//!
//! What no snapshot holds (MyISAM, Aria and the like) is read under a read lock of that one table on the
//! primary, for one chunk, with the replica as far as the primary is then.

mod chunks;
mod objects;
mod snapshots;

pub use objects::tables;
pub use snapshots::Ends;

use crate::mariadb::table::Table;
use chunks::Chunks;
use snapshots::Snapshots;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is in: `site1.visits`.
    pub name: String,
    /// Which row, where it is one.
    pub row: Option<String>,
    /// How the two differ.
    pub what: String,
}

impl Difference {
    fn new(name: impl Into<String>, row: Option<String>, what: impl Into<String>) -> Difference {
        Difference {
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

/// Who looks on.
pub trait Watch {
    /// So many rows of all are compared.
    fn compared(&mut self, table: &str, rows: u64, of: u64);
    /// Returns true once somebody asked to stop.
    fn stop(&self) -> bool;
}

/// What is to be compared.
pub struct Job<'a> {
    /// How the two are asked.
    pub ends: Ends,
    /// Tells whether the replica takes a table of a database.
    pub takes: &'a dyn Fn(&str, &str) -> bool,
    /// True where single tables are named: what belongs to whole databases is left out then.
    pub tables_only: bool,
    /// How much may be asked of the servers.
    pub limits: Limits,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// What is not the same.
    pub differences: Vec<Difference>,
    /// The tables among them of which no copy is exact.
    pub not_exact: Vec<String>,
    /// What could not be compared, with the reason.
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
struct Whole<'a> {
    watch: &'a mut dyn Watch,
    before: u64,
    of: u64,
}

impl Whole<'_> {
    fn compared(&mut self, table: &Table, rows: u64) {
        self.watch
            .compared(&table.title(), self.before + rows, self.of);
    }

    fn stop(&self) -> bool {
        self.watch.stop()
    }
}

/// Compares.
pub fn run(job: &Job, watch: &mut dyn Watch) -> Compared {
    let mut compared = Compared::default();
    let mut both = match Snapshots::begin(job.ends.clone()) {
        Ok(both) => both,
        Err(stop) => {
            compared.stopped = Some(stop);
            return compared;
        }
    };
    compared.stopped = all(job, &mut both, &mut compared, watch).err();
    compared.position.clone_from(&both.position);
    compared.snapshots = both.times;
    compared.still = both.longest;
    compared
}

fn all(
    job: &Job,
    both: &mut Snapshots,
    compared: &mut Compared,
    watch: &mut dyn Watch,
) -> Result<(), Stop> {
    both.renew()?;
    let listed = objects::compare(job, both, compared)?;
    let of = listed.iter().map(|listed| listed.rows).sum();
    let mut whole = Whole {
        watch,
        before: 0,
        of,
    };
    for listed in &listed {
        if whole.stop() {
            return Err(Stop::Asked);
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let done = objects::table(listed, both, compared).and_then(|table| match table {
                Some(table) => Chunks::of(&table, job.limits)
                    .compare(both, &mut whole)
                    .map(|(rows, found)| Some((rows, found, table.has_no_exact_copy()))),
                None => Ok(None),
            });
            match done {
                Ok(None) => break,
                Ok(Some((rows, mut differences, not_exact))) => {
                    if not_exact && !differences.is_empty() {
                        compared.not_exact.push(listed.title());
                    }
                    compared.tables += 1;
                    compared.rows += rows;
                    whole.before += rows;
                    compared.differences.append(&mut differences);
                    break;
                }
                // Its definition may have changed under the snapshot (errno 1412).
                Err(Stop::Lost(why) | Stop::Failed(why)) => {
                    compared
                        .differences
                        .retain(|one| one.name != listed.title());
                    let before = (both.times, both.longest);
                    *both = Snapshots::begin(job.ends.clone())?;
                    (both.times, both.longest) = before;
                    both.renew()?;
                    if tries == 3 {
                        compared.not_compared.push((listed.title(), why));
                        break;
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
    }
    Ok(())
}

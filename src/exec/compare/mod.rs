//! A primary and its replica compared, row by row, while both work.
//!
//! Reads only. The rows by chunks of a key, both servers at one GTID position (`snapshots`), narrowed down
//! to the rows that differ (`chunks`); what is no row by its definition (`objects`). In memory is never
//! more than the names of what there is and a few hundred rows' sums.
//!
//! What no snapshot holds (MyISAM, Aria and the like) is read under a read lock of that one table on the
//! primary, for one chunk, with the replica as far as the primary is then.

mod chunks;
mod definition;
mod found;
mod job;
mod objects;
mod snapshots;

use found::Whole;
pub use found::{Compared, DataDifference, Limits, Stop, Watch};
pub use job::Job;
pub use objects::tables;
pub use snapshots::Ends;

use chunks::Chunks;
use snapshots::Snapshots;

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
    compared.stopped = compare_all(job, &mut both, &mut compared, watch).err();
    compared.position.clone_from(&both.position);
    compared.snapshots = both.times;
    compared.still = both.longest;
    compared
}

fn compare_all(
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
                Some(table) => Chunks::new(&table, job.limits)
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

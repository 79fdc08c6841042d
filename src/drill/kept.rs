//! Where what was seen and what it came to are kept: beside the operation, in the journal.

use super::measure::measure;
use super::result::{DrillResult, EarlierDrill};
use crate::exec::Seen;
use crate::journal::Journal;
use crate::plan::Drill;
use crate::state::{BESIDE, DRILL};
use std::path::Path;

/// Returns what a drill came to that has just ended, and keeps it beside its operation; none where nobody asked
/// anything.
pub fn conclude(
    drill: &Drill,
    operation: u64,
    folder: &Path,
    journal: &Journal,
) -> Option<DrillResult> {
    let seen = std::fs::read_to_string(folder.join(BESIDE)).ok()?;
    let seen: Vec<Seen> = seen
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let mut result = measure(drill, operation, &seen)?;
    let earlier = results(journal).into_iter().rev();
    let mut earlier = earlier.filter(|one| one.operation < operation && one.drill == result.drill);
    result.before = earlier.next().map(|one| EarlierDrill {
        operation: one.operation,
        seconds: one.seconds(),
    });
    if let Ok(text) = serde_json::to_vec(&result) {
        // It can be told now, whether it can be kept or not.
        let _ = std::fs::write(folder.join(DRILL), text);
    }
    Some(result)
}

/// Returns what the drill of an operation came to, if it was one.
pub fn of_operation(folder: &Path) -> Option<DrillResult> {
    serde_json::from_slice(&std::fs::read(folder.join(DRILL)).ok()?).ok()
}

/// Returns what all drills of this host came to, the oldest first.
pub fn results(journal: &Journal) -> Vec<DrillResult> {
    let ids = journal.ids().unwrap_or_default().into_iter();
    ids.filter_map(|id| of_operation(&journal.images(id)))
        .collect()
}

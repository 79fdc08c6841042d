//! Whether the data have room here, and what is kept of those they replace.

use super::origin::Origin;
use crate::facts::DatabaseServer;
use crate::plan::{Check, Plan, Refusal, shell_line};
use crate::replication::seed::Seed;
use crate::wording::amount;

/// A load takes more than what it loads: the undo log, and pages that are not full.
const MORE: u64 = 10;

/// Says what room there is.
///
/// # Errors
/// When there is not enough, with both numbers.
pub fn check(
    origin: &Origin,
    replica: &DatabaseServer,
    seed: &Seed,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let host = &replica.host;
    let coming = origin.bytes + origin.bytes / MORE;
    let here = seed.bytes_here();
    let binlogs = match seed.copies_binlog() {
        true => replica.binlogs.iter().map(|binlog| binlog.size).sum(),
        false => 0,
    };
    let kept = here + binlogs;
    let (Some(data), state) = (replica.free_for_data(), replica.free_for_kept()) else {
        return Ok(());
    };
    // Two folders of one filesystem have the same bytes free.
    let together = state.is_some_and(|(_, free)| free == data);
    let freed = here;
    let needed = match together {
        true => coming + kept,
        false => coming,
    };
    let datadir = replica.datadir().display();
    let small = |what: String, free: u64, folder: &str| {
        Err(Refusal::check(format!(
            "{what}, and {host} has {} free in {folder}",
            amount(free)
        ))
        .hint(
            "to see what takes the room there",
            format!("df -h {}", shell_line(&[folder.to_owned()])),
        ))
    };
    if needed > data + freed.min(coming) {
        let what = match (together, kept) {
            (true, 1..) => format!(
                "{} takes about {} on {}, and what {host} has of it, {}, is kept beside it",
                origin.databases_text(),
                amount(origin.bytes),
                origin.name,
                amount(kept)
            ),
            _ => format!(
                "{} takes about {} on {}",
                origin.databases_text(),
                amount(origin.bytes),
                origin.name
            ),
        };
        return small(what, data, &datadir.to_string());
    }
    if let Some((folder, state)) = state
        && !together
        && kept > state
    {
        let what = format!(
            "what {host} has of {}, {}, is kept first, in {}",
            origin.databases_text(),
            amount(kept),
            replica.state.databases().display()
        );
        return small(what, state, &folder.display().to_string());
    }
    plan.check(
        Check::ok(format!(
            "about {} come, and {} are free in {datadir}",
            amount(origin.bytes),
            amount(data)
        ))
        .note("df"),
    );
    Ok(())
}

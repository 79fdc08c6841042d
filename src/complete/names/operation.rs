//! The journal's operations.

use super::candidate;
use crate::complete::asking;
use crate::host::Host;
use crate::journal::{Operation, Status};
use clap_complete::CompletionCandidate;

/// How many operations are offered, the newest ones.
const OPERATIONS: usize = 30;

/// The journal's operations, newest first.
pub fn operations() -> Vec<CompletionCandidate> {
    list(|_| true)
}

/// The operations that can be taken back, newest first.
pub fn undoable() -> Vec<CompletionCandidate> {
    list(Operation::can_be_undone)
}

fn list(wanted: impl Fn(&Operation) -> bool) -> Vec<CompletionCandidate> {
    let typed = asking::now().typed;
    let operations = Host::read().journal().operations().unwrap_or_default();
    operations
        .iter()
        .rev()
        .filter(|operation| operation.id().to_string().starts_with(&typed))
        .filter(|operation| wanted(operation))
        .take(OPERATIONS)
        .enumerate()
        .map(|(at, operation)| {
            candidate(operation.id().to_string(), describe(operation)).display_order(Some(at))
        })
        .collect()
}

/// Returns when it was, what it was, and what became of it where that is not as it should be.
fn describe(operation: &Operation) -> String {
    let begin = &operation.begin;
    let when = match begin.at.parse::<jiff::Timestamp>() {
        Ok(at) => at
            .to_zoned(jiff::tz::TimeZone::system())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => begin.at.clone(),
    };
    let what = format!("{when}  {}", begin.command);
    match operation.status() {
        Status::Done => what,
        status => format!("{what} ({})", status.word()),
    }
}

//! The journal's operations.

use crate::complete::Candidate;
use crate::complete::asking::Asking;
use crate::host::Host;
use crate::journal::{Operation, OperationStatus};

/// How many operations are offered, the newest ones.
const OPERATIONS: usize = 30;

/// The journal's operations, newest first.
pub fn operations(about: &Asking) -> Vec<Candidate> {
    list(about, |_| true)
}

/// The operations that can be taken back, newest first.
pub fn undoable(about: &Asking) -> Vec<Candidate> {
    list(about, Operation::can_be_undone)
}

fn list(about: &Asking, wanted: impl Fn(&Operation) -> bool) -> Vec<Candidate> {
    let typed = &about.typed;
    let operations = Host::read().journal().operations().unwrap_or_default();
    operations
        .iter()
        .rev()
        .filter(|operation| operation.id().to_string().starts_with(typed.as_str()))
        .filter(|operation| wanted(operation))
        .take(OPERATIONS)
        .map(|operation| Candidate::new(operation.id().to_string(), describe(operation)))
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
        OperationStatus::Done => what,
        status => format!("{what} ({})", status.word()),
    }
}

//! `history` and `show` for programs.

use crate::journal::{Operation, Person, StepResult, StepState, Unreadable};
use crate::operate::PlanShown;
use crate::report::Document;
use serde::Serialize;
use std::path::Path;

/// `history`: the operations of this host's journal, oldest first, as many as `--last` says.
#[derive(Serialize)]
pub struct HistoryDocument<'a> {
    /// The operations.
    operations: Vec<OperationSummary<'a>>,
    /// The journal's files that tell of no operation; empty where all can be read.
    unreadable: Vec<UnreadableFile<'a>>,
}

impl Document for HistoryDocument<'_> {}

/// `show`: one operation of this host's journal, with its plan and what came of each step.
#[derive(Serialize)]
pub struct ShowDocument<'a> {
    /// The operation itself.
    #[serde(flatten)]
    operation: OperationSummary<'a>,
    /// The plan as it was carried out.
    plan: PlanShown<'a>,
    /// What came of each step, in the plan's order.
    steps: Vec<StepEnded<'a>>,
}

impl Document for ShowDocument<'_> {}

/// An operation: a plan that was carried out.
#[derive(Serialize)]
pub struct OperationSummary<'a> {
    /// Its number on this host, for `show` and `undo`.
    id: u64,
    /// When it began: RFC 3339, UTC, to the second.
    at: &'a str,
    /// Who asked for it.
    by: &'a Person,
    /// The words that were typed, `bascule` left out.
    command: &'a str,
    /// `done`; `failed`; `not as asked`; `interrupted`; `cut short`; `under way`; `failed, took itself back`;
    /// `undone by` and a number; or `finished by` and a number.
    status: String,
    /// The operation that it takes back; null where it takes back none.
    undoes: Option<u64>,
    /// The later operation that took it back; null where it stands.
    undone_by: Option<u64>,
    /// It was made on another host, whose disk this one's was copied from.
    elsewhere: bool,
    /// The later operation that brought to an end what this one left half done; null where none did.
    finished_by: Option<u64>,
}

/// A file of the journal that is empty or damaged.
#[derive(Serialize)]
struct UnreadableFile<'a> {
    /// The number of its operation.
    id: u64,
    /// Its path.
    path: &'a Path,
}

/// What came of a step.
#[derive(Serialize)]
struct StepEnded<'a> {
    /// It was started.
    started: bool,
    /// How it ended; null where it was not started, or was cut short.
    result: Option<&'a StepResult>,
}

impl<'a> HistoryDocument<'a> {
    /// Returns these operations for programs.
    pub fn new(operations: &'a [Operation], unreadable: &'a [Unreadable]) -> HistoryDocument<'a> {
        let unreadable = unreadable.iter().map(|file| UnreadableFile {
            id: file.id,
            path: &file.path,
        });
        HistoryDocument {
            operations: operations.iter().map(summary).collect(),
            unreadable: unreadable.collect(),
        }
    }
}

impl<'a> ShowDocument<'a> {
    /// Returns an operation with its steps for programs.
    pub fn new(operation: &'a Operation) -> ShowDocument<'a> {
        let shown = |step: &'a StepState| StepEnded {
            started: step.start.is_some(),
            result: step.end.as_ref().map(|end| &end.result),
        };
        ShowDocument {
            operation: summary(operation),
            plan: PlanShown::new(&operation.begin.plan),
            steps: operation.steps.iter().map(shown).collect(),
        }
    }
}

/// Returns an operation for programs.
pub fn summary(operation: &Operation) -> OperationSummary<'_> {
    let begin = &operation.begin;
    OperationSummary {
        id: begin.id,
        at: &begin.at,
        by: &begin.by,
        command: &begin.command,
        status: operation.status().word(),
        undoes: begin.undoes,
        undone_by: operation.undone_by,
        elsewhere: operation.elsewhere,
        finished_by: operation.finished_by,
    }
}

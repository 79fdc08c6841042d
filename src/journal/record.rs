//! The lines of an operation's file.

use super::{Image, MadeOn, ServiceImage};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

/// A line of the journal. Unknown fields are ignored, new ones have defaults: old journals are read for ever.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JournalEvent {
    /// The operation, before its first step.
    Begin(Box<OperationBegun>),
    /// A step is about to start.
    Start(StepStarted),
    /// A step has ended.
    End(StepEnded),
    /// A step was taken back at once, since the plan failed before its point of no return.
    Back(StepTakenBack),
    /// The operation has ended by itself; an operation without this line was cut short.
    Finish(OperationEnded),
}

/// An operation's plan and who asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationBegun {
    /// The format's version.
    pub v: u32,
    /// The operation's number on this host.
    pub id: u64,
    /// When, in UTC.
    pub at: String,
    /// The person who asked for it.
    pub by: Person,
    /// The words that were typed.
    pub command: String,
    /// The whole plan.
    pub plan: Plan,
    /// The operation that this one takes back.
    #[serde(default)]
    pub undoes: Option<u64>,
    /// The host that it was made on; journals of older versions do not say.
    #[serde(default)]
    pub made_on: MadeOn,
}

/// The person who did it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The user; behind sudo the one who called it.
    pub user: String,
    /// The host.
    pub host: String,
}

/// A step's state before it starts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StepStarted {
    /// Which step, from 0.
    pub step: usize,
    /// When, in UTC.
    pub at: String,
    /// The files it will change.
    #[serde(default)]
    pub files: Vec<Image>,
    /// The name of the whole CIB's copy in the operation's folder, when it will change that.
    #[serde(default)]
    pub cib: Option<String>,
    /// The services that it will start, stop, enable or disable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceImage>,
}

/// A step's state after it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepEnded {
    /// Which step, from 0.
    pub step: usize,
    /// When, in UTC.
    pub at: String,
    /// What came of it.
    pub result: StepResult,
    /// The files it changed.
    #[serde(default)]
    pub files: Vec<Image>,
    /// The name of the whole CIB's copy in the operation's folder, when it changed that.
    #[serde(default)]
    pub cib: Option<String>,
    /// The services that it started, stopped, enabled or disabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceImage>,
    /// The last lines that its command printed.
    #[serde(default)]
    pub output: Vec<String>,
}

/// A step that was taken back at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepTakenBack {
    /// Which step, from 0.
    pub step: usize,
    /// What came of that; only after `Done` nothing of it is left.
    pub result: StepResult,
}

/// What came of a step, and of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    /// As asked.
    Done,
    /// A command failed.
    Failed {
        /// How.
        why: String,
        /// It was ended from outside, so that what it began may still take effect; so it may be where a
        /// journal of an older version does not say.
        #[serde(default = "maybe")]
        cut_off: bool,
    },
    /// The command of the last step succeeded, and its result is not as asked.
    NotAsAsked {
        /// What does not hold.
        why: String,
    },
    /// Stopped between steps, or while waiting, because it was asked to.
    Interrupted,
}

fn maybe() -> bool {
    true
}

impl StepResult {
    /// Returns what came of a step whose command failed by itself.
    pub fn failed(why: impl Into<String>) -> StepResult {
        StepResult::Failed {
            why: why.into(),
            cut_off: false,
        }
    }
}

/// How the operation ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OperationEnded {
    /// When, in UTC.
    pub at: String,
    /// What came of it.
    pub result: StepResult,
}

/// Returns the time as RFC 3339 in UTC, to the second.
pub fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

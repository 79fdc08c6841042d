//! How a plan ends.

use super::pipe::Cut;
use crate::journal::StepResult;
use std::time::Duration;

/// Why a step did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Its command failed: how.
    Failed(String),
    /// Its command was ended from outside, so that what it began may still take effect: how.
    CutOff(String),
    /// Its command succeeded, and its result is not as asked: what does not hold.
    NotAsAsked(String),
    /// Somebody asked to stop.
    Interrupted,
}

impl From<Cut> for Trouble {
    fn from(cut: Cut) -> Trouble {
        match cut {
            Cut::Stopped => Trouble::Interrupted,
            Cut::Failed(why) => Trouble::Failed(why),
            Cut::TimedOut(why) => Trouble::CutOff(why),
        }
    }
}

impl From<String> for Trouble {
    fn from(why: String) -> Trouble {
        Trouble::Failed(why)
    }
}

impl From<&Trouble> for StepResult {
    fn from(trouble: &Trouble) -> StepResult {
        match trouble.clone() {
            Trouble::Failed(why) => StepResult::failed(why),
            Trouble::CutOff(why) => StepResult::Failed { why, cut_off: true },
            Trouble::NotAsAsked(why) => StepResult::NotAsAsked { why },
            Trouble::Interrupted => StepResult::Interrupted,
        }
    }
}

/// How a plan ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is as asked. Holds what was proved, sentence by sentence.
    Done(Vec<String>),
    /// A step did not end well, or somebody asked to stop before it.
    Stopped {
        /// Which step, from 0: so many were finished.
        at: usize,
        /// Why.
        trouble: Trouble,
    },
}

/// How much of what was done is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenBack {
    /// Nothing: it stays, for `undo`.
    Not,
    /// All of it.
    Whole,
    /// Not all of it: what failed, sentence by sentence.
    Partly(Vec<String>),
}

/// How a plan ended, and what became of what was done when it did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// Whether what was done was taken back at once.
    pub taken_back: TakenBack,
    /// The things that are not as before although all was taken back, sentence by sentence.
    pub stays: Vec<String>,
    /// The time that a step's proof was to measure.
    pub measured: Option<Duration>,
    /// Why not all of it is written down.
    pub unwritten: Option<String>,
}

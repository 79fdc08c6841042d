//! What a drill came to, as it is kept.

use crate::client::{Gap, LedgerResult, Way};
use crate::plan::Expected;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What a drill came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillResult {
    /// What it was, in the words of the verb, such as `poweroff serv1`.
    pub drill: String,
    /// The operation's number in the journal.
    pub operation: u64,
    /// The host that asked.
    pub from: String,
    /// It is no node of the cluster: it sees what a client sees.
    pub outside: bool,
    /// When it struck, in seconds since 1970.
    pub struck: f64,
    /// When looking on began, in seconds since 1970.
    pub begun: f64,
    /// When it ended.
    pub ended: f64,
    /// What was asked, each in each way.
    pub asked: Vec<AskedTarget>,
    /// Who had which address, and when.
    pub held: Vec<HeldAddress>,
    /// What became of the rows that were written; null where none were.
    #[serde(default)]
    pub rows: Option<LedgerResult>,
    /// What was foreseen.
    pub expected: Expected,
    /// How it stands to that.
    pub judgement: Judgement,
    /// The chain of what happened, in order.
    #[serde(default)]
    pub causes: Vec<DrillCause>,
    /// The same drill before, if there was one.
    #[serde(default)]
    pub before: Option<EarlierDrill>,
}

/// A target that was asked in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AskedTarget {
    /// The target.
    pub target: String,
    /// How.
    pub way: Way,
    /// How many questions were sent.
    pub questions: usize,
    /// How many of them had no good answer in time.
    pub failed: usize,
    /// The seconds without an answer, in all.
    pub seconds: f64,
    /// The times in which nobody answered.
    pub gaps: Vec<Gap>,
}

/// An address, and the nodes that had it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldAddress {
    /// The address.
    pub address: IpAddr,
    /// The times in which a node had it.
    pub times: Vec<HeldTime>,
    /// The seconds in which more than one node had it.
    pub overlap: f64,
}

/// A time in which a node had an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldTime {
    /// The node.
    pub node: String,
    /// Since when, in seconds since 1970.
    pub from: f64,
    /// Until when.
    pub to: f64,
}

/// A thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillCause {
    /// When, in seconds since 1970.
    pub at: f64,
    /// What, as a sentence without full stop.
    pub what: String,
}

/// The same drill before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EarlierDrill {
    /// Its number in the journal.
    pub operation: u64,
    /// The seconds without an answer of what was gone longest.
    pub seconds: f64,
}

/// How a drill stands to what was foreseen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// The outage is within what was foreseen, and no two nodes had an address at once.
    AsExpected,
    /// It was shorter than foreseen.
    Shorter,
    /// It was longer than foreseen.
    Longer,
    /// Two nodes had an address at once: a failure, however short the outage.
    TwoHolders,
    /// What was asked did not answer again.
    NotBack,
    /// A row that was acknowledged is lost, or one is there that should not be: a failure, whatever the rest.
    RowsLost,
}

impl Judgement {
    /// Returns whether nothing is to be done about it.
    pub fn is_well(self) -> bool {
        matches!(self, Judgement::AsExpected | Judgement::Shorter)
    }
}

impl DrillResult {
    /// Returns the seconds without an answer of what was gone longest, asked by new connections.
    pub fn seconds(&self) -> f64 {
        let new = self.asked.iter().filter(|asked| asked.way == Way::New);
        new.map(|asked| asked.seconds).fold(0.0, f64::max)
    }

    /// Returns the seconds in which more than one node had an address.
    pub fn overlap(&self) -> f64 {
        self.held
            .iter()
            .map(|held| held.overlap)
            .fold(0.0, f64::max)
    }
}

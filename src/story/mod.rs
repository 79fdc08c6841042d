//! What happened in the cluster, told from what its nodes wrote down: one cause after another.
//!
//! [`words`] are what a node's logs are searched for, [`causes`] makes the story of what was found. Which line means
//! what stands in one table ([`pattern`]), as the installed releases write them; a line that is not in it says nothing.

mod cause;
mod configuration;
mod doubles;
mod host;
mod names;
mod pattern;
mod sentence;
#[cfg(test)]
mod tests;

use crate::facts::{FenceEvent, FenceState, HostRecords};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use cause::{Cause, CauseKind};
pub use names::Names;
pub use sentence::{clock, day};

/// An operation of a bascule, as its journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationTold {
    /// The node on which it was typed.
    pub node: String,
    pub at: Timestamp,
    pub id: u64,
    pub command: String,
    pub user: String,
    pub status: String,
}

/// What the logs do not say, and others know.
#[derive(Debug, Clone)]
pub struct Beside<'a> {
    /// The history of fencing that the cluster keeps itself.
    pub fencings: &'a [FenceEvent],
    /// What was done by bascule.
    pub operations: &'a [OperationTold],
    /// The nodes that have quorum now; the logs say it only when it changes.
    pub quorate: Vec<String>,
    /// Since when it is told.
    pub since: Timestamp,
    /// The zone of the times in sentences.
    pub zone: TimeZone,
}

/// What happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// The causes, in the order of time.
    pub causes: Vec<Cause>,
    /// How many lines say nothing of it.
    pub unknown: u64,
    /// What could not be read, each a sentence without full stop.
    pub missing: Vec<String>,
}

/// Returns the words of which one stands in each line that may mean something.
pub fn words() -> Vec<String> {
    let mut words: Vec<String> = pattern::TABLE
        .iter()
        .map(|pattern| pattern.word.to_owned())
        .collect();
    words.sort();
    words.dedup();
    words
}

/// Returns what happened, from what the nodes wrote down and from what else is known.
pub fn causes(records: &[HostRecords], names: &Names, beside: &Beside) -> Story {
    let mut story = Story::default();
    let mut all = Vec::new();
    for host in records {
        missing(host, &beside.zone, &mut story.missing);
        let (mut told, unknown) = host::read(host, names, &beside.quorate);
        story.unknown += host.rest + unknown;
        let behind = correction(host);
        for cause in &mut told {
            cause.at -= behind;
        }
        all.extend(told);
    }
    all.sort_by_key(|cause| cause.at);
    let mut all = doubles::without(all);
    fencing_history(beside, &mut all);
    all.extend(beside.operations.iter().map(of_operation));
    all.retain(|cause| cause.at >= beside.since);
    all.sort_by_key(|cause| cause.at);
    doubles::configured_by_bascule(&mut all);
    for cause in &mut all {
        let resource = cause.resource.as_ref();
        cause.address = resource.and_then(|id| names.addresses.get(id)).cloned();
    }
    story.causes = all;
    story
}

/// A clock that differs by less is none that the order of causes suffers from: two nodes are asked by ssh, which
/// takes some tenths of a second.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(1);

/// Returns how far a host's stamps are set back, for one clock in all of the story.
fn correction(host: &HostRecords) -> SignedDuration {
    let ahead = SignedDuration::from_millis(host.ahead);
    match ahead.abs() < CLOCKS_DIFFER {
        true => SignedDuration::ZERO,
        false => ahead,
    }
}

/// Says what of a host could not be read.
fn missing(host: &HostRecords, zone: &TimeZone, missing: &mut Vec<String>) {
    use crate::facts::Gap;
    let name = &host.host;
    if let Some(why) = &host.unreachable {
        missing.push(format!(
            "{name} did not answer, and what it alone has seen is missing: {why}"
        ));
        return;
    }
    for gap in &host.gaps {
        missing.push(match gap {
            Gap::NoFile(path) => format!(
                "{name} has no {path}: what its journal has was read instead, and who changed the configuration \
                 is not known"
            ),
            Gap::Begins(..) => continue,
            Gap::Volatile => format!(
                "{name} keeps its journal in memory: what systemd wrote there before the last boot is gone"
            ),
            Gap::NoJournal(why) => format!("the journal of {name} could not be read: {why}"),
        });
    }
    let begin = host.gaps.iter().filter_map(|gap| match gap {
        Gap::Begins(_, at) => Some(*at),
        _ => None,
    });
    if let Some(at) = begin.max() {
        missing.push(format!(
            "the logs of {name} begin on {} at {}",
            day(at, zone),
            clock(at, zone)
        ));
    }
    let behind = correction(host);
    if !behind.is_zero() {
        let way = if behind.is_positive() {
            "ahead"
        } else {
            "behind"
        };
        missing.push(format!(
            "the clock of {name} is {:.1} s {way}: its times are told by this host's clock",
            behind.abs().as_secs_f64()
        ));
    }
}

/// How far the stamp of the history and that of a log may lie apart.
const SAME_FENCING: SignedDuration = SignedDuration::from_secs(5);

/// Adds what the cluster's own history of fencing knows and no log that was read.
fn fencing_history(beside: &Beside, all: &mut Vec<Cause>) {
    for event in beside.fencings {
        let Some(at) = event.ended() else {
            continue;
        };
        let kind = match (event.state, event.action.as_str()) {
            (FenceState::Pending, _) | (_, "on") => continue,
            (FenceState::Done, _) => CauseKind::Fenced {
                by: event.delegate.clone(),
                device: None,
                action: event.action.clone(),
            },
            (FenceState::Failed, _) => CauseKind::FenceFailed {
                by: event.origin.clone(),
                reason: event.reason.clone(),
            },
        };
        let known = all.iter().any(|cause| {
            cause.node == event.target
                && std::mem::discriminant(&cause.kind) == std::mem::discriminant(&kind)
                && cause.at.duration_since(at).abs() <= SAME_FENCING
        });
        if !known {
            all.push(Cause {
                at,
                node: event.target.clone(),
                seen_by: event.origin.clone(),
                kind,
                resource: None,
                address: None,
            });
        }
    }
}

fn of_operation(operation: &OperationTold) -> Cause {
    Cause {
        at: operation.at,
        node: operation.node.clone(),
        seen_by: operation.node.clone(),
        kind: CauseKind::Operation {
            id: operation.id,
            command: operation.command.clone(),
            user: operation.user.clone(),
            status: operation.status.clone(),
        },
        resource: None,
        address: None,
    }
}

impl Story {
    /// Returns how many lines say nothing of it, as a sentence without full stop.
    pub fn unknown_sentence(&self) -> Option<String> {
        let lines = match self.unknown {
            0 => return None,
            1 => "1 line says".to_owned(),
            many => format!("{} lines say", thousands(many)),
        };
        Some(format!("{lines} nothing of it"))
    }
}

/// Returns a number with a comma between its thousands.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

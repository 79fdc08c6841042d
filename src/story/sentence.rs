//! The causes in plain words.

use super::cause::{Cause, CauseKind};
use crate::wording::list;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Returns the time of day of a moment, to the tenth of a second.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    let zoned = at.to_zoned(zone.clone());
    let tenth = zoned.subsec_nanosecond() / 100_000_000;
    format!("{}.{tenth}", zoned.strftime("%H:%M:%S"))
}

/// Returns the day of a moment.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
}

/// Returns a time that something took, as the end of a sentence; nothing for what took none.
fn took(time: Option<SignedDuration>) -> String {
    match time {
        Some(time) if time >= SignedDuration::from_millis(50) => {
            format!(", after {:.1} s", time.as_secs_f64())
        }
        _ => String::new(),
    }
}

/// Returns `the address 172.16.0.12 (ip)`, or the id of what is no address.
fn thing(cause: &Cause) -> String {
    let id = cause.resource.as_deref().unwrap_or_default();
    match &cause.address {
        Some(address) => format!("the address {address} ({id})"),
        None => id.to_owned(),
    }
}

impl Cause {
    /// Returns it as a sentence without full stop; a time in it is that of the zone.
    pub fn sentence(&self, zone: &TimeZone) -> String {
        let node = &self.node;
        match &self.kind {
            CauseKind::Silent { .. }
            | CauseKind::Membership { .. }
            | CauseKind::LinkLost { .. }
            | CauseKind::LinkBack { .. }
            | CauseKind::QuorumLost
            | CauseKind::QuorumGained
            | CauseKind::ThirdVoteLost
            | CauseKind::Elected => self.membership(),
            CauseKind::FenceAsked { .. }
            | CauseKind::Fenced { .. }
            | CauseKind::FenceFailed { .. } => self.fencing(),
            CauseKind::Starting
            | CauseKind::Stopping
            | CauseKind::Started { .. }
            | CauseKind::Stopped { .. }
            | CauseKind::Promoted
            | CauseKind::Demoted
            | CauseKind::Failed { .. }
            | CauseKind::TooManyFailures
            | CauseKind::Twice { .. }
            | CauseKind::CleanedUp => self.action(),
            CauseKind::Standby => format!("{node} is put in standby: nothing runs there"),
            CauseKind::Online => format!("{node} may run things again"),
            CauseKind::Maintenance if node.is_empty() => {
                "the whole cluster is put in maintenance: nothing is started, stopped or watched"
                    .to_owned()
            }
            CauseKind::Maintenance => {
                format!("{node} is put in maintenance: what runs there is left alone")
            }
            CauseKind::Ready if node.is_empty() => "the cluster's maintenance ends".to_owned(),
            CauseKind::Ready => format!("the maintenance of {node} ends"),
            CauseKind::Booted { before: None } => format!("{node} booted"),
            CauseKind::Booted {
                before: Some(before),
            } => {
                let before = match day(*before, zone) {
                    other if other != day(self.at, zone) => {
                        format!("on {other} at {}", clock(*before, zone))
                    }
                    _ => format!("at {}", clock(*before, zone)),
                };
                format!("{node} booted; what it wrote down before ends {before}")
            }
            CauseKind::ClusterStarted => format!("the cluster's services start on {node}"),
            CauseKind::ClusterStopping => {
                format!("the cluster's services are told to stop on {node}")
            }
            CauseKind::ClusterStopped => format!("the cluster's services have stopped on {node}"),
            CauseKind::Died { program, how } => match how.as_str() {
                "" => format!("{program} is gone on {node}"),
                how => format!("{program} was ended {how} on {node}"),
            },
            CauseKind::Configuration { by, what, .. } => {
                let who = if node.is_empty() {
                    by.clone()
                } else {
                    format!("{by} on {node}")
                };
                format!("the configuration is changed by {who}: {}", shortened(what))
            }
            CauseKind::Operation {
                id,
                command,
                user,
                status,
            } => {
                let ended = match status.as_str() {
                    "done" => String::new(),
                    status => format!(", {status}"),
                };
                format!("{user} on {node}: bascule {command} (operation {id}{ended})")
            }
        }
    }

    fn membership(&self) -> String {
        let node = &self.node;
        match &self.kind {
            CauseKind::Silent { token } => {
                let time = match token {
                    Some(token) => format!("for {token} ms"),
                    None => "for the whole token".to_owned(),
                };
                match node.as_str() {
                    "" => format!("{} heard nothing {time}, and nobody left", self.seen_by),
                    node => format!("{node} is silent: {} heard nothing {time}", self.seen_by),
                }
            }
            CauseKind::Membership {
                members,
                joined,
                left,
                quorum,
            } => {
                let quorum = match quorum {
                    Some(true) => ", with quorum",
                    Some(false) => ", without quorum",
                    None => "",
                };
                let kept = match quorum {
                    ", with quorum" => ", quorum kept",
                    other => other,
                };
                match (members.as_slice(), left.as_slice()) {
                    ([one], _) => format!("{one} is alone{kept}"),
                    (_, []) if joined.is_empty() => {
                        format!("{} see each other again{quorum}", list(members))
                    }
                    (_, []) => format!(
                        "{} {} in: {} see each other{quorum}",
                        list(joined),
                        if joined.len() == 1 { "comes" } else { "come" },
                        list(members)
                    ),
                    (_, left) => format!(
                        "{} {} gone, {} see each other{kept}",
                        list(left),
                        if left.len() == 1 { "is" } else { "are" },
                        list(members)
                    ),
                }
            }
            CauseKind::LinkLost { other, link } => {
                format!("{node} hears nothing of {other} on link {link}")
            }
            CauseKind::LinkBack { other, link } => format!("{node} hears {other} on link {link}"),
            CauseKind::QuorumLost => format!("{node} has no quorum any more"),
            CauseKind::QuorumGained => format!("{node} has quorum"),
            CauseKind::ThirdVoteLost => {
                format!("{node} does not reach the third host, which has a vote")
            }
            _ => format!("{node} leads the cluster (DC)"),
        }
    }

    fn fencing(&self) -> String {
        let node = &self.node;
        match &self.kind {
            CauseKind::FenceAsked { reason: None } => format!("{node} shall be fenced"),
            CauseKind::FenceAsked {
                reason: Some(reason),
            } => format!("{node} shall be fenced: {reason}"),
            CauseKind::Fenced { by: None, .. } => {
                format!("a human says that {node} is off: it counts as fenced")
            }
            CauseKind::Fenced {
                by: Some(by),
                device,
                action,
            } => {
                let device = match device {
                    Some(device) => format!(" by {device}"),
                    None => String::new(),
                };
                format!("{node} is fenced{device}: {action}, from {by}")
            }
            CauseKind::FenceFailed { by, reason } => {
                format!("{node} could not be fenced from {by}: {reason}")
            }
            _ => String::new(),
        }
    }

    fn action(&self) -> String {
        let (node, thing) = (&self.node, thing(self));
        match &self.kind {
            CauseKind::Starting => format!("{thing} is told to start on {node}"),
            CauseKind::Stopping => format!("{thing} is told to stop on {node}"),
            CauseKind::Started { took: time } => format!("{thing} runs on {node}{}", took(*time)),
            CauseKind::Stopped { took: time } => {
                format!("{thing} has stopped on {node}{}", took(*time))
            }
            CauseKind::Promoted => format!("{thing} is promoted on {node}"),
            CauseKind::Demoted => format!("{thing} is demoted on {node}"),
            CauseKind::Failed { action, reason } => match action.as_str() {
                "monitor" => format!("{thing} is found broken on {node}: {reason}"),
                action => format!("the {action} of {thing} on {node} failed: {reason}"),
            },
            CauseKind::TooManyFailures => {
                format!("{thing} may not run on {node} any more: it failed there too often")
            }
            CauseKind::Twice { nodes } => format!("{thing} may run on {nodes} nodes at once"),
            _ => format!("the failures of {thing} on {node} are cleaned up"),
        }
    }

    /// Returns its kind in one word, for programs.
    pub fn word(&self) -> &'static str {
        match &self.kind {
            CauseKind::Silent { .. } => "silent",
            CauseKind::Membership { .. } => "membership",
            CauseKind::LinkLost { .. } => "link lost",
            CauseKind::LinkBack { .. } => "link back",
            CauseKind::QuorumLost => "quorum lost",
            CauseKind::QuorumGained => "quorum gained",
            CauseKind::ThirdVoteLost => "third vote lost",
            CauseKind::FenceAsked { .. } => "fence asked",
            CauseKind::Fenced { .. } => "fenced",
            CauseKind::FenceFailed { .. } => "fence failed",
            CauseKind::Elected => "elected",
            CauseKind::Starting => "starting",
            CauseKind::Stopping => "stopping",
            CauseKind::Started { .. } => "started",
            CauseKind::Stopped { .. } => "stopped",
            CauseKind::Promoted => "promoted",
            CauseKind::Demoted => "demoted",
            CauseKind::Failed { .. } => "failed",
            CauseKind::TooManyFailures => "too many failures",
            CauseKind::Twice { .. } => "twice",
            CauseKind::CleanedUp => "cleaned up",
            CauseKind::Standby => "standby",
            CauseKind::Online => "online",
            CauseKind::Maintenance => "maintenance",
            CauseKind::Ready => "ready",
            CauseKind::Booted { .. } => "booted",
            CauseKind::ClusterStarted => "cluster started",
            CauseKind::ClusterStopping => "cluster stopping",
            CauseKind::ClusterStopped => "cluster stopped",
            CauseKind::Died { .. } => "died",
            CauseKind::Configuration { .. } => "configuration",
            CauseKind::Operation { .. } => "operation",
        }
    }

    /// Returns true for what nobody wants.
    pub fn is_grave(&self) -> bool {
        matches!(
            self.kind,
            CauseKind::Silent { .. }
                | CauseKind::LinkLost { .. }
                | CauseKind::QuorumLost
                | CauseKind::ThirdVoteLost
                | CauseKind::FenceAsked { .. }
                | CauseKind::Fenced { .. }
                | CauseKind::FenceFailed { .. }
                | CauseKind::Failed { .. }
                | CauseKind::TooManyFailures
                | CauseKind::Twice { .. }
                | CauseKind::Died { .. }
        )
    }
}

/// Returns what was changed, as far as a line holds it.
fn shortened(what: &[String]) -> String {
    const SHOWN: usize = 4;
    match what.len() {
        0..=SHOWN => list(what),
        many => format!("{} and {} more", what[..SHOWN].join(", "), many - SHOWN),
    }
}

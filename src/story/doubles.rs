//! One line for each cause: what two nodes, two daemons or two logs say of the same is one.

use super::cause::{Cause, CauseKind};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::mem::discriminant;

/// How far apart two logs tell of the same: the nodes' clocks and the wire are between them.
const SAME: SignedDuration = SignedDuration::from_secs(5);

/// The same for actions on resources: the DC hears of the end within some hundredths of a second, and what stops and
/// starts again may do so within seconds.
const SAME_ACTION: SignedDuration = SignedDuration::from_millis(1500);

/// An action that has not ended after so long was given up by everybody.
const ACTION: SignedDuration = SignedDuration::from_mins(20);

/// Returns the causes, in the order of time, each once.
pub fn without(all: Vec<Cause>) -> Vec<Cause> {
    let mut kept: Vec<Cause> = Vec::new();
    // What may not run there, until it is cleaned up: the scheduler says it each time it looks.
    let mut banned: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    let mut leads: Option<String> = None;
    let mut stopping: BTreeSet<String> = BTreeSet::new();
    for cause in all {
        let place = (cause.node.clone(), cause.resource.clone());
        match cause.kind {
            CauseKind::TooManyFailures if !banned.insert(place.clone()) => continue,
            // Each node that comes in is told who leads.
            CauseKind::Elected if leads.as_ref() == Some(&cause.node) => continue,
            // The node itself, the DC, and pacemakerd once its daemons have stopped.
            CauseKind::ClusterStopping if !stopping.insert(cause.node.clone()) => continue,
            CauseKind::ClusterStarted => {
                stopping.remove(&cause.node);
            }
            CauseKind::Elected => leads = Some(cause.node.clone()),
            CauseKind::CleanedUp => {
                banned.remove(&place);
            }
            _ => {}
        }
        let near = kept
            .iter_mut()
            .rev()
            .take_while(|other| (cause.at.duration_since(other.at)) <= window(&cause.kind))
            .find(|other| same(other, &cause));
        match near {
            Some(other) => add(other, cause),
            None => kept.push(cause),
        }
    }
    let mut kept = ended(kept);
    told_by_another(&mut kept);
    kept
}

/// Takes out what goes without saying beside another cause.
fn told_by_another(all: &mut Vec<Cause>) {
    const AT_ONCE: SignedDuration = SignedDuration::from_secs(1);
    const SOON: SignedDuration = SignedDuration::from_secs(15);
    let others = all.clone();
    let near = |cause: &Cause, before: SignedDuration, after: SignedDuration| {
        let at = cause.at;
        let first = others.partition_point(|other| other.at.duration_since(at) < -before);
        let rest = &others[first..];
        let end = rest.partition_point(|other| other.at.duration_since(at) <= after);
        &rest[..end]
    };
    all.retain(|cause| {
        let nothing = SignedDuration::ZERO;
        let said = |other: &Cause| match (&cause.kind, &other.kind) {
            // The membership says it.
            (
                CauseKind::QuorumGained,
                CauseKind::Membership {
                    members, quorum, ..
                },
            ) => *quorum == Some(true) && members.contains(&cause.node),
            // Who comes in is heard first.
            (
                CauseKind::LinkBack { other: heard, .. },
                CauseKind::Membership { members, left, .. },
            ) => left.is_empty() && members.contains(heard) && members.contains(&cause.node),
            // Who was told to stop is not heard any more.
            (CauseKind::LinkLost { other: lost, .. }, CauseKind::ClusterStopped) => {
                *lost == other.node
            }
            _ => false,
        };
        let range = match cause.kind {
            CauseKind::QuorumGained => near(cause, AT_ONCE, AT_ONCE),
            CauseKind::LinkBack { .. } => near(cause, nothing, SOON),
            CauseKind::LinkLost { .. } => near(cause, SOON, nothing),
            _ => return true,
        };
        !range.iter().any(said)
    });
}

fn is_action(kind: &CauseKind) -> bool {
    matches!(
        kind,
        CauseKind::Starting
            | CauseKind::Stopping
            | CauseKind::Started { .. }
            | CauseKind::Stopped { .. }
            | CauseKind::Promoted
            | CauseKind::Demoted
            | CauseKind::Failed { .. }
    )
}

fn window(kind: &CauseKind) -> SignedDuration {
    match is_action(kind) {
        true => SAME_ACTION,
        false => SAME,
    }
}

/// Returns true when both tell of the same.
fn same(one: &Cause, other: &Cause) -> bool {
    if discriminant(&one.kind) != discriminant(&other.kind) || one.resource != other.resource {
        return false;
    }
    match (&one.kind, &other.kind) {
        (
            CauseKind::Membership { members: one, .. },
            CauseKind::Membership { members: other, .. },
        ) => one == other,
        (
            CauseKind::Failed {
                action: one_action, ..
            },
            CauseKind::Failed {
                action: other_action,
                ..
            },
        ) => one.node == other.node && one_action == other_action,
        (
            CauseKind::Died { program, .. },
            CauseKind::Died {
                program: other_program,
                ..
            },
        ) => one.node == other.node && program == other_program,
        (
            CauseKind::Configuration { version, .. },
            CauseKind::Configuration {
                version: other_version,
                ..
            },
        ) => version == other_version,
        (CauseKind::LinkLost { .. } | CauseKind::LinkBack { .. }, _) => {
            one.node == other.node && one.kind == other.kind
        }
        _ => one.node == other.node,
    }
}

/// Adds what another one knows of the same.
fn add(kept: &mut Cause, other: Cause) {
    match (&mut kept.kind, other.kind) {
        (CauseKind::FenceAsked { reason }, CauseKind::FenceAsked { reason: more }) => {
            *reason = reason.take().or(more);
        }
        (CauseKind::Fenced { device, .. }, CauseKind::Fenced { device: more, .. }) => {
            *device = device.take().or(more);
        }
        (CauseKind::Died { how, .. }, CauseKind::Died { how: more, .. }) if how.is_empty() => {
            *how = more;
        }
        (
            CauseKind::Membership { quorum, joined, .. },
            CauseKind::Membership {
                quorum: more,
                joined: others,
                ..
            },
        ) => {
            *quorum = quorum.or(more);
            // Each says that the other came: they were apart, and nobody was away.
            if *joined != others {
                joined.clear();
            }
        }
        // A node that has just come in hears of all the rest with it.
        (CauseKind::Configuration { what, .. }, CauseKind::Configuration { what: other, .. })
            if other.len() < what.len() =>
        {
            *what = other;
        }
        // The node itself knows the agent's words.
        (CauseKind::Failed { reason, .. }, CauseKind::Failed { reason: more, .. })
            if more.len() > reason.len() =>
        {
            *reason = more;
        }
        _ => {}
    }
}

/// Takes out what was asked for where it is told how that ended, and says there how long it took.
fn ended(all: Vec<Cause>) -> Vec<Cause> {
    let mut kept: Vec<Cause> = Vec::new();
    for mut cause in all {
        let asked = match cause.kind {
            CauseKind::Started { .. } => Some(CauseKind::Starting),
            CauseKind::Stopped { .. } => Some(CauseKind::Stopping),
            CauseKind::Failed { ref action, .. } => match action.as_str() {
                "start" => Some(CauseKind::Starting),
                "stop" => Some(CauseKind::Stopping),
                _ => None,
            },
            _ => None,
        };
        if let Some(asked) = asked
            && let Some(at) = kept.iter().rposition(|other| {
                other.kind == asked
                    && other.node == cause.node
                    && other.resource == cause.resource
                    && cause.at.duration_since(other.at) <= ACTION
            })
        {
            let begun = kept.remove(at);
            if let CauseKind::Started { took } | CauseKind::Stopped { took } = &mut cause.kind {
                *took = Some(cause.at.duration_since(begun.at));
            }
        }
        kept.push(cause);
    }
    kept
}

/// Takes out the changes of the configuration that an operation of bascule's made, which is told itself. What a
/// person changed on another node meanwhile stays.
pub fn configured_by_bascule(all: &mut Vec<Cause>) {
    // The journal has the second of its beginning alone, and crmsh is done within some seconds.
    const OPERATION: SignedDuration = SignedDuration::from_secs(20);
    let operations: Vec<_> = all
        .iter()
        .filter(|cause| matches!(cause.kind, CauseKind::Operation { .. }))
        .map(|cause| (cause.node.clone(), cause.at))
        .collect();
    all.retain(|cause| {
        let by_it = |(node, at): &(String, jiff::Timestamp)| {
            let after = cause.at.duration_since(*at);
            cause.node == *node && (SignedDuration::ZERO..OPERATION).contains(&after)
        };
        !(matches!(cause.kind, CauseKind::Configuration { .. }) && operations.iter().any(by_it))
    });
}

//! One host's lines, in their order: what each means, with what the lines before it said.

use super::cause::{Cause, CauseKind};
use super::configuration::Configuration;
use super::names::Names;
use super::pattern::{Captured, Means, recognise};
use crate::facts::{HostRecords, RecordLine};
use jiff::{SignedDuration, Timestamp};

/// Reads a host's lines: what they tell, and how many tell nothing.
pub fn read(records: &HostRecords, names: &Names, quorate: &[String]) -> (Vec<Cause>, u64) {
    let mut host = Host {
        name: &records.host,
        names,
        told: Vec::new(),
        silent: None,
        joined: Vec::new(),
        left: Vec::new(),
        quorum: None,
        born: None,
        led: None,
        met: true,
        device: None,
        complaint: None,
        unreached: None,
        configuration: Configuration::default(),
    };
    let mut unknown = 0;
    // Each log is in its order; corosync's says first who is there.
    let mut lines: Vec<&RecordLine> = records.lines.iter().collect();
    lines.sort_by_key(|line| line.at);
    for line in lines {
        match recognise(&line.program, &line.text) {
            Some((means, words)) => host.line(line.at, means, &words),
            None => unknown += 1,
        }
    }
    for boot in &records.boots {
        host.tell(
            boot.at,
            records.host.clone(),
            CauseKind::Booted {
                before: boot.before,
            },
        );
    }
    host.told.sort_by_key(|cause| cause.at);
    let mut told = host.told;
    know_quorum(&mut told, quorate.contains(&records.host));
    (told, unknown)
}

/// A host while its lines are read.
struct Host<'a> {
    name: &'a str,
    names: &'a Names,
    told: Vec<Cause>,
    /// The loss of the token that is not yet explained by who left: its place among what is told.
    silent: Option<usize>,
    /// Who joined and who left in the membership that is being agreed on.
    joined: Vec<String>,
    left: Vec<String>,
    quorum: Option<bool>,
    /// When corosync was started here.
    born: Option<Timestamp>,
    /// Who led the cluster before an election that is under way.
    led: Option<String>,
    /// Whether it has met another one since.
    met: bool,
    /// The device that was used last, with its target.
    device: Option<(String, String)>,
    /// What a fence agent complained of last.
    complaint: Option<String>,
    /// When the third host was last not reached.
    unreached: Option<Timestamp>,
    configuration: Configuration,
}

/// How long after its start a node is alone because it has met nobody yet.
const BIRTH: SignedDuration = SignedDuration::from_secs(3);

/// An election takes no longer.
const ELECTION: SignedDuration = SignedDuration::from_secs(60);

/// What is not reached is not reached until it says nothing of it for so long.
const UNREACHED: SignedDuration = SignedDuration::from_secs(60);

impl Host<'_> {
    fn tell(&mut self, at: Timestamp, node: String, kind: CauseKind) {
        self.told.push(Cause {
            at,
            node,
            seen_by: self.name.to_owned(),
            kind,
            resource: None,
            address: None,
        });
    }

    fn tell_of(&mut self, at: Timestamp, node: &str, resource: &str, kind: CauseKind) {
        self.tell(at, node.to_owned(), kind);
        if let Some(last) = self.told.last_mut() {
            last.resource = Some(without_copy(resource).to_owned());
        }
    }

    fn here(&mut self, at: Timestamp, kind: CauseKind) {
        self.tell(at, self.name.to_owned(), kind);
    }

    fn line(&mut self, at: Timestamp, means: Means, words: &Captured) {
        match means {
            Means::TokenLost
            | Means::MembershipFormed
            | Means::Members
            | Means::QuorumGained
            | Means::QuorumLost
            | Means::QuorumRetained
            | Means::LinkDown
            | Means::LinkUp
            | Means::ThirdVoteLost => self.membership(at, means, words),
            Means::CorosyncStarts
            | Means::CorosyncStops
            | Means::PacemakerStarts
            | Means::PacemakerStops
            | Means::ShutdownAsked
            | Means::CorosyncGone
            | Means::DaemonKilled
            | Means::ServiceDied
            | Means::Unset
            | Means::Elected => self.services(at, means, words),
            Means::Asked
            | Means::Result
            | Means::Confirmed
            | Means::Unexpected
            | Means::Threshold
            | Means::Twice
            | Means::CleanedUp => self.resources(at, means, words),
            Means::WillBeFenced
            | Means::FenceAsked
            | Means::FenceWanted
            | Means::DeviceUsed
            | Means::AgentSaid
            | Means::FenceEnded
            | Means::Terminated => self.fencing(at, means, words),
            Means::ConfigurationLine => {
                self.configuration
                    .line(at, words.get("operation"), words.get("path"));
            }
            Means::NodeAttribute => self
                .configuration
                .attribute(words.get("id"), words.get("value")),
            Means::ConfigurationDone => {
                let version = format!("{}.{}", words.get("admin"), words.get("epoch"));
                for (about, kind) in
                    self.configuration
                        .done(words.get("client"), &version, self.names)
                {
                    let about = match kind {
                        CauseKind::Configuration { .. } => words.get("node").to_owned(),
                        _ => about.unwrap_or_default(),
                    };
                    self.tell(at, about, kind);
                }
            }
        }
    }

    fn membership(&mut self, at: Timestamp, means: Means, words: &Captured) {
        match means {
            Means::TokenLost => {
                self.silent = Some(self.told.len());
                let token = words.get("token").parse().ok();
                self.tell(at, String::new(), CauseKind::Silent { token });
            }
            Means::MembershipFormed => {
                self.joined = self.changed(words.get("changes"), " joined: ");
                self.left = self.changed(words.get("changes"), " left: ");
                let silent = self.silent.take();
                if let (Some(silent), [first, others @ ..]) = (silent, self.left.as_slice()) {
                    self.told[silent].node.clone_from(first);
                    for other in others {
                        let mut cause = self.told[silent].clone();
                        cause.node.clone_from(other);
                        self.told.push(cause);
                    }
                }
            }
            Means::Members => {
                let members = self.all(words.get("members"));
                let newborn = self
                    .born
                    .is_some_and(|born| at.duration_since(born) < BIRTH);
                let (mut joined, left) = (
                    std::mem::take(&mut self.joined),
                    std::mem::take(&mut self.left),
                );
                // Its own join is told with its start.
                if (joined.is_empty() && left.is_empty()) || members.len() == 1 && newborn {
                    return;
                }
                // Who was started is who comes in, though each says of the other that it joined.
                if !std::mem::replace(&mut self.met, true) && !joined.is_empty() {
                    joined = vec![self.name.to_owned()];
                }
                let quorum = self.quorum;
                self.here(
                    at,
                    CauseKind::Membership {
                        members,
                        joined,
                        left,
                        quorum,
                    },
                );
            }
            Means::QuorumGained => {
                self.quorum = Some(true);
                self.here(at, CauseKind::QuorumGained);
            }
            Means::QuorumLost => {
                self.quorum = Some(false);
                self.here(at, CauseKind::QuorumLost);
            }
            Means::QuorumRetained => self.quorum_retained(at),
            Means::LinkDown | Means::LinkUp => {
                let other = self.names.node(words.get("node"));
                let link = words.get("link").to_owned();
                let kind = match means {
                    Means::LinkDown => CauseKind::LinkLost { other, link },
                    _ => CauseKind::LinkBack { other, link },
                };
                self.here(at, kind);
            }
            // It tries again every few seconds and says so: once is enough.
            _ => {
                let known = self.unreached.replace(at);
                if known.is_none_or(|before| at.duration_since(before) > UNREACHED) {
                    self.here(at, CauseKind::ThirdVoteLost);
                }
            }
        }
    }

    /// Notes what Pacemaker says of a membership that corosync has just told.
    fn quorum_retained(&mut self, at: Timestamp) {
        self.quorum = Some(true);
        let told = self.told.iter_mut().rev();
        let just = told.take_while(|cause| at.duration_since(cause.at) < BIRTH);
        let membership = just.filter_map(|cause| match &mut cause.kind {
            CauseKind::Membership { quorum, .. } => Some(quorum),
            _ => None,
        });
        for quorum in membership.take(1) {
            *quorum = quorum.or(Some(true));
        }
    }

    /// Returns the nodes behind ` joined: ` or ` left: `.
    fn changed(&self, changes: &str, word: &str) -> Vec<String> {
        let Some((_, rest)) = changes.split_once(word) else {
            return Vec::new();
        };
        let end = rest.find([':', 'l', 'j']).unwrap_or(rest.len());
        self.all(&rest[..end])
    }

    fn all(&self, numbers: &str) -> Vec<String> {
        let numbers = numbers.split_whitespace();
        numbers.map(|number| self.names.node(number)).collect()
    }

    fn services(&mut self, at: Timestamp, means: Means, words: &Captured) {
        match means {
            Means::CorosyncStarts => {
                self.born = Some(at);
                (self.quorum, self.met) = (Some(false), false);
                self.here(at, CauseKind::ClusterStarted);
            }
            Means::PacemakerStarts => self.here(at, CauseKind::ClusterStarted),
            Means::CorosyncStops => self.here(at, CauseKind::ClusterStopped),
            Means::PacemakerStops => self.here(at, CauseKind::ClusterStopping),
            Means::ShutdownAsked => {
                let node = words.get("node").to_owned();
                self.tell(at, node, CauseKind::ClusterStopping);
            }
            Means::CorosyncGone => self.here(
                at,
                CauseKind::Died {
                    program: "corosync".to_owned(),
                    how: String::new(),
                },
            ),
            Means::DaemonKilled => {
                let (program, signal) = (words.get("daemon"), words.get("signal"));
                let kind = CauseKind::Died {
                    program: program.to_owned(),
                    how: format!("by signal {signal}"),
                };
                self.here(at, kind);
            }
            Means::ServiceDied => {
                let how = match words.get("code") {
                    "exited" => format!("with status {}", words.get("status")),
                    // `9/KILL`
                    _ => match words.get("status").split_once('/') {
                        Some((number, name)) => format!("by signal {number} ({name})"),
                        None => format!("by signal {}", words.get("status")),
                    },
                };
                let program = words.get("service").to_owned();
                self.here(at, CauseKind::Died { program, how });
            }
            Means::Unset => self.led = Some(words.get("node").to_owned()),
            _ => {
                let node = words.get("node");
                // 3.0.0 elects anew where `cibadmin` changes a node; and who comes in is told who leads.
                let again = self.led.take().is_some_and(|before| before == node);
                let comes_in = self
                    .born
                    .is_some_and(|born| at.duration_since(born) < ELECTION);
                let told = comes_in && node != self.name;
                if !again && !told {
                    self.tell(at, node.to_owned(), CauseKind::Elected);
                }
            }
        }
    }

    fn resources(&mut self, at: Timestamp, means: Means, words: &Captured) {
        let node = words.get("node");
        match means {
            Means::Asked => {
                let Some((resource, task, _)) = of_key(words.get("key")) else {
                    return;
                };
                match task {
                    "start" => self.tell_of(at, node, resource, CauseKind::Starting),
                    "stop" => self.tell_of(at, node, resource, CauseKind::Stopping),
                    _ => {}
                }
            }
            Means::Result => {
                let (task, result) = (words.get("task"), words.get("result"));
                self.ended(at, node, words.get("resource"), task, result);
            }
            Means::Confirmed | Means::Unexpected => {
                let Some((resource, task, interval)) = of_key(words.get("key")) else {
                    return;
                };
                // What a probe finds is no failure.
                if task == "monitor" && interval == "0" {
                    return;
                }
                self.ended(at, node, resource, task, words.get("result"));
            }
            Means::Twice => {
                let nodes = words.get("count").to_owned();
                self.tell_of(at, "", words.get("resource"), CauseKind::Twice { nodes });
            }
            Means::Threshold => {
                self.tell_of(at, node, words.get("resource"), CauseKind::TooManyFailures);
            }
            _ => self.tell_of(at, node, words.get("resource"), CauseKind::CleanedUp),
        }
    }

    fn ended(&mut self, at: Timestamp, node: &str, resource: &str, task: &str, result: &str) {
        // 2.1.5 writes `ok` and 3.0.0 `OK`; a result may have the agent's words behind it, in brackets.
        let word = result.split(" (").next().unwrap_or(result).to_lowercase();
        let kind = match (task, word.as_str()) {
            ("probe" | "cancel" | "notify", _) | (_, "cancelled" | "pending") => return,
            ("monitor", "ok" | "promoted" | "master") => return,
            ("start" | "migrate_from", "ok") => CauseKind::Started { took: None },
            ("stop", "ok") => CauseKind::Stopped { took: None },
            ("promote", "ok") => CauseKind::Promoted,
            ("demote", "ok") => CauseKind::Demoted,
            (_, "ok") => return,
            _ => CauseKind::Failed {
                action: task.to_owned(),
                reason: reason(result),
            },
        };
        self.tell_of(at, node, resource, kind);
    }

    fn fencing(&mut self, at: Timestamp, means: Means, words: &Captured) {
        let node = words.get("node").to_owned();
        let action = words.get("action");
        if action == "on" {
            return;
        }
        match means {
            Means::WillBeFenced => {
                let reason = Some(words.get("reason").to_owned());
                self.tell(at, node, CauseKind::FenceAsked { reason });
            }
            Means::FenceAsked => self.tell(at, node, CauseKind::FenceAsked { reason: None }),
            Means::FenceWanted => {
                let client = words.get("client").split('.').next().unwrap_or_default();
                let reason = (!client.starts_with("pacemaker"))
                    .then(|| format!("{client} on {} asks for it", self.name));
                self.tell(at, node, CauseKind::FenceAsked { reason });
            }
            Means::AgentSaid => self.complaint = Some(words.get("words").to_owned()),
            Means::DeviceUsed => {
                self.device = (words.get("result").split(' ').next() == Some("0"))
                    .then(|| (node, words.get("device").to_owned()));
            }
            _ => {
                let by = words.get("by");
                let result = words.get("result");
                if !result.is_empty() && !result.starts_with("OK") {
                    let kind = CauseKind::FenceFailed {
                        by: by.to_owned(),
                        // What Pacemaker makes of it is `Error occurred`.
                        reason: self.complaint.take().unwrap_or_else(|| reason(result)),
                    };
                    self.tell(at, node, kind);
                    return;
                }
                let device = self.device.take_if(|(target, _)| *target == node);
                let kind = CauseKind::Fenced {
                    by: (by != "a human").then(|| by.to_owned()),
                    device: device.map(|(_, device)| device),
                    action: action.to_owned(),
                };
                self.tell(at, node, kind);
            }
        }
    }
}

/// Returns the words of a result: `not running (failed)` adds nothing in its brackets, `Error (no such file)` does.
fn reason(result: &str) -> String {
    let nothing = ["complete", "Done", "failed", "inactive"];
    let (word, detail) = match result.split_once(" (") {
        Some((word, detail)) => (word, detail.strip_suffix(')').unwrap_or(detail)),
        None => (result, ""),
    };
    let mut chars = word.chars();
    let lower: String = match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    };
    match detail {
        "" => lower,
        _ if nothing.contains(&detail) => lower,
        _ => format!("{lower}: {detail}"),
    }
}

/// Returns the resource, the task and the interval of `web_monitor_10000`.
fn of_key(key: &str) -> Option<(&str, &str, &str)> {
    let (rest, interval) = key.rsplit_once('_')?;
    for task in ["migrate_to", "migrate_from"] {
        if let Some(resource) = rest.strip_suffix(task) {
            return Some((resource.trim_end_matches('_'), task, interval));
        }
    }
    let (resource, task) = rest.rsplit_once('_')?;
    Some((resource, task, interval))
}

/// Returns a resource's id without a clone's copy number.
fn without_copy(id: &str) -> &str {
    match id.rsplit_once(':') {
        Some((base, copy)) if copy.chars().all(|c| c.is_ascii_digit()) => base,
        _ => id,
    }
}

/// Completes who has quorum where the log said nothing yet: the next line that does tells what was before.
fn know_quorum(told: &mut [Cause], now: bool) {
    let mut later = now.then_some(true);
    for cause in told.iter_mut().rev() {
        match &mut cause.kind {
            CauseKind::QuorumLost => later = Some(true),
            CauseKind::QuorumGained => later = Some(false),
            CauseKind::ClusterStarted => later = None,
            CauseKind::Membership { quorum, .. } => *quorum = quorum.or(later),
            _ => {}
        }
    }
}

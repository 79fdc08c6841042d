//! What happened between two readings, in sentences: a node lost, a resource that failed or moved, a
//! replica that stopped, and each of these when it is over.
//!
//! What is under way is told when it has ended: a resource that stops on its way to another node is
//! not told as stopped. What happens while a verb runs is mostly its own doing, and told only where
//! it is bad.

use super::replica::{Replica, lag};
use crate::facts::{
    Cluster, DatabaseServer, Facts, FenceState, Monitor, MonitorResource, NodeKind,
};
use crate::health::database::unanswered;
use crate::report::Role;
use crate::wording;
use std::collections::BTreeMap;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEvent {
    /// Whether it is good or bad.
    pub role: Role,
    /// The event, in one sentence without full stop.
    pub text: String,
}

impl ClusterEvent {
    /// Returns the sign that stands before it.
    pub fn mark(&self) -> &'static str {
        match self.role {
            Role::Fail => "!",
            Role::Warn => "·",
            _ => "✓",
        }
    }
}

/// Sees one reading after the other.
#[derive(Debug, Default)]
pub struct EventObserver {
    /// Why the cluster is not there, at the last reading of it.
    absence: Option<Option<String>>,
    monitor: Option<Monitor>,
    /// Where each resource last ran, as it was told.
    places: BTreeMap<String, Vec<String>>,
    /// The resources that ran nowhere at the last reading, and were not told yet.
    nowhere: Vec<String>,
    links: BTreeMap<String, Replica>,
    /// MariaDB here did not answer at the last reading.
    silent: Option<bool>,
    /// The hosts whose replicas are connected to the primary here.
    followers: Option<Vec<String>>,
}

impl EventObserver {
    /// Returns what happened since the reading before; nothing at the first one.
    pub fn events_since(&mut self, facts: &Facts) -> Vec<ClusterEvent> {
        let mut events = Vec::new();
        self.cluster(&facts.cluster, &mut events);
        if let Some(monitor) = &facts.monitor {
            if let Some(before) = self.monitor.take() {
                nodes(&before, monitor, &mut events);
                self.resources(&before, monitor, &mut events);
                failures(&before, monitor, &mut events);
                fencings(&before, monitor, &mut events);
            } else {
                self.places = places(monitor);
            }
            self.monitor = Some(monitor.clone());
        }
        if let Some(said) = facts.database.as_ref().filter(|said| said.installed) {
            self.server(said, &facts.host, &mut events);
        }
        if let Some(said) = facts.database.as_ref().filter(|said| said.answers()) {
            let links = said.links.iter().filter(|l| !l.primary_host().is_empty());
            let links: BTreeMap<String, Replica> = links
                .map(|link| (link.primary_host().to_owned(), Replica::of_link(link)))
                .collect();
            for (primary, now) in &links {
                if let Some(before) = self.links.get(primary) {
                    let link = said.links.iter().find(|l| l.primary_host() == primary);
                    let errno = link.map_or(0, |l| match l.sql_errno() {
                        0 => l.io_errno(),
                        errno => errno,
                    });
                    events.extend(replica(primary, *before, *now, errno));
                }
            }
            self.links = links;
            self.followers(
                said.replicas().map(|session| session.host.as_str()),
                &mut events,
            );
        }
        events
    }

    fn cluster(&mut self, cluster: &Cluster, events: &mut Vec<ClusterEvent>) {
        if *cluster == Cluster::Unread {
            return;
        }
        let now = cluster.absence();
        let hangs = |why: &String| why.contains("does not answer");
        match (&self.absence, &now) {
            (Some(None), Some(why)) => events.push(ClusterEvent {
                // In the shell a verb did it, mostly, and it is told to those alone who do not type.
                role: Role::Warn,
                text: why.clone(),
            }),
            (Some(Some(why)), None) => events.push(good_event(match hangs(why) {
                true => "the cluster answers again".to_owned(),
                false => "the cluster runs on this host again".to_owned(),
            })),
            _ => {}
        }
        if now.as_ref().is_some_and(|why| !hangs(why)) {
            // It begins from nothing when it is started: that nobody is there yet is no loss.
            self.monitor = None;
            self.nowhere.clear();
        }
        self.absence = Some(now);
    }

    fn resources(&mut self, before: &Monitor, monitor: &Monitor, events: &mut Vec<ClusterEvent>) {
        let now = places(monitor);
        let mut nowhere = Vec::new();
        for (id, nodes) in &now {
            let Some(told) = self.places.get(id) else {
                // One that has only left its group, or been put into one, runs on.
                let ran = |part: &&MonitorResource| {
                    let was = before.resources.iter().find(|old| old.id == part.id);
                    was.is_some_and(|old| old.nodes == part.nodes)
                };
                if nodes.is_empty() || monitor.primitives_of(id).iter().all(ran) {
                    continue;
                }
                events.push(good_event(format!("{id} runs on {}", nodes.join(", "))));
                continue;
            };
            if told == nodes || under_way(monitor, id) {
                continue;
            }
            if nodes.is_empty() && !self.nowhere.contains(id) {
                nowhere.push(id.clone());
                continue;
            }
            events.push(match (told.as_slice(), nodes.as_slice()) {
                (_, []) => bad_event(format!("{id} runs nowhere")),
                ([before], [node]) => {
                    let role = Role::Warn;
                    let text = format!("{id} runs on {node} now, and no longer on {before}");
                    ClusterEvent { role, text }
                }
                (_, [_, _, ..]) if !has_copies(monitor, id) => {
                    bad_event(format!("{id} runs on {} at once", wording::list(nodes)))
                }
                _ => good_event(format!("{id} runs on {}", nodes.join(", "))),
            });
            self.places.insert(id.clone(), nodes.clone());
        }
        for (id, nodes) in &now {
            if !nodes.is_empty() {
                self.places
                    .entry(id.clone())
                    .or_insert_with(|| nodes.clone());
            }
        }
        self.places.retain(|id, _| now.contains_key(id));
        self.nowhere = nowhere;
    }

    fn server(&mut self, said: &DatabaseServer, host: &str, events: &mut Vec<ClusterEvent>) {
        let now = said.unanswered.as_deref();
        match (self.silent, now) {
            (Some(false), Some(why)) => events.push(bad_event(unanswered(host, why))),
            (Some(true), None) => {
                events.push(good_event(format!("MariaDB on {host} answers again")))
            }
            _ => {}
        }
        self.silent = Some(now.is_some());
    }

    fn followers<'a>(
        &mut self,
        hosts: impl Iterator<Item = &'a str>,
        events: &mut Vec<ClusterEvent>,
    ) {
        let mut now: Vec<String> = hosts
            .map(|host| {
                host.rsplit_once(':')
                    .map_or(host, |(host, _)| host)
                    .to_owned()
            })
            .collect();
        now.sort();
        now.dedup();
        if let Some(before) = &self.followers {
            for host in before.iter().filter(|host| !now.contains(host)) {
                events.push(bad_event(format!(
                    "the replica on {host} is no longer connected"
                )));
            }
            for host in now.iter().filter(|host| !before.contains(host)) {
                events.push(good_event(format!("the replica on {host} is connected")));
            }
        }
        self.followers = Some(now);
    }
}

fn good_event(text: String) -> ClusterEvent {
    ClusterEvent {
        role: Role::Ok,
        text,
    }
}

fn bad_event(text: String) -> ClusterEvent {
    ClusterEvent {
        role: Role::Fail,
        text,
    }
}

fn nodes(before: &Monitor, now: &Monitor, events: &mut Vec<ClusterEvent>) {
    let quorum = match (before.quorum, now.quorum) {
        (true, false) => " · quorum is lost: nothing starts, what ran is stopped",
        (false, true) => " · there is quorum again",
        _ => "",
    };
    let mut said = false;
    for node in &now.nodes {
        let known = before.node(&node.name);
        let (old, new) = (known.map_or("", |node| node.state()), node.state());
        if old == new {
            continue;
        }
        let name = &node.name;
        let was_there = known.is_some_and(|node| node.online);
        let (role, text) = match new {
            "unclean" => (Role::Fail, format!("{name} is lost, and not fenced yet")),
            "offline" if was_there => (Role::Fail, format!("{name} is offline")),
            "offline" | "pending" => continue,
            "standby" => (Role::Warn, format!("{name} is in standby")),
            "maintenance" => (Role::Warn, format!("{name} is in maintenance")),
            _ if was_there && old != "pending" => (Role::Ok, format!("{name} is used again")),
            _ => (Role::Ok, format!("{name} is online")),
        };
        let online = now.members().filter(|node| node.online).count();
        let count = if was_there == node.online || node.kind != NodeKind::Member {
            String::new()
        } else {
            format!(" · {online} of {} nodes online", now.members().count())
        };
        said = true;
        events.push(ClusterEvent {
            role,
            text: format!("{text}{count}{quorum}"),
        });
    }
    if !said && !quorum.is_empty() {
        let text = quorum.trim_start_matches(" · ").to_owned();
        events.push(if now.quorum {
            good_event(text)
        } else {
            bad_event(text)
        });
    }
    if before.maintenance != now.maintenance {
        events.push(if now.maintenance {
            bad_event("the cluster is in maintenance: nothing is watched or moved".to_owned())
        } else {
            good_event("the cluster looks after everything again".to_owned())
        });
    }
}

fn failures(before: &Monitor, now: &Monitor, events: &mut Vec<ClusterEvent>) {
    let key = |failure: &crate::facts::Failure| {
        (
            failure.resource.clone(),
            failure.node.clone(),
            failure.task.clone(),
        )
    };
    let known: Vec<_> = before.failures.iter().map(key).collect();
    for failure in &now.failures {
        if known.contains(&key(failure)) {
            continue;
        }
        let (id, node) = (&failure.resource, &failure.node);
        let what = match failure.task.as_str() {
            "monitor" => format!("{id} failed on {node}"),
            task => format!("{id} could not {task} on {node}"),
        };
        let reason = failure.reason.trim();
        events.push(bad_event(if reason.is_empty() {
            what
        } else {
            format!("{what}: {reason}")
        }));
    }
    let now: Vec<_> = now.failures.iter().map(key).collect();
    let mut over: Vec<&str> = Vec::new();
    for failure in &before.failures {
        let id = failure.resource.as_str();
        if !now.iter().any(|(resource, ..)| resource == id) && !over.contains(&id) {
            over.push(id);
            events.push(good_event(format!(
                "no failure of {id} is held against it any more"
            )));
        }
    }
}

fn fencings(before: &Monitor, now: &Monitor, events: &mut Vec<ClusterEvent>) {
    let mut told: Vec<&str> = Vec::new();
    for event in &now.fencings {
        let target = event.target.as_str();
        // One shot stands there for who asked and once more for the controller.
        if before.fencings.contains(event) || event.action == "on" || told.contains(&target) {
            continue;
        }
        told.push(target);
        let by = event.delegate.as_deref().unwrap_or(&event.origin);
        events.push(match event.state {
            FenceState::Pending => ClusterEvent {
                role: Role::Warn,
                text: format!("{} is switching {target} off", event.origin),
            },
            FenceState::Done => ClusterEvent {
                role: Role::Warn,
                text: format!("{target} was switched off by {by}"),
            },
            FenceState::Failed => bad_event(match event.reason.as_str() {
                "" => format!("{target} could not be switched off"),
                reason => format!("{target} could not be switched off: {reason}"),
            }),
        });
    }
}

/// Returns where each group, clone or resource of its own runs.
fn places(monitor: &Monitor) -> BTreeMap<String, Vec<String>> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resource in &monitor.resources {
        let nodes = places
            .entry(resource.outermost_id().to_owned())
            .or_default();
        for node in &resource.nodes {
            if !nodes.contains(node) {
                nodes.push(node.clone());
            }
        }
    }
    for nodes in places.values_mut() {
        nodes.sort();
    }
    places
}

/// Returns true for what may run on several nodes: a clone or a bundle.
fn has_copies(monitor: &Monitor, id: &str) -> bool {
    let mut parts = monitor.primitives_of(id).into_iter();
    parts.any(|part| [&part.clone, &part.bundle].contains(&&Some(id.to_owned())))
}

fn under_way(monitor: &Monitor, id: &str) -> bool {
    let moves = |part: &&MonitorResource| {
        part.pending || !matches!(part.role.as_str(), "Started" | "Stopped")
    };
    let parts = monitor.primitives_of(id);
    let clone = parts.iter().any(|part| part.clone.as_deref() == Some(id));
    // A group that is half there is on its way; a clone may have no place on some node.
    let half = !clone
        && parts.iter().any(|part| part.nodes.is_empty())
        && parts.iter().any(|part| !part.nodes.is_empty());
    half || parts.iter().any(moves)
}

fn replica(primary: &str, before: Replica, now: Replica, errno: u32) -> Option<ClusterEvent> {
    use Replica::{Connecting, Follows, Stopped};
    let why = match errno {
        0 => String::new(),
        errno => format!(": error {errno}, `explain {errno}` tells more"),
    };
    match (before, now) {
        (Follows { .. } | Connecting, Stopped) => {
            Some(bad_event(format!("the replica of {primary} stopped{why}")))
        }
        (Follows { .. }, Connecting) => Some(bad_event(format!(
            "the replica has lost its primary {primary} and tries again{why}"
        ))),
        (Stopped | Connecting, Follows { .. }) => {
            Some(good_event(format!("the replica follows {primary} again")))
        }
        (Follows { .. }, Follows { .. }) => match (before.late(), now.late()) {
            (None, Some(behind)) => Some(ClusterEvent {
                role: Role::Warn,
                text: format!("the replica is {} behind {primary}", lag(behind)),
            }),
            (Some(_), None) => Some(good_event(format!(
                "the replica has caught up with {primary}"
            ))),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests;

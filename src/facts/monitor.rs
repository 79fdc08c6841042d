//! The cluster's own view of its nodes and resources, by one `crm_mon --output-as=xml`.

use super::{READING, tool};
use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The cluster as `crm_mon` shows it at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// The designated controller's name, once one is elected.
    pub dc: Option<String>,
    /// True when this partition has quorum.
    pub quorum: bool,
    /// True while the cluster leaves all resources alone.
    pub maintenance: bool,
    /// The nodes, in the cluster's order.
    pub nodes: Vec<MonitorNode>,
    /// Every primitive, those in groups and clones included; a clone's once per copy.
    pub resources: Vec<MonitorResource>,
    /// Failed actions not yet cleaned up.
    pub failures: Vec<Failure>,
    /// How often what failed has failed, and how often it may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<FailCount>,
    /// What was fenced, or is being, the latest first, until it is cleaned up.
    #[serde(default)]
    pub fencings: Vec<FenceEvent>,
}

/// A node's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorNode {
    /// Its name.
    pub name: String,
    /// The node takes part in the cluster.
    pub online: bool,
    /// The node is emptied.
    pub standby: bool,
    /// Resources on the node are left alone.
    pub maintenance: bool,
    /// The node is on its way in.
    pub pending: bool,
    /// The node was lost without a goodbye.
    pub unclean: bool,
    /// How many resources run there.
    pub running: u32,
    /// The kind of node.
    #[serde(default)]
    pub kind: NodeKind,
}

/// What kind of node one is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// It runs corosync and has a vote.
    #[default]
    Member,
    /// It runs Pacemaker Remote alone, and a resource of its name connects to it.
    Remote,
    /// It is a virtual machine or a container that is itself a resource.
    Guest,
}

/// A resource's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorResource {
    /// Its id, without a clone's copy number.
    pub id: String,
    /// Its agent, such as `ocf:heartbeat:IPaddr2`.
    pub agent: String,
    /// The group that holds it.
    pub group: Option<String>,
    /// The clone that holds it.
    pub clone: Option<String>,
    /// The bundle that holds it: a container, its address, or what runs in it.
    #[serde(default)]
    pub bundle: Option<String>,
    /// `Started`, `Promoted`, `Unpromoted`, `Stopped`, `Starting` and so on.
    pub role: String,
    /// The resource runs somewhere.
    pub active: bool,
    /// The resource runs, and is no longer configured.
    pub orphaned: bool,
    /// Pacemaker does not touch it any more until it is cleaned up.
    pub blocked: bool,
    /// Its last action failed.
    pub failed: bool,
    /// Pacemaker manages it.
    pub managed: bool,
    /// An action on it is under way.
    pub pending: bool,
    /// Where it runs.
    pub nodes: Vec<String>,
}

/// A failed action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The resource's id.
    pub resource: String,
    /// The action: `start`, `monitor` and so on.
    pub task: String,
    /// The node.
    pub node: String,
    /// The agent's words, with its exit reason.
    pub reason: String,
}

/// How often a resource has failed on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailCount {
    /// The resource's id, without a clone's copy number.
    pub resource: String,
    /// The node.
    pub node: String,
    /// How often; a million, Pacemaker's INFINITY, where one failure was enough, such as that of a start.
    pub count: u32,
    /// After how many it may not run there any more; a million where that is never.
    pub threshold: u32,
}

impl FailCount {
    /// Pacemaker's INFINITY.
    pub const INFINITY: u32 = 1_000_000;

    /// Returns true where it may not run there any more.
    pub fn keeps_off(&self) -> bool {
        self.count >= self.threshold || self.one_was_enough()
    }

    /// Returns true where it is a failure after which nothing is tried again there.
    pub fn one_was_enough(&self) -> bool {
        self.count >= FailCount::INFINITY
    }
}

/// A node that was fenced, or is being.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FenceEvent {
    /// `reboot`, `off` or `on`.
    pub action: String,
    /// The node.
    pub target: String,
    /// The node that asked for it.
    pub origin: String,
    /// The node that did it; none while nobody has.
    pub delegate: Option<String>,
    /// How far it is.
    pub state: FenceState,
    /// Why it failed; empty where that is not said.
    pub reason: String,
    /// When it ended, as `crm_mon` writes it; empty while it is under way.
    pub completed: String,
}

/// How far a fencing is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceState {
    /// It is under way.
    #[default]
    Pending,
    /// The node was switched off, or a human has said so.
    Done,
    /// No device did it.
    Failed,
}

impl FenceEvent {
    /// Returns when it ended.
    pub fn ended(&self) -> Option<jiff::Timestamp> {
        self.completed.parse().ok()
    }
}

impl MonitorNode {
    /// Returns its state in one word.
    pub fn state(&self) -> &'static str {
        match () {
            () if self.unclean => "unclean",
            () if !self.online => "offline",
            () if self.pending => "pending",
            () if self.standby => "standby",
            () if self.maintenance => "maintenance",
            () => "online",
        }
    }
}

impl MonitorResource {
    /// Returns the id of the bundle, clone or group that holds it, or its own.
    pub fn outermost_id(&self) -> &str {
        let holders = [&self.bundle, &self.clone, &self.group];
        holders.into_iter().flatten().next().unwrap_or(&self.id)
    }

    /// Returns whether this copy is promoted. Pacemaker 2.1.5 says `Master` where it was built so.
    pub fn promoted(&self) -> bool {
        matches!(self.role.as_str(), "Promoted" | "Master")
    }

    /// Returns whether it runs, whatever its role, and nothing is under way on it.
    pub fn started(&self) -> bool {
        let runs = matches!(self.role.as_str(), "Started" | "Unpromoted" | "Slave");
        (runs || self.promoted()) && !self.nodes.is_empty() && !self.failed && !self.pending
    }
}

impl Monitor {
    /// Returns the node of that name.
    pub fn node(&self, name: &str) -> Option<&MonitorNode> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Returns the nodes that run corosync and have a vote.
    pub fn members(&self) -> impl Iterator<Item = &MonitorNode> {
        self.nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Member)
    }

    /// Returns the last fencing of a node that is known.
    pub fn last_fencing(&self, node: &str) -> Option<&FenceEvent> {
        self.fencings.iter().find(|event| event.target == node)
    }

    /// Returns the nodes on which a copy of the resource is promoted.
    pub fn promoted(&self, id: &str) -> Vec<&str> {
        let promoted = self
            .primitives_of(id)
            .into_iter()
            .filter(|part| part.promoted());
        promoted
            .flat_map(|part| part.nodes.iter().map(String::as_str))
            .collect()
    }

    /// Returns the primitives meant by an id: itself, a group's members, a clone's copies, what is
    /// in a bundle.
    pub fn primitives_of(&self, id: &str) -> Vec<&MonitorResource> {
        self.resources
            .iter()
            .filter(|resource| {
                resource.id == id
                    || resource.group.as_deref() == Some(id)
                    || resource.clone.as_deref() == Some(id)
                    || resource.bundle.as_deref() == Some(id)
            })
            .collect()
    }

    /// Returns the nodes on which any part of the resource runs, each once.
    pub fn places(&self, id: &str) -> Vec<&str> {
        let mut nodes: Vec<&str> = Vec::new();
        for part in self.primitives_of(id) {
            for node in &part.nodes {
                if !nodes.contains(&node.as_str()) {
                    nodes.push(node);
                }
            }
        }
        nodes
    }

    /// Returns true when every part of the resource is started and nothing is under way on it; of
    /// what has copies, when there is one of each part.
    pub fn started(&self, id: &str) -> bool {
        let parts = self.primitives_of(id);
        // A clone's copies include those that have no node to run on, and those that nobody wants
        // any more: one of each will do.
        let enough = |part: &&MonitorResource| {
            let copies = part.clone.is_some() || part.bundle.is_some();
            let twin = |other: &&MonitorResource| other.id == part.id && other.started();
            part.started() || copies && parts.iter().any(twin)
        };
        // A bundle's containers have names of their own, `httpd-bundle-docker-0`.
        if parts.iter().any(|part| part.bundle.as_deref() == Some(id)) {
            return parts.iter().any(|part| part.started());
        }
        !parts.is_empty() && parts.iter().all(enough)
    }
}

/// Reads the cluster's view; none when there is no cluster to ask.
pub fn read() -> Option<Monitor> {
    read_within(READING)
}

/// Like [`read`], with a deadline.
pub fn read_within(deadline: Duration) -> Option<Monitor> {
    let argv = ["crm_mon", "--one-shot", "--inactive", "--output-as=xml"];
    parse(&tool::read(&argv, deadline).ok()?.stdout)
}

/// Parses `crm_mon`'s XML.
pub fn parse(xml: &str) -> Option<Monitor> {
    let document = Document::parse(xml).ok()?;
    let root = document.root_element();
    let find = |name: &str| root.descendants().find(|node| node.has_tag_name(name));
    // In the first second crm_mon exits with 0 and an empty summary.
    let dc = find("current_dc")?;
    let mut monitor = Monitor {
        dc: is_true(dc, "present").then(|| attribute(dc, "name")),
        quorum: is_true(dc, "with_quorum"),
        maintenance: find("cluster_options").is_some_and(|o| is_true(o, "maintenance-mode")),
        ..Monitor::default()
    };
    if let Some(nodes) = root.children().find(|node| node.has_tag_name("nodes")) {
        monitor.nodes = nodes
            .children()
            .filter(|n| n.has_tag_name("node"))
            .map(node)
            .collect();
    }
    monitor.resources = root
        .descendants()
        .filter(|n| n.has_tag_name("resource"))
        .filter_map(resource)
        .collect();
    if let Some(failures) = root.children().find(|node| node.has_tag_name("failures")) {
        monitor.failures = failures
            .children()
            .filter(|n| n.has_tag_name("failure"))
            .map(failure)
            .collect();
        for failure in &mut monitor.failures {
            let known = |id: &str| monitor.resources.iter().any(|part| part.id == id);
            if let Some((id, copy)) = failure.resource.rsplit_once('-')
                && copy.chars().all(|c| c.is_ascii_digit())
                && !known(&failure.resource)
                && known(id)
            {
                failure.resource = id.to_owned();
            }
        }
    }
    monitor.counts = root
        .descendants()
        .filter(|n| n.has_tag_name("resource_history"))
        .filter_map(fail_count)
        .collect();
    if let Some(history) = find("fence_history") {
        let events = history.children().filter(|n| n.has_tag_name("fence_event"));
        monitor.fencings = events.map(fence_event).collect();
    }
    Some(monitor)
}

/// Returns how often what failed has failed; none for what never has.
fn fail_count(history: Node) -> Option<FailCount> {
    let number = |name: &str| history.attribute(name)?.parse().ok();
    Some(FailCount {
        resource: without_copy(&attribute(history, "id")),
        node: attribute(history.parent()?, "name"),
        count: number("fail-count").filter(|count| *count > 0)?,
        threshold: number("migration-threshold").unwrap_or(FailCount::INFINITY),
    })
}

fn fence_event(event: Node) -> FenceEvent {
    FenceEvent {
        action: attribute(event, "action"),
        target: attribute(event, "target"),
        origin: attribute(event, "origin"),
        delegate: event.attribute("delegate").map(str::to_owned),
        state: match event.attribute("status") {
            Some("success") => FenceState::Done,
            Some("failed") => FenceState::Failed,
            _ => FenceState::Pending,
        },
        reason: attribute(event, "exit-reason"),
        completed: attribute(event, "completed"),
    }
}

fn node(node: Node) -> MonitorNode {
    let kind = match node.attribute("type") {
        Some("remote") if node.has_attribute("id_as_resource") => NodeKind::Guest,
        Some("remote") => NodeKind::Remote,
        _ => NodeKind::Member,
    };
    MonitorNode {
        kind,
        name: attribute(node, "name"),
        online: is_true(node, "online"),
        standby: is_true(node, "standby"),
        maintenance: is_true(node, "maintenance"),
        pending: is_true(node, "pending"),
        unclean: is_true(node, "unclean"),
        running: node
            .attribute("resources_running")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0),
    }
}

fn resource(node: Node) -> Option<MonitorResource> {
    let holder = |tag: &str| {
        node.ancestors()
            .find(|n| n.has_tag_name(tag))
            .map(|n| without_copy(&attribute(n, "id")))
    };
    Some(MonitorResource {
        id: without_copy(node.attribute("id")?),
        agent: attribute(node, "resource_agent"),
        group: holder("group"),
        clone: holder("clone"),
        bundle: holder("bundle"),
        role: attribute(node, "role"),
        active: is_true(node, "active"),
        // Pacemaker 3 says `removed` for what 2.1 calls `orphaned`.
        orphaned: is_true(node, "orphaned") || is_true(node, "removed"),
        blocked: is_true(node, "blocked"),
        failed: is_true(node, "failed"),
        managed: is_true(node, "managed"),
        pending: node.has_attribute("pending"),
        nodes: node
            .children()
            .filter(|n| n.has_tag_name("node"))
            .map(|n| attribute(n, "name"))
            .collect(),
    })
}

fn failure(node: Node) -> Failure {
    // 2.1.5 gives only an XML id where Pacemaker 1.0 wrote the history: `d:0_monitor_0` as
    // `d-0_monitor_0`.
    let key = match attribute(node, "op_key") {
        key if key.is_empty() => attribute(node, "id"),
        key => key,
    };
    // `serviceWeb_monitor_10000`: the id is what stands before the task and its interval. The task
    // by itself is missing where Pacemaker does not know when it was (2.1.5).
    let (rest, _) = key.rsplit_once('_').unwrap_or((&key, ""));
    let (id, mut task) = rest.rsplit_once('_').unwrap_or((rest, ""));
    let mut id = id;
    for two_words in ["migrate_to", "migrate_from"] {
        if let Some(before) = rest.strip_suffix(two_words) {
            (id, task) = (before.trim_end_matches('_'), two_words);
        }
    }
    let resource = without_copy(id);
    let task = match attribute(node, "task") {
        said if said.is_empty() => task.to_owned(),
        said => said,
    };
    let mut reason = attribute(node, "exitstatus");
    let detail = attribute(node, "exitreason");
    // Of a unit only its state in systemd, which adds nothing (pacemaker 2.1.5).
    if !["", "none", "failed", "inactive"].contains(&detail.as_str()) {
        reason = format!("{reason}: {detail}");
    }
    Failure {
        resource,
        task,
        node: attribute(node, "node"),
        reason,
    }
}

fn attribute(node: Node, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

fn is_true(node: Node, name: &str) -> bool {
    node.attribute(name) == Some("true")
}

/// Returns an id without a clone's copy number.
pub(super) fn without_copy(id: &str) -> String {
    match id.rsplit_once(':') {
        Some((base, copy)) if copy.chars().all(|c| c.is_ascii_digit()) => base.to_owned(),
        _ => id.to_owned(),
    }
}

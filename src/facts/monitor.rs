//! The cluster's own view of its nodes and resources, by one `crm_mon --output-as=xml`.

use super::{READING, tool};
use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What `crm_mon` says at one moment.
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
}

/// A node's state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorNode {
    /// Its name.
    pub name: String,
    /// It takes part in the cluster.
    pub online: bool,
    /// It is emptied.
    pub standby: bool,
    /// Its resources are left alone.
    pub maintenance: bool,
    /// It is on its way in.
    pub pending: bool,
    /// It was lost without a goodbye.
    pub unclean: bool,
    /// How many resources run there.
    pub running: u32,
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
    /// `Started`, `Stopped`, `Starting` and so on.
    pub role: String,
    /// It runs somewhere.
    pub active: bool,
    /// It runs, and is no longer configured.
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
    /// What the agent said, with its exit reason.
    pub reason: String,
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
    /// Returns the id of the clone or group that holds it, or its own.
    pub fn top(&self) -> &str {
        let holder = self.clone.as_deref().or(self.group.as_deref());
        holder.unwrap_or(&self.id)
    }
}

impl Monitor {
    /// Returns the node of that name.
    pub fn node(&self, name: &str) -> Option<&MonitorNode> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Returns the primitives meant by an id: itself, a group's members, a clone's copies.
    pub fn parts(&self, id: &str) -> Vec<&MonitorResource> {
        self.resources
            .iter()
            .filter(|resource| {
                resource.id == id
                    || resource.group.as_deref() == Some(id)
                    || resource.clone.as_deref() == Some(id)
            })
            .collect()
    }

    /// Returns the nodes on which any part of the resource runs, each once.
    pub fn places(&self, id: &str) -> Vec<&str> {
        let mut nodes: Vec<&str> = Vec::new();
        for part in self.parts(id) {
            for node in &part.nodes {
                if !nodes.contains(&node.as_str()) {
                    nodes.push(node);
                }
            }
        }
        nodes
    }

    /// Returns true when every part of the resource is started and nothing is under way on it.
    pub fn started(&self, id: &str) -> bool {
        let parts = self.parts(id);
        let started = |part: &&MonitorResource| {
            part.role == "Started" && !part.nodes.is_empty() && !part.failed && !part.pending
        };
        // A clone's copies include those that have no node to run on.
        if parts.iter().any(|part| part.clone.as_deref() == Some(id)) {
            return parts.iter().any(started);
        }
        !parts.is_empty() && parts.iter().all(started)
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
        dc: truth(dc, "present").then(|| attribute(dc, "name")),
        quorum: truth(dc, "with_quorum"),
        maintenance: find("cluster_options").is_some_and(|o| truth(o, "maintenance-mode")),
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
    }
    Some(monitor)
}

fn node(node: Node) -> MonitorNode {
    MonitorNode {
        name: attribute(node, "name"),
        online: truth(node, "online"),
        standby: truth(node, "standby"),
        maintenance: truth(node, "maintenance"),
        pending: truth(node, "pending"),
        unclean: truth(node, "unclean"),
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
        role: attribute(node, "role"),
        active: truth(node, "active"),
        // Pacemaker 3 says `removed` for what 2.1 calls `orphaned`.
        orphaned: truth(node, "orphaned") || truth(node, "removed"),
        blocked: truth(node, "blocked"),
        failed: truth(node, "failed"),
        managed: truth(node, "managed"),
        pending: node.has_attribute("pending"),
        nodes: node
            .children()
            .filter(|n| n.has_tag_name("node"))
            .map(|n| attribute(n, "name"))
            .collect(),
    })
}

fn failure(node: Node) -> Failure {
    let key = attribute(node, "op_key");
    let task = attribute(node, "task");
    // `serviceWeb_monitor_10000`: the id is what stands before the task and its interval.
    let resource = key
        .rsplit_once('_')
        .and_then(|(rest, _)| rest.rsplit_once('_'))
        .map_or(key.as_str(), |(id, _)| id)
        .to_owned();
    let mut reason = attribute(node, "exitstatus");
    let detail = attribute(node, "exitreason");
    // Of a unit only its state in systemd, which adds nothing (pacemaker 2.1.5).
    if !["", "failed", "inactive"].contains(&detail.as_str()) {
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

fn truth(node: Node, name: &str) -> bool {
    node.attribute(name) == Some("true")
}

/// Returns an id without a clone's copy number.
pub(super) fn without_copy(id: &str) -> String {
    match id.rsplit_once(':') {
        Some((base, copy)) if copy.chars().all(|c| c.is_ascii_digit()) => base.to_owned(),
        _ => id.to_owned(),
    }
}

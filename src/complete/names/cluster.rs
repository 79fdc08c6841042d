//! Nodes and resources: from the configuration on disk, which is there when the cluster is down,
//! and the cluster's own view where somebody will read it.

use super::host;
use crate::cib::{Cib, Object};
use crate::complete::Candidate;
use crate::complete::asking::{Asking, parses_as};
use crate::complete::known::{READING, Snapshot, is_remembered, snapshot};
use crate::facts::{self, Monitor, MonitorNode, MonitorResource};
use crate::names::{NodeName, ResourceId};
use std::borrow::Cow;
use std::collections::HashSet;

/// More than this nobody reads one by one: what each of them does is not asked, nor looked up.
const MANY: usize = 100;

/// Returns the cluster's view of so many names, where somebody will read it, or what is offered
/// depends on it.
fn cluster_view<'a>(
    known: &'a Snapshot,
    names: usize,
    depends: bool,
    about: &Asking,
) -> Option<Cow<'a, Monitor>> {
    let wanted = depends || about.described;
    if !wanted || !(1..=MANY).contains(&names) {
        return None;
    }
    if let Some(monitor) = &known.monitor {
        return Some(Cow::Borrowed(monitor));
    }
    if known.cib.is_none() || is_remembered() {
        return None;
    }
    facts::live_monitor_within(READING).map(Cow::Owned)
}

/// A node, as far as it is known.
struct KnownNode {
    name: String,
    standby: bool,
    maintenance: bool,
}

/// Returns the nodes of the configuration, or those of corosync.conf where there is none.
fn known_nodes(known: &Snapshot) -> Vec<KnownNode> {
    let Some(cib) = &known.cib else {
        return Vec::new();
    };
    let nodes = cib.nodes().iter().map(|node| KnownNode {
        name: node.name.clone(),
        standby: node.standby,
        maintenance: node.maintenance,
    });
    nodes.collect()
}

/// Returns the nodes that are wanted, by their state now; which those are may depend on the cluster's
/// view.
fn list_nodes(
    about: &Asking,
    depends: bool,
    wanted: impl Fn(&KnownNode, Option<&Monitor>) -> bool,
) -> Vec<Candidate> {
    let typed = &about.typed;
    let known = snapshot();
    if known.cib.is_none() {
        return host::in_corosync_conf()
            .into_iter()
            .filter(|(name, _)| parses_as::<NodeName>(name))
            .map(|(name, address)| Candidate::new(name, address))
            .collect();
    }
    let mut nodes = known_nodes(&known);
    nodes.retain(|node| node.name.starts_with(typed.as_str()) && parses_as::<NodeName>(&node.name));
    let view = cluster_view(&known, nodes.len(), depends, about);
    for node in &mut nodes {
        // A standby until the next boot stands in the cluster's view alone.
        if let Some(now) = view.as_ref().and_then(|view| view.node(&node.name)) {
            node.standby |= now.standby;
            node.maintenance |= now.maintenance;
        }
    }
    nodes
        .iter()
        .filter(|node| wanted(node, view.as_deref()))
        .map(|node| Candidate::new(node.name.as_str(), node_help(node, view.as_deref())))
        .collect()
}

/// The cluster's nodes, with what runs there.
pub fn nodes(about: &Asking) -> Vec<Candidate> {
    list_nodes(about, false, |_, _| true)
}

/// The nodes that can be emptied.
pub fn nodes_in_service(about: &Asking) -> Vec<Candidate> {
    list_nodes(about, false, |node, _| !node.standby)
}

/// The nodes that are in standby.
pub fn nodes_in_standby(about: &Asking) -> Vec<Candidate> {
    list_nodes(about, false, |node, _| node.standby)
}

/// The nodes that the cluster takes care of.
pub fn nodes_looked_after(about: &Asking) -> Vec<Candidate> {
    list_nodes(about, false, |node, _| !node.maintenance)
}

/// The nodes that are in maintenance.
pub fn nodes_in_maintenance(about: &Asking) -> Vec<Candidate> {
    list_nodes(about, false, |node, _| node.maintenance)
}

/// The nodes that a resource can move to: not where it is, and not where nothing may run.
pub fn nodes_to_move_to(about: &Asking) -> Vec<Candidate> {
    let moving = about.value("name").unwrap_or_default();
    list_nodes(about, true, |node, view| {
        let here = view.is_some_and(|view| view.places(moving).contains(&node.name.as_str()));
        let down = view.and_then(|view| view.node(&node.name));
        !node.standby && !node.maintenance && !here && down.is_none_or(|node| node.online)
    })
}

fn node_help(node: &KnownNode, view: Option<&Monitor>) -> String {
    let Some(monitor) = view else {
        return match (node.standby, node.maintenance) {
            (true, _) => "standby".to_owned(),
            (_, true) => "maintenance".to_owned(),
            _ => String::new(),
        };
    };
    let state = monitor
        .node(&node.name)
        .map_or("unknown", MonitorNode::state);
    let on_it = monitor.resources.iter();
    let on_it = on_it.filter(|resource| resource.nodes.contains(&node.name));
    let mut seen = HashSet::new();
    let here: Vec<&str> = on_it
        .map(MonitorResource::outermost_id)
        .filter(|id| seen.insert(*id))
        .collect();
    match here.as_slice() {
        [] => format!("{state}, runs nothing"),
        [one] => format!("{state}, {one} runs here"),
        [one, two] => format!("{state}, {one} and {two} run here"),
        [one, rest @ ..] => format!("{state}, {one} and {} more run here", rest.len()),
    }
}

/// Returns the resources that are wanted, each with what it is and where it runs.
fn objects(about: &Asking, wanted: impl Fn(&Object, &Cib) -> bool) -> Vec<Candidate> {
    let typed = &about.typed;
    let known = snapshot();
    let Some(cib) = &known.cib else {
        return Vec::new();
    };
    let objects = cib.objects().iter();
    let found: Vec<&Object> = objects
        .filter(|object| {
            object.id().starts_with(typed.as_str()) && parses_as::<ResourceId>(object.id())
        })
        .filter(|object| wanted(object, cib))
        .collect();
    let view = cluster_view(&known, found.len(), false, about);
    let view = view.map(|view| only_of(&view, &found));
    let help = |object: &Object| match &view {
        Some(monitor) => format!("{}, {}", describe(object), state(monitor, object.id())),
        None => describe(object),
    };
    let found = found.into_iter();
    found
        .map(|object| Candidate::new(object.id(), help(object)))
        .collect()
}

/// Returns the view of some objects alone: each of them is looked for several times, and they are few
/// where all may be thousands.
fn only_of(view: &Monitor, objects: &[&Object]) -> Monitor {
    let ids: HashSet<&str> = objects.iter().map(|object| object.id()).collect();
    let about = |resource: &&MonitorResource| {
        let names = [&resource.group, &resource.clone].into_iter().flatten();
        ids.contains(resource.id.as_str()) || names.into_iter().any(|id| ids.contains(id.as_str()))
    };
    Monitor {
        resources: view.resources.iter().filter(about).cloned().collect(),
        ..Monitor::default()
    }
}

/// Returns what an object is, in a few words.
fn describe(object: &Object) -> String {
    match object.resolved() {
        Object::Primitive(primitive) => {
            match (primitive.virtual_address(), primitive.param("cidr_netmask")) {
                (Some(ip), Some(prefix)) => format!("{ip}/{prefix}"),
                (Some(ip), None) => ip.to_owned(),
                _ => primitive.agent.to_string(),
            }
        }
        Object::Group(group) => format!("group of {}", group.members.join(", ")),
        Object::Clone(clone) => format!("{} everywhere", clone.member),
        other => other.kind().to_owned(),
    }
}

/// Returns whether a resource runs, and where.
fn state(monitor: &Monitor, id: &str) -> String {
    let parts = monitor.primitives_of(id);
    let places = monitor.places(id);
    if parts.iter().any(|part| part.failed || part.blocked) {
        return "failed".to_owned();
    }
    match places.as_slice() {
        [] => "stopped".to_owned(),
        places if monitor.started(id) => format!("started on {}", places.join(", ")),
        places => format!("not whole on {}", places.join(", ")),
    }
}

/// Returns all that runs or holds what runs.
pub fn resources(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, _| object.is_resource())
}

/// Returns what can move, or prefer a node: a member of a group does so with its group, and what runs
/// everywhere does not.
pub fn movable(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, cib| {
        matches!(object.resolved(), Object::Primitive(_) | Object::Group(_))
            && cib.parent_of(object.id()).is_none()
    })
}

/// Groups, which another member can be put into.
pub fn groups(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, _| object.group().is_some())
}

/// Services that run everywhere.
pub fn clones(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, _| object.clone_resource().is_some())
}

/// Primitives that may become members of a group: in no other one, and not on the line yet.
pub fn members_to_be(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, cib| {
        let holder = cib.parent_of(object.id());
        matches!(object, Object::Primitive(_))
            && holder.is_none_or(|holder| about.value("name") == Some(holder))
            && about.values("members").all(|given| given != object.id())
    })
}

/// Virtual addresses.
pub fn vips(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, _| is_vip(object))
}

/// Resources other than virtual addresses, groups included.
pub fn services(about: &Asking) -> Vec<Candidate> {
    objects(about, |object, _| object.is_resource() && !is_vip(object))
}

/// Services that can be struck, and what a node lives by.
pub fn strikable(about: &Asking) -> Vec<Candidate> {
    let primitive = |object: &Object| {
        let primitive = object.primitive();
        primitive.is_some_and(|primitive| !primitive.fences())
    };
    let mut found = objects(about, |object, _| primitive(object) && !is_vip(object));
    if "corosync".starts_with(about.typed.as_str()) {
        found.push(Candidate::new(
            "corosync",
            "what a node lives by: it is fenced",
        ));
    }
    found
}

fn is_vip(object: &Object) -> bool {
    let primitive = object.primitive();
    primitive.is_some_and(|primitive| primitive.virtual_address().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: &str, group: Option<&str>) -> facts::MonitorResource {
        facts::MonitorResource {
            id: id.to_owned(),
            group: group.map(str::to_owned),
            role: "Started".to_owned(),
            nodes: vec!["serv1".to_owned()],
            ..facts::MonitorResource::default()
        }
    }

    #[test]
    fn the_view_of_a_few_says_the_same_of_them() {
        let group = resource("IPFailover", Some("servweb"));
        let copy = facts::MonitorResource {
            clone: Some("apache2-clone".to_owned()),
            ..resource("apache2", None)
        };
        let monitor = Monitor {
            resources: vec![group, copy, resource("other", None)],
            ..Monitor::default()
        };
        let objects = [
            Object::Group(crate::cib::Group {
                id: "servweb".to_owned(),
                members: vec!["IPFailover".to_owned()],
                params: Vec::new(),
                meta: Vec::new(),
            }),
            Object::Clone(crate::cib::CloneResource {
                id: "apache2-clone".to_owned(),
                member: "apache2".to_owned(),
                meta: Vec::new(),
            }),
        ];
        let objects: Vec<&Object> = objects.iter().collect();
        let few = only_of(&monitor, &objects);
        assert_eq!(few.resources.len(), 2);
        for object in objects {
            assert_eq!(state(&few, object.id()), state(&monitor, object.id()));
            assert_eq!(state(&few, object.id()), "started on serv1");
        }
    }

    #[test]
    fn what_runs_on_a_node_is_told_by_group_not_by_member() {
        let monitor = Monitor {
            nodes: vec![MonitorNode {
                name: "serv1".to_owned(),
                online: true,
                ..MonitorNode::default()
            }],
            resources: vec![
                resource("IPFailover", Some("servweb")),
                resource("serviceWeb", Some("servweb")),
            ],
            ..Monitor::default()
        };
        let help = |name: &str| {
            let node = KnownNode {
                name: name.to_owned(),
                standby: false,
                maintenance: false,
            };
            node_help(&node, Some(&monitor))
        };
        assert_eq!(help("serv1"), "online, servweb runs here");
        assert_eq!(help("serv2"), "unknown, runs nothing");
        assert_eq!(state(&monitor, "servweb"), "started on serv1");
        assert_eq!(state(&monitor, "nothing"), "stopped");
    }
}

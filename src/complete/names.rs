//! Live names for completion: in the shell and in bash, zsh and fish alike.
//!
//! Every function returns what may stand in one argument, from a cheap reading with a short
//! deadline, and nothing at all on any trouble: completion never prints, blocks or asks. The
//! shell hands over what it reads in the background ([`remember`]); a single run reads for itself.

use crate::cib::{Cib, Object};
use crate::conf::properties;
use crate::facts::{self, Monitor};
use crate::host::Host;
use crate::mariadb::errno;
use clap_complete::CompletionCandidate;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a reading may hold up a Tab.
const READING: Duration = Duration::from_millis(300);

/// How many operations are offered, the newest ones.
const OPERATIONS: usize = 30;

/// What candidates are taken from.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The configuration.
    pub cib: Option<Cib>,
    /// The cluster's view, where somebody read it anyway.
    pub monitor: Option<Monitor>,
}

/// What the shell's background reading saw last.
static REMEMBERED: Mutex<Option<Arc<Snapshot>>> = Mutex::new(None);

/// Takes what was read elsewhere, so that a Tab need not read.
pub fn remember(snapshot: Snapshot) {
    if let Ok(mut place) = REMEMBERED.lock() {
        *place = Some(Arc::new(snapshot));
    }
}

fn snapshot() -> Arc<Snapshot> {
    if let Ok(place) = REMEMBERED.lock()
        && let Some(known) = place.as_ref()
    {
        return Arc::clone(known);
    }
    // The file is the live configuration, and no daemon has to answer.
    let cib = facts::cib_on_disk().or_else(|| facts::live_cib_within(READING).ok());
    Arc::new(Snapshot { cib, monitor: None })
}

fn candidate(value: impl Into<String>, help: impl Into<String>) -> CompletionCandidate {
    let help = help.into();
    let help = (!help.is_empty()).then(|| help.into());
    CompletionCandidate::new(value.into()).help(help)
}

/// The cluster's nodes, with what runs there.
pub fn nodes() -> Vec<CompletionCandidate> {
    let known = snapshot();
    let Some(cib) = &known.cib else {
        return Vec::new();
    };
    let help = |name: &str, standby: bool| {
        let Some(monitor) = &known.monitor else {
            return if standby { "standby" } else { "" }.to_owned();
        };
        node_help(monitor, name)
    };
    cib.nodes()
        .iter()
        .map(|node| candidate(node.name.as_str(), help(&node.name, node.standby)))
        .collect()
}

fn node_help(monitor: &Monitor, name: &str) -> String {
    let state = match monitor.node(name) {
        Some(node) => node.state(),
        None => "unknown",
    };
    let mut here: Vec<&str> = Vec::new();
    for resource in &monitor.resources {
        let id = resource.top();
        if resource.nodes.iter().any(|node| node == name) && !here.contains(&id) {
            here.push(id);
        }
    }
    match here.as_slice() {
        [] => format!("{state}, runs nothing"),
        [one] => format!("{state}, {one} runs here"),
        [one, two] => format!("{state}, {one} and {two} run here"),
        [one, rest @ ..] => format!("{state}, {one} and {} more run here", rest.len()),
    }
}

/// The names of the nodes of this cluster that are not this host, for verbs that go there.
pub fn other_nodes() -> Vec<CompletionCandidate> {
    let here = Host::read().name;
    nodes()
        .into_iter()
        .filter(|candidate| candidate.get_value() != OsStr::new(&here))
        .collect()
}

fn objects(wanted: impl Fn(&Object) -> bool) -> Vec<CompletionCandidate> {
    let known = snapshot();
    let Some(cib) = &known.cib else {
        return Vec::new();
    };
    cib.objects()
        .iter()
        .filter(|object| wanted(object))
        .map(|object| {
            let mut help = describe(object);
            if let Some(monitor) = &known.monitor {
                match monitor.places(object.id()).as_slice() {
                    [] => help.push_str(", runs nowhere"),
                    places => help.push_str(&format!(", on {}", places.join(", "))),
                }
            }
            candidate(object.id(), help)
        })
        .collect()
}

/// Returns what an object is, in a few words.
fn describe(object: &Object) -> String {
    match object {
        Object::Primitive(primitive) => {
            let address = primitive.params.iter().find(|(name, _)| name == "ip");
            match address {
                Some((_, ip)) if primitive.agent.name.starts_with("IPaddr") => ip.clone(),
                _ => primitive.agent.to_string(),
            }
        }
        Object::Group(group) => format!("group of {}", group.members.join(", ")),
        Object::Clone(clone) => format!("{} everywhere", clone.member),
        other => other.kind().to_owned(),
    }
}

/// Primitives, groups and clones.
pub fn resources() -> Vec<CompletionCandidate> {
    objects(Object::is_resource)
}

/// Groups.
pub fn groups() -> Vec<CompletionCandidate> {
    objects(|object| matches!(object, Object::Group(_)))
}

/// Services that run everywhere.
pub fn clones() -> Vec<CompletionCandidate> {
    objects(|object| matches!(object, Object::Clone(_)))
}

/// Primitives, which may be members of a group.
pub fn primitives() -> Vec<CompletionCandidate> {
    objects(|object| matches!(object, Object::Primitive(_)))
}

/// Virtual addresses.
pub fn vips() -> Vec<CompletionCandidate> {
    objects(is_vip)
}

/// Resources other than virtual addresses, groups included.
pub fn services() -> Vec<CompletionCandidate> {
    objects(|object| object.is_resource() && !is_vip(object))
}

fn is_vip(object: &Object) -> bool {
    matches!(object, Object::Primitive(primitive) if primitive.agent.name.starts_with("IPaddr"))
}

/// This host's network interfaces.
pub fn interfaces() -> Vec<CompletionCandidate> {
    names_in("/sys/class/net")
        .into_iter()
        .filter(|name| name != "lo")
        .map(|name| candidate(name, ""))
        .collect()
}

fn names_in(folder: impl AsRef<Path>) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

/// The journal's operations, newest first.
pub fn operations() -> Vec<CompletionCandidate> {
    list_operations(|_| true)
}

/// The operations that can be taken back, newest first.
pub fn undoable() -> Vec<CompletionCandidate> {
    list_operations(crate::journal::Operation::can_be_undone)
}

fn list_operations(
    wanted: impl Fn(&crate::journal::Operation) -> bool,
) -> Vec<CompletionCandidate> {
    let operations = Host::read().journal().operations().unwrap_or_default();
    operations
        .iter()
        .rev()
        .filter(|operation| wanted(operation))
        .take(OPERATIONS)
        .enumerate()
        .map(|(at, operation)| {
            let help = format!(
                "{} ({})",
                operation.begin.command,
                operation.status().word()
            );
            candidate(operation.id().to_string(), help).display_order(Some(at))
        })
        .collect()
}

/// Services that systemd knows, for `web add`.
pub fn units() -> Vec<CompletionCandidate> {
    let mut names = BTreeSet::new();
    for folder in ["/etc/systemd/system", "/lib/systemd/system"] {
        names.extend(names_in(folder));
    }
    names
        .into_iter()
        // A template needs an instance; it is no service by itself.
        .filter(|name| !name.contains('@'))
        .filter_map(|name| {
            name.strip_suffix(".service")
                .map(|name| candidate(name, ""))
        })
        .collect()
}

/// Resource agents as Pacemaker writes them: `systemd:`, `lsb:` and `ocf:` names.
pub fn agents() -> Vec<CompletionCandidate> {
    let mut found: Vec<CompletionCandidate> = Vec::new();
    let ocf = "/usr/lib/ocf/resource.d";
    for provider in names_in(ocf) {
        let names = names_in(format!("{ocf}/{provider}"));
        found.extend(
            names
                .iter()
                .map(|name| candidate(format!("ocf:{provider}:{name}"), "")),
        );
    }
    let scripts = names_in("/etc/init.d");
    found.extend(
        scripts
            .iter()
            .map(|name| candidate(format!("lsb:{name}"), "")),
    );
    found.extend(units().iter().map(|unit| {
        candidate(
            format!("systemd:{}", unit.get_value().to_string_lossy()),
            "",
        )
    }));
    found
}

/// `NAME=VALUE` of a cluster property: names first, then the values that the name takes.
pub fn property_setting(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else {
        return Vec::new();
    };
    match typed.split_once('=') {
        None => properties::PROPERTIES
            .iter()
            .filter(|property| property.kind != properties::Kind::ByPacemaker)
            .filter(|property| property.name.starts_with(typed))
            .map(|property| candidate(format!("{}=", property.name), property.meaning))
            .collect(),
        Some((name, value)) => property_values(name)
            .into_iter()
            .filter(|known| known.starts_with(value))
            .map(|known| candidate(format!("{name}={known}"), ""))
            .collect(),
    }
}

fn property_values(name: &str) -> Vec<&'static str> {
    let Some(property) = properties::find(name) else {
        return Vec::new();
    };
    match property.kind {
        properties::Kind::Bool => vec!["true", "false"],
        properties::Kind::Choice(words) => words.to_vec(),
        _ if property.default.is_empty() => Vec::new(),
        _ => vec![property.default],
    }
}

/// The topics of `explain`, and the errors.
pub fn topics() -> Vec<CompletionCandidate> {
    let topics = crate::explain::topics().iter();
    topics
        .map(|topic| candidate(topic.name, topic.title()))
        .chain([candidate(
            crate::explain::ERRORS.0,
            crate::explain::ERRORS.1,
        )])
        .chain(errno::numbers().map(|number| candidate(number.to_string(), errno::title(number))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(candidates: &[CompletionCandidate]) -> Vec<String> {
        candidates
            .iter()
            .map(|candidate| candidate.get_value().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_property_is_completed_with_its_equals_sign_and_then_its_values() {
        let names = values(&property_setting(OsStr::new("maintenance-m")));
        assert_eq!(names, ["maintenance-mode="]);
        let set = values(&property_setting(OsStr::new("maintenance-mode=")));
        assert_eq!(set, ["maintenance-mode=true", "maintenance-mode=false"]);
        let one = values(&property_setting(OsStr::new("maintenance-mode=f")));
        assert_eq!(one, ["maintenance-mode=false"]);
        assert!(property_setting(OsStr::new("no-such=")).is_empty());
    }

    #[test]
    fn what_runs_on_a_node_is_told_by_group_not_by_member() {
        let resource = |id: &str, group: Option<&str>| facts::MonitorResource {
            id: id.to_owned(),
            group: group.map(str::to_owned),
            nodes: vec!["serv1".to_owned()],
            ..facts::MonitorResource::default()
        };
        let monitor = Monitor {
            nodes: vec![facts::MonitorNode {
                name: "serv1".to_owned(),
                online: true,
                ..facts::MonitorNode::default()
            }],
            resources: vec![
                resource("IPFailover", Some("servweb")),
                resource("serviceWeb", Some("servweb")),
            ],
            ..Monitor::default()
        };
        assert_eq!(node_help(&monitor, "serv1"), "online, servweb runs here");
        assert_eq!(node_help(&monitor, "serv2"), "unknown, runs nothing");
    }
}

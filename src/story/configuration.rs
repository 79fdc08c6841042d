//! Changes of the configuration, from the lines in which Pacemaker writes down each difference.

use super::cause::CauseKind;
use super::names::Names;
use jiff::{SignedDuration, Timestamp};

/// The lines of a change that is not done yet.
#[derive(Debug, Default)]
pub struct Configuration {
    /// When the last line was written.
    last: Option<Timestamp>,
    /// What was changed, in words.
    what: Vec<String>,
    /// Whether a node, by its number, is to be in standby or in maintenance.
    nodes: Vec<(String, &'static str, bool)>,
    /// The same of the whole cluster, in maintenance.
    cluster: Option<bool>,
    /// The number of the node that the last line is about.
    node: Option<String>,
}

/// The programs of Pacemaker's own that change the configuration: what they write nobody has asked for.
const ITS_OWN: [&str; 5] = [
    "crmd",
    "attrd",
    "client",
    "pacemaker-controld",
    "pacemaker-attrd",
];

/// The lines of one change are written at once.
const ONE_CHANGE: SignedDuration = SignedDuration::from_millis(500);

impl Configuration {
    /// Adds a line: `++`, `--`, `+ ` or `+~`, and the path with what is new.
    pub fn line(&mut self, at: Timestamp, operation: &str, path: &str) {
        // A whole configuration that came from another node has lines, and no end that is searched for.
        if self
            .last
            .replace(at)
            .is_some_and(|last| at.duration_since(last) > ONE_CHANGE)
        {
            *self = Configuration {
                last: Some(at),
                ..Configuration::default()
            };
        }
        let (path, value) = path
            .split_once(':')
            .map_or((path, ""), |(path, value)| (path, value.trim()));
        self.node = between(path, "node[@id='", "'").map(str::to_owned);
        let last = path.rsplit('/').next().unwrap_or(path);
        let tag = last.split('[').next().unwrap_or(last);
        let id = between(last, "[@id='", "'").unwrap_or_default();
        match operation.trim() {
            "++" => self.added(value),
            "--" if id.is_empty() => {}
            "--" => self.what.push(match tag {
                "nvpair" => format!("{} is gone", name_of_pair(path, id)),
                _ => format!("{} {id} is gone", kind(tag)),
            }),
            "+" => self.changed(path, tag, id, value),
            _ => {}
        }
    }

    fn added(&mut self, xml: &str) {
        let tag = xml.trim_start_matches('<');
        let tag = &tag[..tag.find([' ', '/', '>']).unwrap_or(tag.len())];
        let attribute = |name: &str| between(xml, &format!(" {name}=\""), "\"").unwrap_or_default();
        match tag {
            "nvpair" => {
                let (name, value) = (attribute("name"), attribute("value"));
                self.pair(name, value);
            }
            "node" => self
                .what
                .push(format!("node {} is new", attribute("uname"))),
            // Sets and the like have no name that anybody has given them.
            "instance_attributes" | "meta_attributes" | "rsc_defaults" | "operations" => {}
            _ => self
                .what
                .push(format!("{} {} is new", kind(tag), attribute("id"))),
        }
    }

    fn changed(&mut self, path: &str, tag: &str, id: &str, attributes: &str) {
        // An attribute of the root: who wrote it, and when.
        if path.is_empty() {
            return;
        }
        match (tag, between(&format!("{attributes},"), "@value=", ",")) {
            ("nvpair", Some(value)) => self.pair(&name_of_pair(path, id), value),
            _ if id.is_empty() => {}
            _ => self.what.push(format!("{} {id} is another", kind(tag))),
        }
    }

    /// Adds a value that is set.
    fn pair(&mut self, name: &str, value: &str) {
        match (name, &self.node) {
            ("standby", Some(node)) => {
                let node = node.clone();
                self.nodes.push((node, "standby", is_on(value)));
            }
            ("maintenance", Some(node)) => {
                let node = node.clone();
                self.nodes.push((node, "maintenance", is_on(value)));
            }
            ("maintenance-mode", _) => self.cluster = Some(is_on(value)),
            // Pacemaker's tools keep their notes there.
            ("last-lrm-refresh", _) => {}
            _ => self.what.push(format!("{name}={value}")),
        }
    }

    /// Adds an attribute that stands in the element of the line before.
    pub fn attribute(&mut self, id: &str, value: &str) {
        let name = match id.ends_with("standby") {
            true => "standby",
            false => "maintenance",
        };
        if self.node.is_some() {
            self.pair(name, value);
        }
    }

    /// Returns what this program has changed now, each with the node that it is about, by its name.
    pub fn done(
        &mut self,
        client: &str,
        version: &str,
        names: &Names,
    ) -> Vec<(Option<String>, CauseKind)> {
        let change = std::mem::take(self);
        if ITS_OWN.contains(&client) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for (node, name, on) in change.nodes {
            let kind = match (name, on) {
                ("standby", true) => CauseKind::Standby,
                ("standby", false) => CauseKind::Online,
                (_, true) => CauseKind::Maintenance,
                (_, false) => CauseKind::Ready,
            };
            all.push((Some(names.node(&node)), kind));
        }
        match change.cluster {
            Some(true) => all.push((None, CauseKind::Maintenance)),
            Some(false) => all.push((None, CauseKind::Ready)),
            None => {}
        }
        if !change.what.is_empty() {
            let kind = CauseKind::Configuration {
                by: client.to_owned(),
                what: change.what,
                version: version.to_owned(),
            };
            all.push((None, kind));
        }
        all
    }
}

/// Returns whether Pacemaker takes a value for a yes.
fn is_on(value: &str) -> bool {
    ["true", "on", "yes", "y", "1"].contains(&value.to_lowercase().as_str())
}

/// Returns the name of a pair, from its id and that of the set that holds it: `cib-bootstrap-options-priority`.
fn name_of_pair(path: &str, id: &str) -> String {
    let set = path
        .rsplit('/')
        .nth(1)
        .and_then(|set| between(set, "[@id='", "'"));
    let name = set.and_then(|set| id.strip_prefix(set)?.strip_prefix('-'));
    name.unwrap_or(id).to_owned()
}

/// Returns what crmsh calls the elements that have a name.
fn kind(tag: &str) -> &str {
    match tag {
        "rsc_location" => "location",
        "rsc_colocation" => "colocation",
        "rsc_order" => "order",
        "rsc_ticket" => "ticket",
        "op" => "operation",
        other => other,
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    let (found, _) = rest.split_once(after)?;
    Some(found)
}

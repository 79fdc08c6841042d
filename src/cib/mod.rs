//! The CIB, Pacemaker's configuration, as a value.
//!
//! A [`Cib`] is the text that `cibadmin --query` printed (or the one that Pacemaker keeps on disk)
//! together with what it says, read once. Nothing here runs a program or opens a file: `facts`
//! brings the text, verbs read it, write [`Object`]s in crm's language, and undo computes with
//! [`put_back`] what to hand to `crm_diff`.

mod conflict;
mod contents;
mod crm;
mod difference;
mod discovery;
mod fencing;
mod merge;
mod object;
mod orders;
mod ours;
mod overlay;
mod read;
mod removal;
mod server;
mod ticket;
mod tree;
mod twin;
mod what_if;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use conflict::{Clash, Conflict, Reason, Target};
pub use fencing::Fencing;
pub use merge::{put_back, put_back_unfinished};
pub use object::boolean;
pub use object::{
    Agent, AttributeSet, CloneResource, Colocation, Group, Location, Object, Order, OrderKind,
    Pairs, Primitive, ResourceOperation, Score,
};
pub use ours::Touched;
pub use overlay::put_into;
pub use removal::{Fate, fates, may_stay};
pub use ticket::Lacking;
pub use twin::Sole;
pub use what_if::{
    until_boot, with_group, with_location, with_node_attribute, with_resource_default,
    without_until_boot,
};

/// A text that is no CIB.
#[derive(Clone, Debug, Error)]
pub enum CibError {
    /// The text is no XML, or not all of it is there.
    #[error("the CIB is not readable as XML")]
    Xml(#[from] roxmltree::Error),
    /// The text is XML of something else.
    #[error("this is no CIB: <{0}> stands where <{1}> is expected")]
    Other(String, &'static str),
    /// A number of the version is none.
    #[error("the CIB has `{value}` as its {attribute}, which is no number")]
    Version {
        /// Which one.
        attribute: &'static str,
        /// The value that stands there.
        value: String,
    },
}

/// How new a CIB is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// Raised by administrators only.
    pub admin_epoch: u64,
    /// Raised with each change of the configuration.
    pub epoch: u64,
    /// Raised with each change of the status; 0 in the file on disk.
    pub num_updates: u64,
}

impl Version {
    /// Returns whether both have the same configuration; the status may differ.
    pub fn same_configuration(&self, other: &Self) -> bool {
        (self.admin_epoch, self.epoch) == (other.admin_epoch, other.epoch)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            self.admin_epoch, self.epoch, self.num_updates
        )
    }
}

/// A node as the configuration has it; whether it is online stands in the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its number in corosync.conf, or its name for a remote node.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it was put on standby for good; until the next boot it stands in the status only.
    pub standby: bool,
    /// Whether it is in maintenance.
    pub maintenance: bool,
    /// What else stands beside its name (`crm node attribute`).
    #[serde(default)]
    pub attributes: Pairs,
}

/// A CIB, its text and what it says.
///
/// Serialised as its text. Two are equal if their texts are.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Cib {
    text: String,
    root: Root,
    configuration: Range<usize>,
    nodes: Vec<Node>,
    objects: Vec<Object>,
    /// From the id of an object to its place among the objects.
    places: HashMap<String, usize>,
    /// From a resource to the one that holds it.
    parents: HashMap<String, String>,
    /// From a resource to the places of the constraints that name it.
    constraints: HashMap<String, Vec<usize>>,
    ids: HashSet<String>,
}

/// The attributes of the root element.
#[derive(Clone)]
struct Root {
    version: Version,
    have_quorum: bool,
    schema: String,
    written: Written,
}

/// The last change of a CIB, in its own words; empty where it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// When, by the clock of the host that wrote it, in that host's time zone: `Sun Nov 29 20:39:22 2026`.
    pub at: String,
    /// The node.
    pub origin: String,
    /// The program.
    pub client: String,
    pub user: String,
}

impl Written {
    /// Returns by whom, as the end of a sentence.
    pub fn by(&self) -> String {
        let on = match self.origin.as_str() {
            "" => String::new(),
            origin => format!(" on {origin}"),
        };
        // The controller is `crmd` in 2.1; 3.0 has the user in the client's place.
        match (self.user.as_str(), self.client.as_str()) {
            (_, "crmd") => format!("by the cluster itself{on}"),
            ("hacluster", "hacluster") => {
                format!("by hacluster (the cluster itself){on}")
            }
            ("", "") => format!("by somebody{on}"),
            (user, client) if user == client || client.is_empty() => format!("by {user}{on}"),
            ("", client) => format!("with {client}{on}"),
            (user, client) => format!("by {user} with {client}{on}"),
        }
    }

    /// Returns when, where that can be read; in the time zone of this host.
    pub fn moment(&self) -> Option<jiff::Timestamp> {
        let words: Vec<&str> = self.at.split_whitespace().collect();
        let parsed = jiff::fmt::strtime::parse("%a %b %d %H:%M:%S %Y", words.join(" ")).ok()?;
        let local = parsed.to_datetime().ok()?;
        let zoned = local.to_zoned(jiff::tz::TimeZone::system()).ok()?;
        Some(zoned.timestamp())
    }
}

impl Cib {
    /// Returns the text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns how new it is.
    pub fn version(&self) -> Version {
        self.root.version
    }

    /// Returns who changed it last.
    pub fn written(&self) -> &Written {
        &self.root.written
    }

    /// Returns whether the cluster had quorum; the file on disk keeps the last answer for ever.
    pub fn have_quorum(&self) -> bool {
        self.root.have_quorum
    }

    /// Returns the schema it follows, such as `pacemaker-3.9`.
    pub fn schema(&self) -> &str {
        &self.root.schema
    }

    /// Returns the nodes in the order of the CIB.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the node of a name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Returns a node's own element, attributes and all, as it stands in the text.
    pub fn node_text(&self, name: &str) -> Option<&str> {
        let document = roxmltree::Document::parse(&self.text).ok()?;
        let node = document
            .descendants()
            .find(|node| node.has_tag_name("node") && node.attribute("uname") == Some(name))?;
        self.text.get(node.range())
    }

    /// Returns the value of a cluster property; `None` where the default is in force.
    pub fn property(&self, name: &str) -> Option<String> {
        self.properties()
            .into_iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
    }

    /// Returns whether a property is set to a yes or a no, in any of Pacemaker's spellings; none where it is
    /// not set, or to neither.
    pub fn is_on(&self, name: &str) -> Option<bool> {
        boolean(&self.property(name)?)
    }

    /// Returns the cluster properties that are set, each once, with the value in force.
    ///
    /// Pacemaker gives its own set `cib-bootstrap-options` the first word; sets with rules are not
    /// looked at.
    pub fn properties(&self) -> Pairs {
        let sets = || {
            self.objects
                .iter()
                .filter(|object| !has_rule(object))
                .filter_map(|object| match object.resolved() {
                    Object::Property(set) => Some(set),
                    _ => None,
                })
        };
        let own = |set: &&AttributeSet| set.id == "cib-bootstrap-options";
        let mut pairs = Pairs::new();
        for set in sets().filter(own).chain(sets().filter(|set| !own(set))) {
            for (name, value) in &set.pairs {
                if pairs.iter().all(|(n, _)| n != name) {
                    pairs.push((name.clone(), value.clone()));
                }
            }
        }
        pairs
    }

    /// Returns the default of a meta attribute (`rsc_defaults`), if one is set without a rule.
    pub fn resource_default(&self, name: &str) -> Option<String> {
        let holds = |object: &&Object| !has_rule(object);
        let mut sets = self.objects.iter().filter(holds);
        sets.find_map(|object| match object.resolved() {
            Object::ResourceDefaults(set) => set
                .pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.clone()),
            _ => None,
        })
    }

    /// Returns what a set of properties or of resource defaults has under a name, whether or not a
    /// rule of the set lets it hold now.
    pub fn pair_of(&self, set: &str, name: &str) -> Option<&str> {
        let (Object::Property(set) | Object::ResourceDefaults(set)) = self.object(set)?.resolved()
        else {
            return None;
        };
        let (_, value) = set.pairs.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// Returns whether what is set in a set of this id holds only while a rule does.
    pub fn has_rule(&self, set: &str) -> bool {
        self.object(set).is_some_and(has_rule)
    }

    /// Returns all objects in the order of the document; a group comes before its members.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Returns true where there is no resource. Properties are there as soon as there is a DC, which
    /// writes its own.
    pub fn runs_nothing(&self) -> bool {
        !self.objects.iter().any(Object::is_resource)
    }

    /// Returns the object of an id, at any depth.
    pub fn object(&self, id: &str) -> Option<&Object> {
        self.objects.get(*self.places.get(id)?)
    }

    /// Returns the name of the group or clone that holds a resource.
    pub fn parent_of(&self, id: &str) -> Option<&str> {
        self.parents.get(id).map(String::as_str)
    }

    /// Returns a resource and what it is in, from the inside out.
    pub fn up_from<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(id), |inner| self.parent_of(inner))
    }

    /// Returns the outermost group or clone around a resource, or itself.
    pub fn whole_of<'a>(&'a self, id: &'a str) -> &'a str {
        self.up_from(id).last().unwrap_or(id)
    }

    /// Returns the resources, groups and clones that stand in no other one.
    pub fn whole_resources(&self) -> impl Iterator<Item = &Object> {
        self.objects
            .iter()
            .filter(|object| object.is_resource() && self.parent_of(object.id()).is_none())
    }

    /// Returns the virtual addresses, each with the resource that puts it on its node.
    pub fn virtual_addresses(&self) -> impl Iterator<Item = (&Primitive, IpAddr)> {
        let primitives = self.objects.iter().filter_map(Object::primitive);
        primitives.filter_map(|primitive| {
            let address = primitive.virtual_address()?.parse().ok()?;
            Some((primitive, address))
        })
    }

    /// Returns the constraints on a resource, not those on its group, nor those that name a node of
    /// its name: a node of Pacemaker Remote has the name of the primitive that connects to it.
    pub fn constraints_on(&self, id: &str) -> Vec<&Object> {
        let places = self.constraints.get(id).map_or(&[][..], Vec::as_slice);
        places
            .iter()
            .filter_map(|place| self.objects.get(*place))
            .collect()
    }

    /// Returns every id of the configuration.
    pub fn ids(&self) -> &HashSet<String> {
        &self.ids
    }

    /// Returns the text of the `<configuration>` element.
    pub fn configuration_text(&self) -> &str {
        &self.text[self.configuration.clone()]
    }
}

fn has_rule(object: &Object) -> bool {
    matches!(object, Object::Opaque(opaque) if opaque.has_rule)
}

impl fmt::Debug for Cib {
    /// A CIB is long; its version tells which one it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cib")
            .field("version", &self.version().to_string())
            .field("configuration", &self.configuration_text())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Cib {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Serialize for Cib {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests;

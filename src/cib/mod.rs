//! The CIB, Pacemaker's configuration, as a value.
//!
//! A [`Cib`] is the text that `cibadmin --query` printed (or the one that Pacemaker keeps on disk)
//! together with what it says, read once. Nothing here runs a program or opens a file: `facts`
//! brings the text, verbs read it, write [`Object`]s in crm's language, and undo computes with
//! [`put_back`] what to hand to `crm_diff`.

mod conflict;
mod crm;
mod difference;
mod merge;
mod object;
mod ours;
mod overlay;
mod read;
mod tree;
mod what_if;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;

use roxmltree::{Document, Node as Element};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use conflict::{Clash, Conflict, Reason, Target};
pub use crm::CrmError;
pub use merge::{put_back, put_back_unfinished};
pub use object::{
    Agent, AgentError, AttributeSet, CloneResource, Colocation, Group, Location, Object, Opaque,
    Operation, Order, OrderKind, Pairs, Primitive, Score, ScoreError,
};
pub use ours::Touched;
pub use overlay::put_into;
pub use what_if::{with_group, with_location, with_node_attribute, with_resource_default};

/// A text that is no CIB.
#[derive(Clone, Debug, Error)]
pub enum CibError {
    /// It is no XML, or not all of it is there.
    #[error("the CIB is not readable as XML")]
    Xml(#[from] roxmltree::Error),
    /// It is XML of something else.
    #[error("this is no CIB: <{0}> stands where <{1}> is expected")]
    Other(String, &'static str),
    /// A number of the version is none.
    #[error("the CIB has `{value}` as its {attribute}, which is no number")]
    Version {
        /// Which one.
        attribute: &'static str,
        /// What stands there.
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
    /// From an id to the places of the constraints that name it.
    constraints: HashMap<String, Vec<usize>>,
    ids: HashSet<String>,
}

/// What the root element says.
#[derive(Clone)]
struct Root {
    version: Version,
    dc: Option<String>,
    have_quorum: bool,
    schema: String,
}

impl Cib {
    /// Reads a CIB.
    pub fn parse(text: impl Into<String>) -> Result<Self, CibError> {
        let text = text.into();
        // The status is most of a busy cluster's CIB and nothing here looks at it: it is not read
        // unless what stands before its place cannot be read by itself (a comment may lie there).
        if text.trim_end().ends_with("</cib>")
            && let Some(end) = text.find(CONFIGURATION_END)
        {
            let head = format!("{}</cib>", &text[..end + CONFIGURATION_END.len()]);
            if let Ok(document) = Document::parse(&head) {
                let contents = Contents::read(&document)?;
                return Ok(contents.into_cib(text));
            }
        }
        let contents = Contents::read(&Document::parse(&text)?)?;
        Ok(contents.into_cib(text))
    }

    /// Returns the text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns how new it is.
    pub fn version(&self) -> Version {
        self.root.version
    }

    /// Returns the name of the node that decides (the DC), if one was elected; the file on disk
    /// keeps the last one for ever.
    pub fn dc(&self) -> Option<&str> {
        let id = self.root.dc.as_deref()?;
        Some(
            self.nodes
                .iter()
                .find(|node| node.id == id)
                .map_or(id, |node| &node.name),
        )
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

    /// Returns the cluster properties that are set, each once, with the value in force.
    ///
    /// Pacemaker gives its own set `cib-bootstrap-options` the first word; sets with rules are not
    /// looked at.
    pub fn properties(&self) -> Pairs {
        let sets = || {
            self.objects.iter().filter_map(|object| match object {
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
        self.objects.iter().find_map(|object| match object {
            Object::ResourceDefaults(set) => set
                .pairs
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.clone()),
            _ => None,
        })
    }

    /// Returns all objects in the order of the document; a group comes before its members.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// Returns the object of an id, at any depth.
    pub fn object(&self, id: &str) -> Option<&Object> {
        self.objects.get(*self.places.get(id)?)
    }

    /// Returns the name of the group or clone that holds a resource.
    pub fn parent_of(&self, id: &str) -> Option<&str> {
        self.parents.get(id).map(String::as_str)
    }

    /// Returns the constraints that name a resource (or a node), not those on its group.
    pub fn constraints_on(&self, id: &str) -> Vec<&Object> {
        let places = self.constraints.get(id).map_or(&[][..], Vec::as_slice);
        places
            .iter()
            .filter_map(|place| self.objects.get(*place))
            .collect()
    }

    /// Returns every id of the configuration: an id may stand there only once.
    pub fn ids(&self) -> &HashSet<String> {
        &self.ids
    }

    /// Returns the text of the `<configuration>` element.
    pub fn configuration_text(&self) -> &str {
        &self.text[self.configuration.clone()]
    }
}

const CONFIGURATION_END: &str = "</configuration>";

/// What was read, before the text is added.
struct Contents {
    root: Root,
    configuration: Range<usize>,
    nodes: Vec<Node>,
    objects: Vec<Object>,
    parents: HashMap<String, String>,
    constraints: HashMap<String, Vec<usize>>,
    ids: HashSet<String>,
}

impl Contents {
    fn read(document: &Document<'_>) -> Result<Self, CibError> {
        let cib = document.root_element();
        let configuration = configuration(cib)?;
        let mut contents = Self {
            root: Root::read(cib)?,
            configuration: configuration.range(),
            nodes: Vec::new(),
            objects: Vec::new(),
            parents: HashMap::new(),
            constraints: HashMap::new(),
            ids: read::defined(configuration).map(str::to_owned).collect(),
        };
        for section in configuration.children().filter(Element::is_element) {
            for child in section.children().filter(Element::is_element) {
                if section.has_tag_name("nodes") {
                    contents.nodes.push(node(child));
                } else {
                    contents.add(child, section.has_tag_name("constraints"));
                }
            }
        }
        Ok(contents)
    }

    fn add(&mut self, element: Element<'_, '_>, is_constraint: bool) {
        let place = self.objects.len();
        self.objects.extend(read::object(element));
        if is_constraint {
            for name in read::references(element) {
                let places = self.constraints.entry(name.to_owned()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        let id = element.attribute("id");
        for child in element.children().filter(Element::is_element) {
            if ["primitive", "group", "clone", "master", "bundle"]
                .contains(&child.tag_name().name())
            {
                if let (Some(id), Some(child)) = (id, child.attribute("id")) {
                    self.parents.insert(child.to_owned(), id.to_owned());
                }
                self.add(child, false);
            }
        }
    }

    fn into_cib(self, text: String) -> Cib {
        let mut places = HashMap::with_capacity(self.objects.len());
        for (place, object) in self.objects.iter().enumerate() {
            places.entry(object.id().to_owned()).or_insert(place);
        }
        Cib {
            text,
            root: self.root,
            configuration: self.configuration,
            nodes: self.nodes,
            objects: self.objects,
            places,
            parents: self.parents,
            constraints: self.constraints,
            ids: self.ids,
        }
    }
}

/// Returns the `<configuration>` of a `<cib>`.
fn configuration<'a, 'i>(cib: Element<'a, 'i>) -> Result<Element<'a, 'i>, CibError> {
    let other = |found: &str, expected| CibError::Other(found.to_owned(), expected);
    if !cib.has_tag_name("cib") {
        return Err(other(cib.tag_name().name(), "cib"));
    }
    let mut children = cib.children().filter(Element::is_element);
    children
        .find(|child| child.has_tag_name("configuration"))
        .ok_or_else(|| other("cib", "configuration"))
}

impl Root {
    fn read(cib: Element<'_, '_>) -> Result<Self, CibError> {
        let number = |attribute: &'static str| match cib.attribute(attribute) {
            None => Ok(0),
            Some(value) => value.parse().map_err(|_| CibError::Version {
                attribute,
                value: value.to_owned(),
            }),
        };
        Ok(Self {
            version: Version {
                admin_epoch: number("admin_epoch")?,
                epoch: number("epoch")?,
                num_updates: number("num_updates")?,
            },
            dc: cib
                .attribute("dc-uuid")
                .filter(|dc| !dc.is_empty())
                .map(str::to_owned),
            have_quorum: cib
                .attribute("have-quorum")
                .and_then(read::boolean)
                .unwrap_or(false),
            schema: cib
                .attribute("validate-with")
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

fn node(element: Element<'_, '_>) -> Node {
    let attribute = |name: &str| {
        element
            .children()
            .filter(|child| child.has_tag_name("instance_attributes"))
            .flat_map(|set| set.children())
            .find(|pair| pair.attribute("name") == Some(name))
            .and_then(|pair| pair.attribute("value"))
            .and_then(read::boolean)
            .unwrap_or(false)
    };
    let id = element.attribute("id").unwrap_or_default();
    Node {
        id: id.to_owned(),
        name: element.attribute("uname").unwrap_or(id).to_owned(),
        standby: attribute("standby"),
        maintenance: attribute("maintenance"),
    }
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

impl TryFrom<String> for Cib {
    type Error = CibError;

    fn try_from(text: String) -> Result<Self, CibError> {
        Self::parse(text)
    }
}

impl Serialize for Cib {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [&str; 2] = [
        include_str!("../../tests/data/bookworm/kinds.xml"),
        include_str!("../../tests/data/trixie/kinds.xml"),
    ];

    fn bookworm(name: &str) -> Cib {
        let path = format!(
            "{}/tests/data/bookworm/{name}.xml",
            env!("CARGO_MANIFEST_DIR")
        );
        Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_is_read_alike_from_both_releases() {
        let [old, new] = KINDS.map(|text| Cib::parse(text).unwrap());
        assert_eq!(old.objects(), new.objects());
        assert!(
            old.objects()
                .iter()
                .all(|object| !matches!(object, Object::Opaque(_)))
        );
        let statements: Vec<_> = old.objects().iter().map(Object::to_crm).collect();
        assert_eq!(
            statements,
            [
                "property cib-bootstrap-options: \\\n  stonith-enabled=false",
                "property custom: \\\n  maintenance-mode=false",
                "primitive odd ocf:heartbeat:Dummy \\\n  \
                 params state=\"/a b\\\"c$d#e=f&g<h\\\\i\" fake=\"it's\" \\\n  \
                 meta target-role=Stopped \\\n  \
                 op monitor interval=10s timeout=20s on-fail=restart \\\n  \
                 op monitor interval=20s timeout=20s role=Stopped",
                "primitive plain ocf:heartbeat:Dummy \\\n  params fake=\"\" state=\"  a  \"",
                "clone everywhere-clone everywhere \\\n  meta interleave=true",
                "primitive everywhere lsb:apache2",
                "clone pairs pair",
                "group pair a b",
                "primitive a ocf:heartbeat:Dummy",
                "primitive b ocf:heartbeat:Dummy",
                "location here odd 500: serv1",
                "location here-started odd role=Started INFINITY: serv1",
                "location never plain -INFINITY: serv2",
                "colocation together INFINITY: odd everywhere-clone",
                "colocation apart -100: plain odd",
                "order first Mandatory: everywhere-clone odd",
                "order loose Optional: odd plain symmetrical=false",
                "order alone Serialize: odd plain",
                "rsc_defaults rsc-options: \\\n  resource-stickiness=100 \\\n  migration-threshold=3",
            ]
        );
        for object in old.objects() {
            assert_eq!(object.check(), Ok(()));
        }
    }

    #[test]
    fn what_has_no_field_is_opaque_and_not_lost() {
        let cib = bookworm("opaque");
        let opaque: Vec<_> = cib
            .objects()
            .iter()
            .filter(|object| matches!(object, Object::Opaque(_)))
            .map(|object| format!("{} {}", object.kind(), object.id()))
            .collect();
        assert_eq!(
            opaque,
            [
                "template T",
                "primitive from-template",
                "primitive described",
                "primitive checked",
                "primitive sized",
                "location by-rule",
                "colocation set",
                "order acted",
                "tag some",
                "op_defaults op-options",
            ]
        );
        let refusal = cib
            .object("sized")
            .unwrap()
            .check()
            .unwrap_err()
            .to_string();
        assert_eq!(
            refusal,
            "the primitive sized is written in a way that cannot be put in crm's words without loss"
        );
        assert_eq!(cib.constraints_on("a-other").len(), 1);
    }

    #[test]
    fn the_head_and_the_nodes() {
        let cib = bookworm("kinds");
        assert_eq!(cib.version().to_string(), "0.5.0");
        assert_eq!(cib.schema(), "pacemaker-3.9");
        assert_eq!((cib.dc(), cib.have_quorum()), (None, false));
        assert_eq!(cib.property("stonith-enabled").as_deref(), Some("false"));
        assert_eq!(cib.property("maintenance-mode").as_deref(), Some("false"));
        assert_eq!(cib.property("no-quorum-policy"), None);
        assert_eq!(
            cib.resource_default("migration-threshold").as_deref(),
            Some("3")
        );
        assert!(cib.configuration_text().starts_with("<configuration>"));
        assert!(cib.configuration_text().ends_with("</configuration>"));

        let shown = |name: &str| {
            let nodes = bookworm(name).nodes().to_vec();
            nodes
                .into_iter()
                .map(|n| (n.name, n.standby, n.maintenance))
                .collect::<Vec<_>>()
        };
        let node = |name: &str, standby, maintenance| (name.to_owned(), standby, maintenance);
        assert_eq!(
            shown("standby"),
            [node("serv1", false, false), node("serv2", true, false)]
        );
        assert_eq!(
            shown("maintenance"),
            [node("serv1", false, true), node("serv2", false, false)]
        );
    }

    #[test]
    fn who_holds_whom_and_what_binds_them() {
        let cib = bookworm("moved");
        assert_eq!(cib.parent_of("IPFailover"), Some("servweb"));
        assert_eq!(cib.parent_of("servweb"), None);
        let names = |id| {
            cib.constraints_on(id)
                .iter()
                .map(|c| c.id())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names("servweb"),
            ["servweb-prefers-serv1", "cli-prefer-servweb"]
        );
        assert!(names("IPFailover").is_empty());
        assert!(
            cib.ids().contains("IPFailover-monitor-10s")
                && cib.ids().contains("cli-prefer-servweb")
        );
    }

    #[test]
    fn a_running_cluster() {
        for release in ["bookworm", "trixie"] {
            let path = format!(
                "{}/tests/data/{release}/live.xml",
                env!("CARGO_MANIFEST_DIR")
            );
            let cib = Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap();
            assert!(
                cib.nodes()
                    .iter()
                    .any(|node| Some(node.name.as_str()) == cib.dc())
            );
            assert!(cib.have_quorum());
            let resources = cib.objects().iter().filter(|object| object.is_resource());
            let resources: Vec<_> = resources.map(Object::id).collect();
            assert_eq!(resources, ["other", "servweb", "IPFailover", "serviceWeb"]);
            assert_eq!(cib.property("cluster-name").as_deref(), Some("cibw"));
        }
    }

    #[test]
    fn a_cib_survives_json_and_a_broken_one_does_not() {
        let cib = bookworm("group");
        let json = serde_json::to_string(&cib).unwrap();
        assert_eq!(serde_json::from_str::<Cib>(&json).unwrap(), cib);
        assert!(serde_json::from_str::<Cib>("\"<cib/>\"").is_err());
        let cut = &cib.text()[..cib.text().len() - 20];
        assert_eq!(
            Cib::parse(cut).unwrap_err().to_string(),
            "the CIB is not readable as XML"
        );
        assert_eq!(
            Cib::parse("<a/>").unwrap_err().to_string(),
            "this is no CIB: <a> stands where <cib> is expected"
        );
    }

    #[test]
    fn the_status_is_not_mistaken_for_the_configuration() {
        let text = "<cib epoch=\"3\"><!-- </configuration> --><configuration><resources/>\
                    </configuration><status><primitive id=\"x\"/></status></cib>";
        let cib = Cib::parse(text).unwrap();
        assert_eq!(
            cib.configuration_text(),
            "<configuration><resources/></configuration>"
        );
        assert!(cib.objects().is_empty());
    }
}

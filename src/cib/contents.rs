//! From the text of a CIB to its value: where its parts stand, who holds whom, what binds what.

use super::{Cib, CibError, Node, Object, Pairs, Root, Version, Written, read as parts};
use roxmltree::{Document, Node as Element};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

const CONFIGURATION_END: &str = "</configuration>";

impl Cib {
    /// Reads a CIB.
    pub fn parse(text: impl Into<String>) -> Result<Cib, CibError> {
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
}

impl TryFrom<String> for Cib {
    type Error = CibError;

    fn try_from(text: String) -> Result<Cib, CibError> {
        Cib::parse(text)
    }
}

/// The configuration as it was read, before the text is added.
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
            ids: parts::defined(configuration).map(str::to_owned).collect(),
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
        self.objects.extend(parts::object(element));
        if is_constraint {
            for (among, name) in parts::referred(element) {
                if among == parts::Namespace::Nodes {
                    continue;
                }
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
            have_quorum: cib
                .attribute("have-quorum")
                .and_then(super::object::boolean)
                .unwrap_or(false),
            schema: cib
                .attribute("validate-with")
                .unwrap_or_default()
                .to_owned(),
            written: {
                let text = |name| cib.attribute(name).unwrap_or_default().to_owned();
                Written {
                    at: text("cib-last-written"),
                    origin: text("update-origin"),
                    client: text("update-client"),
                    user: text("update-user"),
                }
            },
        })
    }
}

fn node(element: Element<'_, '_>) -> Node {
    let sets = element.children();
    let pairs = sets
        .filter(|child| child.has_tag_name("instance_attributes"))
        .flat_map(|set| set.children());
    let attributes: Pairs = pairs
        .filter_map(|pair| {
            let value = pair.attribute("value")?;
            Some((pair.attribute("name")?.to_owned(), value.to_owned()))
        })
        .collect();
    let is_on = |name: &str| {
        let value = attributes.iter().find(|(known, _)| known == name);
        value.is_some_and(|(_, value)| super::object::boolean(value) == Some(true))
    };
    let id = element.attribute("id").unwrap_or_default();
    Node {
        id: id.to_owned(),
        name: element.attribute("uname").unwrap_or(id).to_owned(),
        standby: is_on("standby"),
        maintenance: is_on("maintenance"),
        attributes,
    }
}

//! From the XML of a `<configuration>` to objects.
//!
//! An element becomes an object of its kind only if the object holds all of it: an attribute or a
//! child that has no field, a comment included, makes it opaque rather than lost. What of an opaque
//! one its kind's fields can hold is read by `known`.

mod known;

use known::{operation, parent_is};
use roxmltree::Node;

use super::object::{
    Agent, AttributeSet, CloneResource, Colocation, Group, Location, Object, Opaque, Order,
    OrderKind, Pairs, Primitive, ResourceOperation, Score, boolean,
};

/// Tags of elements whose `id` names another object instead of being one.
pub(super) const REFERENCE_TAGS: [&str; 4] = ["resource_ref", "obj_ref", "role", "crmsh-ref"];

/// Attributes that name other objects.
pub(super) const REFERENCE_ATTRIBUTES: [&str; 10] = [
    "rsc",
    "with-rsc",
    "first",
    "then",
    "node",
    "target",
    "template",
    "id-ref",
    "reference",
    "ticket",
];

/// Returns the object of an element that stands in a section of the configuration, or in another
/// resource; `None` for what is no object of its own.
pub(super) fn object(node: Node<'_, '_>) -> Option<Object> {
    if !node.is_element() {
        return None;
    }
    let read = match node.tag_name().name() {
        "primitive" => primitive(node).map(Object::Primitive),
        "group" => group(node).map(Object::Group),
        "clone" => clone(node).map(Object::Clone),
        "rsc_location" => location(node).map(Object::Location),
        "rsc_colocation" => colocation(node).map(Object::Colocation),
        "rsc_order" => order(node).map(Object::Order),
        "cluster_property_set" => attribute_set(node).map(Object::Property),
        "meta_attributes" if parent_is(node, "rsc_defaults") => {
            attribute_set(node).map(Object::ResourceDefaults)
        }
        _ => None,
    };
    Some(read.unwrap_or_else(|| Object::Opaque(opaque(node))))
}

pub(super) fn opaque(node: Node<'_, '_>) -> Opaque {
    let kind = match node.parent_element().map(|parent| parent.tag_name().name()) {
        // A bare `meta_attributes` would say nothing.
        Some(section @ ("rsc_defaults" | "op_defaults")) => section,
        _ => node.tag_name().name(),
    };
    Opaque {
        id: node.attribute("id").unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        text: node.document().input_text()[node.range()].to_owned(),
        known: known::read(node).map(Box::new),
        has_rule: node.children().any(|child| child.has_tag_name("rule")),
    }
}

fn primitive(node: Node<'_, '_>) -> Option<Primitive> {
    let [id, class, name] = attributes(node, ["id", "class", "type"], &["provider"])?;
    let agent = Agent {
        class: class.to_owned(),
        provider: node.attribute("provider").map(str::to_owned),
        name: name.to_owned(),
    };
    // A name that our own reader would not take back must not be written anew.
    if agent.to_string().parse::<Agent>().as_ref() != Ok(&agent) {
        return None;
    }
    let mut object = Primitive {
        id: id.to_owned(),
        agent,
        params: vec![],
        meta: vec![],
        operations: vec![],
    };
    let mut seen = Seen::default();
    for child in children(node)? {
        match seen.first_time(child)? {
            "instance_attributes" => object.params = pairs(child)?,
            "meta_attributes" => object.meta = pairs(child)?,
            "operations" => object.operations = operations(child)?,
            _ => return None,
        }
    }
    Some(object)
}

fn operations(node: Node<'_, '_>) -> Option<Vec<ResourceOperation>> {
    if node.has_attribute("id-ref") {
        return None;
    }
    children(node)?
        .into_iter()
        .map(|op| {
            if !op.has_tag_name("op") || !children(op)?.is_empty() {
                return None;
            }
            operation(op)
        })
        .collect()
}

fn group(node: Node<'_, '_>) -> Option<Group> {
    let [id] = attributes(node, ["id"], &[])?;
    let mut object = Group {
        id: id.to_owned(),
        members: vec![],
        params: vec![],
        meta: vec![],
    };
    let mut seen = Seen::default();
    for child in children(node)? {
        if child.has_tag_name("primitive") {
            object.members.push(child.attribute("id")?.to_owned());
            continue;
        }
        match seen.first_time(child)? {
            "instance_attributes" => object.params = pairs(child)?,
            "meta_attributes" => object.meta = pairs(child)?,
            _ => return None,
        }
    }
    Some(object)
}

fn clone(node: Node<'_, '_>) -> Option<CloneResource> {
    let [id] = attributes(node, ["id"], &[])?;
    let mut meta = Pairs::new();
    let mut member = None;
    let mut seen = Seen::default();
    for child in children(node)? {
        match seen.first_time(child)? {
            "primitive" | "group" => member = child.attribute("id"),
            "meta_attributes" => meta = pairs(child)?,
            _ => return None,
        }
    }
    Some(CloneResource {
        id: id.to_owned(),
        member: member?.to_owned(),
        meta,
    })
}

fn location(node: Node<'_, '_>) -> Option<Location> {
    let [id, resource, at, score] = attributes(node, ["id", "rsc", "node", "score"], &["role"])?;
    no_children(node)?;
    Some(Location {
        id: id.to_owned(),
        resource: resource.to_owned(),
        node: at.to_owned(),
        score: score.parse().ok()?,
        role: node.attribute("role").map(str::to_owned),
    })
}

fn colocation(node: Node<'_, '_>) -> Option<Colocation> {
    let [id, resource, with, score] = attributes(node, ["id", "rsc", "with-rsc", "score"], &[])?;
    no_children(node)?;
    Some(Colocation {
        id: id.to_owned(),
        score: score.parse().ok()?,
        resource: resource.to_owned(),
        with: with.to_owned(),
    })
}

fn order(node: Node<'_, '_>) -> Option<Order> {
    let [id, first, then] = attributes(
        node,
        ["id", "first", "then"],
        &["kind", "score", "symmetrical"],
    )?;
    no_children(node)?;
    let kind = match (node.attribute("kind"), node.attribute("score")) {
        (None | Some("Mandatory"), None) => OrderKind::Mandatory,
        (Some("Optional"), None) => OrderKind::Optional,
        (Some("Serialize"), None) => OrderKind::Serialize,
        // The older way to say it.
        (None, Some(score)) => match score.parse().ok()? {
            Score::Infinity => OrderKind::Mandatory,
            Score::Finite(0) => OrderKind::Optional,
            _ => return None,
        },
        _ => return None,
    };
    let symmetrical = match node.attribute("symmetrical") {
        None => None,
        Some(text) => Some(boolean(text)?),
    };
    Some(Order {
        id: id.to_owned(),
        kind,
        first: first.to_owned(),
        then: then.to_owned(),
        symmetrical,
    })
}

fn attribute_set(node: Node<'_, '_>) -> Option<AttributeSet> {
    let [id] = attributes(node, ["id"], &[])?;
    Some(AttributeSet {
        id: id.to_owned(),
        pairs: pairs(node)?,
    })
}

/// Returns the pairs of a set that holds nothing but pairs.
fn pairs(node: Node<'_, '_>) -> Option<Pairs> {
    attributes(node, ["id"], &[])?;
    children(node)?
        .into_iter()
        .map(|pair| {
            let [_, name, value] = attributes(pair, ["id", "name", "value"], &[])?;
            (pair.has_tag_name("nvpair") && !pair.has_children())
                .then(|| (name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// Returns the attributes asked for, unless there are others than these and the optional ones.
fn attributes<'a, const N: usize>(
    node: Node<'a, '_>,
    wanted: [&str; N],
    optional: &[&str],
) -> Option<[&'a str; N]> {
    if !node
        .attributes()
        .all(|a| wanted.contains(&a.name()) || optional.contains(&a.name()))
    {
        return None;
    }
    let mut found = [""; N];
    for (found, name) in found.iter_mut().zip(wanted) {
        *found = node.attribute(name)?;
    }
    Some(found)
}

/// Returns the child elements, unless there is something else than elements and blanks.
fn children<'a, 'i>(node: Node<'a, 'i>) -> Option<Vec<Node<'a, 'i>>> {
    let mut elements = Vec::new();
    for child in node.children() {
        if child.is_element() {
            elements.push(child);
        } else if !(child.is_text() && child.text().is_none_or(|text| text.trim().is_empty())) {
            return None;
        }
    }
    Some(elements)
}

fn no_children(node: Node<'_, '_>) -> Option<()> {
    children(node)?.is_empty().then_some(())
}

/// The tags met so far; of several sets only the first has a field.
#[derive(Default)]
struct Seen<'a>(Vec<&'a str>);

impl<'a> Seen<'a> {
    fn first_time(&mut self, node: Node<'a, 'a>) -> Option<&'a str> {
        let tag = node.tag_name().name();
        if self.0.contains(&tag) {
            return None;
        }
        self.0.push(tag);
        Some(tag)
    }
}

/// The elements that an id is unique among. The schema makes the ids of nodes and of ACL targets free text and
/// all others XML ids (nodes-1.3.rng, acls-2.0.rng): the node of Pacemaker Remote has the name of
/// the primitive that connects to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Namespace {
    Nodes,
    AclTargets,
    Elements,
}

/// An id and what it is unique among.
pub(super) type Identity<'a> = (Namespace, &'a str);

/// Returns the names of other objects that an element refers to, itself and everything in it.
pub(super) fn references<'a>(node: Node<'a, '_>) -> Vec<&'a str> {
    referred(node).into_iter().map(|(_, name)| name).collect()
}

/// Returns the same, with what each name is looked for among.
pub(super) fn referred<'a>(node: Node<'a, '_>) -> Vec<Identity<'a>> {
    let mut names = Vec::new();
    for element in node.descendants().filter(Node::is_element) {
        let tag = element.tag_name().name();
        if REFERENCE_TAGS.contains(&tag) {
            names.extend(element.attribute("id").map(|id| (Namespace::Elements, id)));
        }
        for attribute in element.attributes() {
            let among = match attribute.name() {
                "node" | "target" => Namespace::Nodes,
                _ => Namespace::Elements,
            };
            if REFERENCE_ATTRIBUTES.contains(&attribute.name()) {
                names.push((among, attribute.value()));
            } else if attribute.name() == "devices" {
                let devices = attribute.value().split(',');
                names.extend(devices.map(|device| (among, device.trim())));
            }
        }
    }
    names
}

/// Returns the ids that an element defines, its own and those in it.
pub(super) fn defined<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = &'a str> {
    identities(node).map(|(_, id)| id)
}

/// Returns the same, with what each is unique among.
pub(super) fn identities<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = Identity<'a>> {
    node.descendants()
        .filter(|node| node.is_element() && !REFERENCE_TAGS.contains(&node.tag_name().name()))
        .filter_map(|node| {
            let among = match node.tag_name().name() {
                "node" => Namespace::Nodes,
                "acl_target" => Namespace::AclTargets,
                _ => Namespace::Elements,
            };
            Some((among, node.attribute("id")?))
        })
}

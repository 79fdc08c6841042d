//! What can be known of an element that its kind's fields cannot hold as a whole.
//!
//! It is looked at, never written: a description, a utilization, a rule, a comment are passed over,
//! a template and references to other sets are followed.

use roxmltree::Node;

use crate::cib::object::{
    Agent, AttributeSet, CloneResource, Colocation, Group, Location, Object, Pairs, Primitive,
    ResourceOperation,
};

/// Returns what is known of an element; none where its kind says nothing, as of a bundle.
pub(super) fn read(node: Node<'_, '_>) -> Option<Object> {
    let id = || node.attribute("id").map(str::to_owned);
    Some(match node.tag_name().name() {
        "primitive" => Object::Primitive(primitive(node)?),
        "group" => Object::Group(Group {
            id: id()?,
            members: members(node, &["primitive"]),
            params: pairs(node, "instance_attributes"),
            meta: pairs(node, "meta_attributes"),
        }),
        "clone" | "master" => {
            let mut meta = pairs(node, "meta_attributes");
            // What Pacemaker 1.1 wrote for a promotable clone, and 2.1 still takes.
            if node.has_tag_name("master") {
                meta.push(("promotable".to_owned(), "true".to_owned()));
            }
            Object::Clone(CloneResource {
                id: id()?,
                member: members(node, &["primitive", "group"]).into_iter().next()?,
                meta,
            })
        }
        "rsc_location" => Object::Location(Location {
            id: id()?,
            resource: node.attribute("rsc")?.to_owned(),
            node: node.attribute("node")?.to_owned(),
            score: node.attribute("score")?.parse().ok()?,
            role: node.attribute("role").map(str::to_owned),
        }),
        "rsc_colocation" => Object::Colocation(Colocation {
            id: id()?,
            score: node.attribute("score").unwrap_or("INFINITY").parse().ok()?,
            resource: node.attribute("rsc")?.to_owned(),
            with: node.attribute("with-rsc")?.to_owned(),
        }),
        "cluster_property_set" => Object::Property(attribute_set(node)?),
        "meta_attributes" if parent_is(node, "rsc_defaults") => {
            Object::ResourceDefaults(attribute_set(node)?)
        }
        _ => return None,
    })
}

/// Returns true where an element stands in one of this tag.
pub fn parent_is(node: Node<'_, '_>, tag: &str) -> bool {
    node.parent_element()
        .is_some_and(|parent| parent.has_tag_name(tag))
}

/// Returns an operation without what stands in it.
pub fn operation(op: Node<'_, '_>) -> Option<ResourceOperation> {
    let mut operation = ResourceOperation::new(op.attribute("name")?, "0", None);
    for attribute in op.attributes() {
        let value = attribute.value().to_owned();
        match attribute.name() {
            "id" | "name" => {}
            "interval" => operation.interval = value,
            "timeout" => operation.timeout = Some(value),
            other => operation.other.push((other.to_owned(), value)),
        }
    }
    Some(operation)
}

fn members(node: Node<'_, '_>, tags: &[&str]) -> Vec<String> {
    node.children()
        .filter(|child| tags.contains(&child.tag_name().name()))
        .filter_map(|child| child.attribute("id").map(str::to_owned))
        .collect()
}

fn primitive(node: Node<'_, '_>) -> Option<Primitive> {
    let template = node
        .attribute("template")
        .and_then(|id| element(node, "template", id));
    // What the template says holds where the primitive itself says nothing.
    let sources = || std::iter::once(node).chain(template);
    let attribute = |name: &str| sources().find_map(|node| node.attribute(name));
    let both = |tag: &str| sources().fold(Pairs::new(), |found, node| add(found, pairs(node, tag)));
    let mut operations: Vec<ResourceOperation> = Vec::new();
    for operation in sources().flat_map(operations_of) {
        let there = |known: &ResourceOperation| {
            (&known.name, &known.interval) == (&operation.name, &operation.interval)
        };
        if !operations.iter().any(there) {
            operations.push(operation);
        }
    }
    Some(Primitive {
        id: node.attribute("id")?.to_owned(),
        agent: Agent {
            class: attribute("class")?.to_owned(),
            provider: attribute("provider").map(str::to_owned),
            name: attribute("type")?.to_owned(),
        },
        params: both("instance_attributes"),
        meta: both("meta_attributes"),
        operations,
    })
}

fn operations_of(node: Node<'_, '_>) -> Vec<ResourceOperation> {
    node.children()
        .filter(|child| child.has_tag_name("operations"))
        .filter_map(|set| referred(set, "operations"))
        .flat_map(|set| set.children())
        .filter(|op| op.has_tag_name("op"))
        .filter_map(operation)
        .collect()
}

/// Returns the pairs of all sets of a kind: of those without a rule first.
fn pairs(node: Node<'_, '_>, tag: &str) -> Pairs {
    let sets: Vec<_> = node
        .children()
        .filter(|child| child.has_tag_name(tag))
        .filter_map(|set| referred(set, tag))
        .collect();
    let (ruled, plain): (Vec<_>, Vec<_>) = sets
        .into_iter()
        .partition(|set| set.children().any(|child| child.has_tag_name("rule")));
    plain
        .into_iter()
        .chain(ruled)
        .fold(Pairs::new(), |found, set| add(found, of_set(set)))
}

fn attribute_set(node: Node<'_, '_>) -> Option<AttributeSet> {
    Some(AttributeSet {
        id: node.attribute("id")?.to_owned(),
        pairs: of_set(node),
    })
}

fn of_set(set: Node<'_, '_>) -> Pairs {
    set.children()
        .filter(|child| child.has_tag_name("nvpair"))
        .filter_map(|pair| {
            // `<nvpair id-ref="…" name="…"/>` takes its value from another one.
            let value = |pair: Node<'_, '_>| pair.attribute("value").map(str::to_owned);
            let other = || element(pair, "nvpair", pair.attribute("id-ref")?);
            let name = pair
                .attribute("name")
                .or_else(|| other()?.attribute("name"))?;
            Some((name.to_owned(), value(pair).or_else(|| value(other()?))?))
        })
        .collect()
}

/// Adds those pairs whose names are not there yet.
fn add(mut found: Pairs, more: Pairs) -> Pairs {
    for (name, value) in more {
        if found.iter().all(|(known, _)| *known != name) {
            found.push((name, value));
        }
    }
    found
}

/// Returns a set, or the one that it refers to.
fn referred<'a, 'i>(set: Node<'a, 'i>, tag: &str) -> Option<Node<'a, 'i>> {
    match set.attribute("id-ref") {
        None => Some(set),
        Some(id) => element(set, tag, id),
    }
}

fn element<'a, 'i>(of: Node<'a, 'i>, tag: &str, id: &str) -> Option<Node<'a, 'i>> {
    of.document()
        .descendants()
        .find(|node| node.has_tag_name(tag) && node.attribute("id") == Some(id))
}

//! The CIB as it would be: for Pacemaker's prediction on a copy, before anything is written.
//!
//! crmsh takes 0.4 s to change a copy; these few edits take none. The result is never sent to a
//! cluster: what is written goes through crmsh, as shown in the plan.

use std::ops::Range;

use roxmltree::{Document, Node};

use super::object::{Group, Location};

/// Returns a CIB's text with a location in it, in the place of the one that has its name.
///
/// None for what is no CIB.
pub fn with_location(cib: &str, location: &Location) -> Option<String> {
    let document = Document::parse(cib).ok()?;
    let constraints = section(&document, "constraints")?;
    let mut children: String = constraints
        .children()
        .filter(|child| child.is_element() && child.attribute("id") != Some(&location.id))
        .map(|child| &cib[child.range()])
        .collect();
    let role = location
        .role
        .as_ref()
        .map_or(String::new(), |role| format!(" role=\"{}\"", escaped(role)));
    children += &format!(
        "<rsc_location id=\"{}\" rsc=\"{}\"{role} score=\"{}\" node=\"{}\"/>",
        escaped(&location.id),
        escaped(&location.resource),
        location.score,
        escaped(&location.node)
    );
    let whole = format!("<constraints>{children}</constraints>");
    Some(edited(cib, vec![(constraints.range(), whole)]))
}

/// Returns a CIB's text with a group in it that holds these members, which must be there.
///
/// Constraints on a member become constraints on the group, as crmsh 4.4 and 5.0 rewrite them.
pub fn with_group(cib: &str, group: &Group) -> Option<String> {
    let document = Document::parse(cib).ok()?;
    let resources = section(&document, "resources")?;
    let find = |tag: &str, id: &str| {
        resources
            .descendants()
            .find(|node| node.has_tag_name(tag) && node.attribute("id") == Some(id))
    };
    let members: Vec<Node> = group
        .members
        .iter()
        .map(|member| find("primitive", member))
        .collect::<Option<_>>()?;
    let meta: String = group
        .meta
        .iter()
        .map(|(name, value)| {
            format!(
                "<nvpair id=\"{0}-meta_attributes-{1}\" name=\"{1}\" value=\"{2}\"/>",
                escaped(&group.id),
                escaped(name),
                escaped(value)
            )
        })
        .collect();
    let id = escaped(&group.id);
    let mut whole = format!("<group id=\"{id}\">");
    whole.extend(members.iter().map(|member| &cib[member.range()]));
    if !meta.is_empty() {
        whole += &format!("<meta_attributes id=\"{id}-meta_attributes\">{meta}</meta_attributes>");
    }
    whole += "</group>";
    let existing = find("group", &group.id);
    let inside = |member: &Node| existing.is_some_and(|group| member.parent() == Some(group));
    // A member inside the group goes with it.
    let mut edits: Vec<(Range<usize>, String)> = members
        .iter()
        .filter(|member| !inside(member))
        .map(|member| (member.range(), String::new()))
        .collect();
    match existing {
        Some(existing) => edits.push((existing.range(), whole)),
        None => edits.first_mut()?.1 = whole,
    }
    for constraint in section(&document, "constraints")
        .iter()
        .flat_map(Node::descendants)
    {
        for attribute in constraint.attributes() {
            if ["rsc", "with-rsc", "first", "then"].contains(&attribute.name())
                && group
                    .members
                    .iter()
                    .any(|member| member == attribute.value())
            {
                edits.push((attribute.range_value(), id.clone()));
            }
        }
    }
    Some(edited(cib, edits))
}

/// Returns a CIB's text with a default for the meta attributes of all resources.
pub fn with_resource_default(cib: &str, name: &str, value: &str) -> Option<String> {
    let document = Document::parse(cib).ok()?;
    let pair = format!(
        "<nvpair id=\"what-if-{0}\" name=\"{0}\" value=\"{1}\"/>",
        escaped(name),
        escaped(value)
    );
    let set = format!("<meta_attributes id=\"what-if\">{pair}</meta_attributes>");
    let configuration = document
        .root_element()
        .children()
        .find(|node| node.has_tag_name("configuration"))?;
    let end = configuration.range().end - "</configuration>".len();
    let edit = match section(&document, "rsc_defaults") {
        None => (end..end, format!("<rsc_defaults>{set}</rsc_defaults>")),
        Some(defaults) => {
            let has_it =
                |node: &Node| node.has_tag_name("nvpair") && node.attribute("name") == Some(name);
            match defaults.descendants().find(has_it) {
                Some(there) => (there.attribute_node("value")?.range_value(), escaped(value)),
                None => {
                    let children: String = defaults
                        .children()
                        .filter(Node::is_element)
                        .map(|child| &cib[child.range()])
                        .collect();
                    let whole = format!("<rsc_defaults>{set}{children}</rsc_defaults>");
                    (defaults.range(), whole)
                }
            }
        }
    };
    Some(edited(cib, vec![edit]))
}

/// Returns a CIB's text with an attribute of a node that is there, such as `standby`.
pub fn with_node_attribute(cib: &str, node: &str, name: &str, value: &str) -> Option<String> {
    let document = Document::parse(cib).ok()?;
    let node = section(&document, "nodes")?
        .children()
        .find(|child| child.has_tag_name("node") && child.attribute("uname") == Some(node))?;
    let is_it = |pair: &Node| pair.has_tag_name("nvpair") && pair.attribute("name") == Some(name);
    let edit = match node.descendants().find(is_it) {
        Some(there) => (there.attribute_node("value")?.range_value(), escaped(value)),
        None => {
            let children: String = node
                .children()
                .filter(Node::is_element)
                .map(|child| &cib[child.range()])
                .collect();
            let attributes: String = node
                .attributes()
                .map(|attribute| format!(" {}", &cib[attribute.range()]))
                .collect();
            let whole = format!(
                "<node{attributes}>{children}<instance_attributes id=\"what-if-{2}\">\
                 <nvpair id=\"what-if-{2}-{0}\" name=\"{0}\" value=\"{1}\"/></instance_attributes></node>",
                escaped(name),
                escaped(value),
                // Unique where several edits meet: a doubled id is no CIB for Pacemaker.
                escaped(node.attribute("id").unwrap_or_default())
            );
            (node.range(), whole)
        }
    };
    Some(edited(cib, vec![edit]))
}

/// Returns the value of a node's attribute that lasts until the node boots (`--lifetime reboot`). It lies in
/// the status, and counts before the one of the configuration.
pub fn until_boot(cib: &str, node: &str, name: &str) -> Option<String> {
    let document = Document::parse(cib).ok()?;
    let pair = transient(&document, node, name)?;
    pair.attribute("value").map(str::to_owned)
}

/// Returns a CIB's text without that attribute.
pub fn without_until_boot(cib: &str, node: &str, name: &str) -> Option<String> {
    let document = Document::parse(cib).ok()?;
    let range = transient(&document, node, name)?.range();
    Some(edited(cib, vec![(range, String::new())]))
}

fn transient<'a, 'i>(document: &'a Document<'i>, node: &str, name: &str) -> Option<Node<'a, 'i>> {
    let states = document
        .descendants()
        .filter(|state| state.has_tag_name("node_state") && state.attribute("uname") == Some(node));
    states
        .flat_map(|state| state.children())
        .filter(|child| child.has_tag_name("transient_attributes"))
        .flat_map(|attributes| attributes.descendants())
        .find(|pair| pair.has_tag_name("nvpair") && pair.attribute("name") == Some(name))
}

fn section<'a, 'i>(document: &'a Document<'i>, name: &str) -> Option<Node<'a, 'i>> {
    let cib = document.root_element();
    let configuration = cib
        .children()
        .find(|node| node.has_tag_name("configuration"))?;
    configuration
        .children()
        .find(|node| node.has_tag_name(name))
}

fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, with) in edits {
        text.replace_range(range, &with);
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::{Cib, Object, Score};
    use super::*;

    fn recorded(release: &str, name: &str) -> String {
        let root = env!("CARGO_MANIFEST_DIR");
        std::fs::read_to_string(format!("{root}/tests/data/{release}/{name}.xml")).unwrap()
    }

    /// What crmsh really wrote is the oracle.
    #[test]
    fn a_group_is_what_crmsh_makes_of_it() {
        for release in ["bookworm", "trixie"] {
            let real = Cib::parse(recorded(release, "group")).unwrap();
            let Some(Object::Group(group)) = real.object("servweb") else {
                panic!("no group was recorded");
            };
            let made = with_group(&recorded(release, "web"), group).unwrap();
            let made = Cib::parse(made).unwrap();
            for id in ["servweb", "IPFailover", "serviceWeb"] {
                assert_eq!(made.object(id), real.object(id));
                assert_eq!(made.parent_of(id), real.parent_of(id));
            }
        }
    }

    #[test]
    fn a_group_grows_in_its_place_and_keeps_its_members_once() {
        let cib = recorded("bookworm", "kinds");
        let group = Group {
            id: "pair".to_owned(),
            members: ["a", "b", "plain"].map(str::to_owned).to_vec(),
            params: Vec::new(),
            meta: vec![("is-managed".to_owned(), "a \"b\" & <c>".to_owned())],
        };
        let made = Cib::parse(with_group(&cib, &group).unwrap()).unwrap();
        assert_eq!(made.object("pair"), Some(&Object::Group(group)));
        assert_eq!(made.parent_of("plain"), Some("pair"));
        let count = |id: &str| made.objects().iter().filter(|o| o.id() == id).count();
        assert_eq!((count("a"), count("plain")), (1, 1));
        assert!(made.constraints_on("plain").is_empty());
        assert!(!made.constraints_on("pair").is_empty());
    }

    #[test]
    fn a_location_replaces_the_one_of_its_name() {
        let cib = recorded("trixie", "prefer");
        let location = Location {
            id: "servweb-prefers-serv1".to_owned(),
            resource: "servweb".to_owned(),
            node: "serv2".to_owned(),
            score: Score::Finite(1000),
            role: None,
        };
        let made = Cib::parse(with_location(&cib, &location).unwrap()).unwrap();
        assert_eq!(made.object(&location.id), Some(&Object::Location(location)));
        let before = Cib::parse(recorded("trixie", "group")).unwrap();
        assert!(before.constraints_on("servweb").is_empty());
    }

    #[test]
    fn a_default_is_set_or_replaced() {
        for name in ["start", "group"] {
            let made =
                with_resource_default(&recorded("bookworm", name), "resource-stickiness", "7");
            let made = Cib::parse(made.unwrap()).unwrap();
            assert_eq!(
                made.resource_default("resource-stickiness").as_deref(),
                Some("7")
            );
        }
    }

    #[test]
    fn a_node_is_in_standby_or_not_whatever_stood_there() {
        // Recorded from a real cluster: serv2 in standby.
        for (name, was) in [("group", false), ("standby", true)] {
            let cib = recorded("bookworm", name);
            let standby = |cib: &str| {
                let cib = Cib::parse(cib).unwrap();
                cib.node("serv2").map(|node| node.standby)
            };
            assert_eq!(standby(&cib), Some(was));
            for (value, is) in [("on", true), ("off", false)] {
                let made = with_node_attribute(&cib, "serv2", "standby", value).unwrap();
                assert_eq!(standby(&made), Some(is), "{name} {value}");
            }
            assert_eq!(with_node_attribute(&cib, "serv9", "standby", "on"), None);
        }
    }
}

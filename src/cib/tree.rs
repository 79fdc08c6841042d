//! The configuration as a tree of keyed elements that can be put together again verbatim.
//!
//! Only `merge` uses it. A [`Container`] is a section, or a set of attributes: an element whose
//! children are known by tag and id. Comparison is canonical, assembly is of the original text.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use roxmltree::Node;

/// Sections whose children are sets of pairs, which are merged pair by pair.
pub(super) const SECTIONS_OF_SETS: [&str; 3] = ["crm_config", "rsc_defaults", "op_defaults"];

/// An element of a document that outlives it.
pub(super) type Element<'a> = Node<'a, 'a>;

/// The key of an element among its siblings: its tag, its id, and which of them it is where
/// several have the same. A comment is known by its text.
pub(super) type Key<'a> = (&'a str, &'a str, usize);

/// A child of a container.
#[derive(Clone)]
pub(super) struct Item<'a> {
    pub key: Key<'a>,
    pub element: Element<'a>,
    /// The blanks before it.
    pub lead: &'a str,
    /// Its own text.
    pub text: &'a str,
}

/// The tag under which a comment is known, which no element has.
pub(super) const COMMENT: &str = "#comment";

impl<'a> Item<'a> {
    pub fn is_comment(&self) -> bool {
        self.key.0 == COMMENT
    }

    /// Returns what an administrator calls it.
    pub fn label(&self) -> String {
        label(self.element)
    }

    /// Returns its text without the indentation it has in its document.
    pub fn unindented(&self) -> String {
        let indentation = self.lead.rsplit('\n').next().unwrap_or_default();
        self.text.replace(&format!("\n{indentation}"), "\n")
    }

    /// Returns whether two versions of it mean the same.
    pub fn means_same(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => {
                // Most elements never change: their text says so without reading them.
                one.text == other.text || canonical(one.element) == canonical(other.element)
            }
            _ => one.is_none() && other.is_none(),
        }
    }
}

/// An element whose children are merged one by one.
pub(super) struct Container<'a> {
    pub element: Element<'a>,
    /// The start tag without its end.
    open: &'a str,
    pub items: Vec<Item<'a>>,
    /// The blanks behind the last child.
    tail: &'a str,
}

impl<'a> Container<'a> {
    pub fn of(element: Element<'a>) -> Self {
        let source = element.document().input_text();
        let range = element.range();
        let mut items: Vec<Item<'a>> = Vec::new();
        let (Some(first), Some(last)) = (element.first_child(), element.last_child()) else {
            // The start tag ends behind its last attribute (a value may hold a slash), or with the
            // name.
            let end = element
                .attributes()
                .map(|attribute| attribute.range().end)
                .max();
            let name = range.start + 1 + element.tag_name().name().len();
            let text = &source[range.start..end.unwrap_or(name)];
            return Self {
                element,
                open: text,
                items,
                tail: "",
            };
        };
        let open = source[range.start..first.range().start].trim_end_matches('>');
        let mut end = first.range().start;
        let holds = |child: &Element<'a>| child.is_element() || child.is_comment();
        for child in element.children().filter(holds) {
            let name = if child.is_comment() {
                (COMMENT, child.text().unwrap_or_default())
            } else {
                let id = child.attribute("id").unwrap_or_default();
                (child.tag_name().name(), id)
            };
            items.push(Item {
                key: (name.0, name.1, 0),
                element: child,
                lead: &source[end..child.range().start],
                text: &source[child.range()],
            });
            end = child.range().end;
        }
        number_twins(&mut items);
        Self {
            element,
            open,
            items,
            tail: &source[end..last.range().end],
        }
    }

    /// Returns its start tag, comparable.
    pub fn start(&self) -> String {
        let mut start = String::new();
        start_tag(self.element, &mut start);
        start
    }

    /// Returns whether it can be merged child by child: pairs that have an id, rules, comments.
    pub fn is_plain_set(&self) -> bool {
        self.items.iter().all(|item| {
            item.is_comment()
                || item.element.has_attribute("id")
                    && (item.element.has_tag_name("rule")
                        || item.element.has_tag_name("nvpair") && !item.element.has_children())
        }) && self.tail.trim().is_empty()
    }

    pub fn keys(&self) -> Vec<Key<'a>> {
        self.items.iter().map(|item| item.key).collect()
    }

    /// Returns the element's text with other children; `other` lends the blanks if it had none.
    pub fn with_children(&self, pieces: &[(&str, String)], other: Option<&Self>) -> String {
        if pieces.is_empty() && self.tail.trim().is_empty() {
            return match self.items.is_empty() {
                true => self.element.document().input_text()[self.element.range()].to_owned(),
                false => format!("{}/>", self.open),
            };
        }
        let tail = match other {
            Some(other) if self.items.is_empty() => other.tail,
            _ => self.tail,
        };
        let children: String = pieces
            .iter()
            .flat_map(|(lead, text)| [*lead, text.as_str()])
            .collect();
        format!(
            "{}>{children}{tail}</{}>",
            self.open,
            self.element.tag_name().name()
        )
    }
}

/// Numbers those that have the same tag and id (or none), which no valid section should hold.
fn number_twins(items: &mut [Item<'_>]) {
    let mut seen = HashMap::new();
    for item in items {
        let count = seen.entry((item.key.0, item.key.1)).or_insert(0);
        item.key.2 = *count;
        *count += 1;
    }
}

/// Returns what an administrator calls an element.
pub(super) fn label(element: Element<'_>) -> String {
    let tag = element.tag_name().name();
    let kind = match tag {
        "rsc_location" => "location",
        "rsc_colocation" => "colocation",
        "rsc_order" => "order",
        "cluster_property_set" => "property set",
        "meta_attributes" => "defaults",
        // A pair is known by its name, a node too.
        "nvpair" => "property",
        tag => tag,
    };
    let name = element
        .attribute(if tag == "nvpair" { "name" } else { "uname" })
        .or_else(|| element.attribute("id"))
        .unwrap_or_default();
    format!("{kind} {name}").trim_end().to_owned()
}

/// Returns what an element means: without blanks, and attributes in one order.
pub(super) fn canonical(element: Element<'_>) -> String {
    let mut text = String::new();
    write_canonical(element, &mut text);
    text
}

fn write_canonical(element: Element<'_>, out: &mut String) {
    if element.is_comment() {
        let _ = write!(out, "{:?}", element.text().unwrap_or_default().trim());
        return;
    }
    start_tag(element, out);
    for child in element.children() {
        if child.is_element() {
            write_canonical(child, out);
        } else if let Some(text) = child.text().map(str::trim).filter(|text| !text.is_empty()) {
            // A comment that crmsh keeps in an object is part of it.
            let _ = write!(out, "{text:?}");
        }
    }
    out.push_str("</>");
}

fn start_tag(element: Element<'_>, out: &mut String) {
    let mut attributes: Vec<_> = element
        .attributes()
        .map(|a| (a.name(), a.value()))
        .collect();
    attributes.sort_unstable();
    out.push('<');
    out.push_str(element.tag_name().name());
    for (name, value) in attributes {
        let _ = write!(out, " {name}={value:?}");
    }
    out.push('>');
}

/// Returns the children of all sections.
pub(super) fn items<'a>(configuration: Element<'a>) -> impl Iterator<Item = Item<'a>> {
    let sections = configuration.children().filter(Element::is_element);
    sections.flat_map(|section| Container::of(section).items)
}

/// Returns the order of what remains.
///
/// If nobody moved what the operation left, its order is that of `before`, and what others added
/// stands behind what it followed. Else the live order stays, and what comes back stands behind
/// what it followed before.
pub(super) fn in_order<'a>(
    before: &[Key<'a>],
    after: &[Key<'a>],
    live: &[Key<'a>],
    remaining: &HashSet<Key<'a>>,
) -> Vec<Key<'a>> {
    let common = |one: &[Key<'a>], other: &[Key<'a>]| -> Vec<Key<'a>> {
        let other: HashSet<_> = other.iter().collect();
        one.iter()
            .filter(|key| other.contains(key))
            .copied()
            .collect()
    };
    let (first, second) = match common(live, after) == common(after, live) {
        true => (before, live),
        false => (live, before),
    };
    let kept = |keys: &[Key<'a>]| -> Vec<Key<'a>> {
        keys.iter()
            .filter(|key| remaining.contains(*key))
            .copied()
            .collect()
    };
    let mut order = kept(first);
    let mut placed: HashSet<Key<'a>> = order.iter().copied().collect();
    let reference = kept(second);
    for (place, key) in reference.iter().enumerate() {
        if !placed.insert(*key) {
            continue;
        }
        let position = |key: &Key<'a>| order.iter().position(|k| k == key);
        let behind = reference[..place]
            .iter()
            .rev()
            .find_map(position)
            .map(|at| at + 1);
        let at = behind.or_else(|| reference[place + 1..].iter().find_map(position));
        order.insert(at.unwrap_or(order.len()), *key);
    }
    order
}

//! The configuration as a tree of keyed elements that can be put together again verbatim.
//!
//! Only `merge` uses it. A [`Container`] is a section, or a set of attributes: an element whose
//! children are known by tag and id. Comparison is canonical, assembly is of the original text.

use std::fmt::Write as _;

use roxmltree::Node;

/// An element of a document that outlives it.
pub(super) type Element<'a> = Node<'a, 'a>;

/// What an element is known by among its siblings: its tag, its id, and which of them it is where
/// several have the same.
pub(super) type Key<'a> = (&'a str, &'a str, usize);

/// A child of a container.
#[derive(Clone)]
pub(super) struct Item<'a> {
    pub key: Key<'a>,
    pub element: Element<'a>,
    /// The blanks and comments before it.
    pub lead: &'a str,
    /// Its own text.
    pub text: &'a str,
    /// What it means, comparable.
    pub canonical: String,
}

impl<'a> Item<'a> {
    /// Returns what an administrator calls it.
    pub fn label(&self) -> String {
        label(self.element)
    }

    /// Returns its text without the indentation it has in its document.
    pub fn shown(&self) -> String {
        let indentation = self.lead.rsplit('\n').next().unwrap_or_default();
        self.text.replace(&format!("\n{indentation}"), "\n")
    }

    /// Returns whether another version of it means the same.
    pub fn same(one: Option<&Self>, other: Option<&Self>) -> bool {
        one.map(|item| &item.canonical) == other.map(|item| &item.canonical)
    }
}

/// An element whose children are merged one by one.
pub(super) struct Container<'a> {
    pub element: Element<'a>,
    /// The start tag without its end.
    open: &'a str,
    pub items: Vec<Item<'a>>,
    /// The blanks and comments behind the last child.
    tail: &'a str,
}

impl<'a> Container<'a> {
    pub fn of(element: Element<'a>) -> Self {
        let source = element.document().input_text();
        let range = element.range();
        let mut items: Vec<Item<'a>> = Vec::new();
        let (Some(first), Some(last)) = (element.first_child(), element.last_child()) else {
            let text = &source[range];
            let end = text
                .find(&['/', '>'][..])
                .filter(|_| element.attributes().len() == 0);
            // An attribute's value may hold a slash; the tag of an empty element ends behind it.
            let end = end.unwrap_or_else(|| {
                let values = element
                    .attributes()
                    .map(|a| a.range().end - element.range().start);
                values.max().unwrap_or(text.len())
            });
            return Self {
                element,
                open: &text[..end],
                items,
                tail: "",
            };
        };
        let open = source[range.start..first.range().start].trim_end_matches('>');
        let mut end = first.range().start;
        for child in element.children().filter(Node::is_element) {
            let tag = child.tag_name().name();
            let id = child.attribute("id").unwrap_or_default();
            items.push(Item {
                key: (tag, id, 0),
                element: child,
                lead: &source[end..child.range().start],
                text: &source[child.range()],
                canonical: canonical(child),
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

    /// Returns whether it holds nothing but pairs that have an id.
    pub fn is_plain_set(&self) -> bool {
        self.items.iter().all(|item| {
            item.element.has_tag_name("nvpair")
                && item.element.has_attribute("id")
                && !item.element.has_children()
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
    let mut seen = std::collections::HashMap::new();
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

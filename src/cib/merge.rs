//! Taking back what one operation changed, and nothing else.
//!
//! Three configurations are looked at: `before` and `after` the operation, and the `live` one.
//! What the operation changed is put back as it was `before`; what others changed since stays. It
//! stops where both touched the same element. The result is a whole CIB, for `crm_diff` against
//! the live one: the patch carries the version, so the cluster refuses it if it moved meanwhile.

use std::collections::{BTreeSet, HashMap, HashSet};

use roxmltree::Document;
use thiserror::Error;

use super::Cib;
use super::read::{defined, references};
use super::tree::{Container, Element, Item, Key};

/// The names an operation said that it touches: of resources, constraints, nodes, properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Touched(BTreeSet<String>);

impl Touched {
    /// Returns whether a name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Returns whether an element is the operation's: because it, or something in it, has one of
    /// the names, or because it refers to one.
    fn owns(&self, element: Element<'_>) -> bool {
        self.names(element)
            || defined(element).any(|id| self.contains(id))
            || references(element)
                .into_iter()
                .any(|name| self.contains(name))
    }

    /// Returns whether an element has one of the names itself: as its id, as the name of a node or
    /// of a property, or as the set of a property.
    fn names(&self, element: Element<'_>) -> bool {
        let set = element
            .parent_element()
            .filter(|_| element.has_tag_name("nvpair"));
        ["id", "uname", "name"]
            .into_iter()
            .filter_map(|name| element.attribute(name))
            .chain(set.and_then(|set| set.attribute("id")))
            .any(|name| self.contains(name))
    }
}

impl<S: Into<String>> FromIterator<S> for Touched {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

/// What to do to take an operation back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// It is already as it was.
    Nothing,
    /// Bring the live CIB to this one.
    Cib {
        /// The whole CIB, status included, one epoch newer than the live one.
        text: String,
        /// What changed during the operation without being the operation's; it stays.
        left: Vec<String>,
    },
}

/// Why an operation cannot be taken back as it stands.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}", .clashes.iter().map(Clash::to_string).collect::<Vec<_>>().join("; "))]
pub struct Conflict {
    /// The elements in the way, in the order of the CIB.
    pub clashes: Vec<Clash>,
}

/// An element that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What an administrator calls it: `primitive IPFailover`.
    pub label: String,
    /// Its id.
    pub id: String,
    /// Its XML as the operation left it, if it was there.
    pub after: Option<String>,
    /// Its XML now (or that of what it is part of now), if it is there.
    pub now: Option<String>,
    /// Why it is in the way.
    pub reason: Reason,
}

/// Why an element is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is neither as the operation left it nor as it was before.
    Changed,
    /// It needs what would be removed.
    Needs(Vec<String>),
    /// It holds what would be removed.
    Holds(String),
    /// It has an id that would come back.
    HasId(String),
    /// The CIB follows another schema than it did.
    Schema {
        /// Before the operation.
        before: String,
        /// Now.
        now: String,
    },
    /// A configuration cannot be read by itself.
    Unreadable,
}

impl std::fmt::Display for Clash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { label, .. } = self;
        match &self.reason {
            Reason::Changed if self.now.is_none() => write!(f, "{label} was removed since"),
            Reason::Changed if self.after.is_none() => write!(f, "{label} was added since"),
            Reason::Changed => write!(f, "{label} was changed since"),
            Reason::Needs(ids) => write!(f, "{label} needs {}", ids.join(", ")),
            Reason::Holds(id) => write!(f, "{label} now holds {id}"),
            Reason::HasId(id) => write!(f, "{label} now has the name {id}"),
            Reason::Schema { before, now } => {
                write!(f, "{label} now follows {now}, it followed {before}")
            }
            Reason::Unreadable => write!(f, "{label} cannot be read by itself"),
        }
    }
}

/// Returns the live CIB with what the operation changed put back as it was before it.
pub fn put_back(
    before: &Cib,
    after: &Cib,
    live: &Cib,
    touched: &Touched,
) -> Result<Target, Conflict> {
    three_way(before, after, live, touched, false)
}

fn three_way(
    before: &Cib,
    after: &Cib,
    live: &Cib,
    touched: &Touched,
    unfinished: bool,
) -> Result<Target, Conflict> {
    let whole = |reason| Conflict {
        clashes: vec![Clash {
            label: "the CIB".to_owned(),
            id: String::new(),
            after: None,
            now: None,
            reason,
        }],
    };
    // An upgrade rewrites elements that the operation never touched.
    if before.schema() != live.schema() {
        return Err(whole(Reason::Schema {
            before: before.schema().to_owned(),
            now: live.schema().to_owned(),
        }));
    }
    let documents = [before, after, live].map(|cib| Document::parse(cib.configuration_text()));
    let [Ok(before), Ok(after), Ok(now)] = &documents else {
        return Err(whole(Reason::Unreadable));
    };
    let mut merge = Merge {
        ours: Ours {
            touched,
            unfinished,
            moved: HashSet::new(),
        },
        clashes: Vec::new(),
        left: Vec::new(),
        before: before.root_element(),
        live: now.root_element(),
    };
    merge
        .ours
        .follow_moves(before.root_element(), after.root_element());
    let configuration = merge.configuration(before, after, now);
    let Ok(result) = Document::parse(&configuration) else {
        return Err(whole(Reason::Unreadable));
    };
    merge.look_for_loose_ends(after.root_element(), result.root_element());
    if !merge.clashes.is_empty() {
        return Err(Conflict {
            clashes: merge.clashes,
        });
    }
    if configuration == live.configuration_text() {
        return Ok(Target::Nothing);
    }
    let text = with_configuration(live, &configuration).ok_or_else(|| whole(Reason::Unreadable))?;
    Ok(Target::Cib {
        text,
        left: merge.left,
    })
}

/// Returns the same for an operation that was cut short, of which only `before` is known: what it
/// touches is taken for its work, whatever it is now, unless it is new and has a name of its own:
/// a location on our resource that the operation did not name is someone else's.
pub fn put_back_unfinished(
    before: &Cib,
    live: &Cib,
    touched: &Touched,
) -> Result<Target, Conflict> {
    three_way(before, live, live, touched, true)
}

/// Sections whose children are sets of pairs, which are merged pair by pair.
const SECTIONS_OF_SETS: [&str; 3] = ["crm_config", "rsc_defaults", "op_defaults"];

/// What remains of an element: the blanks before it, and its text.
type Piece<'a> = (&'a str, String);

/// What belongs to the operation.
struct Ours<'t, 'a> {
    touched: &'t Touched,
    /// Whether what is new may be someone else's work.
    unfinished: bool,
    /// The ids in elements that are ours: what was a resource of its own before and is a member of
    /// our group after must come back with the group's going.
    moved: HashSet<&'a str>,
}

impl<'a> Ours<'_, 'a> {
    fn owns(&self, before: Option<&Item<'a>>, after: Option<&Item<'a>>) -> bool {
        let versions = || {
            [before, after]
                .into_iter()
                .flatten()
                .map(|item| item.element)
        };
        if versions()
            .flat_map(defined)
            .any(|id| self.moved.contains(id))
        {
            return true;
        }
        match (before, after) {
            (None, Some(new)) if self.unfinished => self.touched.names(new.element),
            _ => versions().any(|element| self.touched.owns(element)),
        }
    }

    fn follow_moves(&mut self, before: Element<'a>, after: Element<'a>) {
        let whole = |configuration| {
            // Sets are merged pair by pair: one pair of ours does not make the others ours.
            items(configuration).filter(|item| {
                let section = item.element.parent_element();
                !section.is_some_and(|s| SECTIONS_OF_SETS.contains(&s.tag_name().name()))
            })
        };
        let mut changed: HashMap<Key<'a>, [Option<Item<'a>>; 2]> = HashMap::new();
        for item in whole(before) {
            let key = item.key;
            changed.entry(key).or_default()[0] = Some(item);
        }
        for item in whole(after) {
            let key = item.key;
            changed.entry(key).or_default()[1] = Some(item);
        }
        let mut changed: Vec<_> = changed
            .into_values()
            .filter(|[before, after]| !Item::same(before.as_ref(), after.as_ref()))
            .collect();
        loop {
            let (ours, others): (Vec<_>, Vec<_>) = changed
                .into_iter()
                .partition(|[before, after]| self.owns(before.as_ref(), after.as_ref()));
            if ours.is_empty() {
                return;
            }
            let ids = ours
                .iter()
                .flatten()
                .flatten()
                .flat_map(|item| defined(item.element));
            self.moved.extend(ids);
            changed = others;
        }
    }
}

struct Merge<'t, 'a> {
    ours: Ours<'t, 'a>,
    clashes: Vec<Clash>,
    left: Vec<String>,
    before: Element<'a>,
    live: Element<'a>,
}

/// One element in the three configurations.
#[derive(Clone, Copy)]
struct Three<T> {
    before: Option<T>,
    after: Option<T>,
    live: Option<T>,
}

impl<'a> Merge<'_, 'a> {
    fn configuration(
        &mut self,
        before: &'a Document<'a>,
        after: &'a Document<'a>,
        live: &'a Document<'a>,
    ) -> String {
        let [before, after, live] =
            [before, after, live].map(|document| Container::of(document.root_element()));
        let sections = self.children(
            Three {
                before: Some(&before),
                after: Some(&after),
                live: Some(&live),
            },
            &mut |merge, three| merge.section(three),
        );
        live.with_children(&sections, Some(&before))
    }

    /// Merges the children of an element, each by `each`, and puts them in order.
    fn children(
        &mut self,
        of: Three<&Container<'a>>,
        each: &mut dyn FnMut(&mut Self, Three<&Item<'a>>) -> Option<Piece<'a>>,
    ) -> Vec<Piece<'a>> {
        fn index<'c, 'a>(of: Option<&'c Container<'a>>) -> HashMap<Key<'a>, &'c Item<'a>> {
            of.map(|of| of.items.iter().map(|item| (item.key, item)).collect())
                .unwrap_or_default()
        }
        let keys = |of: Option<&Container<'a>>| of.map(Container::keys).unwrap_or_default();
        let [before, after, live] = [of.before, of.after, of.live].map(keys);
        let [in_before, in_after, in_live] = [of.before, of.after, of.live].map(index);
        let mut pieces = HashMap::new();
        let mut seen = HashSet::new();
        for key in before.iter().chain(&after).chain(&live) {
            if !seen.insert(*key) {
                continue;
            }
            let three = Three {
                before: in_before.get(key).copied(),
                after: in_after.get(key).copied(),
                live: in_live.get(key).copied(),
            };
            if let Some(piece) = each(self, three) {
                pieces.insert(*key, piece);
            }
        }
        in_order(&before, &after, &live, &pieces.keys().copied().collect())
            .iter()
            .filter_map(|key| pieces.remove(key))
            .collect()
    }

    fn section(&mut self, three: Three<&Item<'a>>) -> Option<Piece<'a>> {
        let tag = three.before.or(three.after).or(three.live)?.key.0;
        let sets = SECTIONS_OF_SETS.contains(&tag);
        self.container(three, &mut |merge, three| match sets {
            true => merge.set(three),
            false => merge.element(three),
        })
    }

    fn set(&mut self, three: Three<&Item<'a>>) -> Option<Piece<'a>> {
        let versions = [three.before, three.after, three.live]
            .into_iter()
            .flatten();
        let versions: Vec<_> = versions.map(|item| Container::of(item.element)).collect();
        let alike = versions
            .windows(2)
            .all(|pair| pair[0].start() == pair[1].start());
        if alike && versions.iter().all(Container::is_plain_set) {
            self.container(three, &mut |merge, three| merge.element(three))
        } else {
            self.element(three)
        }
    }

    /// Merges an element child by child; it goes when it was not there before and is empty now.
    fn container(
        &mut self,
        three: Three<&Item<'a>>,
        each: &mut dyn FnMut(&mut Self, Three<&Item<'a>>) -> Option<Piece<'a>>,
    ) -> Option<Piece<'a>> {
        let open = |item: Option<&Item<'a>>| item.map(|item| Container::of(item.element));
        let (before, after, live) = (open(three.before), open(three.after), open(three.live));
        let children = self.children(
            Three {
                before: before.as_ref(),
                after: after.as_ref(),
                live: live.as_ref(),
            },
            each,
        );
        let frame = match (&live, &before) {
            (Some(_), None) if children.is_empty() && after.is_some() => return None,
            (Some(live), _) => live,
            (None, Some(before)) if !children.is_empty() => before,
            // It was empty, and the operation dropped it.
            (None, Some(before)) if before.items.is_empty() && after.is_none() => before,
            _ => return None,
        };
        let lead = three.live.or(three.before)?.lead;
        Some((lead, frame.with_children(&children, before.as_ref())))
    }

    /// Decides about an element as a whole.
    fn element(&mut self, three: Three<&Item<'a>>) -> Option<Piece<'a>> {
        let Three {
            before,
            after,
            live,
        } = three;
        let as_is = live.map(|item| (item.lead, item.text.to_owned()));
        if Item::same(before, after) {
            return as_is;
        }
        let Some(any) = after.or(before) else {
            return as_is;
        };
        if !self.ours.owns(before, after) {
            self.left.push(any.label());
            // Someone took into it what we would remove.
            let ours = defined(any.element).find(|id| self.ours.touched.contains(id));
            if let Some(id) = ours.filter(|_| before.is_none() && self.ours.unfinished) {
                self.clashes
                    .push(in_the_way(any, None, Reason::Holds(id.to_owned())));
            }
            return as_is;
        }
        if Item::same(live, before) {
            // What we added is gone, or only gone from here: into something that someone made since.
            if before.is_none()
                && let Some(holder) = holder(self.live, any.key.1)
                && !items(self.before).any(|item| Item::same(Some(&item), Some(&holder)))
            {
                let reason = Reason::Holds(any.key.1.to_owned());
                self.clashes.push(in_the_way(&holder, None, reason));
            }
            return as_is;
        }
        if Item::same(live, after) {
            let lead = live.or(before)?.lead;
            return before.map(|item| (lead, item.text.to_owned()));
        }
        let now = live
            .cloned()
            .or_else(|| holder(self.live, any.key.1))
            .map(|item| item.shown());
        self.clashes.push(Clash {
            label: any.label(),
            id: any.key.1.to_owned(),
            after: after.map(Item::shown),
            now,
            reason: Reason::Changed,
        });
        as_is
    }

    /// Looks for what would need something removed, or would meet its own id again.
    fn look_for_loose_ends(&mut self, after: Element<'_>, result: Element<'_>) {
        let twin = |item: &Item<'_>| items(after).find(|twin| twin.key == item.key);
        let mut ids = HashSet::new();
        let twice: HashSet<&str> = defined(result).filter(|id| !ids.insert(*id)).collect();
        let removed: HashSet<&str> = defined(self.live).filter(|id| !ids.contains(id)).collect();
        let known: HashSet<String> = self.clashes.iter().map(|clash| clash.id.clone()).collect();
        for item in items(result).filter(|item| !known.contains(item.key.1)) {
            let needed: BTreeSet<&str> = references(item.element)
                .into_iter()
                .filter(|name| removed.contains(name))
                .collect();
            if !needed.is_empty() {
                let needed = needed.into_iter().map(str::to_owned).collect();
                self.clashes.push(in_the_way(
                    &item,
                    twin(&item).as_ref(),
                    Reason::Needs(needed),
                ));
            }
        }
        for item in items(self.live).filter(|item| !known.contains(item.key.1)) {
            if let Some(id) = defined(item.element).find(|id| twice.contains(id)) {
                let reason = Reason::HasId(id.to_owned());
                self.clashes
                    .push(in_the_way(&item, twin(&item).as_ref(), reason));
            }
        }
    }
}

/// Returns what has an id, or holds what has it.
fn holder<'a>(configuration: Element<'a>, id: &str) -> Option<Item<'a>> {
    items(configuration).find(|item| defined(item.element).any(|found| found == id))
}

fn in_the_way(item: &Item<'_>, after: Option<&Item<'_>>, reason: Reason) -> Clash {
    Clash {
        label: item.label(),
        id: item.key.1.to_owned(),
        after: after.map(Item::shown),
        now: Some(item.shown()),
        reason,
    }
}

/// Returns the children of all sections.
fn items<'a>(configuration: Element<'a>) -> impl Iterator<Item = Item<'a>> {
    let sections = configuration.children().filter(Element::is_element);
    sections.flat_map(|section| Container::of(section).items)
}

/// Returns the order of what remains.
///
/// If nobody moved what the operation left, its order is that of `before`, and what others added
/// stands behind what it followed. Else the live order stays, and what comes back stands behind
/// what it followed before.
fn in_order<'a>(
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

/// Returns the live CIB with another configuration, and one epoch newer.
fn with_configuration(live: &Cib, configuration: &str) -> Option<String> {
    let range = live.configuration.clone();
    let head = format!("{}</cib>", &live.text[..range.start]);
    let document = Document::parse(&head).ok()?;
    let version = live.version();
    let mut text = live.text.clone();
    text.replace_range(range, configuration);
    let mut edits = Vec::new();
    for (name, value) in [("epoch", version.epoch + 1), ("num_updates", 0)] {
        match document.root_element().attribute_node(name) {
            Some(attribute) => edits.push((attribute.range_value(), value.to_string())),
            None => {
                let start = document.root_element().range().start + "<cib".len();
                edits.push((start..start, format!(" {name}=\"{value}\"")));
            }
        }
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    for (range, value) in edits {
        text.replace_range(range, &value);
    }
    Some(text)
}

#[cfg(test)]
mod tests;

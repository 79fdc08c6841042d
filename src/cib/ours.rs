//! What of a configuration belongs to an operation.
//!
//! An operation says which names it touches; `merge` asks here, for each element that changed while
//! it ran, whether that was its work or somebody else's in the same moment.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::read::{defined, references};
use super::tree::{Element, Item, Key, SECTIONS_OF_SETS, items};

/// The names an operation said that it touches: of resources, constraints, nodes, properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
            || self.owns_pair(element)
            || defined(element).any(|id| self.contains(id))
            || references(element)
                .into_iter()
                .any(|name| self.contains(name))
    }

    /// Returns whether a set that is merged as a whole has a pair of one of the names.
    fn owns_pair(&self, element: Element<'_>) -> bool {
        let section = element.parent_element();
        section.is_some_and(|section| SECTIONS_OF_SETS.contains(&section.tag_name().name()))
            && element
                .children()
                .filter_map(|pair| pair.attribute("name"))
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

/// The changes that belong to the operation.
pub(super) struct Ours<'t, 'a> {
    touched: &'t Touched,
    /// Whether what is new may be someone else's work.
    unfinished: bool,
    /// The ids in elements that are ours: what was a resource of its own before and is a member of
    /// our group after must come back with the group's going.
    moved: HashSet<&'a str>,
}

/// Properties that Pacemaker sets by itself, whatever an operation does.
const PACEMAKERS: [&str; 4] = [
    "dc-version",
    "cluster-infrastructure",
    "have-watchdog",
    "last-lrm-refresh",
];

impl<'t, 'a> Ours<'t, 'a> {
    pub fn new(touched: &'t Touched, unfinished: bool) -> Self {
        Self {
            touched,
            unfinished,
            moved: HashSet::new(),
        }
    }

    /// Returns whether it is a property that Pacemaker sets and the operation did not name.
    pub fn is_pacemakers(&self, item: &Item<'a>) -> bool {
        let name = item
            .element
            .attribute("name")
            .filter(|_| item.key.0 == "nvpair");
        name.is_some_and(|name| PACEMAKERS.contains(&name) && !self.touched.contains(name))
    }

    /// Returns whether an element that changed is the operation's.
    pub fn owns(&self, before: Option<&Item<'a>>, after: Option<&Item<'a>>) -> bool {
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

    /// Returns what is ours in an element that is new and, after an operation cut short, was made
    /// by someone else: taking ours out of it is not for us to do.
    pub fn held_by_others(&self, before: Option<&Item<'a>>, new: &Item<'a>) -> Option<&'a str> {
        if before.is_some() || !self.unfinished {
            return None;
        }
        defined(new.element).find(|id| self.touched.contains(id))
    }

    /// Takes for ours what went into our elements or came out of them.
    pub fn follow_moves(&mut self, before: Element<'a>, after: Element<'a>) {
        let whole = |configuration| {
            // Sets are merged pair by pair: one pair of ours does not make the others ours.
            items(configuration).filter(|item| {
                let section = item.element.parent_element();
                !section.is_some_and(|s| SECTIONS_OF_SETS.contains(&s.tag_name().name()))
            })
        };
        let mut changed: HashMap<Key<'a>, [Option<Item<'a>>; 2]> = HashMap::new();
        for (version, configuration) in [before, after].into_iter().enumerate() {
            for item in whole(configuration) {
                let key = item.key;
                changed.entry(key).or_default()[version] = Some(item);
            }
        }
        let mut changed: Vec<_> = changed
            .into_values()
            .filter(|[before, after]| !Item::means_same(before.as_ref(), after.as_ref()))
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

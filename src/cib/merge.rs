//! Taking back what one operation changed, and nothing else.
//!
//! Three configurations are looked at: `before` and `after` the operation, and the `live` one.
//! What the operation changed is put back as it was `before`; what others changed since stays. It
//! stops where both touched the same element. The result is a whole CIB, for `crm_diff` against
//! the live one: the patch carries the version, so the cluster refuses it if it moved meanwhile.

use std::collections::{BTreeSet, HashMap, HashSet};

use roxmltree::Document;

use super::Cib;
use super::conflict::{Clash, Conflict, Reason, Target};
use super::ours::{Ours, Touched};
use super::read::{Identity, identities, referred};
use super::tree::{COMMENT, Container, Element, Item, Key, SECTIONS_OF_SETS, in_order, items};

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
        ours: Ours::new(touched, unfinished),
        clashes: Vec::new(),
        left: Vec::new(),
        own: 0,
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
        return Ok(Target::Nothing { left: merge.left });
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

/// A piece of an element that remains: the blanks before it, and its text.
type Piece<'a> = (&'a str, String);

struct Merge<'t, 'a> {
    ours: Ours<'t, 'a>,
    clashes: Vec<Clash>,
    left: Vec<String>,
    /// How many changes so far were the operation's own.
    own: usize,
    before: Element<'a>,
    live: Element<'a>,
}

/// An element in the three configurations.
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
        let own = self.own;
        let (comments, elements): (Vec<_>, Vec<_>) = before
            .iter()
            .chain(&after)
            .chain(&live)
            .filter(|key| seen.insert(**key))
            .partition(|key| key.0 == COMMENT);
        for key in elements.into_iter().chain(comments) {
            let three = Three {
                before: in_before.get(key).copied(),
                after: in_after.get(key).copied(),
                live: in_live.get(key).copied(),
            };
            let piece = match key.0 {
                COMMENT => comment(three, self.own > own),
                _ => each(self, three),
            };
            if let Some(piece) = piece {
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
        if Item::means_same(before, after) {
            return as_is;
        }
        let Some(any) = after.or(before) else {
            return as_is;
        };
        if self.ours.is_pacemakers(any) {
            return as_is;
        }
        if !self.ours.owns(before, after) {
            self.left.push(any.label());
            if let Some(id) = self.ours.held_by_others(before, any) {
                let reason = Reason::Holds(id.to_owned());
                self.clashes.push(Clash::against(any, None, reason));
            }
            return as_is;
        }
        self.own += 1;
        if Item::means_same(live, before) {
            // What we added is gone, or only gone from here: into something that someone made since.
            if before.is_none()
                && let Some(holder) = holder(self.live, any)
                && !items(self.before).any(|item| Item::means_same(Some(&item), Some(&holder)))
            {
                let reason = Reason::Holds(any.key.1.to_owned());
                self.clashes.push(Clash::against(&holder, None, reason));
            }
            return as_is;
        }
        if Item::means_same(live, after) {
            let lead = live.or(before)?.lead;
            return before.map(|item| (lead, item.text.to_owned()));
        }
        let now = live
            .cloned()
            .or_else(|| holder(self.live, any))
            .map(|item| item.unindented());
        self.clashes.push(Clash {
            label: any.label(),
            id: any.key.1.to_owned(),
            after: after.map(Item::unindented),
            now,
            reason: Reason::Changed,
        });
        as_is
    }

    /// Looks for what would need something removed, or would meet its own id again.
    fn look_for_loose_ends(&mut self, after: Element<'_>, result: Element<'_>) {
        let twin = |item: &Item<'_>| items(after).find(|twin| twin.key == item.key);
        let ids: HashSet<Identity> = identities(result).collect();
        let removed: HashSet<Identity> = identities(self.live)
            .filter(|id| !ids.contains(id))
            .collect();
        let mut twice = duplicate_ids(result);
        // What is there twice already is not our doing, and Pacemaker lives with it.
        for id in self::duplicate_ids(self.live) {
            twice.remove(&id);
        }
        let known: HashSet<String> = self.clashes.iter().map(|clash| clash.id.clone()).collect();
        for item in items(result).filter(|item| !known.contains(item.key.1)) {
            let needed: BTreeSet<&str> = referred(item.element)
                .into_iter()
                .filter(|name| removed.contains(name))
                .map(|(_, name)| name)
                .collect();
            if !needed.is_empty() {
                let needed = needed.into_iter().map(str::to_owned).collect();
                let reason = Reason::Needs(needed);
                self.clashes
                    .push(Clash::against(&item, twin(&item).as_ref(), reason));
            }
        }
        for item in items(self.live).filter(|item| !known.contains(item.key.1)) {
            if let Some((_, id)) = identities(item.element).find(|id| twice.contains(id)) {
                let reason = Reason::HasId(id.to_owned());
                self.clashes
                    .push(Clash::against(&item, twin(&item).as_ref(), reason));
            }
        }
    }
}

/// Decides about a comment beside what is merged. crmsh 4.4 and 5.0 drop those of a set they write
/// to, or write them anew at its head: where the operation changed something there, what became of
/// them is its doing too.
fn comment<'a>(of: Three<&Item<'a>>, ours: bool) -> Option<Piece<'a>> {
    let put_back = ours && of.live.is_some() == of.after.is_some();
    let item = if put_back { of.before } else { of.live }?;
    let lead = of.live.unwrap_or(item).lead;
    Some((lead, item.text.to_owned()))
}

/// Returns what has an element's id, or holds what has it.
fn holder<'a>(configuration: Element<'a>, of: &Item<'_>) -> Option<Item<'a>> {
    of.element.attribute("id")?;
    let identity = identities(of.element).next()?;
    items(configuration).find(|item| identities(item.element).any(|found| found == identity))
}

/// Returns the ids that a configuration has more than once.
fn duplicate_ids(configuration: Element<'_>) -> HashSet<Identity<'_>> {
    let mut seen = HashSet::new();
    identities(configuration)
        .filter(|id| !seen.insert(*id))
        .collect()
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

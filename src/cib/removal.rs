//! What else of a configuration goes or changes with a resource that is removed: constraints, sets in
//! them, tags.

use roxmltree::{Document, Node};

use super::{Cib, Object};

/// The fate of an object that named what was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// The kind of object: `colocation`, `tag` and so on.
    pub kind: String,
    /// Its name.
    pub id: String,
    /// The object before and after; none where it goes as a whole.
    pub stays: Option<Changed>,
}

/// An object that stays, with less in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The resources that it names no more.
    pub without: Vec<String>,
    /// The text before.
    pub was: String,
    /// The text afterwards.
    pub becomes: String,
}

impl Cib {
    /// Returns these resources and those around them that would be left with nothing: crmsh removes
    /// a group with its last member, a clone with what it copies.
    pub fn vanishing(&self, names: &[String]) -> Vec<String> {
        let mut all = names.to_vec();
        let mut at = 0;
        while at < all.len() {
            if let Some(parent) = self.parent_of(&all[at])
                && !all.iter().any(|known| known == parent)
            {
                let mut held = self.parents.iter().filter(|(_, holder)| *holder == parent);
                if held.all(|(child, _)| all.contains(child)) {
                    all.push(parent.to_owned());
                }
            }
            at += 1;
        }
        all
    }

    /// Returns the constraints and tags that name one of these resources, in the order of the document.
    pub fn pointing(&self, names: &[String]) -> Vec<&Object> {
        let constraints: Vec<&Object> = names
            .iter()
            .flat_map(|name| self.constraints_on(name))
            .collect();
        let is_named = |object: &Object| {
            let tags = is_tag(object).then(|| references(object));
            tags.is_some_and(|tags| tags.iter().any(|tag| names.contains(tag)))
                || constraints.iter().any(|one| one.id() == object.id())
        };
        self.objects.iter().filter(|one| is_named(one)).collect()
    }
}

/// Returns true for what names several resources and may stay without one of them: a constraint with
/// sets, a tag. Any other constraint goes with what it names (crmsh 4.4 and 5.0).
pub fn may_stay(object: &Object) -> bool {
    is_tag(object) || matches!(object, Object::Opaque(one) if one.text.contains("<resource_set"))
}

fn is_tag(object: &Object) -> bool {
    matches!(object, Object::Opaque(one) if one.kind == "tag")
}

fn references(object: &Object) -> Vec<String> {
    let Object::Opaque(opaque) = object else {
        return Vec::new();
    };
    let document = Document::parse(&opaque.text);
    document.map_or(Vec::new(), |document| {
        named_resources(document.root_element())
    })
}

/// Returns which constraints and tags of a CIB are gone in another one, or say something else there.
pub fn fates(before: &str, after: &str) -> Option<Vec<Fate>> {
    let (before, after) = (Document::parse(before).ok()?, Document::parse(after).ok()?);
    let left = pointers(&after);
    let mut fates = Vec::new();
    for old in pointers(&before) {
        let id = old.attribute("id").unwrap_or_default();
        let new = left.iter().find(|new| new.attribute("id") == Some(id));
        let stays = match new {
            None => None,
            Some(new)
                if described(old) == described(*new)
                    && own_attributes(old) == own_attributes(*new) =>
            {
                continue;
            }
            Some(new) => Some(Changed {
                without: {
                    let still = named_resources(*new);
                    let lost = named_resources(old)
                        .into_iter()
                        .filter(|name| !still.contains(name));
                    lost.collect()
                },
                was: described(old),
                becomes: described(*new),
            }),
        };
        let tag = old.tag_name().name();
        fates.push(Fate {
            kind: tag.strip_prefix("rsc_").unwrap_or(tag).to_owned(),
            id: id.to_owned(),
            stays,
        });
    }
    Some(fates)
}

/// Returns all constraints and tags of a CIB.
fn pointers<'a, 'i>(document: &'a Document<'i>) -> Vec<Node<'a, 'i>> {
    let is_section = |node: &Node| {
        (node.has_tag_name("constraints") || node.has_tag_name("tags"))
            && node
                .parent()
                .is_some_and(|parent| parent.has_tag_name("configuration"))
    };
    let sections = document.descendants().filter(is_section);
    let children = sections.flat_map(|section| section.children());
    children.filter(Node::is_element).collect()
}

/// Returns the resources that a constraint or tag names, in its order.
fn named_resources(node: Node) -> Vec<String> {
    let mut names: Vec<String> = ["rsc", "with-rsc", "first", "then"]
        .iter()
        .filter_map(|attribute| node.attribute(*attribute))
        .map(str::to_owned)
        .collect();
    let refers = |one: &Node| one.has_tag_name("resource_ref") || one.has_tag_name("obj_ref");
    let within = node.descendants().filter(refers);
    names.extend(within.filter_map(|one| one.attribute("id").map(str::to_owned)));
    names
}

/// Returns an element's attributes but its id.
fn own_attributes(node: Node) -> Vec<String> {
    let attributes = node.attributes().filter(|one| one.name() != "id");
    let mut pairs: Vec<String> = attributes
        .map(|one| format!("{}={}", one.name(), one.value()))
        .collect();
    pairs.sort();
    pairs
}

/// Returns what a constraint or tag says: its sets, each with its attributes, or the resources named.
fn described(node: Node) -> String {
    let sets: Vec<Node> = node
        .children()
        .filter(|child| child.has_tag_name("resource_set"))
        .collect();
    if node.has_tag_name("tag") {
        return named_resources(node).join(" ");
    }
    if sets.is_empty() {
        return own_attributes(node).join(" ");
    }
    let of_a_set = |set: &Node| {
        let names = named_resources(*set).join(" ");
        match own_attributes(*set).as_slice() {
            [] => format!("[{names}]"),
            attributes => format!("[{names}] ({})", attributes.join(", ")),
        }
    };
    sets.iter().map(of_a_set).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What crmsh 4.4 and 5.0 really made of a configuration is the oracle.
    fn recorded(release: &str, name: &str) -> String {
        let root = env!("CARGO_MANIFEST_DIR");
        std::fs::read_to_string(format!("{root}/tests/data/{release}/{name}.xml")).unwrap()
    }

    fn told(release: &str, after: &str) -> Vec<String> {
        let fates = fates(&recorded(release, "sets"), &recorded(release, after)).unwrap();
        let told = fates.into_iter().map(|fate| match fate.stays {
            None => format!("{} {} goes", fate.kind, fate.id),
            Some(left) => format!(
                "{} {} without {}: {} -> {}",
                fate.kind,
                fate.id,
                left.without.join(","),
                left.was,
                left.becomes
            ),
        });
        let mut told: Vec<String> = told.collect();
        told.sort();
        told
    }

    #[test]
    fn what_goes_and_what_changes_is_told_apart() {
        for release in ["bookworm", "trixie"] {
            assert_eq!(
                told(release, "sets-without-mail"),
                [
                    "colocation col-set without mail: [src mail] (require-all=false, sequential=false) \
                     [g-db] -> [src] (require-all=false) [g-db]",
                    "location l-all without mail: [src mail] -> [src]",
                    "order o-set goes",
                    "tag lone goes",
                ]
                .map(str::to_owned),
                "{release}"
            );
            let whole = told(release, "sets-without-g-db");
            assert!(
                whole.contains(&"location l-pref goes".to_owned()),
                "{whole:?}"
            );
            assert!(
                whole
                    .iter()
                    .any(|one| one.starts_with("colocation col-set without g-db: ")
                        && one.ends_with("-> [src mail] (require-all=false, sequential=false)")),
                "{whole:?}"
            );
            assert_eq!(
                told(release, "sets-without-vip"),
                ["tag mytag without vip: vip src -> src".to_owned()],
                "{release}"
            );
        }
    }

    #[test]
    fn what_points_to_a_resource_includes_tags_and_a_group_left_empty() {
        let cib = Cib::parse(recorded("trixie", "sets")).unwrap();
        let ids = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let mut ids: Vec<String> = cib
                .pointing(&names)
                .iter()
                .map(|one| one.id().to_owned())
                .collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(&["vip"]), ["mytag"]);
        assert_eq!(ids(&["mail"]), ["col-set", "l-all", "lone", "o-set"]);
        let all = ["fs", "vip", "db"].map(str::to_owned);
        assert_eq!(cib.vanishing(&all[..2]), all[..2]);
        assert_eq!(cib.vanishing(&all), ["fs", "vip", "db", "g-db"]);
    }
}

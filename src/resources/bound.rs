//! What keeps a resource from a node: the constraints that bind it to others, or off that node.

use crate::cib::{Cib, Object, Score};
use crate::plan::Refusal;
use roxmltree::Document;

/// A constraint that may keep a resource where it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Bound {
    id: String,
    /// The effect, as the end of a sentence.
    does: String,
    /// The other resources that it names.
    others: Vec<String>,
    /// The resource that it follows, where that one alone decides.
    follows: Option<String>,
}

/// Returns the constraints of these resources, of which the first holds the others, that bind them to
/// other ones or keep them off a node.
pub fn to_others(cib: &Cib, family: &[String], node: &str) -> Vec<Bound> {
    let mut all: Vec<Bound> = Vec::new();
    for name in family {
        for constraint in cib.constraints_on(name) {
            let known = all.iter().any(|one| one.id == constraint.id());
            all.extend(binding(cib, constraint, family, node).filter(|_| !known));
        }
    }
    // What it is bound to may be what cannot go there.
    let others: Vec<String> = all.iter().flat_map(|one| one.others.clone()).collect();
    for other in &others {
        for constraint in cib.up_from(other).flat_map(|one| cib.constraints_on(one)) {
            let known = all.iter().any(|one| one.id == constraint.id());
            all.extend(keeps_off(constraint, node).filter(|_| !known));
        }
    }
    all
}

/// Returns a location that keeps what it names off a node, or decides that by a rule.
fn keeps_off(constraint: &Object, node: &str) -> Option<Bound> {
    let does = match (constraint, constraint.resolved()) {
        (Object::Opaque(opaque), _) if opaque.kind == "rsc_location" && opaque.has_rule => {
            "decides by a rule where it may run".to_owned()
        }
        (_, Object::Location(location))
            if location.node == node && location.score < Score::Finite(0) =>
        {
            format!("keeps {} off {node}", location.resource)
        }
        _ => return None,
    };
    Some(Bound {
        id: constraint.id().to_owned(),
        does,
        others: Vec::new(),
        follows: None,
    })
}

fn binding(cib: &Cib, constraint: &Object, family: &[String], node: &str) -> Option<Bound> {
    let id = constraint.id().to_owned();
    let others = |names: &[String]| {
        let others = names.iter().filter(|name| !family.contains(name));
        let others: Vec<String> = others.cloned().collect();
        (!others.is_empty()).then_some(others)
    };
    if let Some(off) = keeps_off(constraint, node) {
        return Some(off);
    }
    match constraint.resolved() {
        Object::Colocation(one) if one.score > Score::Finite(0) => {
            let follows = family
                .contains(&one.resource)
                .then(|| cib.whole_of(&one.with).to_owned());
            others(&[one.resource.clone(), one.with.clone()]).map(|others| Bound {
                does: format!("keeps it with {}", others.join(", ")),
                others,
                id,
                follows,
            })
        }
        Object::Colocation(one) if one.score < Score::Finite(0) => {
            others(&[one.resource.clone(), one.with.clone()]).map(|others| Bound {
                does: format!("keeps it apart from {}", others.join(", ")),
                others,
                id,
                follows: None,
            })
        }
        Object::Opaque(opaque) if opaque.kind == "rsc_colocation" => {
            let document = Document::parse(&opaque.text).ok()?;
            let colocation = document.root_element();
            let refers = colocation
                .descendants()
                .filter(|one| one.has_tag_name("resource_ref"));
            let names = refers.filter_map(|one| one.attribute("id").map(str::to_owned));
            let apart = colocation
                .attribute("score")
                .is_some_and(|score| score.starts_with('-'));
            let how = if apart { "apart from" } else { "with" };
            others(&names.collect::<Vec<_>>()).map(|others| Bound {
                does: format!("keeps it {how} {}", others.join(", ")),
                others,
                id,
                follows: None,
            })
        }
        _ => None,
    }
}

/// Returns a refusal with these constraints named in it.
pub fn refusal(mut refusal: Refusal, bound: &[Bound], node: &str) -> Refusal {
    let clauses: Vec<String> = bound
        .iter()
        .map(|one| format!("{} {}", one.id, one.does))
        .collect();
    refusal.what += &format!("; {}", clauses.join(", "));
    for one in bound {
        refusal = match &one.follows {
            Some(other) => refusal.hint(
                "to move what it goes with",
                format!("bascule web move {other} {node}"),
            ),
            None => refusal.hint("to see it", format!("crm configure show {}", one.id)),
        };
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::RELEASES;

    fn said(release: &str, name: &str, family: &[&str], node: &str) -> String {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/tests/data/{release}/{name}.xml"));
        let cib = Cib::parse(text.unwrap()).unwrap();
        let family: Vec<String> = family.iter().map(|name| (*name).to_owned()).collect();
        let bound = to_others(&cib, &family, node);
        let refusal = refusal(Refusal::check("it stays"), &bound, node);
        let hints: Vec<&str> = refusal
            .hints
            .iter()
            .map(|hint| hint.command.as_str())
            .collect();
        format!("{} | {}", refusal.what, hints.join(" | "))
    }

    #[test]
    fn a_set_and_what_it_is_bound_to_are_named() {
        for release in RELEASES {
            assert_eq!(
                said(release, "sets", &["mail"], "serv2"),
                "it stays; col-set keeps it with src, g-db | crm configure show col-set",
                "{release}"
            );
        }
    }

    #[test]
    fn a_colocation_a_ban_and_a_rule_are_named() {
        for release in RELEASES {
            let text = said(release, "kinds", &["odd"], "serv2");
            assert!(
                text.contains("together keeps it with everywhere-clone")
                    && text.contains("apart keeps it apart from plain")
                    && text.contains("bascule web move everywhere-clone serv2"),
                "{release}: {text}"
            );
            let text = said(release, "kinds", &["plain"], "serv2");
            assert!(
                text.contains("never keeps plain off serv2"),
                "{release}: {text}"
            );
            let text = said(release, "kinds", &["plain"], "serv1");
            assert!(!text.contains("never"), "{release}: {text}");
            let text = said(release, "opaque", &["odd"], "serv2");
            assert!(
                text.contains("by-rule decides by a rule where it may run"),
                "{release}: {text}"
            );
        }
    }
}

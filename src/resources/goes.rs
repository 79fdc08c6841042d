//! What goes with a resource that is removed, and what stays without it.
//!
//! crmsh itself is asked, on a copy, where a constraint has sets or a tag names the resource: those may
//! stay. What it makes of a set is no matter of names alone (it takes `sequential` out of one that
//! holds a single resource, seen on crmsh 4.4 and 5.0).

use super::forecast;
use crate::cib;
use crate::cib::{Cib, Fate, Object};
use crate::facts::{Facts, ToolAnswer};
use crate::plan::{Check, Plan, Question};

/// Notes in the plan what goes and what changes with these resources, and returns all that is touched.
pub fn note_removal_effects(
    facts: &Facts,
    cib: &Cib,
    names: &[String],
    plan: &mut Plan,
) -> Vec<String> {
    let all = cib.vanishing(names);
    let mut touches = all.clone();
    let pointing = cib.pointing(&all);
    let asked = pointing.iter().any(|one| cib::may_stay(one)).then(|| {
        let question = Question::Delete {
            cib: cib.text().to_owned(),
            names: names.to_vec(),
        };
        let none = || "its answer is no CIB".to_owned();
        match forecast::answer(facts, question, plan) {
            None => Err("it was not asked yet".to_owned()),
            Some(Err(why)) => Err(why.clone()),
            Some(Ok(ToolAnswer::Text(Some(after)))) => {
                cib::fates(cib.text(), after).ok_or_else(none)
            }
            Some(Ok(_)) => Err(none()),
        }
    });
    match asked {
        Some(Ok(fates)) => {
            for fate in fates {
                plan.check(Check::warning(sentence(&fate, &pointing, &all)));
                touches.push(fate.id);
            }
        }
        Some(Err(why)) => {
            for one in &pointing {
                plan.check(Check::warning(match cib::may_stay(one) {
                    true => format!("{} {} names {}: it goes, or stays without it (crmsh was asked on a copy: {why})", one.kind(), one.id(), names[0]),
                    false => removal_sentence(one.kind(), one.id(), &pointed_to(one, &all)),
                }));
            }
        }
        None => {
            for one in &pointing {
                plan.check(Check::warning(removal_sentence(
                    one.kind(),
                    one.id(),
                    &pointed_to(one, &all),
                )));
            }
        }
    }
    touches.extend(pointing.iter().map(|one| one.id().to_owned()));
    for name in &all {
        if names.contains(name) {
            if let Some(parent) = cib.parent_of(name)
                && !all.iter().any(|known| known == parent)
            {
                plan.check(Check::warning(format!("{name} leaves {parent}")));
                touches.push(parent.to_owned());
            }
        } else {
            plan.check(Check::warning(format!(
                "{name} holds nothing else and goes with it"
            )));
        }
    }
    touches
}

fn removal_sentence(kind: &str, id: &str, name: &str) -> String {
    format!("{kind} {id} points to {name} and goes with it")
}

/// Returns the resource that a constraint points to.
fn pointed_to(one: &Object, all: &[String]) -> String {
    let found = match one.resolved() {
        Object::Location(one) => all.iter().find(|name| **name == one.resource),
        Object::Colocation(one) => all
            .iter()
            .find(|name| **name == one.resource || **name == one.with),
        Object::Order(one) => all
            .iter()
            .find(|name| **name == one.first || **name == one.then),
        _ => None,
    };
    found.unwrap_or(&all[0]).clone()
}

fn sentence(fate: &Fate, pointing: &[&Object], all: &[String]) -> String {
    let Fate { kind, id, stays } = fate;
    match stays {
        None => {
            let one = pointing.iter().find(|one| one.id() == id);
            let name = one.map_or_else(|| all[0].clone(), |one| pointed_to(one, all));
            removal_sentence(kind, id, &name)
        }
        Some(left) => {
            let without = match left.without.as_slice() {
                [] => "changes".to_owned(),
                lost => format!("stays without {}", lost.join(", ")),
            };
            format!(
                "{kind} {id} {without}: {} becomes {}",
                left.was, left.becomes
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cib::Cib;
    use crate::facts::{Cluster, Facts};
    use crate::trial::{RELEASES, facts, plan, refusal, warnings};

    /// A cluster with sets and tags, as crmsh wrote it.
    fn with_sets(release: &str) -> Facts {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/tests/data/{release}/sets.xml"));
        let mut facts = facts(release, "grouped");
        facts.cluster = Cluster::Running(Cib::parse(text.unwrap()).unwrap());
        facts
    }

    #[test]
    fn what_may_stay_is_not_said_to_go() {
        for release in RELEASES {
            let facts = with_sets(release);
            for (words, sure, may_stay) in [
                ("web remove mail", "", "colocation col-set"),
                (
                    "web remove g-db",
                    "location l-pref points to g-db and goes with it",
                    "tag mytag",
                ),
                ("vip remove vip", "vip leaves g-db", "tag mytag"),
            ] {
                let told = warnings(&plan(words, &facts).unwrap());
                assert!(told.contains(sure), "{told}");
                assert!(told.contains(may_stay), "{told}");
                let goes = format!("{may_stay} points to");
                assert!(!told.contains(&goes), "{told}");
            }
        }
    }

    #[test]
    fn a_node_that_pacemaker_never_looks_at_cannot_be_preferred() {
        for release in RELEASES {
            let facts = with_sets(release);
            let text = refusal("web prefer g-db serv2", &facts);
            assert!(
                text.contains("serv2 is no candidate for g-db: by l-pref"),
                "{text}"
            );
            let way =
                "crm configure location l-pref-serv2 g-db resource-discovery=exclusive 0: serv2";
            assert!(text.contains(way), "{text}");
            assert!(plan("web prefer g-db serv1", &facts).is_ok());
        }
    }

    #[test]
    fn where_a_location_must_allow_it_nothing_new_is_said_to_start() {
        for release in RELEASES {
            let mut facts = facts(release, "bare");
            let words = "vip add 172.16.0.12/24";
            let said = "it will be configured, and not start";
            assert!(!warnings(&plan(words, &facts).unwrap()).contains(said));
            let text = facts.cib().unwrap().text().replace(
                "</cluster_property_set>",
                "<nvpair id=\"sym\" name=\"symmetric-cluster\" value=\"false\"/></cluster_property_set>",
            );
            facts.cluster = Cluster::Running(Cib::parse(text).unwrap());
            let told = warnings(&plan(words, &facts).unwrap());
            assert!(told.contains(said), "{told}");
        }
    }
}

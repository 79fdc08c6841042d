//! Put-back on random configurations: what holds whatever was done before, by us and by others.

use super::super::*;
use super::{NOTHING, ours};
use crate::cib::tree::canonical;
use proptest::prelude::*;

/// A configuration small enough to be made at random, and printed as cibadmin prints it.
#[derive(Clone, Debug, PartialEq)]
struct Small {
    properties: Vec<(u8, u8)>,
    resources: Vec<(u8, u8)>,
    locations: Vec<(u8, u8)>,
    defaults: Option<Vec<(u8, u8)>>,
}

fn small(names: std::ops::Range<u8>) -> impl Strategy<Value = Small> {
    let list = move || {
        proptest::collection::btree_map(names.clone(), 0..3_u8, 0..5)
            .prop_map(|map| map.into_iter().collect::<Vec<_>>())
            .prop_shuffle()
    };
    (list(), list(), list(), proptest::option::of(list())).prop_map(
        |(properties, resources, locations, defaults)| Small {
            properties,
            resources,
            locations,
            defaults: defaults.filter(|set| !set.is_empty()),
        },
    )
}

impl Small {
    fn cib(&self) -> Cib {
        let section = |tag: &str, children: String| match children.is_empty() {
            true => format!("    <{tag}/>\n"),
            false => format!("    <{tag}>\n{children}    </{tag}>\n"),
        };
        let set = |tag: &str, id: &str, pairs: &[(u8, u8)]| {
            if pairs.is_empty() {
                return String::new();
            }
            let pairs: String = pairs
                .iter()
                .map(|(n, v)| {
                    format!("        <nvpair id=\"{id}-{n}\" name=\"{n}\" value=\"{v}\"/>\n")
                })
                .collect();
            format!("      <{tag} id=\"{id}\">\n{pairs}      </{tag}>\n")
        };
        let resources = self
            .resources
            .iter()
            .map(|(n, v)| format!("      <primitive id=\"r{n}\" class=\"lsb\" type=\"t{v}\"/>\n"));
        let locations = self.locations.iter().map(|(n, v)| {
            format!(
                "      <rsc_location id=\"l{n}\" rsc=\"other\" node=\"serv1\" score=\"{v}\"/>\n"
            )
        });
        let text = format!(
            "<cib epoch=\"4\" num_updates=\"2\" admin_epoch=\"0\">\n  <configuration>\n{}{}{}{}{}  \
             </configuration>\n  <status/>\n</cib>\n",
            section(
                "crm_config",
                set("cluster_property_set", "p", &self.properties)
            ),
            section("nodes", String::new()),
            section("resources", resources.collect()),
            section("constraints", locations.collect()),
            self.defaults.as_ref().map_or(String::new(), |pairs| {
                section("rsc_defaults", set("meta_attributes", "d", pairs))
            }),
        );
        Cib::parse(text).unwrap()
    }

    /// Puts what another configuration holds between and behind what this one holds.
    fn with(&self, other: &Self) -> Self {
        let mixed = |one: &[(u8, u8)], other: &[(u8, u8)]| {
            let mut mixed = one.to_vec();
            for (place, item) in other.iter().enumerate() {
                mixed.insert((place * 2 + 1).min(mixed.len()), *item);
            }
            mixed
        };
        Self {
            properties: mixed(&self.properties, &other.properties),
            resources: mixed(&self.resources, &other.resources),
            locations: mixed(&self.locations, &other.locations),
            defaults: match (&self.defaults, &other.defaults) {
                (Some(one), Some(other)) => Some(mixed(one, other)),
                (one, other) => one.clone().or_else(|| other.clone()),
            },
        }
    }
}

fn all_names() -> Touched {
    (0..9)
        .flat_map(|n| {
            ["p", "d", "r", "l"].map(|kind| match kind {
                "p" | "d" => format!("{kind}-{n}"),
                _ => format!("{kind}{n}"),
            })
        })
        .collect()
}

fn configuration(target: Result<Target, Conflict>, live: &Cib) -> String {
    match target.unwrap() {
        Target::Nothing { .. } => live.configuration_text().to_owned(),
        Target::Cib { text, .. } => Cib::parse(text).unwrap().configuration_text().to_owned(),
    }
}

proptest! {
    #[test]
    fn alone_it_is_as_before(before in small(0..9), after in small(0..9)) {
        let (before, after) = (before.cib(), after.cib());
        let back = configuration(put_back(&before, &after, &after, &all_names()), &after);
        prop_assert_eq!(back, before.configuration_text());
        let unfinished = configuration(put_back_unfinished(&before, &after, &all_names()), &after);
        prop_assert_eq!(unfinished, before.configuration_text());
    }

    #[test]
    fn what_others_added_survives(
        before in small(0..9), after in small(0..9), others in small(10..19),
    ) {
        let live = after.with(&others).cib();
        let back = configuration(put_back(&before.cib(), &after.cib(), &live, &all_names()), &live);
        let back = Cib::parse(format!("<cib>{back}</cib>")).unwrap();
        // Both are there, whole and in their own order: what is left without the others is before.
        let (keys, theirs) = (keys(&back), keys(&others.cib()));
        prop_assert!(theirs.iter().all(|key| keys.contains(key)), "{:?}", keys);
        let without: Vec<_> = keys.into_iter().filter(|key| !theirs.contains(key)).collect();
        prop_assert_eq!(without, super::random::keys(&before.cib()));
    }

    #[test]
    fn twice_is_once(before in small(0..9), after in small(0..9), others in small(10..19)) {
        let (before, after, live) = (before.cib(), after.cib(), after.with(&others).cib());
        let touched = all_names();
        if let Target::Cib { text, .. } = put_back(&before, &after, &live, &touched).unwrap() {
            let back = Cib::parse(text).unwrap();
            prop_assert_eq!(put_back(&before, &after, &back, &touched), Ok(NOTHING));
        }
    }

    #[test]
    fn what_is_not_ours_is_never_touched(before in small(0..9), after in small(0..9)) {
        let (before, after) = (before.cib(), after.cib());
        prop_assert_eq!(
            keys(&Cib::parse(format!(
                "<cib>{}</cib>",
                configuration(put_back(&before, &after, &after, &ours(&[])), &after)
            )).unwrap()).into_iter().collect::<BTreeSet<_>>(),
            keys(&after).into_iter().collect::<BTreeSet<_>>()
        );
    }

    #[test]
    fn it_never_panics_nor_makes_bad_xml(
        before in small(0..9), after in small(0..9), live in small(0..9),
    ) {
        let live = live.cib();
        if let Ok(Target::Cib { text, .. }) = put_back(&before.cib(), &after.cib(), &live, &all_names()) {
            prop_assert!(Cib::parse(text).is_ok());
        }
    }
}

/// Returns all that a configuration holds, in order, as comparable text.
fn keys(cib: &Cib) -> Vec<String> {
    let document = Document::parse(cib.configuration_text()).unwrap();
    items(document.root_element())
        .flat_map(|item| match Container::of(item.element).items {
            pairs if pairs.is_empty() => vec![canonical(item.element)],
            pairs => pairs
                .into_iter()
                .map(|pair| canonical(pair.element))
                .collect(),
        })
        .collect()
}

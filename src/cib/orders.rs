//! What somebody ordered of a resource since it was made: to stop, not to be managed.
//!
//! `crm resource stop`, `unmanage` and `manage` write that into the resource itself. It says how it is to
//! be now, and goes with it.

use super::{Cib, CibError};
use roxmltree::{Document, Node};
use std::collections::HashSet;
use std::ops::Range;

const ORDERS: [&str; 3] = ["target-role", "is-managed", "maintenance"];

impl Cib {
    /// Returns this configuration without what was ordered since of the resources that are in `after` and
    /// not in `before`: those that go when what lies between the two is taken back.
    ///
    /// # Errors
    /// When what is left is no CIB.
    pub fn without_orders(&self, before: &Cib, after: &Cib) -> Result<Cib, CibError> {
        let made = |node: &Node| {
            let id = node.attribute("id").unwrap_or_default();
            let resource = matches!(
                node.tag_name().name(),
                "primitive" | "group" | "clone" | "bundle"
            );
            resource && after.object(id).is_some() && before.object(id).is_none()
        };
        let document = Document::parse(self.text())?;
        let there = ids(&Document::parse(after.text())?);
        let since = |node: &Node| !there.contains(node.attribute("id").unwrap_or_default());
        let sets = document
            .descendants()
            .filter(|set| set.has_tag_name("meta_attributes"))
            .filter(|set| set.parent_element().is_some_and(|parent| made(&parent)));
        let mut gone: Vec<Range<usize>> = Vec::new();
        for set in sets {
            let ordered = |node: &Node| {
                let name = node.attribute("name").unwrap_or_default();
                node.has_tag_name("nvpair") && ORDERS.contains(&name) && since(node)
            };
            let pairs = || set.children().filter(Node::is_element);
            if pairs().all(|pair| ordered(&pair)) && since(&set) {
                gone.push(set.range());
            } else {
                gone.extend(pairs().filter(ordered).map(|pair| pair.range()));
            }
        }
        let mut text = self.text().to_owned();
        for range in gone.into_iter().rev() {
            // With the blanks before it.
            let start = text[..range.start].trim_end().len();
            text.replace_range(start..range.end, "");
        }
        Cib::parse(text)
    }
}

fn ids(document: &Document) -> HashSet<String> {
    let ids = document
        .descendants()
        .filter_map(|node| node.attribute("id"));
    ids.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Target, put_back};
    use super::*;
    use crate::trial::RELEASES;

    fn recorded(release: &str, name: &str) -> String {
        let root = env!("CARGO_MANIFEST_DIR");
        std::fs::read_to_string(format!("{root}/tests/data/{release}/{name}.xml")).unwrap()
    }

    /// The address of `vip.xml`, with what crmsh writes for `crm resource stop` and `manage`.
    fn ordered(release: &str, pairs: &[(&str, &str)]) -> String {
        let pairs: String = pairs
            .iter()
            .map(|(name, value)| {
                format!(
                    "<nvpair id=\"IPFailover-meta_attributes-{name}\" name=\"{name}\" value=\"{value}\"/>\n"
                )
            })
            .collect();
        let set = format!(
            "<meta_attributes id=\"IPFailover-meta_attributes\">\n{pairs}</meta_attributes>\n"
        );
        let text = recorded(release, "vip");
        let end = text.find("</primitive>").unwrap();
        [&text[..end], &set, &text[end..]].concat()
    }

    fn taken_back(release: &str, live: String) -> Result<Target, super::super::Conflict> {
        let [before, after] =
            ["start", "vip"].map(|name| Cib::parse(recorded(release, name)).unwrap());
        let live = Cib::parse(live).unwrap();
        let live = live.without_orders(&before, &after).unwrap();
        put_back(
            &before,
            &after,
            &live,
            &["IPFailover".to_owned()].iter().collect(),
        )
    }

    #[test]
    fn what_was_told_to_stop_since_goes_all_the_same() {
        for release in RELEASES {
            for pairs in [
                &[("target-role", "Stopped")][..],
                &[("is-managed", "true")],
                &[("is-managed", "false"), ("target-role", "Stopped")],
            ] {
                let target = taken_back(release, ordered(release, pairs)).unwrap();
                let Target::Cib { text, .. } = target else {
                    panic!("{release}: {target:?}");
                };
                assert!(!text.contains("IPFailover"), "{release}");
            }
        }
    }

    #[test]
    fn what_else_was_changed_since_still_stands_in_the_way() {
        for release in RELEASES {
            let pairs = [("target-role", "Stopped"), ("migration-threshold", "3")];
            assert!(
                taken_back(release, ordered(release, &pairs)).is_err(),
                "{release}"
            );
            let other = ordered(release, &[("target-role", "Stopped")])
                .replace("172.16.0.12", "172.16.0.13");
            assert!(taken_back(release, other).is_err(), "{release}");
        }
    }

    #[test]
    fn an_order_on_what_was_there_before_stays() {
        for release in RELEASES {
            let vip = Cib::parse(recorded(release, "vip")).unwrap();
            let live = Cib::parse(ordered(release, &[("target-role", "Stopped")])).unwrap();
            let same = live.without_orders(&vip, &vip).unwrap();
            assert_eq!(same.text(), live.text(), "{release}");
        }
    }
}

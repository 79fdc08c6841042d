//! Which nodes Pacemaker looks at for a resource at all.

use roxmltree::Document;

use super::{Cib, Object};

impl Cib {
    /// Returns the location by which Pacemaker never looks at a node for these resources, of which the
    /// first one holds the others.
    ///
    /// As soon as one location of a resource has `resource-discovery=exclusive`, only nodes that such
    /// a location names are candidates, whatever other locations score (Pacemaker 2.1.5 and 3.0.0).
    /// One with a rule is not judged here: the scheduler knows.
    pub fn keeps_undiscovered(&self, family: &[String], node: &str) -> Option<&Object> {
        let whole = family.first()?;
        family.iter().find_map(|name| {
            let own = self.constraints_on(name);
            let around = self.constraints_on(whole);
            let exclusive: Vec<(&Object, Option<String>)> = own
                .into_iter()
                .chain(around)
                .filter_map(|one| Some((one, exclusive(one)?)))
                .collect();
            let opens =
                |(_, at): &(&Object, Option<String>)| at.as_ref().is_none_or(|at| at == node);
            match exclusive.iter().any(opens) {
                true => None,
                false => exclusive.first().map(|(one, _)| *one),
            }
        })
    }
}

/// Returns the node that a location names as one of those looked at alone; one with rules names none.
fn exclusive(object: &Object) -> Option<Option<String>> {
    let Object::Opaque(opaque) = object else {
        return None;
    };
    let document = Document::parse(&opaque.text).ok()?;
    let location = document.root_element();
    (location.has_tag_name("rsc_location")
        && location.attribute("resource-discovery") == Some("exclusive"))
    .then(|| location.attribute("node").map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_outside_exclusive_locations_is_none() {
        for release in ["bookworm", "trixie"] {
            let root = env!("CARGO_MANIFEST_DIR");
            let text = std::fs::read_to_string(format!("{root}/tests/data/{release}/sets.xml"));
            let text = text.unwrap();
            let cib = Cib::parse(text.clone()).unwrap();
            let kept = |cib: &Cib, family: &[&str], node: &str| {
                let family: Vec<String> = family.iter().map(|&name| name.to_owned()).collect();
                let one = cib.keeps_undiscovered(&family, node);
                one.map(|one| one.id().to_owned())
            };
            let group = ["g-db", "fs", "vip", "db"];
            assert_eq!(kept(&cib, &group, "serv2").as_deref(), Some("l-pref"));
            assert_eq!(kept(&cib, &group, "serv1"), None);
            assert_eq!(kept(&cib, &["src"], "serv2"), None);
            let second = "<rsc_location id=\"x\" rsc=\"g-db\" resource-discovery=\"exclusive\" score=\"0\" node=\"serv2\"/></constraints>";
            let both = Cib::parse(text.replace("</constraints>", second)).unwrap();
            assert_eq!(kept(&both, &group, "serv2"), None);
            // One of a member keeps the whole away.
            let member = second.replace("serv2", "serv1").replace("g-db", "vip");
            let both = Cib::parse(
                text.replace("rsc=\"g-db\"", "rsc=\"src\"")
                    .replace("</constraints>", &member),
            );
            assert_eq!(kept(&both.unwrap(), &group, "serv2").as_deref(), Some("x"));
        }
    }
}

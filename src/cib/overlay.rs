//! A CIB as it would be with more objects in it: what the next of several verbs is planned on.

use super::{Cib, Object};

impl Cib {
    /// Returns the CIB with these objects put into it, as `crm configure load update` would: whole
    /// objects replaced, sets of properties merged. Its text stays that of the CIB it was made of.
    #[must_use]
    pub fn with(&self, objects: &[Object]) -> Cib {
        let mut cib = self.clone();
        for object in objects {
            cib.put_object(object);
        }
        cib
    }

    fn put_object(&mut self, object: &Object) {
        let id = object.id().to_owned();
        match object {
            Object::Group(group) => {
                for member in &group.members {
                    self.parents.insert(member.clone(), id.clone());
                }
            }
            Object::Clone(clone) => {
                self.parents.insert(clone.member.clone(), id.clone());
            }
            _ => {}
        }
        let place = match self.places.get(&id) {
            Some(place) => *place,
            None => {
                self.places.insert(id.clone(), self.objects.len());
                self.objects.len()
            }
        };
        for name in referred(object) {
            let places = self.constraints.entry(name.to_owned()).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        self.ids.insert(id);
        match self.objects.get_mut(place) {
            None => self.objects.push(object.clone()),
            Some(there) => replace(there, object),
        }
    }
}

/// Puts an object among others that go into a CIB together: one of the same name is replaced, sets
/// of pairs are merged.
pub fn put_into(objects: &mut Vec<Object>, object: Object) {
    match objects.iter_mut().find(|there| there.id() == object.id()) {
        None => objects.push(object),
        Some(there) => replace(there, &object),
    }
}

fn replace(there: &mut Object, object: &Object) {
    match (there, object) {
        (Object::Property(there), Object::Property(set))
        | (Object::ResourceDefaults(there), Object::ResourceDefaults(set)) => {
            there
                .pairs
                .retain(|(name, _)| set.pairs.iter().all(|(new, _)| new != name));
            there.pairs.extend(set.pairs.iter().cloned());
        }
        (there, object) => *there = object.clone(),
    }
}

/// Returns the resources that a constraint names.
fn referred(object: &Object) -> Vec<&str> {
    match object {
        Object::Location(location) => vec![&location.resource],
        Object::Colocation(colocation) => vec![&colocation.resource, &colocation.with],
        Object::Order(order) => vec![&order.first, &order.then],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cib::{AttributeSet, Cib, Group, Object};

    const EMPTY: &str = r#"<cib admin_epoch="0" epoch="7" num_updates="0" validate-with="pacemaker-3.9"><configuration><crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="a" name="stonith-enabled" value="false"/></cluster_property_set></crm_config><nodes/><resources><primitive id="A" class="ocf" provider="heartbeat" type="Dummy"/></resources><constraints/></configuration><status/></cib>"#;

    #[test]
    fn what_is_put_there_is_found_there() {
        let cib = Cib::parse(EMPTY).unwrap();
        let group = Object::Group(Group {
            id: "G".to_owned(),
            members: vec!["A".to_owned()],
            params: Vec::new(),
            meta: Vec::new(),
        });
        let set = Object::Property(AttributeSet {
            id: "cib-bootstrap-options".to_owned(),
            pairs: vec![("no-quorum-policy".to_owned(), "ignore".to_owned())],
        });
        let more = cib.with(&[group.clone(), set]);
        assert_eq!(more.object("G"), Some(&group));
        assert_eq!(more.parent_of("A"), Some("G"));
        assert_eq!(more.property("no-quorum-policy").as_deref(), Some("ignore"));
        assert_eq!(more.property("stonith-enabled").as_deref(), Some("false"));
        assert!(more.ids().contains("G"));
        assert_eq!(more.version(), cib.version());
        assert!(cib.object("G").is_none());
    }
}

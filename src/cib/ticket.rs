//! Tickets: what of a cluster may run on one of several sites only, and whether this one is it.

use super::object::boolean;
use super::{Cib, Object};
use roxmltree::Document;

/// A ticket without which a resource does not run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    pub ticket: String,
    /// The ticket is granted to this site, and in standby.
    pub standby: bool,
}

impl Cib {
    /// Returns the ticket that a resource, or what it is in, waits for.
    pub fn waits_for_ticket(&self, id: &str) -> Option<Lacking> {
        let around = self.up_from(id).collect::<Vec<_>>();
        let tickets = self
            .objects()
            .iter()
            .filter_map(|object| needed(object, &around));
        tickets.filter_map(|ticket| self.lacking(ticket)).next()
    }

    fn lacking(&self, ticket: String) -> Option<Lacking> {
        let document = Document::parse(self.text()).ok()?;
        let mut states = document
            .descendants()
            .filter(|node| node.has_tag_name("ticket_state"));
        // One that nobody has granted yet has no state.
        let state = states.find(|node| node.attribute("id") == Some(&ticket));
        let is = |name| state.and_then(|state| boolean(state.attribute(name)?)) == Some(true);
        match (is("granted"), is("standby")) {
            (true, false) => None,
            (granted, _) => Some(Lacking {
                ticket,
                standby: granted,
            }),
        }
    }
}

/// Returns the ticket without which one of these does not run; one that is only needed to be promoted
/// keeps nothing from running.
fn needed(object: &Object, ids: &[&str]) -> Option<String> {
    let Object::Opaque(opaque) = object else {
        return None;
    };
    if opaque.kind != "rsc_ticket" {
        return None;
    }
    let document = Document::parse(&opaque.text).ok()?;
    let constraint = document.root_element();
    let meant = |role: Option<&str>| !matches!(role, Some("Promoted" | "Master"));
    let own = constraint
        .attribute("rsc")
        .filter(|_| meant(constraint.attribute("rsc-role")));
    let sets = constraint
        .children()
        .filter(|set| set.has_tag_name("resource_set"));
    let mut in_sets = sets
        .filter(|set| meant(set.attribute("role")))
        .flat_map(|set| set.children())
        .filter_map(|one| one.attribute("id"));
    let names = own.is_some_and(|id| ids.contains(&id)) || in_sets.any(|id| ids.contains(&id));
    let ticket = constraint.attribute("ticket")?;
    names.then(|| ticket.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{RELEASES, held};

    #[test]
    fn a_resource_waits_for_a_ticket_until_it_is_granted_and_active() {
        for release in RELEASES {
            let facts = held(release);
            let cib = facts.live_cib().unwrap();
            let state = |attributes: &str| {
                let state = format!(
                    "<tickets><ticket_state id=\"ticketA\" {attributes}/></tickets></status>"
                );
                let text = cib.text().replace("</status>", &state);
                Cib::parse(text).unwrap().waits_for_ticket("tk")
            };
            let lacking = |standby| {
                let ticket = "ticketA".to_owned();
                Some(Lacking { ticket, standby })
            };
            assert_eq!(cib.waits_for_ticket("tk"), lacking(false), "{release}");
            assert_eq!(cib.waits_for_ticket("um"), None, "{release}");
            // As crm_ticket --grant --force, --standby and --revoke write them.
            assert_eq!(state("granted=\"true\" last-granted=\"1796028873\""), None);
            assert_eq!(state("granted=\"true\" standby=\"true\""), lacking(true));
            assert_eq!(state("granted=\"false\""), lacking(false));
        }
    }

    #[test]
    fn a_set_of_a_ticket_names_its_resources_and_a_promotion_alone_keeps_nothing_from_running() {
        for release in RELEASES {
            let facts = held(release);
            let cib = facts.live_cib().unwrap();
            let with = |constraint: &str| {
                let own = cib.text().find("<rsc_ticket").unwrap();
                let end = own + cib.text()[own..].find("/>").unwrap() + 2;
                let text = [&cib.text()[..own], constraint, &cib.text()[end..]].concat();
                Cib::parse(text).unwrap().waits_for_ticket("tk").is_some()
            };
            let set = |role: &str| {
                format!(
                    "<rsc_ticket id=\"t\" ticket=\"T\"><resource_set id=\"s\"{role}>\
                     <resource_ref id=\"run\"/><resource_ref id=\"tk\"/></resource_set></rsc_ticket>"
                )
            };
            assert!(with(&set("")), "{release}");
            assert!(!with(&set(" role=\"Master\"")), "{release}");
            let promoted = "<rsc_ticket id=\"t\" ticket=\"T\" rsc=\"tk\" rsc-role=\"Promoted\"/>";
            assert!(!with(promoted), "{release}");
        }
    }
}

//! Resources that run and are the same thing twice: two with one address, two that run one service.

use super::super::Problem;
use crate::cib::{Cib, Object, Primitive, Sole};
use crate::facts::Monitor;

/// Says of each pair what it does, and how one of the two goes.
pub(super) fn judge(cib: &Cib, monitor: &Monitor, found: &mut Vec<Problem>) {
    let all: Vec<&Primitive> = cib.objects().iter().filter_map(Object::primitive).collect();
    for (at, first) in all.iter().enumerate() {
        let twins = cib.twins(&first.id);
        let later = |other: &&Primitive| all[at + 1..].iter().any(|one| one.id == other.id);
        for second in twins.into_iter().filter(later) {
            found.extend(pair(cib, monitor, first, second));
        }
    }
}

fn pair(cib: &Cib, monitor: &Monitor, first: &Primitive, second: &Primitive) -> Option<Problem> {
    let sole = first.unique_thing()?;
    let (one, other) = (monitor.places(&first.id), monitor.places(&second.id));
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let both = one.iter().find(|node| other.contains(node));
    let (a, b) = (&first.id, &second.id);
    let what = match (&sole, both) {
        (Sole::Address(_), Some(node)) => format!(
            "{a} and {b} both have {sole}, and run on {node}: whichever stops takes the address away"
        ),
        (Sole::Address(_), None) => format!(
            "{a} and {b} both have {sole}, {a} on {} and {b} on {}: two hosts answer for it",
            one.join(" and "),
            other.join(" and ")
        ),
        (Sole::Service(..), Some(node)) => {
            format!("{a} and {b} both run {sole} on {node}: whichever stops takes the service away")
        }
        // One here and one there is how some pin a service to its nodes.
        (Sole::Service(..), None) => return None,
    };
    // What stands by itself is the easier one to miss.
    let alone = |id: &str| cib.parent_of(id).is_none() && cib.constraints_on(id).is_empty();
    let (kept, goes) = match alone(a) && !alone(b) {
        true => (b, a),
        false => (a, b),
    };
    let verb = match sole {
        Sole::Address(_) => format!("bascule vip remove {goes}"),
        Sole::Service(..) => format!("bascule web remove {}", cib.whole_of(goes)),
    };
    Some(Problem::new(true, what).next(&format!("to keep {kept} alone"), verb))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::trial::{RELEASES, twins};

    fn told(facts: &Facts) -> Vec<(String, String)> {
        let mut found = Vec::new();
        judge(
            facts.live_cib().unwrap(),
            facts.monitor.as_ref().unwrap(),
            &mut found,
        );
        let told = found.into_iter().map(|mut problem| {
            assert!(problem.grave);
            (problem.what, problem.next.remove(0).command)
        });
        told.collect()
    }

    #[test]
    fn one_address_twice_and_one_service_twice_are_told() {
        for release in RELEASES {
            let both = "run on serv1: whichever stops takes the address away";
            let service =
                "wa and wb both run apache2 on serv1: whichever stops takes the service away";
            assert_eq!(
                told(&twins(release)),
                [
                    (
                        format!("A and B both have 172.16.0.130, and {both}"),
                        "bascule vip remove B".to_owned()
                    ),
                    (service.to_owned(), "bascule web remove wb".to_owned()),
                ],
                "{release}"
            );
        }
    }

    #[test]
    fn on_two_nodes_two_hosts_answer_for_an_address_and_a_service_is_each_ones_own() {
        for release in RELEASES {
            let mut facts = twins(release);
            let parts = &mut facts.monitor.as_mut().unwrap().resources;
            for part in parts
                .iter_mut()
                .filter(|part| ["B", "wb"].contains(&part.id.as_str()))
            {
                part.nodes = vec!["serv2".to_owned()];
            }
            let told = told(&facts);
            let what = "A and B both have 172.16.0.130, A on serv1 and B on serv2: two hosts answer for it";
            assert_eq!(told.len(), 1, "{release}: {told:#?}");
            assert_eq!(told[0].0, what, "{release}");
        }
    }

    #[test]
    fn what_is_stopped_or_quiet_or_another_is_no_twin() {
        for release in RELEASES {
            let mut stopped = twins(release);
            for part in &mut stopped.monitor.as_mut().unwrap().resources {
                if ["B", "wb"].contains(&part.id.as_str()) {
                    part.nodes.clear();
                }
            }
            assert_eq!(told(&stopped), [], "{release}");
            let mut facts = twins(release);
            let text = facts.live_cib().unwrap().text().to_owned();
            // B has another address, wb is another unit.
            let (before, b) = text.split_once("<primitive id=\"B\"").unwrap();
            let b = b.replacen("172.16.0.130", "172.16.0.13", 1);
            let b = b.replacen("type=\"apache2\"", "type=\"nginx\"", 1);
            let cib = Cib::parse(format!("{before}<primitive id=\"B\"{b}")).unwrap();
            facts.cluster = crate::facts::Cluster::Running(cib);
            assert_eq!(told(&facts), [], "{release}");
        }
    }
}

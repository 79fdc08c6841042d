use super::unfinished_line;
use crate::facts::Facts;
use crate::journal::{Event, Journal, Later, Person, Start};
use crate::trial::{RELEASES, facts, here, plan, set, there};

/// What the next start says of a verb that was killed in a step, counted from 1.
fn killed_in(words: &str, facts: &Facts, steps: impl Fn(&crate::plan::Plan) -> usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    let plan = plan(words, facts).unwrap();
    let mut writer = journal
        .begin(words, &plan, Person::default(), None)
        .unwrap();
    for step in 0..steps(&plan) {
        let start = Start {
            step,
            ..Start::default()
        };
        writer.write(&Event::Start(start)).unwrap();
    }
    drop(writer);
    let operations = journal.cut_short().operations;
    let [operation] = operations.as_slice() else {
        panic!("{operations:#?}");
    };
    let line = unfinished_line(operation, &Later::than(operation.id(), &operations));
    line.split_once("; ").unwrap().1.to_owned()
}

#[test]
fn past_its_point_of_no_return_a_promotion_is_brought_to_an_end_first() {
    for release in RELEASES {
        let mut facts = facts(release, "db-replica");
        let point = |plan: &crate::plan::Plan| plan.no_return.unwrap();
        assert_eq!(
            killed_in("db promote", &facts, point),
            "bascule undo 1 takes it back"
        );
        for past in [1, 2] {
            assert_eq!(
                killed_in("db promote", &facts, |plan| point(plan) + past),
                "bascule db promote brings it to an end"
            );
        }
        // What finishes it has no step before that point.
        set(here(&mut facts), "read_only", "OFF");
        set(there(&mut facts, "172.16.0.10"), "read_only", "ON");
        assert_eq!(
            killed_in("db promote", &facts, |_| 1),
            "bascule db promote brings it to an end"
        );
        assert_eq!(
            killed_in("db promote --without-accounts", &facts, |_| 1),
            "bascule db promote --without-accounts brings it to an end"
        );
    }
}

#[test]
fn what_replaced_a_dead_primary_is_looked_at_first() {
    for release in RELEASES {
        let mut facts = facts(release, "db-replica");
        there(&mut facts, "172.16.0.10").unreachable = Some("Connection timed out".to_owned());
        let last = |plan: &crate::plan::Plan| plan.steps.len();
        assert_eq!(
            killed_in("db promote --primary-is-dead", &facts, last),
            "bascule db status says what brings it to an end"
        );
    }
}

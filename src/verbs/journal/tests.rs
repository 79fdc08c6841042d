use super::{TakeBack, Turn, unfinished_line};
use crate::facts::Facts;
use crate::facts::database::ClientSession;
use crate::journal::{Journal, JournalEvent, Later, Person, StepStarted};
use crate::trial::{RELEASES, facts, here, plan, set, there};
use crate::verb::Change as _;

/// What the next start says of a verb that was killed in a step, counted from 1.
fn killed_in(words: &str, facts: &Facts, steps: impl Fn(&crate::plan::Plan) -> usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    let plan = plan(words, facts).unwrap();
    let mut writer = journal
        .begin(words, &plan, Person::default(), None)
        .unwrap();
    for step in 0..steps(&plan) {
        let start = StepStarted {
            step,
            ..StepStarted::default()
        };
        writer.write(&JournalEvent::Start(start)).unwrap();
    }
    drop(writer);
    let operations = journal.cut_short().operations;
    let [operation] = operations.as_slice() else {
        panic!("{operations:#?}");
    };
    let line = unfinished_line(
        operation,
        &Later::standing_after(operation.id(), &operations),
    );
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

#[test]
fn what_an_undo_plans_anew_is_refused_with_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    let mut facts = facts("bookworm", "db-replica");
    let mut plan = plan("db promote", &facts).unwrap();
    plan.turned_back_by = Some("db promote --without-accounts".to_owned());
    let steps = plan.steps.len();
    let mut writer = journal
        .begin("db promote", &plan, Person::default(), None)
        .unwrap();
    for step in 0..steps {
        let start = StepStarted {
            step,
            ..StepStarted::default()
        };
        writer.write(&JournalEvent::Start(start)).unwrap();
    }
    drop(writer);
    let operation = journal.operations().unwrap().remove(0);
    there(&mut facts, "172.16.0.10")
        .sessions
        .push(ClientSession {
            command: "Sleep".to_owned(),
            transaction: Some(60.0),
            modified: 1,
            ..ClientSession::default()
        });
    let undo = TakeBack {
        turn: operation.turned_back_by().and_then(Turn::parse),
        found: crate::journal::FoundFiles::read(&operation),
        operation,
        later: Vec::new(),
    };
    // What was typed is `undo`.
    let refusal = undo.plan(&facts).unwrap_err().with_typed_words("undo 1");
    assert_eq!(
        refusal.hints[0].command, "bascule db promote --without-accounts",
        "{refusal:?}"
    );
}

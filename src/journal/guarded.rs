//! Whether an undo would come to its end, by what its steps' guards were answered.

use super::operation::Operation;
use super::present::UndoFacts;
use crate::plan::{Check, Refusal};

/// Refuses where a guard says no; returns a warning for each that nobody answered: what it guards is
/// looked at once more by the step itself.
pub fn guarded(operation: &Operation, now: &UndoFacts) -> Result<Vec<Check>, Refusal> {
    let mut unasked = Vec::new();
    for guard in operation.guards() {
        match now.guards.get(&guard.key()) {
            Some(Ok(line)) if *line == guard.line => {}
            Some(Ok(line)) => {
                let mut refusal = guard.refusal(line);
                refusal.what = format!(
                    "operation {} can no longer be taken back: {}",
                    operation.id(),
                    refusal.what
                );
                return Err(refusal);
            }
            answer => {
                let why = match answer {
                    Some(Err(why)) => why.as_str(),
                    _ => "it was not asked",
                };
                unasked.push(Check::warning(format!(
                    "whether it can be taken back to its end is not known ({why})"
                )));
            }
        }
    }
    unasked.dedup();
    Ok(unasked)
}

#[cfg(test)]
mod tests {
    use super::super::{
        FoundFiles, Journal, JournalEvent, OperationEnded, OperationStatus, Person, StepResult,
        StepStarted, UndoFacts,
    };
    use super::super::{Operation, plan_undo};
    use crate::facts::ToolAnswers;
    use crate::plan::{Plan, Step};
    use std::collections::BTreeMap;

    /// An operation of two steps; the second is guarded.
    fn operation(started: usize, result: StepResult) -> (tempfile::TempDir, Operation) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let guard = Step::run(["ask"], "")
            .guard("0", "it has taken writes since")
            .hint("to take it out", "bascule db remove");
        let back = || vec![Step::run(["true"], "")];
        let mut plan = Plan::new("");
        plan.step(Step::run(["true"], "").undone_by(back()));
        plan.step(Step::run(["true"], "").undone_by(back()).guarded(guard));
        let mut writer = journal
            .begin("db x", &plan, Person::default(), None)
            .unwrap();
        for step in 0..started {
            let start = StepStarted {
                step,
                at: String::new(),
                files: Vec::new(),
                cib: None,
                services: Vec::new(),
            };
            writer.write(&JournalEvent::Start(start)).unwrap();
        }
        let finish = OperationEnded {
            at: String::new(),
            result,
        };
        writer.write(&JournalEvent::Finish(finish)).unwrap();
        drop(writer);
        let operation = journal.operations().unwrap().remove(0);
        (folder, operation)
    }

    fn undo(
        operation: &Operation,
        answer: Option<Result<&str, &str>>,
    ) -> Result<Plan, crate::plan::Refusal> {
        let guards = operation.guards().into_iter().filter_map(|guard| {
            let answer = answer?.map(str::to_owned).map_err(str::to_owned);
            Some((guard.key(), answer))
        });
        let guards: BTreeMap<_, _> = guards.collect();
        let now = UndoFacts {
            live: Err(""),
            monitor: None,
            in_no_cluster: false,
            later: Vec::new(),
            guards: &guards,
            unreached: BTreeMap::new(),
            services: &std::collections::BTreeMap::new(),
            answers: &ToolAnswers::new(),
            found: &FoundFiles::read(operation),
            forecast: &|_, _, _| (),
        };
        plan_undo(operation, &now)
    }

    #[test]
    fn an_undo_that_would_stop_half_way_is_refused_before_it_begins() {
        let (_folder, whole) = operation(2, StepResult::Done);
        assert_eq!(undo(&whole, Some(Ok("0"))).unwrap().steps.len(), 2);
        let refusal = undo(&whole, Some(Ok("1"))).unwrap_err();
        assert!(refusal.what.ends_with("it has taken writes since"));
        assert_eq!(refusal.hints[0].command, "bascule db remove");
        // The step that is guarded never began.
        let (_folder, half) = operation(1, StepResult::Interrupted);
        assert!(half.guards().is_empty());
        assert_eq!(undo(&half, Some(Ok("1"))).unwrap().steps.len(), 1);
    }

    #[test]
    fn what_cannot_be_asked_forbids_nothing_and_is_said() {
        let (_folder, whole) = operation(2, StepResult::Done);
        for answer in [Some(Err("ERROR 2002")), None] {
            let plan = undo(&whole, answer).unwrap();
            assert_eq!(plan.steps.len(), 2);
            assert!(plan.checks[0].text.contains("is not known"), "{plan:?}");
        }
    }

    #[test]
    fn what_failed_before_its_first_step_left_nothing() {
        let failed = || StepResult::failed("");
        for (started, result, nothing) in [
            (0, failed(), true),
            (1, failed(), false),
            (2, StepResult::Done, false),
        ] {
            let (_folder, operation) = operation(started, result);
            assert_eq!(operation.left_nothing(), nothing, "{started}");
            assert_ne!(operation.status(), OperationStatus::CutShort);
        }
    }
}

//! The way back of a plan that failed before its point of no return: at once, by itself.

use super::attempt::Attempt;
use super::before::BeforeStep;
use super::ending::{TakenBack, Trouble};
use super::run::Run;
use super::watcher::Unstoppable;
use crate::journal::{Image, StepResult, Writer, restore};
use crate::plan::{NOT_AS_BEFORE, Step, Undo};

impl Run<'_> {
    /// Takes back every step that was started, from the last to the first. What cannot be taken back of
    /// one keeps none of the others from it, unless they keep what its way back needs.
    pub fn take_back(&mut self) -> TakenBack {
        let mut troubles = Vec::new();
        self.live.sessions.forget_lost();
        for at in (0..self.images.len()).rev() {
            let step = &self.plan.steps[at];
            let mut failed = None;
            for inverse in inverse(step, &self.images[at], self.book.journal) {
                failed = self.back_by(at, &inverse).err();
                self.live.sessions.forget_lost();
                if failed.is_some() {
                    // The first command of a way back may be the one that looks whether the others do
                    // no harm. The other steps have ways of their own.
                    break;
                }
            }
            match &step.undo {
                Undo::Impossible { reason } => failed = Some(reason.clone()),
                // That comes back by `undo`, which looks for what changed since.
                Undo::Cib { .. } => failed = Some("the cluster's configuration stays".to_owned()),
                Undo::Files { .. } | Undo::Steps { .. } | Undo::Nothing => {}
            }
            let is_held = step.holds_the_rest && failed.is_some();
            self.watcher.took_back(at + 1, step, failed.as_deref());
            let result = match failed {
                None => StepResult::Done,
                Some(why) => {
                    troubles.push(format!("step {}: {why}", at + 1));
                    StepResult::failed(why)
                }
            };
            self.book.back(at, result);
            if is_held && at > 0 {
                troubles.push("the steps before it stay: they keep what that needs".to_owned());
                break;
            }
        }
        match troubles.is_empty() {
            true => TakenBack::Whole,
            false => TakenBack::Partly(troubles),
        }
    }

    /// Runs one step of the way back of another.
    fn back_by(&mut self, at: usize, inverse: &Step) -> Result<(), String> {
        let mut attempt = Attempt {
            number: at + 1,
            step: inverse,
            live: &mut self.live,
            watcher: &mut Unstoppable(&mut *self.watcher),
            timeout: self.timeout,
            output: Vec::new(),
        };
        let ended = attempt.carry_out(&BeforeStep::nothing(inverse));
        let output = attempt.output;
        let said = output
            .iter()
            .filter_map(|line| line.strip_prefix(NOT_AS_BEFORE));
        self.live.stays.extend(said.map(str::to_owned));
        match ended {
            Ok(_) => Ok(()),
            Err(Trouble::Failed(why) | Trouble::CutOff(why) | Trouble::NotAsAsked(why)) => Err(why),
            Err(Trouble::Interrupted) => Err("interrupted".to_owned()),
        }
    }
}

/// Returns the steps that take one back.
fn inverse(step: &Step, files: &[Image], journal: &Writer) -> Vec<Step> {
    let mut steps = match &step.undo {
        Undo::Files { .. } => files
            .iter()
            .filter_map(|image| restore(image, journal))
            .collect(),
        Undo::Steps { steps } => steps.clone(),
        Undo::Nothing | Undo::Impossible { .. } | Undo::Cib { .. } => Vec::new(),
    };
    steps.extend(step.after_undo.iter().cloned());
    steps
}

#[cfg(test)]
mod tests {
    use super::super::{Ending, Outcome, run, tests::Onlooker};
    use super::*;
    use crate::exec::values::TypedSecrets;
    use crate::facts::ToolAnswers;
    use crate::journal::{Journal, OperationStatus, Person};
    use crate::plan::{Before, FileContent, Plan};
    use std::path::Path;

    /// Runs a plan of three steps whose last one fails; returns how it ended and the journal.
    fn fails_at_the_end(folder: &Path, point: Option<usize>) -> (Ending, Journal) {
        let mark = folder.join("mark").display().to_string();
        let content = FileContent {
            text: "new\n".to_owned(),
            mode: 0o644,
            uid: nix::unistd::getuid().as_raw(),
            gid: nix::unistd::getgid().as_raw(),
        };
        let mut plan = Plan::new("");
        plan.step(Step::file(
            folder.join("file"),
            Before::Absent,
            Some(content),
            "",
        ))
        .step(
            Step::run(["touch", &mark], "")
                .undone_by(vec![Step::run(["rm", &mark], "")])
                .after_undo(vec![Step::run(["touch", &format!("{mark}.after")], "")]),
        )
        .step(Step::run(["false"], ""));
        plan.no_return = point;
        let journal = Journal::new(folder);
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let ending = run(
            &plan,
            &mut writer,
            &mut Onlooker::default(),
            None,
            &TypedSecrets::default(),
        );
        (ending, journal)
    }

    #[test]
    fn before_the_point_of_no_return_all_is_taken_back_and_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).exists();
        let (ending, journal) = fails_at_the_end(folder.path(), Some(3));
        assert!(matches!(
            ending.outcome,
            Outcome::Stopped {
                at: 2,
                trouble: Trouble::Failed(_)
            }
        ));
        assert_eq!(ending.taken_back, TakenBack::Whole);
        assert!(!at("file") && !at("mark") && at("mark.after"));
        let operation = journal.operations().unwrap().remove(0);
        assert_eq!(operation.status(), OperationStatus::TakenBack);
        assert!(!operation.can_be_undone());
        assert!(journal.cut_short().operations.is_empty());
    }

    #[test]
    fn a_way_back_that_fails_goes_no_further_but_the_other_steps_go_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut plan = Plan::new("");
        for (name, look) in [("first", "true"), ("guarded", "false")] {
            plan.step(Step::run(["touch", &path(name)], "").undone_by(vec![
                Step::run([look], "somebody else's by now"),
                Step::run(["rm", &path(name)], ""),
            ]));
        }
        plan.step(Step::run(["false"], ""));
        plan.no_return = Some(3);
        let journal = Journal::new(folder.path());
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let ending = run(
            &plan,
            &mut writer,
            &mut Onlooker::default(),
            None,
            &TypedSecrets::default(),
        );
        let TakenBack::Partly(troubles) = ending.taken_back else {
            panic!("{ending:?}");
        };
        assert!(troubles[0].starts_with("step 2: "), "{troubles:?}");
        assert!(folder.path().join("guarded").exists());
        assert!(!folder.path().join("first").exists());
    }

    #[test]
    fn what_keeps_the_only_copy_stays_until_it_is_back_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept").display().to_string();
        let room = folder.path().join("room").display().to_string();
        let mut plan = Plan::new("");
        plan.step(Step::run(["touch", &kept], "").undone_by(vec![Step::run(["rm", &kept], "")]));
        let back = vec![Step::run(["test", "-e", &room], "it does not fit yet")];
        plan.step(Step::run(["true"], "").undone_by(back).holding_the_rest());
        plan.step(Step::run(["false"], ""));
        plan.no_return = Some(3);
        let journal = Journal::new(folder.path());
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let ending = run(
            &plan,
            &mut writer,
            &mut Onlooker::default(),
            None,
            &TypedSecrets::default(),
        );
        assert!(matches!(ending.taken_back, TakenBack::Partly(_)));
        assert!(Path::new(&kept).exists());
        // What did not go back goes back by an undo, as does all before it.
        let operation = journal.operations().unwrap().remove(0);
        assert!(operation.can_be_undone());
        let guards = std::collections::BTreeMap::new();
        let now = crate::journal::UndoFacts {
            live: Err(""),
            monitor: None,
            in_no_cluster: false,
            later: Vec::new(),
            guards: &guards,
            unreached: std::collections::BTreeMap::new(),
            services: &std::collections::BTreeMap::new(),
            answers: &ToolAnswers::new(),
            found: &crate::journal::FoundFiles::read(&operation),
            forecast: &|_, _, _| (),
        };
        let undo = crate::journal::plan_undo(&operation, &now).unwrap();
        let lines: Vec<_> = undo.steps.iter().map(Step::command).collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
    }

    #[test]
    fn a_wish_to_stop_is_heard_up_to_the_point_of_no_return() {
        for (wish, done) in [(1, 0), (2, 0), (3, 4), (4, 4)] {
            let folder = tempfile::tempdir().unwrap();
            let mut plan = Plan::new("");
            for name in ["a", "b", "c", "d"] {
                let path = folder.path().join(name).display().to_string();
                plan.step(
                    Step::run(["touch", &path], "")
                        .verify(crate::plan::Verify::Exists {
                            path: (&path).into(),
                        })
                        .undone_by(vec![Step::run(["rm", &path], "")]),
                );
            }
            plan.no_return = Some(2);
            let journal = Journal::new(folder.path());
            let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
            let mut watcher = Onlooker {
                left: Some(wish),
                ..Onlooker::default()
            };
            let ending = run(
                &plan,
                &mut writer,
                &mut watcher,
                None,
                &TypedSecrets::default(),
            );
            let there = ["a", "b", "c", "d"]
                .iter()
                .filter(|name| folder.path().join(name).exists())
                .count();
            assert_eq!(there, done, "a wish to stop after {wish} steps");
            let whole = ending.taken_back == TakenBack::Whole;
            assert_eq!(whole, done == 0);
        }
    }

    #[test]
    fn after_it_what_was_done_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).exists();
        for point in [None, Some(2)] {
            let (ending, journal) = fails_at_the_end(folder.path(), point);
            assert_eq!(ending.taken_back, TakenBack::Not);
            assert!(at("file") && at("mark") && !at("mark.after"));
            let operation = journal.operations().unwrap().pop().unwrap();
            assert!(operation.can_be_undone());
            std::fs::remove_file(folder.path().join("file")).unwrap();
        }
    }
}

//! The journal of a plan that runs, and what could not be written into it.

use super::before::{BeforeStep, before, keep_files};
use super::watcher::Watcher;
use crate::cib::Cib;
use crate::journal::{
    JournalError, JournalEvent, OperationEnded, StepEnded, StepResult, StepStarted, StepTakenBack,
    Writer, now, services_now,
};
use crate::plan::Step;

/// The journal of a plan that runs.
pub struct Book<'a> {
    /// Where it is written.
    pub journal: &'a mut Writer,
    /// Why something could not be written: the first time counts.
    pub unwritten: Option<String>,
    /// Somebody heard of that.
    told: bool,
}

impl<'a> Book<'a> {
    /// Returns the book that is written there.
    pub fn new(journal: &'a mut Writer) -> Book<'a> {
        Book {
            journal,
            unwritten: None,
            told: false,
        }
    }

    /// Writes that a step starts, and keeps what is there before it.
    ///
    /// # Errors
    /// Why that cannot be written.
    pub fn starts(&mut self, at: usize, step: &Step) -> Result<BeforeStep, String> {
        let written = before(step, self.journal).and_then(|before| {
            self.journal.write(&JournalEvent::Start(StepStarted {
                step: at,
                at: now(),
                files: before.files.clone(),
                cib: self.cib(before.cib.as_ref())?,
                services: services_now(step),
            }))?;
            Ok(before)
        });
        written.map_err(|error| self.note_failure(&error))
    }

    /// Writes how a step ended, and keeps what is there after it.
    ///
    /// # Errors
    /// Why that cannot be written.
    pub fn step_ended(
        &mut self,
        at: usize,
        step: &Step,
        result: StepResult,
        after: Option<&Cib>,
        output: Vec<String>,
    ) -> Result<(), String> {
        let written = keep_files(step, self.journal).and_then(|files| {
            self.journal.write(&JournalEvent::End(StepEnded {
                step: at,
                at: now(),
                result,
                files,
                cib: self.cib(after)?,
                services: services_now(step),
                output,
            }))
        });
        written.map_err(|error| self.note_failure(&error))
    }

    /// Writes that a step was taken back.
    pub fn back(&mut self, step: usize, result: StepResult) {
        self.write_event(&JournalEvent::Back(StepTakenBack { step, result }));
    }

    /// Writes how all ended, and gives back the room that was kept for more.
    pub fn finish(&mut self, result: StepResult) {
        self.write_event(&JournalEvent::Finish(OperationEnded { at: now(), result }));
        self.journal.close();
    }

    /// Says once that the plan goes on although that cannot be written.
    pub fn remark(&mut self, why: &str, watcher: &mut dyn Watcher) {
        if !self.told {
            watcher.remarks(&format!(
                "{why}; past the point of no return this goes on to its end all the same"
            ));
            self.told = true;
        }
    }

    fn write_event(&mut self, event: &JournalEvent) {
        if let Err(error) = self.journal.write(event) {
            self.note_failure(&error);
        }
    }

    fn cib(&self, cib: Option<&Cib>) -> Result<Option<String>, JournalError> {
        cib.map(|cib| self.journal.keep_cib(cib)).transpose()
    }

    fn note_failure(&mut self, error: &JournalError) -> String {
        let why = error.to_string();
        self.unwritten.get_or_insert_with(|| why.clone());
        why
    }
}

#[cfg(test)]
mod tests {
    use crate::exec::tests::Onlooker;
    use crate::exec::values::TypedSecrets;
    use crate::exec::{Outcome, TakenBack, Trouble, run};
    use crate::journal::{Journal, Person};
    use crate::plan::{Plan, Step};

    /// Runs a plan of four steps whose second one removes the journal; returns how it ended, and which
    /// of the others left a mark.
    fn loses_its_journal(point: Option<usize>) -> (crate::exec::Ending, Vec<bool>) {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let touch = |name: &str| {
            Step::run(["touch", &at(name)], "").undone_by(vec![Step::run(["rm", &at(name)], "")])
        };
        let mut plan = Plan::new("");
        plan.step(touch("a"))
            .step(Step::run(["rm", "-r", &at("journal")], ""))
            .step(touch("c"))
            .step(touch("d"));
        plan.no_return = point;
        let journal = Journal::new(folder.path());
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let ending = run(
            &plan,
            &mut writer,
            &mut Onlooker::default(),
            None,
            &TypedSecrets::default(),
        );
        let marks = ["a", "c", "d"].map(|name| folder.path().join(name).exists());
        (ending, marks.to_vec())
    }

    #[test]
    fn without_a_journal_nothing_more_is_done_unless_half_would_be_worse() {
        let (ending, marks) = loses_its_journal(None);
        assert!(matches!(
            ending.outcome,
            Outcome::Stopped {
                at: 1,
                trouble: Trouble::Failed(_)
            }
        ));
        assert_eq!(marks, [true, false, false]);
        assert!(ending.unwritten.is_some());

        let (ending, marks) = loses_its_journal(Some(4));
        assert_eq!(ending.taken_back, TakenBack::Whole);
        assert_eq!(marks, [false, false, false]);
        assert!(ending.unwritten.is_some());

        let (ending, marks) = loses_its_journal(Some(0));
        assert!(matches!(ending.outcome, Outcome::Done(_)));
        assert_eq!(marks, [true, true, true]);
        assert!(
            ending
                .unwritten
                .is_some_and(|why| why.contains("was removed"))
        );
    }
}

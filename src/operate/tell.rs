//! How an operation ended, for people: what is now true, what failed and what that means, what stays and
//! how to take it back.

use super::Session;
use crate::exec::{Ending, Outcome, TakenBack, Trouble};
use crate::fencing::agent::diagnose;
use crate::journal::Writer;
use crate::mariadb;
use crate::plan::{Plan, Step, shell_line};
use crate::ui::Role;

impl Session<'_> {
    /// Says what is now true, the operation's number and how to take it back.
    pub(super) fn tell(
        &mut self,
        plan: &Plan,
        journal: &Writer,
        undoes: Option<u64>,
        ended: &Ending,
    ) {
        let id = journal.id;
        let undo = match undoes {
            None => format!("bascule undo {id}"),
            Some(of) => format!("bascule undo {of}"),
        };
        let undo = self.ui.command(&undo);
        self.ui.line("");
        match &ended.outcome {
            Outcome::Done(proved) => {
                for sentence in proved {
                    let mark = self.ui.paint(Role::Ok, "✓");
                    self.ui.prose(&format!("  {mark} {sentence}"));
                }
                match undoes {
                    _ if ended.unwritten.is_some() => self.unwritten(plan, journal, ended, &undo),
                    None if plan.leaves_nothing => self
                        .ui
                        .line(&format!("  operation {id}; it left nothing behind")),
                    None if plan.turned_back_by.is_none() && !plan.irreversible().is_empty() => {
                        let line = format!("  operation {id}; {undo} takes back what can be");
                        self.ui.line(&line);
                    }
                    None => self
                        .ui
                        .line(&format!("  operation {id}; {undo} takes it back")),
                    Some(of) => {
                        self.ui
                            .line(&format!("  operation {id}: operation {of} is taken back"));
                    }
                }
                for next in &plan.next {
                    let next = self.ui.command(next);
                    self.ui.line(&format!("  next: {next}"));
                }
            }
            Outcome::Stopped {
                at,
                trouble: Trouble::Failed(why) | Trouble::CutOff(why) | Trouble::NotAsAsked(why),
            } => {
                let left = plan.steps.len() - at - 1;
                let rest = match left {
                    0 => "it was the last step".to_owned(),
                    1 => "1 step was not started".to_owned(),
                    n => format!("{n} steps were not started"),
                };
                self.ui
                    .line(&format!("  stopped at step {}; {rest}", at + 1));
                self.what_it_means(why);
                self.what_a_device_means(&plan.steps[*at], why);
                match &plan.settles {
                    // Past the point of no return the way out is on, and what it is follows from both.
                    Some(what) if plan.no_return.is_some() && !plan.returns_from(*at) => {
                        let status = self.ui.command("bascule db status");
                        self.ui.line(&format!(
                            "  operation {id} is past its point of no return; {status} says what brings {what} to an end"
                        ));
                    }
                    _ => self.what_stays(plan, journal, undoes, &undo, ended),
                }
            }
            Outcome::Stopped {
                at: finished,
                trouble: Trouble::Interrupted,
            } => {
                self.ui.line(&format!(
                    "  interrupted after {finished} of {} steps; no step was cut in half",
                    plan.steps.len()
                ));
                self.what_stays(plan, journal, undoes, &undo, ended);
            }
        }
    }

    /// Says what a server's error means, where a step failed with one.
    fn what_it_means(&mut self, why: &str) {
        let Some(diagnosis) =
            mariadb::errno::number_in(why).and_then(|errno| mariadb::diagnose(errno, why))
        else {
            return;
        };
        self.ui
            .prose(&format!("  error {}: {}", diagnosis.errno, diagnosis.what));
        if !diagnosis.cause.is_empty() {
            self.ui.prose(&format!("    {}", diagnosis.cause));
        }
        for hint in &diagnosis.next {
            let command = self.ui.command(&hint.command);
            self.ui.line(&format!("    {}: {command}", hint.purpose));
        }
    }

    /// Says what it means that a fence device did not answer, where that is what failed.
    fn what_a_device_means(&mut self, step: &Step, why: &str) {
        let Some(diagnosis) = diagnose(step, why) else {
            return;
        };
        self.ui.prose(&format!("  {}", diagnosis.what));
        for hint in &diagnosis.next {
            let command = self.ui.command(&hint.command);
            self.ui.line(&format!("    {}: {command}", hint.purpose));
        }
    }

    fn what_stays(
        &mut self,
        plan: &Plan,
        journal: &Writer,
        undoes: Option<u64>,
        undo: &str,
        ended: &Ending,
    ) {
        let id = journal.id;
        match &ended.taken_back {
            TakenBack::Whole => {
                let mark = self.ui.paint(Role::Ok, "✓");
                let all = match ended.stays.is_empty() {
                    true => "everything is as it was before",
                    false => "everything else is as it was before, but not this",
                };
                self.ui
                    .prose(&format!("  {mark} operation {id} took itself back: {all}"));
                for what in &ended.stays {
                    let mark = self.ui.paint(Role::Warn, "!");
                    self.ui.prose(&format!("  {mark} {what}"));
                }
            }
            TakenBack::Partly(troubles) => {
                for trouble in troubles {
                    let mark = self.ui.paint(Role::Fail, "✗");
                    self.ui
                        .prose(&format!("  {mark} not taken back: {trouble}"));
                }
            }
            TakenBack::Not => {}
        }
        if ended.unwritten.is_some() {
            self.unwritten(plan, journal, ended, undo);
        } else if ended.taken_back != TakenBack::Whole {
            if undoes.is_none() && journal.left_nothing() {
                self.ui.line(&format!(
                    "  operation {id} changed nothing: there is nothing to take back"
                ));
            } else {
                self.undo_line(id, undoes, undo);
            }
        }
    }

    /// Says what follows from a journal that does not know all of an operation.
    fn unwritten(&mut self, plan: &Plan, journal: &Writer, ended: &Ending, undo: &str) {
        let id = journal.id;
        let mark = self.ui.paint(Role::Warn, "!");
        let why = ended.unwritten.as_deref().unwrap_or_default();
        self.ui.prose(&format!(
            "  {mark} not all of operation {id} is written down: {why}"
        ));
        let folder = journal.folder();
        let state = folder.parent().unwrap_or(folder);
        let [folder, state] = [folder, state].map(|path| shell_line(&[path.display().to_string()]));
        let look = match journal.is_in_place() {
            true => format!("df -h {folder}; df -i {folder}; findmnt -T {folder}"),
            false => format!("ls -la {state}; findmnt -T {state}"),
        };
        let look = self.ui.command(&look);
        self.ui.line(&format!(
            "    to see what keeps it from being written: {look}"
        ));
        let done = matches!(ended.outcome, Outcome::Done(_));
        match &plan.turned_back_by {
            Some(words) if done => {
                let back = self.ui.command(&format!("bascule {words}"));
                self.ui.line(&format!(
                    "    once it can be written again, {back} takes it back"
                ));
            }
            _ if ended.taken_back == TakenBack::Whole && journal.is_in_place() => {
                self.ui.line(&format!(
                    "    until it can be, history may call it cut short; {undo} then finds nothing of it"
                ));
            }
            _ if ended.taken_back == TakenBack::Whole => {}
            _ if journal.is_in_place() => self.ui.line(&format!(
                "    once it can be written again, {undo} takes back what was done"
            )),
            _ => {
                let again = self.ui.command(&self.typed_command());
                self.ui.prose(
                    "    undo knows nothing of it any more: the steps with ✓ above are done, and stay",
                );
                self.ui.line(&format!("    to do the rest: {again}"));
            }
        }
    }

    fn undo_line(&mut self, id: u64, undoes: Option<u64>, undo: &str) {
        match undoes {
            None => self.ui.line(&format!(
                "  operation {id}; {undo} takes back what was done"
            )),
            Some(_) => self
                .ui
                .line(&format!("  operation {id}; {undo} goes on with it")),
        }
    }
}

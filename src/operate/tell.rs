//! How an operation ended, for people: what is now true, what failed and what that means, what stays and
//! how to take it back.

use super::Session;
use crate::exec::{Outcome, TakenBack};
use crate::journal::JournalError;
use crate::mariadb;
use crate::plan::Plan;
use crate::ui::Role;

impl Session<'_> {
    /// Says what is now true, the operation's number and how to take it back.
    pub(super) fn tell(
        &mut self,
        plan: &Plan,
        id: u64,
        undoes: Option<u64>,
        outcome: &Result<Outcome, JournalError>,
        taken_back: &TakenBack,
    ) {
        let undo = match undoes {
            None => format!("bascule undo {id}"),
            Some(of) => format!("bascule undo {of}"),
        };
        let undo = self.ui.command(&undo);
        self.ui.line("");
        match outcome {
            Ok(Outcome::Done(proved)) => {
                for sentence in proved {
                    let mark = self.ui.paint(Role::Ok, "✓");
                    self.ui.prose(&format!("  {mark} {sentence}"));
                }
                match undoes {
                    None if plan.leaves_nothing => self
                        .ui
                        .line(&format!("  operation {id}; it left nothing behind")),
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
            Ok(Outcome::Failed { step, why } | Outcome::NotAsAsked { step, why }) => {
                let left = plan.steps.len() - step - 1;
                let rest = match left {
                    0 => "it was the last step".to_owned(),
                    1 => "1 step was not started".to_owned(),
                    n => format!("{n} steps were not started"),
                };
                self.ui
                    .line(&format!("  stopped at step {}; {rest}", step + 1));
                self.what_it_means(why);
                match &plan.settles {
                    // Past the point of no return the way out is on, and what it is follows from both.
                    Some(what) if plan.no_return.is_some() && !plan.returns_from(*step) => {
                        let status = self.ui.command("bascule db status");
                        self.ui.line(&format!(
                            "  operation {id} is past its point of no return; {status} says what brings {what} to an end"
                        ));
                    }
                    _ => self.what_stays(id, undoes, &undo, taken_back),
                }
            }
            Ok(Outcome::Interrupted { finished }) => {
                self.ui.line(&format!(
                    "  interrupted after {finished} of {} steps; no step was cut in half",
                    plan.steps.len()
                ));
                self.what_stays(id, undoes, &undo, taken_back);
            }
            Err(error) => {
                self.ui.error(&format!(
                    "{error}; nothing is done that cannot be written down"
                ));
                self.undo_line(id, undoes, &undo);
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

    fn what_stays(&mut self, id: u64, undoes: Option<u64>, undo: &str, taken_back: &TakenBack) {
        match taken_back {
            TakenBack::Not => self.undo_line(id, undoes, undo),
            TakenBack::Whole => {
                let mark = self.ui.paint(Role::Ok, "✓");
                self.ui.prose(&format!(
                    "  {mark} operation {id} took itself back: everything is as it was before"
                ));
            }
            TakenBack::Partly(troubles) => {
                for trouble in troubles {
                    let mark = self.ui.paint(Role::Fail, "✗");
                    self.ui
                        .prose(&format!("  {mark} not taken back: {trouble}"));
                }
                self.undo_line(id, undoes, undo);
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

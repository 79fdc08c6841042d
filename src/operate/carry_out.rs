//! From a plan to its end: written down, run, proved and told.

use super::held::Held;
use super::{Format, Session};
use crate::exec::{self, Outcome, TakenBack, Trouble};
use crate::exit::Exit;
use crate::plan::{Plan, Refusal};
use crate::ui::Progress;
use serde_json::json;

impl Session<'_> {
    pub(super) fn carry_out(
        &mut self,
        plan: &Plan,
        held: Option<Held>,
        undoes: Option<u64>,
    ) -> Exit {
        let _held = match held {
            Some(held) => held,
            None => match self.hold(plan, &plan.hosts) {
                Ok(held) => held,
                Err(exit) => return exit,
            },
        };
        if let Some(why) = exec::stale(plan, &self.host.name) {
            return self.refused(&Refusal::check(why).hint("to plan it anew", self.typed()));
        }
        let journal = self.host.journal();
        let mut writer = match journal.begin(&self.command, plan, self.host.person.clone(), undoes)
        {
            Ok(writer) => writer,
            Err(error) => {
                let path = journal.folder().display();
                return self.refused(
                    &Refusal::check(format!(
                        "{error}; without a journal nothing could be taken back"
                    ))
                    .hint("to see why", format!("ls -ld {path}; df -h {path}")),
                );
            }
        };
        let id = writer.id;
        let quiet = self.settings.format == Format::Json;
        let mut progress =
            Progress::new(self.ui, self.signals.flag(), self.settings.verbose, quiet);
        let ended = exec::run(plan, &mut writer, &mut progress, self.settings.timeout);
        let exit = match &ended.outcome {
            Outcome::Done(_) => Exit::Done,
            Outcome::Stopped { trouble, .. } => match trouble {
                Trouble::Failed(_) => Exit::Failed,
                Trouble::NotAsAsked(_) => Exit::NotAsAsked,
                Trouble::Interrupted => Exit::Interrupted,
            },
        };
        if quiet {
            let mut result = match &ended.outcome {
                Outcome::Done(proved) => json!({ "result": "done", "proved": proved }),
                Outcome::Stopped { at, trouble } => match trouble {
                    Trouble::Failed(why) => {
                        json!({ "result": "failed", "step": at + 1, "why": why })
                    }
                    Trouble::NotAsAsked(why) => {
                        json!({ "result": "not as asked", "step": at + 1, "why": why })
                    }
                    Trouble::Interrupted => json!({ "result": "interrupted", "finished": at }),
                },
            };
            result["operation"] = json!(id);
            if let Some(why) = &ended.unwritten {
                result["unwritten"] = json!(why);
            }
            if let Some(measured) = ended.measured {
                result["milliseconds"] = json!(measured.as_secs_f64() * 1000.0);
            }
            match &ended.taken_back {
                TakenBack::Not => {}
                TakenBack::Whole => {
                    result["taken_back"] = json!(true);
                    result["not_as_before"] = json!(ended.stays);
                }
                TakenBack::Partly(troubles) => {
                    result["taken_back"] = json!(false);
                    result["troubles"] = json!(troubles);
                }
            }
            let line = self.json(plan, Some(result));
            self.ui.line(&line);
        } else {
            self.tell(plan, &writer, undoes, &ended);
        }
        exit
    }
}

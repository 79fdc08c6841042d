//! From a plan to its end: written down, run, proved and told.

use super::held::HostLocks;
use super::{ChangeDocument, Format, Session};
use crate::exec::{self, Outcome, Trouble};
use crate::exit::Exit;
use crate::plan::{Plan, Refusal, shell_line};
use crate::ui::Progress;

impl Session<'_> {
    pub(super) fn carry_out(
        &mut self,
        plan: &Plan,
        held: Option<HostLocks>,
        undoes: Option<u64>,
    ) -> Exit {
        let _held = match held {
            Some(held) => held,
            None => match self.take_locks(plan, &plan.hosts) {
                Ok(held) => held,
                Err(exit) => return exit,
            },
        };
        if let Some(why) = exec::why_stale(plan, &self.host.name) {
            return self
                .refused(&Refusal::check(why).hint("to plan it anew", self.typed_command()));
        }
        let journal = self.host.journal();
        let mut writer = match journal.begin(&self.command, plan, self.host.person.clone(), undoes)
        {
            Ok(writer) => writer,
            Err(error) => {
                let path = shell_line(&[journal.folder().display().to_string()]);
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
                Trouble::Failed(_) | Trouble::CutOff(_) => Exit::Failed,
                Trouble::NotAsAsked(_) => Exit::NotAsAsked,
                Trouble::Interrupted => Exit::Interrupted,
            },
        };
        if quiet {
            self.tell_programs(&ChangeDocument::carried_out(plan, id, &ended));
        } else {
            self.tell(plan, &writer, undoes, &ended);
        }
        exit
    }
}

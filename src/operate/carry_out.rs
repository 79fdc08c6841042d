//! From a plan to its end: written down, run, proved and told.

use super::held::HostLocks;
use super::{ChangeDocument, Format, Session, UNCHANGED};
use crate::drill;
use crate::exec::{self, Outcome, Trouble, TypedSecrets};
use crate::exit::Exit;
use crate::plan::values::Source;
use crate::plan::{Again, Plan, Refusal, shell_line};
use crate::ui::Progress;

impl Session<'_> {
    pub(super) fn carry_out(
        &mut self,
        plan: &Plan,
        held: Option<HostLocks>,
        undoes: Option<u64>,
    ) -> Exit {
        let typed = match self.typed_secrets(plan) {
            Ok(typed) => typed,
            Err(exit) => return exit,
        };
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
        let stop = match plan.outlives_terminal {
            true => self.signals.flag_but_for_hangup(),
            false => self.signals.flag(),
        };
        let mut progress = Progress::new(self.ui, stop, self.settings.verbose, quiet);
        let ended = exec::run(
            plan,
            &mut writer,
            &mut progress,
            self.settings.timeout,
            &typed,
        );
        let drill = plan.drill.as_ref();
        let drill = drill.filter(|_| matches!(ended.outcome, Outcome::Done(_)));
        let drill = drill.and_then(|drill| drill::conclude(drill, id, &writer.images, &journal));
        let as_foreseen = drill
            .as_ref()
            .is_none_or(|result| result.judgement.is_well());
        let exit = match &ended.outcome {
            Outcome::Done(_) if !as_foreseen => Exit::NotAsAsked,
            Outcome::Done(_) => Exit::Done,
            Outcome::Stopped { trouble, .. } => match trouble {
                Trouble::Failed(_) | Trouble::CutOff(_) => Exit::Failed,
                Trouble::NotAsAsked(_) => Exit::NotAsAsked,
                Trouble::Interrupted => Exit::Interrupted,
            },
        };
        if quiet {
            self.tell_programs(&ChangeDocument::carried_out(
                plan,
                id,
                &ended,
                drill.as_ref(),
            ));
        } else {
            self.tell(plan, &writer, undoes, &ended);
            if let Some(result) = &drill {
                self.ui.report(&drill::report(result));
            }
        }
        exit
    }

    /// Asks for the secrets that are to be typed.
    ///
    /// # Errors
    /// How it ended, where one is not said.
    fn typed_secrets(&mut self, plan: &Plan) -> Result<TypedSecrets, Exit> {
        let mut typed = TypedSecrets::default();
        for secret in &plan.secrets {
            let Source::Typed(what) = &secret.source else {
                continue;
            };
            if !self.ui.can_ask() {
                let why = format!("there is no terminal to ask for {what}");
                let from_file = Again::same().set("--password-file", "FILE");
                let refusal = Refusal::check(why).again("to read it from a file", from_file);
                return Err(self.refused(&refusal));
            }
            match self.ui.secret(what) {
                Some(text) => typed.insert(&secret.name, text),
                None => {
                    self.ui.line(UNCHANGED);
                    return Err(Exit::Declined);
                }
            }
        }
        Ok(typed)
    }
}

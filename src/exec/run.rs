//! A plan from its first step to its end.

use super::attempt::{Attempt, Live, Proved};
use super::before::BeforeStep;
use super::beside::What;
use super::book::Book;
use super::ending::{Ending, Outcome, TakenBack, Trouble};
use super::meanwhile::changed_by_others;
use super::values::{TypedSecrets, Values};
use super::watcher::{Unstoppable, Watcher};
use crate::facts;
use crate::journal::{Image, StepResult, Writer};
use crate::plan::{Plan, Step};
use std::time::{Duration, Instant};

/// A plan that runs.
pub struct Run<'a> {
    pub plan: &'a Plan,
    pub book: Book<'a>,
    pub watcher: &'a mut dyn Watcher,
    /// The deadline instead of each step's own.
    pub timeout: Option<Duration>,
    pub live: Live,
    /// The files as they were before each step that was started.
    pub images: Vec<Vec<Image>>,
}

/// Runs every step in order and stops at the first that does not end well. Before the plan's point
/// of no return all that was done is then taken back.
///
/// No step starts that is not written down, but for those past the point of no return: half of them
/// would be worse than all. `timeout` replaces each step's own deadline; `typed` are the secrets that somebody
/// typed for it.
pub fn run(
    plan: &Plan,
    journal: &mut Writer,
    watcher: &mut dyn Watcher,
    timeout: Option<Duration>,
    typed: &TypedSecrets,
) -> Ending {
    let mut run = Run {
        plan,
        book: Book::new(journal),
        watcher,
        timeout,
        live: Live::default(),
        images: Vec::new(),
    };
    run.live.beside.folder.clone_from(&run.book.journal.images);
    match Values::of_plan(plan, typed) {
        Ok(values) => run.live.values = values,
        Err(why) => {
            if let Some(first) = plan.steps.first() {
                run.watcher.failed(1, first, Duration::ZERO, &why);
            }
            let trouble = Trouble::Failed(why);
            return run.finish(Outcome::Stopped { at: 0, trouble }, TakenBack::Whole);
        }
    }
    let outcome = run.forward();
    // The last step that was started: an interruption comes before the next one too.
    let last = run.images.len().saturating_sub(1);
    let taken_back = match &outcome {
        Outcome::Stopped { .. } if plan.returns_from(last) => run.take_back(),
        _ => TakenBack::Not,
    };
    run.finish(outcome, taken_back)
}

impl Run<'_> {
    /// Writes how all ended, and returns it.
    fn finish(mut self, outcome: Outcome, taken_back: TakenBack) -> Ending {
        self.book.finish(match &outcome {
            Outcome::Done(_) => StepResult::Done,
            Outcome::Stopped { trouble, .. } => trouble.into(),
        });
        Ending {
            outcome,
            taken_back,
            stays: self.live.stays,
            measured: self.live.measured,
            unwritten: self.book.unwritten,
        }
    }

    /// Runs the steps.
    fn forward(&mut self) -> Outcome {
        let mut proved = Proved::new();
        let mut told = false;
        for (at, step) in self.plan.steps.iter().enumerate() {
            if self.watcher.stop() {
                if !self.plan.is_bound_to_end(at) {
                    let trouble = Trouble::Interrupted;
                    return Outcome::Stopped { at, trouble };
                }
                if !told {
                    self.watcher
                        .remarks("past the point of no return this goes on to its end");
                    told = true;
                }
            }
            let began = Instant::now();
            self.watcher.begins(at + 1, step);
            match self.step(at, step) {
                Ok(sentences) => {
                    self.watcher.done(at + 1, step, began.elapsed());
                    for (subject, sentence) in sentences {
                        // The last time something was proved is the one that counts.
                        proved.retain(|(known, said)| {
                            *said != sentence && (known.is_none() || *known != subject)
                        });
                        proved.push((subject, sentence));
                    }
                }
                Err(trouble) => {
                    let why = match &trouble {
                        Trouble::Failed(why) | Trouble::CutOff(why) | Trouble::NotAsAsked(why) => {
                            why
                        }
                        Trouble::Interrupted => "stopped waiting, as asked",
                    };
                    self.watcher.failed(at + 1, step, began.elapsed(), why);
                    return Outcome::Stopped { at, trouble };
                }
            }
        }
        Outcome::Done(ends_proved(proved))
    }

    /// Runs one step, with a line in the journal before it and one after it.
    fn step(&mut self, at: usize, step: &Step) -> Result<Proved, Trouble> {
        let bound = self.plan.is_bound_to_end(at);
        let before = match self.book.starts(at, step) {
            Ok(before) => before,
            Err(why) if bound => {
                self.book.remark(&why, self.watcher);
                BeforeStep::nothing(step)
            }
            Err(why) => return Err(Trouble::Failed(why)),
        };
        self.images.push(before.files.clone());
        let mut patient = Unstoppable(&mut *self.watcher);
        let mut attempt = Attempt {
            number: at + 1,
            step,
            live: &mut self.live,
            watcher: if bound { &mut patient } else { patient.0 },
            timeout: self.timeout,
            output: Vec::new(),
        };
        attempt.live.beside.note(What::Begins { step: at });
        let ended = attempt.carry_out(&before);
        attempt.live.beside.note(What::Ends { step: at });
        let output = attempt.output;
        let after = match step.changes_cib() {
            true => facts::live_cib().ok(),
            false => None,
        };
        if let (Some(before), Some(after)) = (&before.cib, &after) {
            for other in changed_by_others(step, before, after) {
                self.watcher
                    .remarks(&format!("{other} was changed meanwhile, not by this step"));
            }
        }
        let result = match &ended {
            Ok(_) => StepResult::Done,
            Err(trouble) => trouble.into(),
        };
        match self
            .book
            .step_ended(at, step, result, after.as_ref(), output)
        {
            Err(why) if self.plan.is_bound_to_end(at + 1) => {
                self.book.remark(&why, self.watcher);
                ended
            }
            Err(why) => ended.and(Err(Trouble::Failed(why))),
            Ok(()) => ended,
        }
    }
}

/// Returns what was proved as an end, or the means where there is nothing else to say.
fn ends_proved(mut proved: Vec<(Option<String>, String)>) -> Vec<String> {
    if proved.iter().any(|(subject, _)| subject.is_some()) {
        proved.retain(|(subject, _)| subject.is_some());
    }
    proved.into_iter().map(|(_, sentence)| sentence).collect()
}

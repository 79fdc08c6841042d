//! Runs a plan's steps: each with a deadline, its output streamed, its result verified.
//!
//! Knows steps, not verbs. Everything is in the journal before it happens and after it happened;
//! a signal is noticed between steps and while waiting, never in the middle of a command.

mod back;
mod before;
mod book;
mod child;
mod clear;
pub mod compare;
mod file;
mod hand_over;
mod look;
mod meanwhile;
mod patch;
pub mod peer_lock;
mod pipe;
mod prove;
pub mod session;
mod sql;
mod unit_log;
mod values;
mod wait;

pub use back::TakenBack;
pub use hand_over::hand_over;
pub use meanwhile::stale;

use crate::facts;
use crate::journal::{Image, SIGNALLED, StepResult, TIMED_OUT, Writer};
use crate::plan::{Action, Plan, Step};
use back::take_back;
use before::BeforeStep;
use book::Book;
use child::Ended;
use clear::{Patient, clear_up};
use meanwhile::changed_by_others;
use prove::prove;
use session::Sessions;
use std::time::{Duration, Instant};
use values::Values;

/// What the outside hears while a plan runs, and how it says stop.
pub trait Watcher {
    /// A step begins.
    fn begins(&mut self, number: usize, step: &Step);
    /// A line that the step's command printed.
    fn prints(&mut self, line: &str);
    /// The step waits; `why` is what does not hold yet. Called several times a second.
    fn waits(&mut self, number: usize, for_what: &str, why: &str, so_far: Duration, most: Duration);
    /// Something worth knowing came up that is nobody's failure.
    fn remarks(&mut self, remark: &str);
    /// Bytes move; `of` is about how many there will be. Called several times a second.
    fn moves(&mut self, number: usize, bytes: u64, of: Option<u64>, so_far: Duration);
    /// A step of a plan that failed was taken back at once, or could not be.
    fn took_back(&mut self, number: usize, step: &Step, trouble: Option<&str>);
    /// A step ended well.
    fn done(&mut self, number: usize, step: &Step, took: Duration);
    /// A step ended otherwise.
    fn failed(&mut self, number: usize, step: &Step, took: Duration, why: &str);
    /// True once somebody asked to stop.
    fn stop(&self) -> bool;
}

/// How a plan ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is as asked. Holds what was proved, sentence by sentence.
    Done(Vec<String>),
    /// A step's command failed.
    Failed {
        /// Which step, from 0.
        step: usize,
        /// How.
        why: String,
    },
    /// A step's command succeeded, and its result is not as asked.
    NotAsAsked {
        /// Which step, from 0.
        step: usize,
        /// What does not hold.
        why: String,
    },
    /// Stopped on request.
    Interrupted {
        /// How many steps were finished.
        finished: usize,
    },
}

/// How a plan ended, and what became of what was done when it did not end well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// Whether what was done was taken back at once.
    pub taken_back: TakenBack,
    /// What is not as it was before although all was taken back, sentence by sentence.
    pub stays: Vec<String>,
    /// The time that a step's proof was to measure.
    pub measured: Option<Duration>,
    /// Why not all of it is written down.
    pub unwritten: Option<String>,
}

/// What lives as long as the plan runs.
#[derive(Debug, Default)]
struct Live {
    values: Values,
    sessions: Sessions,
    measured: Option<Duration>,
    /// What steps of a way back said is not as before.
    stays: Vec<String>,
}

/// How a step ended.
enum StepEnd {
    /// What was proved: what each proof is about, and its sentence.
    Done(Vec<(Option<String>, String)>),
    Failed(String),
    NotAsAsked(String),
    Interrupted,
}

/// Runs every step in order and stops at the first that does not end well. Before the plan's point
/// of no return all that was done is then taken back.
///
/// No step starts that is not written down, but for those past the point of no return: half of them
/// would be worse than all. `timeout` replaces each step's own deadline.
pub fn run(
    plan: &Plan,
    journal: &mut Writer,
    watcher: &mut dyn Watcher,
    timeout: Option<Duration>,
) -> Ending {
    let mut book = Book::of(journal);
    let mut live = match Values::of(plan) {
        Ok(values) => Live {
            values,
            ..Live::default()
        },
        Err(why) => {
            if let Some(first) = plan.steps.first() {
                watcher.failed(1, first, Duration::ZERO, &why);
            }
            book.finish(StepResult::Failed { why: why.clone() });
            return Ending {
                outcome: Outcome::Failed { step: 0, why },
                taken_back: TakenBack::Whole,
                stays: Vec::new(),
                measured: None,
                unwritten: book.unwritten,
            };
        }
    };
    let mut images: Vec<Vec<Image>> = Vec::new();
    let outcome = forward(plan, &mut book, watcher, timeout, &mut live, &mut images);
    let result = match &outcome {
        Outcome::Done(_) => StepResult::Done,
        Outcome::Failed { why, .. } => StepResult::Failed { why: why.clone() },
        Outcome::NotAsAsked { why, .. } => StepResult::NotAsAsked { why: why.clone() },
        Outcome::Interrupted { .. } => StepResult::Interrupted,
    };
    // The last step that was started: an interruption comes before the next one too.
    let taken_back =
        if result != StepResult::Done && plan.returns_from(images.len().saturating_sub(1)) {
            take_back(plan, &images, &mut live, &mut book, watcher, timeout)
        } else {
            TakenBack::Not
        };
    book.finish(result);
    Ending {
        outcome,
        taken_back,
        stays: live.stays,
        measured: live.measured,
        unwritten: book.unwritten,
    }
}

/// Runs the steps; `images` keeps the files as they were before each one that was started.
fn forward(
    plan: &Plan,
    book: &mut Book,
    watcher: &mut dyn Watcher,
    timeout: Option<Duration>,
    live: &mut Live,
    images: &mut Vec<Vec<Image>>,
) -> Outcome {
    let mut proved: Vec<(Option<String>, String)> = Vec::new();
    let mut told = false;
    for (at, step) in plan.steps.iter().enumerate() {
        let bound = plan.is_bound_to_end(at);
        if watcher.stop() {
            if !bound {
                return Outcome::Interrupted { finished: at };
            }
            if !told {
                watcher.remarks("past the point of no return this goes on to its end");
                told = true;
            }
        }
        let began = Instant::now();
        watcher.begins(at + 1, step);
        let before = match book.starts(at, step) {
            Ok(before) => before,
            Err(why) if bound => {
                book.remark(&why, watcher);
                BeforeStep::nothing(step)
            }
            Err(why) => {
                watcher.failed(at + 1, step, began.elapsed(), &why);
                return Outcome::Failed { step: at, why };
            }
        };
        images.push(before.files.clone());
        let mut output = Vec::new();
        let mut patient = Patient(&mut *watcher);
        let heard: &mut dyn Watcher = if bound { &mut patient } else { patient.0 };
        let mut end = one(at + 1, step, &before, live, heard, timeout, &mut output);
        if !matches!(end, StepEnd::Done(_)) {
            end = clear_up(at + 1, step, end, live, watcher, timeout, &mut output);
        }
        let result = match &end {
            StepEnd::Done(_) => StepResult::Done,
            StepEnd::Failed(why) => StepResult::Failed { why: why.clone() },
            StepEnd::NotAsAsked(why) => StepResult::NotAsAsked { why: why.clone() },
            StepEnd::Interrupted => StepResult::Interrupted,
        };
        let after = if step.changes_cib() {
            facts::live_cib().ok()
        } else {
            None
        };
        if let (Some(before), Some(after)) = (&before.cib, &after) {
            for other in changed_by_others(step, before, after) {
                watcher.remarks(&format!("{other} was changed meanwhile, not by this step"));
            }
        }
        if let Err(why) = book.ended(at, step, result, after.as_ref(), output) {
            if plan.is_bound_to_end(at + 1) {
                book.remark(&why, watcher);
            } else if matches!(end, StepEnd::Done(_)) {
                end = StepEnd::Failed(why);
            }
        }
        match end {
            StepEnd::Done(sentences) => {
                watcher.done(at + 1, step, began.elapsed());
                for (subject, sentence) in sentences {
                    // The last time something was proved is the one that counts.
                    proved.retain(|(known, said)| {
                        *said != sentence && (known.is_none() || *known != subject)
                    });
                    proved.push((subject, sentence));
                }
            }
            StepEnd::Failed(why) => {
                watcher.failed(at + 1, step, began.elapsed(), &why);
                return Outcome::Failed { step: at, why };
            }
            StepEnd::NotAsAsked(why) => {
                watcher.failed(at + 1, step, began.elapsed(), &why);
                return Outcome::NotAsAsked { step: at, why };
            }
            StepEnd::Interrupted => {
                watcher.failed(at + 1, step, began.elapsed(), "stopped waiting, as asked");
                return Outcome::Interrupted { finished: at };
            }
        }
    }
    Outcome::Done(ends(proved))
}

/// Returns what was proved as an end, or the means where there is nothing else to say.
fn ends(mut proved: Vec<(Option<String>, String)>) -> Vec<String> {
    if proved.iter().any(|(subject, _)| subject.is_some()) {
        proved.retain(|(subject, _)| subject.is_some());
    }
    proved.into_iter().map(|(_, sentence)| sentence).collect()
}

/// Runs one step and proves its result.
fn one(
    number: usize,
    step: &Step,
    before: &BeforeStep,
    live: &mut Live,
    watcher: &mut dyn Watcher,
    timeout: Option<Duration>,
    output: &mut Vec<String>,
) -> StepEnd {
    let deadline = timeout.unwrap_or(Duration::from_secs(step.deadline));
    if step.changes_cib() && before.cib.is_none() {
        return StepEnd::Failed("the cluster's configuration cannot be read".to_owned());
    }
    let sent = Instant::now();
    let ended = match &step.action {
        Action::File {
            path,
            after,
            before,
        } => {
            return match file::differs(path, before) {
                Some(why) => StepEnd::Failed(why),
                None => match file::put(path, after.as_ref()) {
                    Ok(()) => prove(number, step, live, sent, watcher, deadline),
                    Err(error) => StepEnd::Failed(format!("{}: {error}", path.display())),
                },
            };
        }
        Action::Patch { patch, .. } => patch::apply(patch, before.cib.as_ref(), deadline, output),
        Action::Sql { .. } => match sql::run(step, live, deadline, watcher, output) {
            Err(pipe::Cut::Stopped) => return StepEnd::Interrupted,
            Err(pipe::Cut::Failed(why)) => Err(why),
            Ok(()) => Ok(()),
        },
        Action::Pipe { .. } => match sql::pipe(number, step, live, deadline, watcher) {
            Err(pipe::Cut::Stopped) => return StepEnd::Interrupted,
            Err(pipe::Cut::Failed(why)) => Err(why),
            Ok(()) => Ok(()),
        },
        Action::Run { .. } | Action::Crm { .. } => {
            command(step, &mut live.values, deadline, watcher, output)
        }
    };
    match ended {
        Err(why) => StepEnd::Failed(live.values.hide(&why)),
        Ok(()) => prove(number, step, live, sent, watcher, deadline),
    }
}

/// Runs a step's command and says how it failed, if it did.
fn command(
    step: &Step,
    values: &mut Values,
    deadline: Duration,
    watcher: &mut dyn Watcher,
    output: &mut Vec<String>,
) -> Result<(), String> {
    let Some((argv, stdin)) = step.command() else {
        return Ok(());
    };
    let began = Instant::now();
    // Never its argv: everybody can read that.
    let stdin = match stdin {
        Some(text) if values.is_any() => Some(values.fill(&text)?),
        other => other,
    };
    let ended = child::run(&argv, stdin.as_deref(), deadline, &mut |line| {
        let line = values.hide(line);
        watcher.prints(&line);
        output.push(line);
        if output.len() > KEPT_LINES {
            output.remove(0);
        }
    })?;
    // ssh's own status for a connection that failed or broke.
    let program = match (&step.host, ended) {
        (Some(host), Ended::Exit(255)) => {
            return Err(format!(
                "ssh to {host} failed with status 255{}",
                last_words(output)
            ));
        }
        _ => program(step, &argv),
    };
    match ended {
        Ended::Exit(0) => learn(step, values, output),
        Ended::Exit(code) => {
            // A step with a log of its own to show does that itself.
            let log = match step.host.is_none() && step.on_failure.is_empty() {
                true => unit_log::of(&argv, began.elapsed()),
                false => Vec::new(),
            };
            for line in &log {
                watcher.prints(line);
                output.push(line.clone());
            }
            Err(match log.last() {
                Some(line) => format!("{program} ended with status {code}; {line}"),
                None => format!("{program} ended with status {code}{}", last_words(output)),
            })
        }
        Ended::Signal(signal) => Err(format!("{program} {SIGNALLED} {signal}")),
        Ended::Deadline => Err(format!(
            "{program} {TIMED_OUT} {} s and was stopped; --timeout allows more",
            deadline.as_secs()
        )),
    }
}

/// Returns what a step runs, for people: on another host not the ssh that carries it there.
fn program(step: &Step, argv: &[String]) -> String {
    let own = match &step.action {
        Action::Run { argv: own, .. } => own.first(),
        _ => argv.first(),
    };
    let own = own.map_or("", String::as_str);
    match &step.host {
        Some(host) => format!("{own} on {host}"),
        None => own.to_owned(),
    }
}

/// Remembers a command's last line, where later steps name it.
fn learn(step: &Step, values: &mut Values, output: &[String]) -> Result<(), String> {
    let Action::Run {
        answer: Some(name), ..
    } = &step.action
    else {
        return Ok(());
    };
    match output.last().filter(|line| !line.is_empty()) {
        Some(line) => {
            values.learn(name, line);
            Ok(())
        }
        None => Err(format!("the command printed nothing for ${{{name}}}")),
    }
}

/// How many lines of a command's output the journal keeps.
const KEPT_LINES: usize = 40;

/// Returns true for what crmsh 4.4 and 5.0 repeat with every load while fencing is off or quorum
/// is lacking, some of it as an `ERROR` that is none; the plan has said it once. And for where
/// systemctl says to look, which is looked at where it matters.
pub fn is_noise(line: &str) -> bool {
    line.starts_with("See \"systemctl status ")
        || line.ends_with("See 'journalctl -xe' for details.")
        || line.contains("Blind faith: not fencing unseen nodes")
        || line.contains("Fencing and resource management disabled due to lack of quorum")
}

/// Returns true for a command that tells at length what the proof of its step says in a line: dpkg
/// of every package, systemctl of its links for System V.
pub fn is_wordy(step: &Step) -> bool {
    let Action::Run { argv, .. } = &step.action else {
        return false;
    };
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    words.contains(&"apt-get")
        || matches!(
            words[..],
            ["systemctl", "enable" | "disable" | "mask" | "unmask", ..]
        )
}

fn last_words(output: &[String]) -> String {
    let output = output.iter().filter(|line| !is_noise(line));
    output
        .clone()
        .rev()
        .find(|line| line.contains("ERROR") || line.contains("rror:"))
        .or_else(|| output.rev().find(|line| !line.trim().is_empty()))
        .map(|line| format!(": {}", line.trim()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;

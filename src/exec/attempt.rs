//! One step that is being carried out.

use super::before::BeforeStep;
use super::beside::Beside;
use super::child::{self, Ended};
use super::ending::Trouble;
use super::noise::is_noise;
use super::session::Sessions;
use super::values::Values;
use super::watcher::Watcher;
use super::{file, patch, unit_log};
use crate::plan::{Action, Companion, Step};
use std::time::{Duration, Instant};

/// The sessions and values that live as long as a plan runs.
#[derive(Debug, Default)]
pub struct Live {
    pub values: Values,
    pub sessions: Sessions,
    /// What runs beside.
    pub beside: Beside,
    /// The time that a step's proof was to measure.
    pub measured: Option<Duration>,
    /// Sentences of a way back's steps: the things that are not as before.
    pub stays: Vec<String>,
}

/// The proofs that hold: the thing each is about, and its sentence.
pub type Proved = Vec<(Option<String>, String)>;

/// How many lines of a command's output the journal keeps.
pub const KEPT_LINES: usize = 40;

/// A step that is being carried out.
pub struct Attempt<'a> {
    /// The step's number, from 1.
    pub number: usize,
    pub step: &'a Step,
    pub live: &'a mut Live,
    pub watcher: &'a mut dyn Watcher,
    /// The deadline instead of the step's own.
    pub timeout: Option<Duration>,
    /// The last lines that its command printed.
    pub output: Vec<String>,
}

impl Attempt<'_> {
    /// Returns how long the step may take, and its result.
    pub fn deadline(&self) -> Duration {
        self.timeout
            .unwrap_or(Duration::from_secs(self.step.deadline))
    }

    /// Runs the step and proves its result; where that fails, what the step has for that case is run too.
    ///
    /// # Errors
    /// Why it did not end well.
    pub fn carry_out(&mut self, before: &BeforeStep) -> Result<Proved, Trouble> {
        self.run_once(before)
            .map_err(|trouble| self.clear_up(trouble))
    }

    /// Runs the step and proves its result.
    ///
    /// # Errors
    /// Why it did not end well.
    pub fn run_once(&mut self, before: &BeforeStep) -> Result<Proved, Trouble> {
        if self.step.changes_cib() && before.cib.is_none() {
            let why = "the cluster's configuration cannot be read";
            return Err(Trouble::Failed(why.to_owned()));
        }
        let sent = Instant::now();
        let acted = match &self.step.action {
            Action::File {
                path,
                after,
                before,
            } => match file::differs(path, before) {
                Some(why) => Err(Trouble::Failed(why)),
                None => file::replace_file(path, after.as_ref())
                    .map_err(|error| Trouble::Failed(format!("{}: {error}", path.display()))),
            },
            Action::Patch { patch, .. } => {
                let deadline = self.deadline();
                patch::apply(patch, before.cib.as_ref(), deadline, &mut self.output)
                    .map_err(Trouble::Failed)
            }
            Action::Sql { .. } => self.sql().map_err(Trouble::from),
            Action::Pipe { .. } => self.run_pipe().map_err(Trouble::from),
            Action::Beside { commands } => self.begin_beside(commands),
            Action::EndBeside { .. } => {
                let deadline = self.deadline();
                let ended = self.live.beside.end(deadline, self.watcher, self.number);
                ended.map_err(Trouble::Failed)
            }
            Action::Run { .. } | Action::Crm { .. } => self.command(),
        };
        match acted {
            Err(Trouble::Failed(why)) => Err(Trouble::Failed(self.live.values.redacted(&why))),
            Err(Trouble::CutOff(why)) => Err(Trouble::CutOff(self.live.values.redacted(&why))),
            Err(trouble) => Err(trouble),
            Ok(()) => self.prove(sent),
        }
    }

    /// Begins what runs beside the steps that follow.
    fn begin_beside(&mut self, commands: &[Companion]) -> Result<(), Trouble> {
        let (deadline, number) = (self.deadline(), self.number);
        let watcher = &mut *self.watcher;
        let begun = self.live.beside.begin(commands, deadline, |name, so_far| {
            watcher.waits(number, "all to look on", name, so_far, deadline);
            !watcher.stop()
        });
        begun.map_err(|why| match self.watcher.stop() {
            true => Trouble::Interrupted,
            false => Trouble::Failed(why),
        })
    }

    /// Runs the step's command and says how it failed, if it did.
    fn command(&mut self) -> Result<(), Trouble> {
        let (step, deadline) = (self.step, self.deadline());
        let Some((argv, stdin)) = step.command() else {
            return Ok(());
        };
        let began = Instant::now();
        let values = &mut self.live.values;
        let (watcher, output) = (&mut *self.watcher, &mut self.output);
        // Never its argv: everybody can read that.
        let stdin = match stdin {
            Some(text) if values.is_any() => Some(values.filled(&text)?),
            other => other,
        };
        let ended = child::run(&argv, stdin.as_deref(), deadline, &mut |line| {
            let line = values.redacted(line);
            watcher.prints(&line);
            output.push(line);
            if output.len() > KEPT_LINES {
                output.remove(0);
            }
        })?;
        // ssh's own status for a connection that failed or broke.
        let program = match (&step.host, ended) {
            (Some(host), Ended::Exit(255)) => {
                return Err(Trouble::Failed(format!(
                    "ssh to {host} failed with status 255{}",
                    last_words(output)
                )));
            }
            _ => program(step, &argv),
        };
        match ended {
            Ended::Exit(0) => Ok(remember_output(step, values, output)?),
            Ended::Exit(code) => {
                // A step with a log of its own to show does that itself.
                let log = match step.host.is_none() && step.on_failure.is_empty() {
                    true => unit_log::last_words(&argv, began.elapsed()),
                    false => Vec::new(),
                };
                for line in &log {
                    watcher.prints(line);
                    output.push(line.clone());
                }
                Err(Trouble::Failed(match log.last() {
                    Some(line) => format!("{program} ended with status {code}; {line}"),
                    None => format!("{program} ended with status {code}{}", last_words(output)),
                }))
            }
            Ended::Signal(signal) => Err(Trouble::CutOff(format!(
                "{program} was ended by signal {signal}"
            ))),
            Ended::Deadline => Err(Trouble::CutOff(format!(
                "{program} did not end within {} s and was stopped; --timeout allows more",
                deadline.as_secs()
            ))),
        }
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
fn remember_output(step: &Step, values: &mut Values, output: &[String]) -> Result<(), String> {
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

/// Returns what of a command's output tells best why it failed.
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

//! Clearing up after a step that did not end well.

use super::{BeforeStep, Live, StepEnd, Watcher, one};
use crate::plan::{Step, title};
use std::time::Duration;

/// Runs what a step that did not end well has for that case, and adds how that went.
///
/// Nothing of it is cut short: an interruption is what it clears up after.
pub(super) fn clear_up(
    number: usize,
    step: &Step,
    end: StepEnd,
    live: &mut Live,
    watcher: &mut dyn Watcher,
    timeout: Option<Duration>,
    output: &mut Vec<String>,
) -> StepEnd {
    if step.on_failure.is_empty() {
        return end;
    }
    let mut told = Vec::new();
    for clearing in &step.on_failure {
        let shown = title(clearing);
        output.push(format!("$ {shown}"));
        let before = BeforeStep::nothing(clearing);
        let mut patient = Patient(watcher);
        let mut said = Vec::new();
        let cleared = one(
            number,
            clearing,
            &before,
            live,
            &mut patient,
            timeout,
            &mut said,
        );
        let errors = errors(&said).join("; ");
        output.append(&mut said);
        told.push(match cleared {
            // One that shows a log: what stands there is why the step failed.
            StepEnd::Done(_) if !errors.is_empty() => format!("it says: {errors}"),
            StepEnd::Done(_) => format!("cleared up: {shown}"),
            StepEnd::Failed(why) | StepEnd::NotAsAsked(why) => {
                format!("clearing up failed too: {shown}: {why}")
            }
            StepEnd::Interrupted => format!("clearing up was interrupted: {shown}"),
        });
    }
    let told = told.join("; ");
    output.push(told.clone());
    match end {
        StepEnd::Failed(why) => StepEnd::Failed(format!("{why}; {told}")),
        StepEnd::NotAsAsked(why) => StepEnd::NotAsAsked(format!("{why}; {told}")),
        StepEnd::Interrupted => {
            watcher.remarks(&told);
            StepEnd::Interrupted
        }
        StepEnd::Done(sentences) => StepEnd::Done(sentences),
    }
}

/// Returns the errors that a server's log holds, without their time; the last one only says that it
/// gives up.
fn errors(lines: &[String]) -> Vec<&str> {
    const MARK: &str = "[ERROR] ";
    let all = lines.iter().filter_map(|line| line.split_once(MARK));
    let mut errors: Vec<&str> = all
        .map(|(_, error)| error.trim())
        .filter(|error| *error != "Aborting")
        .collect();
    errors.dedup();
    errors
}

/// A watcher that does not stop.
pub(super) struct Patient<'a>(pub(super) &'a mut dyn Watcher);

impl Watcher for Patient<'_> {
    fn begins(&mut self, number: usize, step: &Step) {
        self.0.begins(number, step);
    }
    fn prints(&mut self, line: &str) {
        self.0.prints(line);
    }
    fn remarks(&mut self, line: &str) {
        self.0.remarks(line);
    }
    fn waits(&mut self, number: usize, what: &str, why: &str, so_far: Duration, most: Duration) {
        self.0.waits(number, what, why, so_far, most);
    }
    fn moves(&mut self, number: usize, bytes: u64, of: Option<u64>, so_far: Duration) {
        self.0.moves(number, bytes, of, so_far);
    }
    fn took_back(&mut self, number: usize, step: &Step, trouble: Option<&str>) {
        self.0.took_back(number, step, trouble);
    }
    fn done(&mut self, number: usize, step: &Step, took: Duration) {
        self.0.done(number, step, took);
    }
    fn failed(&mut self, number: usize, step: &Step, took: Duration, why: &str) {
        self.0.failed(number, step, took, why);
    }
    fn stop(&self) -> bool {
        false
    }
}

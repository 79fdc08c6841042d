//! What a step that did not end well has for that case.

use super::attempt::Attempt;
use super::before::BeforeStep;
use super::ending::Trouble;
use super::watcher::Unstoppable;
use crate::plan::{Action, Step, title};

impl Attempt<'_> {
    /// Runs what the step has for the case that it did not end well, and adds how that went.
    ///
    /// Nothing of it is cut short: an interruption is what it clears up after.
    pub fn clear_up(&mut self, trouble: Trouble) -> Trouble {
        if self.step.on_failure.is_empty() {
            return trouble;
        }
        let mut told = Vec::new();
        for clearing in &self.step.on_failure {
            let shown = spoken(clearing);
            self.output.push(format!("$ {shown}"));
            let mut attempt = Attempt {
                number: self.number,
                step: clearing,
                live: &mut *self.live,
                watcher: &mut Unstoppable(&mut *self.watcher),
                timeout: self.timeout,
                output: Vec::new(),
            };
            let cleared = attempt.run_once(&BeforeStep::nothing(clearing));
            let mut said = attempt.output;
            let errors = errors(&said).join("; ");
            self.output.append(&mut said);
            told.push(match cleared {
                // One that shows a log: what stands there is why the step failed.
                Ok(_) if !errors.is_empty() => format!("it says: {errors}"),
                Ok(_) => format!("cleared up: {shown}"),
                Err(Trouble::Failed(why) | Trouble::CutOff(why) | Trouble::NotAsAsked(why)) => {
                    format!("clearing up failed too: {shown}: {why}")
                }
                Err(Trouble::Interrupted) => format!("clearing up was interrupted: {shown}"),
            });
        }
        let told = told.join("; ");
        self.output.push(told.clone());
        match trouble {
            Trouble::Failed(why) => Trouble::Failed(format!("{why}; {told}")),
            Trouble::CutOff(why) => Trouble::CutOff(format!("{why}; {told}")),
            Trouble::NotAsAsked(why) => Trouble::NotAsAsked(format!("{why}; {told}")),
            Trouble::Interrupted => {
                self.watcher.remarks(&told);
                Trouble::Interrupted
            }
        }
    }
}

/// Returns a step as what is told of it: of a script, whose words say little, what it is for.
fn spoken(step: &Step) -> String {
    match &step.action {
        Action::Run { argv, .. }
            if argv.first().is_some_and(|word| word == "sh") && !step.why.is_empty() =>
        {
            step.why.clone()
        }
        _ => title(step),
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

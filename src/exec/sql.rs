//! Statements for a MariaDB server, and dumps from one into another.

use super::attempt::{Attempt, KEPT_LINES};
use super::given_up::{Tag, may_go_on, not_ended};
use super::pipe::Cut;
use super::{pipe, wait};
use crate::facts::tool;
use crate::plan::{Action, over_ssh_watched};
use std::time::{Duration, Instant};

impl Attempt<'_> {
    /// Gives the step's statements to the server and compares its answer.
    ///
    /// # Errors
    /// What the server refused, or what its answer is instead.
    pub fn sql(&mut self) -> Result<(), Cut> {
        let (step, deadline) = (self.step, self.deadline());
        let (
            Action::Sql {
                client,
                session,
                answer,
                expect,
                ..
            },
            Some((argv, Some(text))),
        ) = (&step.action, step.command())
        else {
            return Ok(());
        };
        let text = self.live.values.filled(&text)?;
        let sessions = &mut self.live.sessions;
        let tag = Tag::new();
        let opened = || format!("{}{text}", tag.opening(deadline));
        let said = match (session, wait::is_wait(step)) {
            (Some(name), false) => sessions.ask(name, step, &text, deadline).map_err(Cut::from),
            (Some(name), true) => sessions.ask_watched(name, step, &text, deadline, self.watcher),
            (None, false) => run_client(&argv, &opened(), deadline).map_err(Cut::from),
            (None, true) => {
                let mut lookout = wait::Lookout::new(step.host.as_deref(), client, self.watcher);
                wait::run(&argv, &opened(), deadline, &mut lookout)
                    .and_then(|output| printed(client, &output).map_err(Cut::from))
            }
        };
        let lines = match said {
            Ok(lines) => lines,
            Err(cut) => {
                let ended = match session {
                    Some(name) => self.live.sessions.has_ended(name, &cut),
                    None => !may_go_on(&cut) || tag.end(step.host.as_deref(), client),
                };
                if !ended {
                    self.live.stays.push(not_ended(step.host.as_deref()));
                }
                return Err(cut);
            }
        };
        for line in &lines {
            let line = self.live.values.redacted(line);
            self.watcher.prints(&line);
            self.output.push(line);
        }
        let surplus = self.output.len().saturating_sub(KEPT_LINES);
        self.output.drain(..surplus);
        let last = lines.last().map_or("", String::as_str);
        if let Some(expect) = expect {
            let line = self.live.values.filled(&expect.line)?;
            if last != line {
                return Err(format!("{} (the server answers {last:?})", expect.otherwise).into());
            }
        }
        if let Some(name) = answer {
            if last.is_empty() {
                return Err(format!("the server gave no answer for ${{{name}}}").into());
            }
            self.live.values.learn(name, last);
        }
        Ok(())
    }

    /// Lets a dump print into what loads it.
    ///
    /// # Errors
    /// How it was cut.
    pub fn run_pipe(&mut self) -> Result<(), Cut> {
        let Action::Pipe {
            from,
            from_host,
            into,
            whole,
            bytes,
            found,
        } = &self.step.action
        else {
            return Ok(());
        };
        let from = match from_host {
            Some(host) => over_ssh_watched(host, from),
            None => from.clone(),
        };
        let began = Instant::now();
        let (number, deadline, watcher) = (self.number, self.deadline(), &mut *self.watcher);
        let piped = pipe::run(&from, into, whole, deadline, &mut |moved| {
            watcher.moves(number, moved, *bytes, began.elapsed());
            !watcher.stop()
        })?;
        let Some(found) = found else {
            return Ok(());
        };
        let text = piped.last.lines().rev().find_map(|line| {
            let (text, _) = line.strip_prefix(&found.after)?.split_once(found.until)?;
            Some(text)
        });
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            let (name, after) = (&found.name, &found.after);
            return Err(format!("no line of the dump tells ${{{name}}} ({after}…)").into());
        };
        self.live.values.learn(&found.name, text);
        Ok(())
    }
}

/// Runs a client of its own for the statements; returns the lines of its answer.
fn run_client(argv: &[String], text: &str, deadline: Duration) -> Result<Vec<String>, String> {
    let program = argv.first().map_or("", String::as_str);
    printed(
        program,
        &tool::read_with(argv, Some(text), &[], deadline).map_err(|e| e.to_string())?,
    )
}

/// Returns the lines of a client's answer, or its error.
fn printed(program: &str, output: &tool::Output) -> Result<Vec<String>, String> {
    if output.code == Some(0) {
        return Ok(output.stdout.lines().map(str::to_owned).collect());
    }
    let said = output.stderr.lines().map(str::trim);
    let error = said.clone().find(|line| line.contains("ERROR"));
    let words = error.or_else(|| said.rev().find(|line| !line.is_empty()));
    Err(words.map_or_else(
        || format!("{program} {} without a word", output.ending()),
        str::to_owned,
    ))
}

#[cfg(test)]
mod tests {
    use super::run_client;
    use std::time::Duration;

    /// Returns why a client that is this script failed.
    fn why(script: &str) -> String {
        let argv = ["sh", "-c", script].map(str::to_owned);
        run_client(&argv, "SELECT 1;", Duration::from_secs(9)).unwrap_err()
    }

    #[test]
    fn a_client_that_fails_without_a_word_is_told_with_how_it_ended() {
        assert_eq!(why("exit 3"), "sh ended with status 3 without a word");
        assert_eq!(why("kill -9 $$"), "sh was ended by signal 9 without a word");
        assert_eq!(why("echo ERROR 1045 >&2; exit 1"), "ERROR 1045");
    }
}

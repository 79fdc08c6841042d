//! The one question.

use super::answers::hidden_answers;
use super::{Role, Ui, answers, explain_steps, is_not_text};
use crate::plan::{Danger, Plan};
use rustyline::error::ReadlineError;

/// An answer to the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Go on.
    Yes,
    /// Leave it.
    No,
    /// Ctrl-C.
    Interrupted,
    /// The end of the input.
    Gone,
}

impl Ui {
    /// Asks whether to go on, explaining as often as wanted. Never called without a terminal.
    pub fn question(&mut self, plan: &Plan) -> Consent {
        let Ok(mut editor) = answers(None) else {
            return Consent::Gone;
        };
        let prompt = self.prompt(plan.danger.as_ref());
        loop {
            let typed = match editor.readline(&prompt) {
                Ok(line) => line.trim().to_owned(),
                Err(ReadlineError::Interrupted) => return Consent::Interrupted,
                Err(error) if is_not_text(&error) => {
                    self.not_text();
                    continue;
                }
                Err(_) => return Consent::Gone,
            };
            match (&plan.danger, typed.to_lowercase().as_str()) {
                (Some(danger), _) if typed == danger.word => return Consent::Yes,
                (None, "y" | "yes") => return Consent::Yes,
                (Some(_), "") | (_, "n" | "no") => return Consent::No,
                (_, "e" | "explain") => {
                    for line in explain_steps(plan) {
                        self.line(&line);
                    }
                    self.line("");
                }
                (_, "d" | "diff") => self.steps(plan, true),
                (Some(danger), _) => {
                    let word = self.paint(Role::Strong, &danger.word);
                    self.line(&format!(
                        "to go on, type {word}; n leaves everything as it is"
                    ));
                }
                (None, _) => self.line("y goes on, n leaves everything as it is"),
            }
        }
    }

    /// Asks for what nobody may read on the screen; none where it is not said.
    pub fn secret(&mut self, what: &str) -> Option<String> {
        let mut editor = hidden_answers().ok()?;
        loop {
            match editor.readline(&format!("{what} (not shown) › ")) {
                Ok(typed) => return Some(typed),
                Err(error) if is_not_text(&error) => self.not_text(),
                Err(_) => return None,
            }
        }
    }

    /// Asks whether to go on, where no plan is shown; the end of the input is a yes.
    pub fn confirm(&mut self, what: &str) -> bool {
        let Ok(mut editor) = answers(None) else {
            return true;
        };
        match editor.readline(&format!("{what} [y]es [n]o › ")) {
            Ok(typed) => matches!(typed.trim().to_lowercase().as_str(), "y" | "yes"),
            Err(ReadlineError::Interrupted) => false,
            Err(error) if is_not_text(&error) => {
                self.not_text();
                false
            }
            Err(_) => true,
        }
    }

    fn prompt(&self, danger: Option<&Danger>) -> String {
        match danger {
            None => "apply? [y]es [n]o [e]xplain [d]iff › ".to_owned(),
            Some(danger) => {
                format!(
                    "apply? type {} to go on, [n]o (default) [e]xplain [d]iff › ",
                    danger.word
                )
            }
        }
    }
}

//! The editor that answers are typed into.

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;

/// The function that completes an answer: the byte where the word begins that a byte of the text is in, and what may
/// stand there.
pub type Completing = Box<dyn Fn(&str, usize) -> (usize, Vec<Pair>)>;

/// A helper with an answer.
///
/// One type for all answers: rustyline's whole editor is in the program once for each.
pub struct Helping {
    completing: Option<Completing>,
    /// Nothing of what is typed stands on the screen.
    hides: bool,
}

/// Returns an editor of its own: answers never enter the shell's history.
///
/// # Errors
/// When the terminal is none.
pub fn answers(
    completing: Option<Completing>,
) -> rustyline::Result<Editor<Helping, DefaultHistory>> {
    editor(Helping {
        completing,
        hides: false,
    })
}

/// Returns an editor for what nobody may read on the screen.
///
/// # Errors
/// When the terminal is none.
pub fn hidden_answers() -> rustyline::Result<Editor<Helping, DefaultHistory>> {
    editor(Helping {
        completing: None,
        hides: true,
    })
}

fn editor(helping: Helping) -> rustyline::Result<Editor<Helping, DefaultHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(helping));
    Ok(editor)
}

impl Completer for Helping {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(match &self.completing {
            Some(completing) => completing(line, cursor),
            None => (cursor, Vec::new()),
        })
    }
}

impl Hinter for Helping {
    type Hint = String;
}

impl Highlighter for Helping {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        match self.hides {
            true => Cow::Borrowed(""),
            false => Cow::Borrowed(line),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.hides
    }
}

impl Validator for Helping {}

impl Helper for Helping {}

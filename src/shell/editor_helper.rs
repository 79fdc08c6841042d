//! What rustyline asks while a line is edited: candidates, hints, colours, whether it is whole.

use super::crm_names::Crmsh;
use super::hint::{Grey, hint};
use super::prompt::Prompt;
use super::reading::Reading;
use super::tab::Room;
use super::watch::Watch;
use super::{colors, tab};
use crate::complete::{self, Snapshot};
use crate::report::Role;
use crate::ui::Painter;
use crate::words;
use clap::Command;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use unicode_width::UnicodeWidthStr;

/// The function that makes the prompt from what is now known.
pub type Now = Box<dyn Fn(&Watch) -> Prompt>;

/// The answers to rustyline.
pub struct EditorHelper {
    grammar: RefCell<Command>,
    paint: Painter,
    /// Grey text can be told from typed text.
    colors: bool,
    /// The prompt on the screen.
    pub shown: Prompt,
    /// The prompt as it would be by now.
    pub now: Option<(Watch, Now)>,
    /// The answers of crmsh on lines for it.
    pub crmsh: Option<Crmsh>,
    /// The line that was read last: rustyline asks several times about the same one.
    read: RefCell<Read>,
}

/// A line as it was read.
#[derive(Default)]
struct Read {
    line: String,
    cursor: usize,
    /// By what it was judged. Not held on to: thousands of resources are not given back to the system
    /// while somebody waits for a key.
    known: Option<Weak<Snapshot>>,
    reading: Reading,
}

impl EditorHelper {
    /// Returns a helper that knows no cluster yet.
    pub fn new(grammar: Command, paint: Painter, colors: bool) -> EditorHelper {
        EditorHelper {
            grammar: RefCell::new(grammar),
            paint,
            colors,
            shown: Prompt::default(),
            now: None,
            crmsh: None,
            read: RefCell::default(),
        }
    }

    /// Asks crmsh ahead for what Tab may want of a line for it.
    fn prepare(&self, line: &str) {
        let Some(crmsh) = &self.crmsh else {
            return;
        };
        self.reading(line, line.len(), |reading| {
            // A word of crmsh's that is half typed is not known to be one.
            if !reading.theirs {
                return;
            }
            let words = reading.last.iter();
            let mut words: Vec<String> = words.skip_while(|word| *word == "crm").cloned().collect();
            if reading.typing.is_none() {
                words.push(String::new());
            }
            if !words.is_empty() {
                crmsh.prepare(&words);
            }
        });
    }

    fn reading<T>(&self, line: &str, cursor: usize, then: impl FnOnce(&Reading) -> T) -> T {
        let mut read = self.read.borrow_mut();
        let known = complete::current_snapshot();
        let same = read.known.as_ref().map(Weak::as_ptr) == known.as_ref().map(Arc::as_ptr);
        if read.line != line || read.cursor != cursor || !same {
            let mut reading = Reading::read_line(&mut self.grammar.borrow_mut(), line);
            reading.check_names(known.as_deref().unwrap_or(&Snapshot::default()), cursor);
            *read = Read {
                line: line.to_owned(),
                cursor,
                known: known.as_ref().map(Arc::downgrade),
                reading,
            };
        }
        then(&read.reading)
    }
}

/// Returns how much room there is in the terminal now.
pub fn terminal_room() -> Room {
    let (columns, rows) = terminal_size::terminal_size().map_or((80, 24), |(width, height)| {
        (width.0.into(), height.0.into())
    });
    Room { columns, rows }
}

impl Completer for EditorHelper {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..cursor];
        if let Some(crmsh) = &self.crmsh
            && self.reading(before, cursor, |reading| reading.theirs)
        {
            return Ok(tab::of_crmsh(crmsh, line, cursor, terminal_room()));
        }
        let grammar = &mut self.grammar.borrow_mut();
        Ok(tab::complete(grammar, line, cursor, terminal_room()))
    }
}

impl Hinter for EditorHelper {
    type Hint = Grey;

    fn hint(&self, line: &str, cursor: usize, _: &Context<'_>) -> Option<Grey> {
        if cursor < line.len() {
            return None;
        }
        self.prepare(line);
        if !self.colors {
            return None;
        }
        let last = line.rsplit('\n').next().unwrap_or_default();
        let begin = if last.len() == line.len() {
            self.shown.width()
        } else {
            0
        };
        let columns = terminal_room().columns;
        let taken = (begin + last.width()) % columns.max(1);
        self.reading(line, cursor, |reading| {
            hint(reading, line, columns - taken - 1)
        })
    }
}

impl Highlighter for EditorHelper {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        if !self.colors {
            return Cow::Borrowed(line);
        }
        Cow::Owned(self.reading(line, cursor, |reading| {
            colors::paint(reading, line, &self.paint)
        }))
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colors
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned((self.paint)(Role::Dim, hint))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        default: bool,
    ) -> Cow<'b, str> {
        // While the history is searched it is another one.
        if !default {
            return Cow::Borrowed(prompt);
        }
        let fresh = match &self.now {
            Some((watch, now)) => self.shown.freshened(&now(watch)),
            None => self.shown.clone(),
        };
        Cow::Owned(fresh.painted(&self.paint))
    }
}

impl Validator for EditorHelper {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(if words::is_unfinished(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Helper for EditorHelper {}

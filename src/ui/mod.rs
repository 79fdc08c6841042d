//! All output and every question. Nothing else prints.
//!
//! Results go to standard output, talk to standard error. Colour is by role and never carries a
//! meaning of its own.

mod answers;
pub mod bytes;
pub mod full_screen;
mod layout;
mod plan;
mod progress;
mod question;
mod typed;

pub use answers::answers;
pub use plan::explain_steps;
pub use progress::{Bar, Progress};
pub use question::Consent;
pub use typed::is_not_text;

use crate::exit::Exit;
use crate::plan::Refusal;
pub use crate::report::Role;
use crate::report::{Prose, Report, Span, wrap};
use crate::wording::cut;
use nu_ansi_term::{Color, Style};
use std::io::{IsTerminal, Write};

/// The terminal, or what stands in its place.
#[derive(Debug)]
pub struct Ui {
    color: bool,
    can_ask: bool,
    live: bool,
    closed: bool,
    /// Why standard output took no more, where that was not its reader's decision.
    lost: Option<std::io::Error>,
    in_shell: bool,
    /// All that is printed, where a test reads it.
    #[cfg(test)]
    pub kept: Option<String>,
}

/// The function that puts text into its role's colour.
pub type Painter = Box<dyn Fn(Role, &str) -> String + Send>;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Ui {
    /// Returns a user interface on the standard streams.
    pub fn new(choice: ColorChoice) -> Ui {
        let terminal = std::io::stdout().is_terminal();
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let plain = dumb || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Ui {
            color: match choice {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !plain,
            },
            can_ask: terminal && std::io::stdin().is_terminal(),
            live: terminal && !dumb,
            closed: false,
            lost: None,
            in_shell: false,
            #[cfg(test)]
            kept: None,
        }
    }

    /// From here on commands are shown as they are typed in the shell, without `bascule` before.
    pub fn enter_shell(&mut self) {
        self.in_shell = true;
    }

    /// Returns true in the interactive shell, or where lines are read as in one.
    pub fn is_in_shell(&self) -> bool {
        self.in_shell
    }

    /// Returns true when somebody can be asked.
    pub fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Returns true where text on the screen can be changed afterwards.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Returns true once standard output was closed under us.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns true when escape codes for colour are wanted.
    pub fn colors(&self) -> bool {
        self.color
    }

    /// Returns the text in its role's colour, or as it is.
    pub fn paint(&self, role: Role, text: &str) -> String {
        paint(self.color, role, text)
    }

    /// Returns what paints as this does, for where the terminal itself is not at hand.
    pub fn painter(&self) -> Painter {
        let color = self.color;
        Box::new(move |role, text| paint(color, role, text))
    }

    /// Returns a command to type next, as it is typed where we are, in its colour.
    pub fn command(&self, text: &str) -> String {
        self.paint(Role::Command, self.as_typed(text))
    }

    /// Returns a command as it is typed where we are.
    fn as_typed<'a>(&self, text: &'a str) -> &'a str {
        match text.strip_prefix("bascule ") {
            Some(rest) if self.in_shell => rest,
            _ => text,
        }
    }

    /// Returns the text cut to the terminal's width.
    fn fit(&self, text: &str) -> String {
        let columns = columns(std::io::stdout()).unwrap_or(80);
        cut(text, columns.saturating_sub(1))
    }

    /// Prints a line of prose, broken between words where the terminal is narrower. Not for commands,
    /// which are copied whole.
    pub fn prose(&mut self, text: &str) {
        match columns(std::io::stdout()) {
            Some(columns) => {
                for line in wrap::wrap(text, wrap::prose_of(text, columns)) {
                    self.line(&line);
                }
            }
            None => self.line(text),
        }
    }

    /// Prints a line of the result.
    pub fn line(&mut self, text: &str) {
        self.write(&format!("{text}\n"));
    }

    /// Prints text as it is.
    pub fn write(&mut self, text: &str) {
        if self.closed {
            return;
        }
        #[cfg(test)]
        if let Some(kept) = &mut self.kept {
            kept.push_str(text);
            return;
        }
        let mut out = std::io::stdout().lock();
        // A closed pipe or a terminal that went away must not end a running plan.
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        drop(out);
        if let Err(error) = written {
            self.cannot_write(error);
        }
    }

    /// Remembers that standard output takes no more. A reader that closed its pipe wanted no more.
    pub fn cannot_write(&mut self, error: std::io::Error) {
        self.closed = true;
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            self.lost.get_or_insert(error);
        }
    }

    /// Returns how the program ends: not well where what it had to say is lost.
    pub fn ending(&mut self, exit: Exit) -> Exit {
        let Some(error) = self.lost.take() else {
            return exit;
        };
        self.error(&format!(
            "the output cannot be written, and is not whole: {error}; what was done, if anything, is in `bascule history`"
        ));
        match exit {
            Exit::Done => Exit::Failed,
            other => other,
        }
    }

    /// Prints what a verb found.
    pub fn report(&mut self, report: &Report) {
        let lines = self.laid_out(report, columns(std::io::stdout()));
        for line in lines.into_iter().flatten() {
            self.line(&self.painted(&line));
        }
    }

    /// Returns a line's pieces in their roles' colours.
    pub fn painted(&self, line: &[Span]) -> String {
        let pieces = line.iter().map(|span| self.paint(span.role, &span.text));
        pieces.collect()
    }

    /// Prints a line of talk.
    pub fn talk(&mut self, text: &str) {
        #[cfg(test)]
        if let Some(kept) = &mut self.kept {
            kept.push_str(&format!("{text}\n"));
            return;
        }
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Prints a refusal: what, then each way on.
    pub fn refusal(&mut self, refusal: &Refusal, changed: &str) {
        let head = match refusal.kind {
            crate::plan::RefusalKind::Usage => "error:",
            crate::plan::RefusalKind::Check => "refused:",
        };
        let mut text = self.broken_talk(&format!(
            "{} {}",
            self.paint(Role::Fail, head),
            refusal.what
        ));
        let width = refusal
            .hints
            .iter()
            .map(|hint| hint.purpose.len())
            .max()
            .unwrap_or(0);
        for hint in &refusal.hints {
            let command = self.command(&hint.command);
            let line = format!("\n  {:width$}  {command}", hint.purpose);
            text.push_str(line.trim_end());
        }
        if !changed.is_empty() {
            text.push_str(&format!("\n{}", self.paint(Role::Dim, changed)));
        }
        self.talk(&text);
    }

    /// Prints an error that is nobody's decision: what failed, and what to do.
    pub fn error(&mut self, what: &str) {
        let head = self.paint(Role::Fail, "error:");
        self.talk(&self.broken_talk(&format!("{head} {what}")));
    }

    /// Returns a sentence of talk, broken between words where the terminal is narrower.
    fn broken_talk(&self, text: &str) -> String {
        match columns(std::io::stderr()) {
            Some(columns) => wrap::wrap(text, Prose { columns, hang: 2 }).join("\n"),
            None => text.to_owned(),
        }
    }
}

/// Returns how wide a stream's terminal is; none where it is no terminal.
fn columns(stream: impl std::os::fd::AsFd) -> Option<usize> {
    // What a unit test reads is the same in every terminal.
    if cfg!(test) {
        return None;
    }
    let (width, _) = terminal_size::terminal_size_of(stream)?;
    Some(usize::from(width.0)).filter(|columns| *columns > 0)
}

fn paint(color: bool, role: Role, text: &str) -> String {
    if !color || text.is_empty() {
        return text.to_owned();
    }
    let style = match role {
        Role::Plain => return text.to_owned(),
        Role::Ok => Style::new().fg(Color::Green),
        Role::Warn => Style::new().fg(Color::Yellow).bold(),
        Role::Fail => Style::new().fg(Color::Red).bold(),
        Role::Command => Style::new().fg(Color::Cyan),
        Role::Strong => Style::new().bold(),
        Role::Dim => Style::new().dimmed(),
    };
    style.paint(text).to_string()
}

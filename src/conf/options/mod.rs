//! A lossless editor of MariaDB's option files, and what a server makes of all of them together.
//!
//! One file is kept as its lines, each with what MariaDB reads in it, so that writing it back gives the
//! same bytes and an edit touches only its own line. The grammar is MariaDB's own (`my_default.c`, and
//! checked against `my_print_defaults` on 10.11 and 11.8). `files` puts the files in the order a server
//! reads them, `names` knows the options, `concerns` says what is not as its author thinks, `drop_in` is
//! the file of ours, `judge` reads the answer of the server's own check.

mod compare;
mod concerns;
mod drop_in;
mod edit;
mod files;
mod foreign;
mod judge;
mod names;
mod server_id;
mod value;

use std::fmt;
use std::ops::Range;

pub use compare::same_value;
pub use concerns::{OptionConcern, Surroundings, Weight, concerns, needed_folder};
pub use drop_in::{DROP_IN, DropIn, OptionDifference, RELAY_LOG};
pub use edit::EditError;
pub use files::{Effective, FileLine, Ignored, OptionFiles, Setting};
pub use judge::{Fault, ServerCheck, judge};
pub use names::{Release, Runtime};
pub use names::{adds_up, known_option};
pub use server_id::server_id_beside;

/// The characters that MariaDB takes for white space, besides what ends a line.
const BLANK: [char; 5] = [' ', '\t', '\r', '\u{b}', '\u{c}'];

/// The text of one option file and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFile {
    lines: Vec<Line>,
}

/// A line: its text, what ended it, and what MariaDB reads in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    text: String,
    ending: &'static str,
    kind: OptionLineKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum OptionLineKind {
    /// An empty line or a comment.
    Nothing,
    /// `[name]`
    Group(String),
    /// `[name` without its bracket.
    BrokenGroup,
    /// `!include PATH`
    Include(Range<usize>),
    /// `!includedir PATH`
    IncludeDir(Range<usize>),
    /// An include without a path.
    BrokenInclude,
    /// `name`, `name = value`; the value with its quotes, without the comment after it.
    Option {
        name: Range<usize>,
        value: Option<Range<usize>>,
    },
}

/// A line of a file that says something, with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionLine<'a> {
    /// The number of the line, from 1.
    pub line: usize,
    /// The meaning of the line.
    pub what: Said<'a>,
}

/// The meaning of a line of an option file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<'a> {
    /// An option of a group.
    Option {
        /// The group, as it is written.
        group: &'a str,
        /// The name, as it is written.
        name: &'a str,
        /// The value as the server gets it; none without a `=`.
        value: Option<String>,
    },
    /// A line at which one more file is read.
    Include(&'a str),
    /// All `.cnf` files of a folder are read here, in the order of their names.
    IncludeDir(&'a str),
    /// Nothing that MariaDB could go on after: the rest of the file is not read.
    Broken(Broken),
}

/// A line at which MariaDB stops reading a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// `[name` without its bracket.
    Group,
    /// `!include` or `!includedir` without a path.
    Include,
    /// An option before the first `[group]`.
    NoGroup,
}

impl OptionFile {
    /// Reads the text of an option file. Every text is one: what is wrong in it is found by
    /// [`OptionFile::entries`] and by the concerns.
    pub fn parse(text: &str) -> OptionFile {
        OptionFile {
            lines: text.split_inclusive('\n').map(Line::parse).collect(),
        }
    }

    /// Returns the text of the file: the bytes that were parsed, but for what was edited.
    pub fn to_text(&self) -> String {
        self.to_string()
    }

    /// Returns what the lines say, in order, up to the line that MariaDB stops at.
    pub fn entries(&self) -> Vec<OptionLine<'_>> {
        let mut entries = Vec::new();
        let mut group = None;
        for (index, line) in self.lines.iter().enumerate() {
            let text = |range: &Range<usize>| &line.text[range.clone()];
            let what = match (&line.kind, group) {
                (OptionLineKind::Nothing, _) => continue,
                (OptionLineKind::Group(name), _) => {
                    group = Some(name.as_str());
                    continue;
                }
                (OptionLineKind::Include(path), _) => Said::Include(text(path)),
                (OptionLineKind::IncludeDir(path), _) => Said::IncludeDir(text(path)),
                (OptionLineKind::BrokenGroup, _) => Said::Broken(Broken::Group),
                (OptionLineKind::BrokenInclude, _) => Said::Broken(Broken::Include),
                (OptionLineKind::Option { .. }, None) => Said::Broken(Broken::NoGroup),
                (OptionLineKind::Option { name, value }, Some(group)) => Said::Option {
                    group,
                    name: text(name),
                    value: value.as_ref().map(|value| value::read(text(value))),
                },
            };
            let last = matches!(what, Said::Broken(_));
            entries.push(OptionLine {
                line: index + 1,
                what,
            });
            if last {
                break;
            }
        }
        entries
    }

    /// Returns the groups that are opened in the file, each with its line.
    pub fn groups(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines
            .iter()
            .enumerate()
            .filter_map(|(index, line)| match &line.kind {
                OptionLineKind::Group(name) => Some((index + 1, name.as_str())),
                _ => None,
            })
    }

    /// Returns the options that stand behind a `#` or `;`, each with its line: `#bind-address = …`.
    ///
    /// Only what looks like an option is one: a name without a blank in it, followed by a `=`.
    pub fn commented(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.kind == OptionLineKind::Nothing)
            .filter_map(|(index, line)| {
                let text = line.text.trim_start_matches(BLANK);
                let text = text.trim_start_matches(['#', ';']).trim_matches(BLANK);
                let name = text.split_once('=')?.0.trim_end_matches(BLANK);
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                (!name.is_empty() && name.chars().all(plain)).then_some((index + 1, name))
            })
    }
}

impl OptionFile {
    /// Returns the text of a line, by its number from 1.
    fn line(&self, number: usize) -> &str {
        let index = number.checked_sub(1);
        index
            .and_then(|index| self.lines.get(index))
            .map_or("", |line| &line.text)
    }

    /// Tells whether the group that a line opens has an option.
    fn has_options_after(&self, number: usize) -> bool {
        let rest = self.lines.iter().skip(number);
        rest.take_while(|line| !matches!(line.kind, OptionLineKind::Group(_)))
            .any(|line| matches!(line.kind, OptionLineKind::Option { .. }))
    }

    /// Returns the line of an include that ends the file without a line break.
    fn cut_include(&self) -> Option<usize> {
        let last = self.lines.last()?;
        let cut = last.ending.is_empty() && !last.text.ends_with(BLANK);
        let include = matches!(
            last.kind,
            OptionLineKind::Include(_)
                | OptionLineKind::IncludeDir(_)
                | OptionLineKind::BrokenInclude
        );
        (cut && include).then_some(self.lines.len())
    }
}

impl fmt::Display for OptionFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines
            .iter()
            .try_for_each(|line| write!(f, "{}{}", line.text, line.ending))
    }
}

impl Line {
    /// Reads a line together with its ending.
    fn parse(whole: &str) -> Line {
        let (text, ending) = match whole.strip_suffix('\n') {
            Some(text) => match text.strip_suffix('\r') {
                Some(text) => (text, "\r\n"),
                None => (text, "\n"),
            },
            None => (whole, ""),
        };
        Line {
            text: text.to_owned(),
            ending,
            kind: OptionLineKind::parse(text, !ending.is_empty()),
        }
    }
}

impl OptionLineKind {
    fn parse(text: &str, ended: bool) -> OptionLineKind {
        let start = text.len() - text.trim_start_matches(BLANK).len();
        let rest = &text[start..];
        match rest.chars().next() {
            None | Some('#' | ';') => OptionLineKind::Nothing,
            Some('!') => OptionLineKind::directive(text, start + 1, ended),
            Some('[') => match rest[1..].split_once(']') {
                Some((name, _)) => OptionLineKind::Group(name.trim_end_matches(BLANK).to_owned()),
                None => OptionLineKind::BrokenGroup,
            },
            Some(_) => OptionLineKind::option(text, start),
        }
    }

    /// Reads what follows a `!`; a word that MariaDB does not know is passed over.
    fn directive(text: &str, start: usize, ended: bool) -> OptionLineKind {
        let word = text[start..].trim_start_matches(BLANK);
        let (path, kind): (_, fn(Range<usize>) -> OptionLineKind) =
            if let Some(path) = word.strip_prefix("includedir") {
                (path, OptionLineKind::IncludeDir)
            } else if let Some(path) = word.strip_prefix("include") {
                (path, OptionLineKind::Include)
            } else {
                return OptionLineKind::Nothing;
            };
        let ends_here = path.is_empty() && ended;
        if !ends_here && !path.starts_with(BLANK) {
            return OptionLineKind::Nothing;
        }
        let start = text.len() - path.trim_start_matches(BLANK).len();
        // MariaDB takes the last character for the line break, whatever it is (seen on 10.11 and 11.8).
        let whole = match text.char_indices().next_back() {
            Some((last, _)) if !ended => &text[..last],
            _ => text,
        };
        let end = whole.trim_end_matches(BLANK).len();
        if end <= start {
            return OptionLineKind::BrokenInclude;
        }
        kind(start..end)
    }

    fn option(text: &str, start: usize) -> OptionLineKind {
        let text = &text[..value::comment_at(text, start)];
        let trimmed = |start: usize, end: usize| {
            let rest = &text[start..end];
            let start = end - rest.trim_start_matches(BLANK).len();
            start..start + text[start..end].trim_end_matches(BLANK).len()
        };
        match text[start..].find('=') {
            Some(at) => OptionLineKind::Option {
                name: trimmed(start, start + at),
                value: Some(trimmed(start + at + 1, text.len())),
            },
            None => OptionLineKind::Option {
                name: trimmed(start, text.len()),
                value: None,
            },
        }
    }
}

#[cfg(test)]
mod tests;

//! What a verb that only looks found: lines for people, a document for programs.

mod document;
pub mod wrap;

pub use document::{Document, line};
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;
pub use wrap::Prose;

/// The role of a piece of text, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// As any text.
    Plain,
    /// As it must be.
    Ok,
    /// Worth knowing.
    Warn,
    /// Wrong.
    Fail,
    /// A command that can be typed.
    Command,
    /// A name, a headline.
    Strong,
    /// Beside the point.
    Dim,
}

/// A piece of text with its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub role: Role,
    pub text: String,
}

impl Span {
    /// Returns a piece of text.
    pub fn new(role: Role, text: impl Into<String>) -> Span {
        Span {
            role,
            text: text.into(),
        }
    }
}

impl From<String> for Span {
    fn from(text: String) -> Span {
        Span {
            role: Role::Plain,
            text,
        }
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Span {
        Span {
            role: Role::Plain,
            text: text.to_owned(),
        }
    }
}

/// The findings of a verb.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The lines, each of pieces.
    pub lines: Vec<Vec<Span>>,
    /// The line of the document, for `--output json`.
    pub document: String,
    /// Which lines are prose, and how many columns they may take at most.
    prose: BTreeMap<usize, Prose>,
}

impl Report {
    /// Returns a report without lines.
    pub fn new(document: &impl Document) -> Report {
        Report {
            lines: Vec::new(),
            document: line(document),
            prose: BTreeMap::new(),
        }
    }

    /// Adds a line.
    pub fn line(&mut self, spans: impl IntoIterator<Item = impl Into<Span>>) -> &mut Report {
        self.lines.push(spans.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a line of one piece.
    pub fn say(&mut self, text: impl Into<Span>) -> &mut Report {
        self.lines.push(vec![text.into()]);
        self
    }

    /// Adds a paragraph, which is broken between its words into lines of at most so many columns.
    pub fn prose(
        &mut self,
        prose: Prose,
        spans: impl IntoIterator<Item = impl Into<Span>>,
    ) -> &mut Report {
        self.prose.insert(self.lines.len(), prose);
        self.line(spans)
    }

    /// Returns the document as a value.
    #[cfg(test)]
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.document).unwrap_or_else(|e| panic!("{e}: {}", self.document))
    }

    /// Returns how a line is broken where it is prose.
    pub fn prose_at(&self, line: usize) -> Option<Prose> {
        self.prose.get(&line).copied()
    }

    /// Adds rows whose columns stand below each other, indented, without a trailing blank.
    pub fn table(&mut self, rows: Vec<Vec<Span>>) -> &mut Report {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|s| s.text.width())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for mut row in rows {
            while row.last().is_some_and(|span| span.text.is_empty()) {
                row.pop();
            }
            let last = row.len().saturating_sub(1);
            let mut line = vec![Span::from("  ")];
            for (at, span) in row.into_iter().enumerate() {
                let gap = widths[at] - span.text.width() + 2;
                line.push(span);
                if at < last {
                    line.push(Span::from(" ".repeat(gap)));
                }
            }
            self.lines.push(line);
        }
        self
    }
}

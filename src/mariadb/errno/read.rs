//! Reads the catalogue.
//!
//! ```text
//! 1045 ER_ACCESS_DENIED_ERROR [name of this text, if the number has several]
//!   text   what the server says, with {places}; may stand several times
//!   kind   waiting, configuration, divergence, data, statement or harmless
//!   title  what the number is about, where `what` has places
//!   what   what happened
//!   cause  why
//!   look   what to look at
//!   next   what a command is for
//!          $ the command
//! ```
//!
//! A line that is indented further goes on with the one before; `#` begins a comment.

use super::pattern::Pattern;
use super::{ErrorEntry, ErrorKind};
use crate::plan::Hint;

/// Returns the entries of a catalogue, or what is wrong with it.
pub(super) fn entries(text: &str) -> Result<Vec<ErrorEntry>, String> {
    let mut entries: Vec<ErrorEntry> = Vec::new();
    let mut field = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = |what: &str| format!("line {number}: {what}: {line}");
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let Some(indented) = line.strip_prefix("  ") else {
            entries.push(header(line).ok_or_else(|| wrong("no header"))?);
            field.clear();
            continue;
        };
        let entry = entries.last_mut().ok_or_else(|| wrong("no entry"))?;
        let goes_on = indented.starts_with(' ');
        let value = if goes_on {
            indented.trim()
        } else {
            let (name, value) = indented.split_once(' ').ok_or_else(|| wrong("no value"))?;
            field = name.to_owned();
            value.trim()
        };
        entry
            .put_field(&field, value, goes_on)
            .ok_or_else(|| wrong("not understood"))?;
    }
    for entry in &mut entries {
        entry.patterns = entry.texts.iter().map(|text| Pattern::new(text)).collect();
    }
    Ok(entries)
}

fn header(line: &str) -> Option<ErrorEntry> {
    let (errno, rest) = line.split_once(' ')?;
    let (symbol, name) = match rest.split_once(" [") {
        Some((symbol, name)) => (symbol, name.strip_suffix(']')?),
        None => (rest, ""),
    };
    Some(ErrorEntry {
        errno: errno.parse().ok()?,
        symbol: symbol.trim().to_owned(),
        name: name.to_owned(),
        kind: ErrorKind::Statement,
        texts: Vec::new(),
        title: String::new(),
        what: String::new(),
        cause: String::new(),
        look: String::new(),
        next: Vec::new(),
        patterns: Vec::new(),
    })
}

impl ErrorEntry {
    fn put_field(&mut self, field: &str, value: &str, goes_on: bool) -> Option<()> {
        let line = match field {
            "text" if goes_on => self.texts.last_mut()?,
            "text" => {
                self.texts.push(value.to_owned());
                return Some(());
            }
            "kind" => {
                self.kind = ErrorKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == value)?;
                return Some(());
            }
            "title" => &mut self.title,
            "what" => &mut self.what,
            "cause" => &mut self.cause,
            "look" => &mut self.look,
            "next" if !goes_on => {
                self.next.push(Hint {
                    purpose: value.to_owned(),
                    command: String::new(),
                });
                return Some(());
            }
            "next" => {
                let hint = self.next.last_mut()?;
                match value.strip_prefix("$ ") {
                    Some(command) => {
                        hint.command = command.to_owned();
                        return Some(());
                    }
                    None if hint.command.is_empty() => &mut hint.purpose,
                    None => &mut hint.command,
                }
            }
            _ => return None,
        };
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(value);
        Some(())
    }
}

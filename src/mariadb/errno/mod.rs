//! The errors of MariaDB that replication meets: what each means here, why, and the next command.
//!
//! All of it stands in `catalogue.txt`, one entry per number. Where one number says several things
//! (1236 and 1593 say a dozen), each text has an entry of its own, and the one without a name is for
//! every other text. What the text says of a user, a table, an address is filled in.

mod entry;
mod pattern;
mod read;

pub use entry::{Diagnosis, ErrorEntry, ErrorKind};

use pattern::{Pattern, Values};
use std::sync::LazyLock;

/// How much of a text must be there to know its number by it.
const RECOGNISABLE: usize = 16;

static ENTRIES: LazyLock<Vec<ErrorEntry>> = LazyLock::new(|| {
    read::entries(include_str!("catalogue.txt")).expect("a test reads the same text")
});

/// Returns every entry, by number; those for a certain text before the one for all others.
pub fn entries() -> &'static [ErrorEntry] {
    &ENTRIES
}

/// Returns the entries of a number.
pub fn entries_of(errno: u32) -> impl Iterator<Item = &'static ErrorEntry> {
    entries().iter().filter(move |entry| entry.errno == errno)
}

/// Returns every number that is known, the smallest first; 0 stands for errors that have none.
pub fn numbers() -> impl Iterator<Item = u32> {
    let firsts = entries().chunk_by(|a, b| a.errno == b.errno);
    firsts
        .map(|entries| entries[0].errno)
        .filter(|number| *number > 0)
}

/// Returns what a number is about, in a few words, whatever its text.
pub fn title(errno: u32) -> &'static str {
    match entries_of(errno).last() {
        Some(entry) if entry.title.is_empty() => &entry.what,
        Some(entry) => &entry.title,
        None => "",
    }
}

/// Returns what an error means here; nothing for a number that is not known.
pub fn diagnose(errno: u32, text: &str) -> Option<Diagnosis> {
    diagnose_with(errno, text, &[])
}

/// Returns what an error means here, with what is known besides its text, such as
/// `("primary", "172.16.0.10")`. The text's own word goes first.
pub fn diagnose_with(errno: u32, text: &str, known: &[(&str, &str)]) -> Option<Diagnosis> {
    let (entry, values) = entries_of(errno)
        .find_map(|entry| Some((entry, entry.values_in(text)?)))
        .or_else(|| Some((entries_of(errno).last()?, Values::default())))?;
    // The client wraps what a server says before TLS is up into 2002.
    if let Some((number, error)) = values.get("number").zip(values.get("error"))
        && let Some(inner) = number.parse().ok().filter(|inner| *inner != errno)
        && entries_of(inner).next().is_some()
    {
        return diagnose_with(inner, error, known);
    }
    Some(entry.told_with(values, text, known))
}

/// Returns what a text means that is of this number beyond doubt: it has one of its texts in it.
pub fn diagnose_exactly(errno: u32, text: &str) -> Option<Diagnosis> {
    let known = entries_of(errno).any(|entry| entry.values_in(text).is_some());
    known.then(|| diagnose(errno, text)).flatten()
}

/// Returns what a text means whose number is not given.
pub fn recognise(text: &str) -> Option<Diagnosis> {
    let fits = |entry: &&'static ErrorEntry| {
        let patterns = entry.patterns.iter();
        let long = patterns.filter(|pattern| pattern.length() >= RECOGNISABLE);
        long.filter(|pattern| pattern.values_in(text).is_some())
            .map(Pattern::length)
            .max()
    };
    let best = entries()
        .iter()
        .filter(|entry| fits(entry).is_some())
        .max_by_key(fits)?;
    diagnose(best.errno, text)
}

/// Returns true when something that a server says begins like this.
pub fn is_known_text(begin: &str) -> bool {
    let like = |text: &String| {
        // Behind the first `{name}` anything may stand.
        let fixed = text.split('{').next().unwrap_or_default();
        fixed.starts_with(begin) || !fixed.is_empty() && begin.starts_with(fixed)
    };
    entries().iter().any(|entry| entry.texts.iter().any(like))
}

/// Returns the number that a pasted line is about: `ERROR 1045 (28000): …`, `Last_IO_Errno: 1236`,
/// `…, Error_code: 1062; …`, or just `1045 …`.
pub fn number_in(text: &str) -> Option<u32> {
    let number = |text: &str| -> Option<u32> {
        let text = text.trim_start();
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        text[..end].parse().ok()
    };
    let marks = [
        "ERROR ",
        "Errno: ",
        "Error_code: ",
        "errno ",
        "error ",
        "Error ",
    ];
    number(text).or_else(|| {
        marks.iter().find_map(|mark| {
            let (_, rest) = text.split_once(mark)?;
            number(rest)
        })
    })
}

#[cfg(test)]
mod tests;

//! What the client prints with `--batch`: tables of text.

use std::collections::BTreeMap;

/// A row by the names of its columns; NULL is absent.
pub(super) type Row = BTreeMap<String, String>;

/// Reads what the client prints with `--batch`: a line of names, then the rows.
pub(super) fn table(lines: &[&str]) -> Vec<Row> {
    let Some((names, rows)) = lines.split_first() else {
        return Vec::new();
    };
    let names: Vec<String> = names.split('\t').map(unescape).collect();
    rows.iter()
        .map(|line| {
            names
                .iter()
                .zip(line.split('\t'))
                .filter(|(_, value)| *value != "NULL")
                .map(|(name, value)| (name.clone(), unescape(value)))
                .collect()
        })
        .collect()
}

/// Takes back what `--batch` does to a value: newline, tab, NUL and backslash are escaped.
fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('0') => text.push('\0'),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}

pub(super) fn text(row: &Row, name: &str) -> String {
    row.get(name).cloned().unwrap_or_default()
}

pub(super) fn number(row: &Row, name: &str) -> u64 {
    row.get(name).and_then(|n| n.parse().ok()).unwrap_or(0)
}

pub(super) fn seconds(row: &Row, name: &str) -> Option<f64> {
    row.get(name)?.parse().ok()
}

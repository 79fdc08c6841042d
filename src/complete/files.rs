//! Files and folders, for the shell of our own.

use super::Candidate;
use std::collections::BTreeSet;
use std::path::Path;

/// Returns the files and folders that begin so; a hidden one only where its dot is typed.
pub(super) fn beginning(typed: &str) -> Vec<Candidate> {
    let (folder, begin) = match typed.rfind('/') {
        Some(slash) => typed.split_at(slash + 1),
        None => ("", typed),
    };
    let there = if folder.is_empty() { "." } else { folder };
    let Ok(entries) = std::fs::read_dir(Path::new(there)) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !begin.starts_with('.');
            if hidden || !name.starts_with(begin) {
                return None;
            }
            let end = if entry.path().is_dir() { "/" } else { "" };
            Some(Candidate::new(format!("{folder}{name}{end}"), ""))
        })
        .collect();
    found.sort_by(|one, other| one.value.cmp(&other.value));
    found
}

/// Returns the names in a folder, hidden ones left out.
pub fn names_in(folder: impl AsRef<Path>) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect()
}

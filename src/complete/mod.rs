//! Completion: one source for the shell and for bash, zsh and fish.
//!
//! The words of a line go through clap_complete's engine, on the very tree that parses them. The
//! engine goes on after an unknown word as if it were not there, which is mended here; everything of
//! clap_complete that is not stable is used in this folder alone. `names` has what is alive on this
//! host, `outside` answers the shells that are not ours.

mod names;
pub mod outside;

pub use names::*;

use crate::cli::then::THEN;
use clap::Command;
use clap_complete::engine;
use std::ffi::OsString;

/// One thing that may stand in a place, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The whole word.
    pub value: String,
    /// What it is, in a few words; may be empty.
    pub help: String,
}

impl Candidate {
    /// Returns a candidate.
    pub fn new(value: impl Into<String>, help: impl Into<String>) -> Candidate {
        Candidate {
            value: value.into(),
            help: help.into(),
        }
    }
}

/// Returns what may stand in place of the last word, after those before it, options included.
pub fn candidates(grammar: &mut Command, words: &[String]) -> Vec<Candidate> {
    let mut words = words;
    if words.first().is_none_or(|word| word != "crm")
        && let [before @ .., _] = words
        && let Some(at) = before.iter().rposition(|word| word == THEN)
    {
        words = &words[at + 1..];
    }
    let Some((_, before)) = words.split_last() else {
        return Vec::new();
    };
    if !leads_somewhere(grammar, before) {
        return Vec::new();
    }
    let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    engine::complete(grammar, arguments, words.len() - 1, None)
        .unwrap_or_default()
        .into_iter()
        .filter(|candidate| !candidate.is_hide_set())
        .filter_map(|candidate| {
            let help = candidate.get_help().map(ToString::to_string);
            let value = candidate.get_value().to_str()?;
            Some(Candidate::new(value, help.unwrap_or_default()))
        })
        .collect()
}

/// Returns the candidates without the options, unless they were asked for or nothing else can
/// stand there: they are many, and the same everywhere.
pub fn options_last(mut found: Vec<Candidate>, words: &[String]) -> Vec<Candidate> {
    let asked = words.last().is_some_and(|typed| typed.starts_with('-'));
    if !asked && found.iter().any(|found| !found.value.starts_with('-')) {
        found.retain(|found| !found.value.starts_with('-'));
    }
    found
}

/// Returns true when the words before lead to a verb, or to where one is to be typed.
fn leads_somewhere(grammar: &Command, before: &[String]) -> bool {
    let mut at = grammar;
    let mut words = before.iter();
    while let Some(word) = words.next() {
        if word.starts_with('-') {
            let takes_value = |option: &&clap::Arg| {
                option.get_action().takes_values()
                    && (option
                        .get_long()
                        .is_some_and(|long| *word == format!("--{long}"))
                        || option
                            .get_short()
                            .is_some_and(|short| *word == format!("-{short}")))
            };
            if at.get_arguments().any(|option| takes_value(&option)) {
                words.next();
            }
            continue;
        }
        if !at.has_subcommands() {
            return true;
        }
        match at.find_subcommand(word) {
            Some(next) => at = next,
            None => return false,
        }
    }
    true
}

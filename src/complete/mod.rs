//! Completion: one source for the shell and for bash, zsh and fish.
//!
//! The words of a line are walked through the very tree that parses them, and what the parser would
//! refuse is not offered. `names` has what is alive on this host, `existing` says which of them is there,
//! `outside` answers the shells that are not ours.

mod asking;
mod candidate;
mod crmsh;
pub mod existing;
mod files;
mod known;
mod names;
mod narrow;
pub mod outside;
mod words;

pub use candidate::{Candidate, quoted};
pub use crmsh::{compgen, crmsh_candidates, fitting, question};
pub use known::{Snapshot, current_snapshot, outdate, remember};
pub use narrow::narrowed;

use crate::grammar::Walk;
use crate::grammar::then::THEN;
use clap::error::ErrorKind;
use clap::{Command, ValueHint};
use std::ffi::OsString;

/// Returns what may stand in place of the last word, after those before it, options included.
pub fn candidates(grammar: &mut Command, words: &[String]) -> Vec<Candidate> {
    found_candidates(grammar, words, true)
}

/// Like [`candidates`]; what they are is only looked up where somebody will read it.
fn found_candidates(grammar: &mut Command, words: &[String], described: bool) -> Vec<Candidate> {
    let Some((verb, typed, before)) = last_verb(words) else {
        return Vec::new();
    };
    if !may_go_on(grammar, before) {
        return Vec::new();
    }
    let walk = walk(grammar, before);
    // The words of another program are not ours to know.
    if walk.is_lost() || walk.takes_dashes() {
        return Vec::new();
    }
    let mut found = words::candidates_at(&walk, typed, described);
    if !typed.is_empty()
        && THEN.starts_with(typed)
        && goes_with_others(grammar, &verb[..before.len()])
    {
        found.push(Candidate::new(THEN, "And another verb, in the same plan"));
    }
    found
}

/// The kinds of words that only the shell that is typed into completes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Native {
    File,
    /// A command and its arguments; the word is that command's name.
    Command,
    /// The arguments of a command.
    Arguments,
}

/// Returns what stands in place of the last word, where a shell of its own knows best what there is.
pub fn native(grammar: &Command, words: &[String]) -> Option<Native> {
    let (_, typed, before) = last_verb(words)?;
    let walk = walk(grammar, before);
    if walk.is_lost() {
        return None;
    }
    let argument = match typed.split_once('=') {
        Some((option, _)) if option.starts_with("--") && walk.takes_options() => {
            words::option(&walk, option)?
        }
        _ if typed.starts_with('-') && walk.takes_options() => return None,
        _ => walk.next()?,
    };
    if walk.refuses(argument) {
        return None;
    }
    match argument.get_value_hint() {
        ValueHint::FilePath | ValueHint::AnyPath => Some(Native::File),
        ValueHint::CommandWithArguments if walk.has(argument) => Some(Native::Arguments),
        ValueHint::CommandWithArguments => Some(Native::Command),
        _ => None,
    }
}

fn walk<'a>(grammar: &'a Command, words: &'a [String]) -> Walk<'a> {
    Walk::of(grammar, words.iter().map(String::as_str))
}

/// Returns the words of the verb that the last word belongs to, that word, and those before it.
fn last_verb(mut words: &[String]) -> Option<(&[String], &str, &[String])> {
    if words.first().is_none_or(|word| word != "crm")
        && let [before @ .., _] = words
        && let Some(at) = before.iter().rposition(|word| word == THEN)
    {
        words = &words[at + 1..];
    }
    let (typed, before) = words.split_last()?;
    Some((words, typed, before))
}

/// Returns true when the words before can be the beginning of something.
fn may_go_on(grammar: &mut Command, before: &[String]) -> bool {
    let Err(error) = grammar.try_get_matches_from_mut(before) else {
        return true;
    };
    match error.kind() {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
        ErrorKind::InvalidValue => walk(grammar, before).waits(),
        _ => false,
    }
}

/// Returns true where these words are a verb that can be planned together with others.
fn goes_with_others(grammar: &mut Command, words: &[String]) -> bool {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    crate::grammar::parse_line(grammar, &words).is_ok_and(|line| {
        line.verbs.iter().all(|cli| {
            cli.verb
                .as_ref()
                .is_some_and(crate::grammar::Verb::is_change)
        })
    })
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

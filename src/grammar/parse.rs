//! From words to verbs.

use super::{Cli, help, then};
use clap::{Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// Returns the grammar, with the examples of each verb in its help.
pub fn command() -> Command {
    help::with_help(Cli::command())
}

/// Returns the grammar as it is typed in the shell and completed everywhere: without the program's
/// name before it.
pub fn grammar() -> Command {
    let mut grammar = command().no_binary_name(true);
    grammar.build();
    grammar
}

/// Parses words, without the program's name: one verb, or several with `then` between them.
///
/// # Errors
/// clap's own, help and version included.
pub fn parse(words: &[OsString]) -> Result<Vec<Cli>, clap::Error> {
    // crmsh may use any word it likes.
    if words.first().is_some_and(|word| word == "crm") {
        return Ok(vec![parse_one(words)?]);
    }
    then::split(words).into_iter().map(parse_one).collect()
}

/// Parses a line of the shell with its grammar, which has no program's name in front.
///
/// # Errors
/// clap's own, help included.
pub fn parse_line(
    grammar: &mut clap::Command,
    words: &[OsString],
) -> Result<Vec<Cli>, clap::Error> {
    let mut one = |words: &[OsString]| {
        let matches = grammar.try_get_matches_from_mut(words)?;
        Cli::from_arg_matches(&matches)
    };
    if words.first().is_some_and(|word| word == "crm") {
        return Ok(vec![one(words)?]);
    }
    then::split(words).into_iter().map(one).collect()
}

fn parse_one(words: &[OsString]) -> Result<Cli, clap::Error> {
    let name = OsString::from("bascule");
    let matches = command().try_get_matches_from(std::iter::once(&name).chain(words))?;
    Cli::from_arg_matches(&matches)
}

/// Returns words as the line that a shell would split into them, without the options that say only
/// how to ask and print.
pub fn command_line(words: &[OsString]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let alone = ["-n", "--dry-run", "-y", "--yes", "-v", "--verbose"];
    let with_value = ["-o", "--output", "--color", "--timeout"];
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if with_value.contains(&word.as_str()) {
            words.next();
        } else if !alone.contains(&word.as_str()) && !is_joined(&word, &with_value) {
            kept.push(word);
        }
    }
    crate::plan::shell_line(&kept)
}

/// Returns true for one of these options with its value in the same word.
fn is_joined(word: &str, options: &[&str]) -> bool {
    options.iter().any(|option| {
        word.strip_prefix(option)
            .is_some_and(|value| value.starts_with('=') || !option.starts_with("--"))
    })
}

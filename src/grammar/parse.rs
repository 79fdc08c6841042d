//! From words to verbs.

use super::then::THEN;
use super::{Cli, Walk, help, then};
use crate::plan::shell_line;
use clap::{Command, CommandFactory, FromArgMatches};
use std::ffi::OsString;

/// Returns the grammar, with the examples of each verb in its help.
pub fn command() -> Command {
    help::with_help(Cli::command())
}

/// Returns the grammar as it is typed in the shell and completed everywhere: without the program's
/// name before it, and without the examples.
pub fn grammar() -> Command {
    let mut grammar = help::with_flag(Cli::command()).no_binary_name(true);
    grammar.build();
    grammar
}

/// The meaning of words: one verb, or several with `then` between them.
#[derive(Debug)]
pub struct Line {
    /// The verbs, each with the options that go for every verb.
    pub verbs: Vec<Cli>,
    /// The words as the line that a shell would split into them, without the options that say only how
    /// to ask and print.
    pub command: String,
}

/// Parses words, without the program's name.
///
/// # Errors
/// clap's own, help and version included.
pub fn parse(words: &[OsString]) -> Result<Line, clap::Error> {
    let name = OsString::from("bascule");
    let argv = |words: &'_ [OsString]| [std::slice::from_ref(&name), words].concat();
    line(words, |words| {
        let whole = || one(&mut command(), &argv(words), words);
        if words.iter().any(|word| word == "-h" || word == "--help") {
            return whole();
        }
        let mut grammar = help::with_flag(Cli::command());
        or_help(one(&mut grammar, &argv(words), words), whole)
    })
}

/// Parses a line of the shell with its grammar, which has no program's name in front.
///
/// # Errors
/// clap's own, help included.
pub fn parse_line(grammar: &mut Command, words: &[OsString]) -> Result<Line, clap::Error> {
    line(words, |words| {
        let parsed = one(grammar, words, words);
        or_help(parsed, || {
            one(&mut command().no_binary_name(true), words, words)
        })
    })
}

/// A verb, and the words that say what it does.
type One = (Cli, Vec<String>);

fn line(
    words: &[OsString],
    one: impl FnMut(&[OsString]) -> Result<One, clap::Error>,
) -> Result<Line, clap::Error> {
    // crmsh may use any word it likes.
    let each = match words.first() {
        Some(first) if first == "crm" => vec![words],
        _ => then::split(words),
    };
    let each: Result<Vec<One>, clap::Error> = each.into_iter().map(one).collect();
    let (verbs, said): (Vec<Cli>, Vec<Vec<String>>) = each?.into_iter().unzip();
    Ok(Line {
        verbs,
        command: shell_line(&said.join(&THEN.to_owned())),
    })
}

/// Parses once more, with the grammar that has all of it, where the answer is a help.
fn or_help(
    parsed: Result<One, clap::Error>,
    again: impl FnOnce() -> Result<One, clap::Error>,
) -> Result<One, clap::Error> {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand};
    match parsed {
        Err(error)
            if matches!(
                error.kind(),
                DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand
            ) =>
        {
            again()
        }
        parsed => parsed,
    }
}

fn one(grammar: &mut Command, argv: &[OsString], words: &[OsString]) -> Result<One, clap::Error> {
    let matches = grammar.try_get_matches_from_mut(argv)?;
    let cli = Cli::from_arg_matches(&matches)?;
    // The parser has built what the words lead through.
    Ok((cli, said(grammar, words)))
}

/// Returns the words without the options that go for every verb.
fn said(grammar: &Command, words: &[OsString]) -> Vec<String> {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let walk = Walk::of(grammar, words.iter().map(String::as_str));
    let global = walk
        .given
        .iter()
        .filter(|given| given.argument.is_global_set());
    let kept = words.iter().enumerate();
    let kept = kept.filter(|(number, _)| !global.clone().any(|given| given.words.contains(number)));
    kept.map(|(_, word)| word.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command_of(line: &str) -> String {
        let words = line.split(' ').map(OsString::from);
        let words: Vec<OsString> = words.collect();
        let of_shell = parse_line(&mut grammar(), &words).unwrap().command;
        assert_eq!(parse(&words).unwrap().command, of_shell, "{line}");
        of_shell
    }

    #[test]
    fn what_is_kept_of_a_line_is_what_it_does() {
        for line in [
            "vip add 172.16.0.12/24 --name a",
            "-n vip add 172.16.0.12/24 --name a",
            "vip -ny add 172.16.0.12/24 -ojson --name a",
            "-o json vip add 172.16.0.12/24 -o=sh --name a --color never --timeout=5",
            "vip add --yes 172.16.0.12/24 --output json --name a -v",
        ] {
            assert_eq!(
                command_of(line),
                "vip add 172.16.0.12/24 --name a",
                "{line}"
            );
        }
        assert_eq!(
            command_of("vip remove a -y then vip remove b -n"),
            "vip remove a then vip remove b"
        );
    }

    #[test]
    fn words_of_another_program_are_kept() {
        assert_eq!(
            command_of("db lock -y -- tar -v -o root"),
            "db lock -- tar -v -o root"
        );
        assert_eq!(
            command_of("crm -n configure show -o then -n"),
            "crm configure show -o then -n"
        );
    }
}

//! What `VERB --help` shows below the options: the examples of the verb's text in `explain`.

use crate::explain;
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;

/// Returns the grammar with one help for each verb: `-h`, `--help` and the shell's `help VERB` show
/// the same, options in a line each, with examples.
pub fn with_help(grammar: Command) -> Command {
    subcommand_help(with_flag(grammar), "")
}

/// Returns the grammar that knows `-h` and `--help`, without what they show: examples are made for
/// whoever asks for them, and not with every start.
pub fn with_flag(grammar: Command) -> Command {
    let grammar = grammar.mut_subcommands(with_flag);
    // Words after `crm` are crmsh's, its --help included.
    if grammar.is_disable_help_flag_set() {
        return grammar;
    }
    grammar.disable_help_flag(true).arg(
        Arg::new("help")
            .short('h')
            .long("help")
            .help("Print this")
            .help_heading(None::<&'static str>)
            .action(ArgAction::HelpShort),
    )
}

/// Returns `help VERB` as `VERB --help`, as in the shell.
pub fn asks_for_help(mut words: Vec<OsString>) -> Vec<OsString> {
    if words.first().is_some_and(|word| word == "help") {
        words.remove(0);
        words.push("--help".into());
    }
    words
}

fn subcommand_help(command: Command, before: &str) -> Command {
    let name = match command.get_name() {
        "bascule" => String::new(),
        name => format!("{before}{name}"),
    };
    let below = if name.is_empty() {
        String::new()
    } else {
        format!("{name} ")
    };
    let command = command.mut_subcommands(|verb| subcommand_help(verb, &below));
    let has_help = |arg: &Arg| arg.get_id() == "help";
    if !command.get_arguments().any(has_help) {
        return command;
    }
    let further = further(&command, &name);
    command.after_help(further)
}

/// The rest of what is said about a verb, and its examples.
fn further(command: &Command, name: &str) -> String {
    let mut parts = Vec::new();
    if let (Some(about), Some(long)) = (command.get_about(), command.get_long_about()) {
        let (about, long) = (about.to_string(), long.to_string());
        if let Some(rest) = long.strip_prefix(&about) {
            parts.push(rest.trim().to_owned());
        }
    }
    if let Some(topic) = explain::find(name).filter(|_| !command.has_subcommands()) {
        let lines = topic.example_lines();
        if !lines.is_empty() {
            let style = command.get_styles().get_header();
            parts.push(format!(
                "{style}Examples:{style:#}\n{}",
                lines
                    .iter()
                    .map(|line| line.strip_prefix("  ").unwrap_or(line))
                    .collect::<Vec<_>>()
                    .join("\n")
            ));
        }
        parts.push(format!("What it comes to, and why: explain {name}"));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::asks_for_help;
    use crate::explain;
    use crate::grammar::{command, parse};
    use std::ffi::OsString;

    #[test]
    fn an_example_is_what_the_grammar_takes() {
        let mut tried = 0;
        for topic in explain::topics() {
            for example in topic.examples() {
                let words = shlex::split(&example.command).expect("quotes that close");
                let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
                if let Err(error) = parse(&words) {
                    panic!("{}: {error}", example.command);
                }
                tried += 1;
            }
        }
        assert!(tried > 50, "{tried}");
    }

    #[test]
    fn short_and_long_help_are_the_same() {
        for words in ["vip add", "undo", "cluster", "db lock", ""] {
            let said = ["-h", "--help"].map(|flag| {
                let words = words.split_whitespace().chain([flag]);
                let words: Vec<OsString> = words.map(OsString::from).collect();
                parse(&words).expect_err("help").to_string()
            });
            assert_eq!(said[0], said[1]);
            assert!(said[0].contains("Usage: bascule"), "{}", said[0]);
        }
    }

    #[test]
    fn every_verb_has_examples() {
        fn look(command: &clap::Command, before: &str) {
            for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
                let name = format!("{before}{}", verb.get_name());
                if verb.has_subcommands() {
                    look(verb, &format!("{name} "));
                } else {
                    let topic = explain::find(&name).unwrap_or_else(|| panic!("explain {name}"));
                    assert!(
                        !topic.examples().is_empty(),
                        "src/explain: the text of `{name}` has no `Examples:`"
                    );
                }
            }
        }
        look(&command(), "");
    }

    #[test]
    fn help_is_asked_for_as_in_the_shell() {
        for (typed, read) in [
            ("help", "--help"),
            ("help vip add", "vip add --help"),
            ("explain help", "explain help"),
            ("", ""),
        ] {
            let words = |line: &str| line.split_whitespace().map(OsString::from).collect();
            assert_eq!(asks_for_help(words(typed)), words(read) as Vec<OsString>);
        }
    }
}

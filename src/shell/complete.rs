//! Tab: the words of the line go through clap_complete's engine, on the very tree that parses them.
//!
//! The engine works on whole words and goes on after an unknown one as if it were not there; both
//! are mended here, and everything of clap_complete that is not stable is used here alone.

use super::crmsh;
use super::words::{Words, split_unfinished};
use crate::cli::then::THEN;
use clap::Command;
use clap_complete::engine;
use rustyline::completion::Pair;
use std::ffi::OsString;
use unicode_width::UnicodeWidthStr;

/// The shell's own words, offered beside the verbs.
const BUILT_IN: &[(&str, &str)] = &[
    ("help", "What can be typed; help VERB tells more"),
    ("quit", "Leave"),
];

/// More than this nobody reads, and rustyline counts in 16 bits.
const MOST: usize = 1000;

struct Found {
    value: String,
    help: String,
}

/// Returns what may stand at the cursor: the byte of the line where the word begins, and the
/// candidates for it.
pub fn complete(
    grammar: &mut Command,
    line: &str,
    cursor: usize,
    columns: usize,
) -> (usize, Vec<Pair>) {
    let Words {
        words,
        start,
        in_comment,
    } = split_unfinished(&line[..cursor]);
    if in_comment {
        return (cursor, Vec::new());
    }
    let mut found = candidates(grammar, &words);
    found.truncate(MOST);
    let alone = found.len() == 1;
    // Options that nobody asked for are shown, and nothing is typed on anybody's behalf.
    let only_shown = start == cursor && found.iter().all(|found| found.value.starts_with('-'));
    let width = found.iter().map(|f| f.value.width()).max().unwrap_or(0);
    let pairs = found
        .into_iter()
        .map(|found| Pair {
            display: display(&found, width, columns),
            replacement: if only_shown {
                String::new()
            } else {
                replacement(&found.value, alone)
            },
        })
        .collect();
    (start, pairs)
}

fn candidates(grammar: &mut Command, words: &[String]) -> Vec<Found> {
    // A command that is copied from a message, and the verb whose help is wanted.
    let skip = words
        .split_last()
        .map_or(&[][..], |(_, before)| before)
        .iter()
        .take_while(|word| matches!(word.as_str(), "bascule" | "help"))
        .count();
    let mut words = &words[skip..];
    if words.first().is_none_or(|word| word != "crm")
        && let [before @ .., _] = words
        && let Some(at) = before.iter().rposition(|word| word == THEN)
    {
        words = &words[at + 1..];
    }
    let Some((typed, before)) = words.split_last() else {
        return Vec::new();
    };
    if !leads_somewhere(grammar, before) {
        return Vec::new();
    }
    let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut found: Vec<Found> = engine::complete(grammar, arguments, words.len() - 1, None)
        .unwrap_or_default()
        .into_iter()
        .filter(|candidate| !candidate.is_hide_set())
        .filter_map(|candidate| {
            let help = candidate.get_help().map(ToString::to_string);
            Some(Found {
                value: candidate.get_value().to_str()?.to_owned(),
                help: help.unwrap_or_default(),
            })
        })
        .collect();
    if before.is_empty() {
        let own = BUILT_IN
            .iter()
            .filter(|(word, _)| word.starts_with(typed.as_str()));
        found.extend(own.map(|(word, help)| Found {
            value: (*word).to_owned(),
            help: (*help).to_owned(),
        }));
        if found.is_empty() {
            let theirs = crmsh::FIRST
                .iter()
                .filter(|word| word.starts_with(typed.as_str()));
            found.extend(theirs.map(|word| Found {
                value: (*word).to_owned(),
                help: "crmsh's own".to_owned(),
            }));
        }
    }
    // Options are many and the same everywhere: they come when asked for, or when nothing else can.
    if !typed.starts_with('-') && found.iter().any(|found| !found.value.starts_with('-')) {
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

/// Returns how a candidate stands in the list: with help, each on a line of its own.
fn display(found: &Found, width: usize, columns: usize) -> String {
    let help = found.help.lines().next().unwrap_or_default();
    if help.is_empty() {
        return found.value.clone();
    }
    let room = columns.saturating_sub(width + 4);
    let mut short: String = help.chars().take(room).collect();
    if short.len() < help.len() {
        short.pop();
        short.push('…');
    }
    let gap = " ".repeat(width - found.value.width() + 2);
    let line = format!("{}{gap}{short}", found.value);
    // rustyline puts several on a line where they fit: these do not.
    format!("{line:<half$}", half = columns / 2)
}

/// Returns a candidate as it is put into the line: quoted only where splitting would change it, and
/// with a blank behind it when it is the only one and nothing can follow it directly.
fn replacement(value: &str, alone: bool) -> String {
    let plain = shlex::split(value).is_some_and(|words| words == [value]);
    let mut text = match shlex::try_quote(value) {
        Ok(quoted) if !plain => quoted.into_owned(),
        _ => value.to_owned(),
    };
    if alone && !value.ends_with(['=', ',', '/', ':']) {
        text.push(' ');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(line: &str) -> (usize, Vec<String>) {
        let mut grammar = super::super::grammar();
        let (start, pairs) = complete(&mut grammar, line, line.len(), 80);
        (
            start,
            pairs.into_iter().map(|pair| pair.replacement).collect(),
        )
    }

    #[test]
    fn a_lone_candidate_gets_a_blank() {
        assert_eq!(tab("vip re"), (4, vec!["remove ".to_owned()]));
        assert_eq!(tab("hel"), (0, vec!["help ".to_owned()]));
        assert_eq!(tab("bascule vip re"), (12, vec!["remove ".to_owned()]));
        assert_eq!(tab("help vip re"), (9, vec!["remove ".to_owned()]));
        assert_eq!(
            tab("web list then vip re"),
            (18, vec!["remove ".to_owned()])
        );
        assert_eq!(tab("-o json vip re"), (12, vec!["remove ".to_owned()]));
    }

    #[test]
    fn options_come_when_asked_for_or_when_nothing_else_can() {
        let verbs = tab("vip ").1;
        assert!(verbs.contains(&"add".to_owned()), "{verbs:?}");
        assert!(!verbs.iter().any(|word| word.starts_with('-')), "{verbs:?}");
        assert_eq!(tab("vip add --lab").1, ["--label "]);
        let mut grammar = super::super::grammar();
        let (_, shown) = complete(&mut grammar, "vip list ", 9, 80);
        assert!(
            shown
                .iter()
                .any(|pair| pair.display.starts_with("--dry-run"))
        );
        assert!(shown.iter().all(|pair| pair.replacement.is_empty()));
    }

    #[test]
    fn an_unknown_word_leads_nowhere() {
        assert_eq!(tab("nope ").1, Vec::<String>::new());
        assert_eq!(tab("vip nope ").1, Vec::<String>::new());
        assert_eq!(tab("vip # re").1, Vec::<String>::new());
    }

    #[test]
    fn words_of_crmsh_come_where_there_is_none_of_ours() {
        assert_eq!(tab("confi").1, ["configure "]);
    }

    #[test]
    fn a_value_is_quoted_only_where_it_must_be() {
        assert_eq!(replacement("a b", true), "'a b' ");
        assert_eq!(replacement("--node=serv1", true), "--node=serv1 ");
        assert_eq!(replacement("maintenance-mode=", true), "maintenance-mode=");
        assert_eq!(replacement("serv1", false), "serv1");
    }
}

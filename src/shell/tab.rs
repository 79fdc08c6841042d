//! Tab in the shell: what may stand at the cursor, as rustyline lists and inserts it.

use super::crm_names::Crmsh;
use super::crmsh;
use crate::complete::{self, Candidate};
use crate::wording::cut;
use crate::words::{Words, split_unfinished};
use clap::Command;
use rustyline::completion::Pair;
use unicode_width::UnicodeWidthStr;

/// The shell's own words, offered beside the verbs.
const BUILT_IN: &[(&str, &str)] = &[
    ("help", "What can be typed; help VERB tells more"),
    ("quit", "Leave"),
];

/// The lines of the screen that are left beside a list: the one that is being typed, and those above it.
const BESIDE: usize = 3;

/// A list is never made shorter than this, however small the screen.
const LEAST: usize = 8;

/// The room that a list may take.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The terminal's columns.
    pub columns: usize,
    /// And its rows.
    pub rows: usize,
}

impl Room {
    /// More than two screens of names nobody reads: they are narrowed to one of what they begin with.
    fn narrowed(self, found: Vec<Candidate>) -> Vec<Candidate> {
        let screen = self.rows.saturating_sub(BESIDE).max(LEAST);
        complete::narrowed(found, screen * 2, screen)
    }
}

/// Returns what may stand at the cursor: the byte of the line where the word begins, and the
/// candidates for it.
pub fn complete(
    grammar: &mut Command,
    line: &str,
    cursor: usize,
    room: Room,
) -> (usize, Vec<Pair>) {
    let Words {
        words,
        start,
        in_comment,
    } = split_unfinished(&line[..cursor]);
    if in_comment {
        return (cursor, Vec::new());
    }
    let found = candidates(grammar, &words);
    // Options that nobody asked for are shown, and nothing is typed on anybody's behalf.
    let only_shown = start == cursor && found.iter().all(|found| found.value.starts_with('-'));
    (start, pairs(found, only_shown, room))
}

/// Returns what may stand at the cursor of a line for crmsh, as far as it has said so.
pub fn of_crmsh(crmsh: &Crmsh, line: &str, cursor: usize, room: Room) -> (usize, Vec<Pair>) {
    let split = split_unfinished(&line[..cursor]);
    let own = |word: &&String| matches!(word.as_str(), "bascule" | "crm" | "help");
    let skip = split.words.iter().take_while(own).count();
    // `crm` itself is being typed.
    let words = split.words.get(skip..).filter(|words| !words.is_empty());
    match words {
        Some(words) => {
            let found = crmsh.candidates(words);
            (split.start, pairs(found, false, room))
        }
        None => (cursor, Vec::new()),
    }
}

fn pairs(found: Vec<Candidate>, only_shown: bool, room: Room) -> Vec<Pair> {
    let found = room.narrowed(found);
    let alone = found.len() == 1;
    let width = found.iter().map(|f| f.value.width()).max().unwrap_or(0);
    found
        .into_iter()
        .map(|found| Pair {
            display: display(&found, width, room.columns),
            replacement: if only_shown {
                String::new()
            } else {
                replacement(&found, alone)
            },
        })
        .collect()
}

/// Returns the candidates, with what only the shell has: its own words, and those of crmsh.
fn candidates(grammar: &mut Command, words: &[String]) -> Vec<Candidate> {
    // A command that is copied from a message, and the verb whose help is wanted.
    let skip = words
        .split_last()
        .map_or(&[][..], |(_, before)| before)
        .iter()
        .take_while(|word| matches!(word.as_str(), "bascule" | "help"))
        .count();
    let words = &words[skip..];
    let mut found = complete::candidates(grammar, words);
    if let [typed] = words {
        let own = BUILT_IN
            .iter()
            .filter(|(word, _)| word.starts_with(typed.as_str()));
        found.extend(own.map(|(word, help)| Candidate::new(*word, *help)));
    }
    if found.is_empty()
        && let Some((typed, levels)) = words.split_last()
    {
        let theirs = crmsh::words_after(levels).filter(|word| word.starts_with(typed.as_str()));
        found.extend(theirs.map(|word| Candidate::new(word, "crmsh's own")));
    }
    complete::options_last(found, words)
}

/// Returns how a candidate stands in the list: with help, each on a line of its own.
fn display(found: &Candidate, width: usize, columns: usize) -> String {
    let help = found.help.lines().next().unwrap_or_default();
    if help.is_empty() {
        return found.value.clone();
    }
    let short = cut(help, columns.saturating_sub(width + 4));
    let gap = " ".repeat(width - found.value.width() + 2);
    let line = format!("{}{gap}{short}", found.value);
    // rustyline puts several on a line where they fit: these do not.
    format!("{line:<half$}", half = columns / 2)
}

/// Returns a candidate as it is put into the line: quoted only where splitting would change it, and
/// with a blank behind it when it is the only one and nothing can follow it directly.
fn replacement(found: &Candidate, alone: bool) -> String {
    let mut text = complete::quoted(&found.value);
    if alone && !found.open {
        text.push(' ');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room {
        columns: 80,
        rows: 24,
    };

    fn tab(line: &str) -> (usize, Vec<String>) {
        let mut grammar = crate::grammar::grammar();
        let (start, pairs) = complete(&mut grammar, line, line.len(), ROOM);
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
        let mut grammar = crate::grammar::grammar();
        let (_, shown) = complete(&mut grammar, "vip list ", 9, ROOM);
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
        assert_eq!(tab("node clea").1, ["clearstate "]);
    }

    #[test]
    fn a_thousand_names_are_narrowed_and_not_dumped() {
        let many = (0..1000).map(|n| Candidate::new(format!("web-{n:04}"), "a resource"));
        let pairs = pairs(many.collect(), false, ROOM);
        assert!(pairs.len() < ROOM.rows, "{}", pairs.len());
        assert!(pairs.iter().all(|pair| !pair.replacement.ends_with(' ')));
    }

    #[test]
    fn a_value_is_quoted_only_where_it_must_be() {
        let typed = |value: &str, alone| replacement(&Candidate::new(value, ""), alone);
        assert_eq!(typed("a b", true), "'a b' ");
        assert_eq!(typed("--node=serv1", true), "--node=serv1 ");
        assert_eq!(typed("maintenance-mode=", true), "maintenance-mode=");
        assert_eq!(typed("serv1", false), "serv1");
    }
}

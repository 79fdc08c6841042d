//! A verb typed without its arguments: they are asked for one by one.
//!
//! Each question says what is wanted and what may be meant, completes it, and takes only what the
//! parser takes. What comes of it is a line like any other: it is shown, and kept in the history.

use super::reading::{OWN, Reading, Wanted};
use super::session::Shell;
use super::{editor_helper, hint, tab};
use crate::complete::{self, Candidate};
use crate::grammar::then::THEN;
use crate::grammar::{self, Walk};
use crate::plan::shell_line;
use crate::report::{Report, Role, Span};
use crate::ui::{answers, is_not_text};
use clap::Command;
use std::cell::RefCell;

/// More names than this are left to Tab.
const NAMES: usize = 12;

/// The result of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// There was nothing to ask.
    Nothing,
    /// The user did not want to go on.
    Left,
    /// The line is whole.
    Line {
        line: String,
        /// There are options that could be added to it.
        more: bool,
    },
}

/// Asks for what a line lacks.
pub fn ask(shell: &mut Shell, line: &str) -> Asked {
    let Some(mut words) = shlex::split(line) else {
        return Asked::Nothing;
    };
    let own = |word: &String| OWN.contains(&word.as_str());
    if words.first().is_none_or(own) || words.iter().any(|word| word == THEN || word == "?") {
        return Asked::Nothing;
    }
    let mut questions = 0;
    loop {
        let reading = whole_reading(&mut shell.grammar, &words);
        if reading.theirs || reading.wrong.is_some() || reading.verb.is_empty() {
            return Asked::Nothing;
        }
        if asks_for_help(&shell.grammar, &words) {
            return Asked::Nothing;
        }
        let Some(question) = ArgumentQuestion::next(&reading) else {
            return match questions {
                0 => Asked::Nothing,
                _ => Asked::Line {
                    line: shell_line(&words),
                    more: !reading.open.is_empty() && shell.ui.is_live(),
                },
            };
        };
        if questions == 0 {
            let named = whole_with_names(&mut shell.grammar, &words);
            if let Some(wrong) = named.wrong {
                // Nobody answers questions about what is not there: the line is there to be mended.
                shell.ui.error(&wrong.to_string());
                return Asked::Line {
                    line: line.trim().to_owned(),
                    more: true,
                };
            }
            let how = "an empty answer leaves, Tab completes";
            let how = shell.ui.paint(Role::Dim, how);
            shell.ui.line(&format!("  {how}"));
        }
        questions += 1;
        match question.ask_user(shell, &words) {
            Some(more) => words = more,
            None => return Asked::Left,
        }
    }
}

fn whole_reading(grammar: &mut Command, words: &[String]) -> Reading {
    Reading::read_line(grammar, &format!("{} ", shell_line(words)))
}

fn whole_with_names(grammar: &mut Command, words: &[String]) -> Reading {
    let mut reading = whole_reading(grammar, words);
    reading.check_names(
        &complete::current_snapshot().unwrap_or_default(),
        usize::MAX,
    );
    reading
}

fn asks_for_help(grammar: &Command, words: &[String]) -> bool {
    let walk = Walk::of(grammar, words.iter().map(String::as_str));
    let mut given = walk.given.iter();
    given.any(|given| given.argument.get_id() == "help")
}

/// A question for an argument.
#[derive(Debug)]
enum ArgumentQuestion {
    /// Which of these verbs.
    Verb {
        before: String,
        verbs: Vec<(String, String)>,
    },
    /// The value of an argument; its option stands there already.
    Value(Wanted),
    Argument(Wanted),
}

impl ArgumentQuestion {
    fn next(reading: &Reading) -> Option<ArgumentQuestion> {
        if reading.wants_verb {
            return Some(ArgumentQuestion::Verb {
                before: reading.verb.join(" "),
                verbs: reading.verbs.clone(),
            });
        }
        if let Some(here) = &reading.here {
            return Some(ArgumentQuestion::Value(here.clone()));
        }
        reading
            .missing
            .first()
            .cloned()
            .map(ArgumentQuestion::Argument)
    }

    /// Puts the question; returns the words with the answer, or nothing where there is none.
    fn ask_user(&self, shell: &mut Shell, words: &[String]) -> Option<Vec<String>> {
        let mut words = words.to_vec();
        match self {
            ArgumentQuestion::Verb { before, verbs } => {
                let mut report = Report::default();
                let row = |(name, about): &(String, String)| {
                    vec![Span::new(Role::Command, name), Span::from(about.as_str())]
                };
                report.table(verbs.iter().map(row).collect());
                shell.ui.report(&report);
                ask_one(shell, &words, before, None)
            }
            ArgumentQuestion::Value(wanted) => {
                let default = introduce(shell, wanted, &words);
                ask_one(shell, &words, &wanted.value, default.as_deref())
            }
            ArgumentQuestion::Argument(wanted) => {
                let option = wanted.option.clone();
                words.extend(option.clone());
                let default = introduce(shell, wanted, &words);
                let mut words = ask_one(shell, &words, &wanted.value, default.as_deref())?;
                // One that can be given several times: until nothing more is said.
                let label = format!("another {}, or Enter", wanted.value);
                let mut asking = wanted.many;
                while asking {
                    let mut again = words.clone();
                    again.extend(option.clone());
                    match answer(shell, &again, &label, None) {
                        TypedAnswer::Words(more) => words = more,
                        TypedAnswer::Nothing => asking = false,
                        TypedAnswer::Gone => return None,
                    }
                }
                Some(words)
            }
        }
    }
}

/// Says what is wanted, and what may be meant; returns the only thing that can be.
fn introduce(shell: &mut Shell, wanted: &Wanted, words: &[String]) -> Option<String> {
    let mut report = Report::default();
    report.line([
        Span::from("  "),
        Span::new(Role::Strong, wanted.shown()),
        Span::from(format!("  {}", hint::meaning(wanted))),
    ]);
    let mut words = words.to_vec();
    words.push(String::new());
    let mut known = complete::candidates(&mut shell.grammar, &words);
    known.retain(|known| !known.value.starts_with('-'));
    let row = |known: &Candidate| {
        vec![
            Span::new(Role::Command, format!("  {}", known.value)),
            Span::from(known.help.lines().next().unwrap_or_default()),
        ]
    };
    match known.len() {
        0 => {}
        1..=NAMES => {
            report.table(known.iter().map(row).collect());
        }
        many => {
            report.say(format!("    {many} names are known: Tab lists them"));
        }
    }
    shell.ui.report(&report);
    match known.as_slice() {
        [only] if !only.value.ends_with(['=', '/', ':']) => Some(only.value.clone()),
        _ => None,
    }
}

/// The answer that was typed.
enum TypedAnswer {
    /// The words, with it.
    Words(Vec<String>),
    /// Nothing, and Enter.
    Nothing,
    /// Ctrl-C, or the end of the input.
    Gone,
}

/// Asks until there is an answer that can be taken; none where who was asked leaves.
fn ask_one(
    shell: &mut Shell,
    words: &[String],
    label: &str,
    default: Option<&str>,
) -> Option<Vec<String>> {
    match answer(shell, words, label, default) {
        TypedAnswer::Words(words) => Some(words),
        TypedAnswer::Nothing | TypedAnswer::Gone => None,
    }
}

fn answer(shell: &mut Shell, words: &[String], label: &str, default: Option<&str>) -> TypedAnswer {
    let grammar = RefCell::new(grammar::grammar());
    let before = format!("{} ", shell_line(words));
    // As if it stood in the line.
    let completing = move |answer: &str, cursor: usize| {
        let whole = format!("{before}{}", &answer[..cursor]);
        let grammar = &mut grammar.borrow_mut();
        let (start, pairs) =
            tab::complete(grammar, &whole, whole.len(), editor_helper::terminal_room());
        (start.saturating_sub(before.len()), pairs)
    };
    let Ok(mut editor) = answers(Some(Box::new(completing))) else {
        return TypedAnswer::Gone;
    };
    let prompt = match default {
        Some(default) => format!("  {label} [{default}] › "),
        None => format!("  {label} › "),
    };
    loop {
        let typed = match editor.readline(&prompt) {
            Ok(typed) => typed,
            Err(error) if is_not_text(&error) => {
                shell.ui.not_text();
                continue;
            }
            // Ctrl-C, Ctrl-D, or the terminal went away.
            Err(_) => return TypedAnswer::Gone,
        };
        let given = match (typed.trim(), default) {
            ("", None) => return TypedAnswer::Nothing,
            ("", Some(default)) => vec![default.to_owned()],
            (typed, _) => match shlex::split(typed) {
                Some(given) => given,
                None => {
                    shell.ui.error("the quotes do not close");
                    continue;
                }
            },
        };
        let whole_line: Vec<String> = words.iter().cloned().chain(given).collect();
        match whole_with_names(&mut shell.grammar, &whole_line).wrong {
            None => return TypedAnswer::Words(whole_line),
            Some(wrong) => shell.ui.error(&wrong.to_string()),
        }
    }
}

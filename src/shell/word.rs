//! `?`: what the word under the cursor is, or what may stand there.
//!
//! Told above the prompt, and the line stays as it is. A `?` within quotes or a URL is a letter like
//! any other.

use super::hint;
use super::notices::Notices;
use super::reading::{Reading, Wanted, WordKind};
use crate::complete::{self, Snapshot};
use crate::grammar::{self, Walk};
use crate::report::{Report, Role, Span};
use crate::ui::Painter;
use crate::words::{is_unfinished, split_unfinished};
use clap::Command;
use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, RepeatCount};
use std::sync::{Arc, Mutex};

/// More live names than this are left to Tab.
const NAMES: usize = 12;

/// The answer to `?`.
pub struct Question {
    /// The grammar, once somebody has asked, and what puts text into colour.
    pub with: Mutex<(Option<Command>, Painter)>,
    /// Where the answer goes.
    pub notices: Arc<Mutex<Notices>>,
}

impl ConditionalEventHandler for Question {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext) -> Option<Cmd> {
        let before = context.line().get(..context.pos())?;
        let typed = split_unfinished(before);
        let in_value = typed.words.last().is_some_and(|word| word.contains("://"));
        if is_unfinished(before) || typed.in_comment || in_value {
            return None;
        }
        let mut with = self.with.lock().ok()?;
        let (grammar, paint) = &mut *with;
        let grammar = grammar.get_or_insert_with(grammar::grammar);
        let known = complete::current_snapshot().unwrap_or_default();
        let report = about_word(grammar, context.line(), context.pos(), &known);
        let text: String = report
            .lines
            .iter()
            .map(|line| {
                let spans = line.iter().map(|span| paint(span.role, &span.text));
                format!("{}\n", spans.collect::<String>())
            })
            .collect();
        self.notices.lock().ok()?.tell(text);
        Some(Cmd::Noop)
    }
}

/// Returns what is to be said of the word at the cursor.
pub fn about_word(grammar: &mut Command, line: &str, cursor: usize, known: &Snapshot) -> Report {
    let line = &line[..word_end(line, cursor)];
    let mut reading = Reading::read_line(grammar, line);
    reading.check_names(known, cursor);
    let mut report = Report::default();
    if reading.theirs {
        theirs(&reading, &mut report);
        return report;
    }
    if let Some(wrong) = &reading.wrong {
        report.line([
            Span::new(Role::Fail, "  ✗ "),
            Span::from(wrong.why.as_str()),
        ]);
        if let Some(meant) = &wrong.meant {
            report.line([
                Span::from("    did you mean "),
                Span::new(Role::Command, meant.as_str()),
                Span::from("?"),
            ]);
        }
        return report;
    }
    let kind = reading.words.last().map(|(_, kind)| *kind);
    match (&reading.typing, kind) {
        (Some(typed), Some(WordKind::Option)) => option(grammar, &reading, typed, &mut report),
        (Some(_), Some(WordKind::Value)) if reading.here.is_some() => {
            value(grammar, &reading, line, &mut report);
        }
        (Some(typed), Some(WordKind::Verb)) if !reading.verb.is_empty() || typed == "bascule" => {
            verb(grammar, &reading, &mut report);
        }
        (Some(typed), _) => beginnings(&reading, typed, &mut report),
        (None, _) => next(grammar, &reading, line, &mut report),
    }
    report
}

/// Returns where the word at the cursor ends.
fn word_end(line: &str, cursor: usize) -> usize {
    let before = line[..cursor].chars().next_back();
    if before.is_none_or(char::is_whitespace) {
        return cursor;
    }
    let rest = &line[cursor..];
    cursor + rest.find(char::is_whitespace).unwrap_or(rest.len())
}

fn theirs(reading: &Reading, report: &mut Report) {
    report.say("  a command of crmsh: it goes there as typed, is not planned and not written down");
    let words: Vec<&str> = reading.levels();
    report.line([
        Span::from("  what crmsh says of it: "),
        Span::new(
            Role::Command,
            format!("help {}", words.join(" ")).trim_end(),
        ),
    ]);
}

/// Tells of a verb: what it does, what it takes.
fn verb(tree: &Command, reading: &Reading, report: &mut Report) {
    let Some(at) = grammar::verb(tree, &reading.verb) else {
        return;
    };
    let about = at.get_about().map(ToString::to_string).unwrap_or_default();
    let name = reading.verb.join(" ");
    report.line([
        Span::from("  "),
        Span::new(
            Role::Strong,
            if name.is_empty() { "bascule" } else { &name },
        ),
        Span::from(format!("  {about}")),
    ]);
    if !reading.verbs.is_empty() {
        report.table(verbs(&reading.verbs));
        return;
    }
    arguments(reading.missing.iter(), Role::Strong, report);
    arguments(reading.open.iter(), Role::Plain, report);
    report.line([
        Span::from("  more: "),
        Span::new(Role::Command, format!("help {name}")),
    ]);
}

fn verbs(verbs: &[(String, String)]) -> Vec<Vec<Span>> {
    verbs
        .iter()
        .map(|(name, about)| vec![Span::new(Role::Command, name), Span::from(about.as_str())])
        .collect()
}

fn arguments<'a>(wanted: impl Iterator<Item = &'a Wanted>, role: Role, report: &mut Report) {
    let row = |wanted: &Wanted| {
        vec![
            Span::new(role, wanted.shown()),
            Span::from(hint::meaning(wanted)),
        ]
    };
    report.table(wanted.map(row).collect());
}

fn option(grammar: &Command, reading: &Reading, typed: &str, report: &mut Report) {
    let walk = Walk::of(grammar, reading.last.iter().map(String::as_str));
    let Some(option) = walk.last_option() else {
        beginnings(reading, typed, report);
        return;
    };
    let arg = option.argument;
    let wanted = Wanted::of(arg);
    arguments(std::iter::once(&wanted), Role::Strong, report);
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|value| value.get_name().to_owned())
        .collect();
    if !wanted.value.is_empty() && !values.is_empty() {
        report.say(format!("  one of {}", values.join(", ")));
    }
}

/// Tells of a value: whose it is, and what it names here.
fn value(grammar: &mut Command, reading: &Reading, line: &str, report: &mut Report) {
    let Some(here) = &reading.here else {
        return;
    };
    arguments(std::iter::once(here), Role::Strong, report);
    let words = split_unfinished(line).words;
    let typed = words.last().cloned().unwrap_or_default();
    let known = complete::candidates(grammar, &words);
    let fits: Vec<_> = match known.iter().find(|known| known.value == typed) {
        Some(exact) => vec![exact.clone()],
        None => known,
    };
    names(&fits, report);
}

/// Tells what begins like the word.
fn beginnings(reading: &Reading, typed: &str, report: &mut Report) {
    let fits: Vec<(String, String)> = reading
        .verbs
        .iter()
        .filter(|(name, _)| name.starts_with(typed))
        .cloned()
        .collect();
    report.table(verbs(&fits));
    let options = reading.open.iter().chain(&reading.missing);
    let fits = options.filter(|wanted| {
        let option = wanted.option.as_deref();
        typed.starts_with('-') && option.is_some_and(|option| option.starts_with(typed))
    });
    arguments(fits, Role::Plain, report);
    if report.lines.is_empty() {
        report.say("  nothing is known of that word: Tab lists what may stand here");
    }
}

/// Tells what may come next.
fn next(grammar: &mut Command, reading: &Reading, line: &str, report: &mut Report) {
    if !reading.verbs.is_empty() {
        report.table(verbs(&reading.verbs));
        return;
    }
    let here = reading.here.iter().filter(|here| here.option.is_some());
    let wanted: Vec<&Wanted> = here.chain(&reading.missing).collect();
    arguments(wanted.iter().copied(), Role::Strong, report);
    if wanted.is_empty() {
        arguments(reading.open.iter(), Role::Plain, report);
    } else {
        let found = complete::candidates(grammar, &split_unfinished(line).words);
        let words: Vec<_> = found
            .into_iter()
            .filter(|f| !f.value.starts_with('-'))
            .collect();
        names(&words, report);
    }
    if report.lines.is_empty() {
        report.say("  the line is whole: Enter runs it");
    }
}

fn names(found: &[complete::Candidate], report: &mut Report) {
    if found.is_empty() {
        return;
    }
    if found.len() > NAMES {
        report.say(format!("  {} names are known: Tab lists them", found.len()));
        return;
    }
    let row = |found: &complete::Candidate| {
        vec![
            Span::new(Role::Command, format!("  {}", found.value)),
            Span::from(found.help.lines().next().unwrap_or_default()),
        ]
    };
    report.table(found.iter().map(row).collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        at(line, line.len())
    }

    fn at(line: &str, cursor: usize) -> String {
        let report = about_word(
            &mut crate::grammar::grammar(),
            line,
            cursor,
            &Snapshot::default(),
        );
        let line = |spans: &Vec<Span>| spans.iter().map(|s| s.text.as_str()).collect::<String>();
        report
            .lines
            .iter()
            .map(|spans| line(spans) + "\n")
            .collect()
    }

    #[test]
    fn the_word_under_the_cursor_is_explained() {
        assert!(told("vip").contains("remove"), "{}", told("vip"));
        let add = told("vip add");
        assert!(
            add.contains("ADDRESS/PREFIX") && add.contains("--label LABEL"),
            "{add}"
        );
        assert!(add.contains("help vip add"), "{add}");
        assert_eq!(at("vip add 172.16.0.12/24", 5), add);
        assert!(told("vip add --label").starts_with("  --label LABEL  "));
        assert!(told("vip list -o").contains("one of human, sh, json"));
        assert!(told("cluster set maintenance-mode=").contains("NAME=VALUE"));
    }

    #[test]
    fn after_a_blank_it_tells_what_may_stand_there() {
        assert!(told("vip ").contains("remove"));
        assert!(told("web move ").contains("NODE"));
        assert!(told("explain ").contains("TOPIC"));
        assert!(told("vip add 172.16.0.12/24 ").contains("--name NAME"));
        assert!(told("").contains("cluster"));
    }

    #[test]
    fn a_wrong_word_is_told_and_crmsh_answers_for_itself() {
        assert!(told("vpi ").contains("there is no verb vpi"));
        assert!(told("configure primitive").contains("help configure primitive"));
    }
}

//! What is wrong, for people and for programs: the same in `status` and `db status`.

use crate::health::Problem;
use crate::plan::Hint;
use crate::report::{Report, Role, Span};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

/// How wide a text under a problem may be.
const WIDTH: usize = 92;

/// How wide a line with a command may be; what is longer goes below its purpose.
const COLUMNS: usize = 100;

/// How wide a purpose may be before the commands of others need not stand below its own.
const PURPOSE: usize = 60;

/// Tells a problem: what, why, and each way on.
pub fn tell(problem: &Problem, report: &mut Report) {
    let role = if problem.grave {
        Role::Fail
    } else {
        Role::Warn
    };
    report.say("");
    report.line([Span::new(role, "  ! "), Span::from(problem.what.as_str())]);
    for line in wrapped(&problem.cause, WIDTH) {
        report.line([Span::new(Role::Dim, format!("    {line}"))]);
    }
    let width = problem
        .next
        .iter()
        .map(|hint| hint.purpose.width())
        .filter(|width| *width <= PURPOSE)
        .max()
        .unwrap_or(0);
    for Hint { purpose, command } in &problem.next {
        if 8 + width.max(purpose.width()) + command.width() <= COLUMNS {
            report.line([
                Span::from(format!("      {purpose:<width$}  ")),
                Span::new(Role::Command, command.as_str()),
            ]);
        } else {
            report.say(format!("      {purpose}"));
            report.line([
                Span::from("          "),
                Span::new(Role::Command, command.as_str()),
            ]);
        }
    }
}

/// Returns problems for programs.
pub fn json(problems: &[Problem]) -> Vec<Value> {
    problems
        .iter()
        .map(|problem| {
            let next: Vec<Value> = problem
                .next
                .iter()
                .map(|hint| json!({ "purpose": hint.purpose, "command": hint.command }))
                .collect();
            json!({
                "grave": problem.grave,
                "what": problem.what,
                "cause": problem.cause,
                "next": next,
            })
        })
        .collect()
}

/// Breaks a text into lines between its words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        // A number keeps its unit.
        let unit = word.trim_end_matches([',', '.', ':', ')']);
        match words.last_mut() {
            Some(last) if unit == "s" && last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cause_is_broken_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("every 10 s.", 8), ["every", "10 s."]);
        assert_eq!(wrapped("", 7), Vec::<String>::new());
        assert_eq!(wrapped("extraordinary", 7), ["extraordinary"]);
    }
}

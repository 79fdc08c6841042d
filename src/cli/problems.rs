//! What is wrong, for people and for programs: the same in `status` and `db status`.

use crate::health::Problem;
use crate::plan::Hint;
use crate::report::{Report, Role, Span};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

/// How wide a text under a problem may be.
const WIDTH: usize = 92;

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
        .max()
        .unwrap_or(0);
    for Hint { purpose, command } in &problem.next {
        report.line([
            Span::from(format!("      {purpose:<width$}  ")),
            Span::new(Role::Command, command.as_str()),
        ]);
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
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
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
        assert_eq!(wrapped("", 7), Vec::<String>::new());
        assert_eq!(wrapped("extraordinary", 7), ["extraordinary"]);
    }
}

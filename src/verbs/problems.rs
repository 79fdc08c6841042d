//! What is wrong, for people: the same in `status` and `db status`.

use crate::health::Problem;
use crate::plan::Hint;
use crate::report::{Prose, Report, Role, Span};
use unicode_width::UnicodeWidthStr;

/// The text under a problem.
const CAUSE: Prose = Prose {
    columns: 96,
    hang: 4,
};

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
    if !problem.cause.is_empty() {
        report.prose(
            CAUSE,
            [Span::new(Role::Dim, format!("    {}", problem.cause))],
        );
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

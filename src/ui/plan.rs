//! A plan on the screen.

use super::{Role, Ui};
use crate::plan::{self, Check, Finding, Plan, Step, Undo, step_lines, title};
use crate::wording;
use unicode_width::UnicodeWidthStr;

/// Where a check's note stands, unless its text is longer.
const NOTE_COLUMN: usize = 66;

impl Ui {
    /// Shows a whole plan: what will be true, the checks, the steps, what cannot be taken back.
    pub fn plan(&mut self, plan: &Plan) {
        let headline = self.paint(Role::Strong, &plan.headline);
        self.line("");
        self.prose(&format!("  {headline}"));
        self.line("");
        self.checks(&plan.checks);
        self.steps(plan, false);
    }

    /// Shows checks, one line each.
    pub fn checks(&mut self, checks: &[Check]) {
        for check in checks {
            let mark = match check.finding {
                Finding::Ok => self.paint(Role::Ok, "✓"),
                Finding::Warning => self.paint(Role::Warn, "!"),
                Finding::Pending(_) => self.paint(Role::Dim, "…"),
            };
            let mut line = format!("  {mark} {}", check.text);
            if let Some(note) = &check.note {
                let gap = NOTE_COLUMN.saturating_sub(check.text.width()).max(2);
                line += &format!("{}{}", " ".repeat(gap), self.paint(Role::Dim, note));
            }
            self.prose(&line);
        }
        if !checks.is_empty() {
            self.line("");
        }
    }

    /// Shows the steps with their commands; `full` shows every line of files and patches.
    pub fn steps(&mut self, plan: &Plan, full: bool) {
        let mut in_full = None;
        for (at, step) in plan.steps.iter().enumerate() {
            if at > 0 && plan.no_return == Some(at) {
                let text = "     ── the point of no return: from here on nothing is taken back by itself ──";
                let text = self.paint(Role::Warn, text);
                self.line(&text);
            }
            for (row, line) in step_lines(step, full).iter().enumerate() {
                in_full = in_full.or_else(|| plan::in_full(line));
                let text = self.paint_step_line(step, row, line);
                if row == 0 {
                    self.line(&format!("  {:<2} {text}", at + 1));
                } else {
                    self.line(&format!("     {text}"));
                }
            }
            let why = self.paint(Role::Dim, &step.why);
            self.prose(&format!("     {why}"));
        }
        self.line("");
        if let Some(told) = in_full {
            self.line(&format!("  {told}"));
        }
        for secret in &plan.secrets {
            self.prose(&format!("  {}", secret.sentence()));
        }
        if let Some(point) = plan.no_return {
            let until = if point < plan.steps.len() {
                format!("a step before step {}", point + 1)
            } else {
                "a step".to_owned()
            };
            self.prose(&format!(
                "  should {until} fail, all that was done is taken back at once"
            ));
        }
        if let Some(words) = &plan.turned_back_by {
            let undo = self.command(&format!("bascule {words}"));
            let from = match plan.no_return {
                Some(_) => "from there on undo is",
                None => "undo is",
            };
            let then = match words.starts_with("db ") {
                true => "what was written since stays",
                false => "planned anew, on what is there then",
            };
            self.prose(&format!("  {from} {undo}: {then}"));
        }
        if !plan.secrets.is_empty() || plan.no_return.is_some() || plan.turned_back_by.is_some() {
            self.line("");
        }
        for chunk in plan.irreversible().chunk_by(|one, next| one.1 == next.1) {
            let mark = self.paint(Role::Warn, "!");
            let numbers: Vec<String> = chunk.iter().map(|(at, _)| (at + 1).to_string()).collect();
            let steps = if numbers.len() == 1 { "step" } else { "steps" };
            self.prose(&format!(
                "  {mark} {steps} {} cannot be taken back: {}",
                wording::list(&numbers),
                chunk[0].1
            ));
        }
        if let Some(blocked) = &plan.blocked {
            let mark = self.paint(Role::Warn, "!");
            self.prose(&format!("  {mark} this cannot be run now: {}", blocked.why));
            self.line("");
        }
        if let Some(danger) = &plan.danger {
            let mark = self.paint(Role::Warn, "!");
            self.prose(&format!("  {mark} {}", danger.what));
            self.line("");
        }
    }

    fn paint_step_line(&self, step: &Step, row: usize, line: &str) -> String {
        let is_file = matches!(step.action, crate::plan::Action::File { .. });
        match line.trim_start().chars().next() {
            Some('+') if is_file && row > 0 => self.paint(Role::Ok, line),
            Some('-') if is_file && row > 0 => self.paint(Role::Fail, line),
            _ => self.paint(Role::Command, line),
        }
    }
}

/// Returns what each step is for, how it is proved and how it is taken back.
pub fn explain_steps(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        lines.push(format!("  {}  {}", at + 1, step.why));
        if let Some(host) = &step.host {
            lines.push(format!(
                "     runs on {host}, through ssh as root, without a password"
            ));
        }
        for verify in &step.verify {
            lines.push(format!(
                "     proved by: {} (waited for up to {} s)",
                verify.sentence(),
                step.deadline
            ));
        }
        lines.push(format!("     taken back by: {}", undo_text(&step.undo)));
    }
    for check in &plan.checks {
        if let Some(topic) = check
            .note
            .as_deref()
            .and_then(|note| note.strip_prefix("explain "))
        {
            lines.push(format!("  more about “{}”: explain {topic}", check.text));
        }
    }
    lines
}

fn undo_text(undo: &Undo) -> String {
    match undo {
        Undo::Nothing => "nothing to take back".to_owned(),
        Undo::Files { paths } => {
            let paths: Vec<String> = paths
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            format!(
                "{} as before, byte for byte, with mode and owner",
                paths.join(", ")
            )
        }
        Undo::Cib { touches } => {
            format!(
                "the configuration of {} as before, in the same place",
                touches.join(", ")
            )
        }
        Undo::Steps { steps } => steps.iter().map(title).collect::<Vec<_>>().join("; "),
        Undo::Impossible { reason } => format!("nothing: {reason}"),
    }
}

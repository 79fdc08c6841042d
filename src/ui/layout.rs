//! A report on so many columns.

use super::{Role, Span, Ui};
use crate::report::{Prose, Report, wrap};
use unicode_width::UnicodeWidthStr;

impl Ui {
    /// Returns for each line of a report the lines that it takes on a screen of so many columns: commands as
    /// they are typed where we are, and prose broken between words.
    pub fn laid_out(&self, report: &Report, terminal: Option<usize>) -> Vec<Vec<Vec<Span>>> {
        let mut lines = Vec::new();
        for (at, line) in report.lines.iter().enumerate() {
            let typed = line.iter().map(|span| match span.role {
                Role::Command => Span::new(span.role, self.as_typed(&span.text)),
                _ => span.clone(),
            });
            let line: Vec<Span> = typed.collect();
            let commands = line.iter().any(|span| span.role == Role::Command);
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            let prose = match (report.prose_at(at), terminal.filter(|_| !commands)) {
                (Some(prose), Some(terminal)) => Some(Prose {
                    columns: prose.columns.min(terminal),
                    ..prose
                }),
                (prose, terminal) => {
                    prose.or(terminal.map(|columns| wrap::prose_of(&text, columns)))
                }
            };
            lines.push(match prose {
                Some(prose) => wrapped(&line, &wrap::wrap(&text, prose)),
                None => match terminal.filter(|columns| text.width() > *columns) {
                    Some(_) => command_below(line),
                    None => vec![line],
                },
            });
        }
        lines
    }
}

/// Returns a purpose and its command on lines of their own.
fn command_below(mut line: Vec<Span>) -> Vec<Vec<Span>> {
    let apart = |span: &Span| span.role != Role::Command && span.text.ends_with("  ");
    match line.as_slice() {
        [purpose, command] if apart(purpose) && command.role == Role::Command => {}
        _ => return vec![line],
    }
    let command = line.split_off(1);
    let purpose = line[0].text.trim_end().to_owned();
    let deeper = purpose.len() - purpose.trim_start().len() + 4;
    line[0].text = purpose;
    let below = [vec![Span::from(" ".repeat(deeper))], command].concat();
    vec![line, below]
}

/// Returns a line's pieces on the lines that its text was broken into: the same signs, but for the blanks at
/// the breaks and before what follows.
fn wrapped(line: &[Span], broken: &[String]) -> Vec<Vec<Span>> {
    let mut signs = line
        .iter()
        .flat_map(|span| span.text.chars().map(|sign| (span.role, sign)))
        .peekable();
    let mut lines = Vec::new();
    for (at, text) in broken.iter().enumerate() {
        let mut pieces: Vec<Span> = Vec::new();
        let mut put = |role: Role, sign: char| match pieces.last_mut() {
            Some(piece) if piece.role == role => piece.text.push(sign),
            _ => pieces.push(Span::new(role, sign)),
        };
        let words = match at {
            0 => text.as_str(),
            _ => text.trim_start_matches(' '),
        };
        if at > 0 {
            for _ in words.len()..text.len() {
                put(Role::Plain, ' ');
            }
            while signs.next_if(|(_, sign)| *sign == ' ').is_some() {}
        }
        for sign in words.chars() {
            let role = signs.next().map_or(Role::Plain, |(role, _)| role);
            put(role, sign);
        }
        lines.push(pieces);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::ColorChoice;

    #[test]
    fn each_line_of_a_paragraph_has_its_own_colours() {
        let ui = Ui::new(ColorChoice::Always);
        let mut report = Report::default();
        report.line([
            Span::new(Role::Fail, "  ! "),
            Span::from("serv2 is offline, "),
            Span::new(Role::Dim, "and nobody knows why"),
        ]);
        let lines = ui.laid_out(&report, Some(24)).remove(0);
        let texts: Vec<String> = lines
            .iter()
            .map(|line| line.iter().map(|span| span.text.as_str()).collect())
            .collect();
        assert_eq!(texts, ["  ! serv2 is offline,", "    and nobody knows why"]);
        assert_eq!(
            ui.painted(&lines[1]),
            "    \u{1b}[2mand nobody knows why\u{1b}[0m"
        );
    }

    #[test]
    fn commands_are_not_broken_and_are_as_they_are_typed_here() {
        let mut ui = Ui::new(ColorChoice::Never);
        ui.enter_shell();
        let mut report = Report::default();
        report.line([
            Span::from("    to have it back  "),
            Span::new(Role::Command, "bascule node online serv1"),
        ]);
        let lines = ui.laid_out(&report, Some(40)).remove(0);
        assert_eq!(
            ui.painted(&lines[0]),
            "    to have it back  node online serv1"
        );
        assert_eq!(lines.len(), 1);
        // A command that would be cut stands below its purpose.
        let mut report = Report::default();
        report.line([
            Span::from("      to use it  "),
            Span::new(Role::Command, "bascule node online serv1"),
        ]);
        let lines = ui.laid_out(&report, Some(30)).remove(0);
        assert_eq!(ui.painted(&lines[0]), "      to use it");
        assert_eq!(ui.painted(&lines[1]), "          node online serv1");
    }
}

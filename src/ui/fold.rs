//! Prose on a narrow terminal: broken between words, never in one. Commands are left whole, since they
//! are copied.

use crate::report::Span;
use unicode_width::UnicodeWidthStr;

/// Breaks a line of prose between its words; what goes on stands below where it began.
pub fn fold(text: &str, columns: usize) -> String {
    let lines: Vec<String> = text.lines().map(|line| fold_line(line, columns)).collect();
    lines.join("\n")
}

fn fold_line(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    // Where the indent leaves no room, there is none.
    let indent = if indent * 2 < columns { indent } else { 0 };
    let mut folded = " ".repeat(indent);
    let mut width = indent;
    let mut empty = true;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        if !empty && width + 1 + word.width() > columns {
            folded.push('\n');
            folded.push_str(&" ".repeat(indent));
            width = indent;
            empty = true;
        }
        if !empty {
            folded.push(' ');
            width += 1;
        }
        folded.push_str(word);
        width += word.width();
        empty = false;
    }
    folded
}

/// Breaks a line of spans between words; each piece keeps its role.
pub fn fold_spans(line: &[Span], columns: usize) -> Vec<Vec<Span>> {
    let whole: usize = line.iter().map(|span| span.text.width()).sum();
    if whole <= columns {
        return vec![line.to_vec()];
    }
    let first = line.first().map_or("", |span| span.text.as_str());
    let indent = first.len() - first.trim_start_matches(' ').len();
    let indent = if indent * 2 < columns { indent } else { 0 };
    let mut lines: Vec<Vec<Span>> = vec![Vec::new()];
    let mut width = 0;
    for span in line {
        let mut text = String::new();
        // Blanks stay where they are, as far as something stands behind them.
        for piece in span.text.split_inclusive(' ') {
            let word = piece.trim_end_matches(' ');
            if width + word.width() > columns && width > indent && !word.is_empty() {
                if let Some(last) = lines.last_mut() {
                    last.push(Span::new(span.role, std::mem::take(&mut text)));
                }
                lines.push(vec![Span::from(" ".repeat(indent))]);
                width = indent;
            }
            text.push_str(piece);
            width += piece.width();
        }
        if let Some(last) = lines.last_mut() {
            last.push(Span::new(span.role, text));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Role;

    #[test]
    fn a_narrow_terminal_breaks_no_word() {
        let text = "  ! serv2 replicates from serv1, and both threads are stopped";
        let folded = fold(text, 40);
        assert_eq!(
            folded,
            "  ! serv2 replicates from serv1, and\n  both threads are stopped"
        );
        assert_eq!(fold("short", 40), "short");
        // A word that fits nowhere is left to the terminal.
        assert_eq!(fold("abcdefghij", 4), "abcdefghij");
    }

    #[test]
    fn spans_are_broken_between_words_and_keep_their_roles() {
        let line = [
            Span::new(Role::Fail, "  ! "),
            Span::from("one two three four five six seven eight nine"),
        ];
        let lines = fold_spans(&line, 20);
        let texts: Vec<String> = lines
            .iter()
            .map(|line| line.iter().map(|span| span.text.as_str()).collect())
            .collect();
        assert_eq!(
            texts,
            [
                "  ! one two three ",
                "  four five six ",
                "  seven eight nine"
            ]
        );
        assert_eq!(lines[0][0].role, Role::Fail);
    }
}

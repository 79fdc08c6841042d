//! One frame: all that stands on the screen, as a function of what is known and of the window's size.

use crate::report::{Role, Span};
use crate::wording::cut;
use unicode_width::UnicodeWidthStr;

/// A line, in pieces.
pub type Line = Vec<Span>;

/// The sign of what has changed of late.
const CHANGED: &str = "»";

/// How many events keep their place where not all fits.
const EVENTS: usize = 3;

/// A line of a report, on as many lines of the screen as it takes.
#[derive(Debug, Clone)]
pub struct Row {
    pub lines: Vec<Line>,
    /// It has changed of late.
    pub fresh: bool,
}

/// What is shown.
#[derive(Debug)]
pub struct Picture {
    pub heading: Line,
    pub rows: Vec<Row>,
    /// What happened, the newest last.
    pub events: Vec<Row>,
}

/// Returns the frame for a window of so many rows and columns.
///
/// Where not all fits, the newest events stay, and of the rest what is gravest; how much is missing is said.
pub fn frame(picture: &Picture, height: usize, columns: usize) -> Vec<Line> {
    let mut lines = vec![picture.heading.clone()];
    let room = height.saturating_sub(1);
    let body = lines_of(&picture.rows);
    let events = picture.events.iter().flat_map(marked).collect::<Vec<_>>();
    // With the blank line before them.
    let least = match (events.len().min(EVENTS) + 1).min(room / 3) {
        0 | 1 => 0,
        least => least,
    };
    let body = fit(body, room - least);
    let left = room - body.len();
    lines.extend(body);
    if left > 1 && !events.is_empty() {
        lines.push(Line::new());
        let older = events.len().saturating_sub(left - 1);
        lines.extend(events.into_iter().skip(older));
    }
    lines.truncate(height);
    lines
        .into_iter()
        .map(|line| cut_line(line, columns))
        .collect()
}

/// A line of the body, and how little it matters: 0 is never left out as long as there is room.
struct Weighed {
    line: Line,
    rank: usize,
}

/// How little a line without a word of its own matters.
const BLANK: usize = 9;

/// Returns the lines of a report with their weights.
fn lines_of(rows: &[Row]) -> Vec<Weighed> {
    let has = |row: &Row, role: Role| {
        let mut spans = row.lines.iter().flatten();
        spans.any(|span| span.role == role && !span.text.trim().is_empty())
    };
    let blank = |row: &Row| {
        !row.lines
            .iter()
            .flatten()
            .any(|span| !span.text.trim().is_empty())
    };
    let shown = rows.iter().skip_while(|row| blank(row));
    let mut weighed = Vec::new();
    // The first block is the cluster; each of the others something that is wrong, and its heading tells how bad.
    let (mut block, mut begins, mut grave) = (0, true, false);
    for row in shown {
        let rank = match () {
            () if blank(row) => BLANK,
            () if begins && block == 0 => 0,
            () if begins || block == 0 => match (has(row, Role::Fail), has(row, Role::Warn)) {
                (true, _) => 1,
                (_, true) => 3,
                _ => 4,
            },
            () if has(row, Role::Command) => {
                if grave {
                    2
                } else {
                    5
                }
            }
            () if has(row, Role::Dim) => 7,
            () => {
                if grave {
                    2
                } else {
                    6
                }
            }
        };
        if blank(row) {
            block += 1;
            begins = true;
        } else {
            if begins {
                grave = has(row, Role::Fail);
            }
            begins = false;
        }
        weighed.extend(marked(row).map(|line| Weighed { line, rank }));
    }
    while weighed.last().is_some_and(|last| last.rank == BLANK) {
        weighed.pop();
    }
    // Apart from the heading.
    if !weighed.is_empty() {
        let line = Line::new();
        weighed.insert(0, Weighed { line, rank: BLANK });
    }
    weighed
}

/// Returns as many lines as there is room for, those that matter most.
fn fit(lines: Vec<Weighed>, room: usize) -> Vec<Line> {
    let told = lines.iter().filter(|line| line.rank < BLANK).count();
    if lines.len() <= room {
        return lines.into_iter().map(|line| line.line).collect();
    }
    // Blank lines go first; they are no loss that is counted.
    if told <= room {
        let mut blanks = room - told;
        let kept = lines.into_iter().filter(|line| {
            let blank = line.rank == BLANK;
            let keep = !blank || blanks > 0;
            blanks -= usize::from(blank && keep);
            keep
        });
        return kept.map(|line| line.line).collect();
    }
    let mut by_rank: Vec<(usize, usize)> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.rank < BLANK)
        .map(|(at, line)| (line.rank, at))
        .collect();
    by_rank.sort_unstable();
    by_rank.truncate(room.saturating_sub(1));
    let mut kept: Vec<usize> = by_rank.into_iter().map(|(_, at)| at).collect();
    kept.sort_unstable();
    let missing = told - kept.len();
    let mut lines: Vec<Option<Line>> = lines.into_iter().map(|line| Some(line.line)).collect();
    let mut shown: Vec<Line> = kept.into_iter().filter_map(|at| lines[at].take()).collect();
    if room > 0 {
        let text = format!("  … {missing} more lines in a larger window");
        shown.push(vec![Span::new(Role::Dim, text)]);
    }
    shown
}

/// Returns the lines of a row, with the sign where it has changed.
fn marked(row: &Row) -> impl Iterator<Item = Line> + '_ {
    row.lines.iter().map(|line| {
        let mut line = line.clone();
        if row.fresh
            && let Some(first) = line.first_mut()
            && let Some(rest) = first.text.strip_prefix(' ')
        {
            first.text = rest.to_owned();
            line.insert(0, Span::new(Role::Strong, CHANGED));
        }
        line
    })
}

/// Returns the line, cut where the window ends.
fn cut_line(line: Line, columns: usize) -> Line {
    let mut left = columns;
    let mut shown = Line::new();
    let whole: usize = line.iter().map(|span| span.text.width()).sum();
    if whole <= columns {
        return line;
    }
    for span in line {
        let width = span.text.width();
        if width < left {
            left -= width;
            shown.push(span);
            continue;
        }
        // The sign of the cut takes a column of its own.
        let text = match width == left {
            true => cut(&format!("{} ", span.text), left),
            false => cut(&span.text, left),
        };
        shown.push(Span::new(span.role, text));
        break;
    }
    shown
}

#[cfg(test)]
mod tests;

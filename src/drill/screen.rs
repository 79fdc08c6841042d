//! What a drill came to, on one screen.

use super::result::{AskedTarget, DrillResult, HeldAddress, Judgement};
use crate::client::Way;
use crate::report::{Report, Role, Span};
use unicode_width::UnicodeWidthStr;

/// How many blocks a line of time has.
const BLOCKS: usize = 36;

/// How long before the strike a line of time begins, in seconds.
const LEAD: f64 = 1.0;

const UP: &str = "▇";
const DOWN: &str = "▁";

/// The time that the lines show.
struct Window {
    from: f64,
    to: f64,
}

impl Window {
    fn of(result: &DrillResult) -> Window {
        let ends = result.asked.iter().flat_map(|asked| &asked.gaps);
        let last = ends
            .map(|gap| gap.to.unwrap_or(result.ended))
            .fold(result.struck, f64::max);
        let moved = result.held.iter().flat_map(|held| &held.times);
        // What is still held at the end did not end.
        let moved = moved.flat_map(|time| [time.from, time.to]);
        let moved = moved.filter(|at| *at < result.ended - LEAD);
        let last = moved.fold(last, f64::max);
        let from = (result.struck - LEAD).max(result.begun);
        let to = (last + LEAD)
            .max(from + 5.0)
            .min(result.ended.max(from + 1.0));
        Window { from, to }
    }

    /// Returns the beginning and the end of a block.
    fn block(&self, number: usize) -> (f64, f64) {
        let width = (self.to - self.from) / BLOCKS as f64;
        let from = self.from + width * number as f64;
        (from, from + width)
    }

    fn blocks(&self, is_up: impl Fn(f64, f64) -> bool, down: &str) -> String {
        let blocks = (0..BLOCKS).map(|number| {
            let (from, to) = self.block(number);
            if is_up(from, to) { UP } else { down }
        });
        blocks.collect()
    }
}

/// Returns what a drill came to.
pub fn report(result: &DrillResult) -> Report {
    let mut report = Report::default();
    report.say("");
    tell(result, &mut report);
    report.say("");
    report
}

/// Adds what a drill came to.
pub fn tell(result: &DrillResult, report: &mut Report) {
    let window = Window::of(result);
    let head = format!("drill {}", result.drill);
    let expected = format!("expected {}", result.expected.words());
    let gap = 72_usize
        .saturating_sub(head.width() + expected.width())
        .max(2);
    report.line([
        Span::from("  "),
        Span::new(Role::Strong, head),
        Span::from(" ".repeat(gap)),
        Span::new(Role::Dim, expected),
    ]);
    report.say("");
    let names: Vec<String> = result.asked.iter().map(name).collect();
    let holder = |held: &HeldAddress, node: &str| format!("{} on {node}", held.address);
    let held: Vec<(String, &HeldAddress, &str)> = result
        .held
        .iter()
        .flat_map(|held| {
            nodes(held)
                .into_iter()
                .map(move |node| (holder(held, node), held, node))
        })
        .collect();
    let all = names.iter().chain(held.iter().map(|(name, ..)| name));
    let width = all.map(|name| name.width()).max().unwrap_or(0);
    for (asked, name) in result.asked.iter().zip(&names) {
        let gone = |from: f64, to: f64| {
            let mut gaps = asked.gaps.iter();
            gaps.any(|gap| gap.from < to && gap.to.unwrap_or(result.ended) > from)
        };
        let blocks = window.blocks(|from, to| !gone(from, to), DOWN);
        let (role, seconds) = figure(asked);
        report.line([
            Span::from(format!("  {name:<width$}  ")),
            Span::from(blocks),
            Span::from("  "),
            Span::new(role, seconds),
            Span::new(
                Role::Dim,
                format!(
                    "  {} of {} without an answer",
                    asked.failed, asked.questions
                ),
            ),
        ]);
    }
    for (name, held, node) in &held {
        let has = |from: f64, to: f64| {
            let mut own = held.times.iter().filter(|time| time.node == *node);
            own.any(|time| time.from < to && time.to > from)
        };
        report.line([
            Span::from(format!("  {name:<width$}  ")),
            Span::new(Role::Dim, window.blocks(has, " ").trim_end().to_owned()),
        ]);
    }
    report.line([Span::new(
        Role::Dim,
        format!("  {:width$}  {}", "", scale(&window, result.struck)),
    )]);
    report.say("");
    for cause in &result.causes {
        report.line([
            Span::new(
                Role::Dim,
                format!("  {:>7.2} s  ", cause.at - result.struck),
            ),
            Span::from(cause.what.as_str()),
        ]);
    }
    if !result.causes.is_empty() {
        report.say("");
    }
    judged(result, report);
}

fn name(asked: &AskedTarget) -> String {
    match asked.way {
        Way::New => asked.target.clone(),
        Way::Held => "  over a held connection".to_owned(),
    }
}

fn nodes(held: &HeldAddress) -> Vec<&str> {
    let mut nodes: Vec<&str> = Vec::new();
    for time in &held.times {
        if !nodes.contains(&time.node.as_str()) {
            nodes.push(&time.node);
        }
    }
    nodes
}

fn figure(asked: &AskedTarget) -> (Role, String) {
    match asked.gaps.as_slice() {
        [] => (Role::Ok, " 0.00 s".to_owned()),
        gaps if gaps.iter().any(|gap| gap.to.is_none()) => (Role::Fail, "not back".to_owned()),
        _ => (Role::Plain, format!("{:>5.2} s", asked.seconds)),
    }
}

/// Returns the line below: where it struck, and where it ends.
fn scale(window: &Window, struck: f64) -> String {
    let at = (0..BLOCKS)
        .find(|number| window.block(*number).1 > struck)
        .unwrap_or(0);
    let end = format!("{:.0} s", window.to - struck);
    let gap = BLOCKS.saturating_sub(at + 3 + end.len());
    format!("{}0 s{}{end}", " ".repeat(at), " ".repeat(gap))
}

/// Says how it stands to what was foreseen, and to the time before.
fn judged(result: &DrillResult, report: &mut Report) {
    let overlap = result.overlap();
    let (role, mark, mut text) = match result.judgement {
        Judgement::AsExpected => (Role::Ok, "✓", "as expected".to_owned()),
        Judgement::Shorter => (Role::Ok, "✓", "shorter than expected".to_owned()),
        Judgement::Longer => (
            Role::Warn,
            "!",
            format!(
                "longer than expected: {:.2} s, and {} were foreseen ({})",
                result.seconds(),
                result.expected.words(),
                result.expected.because
            ),
        ),
        Judgement::NotBack => (
            Role::Fail,
            "✗",
            "what was asked did not answer again".to_owned(),
        ),
        Judgement::RowsLost => (
            Role::Fail,
            "✗",
            "rows are not as their writer was told".to_owned(),
        ),
        Judgement::TwoHolders => (
            Role::Fail,
            "✗",
            format!(
                "two nodes had the address at once for {overlap:.2} s: however short the outage, this is a failure"
            ),
        ),
    };
    if result.judgement != Judgement::TwoHolders && !result.held.is_empty() {
        text += "; no two nodes had the address at once";
    }
    if let Some(before) = &result.before {
        text += &format!(
            "; last time (operation {}): {:.2} s",
            before.operation, before.seconds
        );
    }
    report.line([Span::new(role, format!("  {mark} ")), Span::from(text)]);
    if let Some(rows) = &result.rows {
        let (well, text) = rows.sentence();
        let (role, mark) = if well {
            (Role::Ok, "✓")
        } else {
            (Role::Fail, "✗")
        };
        report.line([Span::new(role, format!("  {mark} ")), Span::from(text)]);
    }
    if !result.outside {
        report.line([
            Span::new(Role::Dim, "    "),
            Span::new(
                Role::Dim,
                format!("as seen from {}, a node: not a router's or a switch's late knowledge of the move (--from HOST)", result.from),
            ),
        ]);
    }
}

use super::*;
use crate::facts::Facts;
use crate::report::Report;
use crate::trial::{RELEASES, facts};
use crate::ui::{ColorChoice, Ui};
use crate::verb::Look;
use crate::verbs::status::Screen;
use crate::watching::marks::{FRESH, Marks};
use std::time::{Duration, Instant};

fn report(facts: &Facts) -> Report {
    Screen::default().report(facts).unwrap()
}

/// Returns what a node of two said in a state.
fn pair(release: &str, state: &str) -> Facts {
    let mut facts = facts(release, state);
    let with_conf = crate::trial::facts(release, "cold-start");
    facts.files = with_conf.files;
    facts
}

fn plain(text: &str) -> Line {
    vec![Span::from(text)]
}

/// Returns the frame of a second reading, so long after it, as it is read.
fn shown(
    first: &Facts,
    second: &Facts,
    later: Duration,
    (height, columns): (usize, usize),
) -> String {
    let ui = Ui::new(ColorChoice::Never);
    let (mut marks, now) = (Marks::default(), Instant::now());
    marks.fresh(&report(first).lines, true, now);
    let report = report(second);
    marks.fresh(&report.lines, true, now);
    let fresh = marks.fresh(&report.lines, true, now + later);
    let lines = ui.laid_out(&report, Some(columns)).into_iter();
    let rows = lines.zip(fresh).map(|(lines, fresh)| Row { lines, fresh });
    let event = |text: &str| Row {
        lines: vec![plain(text)],
        fresh: later < FRESH,
    };
    let picture = Picture {
        heading: plain("  serv1  03:12:07"),
        rows: rows.collect(),
        events: vec![
            event("  03:12:01 · one"),
            event("  03:12:02 · two"),
            event("  03:12:03 · three"),
            event("  03:12:06 · serv2 is in standby"),
        ],
    };
    let frame = frame(&picture, height, columns);
    assert!(frame.len() <= height, "{frame:?}");
    let lines = frame.iter().map(|line| {
        let text: String = line.iter().map(|span| span.text.as_str()).collect();
        assert!(text.width() <= columns, "{text}");
        text
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_has_changed_is_marked_for_a_while() {
    for release in RELEASES {
        let (before, now) = (pair(release, "grouped"), pair(release, "standby"));
        let text = shown(&before, &now, Duration::ZERO, (30, 100));
        let marked = |text: &str| {
            let lines = text.lines().filter(|line| line.starts_with('»'));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let changed = marked(&text);
        assert!(changed[0].starts_with("» ◐ serv2"), "{release}:\n{text}");
        assert!(text.contains("\n» ! serv2 is in standby"), "{text}");
        assert!(
            text.contains("\n»     to use it again  bascule node online serv2"),
            "{text}"
        );
        assert!(
            text.ends_with("\n» 03:12:06 · serv2 is in standby"),
            "{text}"
        );
        assert!(text.contains("\n  cluster_web  quorum 2 of 2"), "{text}");
        let later = shown(&before, &now, FRESH, (30, 100));
        assert_eq!(marked(&later), Vec::<String>::new());
        assert_eq!(later, text.replace('»', " "));
    }
}

#[test]
fn what_was_not_read_at_the_beginning_is_no_change() {
    let (mut marks, now) = (Marks::default(), Instant::now());
    let lines = |text: &[&str]| text.iter().map(|text| plain(text)).collect::<Vec<_>>();
    let mut fresh = |text: &[&str], whole| marks.fresh(&lines(text), whole, now);
    assert_eq!(fresh(&["a"], false), [false]);
    assert_eq!(fresh(&["a", "b"], false), [false, false]);
    assert_eq!(fresh(&["a", "b", "c"], true), [false, false, false]);
    assert_eq!(fresh(&["a", "c", "d"], true), [false, false, true]);
    // It was away.
    assert_eq!(fresh(&["a", "b"], true), [false, true]);
}

/// Returns the facts of a cluster whose other node is lost, as `crm_mon` saw it, and with much more
/// to say than has room.
fn lost(release: &str) -> Facts {
    let mut facts = pair(release, "grouped");
    let monitor = facts.monitor.as_mut().unwrap();
    monitor.nodes[1].online = false;
    facts
}

#[test]
fn the_gravest_stays_in_a_window_that_is_too_small() {
    for release in RELEASES {
        let (before, now) = (pair(release, "grouped"), lost(release));
        for height in 7..14 {
            let text = shown(&before, &now, FRESH, (height, 100));
            assert!(text.contains("○ serv2"), "{height}:\n{text}");
            assert!(text.contains("! serv2 is offline"), "{height}:\n{text}");
            assert!(text.ends_with("serv2 is in standby"), "{height}:\n{text}");
        }
        let text = shown(&before, &now, FRESH, (9, 100));
        assert!(text.contains("more lines in a larger window"), "{text}");
        // Whatever its size, it is one frame.
        for height in 0..40 {
            for columns in [1, 2, 10, 40, 79] {
                shown(&before, &now, FRESH, (height, columns));
            }
        }
    }
}

#[test]
fn as_many_events_are_there_as_fit_the_newest_last() {
    let well = pair("bookworm", "grouped");
    let body = shown(&well, &well, FRESH, (40, 100)).lines().count() - 4;
    for (events, first) in [(4, "one"), (3, "two")] {
        let text = shown(&well, &well, FRESH, (body + events, 100));
        let newest = text.lines().rev().take(events).last().unwrap();
        assert_eq!(newest.split(" · ").nth(1), Some(first), "{text}");
    }
}

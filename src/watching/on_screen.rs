//! Watching on the whole window.

use super::frame::{Line, Picture, Row, frame};
use super::happened::Happened;
use super::marks::{FRESH, Marks};
use super::vigil::{Watch, Watched};
use crate::exit::Exit;
use crate::host::Host;
use crate::report::{Report, Role, Span};
use crate::ui::Ui;
use crate::ui::full_screen::{FullScreen, Key, Woken};
use std::time::Instant;

/// How many events are kept: more than any window has rows.
const KEPT: usize = 300;

/// How many events stay on the screen afterwards.
const LEFT: usize = 20;

/// Keeps the window current until somebody has seen enough.
pub fn on_screen(
    watch: &mut Watch,
    mut screen: FullScreen,
    watched: &mut dyn Watched,
    host: &Host,
    ui: &mut Ui,
) -> Exit {
    let mut shown = Shown::default();
    let mut size = screen.size();
    let exit = loop {
        if let Some(exit) = watch.ending(ui) {
            break exit;
        }
        let (happened, news) = watch.news();
        shown.events.extend(happened);
        let too_old = shown.events.len().saturating_sub(KEPT);
        shown.events.drain(..too_old);
        if news && watch.known.number > 0 {
            shown.report = watched.look(&watch.known.facts);
        }
        if watch.was_continued() {
            // Whoever had the terminal meanwhile left it as it is theirs.
            screen.resume();
        }
        let now = screen.size();
        if now != size {
            size = now;
            screen.forget(ui);
        }
        let (height, width) = size;
        // In the last column a terminal waits with the next one's place.
        let columns = width.saturating_sub(1);
        let picture = shown.picture(watch, host, ui, columns);
        screen.draw(ui, &frame(&picture, height, columns));
        match watch.waits(true) {
            Woken::Otherwise => {}
            Woken::Closed => break Exit::Done,
            Woken::Typed => {
                let keys = screen.keys();
                if keys.contains(&Key::Leave) {
                    break Exit::Done;
                } else if keys.contains(&Key::Pause) {
                    screen.pause();
                } else if keys.contains(&Key::Redraw) {
                    screen.forget(ui);
                }
            }
        }
    };
    drop(screen);
    // What happened meanwhile stays, where the rest is gone with the screen.
    let older = shown.events.len().saturating_sub(LEFT);
    for happened in &shown.events[older..] {
        let line = ui.painted(&happened.line());
        ui.line(&format!("  {line}"));
    }
    exit
}

/// What stands on the window.
#[derive(Default)]
struct Shown {
    report: Report,
    marks: Marks,
    events: Vec<Happened>,
}

impl Shown {
    fn picture(&mut self, watch: &Watch, host: &Host, ui: &Ui, columns: usize) -> Picture {
        let whole = watch.known.whole;
        let fresh = self.marks.fresh(&self.report.lines, whole, Instant::now());
        let lines = ui.laid_out(&self.report, Some(columns)).into_iter();
        let mut rows: Vec<Row> = lines
            .zip(fresh)
            .map(|(lines, fresh)| Row { lines, fresh })
            .collect();
        if watch.known.number == 0 {
            let lines = vec![vec![Span::new(Role::Dim, "  reading the cluster")]];
            rows.push(Row {
                lines,
                fresh: false,
            });
        }
        let now = jiff::Timestamp::now();
        let events = self.events.iter().map(|happened| {
            let mut line = happened.line();
            line.insert(0, Span::from("  "));
            let age = now.duration_since(happened.at).unsigned_abs();
            Row {
                lines: vec![line],
                fresh: age < FRESH,
            }
        });
        Picture {
            heading: heading(&host.name, whole, &watch.slow()),
            events: events.collect(),
            rows,
        }
    }
}

/// Returns the first line: where, when, how old where it is not of now, and the way out.
fn heading(host: &str, whole: bool, slow: &[(&'static str, String)]) -> Line {
    let time = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
    let mut line = vec![
        Span::from("  "),
        Span::new(Role::Strong, host),
        Span::from(format!("  {time}  ")),
    ];
    if slow.is_empty() {
        let pace = match whole {
            true => "once a second, q leaves",
            false => "reading, q leaves",
        };
        line.push(Span::new(Role::Dim, pace));
    } else {
        let ages: Vec<String> = slow
            .iter()
            .map(|(what, age)| format!("{what}: {age}"))
            .collect();
        line.push(Span::new(Role::Warn, format!("! {}", ages.join(", "))));
    }
    line
}

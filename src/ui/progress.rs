//! A running plan on the screen.

use super::{Role, Ui, bytes, cut};
use crate::exec::compare::Watch;
use crate::exec::{Watcher, is_noise, is_wordy};
use crate::plan::{Step, title};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use unicode_width::UnicodeWidthStr;

/// Shows a plan's progress; the last line is rewritten while something is waited for.
pub struct Progress<'a> {
    ui: &'a mut Ui,
    stop: Arc<AtomicBool>,
    verbose: bool,
    quiet: bool,
    /// The step's command is shown in passing only: one line, rewritten.
    passing: bool,
    waiting: Option<String>,
}

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// The width of a step's first line before its time.
const COLUMN: usize = 72;

impl<'a> Progress<'a> {
    /// Returns a progress on the screen; `quiet` prints nothing (for `--output json`).
    pub fn new(ui: &'a mut Ui, stop: Arc<AtomicBool>, verbose: bool, quiet: bool) -> Progress<'a> {
        Progress {
            ui,
            stop,
            verbose,
            quiet,
            passing: false,
            waiting: None,
        }
    }

    fn wipe(&mut self) {
        if self.ui.live && self.waiting.take().is_some() {
            self.ui.write("\r\x1b[K");
        }
    }

    fn title(step: &Step) -> String {
        cut(&title(step), COLUMN - 8)
    }

    fn step_ended(&mut self, number: usize, step: &Step, mark: &str, took: Duration) {
        if self.quiet {
            return;
        }
        self.wipe();
        let title = Self::title(step);
        let gap = COLUMN.saturating_sub(title.width()).max(1);
        let seconds = self
            .ui
            .paint(Role::Dim, &format!("{:.1} s", took.as_secs_f64()));
        self.ui.line(&format!(
            "  {number:<2} {mark} {title}{}{seconds}",
            " ".repeat(gap)
        ));
    }
}

impl Watcher for Progress<'_> {
    fn begins(&mut self, number: usize, step: &Step) {
        self.passing = is_wordy(step) && !self.verbose;
        if self.quiet || !self.ui.live {
            return;
        }
        let title = Self::title(step);
        self.ui.write(&format!("  {number:<2} … {title}"));
        self.waiting = Some(title);
    }

    fn prints(&mut self, line: &str) {
        if self.quiet || (is_noise(line) && !self.verbose) {
            return;
        }
        let text = format!("       │ {line}");
        if self.passing {
            if self.ui.live {
                let text = self.ui.fit(&text);
                self.ui.write(&format!("\r\x1b[K{text}"));
                self.waiting = Some(text);
            }
            return;
        }
        self.wipe();
        let text = self.ui.paint(Role::Dim, &text);
        self.ui.line(&text);
    }

    fn remarks(&mut self, remark: &str) {
        if !self.quiet {
            self.wipe();
            let mark = self.ui.paint(Role::Warn, "!");
            self.ui.line(&format!("     {mark} {remark}"));
        }
    }

    fn waits(&mut self, number: usize, what: &str, why: &str, so_far: Duration, most: Duration) {
        if self.quiet {
            return;
        }
        if self.ui.live {
            let spin = SPINNER[(so_far.as_millis() / 100) as usize % SPINNER.len()];
            let time = format!("{} s of at most {} s", so_far.as_secs(), most.as_secs());
            // One line that is rewritten must fit on one line.
            let text = self
                .ui
                .fit(&format!("  {number:<2} {spin} {time}: {what} ({why})"));
            self.ui.write(&format!("\r\x1b[K{text}"));
            self.waiting = Some(text);
        } else if self.waiting.as_deref() != Some(what) {
            self.ui.line(&format!(
                "  {number:<2} … waiting: {what}, at most {} s",
                most.as_secs()
            ));
            self.waiting = Some(what.to_owned());
        }
    }

    fn moves(&mut self, number: usize, bytes: u64, of: Option<u64>, so_far: Duration) {
        if self.quiet || !self.ui.live {
            return;
        }
        let text = self.ui.fit(&format!(
            "  {number:<2} {}",
            bytes::progress_text(bytes, of, so_far)
        ));
        if self.waiting.as_deref() != Some(text.as_str()) {
            self.ui.write(&format!("\r\x1b[K{text}"));
            self.waiting = Some(text);
        }
    }

    fn took_back(&mut self, number: usize, step: &Step, trouble: Option<&str>) {
        if self.quiet {
            return;
        }
        self.wipe();
        let title = Self::title(step);
        let line = match trouble {
            None => format!(
                "  {number:<2} {} taken back: {title}",
                self.ui.paint(Role::Ok, "↩")
            ),
            Some(why) => format!(
                "  {number:<2} {} not taken back: {title}: {why}",
                self.ui.paint(Role::Fail, "✗")
            ),
        };
        self.ui.line(&line);
    }

    fn done(&mut self, number: usize, step: &Step, took: Duration) {
        let mark = self.ui.paint(Role::Ok, "✓");
        self.step_ended(number, step, &mark, took);
        self.waiting = None;
    }

    fn failed(&mut self, number: usize, step: &Step, took: Duration, why: &str) {
        let mark = self.ui.paint(Role::Fail, "✗");
        self.step_ended(number, step, &mark, took);
        self.waiting = None;
        if !self.quiet {
            self.ui.line(&format!("       {why}"));
        }
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// A line that tells how far a comparison is, rewritten.
pub struct Bar<'a> {
    ui: &'a mut Ui,
    stop: Arc<AtomicBool>,
    quiet: bool,
    began: Instant,
    shown: Option<Instant>,
}

impl<'a> Bar<'a> {
    /// Returns a bar on the screen; `quiet` prints nothing.
    pub fn new(ui: &'a mut Ui, stop: Arc<AtomicBool>, quiet: bool) -> Bar<'a> {
        Bar {
            ui,
            stop,
            quiet,
            began: Instant::now(),
            shown: None,
        }
    }
}

impl Watch for Bar<'_> {
    fn compared(&mut self, table: &str, rows: u64, of: u64) {
        let often = Duration::from_millis(100);
        if self.quiet || !self.ui.live || self.shown.is_some_and(|shown| shown.elapsed() < often) {
            return;
        }
        self.shown = Some(Instant::now());
        let text = format!(
            "  {}  {table}",
            bytes::bar_of_rows(rows, of, self.began.elapsed())
        );
        let text = self.ui.fit(&text);
        self.ui.write(&format!("\r\x1b[K{text}"));
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        if self.shown.is_some() {
            self.ui.write("\r\x1b[K");
        }
    }
}

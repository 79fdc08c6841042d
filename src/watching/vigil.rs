//! What is known while somebody watches, what is new, and when it ends.

use super::bell::Awaited;
use super::events::EventObserver;
use super::happened::Happened;
use super::readings::{Known, Readings};
use crate::exit::Exit;
use crate::facts::{Facts, Needs};
use crate::health;
use crate::host::{Host, Signals};
use crate::report::Report;
use crate::ui::Ui;
use crate::ui::full_screen::{Woken, wait};
use std::time::Duration;

/// What is looked at over and over.
pub trait Watched {
    /// Returns what this host is asked for.
    fn needs(&self) -> Needs;

    /// Returns what is shown of what was read.
    fn look(&mut self, facts: &Facts) -> Report;

    /// Returns the line for programs, after a look at these facts; `happened` since the line before.
    fn line(&self, facts: &Facts, at: jiff::Timestamp, happened: &[Happened]) -> String;
}

/// What both ways of watching share.
pub struct Watch<'a> {
    readings: Readings,
    awaited: Awaited,
    signals: &'a Signals,
    observer: EventObserver,
    /// What was known at the last look.
    pub known: Known,
    /// The number of the cluster's reading whose events were told.
    seen: u64,
}

impl Watch<'_> {
    /// Begins to read.
    ///
    /// # Errors
    /// When the system has no more descriptors.
    pub fn begin<'a>(
        host: &Host,
        signals: &'a Signals,
        needs: Needs,
    ) -> std::io::Result<Watch<'a>> {
        let awaited = Awaited::new()?;
        Ok(Watch {
            readings: Readings::start(host, needs, awaited.bell()),
            awaited,
            signals,
            observer: EventObserver::default(),
            known: Known::default(),
            seen: 0,
        })
    }

    /// Takes what is new; returns what happened, and whether anything was read at all.
    pub fn news(&mut self) -> (Vec<Happened>, bool) {
        if self.readings.version() == self.known.version {
            return (Vec::new(), false);
        }
        self.known = self.readings.known();
        let mut events = Vec::new();
        // Only a reading of the cluster is one more look at what is under way.
        if self.known.number != self.seen {
            self.seen = self.known.number;
            // What the packages start is nobody's cluster: its `node1` is not lost.
            if !health::is_an_example(&self.known.facts) {
                events = self.observer.events_since(&self.known.facts);
            }
        }
        (events.into_iter().map(Happened::now).collect(), true)
    }

    /// Returns what takes long to answer, and how old it is what is shown of it.
    pub fn slow(&self) -> Vec<(&'static str, String)> {
        self.readings.slow()
    }

    /// Returns whether the program stood still since this was asked last.
    pub fn was_continued(&self) -> bool {
        self.awaited.was_continued()
    }

    /// Waits for news or a key, until the next second at most.
    pub fn waits(&self, keyboard: bool) -> Woken {
        let past = jiff::Timestamp::now().subsec_millisecond().unsigned_abs();
        let left = Duration::from_millis(u64::from(1000_u32.saturating_sub(past)));
        let woken = wait(&self.awaited, keyboard, left);
        self.awaited.hush();
        woken
    }

    /// Returns how it ends, if it does: a signal asked for that, or a reading has ended by a bug.
    pub fn ending(&self, ui: &mut Ui) -> Option<Exit> {
        if !self.readings.go_on() {
            ui.error("this is a bug in bascule, the text above tells where");
            return Some(Exit::Failed);
        }
        // Whoever watches has no other way to end it: that is no failure.
        let over = self.signals.asked() || self.signals.leave() || ui.is_closed();
        over.then_some(Exit::Done)
    }
}

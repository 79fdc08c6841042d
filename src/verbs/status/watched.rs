//! `status --watch`: the screen over and over.

use super::Screen;
use crate::cib::Version;
use crate::facts::{Facts, Needs};
use crate::health;
use crate::host::Host;
use crate::report::{Report, line};
use crate::verb::Look;
use crate::watching::{Happened, Watched};
use std::time::{Duration, Instant};

/// How long what was read of the journal holds: it may have hundreds of files.
const JOURNAL: Duration = Duration::from_secs(5);

/// The screen, with what the journal said last.
pub struct WatchedScreen<'a> {
    host: &'a Host,
    screen: Screen,
    read: Instant,
    /// The configuration's version at that time: an operation changes it.
    version: Option<Version>,
}

impl WatchedScreen<'_> {
    /// Returns the screen before the first look.
    pub fn new(host: &Host) -> WatchedScreen<'_> {
        WatchedScreen {
            host,
            screen: Screen::of_journal(host),
            read: Instant::now(),
            version: None,
        }
    }
}

impl Watched for WatchedScreen<'_> {
    fn needs(&self) -> Needs {
        self.screen.needs()
    }

    fn look(&mut self, facts: &Facts) -> Report {
        let version = facts.cib().map(|cib| cib.version());
        if self.read.elapsed() > JOURNAL || version != self.version {
            self.screen = Screen::of_journal(self.host);
            self.read = Instant::now();
            self.version = version;
        }
        self.screen.shown(facts, &health::problems(facts))
    }

    fn line(&self, facts: &Facts, at: jiff::Timestamp, happened: &[Happened]) -> String {
        let problems = health::problems(facts);
        let status = self.screen.document(facts, &problems);
        line(&status.watched(at, happened))
    }
}

//! What has changed of late: the lines that were not there before.

use crate::report::Span;
use crate::wording::timeless;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long what has changed is marked.
pub const FRESH: Duration = Duration::from_secs(5);

/// The lines that are there, and since when; none for those of the beginning.
#[derive(Debug, Default)]
pub struct Marks {
    lines: BTreeMap<String, Option<Instant>>,
    /// All was read at the last look.
    whole: bool,
}

impl Marks {
    /// Looks at the lines of a reading; returns which of them have changed of late. What comes before the
    /// `whole` was read is no change.
    pub fn fresh(&mut self, lines: &[Vec<Span>], whole: bool, now: Instant) -> Vec<bool> {
        let mut there = BTreeMap::new();
        let mut fresh = Vec::new();
        for line in lines {
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            let key = timeless(&text);
            let since = match self.lines.get(&key) {
                Some(since) => *since,
                None => Some(now).filter(|_| self.whole),
            };
            let age = since.map(|since| now.saturating_duration_since(since));
            fresh.push(!text.trim().is_empty() && age.is_some_and(|age| age < FRESH));
            there.insert(key, since);
        }
        self.lines = there;
        self.whole = whole;
        fresh
    }
}

//! A moment in the past, as it is typed: `2h`, `today`, `03:00`, `2026-11-30 03:00`.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp, Zoned};
use std::str::FromStr;

/// A moment in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long ago.
    Ago(SignedDuration),
    /// The last midnight.
    Today,
    /// The last time that a clock showed this.
    Clock(Time),
    /// A day and a time of day.
    Moment(DateTime),
}

/// A text that is no moment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "say how long ago (90m, 2h, 3d), or when: today, 03:00, 2026-11-30, \"2026-11-30 03:00\", by this host's clock"
)]
pub struct SinceError;

impl FromStr for Since {
    type Err = SinceError;

    fn from_str(text: &str) -> Result<Since, SinceError> {
        let text = text.trim();
        if text == "today" {
            return Ok(Since::Today);
        }
        if let Some(ago) = ago(text) {
            return Ok(Since::Ago(ago));
        }
        if let Some(clock) = clock(text) {
            return Ok(Since::Clock(clock));
        }
        let (day, time) = match text.split_once([' ', 'T']) {
            Some((day, time)) => (day, clock(time).ok_or(SinceError)?),
            None => (text, Time::midnight()),
        };
        let day: Date = day.parse().map_err(|_| SinceError)?;
        Ok(Since::Moment(day.to_datetime(time)))
    }
}

fn ago(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number: i64 = text[..text.len() - 1].trim_end().parse().ok()?;
    // Ten years: no log is older, and no date leaves the calendar.
    let time = number.checked_mul(seconds)?;
    (0..=10 * 366 * 86_400)
        .contains(&time)
        .then(|| SignedDuration::from_secs(time))
}

/// Reads `3:00`, `03:00` or `03:00:05`.
fn clock(text: &str) -> Option<Time> {
    let mut numbers = text.split(':');
    let mut next = || -> Option<Option<i8>> {
        match numbers.next() {
            None => Some(None),
            Some(word) if (1..=2).contains(&word.len()) => Some(Some(word.parse().ok()?)),
            Some(_) => None,
        }
    };
    let (hour, minute, second) = (next()??, next()??, next()?.unwrap_or(0));
    if numbers.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

impl Since {
    /// Returns the moment, seen from now, by the clock of now's zone.
    pub fn moment(self, now: &Zoned) -> Timestamp {
        let at = |moment: DateTime| {
            let zoned = moment.to_zoned(now.time_zone().clone());
            zoned.map_or(now.timestamp(), |zoned| zoned.timestamp())
        };
        let today = now.date();
        match self {
            Since::Ago(time) => now.timestamp() - time,
            Since::Today => at(today.to_datetime(Time::midnight())),
            Since::Moment(moment) => at(moment),
            Since::Clock(time) => {
                let moment = at(today.to_datetime(time));
                match (moment <= now.timestamp(), today.yesterday()) {
                    (false, Ok(yesterday)) => at(yesterday.to_datetime(time)),
                    _ => moment,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> String {
        let now: Zoned = "2026-12-01T02:30:00+01:00[Europe/Paris]".parse().unwrap();
        let since: Since = text.parse().unwrap();
        let at = since.moment(&now).to_zoned(now.time_zone().clone());
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    #[test]
    fn a_moment_is_read_as_it_is_said() {
        for (text, expected) in [
            ("90m", "2026-12-01 01:00:00"),
            ("2h", "2026-12-01 00:30:00"),
            ("3d", "2026-11-28 02:30:00"),
            ("today", "2026-12-01 00:00:00"),
            ("02:15", "2026-12-01 02:15:00"),
            // Later than now: that of yesterday.
            ("3:00", "2026-11-30 03:00:00"),
            ("2026-11-30 03:00", "2026-11-30 03:00:00"),
            ("2026-11-30T03:00:05", "2026-11-30 03:00:05"),
            ("2026-11-30", "2026-11-30 00:00:00"),
        ] {
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "yesterday-ish",
            "25:00",
            "3",
            "-2h",
            "2026-13-01",
            "99999999999d",
            "3:0:0:0",
            "é",
        ] {
            assert_eq!(text.parse::<Since>(), Err(SinceError), "{text}");
        }
    }
}

//! Spans of time as Pacemaker and crmsh write them: `60s`, `10`, `2min`, `PT2M`.
//!
//! Accepts what both Pacemaker 2.1 and 3.0 accept, and nothing that one of them silently replaces by
//! a default (seen: 2.1 takes `2_s` for the controller's options without a word, 3.0 does not; both
//! cut `1.5s` off at the point).

use std::fmt;
use std::str::FromStr;

use super::BadValue;
use crate::as_text::serde_as_text;

/// The interval of a monitor or the length of a timeout: whole seconds, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(u32);

impl Interval {
    /// Returns the interval of that many seconds, or nothing for zero.
    pub const fn from_seconds(seconds: u32) -> Option<Interval> {
        match seconds {
            0 => None,
            seconds => Some(Interval(seconds)),
        }
    }

    /// Returns how many seconds it is.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl FromStr for Interval {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Interval, BadValue> {
        let span = Span::parse(text).map_err(BadValue)?;
        if span.milliseconds == 0 {
            return Err(BadValue::new(format!(
                "{text} would never come round: write at least 1s"
            )));
        }
        if span.milliseconds % 1000 != 0 {
            return Err(BadValue::new(format!(
                "{text} is not a whole number of seconds: write 1s or more"
            )));
        }
        u32::try_from(span.milliseconds / 1000)
            .ok()
            .and_then(Interval::from_seconds)
            .ok_or_else(|| {
                BadValue::new(format!(
                    "{text} is too long: write a number of seconds, such as 60s"
                ))
            })
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

serde_as_text!(Interval);

/// A span of time together with the way to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its length; months and years of ISO 8601 are counted as 30 and 365 days.
    pub milliseconds: u64,
    /// The spelling that every release reads: `60s`, `2min`, `1h`, or ISO 8601 in capitals.
    pub canonical: String,
}

/// The units, by every spelling that both releases take, with their canonical one.
const UNITS: &[(&[&str], &str, u64)] = &[
    (&["ms", "msec", "msecs"], "ms", 1),
    (&["", "s", "sec", "secs", "second", "seconds"], "s", 1000),
    (&["m", "min", "mins", "minute", "minutes"], "min", 60_000),
    (&["h", "hr", "hrs", "hour", "hours"], "h", 3_600_000),
];

impl Span {
    /// Parses a span of time; the error is a sentence with what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Span, String> {
        if text.starts_with(['P', 'p']) {
            return Span::parse_iso(text).ok_or_else(|| not_a_span(text));
        }
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if text.starts_with('-') {
            return Err(format!(
                "{text} is negative: write a length of time, such as 60s"
            ));
        }
        if digits == 0 {
            return Err(not_a_span(text));
        }
        let unit = unit.to_ascii_lowercase();
        if unit.starts_with(['.', ',']) {
            return Err(format!(
                "{text} has a fraction, which pacemaker cuts off: write a smaller unit, such as 1500ms"
            ));
        }
        if matches!(unit.as_str(), "d" | "day" | "days") {
            return Err(format!(
                "pacemaker has no days: write {} instead of {text}",
                hours(number)
            ));
        }
        let Some((_, canonical, factor)) = UNITS
            .iter()
            .find(|(spellings, ..)| spellings.contains(&unit.as_str()))
        else {
            return Err(not_a_span(text));
        };
        let too_long = || format!("{text} is too long a time for pacemaker: write at most 596h");
        let number: u64 = number.parse().map_err(|_| too_long())?;
        let milliseconds = number.checked_mul(*factor).ok_or_else(too_long)?;
        // Pacemaker keeps a span in a signed 32-bit count of milliseconds in several places.
        if milliseconds > i32::MAX as u64 {
            return Err(too_long());
        }
        Ok(Span {
            milliseconds,
            canonical: format!("{number}{canonical}"),
        })
    }

    /// Reads `P[nY][nM][nW][nD][T[nH][nM][nS]]`, in that order and with at least one part.
    fn parse_iso(text: &str) -> Option<Span> {
        const DAY: u64 = 86_400;
        let canonical = text.to_ascii_uppercase();
        let body = canonical.strip_prefix('P')?;
        let (date, time) = match body.split_once('T') {
            Some((_, "")) => return None,
            Some((date, time)) => (date, time),
            None => (body, ""),
        };
        let date = sum(
            date,
            &[
                ('Y', 365 * DAY),
                ('M', 30 * DAY),
                ('W', 7 * DAY),
                ('D', DAY),
            ],
        )?;
        let time = sum(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
        let milliseconds = date.checked_add(time)?.checked_mul(1000)?;
        (!body.is_empty()).then_some(Span {
            milliseconds,
            canonical,
        })
    }
}

/// Adds up parts such as `2M30S`, whose units may only come in the given order.
fn sum(mut parts: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut total: u64 = 0;
    let mut units = units.iter();
    while !parts.is_empty() {
        let at = parts.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = parts[..at].parse().ok()?;
        let unit = parts[at..].chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.checked_mul(*seconds)?)?;
        parts = &parts[at + 1..];
    }
    Some(total)
}

fn hours(days: &str) -> String {
    let hours = days
        .parse::<u64>()
        .ok()
        .and_then(|days| days.checked_mul(24));
    hours.map_or_else(|| "hours".to_owned(), |hours| format!("{hours}h"))
}

fn not_a_span(text: &str) -> String {
    format!("{text:?} is not a length of time: write a number with a unit, such as 60s, 2min or 1h")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Span::parse(text).unwrap().canonical
    }

    #[test]
    fn spellings_come_down_to_one() {
        assert_eq!(canonical("60"), "60s");
        assert_eq!(canonical("60sec"), "60s");
        assert_eq!(canonical("2m"), "2min");
        assert_eq!(canonical("2MIN"), "2min");
        assert_eq!(canonical("1hr"), "1h");
        assert_eq!(canonical("500ms"), "500ms");
        assert_eq!(canonical("0"), "0s");
        assert_eq!(canonical("pt2m30s"), "PT2M30S");
    }

    #[test]
    fn iso_8601_has_its_length() {
        assert_eq!(Span::parse("PT2M30S").unwrap().milliseconds, 150_000);
        assert_eq!(Span::parse("P1DT1H").unwrap().milliseconds, 90_000_000);
        for wrong in ["P", "PT", "PT5", "PT1S2M", "P1H", "PTM", "P1é"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_release_would_drop_is_refused() {
        for wrong in [
            "", "foo", "2_s", "2 s", "1week", "1us", "INFINITY", "+2s", "60%", "é",
        ] {
            assert!(
                Span::parse(wrong)
                    .unwrap_err()
                    .contains("is not a length of time"),
                "{wrong}"
            );
        }
        assert!(Span::parse("-1s").unwrap_err().contains("is negative"));
        assert!(Span::parse("1.5s").unwrap_err().contains("has a fraction"));
        assert_eq!(
            Span::parse("2d").unwrap_err(),
            "pacemaker has no days: write 48h instead of 2d"
        );
        assert!(
            Span::parse("99999999999999999999")
                .unwrap_err()
                .contains("too long")
        );
        assert!(Span::parse("600h").unwrap_err().contains("too long"));
    }

    #[test]
    fn an_interval_is_whole_seconds() {
        let interval = |text: &str| text.parse::<Interval>().map(|i| i.to_string());
        assert_eq!(interval("10").unwrap(), "10s");
        assert_eq!(interval("60s").unwrap(), "60s");
        assert_eq!(interval("2min").unwrap(), "120s");
        assert_eq!(interval("2000ms").unwrap(), "2s");
        assert_eq!(interval("1h").unwrap(), "3600s");
        assert!(
            interval("0")
                .unwrap_err()
                .0
                .contains("would never come round")
        );
        assert!(
            interval("500ms")
                .unwrap_err()
                .0
                .contains("not a whole number of seconds")
        );
        assert!(interval("P200Y").unwrap_err().0.contains("too long"));
        assert!(
            interval("soon")
                .unwrap_err()
                .0
                .contains("is not a length of time")
        );
    }

    #[test]
    fn an_interval_is_written_to_json_as_it_is_typed() {
        let interval: Interval = serde_json::from_str("\"2min\"").unwrap();
        assert_eq!(serde_json::to_string(&interval).unwrap(), "\"120s\"");
    }
}

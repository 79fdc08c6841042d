//! One property of Pacemaker: what it takes, and since when.

use crate::conf::BadValue;
use crate::conf::duration::Span;
use crate::names::nearest;
use std::fmt;
use std::str::FromStr;

/// A cluster property.
#[derive(Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name, such as `no-quorum-policy`.
    pub name: &'static str,
    /// The values that it takes.
    pub kind: ValueKind,
    /// Its value where none is set, as Pacemaker writes it; empty where there is none.
    pub default: &'static str,
    /// The meaning, in one line.
    pub meaning: &'static str,
    /// The values that deserve a warning, with the warning.
    pub dangers: &'static [(Value, &'static str)],
    /// The releases that know it.
    pub releases: Releases,
}

/// The values that a property takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// A word of these.
    Choice(&'static [&'static str]),
    /// A whole number from one bound to the other.
    Integer(i64, i64),
    /// A length of time.
    Duration {
        /// Whether it takes `-1` as well, with a meaning of its own.
        negative: bool,
    },
    /// A share, such as `80%`.
    Percentage,
    /// A score: a whole number, `INFINITY` or `-INFINITY`.
    Score {
        /// Whether it must be at least 1.
        positive: bool,
    },
    /// Any text.
    Text,
    /// Nothing: Pacemaker writes it by itself.
    ByPacemaker,
}

/// The values that a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// This one.
    Is(&'static str),
    /// Every one but this.
    IsNot(&'static str),
}

/// Which releases of Pacemaker know something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releases {
    /// All that matter here, 2.1.5 and later.
    All,
    /// From this one on.
    From(Release),
    /// All before this one.
    Before(Release),
}

/// A release of Pacemaker, such as 2.1.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub u16, pub u16, pub u16);

/// Values that came or went while their property stayed.
pub const VALUES_OF_RELEASES: &[(&str, &str, Releases)] = &[
    (
        "no-quorum-policy",
        "fence",
        Releases::From(Release(2, 1, 9)),
    ),
    (
        "stonith-action",
        "poweroff",
        Releases::Before(Release(3, 0, 0)),
    ),
];

impl Property {
    /// Checks a value and returns it as Pacemaker writes it: `true` for `yes`, `60s` for `60`.
    pub fn check(&self, value: &str) -> Result<String, BadValue> {
        let name = self.name;
        let fail = |what: String| Err(BadValue(what));
        match self.kind {
            ValueKind::Bool => match value.to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" | "y" | "1" => Ok("true".to_owned()),
                "false" | "off" | "no" | "n" | "0" => Ok("false".to_owned()),
                _ => fail(format!("{name} is true or false, not {value:?}")),
            },
            ValueKind::Choice(words) => {
                let lower = value.to_ascii_lowercase();
                if words.contains(&lower.as_str()) {
                    return Ok(lower);
                }
                let list = list(words);
                match nearest(&lower, words.iter().copied()) {
                    Some(near) => fail(format!(
                        "{name} is {list}, not {value:?}: did you mean {near}?"
                    )),
                    None => fail(format!("{name} is {list}, not {value:?}")),
                }
            }
            ValueKind::Integer(from, to) => match whole_number(value) {
                Some(number) if (from..=to).contains(&number) => Ok(number.to_string()),
                Some(number) if number < from => {
                    fail(format!("{name} is at least {from}, not {value}"))
                }
                Some(_) => fail(format!("{name} is at most {to}, not {value}")),
                None => fail(format!(
                    "{name} is a whole number, not {value:?}: write one such as {}",
                    self.default
                )),
            },
            ValueKind::Duration { negative: true } if value == "-1" => Ok("-1".to_owned()),
            ValueKind::Duration { .. } => match Span::parse(value) {
                Ok(span) => Ok(span.canonical),
                Err(what) => fail(format!("{name} is a length of time: {what}")),
            },
            ValueKind::Percentage => {
                match value.strip_suffix('%').unwrap_or(value).parse::<u16>() {
                    Ok(number) if value.ends_with('%') => Ok(format!("{number}%")),
                    Ok(number) => fail(format!("{name} is a percentage: write {number}%")),
                    Err(_) => fail(format!(
                        "{name} is a percentage, not {value:?}: write one such as 80%"
                    )),
                }
            }
            ValueKind::Score { positive } => self.check_score(value, positive),
            ValueKind::Text if value.trim().is_empty() => {
                fail(format!("{name} is empty: write a text"))
            }
            ValueKind::Text if value.contains(|c: char| c.is_control()) => fail(format!(
                "{name} has {value:?}: write it without line breaks"
            )),
            ValueKind::Text => Ok(value.to_owned()),
            ValueKind::ByPacemaker => fail(format!(
                "{name} is written by pacemaker itself: leave it alone"
            )),
        }
    }

    fn check_score(&self, value: &str, positive: bool) -> Result<String, BadValue> {
        const INFINITY: i64 = 1_000_000;
        let name = self.name;
        let score = match value.to_ascii_uppercase().as_str() {
            "INFINITY" | "+INFINITY" => Some(INFINITY),
            "-INFINITY" => Some(-INFINITY),
            _ => whole_number(value),
        };
        let Some(score) = score else {
            let example = if positive {
                "10 or INFINITY"
            } else {
                "100 or -INFINITY"
            };
            return Err(BadValue(format!(
                "{name} is a score, not {value:?}: write a whole number or INFINITY, such as {example}"
            )));
        };
        if positive && score < 1 {
            return Err(BadValue(format!("{name} is at least 1, not {value}")));
        }
        // Pacemaker counts from a million up as INFINITY.
        Ok(match score {
            INFINITY.. => "INFINITY".to_owned(),
            ..=-1_000_000 => "-INFINITY".to_owned(),
            score => score.to_string(),
        })
    }

    /// Returns why a value is dangerous; the value may be spelled in any way [`Property::check`] takes.
    pub fn warning(&self, value: &str) -> Option<&'static str> {
        let value = self.check(value).ok()?;
        let concerns = |about: &Value| match about {
            Value::Is(this) => value == *this,
            Value::IsNot(this) => value != *this,
        };
        self.dangers
            .iter()
            .find(|(about, _)| concerns(about))
            .map(|(_, warning)| *warning)
    }

    /// Returns why a release of Pacemaker does not take this property, or this value of it.
    pub fn refused_by(&self, release: Release, value: &str) -> Option<String> {
        let name = self.name;
        let mut known = vec![(name.to_owned(), self.releases)];
        let value = self.check(value).unwrap_or_default();
        known.extend(
            VALUES_OF_RELEASES
                .iter()
                .filter(|(property, word, _)| *property == name && *word == value)
                .map(|(_, _, releases)| (format!("{name}={value}"), *releases)),
        );
        known
            .into_iter()
            .find_map(|(what, releases)| match releases {
                Releases::From(first) if release < first => Some(format!(
                    "{what} came with pacemaker {first}, and this is {release}"
                )),
                Releases::Before(gone) if release >= gone => Some(format!(
                    "{what} is gone since pacemaker {gone}, and this is {release}"
                )),
                _ => None,
            })
    }

    /// Returns the default in a release; only `concurrent-fencing` ever changed its own.
    pub fn default_in(&self, release: Release) -> &'static str {
        match self.name {
            "concurrent-fencing" if release < Release(3, 0, 0) => "false",
            _ => self.default,
        }
    }
}

impl FromStr for Release {
    type Err = BadValue;

    /// Reads `2.1.5`, and a dc-version such as `2.1.5-a3f44794f94` or `3.0.0-2`.
    fn from_str(text: &str) -> Result<Release, BadValue> {
        let number = |part: &str| {
            let end = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part[..end].parse::<u16>().ok()
        };
        let plain = text.split('-').next().unwrap_or_default();
        let mut parts = plain.splitn(3, '.').map(number);
        match (parts.next().flatten(), parts.next().flatten(), parts.next()) {
            (Some(major), Some(minor), None) => Ok(Release(major, minor, 0)),
            (Some(major), Some(minor), Some(Some(patch))) => Ok(Release(major, minor, patch)),
            _ => Err(BadValue(format!(
                "{text:?} is not a release of pacemaker: it looks like 2.1.5"
            ))),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Returns the words as a list: `a`, `a or b`, `a, b or c`.
pub fn list(words: &[&str]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => words.concat(),
    }
}

/// Reads a whole number as every release does: Pacemaker 2.1 takes `1.5` and `5s` too, with a warning
/// in its log.
pub fn whole_number(text: &str) -> Option<i64> {
    text.parse().ok()
}

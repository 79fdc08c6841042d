//! Words of sentences that list names, count things and measure them, and sentences that must be short.

use std::fmt::Display;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns names as an enumeration: `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [all @ .., last] => {
            let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", all.join(", "), last.as_ref())
        }
    }
}

/// Returns how long ago a moment was: `just now`, `3 days ago`.
pub fn ago(then: jiff::Timestamp) -> String {
    let seconds = jiff::Timestamp::now().as_second() - then.as_second();
    let (number, unit) = match seconds {
        ..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", count(number, unit))
}

/// Returns a text without its times: what differs in them alone is the same, some seconds later.
pub fn timeless(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        let unit = word
            .trim_end_matches([',', '.', ':', ')'])
            .trim_end_matches('s');
        let is_unit = matches!(unit, "" | "m" | "min" | "h" | "minute" | "hour" | "day");
        let number = words.last().is_some_and(|last| {
            let last = last.trim_start_matches('(');
            !last.is_empty()
                && last
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
        });
        if is_unit && number && !word.is_empty() {
            words.pop();
            words.push("…");
        } else {
            words.push(word);
        }
    }
    words
        .join(" ")
        .replace("… ago", "…")
        .replace("just now", "…")
}

/// Returns `s` where one of these does it and nothing where several do: serv1 `start`s.
pub fn verb_ending<S>(names: &[S]) -> &'static str {
    if names.len() == 1 { "s" } else { "" }
}

/// Returns a number of things: `1 row`, `3 rows`.
pub fn count<N: Display + PartialEq + From<u8>>(number: N, what: &str) -> String {
    let one = number == N::from(1);
    format!("{number} {what}{}", if one { "" } else { "s" })
}

/// Returns a text that is not wider than so many columns of a terminal, with a sign where it was cut.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut width = 0;
    let kept = text.chars().take_while(|c| {
        width += c.width().unwrap_or(0);
        width < columns
    });
    kept.chain(['…']).collect()
}

/// Returns an amount with its unit, in powers of 1000 as disks are sold: `412 MB`.
pub fn amount(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 || value >= 99.5 {
        format!("{value:.0} {}", units[unit])
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_no_s() {
        assert_eq!(count(0_usize, "row"), "0 rows");
        assert_eq!(count(1_u64, "row"), "1 row");
        assert_eq!(count(2_u32, "row"), "2 rows");
    }

    #[test]
    fn what_differs_in_its_times_alone_is_the_same() {
        let same = |one: &str, other: &str| assert_eq!(timeless(one), timeless(other));
        same(
            "last change  just now, operation 3",
            "last change  1 minute ago, operation 3",
        );
        same("nothing came for 31 s, and", "nothing came for 32 s, and");
        same("31 ms", "7 ms");
        let differ = |one: &str, other: &str| assert_ne!(timeless(one), timeless(other));
        differ("quorum 2 of 2, two_node", "quorum 1 of 2, two_node");
        differ("2 minutes ago, operation 3", "2 minutes ago, operation 4");
        differ("serv1  2  s", "serv1  3  s");
    }

    #[test]
    fn a_text_is_cut_to_columns_and_not_to_letters() {
        assert_eq!(cut("serv1  online", 80), "serv1  online");
        assert_eq!(cut("serv1  online", 13), "serv1  online");
        assert_eq!(cut("serv1  online", 9), "serv1  o…");
        assert_eq!(cut("é", 0), "");
        assert_eq!(cut("éé", 1), "…");
        // Each of these is two columns wide.
        assert_eq!(cut("主機主機", 4), "主…");
        assert_eq!(cut("主機主機", 5), "主機…");
    }
}

//! The grey text behind the cursor: what is missing, what it means, or what is wrong.
//!
//! Only at the end of the line, only from the grammar: nothing is read for it. Where there is no
//! colour it would look like typed text, so there is none.

use super::reading::{Reading, Wanted};
use crate::wording::cut;
use rustyline::hint::Hint;

/// A hint: shown in grey, and perhaps taken by the right arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grey {
    /// The text that is shown.
    pub shown: String,
    /// The part of it that the right arrow types.
    pub typed: Option<String>,
}

impl Hint for Grey {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.typed.as_deref()
    }
}

/// Returns the hint for a line with the cursor at its end, in so many columns.
pub fn hint(reading: &Reading, line: &str, room: usize) -> Option<Grey> {
    if line.trim().is_empty() || reading.theirs {
        return None;
    }
    if reading.comments.last().is_some_and(|c| c.end == line.len()) {
        return None;
    }
    if let Some(wrong) = &reading.wrong {
        let meant = match &wrong.meant {
            // First, since what follows may not fit.
            Some(meant) => format!("did you mean {meant}? "),
            None => String::new(),
        };
        return grey_hint(&format!("   ✗ {meant}{}", wrong.why), None, room);
    }
    let rest = reading
        .typing
        .as_deref()
        .and_then(|typed| rest_of(reading, typed));
    let follows = follows(reading, rest.as_deref());
    let gap = if reading.typing.is_some() && !follows.is_empty() {
        " "
    } else {
        ""
    };
    let shown = format!("{}{gap}{follows}", rest.as_deref().unwrap_or_default());
    grey_hint(&shown, rest, room)
}

fn grey_hint(text: &str, typed: Option<String>, room: usize) -> Option<Grey> {
    // A hint never makes a second row.
    let shown = cut(text, room);
    (!shown.trim().is_empty()).then(|| Grey {
        // What does not stand there whole is not typed either.
        typed: typed.filter(|typed| shown.starts_with(typed.as_str())),
        shown,
    })
}

/// Returns the rest of the only verb or option that begins with what was typed.
fn rest_of(reading: &Reading, typed: &str) -> Option<String> {
    if typed.is_empty() {
        return None;
    }
    let known: Vec<&str> = if typed.starts_with("--") {
        let options = reading.open.iter().chain(&reading.missing);
        options
            .filter_map(|wanted| wanted.option.as_deref())
            .collect()
    } else {
        reading
            .verbs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect()
    };
    let mut fitting = known.iter().filter_map(|name| name.strip_prefix(typed));
    match (fitting.next(), fitting.next()) {
        (Some(rest), None) if !rest.is_empty() => Some(rest.to_owned()),
        _ => None,
    }
}

/// Returns what may come next.
fn follows(reading: &Reading, rest: Option<&str>) -> String {
    // While a verb or an option is half typed, what follows it is not known yet.
    let half = reading.typing.as_deref().is_some_and(|typed| {
        typed.starts_with('-')
            || (!reading.verbs.is_empty() && !reading.verb.ends_with(&[typed.to_owned()]))
    });
    if half {
        return match rest {
            Some(_) => about_half(reading),
            None => String::new(),
        };
    }
    if !reading.verbs.is_empty() {
        let names: Vec<&str> = reading
            .verbs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        return if reading.verb.is_empty() {
            String::new()
        } else {
            names.join(" | ")
        };
    }
    // An option waits for its value, or a value is being typed: that one comes first.
    let here = reading
        .here
        .iter()
        .filter(|here| reading.typing.is_none() && here.option.is_some());
    let mut wanted: Vec<String> = here.clone().map(|here| here.value.clone()).collect();
    wanted.extend(reading.missing.iter().map(Wanted::shown));
    let open = reading
        .open
        .iter()
        .map(|wanted| format!("[{}]", wanted.shown()));
    let first = here.chain(&reading.missing).next();
    match first {
        Some(first) if !first.meaning.is_empty() => {
            format!("{}   {}", wanted.join(" "), meaning(first))
        }
        Some(_) => wanted.join(" "),
        None => open.collect::<Vec<_>>().join(" "),
    }
}

/// Returns what the half-typed verb is for.
fn about_half(reading: &Reading) -> String {
    let typed = reading.typing.as_deref().unwrap_or_default();
    let verb = reading
        .verbs
        .iter()
        .find(|(name, _)| name.starts_with(typed));
    let option = reading.open.iter().chain(&reading.missing).find(|wanted| {
        wanted
            .option
            .as_deref()
            .is_some_and(|name| name.starts_with(typed))
    });
    match (typed.starts_with('-'), verb, option) {
        (false, Some((_, about)), _) => format!("  {about}"),
        (true, _, Some(option)) => format!("{}   {}", option.value, meaning(option))
            .trim()
            .to_owned(),
        _ => String::new(),
    }
}

/// Returns what an argument means, with its default.
pub fn meaning(wanted: &Wanted) -> String {
    match &wanted.default {
        Some(default) if !wanted.meaning.contains(default.as_str()) => {
            format!("{} ({default} if nothing is said)", wanted.meaning)
        }
        _ => wanted.meaning.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Option<Grey> {
        let mut grammar = crate::grammar::grammar();
        hint(&Reading::read_line(&mut grammar, line), line, 200)
    }

    fn shown(line: &str) -> String {
        of(line).map_or(String::new(), |grey| grey.shown)
    }

    #[test]
    fn missing_arguments_stand_behind_the_cursor_with_what_the_first_means() {
        let add = shown("vip add ");
        assert!(add.starts_with("ADDRESS/PREFIX   "), "{add}");
        assert!(shown("web move ").starts_with("NAME NODE   "));
        assert!(shown("web move servweb").starts_with(" NODE   "));
        assert!(shown("web move servweb ").starts_with("NODE   "));
        assert!(shown("vip add 172.16.0.12/24 --label ").starts_with("LABEL   "));
    }

    #[test]
    fn what_can_be_said_besides_stands_in_brackets() {
        let open = shown("vip add 172.16.0.12/24 ");
        assert!(open.contains("[--label LABEL]"), "{open}");
        assert!(!shown("vip add 172.16.0.12/24 --label a ").contains("--label"));
        assert_eq!(shown("vip list "), "");
    }

    #[test]
    fn the_only_verb_that_fits_is_typed_by_the_right_arrow() {
        let grey = of("vip rem").unwrap();
        assert_eq!(grey.typed.as_deref(), Some("ove"));
        assert!(grey.shown.starts_with("ove  "), "{}", grey.shown);
        assert_eq!(of("vip add --lab").unwrap().typed.as_deref(), Some("el"));
        assert_eq!(of("vip").unwrap().shown, " add | remove | list");
        assert_eq!(of("vip ").unwrap().shown, "add | remove | list");
    }

    #[test]
    fn a_wrong_word_is_told() {
        assert_eq!(shown("vpi "), "   ✗ did you mean vip? there is no verb vpi");
    }

    #[test]
    fn nothing_is_said_of_comments_and_of_what_is_for_crmsh() {
        for line in ["", "  ", "vip add # a", "crm ", "configure "] {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn a_hint_stays_on_its_row() {
        let hint = |room| grey_hint("abcdef", Some("abcdef".to_owned()), room);
        let typed = |room| hint(room).and_then(|grey| grey.typed);
        assert_eq!(hint(4).unwrap().shown, "abc…");
        assert_eq!(typed(4), None, "what is not shown is not typed");
        assert_eq!(typed(6).as_deref(), Some("abcdef"));
        assert_eq!(hint(0), None);
    }
}

//! What the parser says of words: which are missing, and which is wrong.

use super::wanted::Wanted;
use crate::grammar::{Given, Walk, WordKind, verb};
use crate::words::Placed;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use std::fmt;
use std::ops::Range;

/// A mistake, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The word's place.
    pub at: Range<usize>,
    /// The mistake, in one sentence without full stop.
    pub why: String,
    /// The word that was perhaps meant.
    pub meant: Option<String>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)?;
        match &self.meant {
            Some(meant) => write!(f, "; did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

/// Returns what the parser has to say against words.
pub fn parse(grammar: &mut Command, words: &[Placed]) -> Option<Error> {
    let words = words.iter().map(|placed| placed.word.as_str());
    grammar.try_get_matches_from_mut(words).err()
}

/// Returns the arguments that the parser misses; none when it complains of something else.
pub fn missing(grammar: &Command, words: &[String], error: &Error) -> Option<Vec<Wanted>> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let Some(ContextValue::Strings(names)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let at = verb(grammar, words)?;
    // Where another one may take its place the grammar writes `[HOST]`, and the parser `<HOST>`.
    let bare = |name: &str| name.trim_matches(['<', '>', '[', ']']).to_owned();
    let known = |name: &String| {
        let mut arguments = at.get_arguments();
        arguments.find(|arg| bare(&arg.to_string()) == bare(name))
    };
    Some(names.iter().filter_map(known).map(Wanted::of).collect())
}

/// Returns which word the parser refuses, and why.
pub fn wrong_word(error: &Error, walk: &Walk, words: &[Placed]) -> Option<Wrong> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg);
    // The parser says what it refuses, not where: the walk has that.
    let unknown = || {
        walk.kinds
            .iter()
            .position(|kind| *kind == WordKind::Unknown)
    };
    let given = |is_it: &dyn Fn(&Given, Option<String>) -> bool| {
        let mut given = walk.given.iter().rev();
        let given = given.find(|given| is_it(given, Some(given.argument.to_string())));
        given.map(Given::word)
    };
    let with_value = |value: &str| {
        given(&|given, name| name == argument && given.value.unwrap_or_default() == value)
    };
    let (at, why, meant) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand)?;
            let why = format!("there is no verb {word}");
            (unknown(), why, text(ContextKind::SuggestedSubcommand))
        }
        ErrorKind::UnknownArgument => {
            let word = argument.as_ref()?;
            let why = if word.starts_with('-') {
                format!("there is no option {word} here")
            } else {
                format!("{word} is one word too many")
            };
            (unknown(), why, text(ContextKind::SuggestedArg))
        }
        ErrorKind::ValueValidation => {
            let word = text(ContextKind::InvalidValue)?;
            let why = std::error::Error::source(error).map(ToString::to_string)?;
            (with_value(&word), why, None)
        }
        ErrorKind::TooManyValues => {
            let why = format!("{} takes no value", argument.as_ref()?);
            (unknown(), why, None)
        }
        ErrorKind::InvalidValue => {
            let word = text(ContextKind::InvalidValue)?;
            let why = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(values)) if !values.is_empty() => {
                    format!("one of {}", values.join(", "))
                }
                _ => format!("{} wants a value", argument.clone().unwrap_or_default()),
            };
            (with_value(&word), why, text(ContextKind::SuggestedValue))
        }
        ErrorKind::ArgumentConflict => {
            let name = argument.as_ref()?;
            let option = name.split(' ').next().unwrap_or_default();
            let prior = text(ContextKind::PriorArg);
            let why = match &prior {
                Some(prior) if prior != name => format!("{option} does not go with {prior}"),
                _ => format!("{option} is given twice"),
            };
            // The later of the two is one too many.
            let at = given(&|_, name| name == argument || name == prior);
            (at, why, None)
        }
        _ => return None,
    };
    let place = at.and_then(|at| words.get(at)).or(words.last())?;
    Some(Wrong {
        at: place.at.clone(),
        why: why.lines().next().unwrap_or_default().to_owned(),
        meant,
    })
}

//! What the parser says of words: which are missing, and which is wrong.

use super::wanted::Wanted;
use crate::words::Placed;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};
use std::fmt;
use std::ops::Range;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The word's place.
    pub at: Range<usize>,
    /// What is wrong with it, in one sentence without full stop.
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
pub fn missing(grammar: &Command, verb: &[String], error: &Error) -> Option<Vec<Wanted>> {
    if error.kind() != ErrorKind::MissingRequiredArgument {
        return None;
    }
    let Some(ContextValue::Strings(names)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let at = descend(grammar, verb)?;
    // Where another one may take its place the grammar writes `[HOST]`, and the parser `<HOST>`.
    let bare = |name: &str| name.trim_matches(['<', '>', '[', ']']).to_owned();
    let known = |name: &String| {
        let mut arguments = at.get_arguments();
        arguments.find(|arg| bare(&arg.to_string()) == bare(name))
    };
    Some(names.iter().filter_map(known).map(Wanted::of).collect())
}

/// Returns which word the parser refuses, and why.
pub fn wrong(error: &Error, words: &[Placed]) -> Option<Wrong> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let argument = text(ContextKind::InvalidArg);
    let (word, why, meant) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand)?;
            let why = format!("there is no verb {word}");
            (word, why, text(ContextKind::SuggestedSubcommand))
        }
        ErrorKind::UnknownArgument => {
            let word = argument?;
            let why = if word.starts_with('-') {
                format!("there is no option {word} here")
            } else {
                format!("{word} is one word too many")
            };
            (word, why, text(ContextKind::SuggestedArg))
        }
        ErrorKind::ValueValidation => {
            let word = text(ContextKind::InvalidValue)?;
            let why = std::error::Error::source(error).map(ToString::to_string)?;
            (word, why, None)
        }
        ErrorKind::InvalidValue => {
            let word = text(ContextKind::InvalidValue)?;
            let why = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(values)) if !values.is_empty() => {
                    format!("one of {}", values.join(", "))
                }
                _ => format!("{} wants a value", argument.unwrap_or_default()),
            };
            (word, why, text(ContextKind::SuggestedValue))
        }
        ErrorKind::ArgumentConflict => {
            let argument = argument?;
            let option = argument.split(' ').next().unwrap_or_default().to_owned();
            let prior = text(ContextKind::PriorArg).unwrap_or_default();
            let why = format!("{option} does not go with {prior}");
            (option, why, None)
        }
        _ => return None,
    };
    // What is refused stands in the words as it was typed, or behind `--option=`.
    let place = words
        .iter()
        .rev()
        .find(|placed| placed.word == word)
        .or_else(|| {
            words
                .iter()
                .rev()
                .find(|placed| !word.is_empty() && placed.word.ends_with(&word))
        })
        .or(words.last())?;
    Some(Wrong {
        at: place.at.clone(),
        why: why.lines().next().unwrap_or_default().to_owned(),
        meant,
    })
}

/// Returns the verb of these words in the tree.
pub fn descend<'a>(grammar: &'a Command, verb: &[String]) -> Option<&'a Command> {
    verb.iter()
        .try_fold(grammar, |at, word| at.find_subcommand(word))
}

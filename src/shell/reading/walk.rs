//! Words on their way through the tree: what each of them is.

use super::wanted::{Wanted, takes_many};
use crate::names::Name;
use crate::words::Placed;
use clap::{Arg, Command};

/// The words on their way through the tree.
pub struct Walked {
    /// What each word is.
    pub kinds: Vec<Kind>,
    /// The verb, by its words.
    pub verb: Vec<String>,
    /// The names of the arguments that were given, an unfinished one included.
    pub given: Vec<String>,
    /// The argument that the last word is given to, or waits for.
    pub here: Option<Wanted>,
    /// The words that name what must be there already: which, and the name in it.
    pub names: Vec<(usize, Name, String)>,
    /// The last word is an option that waits for its value.
    pub waits: bool,
}

impl Walked {
    /// Walks words through the tree.
    pub fn of(grammar: &Command, words: &[Placed]) -> Walked {
        let mut walked = Walked {
            kinds: Vec::new(),
            verb: Vec::new(),
            given: Vec::new(),
            here: None,
            names: Vec::new(),
            waits: false,
        };
        let mut at = grammar;
        let mut lost = false;
        let mut only_values = false;
        let mut value_of: Option<&Arg> = None;
        let mut positionals: Vec<&Arg> = Vec::new();
        let mut place = 0;
        for (number, Placed { word, .. }) in words.iter().enumerate() {
            walked.here = None;
            let kind = if lost {
                Kind::Value
            } else if let Some(arg) = value_of.take() {
                walked.here = Some(Wanted::of(arg));
                walked.name(number, arg, word);
                Kind::Value
            } else if word == "--" && !only_values {
                only_values = true;
                // What stands behind it is the last argument's, whatever came before.
                place = positionals.len().saturating_sub(1);
                Kind::Option
            } else if word.starts_with('-') && word.len() > 1 && !only_values {
                match option(at, word) {
                    Some((arg, waits)) => {
                        walked.given.push(arg.get_id().to_string());
                        if let (false, Some((_, value))) = (waits, word.split_once('=')) {
                            walked.name(number, arg, value);
                        }
                        value_of = waits.then_some(arg);
                        Kind::Option
                    }
                    None => Kind::Unknown,
                }
            } else if at.has_subcommands() {
                match at.find_subcommand(word) {
                    Some(next) => {
                        at = next;
                        positionals = at.get_positionals().collect();
                        walked.verb.push(next.get_name().to_owned());
                        Kind::Verb
                    }
                    None => {
                        lost = true;
                        Kind::Unknown
                    }
                }
            } else {
                match positionals.get(place) {
                    Some(arg) => {
                        walked.given.push(arg.get_id().to_string());
                        walked.here = Some(Wanted::of(arg));
                        walked.name(number, arg, word);
                        if !takes_many(arg) {
                            place += 1;
                        }
                        Kind::Value
                    }
                    None => Kind::Unknown,
                }
            };
            walked.kinds.push(kind);
        }
        walked.waits = value_of.is_some();
        if let Some(arg) = value_of {
            walked.here = Some(Wanted::of(arg));
        }
        walked
    }

    fn name(&mut self, number: usize, arg: &Arg, word: &str) {
        if let Some(name) = Name::of(arg).filter(|name| name.must_exist()) {
            self.names.push((number, name, word.to_owned()));
        }
    }
}

/// Returns the option that a word is, and whether its value is the next word.
fn option<'a>(at: &'a Command, word: &str) -> Option<(&'a Arg, bool)> {
    let takes = |arg: &Arg| arg.get_action().takes_values();
    if let Some(long) = word.strip_prefix("--") {
        let (name, joined) = match long.split_once('=') {
            Some((name, _)) => (name, true),
            None => (long, false),
        };
        let arg = at
            .get_arguments()
            .find(|arg| arg.get_long() == Some(name))?;
        return Some((arg, takes(arg) && !joined));
    }
    let mut letters = word.chars().skip(1);
    let letter = letters.next()?;
    let arg = at
        .get_arguments()
        .find(|arg| arg.get_short() == Some(letter))?;
    Some((arg, takes(arg) && letters.next().is_none()))
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A verb, the noun before it, or a word of the shell's own.
    Verb,
    /// An option.
    Option,
    /// What an argument is given.
    Value,
    /// For crmsh, as it is.
    Theirs,
    /// Nothing has this name.
    Unknown,
}

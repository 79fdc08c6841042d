//! Words on their way through the grammar, taken as the parser takes them: what each word is, which
//! argument each value is given to, and what may follow.
//!
//! clap tells the values of a line that is whole, and of any other only what is wrong with it; what half a
//! line means it tells nobody. Its rules are followed here word by word, those that this grammar needs,
//! and a test holds them against the parser itself.

use clap::{Arg, ArgAction, Command};
use std::ops::Range;

/// The kind of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordKind {
    /// A verb, the noun before it, or a word of the shell's own.
    Verb,
    /// An option, perhaps with its value in the same word.
    Option,
    /// The value of an argument.
    Value,
    /// For another program, as it is.
    Theirs,
    /// Nothing has this name, or nothing can stand here.
    Unknown,
}

/// An argument that was given.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    pub argument: &'a Arg,
    /// Its value: a flag has none, and neither has an option whose value did not come (yet).
    pub value: Option<&'a str>,
    /// The words that give it: the option, its value, or both.
    pub words: Range<usize>,
}

impl Given<'_> {
    /// Returns the number of the word that has the value; of a flag, its own.
    pub fn word(&self) -> usize {
        self.words.end - 1
    }
}

/// The words on their way.
#[derive(Debug)]
pub struct Walk<'a> {
    /// The verb so far.
    pub command: &'a Command,
    /// The words that lead to it.
    pub verb: Vec<&'a str>,
    /// The kind of each word.
    pub kinds: Vec<WordKind>,
    /// The arguments that were given, in front of the verb too.
    pub given: Vec<Given<'a>>,
    /// How many of them were given in front of the verb's last word. The parser counts anew behind it:
    /// `-n vip list -n` is no repetition.
    before: usize,
    /// The last word is an option whose value is the next word.
    waits: bool,
    /// How many positional arguments have got all that they take.
    full: usize,
    /// Nothing is an option any more: `--` came, or a word of another program.
    bare: bool,
    /// A word that should be a verb is none: behind it no word means anything.
    astray: bool,
}

impl<'a> Walk<'a> {
    /// Takes words through a grammar that is built.
    pub fn of(grammar: &'a Command, words: impl IntoIterator<Item = &'a str>) -> Walk<'a> {
        let mut walk = Walk {
            command: grammar,
            verb: Vec::new(),
            kinds: Vec::new(),
            given: Vec::new(),
            before: 0,
            waits: false,
            full: 0,
            bare: false,
            astray: false,
        };
        for word in words {
            let kind = walk.pass(word);
            walk.kinds.push(kind);
        }
        walk
    }

    /// Goes past one word.
    fn pass(&mut self, word: &'a str) -> WordKind {
        if self.astray {
            return WordKind::Value;
        }
        if !self.bare {
            if !self.waits
                && let Some(verb) = self.command.find_subcommand(word)
            {
                return self.enter(verb);
            }
            if word == "--" {
                self.waits = false;
                self.bare = true;
                return WordKind::Option;
            }
            // Also where a value is waited for: the parser never takes an option for one.
            if let Some(kind) = self.option_word(word) {
                return kind;
            }
            if std::mem::take(&mut self.waits)
                && let Some(option) = self.given.last_mut()
            {
                option.value = Some(word);
                option.words.end += 1;
                return WordKind::Value;
            }
        }
        self.positional_word(word)
    }

    fn enter(&mut self, verb: &'a Command) -> WordKind {
        self.command = verb;
        self.verb.push(verb.get_name());
        self.before = self.given.len();
        self.full = 0;
        WordKind::Verb
    }

    /// Goes past a word that looks like an option; none where it is a value all the same.
    fn option_word(&mut self, word: &'a str) -> Option<WordKind> {
        let letters = word.strip_prefix('-').filter(|rest| !rest.is_empty())?;
        let kind = match letters.strip_prefix('-') {
            Some(long) => self.long(long)?,
            None => self.short(letters)?,
        };
        self.waits &= kind == WordKind::Option;
        Some(kind)
    }

    /// Goes past `--name` or `--name=value`.
    fn long(&mut self, long: &'a str) -> Option<WordKind> {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let Some(option) = self.option_with(|arg| arg.get_long() == Some(name)) else {
            return (!self.takes_dashes()).then_some(WordKind::Unknown);
        };
        self.give(option, value);
        self.waits = takes_value(option) && value.is_none();
        // What follows the equals sign is nobody's.
        let too_much = !takes_value(option) && value.is_some();
        Some(if too_much {
            WordKind::Unknown
        } else {
            WordKind::Option
        })
    }

    /// Goes past `-n`, `-ny`, `-ojson` and `-o=json`.
    fn short(&mut self, mut letters: &'a str) -> Option<WordKind> {
        let with = |letter| self.option_with(|arg| arg.get_short() == Some(letter));
        if self.takes_dashes() && letters.chars().any(|letter| with(letter).is_none()) {
            return None;
        }
        self.waits = false;
        while let Some(letter) = letters.chars().next() {
            letters = &letters[letter.len_utf8()..];
            let Some(option) = self.option_with(|arg| arg.get_short() == Some(letter)) else {
                return Some(WordKind::Unknown);
            };
            if takes_value(option) {
                let value = letters.strip_prefix('=').unwrap_or(letters);
                let value = (!letters.is_empty()).then_some(value);
                self.give(option, value);
                self.waits = value.is_none();
                break;
            }
            self.give(option, None);
        }
        Some(WordKind::Option)
    }

    fn positional_word(&mut self, word: &'a str) -> WordKind {
        let Some(argument) = self.positional() else {
            self.astray = self.command.has_subcommands();
            return WordKind::Unknown;
        };
        self.give(argument, Some(word));
        // All that follows is another program's.
        self.bare |= argument.is_trailing_var_arg_set();
        if !takes_many(argument) {
            self.full += 1;
        }
        match argument.is_allow_hyphen_values_set() {
            true => WordKind::Theirs,
            false => WordKind::Value,
        }
    }

    fn give(&mut self, argument: &'a Arg, value: Option<&'a str>) {
        self.given.push(Given {
            argument,
            value,
            words: self.kinds.len()..self.kinds.len() + 1,
        });
    }

    fn option_with(&self, matches: impl Fn(&Arg) -> bool) -> Option<&'a Arg> {
        self.command.get_arguments().find(|arg| matches(arg))
    }

    /// Returns the argument that a word without a dash would be given to by its place.
    fn positional(&self) -> Option<&'a Arg> {
        let behind_dashes = |arg: &&Arg| arg.is_last_set();
        let last = self.command.get_positionals().find(behind_dashes);
        if self.bare && last.is_some() {
            // Whatever came before.
            return last;
        }
        let mut all = self.command.get_positionals();
        all.nth(self.full).filter(|arg| !behind_dashes(arg))
    }

    /// Returns true where a word has no meaning: the parser refuses these words, whatever follows.
    pub fn is_lost(&self) -> bool {
        self.kinds.contains(&WordKind::Unknown)
    }

    /// Returns true when the last word is an option whose value is the next word.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Returns the argument that the next word is given to: an option's value, or by its place.
    pub fn next(&self) -> Option<&'a Arg> {
        match self.given.last() {
            Some(option) if self.waits => Some(option.argument),
            _ => self.positional(),
        }
    }

    /// Returns the argument that the last word is the value of, or waits for the value of.
    pub fn here(&self) -> Option<&'a Arg> {
        let last = self.given.last()?;
        let is_value = matches!(self.kinds.last(), Some(WordKind::Value | WordKind::Theirs));
        let ends = last.words.end == self.kinds.len() && is_value;
        (self.waits || ends).then_some(last.argument)
    }

    /// Returns the option that the last word is, or the last of its letters is.
    pub fn last_option(&self) -> Option<&Given<'a>> {
        let is_option = self.kinds.last() == Some(&WordKind::Option);
        let last = self.given.last().filter(|_| is_option)?;
        (last.words.end == self.kinds.len()).then_some(last)
    }

    /// Returns true where an option may stand.
    pub fn takes_options(&self) -> bool {
        !self.bare && !self.waits && !self.takes_dashes()
    }

    /// Returns true where a word that looks like an option can be a value: one for another program.
    pub fn takes_dashes(&self) -> bool {
        self.positional()
            .is_some_and(Arg::is_allow_hyphen_values_set)
    }

    /// Returns true when the argument was given before, or waits for its value.
    pub fn has(&self, argument: &Arg) -> bool {
        self.given
            .iter()
            .any(|given| given.argument.get_id() == argument.get_id())
    }

    /// Returns true where the parser would refuse this argument beside those that were given.
    pub fn refuses(&self, argument: &Arg) -> bool {
        let conflict = |one: &Arg, other: &Arg| {
            let against = self.command.get_arg_conflicts_with(one);
            against.iter().any(|arg| arg.get_id() == other.get_id())
        };
        let mut given = self.given[self.before..].iter().enumerate();
        let last = self.given.len() - self.before;
        given.any(|(number, given)| {
            let given_to = given.argument;
            if given_to.get_id() == argument.get_id() {
                // The one that waits is what is asked about.
                let waits = self.waits && number + 1 == last;
                return !(waits || takes_many(argument));
            }
            conflict(given_to, argument) || conflict(argument, given_to)
        })
    }

    /// Returns true where this argument can be given and was not said yet.
    pub fn adds(&self, argument: &Arg) -> bool {
        (takes_many(argument) || !self.has(argument)) && !self.refuses(argument)
    }
}

/// Returns true for an argument that can be given several times.
pub fn takes_many(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Append | ArgAction::Count)
        || argument
            .get_num_args()
            .is_some_and(|range| argument.is_positional() && range.max_values() > 1)
}

/// Returns the verb, or the noun of verbs, that these words are.
pub fn verb(
    grammar: &Command,
    words: impl IntoIterator<Item = impl AsRef<str>>,
) -> Option<&Command> {
    let mut words = words.into_iter();
    words.try_fold(grammar, |at, word| at.find_subcommand(word.as_ref()))
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}

#[cfg(test)]
mod tests;

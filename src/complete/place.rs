//! Where in the grammar a word stands: after which verb, for which argument, beside which others.

use clap::{Arg, ArgAction, Command};

/// The place of the word behind some words.
#[derive(Debug)]
pub struct Place<'a> {
    /// The verb so far.
    pub command: &'a Command,
    /// The arguments before, each with its value; a flag has none.
    pub given: Vec<(&'a Arg, Option<&'a str>)>,
    /// The option whose value comes now.
    open: Option<&'a Arg>,
    /// Nothing is an option any more: `--` came, or a word of another program.
    bare: bool,
}

impl<'a> Place<'a> {
    /// Returns the place behind these words; none where they lead nowhere.
    pub fn new(grammar: &'a Command, before: &'a [String]) -> Option<Place<'a>> {
        let mut place = Place {
            command: grammar,
            given: Vec::new(),
            open: None,
            bare: false,
        };
        for word in before {
            place.pass(word)?;
        }
        Some(place)
    }

    /// Goes past one word.
    fn pass(&mut self, word: &'a str) -> Option<()> {
        if let Some(option) = self.open.take() {
            self.given.push((option, Some(word)));
            return Some(());
        }
        if !self.bare && word == "--" {
            self.bare = true;
            return Some(());
        }
        if !self.bare && word.starts_with('-') && word != "-" {
            return if self.takes_dashes() {
                self.pass_value(word)
            } else if let Some(long) = word.strip_prefix("--") {
                self.pass_long(long)
            } else {
                self.pass_short(&word[1..])
            };
        }
        if self.command.has_subcommands() {
            self.command = self.command.find_subcommand(word)?;
            return Some(());
        }
        self.pass_value(word)
    }

    fn pass_value(&mut self, word: &'a str) -> Option<()> {
        let positional = self.positional()?;
        self.given.push((positional, Some(word)));
        // All that follows is another program's.
        self.bare |= positional.is_trailing_var_arg_set();
        Some(())
    }

    fn pass_long(&mut self, long: &'a str) -> Option<()> {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let option = self.command.get_arguments();
        let option = option.into_iter().find(|o| o.get_long() == Some(name))?;
        self.take(option, value)
    }

    /// Goes past `-n`, `-ny`, `-ojson` and `-o=json`.
    fn pass_short(&mut self, mut letters: &'a str) -> Option<()> {
        while let Some(letter) = letters.chars().next() {
            letters = &letters[letter.len_utf8()..];
            let option = self.command.get_arguments();
            let option = option.into_iter().find(|o| o.get_short() == Some(letter))?;
            if option.get_action().takes_values() {
                let value = letters.strip_prefix('=').unwrap_or(letters);
                return self.take(option, (!letters.is_empty()).then_some(value));
            }
            self.take(option, None)?;
        }
        Some(())
    }

    fn take(&mut self, option: &'a Arg, value: Option<&'a str>) -> Option<()> {
        match (option.get_action().takes_values(), value) {
            (true, None) => self.open = Some(option),
            (false, Some(_)) => return None,
            (_, value) => self.given.push((option, value)),
        }
        Some(())
    }

    /// Returns true where a word that looks like an option is a value: one for another program.
    pub fn takes_dashes(&self) -> bool {
        self.positional()
            .is_some_and(Arg::is_allow_hyphen_values_set)
    }

    /// Returns the argument that a word without a dash would be the value of.
    fn positional(&self) -> Option<&'a Arg> {
        let mut positionals: Vec<&Arg> = self.command.get_positionals().collect();
        positionals.sort_by_key(|positional| positional.get_index());
        positionals.into_iter().find(|positional| {
            let several = positional
                .get_num_args()
                .is_some_and(|count| count.max_values() > 1);
            (several || !self.has(positional)) && (self.bare || !positional.is_last_set())
        })
    }

    /// Returns the option that a word like `--file=/etc` gives a value to.
    pub fn option_with_value(&self, typed: &str) -> Option<&'a Arg> {
        let (name, _) = typed.strip_prefix("--")?.split_once('=')?;
        self.option(&format!("--{name}"))
            .filter(|_| self.takes_options())
    }

    /// Returns true when the argument was given before.
    pub fn has(&self, arg: &Arg) -> bool {
        self.given
            .iter()
            .any(|(given, _)| given.get_id() == arg.get_id())
    }

    /// Returns true where an option may stand.
    pub fn takes_options(&self) -> bool {
        !self.bare && self.open.is_none() && !self.takes_dashes()
    }

    /// Returns the argument that a word here is the value of: an option's, or a positional.
    pub fn argument(&self) -> Option<&'a Arg> {
        self.open.or_else(|| self.positional())
    }

    /// Returns true where the parser would refuse this argument beside those before it.
    pub fn refuses(&self, arg: &Arg) -> bool {
        let many = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count)
            || arg
                .get_num_args()
                .is_some_and(|n| arg.is_positional() && n.max_values() > 1);
        let conflict = |one: &Arg, other: &Arg| {
            self.command
                .get_arg_conflicts_with(one)
                .iter()
                .any(|against| against.get_id() == other.get_id())
        };
        self.given.iter().any(|(given, _)| {
            let same = given.get_id() == arg.get_id();
            (same && !many) || (!same && (conflict(given, arg) || conflict(arg, given)))
        })
    }

    /// Returns the option that a candidate is: `--name`, or the last letter of `-ny`.
    pub fn option(&self, candidate: &str) -> Option<&'a Arg> {
        let arguments = self.command.get_arguments();
        match candidate.strip_prefix("--") {
            Some(long) => {
                let name = long.split_once('=').map_or(long, |(name, _)| name);
                arguments
                    .into_iter()
                    .find(|option| option.get_long() == Some(name))
            }
            None => {
                let letter = candidate.strip_prefix('-')?.chars().next_back();
                arguments
                    .into_iter()
                    .find(|option| option.get_short() == letter)
            }
        }
    }
}

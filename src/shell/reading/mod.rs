//! What a line means to the grammar while it is typed: what each word is, what is wrong, and what
//! is still missing.
//!
//! The grammar's walk tells what each word is; what is wrong or missing is what the parser itself says of
//! them, so that nothing is called right here that Enter refuses.
//! Names are told from wrong ones by what is known of the cluster already. Reads nothing of the host:
//! this is done with every key.

mod judgement;
mod mention;
mod name;
mod wanted;

pub use crate::grammar::WordKind;
pub use judgement::Wrong;
pub use wanted::Wanted;

use super::crmsh;
use super::host_command::BANG;
use crate::grammar::Walk;
use crate::grammar::then::THEN;
use crate::names::nearest;
use crate::words::{Placed, places};
use clap::error::ErrorKind;
use clap::{Arg, Command};
use judgement::{missing, parse, wrong_word};
use name::Mention;
use std::ops::Range;

/// The shell's own words.
pub const OWN: &[&str] = &["help", "?", "quit", "exit", "bye"];

/// The meaning of a line.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The words of all commands on it, with their places.
    pub words: Vec<(Range<usize>, WordKind)>,
    pub comments: Vec<Range<usize>>,
    /// The last command's verb, by its words; empty where there is none yet.
    pub verb: Vec<String>,
    /// Words that may follow as verbs, with their meaning.
    pub verbs: Vec<(String, String)>,
    /// One of them must follow: what is typed is no verb by itself.
    pub wants_verb: bool,
    /// The argument at the end, whose value is being typed, or is to be typed next.
    pub here: Option<Wanted>,
    /// The arguments that must still be given after that.
    pub missing: Vec<Wanted>,
    /// The arguments that can be given besides.
    pub open: Vec<Wanted>,
    /// The first word that cannot stand where it stands.
    pub wrong: Option<Wrong>,
    /// The last command is for crmsh.
    pub theirs: bool,
    /// The words of the last command, without what stands before its verb.
    pub last: Vec<String>,
    /// The last word, where the line ends with it.
    pub typing: Option<String>,
    /// The names of what must be there already.
    names: Vec<Mention>,
}

impl Reading {
    /// Returns the words that lead to a command of crmsh, without `crm` and what is given to it.
    pub fn levels(&self) -> Vec<&str> {
        let words = self.last.iter().map(String::as_str);
        words.skip_while(|word| *word == "crm").take(2).collect()
    }

    /// Reads a line that ends at the cursor.
    pub fn read_line(grammar: &mut Command, line: &str) -> Reading {
        let (commands, comments) = places(line);
        let mut reading = Reading {
            comments,
            ..Reading::default()
        };
        let in_comment = reading.comments.last().is_some_and(|c| c.end == line.len());
        let last = commands.len().saturating_sub(1);
        for (number, words) in commands.iter().enumerate() {
            let pieces: Vec<&[Placed]> = if is_handed_over(words) {
                vec![words]
            } else {
                words.split(|placed| placed.word == THEN).collect()
            };
            let ends = pieces.len() - 1;
            for (at, piece) in pieces.into_iter().enumerate() {
                let typing = number == last && at == ends && !in_comment;
                let typing = typing
                    && piece
                        .last()
                        .is_some_and(|placed| placed.at.end == line.len());
                let behind = number > 0 || at > 0;
                reading.read_verb(grammar, piece, typing, behind);
            }
            let joiners = words.iter().filter(|placed| placed.word == THEN);
            if !is_handed_over(words) {
                reading
                    .words
                    .extend(joiners.map(|placed| (placed.at.clone(), WordKind::Verb)));
            }
        }
        reading.words.sort_by_key(|(at, _)| at.start);
        reading
    }

    /// Reads one verb with its arguments; what was said of the one before it is forgotten.
    fn read_verb(&mut self, grammar: &mut Command, piece: &[Placed], typing: bool, behind: bool) {
        self.verb.clear();
        self.verbs.clear();
        self.missing.clear();
        self.open.clear();
        self.here = None;
        self.theirs = false;
        self.typing = None;
        let skip = self.before_the_verb(piece);
        let piece = &piece[skip..];
        if typing {
            self.typing = piece.last().map(|placed| placed.word.clone());
        }
        let plain: Vec<String> = piece.iter().map(|placed| placed.word.clone()).collect();
        self.last.clone_from(&plain);
        if crmsh::takes_in(grammar, &plain) || is_handed_over(piece) {
            self.theirs = true;
            let theirs = piece
                .iter()
                .map(|placed| (placed.at.clone(), WordKind::Theirs));
            self.words.extend(theirs);
            return;
        }
        let walk = walked(grammar, piece);
        for (placed, kind) in piece.iter().zip(&walk.kinds) {
            self.words.push((placed.at.clone(), *kind));
        }
        self.names.extend(Mention::all_in(&walk, piece, behind));
        self.verb = walk.verb.iter().map(|word| (*word).to_owned()).collect();
        // A value that was typed to its end is no longer wanted.
        let here = walk.here();
        self.here = here
            .filter(|_| walk.waits() || self.typing.is_some())
            .map(Wanted::of);
        let waits = walk.waits();
        self.judge(grammar, piece, typing, waits);
        self.offer_more(&walked(grammar, piece), &plain);
        if let Some(here) = &self.here {
            let id = here.id.clone();
            self.missing.retain(|wanted| wanted.id != id);
        }
    }

    /// Passes what may stand before a verb: the program's own name, `help`.
    fn before_the_verb(&mut self, piece: &[Placed]) -> usize {
        let own = |placed: &&Placed| matches!(placed.word.as_str(), "bascule" | "sudo" | "help");
        // `help` alone is being typed, or is all there is.
        let count = piece.iter().take_while(own).count();
        let before = &piece[..count];
        self.words.extend(
            before
                .iter()
                .map(|placed| (placed.at.clone(), WordKind::Verb)),
        );
        count
    }

    /// Asks the parser what it says of the words.
    fn judge(&mut self, grammar: &mut Command, piece: &[Placed], typing: bool, waits: bool) {
        // An option whose value is still to come: that much is known already.
        let said = if waits {
            &piece[..piece.len() - 1]
        } else {
            piece
        };
        let Some(error) = parse(grammar, said) else {
            return;
        };
        if let Some(wanted) = missing(grammar, &self.verb, &error) {
            self.missing = wanted;
            return;
        }
        if matches!(
            error.kind(),
            ErrorKind::DisplayHelp
                | ErrorKind::DisplayVersion
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                | ErrorKind::MissingSubcommand
        ) {
            return;
        }
        let walk = walked(grammar, said);
        let wrong = wrong_word(&error, &walk, said);
        let at_the_end = said.last().map(|placed| placed.at.clone());
        if typing && wrong.as_ref().map(|wrong| wrong.at.clone()) == at_the_end {
            // Half a word is not wrong yet, unless nothing can begin like that.
            if self.can_become(&walk, said) {
                let before = &said[..said.len() - 1];
                if let Some(error) = parse(grammar, before) {
                    self.missing = missing(grammar, &self.verb, &error).unwrap_or_default();
                }
                if let Some((_, kind)) = self.words.last_mut()
                    && *kind == WordKind::Unknown
                {
                    *kind = WordKind::Value;
                }
                return;
            }
        }
        self.wrong = wrong.map(|wrong| self.guessed(&walk, wrong, said));
    }

    /// Adds the verb or option that was perhaps meant, where the parser has no idea.
    fn guessed(&self, walk: &Walk, mut wrong: Wrong, piece: &[Placed]) -> Wrong {
        let mut words = piece.iter().zip(&walk.kinds);
        let typed = words.find(|(placed, _)| placed.at == wrong.at);
        if wrong.meant.is_none()
            && let Some((typed, WordKind::Unknown)) = typed
        {
            let command: &Command = walk.command;
            let names = command.get_subcommands().map(Command::get_name);
            let theirs = crmsh::words_after(&self.verb).map(|word| -> &str { word });
            let meant = nearest(&typed.word, names.chain(theirs));
            wrong.meant = meant.map(str::to_owned);
        }
        wrong
    }

    /// Returns true when the last word may be the beginning of something.
    fn can_become(&self, walk: &Walk, piece: &[Placed]) -> bool {
        let Some(last) = piece.last() else {
            return false;
        };
        let typed = last.word.as_str();
        let in_value = walk.last_option().is_some_and(|last| last.value.is_some());
        if let Some(option) = typed.strip_prefix("--")
            && !typed.contains('=')
        {
            let mut longs = walk.command.get_arguments().filter_map(Arg::get_long);
            return longs.any(|long| long.starts_with(option));
        }
        if typed.starts_with('-') {
            return typed == "-" || in_value;
        }
        if walk.command.has_subcommands() {
            let own = OWN.iter().filter(|_| self.verb.is_empty());
            let mut names = walk.command.get_subcommands().map(Command::get_name);
            return names.any(|name| name.starts_with(typed))
                || own
                    .copied()
                    .chain(crmsh::words_after(&self.verb))
                    .any(|name| name.starts_with(typed));
        }
        true
    }

    /// Says what else may be typed.
    fn offer_more(&mut self, walk: &Walk, words: &[String]) {
        if let [word] = words
            && OWN.contains(&word.as_str())
        {
            if let Some((_, kind)) = self.words.last_mut() {
                *kind = WordKind::Verb;
            }
            self.wrong = None;
            return;
        }
        if walk.command.has_subcommands() {
            self.wants_verb = walk.command.is_subcommand_required_set();
            let shown = walk.command.get_subcommands();
            let shown = shown.filter(|verb| !verb.is_hide_set());
            self.verbs = shown
                .map(|verb| (verb.get_name().to_owned(), about_command(verb)))
                .collect();
            return;
        }
        let free = |arg: &&Arg| {
            !arg.is_hide_set() && !arg.is_global_set() && arg.get_id() != "help" && walk.adds(arg)
        };
        self.open = walk
            .command
            .get_arguments()
            .filter(free)
            .filter(|arg| !self.missing.iter().any(|wanted| wanted.id == *arg.get_id()))
            .map(Wanted::of)
            .collect();
    }
}

fn walked<'a>(grammar: &'a Command, words: &'a [Placed]) -> Walk<'a> {
    Walk::of(grammar, words.iter().map(|placed| placed.word.as_str()))
}

fn about_command(command: &Command) -> String {
    command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// Returns true for what goes elsewhere as typed: to crmsh, or to a shell behind `!`.
fn is_handed_over(words: &[Placed]) -> bool {
    let first = words.first().map(|placed| placed.word.as_str());
    first.is_some_and(|word| word == "crm" || word.starts_with(BANG))
}

#[cfg(test)]
mod tests;

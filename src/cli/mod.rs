//! The grammar: one clap tree for one-liners, the shell, completion, help and the man pages.
//!
//! One file per noun holds its arguments and its `plan()` or `report()`; nothing here runs, prints
//! or reads.

#[cfg(test)]
mod as_shown;
mod cluster;
mod db;
mod existing;
mod explain;
mod forecast;
mod goes;
mod ground;
mod handover;
mod help;
mod init;
mod journal;
mod node;
mod nodes;
mod problems;
mod status;
pub mod then;
#[cfg(test)]
pub(crate) mod trial;
mod vip;
#[cfg(test)]
mod ways_out;
mod web;

pub use db::LOST as LOCK_LOST;
pub use existing::Existing;
pub use help::asks_for_help;
pub use journal::unfinished;

use crate::exit::Exit;
use crate::operate::{Change, Format, Look, Session, Settings};
use crate::ui::ColorChoice;
use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::time::Duration;

/// The admin's shell for small high-availability clusters
///
/// Each verb becomes a plan of exact commands and file changes. The plan is shown, confirmed, run
/// on this host, verified, written down, and can be taken back with `undo`.
#[derive(Debug, Parser)]
#[command(
    name = "bascule",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What goes for every verb.
    #[command(flatten)]
    pub options: Options,
    /// The verb; without one, the interactive shell.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What goes for every verb.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Options {
    /// Show the plan, change nothing
    #[arg(short = 'n', long, global = true)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// How results are printed
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub output: Format,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// How long a step may take, instead of its own deadline
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Show also what commands print at length or with every call
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "what a verb is stands with its arguments, and a comment here would hide it"
)]
pub enum Verb {
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    #[command(subcommand)]
    Vip(vip::Vip),
    #[command(subcommand)]
    Web(web::Web),
    #[command(subcommand)]
    Node(node::Node),
    #[command(subcommand)]
    Db(db::Db),
    Status(status::Status),
    History(journal::History),
    Show(journal::Show),
    Undo(journal::Undo),
    Explain(explain::Explain),
    Crm(handover::Crm),
    Init(init::Init),
}

impl Options {
    /// Returns the options of several verbs on one line: each goes for all of them.
    pub fn all(verbs: &[Cli]) -> Options {
        let mut all = Options::default();
        for Cli { options, .. } in verbs {
            all = all.and(options);
        }
        all
    }

    /// Returns these options with others added; the others' word counts where both say something.
    #[must_use]
    pub fn and(&self, other: &Options) -> Options {
        let output = if other.output == Format::default() {
            self.output
        } else {
            other.output
        };
        let color = if other.color == ColorChoice::default() {
            self.color
        } else {
            other.color
        };
        Options {
            dry_run: self.dry_run || other.dry_run,
            yes: self.yes || other.yes,
            output,
            color,
            timeout: other.timeout.or(self.timeout),
            verbose: self.verbose || other.verbose,
        }
    }

    /// Returns what they mean for an operation.
    pub fn settings(&self) -> Settings {
        Settings {
            dry_run: self.dry_run,
            yes: self.yes,
            format: self.output,
            timeout: self.timeout.map(Duration::from_secs),
            verbose: self.verbose,
        }
    }
}

/// What a verb does, which decides how it is run.
pub enum Deed<'a> {
    /// It changes something.
    Change(&'a dyn Change),
    /// It only looks.
    Look(&'a dyn Look),
    /// It has a way of its own.
    Own(&'a dyn Own),
}

/// A verb with a way of its own: the journal's, and what is handed over.
pub trait Own {
    /// Runs it.
    fn run(&self, session: &mut Session) -> Exit;
}

impl Verb {
    /// Returns true when it tells of operations that were cut short by itself.
    pub fn tells_of_unfinished(&self) -> bool {
        matches!(
            self,
            Verb::Undo(_) | Verb::History(_) | Verb::Show(_) | Verb::Status(_)
        )
    }

    /// Returns true when it changes something: such verbs can be planned together.
    pub fn is_change(&self) -> bool {
        matches!(self.deed(), Deed::Change(_))
    }

    /// Returns what it does.
    pub fn deed(&self) -> Deed<'_> {
        match self {
            Verb::Cluster(verb) => Deed::Change(verb.change()),
            Verb::Vip(vip::Vip::Add(verb)) => Deed::Change(verb),
            Verb::Vip(vip::Vip::Remove(verb)) => Deed::Change(verb),
            Verb::Vip(vip::Vip::List(verb)) => Deed::Look(verb),
            Verb::Web(web::Web::Add(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Group(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Prefer(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Move(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::Remove(verb)) => Deed::Change(verb),
            Verb::Web(web::Web::List(verb)) => Deed::Look(verb),
            Verb::Node(node::Node::Standby(verb)) => Deed::Change(verb),
            Verb::Node(node::Node::Online(verb)) => Deed::Change(verb),
            Verb::Node(node::Node::Maintenance(verb)) => Deed::Change(verb),
            Verb::Node(node::Node::Ready(verb)) => Deed::Change(verb),
            Verb::Node(node::Node::List(verb)) => Deed::Look(verb),
            Verb::Db(verb) => verb.deed(),
            Verb::Status(verb) => Deed::Own(verb),
            Verb::Explain(verb) => Deed::Own(verb),
            Verb::History(verb) => Deed::Own(verb),
            Verb::Show(verb) => Deed::Own(verb),
            Verb::Undo(verb) => Deed::Own(verb),
            Verb::Crm(verb) => Deed::Own(verb),
            Verb::Init(verb) => Deed::Own(verb),
        }
    }
}

/// Returns the grammar, with the examples of each verb in its help.
pub fn command() -> Command {
    help::with_help(Cli::command())
}

/// Returns the grammar as it is typed in the shell and completed everywhere: without the program's
/// name before it.
pub fn grammar() -> Command {
    let mut grammar = command().no_binary_name(true);
    grammar.build();
    grammar
}

/// Parses words, without the program's name: one verb, or several with `then` between them.
///
/// # Errors
/// clap's own, help and version included.
pub fn parse(words: &[OsString]) -> Result<Vec<Cli>, clap::Error> {
    // crmsh may use any word it likes.
    if words.first().is_some_and(|word| word == "crm") {
        return Ok(vec![parse_one(words)?]);
    }
    then::split(words).into_iter().map(parse_one).collect()
}

/// Parses a line of the shell with its grammar, which has no program's name in front.
///
/// # Errors
/// clap's own, help included.
pub fn parse_line(
    grammar: &mut clap::Command,
    words: &[OsString],
) -> Result<Vec<Cli>, clap::Error> {
    let mut one = |words: &[OsString]| {
        let matches = grammar.try_get_matches_from_mut(words)?;
        Cli::from_arg_matches(&matches)
    };
    if words.first().is_some_and(|word| word == "crm") {
        return Ok(vec![one(words)?]);
    }
    then::split(words).into_iter().map(one).collect()
}

fn parse_one(words: &[OsString]) -> Result<Cli, clap::Error> {
    let name = OsString::from("bascule");
    let matches = command().try_get_matches_from(std::iter::once(&name).chain(words))?;
    Cli::from_arg_matches(&matches)
}

/// Returns words as the line that a shell would split into them, without the options that say only
/// how to ask and print.
pub fn command_line(words: &[OsString]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let alone = ["-n", "--dry-run", "-y", "--yes", "-v", "--verbose"];
    let with_value = ["-o", "--output", "--color", "--timeout"];
    let mut kept = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if with_value.contains(&word.as_str()) {
            words.next();
        } else if !alone.contains(&word.as_str()) && !is_joined(&word, &with_value) {
            kept.push(word);
        }
    }
    crate::plan::shell_line(&kept)
}

/// Returns true for one of these options with its value in the same word.
fn is_joined(word: &str, options: &[&str]) -> bool {
    options.iter().any(|option| {
        word.strip_prefix(option)
            .is_some_and(|value| value.starts_with('=') || !option.starts_with("--"))
    })
}

//! The grammar: one clap tree for one-liners, the shell, completion, help and the man pages.

pub mod help;
mod parse;
pub mod then;
mod verb;
mod walk;

pub use parse::{command, grammar, parse, parse_line};
pub use verb::Verb;
pub use walk::{Given, Walk, WordKind, takes_many, verb};

use crate::operate::{Format, Settings};
use crate::ui::ColorChoice;
use clap::{Args, Parser};
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

impl Options {
    /// Returns the options of several verbs on one line: each goes for all of them.
    pub fn of_all(verbs: &[Cli]) -> Options {
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

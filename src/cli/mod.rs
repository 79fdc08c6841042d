//! The grammar: one clap tree for one-liners, the shell, completion, help and the man pages.
//!
//! One file per noun holds its arguments and its `plan()` or `report()`; nothing here runs, prints
//! or reads.

mod ground;
mod handover;
mod journal;
mod vip;

use crate::exit::Exit;
use crate::host::{Host, Signals};
use crate::operate::{Format, Session, Settings};
use crate::ui::{ColorChoice, Ui};
use clap::{Args, Parser, Subcommand};
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
    /// Show also what is usually left out: what crmsh repeats with every command
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// The virtual IP address
    #[command(subcommand)]
    Vip(vip::Vip),
    /// What was done on this host, and what became of it
    History(journal::History),
    /// One operation: its plan, its steps, their output
    Show(journal::Show),
    /// Take an operation back
    Undo(journal::Undo),
    /// Hand words to crmsh as they are; not planned, not journaled
    Crm(handover::Crm),
}

impl Options {
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

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let host = Host::read();
    let signals = Signals::register();
    let mut ui = Ui::new(cli.options.color);
    match &cli.verb {
        None => crate::shell::run(&host, &signals, &mut ui, &cli.options),
        Some(verb) => {
            announce(&host, &mut ui, verb);
            let command = command_line(&arguments[1..]);
            perform(verb, &cli.options, command, &host, &signals, &mut ui)
        }
    }
}

/// Runs one verb.
pub fn perform(
    verb: &Verb,
    options: &Options,
    command: String,
    host: &Host,
    signals: &Signals,
    ui: &mut Ui,
) -> Exit {
    let mut session = Session {
        host,
        signals,
        ui,
        settings: options.settings(),
        command,
    };
    match verb {
        Verb::Vip(vip::Vip::List(list)) => session.look(list),
        Verb::Vip(vip::Vip::Add(add)) => session.change(add),
        Verb::Vip(vip::Vip::Remove(remove)) => session.change(remove),
        Verb::History(history) => history.run(&mut session),
        Verb::Show(show) => show.run(&mut session),
        Verb::Undo(undo) => undo.run(&mut session),
        Verb::Crm(crm) => crm.run(&mut session),
    }
}

/// Prints clap's own words: help and version are results, everything else is a usage error.
pub fn usage(error: &clap::Error) -> Exit {
    // A closed pipe is the reader's decision.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Done
    }
}

/// Names operations that were cut short, unless the verb is about to deal with them.
fn announce(host: &Host, ui: &mut Ui, verb: &Verb) {
    if !matches!(verb, Verb::Undo(_) | Verb::History(_) | Verb::Show(_)) {
        for line in journal::unfinished(host) {
            ui.talk(&line);
        }
    }
}

/// Returns words as the line that a shell would split into them, without the options that say only
/// how to ask and print.
pub fn command_line(words: &[OsString]) -> String {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let plain = ["-n", "--dry-run", "-y", "--yes", "-v", "--verbose"];
    let words: Vec<String> = words
        .into_iter()
        .filter(|word| !plain.contains(&word.as_str()))
        .collect();
    crate::plan::shell_line(&words)
}

//! From a verb to its end: read, plan, show, ask, run, prove, report.

mod agree;
mod carry_out;
mod document;
mod held;
mod tell;
mod unchanged;

use crate::exec::session::HeldLock;
use crate::exit::Exit;
use crate::facts::{self, Facts, Needs};
use crate::host::{Host, Signals};
use crate::plan::{Refusal, RefusalKind};
use crate::report::{self, Document, Report};
use crate::ui::Ui;
use crate::verb::{Change, Look};
pub use document::{ChangeDocument, PlanShown, RefusalDocument};
use std::time::Duration;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// The plan as a shell script; nothing is run
    Sh,
    /// For programs
    Json,
}

/// The global options' values.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Show, change nothing.
    pub dry_run: bool,
    /// Do not ask.
    pub yes: bool,
    /// How results are printed.
    pub format: Format,
    /// Replaces every step's own deadline.
    pub timeout: Option<Duration>,
    /// Show what commands print.
    pub verbose: bool,
}

/// A run of a verb: where, how, and whom to tell.
pub struct Session<'a> {
    pub host: &'a Host,
    pub signals: &'a Signals,
    /// The terminal.
    pub ui: &'a mut Ui,
    /// The options' values.
    pub settings: Settings,
    /// The words that were typed, as one line.
    pub command: String,
    /// The lock on this host's tables that the shell holds; a single run ends with its own.
    pub lock: &'a mut Option<HeldLock>,
}

/// The kind of a verb, which decides how it is run.
pub enum VerbKind<'a> {
    /// The verb changes something.
    Change(&'a dyn Change),
    /// The verb only looks.
    Look(&'a dyn Look),
    /// The verb has a way of its own.
    RunsItself(&'a dyn RunsItself),
}

/// A verb with a way of its own: the journal's, and what is handed over.
pub trait RunsItself {
    /// Runs it.
    fn run(&self, session: &mut Session) -> Exit;
}

/// The sentence under a refusal.
const UNCHANGED: &str = "nothing was changed";

impl Session<'_> {
    /// Looks, and prints what was found.
    pub fn look(&mut self, verb: &dyn Look) -> Exit {
        if let Err(refusal) = self.root_only(&verb.needs()) {
            return self.refused(&refusal);
        }
        let facts = self.gather(&verb.needs(), |facts| verb.needs_then(facts));
        match verb.report(&facts) {
            Err(refusal) => self.refused(&refusal),
            Ok(report) => self.report(&report),
        }
    }

    fn gather(&self, needs: &Needs, then: impl Fn(&Facts) -> Needs) -> Facts {
        facts::gather_all(needs, then, &self.host.name, self.host.root)
    }

    /// Prints a report in the format asked for.
    pub fn report(&mut self, report: &Report) -> Exit {
        match self.settings.format {
            Format::Json => self.ui.line(&report.document),
            Format::Human | Format::Sh => self.ui.report(report),
        }
        Exit::Done
    }

    /// Prints a document, where one is asked for.
    fn tell_programs(&mut self, document: &impl Document) {
        if self.settings.format == Format::Json {
            self.ui.line(&report::line(document));
        }
    }

    /// Plans, shows, asks, runs, proves and reports.
    pub fn change(&mut self, verb: &dyn Change) -> Exit {
        let (plan, held) = match self.decided(verb, true) {
            Ok(decided) => decided,
            Err(exit) => return exit,
        };
        self.signals.work();
        let exit = self.carry_out(&plan, held, verb.undoes());
        self.signals.rest();
        exit
    }

    /// Returns true where a plan is only shown.
    pub fn shows_only(&self) -> bool {
        self.shows_only_where(self.settings.yes)
    }

    /// Returns true where a plan is only shown that is run unasked, or is not.
    fn shows_only_where(&self, unasked: bool) -> bool {
        match self.settings.format {
            Format::Sh => true,
            Format::Json => self.settings.dry_run || !unasked,
            Format::Human => self.settings.dry_run,
        }
    }

    fn typed_command(&self) -> String {
        format!("bascule {}", self.command)
    }

    /// Returns why nothing is read, where that is for root alone.
    ///
    /// # Errors
    /// When somebody else asks for it.
    pub fn root_only(&self, needs: &Needs) -> Result<(), Refusal> {
        if self.host.root || *needs == Needs::default() {
            return Ok(());
        }
        Err(
            Refusal::check("only root can read and change the cluster's configuration")
                .hint("as root", format!("sudo {}", self.typed_command())),
        )
    }

    /// Prints a refusal and returns its exit status.
    pub fn refused(&mut self, refusal: &Refusal) -> Exit {
        self.refused_document(refusal);
        self.refused_beside(refusal)
    }

    /// Prints a refusal's document, where one is asked for.
    pub fn refused_document(&mut self, refusal: &Refusal) {
        let refusal = refusal.clone().with_typed_words(&self.command);
        self.tell_programs(&RefusalDocument::new(&refusal));
    }

    /// Prints a refusal to people alone, and returns its exit status: a verb prints one document, and that
    /// stands on standard output already.
    pub fn refused_beside(&mut self, refusal: &Refusal) -> Exit {
        self.ui
            .refusal(&refusal.clone().with_typed_words(&self.command), UNCHANGED);
        match refusal.kind {
            RefusalKind::Usage => Exit::Usage,
            RefusalKind::Check => Exit::Refused,
        }
    }
}

//! What lines are run with.

use crate::exec::session::HeldLock;
use crate::grammar::Options;
use crate::host::{Host, Signals};
use crate::ui::Ui;
use clap::Command;

/// The shell, as lines are run in it.
pub struct Shell<'a> {
    pub host: &'a Host,
    pub signals: &'a Signals,
    pub ui: &'a mut Ui,
    /// The options that the shell was started with: they hold for every line.
    pub options: &'a Options,
    pub grammar: Command,
    /// The lock on this host's tables, from `db lock` to `db unlock`.
    pub lock: Option<HeldLock>,
}

//! The interactive shell.

use crate::cli::Options;
use crate::exit::Exit;
use crate::host::{Host, Signals};
use crate::ui::Ui;

/// Runs the shell until the user leaves it.
pub fn run(_host: &Host, _signals: &Signals, ui: &mut Ui, _options: &Options) -> Exit {
    ui.line("bascule");
    Exit::Done
}

//! Watching, until somebody has seen enough: on the whole window, or as lines.

use super::lines;
use super::on_screen::on_screen;
use super::vigil::{Watch, Watched};
use crate::exit::Exit;
use crate::facts::tool;
use crate::host::{Host, Signals};
use crate::ui::Ui;
use crate::ui::full_screen::FullScreen;

/// Where it is watched.
pub struct Place<'a> {
    pub host: &'a Host,
    pub signals: &'a Signals,
    pub ui: &'a mut Ui,
    /// For a program, in lines of documents.
    pub documents: bool,
}

/// Watches until `q`, Ctrl-C or the end of the input; as lines, until Ctrl-C or until nobody reads them.
pub fn watch(watched: &mut dyn Watched, place: Place) -> Exit {
    let Place {
        host,
        signals,
        ui,
        documents,
    } = place;
    signals.work();
    let mut watch = match Watch::begin(host, signals, watched.needs()) {
        Ok(watch) => watch,
        Err(error) => {
            signals.rest();
            ui.error(&format!("the cluster cannot be watched: {error}"));
            return Exit::Failed;
        }
    };
    let screen = match ui.can_ask() && ui.is_live() && !documents {
        true => FullScreen::open().ok(),
        false => None,
    };
    let exit = match screen {
        Some(screen) => on_screen(&mut watch, screen, watched, host, ui),
        None if documents => lines::documents(&mut watch, watched, ui),
        None => lines::events(&mut watch, ui),
    };
    drop(watch);
    signals.rest();
    if !ui.is_in_shell() {
        // The program ends: what is still asked nobody waits for any more.
        tool::end_readings();
    }
    exit
}

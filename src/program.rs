//! The program: a verb from the command line, or the interactive shell.

use crate::exit::Exit;
use crate::grammar::{Options, Verb};
use crate::host::{Host, Signals};
use crate::perform::{Place, perform, usage};
use crate::ui::Ui;
use crate::{grammar, shell, verbs};
use std::ffi::OsString;

/// Runs the program with its arguments, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let words: Vec<OsString> = arguments.into_iter().skip(1).collect();
    let words = grammar::help::asks_for_help(words);
    let line = match grammar::parse(&words) {
        Ok(line) => line,
        Err(error) => return usage(&error),
    };
    let options = Options::of_all(&line.verbs);
    let host = Host::read();
    let signals = Signals::register();
    let mut ui = Ui::new(options.color);
    let verbs: Vec<Verb> = line.verbs.into_iter().filter_map(|cli| cli.verb).collect();
    let exit = match verbs.as_slice() {
        [] => shell::run(&host, &signals, &mut ui, &options),
        verbs => {
            // Operations that were cut short are named before anything else is done.
            if !verbs[0].tells_of_unfinished() {
                for line in verbs::journal::unfinished(&host) {
                    ui.talk(&line);
                }
            }
            let place = Place {
                host: &host,
                signals: &signals,
                ui: &mut ui,
                lock: &mut None,
            };
            perform(verbs, &options, line.command, place)
        }
    };
    ui.ending(exit)
}

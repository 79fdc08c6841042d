//! Running what was typed: one verb by what it does, or several as one plan.

use crate::cli::then::Together;
use crate::cli::{Deed, Options, Verb};
use crate::exec::session::HeldLock;
use crate::exit::Exit;
use crate::host::{Host, Signals};
use crate::operate::Session;
use crate::plan::Refusal;
use crate::ui::Ui;

/// Runs one verb, or several as one.
pub fn perform(
    verbs: &[Verb],
    options: &Options,
    command: String,
    host: &Host,
    signals: &Signals,
    ui: &mut Ui,
    lock: &mut Option<HeldLock>,
) -> Exit {
    let mut session = Session {
        host,
        signals,
        ui,
        settings: options.settings(),
        command,
        lock,
    };
    if let [verb] = verbs {
        return match verb.deed() {
            Deed::Change(verb) => session.change(verb),
            Deed::Look(verb) => session.look(verb),
            Deed::Own(verb) => verb.run(&mut session),
        };
    }
    let mut changes = Vec::new();
    for verb in verbs {
        if let Verb::Db(_) = verb {
            return session.refused(
                &Refusal::usage("a db verb cannot be joined by `then`: it reads what the server says, and the verb before changes that")
                    .hint("run each on its own", "bascule"),
            );
        }
        let Deed::Change(change) = verb.deed() else {
            return session.refused(
                &Refusal::usage("only verbs that plan a change can be joined by `then`")
                    .hint("run each on its own", "bascule"),
            );
        };
        changes.push(change);
    }
    session.change(&Together::new(changes))
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

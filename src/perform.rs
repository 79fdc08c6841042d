//! Running what was typed: one verb by what it does, or several as one plan.

use crate::exec::session::HeldLock;
use crate::exit::Exit;
use crate::grammar::then::Together;
use crate::grammar::{Options, Verb};
use crate::host::{Host, Signals};
use crate::operate::{Session, VerbKind};
use crate::plan::{Again, Refusal};
use crate::ui::{ColorChoice, Ui};
use std::io::Write;

/// The place where verbs are run, with whom they tell.
pub struct Place<'a> {
    pub host: &'a Host,
    pub signals: &'a Signals,
    pub ui: &'a mut Ui,
    /// The lock on this host's tables that the shell holds.
    pub lock: &'a mut Option<HeldLock>,
}

/// Runs one verb, or several as one; `command` is what was typed.
pub fn perform(verbs: &[Verb], options: &Options, command: String, place: Place) -> Exit {
    let mut session = Session {
        host: place.host,
        signals: place.signals,
        ui: place.ui,
        settings: options.settings(),
        command,
        lock: place.lock,
    };
    if let [verb] = verbs {
        return match verb.kind() {
            VerbKind::Change(_) if waits_for_itself(verb, &session) => session.refused(
                &Refusal::check(
                    "this shell holds the tables locked: the verb would wait for its own lock",
                )
                .hint("to let everybody write again", "db unlock"),
            ),
            VerbKind::Change(verb) => session.change(verb),
            VerbKind::Look(verb) => session.look(verb),
            VerbKind::RunsItself(verb) => verb.run(&mut session),
        };
    }
    let mut changes = Vec::new();
    for (at, verb) in verbs.iter().enumerate() {
        if let Verb::Db(_) = verb {
            return session.refused(
                &Refusal::usage("a db verb cannot be joined by `then`: it reads what the server says, and the verb before changes that")
                    .again("this one on its own", Again::same().alone())
                    .for_verb_at(at),
            );
        }
        let VerbKind::Change(change) = verb.kind() else {
            return session.refused(
                &Refusal::usage("only verbs that plan a change can be joined by `then`")
                    .again("this one on its own", Again::same().alone())
                    .for_verb_at(at),
            );
        };
        changes.push(change);
    }
    session.change(&Together::new(changes))
}

/// Returns true for a verb that writes to the server whose writes this shell itself holds up.
fn waits_for_itself(verb: &Verb, session: &Session) -> bool {
    matches!(verb, Verb::Db(_)) && session.lock.is_some() && !session.shows_only()
}

/// Prints clap's own words: help and version are results, everything else is a usage error.
pub fn usage(error: &clap::Error) -> Exit {
    let printed = error.print();
    if error.use_stderr() {
        return Exit::Usage;
    }
    let mut ui = Ui::new(ColorChoice::Auto);
    if let Err(error) = printed.and_then(|()| std::io::stdout().flush()) {
        ui.cannot_write(error);
    }
    ui.ending(Exit::Done)
}

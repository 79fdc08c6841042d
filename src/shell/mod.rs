//! The interactive shell: the same verbs, one line each, until the user leaves.
//!
//! Knows the terminal and the grammar, not the verbs. On a terminal the prompt is there before
//! anything slow is read, Ctrl-C never ends the shell, a paste of several lines is so many commands,
//! and a bug in a verb does not take the shell with it. Without a terminal it reads lines plainly,
//! and stops at the first that does not end well, as `sh -e` does.

mod ask;
mod colors;
mod crm_names;
mod crmsh;
mod editor_helper;
mod greet;
mod help;
mod hint;
mod history;
mod host_command;
mod line;
mod notices;
mod plain;
mod prompt;
mod reading;
mod session;
mod several;
mod tab;
mod terminal;
mod verb;
mod view;
mod watch;
mod word;

use crate::exit::Exit;
use crate::facts::tool;
use crate::grammar::Options;
use crate::host::{Host, Signals};
use crate::ui::Ui;
use crate::{grammar, verbs};
use plain::read_plainly;
use session::Shell;

/// Runs the shell until the user leaves it.
///
/// On a terminal it ends with 0; otherwise with the status of the command that it stopped at.
pub fn run(host: &Host, signals: &Signals, ui: &mut Ui, options: &Options) -> Exit {
    ui.enter_shell();
    let terminal = ui.can_ask();
    let signals = if terminal {
        signals.in_shell()
    } else {
        signals.clone()
    };
    let mut shell = Shell {
        host,
        signals: &signals,
        ui,
        options,
        grammar: grammar::grammar(),
        lock: None,
    };
    let exit = if terminal {
        terminal::interact(&mut shell)
    } else {
        read_plainly(&mut shell)
    };
    let exit = let_go(&mut shell, exit);
    // What the background still reads nobody waits for any more.
    tool::end_readings();
    exit
}

/// Lets go of the lock that the shell still holds, and says so.
fn let_go(shell: &mut Shell, exit: Exit) -> Exit {
    let Some(mut lock) = shell.lock.take() else {
        return exit;
    };
    if !lock.is_held() {
        shell.ui.error(verbs::db::LOST);
        return match exit {
            Exit::Done => Exit::NotAsAsked,
            other => other,
        };
    }
    drop(lock);
    shell
        .ui
        .talk("the shell ends and lets go of its lock: writes go on");
    exit
}

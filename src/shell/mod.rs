//! The interactive shell: the same verbs, one line each, until the user leaves.
//!
//! Knows the terminal and the grammar, not the verbs. On a terminal the prompt is there before
//! anything slow is read, Ctrl-C never ends the shell, a paste of several lines is so many commands,
//! and a bug in a verb does not take the shell with it. Without a terminal it reads lines plainly,
//! and stops at the first that does not end well, as `sh -e` does.

mod ask;
mod assistant;
mod colors;
mod crm_names;
mod crmsh;
mod events;
mod greet;
mod help;
mod hint;
mod history;
mod line;
mod notices;
mod prompt;
mod reading;
mod several;
mod tab;
mod terminal;
mod view;
mod watch;
mod word;

use crate::cli::{self, Options};
use crate::exec::session::HeldLock;
use crate::exit::Exit;
use crate::facts::tool;
use crate::host::{Host, Signals};
use crate::ui::Ui;
use crate::words;
use clap::Command;
use line::{Then, run_line};
use std::io::{BufRead, IsTerminal};

/// What lines are run with.
struct Shell<'a> {
    host: &'a Host,
    signals: &'a Signals,
    ui: &'a mut Ui,
    /// The options that the shell was started with: they hold for every line.
    options: &'a Options,
    grammar: Command,
    /// The lock on this host's tables, from `db lock` to `db unlock`.
    lock: Option<HeldLock>,
}

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
        grammar: cli::grammar(),
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
        shell.ui.error(cli::LOCK_LOST);
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

/// Reads lines that nobody types.
fn read_plainly(shell: &mut Shell) -> Exit {
    if std::io::stdin().is_terminal() {
        shell.ui.talk("reading verbs, one on a line, until `quit`: the prompt needs a terminal for the output too");
    }
    let mut text = String::new();
    let mut number = 0;
    let mut rows = std::io::stdin().lock().split(b'\n');
    loop {
        let row = match rows.next().transpose() {
            Ok(row) => row,
            Err(error) => {
                shell
                    .ui
                    .error(&format!("the input cannot be read: {error}"));
                return Exit::Failed;
            }
        };
        let ended = row.is_none();
        if let Some(row) = row {
            number += 1;
            let Ok(row) = std::str::from_utf8(&row) else {
                shell.ui.error(&format!(
                    "line {number} has a byte that is not UTF-8: it was not run, nor what comes after it"
                ));
                return Exit::Usage;
            };
            text.push_str(row.strip_suffix('\r').unwrap_or(row));
            text.push('\n');
            if words::is_unfinished(&text) || text.ends_with("\\\n") {
                continue;
            }
        } else if words::is_unfinished(&text) {
            shell.ui.error("the input ends within quotes");
            return Exit::Usage;
        }
        for line in words::split_lines(&std::mem::take(&mut text)) {
            match run_line(shell, &line) {
                Then::Leave => return Exit::Done,
                Then::Go(Exit::Done) => {}
                Then::Go(exit) => {
                    shell.ui.talk(&format!("stopped at line {number}: {line}"));
                    return exit;
                }
            }
        }
        if ended {
            return Exit::Done;
        }
    }
}

//! Lines that nobody types.

use crate::exit::Exit;
use crate::shell::line::{Then, run_line};
use crate::shell::session::Shell;
use crate::words;
use std::io::{BufRead, IsTerminal};

/// Reads lines that nobody types.
pub fn read_plainly(shell: &mut Shell) -> Exit {
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

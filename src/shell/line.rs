//! One line: whose it is, what it means, and running it.

use super::help;
use super::host_command::{self, BANG};
use super::session::Shell;
use crate::exit::Exit;
pub use crate::shell::verb::{run_words, theirs};

/// The next thing after a line.
pub enum Then {
    /// The next line; the verb ended like this.
    Go(Exit),
    /// The end.
    Leave,
}

/// Runs one line.
pub fn run_line(shell: &mut Shell, line: &str) -> Then {
    if let Some(command) = line.trim_start().strip_prefix(BANG) {
        return Then::Go(host_command::run(shell, command));
    }
    let Some(mut words) = shlex::split(line) else {
        shell.ui.error("the quotes do not close");
        return Then::Go(Exit::Usage);
    };
    // Commands are copied from messages and notes.
    if words.first().is_some_and(|word| word == "sudo") && words.get(1).is_some_and(is_self) {
        words.remove(0);
    }
    if words.first().is_some_and(is_self) {
        words.remove(0);
    }
    let Some(first) = words.first() else {
        return Then::Go(Exit::Done);
    };
    match first.as_str() {
        "quit" | "exit" | "bye" if words.len() == 1 => return Then::Leave,
        "help" | "?" => return Then::Go(help::help(shell, &words[1..])),
        _ if words.last().is_some_and(|word| word == "?") => {
            words.pop();
            return Then::Go(help::help(shell, &words));
        }
        _ => {}
    }
    if theirs(shell, &words) {
        words.insert(0, "crm".to_owned());
    }
    Then::Go(run_words(shell, &words, line))
}

fn is_self(word: &String) -> bool {
    word == "bascule"
}

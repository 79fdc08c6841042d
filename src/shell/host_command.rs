//! A command of the host's, behind a `!`: not all next commands that messages name are verbs.

use super::session::Shell;
use crate::exec::hand_over;
use crate::exit::Exit;

/// What a line begins with whose rest is for the host's own shell.
pub const BANG: char = '!';

/// Runs a command, as typed.
pub fn run(shell: &mut Shell, command: &str) -> Exit {
    match hand_over("sh", &["-c".to_owned(), command.to_owned()]) {
        Ok(0) => Exit::Done,
        Ok(status) => Exit::OfCommand(u8::try_from(status).unwrap_or(1)),
        Err(why) => {
            shell.ui.error(&why);
            Exit::Failed
        }
    }
}

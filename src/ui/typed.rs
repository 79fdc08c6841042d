//! What is typed or pasted and is no text: a terminal that does not send UTF-8.

use super::Ui;
use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, tcgetattr, tcsetattr};
use nix::unistd::read;
use rustyline::error::ReadlineError;
use std::io::ErrorKind;

/// How long a terminal must be silent for a paste to have ended, in tenths of a second: over ssh it
/// comes in pieces.
const SILENCE: u8 = 3;

/// Returns true where the line editor met bytes that are not UTF-8 (rustyline 19 says it this way
/// and drops the line).
pub fn is_not_text(error: &ReadlineError) -> bool {
    matches!(error, ReadlineError::Io(error) if error.kind() == ErrorKind::InvalidData)
}

impl Ui {
    /// Says that a line was no text. What comes behind it is dropped, too: the rest of a paste whose
    /// begin is gone would be run as if it had been typed.
    pub fn not_text(&mut self) {
        drop_the_rest();
        self.error(
            "that line is dropped, and nothing of it was run: it has a byte that is not UTF-8, as a \
             terminal or a text in another character set (Latin-1) sends it; set the terminal to \
             UTF-8, or type the line without that letter",
        );
    }
}

/// Reads what the terminal still sends, until it is silent.
fn drop_the_rest() {
    let input = std::io::stdin();
    let Ok(found) = tcgetattr(&input) else {
        return;
    };
    let mut bytewise = found.clone();
    bytewise.local_flags -= LocalFlags::ICANON | LocalFlags::ECHO;
    bytewise.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
    bytewise.control_chars[SpecialCharacterIndices::VTIME as usize] = SILENCE;
    if tcsetattr(&input, SetArg::TCSANOW, &bytewise).is_err() {
        return;
    }
    let mut dropped = [0; 1024];
    while read(&input, &mut dropped).is_ok_and(|bytes| bytes > 0) {}
    // The terminal went away where this fails: the next reading says so.
    let _ = tcsetattr(&input, SetArg::TCSAFLUSH, &found);
}

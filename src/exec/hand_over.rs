//! A program on this terminal, with its standard streams: crmsh, or a command under a lock.

use crate::facts;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getpgrp, tcgetpgrp};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

/// Runs a program on this terminal, with its standard streams, and returns its exit status, as a
/// shell tells it: 128 and the signal's number where one ended it.
///
/// Without a deadline on purpose: it is the user who talks to it. A signal that asks this program to
/// end is passed on, to it and all that it started.
///
/// # Errors
/// When it is not installed or cannot be started.
pub fn hand_over(program: &str, words: &[String]) -> Result<i32, String> {
    let Some(found) = facts::tool::find(program) else {
        return Err(format!("{program} is not installed"));
    };
    let mut command = Command::new(found);
    command.args(words).env("PATH", facts::tool::path());
    // On a terminal it stays in our group, to which the kernel itself sends Ctrl-C, and which alone may
    // read what is typed. Elsewhere it gets one of its own, so that a signal reaches all of it.
    let typed = on_terminal();
    if !typed {
        command.process_group(0);
    }
    let failed = |error: std::io::Error| format!("{program} could not be started: {error}");
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(failed)?;
    let mut child = command.spawn().map_err(failed)?;
    let handle = signals.handle();
    let ended = std::thread::scope(|scope| {
        let pid = i32::try_from(child.id()).map(Pid::from_raw);
        scope.spawn(move || {
            for number in signals.forever() {
                let (Ok(pid), Ok(signal)) = (pid, Signal::try_from(number)) else {
                    continue;
                };
                // It may have ended by itself in between; then there is nothing to end.
                let _ = match (typed, signal) {
                    (true, Signal::SIGINT) => Ok(()),
                    (true, _) => kill(pid, signal),
                    (false, _) => killpg(pid, signal),
                };
            }
        });
        let ended = child.wait();
        handle.close();
        ended
    });
    ended.map(status).map_err(failed)
}

/// Returns true where this program is what its terminal listens to.
fn on_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok_and(|tty| tcgetpgrp(&tty) == Ok(getpgrp()))
}

fn status(ended: ExitStatus) -> i32 {
    let by_signal = || ended.signal().map(|signal| 128 + signal);
    ended.code().or_else(by_signal).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Result<i32, String> {
        hand_over("sh", &["-c".to_owned(), script.to_owned()])
    }

    #[test]
    fn its_status_is_that_of_a_shell() {
        assert_eq!(sh("exit 7"), Ok(7));
        assert_eq!(sh("kill -9 $$"), Ok(137));
        let missing = hand_over("no-such-program", &[]);
        assert_eq!(missing, Err("no-such-program is not installed".to_owned()));
    }
}

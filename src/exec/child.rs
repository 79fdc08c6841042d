//! One child process: its input given whole, its output streamed line by line, a deadline.

use crate::facts::tool;
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader, PipeReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Exit(i32),
    /// By this signal, which we did not send.
    Signal(i32),
    /// Past its deadline; it and all it started in its group were stopped.
    Deadline,
}

/// How long a child may take to end after a friendly signal before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// How long is waited for the rest of the output of a child that has ended: a daemon that it
/// started may hold the pipe open for ever.
const REST: Duration = Duration::from_millis(300);

/// Starts a child in a process group of its own, `with` its streams.
///
/// # Errors
/// When it is missing or cannot be started.
pub fn spawn(
    argv: &[String],
    with: impl FnOnce(duct::Expression) -> duct::Expression,
) -> Result<duct::Handle, String> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err("there is no command to start".to_owned());
    };
    let Some(command) = tool::tool_command(program, arguments) else {
        return Err(format!("{program} is not installed"));
    };
    with(command)
        .unchecked()
        .before_spawn(|command| {
            command.process_group(0);
            Ok(())
        })
        .start()
        .map_err(|error| format!("{program} could not be started: {error}"))
}

/// Starts a child as [`spawn`] does; all that it prints comes through one pipe.
///
/// # Errors
/// When it is missing or cannot be started.
pub fn start(
    argv: &[String],
    input: impl FnOnce(duct::Expression) -> duct::Expression,
) -> Result<(duct::Handle, PipeReader), String> {
    let no_pipe = |error: std::io::Error| format!("a pipe could not be made: {error}");
    let (reader, writer) = std::io::pipe().map_err(no_pipe)?;
    let errors = writer.try_clone().map_err(no_pipe)?;
    // The expression holds the pipe's writing end, and goes at the end of `spawn`: the output ends only
    // when it is closed.
    let handle = spawn(argv, |command| {
        input(command).stdout_file(writer).stderr_file(errors)
    })?;
    Ok((handle, reader))
}

/// Runs a child in a process group of its own, so that Ctrl-C never cuts it in half.
pub fn run(
    argv: &[String],
    stdin: Option<&str>,
    deadline: Duration,
    on_line: &mut dyn FnMut(&str),
) -> Result<Ended, String> {
    let (handle, reader) = start(argv, |command| match stdin {
        Some(text) => command.stdin_bytes(text),
        None => command.stdin_null(),
    })?;
    let (send, lines) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            // crmsh 4.4 colours its messages without a terminal too.
            let plain = anstream::adapter::strip_str(text.trim_end()).to_string();
            if send.send(plain).is_err() {
                return;
            }
            line.clear();
        }
    });

    let began = Instant::now();
    let mut ended = None;
    let mut rest_until = None;
    let mut asked_to_end = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(20)) {
            Ok(line) => on_line(&line),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) if ended.is_some() => break,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        if ended.is_none()
            && let Some(output) = handle
                .try_wait()
                .map_err(|error| format!("it was lost: {error}"))?
        {
            ended = Some(match output.status.signal() {
                Some(signal) => Ended::Signal(signal),
                None => Ended::Exit(output.status.code().unwrap_or(1)),
            });
            rest_until = Some(Instant::now() + REST);
        }
        if rest_until.is_some_and(|until| Instant::now() > until) {
            break;
        }
        if ended.is_none() && began.elapsed() > deadline {
            let signal = match asked_to_end {
                None => {
                    asked_to_end = Some(Instant::now());
                    Some(Signal::SIGTERM)
                }
                Some(at) if at.elapsed() > GRACE => Some(Signal::SIGKILL),
                Some(_) => None,
            };
            if let Some(signal) = signal {
                for pid in handle.pids() {
                    tool::end_group(pid, signal);
                }
            }
        }
    }
    if asked_to_end.is_some() {
        return Ok(Ended::Deadline);
    }
    Ok(ended.unwrap_or(Ended::Exit(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, stdin: Option<&str>, deadline: u64) -> (Ended, Vec<String>) {
        let argv = ["sh", "-c", script].map(str::to_owned);
        let mut lines = Vec::new();
        let ended = run(&argv, stdin, Duration::from_millis(deadline), &mut |line| {
            lines.push(line.to_owned());
        });
        (ended.unwrap(), lines)
    }

    #[test]
    fn output_and_status_come_through() {
        let (ended, lines) = sh(
            "cat; echo b >&2; printf '\\033[31mc\\033[0m'; exit 3",
            Some("a\n"),
            9000,
        );
        assert_eq!(ended, Ended::Exit(3));
        assert_eq!(lines, ["a", "b", "c"]);
    }

    #[test]
    fn without_input_a_reader_sees_its_end() {
        assert_eq!(sh("read x || echo none", None, 9000).1, ["none"]);
    }

    #[test]
    fn a_hanging_child_and_its_children_are_stopped_at_the_deadline() {
        let (ended, _) = sh("sleep 600 & wait", None, 100);
        assert_eq!(ended, Ended::Deadline);
    }

    #[test]
    fn a_daemon_that_keeps_the_output_open_does_not_hold_us() {
        let (ended, lines) = sh("(sleep 5 &) ; echo started", None, 9000);
        assert_eq!((ended, lines), (Ended::Exit(0), vec!["started".to_owned()]));
    }

    #[test]
    fn a_killed_child_is_told_from_a_failed_one() {
        assert_eq!(sh("kill -9 $$", None, 9000).0, Ended::Signal(9));
    }
}

//! One command's output into another, counted on its way, and known whole or cut.
//!
//! The statuses of a pipe do not tell whether a dump is whole: with the primary's server killed in
//! its middle the loading side says success with a tenth of the rows (seen on 10.11). So the reader
//! is given the end of its input only once the writer ended well and its last line was there;
//! otherwise it is stopped, and never executes half a statement.

use super::child::spawn;
use crate::facts::tool;
use nix::sys::signal::Signal;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How much is read at once: a Linux pipe holds 64 KiB.
const CHUNK: usize = 64 * 1024;

/// How much of the end is kept to look at the last line.
const END: usize = 4096;

/// How often the progress is told.
const TELL: Duration = Duration::from_millis(20);

/// Why what was printed did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// Somebody asked to stop.
    Stopped,
    /// A failure: how.
    Failed(String),
    /// It did not end in time, and was ended: how.
    TimedOut(String),
}

impl From<String> for Cut {
    fn from(why: String) -> Cut {
        Cut::Failed(why)
    }
}

/// A whole output that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piped {
    /// How many bytes.
    pub bytes: u64,
    /// The end of it.
    pub last: String,
}

/// Lets `from` print into `into` until both have ended.
///
/// `progress` is told the bytes so far and returns false to stop. `deadline` is for silence: how
/// long not a single byte may move.
pub fn run(
    from: &[String],
    into: &[String],
    whole: &str,
    deadline: Duration,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Piped, Cut> {
    let io = |error: std::io::Error| Cut::Failed(error.to_string());
    let (dump, dump_out) = std::io::pipe().map_err(io)?;
    let (load_in, load) = std::io::pipe().map_err(io)?;
    let (errors, errors_out) = std::io::pipe().map_err(io)?;
    let errors_again = errors_out.try_clone().map_err(io)?;
    let writer = spawn(from, |command| {
        command
            .stdin_null()
            .stdout_file(dump_out)
            .stderr_file(errors_out)
    })?;
    let reader = match spawn(into, |command| {
        let null = command.stdin_file(load_in).stdout_null();
        null.stderr_file(errors_again)
    }) {
        Ok(reader) => reader,
        Err(why) => {
            end(&writer);
            return Err(why.into());
        }
    };
    let said = std::thread::spawn(move || read_all(errors));
    let pump = Pump::start(dump, load);
    let stopped = watch(&pump, &writer, &reader, deadline, progress);
    let (load, moved) = pump.join()?;
    let is_whole = moved
        .last
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| line.starts_with(whole));
    let wrote = status(&writer, deadline);
    let cut = stopped.is_some() || wrote != Some(0) || !is_whole;
    if cut {
        end(&reader);
    }
    // The end of its input, or the end of a reader that waits for more.
    drop(load);
    let read = status(&reader, deadline);
    let said = said.join().unwrap_or_default();
    if let Some(why) = stopped {
        return Err(why);
    }
    let Moved {
        bytes,
        last,
        refused,
    } = moved;
    let words = last_words(&said);
    let loads = into.first().map_or("", String::as_str);
    let dumps = from.first().map_or("", String::as_str);
    if refused {
        return Err(format!("{loads} ended after {bytes} bytes{words}").into());
    }
    if wrote != Some(0) {
        return Err(format!("{dumps} {} after {bytes} bytes{words}", how(wrote)).into());
    }
    if !is_whole {
        return Err(format!(
            "what {dumps} printed was cut after {bytes} bytes: its last line is missing{words}"
        )
        .into());
    }
    match read {
        Some(0) => Ok(Piped { bytes, last }),
        other => Err(format!("{loads} {}{words}", how(other)).into()),
    }
}

/// Returns how a child ended, as the end of a sentence.
fn how(status: Option<i32>) -> String {
    match status {
        Some(code) => format!("ended with status {code}"),
        None => "was killed".to_owned(),
    }
}

/// Returns all that both said; bytes that are no UTF-8 are told as well as they can be.
fn read_all(errors: PipeReader) -> String {
    let mut bytes = Vec::new();
    match std::io::BufReader::new(errors).read_to_end(&mut bytes) {
        Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

/// The bytes on their way, carried by a thread of its own.
struct Pump {
    thread: JoinHandle<(PipeWriter, Vec<u8>)>,
    moved: Arc<AtomicU64>,
    refused: Arc<AtomicBool>,
}

/// All that a pump has moved.
struct Moved {
    bytes: u64,
    /// The end of it.
    last: String,
    /// The reader took no more.
    refused: bool,
}

impl Pump {
    fn start(mut dump: PipeReader, mut load: PipeWriter) -> Pump {
        let moved = Arc::new(AtomicU64::new(0));
        let refused = Arc::new(AtomicBool::new(false));
        let (count, refuse) = (Arc::clone(&moved), Arc::clone(&refused));
        let thread = std::thread::spawn(move || {
            let mut chunk = vec![0; CHUNK];
            let mut last = Vec::new();
            while let Ok(length @ 1..) = dump.read(&mut chunk) {
                if load.write_all(&chunk[..length]).is_err() {
                    refuse.store(true, Ordering::SeqCst);
                    break;
                }
                last.extend_from_slice(&chunk[..length]);
                let surplus = last.len().saturating_sub(END);
                last.drain(..surplus);
                count.fetch_add(length as u64, Ordering::SeqCst);
            }
            (load, last)
        });
        Pump {
            thread,
            moved,
            refused,
        }
    }

    fn bytes(&self) -> u64 {
        self.moved.load(Ordering::SeqCst)
    }

    /// Waits for its end, and returns the reader's input with it, which is still open.
    fn join(self) -> Result<(PipeWriter, Moved), Cut> {
        let (load, last) = self
            .thread
            .join()
            .map_err(|_| Cut::Failed("the pipe broke".to_owned()))?;
        let moved = Moved {
            bytes: self.moved.load(Ordering::SeqCst),
            last: String::from_utf8_lossy(&last).into_owned(),
            refused: self.refused.load(Ordering::SeqCst),
        };
        Ok((load, moved))
    }
}

/// Tells the progress until nothing moves any more; ends both where it is asked to, or after too long a silence.
fn watch(
    pump: &Pump,
    writer: &duct::Handle,
    reader: &duct::Handle,
    deadline: Duration,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Option<Cut> {
    let mut stopped = None;
    let (mut seen, mut since) = (0, Instant::now());
    while !pump.thread.is_finished() {
        std::thread::sleep(TELL);
        let now = pump.bytes();
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if stopped.is_none() && !progress(now) {
            stopped = Some(Cut::Stopped);
        }
        if stopped.is_none() && since.elapsed() > deadline {
            let silence = format!("nothing came for {} s", deadline.as_secs());
            stopped = Some(Cut::Failed(silence));
        }
        if stopped.is_some() {
            end(writer);
            end(reader);
        }
    }
    stopped
}

fn end(child: &duct::Handle) {
    for pid in child.pids() {
        tool::end_group(pid, Signal::SIGTERM);
    }
}

/// Returns a child's exit status; none when a signal ended it, or when it had to be ended.
fn status(child: &duct::Handle, deadline: Duration) -> Option<i32> {
    match child.wait_timeout(deadline) {
        Ok(Some(output)) => output.status.code(),
        Ok(None) | Err(_) => {
            for pid in child.pids() {
                tool::end_group(pid, Signal::SIGKILL);
            }
            None
        }
    }
}

/// Returns what a failed tool said: its line with an error, else its last.
///
/// Only a line of sensible length: a client that was not told otherwise prints rows of the dump.
fn last_words(said: &str) -> String {
    let lines = || {
        said.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && line.len() < 400)
    };
    lines()
        .find(|line| line.contains("rror"))
        .or_else(|| lines().next_back())
        .map(|line| format!(": {line}"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> [String; 3] {
        ["sh", "-c", script].map(str::to_owned)
    }

    fn pipe(from: &str, into: &str) -> Result<u64, String> {
        let soon = Duration::from_secs(9);
        let went = run(&sh(from), &sh(into), "-- Dump completed", soon, &mut |_| {
            true
        });
        went.map(|piped| piped.bytes).map_err(|cut| match cut {
            Cut::Failed(why) | Cut::TimedOut(why) => why,
            Cut::Stopped => "stopped".to_owned(),
        })
    }

    #[test]
    fn a_whole_dump_arrives() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let into = format!("cat >{}", path.display());
        let bytes = pipe("echo row; echo '-- Dump completed on today'", &into).unwrap();
        assert_eq!(bytes, std::fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn a_dump_without_its_last_line_is_cut_and_its_reader_never_sees_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("end");
        let into = format!("cat >/dev/null; touch {}", path.display());
        let why = pipe("echo row", &into).unwrap_err();
        assert!(why.contains("cut after 4 bytes"), "{why}");
        assert!(!path.exists());
    }

    #[test]
    fn who_failed_is_told_with_its_words() {
        let why = pipe(
            "echo row; echo 'Error 2013: gone' >&2; exit 3",
            "cat >/dev/null",
        );
        assert_eq!(
            why.unwrap_err(),
            "sh ended with status 3 after 4 bytes: Error 2013: gone"
        );
        let why = pipe(
            "seq 100000; echo '-- Dump completed'",
            "echo 'ERROR 1049' >&2; exit 1",
        );
        assert!(why.unwrap_err().ends_with(": ERROR 1049"));
    }

    #[test]
    fn who_is_asked_to_stop_stops_both() {
        let soon = Duration::from_secs(9);
        let why = run(&sh("sleep 60"), &sh("cat"), "x", soon, &mut |_| false);
        assert_eq!(why, Err(Cut::Stopped));
    }

    #[test]
    fn silence_has_its_deadline() {
        let soon = Duration::from_millis(80);
        let why = run(&sh("sleep 60"), &sh("cat"), "x", soon, &mut |_| true);
        assert!(matches!(why, Err(Cut::Failed(why)) if why.starts_with("nothing came")));
    }
}

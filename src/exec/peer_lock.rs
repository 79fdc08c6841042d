//! The lock of another host, held while a plan changes that host too: the same file, by `flock`, that a
//! bascule there takes.
//!
//! It goes with the ssh session: when this program dies its input ends, and where the link is cut nothing
//! comes any more, so that the other side lets go by itself after a while.

use super::child;
use crate::facts::tool;
use crate::plan::over_ssh;
use crate::state::StateFolder;
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader, Write};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the other host may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How often it hears of this program; after three times as long without a word it lets go.
const BEAT: Duration = Duration::from_secs(5);

/// How long the session may take to end.
const END: Duration = Duration::from_secs(2);

/// A shell that takes the lock, says so, and holds it while it hears something.
const HOLD: &str = "umask 077; lock=$1/lock\n\
    mkdir -p \"$1\" && exec 9<>$lock || { echo unknown; exit; }\n\
    if ! flock --nonblock 9; then\n\
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ ! -s $lock ] || break; sleep 0.1; done\n\
    echo busy; head -c 500 $lock; exit; fi\n\
    printf %s \"$0\" >$lock; echo held\n\
    while read -r -t 15 _; do :; done; : >$lock";

/// The answer to who asks for the lock.
#[derive(Debug)]
pub enum Asked {
    Held(Box<PeerLock>),
    /// Somebody else works there: who, since when and on what.
    Busy(String),
    /// The host did not answer, or has no such lock.
    Unknown,
}

/// The lock of another host; let go when dropped.
#[derive(Debug)]
pub struct PeerLock {
    end: Option<mpsc::Sender<()>>,
    beat: Option<JoinHandle<()>>,
    child: duct::Handle,
}

impl PeerLock {
    /// Asks a host for its lock, leaving a line that says who holds it.
    pub fn ask(host: &str, who: &str) -> Asked {
        let state = StateFolder::on(Some(host)).path().display().to_string();
        let argv = ["bash", "-c", HOLD, who, &state].map(str::to_owned);
        let Ok((stdin, mut input)) = std::io::pipe() else {
            return Asked::Unknown;
        };
        let Ok((child, output)) = child::start(&over_ssh(host, &argv), |ssh| ssh.stdin_file(stdin))
        else {
            return Asked::Unknown;
        };
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let (end, ended) = mpsc::channel::<()>();
        let beat = std::thread::spawn(move || {
            while ended.recv_timeout(BEAT) == Err(mpsc::RecvTimeoutError::Timeout) {
                if input.write_all(b"\n").is_err() {
                    return;
                }
            }
        });
        let lock = PeerLock {
            end: Some(end),
            beat: Some(beat),
            child,
        };
        let until = Instant::now() + ANSWER;
        let next = || lines.recv_timeout(until.saturating_duration_since(Instant::now()));
        // What ssh itself says comes before the answer.
        while let Ok(line) = next() {
            match line.as_str() {
                "held" => return Asked::Held(Box::new(lock)),
                "busy" => return Asked::Busy(next().unwrap_or_default()),
                "unknown" => return Asked::Unknown,
                _ => {}
            }
        }
        Asked::Unknown
    }
}

impl Drop for PeerLock {
    /// Whoever comes next finds it free: the end of the session is waited for.
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(beat) = self.beat.take() {
            let _ = beat.join();
        }
        if !matches!(self.child.wait_timeout(END), Ok(Some(_))) {
            for pid in self.child.pids() {
                tool::end_group(pid, Signal::SIGTERM);
            }
        }
    }
}

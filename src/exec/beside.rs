//! Commands that run beside a plan's steps, and what they print, line by line with its time.

use super::child;
use super::watcher::Watcher;
use crate::facts::tool;
use crate::plan::Companion;
use crate::state::BESIDE;
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A thing that was seen beside a plan's steps, as it is kept: a line of JSON each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// When it came, in seconds since 1970.
    pub at: f64,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A line of a command's output.
    Line {
        /// The command's name.
        of: String,
        /// What it printed.
        text: String,
    },
    /// A command ended.
    Gone {
        /// The command's name.
        of: String,
    },
    /// A step of the plan began.
    Begins {
        /// Which, from 0.
        step: usize,
    },
    /// A step of the plan ended.
    Ends {
        /// Which, from 0.
        step: usize,
    },
}

/// The commands that run beside a plan.
#[derive(Debug, Default)]
pub struct Beside {
    /// Where what is seen is kept.
    pub folder: PathBuf,
    book: Option<Arc<Mutex<File>>>,
    running: Vec<Running>,
}

/// A command that runs.
#[derive(Debug)]
struct Running {
    name: String,
    handle: duct::Handle,
    /// The end of it is the end of the command.
    input: Option<PipeWriter>,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
    last: String,
}

/// How long a command may take to end once it was asked to go.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is looked whether one is ready.
const GLANCE: Duration = Duration::from_millis(100);

impl Beside {
    /// Begins commands, and waits until each is ready.
    ///
    /// # Errors
    /// Why one is not.
    pub fn begin(
        &mut self,
        commands: &[Companion],
        deadline: Duration,
        mut waits: impl FnMut(&str, Duration) -> bool,
    ) -> Result<(), String> {
        let book = Arc::new(Mutex::new(create(&self.folder)?));
        self.book = Some(Arc::clone(&book));
        for command in commands {
            self.running.push(Running::start(command, &book)?);
        }
        let began = Instant::now();
        for (command, running) in commands.iter().zip(&mut self.running) {
            loop {
                match running.lines.recv_timeout(GLANCE) {
                    Ok(line) if line == command.ready => break,
                    Ok(line) => running.last = line,
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    Err(mpsc::RecvTimeoutError::Disconnected) => {
                        return Err(format!("{} cannot look on: {}", command.name, running.last));
                    }
                }
                if began.elapsed() > deadline {
                    let seconds = deadline.as_secs();
                    return Err(format!(
                        "{} does not look on after {seconds} s: {}",
                        command.name, running.last
                    ));
                }
                if !waits(&command.name, began.elapsed()) {
                    return Err("stopped waiting, as asked".to_owned());
                }
            }
        }
        Ok(())
    }

    /// Notes that a step begins or ends, while something runs beside.
    pub fn note(&self, what: What) {
        if let Some(book) = &self.book {
            keep(book, what);
        }
    }

    /// Ends the commands by the end of their input, one after the other in their order, and waits for what each still
    /// has to say.
    ///
    /// # Errors
    /// When one has not ended by then; it is stopped.
    pub fn end(
        &mut self,
        deadline: Duration,
        watcher: &mut dyn Watcher,
        number: usize,
    ) -> Result<(), String> {
        let began = Instant::now();
        let mut late = Vec::new();
        for mut running in self.running.drain(..) {
            running.input = None;
            while running
                .handle
                .wait_timeout(GLANCE)
                .is_ok_and(|ended| ended.is_none())
            {
                watcher.waits(
                    number,
                    "what is asked to answer again for 2 s",
                    &running.name,
                    began.elapsed(),
                    deadline,
                );
                if began.elapsed() > deadline || watcher.stop() {
                    late.push(running.name.clone());
                    break;
                }
            }
            running.finish();
        }
        self.book = None;
        match late.first() {
            None => Ok(()),
            Some(name) => Err(format!("{name} did not end by itself and was stopped")),
        }
    }
}

fn create(folder: &Path) -> Result<File, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(told)?;
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    options.open(folder.join(BESIDE)).map_err(told)
}

fn keep(book: &Mutex<File>, what: What) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seen = Seen {
        at: since.unwrap_or_default().as_secs_f64(),
        what,
    };
    if let Ok(mut line) = serde_json::to_vec(&seen) {
        line.push(b'\n');
        // What cannot be kept is missing in what is told afterwards, and no reason to stop in the middle.
        let _ = book
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&line);
    }
}

impl Running {
    fn start(command: &Companion, book: &Arc<Mutex<File>>) -> Result<Running, String> {
        let told = |error: std::io::Error| format!("a pipe could not be made: {error}");
        let (read, write) = std::io::pipe().map_err(told)?;
        let (handle, output) = child::start(&command.command(), |child| child.stdin_file(read))?;
        let (send, lines) = mpsc::channel();
        let (name, book) = (command.name.clone(), Arc::clone(book));
        let reader = std::thread::spawn(move || read_lines(output, &name, &book, &send));
        Ok(Running {
            name: command.name.clone(),
            handle,
            input: Some(write),
            lines,
            reader: Some(reader),
            last: "it said nothing".to_owned(),
        })
    }

    /// Ends it, by force where it does not go.
    fn finish(&mut self) {
        self.input = None;
        for signal in [Signal::SIGTERM, Signal::SIGKILL] {
            if matches!(
                self.handle.wait_timeout(Duration::ZERO),
                Ok(Some(_)) | Err(_)
            ) {
                break;
            }
            for pid in self.handle.pids() {
                tool::end_group(pid, signal);
            }
            let _ = self.handle.wait_timeout(GRACE);
        }
        if let Some(reader) = self.reader.take() {
            // What it started may hold its output open.
            let until = Instant::now() + GRACE;
            while !reader.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.finish();
    }
}

fn read_lines(output: PipeReader, name: &str, book: &Mutex<File>, send: &mpsc::Sender<String>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while matches!(output.read_until(b'\n', &mut line), Ok(1..)) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let of = name.to_owned();
        let what = What::Line {
            of,
            text: text.clone(),
        };
        keep(book, what);
        let _ = send.send(text);
        line.clear();
    }
    keep(
        book,
        What::Gone {
            of: name.to_owned(),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::tests::Onlooker;
    use crate::plan::words;

    fn companion(script: &str) -> Companion {
        Companion {
            name: "serv2".to_owned(),
            argv: words(&["sh", "-c", script]),
            host: None,
            ready: "ready".to_owned(),
        }
    }

    const SOON: Duration = Duration::from_secs(60);

    fn seen(folder: &Path) -> Vec<What> {
        let text = std::fs::read_to_string(folder.join(BESIDE)).unwrap();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Seen>(line).unwrap());
        lines.map(|seen| seen.what).collect()
    }

    #[test]
    fn what_runs_beside_is_kept_with_the_steps_until_its_input_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut beside = Beside {
            folder: folder.path().join("000001.d"),
            ..Beside::default()
        };
        let script = "echo one; echo ready; cat; echo two";
        beside
            .begin(&[companion(script)], SOON, |_, _| true)
            .unwrap();
        beside.note(What::Begins { step: 3 });
        beside.end(SOON, &mut Onlooker::default(), 1).unwrap();
        let line = |text: &str| What::Line {
            of: "serv2".to_owned(),
            text: text.to_owned(),
        };
        let gone = What::Gone {
            of: "serv2".to_owned(),
        };
        let all = [
            line("one"),
            line("ready"),
            What::Begins { step: 3 },
            line("two"),
            gone,
        ];
        assert_eq!(seen(&beside.folder), all);
    }

    #[test]
    fn who_cannot_look_on_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let begin = |script: &str, deadline: Duration| {
            let mut beside = Beside {
                folder: folder.path().to_owned(),
                ..Beside::default()
            };
            beside
                .begin(&[companion(script)], deadline, |_, _| true)
                .unwrap_err()
        };
        assert_eq!(
            begin("echo no route >&2; exit 1", SOON),
            "serv2 cannot look on: no route"
        );
        let slow = begin("echo asleep; exec sleep 60", Duration::from_millis(300));
        assert!(slow.ends_with("asleep"), "{slow}");
    }

    #[test]
    fn what_does_not_go_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let mut beside = Beside {
            folder: folder.path().to_owned(),
            ..Beside::default()
        };
        let script = "echo ready; trap '' TERM; while :; do sleep 1; done";
        beside
            .begin(&[companion(script)], SOON, |_, _| true)
            .unwrap();
        let why = beside.end(Duration::from_millis(100), &mut Onlooker::default(), 1);
        assert!(why.unwrap_err().starts_with("serv2 did not end"));
    }
}

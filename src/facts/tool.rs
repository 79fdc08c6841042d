//! Running a tool to read something: no standard input, a deadline, both outputs taken.

use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// The process groups of the tools that are being read.
static UNDER_WAY: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// True once the program ends. Who starts a tool holds it until the tool is under way, so that none
/// is missed.
static ENDED: RwLock<bool> = RwLock::new(false);

/// What a tool printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Returns the first line that says something, standard error first.
    pub fn first_line(&self) -> String {
        self.stderr
            .lines()
            .chain(self.stdout.lines())
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or("it said nothing")
            .to_owned()
    }
}

/// Why a tool printed nothing.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It is not installed.
    #[error("{0} is not installed")]
    Missing(String),
    /// It did not answer in time and was ended.
    #[error("{program} did not answer within {} s", .deadline.as_secs())]
    Deadline {
        /// The program.
        program: String,
        /// How long it had.
        deadline: Duration,
    },
    /// It could not be started.
    #[error("{program} could not be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Runs a tool that only reads, in the C locale and without standard input.
///
/// # Errors
/// When it is missing, cannot start or does not end before the deadline.
pub fn read<S: AsRef<str>>(argv: &[S], deadline: Duration) -> Result<Output, ToolError> {
    read_with(argv, None, &[], deadline)
}

/// Like [`read`], with a standard input and environment variables.
///
/// # Errors
/// As for [`read`].
pub fn read_with<S: AsRef<str>>(
    argv: &[S],
    stdin: Option<&str>,
    environment: &[(&str, &str)],
    deadline: Duration,
) -> Result<Output, ToolError> {
    let program = argv[0].as_ref();
    if find(program).is_none() {
        return Err(ToolError::Missing(program.to_owned()));
    }
    let start = |source| ToolError::Start {
        program: program.to_owned(),
        source,
    };
    let mut command = duct::cmd(program, argv[1..].iter().map(AsRef::as_ref));
    command = match stdin {
        Some(text) => command.stdin_bytes(text),
        None => command.stdin_null(),
    };
    for (name, value) in environment {
        command = command.env(name, value);
    }
    let ended = ENDED.read().unwrap_or_else(PoisonError::into_inner);
    if *ended {
        return Err(start(std::io::ErrorKind::Interrupted.into()));
    }
    let handle = command
        .env("LC_ALL", "C")
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        // Ctrl-C at the terminal is for the program, which decides between steps.
        .before_spawn(|command| {
            std::os::unix::process::CommandExt::process_group(command, 0);
            Ok(())
        })
        .start()
        .map_err(start)?;
    let groups = handle.pids();
    under_way().extend(&groups);
    drop(ended);
    let output = handle.wait_timeout(deadline);
    under_way().retain(|group| !groups.contains(group));
    match output.map_err(start)? {
        Some(output) => Ok(Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
        None => {
            for group in groups {
                end_group(group, Signal::SIGKILL);
            }
            Err(ToolError::Deadline {
                program: program.to_owned(),
                deadline,
            })
        }
    }
}

/// Ends the readings that other threads still wait for, and lets none begin any more.
///
/// For the end of a program that read in the background: nobody would be left to watch the deadline
/// of a tool that hangs.
pub fn end_readings() {
    *ENDED.write().unwrap_or_else(PoisonError::into_inner) = true;
    for group in &*under_way() {
        end_group(*group, Signal::SIGKILL);
    }
}

fn under_way() -> MutexGuard<'static, BTreeSet<u32>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends a signal to a child and all it started in its own process group.
pub fn end_group(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // It may have ended by itself in between; then there is nothing to end.
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), signal);
    }
}

/// Returns where a program is found on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return executable(Path::new(program)).then(|| PathBuf::from(program));
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| executable(path))
}

fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

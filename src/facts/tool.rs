//! Running a tool to read something: no standard input, a deadline, both outputs taken.

use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How long a reading may take. The slowest seen takes 50 ms; a hung daemon must not hang us.
pub const READING: Duration = Duration::from_secs(5);

/// The process groups of the tools that are being read.
static UNDER_WAY: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// True once the program ends. Who starts a tool holds it until the tool is under way, so that none
/// is missed.
static ENDED: RwLock<bool> = RwLock::new(false);

/// The output of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; none when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Returns what a child that has ended printed.
    pub fn from_process(output: &std::process::Output) -> Output {
        Output {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Returns the first line that says something, standard error first.
    pub fn first_line(&self) -> String {
        self.stderr
            .lines()
            .chain(self.stdout.lines())
            .map(str::trim)
            .find(|line| !line.is_empty())
            .map_or_else(
                || match self.code {
                    Some(0) => "it said nothing".to_owned(),
                    _ => format!("it {} without a word", self.ending()),
                },
                str::to_owned,
            )
    }

    /// Returns how it ended, as words behind its name.
    pub fn ending(&self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("ended with status {code}"),
            (None, Some(signal)) => format!("was ended by signal {signal}"),
            (None, None) => "was ended".to_owned(),
        }
    }
}

/// Why a tool printed nothing.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The tool is not installed.
    #[error("{0} is not installed")]
    Missing(String),
    /// The tool did not answer in time and was ended.
    #[error("{program} did not answer within {} s", .deadline.as_secs())]
    Deadline {
        program: String,
        /// How long it had.
        deadline: Duration,
    },
    /// The tool could not be started.
    #[error("{program} could not be started: {source}")]
    Start {
        program: String,
        /// The system's words.
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
    let Some(mut command) = tool_command(program, &argv[1..]) else {
        return Err(ToolError::Missing(program.to_owned()));
    };
    let start = |source| ToolError::Start {
        program: program.to_owned(),
        source,
    };
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
    let handle = captured(&command).map_err(start)?;
    let groups = handle.pids();
    under_way().extend(&groups);
    drop(ended);
    let output = handle.wait_timeout(deadline);
    under_way().retain(|group| !groups.contains(group));
    match output.map_err(start)? {
        Some(output) => Ok(Output::from_process(output)),
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

/// Starts a child whose output is kept, in a process group of its own: Ctrl-C at the terminal is for the
/// program, which decides between steps.
///
/// # Errors
/// When it cannot be started.
pub fn captured(command: &duct::Expression) -> std::io::Result<duct::Handle> {
    command
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .before_spawn(|command| {
            std::os::unix::process::CommandExt::process_group(command, 0);
            Ok(())
        })
        .start()
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

/// Where Debian puts what only root needs; PATH lacks it after `su` without `-`, and in cron.
const SYSTEM: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Where it puts what all need, where PATH names no folder at all.
const COMMON: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Returns the folders that programs are looked for in, here and by all that is started.
fn folders() -> Vec<PathBuf> {
    folders_of(std::env::var_os("PATH").unwrap_or_default())
}

fn folders_of(path: std::ffi::OsString) -> Vec<PathBuf> {
    // An empty word is the folder that one happens to stand in.
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .collect();
    if folders.is_empty() {
        folders.extend(COMMON.map(PathBuf::from));
    }
    for folder in SYSTEM.map(PathBuf::from) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Returns the PATH of every child.
pub fn path() -> std::ffi::OsString {
    // A folder that was split out of PATH has no colon.
    std::env::join_paths(folders()).unwrap_or_default()
}

/// Returns where a program is found.
pub fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return executable(Path::new(program)).then(|| PathBuf::from(program));
    }
    folders()
        .into_iter()
        .map(|folder| folder.join(program))
        .find(|path| executable(path))
}

/// Returns the child that runs a program with these arguments, if the program is there: in the C
/// locale, with a PATH on which it finds what it needs itself.
pub fn tool_command<S: AsRef<str>>(program: &str, arguments: &[S]) -> Option<duct::Expression> {
    let arguments = arguments.iter().map(AsRef::as_ref);
    Some(
        duct::cmd(find(program)?, arguments)
            .env("PATH", path())
            .env("LC_ALL", "C"),
    )
}

fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_starts_is_found_where_debian_puts_it() {
        let output = read(&["sh", "-c", "echo $PATH"], Duration::from_secs(9)).unwrap();
        let path = output.stdout.trim().to_owned();
        for folder in SYSTEM {
            assert!(path.split(':').any(|known| known == folder), "{path}");
        }
        assert!(find("no-such-program").is_none());
        for path in ["", ":", "bin"] {
            let folders = folders_of(path.into());
            assert!(folders.iter().all(|folder| folder.is_absolute()), "{path}");
            assert!(folders.contains(&PathBuf::from("/usr/bin")), "{path}");
        }
    }
}

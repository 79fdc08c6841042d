//! Waiting for what a replica applies: as long as it takes, but not past a thread that has stopped with
//! an error, and not past Ctrl-C.

use super::pipe::Cut;
use super::watcher::Watcher;
use crate::facts::database::Link;
use crate::facts::{self, tool};
use crate::mariadb::{self, ErrorKind};
use crate::plan::{Action, Step};
use nix::sys::signal::Signal;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The function by which the server waits.
const WAITS: &str = "MASTER_GTID_WAIT(";

/// How often Ctrl-C is looked for.
pub const GLANCE: Duration = Duration::from_millis(200);

/// How often the threads are looked at: on another host each look is an ssh.
const LOOK: Duration = Duration::from_secs(1);

/// How long a client may take to end its query in the server before it is killed itself.
const GRACE: Duration = Duration::from_secs(2);

/// Returns true when a step's statements wait for what a replica applies.
pub fn is_wait(step: &Step) -> bool {
    let Action::Sql { statements, .. } = &step.action else {
        return false;
    };
    statements.iter().any(|text| text.contains(WAITS))
}

/// A lookout that is kept while a server waits for what it applies.
pub struct Lookout<'a> {
    watcher: &'a mut dyn Watcher,
    /// Why there is no use in waiting on, once that is known. The looking ends with this.
    found: mpsc::Receiver<String>,
}

impl<'a> Lookout<'a> {
    /// Begins to look at the links of a host's server.
    pub fn new(host: Option<&str>, client: &str, watcher: &'a mut dyn Watcher) -> Lookout<'a> {
        let (tell, found) = mpsc::channel();
        let (host, client) = (host.map(str::to_owned), client.to_owned());
        // Beside the wait: a host that has become silent must not keep Ctrl-C from being heard.
        std::thread::spawn(move || {
            let mut before = None;
            loop {
                std::thread::sleep(LOOK);
                let now = useless(&facts::read_links(host.as_deref(), &client));
                // Twice: START SLAVE takes an older error away only a moment later.
                let again = now.is_some() && now == before;
                before = now;
                let told = match before.clone().filter(|_| again) {
                    Some(why) => tell.send(why),
                    // Nothing is to be told, and nobody may be there any more.
                    None => tell.send(String::new()),
                };
                if told.is_err() {
                    return;
                }
            }
        });
        Lookout { watcher, found }
    }

    /// Returns why there is no use in waiting on, if there is none.
    pub fn glance(&mut self) -> Option<Cut> {
        if self.watcher.stop() {
            return Some(Cut::Stopped);
        }
        let why = self.found.try_iter().find(|why| !why.is_empty());
        why.map(Cut::Failed)
    }
}

/// Says why nothing more comes, where no link brings anything.
fn useless(links: &[Link]) -> Option<String> {
    let mut links = links.iter().filter(|link| !link.primary_host().is_empty());
    let first = stopped(links.next()?)?;
    links.all(|link| stopped(link).is_some()).then_some(first)
}

/// Says why nothing more comes by a link, as long as nobody mends it.
fn stopped(link: &Link) -> Option<String> {
    let (name, errno, error) = if link.sql() == "No" {
        // A statement that failed there and not here has no number of its own.
        ("SQL", link.sql_errno(), link.sql_error())
    } else {
        let (errno, error) = (link.io_errno(), link.io_error());
        // The client's own errors, from 2000 on, are of a primary that cannot be reached now.
        let passes = errno >= 2000
            || mariadb::diagnose(errno, error).is_none_or(|told| told.kind == ErrorKind::Waiting);
        if errno == 0 || (passes && link.io_state() != "No") {
            return None;
        }
        ("IO", errno, error)
    };
    Some(match (errno, error) {
        (0, "") => format!("the {name} thread was stopped meanwhile"),
        _ if link.io_state() == "Connecting" && name == "IO" => {
            format!("the primary lets nobody in: error {errno}: {error}")
        }
        _ => format!("the {name} thread has stopped with error {errno}: {error}"),
    })
}

/// Runs a client for statements that wait; returns what it printed.
pub fn run(
    argv: &[String],
    text: &str,
    deadline: Duration,
    lookout: &mut Lookout,
) -> Result<tool::Output, Cut> {
    let (program, arguments) = argv.split_first().ok_or("no command to run".to_owned())?;
    let lost = |error: std::io::Error| Cut::Failed(format!("{program}: {error}"));
    let Some(command) = tool::tool_command(program, arguments) else {
        return Err(Cut::Failed(format!("{program} is not installed")));
    };
    let handle = tool::captured(&command.stdin_bytes(text)).map_err(lost)?;
    let began = Instant::now();
    let cut = loop {
        if let Some(output) = handle.wait_timeout(GLANCE).map_err(lost)? {
            return Ok(tool::Output::from_process(output));
        }
        if began.elapsed() > deadline {
            let seconds = deadline.as_secs_f32();
            break Cut::TimedOut(format!("{program} did not end within {seconds} s"));
        }
        if let Some(cut) = lookout.glance() {
            break cut;
        }
    };
    // By Ctrl-C the client ends what it waits for in the server as well, and then itself (seen on
    // 10.11 and 11.8).
    let end = |signal| {
        handle
            .pids()
            .into_iter()
            .for_each(|pid| tool::end_group(pid, signal))
    };
    end(Signal::SIGINT);
    if !matches!(handle.wait_timeout(GRACE), Ok(Some(_))) {
        end(Signal::SIGKILL);
    }
    Err(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::facts;

    fn said(release: &str, name: &str) -> Option<String> {
        let server = facts(release, name).database;
        useless(&server.unwrap().links)
    }

    #[test]
    fn a_thread_that_has_stopped_is_seen_with_its_error() {
        for release in ["bookworm", "trixie"] {
            for (name, begin) in [
                ("link-1062", "the SQL thread has stopped with error 1062: "),
                (
                    "link-1236-purged",
                    "the IO thread has stopped with error 1236: ",
                ),
                ("link-1045", "the primary lets nobody in: error 1045: "),
                ("link-1593", "the IO thread has stopped with error 1593: "),
                ("link-stopped", "the SQL thread was stopped meanwhile"),
            ] {
                let why = said(release, name).unwrap_or_default();
                assert!(why.starts_with(begin), "{release}/{name}: {why}");
            }
            // One that works, and one whose primary is down: it tries again.
            for name in [
                "link-well",
                "link-stuck",
                "link-primary-stopped",
                "link-cut",
            ] {
                assert_eq!(said(release, name), None, "{release}/{name}");
            }
        }
    }
}

//! Sessions that are given up: what waits in a server is executed later although its client is gone.
//!
//! A server notices that only when it answers, and so does a client on another host whose ssh was
//! ended: that one even goes on with the statements that it had read (all seen on 10.11 and 11.8). So a
//! session says first who it is, by a lock of its own name, and who gives it up has the server end it
//! and gets that lock himself, which he does only once the session is over.

use super::pipe::Cut;
use crate::facts::tool;
use crate::plan::{over_ssh_watched, sql_client};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much sooner the server gives up on a lock than its client is.
const SOONER: Duration = Duration::from_secs(5);

/// How long the server may take to end a session, in seconds.
const ENDS: u64 = 20;

/// How long that may take with the way there.
const AT_MOST: Duration = Duration::from_secs(ENDS + 10);

/// How often it is tried: who has ended meanwhile cannot be ended (1094).
const TRIES: usize = 2;

/// How the client says that a connection was lost.
const LOST: [&str; 2] = ["ERROR 2006 ", "ERROR 2013 "];

static COUNT: AtomicU64 = AtomicU64::new(0);

/// A session's own name in its server.
#[derive(Debug, Clone)]
pub struct Tag(String);

impl Tag {
    /// Returns one that no other session has.
    pub fn new() -> Tag {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = jiff::Timestamp::now().as_nanosecond();
        Tag(format!("bascule {} {count} {now}", std::process::id()))
    }

    /// Returns what the session says first; with it the server gives up on locks before this deadline.
    pub fn opening(&self, deadline: Duration) -> String {
        let waits = deadline.saturating_sub(SOONER).as_secs().max(1);
        format!(
            "SET SESSION lock_wait_timeout={waits}, innodb_lock_wait_timeout={waits}; DO GET_LOCK('{}', 0);\n",
            self.0
        )
    }

    /// Has the server end the session; returns true once it is over.
    pub fn end(&self, host: Option<&str>, client: &str) -> bool {
        let argv = match host {
            Some(host) => over_ssh_watched(host, &sql_client(client)),
            None => sql_client(client),
        };
        let text = format!(
            "EXECUTE IMMEDIATE IFNULL(CONCAT('KILL CONNECTION ', IS_USED_LOCK('{0}')), 'DO 0');\n\
             SELECT GET_LOCK('{0}', {ENDS});\n",
            self.0
        );
        let until = Instant::now() + AT_MOST;
        (0..TRIES).any(|_| {
            let left = until.saturating_duration_since(Instant::now());
            tool::read_with(&argv, Some(&text), &[], left)
                .is_ok_and(|said| said.code == Some(0) && said.stdout.trim() == "1")
        })
    }
}

/// Returns true where this may be the end of a client and not that of its session: only with an error of
/// the server, or one of the client's own that no connection came about, it is over by itself.
pub fn may_go_on(cut: &Cut) -> bool {
    match cut {
        Cut::Stopped | Cut::TimedOut(_) => true,
        Cut::Failed(why) => {
            !why.starts_with("ERROR ") || LOST.iter().any(|lost| why.starts_with(lost))
        }
    }
}

/// Returns what is said where it is not known to be over.
pub fn not_ended(host: Option<&str>) -> String {
    let host = host.unwrap_or("this host");
    format!(
        "the server on {host} was not seen to end the session that was given up: what that waits for may still be done"
    )
}

#[cfg(test)]
mod tests {
    use super::{Cut, Tag, may_go_on};
    use std::time::Duration;

    #[test]
    fn a_server_gives_up_before_its_client_does() {
        let waits = |seconds| Tag(String::new()).opening(Duration::from_secs(seconds));
        assert!(waits(30).starts_with("SET SESSION lock_wait_timeout=25, "));
        assert!(waits(600).starts_with("SET SESSION lock_wait_timeout=595, "));
        assert!(waits(2).starts_with("SET SESSION lock_wait_timeout=1, "));
        assert_ne!(Tag::new().0, Tag::new().0);
    }

    #[test]
    fn a_session_goes_on_unless_its_server_has_answered() {
        let may = |why: &str| may_go_on(&Cut::Failed(why.to_owned()));
        assert!(!may(
            "ERROR 1205 (HY000) at line 2: Lock wait timeout exceeded"
        ));
        assert!(!may("ERROR 2002 (HY000): Can't connect to local server"));
        assert!(may(
            "ERROR 2013 (HY000) at line 2: Lost connection to server during query"
        ));
        assert!(may("mariadb did not answer within 30 s"));
        assert!(may("ssh was ended by signal 9 without a word"));
        assert!(may_go_on(&Cut::Stopped));
    }
}

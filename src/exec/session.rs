//! Sessions with a MariaDB server: a client that stays, so that what its connection holds stays.
//!
//! A global read lock lives only as long as the connection that took it. When this program dies,
//! the client's standard input ends, the client ends, and the server lets go by itself.

use super::child;
use super::given_up::{Tag, may_go_on};
use super::pipe::Cut;
use super::wait::{GLANCE, Lookout};
use super::watcher::Watcher;
use crate::facts::tool;
use crate::journal::Lock;
use crate::plan::{Action, Step};
use nix::sys::signal::Signal;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{BufRead, BufReader, PipeWriter, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The mark that the client prints after each answer; its number tells one answer from the next.
const MARK: &str = "@bascule ";

/// A client that stays.
#[derive(Debug)]
pub struct SqlSession {
    input: Option<PipeWriter>,
    lines: mpsc::Receiver<String>,
    child: duct::Handle,
    asked: u64,
    written: bool,
    /// The lines of an answer that is not whole yet.
    said: Vec<String>,
}

/// Why a session gave no answer. It is over then, with all that it held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The server refused a statement, or the connection was lost: the client's last words.
    #[error("{0}")]
    Refused(String),
    /// Nothing came within the deadline.
    #[error("no answer within {} s", .0.as_secs_f32())]
    Deadline(Duration),
}

impl SqlSession {
    /// Starts a client, such as `mariadb --batch …` here or by ssh.
    ///
    /// # Errors
    /// When it is missing or cannot be started.
    pub fn open(argv: &[String]) -> Result<SqlSession, String> {
        let (stdin, input) = std::io::pipe().map_err(|error| format!("no pipe: {error}"))?;
        let (child, output) = child::start(argv, |client| client.stdin_file(stdin))?;
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(SqlSession {
            input: Some(input),
            lines,
            child,
            asked: 0,
            written: true,
            said: Vec::new(),
        })
    }

    /// Gives it statements and returns the lines of its answer.
    ///
    /// # Errors
    /// When the server refuses one, the connection is lost or the deadline is over. The session
    /// is over then.
    pub fn ask(&mut self, statements: &str, deadline: Duration) -> Result<Vec<String>, NoAnswer> {
        self.tell(statements)?;
        self.answer(deadline)
    }

    /// Gives it statements, and does not wait for the answer.
    ///
    /// # Errors
    /// When the session is over.
    pub fn tell(&mut self, statements: &str) -> Result<(), NoAnswer> {
        self.asked += 1;
        let text = format!("{statements}SELECT '{MARK}{}';\n", self.asked);
        match &mut self.input {
            // Where the client has gone, its last words are the answer.
            Some(input) => {
                self.written = input.write_all(text.as_bytes()).is_ok();
                Ok(())
            }
            None => Err(NoAnswer::Refused("the session has ended".to_owned())),
        }
    }

    /// Waits for the answer to what it was told.
    ///
    /// # Errors
    /// As for [`SqlSession::ask`].
    pub fn answer(&mut self, deadline: Duration) -> Result<Vec<String>, NoAnswer> {
        match self.answer_within(deadline)? {
            Some(answer) => Ok(answer),
            None => {
                self.end();
                Err(NoAnswer::Deadline(deadline))
            }
        }
    }

    /// Waits for the answer to statements that wait for a replica, until there is no use in it: the
    /// session is over then.
    fn answer_watched(
        &mut self,
        deadline: Duration,
        lookout: &mut Lookout,
    ) -> Result<Vec<String>, Cut> {
        let until = Instant::now() + deadline;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.answer_within(left.min(GLANCE)) {
                Err(error) => return Err(Cut::Failed(error.to_string())),
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => {}
            }
            let late = (Instant::now() >= until).then_some(NoAnswer::Deadline(deadline));
            if let Some(cut) = late.map_or_else(
                || lookout.glance(),
                |late| Some(Cut::Failed(late.to_string())),
            ) {
                self.end();
                return Err(cut);
            }
        }
    }

    /// Waits so long for the answer to what it was told; none where it is still to come.
    ///
    /// # Errors
    /// When the server refuses a statement or the connection is lost. The session is over then.
    pub fn answer_within(&mut self, patience: Duration) -> Result<Option<Vec<String>>, NoAnswer> {
        let mark = format!("{MARK}{}", self.asked);
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line == mark && self.written => {
                    return Ok(Some(std::mem::take(&mut self.said)));
                }
                Ok(line) => self.said.push(line),
                Err(mpsc::RecvTimeoutError::Timeout) => return Ok(None),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    let lost = self.client_gone();
                    self.end();
                    let answer = std::mem::take(&mut self.said);
                    let error = answer.iter().rev().find(|line| line.contains("ERROR"));
                    let words = error.or(answer.last()).map(|line| line.trim().to_owned());
                    let words = words.unwrap_or(lost);
                    return Err(NoAnswer::Refused(words));
                }
            }
        }
    }

    /// Returns true until it has ended.
    pub fn is_open(&self) -> bool {
        self.input.is_some()
    }

    /// Returns what there is to say of a client that has gone without a word.
    fn client_gone(&self) -> String {
        match self.child.wait_timeout(GOODBYE) {
            Ok(Some(output)) => format!(
                "the session was lost: its client {}",
                tool::Output::from_process(output).ending()
            ),
            _ => "the session was lost".to_owned(),
        }
    }

    fn end(&mut self) {
        self.input = None;
        for pid in self.child.pids() {
            tool::end_group(pid, Signal::SIGTERM);
        }
    }
}

/// How long a client may take to end once its input has ended.
const GOODBYE: Duration = Duration::from_secs(2);

impl Drop for SqlSession {
    fn drop(&mut self) {
        // At the end of its input the client closes the connection in good order.
        self.input = None;
        if !matches!(self.child.wait_timeout(GOODBYE), Ok(Some(_))) {
            self.end();
        }
    }
}

/// A lock on all tables of this host's server, for as long as its session lives.
#[derive(Debug)]
pub struct HeldLock {
    session: SqlSession,
    /// When it was taken, for people.
    pub since: String,
    /// Where the binlog stood when it was taken, for people: file, offset, GTID.
    pub position: String,
    /// The lock of this host's operations, which goes with it.
    _work: Option<Lock>,
}

/// How long the session may take to say that it is there.
const PING: Duration = Duration::from_secs(2);

impl HeldLock {
    /// Takes the lock by these statements, whose last line of answer is the session's number, the
    /// GTID behind a tab, and the line before it what `SHOW MASTER STATUS` says.
    ///
    /// # Errors
    /// What the server says where it does not let itself be locked, or is not locked in time.
    pub fn take(
        client: &[String],
        statements: &str,
        deadline: Duration,
    ) -> Result<HeldLock, NoAnswer> {
        let mut session = SqlSession::open(client).map_err(NoAnswer::Refused)?;
        let answer = session.ask(statements, deadline)?;
        let [binlog @ .., last] = answer.as_slice() else {
            return Err(NoAnswer::Refused("it did not answer".to_owned()));
        };
        let mut binlog = binlog.last().map_or("", String::as_str).split('\t');
        let position = match (binlog.next(), binlog.next()) {
            (Some(file), Some(offset)) => format!("{file}, position {offset}, GTID {last}"),
            _ => "no binlog is written".to_owned(),
        };
        Ok(HeldLock {
            session,
            since: jiff::Zoned::now().strftime("%H:%M:%S").to_string(),
            position,
            _work: None,
        })
    }

    /// Returns it with the lock of this host's operations, which is let go when it is.
    pub fn beside(mut self, work: Lock) -> HeldLock {
        self._work = Some(work);
        self
    }

    /// Returns true while the server still holds it: a session that was killed notices only when it
    /// speaks.
    pub fn is_held(&mut self) -> bool {
        self.session.ask("DO 0;\n", PING).is_ok()
    }
}

/// The sessions of a running plan, by name.
#[derive(Debug, Default)]
pub struct Sessions(HashMap<String, Held>);

/// A session, and where its server is.
#[derive(Debug)]
struct Held {
    session: SqlSession,
    host: Option<String>,
    client: String,
    /// By which the server ends it where it is given up.
    tag: Tag,
    /// The statements that are sent first, with the first ones asked for.
    opening: String,
}

impl Sessions {
    /// Gives statements to the session of that name, which is begun by its first step.
    pub fn ask(
        &mut self,
        name: &str,
        step: &Step,
        statements: &str,
        deadline: Duration,
    ) -> Result<Vec<String>, String> {
        let held = self.begun_session(name, step, deadline)?;
        let statements = held.with_beginning(statements);
        held.session
            .ask(&statements, deadline)
            .map_err(|error| error.to_string())
    }

    /// Does the same with statements that wait for a replica.
    pub fn ask_watched(
        &mut self,
        name: &str,
        step: &Step,
        statements: &str,
        deadline: Duration,
        watcher: &mut dyn Watcher,
    ) -> Result<Vec<String>, Cut> {
        self.begun_session(name, step, deadline)?
            .ask_watched(statements, deadline, watcher)
    }

    fn begun_session(
        &mut self,
        name: &str,
        step: &Step,
        deadline: Duration,
    ) -> Result<&mut Held, String> {
        match self.0.entry(name.to_owned()) {
            Entry::Occupied(held) if held.get().session.is_open() => Ok(held.into_mut()),
            // What it held is gone: going on would be without the lock that later steps count on.
            Entry::Occupied(_) => Err(format!(
                "the session {name} was lost, and its locks with it"
            )),
            Entry::Vacant(place) => {
                let (argv, _) = step.command().unwrap_or_default();
                let client = match &step.action {
                    Action::Sql { client, .. } => client.clone(),
                    _ => String::new(),
                };
                let tag = Tag::new();
                Ok(place.insert(Held {
                    opening: tag.opening(deadline),
                    tag,
                    session: SqlSession::open(&argv)?,
                    host: step.host.clone(),
                    client,
                }))
            }
        }
    }

    /// Gives statements that wait for a replica to a session that an earlier step began.
    pub fn ask_again(
        &mut self,
        name: &str,
        statements: &str,
        deadline: Duration,
        watcher: &mut dyn Watcher,
    ) -> Result<Vec<String>, Cut> {
        match self.0.get_mut(name) {
            Some(held) => {
                let said = held.ask_watched(statements, deadline, watcher);
                if said.as_ref().is_err_and(may_go_on) {
                    held.tag.end(held.host.as_deref(), &held.client);
                }
                said
            }
            None => Err(Cut::Failed(format!("no step began the session {name}"))),
        }
    }

    /// Has the server end a session that is over here for this reason; returns true once it is over
    /// there, too.
    pub fn has_ended(&self, name: &str, cut: &Cut) -> bool {
        let Some(held) = self.0.get(name).filter(|held| !held.session.is_open()) else {
            return true;
        };
        !may_go_on(cut) || held.tag.end(held.host.as_deref(), &held.client)
    }

    /// Forgets the sessions that were lost, so that the way back can begin new ones.
    pub fn forget_lost(&mut self) {
        self.0.retain(|_, held| held.session.is_open());
    }
}

impl Held {
    /// Returns statements behind what is said first, where that is still to be said.
    fn with_beginning(&mut self, statements: &str) -> String {
        let mut all = std::mem::take(&mut self.opening);
        all.push_str(statements);
        all
    }

    fn ask_watched(
        &mut self,
        statements: &str,
        deadline: Duration,
        watcher: &mut dyn Watcher,
    ) -> Result<Vec<String>, Cut> {
        let mut lookout = Lookout::new(self.host.as_deref(), &self.client, watcher);
        let statements = self.with_beginning(statements);
        let told = self.session.tell(&statements);
        told.map_err(|error| Cut::Failed(error.to_string()))?;
        self.session.answer_watched(deadline, &mut lookout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client of our own: answers each line that begins with SELECT with what it selects.
    const CLIENT: &str = r#"while IFS= read -r line; do case $line in
        "SELECT '"*) line=${line#*\'}; echo "${line%\'*}" ;;
        BAD*) echo "ERROR 1205 (HY000) at line 1: Lock wait timeout exceeded" >&2; exit 1 ;;
        HANG*) sleep 60 ;;
        GONE*) exit 4 ;;
        esac; done"#;

    fn session() -> SqlSession {
        SqlSession::open(&["sh", "-c", CLIENT].map(str::to_owned)).unwrap()
    }

    const SOON: Duration = Duration::from_secs(9);

    #[test]
    fn each_question_has_its_own_answer() {
        let mut session = session();
        assert_eq!(
            session.ask("SELECT 'a';\nSELECT 'b';\n", SOON).unwrap(),
            ["a", "b"]
        );
        assert!(session.ask("SET x=1;\n", SOON).unwrap().is_empty());
        assert_eq!(session.ask("SELECT '0-10-4';\n", SOON).unwrap(), ["0-10-4"]);
    }

    #[test]
    fn a_refused_statement_ends_the_session_with_the_servers_words() {
        let mut session = session();
        let error = session.ask("BAD;\n", SOON).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ERROR 1205 (HY000) at line 1: Lock wait timeout exceeded"
        );
        assert!(!session.is_open());
        assert!(session.ask("SELECT 'a';\n", SOON).is_err());
    }

    #[test]
    fn a_client_that_goes_without_a_word_is_told_with_how_it_ended() {
        let error = session().ask("GONE;\n", SOON).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the session was lost: its client ended with status 4"
        );
    }

    #[test]
    fn a_silent_server_is_not_waited_for_for_ever() {
        let mut session = session();
        let error = session
            .ask("HANG;\n", Duration::from_millis(50))
            .unwrap_err();
        assert!(matches!(error, NoAnswer::Deadline(_)));
    }
}

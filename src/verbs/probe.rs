//! `probe`: what a client sees, while something is done to what serves it.

use crate::client::{
    Answer, Asking, Gap, INTERVAL, Ledger, LedgerResult, Rows, Target, Way, Writer, gaps,
};
use crate::conf::secret::first_line;
use crate::exit::Exit;
use crate::operate::{Format, RunsItself, Session};
use crate::plan::Refusal;
use crate::report::{Document, Report, Role, Span};
use crate::wording::count;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Ask addresses 20 times a second, and tell when nobody answers
///
/// By a new connection each time, and over one that is held. Nothing is changed, and nobody need be root.
#[derive(Debug, Args)]
pub struct Probe {
    /// What is asked: http://172.16.0.12/, tcp://172.16.0.12:443, or an address alone
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<Target>,
    /// A word that must stand in each page
    #[arg(long, value_name = "WORD")]
    word: Option<String>,
    /// How many seconds, instead of until Ctrl-C
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u32>,
    /// For programs: each answer as a line of JSON, until standard input ends and then until all answer again, so many
    /// seconds at most
    #[arg(long, value_name = "SECONDS", conflicts_with = "seconds")]
    lines: Option<u32>,
    /// Rows are written as well, and read back at the end: USER@HOST[:PORT]/DATABASE, into its table ledger, whose
    /// column is n BIGINT UNSIGNED
    #[arg(long, value_name = "USER@HOST/DATABASE", requires = "password_file")]
    rows: Option<RowsInto>,
    /// The password of that account: the first line of this file
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "rows")]
    password_file: Option<PathBuf>,
    /// How many connections are held to write rows over
    #[arg(long, value_name = "NUMBER", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    sessions: u8,
    /// Where each row is remembered
    #[arg(long, value_name = "FILE", default_value = "bascule-ledger", value_hint = clap::ValueHint::FilePath)]
    ledger: PathBuf,
}

/// Where rows are written, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RowsInto {
    user: String,
    host: String,
    port: u16,
    database: String,
}

impl FromStr for RowsInto {
    type Err = String;

    fn from_str(text: &str) -> Result<RowsInto, String> {
        let parts = text
            .split_once('@')
            .and_then(|(user, rest)| Some((user, rest.split_once('/')?)));
        let Some((user, (place, database))) =
            parts.filter(|(user, (_, database))| !user.is_empty() && !database.is_empty())
        else {
            return Err("write USER@HOST/DATABASE".to_owned());
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') => (
                host,
                port.parse()
                    .map_err(|_| format!("{port} is no port: 1 to 65535"))?,
            ),
            _ => (place, 3306),
        };
        let host =
            crate::names::host(host.trim_matches(['[', ']'])).map_err(|error| error.to_string())?;
        Ok(RowsInto {
            user: user.to_owned(),
            host,
            port,
            database: database.to_owned(),
        })
    }
}

/// `probe`: what was asked, and when nobody answered.
#[derive(Serialize)]
struct ProbeDocument<'a> {
    /// The host that asked.
    from: &'a str,
    /// How many milliseconds lie between two questions.
    interval: u64,
    /// What was asked, each in both ways.
    asked: &'a [Asked],
    /// What became of the rows; null where none were written.
    rows: Option<&'a LedgerResult>,
}

impl Document for ProbeDocument<'_> {}

/// A target that was asked in one way.
#[derive(Serialize)]
struct Asked {
    /// The target.
    target: String,
    /// How.
    way: Way,
    /// How many questions were sent.
    questions: usize,
    /// How many of them had no good answer in time.
    failed: usize,
    /// The times in which nobody answered.
    gaps: Vec<Gap>,
}

/// How long it is waited until all have answered once.
const BEGINS: Duration = Duration::from_secs(10);

/// How long all must answer before it is over, in seconds.
const CALM: f64 = 2.0;

impl RunsItself for Probe {
    fn run(&self, session: &mut Session) -> Exit {
        if let Some(error) = self.targets.iter().find_map(|target| target.socket().err()) {
            let refusal = Refusal::check(error.to_string())
                .hint("what an address is called", "getent hosts NAME");
            return session.refused(&refusal);
        }
        let rows = match self.rows() {
            Ok(rows) => rows,
            Err(refusal) => return session.refused(&refusal),
        };
        session.signals.work();
        let exit = match self.lines {
            Some(seconds) => {
                self.print_lines(session, Duration::from_secs(seconds.into()), rows.as_ref())
            }
            None => self.watch(session, rows.as_ref()),
        };
        session.signals.rest();
        exit
    }
}

/// Who is asked in which way.
type Asker = (usize, Way);

impl Probe {
    /// Returns how many ways there are to ask all.
    fn askers(&self) -> usize {
        let one = |target: &Target| match target {
            Target::Address(_) => 1,
            Target::Http { .. } | Target::Tcp { .. } => 2,
        };
        let rows = if self.rows.is_some() { 2 } else { 0 };
        self.targets.iter().map(one).sum::<usize>() + rows
    }

    /// Returns the names of what is asked: rows stand behind the targets.
    fn names(&self) -> Vec<String> {
        let rows = self
            .rows
            .iter()
            .map(|rows| format!("rows by {}", rows.host));
        self.targets
            .iter()
            .map(Target::to_string)
            .chain(rows)
            .collect()
    }

    /// Returns where rows are written, and the ledger of them.
    fn rows(&self) -> Result<Option<Rows>, Refusal> {
        let (Some(into), Some(file)) = (&self.rows, &self.password_file) else {
            return Ok(None);
        };
        let told = |what: String| Refusal::check(what).hint("what it is", "bascule explain probe");
        let bytes =
            std::fs::read(file).map_err(|error| told(format!("{}: {error}", file.display())))?;
        let password = first_line(&bytes)
            .map_err(|why| told(format!("the password in {} {why}", file.display())))?;
        let socket = (into.host.as_str(), into.port).to_socket_addrs();
        let socket = socket.ok().and_then(|mut all| all.next());
        let ledger = Ledger::begin(&self.ledger)
            .map_err(|error| told(format!("{}: {error}", self.ledger.display())))?;
        Ok(Some(Rows {
            writer: Writer {
                socket: socket.ok_or_else(|| told(format!("{} has no address", into.host)))?,
                user: into.user.clone(),
                password: password.to_owned(),
                database: into.database.clone(),
            },
            ledger: Arc::new(ledger),
            sessions: self.sessions.into(),
        }))
    }

    /// Tells each gap when it begins and when it ends, and all at the end.
    fn watch(&self, session: &mut Session, rows: Option<&Rows>) -> Exit {
        let stop = session.signals.flag();
        let told = session.settings.format != Format::Json;
        let began = Instant::now();
        let names = self.names();
        if told {
            session.ui.line(&format!(
                "{} asks {} 20 times a second, by new connections and over held ones; Ctrl-C ends it",
                session.host.name,
                crate::wording::list(&names)
            ));
        }
        let asking = Asking::begin(&self.targets, self.word.as_deref(), rows);
        let mut answers: Vec<Answer> = Vec::new();
        let mut open: BTreeMap<Asker, f64> = BTreeMap::new();
        let over = |began: &Instant| {
            let most = self
                .seconds
                .map(|seconds| Duration::from_secs(seconds.into()));
            most.is_some_and(|most| began.elapsed() >= most)
        };
        while !stop.load(Ordering::SeqCst) && !over(&began) {
            let Some(answer) = asking.next(INTERVAL) else {
                continue;
            };
            let asker = (answer.target, answer.way);
            let name = asker_name(&names[answer.target], answer.way);
            let at = clock_time(answer.sent);
            match (&answer.failed, open.get(&asker)) {
                (Some(why), None) => {
                    open.insert(asker, answer.sent);
                    if told {
                        let mark = session.ui.paint(Role::Fail, "✗");
                        session.ui.line(&format!("  {at} {mark} {name}: {why}"));
                    }
                }
                (None, Some(since)) => {
                    if told {
                        let mark = session.ui.paint(Role::Ok, "✓");
                        let seconds = answer.sent - since;
                        let line =
                            format!("  {at} {mark} {name} answers again, after {seconds:.2} s");
                        session.ui.line(&line);
                    }
                    open.remove(&asker);
                }
                _ => {}
            }
            answers.push(answer);
        }
        drop(asking);
        let ledger = rows.map(|rows| rows.ledger.end(&rows.writer));
        let report = self.report(&names, &answers, ledger, &session.host.name.clone());
        session.report(&report)
    }

    fn report(
        &self,
        names: &[String],
        answers: &[Answer],
        ledger: Option<LedgerResult>,
        from: &str,
    ) -> Report {
        let mut by_asker: BTreeMap<Asker, Vec<&Answer>> = BTreeMap::new();
        for answer in answers {
            let asker = (answer.target, answer.way);
            by_asker.entry(asker).or_default().push(answer);
        }
        let end = answers.iter().map(|answer| answer.sent).fold(0.0, f64::max);
        let asked = by_asker.iter().map(|((target, way), answers)| Asked {
            target: names[*target].clone(),
            way: *way,
            questions: answers.len(),
            failed: answers.iter().filter(|answer| !answer.is_good()).count(),
            gaps: gaps(answers.iter().copied()),
        });
        let asked: Vec<Asked> = asked.collect();
        let mut report = Report::new(&ProbeDocument {
            from,
            interval: u64::try_from(INTERVAL.as_millis()).unwrap_or_default(),
            asked: &asked,
            rows: ledger.as_ref(),
        });
        report.say("");
        report.table(asked.iter().map(|one| one.row(end)).collect());
        if let Some(rows) = &ledger {
            let (role, text) = rows.sentence();
            report.line([
                Span::from("  "),
                Span::new(if role { Role::Ok } else { Role::Fail }, text),
            ]);
        }
        report
    }

    /// Prints each answer for a program.
    fn print_lines(&self, session: &mut Session, most: Duration, rows: Option<&Rows>) -> Exit {
        let stop = session.signals.flag();
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            end.store(true, Ordering::SeqCst);
        });
        let asking = Asking::begin(&self.targets, self.word.as_deref(), rows);
        let mut answered: BTreeMap<Asker, Option<f64>> = BTreeMap::new();
        let mut silent = String::new();
        let began = Instant::now();
        let mut ready = false;
        let mut until = None;
        while !stop.load(Ordering::SeqCst) && !session.ui.is_closed() {
            if let Some(answer) = asking.next(INTERVAL) {
                let known = answered.entry((answer.target, answer.way)).or_default();
                // Since when it has answered without a miss.
                *known = match answer.is_good() {
                    true => known.or(Some(answer.sent)),
                    false => None,
                };
                session
                    .ui
                    .line(&serde_json::to_string(&answer).unwrap_or_default());
                if let Some(why) = &answer.failed {
                    let name = asker_name(&self.names()[answer.target], answer.way);
                    silent = format!("{name} does not answer: {why}");
                }
                let all = answered.len() == self.askers();
                if !ready && all && answered.values().all(Option::is_some) {
                    ready = true;
                    session.ui.line(READY);
                }
                let calm =
                    |since: &Option<f64>| since.is_some_and(|since| answer.sent - since >= CALM);
                if until.is_some() && all && answered.values().all(calm) {
                    break;
                }
            }
            if !ready && began.elapsed() > BEGINS {
                session.ui.talk(&silent);
                return Exit::Failed;
            }
            if until.is_none() && ended.load(Ordering::SeqCst) {
                until = Some(Instant::now() + most);
            }
            if until.is_some_and(|until| Instant::now() > until) {
                break;
            }
        }
        drop(asking);
        if let Some(rows) = rows {
            let ledger = rows.ledger.end(&rows.writer);
            session
                .ui
                .line(&serde_json::json!({ "ledger": ledger }).to_string());
        }
        Exit::Done
    }
}

/// The line that says that all have answered.
pub const READY: &str = "{\"ready\":true}";

impl Asked {
    fn row(&self, end: f64) -> Vec<Span> {
        let all = self
            .gaps
            .iter()
            .fold(0.0, |sum, gap| sum + gap.seconds(end));
        let longest = self
            .gaps
            .iter()
            .map(|gap| gap.seconds(end))
            .fold(0.0, f64::max);
        let (role, gone) = match self.gaps.len() {
            0 => (Role::Ok, "always there".to_owned()),
            1 => (Role::Fail, format!("gone {all:.2} s")),
            times => (
                Role::Fail,
                format!(
                    "gone {}, {all:.2} s in all, {longest:.2} s at a time",
                    count(times, "time")
                ),
            ),
        };
        vec![
            Span::new(Role::Strong, asker_name(&self.target, self.way)),
            Span::new(role, gone),
            Span::from(format!(
                "{} of {} questions without an answer",
                self.failed, self.questions
            )),
        ]
    }
}

fn asker_name(target: &str, way: Way) -> String {
    match way {
        Way::New => target.to_owned(),
        Way::Held => format!("{target} (held connection)"),
    }
}

/// Returns a time of day, in this host's zone, to a tenth of a second.
fn clock_time(seconds: f64) -> String {
    let at = jiff::Timestamp::from_microsecond((seconds * 1e6) as i64).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%H:%M:%S.%1f")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_rows_are_written_is_read_as_it_is_typed() {
        let read = |text: &str| {
            let into = text.parse::<RowsInto>()?;
            Ok::<_, String>((into.user, into.host, into.port, into.database))
        };
        let all = |user: &str, host: &str, port, database: &str| {
            Ok((user.to_owned(), host.to_owned(), port, database.to_owned()))
        };
        assert_eq!(read("w@172.16.0.12/d"), all("w", "172.16.0.12", 3306, "d"));
        assert_eq!(read("w@db:3307/d"), all("w", "db", 3307, "d"));
        assert_eq!(read("w@[fd00::1]/d"), all("w", "fd00::1", 3306, "d"));
        for wrong in ["172.16.0.12/d", "@h/d", "w@h/", "w@h", "w@h:x/d", "w@-h/d"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

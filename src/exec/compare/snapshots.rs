//! Both servers at one GTID position: a snapshot on the primary, and one on its replica after exactly as
//! many transactions.
//!
//! The primary's snapshot takes no lock and knows its place in the binlog. The replica's applying thread
//! is stopped, goes on until that place, and stops there; the replica's snapshot is opened; the thread
//! goes on. That takes some hundredths of a second, and the reading thread never stops.
//!
//! A dead program must not leave it stopped. A second session waits, before anything is stopped, for a
//! lock that the first one holds (GET_LOCK), and then starts the thread: it is always this one that does,
//! be it that the first lets go, that it died and the server let go for it, or that too long went by.
//! The server ends what that session has begun though its client is gone (seen on 10.11 and 11.8).

use super::Stop;
use crate::exec::session::{NoAnswer, SqlSession};
use crate::mariadb::Position;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The lock by whose end the applying thread goes on.
const LOCK: &str = "bascule_check";

/// For how long a pair of snapshots is kept: with an old one the servers keep all that has changed since.
const KEPT: Duration = Duration::from_secs(30);

/// How long the applying thread may stand still at most, in seconds.
const STILL: u64 = 30;

/// How long the replica may take to come to a place that the primary had a moment ago, in seconds.
const REACHES: u64 = 20;

/// How long the primary's snapshot may be behind what the replica has applied already.
const CATCHES_UP: Duration = Duration::from_secs(5);

/// How long a question that costs nothing may take.
pub(super) const SOON: Duration = Duration::from_secs(15);

/// The first statements of each session. Nothing that it asks is written to any log of changes, and no limit
/// of the server's for others ends it.
const FIRST: &str = "SET NAMES utf8mb4;\n\
    SET SESSION sql_log_bin=0, time_zone='+00:00', wait_timeout=3600, \
    lock_wait_timeout=5, idle_transaction_timeout=0, idle_readonly_transaction_timeout=0, \
    sql_big_selects=1, net_write_timeout=600;\n\
    SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n";

/// How the two servers are asked.
#[derive(Debug, Clone)]
pub struct Ends {
    /// The client of the primary, here or over ssh.
    pub primary: Vec<String>,
    /// The client of the replica.
    pub replica: Vec<String>,
    /// The primary's name.
    pub primary_name: String,
    /// The replica's name.
    pub replica_name: String,
    /// For how long the replica holds each transaction back, in seconds.
    pub delay: u64,
    /// How long it is waited for while it is late, in seconds.
    pub patience: u64,
    /// Set once somebody asked to stop.
    pub stop: Arc<AtomicBool>,
}

/// The sessions with both servers.
pub struct Snapshots {
    /// The primary, in its snapshot.
    pub primary: SqlSession,
    /// The replica, in its snapshot.
    pub replica: SqlSession,
    /// The primary as it is now.
    pub primary_now: SqlSession,
    /// The replica as it is now.
    pub replica_now: SqlSession,
    guard: SqlSession,
    guard_id: String,
    ids: [String; 2],
    ends: Ends,
    opened: Option<Instant>,
    /// The position at which both are read.
    pub position: String,
    /// How often both were brought to one position.
    pub times: u32,
    /// For how long the applying thread stood still at the longest.
    pub longest: Duration,
}

/// Begins a session with a server; returns the connection's number as well.
pub(super) fn open(client: &[String]) -> Result<(SqlSession, String), String> {
    let mut session = SqlSession::open(client)?;
    let text = format!("{FIRST}SELECT CONNECTION_ID();\n");
    let answer = session
        .ask(&text, SOON)
        .map_err(|error| error.to_string())?;
    let id = answer.last().cloned().unwrap_or_default();
    Ok((session, id))
}

/// Returns the last line of an answer, which is what a question of one row is answered by.
fn last_line(answer: Vec<String>) -> String {
    answer.into_iter().next_back().unwrap_or_default()
}

impl Snapshots {
    /// Begins the sessions.
    ///
    /// # Errors
    /// When one of the servers lets none begin.
    pub fn begin(ends: Ends) -> Result<Snapshots, Stop> {
        let at = |name: &str, why: String| Stop::Failed(format!("{name}: {why}"));
        let primary = |why| at(&ends.primary_name, why);
        let replica = |why| at(&ends.replica_name, why);
        let (primary_session, primary_id) = open(&ends.primary).map_err(primary)?;
        let (primary_now, _) = open(&ends.primary).map_err(primary)?;
        let (replica_session, replica_id) = open(&ends.replica).map_err(replica)?;
        let (replica_now, _) = open(&ends.replica).map_err(replica)?;
        let (guard, guard_id) = open(&ends.replica).map_err(replica)?;
        Ok(Snapshots {
            primary: primary_session,
            replica: replica_session,
            primary_now,
            replica_now,
            guard,
            guard_id,
            ids: [primary_id, replica_id],
            ends,
            opened: None,
            position: String::new(),
            times: 0,
            longest: Duration::ZERO,
        })
    }

    /// Ends what runs on the servers for a comparison that is given up.
    pub fn cut(&mut self) {
        let kill = |id: &str| format!("KILL CONNECTION {id};\n");
        let _ = self.primary_now.ask(&kill(&self.ids[0]), SOON);
        let _ = self.replica_now.ask(&kill(&self.ids[1]), SOON);
    }

    /// Waits until the replica has all that the primary has now.
    ///
    /// # Errors
    /// When it has not within a while, or one of the two does not answer.
    pub fn level(&mut self) -> Result<(), Stop> {
        let position = last_line(self.ask_now(true, "SELECT @@gtid_binlog_pos;\n")?);
        let most = self.ends.patience + self.ends.delay;
        // A second at a time, so that a wish to stop is heard.
        let question = format!("SELECT MASTER_GTID_WAIT('{position}', 1);\n");
        let until = Instant::now() + Duration::from_secs(most);
        while last_line(self.ask_now(false, &question)?) != "0" {
            if self.ends.stop.load(Ordering::SeqCst) {
                return Err(Stop::Asked);
            }
            if Instant::now() > until {
                return Err(Stop::Late(most));
            }
        }
        Ok(())
    }

    /// Brings both to one position, unless they are at one that is young enough.
    ///
    /// # Errors
    /// When the replica is late, is being compared already, or one of the two does not answer.
    pub fn fresh(&mut self) -> Result<(), Stop> {
        match self.opened {
            Some(opened) if opened.elapsed() < KEPT => Ok(()),
            _ => self.renew(),
        }
    }

    /// Brings both to one position, the one that the primary has now.
    ///
    /// # Errors
    /// As for [`Snapshots::fresh`].
    pub fn renew(&mut self) -> Result<(), Stop> {
        self.opened = None;
        for primary in [true, false] {
            self.ask_snapshot(primary, "COMMIT;\n")?;
        }
        // What is in the middle of being applied would be rolled back by the stop, and begun anew.
        self.level()?;
        let lock = last_line(self.ask_now(false, &format!("SELECT GET_LOCK('{LOCK}', 0);\n"))?);
        if lock != "1" {
            return Err(Stop::Busy);
        }
        let applying = self.applying()?;
        let held = self.guarded();
        // Whatever came of it: the applying thread goes on.
        let began = Instant::now();
        let let_go = self.ask_now(false, &format!("DO RELEASE_LOCK('{LOCK}');\n"));
        let started = self
            .guard
            .answer(Duration::from_secs(STILL + self.ends.delay) + SOON);
        if let Ok(still) = &held {
            self.longest = self.longest.max(*still + began.elapsed());
        }
        let_go?;
        started.map_err(|error| self.no_answer(false, &error))?;
        self.applies(&applying)?;
        held?;
        self.opened = Some(Instant::now());
        self.times += 1;
        Ok(())
    }

    /// While the lock is held: the guard, the two snapshots. Returns how long it took.
    fn guarded(&mut self) -> Result<Duration, Stop> {
        let still = STILL + self.ends.delay;
        // In turns of a second: within a longer one the server looks whether the client is there.
        let guard = format!(
            "DELIMITER //\nBEGIN NOT ATOMIC\n\
             DECLARE turns INT DEFAULT 0;\n\
             DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET turns = turns;\n\
             WHILE turns < {still} AND COALESCE(GET_LOCK('{LOCK}', 1), 0) = 0 DO SET turns = turns + 1; END WHILE;\n\
             STOP SLAVE SQL_THREAD;\nSTART SLAVE SQL_THREAD;\n\
             DO RELEASE_LOCK('{LOCK}');\nEND //\nDELIMITER ;\n"
        );
        self.guard
            .tell(&guard)
            .map_err(|error| self.no_answer(false, &error))?;
        let watches = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = {} AND STATE = 'User lock';\n",
            self.guard_id
        );
        let until = Instant::now() + Duration::from_secs(5);
        while last_line(self.ask_now(false, &watches)?) != "1" {
            if Instant::now() > until {
                return Err(Stop::Failed(
                    "the session that starts replication again did not begin".to_owned(),
                ));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let began = Instant::now();
        self.ask_now(false, "STOP SLAVE SQL_THREAD;\n")?;
        let (file, offset, position) = self.primary_snapshot()?;
        // By a GTID it would have to stop reading as well (errno 1254).
        self.ask_now(
            false,
            &format!(
                "START SLAVE SQL_THREAD UNTIL MASTER_LOG_FILE='{file}', MASTER_LOG_POS={offset};\n"
            ),
        )?;
        let most = REACHES + self.ends.delay;
        let waited =
            format!("SELECT MASTER_GTID_WAIT('{position}', {most});\nSTOP SLAVE SQL_THREAD;\n");
        let waited = self
            .replica_now
            .ask(&waited, Duration::from_secs(most) + SOON)
            .map_err(|error| self.no_answer(false, &error))?;
        if last_line(waited) != "0" {
            return Err(Stop::Late(most));
        }
        let answer = last_line(self.ask_snapshot(
            false,
            &format!(
                "START TRANSACTION WITH CONSISTENT SNAPSHOT;\n\
                 SELECT @@gtid_slave_pos, COALESCE(IS_USED_LOCK('{LOCK}'), 0);\n"
            ),
        )?);
        let still = began.elapsed();
        let (reached, holder) = answer.split_once('\t').unwrap_or((&answer, "0"));
        let own = last_line(self.ask_now(false, "SELECT CONNECTION_ID();\n")?);
        if holder != own || still.as_secs() + 5 > STILL + self.ends.delay {
            return Err(Stop::Failed(
                "the replica did not stand still for long enough".to_owned(),
            ));
        }
        if !is_at(&position, reached) {
            return Err(Stop::Failed(format!(
                "the replica stopped at {reached}, and the primary's snapshot is at {position}: something comes \
                 to the replica that this link does not bring, by another connection or round a circle of \
                 servers that follow each other (`bascule db status` tells which), or a transaction of the primary \
                 waits there for its acknowledgement (semi-sync)"
            )));
        }
        self.position = position;
        Ok(still)
    }

    /// Opens the primary's snapshot, once it has all that the replica has; returns its place in the
    /// binlog, file and offset, and its GTID position.
    ///
    /// A transaction is sent from the binlog before it is to be seen on the primary: for a moment, and
    /// for as long as it waits for an acknowledgement (semi-sync, AFTER_SYNC). The replica may have
    /// applied it by then (seen on 10.11 under four writers).
    fn primary_snapshot(&mut self) -> Result<(String, String, String), Stop> {
        let stands = last_line(self.ask_now(false, "SELECT @@gtid_slave_pos;\n")?);
        let until = Instant::now() + CATCHES_UP;
        loop {
            let answer = self.ask_snapshot(
                true,
                "START TRANSACTION WITH CONSISTENT SNAPSHOT;\nSHOW STATUS LIKE 'binlog_snapshot_%';\n",
            )?;
            let value = |name: &str| {
                let mut rows = answer.iter().filter_map(|line| line.split_once('\t'));
                rows.find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.to_owned())
            };
            let (Some(file), Some(offset)) = (
                value("binlog_snapshot_file"),
                value("binlog_snapshot_position"),
            ) else {
                return Err(Stop::Failed(
                    "the primary does not say where its snapshot stands".to_owned(),
                ));
            };
            let place = format!("SELECT BINLOG_GTID_POS('{file}', {offset});\n");
            let position = last_line(self.ask_snapshot(true, &place)?);
            // What stays ahead for longer is told by who compares the two.
            if !is_ahead(&stands, &position) || Instant::now() > until {
                return Ok((file, offset, position));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Returns how many threads apply on the replica: one for each of its links.
    fn applying(&mut self) -> Result<String, Stop> {
        let question =
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND = 'Slave_SQL';\n";
        Ok(last_line(self.ask_now(false, question)?))
    }

    /// Proves that as many threads apply as before; starts the one that does not.
    fn applies(&mut self, before: &str) -> Result<(), Stop> {
        let until = Instant::now() + Duration::from_secs(5);
        while self.applying()? != before {
            if Instant::now() > until {
                return Err(Stop::Stands);
            }
            self.ask_now(false, "START SLAVE SQL_THREAD;\n")?;
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Asks a server as it is now.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ask_now(&mut self, primary: bool, statements: &str) -> Result<Vec<String>, Stop> {
        let session = match primary {
            true => &mut self.primary_now,
            false => &mut self.replica_now,
        };
        session
            .ask(statements, SOON + Duration::from_secs(30))
            .map_err(|error| self.no_answer(primary, &error))
    }

    /// Asks a server in its snapshot.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn ask_snapshot(&mut self, primary: bool, statements: &str) -> Result<Vec<String>, Stop> {
        let session = match primary {
            true => &mut self.primary,
            false => &mut self.replica,
        };
        session
            .ask(statements, Duration::from_secs(600))
            .map_err(|error| self.no_answer(primary, &error))
    }

    /// Returns what it means that a session gave no answer.
    pub fn no_answer(&self, primary: bool, error: &NoAnswer) -> Stop {
        let name = match primary {
            true => &self.ends.primary_name,
            false => &self.ends.replica_name,
        };
        Stop::Lost(format!("{name}: {error}"))
    }
}

/// Returns true when a replica has of some domain more than a primary's snapshot.
fn is_ahead(reached: &str, position: &str) -> bool {
    let (Ok(position), Ok(reached)) = (position.parse::<Position>(), reached.parse::<Position>())
    else {
        return false;
    };
    position.gtids().any(|gtid| {
        let its = reached.get(gtid.domain);
        its.is_some_and(|its| its.sequence > gtid.sequence)
    })
}

/// Returns true when a replica is where a primary's snapshot is, whatever it has from others.
fn is_at(position: &str, reached: &str) -> bool {
    let (Ok(position), Ok(reached)) = (position.parse::<Position>(), reached.parse::<Position>())
    else {
        return false;
    };
    position
        .gtids()
        .all(|gtid| reached.get(gtid.domain) == Some(gtid))
}

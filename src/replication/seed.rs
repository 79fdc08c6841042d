//! A replica's data: what it holds is kept, the primary's are loaded, and on the way back the kept
//! ones come again.
//!
//! Nothing of it goes into the replica's binlog: the load would stand there as the replica's own
//! transactions, and replication would stop at the first event (1948, 1950: seen).

mod accounted;
mod dump;
mod exact;
mod keep;
mod kept_aside;

use super::endpoint::Endpoint;
use super::{guards, prepared, servers};
use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::mariadb::{DUMP_COMPLETED, quote_string};
use crate::plan::{Guard, Step, UTF8, Verify, session_begins, shell_line};
pub use dump::{afterwards, dump, end_dump, mark, mark_of, plain_command, rounds};
use std::path::{Path, PathBuf};

pub use exact::nearly;
pub use kept_aside::{make_folder, next_folder};

/// Where a server stands: what it has applied, and what it has written itself.
const STANDS: &str =
    "SELECT CONCAT('at (', @@gtid_slave_pos, '), with (', @@gtid_binlog_state, ')')";

/// The text before the GTID position of a dump, near its end.
pub const POSITION: &str = "SET GLOBAL gtid_slave_pos='";

/// The name of the lock that a loading session holds: so it can be found, and ended.
const LOCK: &str = "bascule_seed";

/// How long not a byte may move, in seconds: an index of a large table takes its time. A cut link is
/// noticed by ssh itself.
pub const SILENCE: u64 = 600;

/// Where the data come from.
#[derive(Debug, Clone, PartialEq)]
pub enum SeedSource<'a> {
    /// A dump that the primary makes now.
    Primary {
        /// The primary.
        server: &'a DatabaseServer,
        /// The host it is on, as ssh reaches it.
        via: &'a str,
    },
    /// The dump in a bundle.
    Bundle(&'a Path),
}

/// Returns the client that loads a dump on this host. What is in a server's tables may be there although
/// its own checks would not take it now: a row that a CHECK forbids (4025), a table that strict InnoDB would
/// not make (1118; both seen on 10.11).
fn loader(replica: &DatabaseServer) -> Vec<String> {
    vec![
        replica.client.clone(),
        UTF8.to_owned(),
        "--skip-print-query-on-error".to_owned(),
        "--skip-reconnect".to_owned(),
        session_begins(&format!(
            "lock_wait_timeout={SILENCE}, sql_log_bin=0, check_constraint_checks=0, innodb_strict_mode=0, @bascule=GET_LOCK('{LOCK}', 0)"
        )),
    ]
}

/// Returns the statements that end a load whose program is gone, and then drop databases.
fn drop_all(databases: &[DatabaseName]) -> Vec<String> {
    let mut statements = vec![
        // A foreign key of another database that leads here comes with its table, before or after.
        "SET SESSION sql_log_bin=0, lock_wait_timeout=60, foreign_key_checks=0".to_owned(),
        format!(
            "BEGIN NOT ATOMIC\n\
             DECLARE loading BIGINT DEFAULT IS_USED_LOCK('{LOCK}');\n\
             IF loading IS NOT NULL THEN\n\
             \x20 EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', loading);\n\
             \x20 DO GET_LOCK('{LOCK}', 30);\n\
             END IF;\n\
             END"
        ),
    ];
    statements.extend(dropping(databases));
    statements
}

fn dropping(databases: &[DatabaseName]) -> impl Iterator<Item = String> {
    databases
        .iter()
        .map(|name| format!("DROP DATABASE IF EXISTS {}", name.quoted()))
}

/// The replica's side of a seed.
#[derive(Debug, Clone)]
pub struct Seed<'a> {
    /// The replica, on this host.
    pub replica: &'a DatabaseServer,
    /// Its server id once it is configured.
    pub server_id: u32,
    /// The databases that are loaded.
    pub databases: &'a [DatabaseName],
    /// The databases among them that the replica has.
    pub replaced: &'a [DatabaseName],
    /// The folder that keeps what is replaced.
    pub folder: PathBuf,
    /// About how many bytes come.
    pub bytes: u64,
    /// Every write on the primary waits for the dump.
    pub lock: bool,
}

impl Seed<'_> {
    /// Returns true when its binlog is kept as well.
    pub fn copies_binlog(&self) -> bool {
        self.old_binlog().is_some()
    }

    /// Returns the beginning of the old binlog's paths, when there is one with something in it.
    fn old_binlog(&self) -> Option<String> {
        let replica = self.replica;
        if replica.has_binlog() {
            let state = replica.variable("gtid_binlog_state").unwrap_or_default();
            let path = replica.variable("log_bin_basename")?;
            return (!state.is_empty()).then(|| path.to_owned());
        }
        // From a time when it was on; it goes on where it was.
        let left = |file: &String| file.starts_with("mysql-bin.0");
        replica
            .datadir_files
            .iter()
            .any(left)
            .then(|| replica.datadir().join("mysql-bin").display().to_string())
    }

    fn position(&self) -> PathBuf {
        self.folder.join("position.sql")
    }

    /// Returns the files that keep the data of before, in the order in which they come again.
    fn kept_files(&self) -> Vec<PathBuf> {
        let after = afterwards(self.replica, self.replaced).len();
        let names = ["kept.sql", "kept-2.sql", "kept-3.sql"].into_iter();
        names
            .take(1 + after)
            .map(|name| self.folder.join(name))
            .collect()
    }

    /// Returns the bytes of what is replaced.
    pub fn bytes_here(&self) -> u64 {
        let bytes = |name: &DatabaseName| {
            let there = self.replica.database(name.as_str());
            there.map_or(0, |database| database.bytes)
        };
        self.replaced.iter().map(bytes).sum()
    }

    /// Returns the steps that clear the way: no data, no binlog, no position of before.
    pub fn clear(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.replaced.is_empty() {
            steps.push(
                self.begins()
                    .undone_by(vec![self.whole_step("they are back")]),
            );
            let kept = self
                .kept_files()
                .into_iter()
                .map(|path| path.display().to_string());
            let back = Step::pipe(
                std::iter::once("cat".to_owned()).chain(kept).collect(),
                None,
                loader(self.replica),
                DUMP_COMPLETED,
                Some(self.bytes_here()),
                "the data of before",
            )
            .within(SILENCE);
            steps.push(
                servers::sql(
                    self.replica,
                    None,
                    drop_all(self.replaced),
                    "a table that the primary no longer has would stay for ever",
                )
                .within(120)
                .undone_by(
                    self.must_be_kept()
                        .into_iter()
                        .chain([
                            servers::sql(
                                self.replica,
                                None,
                                drop_all(self.replaced),
                                "half of it may be there, from a way back that was cut short",
                            )
                            .within(120),
                            back,
                        ])
                        .collect(),
                )
                // What is kept is all there is of them until then, and the link of before would go on
                // upon half of it.
                .holding_the_rest(),
            );
        }
        steps.push(self.forget());
        steps
    }

    /// The seed brings its own position: with another one in the binlog the server would not take it.
    fn forget(&self) -> Step {
        servers::sql(
            self.replica,
            None,
            ["RESET MASTER", "SET GLOBAL gtid_slave_pos=''"],
            "its binlog begins anew, with nothing of its own in it; the seed brings the position",
        )
    }

    /// Returns the steps that load the data, proved by the position that the dump has near its end.
    pub fn load(&self, from: &SeedSource) -> Vec<Step> {
        let (command, host) = match from {
            SeedSource::Primary { server, via } => (
                dump(server, self.databases, &mark_of(self.replica), self.lock),
                Some((*via).to_owned()),
            ),
            SeedSource::Bundle(path) => (super::bundle::print_dump(path), None),
        };
        let mut step = Step::pipe(
            command,
            host,
            loader(self.replica),
            DUMP_COMPLETED,
            Some(self.bytes),
            "one consistent view of all of it, with its GTID at the end; not into the binlog here",
        )
        .finding("position", POSITION, '\'')
        .within(SILENCE)
        .undone_by(self.unload())
        .holding_the_rest();
        let mut steps = Vec::new();
        if let SeedSource::Primary { server, via } = from {
            let mark = mark_of(self.replica);
            step = step.on_failure(vec![end_dump(server, Some(via), &mark)]);
            steps.push(step);
            for (command, why) in afterwards(server, self.databases) {
                let (host, into) = (Some((*via).to_owned()), loader(self.replica));
                steps.push(
                    Step::pipe(command, host, into, DUMP_COMPLETED, None, why).within(SILENCE),
                );
            }
        } else {
            steps.push(step);
        }
        if let Some(last) = steps.pop() {
            steps.push(last.verify(Verify::Answers {
                host: None,
                client: self.replica.client.clone(),
                // Set to nothing before, so it is the dump's own last words that put it there.
                query: "SELECT MASTER_GTID_WAIT('${position}', 0)".to_owned(),
                answer: "0".to_owned(),
                proves: "the data are the primary's at GTID ${position}".to_owned(),
            }));
        }
        if let SeedSource::Primary { server, via } = from {
            let side = Endpoint {
                server,
                via: Some(via),
            };
            steps.insert(1, prepared::none_was_left_out(&side));
        }
        if !self.replaced.is_empty() {
            steps.push(self.whole_step("the primary's are whole"));
        }
        steps
    }

    /// A server that has written since may be the primary by now: its data are nobody's copy.
    fn unload(&self) -> Vec<Step> {
        let host = &self.replica.host;
        // One client runs all of it, and stops at the first error.
        let copy = format!(
            "BEGIN NOT ATOMIC\n\
             IF {} THEN\n\
             \x20 SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT =\n\
             \x20   '{host} has written since: its data are no copy any more, and stay';\n\
             END IF;\n\
             END",
            guards::has_written(self.server_id, &self.own_before())
        );
        let mut statements = vec![copy.clone()];
        statements.extend(drop_all(self.databases));
        // The dump's own CHANGE MASTER leaves a link to nowhere.
        statements.extend(["STOP SLAVE", "RESET SLAVE ALL"].map(str::to_owned));
        let mut steps = vec![servers::awaited(self.replica, None)];
        if let Some(look) = self.must_be_kept() {
            steps.push(look);
            let why = "what is dropped now is a copy still";
            steps.push(servers::sql(self.replica, None, [copy], why));
            steps.push(self.begins());
        }
        steps.push(
            servers::sql(
                self.replica,
                None,
                statements,
                "the copy of the primary's data, unless this server has written to it since",
            )
            .within(120),
        );
        steps
    }

    /// Returns the step of a way back that looks for the data of before, so that nothing is dropped
    /// that would not come again.
    fn must_be_kept(&self) -> Option<Step> {
        if self.replaced.is_empty() {
            return None;
        }
        let kept = self.folder.join("kept.sql");
        let path = shell_line(&[kept.display().to_string()]);
        let gone = shell_line(&[format!(
            "{} is gone: what it held is back already, or somebody has removed it; nothing is dropped",
            kept.display()
        )]);
        let script = format!("test -s {path} || {{ echo {gone} >&2; exit 1; }}");
        Some(Step::run(
            ["sh", "-c", &script],
            "what takes the place of the copy is there",
        ))
    }

    /// Returns what an undo asks before it drops the copy.
    pub fn is_a_copy(&self) -> Guard {
        self.is_a_copy_of(&format!(
            "{} has taken writes since, and they would be dropped with its copy",
            self.replica.host
        ))
    }

    /// Returns the same with other words for what would be wrong.
    pub fn is_a_copy_of(&self, otherwise: &str) -> Guard {
        guards::is_a_copy(self.replica, self.server_id, &self.own_before(), otherwise)
    }

    /// Returns the replica's own transactions of before, as its state has them, quoted.
    fn own_before(&self) -> String {
        if !self.replica.has_binlog() {
            return quote_string("");
        }
        let own = format!("-{}-", self.server_id);
        let state = self
            .replica
            .variable("gtid_binlog_state")
            .unwrap_or_default();
        let gtids: Vec<&str> = state
            .split(',')
            .map(str::trim)
            .filter(|gtid| gtid.contains(&own))
            .collect();
        quote_string(&gtids.join(","))
    }
}

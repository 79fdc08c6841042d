//! What a replica needs before it can follow: nothing, the link alone, or the primary's data.
//!
//! Decided from both positions and from the data, and never from an empty position: a server that has
//! just got its binlog prints one whatever it holds. Where it cannot be proved that the data here are
//! an earlier state of the primary's, they are copied anew; where they hold what the primary lacks,
//! that is shown and nothing is done.

use super::endpoint::Endpoint;
use super::source;
use crate::facts::DatabaseServer;
use crate::mariadb::relation::Doubt;
use crate::mariadb::{Gtid, History, Position, Reach, Relation};
use crate::plan::Refusal;
use std::str::FromStr;

/// The decision about a replica's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeedingDecision {
    /// The data are an earlier state of the primary's, which lacks this many transactions.
    Follow {
        /// How many.
        missing: u64,
    },
    /// The primary's are copied.
    Seed(Why),
    /// Nothing tells what they hold that the primary does not.
    Untold(Doubt),
    /// The data hold transactions that the primary does not.
    Diverged {
        /// The last one of each server that wrote any.
        extra: Vec<Gtid>,
        /// How many the replica lacks.
        missing: u64,
    },
}

/// Why the primary's data are copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A copy was asked for.
    Asked,
    /// The replica holds nothing of these databases.
    NoData,
    /// The replica lacks this one.
    Lacks(String),
    /// The replica has written no binlog, so nothing tells what was written there.
    NoBinlog,
    /// Other databases were replicated until now.
    OtherDatabases,
    /// The positions cannot tell: why.
    Doubt(String),
    /// The primary no longer has the binlogs that come next.
    Purged {
        /// Where the replica stands.
        at: Position,
        /// The position that the primary's binlogs begin after.
        purged: Position,
    },
}

/// The two sides, as far as they are known.
#[derive(Debug)]
pub struct Sides<'a> {
    pub replica: &'a DatabaseServer,
    /// The primary's history.
    pub primary: History,
    /// The position that its binlogs begin after, where that is known.
    pub purged: Option<Position>,
    /// The databases that the primary has tables in.
    pub filled: Vec<&'a str>,
    /// The filter that the replica has now is the one it will have.
    pub same_filter: bool,
}

impl Sides<'_> {
    /// Decides.
    ///
    /// # Errors
    /// When the replica's positions are not what servers print.
    pub fn decision(&self, reseed: bool) -> Result<SeedingDecision, Refusal> {
        if reseed {
            return Ok(SeedingDecision::Seed(Why::Asked));
        }
        let history = history(self.replica)?;
        let relation = history.relation_to(&self.primary);
        if self.replica.has_binlog() {
            let missing = match &relation {
                Relation::Diverged { missing, .. } => *missing,
                _ => 0,
            };
            let extra = match &relation {
                Relation::Ahead(extra) | Relation::Diverged { extra, .. } => extra.clone(),
                // The positions cannot tell, but what this server wrote itself is its own.
                Relation::Unknown(_) if history.server_id != self.primary.server_id => {
                    own_writes(&history)
                }
                Relation::Same | Relation::Behind(_) | Relation::Unknown(_) => Vec::new(),
            };
            if !extra.is_empty() {
                return Ok(SeedingDecision::Diverged { extra, missing });
            }
        }
        let here = |name: &str| self.replica.database(name).is_some_and(source::is_filled);
        let filled = &self.filled;
        if !filled.is_empty() && !filled.iter().any(|name| here(name)) {
            return Ok(SeedingDecision::Seed(Why::NoData));
        }
        if !self.replica.has_binlog() {
            return Ok(SeedingDecision::Seed(Why::NoBinlog));
        }
        let missing = match relation {
            Relation::Same => 0,
            Relation::Behind(missing) => missing,
            Relation::Unknown(doubt @ Doubt::TwoOfOne(_)) => {
                return Ok(SeedingDecision::Untold(doubt));
            }
            Relation::Unknown(doubt) => {
                return Ok(SeedingDecision::Seed(Why::Doubt(doubt.to_string())));
            }
            Relation::Ahead(_) | Relation::Diverged { .. } => 0,
        };
        if let Some(name) = filled.iter().find(|name| !here(name)) {
            return Ok(SeedingDecision::Seed(Why::Lacks((*name).to_owned())));
        }
        if !self.same_filter {
            return Ok(SeedingDecision::Seed(Why::OtherDatabases));
        }
        let at = history.position();
        match &self.purged {
            Some(purged) if at.reaches(purged) == Reach::Short => {
                let purged = purged.clone();
                Ok(SeedingDecision::Seed(Why::Purged { at, purged }))
            }
            // An empty one means that nothing was ever purged; where it is not known, the primary
            // itself says so when the replica comes (1236), and all is taken back.
            _ => Ok(SeedingDecision::Follow { missing }),
        }
    }
}

fn own_writes(history: &History) -> Vec<Gtid> {
    history
        .binlog_state
        .gtids()
        .filter(|gtid| gtid.server == history.server_id)
        .collect()
}

impl Why {
    /// Returns it as a sentence about the replica, which takes these databases from that primary.
    pub fn sentence(&self, replica: &str, primary: &str, databases: &str) -> String {
        let copied = format!("{databases} is copied from {primary}");
        match self {
            Why::Asked => format!("{copied}, as asked"),
            Why::NoData => format!("{replica} holds nothing of it: {copied}"),
            Why::Lacks(name) => format!("{replica} lacks {name}: {copied}"),
            Why::NoBinlog => format!(
                "{replica} wrote no binlog until now, so nothing tells what was written there: {copied}"
            ),
            Why::OtherDatabases => {
                format!("until now {replica} took other databases than these: {copied}")
            }
            Why::Doubt(doubt) => format!("{doubt}: {copied}"),
            Why::Purged { at, purged } => format!(
                "{replica} stands at {at}, and {primary} has deleted its binlogs up to {purged}: {copied}"
            ),
        }
    }
}

/// Returns what a server knows of the transactions it holds.
///
/// # Errors
/// When its positions are not what servers print.
pub fn history(server: &DatabaseServer) -> Result<History, Refusal> {
    Endpoint { server, via: None }.history()
}

/// Returns what a server's binlogs begin after.
///
/// # Errors
/// When it is not what servers print.
pub fn purged(server: &DatabaseServer) -> Result<Option<Position>, Refusal> {
    let read = |text: &String| {
        Position::from_str(text).or_else(|_| {
            // A binlog's own list has an entry for each server of a domain; the last one counts.
            crate::mariadb::BinlogState::from_str(text).map(|state| state.position())
        })
    };
    server
        .purged
        .as_ref()
        .map(read)
        .transpose()
        .map_err(|error| {
            Refusal::check(format!(
                "the oldest binlog of {} cannot be read: {error}",
                server.host
            ))
        })
}

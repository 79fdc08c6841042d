//! What a replica and its primary have in common: whether one may follow the other, or each holds
//! what the other lacks.
//!
//! The server itself notices late or never (seen): a primary whose binlog was reset takes a replica
//! that is ahead of it, and a replica with writes of its own runs on until the next event, and then
//! stops with 1950. So this compares what both binlogs hold instead of waiting for an error.

mod twins;

pub use twins::Written;

use super::gtid::Gtid;
use super::position::Position;
use super::state::BinlogState;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The transactions that a server holds, as far as it knows.
///
/// Read the replica's first, then the primary's: the other way round, what is written in between
/// looks like something that the primary lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// `@@server_id`.
    pub server_id: u32,
    /// `@@gtid_binlog_state`: what its binlog holds; empty without a binlog.
    pub binlog_state: BinlogState,
    /// `@@gtid_binlog_pos`: the last transaction in it.
    pub binlog_pos: Position,
    /// `@@gtid_slave_pos`: the last one that came from a primary or with a seed.
    pub slave_pos: Position,
    /// Transactions in its binlog that were read, since their numbers alone do not tell whose they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<Written>,
}

/// How a replica stands to a primary.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Relation {
    /// Both hold the same transactions.
    Same,
    /// The replica lacks this many and holds nothing of its own.
    Behind(u64),
    /// The replica holds all that the primary does, and these: its own writes, or what the primary
    /// has lost. It cannot follow.
    Ahead(Vec<Gtid>),
    /// Each holds what the other lacks. The replica cannot follow.
    Diverged {
        /// The transactions that the primary lacks: the last one of each server that wrote any.
        extra: Vec<Gtid>,
        /// How many the replica lacks.
        missing: u64,
    },
    /// The positions cannot tell.
    Unknown(Doubt),
}

/// Why positions cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Doubt {
    /// Both have the same id: whose transactions are whose?
    #[error("both servers have server id {0}, so nothing tells their transactions apart")]
    SameServerId(u32),
    /// No position on the replica.
    #[error("the replica has no GTID position, which says nothing about the data it holds")]
    ReplicaEmpty,
    /// Nothing in the primary's binlog.
    #[error(
        "the primary's binlog holds no transaction: it is off, new, or was reset, and what was written before is not in it"
    )]
    PrimaryEmpty,
    /// Both have the number, neither received it, and it is not one transaction, as far back as was read.
    #[error(
        "{0} is one transaction on one server and another on the other, and so are those before it: one was made of a copy of the other's disk, or of its backup, and each wrote on under that server id"
    )]
    TwoOfOne(Gtid),
    /// Both have the number, and the transaction could not be read on both.
    #[error(
        "both servers have {0}, and neither received it by replication: that it is one transaction cannot be proved"
    )]
    Unread(Gtid),
    /// Sequence numbers that fell.
    #[error("the sequence numbers of domain {0} do not rise from one transaction to the next")]
    OutOfOrder(u32),
}

impl Relation {
    /// Returns true when it is proved that the replica may follow the primary.
    pub fn may_follow(&self) -> bool {
        matches!(self, Relation::Same | Relation::Behind(_))
    }

    /// Returns what the replica holds and the primary does not.
    pub fn errant(&self) -> &[Gtid] {
        match self {
            Relation::Ahead(extra) | Relation::Diverged { extra, .. } => extra,
            Relation::Same | Relation::Behind(_) | Relation::Unknown(_) => &[],
        }
    }
}

impl History {
    /// Returns how this server, as a replica, stands to a primary.
    pub fn relation_to(&self, primary: &History) -> Relation {
        self.relation(primary, &primary.known_numbers())
    }

    /// Returns how this server, as a replica, stands to a primary that was read before it: what has the
    /// primary's own id came from it since, unless the primary has lost it, which it must be asked.
    pub fn relation_to_earlier(&self, primary: &History) -> Relation {
        let mut theirs = primary.known_numbers();
        for (key, sequence) in self.known_numbers() {
            if key.1 == primary.server_id {
                let last = theirs.entry(key).or_default();
                *last = sequence.max(*last);
            }
        }
        self.relation(primary, &theirs)
    }

    /// Returns the domains in which this server holds what another one wrote.
    pub fn domains_of(&self, server: u32) -> Vec<u32> {
        let known = self.known_numbers();
        let of_it = known.keys().filter(|key| key.1 == server);
        of_it.map(|key| key.0).collect()
    }

    /// Returns how this server stands to a primary that knows of these transactions.
    fn relation(&self, primary: &History, theirs: &Known) -> Relation {
        let ours = self.known_numbers();
        if self.server_id == primary.server_id {
            return Relation::Unknown(Doubt::SameServerId(self.server_id));
        }
        if ours.is_empty() {
            return Relation::Unknown(Doubt::ReplicaEmpty);
        }
        if primary.binlog_state.is_empty() && primary.binlog_pos.is_empty() {
            return Relation::Unknown(Doubt::PrimaryEmpty);
        }
        let mut extra = Vec::new();
        let mut missing: u64 = 0;
        let parted = self.parted(primary);
        let domains: BTreeSet<u32> = ours.keys().chain(theirs.keys()).map(|key| key.0).collect();
        for domain in domains {
            let mut beyond: Vec<Gtid> = entries(&ours, domain)
                .filter(|gtid| {
                    parted.contains_key(&(domain, gtid.server)) || !primary.holds(theirs, *gtid)
                })
                .collect();
            let common = if beyond.is_empty() {
                highest(entries(&ours, domain))
            } else {
                self.last_common(&ours, primary, theirs, domain)
            };
            beyond.retain(|gtid| !self.is_of_others(primary, theirs, *gtid));
            missing =
                missing.saturating_add(highest(entries(theirs, domain)).saturating_sub(common));
            extra.extend(beyond);
        }
        match (extra.is_empty(), missing) {
            (false, 0) => Relation::Ahead(extra),
            (false, missing) => Relation::Diverged { extra, missing },
            (true, _) => match self.untold(primary) {
                Some(doubt) => Relation::Unknown(doubt),
                None if missing == 0 => Relation::Same,
                None => Relation::Behind(missing),
            },
        }
    }

    /// Returns why the positions do not tell, if so.
    fn untold(&self, primary: &History) -> Option<Doubt> {
        let falls = self.out_of_order().or_else(|| primary.out_of_order());
        match (self.doubt(primary), falls) {
            (None | Some(Doubt::Unread(_)), Some(domain)) => Some(Doubt::OutOfOrder(domain)),
            (doubt, _) => doubt,
        }
    }

    /// Returns what both had before they parted: what either wrote after it, the other may lack.
    pub fn common_with(&self, primary: &History) -> Position {
        let (ours, theirs) = (self.known_numbers(), primary.known_numbers());
        let mut common = Position::default();
        for domain in ours.keys().map(|key| key.0).collect::<BTreeSet<u32>>() {
            let sequence = self.last_common(&ours, primary, &theirs, domain);
            let server = ours
                .iter()
                .find(|(key, last)| key.0 == domain && **last >= sequence)
                .map_or(self.server_id, |(key, _)| key.1);
            common.advance(Gtid {
                domain,
                server,
                sequence,
            });
        }
        common
    }

    /// Returns the last transaction of each domain, from a primary or its own.
    pub fn position(&self) -> Position {
        let mut position = Position::default();
        for ((domain, server), sequence) in self.known_numbers() {
            position.advance(Gtid {
                domain,
                server,
                sequence,
            });
        }
        position
    }

    /// Returns the last transaction of each server in each domain that is one with another server's of its
    /// number.
    pub(super) fn last_ones_as(&self, other: &History) -> Vec<Gtid> {
        let parted = self.parted(other);
        let mut ones = self.last_ones();
        for gtid in &mut ones {
            if let Some(last) = parted.get(&(gtid.domain, gtid.server)) {
                gtid.sequence = *last;
            }
        }
        ones
    }

    /// Returns the last transaction of each server in each domain.
    pub(super) fn last_ones(&self) -> Vec<Gtid> {
        let known = self.known_numbers();
        let domains: BTreeSet<u32> = known.keys().map(|key| key.0).collect();
        let all = domains.iter().flat_map(|domain| entries(&known, *domain));
        all.collect()
    }

    /// Returns those of them that another server lacks.
    pub(super) fn beyond(&self, other: &History) -> Vec<Gtid> {
        let (theirs, parted) = (other.known_numbers(), self.parted(other));
        let mut ones = self.last_ones();
        ones.retain(|gtid| {
            parted.contains_key(&(gtid.domain, gtid.server))
                || !other.holds(&theirs, *gtid) && !self.is_of_others(other, &theirs, *gtid)
        });
        ones
    }

    /// Returns the last one of each domain that came from another server, with all before it.
    pub(super) fn received(&self) -> Position {
        let mut received = Position::default();
        // A slave position with its own id was not received from anybody: MASTER_DEMOTE_TO_SLAVE
        // puts it there, and a write of the replica may have a lower number.
        let gtids = self.slave_pos.gtids();
        for gtid in gtids.filter(|last| last.server != self.server_id) {
            received.advance(gtid);
        }
        received
    }

    /// Returns the last sequence number of each server in each domain.
    fn known_numbers(&self) -> Known {
        let mut known = Known::new();
        let positions = self.binlog_pos.gtids().chain(self.slave_pos.gtids());
        for gtid in self.binlog_state.gtids().chain(positions) {
            let last = known.entry((gtid.domain, gtid.server)).or_default();
            *last = gtid.sequence.max(*last);
        }
        known
    }

    /// Returns true when this server holds the transaction: its binlog says so, or it came with all
    /// that was before the position of its own primary or seed.
    fn holds(&self, known: &Known, gtid: Gtid) -> bool {
        let own = known.get(&(gtid.domain, gtid.server));
        let received = self.received().get(gtid.domain);
        own.is_some_and(|sequence| *sequence >= gtid.sequence)
            || received.is_some_and(|last| last.sequence >= gtid.sequence)
    }

    /// Returns true for a transaction that has nothing to do with the primary: a third server wrote it, in
    /// a domain of which the primary never had any. It came by another link, or in another time, and that
    /// it is not in the primary's binlog says nothing of that (seen with two primaries of one server, and in
    /// a position that had an old domain).
    fn is_of_others(&self, primary: &History, theirs: &Known, gtid: Gtid) -> bool {
        let wrote = |id: u32| gtid.server == id;
        let has_domain = |domain: u32| entries(theirs, domain).next().is_some();
        // With no domain in common nothing shows that the primary is the one it was.
        let share = || self.known_numbers().keys().any(|key| has_domain(key.0));
        !wrote(self.server_id) && !wrote(primary.server_id) && !has_domain(gtid.domain) && share()
    }

    /// Returns what this server's binlog holds of domains of which another one never had any: it would be
    /// sent all of that if it followed this one.
    pub fn domains_unknown_to(&self, other: &History) -> Vec<Gtid> {
        let theirs = other.known_numbers();
        let position = self.binlog_state.position();
        let gtids = position.gtids();
        gtids
            .filter(|gtid| entries(&theirs, gtid.domain).next().is_none())
            .collect()
    }

    /// Returns how this server stands to one of its primaries, where it has more than one: what it has by
    /// the others, or wrote in a domain that this one never had, is none of that one's.
    pub fn relation_to_one_of(&self, primary: &History) -> Relation {
        let theirs = primary.known_numbers();
        let of_it = |gtid: &Gtid| {
            theirs.contains_key(&(gtid.domain, gtid.server))
                || gtid.server == primary.server_id
                || (gtid.server == self.server_id && entries(&theirs, gtid.domain).next().is_some())
        };
        let relation = self.relation(primary, &theirs);
        let extra: Vec<Gtid> = relation.errant().iter().copied().filter(of_it).collect();
        match relation {
            Relation::Ahead(_) if extra.is_empty() => Relation::Same,
            Relation::Ahead(_) => Relation::Ahead(extra),
            Relation::Diverged { missing, .. } if extra.is_empty() => Relation::Behind(missing),
            Relation::Diverged { missing, .. } => Relation::Diverged { extra, missing },
            Relation::Same | Relation::Behind(_) | Relation::Unknown(_) => relation,
        }
    }

    /// Returns the last sequence number of a domain before the two parted.
    fn last_common(&self, ours: &Known, primary: &History, theirs: &Known, domain: u32) -> u64 {
        let parted = self.parted(primary);
        let of_one_server = ours.iter().filter_map(|(key, sequence)| {
            let theirs = theirs.get(key).filter(|_| key.0 == domain)?;
            Some(parted.get(key).copied().unwrap_or((*theirs).min(*sequence)))
        });
        let one = |gtid: &Gtid| !parted.contains_key(&(gtid.domain, gtid.server));
        let held_there = entries(ours, domain).filter(|gtid| primary.holds(theirs, *gtid));
        let held_here = entries(theirs, domain).filter(|gtid| self.holds(ours, *gtid));
        let (held_there, held_here) = (held_there.filter(one), held_here.filter(one));
        let held = highest(held_there.chain(held_here));
        of_one_server.max().unwrap_or(0).max(held)
    }

    /// Returns a domain in which the last transaction has not the highest number.
    fn out_of_order(&self) -> Option<u32> {
        let position = self.binlog_state.position();
        position
            .gtids()
            .map(|last| (last, last.domain))
            .find_map(|(last, domain)| {
                let highest = highest(
                    self.binlog_state
                        .gtids()
                        .filter(|gtid| gtid.domain == domain),
                );
                (highest > last.sequence).then_some(domain)
            })
    }
}

/// The last sequence number by domain and server.
type Known = BTreeMap<(u32, u32), u64>;

fn entries(known: &Known, domain: u32) -> impl Iterator<Item = Gtid> {
    known
        .range((domain, 0)..=(domain, u32::MAX))
        .map(|((domain, server), sequence)| Gtid {
            domain: *domain,
            server: *server,
            sequence: *sequence,
        })
}

fn highest(gtids: impl Iterator<Item = Gtid>) -> u64 {
    gtids.map(|gtid| gtid.sequence).max().unwrap_or(0)
}

#[cfg(test)]
pub(super) mod tests;

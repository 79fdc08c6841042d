//! Numbers that two servers may have given to different transactions: who was made of a copy of another
//! one's disk, and wrote on under its server id, gave out the same ones (seen: what only the copy held was
//! taken for the other one's).
//!
//! What came by replication is the primary's, and counts in `gtid_slave_pos`. Of a number that neither server
//! received, both binlogs are read: the last transactions up to it, each with its time and what it did.

use super::{Doubt, History, entries};
use crate::mariadb::Gtid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A transaction as it stands in a server's binlog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Its number.
    pub gtid: Gtid,
    /// The sum of its time and all that it did.
    pub sum: String,
}

/// Whether one number is one transaction.
enum Twin {
    Same,
    /// Up to this sequence number, which is lower.
    SameUpTo(u64),
    /// Neither it nor any that was read before it.
    Other,
    Unread,
}

impl History {
    /// Returns the last transactions that both servers have by their numbers, and neither received.
    pub fn unproved(&self, other: &History) -> Vec<Gtid> {
        let (ours, theirs) = (self.known_numbers(), other.known_numbers());
        let domains = ours.keys().map(|key| key.0);
        let domains: std::collections::BTreeSet<u32> = domains.collect();
        let all = domains.iter().flat_map(|domain| entries(&ours, *domain));
        let both = all.filter_map(|gtid| {
            let theirs = theirs.get(&(gtid.domain, gtid.server))?;
            let sequence = gtid.sequence.min(*theirs);
            Some(Gtid { sequence, ..gtid })
        });
        let received = |history: &History, gtid: &Gtid| {
            let last = history.received().get(gtid.domain);
            last.is_some_and(|last| last.sequence >= gtid.sequence)
        };
        both.filter(|gtid| !received(self, gtid) && !received(other, gtid))
            .collect()
    }

    /// Returns the last sequence number that is one transaction on both, by domain and server, where a later
    /// one is not.
    pub(super) fn parted(&self, other: &History) -> BTreeMap<(u32, u32), u64> {
        let twins = self.unproved(other).into_iter();
        twins
            .filter_map(|gtid| match self.twin_of(other, gtid) {
                Twin::SameUpTo(last) => Some(((gtid.domain, gtid.server), last)),
                Twin::Same | Twin::Other | Twin::Unread => None,
            })
            .collect()
    }

    /// Returns what keeps the numbers from telling, if anything does.
    pub(super) fn doubt(&self, other: &History) -> Option<Doubt> {
        let mut twins = self.unproved(other).into_iter();
        twins.find_map(|gtid| match self.twin_of(other, gtid) {
            Twin::Same | Twin::SameUpTo(_) => None,
            Twin::Other => Some(Doubt::TwoOfOne(gtid)),
            Twin::Unread => Some(Doubt::Unread(gtid)),
        })
    }

    fn twin_of(&self, other: &History, gtid: Gtid) -> Twin {
        let of_it = |one: &&Written| {
            (one.gtid.domain, one.gtid.server) == (gtid.domain, gtid.server)
                && one.gtid.sequence <= gtid.sequence
        };
        let sum_there = |wanted: Gtid| {
            let one = other.written.iter().find(|one| one.gtid == wanted);
            one.map(|one| &one.sum)
        };
        let mut both: Vec<(u64, bool)> = self
            .written
            .iter()
            .filter(of_it)
            .filter_map(|one| Some((one.gtid.sequence, *sum_there(one.gtid)? == one.sum)))
            .collect();
        both.sort_unstable();
        if both.last().is_none_or(|last| last.0 != gtid.sequence) {
            return Twin::Unread;
        }
        let same = both.iter().take_while(|(_, same)| *same);
        match same.last() {
            Some((last, _)) if *last == gtid.sequence => Twin::Same,
            Some((last, _)) => Twin::SameUpTo(*last),
            None => Twin::Other,
        }
    }
}

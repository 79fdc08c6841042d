//! A position in the stream of transactions, as `@@gtid_binlog_pos`, `@@gtid_slave_pos` and
//! `@@gtid_current_pos` print it: the last GTID of each domain.

use super::gtid::{self, Gtid, GtidError};
use crate::as_text::serde_as_text;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The last transaction of each domain.
///
/// An empty one proves nothing, neither "no data" nor "no history": a server that has just got its
/// binlog prints it whatever its data hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<u32, Gtid>);

/// Whether one position has come as far as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Reach {
    /// Every domain of the other one is here, with at least its sequence number.
    Reached,
    /// Something is still missing.
    Short,
    /// The other one is empty, so nothing is proved. `MASTER_GTID_WAIT('', n)` returns 0 at once
    /// there: never wait for it.
    Nothing,
}

impl Reach {
    /// Returns true when it is proved that all of it has arrived.
    pub fn is_proved(self) -> bool {
        self == Reach::Reached
    }
}

impl Position {
    /// Returns true when there is no GTID in it: it proves nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the last GTID of a domain.
    pub fn get(&self, domain: u32) -> Option<Gtid> {
        self.0.get(&domain).copied()
    }

    /// Returns the GTIDs, by domain.
    pub fn gtids(&self) -> impl Iterator<Item = Gtid> {
        self.0.values().copied()
    }

    /// Returns how far this one has come, seen from the other: as the server's own
    /// `MASTER_GTID_WAIT`, which compares only sequence numbers.
    pub fn reaches(&self, other: &Position) -> Reach {
        if other.is_empty() {
            return Reach::Nothing;
        }
        if self.behind(other).is_empty() {
            Reach::Reached
        } else {
            Reach::Short
        }
    }

    /// Returns how many transactions the other one has beyond this one, for each domain where it
    /// has any. Exact where sequence numbers have no gaps, as one writer leaves them.
    pub fn behind(&self, other: &Position) -> BTreeMap<u32, u64> {
        other
            .gtids()
            .filter_map(|theirs| {
                let Some(ours) = self.get(theirs.domain) else {
                    // Not even the first transaction of that domain is here.
                    return Some((theirs.domain, theirs.sequence.max(1)));
                };
                let missing = theirs.sequence.saturating_sub(ours.sequence);
                (missing > 0).then_some((theirs.domain, missing))
            })
            .collect()
    }

    /// Puts a GTID in, unless a later one of its domain is there.
    pub(super) fn advance(&mut self, gtid: Gtid) {
        let last = self.0.entry(gtid.domain).or_insert(gtid);
        if gtid.sequence > last.sequence {
            *last = gtid;
        }
    }
}

impl FromStr for Position {
    type Err = GtidError;

    fn from_str(text: &str) -> Result<Position, GtidError> {
        let mut position = Position::default();
        for gtid in gtid::split(text)? {
            if let Some(first) = position.0.insert(gtid.domain, gtid) {
                return Err(GtidError::SameDomain {
                    domain: gtid.domain,
                    first,
                    second: gtid,
                });
            }
        }
        Ok(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        gtid::join(f, self.gtids())
    }
}

serde_as_text!(Position);

impl From<Gtid> for Position {
    fn from(gtid: Gtid) -> Position {
        Position(BTreeMap::from([(gtid.domain, gtid)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn position(text: &str) -> Position {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_read_in_any_order_and_written_by_domain() {
        assert_eq!(position("1-11-3,0-10-4").to_string(), "0-10-4,1-11-3");
        // As in SHOW SLAVE STATUS, which breaks the line after each comma.
        assert_eq!(position("0-10-4,\n1-11-3\n"), position("1-11-3,0-10-4"));
        assert_eq!(position("").to_string(), "");
        assert!(position(" \n").is_empty());
    }

    #[test]
    fn a_domain_may_stand_once() {
        // The server says 1943 to it.
        assert_eq!(
            "0-10-4,1-1-1,0-11-5"
                .parse::<Position>()
                .unwrap_err()
                .to_string(),
            "0-10-4 and 0-11-5 are both of domain 0: a position has one GTID per domain"
        );
        for text in [",", "0-10-4,", ",0-10-4", "0-10-4,,1-1-1"] {
            assert_eq!(
                text.parse::<Position>().unwrap_err().to_string(),
                format!("the list of GTIDs `{text}` has a comma too many")
            );
        }
    }

    #[test]
    fn an_empty_position_proves_nothing() {
        let (empty, some) = (position(""), position("0-10-4"));
        assert_eq!(empty.reaches(&some), Reach::Short);
        // MASTER_GTID_WAIT('', n) returns 0 at once.
        assert_eq!(some.reaches(&empty), Reach::Nothing);
        assert_eq!(empty.reaches(&empty), Reach::Nothing);
        assert!(!some.reaches(&empty).is_proved());
    }

    #[test]
    fn it_is_reached_when_every_domain_is() {
        let wanted = position("0-10-100,1-10-5");
        assert!(position("0-10-100,1-10-5").reaches(&wanted).is_proved());
        assert!(
            position("0-11-101,1-10-7,2-1-1")
                .reaches(&wanted)
                .is_proved()
        );
        assert_eq!(position("0-10-99,1-10-5").reaches(&wanted), Reach::Short);
        // MASTER_GTID_WAIT waits until its timeout for a domain that the replica does not know.
        assert_eq!(position("0-10-100").reaches(&wanted), Reach::Short);
    }

    #[test]
    fn what_is_missing_is_counted_by_domain() {
        let primary = position("0-10-7786,1-10-5,2-1-9");
        let replica = position("0-10-7700,2-1-9");
        assert_eq!(replica.behind(&primary), BTreeMap::from([(0, 86), (1, 5)]));
        assert_eq!(primary.behind(&replica), BTreeMap::new());
    }

    #[test]
    fn it_is_kept_as_text() {
        let json = serde_json::to_string(&position("1-1-1,0-10-4")).unwrap();
        assert_eq!(json, r#""0-10-4,1-1-1""#);
        assert_eq!(
            serde_json::from_str::<Position>(&json).unwrap(),
            position("0-10-4,1-1-1")
        );
        assert!(serde_json::from_str::<Position>(r#""0-10""#).is_err());
    }

    proptest! {
        #[test]
        fn any_position_is_read_back(gtids in proptest::collection::btree_map(0u32..5, (any::<u32>(), any::<u64>()), 0..5)) {
            let position = Position(gtids
                .into_iter()
                .map(|(domain, (server, sequence))| (domain, Gtid { domain, server, sequence }))
                .collect());
            prop_assert_eq!(&position.to_string().parse::<Position>().unwrap(), &position);
            // It has always come as far as it has come, unless that proves nothing.
            prop_assert_eq!(position.reaches(&position).is_proved(), !position.is_empty());
        }

        #[test]
        fn behind_and_reached_agree(a in "([0-2]-1-[1-9],){0,1}3-1-[1-9]", b in "([0-2]-1-[1-9],){0,1}3-1-[1-9]") {
            let (a, b) = (position(&a), position(&b));
            prop_assert_eq!(a.reaches(&b).is_proved(), a.behind(&b).is_empty());
        }
    }
}

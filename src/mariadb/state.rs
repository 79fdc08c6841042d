//! What a binlog holds, as `@@gtid_binlog_state` prints it: for each domain the last GTID of every
//! server that ever wrote in it.

use super::gtid::{self, Gtid, GtidError};
use super::position::Position;
use crate::as_text::serde_as_text;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The last transaction of each server in each domain of a binlog.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BinlogState(BTreeMap<u32, Domain>);

/// A domain of the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Domain {
    /// The last sequence number of each server.
    servers: BTreeMap<u32, u64>,
    /// The server that wrote last, which the server prints last.
    last: u32,
}

impl BinlogState {
    /// Returns true when nothing was ever written to the binlog, or there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns every GTID of it; in each domain the one that was written last comes last.
    pub fn gtids(&self) -> impl Iterator<Item = Gtid> {
        self.0.iter().flat_map(|(domain, held)| {
            let gtid = |server: u32, sequence: u64| Gtid {
                domain: *domain,
                server,
                sequence,
            };
            let is_last = |server: u32| server == held.last;
            let others = held
                .servers
                .iter()
                .filter(move |(server, _)| !is_last(**server));
            let last = held
                .servers
                .iter()
                .filter(move |(server, _)| is_last(**server));
            others
                .chain(last)
                .map(move |(server, sequence)| gtid(*server, *sequence))
        })
    }

    /// Returns the transaction that was written last in each domain, which is `@@gtid_binlog_pos`.
    pub fn position(&self) -> Position {
        let mut position = Position::default();
        for (domain, held) in &self.0 {
            if let Some(sequence) = held.servers.get(&held.last) {
                position.advance(Gtid {
                    domain: *domain,
                    server: held.last,
                    sequence: *sequence,
                });
            }
        }
        position
    }
}

impl FromStr for BinlogState {
    type Err = GtidError;

    fn from_str(text: &str) -> Result<BinlogState, GtidError> {
        let mut state = BinlogState::default();
        for gtid in gtid::split(text)? {
            let domain = state.0.entry(gtid.domain).or_default();
            domain.last = gtid.server;
            if let Some(sequence) = domain.servers.insert(gtid.server, gtid.sequence) {
                let first = Gtid { sequence, ..gtid };
                return Err(GtidError::SameServer {
                    first,
                    second: gtid,
                });
            }
        }
        Ok(state)
    }
}

impl fmt::Display for BinlogState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        gtid::join(f, self.gtids())
    }
}

serde_as_text!(BinlogState);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(text: &str) -> BinlogState {
        text.parse().unwrap()
    }

    #[test]
    fn a_domain_has_one_gtid_for_each_server_the_last_one_last() {
        let after_a_promote = state("0-11-28506,0-10-28507,1-10-3");
        assert_eq!(after_a_promote.position().to_string(), "0-10-28507,1-10-3");
        assert_eq!(after_a_promote.to_string(), "0-11-28506,0-10-28507,1-10-3");
        assert!(state("").is_empty());
        assert_eq!(
            "0-11-5,0-10-4,0-11-6"
                .parse::<BinlogState>()
                .unwrap_err()
                .to_string(),
            "0-11-5 and 0-11-6 are both of domain 0 and server id 11: a binlog state has one GTID for each"
        );
    }

    #[test]
    fn which_one_was_written_last_counts() {
        assert_ne!(state("0-10-4,0-11-5"), state("0-11-5,0-10-4"));
        assert_eq!(state("1-1-1,0-10-4,0-11-5"), state("0-10-4,1-1-1,0-11-5"));
    }

    proptest! {
        #[test]
        fn any_state_is_read_back(gtids in proptest::collection::btree_map((0u32..4, 0u32..4), any::<u64>(), 0..12)) {
            let text: Vec<String> = gtids
                .iter()
                .map(|((domain, server), sequence)| format!("{domain}-{server}-{sequence}"))
                .collect();
            let read = state(&text.join(","));
            prop_assert_eq!(read.gtids().count(), gtids.len());
            prop_assert_eq!(&state(&read.to_string()), &read);
            for ((domain, server), sequence) in gtids {
                let gtid = Gtid { domain, server, sequence };
                prop_assert!(read.gtids().any(|held| held == gtid), "{gtid}");
            }
        }
    }
}

//! What one server's binlogs hold and another server lacks, transaction by transaction.
//!
//! Not what comes after one position: without `gtid_strict_mode` a number may fall from one transaction
//! to the next, and a replica's own write has a lower one than what came from its primary since.

use super::gtid::Gtid;
use super::position::Position;
use super::relation::History;

/// The transactions that another server lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacking {
    /// The position that both had before they parted, as it is told.
    pub common: Position,
    /// The last one that the other server has, of each server in each domain.
    held: Vec<Gtid>,
    /// The position that it received with all before, whoever wrote it.
    received: Position,
    /// The last ones that it lacks, of each server in each domain; empty where nobody knows.
    extra: Vec<Gtid>,
    /// The last number in each domain of these binlogs.
    last: Position,
}

impl Lacking {
    /// Returns what a server holds and another one lacks.
    pub fn between(ours: &History, other: &History) -> Lacking {
        Lacking {
            common: ours.common_with(other),
            held: other.last_ones_as(ours),
            received: other.received(),
            extra: ours.beyond(other),
            last: ours.position(),
        }
    }

    /// Returns what another server never received of its primary: it came so far, and what the primary
    /// has beyond it nobody knows.
    pub fn beyond(received: &Position) -> Lacking {
        Lacking {
            common: received.clone(),
            received: received.clone(),
            ..Lacking::default()
        }
    }

    /// Returns what the other server has, as words: `0-10-8` is that of one server, `0-*-8` of any.
    pub fn held_words(&self) -> Vec<String> {
        let received = self.received.gtids();
        let any = received.map(|gtid| format!("{}-*-{}", gtid.domain, gtid.sequence));
        self.held.iter().map(Gtid::to_string).chain(any).collect()
    }

    /// Returns the options of `mariadb-binlog` that select by domain and server, which it has since 10.9.
    pub fn select(&self) -> Vec<String> {
        // In strict mode it stops with an error at a number that is lower than the one before.
        let mut options = vec!["--skip-gtid-strict-mode".to_owned()];
        let list = |mut ids: Vec<u32>| {
            ids.sort_unstable();
            ids.dedup();
            ids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
        };
        if !self.extra.is_empty() {
            let domains = list(self.extra.iter().map(|gtid| gtid.domain).collect());
            let servers = list(self.extra.iter().map(|gtid| gtid.server).collect());
            options.push(format!("--do-domain-ids={domains}"));
            options.push(format!("--do-server-ids={servers}"));
        }
        options
    }

    /// Returns a position before all of it, empty where that is the very beginning: from the first number
    /// after it on, `mariadb-binlog` prints what comes in the file, also what is lower then (10.11, 11.8).
    pub fn start(&self) -> String {
        if self.extra.is_empty() {
            return self.common.to_string();
        }
        let mut start: Vec<Gtid> = Vec::new();
        // A list that leaves out a domain of the binlogs is refused.
        for last in self.last.gtids() {
            let extra = self.extra.iter().filter(|gtid| gtid.domain == last.domain);
            let held = extra.map(|gtid| Gtid {
                sequence: self.has_of(gtid),
                ..*gtid
            });
            let first = held.min_by_key(|gtid| gtid.sequence).unwrap_or(last);
            if first.sequence == 0 {
                return String::new();
            }
            start.push(first);
        }
        let words: Vec<String> = start.iter().map(Gtid::to_string).collect();
        words.join(",")
    }

    /// Returns true when what is printed without a start may hold what the other server has as well.
    pub fn may_have_older(&self) -> bool {
        self.extra.is_empty() || self.extra.iter().any(|gtid| self.has_of(gtid) > 0)
    }

    fn has_of(&self, gtid: &Gtid) -> u64 {
        let same = |one: &&Gtid| (one.domain, one.server) == (gtid.domain, gtid.server);
        let of_it = self.held.iter().find(same).map_or(0, |one| one.sequence);
        let received = self.received.get(gtid.domain);
        of_it.max(received.map_or(0, |one| one.sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::super::relation::tests::server as history;
    use super::*;

    #[test]
    fn an_own_write_is_selected_by_its_server_whatever_its_number() {
        // Two real servers without gtid_strict_mode: the replica wrote once, then three came to it.
        let primary = history(10, "0-10-8", "");
        let lacking = Lacking::between(&history(11, "0-11-6,0-10-8", "0-10-8"), &primary);
        assert_eq!(
            lacking.select(),
            [
                "--skip-gtid-strict-mode",
                "--do-domain-ids=0",
                "--do-server-ids=11"
            ]
        );
        assert_eq!(lacking.start(), "");
        assert!(!lacking.may_have_older());
        assert_eq!(lacking.held_words(), ["0-10-8"]);

        // It wrote in a second domain and with a third id as well.
        let more = history(11, "0-10-8,0-11-9,0-77-10,5-11-1", "0-10-8");
        let lacking = Lacking::between(&more, &primary);
        assert_eq!(
            lacking.select()[1..],
            ["--do-domain-ids=0,5", "--do-server-ids=11,77"]
        );
        assert_eq!(lacking.start(), "");
    }

    #[test]
    fn a_former_primary_is_read_from_where_the_other_one_has_it() {
        // In strict order, as it always was.
        let new = history(11, "0-10-3,0-11-4", "0-10-3");
        let lacking = Lacking::between(&history(10, "0-10-5", ""), &new);
        assert_eq!(lacking.start(), "0-10-3");
        assert_eq!(
            lacking.select()[1..],
            ["--do-domain-ids=0", "--do-server-ids=10"]
        );
        assert!(lacking.may_have_older());
        assert_eq!(lacking.held_words(), ["0-10-3", "0-11-4", "0-*-3"]);

        // Every domain of its binlogs has to be in the list; the lowest of two servers counts.
        let new = history(12, "0-10-900,0-11-40,3-10-7", "");
        let old = history(10, "0-11-50,0-10-901,3-10-7", "");
        assert_eq!(Lacking::between(&old, &new).start(), "0-11-40,3-10-7");
    }

    #[test]
    fn of_a_primary_whose_state_nobody_can_ask_all_servers_are_read() {
        let received: Position = "0-10-15".parse().unwrap();
        let lacking = Lacking::beyond(&received);
        assert_eq!(lacking.select(), ["--skip-gtid-strict-mode"]);
        assert_eq!(lacking.start(), "0-10-15");
        assert_eq!(lacking.held_words(), ["0-*-15"]);
    }
}

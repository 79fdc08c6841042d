//! Whether two servers' transactions of one number are one: read from both binlogs where the numbers alone
//! do not tell, which is hardly ever.

use super::DatabaseServer;
use crate::facts::transactions::{Selection, read_these};
use crate::facts::{Facts, Transaction};
use crate::mariadb::relation::Written;
use crate::mariadb::{Gtid, History};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many transactions before the last common one are read: where they parted is told by them.
const BEFORE: u64 = 200;

impl DatabaseServer {
    /// Returns what it knows of the transactions it holds, as far as that is understood.
    pub fn history(&self) -> History {
        let variable = |name: &str| self.variable(name).unwrap_or_default();
        let server_id = self.server_id().and_then(|id| id.try_into().ok());
        History {
            server_id: server_id.unwrap_or(0),
            binlog_state: variable("gtid_binlog_state").parse().unwrap_or_default(),
            binlog_pos: variable("gtid_binlog_pos").parse().unwrap_or_default(),
            slave_pos: variable("gtid_slave_pos").parse().unwrap_or_default(),
            written: self.written.clone(),
        }
    }

    /// Returns the paths of its binlogs, oldest first; also of one that does not run.
    pub fn binlog_paths(&self) -> Vec<String> {
        let basename = self
            .variable("log_bin_basename")
            .map(str::to_owned)
            .unwrap_or_else(|| {
                let name = self.default_of("log_bin").filter(|name| !name.is_empty());
                let name = name.unwrap_or("mysql-bin");
                self.datadir().join(name).display().to_string()
            });
        if !self.binlogs.is_empty() {
            let folder = basename.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = |name: &str| format!("{folder}/{name}");
            return self.binlogs.iter().map(|log| path(&log.name)).collect();
        }
        let (folder, name) = basename.rsplit_once('/').unwrap_or(("", &basename));
        if folder != self.datadir().display().to_string() {
            return Vec::new();
        }
        let mut files: Vec<String> = self
            .datadir_files
            .iter()
            .filter(|file| {
                let number = file
                    .strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix('.'));
                number.is_some_and(|number| {
                    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
                })
            })
            .map(|file| format!("{folder}/{file}"))
            .collect();
        files.sort();
        files
    }

    /// Reads the transactions of one server in one domain up to a number.
    fn read_written(&mut self, host: Option<&str>, last: Gtid) {
        let select = [
            "--skip-gtid-strict-mode".to_owned(),
            format!("--do-domain-ids={}", last.domain),
            format!("--do-server-ids={}", last.server),
        ];
        let first = last.sequence.saturating_sub(BEFORE);
        // A list that leaves out a domain of the binlogs is refused.
        let others = self.history().position();
        let others = others.gtids().filter(|gtid| gtid.domain != last.domain);
        let start: Vec<String> = std::iter::once(Gtid {
            sequence: first,
            ..last
        })
        .chain(others)
        .map(|gtid| gtid.to_string())
        .collect();
        let start = match first {
            0 => String::new(),
            _ => start.join(","),
        };
        let wanted = Selection {
            select: &select,
            start: &start,
            held: &[],
        };
        let found = read_these(host, &wanted, &self.binlog_paths());
        let mut listed = found.listed;
        if found.cut {
            // The last one may be there by half.
            listed.pop();
        }
        let read = listed.iter().filter_map(|one| {
            let gtid: Gtid = one.gtid.parse().ok()?;
            let of_it = (gtid.domain, gtid.server) == (last.domain, last.server);
            (of_it && gtid.sequence <= last.sequence).then(|| Written {
                gtid,
                sum: sum(one),
            })
        });
        let read: Vec<Written> = read.collect();
        for one in read {
            if self.written.iter().all(|other| other.gtid != one.gtid) {
                self.written.push(one);
            }
        }
    }
}

fn sum(transaction: &Transaction) -> String {
    let mut hasher = DefaultHasher::new();
    (&transaction.at, &transaction.changes).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

impl Facts {
    /// Reads both binlogs where two servers have a number that neither received of the other.
    pub(in crate::facts) fn read_twins(&mut self) {
        let mut hosts: Vec<Option<String>> = Vec::new();
        hosts.extend(self.database.is_some().then_some(None));
        hosts.extend(self.database_hosts.keys().cloned().map(Some));
        for (at, one) in hosts.iter().enumerate() {
            for other in &hosts[at + 1..] {
                for gtid in self.gtids_of_both(one.as_deref(), other.as_deref()) {
                    for host in [one, other] {
                        let server = match host {
                            None => self.database.as_mut(),
                            Some(host) => self.database_hosts.get_mut(host),
                        };
                        if let Some(server) = server
                            && server.written.iter().all(|known| known.gtid != gtid)
                        {
                            server.read_written(host.as_deref(), gtid);
                        }
                    }
                }
            }
        }
    }

    fn gtids_of_both(&self, one: Option<&str>, other: Option<&str>) -> Vec<Gtid> {
        let server = |host: Option<&str>| match host {
            None => self.database.as_ref(),
            Some(host) => self.database_hosts.get(host),
        };
        let answers = |server: &&DatabaseServer| server.answers() && server.has_binlog();
        match (server(one).filter(answers), server(other).filter(answers)) {
            (Some(a), Some(b)) if a.server_id() != b.server_id() => {
                a.history().unproved(&b.history())
            }
            _ => Vec::new(),
        }
    }
}

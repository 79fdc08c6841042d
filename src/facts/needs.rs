//! What a verb wants to know, before anything is read.

use super::database::PulseAsk;
use super::peer::Ask;
use super::records::RecordsAsk;
use crate::plan::Guard;
use std::net::IpAddr;
use std::path::PathBuf;

/// The things that a verb wants to know. Everything else is left unread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The CIB, live or from disk.
    pub cib: bool,
    /// The cluster's own view of nodes and resources.
    pub monitor: bool,
    /// The cluster's own view once more, after all else was read.
    pub monitor_again: bool,
    /// Interfaces, addresses and routes of this host.
    pub network: bool,
    /// Files, with mode and owner.
    pub files: Vec<PathBuf>,
    /// Systemd units on this host.
    pub units: Vec<String>,
    /// A unit of which is asked whether a host stands on it.
    pub foundation: Option<String>,
    /// Programs of which is asked whether they can be found.
    pub programs: Vec<String>,
    /// The unit of a web server (`apache2`, `nginx`) of which is asked whether its configuration parses here.
    pub web: Option<String>,
    /// Folders, with the names of what lies in them.
    pub folders: Vec<PathBuf>,
    /// Files of which the sha256 alone is read: a key's content is nobody's business.
    pub sums: Vec<PathBuf>,
    /// Files of passwords, of which nothing is said that is in them.
    pub passwords: Vec<PathBuf>,
    /// The values that the running corosync has.
    pub runtime: bool,
    /// The votes as the running corosync counts them.
    pub quorum: bool,
    /// A file of `cluster export`.
    pub bundle: Option<PathBuf>,
    /// A file of `db export`.
    pub database_bundle: Option<PathBuf>,
    /// Other hosts without whose answer there is no plan at all.
    pub peers: Vec<Ask>,
    /// Addresses of which is asked, on these interfaces, whether anybody else has them; takes a second.
    pub wire: Vec<(IpAddr, String)>,
    /// The MariaDB server of this host.
    pub database: bool,
    /// Hosts whose MariaDB servers are asked, by `ssh root@HOST`.
    pub database_hosts: Vec<String>,
    /// Ends of a link that are looked at once more.
    pub pulses: Vec<PulseAsk>,
    /// The MariaDB server of this host, if it looks as if it replicated: for who only wants to
    /// know whether something is wrong.
    pub replication: bool,
    /// The answer of each server on its own options is read too, which takes 80 ms more.
    pub option_check: bool,
    /// Hosts and ports of which is asked whether anything takes a connection there.
    pub ports: Vec<(String, u16)>,
    /// Guards whose questions before an undo are asked.
    pub guards: Vec<Guard>,
    /// Lines for a shell on this host of which is asked what they print; they change nothing.
    pub lines: Vec<String>,
    /// Services: the other host, this one when absent, and the unit.
    pub services: Vec<(Option<String>, String)>,
    /// The scheduler's scores of the live cluster.
    pub scores: bool,
    /// Hosts whose logs are read, all at once.
    pub records: Vec<RecordsAsk>,
}

impl Needs {
    /// Returns what is needed for both.
    #[must_use]
    pub fn and(mut self, other: Needs) -> Needs {
        // Each by its name, so that a new one is not forgotten here.
        let Needs {
            cib,
            monitor,
            monitor_again,
            network,
            files,
            units,
            foundation,
            programs,
            web,
            folders,
            sums,
            passwords,
            runtime,
            quorum,
            bundle,
            database_bundle,
            peers,
            wire,
            database,
            database_hosts,
            pulses,
            replication,
            option_check,
            ports,
            guards,
            lines,
            services,
            scores,
            records,
        } = other;
        let union = |mine: &mut Vec<String>, others: Vec<String>| {
            for name in others {
                if !mine.contains(&name) {
                    mine.push(name);
                }
            }
        };
        self.cib |= cib;
        self.monitor |= monitor;
        self.monitor_again |= monitor_again;
        self.network |= network;
        union(&mut self.units, units);
        union(&mut self.programs, programs);
        let paths = |mine: &mut Vec<PathBuf>, others: Vec<PathBuf>| {
            for path in others {
                if !mine.contains(&path) {
                    mine.push(path);
                }
            }
        };
        paths(&mut self.files, files);
        paths(&mut self.folders, folders);
        paths(&mut self.sums, sums);
        paths(&mut self.passwords, passwords);
        self.runtime |= runtime;
        self.quorum |= quorum;
        self.bundle = self.bundle.or(bundle);
        self.database_bundle = self.database_bundle.or(database_bundle);
        for ask in peers {
            // One answer of a host is kept: two questions to it are one.
            match self.peers.iter_mut().find(|mine| mine.host == ask.host) {
                Some(mine) => mine.add(ask),
                None => self.peers.push(ask),
            }
        }
        self.wire.extend(wire);
        self.web = self.web.or(web);
        self.foundation = self.foundation.or(foundation);
        self.database |= database;
        union(&mut self.database_hosts, database_hosts);
        self.pulses.extend(pulses);
        self.replication |= replication;
        self.option_check |= option_check;
        for port in ports {
            if !self.ports.contains(&port) {
                self.ports.push(port);
            }
        }
        self.guards.extend(guards);
        union(&mut self.lines, lines);
        self.services.extend(services);
        self.scores |= scores;
        self.records.extend(records);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_verbs_ask_a_host_once_for_what_both_want() {
        let asks = |files: &[&str], texts: &[&str]| Needs {
            peers: vec![Ask {
                host: "serv2".to_owned(),
                files: files.iter().map(ToString::to_string).collect(),
                texts: texts.iter().map(ToString::to_string).collect(),
                ..Ask::default()
            }],
            ..Needs::default()
        };
        let both = asks(&["/a", "/b"], &["/etc/os-release"]).and(asks(&["/b", "/c"], &[]));
        assert_eq!(
            both.peers,
            asks(&["/a", "/b", "/c"], &["/etc/os-release"]).peers
        );
    }
}

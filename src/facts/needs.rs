//! What a verb wants to know, before anything is read.

use super::database::PulseAsk;
use super::peer::Ask;
use crate::plan::Guard;
use std::net::IpAddr;
use std::path::PathBuf;

/// What a verb wants to know. Everything else is left unread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// The CIB, live or from disk.
    pub cib: bool,
    /// The cluster's own view of nodes and resources.
    pub monitor: bool,
    /// The same once more, after what was read meanwhile.
    pub monitor_again: bool,
    /// Interfaces, addresses and routes of this host.
    pub network: bool,
    /// These files, with mode and owner.
    pub files: Vec<PathBuf>,
    /// These systemd units on this host.
    pub units: Vec<String>,
    /// Whether this unit is one that a host stands on.
    pub foundation: Option<String>,
    /// Whether these programs can be found.
    pub programs: Vec<String>,
    /// Whether the web server here parses its configuration: the unit (`apache2`, `nginx`).
    pub web: Option<String>,
    /// What lies in these folders.
    pub folders: Vec<PathBuf>,
    /// The sha256 of these files: a key's content is nobody's business.
    pub sums: Vec<PathBuf>,
    /// These files of passwords, of which nothing is said that is in them.
    pub passwords: Vec<PathBuf>,
    /// The values that the running corosync has.
    pub runtime: bool,
    /// This file of `cluster export`.
    pub bundle: Option<PathBuf>,
    /// This file of `db export`.
    pub database_bundle: Option<PathBuf>,
    /// Other hosts without whose answer there is no plan at all.
    pub peers: Vec<Ask>,
    /// Whether anybody else has these addresses, asked on these interfaces; takes a second.
    pub wire: Vec<(IpAddr, String)>,
    /// The MariaDB server of this host.
    pub database: bool,
    /// Those of these hosts, by `ssh root@HOST`.
    pub database_hosts: Vec<String>,
    /// Another look at these ends of a link.
    pub pulses: Vec<PulseAsk>,
    /// The MariaDB server of this host, if it looks as if it replicated: for who only wants to
    /// know whether something is wrong.
    pub replication: bool,
    /// With them what each server says of its own options, which takes 80 ms more.
    pub option_check: bool,
    /// Whether anything takes a connection at these hosts and ports.
    pub ports: Vec<(String, u16)>,
    /// What these ask before an undo.
    pub guards: Vec<Guard>,
    /// These services: the other host, this one when absent, and the unit.
    pub services: Vec<(Option<String>, String)>,
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
            services,
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
        self.bundle = self.bundle.or(bundle);
        self.database_bundle = self.database_bundle.or(database_bundle);
        self.peers.extend(peers);
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
        self.services.extend(services);
        self
    }
}

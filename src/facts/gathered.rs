//! What was read, in one value.

use super::consult::ToolAnswers;
use crate::cib::Cib;
use crate::facts::bundle::Bundle;
use crate::facts::cluster::Cluster;
use crate::facts::database::bundle::DatabaseBundle;
use crate::facts::database::{DatabaseServer, Pulse};
use crate::facts::file::FileState;
use crate::facts::foundation::Foundation;
use crate::facts::listening::Listening;
use crate::facts::monitor::Monitor;
use crate::facts::network::Network;
use crate::facts::password::PasswordFile;
use crate::facts::peer::{Peer, WebConfiguration};
use crate::facts::port::Port;
use crate::facts::probe::AddressUse;
use crate::facts::quorum::Quorum;
use crate::facts::records::HostRecords;
use crate::facts::simulate::Assignment;
use crate::facts::transactions::Transactions;
use crate::facts::unit::Unit;
use crate::facts::who::Who;
use crate::plan::Answered;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The facts of this host, and of others as far as they were asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// This host's name, as `uname -n` prints it.
    pub host: String,
    /// The identity of this host, whatever it is called.
    #[serde(default)]
    pub who: Who,
    /// True when the program runs as root.
    pub root: bool,
    /// The cluster's configuration and whether it is live.
    #[serde(default)]
    pub cluster: Cluster,
    /// True where the configuration holds what verbs before this one will put into it: the cluster's own text
    /// and view know nothing of that.
    #[serde(skip)]
    pub planned: bool,
    /// The cluster's own view, when it runs and was asked for.
    #[serde(default)]
    pub monitor: Option<Monitor>,
    /// The cluster's own view, read once more at the end: what differs was moving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor_again: Option<Monitor>,
    /// This host's network, when asked for.
    #[serde(default)]
    pub network: Option<Network>,
    /// The files asked for; one that does not exist is [`FileState::Absent`].
    #[serde(default)]
    pub files: BTreeMap<PathBuf, FileState>,
    /// The units asked for.
    #[serde(default)]
    pub units: BTreeMap<String, Unit>,
    /// Where the programs asked for are found.
    #[serde(default)]
    pub programs: BTreeMap<String, Option<PathBuf>>,
    /// Whether the unit asked for is one that a host stands on.
    #[serde(default)]
    pub foundation: Option<Foundation>,
    /// The web server's answer on its configuration.
    #[serde(default)]
    pub web: Option<WebConfiguration>,
    /// The sockets that programs of this host listen on, read with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listening: Option<Listening>,
    /// The names of what lies in the folders asked for; a folder that is absent does not exist.
    #[serde(default)]
    pub folders: BTreeMap<PathBuf, Vec<String>>,
    /// The sha256 of the files asked for, in hexadecimal; none for a file that is absent.
    #[serde(default)]
    pub sums: BTreeMap<PathBuf, String>,
    /// The state of the files of passwords asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passwords: BTreeMap<PathBuf, PasswordFile>,
    /// The values of the running corosync, such as `runtime.members.1.join_count`.
    #[serde(default)]
    pub runtime: BTreeMap<String, String>,
    /// The votes as it counts them, when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// The bundle asked for.
    #[serde(default)]
    pub bundle: Option<Bundle>,
    /// The file of `db export` asked for.
    #[serde(default)]
    pub database_bundle: Option<DatabaseBundle>,
    /// The answers on the wire; an address that is absent was not asked for yet.
    #[serde(default)]
    pub wire: BTreeMap<IpAddr, AddressUse>,
    /// The answers to pings; an address that is absent was not asked yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pings: BTreeMap<IpAddr, AddressUse>,
    /// The answers of other hosts; a host that is absent was not asked yet.
    #[serde(default)]
    pub peers: BTreeMap<String, Peer>,
    /// The MariaDB server of this host, when asked for.
    #[serde(default)]
    pub database: Option<DatabaseServer>,
    /// The MariaDB servers of the hosts asked for, by the name they were asked under.
    #[serde(default)]
    pub database_hosts: BTreeMap<String, DatabaseServer>,
    /// The findings of another look, by the host asked; that of this host has no name.
    #[serde(default)]
    pub pulses: BTreeMap<String, Pulse>,
    /// The transactions in binlogs, by the host asked; that of this host has no name. A host that is
    /// absent was not asked yet.
    #[serde(default)]
    pub transactions: BTreeMap<String, Transactions>,
    /// The state of the ports asked for, by `HOST:PORT`.
    #[serde(default)]
    pub ports: BTreeMap<String, Port>,
    /// The last line that each guard's question was answered with, or why there is none.
    #[serde(default)]
    pub guards: BTreeMap<String, Result<String, String>>,
    /// What the lines asked for printed on this host, on both outputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub said: BTreeMap<String, String>,
    /// The answers to the questions of a plan.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: ToolAnswers,
    /// The services asked for, by host and unit; one that is absent could not be asked.
    #[serde(skip)]
    pub services: BTreeMap<(Option<String>, String), Unit>,
    /// The scheduler's scores, when asked for, or why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Result<Assignment, String>>,
    /// What the hosts asked for wrote down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<HostRecords>,
}

impl Facts {
    /// Adds what was read later: of other hosts, and what was not asked for before.
    pub fn add(&mut self, later: Facts) {
        // Each by its name, so that a new one is not forgotten here.
        let Facts {
            host: _,
            who: _,
            root: _,
            cluster,
            planned: _,
            monitor,
            monitor_again,
            network,
            files,
            units,
            programs,
            foundation,
            web,
            listening,
            folders,
            sums,
            passwords,
            runtime,
            quorum,
            bundle,
            database_bundle,
            wire,
            pings,
            peers,
            database,
            database_hosts,
            pulses,
            transactions,
            ports,
            guards,
            said,
            answers,
            services,
            scores,
            records,
        } = later;
        if self.cluster == Cluster::Unread {
            self.cluster = cluster;
        }
        self.monitor = self.monitor.take().or(monitor);
        self.monitor_again = self.monitor_again.take().or(monitor_again);
        self.network = self.network.take().or(network);
        self.web = self.web.take().or(web);
        self.listening = self.listening.take().or(listening);
        self.foundation = self.foundation.take().or(foundation);
        self.quorum = self.quorum.take().or(quorum);
        self.bundle = self.bundle.take().or(bundle);
        self.database_bundle = self.database_bundle.take().or(database_bundle);
        self.database = self.database.take().or(database);
        self.files.extend(files);
        self.units.extend(units);
        self.programs.extend(programs);
        self.folders.extend(folders);
        self.sums.extend(sums);
        self.passwords.extend(passwords);
        self.runtime.extend(runtime);
        self.wire.extend(wire);
        self.pings.extend(pings);
        self.peers.extend(peers);
        self.database_hosts.extend(database_hosts);
        self.pulses.extend(pulses);
        self.transactions.extend(transactions);
        self.ports.extend(ports);
        self.guards.extend(guards);
        self.said.extend(said);
        self.answers.extend(answers);
        self.services.extend(services);
        self.scores = self.scores.take().or(scores);
        self.records.extend(records);
        self.tell_apart();
        self.read_twins();
    }

    /// Returns the configuration, live or from disk.
    pub fn cib(&self) -> Option<&Cib> {
        match &self.cluster {
            Cluster::Running(cib) | Cluster::Stopped { cib: Some(cib), .. } => Some(cib),
            Cluster::Unread | Cluster::Stopped { cib: None, .. } => None,
        }
    }

    /// Returns the live configuration, if the cluster runs on this host.
    pub fn live_cib(&self) -> Option<&Cib> {
        match &self.cluster {
            Cluster::Running(cib) => Some(cib),
            _ => None,
        }
    }

    /// Returns the other hosts that answered, by what ssh takes, as they are told from others.
    pub fn answered(&self) -> BTreeMap<String, Answered> {
        let own = |ip: IpAddr| {
            let network = self.network.as_ref();
            let database = self.database.as_ref().map(|database| &database.network);
            network
                .or(database)
                .is_some_and(|network| network.holder(ip).is_some())
        };
        let seen = |host: &str, who: &Who, network: &Network| Answered {
            host: host.to_owned(),
            machine: who.machine.clone(),
            // The first of an interface is the host's own, and not one that moves; what this host
            // has too, such as Docker's, tells nobody from another.
            addresses: network
                .interfaces
                .iter()
                .filter(|interface| !interface.loopback)
                .filter_map(|interface| interface.addresses.first())
                .map(ipnet::IpNet::addr)
                .filter(|ip| !own(*ip))
                .collect(),
        };
        let peers = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.unreachable.is_none());
        let peers = peers.map(|(name, peer)| {
            let target = peer.target(name).to_owned();
            (target, seen(&peer.host, &peer.who, &peer.network))
        });
        let servers = &self.database_hosts;
        let servers = servers
            .iter()
            .filter(|(_, said)| said.unreachable.is_none());
        servers
            .map(|(name, said)| {
                let answered = seen(said.own_name(), &said.who, &said.network);
                (name.clone(), answered)
            })
            .chain(peers)
            .collect()
    }

    /// Returns a file that was asked for.
    pub fn file(&self, path: impl AsRef<Path>) -> &FileState {
        self.files.get(path.as_ref()).unwrap_or(&FileState::Absent)
    }

    /// Returns true when the program was found.
    pub fn has_program(&self, name: &str) -> bool {
        self.programs.get(name).is_some_and(Option::is_some)
    }
}

//! Everything read from the host, in one serialisable value.
//!
//! A verb says what it needs ([`Needs`]); [`gather`] reads it, each thing by one call and all
//! calls at once. Nothing here decides anything. A test replays what a real host said by reading
//! a [`Facts`] from JSON.

pub mod archive;
mod bundle;
pub mod database;
mod file;
mod foundation;
pub mod listening;
mod monitor;
mod namesake;
mod needs;
mod network;
mod password;
mod peer;
mod port;
mod probe;
mod runtime;
mod simulate;
pub mod tool;
pub mod transactions;
mod unit;
mod who;

pub use bundle::{BUNDLED, Bundle};
pub use database::bundle::{DatabaseBundle, Manifest};
pub use database::{Database, Pulse, PulseAsk};
pub use file::{FileState, look_into};
pub use foundation::Foundation;
pub use listening::{Listener, Listening};
#[cfg(test)]
pub use monitor::parse as parse_monitor;
pub use monitor::{Failure, Monitor, MonitorNode, MonitorResource, NodeKind};
pub use needs::Needs;
#[cfg(test)]
pub use network::parse as parse_network;
pub use network::{Interface, Network};
pub use password::PasswordFile;
pub use peer::{Ask, Peer, WebConfiguration, configuration_test};
pub use port::Port;
pub use probe::{Wire, answer};
pub use simulate::{
    Copies, Movement, Prediction, cib_patch, deleted, on_copy, predict, predict_of, simulate,
};
pub use transactions::{Transaction, Transactions};
pub use unit::Unit;
pub use who::Who;

use crate::cib::Cib;
use crate::plan::{Answered, Guard};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a reading may take. The slowest seen takes 50 ms; a hung daemon must not hang us.
pub const READING: Duration = Duration::from_secs(5);

/// What Pacemaker keeps on disk: the whole configuration, also when the cluster is down.
pub const CIB_ON_DISK: &str = "/var/lib/pacemaker/cib/cib.xml";

/// Where corosync's configuration lies.
pub const COROSYNC_CONF: &str = "/etc/corosync/corosync.conf";

/// What the host said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// This host's name, as `uname -n` prints it.
    pub host: String,
    /// Who this host is, whatever it is called.
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
    /// The same, read once more at the end: what differs was moving.
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
    /// What the web server said of its configuration.
    #[serde(default)]
    pub web: Option<WebConfiguration>,
    /// Who listens where on this host, read with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listening: Option<Listening>,
    /// The names of what lies in the folders asked for; a folder that is absent does not exist.
    #[serde(default)]
    pub folders: BTreeMap<PathBuf, Vec<String>>,
    /// The sha256 of the files asked for, in hexadecimal; none for a file that is absent.
    #[serde(default)]
    pub sums: BTreeMap<PathBuf, String>,
    /// What there is to say of the files of passwords asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passwords: BTreeMap<PathBuf, PasswordFile>,
    /// What the running corosync says of itself, such as `runtime.members.1.join_count`.
    #[serde(default)]
    pub runtime: BTreeMap<String, String>,
    /// The bundle asked for.
    #[serde(default)]
    pub bundle: Option<Bundle>,
    /// The file of `db export` asked for.
    #[serde(default)]
    pub database_bundle: Option<DatabaseBundle>,
    /// What answered on the wire; an address that is absent was not asked for yet.
    #[serde(default)]
    pub wire: BTreeMap<IpAddr, Wire>,
    /// What other hosts said; a host that is absent was not asked yet.
    #[serde(default)]
    pub peers: BTreeMap<String, Peer>,
    /// What the MariaDB server of this host said, when asked for.
    #[serde(default)]
    pub database: Option<Database>,
    /// What those of the hosts asked for said, by the name they were asked under.
    #[serde(default)]
    pub database_hosts: BTreeMap<String, Database>,
    /// What another look found, by the host asked; that of this host has no name.
    #[serde(default)]
    pub pulses: BTreeMap<String, Pulse>,
    /// What stands in binlogs, by the host asked; that of this host has no name. A host that is
    /// absent was not asked yet.
    #[serde(default)]
    pub transactions: BTreeMap<String, Transactions>,
    /// What came of a connection to the ports asked for, by `HOST:PORT`.
    #[serde(default)]
    pub ports: BTreeMap<String, Port>,
    /// The last line that each guard's question was answered with, or why there is none.
    #[serde(default)]
    pub guards: BTreeMap<String, Result<String, String>>,
    /// The services asked for, by host and unit; one that is absent could not be asked.
    #[serde(skip)]
    pub services: BTreeMap<(Option<String>, String), Unit>,
}

/// The cluster's configuration, and where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cluster {
    /// Not asked for.
    #[default]
    Unread,
    /// Pacemaker runs here.
    Running(Cib),
    /// Pacemaker does not run here; its configuration is what lies on disk.
    Stopped {
        /// What `cibadmin` said.
        why: String,
        /// The configuration on disk, if there is one and it can be read.
        cib: Option<Cib>,
    },
}

impl Cluster {
    /// Returns how the cluster is not there, as a sentence without full stop; none when it is.
    pub fn absence(&self) -> Option<String> {
        match self {
            Cluster::Running(_) | Cluster::Unread => None,
            // Pacemaker 2.1 and 3.0 alike, when nothing listens.
            Cluster::Stopped { why, .. } if why.to_lowercase().contains("could not connect") => {
                Some("the cluster does not run on this host".to_owned())
            }
            Cluster::Stopped { why, .. } if why.contains("is not installed") => {
                Some("the cluster does not run on this host".to_owned())
            }
            Cluster::Stopped { why, .. } => Some(format!("the cluster does not answer ({why})")),
        }
    }
}

impl Facts {
    /// Adds what was read later: of other hosts, and what was not asked for before.
    pub fn add(&mut self, later: Facts) {
        if self.cluster == Cluster::Unread {
            self.cluster = later.cluster;
        }
        self.monitor = self.monitor.take().or(later.monitor);
        self.monitor_again = self.monitor_again.take().or(later.monitor_again);
        self.network = self.network.take().or(later.network);
        self.web = self.web.take().or(later.web);
        self.listening = self.listening.take().or(later.listening);
        self.foundation = self.foundation.take().or(later.foundation);
        self.bundle = self.bundle.take().or(later.bundle);
        self.database_bundle = self.database_bundle.take().or(later.database_bundle);
        self.database = self.database.take().or(later.database);
        self.files.extend(later.files);
        self.units.extend(later.units);
        self.programs.extend(later.programs);
        self.folders.extend(later.folders);
        self.sums.extend(later.sums);
        self.passwords.extend(later.passwords);
        self.runtime.extend(later.runtime);
        self.wire.extend(later.wire);
        self.peers.extend(later.peers);
        self.database_hosts.extend(later.database_hosts);
        self.pulses.extend(later.pulses);
        self.transactions.extend(later.transactions);
        self.ports.extend(later.ports);
        self.guards.extend(later.guards);
        self.services.extend(later.services);
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
    pub fn live(&self) -> Option<&Cib> {
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

/// Returns the units of each host.
fn by_host(services: &[(Option<String>, String)]) -> BTreeMap<Option<String>, Vec<String>> {
    let mut hosts: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for (host, unit) in services {
        hosts.entry(host.clone()).or_default().push(unit.clone());
    }
    hosts
}

/// Reads what is needed. What cannot be read is said in its place; nothing here fails.
pub fn gather(needs: &Needs, host: &str, root: bool) -> Facts {
    let mut facts = Facts {
        host: host.to_owned(),
        who: Who::here(),
        root,
        ..Facts::default()
    };
    std::thread::scope(|scope| {
        let cluster = needs.cib.then(|| scope.spawn(cluster));
        let monitor = needs.monitor.then(|| scope.spawn(monitor::read));
        let again = needs.monitor_again.then(|| scope.spawn(monitor::read));
        let network = needs.network.then(|| scope.spawn(network::read));
        let peers: Vec<_> = needs
            .peers
            .iter()
            .map(|ask| (ask, scope.spawn(|| peer::ask(ask))))
            .collect();
        let wire: Vec<_> = needs
            .wire
            .iter()
            .map(|(ip, interface)| (*ip, scope.spawn(|| probe::arping(*ip, interface))))
            .collect();
        let web = needs
            .web
            .as_deref()
            .map(|unit| scope.spawn(|| peer::web_configuration(unit)));
        let listening = needs.web.is_some().then(|| scope.spawn(listening::read));
        let database = (needs.database || needs.replication).then(|| {
            scope.spawn(|| {
                (needs.database || database::seems_to_replicate())
                    .then(|| database::read(None, needs.option_check))
            })
        });
        let pulses: Vec<_> = needs
            .pulses
            .iter()
            .map(|ask| (&ask.host, scope.spawn(|| database::pulse(ask))))
            .collect();
        let database_hosts: Vec<_> = needs
            .database_hosts
            .iter()
            .map(|host| {
                let read = || database::read(Some(host), needs.option_check);
                (host, scope.spawn(read))
            })
            .collect();
        let ports: Vec<_> = needs
            .ports
            .iter()
            .map(|(host, port)| {
                scope.spawn(move || (format!("{host}:{port}"), port::ask(host, *port)))
            })
            .collect();
        let guards: Vec<_> = needs
            .guards
            .iter()
            .map(|guard| scope.spawn(|| (guard.key(), asked(guard))))
            .collect();
        let services: Vec<_> = by_host(&needs.services)
            .into_iter()
            .map(|(host, units)| {
                scope.spawn(move || {
                    let read = unit::read_on(host.as_deref(), &units).unwrap_or_default();
                    let named = |(unit, state)| ((host.clone(), unit), state);
                    read.into_iter().map(named).collect::<Vec<_>>()
                })
            })
            .collect();
        if !needs.units.is_empty() {
            facts.units = unit::read(&needs.units);
        }
        for path in &needs.files {
            facts.files.insert(path.clone(), file::read(path));
        }
        for name in &needs.programs {
            facts.programs.insert(name.clone(), tool::find(name));
        }
        for path in &needs.folders {
            if let Some(names) = file::list(path) {
                facts.folders.insert(path.clone(), names);
            }
        }
        facts.foundation = needs.foundation.as_deref().map(foundation::read);
        facts.sums = file::sums(&needs.sums);
        facts.passwords = password::read(&needs.passwords);
        if needs.runtime {
            facts.runtime = runtime::read();
        }
        facts.bundle = needs.bundle.as_deref().map(bundle::read);
        facts.database_bundle = needs.database_bundle.as_deref().map(database::bundle::read);
        for (ask, thread) in peers {
            if let Ok(peer) = thread.join() {
                facts.peers.insert(ask.host.clone(), peer);
            }
        }
        for (ip, thread) in wire {
            if let Ok(answer) = thread.join() {
                facts.wire.insert(ip, answer);
            }
        }
        if let Some(thread) = cluster {
            facts.cluster = thread.join().unwrap_or_default();
        }
        facts.monitor = monitor.and_then(|thread| thread.join().ok()).flatten();
        facts.monitor_again = again.and_then(|thread| thread.join().ok()).flatten();
        facts.network = network.and_then(|thread| thread.join().ok()).flatten();
        facts.web = web.and_then(|thread| thread.join().ok()).flatten();
        facts.listening = listening.and_then(|t| t.join().ok()).flatten();
        facts.database = database.and_then(|thread| thread.join().ok()).flatten();
        for (host, thread) in pulses {
            if let Ok(pulse) = thread.join() {
                let host = host.clone().unwrap_or_default();
                facts.pulses.insert(host, pulse);
            }
        }
        facts.ports = ports
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect();
        facts.guards = guards
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect();
        facts.services = services
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .flatten()
            .collect();
        for (host, thread) in database_hosts {
            if let Ok(database) = thread.join() {
                facts.database_hosts.insert(host.clone(), database);
            }
        }
    });
    facts.tell_apart();
    facts.read_twins();
    facts
}

/// Asks what a guard asks: the last line of the answer, or why there is none.
fn asked(guard: &Guard) -> Result<String, String> {
    let output = tool::read_with(&guard.argv, guard.stdin.as_deref(), &[], READING)
        .map_err(|error| error.to_string())?;
    match output.code {
        Some(0) => Ok(output
            .stdout
            .lines()
            .next_back()
            .unwrap_or_default()
            .to_owned()),
        _ => Err(output.first_line()),
    }
}

/// Reads what is needed, then what only these answers tell to be needed, until nothing is.
pub fn gather_all(needs: &Needs, then: impl Fn(&Facts) -> Needs, host: &str, root: bool) -> Facts {
    let mut facts = gather(needs, host, root);
    let mut asked = Needs::default();
    for _ in 0..ROUNDS {
        let more = then(&facts);
        // The same again: everything is there.
        if more == asked || more == Needs::default() {
            break;
        }
        facts.add(gather(&more, host, root));
        asked = more;
    }
    facts
}

/// How often an answer may lead to another question.
const ROUNDS: usize = 3;

/// Reads the live configuration, or says why there is none and takes the one on disk.
pub fn cluster() -> Cluster {
    let why = match live_cib() {
        Ok(cib) => return Cluster::Running(cib),
        Err(why) => why,
    };
    Cluster::Stopped {
        why,
        cib: cib_on_disk(),
    }
}

/// Reads the configuration that Pacemaker keeps on disk, the same as the live one at any moment.
pub fn cib_on_disk() -> Option<Cib> {
    Cib::parse(std::fs::read_to_string(CIB_ON_DISK).ok()?).ok()
}

/// Reads the live configuration by one `cibadmin --query`.
///
/// # Errors
/// What `cibadmin` said, in one line.
pub fn live_cib() -> Result<Cib, String> {
    live_cib_within(READING)
}

/// Reads the live configuration, or gives up after a while.
///
/// # Errors
/// As for [`live_cib`].
pub fn live_cib_within(deadline: Duration) -> Result<Cib, String> {
    let output = tool::read(&["cibadmin", "--query"], deadline).map_err(|e| e.to_string())?;
    if output.code != Some(0) {
        return Err(output.first_line());
    }
    Cib::parse(output.stdout).map_err(|e| e.to_string())
}

/// Reads the cluster's own view by one `crm_mon`; none when there is no cluster to ask.
pub fn live_monitor() -> Option<Monitor> {
    monitor::read()
}

/// Reads the cluster's own view, or gives up after a while.
pub fn live_monitor_within(deadline: Duration) -> Option<Monitor> {
    monitor::read_within(deadline)
}

/// Reads this host's network, or gives up after a while.
pub fn network_within(deadline: Duration) -> Option<Network> {
    network::read_within(deadline)
}

/// Reads one file with its mode and owner.
pub fn read_file(path: &Path) -> FileState {
    file::read(path)
}

/// Reads systemd units, here or on another host; none where systemd does not answer.
pub fn read_units(host: Option<&str>, names: &[String]) -> Option<BTreeMap<String, Unit>> {
    unit::read_on(host, names)
}

/// Reads one systemd unit, here.
pub fn read_unit(name: &str) -> Unit {
    unit::read(&[name.to_owned()])
        .remove(name)
        .unwrap_or_default()
}

/// Reads the links of a host's server, by that client; nothing where it does not answer.
pub fn read_links(host: Option<&str>, client: &str) -> Vec<database::Link> {
    let ask = PulseAsk {
        host: host.map(str::to_owned),
        client: client.to_owned(),
        ..PulseAsk::default()
    };
    database::pulse(&ask).links
}

/// Reads everything that the MariaDB server of this host says, or of another by one ssh.
pub fn read_database(host: Option<&str>) -> Database {
    database::read(host, false)
}

/// Reads the same, and has the installed server read its options, which takes 80 ms more.
pub fn read_database_and_options(host: Option<&str>) -> Database {
    database::read(host, true)
}

/// Asks another host who it is, and for its addresses.
pub fn who_answers(host: &str) -> Peer {
    ask_peer(host, &[], &[])
}

/// Asks another host for its network, these units and these files' sha256, by one ssh.
pub fn ask_peer(host: &str, units: &[String], files: &[String]) -> Peer {
    peer::ask(&Ask {
        host: host.to_owned(),
        units: units.to_vec(),
        files: files.to_vec(),
        ..Ask::default()
    })
}

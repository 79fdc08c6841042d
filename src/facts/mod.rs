//! Everything read from the host, in one serialisable value.
//!
//! A verb says what it needs ([`Needs`]); [`gather`] reads it, each thing by one call and all
//! calls at once. Nothing here decides anything. A test replays what a real host said by reading
//! a [`Facts`] from JSON.

pub mod archive;
mod bundle;
mod cluster;
mod consult;
pub mod database;
mod file;
mod foundation;
mod gather;
mod gathered;
pub mod listening;
mod monitor;
mod namesake;
mod needs;
mod network;
mod password;
mod peer;
mod port;
mod probe;
mod quorum;
pub mod records;
mod runtime;
mod simulate;
pub mod tool;
pub mod transactions;
mod unit;
pub mod voting;
mod who;
mod wire;

pub use tool::READING;

pub use gather::{gather, gather_all, gather_more};

pub use gathered::Facts;

pub use cluster::{CIB_ON_DISK, Cluster, cib_on_disk, cluster, live_cib, live_cib_within};

pub use bundle::{BUNDLED, Bundle};
pub use consult::{ToolAnswer, ToolAnswers, consult};
pub use database::bundle::{DatabaseBundle, Manifest};
pub use database::{DatabaseServer, PulseAsk};
pub use file::{FileState, look_into};
pub use foundation::Foundation;
pub use listening::{Listener, Listening};
#[cfg(test)]
pub use monitor::parse as parse_monitor;
pub use monitor::{
    FailCount, Failure, FenceEvent, FenceState, Monitor, MonitorNode, MonitorResource, NodeKind,
};
pub use needs::Needs;
#[cfg(test)]
pub use network::parse as parse_network;
pub use network::{Interface, Network};
pub use password::PasswordFile;
pub use peer::{Ask, Peer, WebConfiguration};
pub use port::Port;
pub use probe::{AddressUse, answer};
pub use quorum::Quorum;
pub use records::{Gap, HostRecords, RecordLine, RecordsAsk};
pub use simulate::{Movement, Prediction, predict};
pub use transactions::{Transaction, Transactions};
pub use unit::Unit;
pub use who::Who;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Where corosync's configuration lies.
pub const COROSYNC_CONF: &str = "/etc/corosync/corosync.conf";

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
pub fn read_database(host: Option<&str>) -> DatabaseServer {
    database::read(host, false)
}

/// Reads the same, and has the installed server read its options, which takes 80 ms more.
pub fn read_database_and_options(host: Option<&str>) -> DatabaseServer {
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

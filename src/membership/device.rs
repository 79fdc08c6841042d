//! A quorum device as it stands on the nodes and on its third host: what is asked of each, and what they said.

use super::members;
use super::nodes::Member;
use super::services::{self, DEVICE_DAEMON, KEY};
use crate::conf::CorosyncConf;
use crate::facts::voting::{self, Certificates, Daemon, Votes};
use crate::facts::{Ask, COROSYNC_CONF, Facts, FileState, Needs, Peer, Unit};
use crate::plan::words;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The service on the third host.
pub const SERVER: &str = "corosync-qnetd";
/// The certificates on each node.
pub const NODE_CERTIFICATES: &str = "/etc/corosync/qdevice/net/nssdb";
/// The certificates on the third host.
pub const SERVER_CERTIFICATES: &str = "/etc/corosync/qnetd/nssdb";

/// What a node has of a device.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The node.
    pub name: String,
    /// Its number.
    pub nodeid: Option<u32>,
    /// What ssh takes to reach it; none for this host.
    pub target: Option<String>,
    /// Why it could not be asked.
    pub unreachable: Option<String>,
    /// The text of its corosync.conf, and its sum.
    pub conf: Option<String>,
    /// The sum of that file.
    pub sum: Option<String>,
    /// The daemon's service.
    pub unit: Unit,
    /// systemd has given up on it.
    pub failed: bool,
    /// Who votes.
    pub votes: Option<Votes>,
    /// How the daemon stands.
    pub daemon: Option<Daemon>,
    /// The settings of the quorum that the running corosync has.
    pub settings: BTreeMap<String, String>,
    /// Its certificates.
    pub certificates: Certificates,
    /// Whether the third host's port is reached from it, and what was said if not; none where it was not asked.
    pub port: Option<Result<(), String>>,
}

impl Side {
    /// Returns what a node said, or this host of itself.
    pub fn of(node: &Member, facts: &Facts, server: Option<&str>) -> Side {
        let side = Side {
            name: node.name.clone(),
            nodeid: node.nodeid,
            ..Side::default()
        };
        if node.own {
            return Side {
                conf: facts.file(COROSYNC_CONF).text().map(str::to_owned),
                sum: facts.sums.get(Path::new(COROSYNC_CONF)).cloned(),
                ..side.read(facts.units.get(DEVICE_DAEMON), &facts.said, server)
            };
        }
        let target = Some(members::target(node, facts));
        let Some(peer) = facts.peers.get(&node.name) else {
            return Side {
                target,
                unreachable: Some("it was not asked".to_owned()),
                ..side
            };
        };
        Side {
            target,
            unreachable: peer.unreachable.clone(),
            conf: peer.texts.get(COROSYNC_CONF).cloned(),
            sum: peer.files.get(COROSYNC_CONF).cloned().flatten(),
            ..side.read(peer.units.get(DEVICE_DAEMON), &peer.said, server)
        }
    }

    fn read(
        self,
        unit: Option<&Unit>,
        said: &BTreeMap<String, String>,
        server: Option<&str>,
    ) -> Side {
        let said_to = |line: &str| said.get(line).map(String::as_str).unwrap_or_default();
        let port = server.and_then(|server| said.get(&voting::reaches(server)));
        Side {
            unit: unit.cloned().unwrap_or_default(),
            failed: said_to(voting::STATE) == "failed",
            votes: Votes::parse(said_to(voting::VOTES)),
            daemon: Daemon::parse(said_to(voting::DAEMON)),
            settings: voting::settings(said_to(voting::SETTINGS)),
            certificates: Certificates::parse(said_to(voting::CERTIFICATES)),
            port: port.map(|said| match said.as_str() {
                "open" => Ok(()),
                "" => Err("it does not answer".to_owned()),
                said => Err(said.lines().next().unwrap_or_default().to_owned()),
            }),
            ..self
        }
    }

    /// Returns true when its running corosync has a device.
    pub fn runs_with_device(&self) -> bool {
        self.settings.contains_key("quorum.device.model")
    }
}

/// What the third host has.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// What ssh takes to reach it.
    pub target: String,
    /// The service; it does not exist where the package is missing.
    pub unit: Unit,
    /// The sum of its certificate authority's certificate.
    pub authority: Option<String>,
    /// There is a certificate for a cluster of this name.
    pub knows_name: bool,
    /// The addresses of the nodes that it serves under this name.
    pub serves: Vec<String>,
    /// What was carried by hand, where no ssh reaches it.
    pub carried: Option<Carried>,
}

/// A folder on this host with what somebody carries to the third host and from it.
#[derive(Debug, Clone)]
pub struct Carried {
    /// The folder.
    pub folder: PathBuf,
    /// The request to sign is in it.
    pub asked: bool,
    /// The signed certificate is in it.
    pub signed: bool,
}

impl Carried {
    /// Returns the file that the third host is known by.
    pub fn authority(folder: &Path) -> String {
        folder.join("qnetd-cacert.crt").display().to_string()
    }

    /// Returns the file with the request to sign.
    pub fn request(folder: &Path) -> String {
        folder.join("qdevice-net-node.crq").display().to_string()
    }

    /// Returns the file with the signed certificate.
    pub fn certificate(folder: &Path, cluster: &str) -> String {
        folder
            .join(format!("cluster-{cluster}.crt"))
            .display()
            .to_string()
    }
}

impl Server {
    /// Returns what a third host said.
    pub fn of(host: &str, peer: &Peer, cluster: &str) -> Server {
        let said_to = |line: &str| peer.said.get(line).map(String::as_str).unwrap_or_default();
        Server {
            target: peer.target(host).to_owned(),
            unit: peer.units.get(SERVER).cloned().unwrap_or_default(),
            authority: Certificates::parse(said_to(voting::AUTHORITY)).authority,
            knows_name: peer
                .files
                .get(&certificate_of(cluster))
                .is_some_and(Option::is_some),
            serves: voting::served_addresses(said_to(&voting::served(cluster))),
            carried: None,
        }
    }

    /// Returns a third host that nobody asked, by what was carried from it.
    pub fn by_hand(host: &str, folder: &Path, cluster: &str, facts: &Facts) -> Server {
        let there = |file: String| !matches!(facts.file(&file), FileState::Absent);
        let line = voting::carried_authority(&Carried::authority(folder));
        Server {
            target: host.to_owned(),
            // Its port is tried from each node.
            unit: Unit {
                exists: true,
                active: true,
                enabled: true,
                ..Unit::default()
            },
            authority: Certificates::parse(facts.said.get(&line).map_or("", String::as_str))
                .authority,
            carried: Some(Carried {
                folder: folder.to_owned(),
                asked: there(Carried::request(folder)),
                signed: there(Carried::certificate(folder, cluster)),
            }),
            ..Server::default()
        }
    }
}

/// Returns what is asked of this host where things are carried by hand.
pub fn needs_by_hand(folder: &Path, cluster: &str) -> Needs {
    Needs {
        lines: vec![voting::carried_authority(&Carried::authority(folder))],
        files: vec![
            Carried::request(folder).into(),
            Carried::certificate(folder, cluster).into(),
        ],
        ..Needs::default()
    }
}

/// Returns the file with the certificate of a cluster on the third host.
pub fn certificate_of(cluster: &str) -> String {
    format!("{SERVER_CERTIFICATES}/cluster-{cluster}.crt")
}

/// Returns what is asked of this host.
pub fn needs_here() -> Needs {
    Needs {
        lines: lines(None),
        ..super::standing::needs()
    }
}

/// Returns what is asked of the other nodes, and of this one once the third host is known.
pub fn needs_of_nodes(others: &[Member], server: Option<&str>) -> Needs {
    Needs {
        lines: server.map(voting::reaches).into_iter().collect(),
        peers: others.iter().map(|node| ask_node(node, server)).collect(),
        ..Needs::default()
    }
}

fn ask_node(node: &Member, server: Option<&str>) -> Ask {
    Ask {
        host: node.name.clone(),
        addresses: node.addresses.clone(),
        units: [services::units(), words(&[DEVICE_DAEMON])].concat(),
        files: words(&[COROSYNC_CONF, KEY]),
        texts: words(&[COROSYNC_CONF]),
        lines: lines(server),
        ..Ask::default()
    }
}

/// Returns what is asked of the third host.
pub fn ask_server(host: &str, cluster: &str) -> Ask {
    Ask {
        host: host.to_owned(),
        units: words(&[SERVER]),
        files: vec![certificate_of(cluster)],
        lines: vec![voting::AUTHORITY.to_owned(), voting::served(cluster)],
        ..Ask::default()
    }
}

fn lines(server: Option<&str>) -> Vec<String> {
    let mut lines = words(&[
        voting::VOTES,
        voting::DAEMON,
        voting::SETTINGS,
        voting::STATE,
        voting::CERTIFICATES,
    ]);
    lines.extend(server.map(voting::reaches));
    lines
}

/// Returns true for the name of a cluster that can stand in a certificate and in the name of a file.
pub fn can_be_certified(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(plain) && !name.starts_with(['-', '.'])
}

/// Returns what a corosync.conf says; none where it is not there or cannot be read.
pub fn parsed(side: &Side) -> Option<CorosyncConf> {
    CorosyncConf::parse(side.conf.as_deref()?).ok()
}

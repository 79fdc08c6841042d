//! Where a replica's data come from: a primary that ssh reaches, or the file that was written there.

use super::request::Request;
use crate::conf::options::{DROP_IN, DropIn};
use crate::conf::{AccountName, DatabaseName};
use crate::facts::database::Link;
use crate::facts::{DatabaseBundle, DatabaseServer, Facts, Manifest, Network};
use crate::mariadb::{History, Position, Version, VersionTopic};
use crate::plan::{Again, Check, Plan, Refusal};
use crate::replication::server::virtual_addresses;
use crate::replication::{decision, link, servers, source};
use std::borrow::Cow;
use std::net::IpAddr;
use std::path::Path;

/// A primary, as much of it as is known here.
#[derive(Debug)]
pub struct Origin<'a> {
    /// Its host's name.
    pub name: &'a str,
    /// Its address, as the replica reaches it; a name where no address is known.
    pub address: String,
    pub port: u16,
    /// Its release, and whether it offers TLS.
    pub offer: (Version, bool),
    pub server_id: u64,
    /// The transactions that it holds.
    pub history: History,
    /// The position that its binlogs begin after.
    pub purged: Option<Position>,
    /// The account that the replica logs in with.
    pub user: AccountName,
    /// The databases that are replicated.
    pub databases: Vec<DatabaseName>,
    /// The databases are replicated alone, and others that it has are not.
    pub filtered: bool,
    /// The databases among them that hold anything.
    pub filled: Vec<&'a str>,
    /// About how many bytes they take there.
    pub bytes: u64,
    /// How many events are in them.
    pub events: u64,
    /// The databases among them that hold system-versioned tables.
    pub versioned: Vec<&'a str>,
    /// How it is asked.
    pub place: PrimaryAccess<'a>,
}

/// How a primary is asked.
#[derive(Debug, Clone, Copy)]
pub enum PrimaryAccess<'a> {
    /// By ssh.
    Ssh {
        server: &'a DatabaseServer,
        /// The host, as ssh reaches it.
        via: &'a str,
    },
    /// Not at all: a file came from there.
    File {
        path: &'a Path,
        /// The file's description of itself.
        manifest: &'a Manifest,
    },
}

impl<'a> Origin<'a> {
    /// Returns where the words say that the data come from.
    ///
    /// # Errors
    /// When there is no primary there, or no such file.
    pub fn find(
        words: &Request<'a>,
        facts: &'a Facts,
        replica: &'a DatabaseServer,
        plan: &mut Plan,
    ) -> Result<Origin<'a>, Refusal> {
        match (words.primary, words.bundle) {
            (Some(primary), _) => from_primary(words, primary, facts, replica, plan),
            (None, Some(path)) => from_file(path, facts, plan),
            (None, None) => Err(Refusal::usage("replicate from which primary?")),
        }
    }

    /// Returns the primary's server, where ssh reaches it.
    pub fn server(&self) -> Option<(&'a DatabaseServer, &'a str)> {
        match self.place {
            PrimaryAccess::Ssh { server, via } => Some((server, via)),
            PrimaryAccess::File { .. } => None,
        }
    }

    /// Returns what is known of its server: all that it says, or what stands in the file.
    pub fn as_said(&self) -> Cow<'a, DatabaseServer> {
        match self.place {
            PrimaryAccess::Ssh { server, .. } => Cow::Borrowed(server),
            PrimaryAccess::File { manifest, .. } => Cow::Owned(DatabaseServer {
                host: manifest.host.clone(),
                variables: manifest.variables.clone(),
                ..DatabaseServer::default()
            }),
        }
    }

    /// Returns true when a link goes there, by whatever name.
    pub fn is_end_of(&self, link: &Link) -> bool {
        let host = link.primary_host();
        let address = host.parse::<IpAddr>().ok();
        let holds = |server: &DatabaseServer| {
            address.is_some_and(|address| server.network.holder(address).is_some())
        };
        host == self.address
            || host == self.name
            || self.server().is_some_and(|(server, _)| holds(server))
    }

    /// Returns what is replicated, in words.
    pub fn databases_text(&self) -> String {
        let names: Vec<&str> = self.databases.iter().map(DatabaseName::as_str).collect();
        match names.as_slice() {
            _ if !self.filtered => "every database".to_owned(),
            [] => "every database".to_owned(),
            [one] => (*one).to_owned(),
            [all @ .., last] => format!("{} and {last}", all.join(", ")),
        }
    }
}

fn from_primary<'a>(
    words: &Request,
    primary: &'a str,
    facts: &'a Facts,
    replica: &DatabaseServer,
    plan: &mut Plan,
) -> Result<Origin<'a>, Refusal> {
    let server = servers::server_of(facts, primary).map_err(|refusal| {
        let asked = facts.database_hosts.get(primary);
        if asked.is_none_or(|server| server.unreachable.is_none()) {
            return refusal;
        }
        refusal
            .hint(
                format!("without ssh, on {primary}"),
                "bascule db export FILE",
            )
            .again("and then here", from_a_file(primary))
    })?;
    servers::check_whole(server, Some(primary))?;
    servers::dumps_all(server, Some(primary))?;
    let name = server.host.as_str();
    let address = address_of(primary, facts, server, replica)?;
    is_primary(server, facts, replica, &address)?;
    let (databases, filtered) = wanted(words, server, replica)?;
    source::logged(server, &databases)?;
    let held = source::held_databases(&databases, server);
    plan.check(
        Check::ok(format!(
            "{name} logs its writes and listens at {address}:{}",
            server.port()
        ))
        .note("ssh"),
    );
    for concern in link::release(server).as_primary_of(link::release(replica)) {
        // What is done about TLS is said below.
        if concern.topic != VersionTopic::Tls {
            plan.check(Check::warning(concern.what).note(concern.mend));
        }
    }
    Ok(Origin {
        name,
        address,
        port: server.port(),
        offer: link::tls_offer(server),
        server_id: server.server_id().unwrap_or(1),
        history: decision::history(server)?,
        purged: decision::purged(server)?,
        user: words.user.clone(),
        filled: held
            .iter()
            .filter(|one| source::is_filled(one))
            .map(|one| one.name.as_str())
            .collect(),
        bytes: held.iter().map(|one| one.bytes).sum(),
        events: held.iter().map(|one| one.events).sum(),
        versioned: source::versioned(&held),
        databases,
        filtered,
        place: PrimaryAccess::Ssh {
            server,
            via: primary,
        },
    })
}

/// Returns what was typed for a file in the place of a primary: all that the file has in itself goes.
fn from_a_file(primary: &str) -> Again {
    let of_its_own = ["--database", "--user", "--password-file"].into_iter();
    of_its_own
        .fold(Again::same(), Again::without)
        .without_flag("--lock-tables")
        .without_flag("--accounts")
        .words(&[primary.to_owned()], &[])
        .set("--bundle", "FILE")
}

/// Returns the primary's address as this host reaches it: the one typed, else the one in a network
/// that both are in, else the name.
fn address_of(
    primary: &str,
    facts: &Facts,
    server: &DatabaseServer,
    replica: &DatabaseServer,
) -> Result<String, Refusal> {
    let moving = virtual_addresses(facts);
    let own: Vec<IpAddr> = server
        .network
        .interfaces
        .iter()
        .filter(|interface| interface.up && !interface.loopback)
        .flat_map(|interface| &interface.addresses)
        .map(ipnet::IpNet::addr)
        .filter(|address| !moving.contains(address))
        .collect();
    let listed = || {
        let all: Vec<String> = own.iter().map(ToString::to_string).collect();
        all.join(", ")
    };
    if let Ok(address) = primary.parse::<IpAddr>() {
        if moving.contains(&address) {
            return Err(Refusal::check(format!(
                "{address} moves between the cluster's hosts: a replica would lose its primary with it"
            ))
            .hint(
                format!("addresses that stay on {}", server.host),
                listed(),
            ));
        }
        return Ok(primary.to_owned());
    }
    let shared = own
        .iter()
        .find(|address| replica.network.route_to(**address).is_some());
    Ok(shared.map_or_else(|| primary.to_owned(), ToString::to_string))
}

/// Refuses a server that no replica could follow.
fn is_primary(
    server: &DatabaseServer,
    facts: &Facts,
    replica: &DatabaseServer,
    address: &str,
) -> Result<(), Refusal> {
    let name = &server.host;
    let make = |refusal: Refusal| {
        refusal.hint(
            format!("to make it a primary, on {name}"),
            "bascule db primary",
        )
    };
    if !server.has_binlog() {
        return Err(make(Refusal::check(format!(
            "{name} writes no binlog, so there is nothing a replica could follow"
        ))));
    }
    let port = server.port();
    let reached = address
        .parse::<IpAddr>()
        .ok()
        .filter(|ip| server.network.holder(*ip).is_some());
    if let Some(ip) = reached
        && !server.listeners.is_empty()
        && !server.on_port().any(|listener| listener.reaches(ip))
    {
        let mut places: Vec<&str> = server.on_port().map(|one| one.address.as_str()).collect();
        places.dedup();
        return Err(make(Refusal::check(match places.is_empty() {
            true => format!("MariaDB on {name} does not listen on port {port} at all"),
            false => format!(
                "MariaDB on {name} listens on port {port} at {} alone, not at {address}",
                places.join(", ")
            ),
        })));
    }
    for link in &server.links {
        let from = link.primary_host();
        let is_here = from.parse::<IpAddr>().is_ok_and(|ip| {
            replica
                .network
                .holder(ip)
                .is_some_and(|interface| !interface.loopback)
        });
        if is_here || from == facts.host {
            return Err(
                Refusal::check(format!("{name} is a replica of {} itself", facts.host))
                    .hint("to swap the two", "bascule db promote")
                    .hint(
                        format!("to take {name} out of replication, there"),
                        "bascule db remove",
                    ),
            );
        }
        if !from.is_empty() && !server.is_on("log_slave_updates") {
            return Err(make(Refusal::check(format!(
                "{name} is a replica of {from} and does not log what it takes from there (log_slave_updates)"
            ))));
        }
    }
    if let Some(why) = server.unanswered_why() {
        return Err(
            Refusal::check(format!("{name} did not answer all: {why}")).hint(
                "to see for yourself",
                format!("ssh root@{name} {}", server.client),
            ),
        );
    }
    Ok(())
}

/// Returns what is to be replicated, and whether that alone: what was typed, else what the option file
/// here says, else all there is.
fn wanted(
    words: &Request,
    server: &DatabaseServer,
    replica: &DatabaseServer,
) -> Result<(Vec<DatabaseName>, bool), Refusal> {
    let typed = match words.databases.is_empty() {
        false => words.databases.to_vec(),
        true => replica
            .option_file(Path::new(DROP_IN))
            .map(|file| DropIn::parse(&file.text).databases())
            .unwrap_or_default(),
    };
    let filtered = !typed.is_empty();
    Ok((source::databases(&typed, server)?, filtered))
}

fn from_file<'a>(path: &'a Path, facts: &'a Facts, plan: &mut Plan) -> Result<Origin<'a>, Refusal> {
    let shown = path.display();
    let export = (
        "to make one, on the primary",
        "bascule db export FILE --replica ADDRESS",
    );
    let manifest = match &facts.database_bundle {
        None | Some(DatabaseBundle::Absent) => {
            return Err(Refusal::check(format!("there is no {shown}")).hint(export.0, export.1));
        }
        Some(DatabaseBundle::Wrong { why }) => {
            return Err(
                Refusal::check(format!("{shown} is no whole file of db export: {why}"))
                    .hint(export.0, export.1),
            );
        }
        Some(DatabaseBundle::Of(manifest)) => manifest,
    };
    // Two hosts may call themselves alike: it has the address as well, if it is this one.
    let network = facts.database.as_ref().map(|here| &here.network);
    let is_here = |network: &Network| network.holder(manifest.address).is_some();
    if manifest.host == facts.host && network.is_none_or(is_here) {
        return Err(
            Refusal::check(format!("{shown} was written on this host itself")).hint(
                "carry it to the replica, and there",
                "bascule db replicate --bundle FILE",
            ),
        );
    }
    let wrong = |what: &str, error: String| {
        Refusal::check(format!("the {what} in {shown} cannot be read: {error}"))
            .hint(export.0, export.1)
    };
    let names = manifest
        .databases
        .iter()
        .map(|one| one.name.parse::<DatabaseName>());
    let databases: Result<Vec<_>, _> = names.collect();
    let databases = databases.map_err(|error| wrong("databases", error.to_string()))?;
    let version = manifest.version.parse::<Version>();
    let position = manifest.position.parse::<Position>();
    let history = History {
        server_id: manifest.server_id,
        binlog_state: manifest
            .binlog_state
            .parse()
            .map_err(|error: crate::mariadb::GtidError| wrong("binlog state", error.to_string()))?,
        binlog_pos: position.map_err(|error| wrong("position", error.to_string()))?,
        slave_pos: Position::default(),
        written: Vec::new(),
    };
    plan.check(
        Check::ok(format!(
            "{shown} is whole: {} at GTID {}",
            manifest.host, manifest.position
        ))
        .note("tar --list"),
    );
    Ok(Origin {
        name: &manifest.host,
        address: manifest.address.to_string(),
        port: manifest.port,
        offer: (
            version.map_err(|error| wrong("version", error.to_string()))?,
            manifest.tls,
        ),
        server_id: u64::from(manifest.server_id),
        history,
        purged: None,
        user: manifest
            .user
            .parse()
            .map_err(|error: crate::conf::BadValue| wrong("account", error.to_string()))?,
        filled: manifest
            .databases
            .iter()
            .filter(|one| one.filled)
            .map(|one| one.name.as_str())
            .collect(),
        bytes: manifest.databases.iter().map(|one| one.bytes).sum(),
        events: manifest.databases.iter().map(|one| one.events).sum(),
        versioned: manifest
            .databases
            .iter()
            .filter(|one| one.versioned > 0)
            .map(|one| one.name.as_str())
            .collect(),
        databases,
        filtered: manifest.filtered,
        place: PrimaryAccess::File { path, manifest },
    })
}

//! `--rows`: numbered rows through the writer's address, in a database of their own, with an account that knows no
//! other; both are gone afterwards.

use super::client::Watch;
use super::scene::Scene;
use crate::facts::{DatabaseServer, Facts, Needs, Port};
use crate::health::database::{Edge, Topology};
use crate::mariadb::quote_string;
use crate::membership::nodes;
use crate::plan::{Plan, Refusal, Step, words};
use crate::replication::account::{PASSWORD, password, takes_hashes};
use crate::replication::servers;
use crate::resources::address::addresses;
use std::net::IpAddr;

/// The database, and the account.
const OWN: &str = "bascule_drill";

/// The table in it.
const TABLE: &str = "ledger";

/// Where a MariaDB server listens.
const PORT: u16 = 3306;

/// Where who asks has the password, and remembers the rows.
const FILE: &str = "/root/.bascule-probe.password";
const LEDGER: &str = "/root/.bascule-probe.ledger";

/// Rows that are written during a drill.
pub struct Rows {
    /// What makes them possible.
    pub before: Vec<Step>,
    /// What takes it away again.
    pub after: Vec<Step>,
    /// The options of who asks.
    pub options: Vec<String>,
    /// The name by which their answers are told.
    pub name: String,
}

/// Returns what must be known of the servers.
pub fn needs(facts: &Facts) -> Needs {
    let virtual_ones = facts.cib().into_iter().flat_map(addresses);
    let virtual_ones =
        virtual_ones.filter_map(|one| Some((one.virtual_address()?.to_owned(), PORT)));
    Needs {
        database: true,
        database_hosts: nodes::names(&nodes::others(facts)),
        ports: virtual_ones.collect(),
        ..Needs::default()
    }
}

/// Returns the rows that are written during a drill.
///
/// # Errors
/// When it is not known where, or they would prove nothing.
pub fn rows(scene: &Scene, watch: &Watch, plan: &mut Plan) -> Result<Rows, Refusal> {
    let topology = Topology::of_facts(scene.facts);
    let at = primary(&topology)?;
    let primary = &topology.servers[at];
    let (server, via) = (primary.said, primary.asked);
    takes_hashes(server, None)?;
    let of_it = |edge: &&Edge| edge.primary == Some(at);
    for edge in topology.edges.iter().filter(of_it) {
        let filters = edge.link.takes_of(server.position.as_ref());
        if !filters.lets_through(OWN, TABLE) {
            return Err(Refusal::check(format!(
                "a filter of {} leaves {OWN} out: rows there would prove nothing",
                topology.servers[edge.replica].name
            ))
            .hint("the filters", "bascule db status"));
        }
    }
    if server.database(OWN).is_some() {
        return Err(Refusal::check(format!(
            "there is a database {OWN} on {} already, of a drill that was cut short",
            primary.name
        ))
        .hint("to take that one back", "bascule undo")
        .hint(
            format!("or, on {}", primary.name),
            format!("{} -e 'DROP DATABASE {OWN}'", server.client),
        ));
    }
    let address = writers_address(scene, primary.name)?;
    let accounts: Vec<String> = sources(scene, watch)
        .iter()
        .map(|from| format!("{}@{}", quote_string(OWN), quote_string(&from.to_string())))
        .collect();
    let mut made = vec![
        format!("CREATE DATABASE {OWN}"),
        format!("CREATE TABLE {OWN}.{TABLE} (n BIGINT UNSIGNED NOT NULL, KEY (n)) ENGINE=InnoDB"),
    ];
    let mut gone = vec![format!("DROP DATABASE IF EXISTS {OWN}")];
    for account in &accounts {
        made.push(format!(
            "CREATE USER {account} IDENTIFIED BY PASSWORD '${{{PASSWORD}_hash}}'"
        ));
        made.push(format!("GRANT SELECT, INSERT ON {OWN}.* TO {account}"));
        gone.push(format!("DROP USER IF EXISTS {account}"));
    }
    let drop = servers::sql(server, via, gone, "the rows and who wrote them are gone");
    let make = servers::sql(
        server,
        via,
        made,
        "a database for numbered rows, and an account that knows no other",
    );
    let keep = Step::run(
        words(&["install", "-m", "600", "/dev/stdin", FILE]),
        "the password, for who asks alone",
    )
    .stdin(format!("${{{PASSWORD}}}\n"))
    .at(watch.host.clone());
    let forget = Step::run(
        words(&["rm", "-f", FILE, LEDGER]),
        "what became of each row is told",
    )
    .at(watch.host.clone());
    plan.secrets.push(password(None));
    Ok(Rows {
        before: vec![
            make.undone_by(vec![drop.clone()]),
            keep.undone_by(vec![forget.clone()]),
        ],
        after: vec![forget, drop],
        options: words(&[
            "--rows",
            &format!("{OWN}@{}/{OWN}", bracketed(&address)),
            "--password-file",
            FILE,
            "--ledger",
            LEDGER,
        ]),
        name: format!("rows by {address}"),
    })
}

/// Returns the server that takes writes.
fn primary(topology: &Topology) -> Result<usize, Refusal> {
    let takes_writes = |server: &DatabaseServer| {
        server.answers() && server.follows().is_none() && !server.is_read_only()
    };
    let servers = topology.servers.iter().enumerate();
    let able: Vec<usize> = servers
        .filter(|(_, server)| takes_writes(server.said))
        .map(|(at, _)| at)
        .collect();
    let followed: Vec<usize> = able
        .iter()
        .copied()
        .filter(|at| topology.has_replicas(*at))
        .collect();
    match (able.as_slice(), followed.as_slice()) {
        ([one], _) | (_, [one]) => Ok(*one),
        ([], _) => Err(Refusal::check("no MariaDB server here takes writes: there is nowhere to write rows")
            .hint("how they are", "bascule db status")),
        _ => Err(Refusal::check("several MariaDB servers take writes, and none has replicas: which one is meant is not known")
            .hint("how they are", "bascule db status")),
    }
}

/// Returns the address by which clients reach the server that takes writes.
fn writers_address(scene: &Scene, node: &str) -> Result<String, Refusal> {
    let held = addresses(scene.cib).filter(|one| scene.monitor.places(&one.id).contains(&node));
    let mut held = held.filter_map(|one| one.virtual_address());
    let open = |ip: &&str| scene.facts.ports.get(&format!("{ip}:{PORT}")) == Some(&Port::Open);
    if let Some(ip) = held.find(open) {
        return Ok(ip.to_owned());
    }
    let member = scene.members.iter().find(|member| member.name == node);
    member
        .and_then(|member| member.addresses.first().cloned())
        .ok_or_else(|| {
            Refusal::check(format!(
                "{node} is no node of this cluster: how clients reach its server is not known"
            ))
            .hint("the nodes", "bascule node list")
        })
}

fn bracketed(address: &str) -> String {
    match address.contains(':') {
        true => format!("[{address}]"),
        false => address.to_owned(),
    }
}

/// Returns the addresses that who asks may come from: its own, and on a node those that it may hold.
fn sources(scene: &Scene, watch: &Watch) -> Vec<IpAddr> {
    let networks = match &watch.host {
        None => scene.facts.network.as_ref(),
        Some(host) => scene
            .facts
            .peers
            .iter()
            .find(|(name, peer)| *name == host || peer.target(name) == host)
            .map(|(_, peer)| &peer.network),
    };
    let own = networks.into_iter().flat_map(|network| network.addresses());
    let mut all: Vec<IpAddr> = own.filter(|ip| !ip.is_loopback()).collect();
    if !watch.outside {
        all.extend(&watch.addresses);
    }
    all.sort_unstable();
    all.dedup();
    all
}

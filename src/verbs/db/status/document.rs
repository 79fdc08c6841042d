//! `db status` for programs.

use super::columns::{filters, semi_sync, tls};
use crate::health::Problem;
use crate::health::database::{Edge, Lag, Topology, history, kept_seconds, size};
use crate::mariadb::{BinlogState, Position, Relation};
use crate::report::Document;
use serde::Serialize;

/// `db status`: the servers at both ends of this host's links, each link, and what is wrong.
#[derive(Serialize)]
pub struct DbStatusDocument<'a> {
    /// This host's name.
    host: &'a str,
    /// This host's server first, then those that were asked by ssh.
    servers: Vec<ServerStatus<'a>>,
    /// Each link of a replica to its primary.
    links: Vec<LinkStatus<'a>>,
    /// What is wrong, the worst first; empty where nothing is.
    problems: &'a [Problem],
}

impl Document for DbStatusDocument<'_> {}

/// A MariaDB server.
#[derive(Serialize)]
struct ServerStatus<'a> {
    /// The name of its host, or what it was asked under where that is not known.
    name: &'a str,
    /// What it was asked under, by ssh; null for this host.
    asked: Option<&'a str>,
    /// `alone`; `primary`; `primary, no replica`; `former primary`; `new primary`; `replica of` and addresses,
    /// with `, primary` behind them where it has replicas as well; `not reached`; `does not answer`; or
    /// `no MariaDB`.
    role: String,
    /// What else there is to tell of it.
    #[serde(flatten)]
    told: Told<'a>,
}

/// What there is to tell of a server.
#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    /// Where it answers.
    Answers(Box<Answers>),
    /// Where it does not.
    Silent(Silent<'a>),
}

/// What a server answers.
#[derive(Serialize)]
struct Answers {
    /// Its version, as `@@version` has it.
    version: String,
    /// `@@server_id`; null where it cannot be read.
    server_id: Option<u64>,
    /// Clients cannot write: `@@read_only`.
    read_only: bool,
    /// `@@gtid_binlog_pos`: the last transaction in its binlog; empty without one.
    gtid_binlog_pos: Position,
    /// `@@gtid_binlog_state`: what its binlog holds, of each server that wrote; empty without one.
    gtid_binlog_state: BinlogState,
    /// `@@gtid_slave_pos`: the last transaction that came from a primary or with a copy; empty where none did.
    gtid_slave_pos: Position,
    /// The host and port of each session through which a replica reads its binlog.
    replicas: Vec<String>,
    /// It writes a binlog.
    binlog: bool,
    /// How many bytes its binlogs take.
    binlog_bytes: u64,
    /// For how many seconds binlogs are kept; null for ever.
    binlog_kept_seconds: Option<u64>,
    /// How many bytes are free on its data's file system; null where `df` does not tell.
    free_bytes: Option<u64>,
    /// Semi-synchronous replication, in which a commit waits for a replica: `off`; `in force`;
    /// `on, not in force`; or `on, no replica takes part`.
    semi_sync: String,
    /// What is not replicated, in the options' words, such as `do_db=site1`; `none`, or empty where it
    /// replicates with nobody.
    filters: String,
}

/// Why a server tells nothing.
#[derive(Serialize)]
struct Silent<'a> {
    /// Why its host could not be asked, in ssh's words; null where it could.
    unreachable: Option<&'a str>,
    /// Why the server gave no answer, in its client's words; null where its host could not be asked.
    unanswered: Option<&'a str>,
}

/// A link of a replica to its primary.
#[derive(Serialize)]
struct LinkStatus<'a> {
    /// The name of the replica, as in `servers`.
    replica: &'a str,
    /// The name of the primary, as in `servers`; its address where it is none of them.
    primary: &'a str,
    /// The connection's name; empty for the usual one.
    connection: &'a str,
    /// The primary's address, as the link has it.
    address: &'a str,
    /// The primary's port.
    port: u16,
    /// The account that the replica logs in with.
    user: &'a str,
    /// `Slave_IO_Running`: `Yes`, `No`, `Connecting` or `Preparing`.
    io: &'a str,
    /// `Slave_SQL_Running`: `Yes` or `No`.
    sql: &'a str,
    /// `Last_IO_Errno`; 0 without an error, for `explain`.
    io_errno: u32,
    /// `Last_SQL_Errno`; 0 without an error, for `explain`.
    sql_errno: u32,
    /// `Seconds_Behind_Master`, which proves nothing: `lag` is measured; null while a thread does not run.
    seconds_behind_master: Option<u64>,
    /// `Using_Gtid`: `Slave_Pos`, `Current_Pos` or `No`.
    using_gtid: &'a str,
    /// `TLS, verified`; `TLS, not verified`; `TLS if the primary has it`; `in clear`; or `in clear (primary has
    /// no TLS)`.
    tls: &'static str,
    /// How far the replica is behind, as measured; null where one of the two does not answer.
    lag: Option<LagMeasured>,
    /// How the replica stands to its primary; null where one of the two does not answer.
    relation: Option<Stands>,
    /// The GTIDs of transactions that the replica has and its primary has not; null where one of the two does
    /// not answer.
    extra: Option<Vec<String>>,
}

/// How far a replica is behind.
#[derive(Serialize)]
struct LagMeasured {
    /// How many of the transactions that the primary had when it was asked are not applied; 0 when it has
    /// caught up.
    transactions: u64,
    /// How many it applied while it was watched; absent when it has caught up.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<u64>,
    /// For how many milliseconds it was watched; 0 when it was looked at only once.
    milliseconds: u64,
}

/// How a replica stands to its primary.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Stands {
    /// Both hold the same transactions.
    Same,
    /// The replica lacks some.
    Behind,
    /// The replica has some that the primary has not.
    Ahead,
    /// Each has some that the other has not.
    Diverged,
    /// It cannot be told.
    Unknown,
}

impl<'a> DbStatusDocument<'a> {
    /// Returns what is found for programs.
    pub fn new(
        host: &'a str,
        topology: &'a Topology,
        problems: &'a [Problem],
    ) -> DbStatusDocument<'a> {
        DbStatusDocument {
            host,
            servers: (0..topology.servers.len())
                .map(|at| server(topology, at))
                .collect(),
            links: topology
                .edges
                .iter()
                .map(|edge| link(topology, edge))
                .collect(),
            problems,
        }
    }
}

fn server<'a>(topology: &'a Topology, at: usize) -> ServerStatus<'a> {
    let server = &topology.servers[at];
    let said = server.said;
    let told = if said.answers() {
        let history = history(said);
        Told::Answers(Box::new(Answers {
            version: said.version.clone(),
            server_id: said.server_id(),
            read_only: said.is_read_only(),
            gtid_binlog_pos: history.binlog_pos,
            gtid_binlog_state: history.binlog_state,
            gtid_slave_pos: history.slave_pos,
            replicas: said
                .replicas()
                .map(|session| session.host.clone())
                .collect(),
            binlog: said.has_binlog(),
            binlog_bytes: size(server),
            binlog_kept_seconds: kept_seconds(server),
            free_bytes: said.free_for_data(),
            semi_sync: semi_sync(topology, at).text,
            filters: filters(topology, at),
        }))
    } else {
        Told::Silent(Silent {
            unreachable: said.unreachable.as_deref(),
            unanswered: said.unanswered.as_deref(),
        })
    };
    ServerStatus {
        name: server.name,
        asked: server.asked,
        role: topology.role(at),
        told,
    }
}

fn link<'a>(topology: &'a Topology, edge: &'a Edge) -> LinkStatus<'a> {
    let link = edge.link;
    let relation = topology.relation(edge);
    let extra = relation.as_ref().map(|relation| {
        let extra = relation.errant().iter();
        extra
            .map(|gtid| Position::from(*gtid).to_string())
            .collect()
    });
    LinkStatus {
        replica: topology.servers[edge.replica].name,
        primary: topology.primary_name(edge),
        connection: link.connection(),
        address: link.primary_host(),
        port: link.primary_port(),
        user: link.primary_user(),
        io: link.io_state(),
        sql: link.sql(),
        io_errno: link.io_errno(),
        sql_errno: link.sql_errno(),
        seconds_behind_master: link.seconds_behind(),
        using_gtid: link.using_gtid(),
        tls: tls(topology, edge),
        lag: match topology.lag(edge) {
            Lag::Unknown => None,
            Lag::Level(milliseconds) => Some(LagMeasured {
                transactions: 0,
                applied: None,
                milliseconds,
            }),
            Lag::Behind {
                transactions,
                gained,
                within,
            } => Some(LagMeasured {
                transactions,
                applied: Some(gained),
                milliseconds: within,
            }),
        },
        relation: relation.map(|relation| match relation {
            Relation::Same => Stands::Same,
            Relation::Behind(_) => Stands::Behind,
            Relation::Ahead(_) => Stands::Ahead,
            Relation::Diverged { .. } => Stands::Diverged,
            Relation::Unknown(_) => Stands::Unknown,
        }),
        extra,
    }
}

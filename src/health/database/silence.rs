//! A link that MariaDB calls healthy and that is not, and how far a replica is behind.
//!
//! `Slave_IO_Running: Yes` and `Seconds_Behind_Master: 0` stand for up to `slave_net_timeout` after a
//! link was cut. What decides is when something last came, whether what was sent was acknowledged,
//! whether the primary knows the connection, and whether a position moves.

use super::super::Problem;
use super::topology::{Edge, Lag, Server, Topology};
use crate::facts::database::Link;
use crate::mariadb::Position;
use crate::wording::count;

/// Why a link that MariaDB calls healthy is not.
enum Silence {
    /// Nothing came for so many milliseconds; a sign of life is due every so many.
    Quiet(u64, u64),
    /// The primary's packets are not acknowledged, for so many milliseconds.
    Unacknowledged(u64),
    /// The primary has no such connection.
    Unknown,
    /// The primary has more, and nothing of it comes.
    Stalled(u64),
    /// The transactions all came, and none is applied: what the thread does.
    Stuck(u64, String),
    /// The network does not reach the primary: ssh's words.
    Unreachable(String),
}

/// How much later than due a heartbeat may come.
const GRACE: u64 = 5_000;

/// How long the other end may take to acknowledge what was sent.
const ACKNOWLEDGED: u64 = 2_000;

fn silent(topology: &Topology, edge: &Edge) -> Option<Silence> {
    let replica = &topology.servers[edge.replica];
    let link = edge.link;
    if link.io_state() != "Yes" {
        return None;
    }
    let heartbeat = link
        .column("Slave_heartbeat_period")
        .parse::<f64>()
        .map_or(0, |seconds| (seconds * 1000.0) as u64);
    let heard = replica
        .pulse
        .into_iter()
        .flat_map(|pulse| &pulse.wires)
        .filter(|wire| wire.port == link.primary_port())
        .filter(|wire| wire.address == link.primary_host() || !is_address(link.primary_host()))
        .map(|wire| wire.heard)
        .min();
    if let Some(heard) = heard.filter(|ms| heartbeat > 0 && *ms > heartbeat + GRACE) {
        return Some(Silence::Quiet(heard, heartbeat));
    }
    let primary = edge.primary.map(|primary| &topology.servers[primary]);
    if let Some(ms) = primary.and_then(|primary| unacknowledged(primary, replica)) {
        return Some(Silence::Unacknowledged(ms));
    }
    if primary.is_some_and(|primary| primary.said.answers() && !is_connected(primary, replica)) {
        return Some(Silence::Unknown);
    }
    if let Some(stalled) = stalled(topology, edge, replica) {
        return Some(stalled);
    }
    let why = primary.and_then(|primary| primary.said.unreachable.as_deref())?;
    is_of_the_network(why).then(|| Silence::Unreachable(why.to_owned()))
}

/// Returns true when a primary has a connection of that replica, by its address or by the server id
/// under which it registered.
fn is_connected(primary: &Server, replica: &Server) -> bool {
    let by_name = primary.said.replicas().any(|session| {
        let host = session.host.rsplit_once(':');
        host.is_some_and(|(host, _)| replica.is_called(host))
    });
    let registered = &primary.said.registered;
    by_name
        || registered
            .iter()
            .any(|one| Some(one.server_id) == replica.said.server_id())
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

/// Returns for how long a primary has waited for what it sent to a replica to be acknowledged.
fn unacknowledged(primary: &Server, replica: &Server) -> Option<u64> {
    let mut deaf = silent_replicas(primary).into_iter();
    deaf.find(|(host, _)| replica.is_called(host))
        .map(|(_, ms)| ms)
}

/// Returns the replicas that a primary thinks connected and that acknowledge nothing of what it
/// sends, each with the milliseconds since they last did.
pub(super) fn silent_replicas<'a>(primary: &Server<'a>) -> Vec<(&'a str, u64)> {
    let wires = primary.pulse.map_or(&[][..], |pulse| &pulse.wires);
    primary
        .said
        .replicas()
        .filter_map(|session| {
            let (host, port) = session.host.rsplit_once(':')?;
            let port: u16 = port.parse().ok()?;
            let wire = wires.iter().find(|wire| wire.port == port)?;
            let lost = wire.unacknowledged > 0 && wire.retries > 0;
            (lost && wire.acknowledged > ACKNOWLEDGED).then_some((host, wire.acknowledged))
        })
        .collect()
}

fn stalled(topology: &Topology, edge: &Edge, replica: &Server) -> Option<Silence> {
    let Lag::Behind {
        transactions,
        gained: 0,
        within: 1..,
    } = topology.lag(edge)
    else {
        return None;
    };
    let wanted = topology.primary_position(edge)?;
    let now = replica
        .pulse?
        .links
        .iter()
        .find(|link| link.connection() == edge.link.connection())?;
    let position = |link: &Link| link.gtid_io_pos().parse::<Position>().unwrap_or_default();
    if position(now).reaches(&wanted).is_proved() {
        let held_back = edge.link.delay() > 0 || now.sql() != "Yes";
        return (!held_back)
            .then(|| Silence::Stuck(transactions, now.sql_state().trim().to_owned()));
    }
    (position(now) == position(edge.link)).then_some(Silence::Stalled(transactions))
}

/// Returns true when ssh failed on the way, and not at the door.
pub(super) fn is_of_the_network(why: &str) -> bool {
    [
        "No route to host",
        "timed out",
        "unreachable",
        "Host is down",
        "did not answer",
    ]
    .iter()
    .any(|words| why.contains(words))
}

/// A link that MariaDB calls healthy and that is not, and a lag.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let server = &topology.servers[edge.replica];
    let (replica, primary) = (server.name, topology.primary_name(edge));
    let host = edge.link.primary_host();
    let Some(silence) = silent(topology, edge) else {
        behind(topology, edge, found);
        return;
    };
    let seconds = |ms: u64| format!("{:.0} s", ms as f64 / 1000.0);
    let nothing = format!("{replica} gets nothing from {primary}, though MariaDB says IO Yes");
    let mut ping = true;
    let mut grave = true;
    let what = match silence {
        Silence::Quiet(ms, heartbeat) => format!(
            "{nothing}: the last sign of life came {} ago, and one is due every {}",
            seconds(ms),
            seconds(heartbeat)
        ),
        Silence::Unacknowledged(ms) => format!(
            "{nothing}: what {primary} sends is not acknowledged, for {} now",
            seconds(ms)
        ),
        Silence::Unknown => {
            ping = false;
            format!("{nothing}: {primary} has no such connection any more")
        }
        Silence::Stalled(transactions) => {
            ping = false;
            format!(
                "{nothing}: {primary} has {} more, and none of it comes",
                count(transactions, "transaction")
            )
        }
        Silence::Stuck(transactions, state) => {
            ping = false;
            grave = false;
            format!(
                "{replica} has received {} from {primary} and applies none of it: its SQL thread \
                 says “{state}”",
                count(transactions, "transaction")
            )
        }
        Silence::Unreachable(why) => format!("{nothing}: {primary} cannot be reached ({why})"),
    };
    let stuck = !grave;
    let mut problem = Problem::new(grave, what);
    if stuck {
        problem.cause = "One long transaction, an ALTER TABLE, or a lock does that.".to_owned();
        found.push(problem.next(
            &format!("to see what it does{}", server.place()),
            "mariadb -e 'SHOW FULL PROCESSLIST'",
        ));
        return;
    }
    let timeout = server.said.number("slave_net_timeout").unwrap_or(60);
    problem.cause = format!(
        "MariaDB itself notices after slave_net_timeout ({timeout} s), and then tries again every \
         {} s: once the way is free it goes on by itself.",
        edge.link.connect_retry()
    );
    if ping {
        problem = problem
            .next(
                &format!("to see whether {primary} is there{}", server.place()),
                format!("ping -c 3 {host}"),
            )
            .next(
                &format!("to see the host's own link{}", server.place()),
                "ip -brief link",
            );
    }
    found.push(problem.next(
        &format!("to have it connect anew at once{}", server.place()),
        "mariadb -e 'STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'",
    ));
}

fn behind(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let Lag::Behind {
        transactions,
        gained,
        within: within @ 1..,
    } = topology.lag(edge)
    else {
        return;
    };
    let replica = topology.servers[edge.replica].name;
    let primary = topology.primary_name(edge);
    let delay = edge.link.delay();
    let how = if delay > 0 {
        format!("it holds each one back for {delay} s, as MASTER_DELAY asks")
    } else {
        let rate = gained as f64 / (within as f64 / 1000.0);
        let left = transactions as f64 / rate.max(0.1);
        format!("it applies about {rate:.0} a second, so {left:.0} s are left at least")
    };
    found.push(Problem::new(
        false,
        format!(
            "{replica} is {} behind {primary}: {how}",
            count(transactions, "transaction")
        ),
    ));
}

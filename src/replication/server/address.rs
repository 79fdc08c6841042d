//! Where the server of this host is reached: its address, and who holds the port.

use super::bind_address::is_everywhere;
use super::restart::Keeper;
use super::{Configured, DesiredServer};
use crate::cib::Cib;
use crate::conf::options::DropIn;
use crate::facts::database::DatabaseListener;
use crate::facts::{DatabaseServer, Facts, Network};
use crate::plan::{Again, Check, Plan, Refusal, Step, Verify};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The unit by which systemd listens in the server's stead.
const SOCKET: &str = "mariadb.socket";

/// Returns the address of this host that others reach its server at: the one that was typed, else the
/// one in a peer's network, else the only one. Never a virtual one, which moves.
///
/// # Errors
/// When what was typed is none of this host's, or none can be told from the others.
pub fn own_address(
    facts: &Facts,
    server: &DatabaseServer,
    wanted: &DesiredServer,
) -> Result<IpAddr, Refusal> {
    let host = &facts.host;
    let network = &server.network;
    if let Some(own) = wanted
        .peers
        .iter()
        .find(|peer| network.holder(**peer).is_some())
    {
        return Err(
            Refusal::usage(format!("{own} is an address of {host} itself"))
                .hint("name the other host's address", ""),
        );
    }
    let virtual_ones = virtual_addresses(facts);
    let own = own_addresses(network, &virtual_ones);
    let listed = || -> String {
        let all: Vec<String> = own.iter().map(ToString::to_string).collect();
        all.join(", ")
    };
    if let Some(address) = wanted.address {
        if virtual_ones.contains(&address) {
            return Err(Refusal::check(format!(
                "{address} is an address that moves between hosts: a replica would lose its primary with it"
            ))
            .hint("addresses that stay on this host", listed()));
        }
        if network.holder(address).is_none() || address.is_loopback() {
            return Err(Refusal::check(format!(
                "{address} is no address of {host} that others reach it at"
            ))
            .hint("it has", listed()));
        }
        return Ok(address);
    }
    let towards = wanted
        .peers
        .iter()
        .find_map(|peer| towards(network, &virtual_ones, *peer));
    if let Some(address) = towards {
        return Ok(address);
    }
    let v4: Vec<&IpAddr> = own.iter().filter(|address| address.is_ipv4()).collect();
    match (v4.as_slice(), own.as_slice()) {
        ([one], _) => Ok(**one),
        (_, [one]) => Ok(*one),
        (_, []) => Err(Refusal::check(format!(
            "{host} has no address that another host could reach it at"
        ))
        .hint("its addresses", "ip address")),
        _ => Err(Refusal::usage(format!(
            "{host} has several addresses, and none of them is told apart: {}",
            listed()
        ))
        .again(
            "name the one that the other host reaches",
            Again::same().set("--address", "ADDRESS"),
        )),
    }
}

/// Returns the addresses of resources of the cluster, which are on one host today and on another
/// tomorrow.
pub fn virtual_addresses(facts: &Facts) -> Vec<IpAddr> {
    let all = facts.cib().into_iter().flat_map(Cib::virtual_addresses);
    all.map(|(_, address)| address).collect()
}

/// Returns the host's own addresses, without those that move and those that lead nowhere.
fn own_addresses(network: &Network, virtual_ones: &[IpAddr]) -> Vec<IpAddr> {
    network
        .interfaces
        .iter()
        .filter(|interface| !interface.loopback && interface.up)
        .flat_map(|interface| &interface.addresses)
        .map(ipnet::IpNet::addr)
        .filter(|address| !virtual_ones.contains(address) && !is_link_local(*address))
        .collect()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Returns the host's own address in a peer's network: the first that `ip` prints is the interface's
/// own.
fn towards(network: &Network, virtual_ones: &[IpAddr], peer: IpAddr) -> Option<IpAddr> {
    let interface = network.route_to(peer)?;
    interface
        .addresses
        .iter()
        .filter(|net| net.contains(&peer) && !virtual_ones.contains(&net.addr()))
        .map(ipnet::IpNet::addr)
        .next()
}

fn bound_addresses(file: &DropIn) -> Vec<String> {
    let value = file.get("bind_address").unwrap_or_default();
    value
        .split(',')
        .map(|part| part.trim().to_owned())
        .collect()
}

/// Returns the addresses at which the server must then be seen to listen.
pub fn listens_on(file: &DropIn) -> Vec<IpAddr> {
    let parts = bound_addresses(file);
    let anywhere = [IpAddr::from(Ipv4Addr::UNSPECIFIED)];
    if parts.iter().any(|part| is_everywhere(part)) {
        return match parts.iter().any(|part| part == "::") {
            true => vec![IpAddr::from(Ipv6Addr::UNSPECIFIED)],
            false => anywhere.to_vec(),
        };
    }
    // A name of a host may be among them.
    parts.iter().filter_map(|part| part.parse().ok()).collect()
}

/// Returns true when the running server listens everywhere, though its file says where: it was started
/// by systemd's socket, which knows nothing of that file.
pub fn listens_elsewhere(server: &DatabaseServer, file: &DropIn) -> bool {
    let everywhere = |listener: &&DatabaseListener| is_everywhere(&listener.address);
    !bound_addresses(file).iter().any(|part| is_everywhere(part))
        && server.on_port().any(|listener| everywhere(&listener))
}

/// Says what was found about the address and the port.
///
/// # Errors
/// When another program holds the port there: the server would not start.
pub fn check(
    facts: &Facts,
    server: &DatabaseServer,
    address: IpAddr,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let port = server.port();
    let of_another = |listener: &&DatabaseListener| {
        !listener.is_server() && !listener.is_systemd() && listener.reaches(address)
    };
    if let Some(other) = server.on_port().find(of_another) {
        let programs = match other.programs.is_empty() {
            true => "another program".to_owned(),
            false => other.programs.join(", "),
        };
        return Err(Refusal::check(format!(
            "port {port} of {address} is held by {programs}: MariaDB could not listen there"
        ))
        .hint("who it is", format!("ss -ltnp 'sport = :{port}'")));
    }
    if let Some(interface) = server.network.holder(address) {
        plan.check(Check::ok(format!(
            "{address} is on {} of {}",
            interface.name, facts.host
        )));
    }
    if server.socket().active || server.on_port().any(|listener| listener.is_systemd()) {
        plan.check(
            Check::warning(format!(
                "{SOCKET} listens on port {port} at every address, whatever bind_address says: \
                 from now on MariaDB itself does, where it is told to"
            ))
            .note("ss -ltnp"),
        );
    } else {
        plan.check(Check::ok(format!("port {port} is in MariaDB's own hands")).note("ss -ltnp"));
    }
    Ok(())
}

/// Returns the step that takes the port from systemd, which leaves the running server alone.
///
/// Its way back needs the server stopped: the socket refuses to start while the service runs.
pub fn own_port(server: &DatabaseServer, keeper: &Keeper, again: Vec<Step>) -> Step {
    let socket = server.socket();
    let unit = |enabled, active| Verify::Unit {
        unit: SOCKET.to_owned(),
        host: None,
        enabled,
        active,
    };
    let mut back = Vec::new();
    if socket.enabled {
        back.push(
            Step::run(
                ["systemctl", "enable", SOCKET],
                "started at boot, as before",
            )
            .verify(unit(Some(true), None)),
        );
    }
    if socket.active && keeper.is_systemd() {
        back.push(Step::run(
            ["systemctl", "stop", "mariadb.service"],
            "the socket refuses to start while the server runs",
        ));
        back.push(super::restart::many_starts());
        back.push(
            Step::run(
                ["systemctl", "start", SOCKET, "mariadb.service"],
                "systemd listens in the server's stead, as before",
            )
            .verify(unit(None, Some(true)))
            .verify(super::restart::runs())
            .within(super::restart::PATIENCE),
        );
        // The restart is what was just done; what follows it is not.
        back.extend(again.into_iter().skip(keeper.start_with_old(server).len()));
    }
    Step::run(
        ["systemctl", "disable", "--now", SOCKET],
        "systemd would listen at every address, and start a stopped server for whoever knocks",
    )
    .verify(unit(Some(false), Some(false)))
    .undone_by(back)
}

impl Configured {
    /// Returns how others reach the server, such as `172.16.0.10:3306`.
    pub fn reached_at(&self) -> String {
        std::net::SocketAddr::new(self.address, self.port).to_string()
    }
}

#[cfg(test)]
mod tests {
    use crate::replication::server::bind_address::without;

    #[test]
    fn addresses_of_the_other_host_are_left_out() {
        let peers = ["172.16.0.10".parse().unwrap()];
        for (value, left) in [
            ("127.0.0.1,172.16.0.10", "127.0.0.1"),
            (
                "127.0.0.1, 172.16.0.10,172.16.0.12",
                "127.0.0.1,172.16.0.12",
            ),
            ("172.16.0.10", "127.0.0.1"),
            ("127.0.0.1,172.16.0.11", "127.0.0.1,172.16.0.11"),
            ("*", "*"),
            ("db.example.org,172.16.0.100", "db.example.org,172.16.0.100"),
        ] {
            assert_eq!(without(value, &peers), left, "{value}");
        }
    }
}

//! One server of a pair, as a plan reaches it: on this host, or on the other one by ssh.

use super::servers;
use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts};
use crate::health::database::Lenient;
use crate::mariadb::{History, Version};
use crate::plan::{Check, Refusal, Step, line_on, typed_sql};
use std::net::IpAddr;
use std::str::FromStr;

/// A server of a pair.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// The server's answer.
    pub server: &'a DatabaseServer,
    /// The host it is on, as ssh reaches it; none for this one.
    pub via: Option<&'a str>,
}

impl<'a> Endpoint<'a> {
    /// Returns the server on this host.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn of_this_host(facts: &'a Facts) -> Result<Endpoint<'a>, Refusal> {
        let server = servers::this_server(facts)?;
        Ok(Endpoint { server, via: None })
    }

    /// Returns the server on another host.
    ///
    /// # Errors
    /// When it does not answer, or is this host's.
    pub fn of_host(facts: &'a Facts, host: &'a str) -> Result<Endpoint<'a>, Refusal> {
        let server = servers::server_of(facts, host)?;
        Ok(Endpoint {
            server,
            via: Some(host),
        })
    }

    /// Returns the host's own name.
    pub fn name(&self) -> &'a str {
        &self.server.host
    }

    /// Returns a command as it is typed here to run there.
    pub fn typed(&self, command: &str) -> String {
        match self.via {
            Some(host) => line_on(host, command),
            None => command.to_owned(),
        }
    }

    /// Returns a statement as it is typed here to run there.
    pub fn typed_sql(&self, statement: &str) -> String {
        self.typed(&typed_sql(&self.server.client, statement))
    }

    /// Finds out whether it could be somebody's primary.
    ///
    /// # Errors
    /// When it replicates from another one.
    pub fn follows_nobody(&self) -> Result<(), Refusal> {
        let Some(link) = self.server.follows() else {
            return Ok(());
        };
        let (name, other) = (self.name(), link.primary_host());
        Err(
            Refusal::check(format!("{name} is no primary: it replicates from {other}"))
                .hint("who follows whom", self.typed("bascule db status")),
        )
    }

    /// Returns a step of statements for it.
    pub fn sql<S: Into<String>>(
        &self,
        statements: impl IntoIterator<Item = S>,
        why: impl Into<String>,
    ) -> Step {
        servers::sql(self.server, self.via, statements, why)
    }

    /// Returns a step at work on its host.
    pub fn place(&self, step: Step) -> Step {
        step.at(self.via)
    }

    /// Returns the client of the server that stays and is spoken to.
    pub fn client(&self) -> Vec<String> {
        let step = self.sql(["DO 0"], "").in_session("stays");
        step.command().unwrap_or_default().0
    }

    /// Returns true when it takes no writes of ordinary accounts.
    pub fn is_read_only(&self) -> bool {
        self.server.is_read_only()
    }

    /// Returns its release.
    ///
    /// # Errors
    /// When it is none of MariaDB's.
    pub fn version(&self) -> Result<Version, Refusal> {
        let text = &self.server.version;
        let found = Version::find(text).map_or_else(|| text.parse(), Ok);
        found.map_err(|error| Refusal::check(format!("the server on {}: {error}", self.name())))
    }

    /// Returns what it knows of the transactions it holds.
    ///
    /// # Errors
    /// When its positions are not what servers print.
    pub fn history(&self) -> Result<History, Refusal> {
        Ok(History {
            server_id: self.server.number("server_id").unwrap_or(1) as u32,
            binlog_state: self.parsed("gtid_binlog_state")?,
            binlog_pos: self.parsed("gtid_binlog_pos")?,
            slave_pos: self.parsed("gtid_slave_pos")?,
            written: self.server.written.clone(),
        })
    }

    fn parsed<T: FromStr<Err: std::fmt::Display> + Default>(
        &self,
        name: &str,
    ) -> Result<T, Refusal> {
        let Some(text) = self.server.variable(name) else {
            return Ok(T::default());
        };
        text.parse().map_err(|error| {
            Refusal::check(format!("{name} on {} cannot be read: {error}", self.name()))
        })
    }

    /// Returns how many events its databases have.
    pub fn events(&self) -> u64 {
        self.server
            .databases
            .iter()
            .map(|database| database.events)
            .sum()
    }

    /// Finds out whether it has no connection with a name, which no verb touches.
    ///
    /// # Errors
    /// When it has one.
    pub fn no_named(&self) -> Result<(), Refusal> {
        servers::no_named(self.server, self.via)
    }

    /// Returns its link to the other one, if it has one: that without a name.
    pub fn link_to(&self, other: &Endpoint) -> Option<&'a Link> {
        let mut links = self.links_to(other);
        links.find(|link| link.connection().is_empty())
    }

    /// Returns all its links to the other one.
    pub fn links_to(&self, other: &Endpoint) -> impl Iterator<Item = &'a Link> {
        self.server.links.iter().filter(|link| {
            let host = link.primary_host();
            let address = || {
                let address: IpAddr = host.parse().ok()?;
                other.server.network.holder(address)
            };
            // The id is 0 until a primary was reached once, and after RESET SLAVE ALL and another CHANGE
            // MASTER still that of the one before (seen on 11.8): it counts while the link is
            // up, or where a name says nothing of whom it leads to.
            let fresh = link.io_state() == "Yes" || host.parse::<IpAddr>().is_err();
            let same_id = fresh
                && Some(link.primary_id()) == other.server.server_id()
                && link.primary_id() > 0;
            !host.is_empty() && (Some(host) == other.via || address().is_some() || same_id)
        })
    }
}

/// Returns the address of one server towards the other, and of the other towards the one: those in
/// the narrowest network that both are in, else the one that is named or the only one.
///
/// # Errors
/// When that tells none.
pub fn addresses(one: &Endpoint, other: &Endpoint) -> Result<(IpAddr, IpAddr), Refusal> {
    let named = other
        .via
        .or(one.via)
        .and_then(|host| host.parse::<IpAddr>().ok());
    let mut found: Option<(u16, IpAddr, IpAddr)> = None;
    for mine in usable_networks(one) {
        for theirs in usable_networks(other) {
            if !mine.contains(&theirs.addr()) || !theirs.contains(&mine.addr()) {
                continue;
            }
            // The network of the name that ssh goes by is known to be a way; the first address that
            // `ip` prints in it is the host's own, and not one that moves.
            let way = named.is_some_and(|named| mine.contains(&named));
            let weight = u16::from(mine.prefix_len()) + u16::from(way) * 256;
            if found.is_none_or(|(most, ..)| weight > most) {
                found = Some((weight, mine.addr(), theirs.addr()));
            }
        }
    }
    if let Some((_, mine, theirs)) = found {
        return Ok((mine, theirs));
    }
    let alone = |side: &Endpoint| {
        let link = |link: &Link| link.primary_host().parse().ok();
        let from_outside = [one, other]
            .into_iter()
            .flat_map(|side| side.server.links.iter().filter_map(link))
            .chain(named)
            .find(|address| side.server.network.holder(*address).is_some());
        from_outside.or_else(|| match usable_networks(side).as_slice() {
            [only] => Some(only.addr()),
            _ => None,
        })
    };
    alone(one).zip(alone(other)).ok_or_else(|| {
        Refusal::check(format!(
            "{} and {} have no network in common, so that the address of one towards the other is not known",
            one.name(),
            other.name()
        ))
        .hint("their addresses", one.typed("ip -brief address"))
        .hint("", other.typed("ip -brief address"))
    })
}

/// Returns a host's addresses that lead somewhere.
fn usable_networks(side: &Endpoint) -> Vec<ipnet::IpNet> {
    side.server
        .network
        .interfaces
        .iter()
        .filter(|interface| interface.up && !interface.loopback)
        .flat_map(|interface| interface.addresses.iter().copied())
        .filter(|net| !is_link_local(net.addr()))
        .collect()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Returns what a pair of releases brings with it, as checks: the first is the primary.
///
/// # Errors
/// When one is none of MariaDB's.
pub fn concerns(primary: &Endpoint, replica: &Endpoint) -> Result<Vec<Check>, Refusal> {
    let concerns = primary.version()?.as_primary_of(replica.version()?);
    Ok(concerns
        .into_iter()
        .map(|concern| Check::warning(concern.what).note(concern.mend))
        .collect())
}

/// Returns what a server would pass over as a replica, as checks.
pub fn leniences(server: &DatabaseServer, host: &str) -> Vec<Check> {
    Lenient::all_of(server)
        .into_iter()
        .map(|lenient| {
            let mend = lenient.mend(&server.client).into_iter().next();
            let check = Check::warning(format!("as a replica {host} {}", lenient.effect()));
            mend.map_or(check.clone(), |(_, command)| check.note(command))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Network;

    fn host(name: &str, addresses: &[&str]) -> DatabaseServer {
        let interface = crate::facts::Interface {
            name: "host0".to_owned(),
            up: true,
            link: true,
            arp: true,
            loopback: false,
            addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
        };
        DatabaseServer {
            host: name.to_owned(),
            network: Network {
                interfaces: vec![interface],
            },
            ..DatabaseServer::default()
        }
    }

    fn between(one: &[&str], via: &str, other: &[&str]) -> Result<(String, String), Refusal> {
        let (one, other) = (host("one", one), host("other", other));
        let here = Endpoint {
            server: &one,
            via: None,
        };
        let there = Endpoint {
            server: &other,
            via: Some(via),
        };
        addresses(&here, &there).map(|(mine, theirs)| (mine.to_string(), theirs.to_string()))
    }

    #[test]
    fn two_hosts_meet_in_the_network_that_ssh_takes() {
        let pair = |mine: &str, theirs: &str| Ok((mine.to_owned(), theirs.to_owned()));
        let (one, other) = (
            ["10.0.0.1/24", "172.16.0.10/16"],
            ["10.0.0.2/24", "172.16.0.11/16", "172.16.0.12/16"],
        );
        assert_eq!(
            between(&one, "172.16.0.11", &other),
            pair("172.16.0.10", "172.16.0.11")
        );
        // An address that moves comes after the host's own.
        assert_eq!(
            between(&one, "172.16.0.12", &other),
            pair("172.16.0.10", "172.16.0.11")
        );
        assert_eq!(between(&one, "other", &other), pair("10.0.0.1", "10.0.0.2"));
    }

    #[test]
    fn behind_a_router_the_only_address_is_the_one() {
        let pair = between(
            &["10.1.0.1/24"],
            "10.2.0.1",
            &["10.2.0.1/24", "192.168.0.1/24"],
        )
        .unwrap();
        assert_eq!(pair, ("10.1.0.1".to_owned(), "10.2.0.1".to_owned()));
        let refusal = between(
            &["10.1.0.1/24", "10.3.0.1/24"],
            "10.2.0.1",
            &["10.2.0.1/24"],
        )
        .unwrap_err();
        assert!(refusal.what.contains("no network in common"), "{refusal}");
    }

    #[test]
    fn a_statement_reaches_the_other_host_as_it_is() {
        let mut server = host("serv2", &["172.16.0.11/24"]);
        server.client = "mariadb".to_owned();
        let side = Endpoint {
            server: &server,
            via: Some("172.16.0.11"),
        };
        // What a shell makes of it is what ssh hands to a shell there.
        let split = |line: &str| shlex::split(line).unwrap();
        for statement in [
            "STOP SLAVE; START SLAVE",
            "SET GLOBAL replicate_do_db='site1'",
            "SELECT \"a\", 'b $c', `d`",
        ] {
            let words = split(&side.typed_sql(statement));
            assert_eq!(words[..2], ["ssh", "root@172.16.0.11"]);
            let there = split(&words[2..].join(" "));
            assert_eq!(there, ["mariadb", "-e", statement]);
        }
        let plain = side.typed("systemctl start mariadb");
        assert_eq!(plain, "ssh root@172.16.0.11 systemctl start mariadb");
        let simple = side.typed_sql("STOP SLAVE");
        assert_eq!(simple, "ssh root@172.16.0.11 \"mariadb -e 'STOP SLAVE'\"");
        // Under LANG=C the client would send it as latin1 (seen on 10.11 and 11.8).
        let beyond = split(&side.typed_sql("ALTER USER 'rené'@'%' ACCOUNT UNLOCK"));
        assert_eq!(
            split(&beyond[2..].join(" ")),
            [
                "mariadb",
                "--default-character-set=utf8mb4",
                "-e",
                "ALTER USER 'rené'@'%' ACCOUNT UNLOCK"
            ]
        );
    }
}

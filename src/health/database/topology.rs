//! Who replicates from whom, as far as the facts tell.

use crate::facts::database::{ClientSession, Link, Pulse};
use crate::facts::{DatabaseServer, Facts};
use crate::mariadb::{History, Position, Relation, Version};
use crate::plan::shell_line;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The servers that were asked, and the links between them.
#[derive(Debug)]
pub struct Topology<'a> {
    /// The servers: this host's first, as far as it was asked.
    pub servers: Vec<Server<'a>>,
    /// The links, by the replicas that have them.
    pub edges: Vec<Edge<'a>>,
}

/// A server of the topology.
#[derive(Debug)]
pub struct Server<'a> {
    /// Its host's own name, or the one it was asked under.
    pub name: &'a str,
    /// The name it was asked under; none for this host.
    pub asked: Option<&'a str>,
    /// The server's answer.
    pub said: &'a DatabaseServer,
    /// The findings of another look.
    pub pulse: Option<&'a Pulse>,
}

/// A replica's link to its primary.
#[derive(Debug)]
pub struct Edge<'a> {
    /// The replica, as an index into the topology's servers.
    pub replica: usize,
    /// The primary, where it is one of them.
    pub primary: Option<usize>,
    /// The link as the replica sees it.
    pub link: &'a Link,
}

/// How far a replica is behind, as measured: `Seconds_Behind_Master` proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// The primary's position is not known.
    Unknown,
    /// The replica has all that the primary had when it was asked; waited for so many milliseconds.
    Level(u64),
    /// The replica lacks some of it.
    Behind {
        /// How many transactions.
        transactions: u64,
        /// How many came in meanwhile.
        gained: u64,
        /// Within how many milliseconds; 0 when it was looked at only once.
        within: u64,
    },
}

impl Edge<'_> {
    /// Returns true for a connection with a name (`CHANGE MASTER 'm1' TO …`).
    pub fn is_named(&self) -> bool {
        !self.link.connection().is_empty()
    }
}

impl<'a> Topology<'a> {
    /// Returns the topology that the facts show.
    pub fn of_facts(facts: &'a Facts) -> Topology<'a> {
        let mut servers: Vec<Server> = Vec::new();
        if let Some(said) = &facts.database {
            servers.push(Server {
                name: shown_name(&said.host, &facts.host),
                asked: None,
                said,
                pulse: pulse_of(facts, ""),
            });
        }
        for (asked, said) in &facts.database_hosts {
            // Asked by its name and by its address, or it is this host.
            let known = servers.iter().any(|server| server.name == said.host);
            if said.unreachable.is_none() && known {
                continue;
            }
            servers.push(Server {
                name: shown_name(&said.host, asked),
                asked: Some(asked),
                said,
                pulse: pulse_of(facts, asked),
            });
        }
        let mut edges = Vec::new();
        for (replica, server) in servers.iter().enumerate() {
            for link in &server.said.links {
                if link.primary_host().is_empty() {
                    continue;
                }
                // A replica's own name in its link is another host's that has it too.
                let called = |(at, server): &(usize, &Server)| {
                    *at != replica && server.is_called(link.primary_host())
                };
                let primary = servers.iter().enumerate().find(called);
                edges.push(Edge {
                    replica,
                    primary: primary.map(|(at, _)| at),
                    link,
                });
            }
        }
        Topology { servers, edges }
    }

    /// Returns the links of a server as replica.
    pub fn links_of(&self, server: usize) -> impl Iterator<Item = &Edge<'a>> {
        self.edges.iter().filter(move |edge| edge.replica == server)
    }

    /// Returns true when a replica of it was seen.
    pub fn has_replicas(&self, server: usize) -> bool {
        let mut sessions = self.servers[server].said.replicas();
        sessions.any(|session| !self.is_over(server, session))
            || self.edges.iter().any(|edge| edge.primary == Some(server))
    }

    /// Returns true when the other end of a replica's session has closed it, or is known and follows this
    /// server no more: the session ends at the next write or heartbeat.
    pub fn is_over(&self, server: usize, session: &ClientSession) -> bool {
        let (host, port) = session.host.rsplit_once(':').unwrap_or_default();
        let ended = self.servers[server].pulse.map(|pulse| &pulse.ended);
        if ended.is_some_and(|ended| port.parse().is_ok_and(|port| ended.contains(&port))) {
            return true;
        }
        let end =
            (0..self.servers.len()).find(|at| *at != server && self.servers[*at].is_called(host));
        end.is_some_and(|end| {
            let said = self.servers[end].said;
            // A link whose other end is nobody here may lead here by a name.
            let elsewhere = |edge: &Edge| match edge.primary {
                Some(primary) => primary != server,
                None => edge.link.primary_host().parse::<IpAddr>().is_ok(),
            };
            said.answers() && said.unanswered_why().is_none() && self.links_of(end).all(elsewhere)
        })
    }

    /// Returns what a server is, in a few words.
    pub fn role(&self, server: usize) -> String {
        let said = self.servers[server].said;
        if said.unreachable.is_some() {
            return "not reached".to_owned();
        }
        if !said.installed {
            return "no MariaDB".to_owned();
        }
        if said.unanswered.is_some() {
            return "does not answer".to_owned();
        }
        if self.taking_over(server).is_some() {
            return "new primary".to_owned();
        }
        let primaries: Vec<String> = self
            .links_of(server)
            .map(|edge| match edge.link.connection() {
                "" => edge.link.primary_host().to_owned(),
                name => format!("{} ({name})", edge.link.primary_host()),
            })
            .collect();
        match (primaries.is_empty(), self.has_replicas(server)) {
            (true, true) => "primary".to_owned(),
            (true, false) if self.is_former(server) => "former primary".to_owned(),
            (true, false)
                if said.has_binlog()
                    && (!expected(said).is_empty() || self.former_of(server).is_some()) =>
            {
                "primary, no replica".to_owned()
            }
            (true, false) => "alone".to_owned(),
            (false, true) => format!("replica of {}, primary", primaries.join(", ")),
            (false, false) => format!("replica of {}", primaries.join(", ")),
        }
    }

    /// Returns the server whose place this one took without it, unless it follows somebody by now.
    pub fn former_of(&self, server: usize) -> Option<usize> {
        let former = self.servers[server].said.former_primary.as_deref()?;
        let old = self
            .servers
            .iter()
            .position(|other| other.is_called(former))?;
        (old != server && self.links_of(server).next().is_none()).then_some(old)
    }

    /// Returns the link of a server to the one whose place it is taking, where it takes writes already:
    /// the promotion that made it the primary is past its point of no return, and not finished.
    pub fn taking_over(&self, server: usize) -> Option<&Edge<'a>> {
        let former = self.servers[server].said.former_primary.as_deref()?;
        let mut links = self.links_of(server);
        let link = links.find(|edge| !edge.is_named() && edge.link.primary_host() == former)?;
        (!self.servers[server].said.is_read_only()).then_some(link)
    }

    /// Returns true when another one took this server's place without it.
    pub fn is_former(&self, server: usize) -> bool {
        (0..self.servers.len()).any(|other| self.former_of(other) == Some(server))
    }

    /// Returns the names of two servers, each with the address that the other knows it by.
    pub fn pair_named(&self, one: usize, other: usize) -> String {
        let named = |of: usize, to: usize| {
            let (name, address) = (self.servers[of].name, self.address(of, to));
            match name == address {
                true => address,
                false => format!("{name} ({address})"),
            }
        };
        format!("{} and {}", named(one, other), named(other, one))
    }

    /// Returns the name by which a link's primary is told.
    pub fn primary_name(&self, edge: &Edge<'a>) -> &'a str {
        match edge.primary {
            Some(primary) => self.servers[primary].name,
            None => edge.link.primary_host(),
        }
    }

    /// Returns how the replica of a link stands to its primary; none when that was not asked.
    pub fn relation(&self, edge: &Edge) -> Option<Relation> {
        let primary = &self.servers[edge.primary?];
        let replica = &self.servers[edge.replica];
        if !primary.said.answers() || !replica.said.answers() {
            return None;
        }
        let ours = history(replica.said);
        Some(match self.links_of(edge.replica).nth(1) {
            Some(_) => ours.relation_to_one_of(&primary.later_history()),
            None => ours.relation_to(&primary.later_history()),
        })
    }

    /// Returns how one server, as a replica, stands to another one.
    pub fn stands(&self, replica: usize, primary: usize) -> Relation {
        let after = self.servers[primary].later_history();
        history(self.servers[replica].said).relation_to(&after)
    }

    /// Returns the address by which one server is known to another: that of a link, of an account or
    /// of a question; else its name.
    pub fn address(&self, of: usize, to: usize) -> String {
        let server = &self.servers[of];
        let link = self
            .links_of(to)
            .find(|edge| edge.primary == Some(of))
            .map(|edge| edge.link.primary_host());
        let account = || {
            let hosts = expected(self.servers[to].said);
            let mut hosts = hosts.into_iter().map(|(_, host)| host);
            hosts.find(|host| server.is_called(host))
        };
        let near = || {
            let own = |at: usize| {
                let interfaces = &self.servers[at].said.network.interfaces;
                interfaces
                    .iter()
                    .filter(|interface| interface.up && !interface.loopback)
                    .flat_map(|interface| interface.addresses.iter())
            };
            let meets = |net: &&ipnet::IpNet| own(to).any(|other| net.contains(&other.addr()));
            // One that did not answer is at the address it was asked under.
            let asked: Option<IpAddr> = self.servers[to].asked.and_then(|to| to.parse().ok());
            let towards = |net: &&ipnet::IpNet| asked.is_some_and(|to| net.contains(&to));
            let net = own(of).find(meets).or_else(|| own(of).find(towards));
            net.map(|net| net.addr().to_string())
        };
        link.or_else(account)
            .or(server.asked)
            .map(str::to_owned)
            .or_else(near)
            .unwrap_or_else(|| server.name.to_owned())
    }

    /// Returns how far the replica of a link is behind.
    pub fn lag(&self, edge: &Edge) -> Lag {
        let replica = &self.servers[edge.replica];
        let Some(wanted) = self.primary_position(edge) else {
            return Lag::Unknown;
        };
        let count = |counts: BTreeMap<u32, u64>| counts.values().sum::<u64>();
        let first = history(replica.said).position();
        let Some((pulse, waited)) = replica.pulse.and_then(|p| Some((p, p.waited?))) else {
            return match count(first.behind(&wanted)) {
                0 => Lag::Level(0),
                transactions => Lag::Behind {
                    transactions,
                    gained: 0,
                    within: 0,
                },
            };
        };
        let now = pulse.history.position();
        match count(now.behind(&wanted)) {
            0 => Lag::Level(waited.milliseconds),
            transactions => Lag::Behind {
                transactions,
                gained: count(first.behind(&now)),
                within: waited.milliseconds,
            },
        }
    }

    /// Returns where the primary of a link was when it was asked; none when that proves nothing.
    pub fn primary_position(&self, edge: &Edge) -> Option<Position> {
        let said = self.servers[edge.primary?].said;
        let position = history(said).binlog_pos;
        (said.answers() && !position.is_empty()).then_some(position)
    }
}

impl Server<'_> {
    /// Returns true when it is the one that somebody calls by this name or address.
    pub fn is_called(&self, name: &str) -> bool {
        let holds = |address: IpAddr| {
            let holder = self.said.network.holder(address);
            holder.is_some_and(|interface| !interface.loopback)
        };
        self.asked == Some(name) || self.name == name || name.parse().is_ok_and(holds)
    }

    /// Returns what it holds by its later look: what it wrote in between would seem to be lost there.
    fn later_history(&self) -> History {
        let first = history(self.said);
        match self.pulse {
            Some(pulse) => History {
                written: first.written,
                ..pulse.history.clone()
            },
            None => first,
        }
    }

    /// Returns its release, as far as it is understood.
    pub fn version(&self) -> Option<Version> {
        self.said.version.parse().ok()
    }

    /// Returns the command that forgets whose place it took.
    pub fn forget_former(&self) -> String {
        let file = self.said.state.former_primary();
        format!("rm {}", shell_line(&[file.display().to_string()]))
    }

    /// Returns ` on NAME` unless it is this host: where a command is to be typed.
    pub fn place(&self) -> String {
        match self.asked {
            Some(_) => format!(", on {}", self.name),
            None => String::new(),
        }
    }
}

fn pulse_of<'a>(facts: &'a Facts, host: &str) -> Option<&'a Pulse> {
    facts
        .pulses
        .get(host)
        .filter(|pulse| pulse.unanswered.is_none())
}

fn shown_name<'a>(own: &'a str, asked: &'a str) -> &'a str {
    if own.is_empty() { asked } else { own }
}

/// Returns what a server knows of its transactions.
pub fn history(said: &DatabaseServer) -> History {
    said.history()
}

/// Returns the hosts whose accounts may replicate from a server, with the account's name: those of
/// its replicas, connected or not. Accounts for many hosts name none.
pub fn expected(said: &DatabaseServer) -> Vec<(&str, &str)> {
    let one_host = |host: &str| {
        !host.is_empty()
            && !matches!(host, "localhost" | "127.0.0.1" | "::1")
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".:-".contains(c))
    };
    said.accounts
        .iter()
        .filter(|account| account.replicates && !account.locked && one_host(&account.host))
        // After a switchover each server has the other's account and its own.
        .filter(|account| account.host != said.host && !holds(said, &account.host))
        .map(|account| (account.user.as_str(), account.host.as_str()))
        .collect()
}

/// Returns true when an address is the server's own host's.
fn holds(said: &DatabaseServer, host: &str) -> bool {
    let holds = |address: IpAddr| said.network.holder(address).is_some();
    host.parse().is_ok_and(holds)
}

/// Returns the hosts at the other ends of a server's links: its primaries, the replicas that are
/// connected, and those that have an account and are not.
pub fn others(said: &DatabaseServer) -> Vec<String> {
    let mut hosts: Vec<&str> = said.links.iter().map(Link::primary_host).collect();
    let sessions = || {
        said.replicas().filter_map(|session| {
            let (host, _) = session.host.rsplit_once(':')?;
            Some((session.user.as_str(), host))
        })
    };
    // Nobody follows itself: a session from its own name is that of a host which has this name too, and
    // the name leads to either.
    let (alike, others): (Vec<_>, Vec<_>) = sessions().partition(|(_, host)| *host == said.host);
    let connected = |user: &str| others.iter().filter(|(name, _)| *name == user).count();
    hosts.extend(others.iter().map(|(_, host)| *host));
    if !said.is_replica() {
        hosts.extend(said.former_primary.as_deref());
        let expected = expected(said);
        let accounts = |user: &str| expected.iter().filter(|(name, _)| *name == user).count();
        // The server knows its sessions by name and its accounts by address: only their number
        // tells that one is missing.
        hosts.extend(
            expected
                .iter()
                .filter(|(user, _)| connected(user) < accounts(user))
                .map(|(_, host)| host),
        );
    }
    if hosts.is_empty() {
        hosts.extend(alike.iter().map(|(_, host)| *host));
    }
    // These words go to ssh.
    let plain = |host: &str| {
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c))
    };
    let mut named: Vec<String> = Vec::new();
    for host in hosts {
        if plain(host) && !holds(said, host) && !named.iter().any(|known| known == host) {
            named.push(host.to_owned());
        }
    }
    named
}

#[cfg(test)]
mod tests;

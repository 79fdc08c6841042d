//! The other replicas of the old primary: they follow the new one, in the same plan.
//!
//! Each goes by GTID from where it is: the new primary holds all that the old one had written, and
//! writes it into its own binlog.

use super::pair::SwitchoverPair;
use super::role_swap::{Other, RoleSwap};
use crate::facts::{DatabaseServer, Facts};
use crate::plan::{Check, Plan, Refusal, Verify};
use crate::replication::account::{Account, Logged};
use crate::replication::endpoint::{Endpoint, addresses};
use crate::replication::link::{CONNECT, Tls, Upstream, release, tls_offer};
use std::net::IpAddr;

/// Returns the hosts that replicate from this server, as it knows them.
pub fn followers(server: &DatabaseServer) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for session in server.replicas() {
        let host = session
            .host
            .rsplit_once(':')
            .map_or(session.host.as_str(), |(host, _)| host);
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }
    hosts
}

/// Returns the hosts whose servers replicate from a primary, without one of them.
pub fn hosts(primary: &DatabaseServer, without: &DatabaseServer) -> Vec<String> {
    followers(primary)
        .into_iter()
        .filter(|host| !is_of(host, without) && !is_of(host, primary))
        .collect()
}

fn is_of(host: &str, server: &DatabaseServer) -> bool {
    let holds = |address: IpAddr| server.network.holder(address).is_some();
    host == server.host || host.parse().is_ok_and(holds)
}

/// Returns those that move with the role; says of the others why not, and what has them follow.
///
/// # Errors
/// When the address of one is not known.
pub fn moved_replicas<'a>(
    facts: &'a Facts,
    pair: &SwitchoverPair,
    plan: &mut Plan,
) -> Result<Vec<Other<'a>>, Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let (to, from) = (new.name(), old.name());
    let mut moved = Vec::new();
    for host in hosts(old.server, new.server) {
        let mut stays = |why: String| {
            plan.check(
                Check::warning(format!(
                    "{host} replicates from {from} and goes on doing so, {why}: it gets what {to} writes by way of {from}"
                ))
                .note(format!("there: bascule db rejoin {}", pair.new_address)),
            );
        };
        let Some((known, server)) = facts.database_hosts.get_key_value(&host) else {
            stays("since it was not asked".to_owned());
            continue;
        };
        if let Some(why) = server.unanswered_why() {
            stays(format!("since it did not answer ({why})"));
            continue;
        }
        let side = Endpoint {
            server,
            via: Some(known),
        };
        let Some(link) = side.link_to(old) else {
            stays(match side.links_to(old).next() {
                Some(named) => format!("by the connection {}", named.connection()),
                None => "though it knows of no such link".to_owned(),
            });
            continue;
        };
        if link.using_gtid() == "No" {
            stays("since it goes by file and position".to_owned());
            continue;
        }
        // It was read after the primary: only what it wrote itself is too much.
        let own = side.server.server_id();
        let relation = side.history()?.relation_to(&old.history()?);
        if relation
            .errant()
            .iter()
            .any(|gtid| Some(u64::from(gtid.server)) == own)
        {
            stays("since it holds transactions of its own".to_owned());
            continue;
        }
        let (to_address, from_address) = addresses(new, &side)?;
        plan.check(Check::ok(format!(
            "{} replicates from {from} too, and will from {to}",
            side.name()
        )));
        moved.push(Other {
            side,
            from: from_address,
            to: to_address,
        });
    }
    Ok(moved)
}

impl RoleSwap<'_> {
    fn upstream_of(&self, other: &Other) -> Upstream<'_> {
        let new = self.pair.new.server;
        Upstream {
            host: other.to.to_string(),
            port: new.port(),
            user: self.user,
            tls: Tls::between(tls_offer(new), release(other.side.server), None),
        }
    }

    /// Adds the accounts of the other replicas on the new primary, and their proof.
    ///
    /// # Errors
    /// When one cannot be used.
    pub fn let_others_in(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let new = &self.pair.new;
        for other in &self.others {
            let account = Account {
                user: self.user,
                from: other.from,
            };
            let upstream = self.upstream_of(other);
            plan.check(upstream.tls.check());
            account.let_in(new.server, new.via, Logged::No, plan)?;
            let login = upstream.login(other.side.server, "SELECT 1");
            plan.step(other.side.place(login));
        }
        Ok(())
    }

    /// Adds what has the other replicas follow the new primary instead of that one.
    pub fn others_follow(&self, from: &str, plan: &mut Plan) {
        let to = self.pair.new.name();
        for other in &self.others {
            let upstream = self.upstream_of(other);
            let mut statements = vec!["STOP SLAVE".to_owned()];
            statements.extend(upstream.change_master(true, false));
            statements.push("START SLAVE".to_owned());
            let name = other.side.name();
            plan.step(
                other
                    .side
                    .sql(
                        statements,
                        format!("{name} follows {to} instead of {from}, from where it is"),
                    )
                    .verify(Verify::Replicates {
                        primary: other.to.to_string(),
                        host: other.side.via.map(str::to_owned),
                    })
                    .within(CONNECT)
                    .waits_for(format!("{to} to let {name} in")),
            );
        }
    }
}

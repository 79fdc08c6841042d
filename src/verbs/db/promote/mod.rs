//! `db promote`: two servers swap their roles, and nothing is lost; or, when the primary is dead for
//! good, its replica takes its place.
//!
//! The plan follows from what both servers are now, so that a run that was cut short is finished by the
//! next one, and a second run finds nothing to do. From the point of no return on the way back is the
//! same verb in the other direction: what was written since stays.

use crate::conf::AccountName;
use crate::facts::database::Link;
use crate::facts::{Facts, Needs, PulseAsk};
use crate::health;
use crate::names::{Name, host};
use crate::plan::{Plan, Refusal};
use crate::replication::endpoint::Endpoint;
use crate::replication::servers;
use crate::replication::switchover::{Request, alone, dead, others};
use crate::verb::Change;
use clap::Args;
use std::path::PathBuf;

/// Make this replica the primary, and its primary the replica
///
/// Both stay up: the replica catches up, writes wait for about a tenth of a second, then they go to
/// the other one. Clients of the old primary are disconnected and have to come back to the new one.
/// If anything fails before the new one takes its first write, all is taken back by itself.
#[derive(Debug, Args)]
pub struct Promote {
    /// On the primary: the replica that becomes it, as ssh reaches it (this host when left out)
    #[arg(value_name = "REPLICA", value_parser = host, conflicts_with = "primary_is_dead", add = Name::OtherHost)]
    replica: Option<String>,
    /// The primary will not come back by itself: promote this host without it
    ///
    /// Says what may be lost before it asks. Refused while the primary answers.
    #[arg(long)]
    primary_is_dead: bool,
    /// The account by which the old primary will follow (that of the link when left out)
    #[arg(long, value_name = "NAME", conflicts_with = "primary_is_dead")]
    user: Option<AccountName>,
    /// Take its password from the first line of this file instead of a new one
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute, conflicts_with = "primary_is_dead")]
    password_file: Option<PathBuf>,
    /// Promote although accounts with rights on what is replicated are missing there, or are others
    #[arg(long, conflicts_with = "primary_is_dead")]
    without_accounts: bool,
}

impl Change for Promote {
    fn needs(&self) -> Needs {
        let surroundings = Needs {
            cib: true,
            monitor: true,
            passwords: self.password_file.iter().cloned().collect(),
            ..Needs::default()
        };
        match &self.replica {
            // A replica is read before its primary: what is written in between then looks like what
            // it lacks, and not like what it has too much.
            Some(host) => Needs {
                database_hosts: vec![host.clone()],
                ..surroundings
            },
            None => surroundings.and(servers::needs()),
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        if let Some(replica) = &self.replica {
            let asked = facts.database_hosts.get(replica);
            let others = match (&facts.database, asked) {
                (Some(here), Some(there)) => others::hosts(here, there),
                _ => Vec::new(),
            };
            return Needs {
                database_hosts: others,
                ..servers::needs()
            };
        }
        let mut hosts = match &facts.database {
            Some(server) if !server.is_replica() => health::database::others(server),
            _ => servers::primary_of(facts),
        };
        if let Some(here) = facts.database.as_ref().filter(|server| server.is_replica()) {
            // Its other replicas are known once it has answered.
            let primary = hosts
                .first()
                .and_then(|host| facts.database_hosts.get(host));
            hosts.extend(primary.map_or_else(Vec::new, |primary| others::hosts(primary, here)));
        }
        let port = facts
            .database
            .as_ref()
            .and_then(|server| server.link(""))
            .map(Link::primary_port);
        let (Some(port), true) = (port, self.primary_is_dead) else {
            return Needs {
                database_hosts: hosts,
                ..Needs::default()
            };
        };
        let client = facts.database.as_ref().map(|server| server.client.clone());
        let ports = hosts.iter().map(|host| (host.clone(), port)).collect();
        // Whoever had an account here may be another replica of it.
        let known = facts.database.iter().flat_map(health::database::expected);
        hosts.extend(known.map(|(_, host)| host.to_owned()));
        hosts.sort();
        hosts.dedup();
        Needs {
            ports,
            database_hosts: hosts,
            // When the primary was last heard of, the kernel knows.
            pulses: vec![PulseAsk {
                client: client.unwrap_or_default(),
                ports: vec![port],
                ..PulseAsk::default()
            }],
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let here = Endpoint::of_this_host(facts)?;
        servers::check_whole(here.server, None)?;
        if let Some(host) = &self.replica {
            let there = Endpoint::of_host(facts, host)?;
            return self.request().plan_switchover(facts, there, here);
        }
        if !here.server.is_replica() {
            return alone::plan_alone(facts, &here);
        }
        let link = servers::link(here.server, &facts.host)?;
        if self.primary_is_dead {
            here.no_named()?;
            return dead::plan(facts, &here, link);
        }
        let there = Endpoint::of_host(facts, link.primary_host()).map_err(|refusal| {
            refusal.hint(
                "if it is dead, and stays so",
                "bascule db promote --primary-is-dead",
            )
        })?;
        self.request().plan_switchover(facts, here, there)
    }
}

impl Promote {
    fn request(&self) -> Request<'_> {
        Request {
            user: self.user.as_ref(),
            password: self.password_file.as_deref(),
            without_accounts: self.without_accounts,
        }
    }
}

#[cfg(test)]
mod tests;

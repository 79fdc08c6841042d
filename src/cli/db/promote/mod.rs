//! `db promote`: two servers swap their roles, and nothing is lost; or, when the primary is dead for
//! good, its replica takes its place.
//!
//! The plan follows from what both servers are now, so that a run that was cut short is finished by the
//! next one, and a second run finds nothing to do. From the point of no return on the way back is the
//! same verb in the other direction: what was written since stays.

mod checks;
mod dead;
pub mod files;
mod swap;

use super::side::{Side, addresses};
use super::{extra, ground};
use crate::complete;
use crate::conf::{AccountName, quote_string};
use crate::facts::database::Link;
use crate::facts::{Database, Facts, Needs, PulseAsk};
use crate::operate::Change;
use crate::plan::{Check, Plan, Refusal, Undo};
use clap::Args;
use clap_complete::ArgValueCandidates;
use std::path::PathBuf;

pub use checks::Pair;
use swap::Filter;
pub use swap::Terms;

/// Make this replica the primary, and its primary the replica
///
/// Both stay up: the replica catches up, writes wait for about a tenth of a second, then they go to
/// the other one. Clients of the old primary are disconnected and have to come back to the new one.
/// If anything fails before the new one takes its first write, all is taken back by itself.
#[derive(Debug, Args)]
pub struct Promote {
    /// On the primary: the replica that becomes it, as ssh reaches it (this host when left out)
    #[arg(value_name = "REPLICA", conflicts_with = "primary_is_dead", add = ArgValueCandidates::new(complete::other_hosts))]
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
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "primary_is_dead")]
    password_file: Option<PathBuf>,
}

impl Change for Promote {
    fn needs(&self) -> Needs {
        let surroundings = Needs {
            cib: true,
            monitor: true,
            ..Needs::default()
        };
        match &self.replica {
            // A replica is read before its primary: what is written in between then looks like what
            // it lacks, and not like what it has too much.
            Some(host) => Needs {
                database_hosts: vec![host.clone()],
                ..surroundings
            },
            None => surroundings.and(ground::needs()),
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        if self.replica.is_some() {
            return ground::needs();
        }
        let hosts = match &facts.database {
            Some(server) if !server.is_replica() => followers(server),
            _ => ground::primary_of(facts),
        };
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
        Needs {
            ports: hosts.iter().map(|host| (host.clone(), port)).collect(),
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
        let here = Side::here(facts)?;
        if let Some(host) = &self.replica {
            let there = Side::there(facts, host)?;
            return self.roles(facts, there, here);
        }
        if !here.server.is_replica() {
            return alone(facts, &here);
        }
        let link = ground::link(here.server, &facts.host)?;
        if self.primary_is_dead {
            return dead::plan(facts, &here, link);
        }
        let there = Side::there(facts, link.primary_host()).map_err(|refusal| {
            refusal.hint(
                "if it is dead, and stays so",
                "bascule db promote --primary-is-dead",
            )
        })?;
        self.roles(facts, here, there)
    }
}

/// Returns the hosts that replicate from this server, as it knows them.
fn followers(server: &Database) -> Vec<String> {
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

/// Returns the plan of a server that has no primary: it may be one already.
fn alone(facts: &Facts, here: &Side) -> Result<Plan, Refusal> {
    let name = here.name();
    let followers = followers(here.server);
    if followers.is_empty() && here.is_read_only() {
        return Err(Refusal::check(format!(
            "{name} replicates from no primary, and takes no writes"
        ))
        .hint(
            "to have it take writes",
            here.typed_sql("SET GLOBAL read_only=0"),
        )
        .hint("to make it a replica", "bascule db replicate PRIMARY"));
    }
    if followers.is_empty() {
        return Err(Refusal::check(format!(
            "{name} is no replica, and nobody replicates from it"
        ))
        .hint(
            "to have another host replicate from it",
            "bascule db primary",
        ));
    }
    let mut plan = Plan::new("");
    for host in &followers {
        let Ok(there) = Side::there(facts, host) else {
            plan.check(Check::warning(format!(
                "whether {host}, which replicates from here, is as a replica should be is not known"
            )));
            continue;
        };
        let (new_address, old_address) = addresses(here, &there)?;
        let pair = Pair {
            new: *here,
            old: there,
            new_address,
            old_address,
        };
        if there.link_to(here).is_some() {
            plan.absorb(settled(&pair)?);
        }
    }
    plan.headline = match plan.is_empty() {
        true => format!(
            "{name} is the primary already: {} replicates from it",
            followers.join(", ")
        ),
        false => format!("what is left for {name} to be the primary"),
    };
    Ok(plan)
}

impl Promote {
    /// Returns the plan that makes one server the primary of the other, from whatever they are now.
    fn roles(&self, facts: &Facts, new: Side, old: Side) -> Result<Plan, Refusal> {
        let (new_address, old_address) = addresses(&new, &old)?;
        let pair = Pair {
            new,
            old,
            new_address,
            old_address,
        };
        if old.link_to(&new).is_some() {
            return settled(&pair);
        }
        let (to, from) = (new.name(), old.name());
        let Some(link) = new.link_to(&old) else {
            old.follows_nobody()?;
            return Err(
                Refusal::check(format!("{to} does not replicate from {from}"))
                    .hint("where it replicates from", new.typed("bascule db status"))
                    .hint(
                        "to have it replicate from here, on it",
                        format!("bascule db rejoin {old_address}"),
                    ),
            );
        };
        let of_link;
        let user = match &self.user {
            Some(user) => user,
            None => {
                of_link = link.primary_user().parse().unwrap_or_default();
                &of_link
            }
        };
        let mut terms = Terms {
            pair,
            user,
            password: self.password_file.as_deref(),
            filter: None,
        };
        let mut plan = Plan::new("");
        // Only the freeze of an earlier run leaves the two so.
        if !new.is_read_only() && old.is_read_only() {
            if let Some(asking) = extra::may_follow(facts, &old, &new, None)? {
                return Ok(asking);
            }
            finish(&mut terms, &mut plan)?;
        } else {
            checks::replica(&pair, link, &mut plan)?;
            terms.filter = taken_filter(&pair)?;
            checks::writers(&pair, &mut plan)?;
            checks::surroundings(facts, &pair, &mut plan)?;
            plan.headline = format!(
                "{to} becomes the primary and {from} its replica: writes wait for about 0.1 s, and clients connect anew"
            );
            terms.let_in(&mut plan)?;
            terms.freeze(&mut plan);
            terms.follow(&mut plan)?;
        }
        plan.turned_back_by = Some(match old.via {
            Some(_) => format!(
                "db promote {}",
                crate::plan::shell_line(&[old_address.to_string()])
            ),
            None => "db promote".to_owned(),
        });
        plan.next.push("bascule db status".to_owned());
        Ok(plan)
    }
}

/// Adds what is left to do where the new primary takes writes already, and the old one none.
fn finish(terms: &mut Terms, plan: &mut Plan) -> Result<(), Refusal> {
    let pair = terms.pair;
    let (to, from) = (pair.new.name(), pair.old.name());
    plan.check(Check::warning(format!(
        "a promotion was cut short: {to} takes writes already, and {from} does not follow it yet"
    )));
    terms.filter = taken_filter(&pair)?;
    plan.headline = format!("the rest of a promotion: {from} follows {to}");
    terms.let_in(plan)?;
    terms.events_stand_by(plan);
    terms.follow(plan)
}

/// What may keep a replica from taking what its primary logs.
pub const FILTERS: [&str; 6] = [
    "replicate_do_db",
    "replicate_do_table",
    "replicate_ignore_db",
    "replicate_ignore_table",
    "replicate_wild_do_table",
    "replicate_wild_ignore_table",
];

/// Returns the filter that goes from the replica that was to the one that will be.
///
/// # Errors
/// When the two would take different things, and it is not ours to say which.
pub fn taken_filter(pair: &Pair) -> Result<Option<Filter>, Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let value = |side: &Side, name: &str| side.server.variable(name).unwrap_or_default().to_owned();
    let mut moves = None;
    for name in FILTERS {
        let (theirs, ours) = (value(new, name), value(old, name));
        if theirs == ours {
            continue;
        }
        let databases = files::databases(new);
        let patterns: Vec<String> = databases
            .iter()
            .map(|database| database.wild_pattern())
            .collect();
        if name == "replicate_wild_do_table" && ours.is_empty() && patterns.join(",") == theirs {
            moves = Some(Filter {
                databases,
                patterns: theirs,
            });
            continue;
        }
        let shown = |value: &str| match value {
            "" => "not set".to_owned(),
            value => value.to_owned(),
        };
        return Err(Refusal::check(format!(
            "the filters differ: {name} is {} on {}, {} on {}: as a replica {} would take something else",
            shown(&theirs),
            new.name(),
            shown(&ours),
            old.name(),
            old.name()
        ))
        .hint(
            "to have it the same, also in its option file",
            old.typed_sql(&format!("SET GLOBAL {name}={}", quote_string(&theirs))),
        ));
    }
    Ok(moves)
}

/// Returns what is left to do where the old primary follows the new one already.
pub fn settled(pair: &Pair) -> Result<Plan, Refusal> {
    let Pair { new, old, .. } = pair;
    let (to, from) = (new.name(), old.name());
    let mut plan = Plan::new(format!(
        "{to} is the primary already: {from} replicates from it"
    ));
    let Some(link) = old.link_to(new) else {
        return Ok(plan);
    };
    if let Some(back) = new.link_to(old) {
        let stopped = link.io() == "No" && link.sql() == "No";
        if stopped && back.io() != "No" && !old.is_read_only() {
            return Err(Refusal::check(format!(
                "{from} is the primary, and its promotion was cut short: that comes first"
            ))
            .hint("to finish it", pair.turned().command())
            .hint("then", pair.command()));
        }
        if back.io() != "No" || back.sql() != "No" {
            return Err(
                Refusal::check(format!("{to} and {from} replicate from each other"))
                    .hint("to see both", "bascule db status"),
            );
        }
        let reason = format!("the password of {to} for {from} is not kept");
        plan.step(
            new.sql(
                ["RESET SLAVE ALL"],
                format!("{to} is no replica of {from} any more"),
            )
            .undo(Undo::Impossible { reason }),
        );
    }
    if new.is_read_only() || !old.is_read_only() {
        let relation = old.history()?.relation_to(&new.history()?);
        if !relation.may_follow() {
            return Err(Refusal::check(format!(
                "{from} has taken writes that {to} lacks: {to} can be the primary again only once it \
                 has followed {from}"
            ))
                        .hint("to have it follow", pair.turned().command())
            .hint("then", pair.command()));
        }
    }
    if !old.is_read_only() {
        let back = old.sql(["SET GLOBAL read_only=0"], "as before");
        plan.step(
            old.sql(
                ["SET GLOBAL read_only=1"],
                format!("{from} takes no writes of its own"),
            )
            .undone_by(vec![back]),
        );
    }
    if new.is_read_only() {
        let back = new.sql(["SET GLOBAL read_only=1"], "as before");
        plan.step(
            new.sql(
                ["SET GLOBAL read_only=0"],
                format!("{to} takes writes: it is the primary"),
            )
            .undone_by(vec![back]),
        );
    }
    if link.io() == "No" || link.sql() == "No" {
        plan.step(swap::start(pair));
    }
    if !plan.is_empty()
        && let Ok(user) = link.primary_user().parse()
    {
        plan.steps.extend(swap::shut_out(pair, &user));
    }
    let role = |read_only| files::Wanted {
        read_only,
        databases: None,
    };
    files::write(new, &role(false), &mut plan)?;
    files::write(old, &role(true), &mut plan)?;
    if !plan.is_empty() {
        plan.headline = format!("what is left for {to} to be the primary, and {from} its replica");
    }
    Ok(plan)
}

#[cfg(test)]
mod tests;

//! `db promote`: two servers swap their roles, and nothing is lost; or, when the primary is dead for
//! good, its replica takes its place.
//!
//! The plan follows from what both servers are now, so that a run that was cut short is finished by the
//! next one, and a second run finds nothing to do. From the point of no return on the way back is the
//! same verb in the other direction: what was written since stays.

mod checks;
mod dead;
pub mod events;
pub mod files;
mod others;
mod settled;
mod swap;
mod way_back;

use super::side::{Side, addresses};
use super::{account, accounts, extra, former, ground, strays};
use crate::complete;
use crate::conf::{AccountName, quote_string};
use crate::facts::database::Link;
use crate::facts::{Database, Facts, Needs, PulseAsk};
use crate::health;
use crate::health::database::says_read_only;
use crate::names::host;
use crate::operate::Change;
use crate::plan::{Check, Plan, Refusal};
use clap::Args;
use clap_complete::ArgValueCandidates;
use std::path::PathBuf;

pub use checks::Pair;
pub use others::Other;
pub use settled::{open, settled};
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
    #[arg(value_name = "REPLICA", value_parser = host, conflicts_with = "primary_is_dead", add = ArgValueCandidates::new(complete::other_hosts))]
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
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::cli::cluster::export::absolute, conflicts_with = "primary_is_dead")]
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
            None => surroundings.and(ground::needs()),
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
                ..ground::needs()
            };
        }
        let mut hosts = match &facts.database {
            Some(server) if !server.is_replica() => health::database::others(server),
            _ => ground::primary_of(facts),
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
        hosts.sort_unstable();
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
        let here = Side::here(facts)?;
        ground::whole(here.server, None)?;
        if let Some(host) = &self.replica {
            let there = Side::there(facts, host)?;
            return self.roles(facts, there, here);
        }
        if !here.server.is_replica() {
            return alone(facts, &here);
        }
        let link = ground::link(here.server, &facts.host)?;
        if self.primary_is_dead {
            here.no_named()?;
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
    let mut followers = followers(here.server);
    let mut plan = Plan::new("");
    // One whose threads were stopped is not connected: it has an account here, and a link.
    for host in health::database::others(here.server) {
        let connected = followers.contains(&host);
        let Ok(there) = Side::there(facts, &host) else {
            if connected {
                plan.check(Check::warning(format!(
                    "whether {host}, which replicates from here, is as a replica should be is not known"
                )));
            }
            continue;
        };
        if there.link_to(here).is_none() {
            continue;
        }
        let (new_address, old_address) = addresses(here, &there)?;
        let pair = Pair {
            new: *here,
            old: there,
            new_address,
            old_address,
        };
        let mut left = settled(&pair)?;
        turn_back_as_a_whole(&pair, &mut left);
        plan.absorb(left);
        if !connected {
            followers.push(host);
        }
    }
    let former = here.server.former_primary.as_deref();
    if plan.is_empty() && !here.is_read_only() {
        // A promotion without the old primary may have been cut off before this.
        if says_read_only(here.server) {
            let wanted = files::Wanted {
                read_only: false,
                databases: None,
            };
            files::write(here, &wanted, &mut plan)?;
        }
        if let (Some(former), true) = (former, followers.is_empty()) {
            if plan.is_empty() {
                plan.headline = format!("{name} is the primary already, in the place of {former}");
            } else {
                dead::settle(here, former, &mut plan);
                plan.headline =
                    format!("what is left for {name} to be the primary in the place of {former}");
            }
            return Ok(plan);
        }
        if !plan.is_empty() {
            plan.headline = format!("what is left for {name} to be the primary");
            return Ok(plan);
        }
    }
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
    plan.headline = match plan.is_empty() {
        true => format!(
            "{name} is the primary already: {} replicates from it",
            followers.join(", ")
        ),
        false => format!("what is left for {name} to be the primary"),
    };
    Ok(plan)
}

/// Returns the words of the verb that swaps the roles back.
fn turned_back(pair: &Pair) -> String {
    match pair.old.via {
        Some(_) => format!(
            "db promote {}",
            crate::plan::shell_line(&[pair.old_address.to_string()])
        ),
        None => "db promote".to_owned(),
    }
}

/// Makes the roles be swapped back by an undo where that is the only way: what finishes a promotion that
/// was cut short forgets passwords, and the undo of it is meant for the promotion.
fn turn_back_as_a_whole(pair: &Pair, plan: &mut Plan) {
    let link = pair.old.link_to(&pair.new);
    // By file and position nothing is promoted.
    let by_gtid = link.is_some_and(|link| link.using_gtid() != "No");
    if by_gtid && !plan.irreversible().is_empty() {
        plan.turned_back_by = Some(turned_back(pair));
    }
}

impl Promote {
    /// Returns the plan that makes one server the primary of the other, from whatever they are now.
    fn roles(&self, facts: &Facts, new: Side, old: Side) -> Result<Plan, Refusal> {
        for side in [&new, &old] {
            side.no_named()?;
            ground::whole(side.server, side.via)?;
        }
        let (new_address, old_address) = addresses(&new, &old)?;
        let pair = Pair {
            new,
            old,
            new_address,
            old_address,
        };
        if old.link_to(&new).is_some() {
            let mut plan = settled(&pair)?;
            turn_back_as_a_whole(&pair, &mut plan);
            return Ok(plan);
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
            others: Vec::new(),
        };
        let mut plan = Plan::new("");
        plan.checks.extend(account::of_file(
            self.password_file.as_deref(),
            facts,
            "db promote",
        )?);
        // Only the freeze of an earlier run leaves the two so, or a restart in the middle of one.
        let more = !new
            .history()?
            .relation_to(&old.history()?)
            .extra()
            .is_empty();
        let opened = !new.is_read_only() && (old.is_read_only() || more || !link.is_healthy());
        if opened || (more && old.is_read_only()) {
            if let Some(asking) = extra::may_follow(facts, &old, &new, None)? {
                return Ok(asking);
            }
            finish(&mut terms, &mut plan)?;
        } else {
            checks::replica(&pair, link, &mut plan)?;
            strays::refuse(&new, &old, &link.takes_of(old.server))?;
            accounts::before_promote(&pair, link, self.without_accounts, &mut plan)?;
            terms.filter = taken_filter(&pair)?;
            checks::writers(&pair, &mut plan)?;
            terms.others = others::moved(facts, &pair, &mut plan)?;
            checks::surroundings(facts, &pair, &mut plan)?;
            way_back::look(&pair, link, self.without_accounts, &mut plan);
            plan.headline = format!(
                "{to} becomes the primary and {from} its replica: writes wait for about 0.1 s, and clients connect anew"
            );
            terms.let_in(&mut plan)?;
            terms.guard(&mut plan)?;
            plan.step(former::remember_until_it_follows(&new, link.primary_host()));
            terms.freeze(&mut plan);
            terms.follow(&mut plan)?;
            terms.others_follow(from, &mut plan);
        }
        plan.settles = Some(pair.both());
        // What was left out on the way forth would be asked for on the way back.
        let without = if self.without_accounts {
            " --without-accounts"
        } else {
            ""
        };
        plan.turned_back_by = Some(turned_back(&pair) + without);
        plan.next.push("bascule db status".to_owned());
        Ok(plan)
    }
}

/// Adds what is left to do where the new primary takes writes already, and the old one none.
fn finish(terms: &mut Terms, plan: &mut Plan) -> Result<(), Refusal> {
    let pair = terms.pair;
    let (to, from) = (pair.new.name(), pair.old.name());
    let (shut, closed) = (pair.old.is_read_only(), pair.new.is_read_only());
    plan.check(Check::warning(match (shut, closed) {
        (false, _) => format!(
            "a promotion was cut short: {to} and {from} both take writes; {to} holds all that {from} does"
        ),
        (true, false) => format!(
            "a promotion was cut short: {to} takes writes already, and {from} does not follow it yet"
        ),
        (true, true) => format!(
            "a promotion was cut short: {to} has taken writes, and neither takes any now"
        ),
    }));
    terms.filter = taken_filter(&pair)?;
    plan.headline = format!("the rest of a promotion: {from} follows {to}");
    terms.guard(plan)?;
    if !shut {
        terms.shut(plan)?;
    }
    if closed {
        plan.step(open(&pair.new));
    }
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

#[cfg(test)]
mod tests;

//! The plan by which two servers swap their roles, from whatever they are now.

use super::pair::SwitchoverPair;
use super::role_swap::{Filter, RoleSwap};
use super::settled::{open, settled};
use super::turned::{turn_back_as_a_whole, turned_back};
use super::{checks, others, way_back};
use crate::conf::AccountName;
use crate::facts::Facts;
use crate::health::database::filters::{self, Exchange};
use crate::mariadb::quote_string;
use crate::plan::{Check, Plan, Refusal};
use crate::replication::endpoint::{Endpoint, addresses};
use crate::replication::{account, accounts, errant, former, servers, strays};
use std::path::Path;

/// The words of a switchover.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The account by which the old primary follows; that of the link where there is none.
    pub user: Option<&'a AccountName>,
    /// The file whose first line is its password.
    pub password: Option<&'a Path>,
    /// Accounts that are missing on the new primary do not matter.
    pub without_accounts: bool,
}

impl Request<'_> {
    /// Returns the plan that makes one server the primary of the other, from whatever they are now.
    ///
    /// # Errors
    /// When the roles cannot be swapped, with what leads out.
    pub fn plan_switchover(
        &self,
        facts: &Facts,
        new: Endpoint,
        old: Endpoint,
    ) -> Result<Plan, Refusal> {
        for side in [&new, &old] {
            side.no_named()?;
            servers::check_whole(side.server, side.via)?;
        }
        let (new_address, old_address) = addresses(&new, &old)?;
        let pair = SwitchoverPair {
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
        let user = match self.user {
            Some(user) => user,
            None => {
                of_link = link.primary_user().parse().unwrap_or_default();
                &of_link
            }
        };
        let mut swap = RoleSwap {
            pair,
            user,
            password: self.password,
            filter: None,
            others: Vec::new(),
        };
        let mut plan = Plan::new("");
        plan.checks.extend(account::of_file(self.password, facts)?);
        // Only the freeze of an earlier run leaves the two so, or a restart in the middle of one.
        let more = !new
            .history()?
            .relation_to(&old.history()?)
            .errant()
            .is_empty();
        let opened = !new.is_read_only() && (old.is_read_only() || more || !link.is_healthy());
        if opened || (more && old.is_read_only()) {
            if let Some(asking) = errant::may_follow(facts, &old, &new, None)? {
                return Ok(asking);
            }
            finish(&mut swap, &mut plan)?;
        } else {
            checks::replica(&pair, link, &mut plan)?;
            strays::refuse(&new, &old, &link.takes_of(old.server.position.as_ref()))?;
            accounts::before_promote(&pair, link, self.without_accounts, &mut plan)?;
            swap.filter = taken_filter(&pair)?;
            checks::writers(&pair, &mut plan)?;
            swap.others = others::moved_replicas(facts, &pair, &mut plan)?;
            checks::surroundings(facts, &pair, &mut plan)?;
            way_back::check_way_back(&pair, link, self.without_accounts, &mut plan);
            plan.headline = format!(
                "{to} becomes the primary and {from} its replica: writes wait for about 0.1 s, and clients connect anew"
            );
            swap.let_in(&mut plan)?;
            swap.add_guard(&mut plan)?;
            plan.step(former::remember_until_it_follows(&new, link.primary_host()));
            swap.freeze(&mut plan);
            swap.follow(&mut plan)?;
            swap.others_follow(from, &mut plan);
        }
        plan.settles = Some(pair.both_names());
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
fn finish(swap: &mut RoleSwap, plan: &mut Plan) -> Result<(), Refusal> {
    let pair = swap.pair;
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
    swap.filter = taken_filter(&pair)?;
    plan.headline = format!("the rest of a promotion: {from} follows {to}");
    swap.add_guard(plan)?;
    if !shut {
        swap.add_read_only(plan)?;
    }
    if closed {
        plan.step(open(&pair.new));
    }
    swap.let_in(plan)?;
    swap.events_stand_by(plan);
    swap.follow(plan)
}

/// Returns the filter that goes from the replica that was to the one that will be.
///
/// # Errors
/// When the two would take different things, and it is not ours to say which.
pub fn taken_filter(pair: &SwitchoverPair) -> Result<Option<Filter>, Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    match Exchange::between(new.server, old.server) {
        Exchange::Same => Ok(None),
        Exchange::Moves {
            databases,
            patterns,
        } => Ok(Some(Filter {
            databases,
            patterns,
        })),
        Exchange::Differs {
            name,
            of_replica,
            of_primary,
        } => Err(Refusal::check(format!(
            "the filters differ: {name} is {} on {}, {} on {}: as a replica {} would take something else",
            filters::shown_filter(&of_replica),
            new.name(),
            filters::shown_filter(&of_primary),
            old.name(),
            old.name()
        ))
        .hint(
            "to have it the same, also in its option file",
            old.typed_sql(&format!("SET GLOBAL {name}={}", quote_string(&of_replica))),
        )
        .hint("what else leads out", new.typed("bascule db status"))),
    }
}

//! `db rejoin`: a primary that is back after another server took its place becomes that one's replica,
//! or it is shown what keeps it from that.

use crate::conf::AccountName;
use crate::facts::database::Link;
use crate::facts::{Facts, Needs};
use crate::names::{Name, host};
use crate::plan::{Check, Danger, Plan, Refusal, Undo};
use crate::replication::endpoint::{Endpoint, addresses};
use crate::replication::kept::{Kept, PositionKeeping};
use crate::replication::switchover::files::RequiredOptions;
use crate::replication::switchover::role_swap::{Other, RoleSwap};
use crate::replication::switchover::settled::{open, settled};
use crate::replication::switchover::{SwitchoverPair, files, taken_filter};
use crate::replication::{account, errant, former, guards, link, servers};
use crate::verb::Change;
use clap::Args;
use std::path::PathBuf;

/// Make this former primary a replica of the server that took its place
///
/// What it wrote itself and the other one never received keeps it from that: it is shown then, and
/// nothing is changed.
#[derive(Debug, Args)]
pub struct Rejoin {
    /// The primary now, as ssh reaches it
    #[arg(value_name = "PRIMARY", value_parser = host, add = Name::OtherHost)]
    primary: String,
    /// The account by which this host will follow
    #[arg(long, value_name = "NAME", default_value_t)]
    user: AccountName,
    /// Take its password from the first line of this file instead of a new one
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    password_file: Option<PathBuf>,
}

impl Change for Rejoin {
    fn needs(&self) -> Needs {
        Needs {
            passwords: self.password_file.iter().cloned().collect(),
            ..servers::needs()
        }
    }

    fn needs_then(&self, _: &Facts) -> Needs {
        // The primary is read after this host: what it writes in between is then something that is
        // missing here, and not something that this host has too much.
        Needs {
            database_hosts: vec![self.primary.clone()],
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let told = account::of_file(self.password_file.as_deref(), facts)?;
        let here = Endpoint::of_this_host(facts)?;
        let there = Endpoint::of_host(facts, &self.primary)?;
        for side in [&here, &there] {
            crate::replication::servers::check_whole(side.server, side.via)?;
        }
        here.no_named()?;
        let (new_address, old_address) = addresses(&there, &here)?;
        let pair = SwitchoverPair {
            new: there,
            old: here,
            new_address,
            old_address,
        };
        let (name, primary) = (here.name(), there.name());
        let link = here.link_to(&there);
        let more = !here
            .history()?
            .relation_to(&there.history()?)
            .errant()
            .is_empty();
        // What only this server has comes first: whoever is the primary, it is not to be lost.
        if (link.is_none() || more)
            && let Some(asking) = errant::may_follow(facts, &here, &there, Some(&self.primary))?
        {
            return Ok(asking);
        }
        is_primary(&pair)?;
        if let (None, Some(other)) = (link, here.server.follows()) {
            return self.instead(&pair, other);
        }
        if let Some(link) = link {
            if !link.is_healthy() && link.io_state() != "No" && link.sql() != "No" {
                let errors = [
                    (link.io_errno(), link.io_error()),
                    (link.sql_errno(), link.sql_error()),
                ];
                let error = errors.into_iter().find(|(errno, _)| *errno != 0);
                let why = error
                    .map(|(errno, text)| format!(": error {errno}: {text}"))
                    .unwrap_or_default();
                return Err(Refusal::check(format!(
                    "{name} replicates from {primary} and does not get on{why}"
                ))
                .hint("what is wrong", "bascule db status"));
            }
            return settled(&pair);
        }
        let filter = taken_filter(&pair)?;
        let mut plan = Plan::new(format!("{name} becomes a replica of {primary}"));
        plan.checks.extend(told);
        plan.check(Check::ok(format!(
            "{name} holds nothing that {primary} lacks"
        )));
        let unlike =
            crate::replication::alike::check_alike(there.server, here.server, None, false)?;
        for check in crate::replication::endpoint::concerns(&there, &here)?
            .into_iter()
            .chain(unlike)
        {
            plan.check(check);
        }
        for check in crate::replication::endpoint::leniences(here.server, name) {
            plan.check(check);
        }
        let swap = RoleSwap {
            pair,
            user: &self.user,
            password: self.password_file.as_deref(),
            filter,
            others: Vec::new(),
        };
        swap.add_guard(&mut plan)?;
        swap.add_read_only(&mut plan)?;
        if there.is_read_only() {
            plan.step(open(&there));
        }
        swap.events_stand_by(&mut plan);
        swap.let_in(&mut plan)?;
        swap.follow(&mut plan)?;
        for side in [there, here] {
            plan.steps.extend(former::forget(side.server, side.via));
        }
        plan.no_return = Some(plan.steps.len());
        plan.settles = Some(pair.both_names());
        if !here.is_read_only() {
            plan.undo_danger = Some(Danger::new(
                format!("{name} will take writes of its own beside {primary}"),
                name,
            ));
        }
        plan.next.push("bascule db status".to_owned());
        Ok(plan)
    }
}

impl Rejoin {
    /// Returns the plan by which a replica of a third server follows this one, from where it is.
    fn instead(&self, pair: &SwitchoverPair, link: &Link) -> Result<Plan, Refusal> {
        let SwitchoverPair {
            new: there,
            old: here,
            ..
        } = pair;
        let (name, primary, third) = (here.name(), there.name(), link.primary_host());
        let mut plan = Plan::new(format!("{name} follows {primary} instead of {third}"));
        plan.check(Check::ok(format!(
            "{name} holds nothing that {primary} lacks, and goes on by GTID from where it is"
        )));
        for check in crate::replication::endpoint::concerns(there, here)? {
            plan.check(check);
        }
        let swap = RoleSwap {
            pair: *pair,
            user: &self.user,
            password: self.password_file.as_deref(),
            filter: None,
            others: vec![Other {
                side: *here,
                from: pair.old_address,
                to: pair.new_address,
            }],
        };
        plan.secrets.push(account::password(swap.password));
        swap.let_others_in(&mut plan)?;
        let kept = Kept::new(here.server, &[link], PositionKeeping::Moves);
        if link::threads(link).is_some() {
            plan.step(link::stop(here.server, link));
        }
        plan.step(
            kept.keep()
                .guarded(guards::nobody_follows(here.server))
                .guarded(guards::follows_no_other(
                    here.server,
                    &[third, &pair.new_address.to_string()],
                )),
        );
        swap.others_follow(third, &mut plan);
        if let Some(step) = plan.steps.last_mut() {
            let still = here.sql(["STOP SLAVE"], "it stands still");
            let back = [still].into_iter().chain(kept.moved_on());
            let forget = kept.forget("for the one of before");
            step.undo = Undo::Steps {
                steps: back.chain([forget]).collect(),
            };
        }
        let replica = RequiredOptions {
            read_only: true,
            databases: None,
        };
        files::write(here, &replica, &mut plan)?;
        plan.next.push("bascule db status".to_owned());
        Ok(plan)
    }
}

/// Looks whether the other one is a primary.
fn is_primary(pair: &SwitchoverPair) -> Result<(), Refusal> {
    let SwitchoverPair { new, old, .. } = pair;
    let primary = new.name();
    if new.link_to(old).is_none() || old.link_to(new).is_none() {
        new.no_named()?;
        new.follows_nobody().map_err(|refusal| {
            refusal.hint(
                "to make it the primary, there",
                new.typed("bascule db promote"),
            )
        })?;
    }
    // Of two that take none, the one that holds all can be opened; and so can one that holds more than
    // the other, which is shut before: it would have to follow this one else, and lose that.
    let more = !new
        .history()?
        .relation_to(&old.history()?)
        .errant()
        .is_empty();
    if new.is_read_only() && !old.is_read_only() && !more {
        return Err(
            Refusal::check(format!("{primary} is no primary: it takes no writes"))
                .hint("if it shall", new.typed_sql("SET GLOBAL read_only=0")),
        );
    }
    for side in [new, old] {
        if !side.server.has_binlog() {
            return Err(Refusal::check(format!(
                "{} writes no binlog: {} cannot follow by it",
                side.name(),
                old.name()
            ))
            .hint("to have it write one", side.typed("bascule db primary")));
        }
    }
    Ok(())
}

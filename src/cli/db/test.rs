//! `db test`: a row that is written on the primary, waited for and read on the replica, and timed.

use super::side::Side;
use super::{ground, promote, proof};
use crate::conf::DatabaseName;
use crate::facts::{Facts, Needs};
use crate::health;
use crate::operate::Change;
use crate::plan::{Check, Plan, Refusal};
use clap::Args;

/// Write a row on the primary, and see it on the replica
///
/// On either of the two. In a table of its own in a replicated database, which is gone again
/// afterwards: it does not ask.
#[derive(Debug, Args)]
pub struct Test {
    /// Write it in this database; without: the first one that is replicated
    #[arg(long, value_name = "DB")]
    database: Option<DatabaseName>,
}

impl Change for Test {
    fn needs(&self) -> Needs {
        ground::needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let others = facts.database.as_ref().map(health::database::others);
        Needs {
            database_hosts: others
                .filter(|_| facts.database_hosts.is_empty())
                .unwrap_or_default(),
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let (primary, replica) = pair(facts)?;
        let mut plan = Plan::new(format!(
            "a row written on {} is read on {}",
            primary.name(),
            replica.name()
        ));
        let database = self.database(&primary, &replica)?;
        plan.check(Check::ok(format!(
            "{} is on both, and nothing of yours in it is touched",
            database.as_str()
        )));
        plan.steps = proof::a_row_is_timed(&primary, &replica, &database);
        // Whatever happens in between, the table goes.
        plan.no_return = Some(plan.steps.len());
        plan.leaves_nothing = true;
        Ok(plan)
    }
}

impl Test {
    fn database(&self, primary: &Side, replica: &Side) -> Result<DatabaseName, Refusal> {
        let named = promote::files::databases(replica);
        if let Some(database) = &self.database {
            let name = database.as_str();
            let lacks = [primary, replica]
                .into_iter()
                .find(|side| side.server.database(name).is_none());
            if let Some(side) = lacks {
                let known = side
                    .server
                    .databases
                    .iter()
                    .map(|known| known.name.as_str());
                return Err(
                    Refusal::check(format!("{} has no database {name}", side.name()))
                        .did_you_mean(name, known)
                        .hint("what is replicated", "bascule db status"),
                );
            }
            if !named.is_empty() && !named.contains(database) {
                return Err(Refusal::check(format!(
                    "{name} is not replicated: {} takes others alone",
                    replica.name()
                ))
                .hint("what is replicated", "bascule db status"));
            }
            return Ok(database.clone());
        }
        proof::tested(primary, replica, named).ok_or_else(|| {
            Refusal::check(format!(
                "no database is known that {} takes from {}",
                replica.name(),
                primary.name()
            ))
            .hint("to name one", "bascule db test --database DB")
            .hint("what is replicated", "bascule db status")
        })
    }
}

/// Returns the primary and its replica, whichever of them is here.
fn pair(facts: &Facts) -> Result<(Side<'_>, Side<'_>), Refusal> {
    let here = Side::here(facts)?;
    if here.server.is_replica() {
        let link = ground::link(here.server, &facts.host)?;
        if !link.is_healthy() {
            return Err(Refusal::check(format!(
                "{} does not replicate now: IO thread {}, SQL thread {}",
                facts.host,
                link.io(),
                link.sql()
            ))
            .hint("to see why", "bascule db status"));
        }
        let primary = Side::there(facts, link.primary_host())?;
        return Ok((primary, here));
    }
    let mut trouble = None;
    for host in facts.database_hosts.keys() {
        match Side::there(facts, host) {
            Ok(replica) if replica.link_to(&here).is_some() => return Ok((here, replica)),
            Ok(_) => {}
            Err(refusal) => trouble = Some(refusal),
        }
    }
    Err(trouble.unwrap_or_else(|| {
        Refusal::check(format!("nobody replicates from {}", facts.host)).hint(
            "to make a replica, on the other host",
            "bascule db replicate PRIMARY",
        )
    }))
}

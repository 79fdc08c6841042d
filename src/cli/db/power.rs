//! `db start` and `db stop`: the replica's two threads.

use super::ground;
use crate::facts::{Facts, Needs};
use crate::operate::Change;
use crate::plan::{Check, Plan, Refusal, Step, Verify};
use clap::Args;

/// Go on replicating, where this replica stopped
#[derive(Debug, Args)]
pub struct Start {}

/// Stop replicating, for a while
///
/// The data stay as they are, and what the primary writes meanwhile is fetched by `db start`, as
/// long as the primary keeps its binlogs. A restart of the server starts replication again.
#[derive(Debug, Args)]
pub struct Stop {}

/// How long the replica may take to connect: MariaDB tries again every ten seconds.
pub const CONNECT: u64 = 30;

const START: &str = "START SLAVE";
const STOP: &str = "STOP SLAVE";

impl Change for Start {
    fn needs(&self) -> Needs {
        ground::needs()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let server = ground::here(facts)?;
        let link = ground::link(server, &facts.host)?;
        let primary = link.primary_host();
        let mut plan = Plan::new(format!("{} replicates from {primary}", facts.host));
        if link.io() != "No" && link.sql() == "Yes" {
            return Ok(plan);
        }
        if link.sql_errno() != 0 {
            plan.check(
                Check::warning(format!(
                    "it had stopped with error {}: {}",
                    link.sql_errno(),
                    link.sql_error()
                ))
                .note(format!("explain {}", link.sql_errno())),
            );
        }
        plan.step(
            ground::sql(
                server,
                None,
                [START],
                "both threads go on from the GTID they reached",
            )
            .undone_by(vec![stop(server)])
            .verify(replicates(primary))
            .within(CONNECT)
            .waits_for(format!("{primary} to let this replica in")),
        );
        Ok(plan)
    }
}

impl Change for Stop {
    fn needs(&self) -> Needs {
        ground::needs()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let server = ground::here(facts)?;
        let link = ground::link(server, &facts.host)?;
        let primary = link.primary_host();
        let mut plan = Plan::new(format!("{} stops replicating from {primary}", facts.host));
        if link.io() == "No" && link.sql() == "No" {
            plan.headline = format!("{} does not replicate now", facts.host);
            return Ok(plan);
        }
        plan.check(Check::warning(
            "until `db start` the data here grow old; the primary keeps its binlogs only for a while",
        ));
        let start = ground::sql(server, None, [START], "both threads go on")
            .verify(replicates(primary))
            .within(CONNECT);
        plan.step(stop(server).undone_by(vec![start]));
        plan.next.push("bascule db start".to_owned());
        Ok(plan)
    }
}

fn stop(server: &crate::facts::Database) -> Step {
    ground::sql(
        server,
        None,
        [STOP],
        "both threads end; the connection stays configured",
    )
}

/// Returns the proof that this host replicates from its primary.
pub fn replicates(primary: &str) -> Verify {
    Verify::Replicates {
        primary: primary.to_owned(),
        host: None,
    }
}

//! `db start` and `db stop`: the replica's two threads.

use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts, Needs};
use crate::mariadb::{Gtid, Position, quote_string};
use crate::plan::{Check, Plan, Refusal, typed_sql};
use crate::replication::link::{CONNECT, replicates};
use crate::replication::{guards, servers};
use crate::verb::Change;
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

/// How long the transaction that a replica had stopped at may take, in seconds.
const GETS_ON: u64 = 600;

const START: &str = "START SLAVE";
const STOP: &str = "STOP SLAVE";

impl Change for Start {
    fn needs(&self) -> Needs {
        servers::needs()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let server = servers::this_server(facts)?;
        servers::check_whole(server, None)?;
        let link = link(server, &facts.host, "START")?;
        let primary = link.primary_host();
        let mut plan = Plan::new(format!("{} replicates from {primary}", facts.host));
        let (reads, applies) = (link.io_state() != "No", link.sql() == "Yes");
        if link.io_state() == "Yes" && applies {
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
        let mut statements = vec![START];
        let mut why = "both threads go on from the GTID they reached".to_owned();
        // A thread that waits for its next attempt to connect does not hear START SLAVE.
        if reads && link.io_state() != "Yes" {
            statements.insert(0, "STOP SLAVE IO_THREAD");
            why = format!("it connects now, and not within {} s", link.connect_retry());
        }
        let mut step = servers::sql(server, None, statements, &why)
            .verify(replicates(primary))
            .within(CONNECT)
            .waits_for(format!("{primary} to let this replica in"));
        // What ran before goes on when it is taken back.
        let stop = match (reads, applies) {
            (true, true) => None,
            (true, false) => Some("STOP SLAVE SQL_THREAD"),
            (false, true) => Some("STOP SLAVE IO_THREAD"),
            (false, false) => Some(STOP),
        };
        if let Some(stop) = stop {
            let why = "what it started ends; the connection stays configured";
            step = step.undone_by(vec![servers::sql(server, None, [stop], why)]);
        }
        plan.step(step);
        // That both threads run for a moment is no proof where one stopped before.
        if link.sql_errno() != 0
            && let Some(next) = next(server, link)
        {
            plan.step(
                servers::sql(
                    server,
                    None,
                    [format!("SELECT MASTER_GTID_WAIT('{next}', {GETS_ON})")],
                    "the transaction that it had stopped at is applied",
                )
                .expecting("0", format!("it is not applied within {GETS_ON} s"))
                .within(GETS_ON + 10),
            );
        }
        Ok(plan)
    }
}

/// Returns a position that a replica reaches with the next transaction of each domain that it has
/// read and not applied; none where it has applied all that it had read.
///
/// The server compares sequence numbers alone.
fn next(server: &DatabaseServer, link: &Link) -> Option<Position> {
    let applied: Position = server.variable("gtid_slave_pos")?.parse().ok()?;
    let read: Position = link.gtid_io_pos().parse().ok()?;
    let next = read.gtids().filter_map(|last| {
        let from = applied.get(last.domain).map_or(0, |gtid| gtid.sequence);
        (last.sequence > from).then_some(Gtid {
            sequence: from + 1,
            ..last
        })
    });
    let next: Vec<String> = next.map(|gtid| gtid.to_string()).collect();
    (!next.is_empty()).then(|| next.join(",").parse().ok())?
}

impl Change for Stop {
    fn needs(&self) -> Needs {
        servers::needs()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let server = servers::this_server(facts)?;
        let link = link(server, &facts.host, "STOP")?;
        let primary = link.primary_host();
        let mut plan = Plan::new(format!("{} stops replicating from {primary}", facts.host));
        if link.io_state() == "No" && link.sql() == "No" {
            plan.headline = format!("{} does not replicate now", facts.host);
            return Ok(plan);
        }
        plan.check(Check::warning(
            "until `db start` the data here grow old; the primary keeps its binlogs only for a while",
        ));
        for named in server.named_links() {
            plan.check(Check::warning(format!(
                "the connection {} from {} goes on",
                named.connection(),
                named.primary_host()
            )));
        }
        let start = servers::sql(server, None, [START], "both threads go on")
            .verify(replicates(primary))
            .within(CONNECT);
        let why = "both threads end; the connection stays configured";
        plan.step(
            servers::sql(server, None, [STOP], why)
                .undone_by(vec![start])
                .guarded(guards::follows(server, primary)),
        );
        plan.next.push("bascule db start".to_owned());
        Ok(plan)
    }
}

/// Returns the link that is started or stopped.
///
/// # Errors
/// When there is none; a connection with a name is its owner's, who is told the statement.
fn link<'a>(server: &'a DatabaseServer, host: &str, word: &str) -> Result<&'a Link, Refusal> {
    servers::link(server, host).map_err(|refusal| {
        server.named_links().fold(refusal, |refusal, link| {
            let name = link.connection();
            let statement = format!("{word} SLAVE {}", quote_string(name));
            refusal.hint(
                format!("to {} {name}", word.to_lowercase()),
                typed_sql(&server.client, &statement),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::trial::{RELEASES, commands, facts};

    /// The commands planned where the two threads are like that.
    fn start(release: &str, io: &str, sql: &str) -> Vec<String> {
        let mut facts = facts(release, "link-reconnecting");
        let link = &mut facts.database.as_mut().unwrap().links[0];
        for (column, value) in [("Slave_IO_Running", io), ("Slave_SQL_Running", sql)] {
            link.columns.insert(column.to_owned(), value.to_owned());
        }
        commands("db start", &facts)
    }

    #[test]
    fn a_thread_that_waits_for_its_next_attempt_is_not_one_that_runs() {
        for release in RELEASES {
            assert_eq!(start(release, "Yes", "Yes"), [""; 0]);
            let lines = start(release, "Connecting", "Yes");
            assert!(lines[0].contains("STOP SLAVE IO_THREAD"), "{lines:?}");
            assert!(lines[0].contains("START SLAVE"), "{lines:?}");
            for (io, sql) in [("No", "Yes"), ("Yes", "No"), ("No", "No")] {
                let lines = start(release, io, sql);
                assert!(!lines[0].contains("STOP"), "{lines:?}");
            }
        }
    }

    #[test]
    fn after_an_error_the_next_transaction_is_waited_for() {
        for release in RELEASES {
            let facts_of = |name: &str| facts(release, name);
            let broken = facts_of("link-1062");
            let server = broken.database.as_ref().unwrap();
            let (link, applied) = (&server.links[0], server.variable("gtid_slave_pos").unwrap());
            let next = super::next(server, link).unwrap().to_string();
            assert_ne!(next, applied);
            let lines = commands("db start", &broken).join("\n");
            assert!(
                lines.contains(&format!("MASTER_GTID_WAIT('{next}'")),
                "{lines}"
            );
            // Nothing has gone wrong in one that was stopped by hand.
            let lines = commands("db start", &facts_of("link-stopped")).join("\n");
            assert!(
                lines.contains("START SLAVE") && !lines.contains("WAIT"),
                "{lines}"
            );
        }
    }
}

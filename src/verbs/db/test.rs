//! `db test`: a row is written on the primary and read on the replica, and how long that took.

use crate::conf::DatabaseName;
use crate::facts::database::Link;
use crate::facts::{Facts, Needs};
use crate::health;
use crate::mariadb::{Filters, quote_string};
use crate::names::{Name, host};
use crate::plan::{Again, Check, Plan, Refusal, Step};
use crate::replication::endpoint::Endpoint;
use crate::replication::proof::{LAST, PRIMARY, REPLICA, Row, TABLE, table};
use crate::replication::{proof, servers};
use crate::verb::Change;
use clap::Args;

/// Write a row on the primary and read it on the replica
///
/// In a table of its own, bascule_test, in a database that is replicated; it is dropped again on
/// both. On the primary or on the replica; nothing is asked, since nothing stays.
#[derive(Debug, Args)]
pub struct Test {
    /// The database to write in, instead of the first that is replicated
    #[arg(long, value_name = "DB", add = Name::Database)]
    database: Option<DatabaseName>,
    /// The replica, where a primary has several
    #[arg(long, value_name = "HOST", value_parser = host, add = Name::OtherHost)]
    replica: Option<String>,
}

/// How long a transaction may take to arrive, in seconds.
const ARRIVES: u64 = 10;

/// The database made for the test where everything is replicated and there is none yet.
const OWN: &str = "bascule_test";

/// The two servers, and the link between them.
pub struct PrimaryAndReplica<'a> {
    pub primary: Endpoint<'a>,
    pub replica: Endpoint<'a>,
    pub link: &'a Link,
}

impl Change for Test {
    fn needs(&self) -> Needs {
        servers::needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        needs_then(facts, self.replica.as_deref())
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let pair = pair(facts, self.replica.as_deref())?;
        replicates(&pair)?;
        let (database, is_there) = self.database(&pair)?;
        let (primary, replica) = (pair.primary.name(), pair.replica.name());
        let mut plan = Plan::new(format!(
            "a row written on {primary} is read on {replica}, in {}",
            table(&database)
        ));
        let delay = pair.link.delay();
        if delay > 0 {
            plan.check(Check::warning(format!(
                "{replica} holds each transaction back for {delay} s (MASTER_DELAY): so long the row takes at least"
            )));
        }
        for step in steps(&pair, &database, is_there, ARRIVES + delay) {
            plan.step(step);
        }
        // Whatever fails: the table goes again.
        plan.no_return = Some(plan.steps.len());
        plan.leaves_nothing = true;
        Ok(plan)
    }
}

impl Test {
    /// Returns the database to write in, and whether it is there.
    fn database(&self, pair: &PrimaryAndReplica) -> Result<(DatabaseName, bool), Refusal> {
        let filters = filters(pair);
        let on =
            |side: &Endpoint, name: &DatabaseName| side.server.database(name.as_str()).is_some();
        let passes = |name: &DatabaseName| filters.lets_through(name.as_str(), TABLE);
        if let Some(name) = &self.database {
            for side in [&pair.primary, &pair.replica] {
                if !on(side, name) {
                    let known = side.server.databases.iter();
                    return Err(Refusal::check(format!(
                        "there is no database {name} on {}",
                        side.name()
                    ))
                    .did_you_mean(name.as_str(), known.map(|database| database.name.as_str()))
                    .hint("what there is", side.typed_sql("SHOW DATABASES")));
                }
            }
            if !passes(name) {
                return Err(Refusal::check(format!(
                    "{name} is not replicated: a filter leaves it out"
                ))
                .hint("to see the filters", "bascule db status"));
            }
            return Ok((name.clone(), true));
        }
        let named = pair.primary.server.databases.iter();
        let mut both: Vec<DatabaseName> = named
            .filter_map(|database| database.name.parse().ok())
            .filter(|name| on(&pair.replica, name) && passes(name))
            .collect();
        // Somebody's own database of that name is as good as any, and comes last.
        both.sort_by_key(|name| name.as_str() == OWN);
        if let Some(name) = both.into_iter().next() {
            return Ok((name, true));
        }
        if let Ok(own) = OWN.parse()
            && passes(&own)
            && !on(&pair.primary, &own)
            && !on(&pair.replica, &own)
        {
            return Ok((own, false));
        }
        Err(Refusal::check(format!(
            "no database that {} replicates is on both servers",
            pair.replica.name()
        ))
        .hint("to see its filters", "bascule db status"))
    }
}

/// Returns what must be read of the other end, once this one is known.
pub fn needs_then(facts: &Facts, replica: Option<&str>) -> Needs {
    let database_hosts = match (&facts.database, replica) {
        (Some(here), _) if here.is_replica() => servers::primary_of(facts),
        (Some(_), Some(replica)) => vec![replica.to_owned()],
        (Some(here), None) => health::database::others(here),
        (None, _) => Vec::new(),
    };
    Needs {
        database_hosts,
        ..Needs::default()
    }
}

/// Returns the pair that this host belongs to.
///
/// # Errors
/// When it is in none, or in several.
pub fn pair<'a>(facts: &'a Facts, replica: Option<&str>) -> Result<PrimaryAndReplica<'a>, Refusal> {
    let here = Endpoint::of_this_host(facts)?;
    if here.server.is_replica() {
        let link = servers::link(here.server, &facts.host)?;
        let primary = Endpoint::of_host(facts, link.primary_host())?;
        if let Some(named) = replica.filter(|named| *named != here.name()) {
            return Err(Refusal::usage(format!(
                "{} is a replica itself: --replica {named} goes with the primary",
                here.name()
            ))
            .again("for this one", Again::same().without("--replica")));
        }
        return Ok(PrimaryAndReplica {
            primary,
            replica: here,
            link,
        });
    }
    let mut found: Vec<PrimaryAndReplica> = Vec::new();
    for host in facts.database_hosts.keys() {
        let said = &facts.database_hosts[host];
        let known = found.iter().any(|pair| pair.replica.name() == said.host);
        if said.unreachable.is_some() || known {
            continue;
        }
        let replica = Endpoint {
            server: said,
            via: Some(host),
        };
        if let Some(link) = replica.link_to(&here) {
            found.push(PrimaryAndReplica {
                primary: here,
                replica,
                link,
            });
        }
    }
    let names: Vec<&str> = found.iter().map(|pair| pair.replica.name()).collect();
    match (found.len(), facts.database_hosts.keys().next()) {
        (0, Some(host)) => {
            // Why, if it was not reached.
            let replica = Endpoint::of_host(facts, host)?;
            replica.no_named()?;
            Err(Refusal::check(format!(
                "{} does not replicate from {}",
                replica.name(),
                here.name()
            ))
            .hint("to see how both stand", "bascule db status"))
        }
        (0, None) => Err(Refusal::check(format!(
            "{} is neither a replica nor has it one that is connected",
            here.name()
        ))
        .hint("to see how it stands", "bascule db status")
        .hint(
            "to make another host its replica, there",
            format!("bascule db replicate {}", here.name()),
        )),
        (1, _) => Ok(found.remove(0)),
        _ => Err(Refusal::usage(format!(
            "{} has several replicas: {}",
            here.name(),
            names.join(", ")
        ))
        .again("for one of them", Again::same().set("--replica", names[0]))),
    }
}

/// Refuses a link of which MariaDB itself says that it does not work.
pub fn replicates(pair: &PrimaryAndReplica) -> Result<(), Refusal> {
    let PrimaryAndReplica {
        primary,
        replica,
        link,
    } = pair;
    let (from, to) = (primary.name(), replica.name());
    if !primary.server.has_binlog() {
        return Err(
            Refusal::check(format!("{from} writes no binlog: nothing of it arrives"))
                .hint("to switch it on, there", "bascule db primary"),
        );
    }
    if link.is_healthy() {
        return Ok(());
    }
    let errno = [link.io_errno(), link.sql_errno()]
        .into_iter()
        .find(|errno| *errno != 0);
    let error = errno.map_or(String::new(), |errno| format!(", error {errno}"));
    Err(Refusal::check(format!(
        "{to} does not replicate from {from} now: IO {}, SQL {}{error}",
        link.io_state(),
        link.sql()
    ))
    .hint("to see why, and what to do", "bascule db status"))
}

pub fn filters<'a>(pair: &PrimaryAndReplica<'a>) -> Filters<'a> {
    pair.link.takes_of(pair.primary.server.position.as_ref())
}

/// Returns the steps: a table of somebody else's on either side is not touched, and a database of the
/// test's own is made and dropped where there is none yet.
fn steps(
    pair: &PrimaryAndReplica,
    database: &DatabaseName,
    is_there: bool,
    most: u64,
) -> Vec<Step> {
    let PrimaryAndReplica {
        primary, replica, ..
    } = pair;
    let row = Row::new(primary, replica, database);
    let mut timed = proof::a_row_is_timed(primary, replica, database, most);
    let mut steps = vec![
        replica
            .sql(
                [row.others()],
                format!(
                    "a session with {}, which stays; and {TABLE} is nobody else's table there",
                    replica.name()
                ),
            )
            .in_session(REPLICA)
            .expecting(
                "0",
                format!(
                    "{} is there on {}, and bascule did not make it",
                    table(database),
                    replica.name()
                ),
            ),
    ];
    if is_there {
        steps.append(&mut timed);
        return steps;
    }
    let name = database.quoted();
    let is = format!("SCHEMA_NAME = {}", quote_string(database.as_str()));
    let drop = primary.sql(
        [format!(
            "BEGIN NOT ATOMIC IF EXISTS (SELECT 1 FROM information_schema.SCHEMATA WHERE {is}) \
             THEN DROP DATABASE {name}; END IF; END"
        )],
        "the test's own database",
    );
    steps.push(
        primary
            .sql(
                [format!("CREATE DATABASE {name}")],
                "a database of the test's own",
            )
            .in_session(PRIMARY)
            .undone_by(vec![drop]),
    );
    let last = timed.pop();
    steps.append(&mut timed);
    steps.push(
        primary
            .sql(
                [format!("DROP DATABASE {name}"), LAST.to_owned()],
                "and its database",
            )
            .in_session(PRIMARY)
            .answers_as("cleared"),
    );
    steps.extend(last);
    steps
}

#[cfg(test)]
mod tests;

//! The filters of the two ends of a link, where one of them alone takes all: a promotion would have the
//! primary that was take something else than its replica did.

use super::super::Problem;
use super::topology::{Edge, Topology};
use crate::conf::DatabaseName;
use crate::conf::options::{DROP_IN, DropIn};
use crate::facts::DatabaseServer;
use crate::mariadb::{crossing, filter, quote_string};
use crate::plan::{shell_line, typed_sql};
use std::path::Path;

/// How what a primary would take as a replica stands to what its replica takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    Same,
    /// The primary has no filter, and the replica one of ours, which goes along.
    Moves {
        /// The databases it names.
        databases: Vec<DatabaseName>,
        /// The patterns, as the server has them.
        patterns: String,
    },
    /// The filters differ, and it is not ours to say which is right.
    Differs {
        /// The filter.
        name: &'static str,
        /// The replica's value.
        of_replica: String,
        /// The primary's value.
        of_primary: String,
    },
}

impl Exchange {
    /// Returns what a promotion makes of the two servers' filters.
    pub fn between(replica: &DatabaseServer, primary: &DatabaseServer) -> Exchange {
        let value =
            |server: &DatabaseServer, name: &str| server.variable(name).unwrap_or("").to_owned();
        let mut exchange = Exchange::Same;
        for name in filter::VARIABLES {
            let (of_replica, of_primary) = (value(replica, name), value(primary, name));
            if of_replica == of_primary {
                continue;
            }
            let databases = filtered_databases(replica);
            let patterns: Vec<String> = databases.iter().map(DatabaseName::wild_pattern).collect();
            if name == "replicate_wild_do_table"
                && of_primary.is_empty()
                && patterns.join(",") == of_replica
            {
                exchange = Exchange::Moves {
                    databases,
                    patterns: of_replica,
                };
                continue;
            }
            return Exchange::Differs {
                name,
                of_replica,
                of_primary,
            };
        }
        exchange
    }
}

/// Returns the databases that bascule's own file filters by.
pub fn filtered_databases(server: &DatabaseServer) -> Vec<DatabaseName> {
    let lies = server.option_file(Path::new(DROP_IN));
    lies.map_or_else(Vec::new, |file| DropIn::parse(&file.text).databases())
}

/// Returns a filter's value as it is told.
pub fn shown_filter(value: &str) -> &str {
    match value {
        "" => "not set",
        value => value,
    }
}

/// Adds filters over which a promotion would be refused.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let Some(at) = edge.primary.filter(|_| !edge.is_named()) else {
        return;
    };
    let (replica, primary) = (&topology.servers[edge.replica], &topology.servers[at]);
    let both = [replica, primary];
    // One that could not be promoted for another reason has been told of that.
    let may = both
        .iter()
        .all(|one| one.said.answers() && one.said.has_binlog());
    if !may || topology.links_of(at).next().is_some() {
        return;
    }
    let Exchange::Differs {
        name,
        of_replica,
        of_primary,
    } = Exchange::between(replica.said, primary.said)
    else {
        return;
    };
    let mut problem = Problem::new(
        false,
        format!(
            "the filters differ: {name} is {} on {}, {} on {}: db promote refuses it",
            shown_filter(&of_replica),
            replica.name,
            shown_filter(&of_primary),
            primary.name
        ),
    );
    problem.cause = format!(
        "As a replica {} would take something else than {} does now.",
        primary.name, replica.name
    );
    // Of whole databases, which the verb writes down as ours.
    let (purpose, whole) = match (of_replica.as_str(), of_primary.as_str()) {
        ("", theirs) => (
            format!("to have {} take the same", replica.name),
            crossing::databases_taken(theirs),
        ),
        (ours, "") => (
            "to have it change sides with the roles".to_owned(),
            crossing::databases_taken(ours),
        ),
        _ => (String::new(), None),
    };
    if let ("replicate_wild_do_table", Some(names)) = (name, whole) {
        let words: Vec<String> = names
            .into_iter()
            .flat_map(|name| ["--database".to_owned(), name])
            .collect();
        problem = problem.next(
            &format!("{purpose}{}", replica.place()),
            format!(
                "bascule db replicate {} {}",
                edge.link.primary_host(),
                shell_line(&words)
            ),
        );
    }
    let what = match problem.next.is_empty() {
        true => "to have it",
        false => "or",
    };
    found.push(problem.next(
        &format!(
            "{what} as on {}, also in its option file{}",
            replica.name,
            primary.place()
        ),
        typed_sql(
            &primary.said.client,
            &format!("SET GLOBAL {name}={}", quote_string(&of_replica)),
        ),
    ));
}

//! What is wrong, why, and the next command: with the cluster, and with MariaDB replication.
//!
//! Judges facts, reads nothing. `status` and `db status` tell it in full, the shell says whether
//! there is anything.

pub mod address;
mod changes;
mod cluster;
mod cold_start;
mod conf;
pub mod database;
mod fencing;
mod left_alone;
pub mod log;
mod problem;

pub use fencing::unfenced;
pub use problem::Problem;

pub use changes::takes_changes;
pub use cluster::{votes, votes_differ};
pub use cold_start::waits_for;
pub use conf::{configured, is_an_example, is_bare, mends};
pub use left_alone::{left_alone, left_alone_on};

use crate::facts::{COROSYNC_CONF, Facts, Needs};

/// Returns what must be read to judge this host.
pub fn needs() -> Needs {
    Needs {
        cib: true,
        monitor: true,
        files: vec![COROSYNC_CONF.into()],
        replication: true,
        // Whether a node of corosync.conf is this host.
        network: true,
        ..Needs::default()
    }
}

/// Returns what must be read besides, once the rest is known.
pub fn needs_then(facts: &Facts) -> Needs {
    database::needs_here(facts)
        .and(log::needs(facts))
        .and(address::needs(facts))
        .and(cold_start::needs(facts))
        .and(cluster::needs(facts))
}

/// Returns what must be read besides to judge the cluster alone.
pub fn needs_then_of_cluster(facts: &Facts) -> Needs {
    cold_start::needs(facts).and(cluster::needs(facts))
}

/// Returns what is wrong, the gravest first.
pub fn problems(facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    cluster::judge(facts, &mut found);
    database::judge(facts, &mut found);
    found.sort_by_key(|problem| !problem.grave);
    found
}

/// Returns what is wrong with the nodes, the cluster as a whole and these resources, the gravest first.
pub fn problems_of(facts: &Facts, family: &[String]) -> Vec<Problem> {
    let mut found = Vec::new();
    cluster::judge_of(facts, family, &mut found);
    found.sort_by_key(|problem| !problem.grave);
    found
}

/// Returns what is wrong with MariaDB replication alone, the gravest first.
pub fn problems_of_databases(facts: &Facts) -> Vec<Problem> {
    let mut found = Vec::new();
    database::judge(facts, &mut found);
    found.sort_by_key(|problem| !problem.grave);
    found
}

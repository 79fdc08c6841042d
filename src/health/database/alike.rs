//! Where a primary and its replica differ, and what follows: variables, engines, plugins.
//!
//! The variables and the reasons are in `mariadb::alike`; both `db status` and the verbs that make a
//! pair ask here.

use super::super::Problem;
use super::topology::{Edge, Topology};
use crate::conf::options::{Runtime, known_option};
use crate::facts::DatabaseServer;
use crate::facts::database::Plugin;
use crate::mariadb::alike::{Must, SettingDifference, Verdict, differences};
use crate::plan::Hint;

/// The file that is read after every other option file, and is the administrator's.
const LAST: &str = "/etc/mysql/mariadb.conf.d/99-zz-alike.cnf";

/// Something that the replica has otherwise than its primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlike {
    /// How bad that is.
    pub verdict: Verdict,
    /// True where a copy of the data cannot be loaded.
    pub bars_copy: bool,
    /// True where it only matters which of the two is the primary.
    pub one_way: bool,
    /// The difference and what follows from it.
    pub text: String,
    /// The command that makes the two alike, on the replica; none where only its administrator knows.
    pub mend: Option<Hint>,
}

/// Returns where a replica differs from its primary, the worst first; `takes` tells whether it takes a
/// table of a database, `all` whether it takes everything.
pub fn unlike(
    primary: &DatabaseServer,
    replica: &DatabaseServer,
    takes: &dyn Fn(&str, &str) -> bool,
    all: bool,
) -> Vec<Unlike> {
    let mut found: Vec<Unlike> =
        differences(|name| primary.variable(name), |name| replica.variable(name))
            .into_iter()
            .map(|difference| Unlike {
                verdict: difference.rule.verdict,
                bars_copy: is_too_small(&difference),
                one_way: matches!(difference.rule.must, Must::Hold(_)),
                text: difference.text(&primary.host, &replica.host),
                mend: mend_of(&difference, primary, replica),
            })
            .collect();
    // Older facts have no plugins; a server always has some.
    if !primary.plugins.is_empty() && !replica.plugins.is_empty() {
        engines(primary, replica, takes, &mut found);
        encryption(primary, replica, &mut found);
        if all {
            accounts(primary, replica, &mut found);
        }
    }
    found.sort_by_key(|one| one.verdict);
    found
}

/// Returns the command that gives the replica its primary's value, now and after a restart.
fn mend_of(
    difference: &SettingDifference,
    primary: &DatabaseServer,
    replica: &DatabaseServer,
) -> Option<Hint> {
    let name = difference.rule.name;
    let value = &difference.primary;
    // The page's size is the data directory's, the zone the host's.
    if matches!(name, "innodb_page_size" | "system_time_zone") {
        return None;
    }
    // A collation beside the character set of another line keeps the server from starting.
    let set = match primary.variable("character_set_server") {
        Some(set) if name == "collation_server" => format!("character_set_server = {set}\\n"),
        _ => String::new(),
    };
    let write = format!("printf '[mariadb]\\n{set}{name} = {value}\\n' >>{LAST}");
    let client = &replica.client;
    let then = match known_option(name)?.runtime {
        Runtime::Set if value.parse::<u64>().is_ok() => {
            format!("{client} -e 'SET GLOBAL {name}={value}'")
        }
        Runtime::Set => format!("{client} -e \"SET GLOBAL {name}='{value}'\""),
        _ => "systemctl restart mariadb".to_owned(),
    };
    Some(Hint {
        purpose: format!("to have it alike, on {}", replica.host),
        command: format!("{write} && {then}"),
    })
}

/// Tells whether the dump's own statements are too large for a replica (errno 1153, or 2006): the dump
/// fills them up to 1 MiB, its `net_buffer_length`.
fn is_too_small(difference: &SettingDifference) -> bool {
    let limit = difference.replica.parse::<u64>();
    difference.rule.name == "max_allowed_packet" && limit.is_ok_and(|limit| limit < 1 << 20)
}

fn lacks_object(server: &DatabaseServer, kind: &str, name: &str) -> bool {
    !server
        .plugins_of(kind)
        .any(|plugin| plugin.name.eq_ignore_ascii_case(name))
}

/// Returns the command that loads a plugin of the primary on the replica.
fn install(plugin: &Plugin, replica: &DatabaseServer) -> Option<Hint> {
    let library = plugin.library.strip_suffix(".so")?;
    Some(Hint {
        purpose: format!("to load it, on {}", replica.host),
        command: format!("{} -e \"INSTALL SONAME '{library}'\"", replica.client),
    })
}

/// Engines of tables that the replica does not have.
fn engines(
    primary: &DatabaseServer,
    replica: &DatabaseServer,
    takes: &dyn Fn(&str, &str) -> bool,
    found: &mut Vec<Unlike>,
) {
    const KIND: &str = "STORAGE ENGINE";
    let mut told: Vec<&str> = Vec::new();
    for database in &primary.databases {
        for table in &database.foreign {
            let engine = table.engine.as_str();
            let Some(plugin) = primary
                .plugins_of(KIND)
                .find(|plugin| plugin.name.eq_ignore_ascii_case(engine))
            else {
                continue;
            };
            if told.contains(&engine)
                || !takes(&database.name, &table.name)
                || !lacks_object(replica, KIND, engine)
            {
                continue;
            }
            told.push(engine);
            found.push(Unlike {
                verdict: Verdict::Warn,
                bars_copy: true,
                one_way: true,
                text: format!(
                    "{}.{} on {} is of the engine {engine}, which {} does not have: such a table stops \
                     the replica (errno 1286), or is made with another engine there",
                    database.name, table.name, primary.host, replica.host
                ),
                mend: install(plugin, replica),
            });
        }
    }
}

/// Encryption that the primary has and the replica has not.
fn encryption(primary: &DatabaseServer, replica: &DatabaseServer, found: &mut Vec<Unlike>) {
    const KIND: &str = "ENCRYPTION";
    let Some(plugin) = primary.plugins_of(KIND).next() else {
        return;
    };
    if replica.plugins_of(KIND).next().is_none() {
        found.push(Unlike {
            verdict: Verdict::Warn,
            bars_copy: false,
            one_way: true,
            text: format!(
                "{} encrypts by {}, and {} has no keys: a table with ENCRYPTED=YES stops the replica \
                 (errno 1005), and all others lie there in clear",
                primary.host, plugin.name, replica.host
            ),
            mend: Some(Hint {
                purpose: format!("what {} sets, to set it on {} too", primary.host, replica.host),
                command: "grep -rn -e encrypt -e key_management /etc/mysql".to_owned(),
            }),
        });
    }
}

/// Accounts whose plugin the replica does not have.
fn accounts(primary: &DatabaseServer, replica: &DatabaseServer, found: &mut Vec<Unlike>) {
    const KIND: &str = "AUTHENTICATION";
    let mut told: Vec<&str> = Vec::new();
    for account in &primary.accounts {
        let name = account.plugin.as_str();
        let Some(plugin) = primary.plugins_of(KIND).find(|plugin| plugin.name == name) else {
            continue;
        };
        if told.contains(&name) || !lacks_object(replica, KIND, name) {
            continue;
        }
        told.push(name);
        found.push(Unlike {
            verdict: Verdict::Warn,
            bars_copy: false,
            one_way: true,
            text: format!(
                "the account {}@{} on {} proves itself by {name}, which {} does not have: a CREATE USER \
                 with it stops the replica (errno 1524)",
                account.user, account.host, primary.host, replica.host
            ),
            mend: install(plugin, replica),
        });
    }
}

/// Adds where the two ends of a link differ so that rows are lost or the replica can stop.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let replica = &topology.servers[edge.replica];
    let Some(primary) = edge.primary.map(|primary| &topology.servers[primary]) else {
        return;
    };
    if !primary.said.answers() {
        return;
    }
    let filters = edge.link.takes_of(primary.said.position.as_ref());
    let takes = |database: &str, table: &str| filters.lets_through(database, table);
    for one in unlike(primary.said, replica.said, &takes, filters.is_empty()) {
        if one.verdict > Verdict::Warn {
            continue;
        }
        let lost = one.verdict == Verdict::Refuse;
        let mut problem = Problem::new(lost, one.text);
        problem.next.extend(one.mend);
        if lost {
            problem = problem.next(
                &format!("then, on {}, a new copy of the data", replica.name),
                format!("bascule db replicate {} --reseed", edge.link.primary_host()),
            );
        }
        found.push(problem);
    }
}

#[cfg(test)]
mod tests;

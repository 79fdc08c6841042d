//! Databases that a replica has by itself: its primary has none of that name, and no copy of the primary's
//! data takes them away. Once the replica is the primary, the first write to one stops the other (1146, 1049:
//! seen on 10.11 and 11.8).

use super::endpoint::Endpoint;
use super::seed;
use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::mariadb::filter::{Filters, Share};
use crate::plan::{Refusal, shell_line, typed_sql_unlogged};

/// Returns the databases of a server that another one lacks, those left out that no filter lets through.
pub fn stray_databases(
    server: &DatabaseServer,
    others: &DatabaseServer,
    filters: &Filters,
) -> Vec<String> {
    let lacks = |name: &&str| others.database(name).is_none();
    databases_where(server, lacks, filters)
}

/// Returns the databases of a server for which that is true, those left out that no filter lets through.
pub fn databases_where(
    server: &DatabaseServer,
    which: impl Fn(&&str) -> bool,
    filters: &Filters,
) -> Vec<String> {
    let names = server.databases.iter().map(|one| one.name.as_str());
    names
        .filter(which)
        .filter(|name| filters.share_of(name) != Share::None)
        .map(str::to_owned)
        .collect()
}

/// Returns what they are, and what will come of it, as a sentence without full stop.
pub fn sentence(names: &[String], on: &str, other: &str) -> String {
    let (are, it) = match names {
        [_] => ("is", "it"),
        _ => ("are", "one of them"),
    };
    format!(
        "{} {are} on {on} alone: once {on} is the primary, the first write to {it} stops {other} (errno 1146 or 1049)",
        names.join(", ")
    )
}

/// Returns what leads out, purpose and command: to have them on both, or on none.
pub fn leads_out(names: &[String], on: &Endpoint, other: &Endpoint) -> Vec<(String, String)> {
    let (host, there) = (on.name(), other.name());
    let databases: Vec<DatabaseName> = names.iter().filter_map(|one| one.parse().ok()).collect();
    if databases.is_empty() {
        return Vec::new();
    }
    let rounds = on.server.check.is_none() || seed::rounds(on.server, &databases);
    let rounded = match rounds {
        true => "; FLOAT columns, and text in some older character sets, come only nearly",
        false => "",
    };
    let dump = on.typed(&shell_line(&seed::plain_command(on.server, &databases)));
    let load = other.typed(&other.server.client);
    let drops: Vec<String> = databases
        .iter()
        .map(|name| format!("DROP DATABASE {}", name.quoted()))
        .collect();
    let drop = typed_sql_unlogged(&on.server.client, &drops.join("; "));
    vec![
        (
            format!("to have it on {there} as well{rounded}"),
            format!("{dump} | {load}"),
        ),
        (
            format!("or, where nobody needs it, to drop it on {host}"),
            on.typed(&drop),
        ),
    ]
}

/// Refuses a change of roles after which one of them would stop the new replica.
///
/// # Errors
/// When there is one.
pub fn refuse(on: &Endpoint, other: &Endpoint, filters: &Filters) -> Result<(), Refusal> {
    let names = stray_databases(on.server, other.server, filters);
    if names.is_empty()
        || on.server.unanswered_why().is_some()
        || other.server.unanswered_why().is_some()
    {
        return Ok(());
    }
    let refusal = Refusal::check(sentence(&names, on.name(), other.name()));
    Err(leads_out(&names, on, other)
        .into_iter()
        .fold(refusal, |refusal, (purpose, command)| {
            refusal.hint(purpose, command)
        }))
}

#[cfg(test)]
mod tests {
    use crate::facts::database::UserDatabase;
    use crate::trial::{RELEASES, facts, here, refusal, there};

    #[test]
    fn no_change_of_roles_goes_past_one() {
        for release in RELEASES {
            let mut facts = facts(release, "db-replica");
            let own = |name: &str| UserDatabase {
                name: name.to_owned(),
                ..UserDatabase::default()
            };
            here(&mut facts).databases.push(own("my-own"));
            let text = refusal("db promote", &facts);
            assert!(text.contains("my-own is on serv2 alone"), "{text}");
            assert!(
                text.contains("--databases my-own | ssh root@172.16.0.10 mariadb"),
                "{text}"
            );
            assert!(
                text.contains("SET SESSION sql_log_bin=0; DROP DATABASE `my-own`"),
                "{text}"
            );
            // The primary has it too, or a filter leaves it out.
            let primary = there(&mut facts, "172.16.0.10");
            primary.databases.push(own("my-own"));
            let primary = primary.clone();
            let none = super::Filters::default();
            assert!(super::stray_databases(here(&mut facts), &primary, &none).is_empty());
            let filters = super::Filters {
                patterns: "site1.%",
                ..super::Filters::default()
            };
            here(&mut facts).databases.push(own("other"));
            assert!(
                super::databases_where(here(&mut facts), |name| *name == "other", &filters)
                    .is_empty()
            );
        }
    }
}

//! What a replica's own filters leave out of what it would take: it is copied, but nothing of it arrives
//! after that, so that its rows are not compared.

use super::origin::Origin;
use crate::facts::DatabaseServer;
use crate::mariadb::filter::{Filters, Share};
use crate::plan::Check;
use crate::replication::strays;

/// Returns the filters that stand beside what `db replicate` writes. What the primary does not log was
/// refused before.
pub fn filters<'a>(replica: &'a DatabaseServer, origin: &Origin) -> Filters<'a> {
    let value = |name: &str| replica.variable(name).unwrap_or_default();
    let others = Filters {
        not_tables: value("replicate_ignore_table"),
        not_patterns: value("replicate_wild_ignore_table"),
        renamed: value("replicate_rewrite_db"),
        ..Filters::default()
    };
    if origin.filtered {
        // Its own let the databases through, and those by USE go.
        return others;
    }
    Filters {
        databases: value("replicate_do_db"),
        not_databases: value("replicate_ignore_db"),
        tables: value("replicate_do_table"),
        patterns: value("replicate_wild_do_table"),
        ..others
    }
}

/// Returns what is to be said of databases that are on the replica alone, where it is to have what the primary
/// has, all of it: they stay.
pub fn strays(replica: &DatabaseServer, origin: &Origin) -> Option<Check> {
    if origin.filtered {
        return None;
    }
    let lacks = |name: &&str| !origin.databases.iter().any(|one| one.as_str() == *name);
    let names = strays::databases_where(replica, lacks, &filters(replica, origin));
    (!names.is_empty()).then(|| {
        let what = strays::sentence(&names, &replica.host, origin.name);
        let stay = match names.as_slice() {
            [_] => "it stays",
            _ => "they stay",
        };
        Check::warning(format!("{what}; {stay}")).note("bascule db check")
    })
}

/// Returns what is to be said of it, by name.
pub fn checks(replica: &DatabaseServer, origin: &Origin) -> Vec<Check> {
    let filters = filters(replica, origin);
    let of = |share: Share| -> Vec<&str> {
        let names = origin.databases.iter().map(|name| name.as_str());
        names
            .filter(|name| filters.share_of(name) == share)
            .collect()
    };
    let host = &replica.host;
    let mut checks = Vec::new();
    let none = of(Share::None);
    if !none.is_empty() {
        checks.push(Check::warning(format!(
            "a filter on {host} leaves out {}: nothing of it arrives, and its rows are not compared",
            none.join(", ")
        )));
    }
    let part = of(Share::Part);
    if !part.is_empty() {
        checks.push(Check::warning(format!(
            "a filter on {host} leaves out tables of {}: nothing of them arrives, and their rows are not compared",
            part.join(", ")
        )));
    }
    checks
}

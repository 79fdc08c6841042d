//! The accounts that have rights on what is replicated: told, copied, and asked for before a promote.
//!
//! A filtered replica takes no statement about accounts, and a dump of databases holds none; see
//! `mariadb::accounts` for why no filter lets just these through. So they are copied as they are now, by
//! their `CREATE USER` with the hashes, which goes from the one server to the other and is never in a plan;
//! a second run copies what changed since.
//!
//! Rights on everything become rights on the databases that come, and no account is touched that the
//! replica has for something of its own: see `mariadb::accounts::compare`.

mod copy;

pub use copy::Copy;

use super::endpoint::Endpoint;
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::health::database::{coming, comparison};
use crate::mariadb::Accounts;
use crate::mariadb::accounts::{Comparison, Holder, Name, listed};
use crate::plan::{Again, Check, Plan, Refusal};
use crate::replication::switchover::SwitchoverPair;

/// Returns how the accounts of a replica differ from its primary's, by what its link takes.
pub fn of_link(
    primary: &DatabaseServer,
    replica: &DatabaseServer,
    link: &Link,
) -> Option<Comparison> {
    let comes = coming(link, primary);
    comparison(primary, replica, &comes, &[link.primary_user()])
}

/// Says which accounts an application would miss on the replica after a switch.
pub fn tell(primary: &str, replica: &str, comparison: &Comparison, plan: &mut Plan) {
    if comparison.differences.is_empty() {
        return;
    }
    plan.check(
        Check::warning(format!(
            "accounts are not copied: these have rights on what comes from {primary}, and are not so on \
             {replica}, where their logins would fail after a promote: {}",
            comparison.words()
        ))
        .note("--accounts"),
    );
}

/// Refuses a promote after which logins would fail.
///
/// # Errors
/// When accounts with rights on what is replicated are not on the new primary as on the old one.
pub fn before_promote(
    pair: &SwitchoverPair,
    link: &Link,
    without: bool,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let (to, from) = (new.name(), old.name());
    let Some(comparison) = of_link(old.server, new.server, link) else {
        // Where a server did not say, that is told for itself.
        if new.server.failed.is_empty() && old.server.failed.is_empty() {
            return Ok(());
        }
        plan.check(Check::warning(format!(
            "whether {to} has the accounts that {from} has is not known"
        )));
        return Ok(());
    };
    for sentence in &comparison.untouched {
        plan.check(Check::warning(sentence.clone()));
    }
    if comparison.differences.is_empty() {
        if !comparison.compared.is_empty() {
            plan.check(Check::ok(format!(
                "whoever has rights on what is replicated can log in on {to} as on {from}"
            )));
        }
        return Ok(());
    }
    let which = comparison.words();
    if without {
        plan.check(Check::warning(format!(
            "these will not get in on {to} as on {from}: {which}"
        )));
        return Ok(());
    }
    let mut refusal = Refusal::check(format!(
        "applications could not log in on {to} as on {from} (1045, 1130): {which}"
    ));
    if comparison.mendable().next().is_some() {
        refusal = refusal.hint(
            format!("to copy them, on {to}"),
            format!("bascule db replicate {} --accounts", pair.old_address),
        );
    }
    if let Some(one) = comparison.foreign().next() {
        let name = one.name.plain();
        refusal = refusal.hint(
            format!(
                "{to} has a {name} of its own ({}), which is made alike by hand alone; what it may do there",
                one.foreign.join(", ")
            ),
            new.typed_sql(&format!("SHOW GRANTS FOR {}", one.name.sql())),
        );
    }
    Err(refusal.again(
        "to promote all the same",
        Again::same().flag("--without-accounts"),
    ))
}

/// Returns the accounts of a server that have rights on what comes from it; none where it did not say.
pub fn with_rights(
    server: &DatabaseServer,
    comes: &dyn Fn(&str) -> bool,
    replication: &[&str],
) -> Option<Vec<Name>> {
    // Compared with one that has none.
    let nobody = DatabaseServer {
        rights: Accounts {
            holders: vec![Holder::default()],
            ..Accounts::default()
        },
        ..DatabaseServer::default()
    };
    let comparison = comparison(server, &nobody, comes, replication)?;
    let names = comparison.compared.into_iter();
    Some(names.filter(|one| !one.host.is_empty()).collect())
}

/// Says which accounts that are not in a primary's file the replica has none of.
pub fn tell_of_file(primary: &str, replica: &DatabaseServer, accounts: &[Name], plan: &mut Plan) {
    let lacking = accounts
        .iter()
        .filter(|name| replica.rights.holder(name).is_none());
    let lacking: Vec<String> = lacking.map(Name::plain).collect();
    if lacking.is_empty() || replica.rights.holders.is_empty() {
        return;
    }
    plan.check(
        Check::warning(format!(
            "accounts do not come with a file: these have rights on what comes from {primary}, and {} has \
             none of them: {}",
            replica.host,
            listed(lacking)
        ))
        .note("SHOW CREATE USER, SHOW GRANTS"),
    );
}

/// Says what is known of accounts where the old primary cannot be asked.
pub fn of_the_dead(here: &Endpoint, link: &Link, plan: &mut Plan) {
    let (name, primary) = (here.name(), link.primary_host());
    let comes = coming(link, here.server);
    let Some(names) = with_rights(here.server, &comes, &[link.primary_user()]) else {
        return;
    };
    let names: Vec<String> = names.iter().map(Name::plain).collect();
    plan.check(Check::warning(match names.is_empty() {
        true => format!(
            "no account on {name} has rights on what it replicates: applications will not get in \
             (1045, 1130) until theirs are made here; {primary} cannot be asked for them"
        ),
        false => format!(
            "the accounts of {primary} cannot be compared; on {name} these have rights on what it \
             replicates: {}",
            listed(names)
        ),
    }));
}

#[cfg(test)]
mod tests;

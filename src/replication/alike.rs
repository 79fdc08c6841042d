//! What is said of two servers that differ, before one follows the other or the two swap their roles.

use crate::facts::DatabaseServer;
use crate::health::database::{Unlike, unlike};
use crate::mariadb::alike::{RULES, Rule, Verdict};
use crate::plan::{Check, Refusal};
use std::collections::BTreeMap;

/// Returns what differs between a primary and its replica, as checks; `takes` tells whether the replica
/// takes a database, none where it takes everything.
///
/// # Errors
/// When rows would be lost without an error, or the data that are to be copied could not be loaded.
pub fn check_alike(
    primary: &DatabaseServer,
    replica: &DatabaseServer,
    takes: Option<&dyn Fn(&str) -> bool>,
    copies: bool,
) -> Result<Vec<Check>, Refusal> {
    let taken = |database: &str, _: &str| takes.is_none_or(|takes| takes(database));
    let found = unlike(primary, replica, &taken, takes.is_none());
    let bars = |one: &&Unlike| one.verdict == Verdict::Refuse || (copies && one.bars_copy);
    let barring: Vec<&Unlike> = found.iter().filter(bars).collect();
    if !barring.is_empty() {
        let texts: Vec<&str> = barring.iter().map(|one| one.text.as_str()).collect();
        let mut refusal = Refusal::check(texts.join("\n  "));
        refusal
            .hints
            .extend(barring.iter().filter_map(|one| one.mend.clone()));
        return Err(refusal);
    }
    Ok(found.into_iter().map(warning).collect())
}

/// Returns the variables of a primary that are compared with its replica's, for a replica that cannot
/// ask it.
pub fn compared(server: &DatabaseServer) -> BTreeMap<String, String> {
    let compared = RULES.iter().filter(|rule| rule.verdict != Verdict::Silent);
    compared
        .map(Rule::primary)
        // A collation is set together with its character set.
        .chain(["character_set_server"])
        .filter_map(|name| Some((name.to_owned(), server.variable(name)?.to_owned())))
        .collect()
}

fn warning(one: Unlike) -> Check {
    let check = Check::warning(one.text);
    match one.mend {
        Some(mend) => check.note(format!("{}: {}", mend.purpose, mend.command)),
        None => check,
    }
}

/// Returns what differs between two servers that swap their roles, as checks.
///
/// # Errors
/// When the replica has lost rows by a difference.
pub fn at_swap(new: &DatabaseServer, old: &DatabaseServer) -> Result<Vec<Check>, Refusal> {
    let now = unlike(old, new, &|_, _| true, true);
    // What only binds a replica is looked at the other way round.
    let then = unlike(new, old, &|_, _| true, true);
    if now.iter().any(|one| one.verdict == Verdict::Refuse) {
        return check_alike(old, new, None, false);
    }
    let now = now.into_iter().filter(|one| !one.one_way);
    Ok(now
        .chain(then.into_iter().filter(|one| one.one_way))
        .map(warning)
        .collect())
}

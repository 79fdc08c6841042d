//! The links of a replica: stopped, kept, forgotten.

use super::account;
use crate::facts::database::{Account, Link};
use crate::facts::{DatabaseServer, Facts};
use crate::mariadb::quote_string;
use crate::plan::{Check, Plan, Step, shell_line};
use crate::replication::kept::{Kept, PositionKeeping};
use crate::replication::{link, servers};

/// Returns a server's links, the one without a name and those with one.
pub fn all_links(server: &DatabaseServer) -> impl Iterator<Item = &Link> {
    let links = server.links.iter();
    links.filter(|link| !link.primary_host().is_empty())
}

/// Returns where a session comes from, of `172.16.0.11:41234`.
pub fn without_port(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}

/// Adds the steps after which this host follows nobody.
pub fn forget(facts: &Facts, here: &DatabaseServer, links: &[&Link], plan: &mut Plan) {
    if links.is_empty() {
        return;
    }
    let host = &facts.host;
    plan.check(Check::warning(format!(
        "{host} takes writes of its own again: what is written there afterwards is on no other host"
    )));
    if here.databases.iter().any(|database| database.events > 0) {
        plan.check(
            Check::warning(
                "its events stay as they are: one that stood by goes on standing by, the others run \
                 where event_scheduler is on",
            )
            .note("information_schema.EVENTS"),
        );
    }
    for link in links {
        if link.io_state() != "No" || link.sql() != "No" {
            plan.step(link::stop(here, link));
        }
    }
    plan.step(Kept::new(here, links, PositionKeeping::WithLink).keep());
    let reset = links
        .iter()
        .map(|link| format!("RESET SLAVE{} ALL", link::connection(link)));
    plan.step(servers::sql(
        here,
        None,
        reset,
        "it forgets its primary, the password, and what was fetched and not yet applied",
    ));
    for link in links {
        shut_out(facts, here, link, plan);
    }
}

/// Adds the step that drops this host's account on a primary, or says why it stays.
fn shut_out(facts: &Facts, here: &DatabaseServer, link: &Link, plan: &mut Plan) {
    let (primary, user) = (link.primary_host(), link.primary_user());
    let stays = |why: String| {
        Check::warning(format!(
            "the account {user} stays on {primary}, which was not asked"
        ))
        .note(why)
    };
    let there = match servers::server_of(facts, primary) {
        Ok(there) => there,
        Err(refusal) => {
            plan.check(stays(refusal.what));
            return;
        }
    };
    if let Some(why) = there.unanswered_why() {
        plan.check(stays(why.to_owned()));
        return;
    }
    let is_here = |host: &str| {
        host == here.host
            || host
                .parse()
                .is_ok_and(|address| here.network.holder(address).is_some())
    };
    plan.steps.extend(end_session(here, there, link, &is_here));
    let is_own = |account: &&Account| account.user == user && is_here(&account.host);
    if let Some(own) = there.accounts.iter().find(is_own) {
        // Its other replicas may have it as well.
        let mut others = there.replicas();
        let others = others.any(|session| !is_here(without_port(&session.host)));
        plan.step(account::drop_step(there, Some(primary), own, others));
        return;
    }
    let shared = there.accounts.iter().find(|account| account.user == user);
    plan.check(match shared {
        Some(shared) => Check::warning(format!(
            "the account {user}@{} stays on {primary}: other hosts may log in by it as well",
            shared.host
        ))
        .note(format!(
            "where none does, on {primary}: bascule db remove --user {}",
            shell_line(&[user.to_owned()])
        )),
        None => Check::warning(format!(
            "{primary} has no account {user} for this host: nothing is dropped there"
        )),
    });
}

/// Returns the step that ends this host's session on its primary, if there is one.
///
/// The thread that served it notices at its next heartbeat only, up to half a minute later (seen), and
/// until then it looks as if this host still replicated.
fn end_session(
    here: &DatabaseServer,
    there: &DatabaseServer,
    link: &Link,
    is_here: &dyn Fn(&str) -> bool,
) -> Option<Step> {
    let mut from: Vec<&str> = there
        .replicas()
        .map(|session| without_port(&session.host))
        .filter(|host| is_here(host))
        .collect();
    from.sort_unstable();
    from.dedup();
    if from.is_empty() {
        return None;
    }
    let from: Vec<String> = from.into_iter().map(quote_string).collect();
    let statement = format!(
        "BEGIN NOT ATOMIC FOR r IN (SELECT id FROM information_schema.PROCESSLIST \
         WHERE command = 'Binlog Dump' AND SUBSTRING_INDEX(host, ':', 1) IN ({})) DO \
         EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', r.id); END FOR; END",
        from.join(", ")
    );
    Some(servers::sql(
        there,
        Some(link.primary_host()),
        [statement],
        format!(
            "{} serves {} no more, and would notice only at the next heartbeat",
            there.host, here.host
        ),
    ))
}

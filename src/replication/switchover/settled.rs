//! What is left to do where the old primary follows the new one already.

use super::events::Scope;
use super::pair::SwitchoverPair;
use super::{files, swap};
use crate::facts::database::Link;
use crate::plan::{Plan, Refusal, Step, Undo};
use crate::replication::endpoint::Endpoint;
use crate::replication::{former, proof};

/// Returns the step after which a server takes writes.
pub fn open(side: &Endpoint) -> Step {
    let back = side.sql(["SET GLOBAL read_only=1"], "as before");
    side.sql(
        ["SET GLOBAL read_only=0"],
        format!("{} takes writes: it is the primary", side.name()),
    )
    .undone_by(vec![back])
}

/// Looks whether the new primary holds all that the old one does; returns the steps that ask both again.
///
/// The new one may have been read first, and go on writing: what the old one has of it then came from it,
/// and only what has another origin is lacking there. A new one that lost transactions with its machine's
/// power looks the same until it is asked after the old one. The steps name no position, which would be
/// another one in each plan.
///
/// # Errors
/// When it does not.
fn holds_all(pair: &SwitchoverPair) -> Result<Vec<Step>, Refusal> {
    let SwitchoverPair { new, old, .. } = pair;
    let (to, from) = (new.name(), old.name());
    let (theirs, ours) = (old.history()?, new.history()?);
    if theirs.relation_to_earlier(&ours).may_follow() {
        let domains = theirs.domains_of(ours.server_id).into_iter();
        let asked = domains.flat_map(|domain| still_held(pair, domain, ours.server_id));
        return Ok(asked.collect());
    }
    Err(Refusal::check(format!(
        "{from} has taken writes that {to} lacks: {to} can be the primary again only once it \
         has followed {from}"
    ))
    .hint("to have it follow", pair.turned().command())
    .hint("then", pair.command()))
}

/// Returns the steps that ask the old primary how much it has of the new one in a domain, and then the
/// new one whether it has as much.
fn still_held(pair: &SwitchoverPair, domain: u32, server: u32) -> [Step; 2] {
    let SwitchoverPair { new, old, .. } = pair;
    let (to, from) = (new.name(), old.name());
    let origin = format!("{domain}-{server}-");
    let last = format!(
        "COALESCE(CAST(REGEXP_SUBSTR(@@gtid_binlog_state, \
         '(?<=^{origin}|,{origin})[0-9]+') AS UNSIGNED), 0)"
    );
    [
        old.sql(
            [format!("SELECT {last}")],
            format!("what {from} has of {to}'s own"),
        )
        .answers_as("received"),
        new.sql(
            [format!("SELECT {last} >= ${{received}}")],
            format!("{to} holds as much itself"),
        )
        .expecting(
            "1",
            format!(
                "{to} has lost transactions of its own, up to {origin}${{received}}, which {from} holds; \
                 how the two stand: bascule db status"
            ),
        ),
    ]
}

/// Returns what is left to do where the old primary follows the new one already.
pub fn settled(pair: &SwitchoverPair) -> Result<Plan, Refusal> {
    let SwitchoverPair { new, old, .. } = pair;
    let (to, from) = (new.name(), old.name());
    let mut plan = Plan::new(format!(
        "{to} is the primary already: {from} replicates from it"
    ));
    let Some(link) = old.link_to(new) else {
        return Ok(plan);
    };
    if let Some(back) = new.link_to(old) {
        let stopped = link.io_state() == "No" && link.sql() == "No";
        // Unless this one has written since: the other one lacks that, and cannot be it any more.
        let first = stopped && back.io_state() != "No" && !old.is_read_only();
        if first && holds_all(&pair.turned()).is_ok() {
            return Err(Refusal::check(format!(
                "{from} is the primary, and its promotion was cut short: that comes first"
            ))
            .hint("to finish it", pair.turned().command())
            .hint("then", pair.command()));
        }
        let runs = |link: &Link| link.io_state() != "No" && link.sql() != "No";
        if runs(link) && runs(back) && !new.is_read_only() && !old.is_read_only() {
            return Err(Refusal::check(format!(
                "{to} and {from} replicate from each other, and both take writes"
            ))
            .hint(
                format!("to have {from} take none"),
                old.typed_sql("SET GLOBAL read_only=1"),
            )
            .hint("then", pair.command()));
        }
        plan.steps.extend(holds_all(pair)?);
        // Before the link goes, which tells the next run that this is not finished.
        Scope::between(new, old, None).run_on(new, old, &mut plan);
        let reason = format!("the password of {to} for {from} is not kept");
        plan.step(
            new.sql(
                ["STOP SLAVE", "RESET SLAVE ALL"],
                format!("{to} is no replica of {from} any more"),
            )
            .undo(Undo::Impossible { reason }),
        );
        if new.server.former_primary.as_deref() == Some(back.primary_host()) {
            plan.step(former::forget_once_it_follows(new, back.primary_host()));
        }
    }
    if plan.is_empty() && (new.is_read_only() || !old.is_read_only()) {
        plan.steps.extend(holds_all(pair)?);
    }
    let role = |read_only| files::RequiredOptions {
        read_only,
        databases: None,
    };
    files::write(old, &role(true), &mut plan)?;
    if !old.is_read_only() {
        let back = old.sql(["SET GLOBAL read_only=0"], "as before");
        let shut = old.sql(
            [
                "SET SESSION lock_wait_timeout=5",
                "SET GLOBAL read_only=1",
                swap::END_CLIENTS,
                swap::POSITION,
            ],
            format!("{from} takes no writes of its own"),
        );
        // While nothing comes from the new one, whatever moves the position was written here.
        let still = new.is_read_only() || link.io_state() == "No" || link.sql() == "No";
        let shut = match still {
            true => shut.expecting(
                old.history()?.binlog_pos.to_string(),
                format!("{from} has written since this plan was made"),
            ),
            false => shut,
        };
        plan.step(shut.undone_by(vec![back]));
    }
    if new.is_read_only() {
        plan.step(open(new));
    }
    if link.io_state() == "No" || link.sql() == "No" {
        plan.step(swap::start(pair));
    }
    if !plan.is_empty()
        && let Ok(user) = link.primary_user().parse()
    {
        plan.steps.extend(swap::shut_out(pair, &user));
    }
    files::write(new, &role(false), &mut plan)?;
    if !plan.is_empty() {
        plan.steps.extend(proof::cleared(new));
    }
    if !plan.is_empty() {
        plan.settles = Some(pair.both_names());
        plan.headline = format!("what is left for {to} to be the primary, and {from} its replica");
    }
    Ok(plan)
}

//! The cluster that an operation was done in, and the one that this host is in now.
//!
//! That nothing of an operation stands in another cluster's configuration says nothing of it.

use super::later::{Later, Thing};
use super::operation::Operation;
use crate::cib::{Cib, Version};
use crate::facts::COROSYNC_CONF;
use crate::plan::{Action, Plan, Refusal, Step};
use std::path::Path;

/// Returns how the running cluster's configuration is none that follows from the one that an operation
/// left, as the end of a sentence.
///
/// Pacemaker writes the cluster's name into it, and its version only ever rises.
pub fn is_another(kept: &Cib, live: &Cib) -> Option<String> {
    let name = |cib: &Cib| cib.property("cluster-name");
    if let (Some(then), Some(now)) = (name(kept), name(live))
        && then != now
    {
        return Some(format!(
            "it was done in the cluster {then}, and {now} runs here"
        ));
    }
    let of = |version: Version| (version.admin_epoch, version.epoch);
    let (then, now) = (kept.version(), live.version());
    (of(now) < of(then)).then(|| {
        format!("the configuration here ({now}) is older than what it left ({then}): another one")
    })
}

/// Returns the refusal to take back what another cluster has, with what leads back into that one.
pub fn elsewhere(operation: &Operation, kept: Option<&Cib>, why: &str, later: &[Later]) -> Refusal {
    let id = operation.id();
    let host = &operation.begin.by.host;
    let refusal = Refusal::check(format!(
        "operation {id} cannot be taken back here: {why}; what it left stands in {}",
        kept.and_then(|cib| cib.property("cluster-name"))
            .unwrap_or_else(|| "the cluster it was done in".to_owned())
    ));
    let conf = Thing::File(COROSYNC_CONF.into());
    let out = later
        .iter()
        .rev()
        .find(|later| later.things.contains(&conf));
    if let Some(out) = out {
        return refusal.hint(
            format!("operation {} came later: to take it back, first", out.id),
            format!("bascule undo {}", out.id),
        );
    }
    let nodes = kept.map(|cib| cib.nodes()).unwrap_or_default();
    let other = nodes.iter().find(|node| node.name != *host);
    let other = other.map_or("HOST", |node| node.name.as_str());
    refusal
        .hint("to be in it again", format!("bascule cluster join {other}"))
        .hint("or by hand, on one of its nodes", "crm configure edit")
}

/// Returns true when a plan stops the cluster here.
pub fn stops(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| {
        step.host.is_none()
            && matches!(&step.action, Action::Run { argv, .. }
                if argv.starts_with(&["systemctl".to_owned(), "stop".to_owned()])
                    && argv.iter().any(|word| word == "corosync" || word == "pacemaker"))
    })
}

/// Refuses an undo that takes this host out of its cluster while later operations stand in that one, or
/// while other nodes came into the cluster that this one began: they would count on it for ever.
///
/// # Errors
/// When that is so.
pub fn still_needed(
    operation: &Operation,
    plan: &Plan,
    later: &[Later],
    joined: &[&str],
) -> Result<(), Refusal> {
    let conf = |step: &Step| matches!(&step.action, Action::File { path, .. } if path == Path::new(COROSYNC_CONF));
    if !stops(plan) || !plan.steps.iter().any(conf) {
        return Ok(());
    }
    let leave = |refusal: Refusal| {
        refusal.hint(
            "to take this host out, and leave the rest as it is",
            "bascule cluster leave",
        )
    };
    let id = operation.id();
    let stand: Vec<&Later> = later.iter().filter(|later| later.changed_cib()).collect();
    if let Some(newest) = stand.last() {
        let each: Vec<String> = stand
            .iter()
            .map(|later| format!("{} ({})", later.id, later.command))
            .collect();
        return Err(leave(
            Refusal::check(format!(
                "operation {id} made this host a node of its cluster, and later operations changed that \
                 cluster: {}",
                each.join(", ")
            ))
            .hint("to take them back first, newest first", format!("bascule undo {}", newest.id)),
        ));
    }
    let keygen = |step: &Step| {
        matches!(&step.action, Action::Run { argv, .. }
            if argv.first().is_some_and(|program| program == "corosync-keygen"))
    };
    let began = operation.begin.plan.steps.iter().any(keygen);
    if began && !joined.is_empty() {
        return Err(leave(Refusal::check(format!(
            "operation {id} began this cluster, and {} joined since: it would keep {} in its corosync.conf",
            joined.join(" and "),
            operation.begin.by.host
        ))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{RELEASES, facts};

    #[test]
    fn another_clusters_configuration_tells_nothing() {
        for release in RELEASES {
            let facts = facts(release, "grouped");
            let live = facts.live_cib().unwrap();
            assert_eq!(is_another(live, live), None);
            let name = live.property("cluster-name").unwrap();
            let named = live
                .text()
                .replace(&format!("value=\"{name}\""), "value=\"debian\"");
            let named = Cib::parse(named).unwrap();
            assert!(
                is_another(live, &named)
                    .unwrap()
                    .contains("debian runs here")
            );
            // One of the same name, begun anew.
            let epoch = live.version().epoch;
            let with = |epoch: u64| {
                let old = format!(" epoch=\"{}\"", live.version().epoch);
                let new = format!(" epoch=\"{epoch}\"");
                assert!(live.text().contains(&old));
                Cib::parse(live.text().replacen(&old, &new, 1)).unwrap()
            };
            assert!(
                is_another(live, &with(epoch - 1))
                    .unwrap()
                    .contains("older")
            );
            assert_eq!(is_another(live, &with(epoch + 1)), None);
        }
    }
}

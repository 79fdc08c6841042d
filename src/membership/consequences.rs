//! What the end of the cluster on this host means for what runs.

use super::nodes;
use crate::conf::CorosyncConf;
use crate::facts::Facts;
use crate::plan::{Check, Danger, Plan};
use crate::wording;

/// Notes in the plan what stops and what moves when Pacemaker stops on this host.
///
/// Pacemaker that is told to stop moves its resources first: nothing has to be put in standby.
pub fn of_stopping(
    facts: &Facts,
    conf: Option<&CorosyncConf>,
    what_happens: &str,
    plan: &mut Plan,
) {
    let (Some(monitor), Some(cib)) = (&facts.monitor, facts.live_cib()) else {
        return;
    };
    let own = nodes::own_name(facts);
    let host = own.as_str();
    let mut here: Vec<String> = Vec::new();
    let mut anywhere: Vec<String> = Vec::new();
    let mut copies: Vec<String> = Vec::new();
    for resource in &monitor.resources {
        let name = resource
            .clone
            .as_ref()
            .or(resource.group.as_ref())
            .unwrap_or(&resource.id);
        if resource.active && !anywhere.contains(name) {
            anywhere.push(name.clone());
        }
        let runs_here = resource.nodes.iter().any(|node| node == host);
        if runs_here && resource.clone.is_none() && !here.contains(name) {
            here.push(name.clone());
        }
        if runs_here && resource.active && resource.clone.is_some() && !copies.contains(name) {
            copies.push(name.clone());
        }
    }
    let others: Vec<&str> = monitor
        .members()
        .filter(|node| node.name != host && node.online)
        .map(|node| node.name.as_str())
        .collect();
    let takers: Vec<&str> = monitor
        .nodes
        .iter()
        .filter(|node| node.name != host && node.online && !node.standby && !node.maintenance)
        .map(|node| node.name.as_str())
        .collect();
    let votes = conf.map_or(1, |conf| conf.nodes().len());
    let two_node = conf.is_some_and(CorosyncConf::two_node);
    let ignores = cib.property("no-quorum-policy").as_deref() == Some("ignore");
    let quorate = ignores || (two_node && others.len() == 1) || others.len() * 2 > votes;
    let what = if monitor.maintenance {
        Some("the cluster is in maintenance: what runs here runs on, unwatched".to_owned())
    } else if others.is_empty() {
        (!anywhere.is_empty()).then(|| {
            format!(
                "{} stop{}: no other node is there",
                wording::list(&anywhere),
                wording::verb_ending(&anywhere)
            )
        })
    } else if !quorate && !anywhere.is_empty() {
        Some(format!(
            "{} stop{} everywhere: {} alone {} no quorum",
            wording::list(&anywhere),
            wording::verb_ending(&anywhere),
            wording::list(&others),
            if others.len() == 1 { "has" } else { "have" }
        ))
    } else if here.is_empty() {
        None
    } else if takers.is_empty() {
        Some(format!(
            "{} stop{}: no other node takes resources",
            wording::list(&here),
            wording::verb_ending(&here)
        ))
    } else {
        Some(format!(
            "{} move{} to {}, with a short outage",
            wording::list(&here),
            wording::verb_ending(&here),
            takers.join(" or ")
        ))
    };
    match what {
        Some(what) => {
            plan.danger = Some(Danger {
                what: format!("{what_happens}: {what}"),
                word: facts.host.clone(),
            });
        }
        None => {
            plan.check(Check::ok(format!(
                "nothing runs on {host} that would have to move"
            )));
        }
    }
    // A clone runs elsewhere as well, and its copy here may be the one that counts: a database's primary.
    if !copies.is_empty() && !monitor.maintenance && !others.is_empty() && quorate {
        plan.check(Check::warning(format!(
            "what {} run{} on {host} stops there and moves nowhere",
            wording::list(&copies),
            wording::verb_ending(&copies)
        )));
    }
    if !quorate && !others.is_empty() {
        plan.check(
            Check::warning(format!(
                "{} {} without quorum until {host} is back",
                wording::list(&others),
                if others.len() == 1 { "is" } else { "are" }
            ))
            .note("explain quorum"),
        );
    }
    let unclean = conf.map_or_else(Vec::new, |conf| {
        nodes::names(&nodes::members_of(conf, facts))
    });
    let absent: Vec<String> = unclean
        .into_iter()
        .filter(|name| name != host && !others.contains(&name.as_str()))
        .collect();
    if !absent.is_empty() && !others.is_empty() {
        plan.check(Check::warning(format!(
            "{} {} offline already",
            wording::list(&absent),
            if absent.len() == 1 { "is" } else { "are" }
        )));
    }
}

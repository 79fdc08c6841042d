//! What the end of the cluster on this host means for what runs.

use super::nodes;
use crate::cib::Cib;
use crate::conf::CorosyncConf;
use crate::facts::voting::{self, Votes};
use crate::facts::{Facts, Monitor};
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
    let running = Running::of(monitor, host);
    let rest = Rest::of(facts, monitor, cib, conf);
    match moved_or_stopped(monitor, &running, &rest) {
        Some(what) => {
            plan.danger = Some(Danger::new(format!("{what_happens}: {what}"), &facts.host));
        }
        None => {
            plan.check(Check::ok(format!(
                "nothing runs on {host} that would have to move"
            )));
        }
    }
    // A clone runs elsewhere as well, and its copy here may be the one that counts: a database's primary.
    let copies = &running.copies;
    if !copies.is_empty() && !monitor.maintenance && !rest.others.is_empty() && rest.quorate {
        plan.check(Check::warning(format!(
            "what {} run{} on {host} stops there and moves nowhere",
            wording::list(copies),
            wording::verb_ending(copies)
        )));
    }
    if !rest.quorate && !rest.others.is_empty() {
        plan.check(
            Check::warning(format!(
                "{} {} without quorum until {host} is back",
                wording::list(&rest.others),
                if rest.others.len() == 1 { "is" } else { "are" }
            ))
            .note("explain quorum"),
        );
    }
    let members = conf.map_or_else(Vec::new, |conf| {
        nodes::names(&nodes::members_of(conf, facts))
    });
    let absent: Vec<String> = members
        .into_iter()
        .filter(|name| name != host && !rest.others.contains(&name.as_str()))
        .collect();
    if !absent.is_empty() && !rest.others.is_empty() {
        plan.check(Check::warning(format!(
            "{} {} offline already",
            wording::list(&absent),
            if absent.len() == 1 { "is" } else { "are" }
        )));
    }
}

/// The resources that run: clones and groups by their own name.
#[derive(Default)]
struct Running {
    /// On this host, clones apart.
    here: Vec<String>,
    /// On any host.
    anywhere: Vec<String>,
    /// Clones with a copy on this host.
    copies: Vec<String>,
}

impl Running {
    fn of(monitor: &Monitor, host: &str) -> Running {
        let mut running = Running::default();
        let Running {
            here,
            anywhere,
            copies,
        } = &mut running;
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
        running
    }
}

/// The cluster without this host.
struct Rest<'a> {
    /// The members that are online.
    others: Vec<&'a str>,
    /// The nodes that take resources.
    takers: Vec<&'a str>,
    /// The others go on: they have quorum, or do without.
    quorate: bool,
}

impl<'a> Rest<'a> {
    fn of(facts: &Facts, monitor: &'a Monitor, cib: &Cib, conf: Option<&CorosyncConf>) -> Rest<'a> {
        let own = nodes::own_name(facts);
        let host = own.as_str();
        let others: Vec<&str> = monitor
            .members()
            .filter(|node| node.name != host && node.online)
            .map(|node| node.name.as_str())
            .collect();
        let takers = monitor
            .nodes
            .iter()
            .filter(|node| node.name != host && node.online && !node.standby && !node.maintenance)
            .map(|node| node.name.as_str())
            .collect();
        let votes = conf.map_or(1, |conf| conf.nodes().len());
        let two_node = conf.is_some_and(CorosyncConf::two_node);
        let ignores = cib.property("no-quorum-policy").as_deref() == Some("ignore");
        // The third host's vote goes to those that stay, unless it is known to be away.
        let third = conf.is_some_and(CorosyncConf::has_device)
            && facts
                .said
                .get(voting::VOTES)
                .and_then(|said| Votes::parse(said))
                .is_none_or(|votes| votes.device.unwrap_or(0) > 0);
        let (left, all) = match third {
            true => (others.len() + 1, votes + 1),
            false => (others.len(), votes),
        };
        let quorate = ignores || (two_node && others.len() == 1) || left * 2 > all;
        Rest {
            others,
            takers,
            quorate,
        }
    }
}

/// Returns what becomes of the resources that run here, or everywhere where the rest has no quorum.
fn moved_or_stopped(monitor: &Monitor, running: &Running, rest: &Rest) -> Option<String> {
    let Running { here, anywhere, .. } = running;
    let others = &rest.others;
    if monitor.maintenance {
        Some("the cluster is in maintenance: what runs here runs on, unwatched".to_owned())
    } else if others.is_empty() {
        (!anywhere.is_empty()).then(|| {
            format!(
                "{} stop{}: no other node is there",
                wording::list(anywhere),
                wording::verb_ending(anywhere)
            )
        })
    } else if !rest.quorate && !anywhere.is_empty() {
        Some(format!(
            "{} stop{} everywhere: {} alone {} no quorum",
            wording::list(anywhere),
            wording::verb_ending(anywhere),
            wording::list(others),
            if others.len() == 1 { "has" } else { "have" }
        ))
    } else if here.is_empty() {
        None
    } else if rest.takers.is_empty() {
        Some(format!(
            "{} stop{}: no other node takes resources",
            wording::list(here),
            wording::verb_ending(here)
        ))
    } else {
        Some(format!(
            "{} move{} to {}, with a short outage",
            wording::list(here),
            wording::verb_ending(here),
            rest.takers.join(" or ")
        ))
    }
}

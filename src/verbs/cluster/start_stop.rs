//! `cluster start` and `cluster stop`: the services on this host.

use crate::conf::CorosyncConf;
use crate::conf::corosync::{Severity, concern_here, concerns};
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::health::{self, log};
use crate::membership::{consequences, nodes, services, standing};
use crate::plan::{Check, Danger, Plan, Refusal, Verify};
use crate::verb::Change;
use crate::wording;
use clap::Args;

/// Start the cluster on this host
#[derive(Debug, Args)]
pub struct Start {}

/// Stop the cluster on this host
///
/// Pacemaker moves what runs here to the other nodes first. At the next boot the cluster starts
/// again.
#[derive(Debug, Args)]
pub struct Stop {}

impl Change for Start {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            ..standing::needs()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        log::needs(facts)
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let conf = standing::membership(facts)?;
        let name = standing::called(&conf);
        let host = facts.host.as_str();
        let mut plan = Plan::new(format!("{name} runs on {host}"));
        if services::runs(facts) {
            return Ok(plan);
        }
        starts(facts, &conf)?;
        standing::warn_of_concerns(&conf, &mut plan);
        let nodes = nodes::members_of(&conf, facts);
        let others: Vec<&str> = nodes
            .iter()
            .filter(|node| !node.own)
            .map(|node| node.name.as_str())
            .collect();
        if conf.two_node() && !others.is_empty() {
            plan.check(
                Check::warning(format!(
                    "unless {} runs, {host} has no quorum and starts nothing",
                    wording::list(&others)
                ))
                .note("explain two_node"),
            );
        }
        plan.step(
            services::start(
                facts,
                false,
                "corosync finds its peers, Pacemaker joins or elects a DC",
            )
            .within(services::REJOIN)
            .waits_for(format!(
                "{host} to join, or after 20 s alone to elect itself (dc-deadtime)"
            ))
            .verify(Verify::Online {
                nodes: vec![nodes::own_name(facts)],
            }),
        );
        plan.undo_danger = Some(Danger::new(
            format!("{name} stops on {host}: what runs here moves or stops"),
            host,
        ));
        Ok(plan)
    }
}

/// Refuses where corosync would not start, or would reach nobody.
fn starts(facts: &Facts, conf: &CorosyncConf) -> Result<(), Refusal> {
    if let Some((what, hint)) = log::missing(facts) {
        return Err(Refusal::check(what).hint(hint.purpose, hint.command));
    }
    let stopping = concerns(conf)
        .into_iter()
        .find(|concern| concern.severity == Severity::Stops);
    if let Some(concern) = stopping {
        let line = concern
            .line
            .map_or(String::new(), |line| format!(":{line}"));
        return Err(Refusal::check(format!(
            "{COROSYNC_CONF}{line}: {}; {}",
            concern.text, concern.mend
        ))
        .hint("to mend it", health::mends(conf, &concern)));
    }
    let Some(network) = &facts.network else {
        return Ok(());
    };
    let own: Vec<_> = network.addresses().collect();
    match concern_here(conf, &facts.host, &own) {
        None => Ok(()),
        Some(concern) => {
            let line = concern.line.map(|line| format!(":{line}"));
            Err(Refusal::check(format!(
                "{COROSYNC_CONF}{}: {}; {}",
                line.unwrap_or_default(),
                concern.text,
                concern.mend
            ))
            .hint("its addresses", "ip -brief address")
            .hint("to mend it", format!("sensible-editor {COROSYNC_CONF}")))
        }
    }
}

impl Change for Stop {
    fn needs(&self) -> Needs {
        standing::needs()
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let host = facts.host.as_str();
        let mut plan = Plan::new(format!("the cluster is stopped on {host}"));
        if services::active(facts).is_empty() {
            return Ok(plan);
        }
        let conf = match standing::standing(facts)? {
            standing::Standing::Member(conf) => Some(conf),
            standing::Standing::Alone => None,
        };
        consequences::of_stopping(
            facts,
            conf.as_ref(),
            &format!("the cluster stops on {host}"),
            &mut plan,
        );
        let enabled = facts.units.values().any(|unit| unit.enabled);
        if enabled {
            plan.check(Check::ok("it starts again at the next boot"));
        }
        plan.step(
            services::stop(
                facts,
                true,
                "Pacemaker first: it moves or stops what runs here, then says goodbye",
            )
            .waits_for("what runs here to move or stop"),
        );
        plan.next.push("bascule cluster start".to_owned());
        Ok(plan)
    }
}

//! `cluster leave`: this host goes out of its cluster, and the others stop counting on it.
//!
//! Where every other node answers by ssh, it is taken out of their corosync.conf and of the
//! configuration too; otherwise nothing is changed there, since half of the nodes with another
//! file is worse than a name too many.

use crate::cib::Object;
use crate::conf::CorosyncConf;
use crate::facts::{COROSYNC_CONF, Facts, Needs};
use crate::membership::members::NodeAnswer;
use crate::membership::services::{KEY, PACEMAKER};
use crate::membership::standing::Standing;
use crate::membership::{consequences, members, nodes, services, standing};
use crate::plan::{Before, Check, Danger, Plan, Refusal, Step, Verify, over_ssh, words};
use crate::verb::Change;
use crate::{reach, wording};
use clap::Args;
use std::path::Path;

/// Take this host out of its cluster
///
/// Pacemaker moves what runs here first. Then the services stop and no longer start at boot, and
/// corosync.conf, the key and the configuration are put away; the other nodes, where ssh reaches
/// all of them, no longer count on this host.
#[derive(Debug, Args)]
pub struct Leave {}

impl Change for Leave {
    fn needs(&self) -> Needs {
        Needs {
            folders: vec![PACEMAKER.into()],
            ..standing::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let host = facts.host.as_str();
        let mut plan = Plan::new("");
        let conf = match standing::standing(facts)? {
            Standing::Member(conf) => Some(conf),
            Standing::Alone => None,
        };
        let held = standing::resources(facts.cib());
        if conf.is_none() && held.is_empty() {
            plan.headline = format!("{host} is in no cluster");
            return Ok(plan);
        }
        let others = facts.monitor.iter().flat_map(|monitor| monitor.members());
        let joined = others.filter(|node| node.online).count() > 1;
        if let Some(conf) = conf.as_ref().filter(|conf| conf.has_device() && joined) {
            let why = "it would count on a node that is gone";
            return Err(standing::with_device(conf, why));
        }
        let name = conf.as_ref().map_or("its own cluster", standing::called);
        plan.headline = format!("{host} leaves {name}");
        let what_happens = format!("{host} leaves {name}");
        consequences::of_stopping(facts, conf.as_ref(), &what_happens, &mut plan);
        if plan.danger.is_none() {
            plan.danger = Some(Danger::new(what_happens, host));
        }
        let told = match &conf {
            Some(conf) => self.nodes_to_tell(facts, conf, &mut plan)?,
            None => Vec::new(),
        };
        if !services::active(facts).is_empty() {
            let stop = services::stop(
                facts,
                true,
                "Pacemaker first: it moves or stops what runs here, then says goodbye",
            )
            .waits_for("what runs here to move or stop");
            plan.step(stop.after_undo(attributes(facts)));
        }
        services::disable(facts, &mut plan);
        if facts.file(COROSYNC_CONF).exists() && conf.is_some() {
            let before = facts.file(COROSYNC_CONF).before();
            plan.step(Step::file(
                COROSYNC_CONF,
                before,
                None,
                "it names a cluster no longer ours",
            ));
        }
        if facts.sums.contains_key(Path::new(KEY)) {
            plan.step(Step::file(
                KEY,
                Before::AsFound,
                None,
                "whoever has it can join: it goes, and the journal's copy is for root alone",
            ));
        }
        let folder = facts.folders.get(Path::new(PACEMAKER));
        if folder.is_some_and(|names| names.iter().any(|name| name == "cib")) {
            services::put_cib_aside(
                facts,
                "the cluster's configuration is kept aside, and none of it comes along",
                &mut plan,
            );
        }
        if let Some(conf) = conf.filter(|_| !told.is_empty()) {
            self.tell(facts, &conf, &told, &mut plan)?;
            // Whoever had the key can still join; a cluster that talks in clear has none to change.
            if facts.sums.contains_key(Path::new(KEY)) {
                plan.next
                    .push(format!("on {}: bascule cluster key", told[0]));
            }
        }
        Ok(plan)
    }
}

impl Leave {
    /// Returns the nodes to be told: all others or, where one cannot be, none.
    fn nodes_to_tell(
        &self,
        facts: &Facts,
        conf: &CorosyncConf,
        plan: &mut Plan,
    ) -> Result<Vec<String>, Refusal> {
        let host = &facts.host;
        let own = nodes::own_name(facts);
        let mut told = Vec::new();
        let mut why_not = None;
        for node in nodes::members_of(conf, facts)
            .iter()
            .filter(|node| !node.own)
        {
            let (other, target) = (&node.name, members::target(node, facts));
            match members::answer(node, facts, plan) {
                NodeAnswer::Asking | NodeAnswer::Same => told.push(target),
                NodeAnswer::Unreachable(why) => {
                    why_not.get_or_insert(reach::sentence(&target, &why));
                }
                NodeAnswer::OtherFile => {
                    why_not.get_or_insert(format!("{other} has another corosync.conf"));
                }
                NodeAnswer::Apart if online(facts, other) => {
                    why_not.get_or_insert(format!("{other} is online and has another {KEY}"));
                }
                // It takes the file of whom it joins.
                NodeAnswer::Apart => {
                    plan.check(Check::ok(format!(
                        "{other} has not joined: nothing is to be changed there"
                    )));
                }
            }
        }
        if let Some(why) = why_not {
            plan.check(Check::warning(format!(
                "{why}; so {host} stays in the others' corosync.conf, and counts for quorum there"
            )));
            for (what, command) in by_hand(facts, conf) {
                plan.next.push(format!("on {what}: {command}"));
            }
            return Ok(Vec::new());
        }
        if told.is_empty() {
            return Ok(told);
        }
        for object in facts.cib().map(|cib| cib.objects()).unwrap_or_default() {
            if let Object::Location(location) = object
                && location.node == own
            {
                plan.check(Check::warning(format!(
                    "location {} speaks of {own} and stays; without it: crm configure delete {}",
                    location.id, location.id
                )));
            }
        }
        Ok(told)
    }

    /// Adds the steps by which the others no longer count on this host.
    fn tell(
        &self,
        facts: &Facts,
        conf: &CorosyncConf,
        told: &[String],
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let nodes = nodes::members_of(conf, facts);
        let Some(at) = nodes.iter().position(|node| node.own) else {
            return Err(standing::not_a_node(facts, conf));
        };
        let (host, label) = (&nodes[at].name, conf.nodes()[at].label().to_owned());
        let mut edited = conf.clone();
        let wrong = |error: crate::conf::EditError| Refusal::check(error.to_string());
        edited.remove_node(&label).map_err(wrong)?;
        edited.fit_two_node().map_err(wrong)?;
        if edited.fit_consensus().map_err(wrong)? && edited.consensus().is_some() {
            plan.check(
                Check::ok(format!(
                    "{} agree within {} ms from then on, as only two nodes may",
                    wording::list(&standing::names(&edited)),
                    edited.consensus_in_force()
                ))
                .note("explain consensus"),
            );
        }
        standing::warn_of_concerns(&edited, plan);
        let (old, new) = (conf.to_text(), edited.to_text());
        let votes = edited.nodes().len();
        let first = &told[0];
        for (at, other) in told.iter().enumerate() {
            let back = members::write_conf(other, &old, "as it was");
            let mut step = members::write_conf(other, &new, &format!("without {host}"))
                .verify(Verify::Prints {
                    argv: over_ssh(other, &words(&["cat", COROSYNC_CONF])),
                    text: new.clone(),
                    proves: format!("corosync.conf on {other} is without {host}"),
                })
                .undone_by(vec![back]);
            if at == 0 {
                let reload = members::reload("every node reads the file as it was").on(first);
                step = step.after_undo(vec![
                    reload.verify(members::expects(Some(first), conf.nodes().len())),
                ]);
            }
            plan.step(step);
        }
        let mut reload = members::reload("once, when all have it").on(first);
        for other in told {
            reload = reload.verify(members::expects(Some(other), votes));
        }
        plan.step(reload);
        plan.step(
            Step::run(
                ["crm_node", "--force", "--remove", host.as_str()],
                format!("{host} stays in the cluster's list of nodes for ever otherwise"),
            )
            .on(first),
        );
        Ok(())
    }
}

fn online(facts: &Facts, node: &str) -> bool {
    let monitor = facts.monitor.as_ref();
    monitor.is_some_and(|monitor| monitor.node(node).is_some_and(|node| node.online))
}

/// Returns what takes this host out of the nodes that stay, by hand: on which, and the command.
fn by_hand(facts: &Facts, conf: &CorosyncConf) -> Vec<(String, String)> {
    let nodes = nodes::members_of(conf, facts);
    let others: Vec<&str> = nodes
        .iter()
        .filter(|node| !node.own)
        .map(|node| node.name.as_str())
        .collect();
    let Some(first) = others.first() else {
        return Vec::new();
    };
    let pair = match conf.two_node() {
        true => ", and two_node",
        false => "",
    };
    vec![
        (
            format!(
                "{}, to take the node {}{pair} out",
                wording::list(&others),
                facts.host
            ),
            format!("sensible-editor {COROSYNC_CONF}"),
        ),
        (
            format!("{first}, then"),
            format!(
                "corosync-cfgtool -R && crm_node --force --remove {}",
                nodes::own_name(facts)
            ),
        ),
    ]
}

/// Returns what an undo must put back once this host is back: its attributes went with it.
fn attributes(facts: &Facts) -> Vec<Step> {
    let own = nodes::own_name(facts);
    let host = own.as_str();
    let cib = facts.live_cib();
    let (Some(node), Some(text)) = (
        cib.and_then(|cib| cib.node(host)),
        cib.and_then(|cib| cib.node_text(host)),
    ) else {
        return Vec::new();
    };
    // A node without attributes is one empty element, which Pacemaker writes by itself.
    if text.trim_end().ends_with("/>") {
        return Vec::new();
    }
    let xpath = format!("//nodes/node[@id='{}']", node.id);
    let argv = words(&["cibadmin", "--replace", "--xpath", &xpath, "--xml-pipe"]);
    vec![Step::run(argv, format!("the attributes that {host} had")).stdin(text)]
}

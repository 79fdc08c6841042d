//! `quorum remove`: the third host no longer votes, and two nodes have `two_node` again.
//!
//! The daemons stop and the file takes its place in one step: in between there are two votes, and both are
//! needed. Certificates and key go last; nothing keeps them, so that from there on the way back is a new device.

use super::SETTLES;
use super::files;
use super::picture::{Picture, on};
use crate::facts::{Facts, Needs};
use crate::membership::device::{self, NODE_CERTIFICATES, Side};
use crate::membership::nodes::Member;
use crate::membership::{members, nodes, standing};
use crate::plan::{Check, Plan, Refusal, Step, Undo};
use crate::reach;
use crate::verb::Change;
use clap::Args;

/// Take the third host's vote back
///
/// The cluster goes on meanwhile. The nodes' certificates go, and the third host's copy of theirs where ssh gets
/// there; the packages stay.
#[derive(Debug, Args)]
pub struct Remove {}

impl Change for Remove {
    fn needs(&self) -> Needs {
        device::needs_here()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let Ok(conf) = standing::membership(facts) else {
            return Needs::default();
        };
        let nodes = nodes::members_of(&conf, facts);
        let others: Vec<Member> = nodes.into_iter().filter(|node| !node.own).collect();
        let mut needs = device::needs_of_nodes(&others, None);
        if let (Some(host), Some(name)) = (self.third_host(facts), conf.cluster_name()) {
            needs.peers.push(device::ask_server(&host, name));
        }
        needs
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let mut plan = Plan::new("");
        let picture = Picture::of(facts, None, &mut plan)?;
        let host = self.third_host(facts);
        plan.headline = match &host {
            Some(host) => format!("{}: {host} has no vote any more", picture.name),
            None => format!("{}: what a quorum device has left goes", picture.name),
        };
        let mut edited = picture.conf.clone();
        let wrong = |error: crate::conf::EditError| Refusal::check(error.to_string());
        if picture.sides.iter().any(|side| {
            side.runs_with_device() || device::parsed(side).is_some_and(|conf| conf.has_device())
        }) {
            edited.remove_device().map_err(wrong)?;
        }
        let text = edited.to_text();
        files::beside(&picture, facts, &text, &mut plan);
        self.stop_voting(&picture, &text, &mut plan);
        let awake: Vec<&Side> = picture.sides.iter().filter(|s| s.unit.enabled).collect();
        if !awake.is_empty() {
            plan.step(files::at_boot(&awake, false, "no longer started at boot"));
        }
        let point = plan.steps.len();
        for side in &picture.sides {
            self.forget(side, &mut plan);
        }
        self.forget_there(&picture, host.as_deref(), facts, &mut plan);
        if plan.is_empty() {
            plan.checks.clear();
            plan.headline = format!("{} has no quorum device", picture.name);
            return Ok(plan);
        }
        plan.no_return = Some(point);
        plan.settles = Some(SETTLES.to_owned());
        plan.turned_back_by = host.map(|host| format!("quorum add {host}"));
        Ok(plan)
    }
}

impl Remove {
    /// Returns the third host of the file, or of what still runs.
    fn third_host(&self, facts: &Facts) -> Option<String> {
        let conf = standing::membership(facts).ok()?;
        if let Some(host) = conf.device_host() {
            return Some(host.to_owned());
        }
        let nodes = nodes::members_of(&conf, facts);
        let sides: Vec<Side> = nodes
            .iter()
            .map(|node| Side::of(node, facts, None))
            .collect();
        sides.iter().find_map(|side| {
            let written = device::parsed(side)?.device_host().map(str::to_owned);
            written.or_else(|| side.settings.get("quorum.device.net.host").cloned())
        })
    }

    /// Adds the steps after which the nodes count among themselves.
    fn stop_voting(&self, picture: &Picture, text: &str, plan: &mut Plan) {
        let running: Vec<&Side> = picture.sides.iter().filter(|s| s.unit.active).collect();
        let differing = files::differing(picture, text);
        let with_device = picture.sides.iter().any(Side::runs_with_device);
        let why = "as before: the daemons at once after the file, without which they end";
        let back = files::reload_and_start(true, &running, why);
        files::rename(picture, text, &[back], plan);
        if running.is_empty() && differing.is_empty() && !with_device {
            return;
        }
        let why = "at once one after the other: in between there are two votes, and both nodes are needed";
        let mut step = files::stop_and_reload(&running, why);
        for side in &picture.sides {
            step = step.verify(members::expects(
                side.target.as_deref(),
                picture.nodes.len(),
            ));
        }
        plan.step(step.waits_for("the nodes to count anew"));
    }

    /// Adds the step that takes a node's certificates away.
    fn forget(&self, side: &Side, plan: &mut Plan) {
        if !side.certificates.database {
            return;
        }
        let line = format!(
            "rm -r {NODE_CERTIFICATES}; cd /etc/corosync; \
             rmdir --parents --ignore-fail-on-non-empty qdevice/net"
        );
        let step = Step::run(
            ["sh", "-euc", &line],
            "the certificates and the key are of no use any more",
        );
        plan.step(on(step, side).undo(Undo::Impossible {
            reason: "nothing keeps a key; a new device has a new one".to_owned(),
        }));
    }

    /// Adds the step that takes the cluster's certificate away from the third host, or says that it stays.
    fn forget_there(&self, picture: &Picture, host: Option<&str>, facts: &Facts, plan: &mut Plan) {
        let Some(host) = host else { return };
        let file = device::certificate_of(&picture.name);
        let Some(peer) = facts.peers.get(host) else {
            return;
        };
        if let Some(why) = &peer.unreachable {
            if !plan.is_empty() {
                plan.check(Check::warning(format!(
                    "{}; the cluster's certificate stays there, and harms nobody",
                    reach::sentence(host, why)
                )));
                plan.next.push(format!("on {host}: rm {file}"));
            }
            return;
        }
        if peer.files.get(&file).is_some_and(Option::is_some) {
            plan.step(
                Step::run(["rm", "-f", &file], "what it knows the cluster by")
                    .on(peer.target(host))
                    .undo(Undo::Impossible {
                        reason: "a new device has a new one".to_owned(),
                    }),
            );
        }
    }
}

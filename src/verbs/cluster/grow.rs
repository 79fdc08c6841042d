//! `cluster init` run again: new nodes in the corosync.conf of a cluster that stands.

use super::init::Init;
use crate::conf::{ConfNode, CorosyncConf};
use crate::facts::{COROSYNC_CONF, Facts, FileState, Monitor};
use crate::membership::members::NodeAnswer;
use crate::membership::{members, nodes, services, standing};
use crate::plan::{Check, Danger, FileContent, Plan, Refusal, Step};
use crate::wording;

impl Init {
    /// Returns the names of the nodes that the file does not have yet.
    pub fn new_nodes(&self, facts: &Facts, conf: &CorosyncConf) -> Result<Vec<String>, Refusal> {
        let mut new = Vec::new();
        for node in &self.node {
            let address = node.address.to_string();
            match conf
                .nodes()
                .iter()
                .find(|n| n.label() == node.name.as_str())
            {
                None => new.push(node.name.to_string()),
                Some(there) if there.addresses.first() == Some(&address) => {}
                Some(there) => {
                    return Err(Refusal::check(format!(
                        "{} is a node already, at {}: a node's address changes only by leaving \
                         and joining anew",
                        node.name,
                        there.addresses.join(", ")
                    ))
                    .hint(format!("on {}", node.name), "bascule cluster leave"));
                }
            }
        }
        if !nodes::members_of(conf, facts).iter().any(|node| node.own) {
            return Err(standing::not_a_node(facts, conf));
        }
        Ok(new)
    }

    /// Plans the difference: the file edited by its lines, the same everywhere, one reload.
    pub fn grow(
        &self,
        facts: &Facts,
        conf: &CorosyncConf,
        new: &[String],
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        if !services::runs(facts) {
            return Err(Refusal::check(format!(
                "{} is configured on {} and does not run",
                self.name, facts.host
            ))
            .hint("to start it", "bascule cluster start"));
        }
        let FileState::Text(content) = facts.file(COROSYNC_CONF) else {
            return Err(Refusal::check(format!("{COROSYNC_CONF} cannot be read")));
        };
        let carried_to = self.carried_to(facts, conf, plan)?;
        let mut edited = conf.clone();
        for node in self
            .node
            .iter()
            .filter(|n| new.contains(&n.name.to_string()))
        {
            let entry = ConfNode::new(node.name.as_str(), node.address.to_string());
            edited
                .add_node(&entry)
                .map_err(|error| Refusal::check(error.to_string()))?;
            self.check_peer(node, facts, plan)?;
        }
        edited
            .fit_two_node()
            .map_err(|error| Refusal::check(error.to_string()))?;
        standing::warn_of_concerns(&edited, plan);
        let votes = edited.nodes().len();
        let old = content.text.as_str();
        let text = edited.to_text();
        let after = FileContent {
            text,
            ..content.clone()
        };
        let before = facts.file(COROSYNC_CONF).before();
        let reload_back = members::reload("every node reads the file as it was")
            .verify(members::expects(None, conf.nodes().len()));
        plan.step(
            Step::file(
                COROSYNC_CONF,
                before,
                Some(after),
                "only these lines change",
            )
            .after_undo(vec![reload_back]),
        );
        plan.step(Step::run(
            ["corosync", "-t"],
            "corosync's own look: a file that it does not read is ignored by a reload",
        ));
        for name in &carried_to {
            let back = members::write_conf(name, old, "as it was");
            plan.step(
                Step::run(
                    members::scp(COROSYNC_CONF, &members::remote(name, COROSYNC_CONF)),
                    "each node reads its own file: it must be the same everywhere",
                )
                .verify(members::same_file(COROSYNC_CONF, name))
                .undone_by(vec![back]),
            );
        }
        let mut reload = members::reload("once, when all have it: every node reads its own file")
            .verify(members::expects(None, votes));
        for name in &carried_to {
            reload = reload.verify(members::expects(Some(name), votes));
        }
        plan.step(reload);
        quorum(facts, conf.nodes().len(), votes, plan)?;
        plan.undo_danger = Some(Danger::new(
            format!(
                "{}, where it has joined, is alone from then on",
                wording::list(new)
            ),
            &facts.host,
        ));
        for name in new {
            plan.next
                .push(format!("on {name}: bascule cluster join {}", facts.host));
        }
        Ok(())
    }

    /// Returns how ssh reaches the nodes that have the file and need the new one.
    fn carried_to(
        &self,
        facts: &Facts,
        conf: &CorosyncConf,
        plan: &mut Plan,
    ) -> Result<Vec<String>, Refusal> {
        let mut names = Vec::new();
        let nodes = nodes::members_of(conf, facts);
        for node in nodes.iter().filter(|node| !node.own) {
            let (name, target) = (&node.name, members::target(node, facts));
            match members::answer(node, facts, plan) {
                NodeAnswer::Asking => names.push(target),
                NodeAnswer::Unreachable(why) => {
                    let what = "its corosync.conf would stay the old one";
                    return Err(members::unreachable(node, facts, &why, what));
                }
                NodeAnswer::OtherFile => return Err(members::other_file(name, &target)),
                NodeAnswer::Apart => {
                    plan.check(Check::ok(format!(
                        "{name} has not joined yet: it gets the file when it does"
                    )));
                }
                NodeAnswer::Same => {
                    plan.check(
                        Check::ok(format!("{name} has the same corosync.conf and key"))
                            .note("ssh, sha256"),
                    );
                    names.push(target);
                }
            }
        }
        Ok(names)
    }
}

/// Says what the new number of votes means.
///
/// # Errors
/// When those that are online would be too few from then on, and everything would stop.
fn quorum(facts: &Facts, before: usize, after: usize, plan: &mut Plan) -> Result<(), Refusal> {
    let needed = if after == 2 { 1 } else { after / 2 + 1 };
    let nodes = facts.monitor.iter().flat_map(Monitor::members);
    let online = nodes.filter(|node| node.online).count();
    if online < needed {
        return Err(Refusal::check(format!(
            "of {after} nodes {needed} are needed for quorum, and {online} online now: everything \
             would stop"
        ))
        .hint(
            "on the nodes that are offline, first",
            "bascule cluster start",
        ));
    }
    if before <= 2 && after > 2 {
        plan.check(
            Check::warning(format!(
                "{needed} of {after} nodes are needed for quorum from then on, also before the new \
                 ones have joined"
            ))
            .note("explain quorum"),
        );
    }
    Ok(())
}

//! `cluster init` run again: new nodes in the corosync.conf of a cluster that stands.

use super::init::Init;
use crate::conf::{ConfNode, CorosyncConf};
use crate::facts::{Facts, Monitor};
use crate::membership::{carry, members, nodes, services, standing};
use crate::plan::{Check, Danger, Plan, Refusal};
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
        if conf.has_device() {
            return Err(standing::with_device(
                conf,
                "bascule gives a third host a vote where there are two nodes, and not more",
            ));
        }
        let carried_to = carry::holders(facts, conf, plan)?;
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
        let wrong = |error: crate::conf::EditError| Refusal::check(error.to_string());
        let why = match edited.fit_consensus().map_err(wrong)? {
            false => "only these lines change",
            true if edited.consensus().is_none() => {
                "only these lines change; a consensus below the token is for exactly two nodes"
            }
            true => "only these lines change; two nodes need not wait 1.2 tokens to agree",
        };
        standing::warn_of_concerns(&edited, plan);
        let votes = edited.nodes().len();
        let other = edited.consensus_in_force() != conf.consensus_in_force();
        let proof = |conf: &CorosyncConf, host: Option<&str>| {
            let mut proof = vec![members::expects(host, conf.nodes().len())];
            if other {
                proof.push(carry::agrees_within(conf, host));
            }
            proof
        };
        carry::change(facts, [conf, &edited], &carried_to, why, proof, plan)?;
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

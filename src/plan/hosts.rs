//! The other hosts that a plan changes, as each of them answered when it was made.

use super::{Action, Guard, Plan, Step, Undo, Verify};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A host as it answered: a name may lead to another one later, and its machine-id is that of every
/// clone of it, so that both are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Its own name.
    pub host: String,
    /// What stands in its `/etc/machine-id`.
    pub machine: String,
    /// Addresses of its own, of which it must have one.
    pub addresses: Vec<IpAddr>,
}

impl Answered {
    /// Returns true when a host with this machine-id and these addresses is the one that answered.
    pub fn is_same_host(&self, machine: &str, holds: impl Fn(IpAddr) -> bool) -> bool {
        let addressed = self.addresses.is_empty() || self.addresses.iter().any(|ip| holds(*ip));
        self.machine == machine && addressed
    }
}

impl Plan {
    /// Returns true when a step does something on this host, or has it answer.
    pub fn concerns(&self, target: &str) -> bool {
        self.steps.iter().any(|step| step.concerns(target))
    }
}

impl Step {
    /// Returns true when it does something on this host, or has it answer; or its way back does.
    fn concerns(&self, target: &str) -> bool {
        let back = match &self.undo {
            Undo::Steps { steps } => steps.as_slice(),
            Undo::Nothing | Undo::Files { .. } | Undo::Cib { .. } | Undo::Impossible { .. } => &[],
        };
        let mut others = back.iter().chain(&self.after_undo).chain(&self.on_failure);
        is(self.host.as_ref(), target)
            || self.action.concerns(target)
            || self.verify.iter().any(|verify| verify.concerns(target))
            || self.guards.iter().any(|guard| guard.concerns(target))
            || others.any(|step| step.concerns(target))
    }
}

impl Action {
    fn concerns(&self, target: &str) -> bool {
        match self {
            Action::Run { argv, stdin, .. } => is_named(argv, stdin.as_ref(), target),
            Action::Pipe {
                from,
                from_host,
                into,
                ..
            } => {
                is(from_host.as_ref(), target)
                    || is_named(from, None, target)
                    || is_named(into, None, target)
            }
            // They only look on.
            Action::Beside { .. } | Action::EndBeside { .. } => false,
            Action::Crm { .. } | Action::Patch { .. } => false,
            Action::File { .. } | Action::Sql { .. } => false,
        }
    }
}

impl Guard {
    fn concerns(&self, target: &str) -> bool {
        is_named(&self.argv, self.stdin.as_ref(), target)
    }
}

impl Verify {
    fn concerns(&self, target: &str) -> bool {
        let among = |hosts: &[String]| hosts.iter().any(|host| host == target);
        match self {
            Verify::Runs { node, .. } => is(node.as_ref(), target),
            Verify::Node { node, .. } => node == target,
            Verify::RunsOn { nodes, .. } | Verify::Online { nodes } => among(nodes),
            Verify::Unit { host, .. } | Verify::Answers { host, .. } => is(host.as_ref(), target),
            Verify::SameEverywhere { hosts, .. } => among(hosts),
            Verify::Prints { argv, .. } => is_named(argv, None, target),
            Verify::Replicates { primary, host } => primary == target || is(host.as_ref(), target),
            // The address of its primary is one of them.
            Verify::Linked { columns } => columns.values().any(|value| value == target),
            Verify::Gone { .. } | Verify::Stopped { .. } | Verify::Settled => false,
            Verify::Once { .. } | Verify::Configured { .. } => false,
            Verify::Unconfigured { .. } | Verify::ClusterStopped => false,
            Verify::Exists { .. } | Verify::Listens { .. } => false,
            Verify::ServerParses { .. } | Verify::RelayApplied | Verify::Arrives { .. } => false,
        }
    }
}

fn is(host: Option<&String>, target: &str) -> bool {
    host.is_some_and(|host| host == target)
}

/// Returns true when a command names a host: as a word, or as ssh and scp take it.
fn is_named(argv: &[String], stdin: Option<&String>, target: &str) -> bool {
    let (whole, path, bracketed) = (
        format!("root@{target}"),
        format!("root@{target}:"),
        format!("root@[{target}]"),
    );
    argv.iter().chain(stdin).any(|word| {
        word == target
            || word.ends_with(&whole)
            || word.contains(&path)
            || word.contains(&bracketed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_or_a_host_reinstalled_is_not_the_one_that_answered() {
        let address: IpAddr = "172.16.0.10".parse().unwrap();
        let seen = Answered {
            host: "serv1".to_owned(),
            machine: "da729f13f33c4a1089c4d9fe917726f0".to_owned(),
            addresses: vec![address],
        };
        assert!(seen.is_same_host(&seen.machine, |ip| ip == address));
        assert!(!seen.is_same_host(&seen.machine, |_| false));
        assert!(!seen.is_same_host("36c1ca556d8648809844f0511cae0c98", |ip| ip == address));
    }

    #[test]
    fn a_host_is_known_in_a_step_by_ssh_by_scp_and_in_a_proof() {
        let mut plan = Plan::new("");
        plan.step(
            Step::run(["scp", "x", "root@serv2:/x"], "")
                .undone_by(vec![Step::run(["rm", "/x"], "").on("serv3")]),
        );
        assert!(plan.concerns("serv2") && plan.concerns("serv3"));
        assert!(!plan.concerns("serv") && !plan.concerns("serv1"));
    }
}

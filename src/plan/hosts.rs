//! The other hosts that a plan changes, as each of them answered when it was made.

use super::Plan;
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
        let text = serde_json::to_string(&self.steps).unwrap_or_default();
        ["root@T\"", "root@T:", "root@[T]", "\"T\""]
            .iter()
            .any(|form| text.contains(&form.replace('T', target)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Step;

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

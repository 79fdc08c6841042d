//! The host that an operation was made on: a journal that came with a copy of another host's disk tells
//! of operations that this one never saw.

use crate::facts::{self, Who};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// The host that an operation was made on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MadeOn {
    /// Its name, as `uname -n` prints it.
    pub host: String,
    /// Its machine-id.
    pub machine: String,
    /// Its addresses, loopback's left out.
    pub addresses: Vec<IpAddr>,
}

impl MadeOn {
    /// Returns this host.
    pub fn this_host(host: &str) -> MadeOn {
        MadeOn {
            host: host.to_owned(),
            machine: Who::of_this_host().machine,
            addresses: facts::network_within(Duration::from_secs(5))
                .map_or_else(Vec::new, |network| network.own_addresses().collect()),
        }
    }

    /// Returns true when this is certainly another host.
    ///
    /// A clone has the machine-id of its model, a renamed host another name, a renumbered one other
    /// addresses: so an address in common makes it the same one, and without one any of the other two
    /// that differs makes it another. One that was not written down (older journals) says nothing.
    pub fn is_other_than(&self, here: &MadeOn) -> bool {
        let shared = self
            .addresses
            .iter()
            .any(|address| here.addresses.contains(address));
        !self.addresses.is_empty()
            && !here.addresses.is_empty()
            && !shared
            && self.differs(&here.host, &here.machine)
    }

    /// Returns true when it has the name and the machine-id of another host, as far as both are known.
    pub fn differs(&self, host: &str, machine: &str) -> bool {
        let differs = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
        differs(&self.machine, machine) || differs(&self.host, host)
    }

    /// Returns its name with its first address.
    pub fn name_and_address(&self) -> String {
        match self.addresses.first() {
            Some(address) => format!("{} ({address})", self.host),
            None => self.host.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, machine: &str, addresses: &[&str]) -> MadeOn {
        MadeOn {
            host: name.to_owned(),
            machine: machine.to_owned(),
            addresses: addresses.iter().map(|one| one.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_clone_is_another_host_and_a_renamed_one_is_not() {
        let serv1 = host("serv1", "a", &["172.16.0.10"]);
        for (other, is_other) in [
            (host("serv2", "a", &["172.16.0.11"]), true),
            (host("serv1", "b", &["172.16.0.11"]), true),
            (host("serv1", "a", &["172.16.0.10", "172.16.0.12"]), false),
            (host("web1", "a", &["172.16.0.10"]), false),
            (host("serv1", "a", &["172.16.0.99"]), false),
            (host("serv2", "a", &[]), false),
        ] {
            assert_eq!(serv1.is_other_than(&other), is_other, "{other:?}");
            assert_eq!(other.is_other_than(&serv1), is_other, "{other:?}");
        }
        // Of an older journal nothing is known.
        assert!(!MadeOn::default().is_other_than(&serv1));
    }

    #[test]
    fn an_older_journal_reads_as_one_made_here() {
        let made: MadeOn = serde_json::from_str("{}").unwrap();
        assert_eq!(made, MadeOn::default());
    }
}

//! Who a host is, whatever it is called: what tells it from every other, and why ssh did not get there.

use super::Network;
use serde::{Deserialize, Serialize};

/// The words of the shell that print a host's two numbers, a line each.
pub const NUMBERS: &str = "cat /etc/machine-id /proc/sys/kernel/random/boot_id 2>/dev/null";

/// The identity of a host. A cloned machine has the machine-id of its model, and two
/// containers of one kernel may share the boot's: so neither is enough alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The text of `/etc/machine-id`.
    pub machine: String,
    /// The kernel's number of this boot.
    pub boot: String,
}

impl Who {
    /// Returns who this host is.
    pub fn of_this_host() -> Who {
        let line = |path| {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            text.trim().to_owned()
        };
        Who {
            machine: line("/etc/machine-id"),
            boot: line("/proc/sys/kernel/random/boot_id"),
        }
    }

    /// Parses what [`NUMBERS`] printed, and returns the lines after it.
    pub fn parse(text: &str) -> Who {
        // A boot's number has hyphens, a machine's has none: one of the two files may be missing.
        let mut who = Who::default();
        for line in text.lines().map(str::trim) {
            if line.contains('-') {
                line.clone_into(&mut who.boot);
            } else if !line.is_empty() {
                line.clone_into(&mut who.machine);
            }
        }
        who
    }

    /// Returns true when both have the same machine-id, as a clone has.
    pub fn same_machine(&self, other: &Who) -> bool {
        !self.machine.is_empty() && self.machine == other.machine
    }

    /// Returns true when both are one host, each with its network where that is known.
    pub fn is_same_host(
        &self,
        network: Option<&Network>,
        other: &Who,
        others: Option<&Network>,
    ) -> bool {
        let numbers = self.machine == other.machine && self.boot == other.boot;
        let known = !self.boot.is_empty() && !other.boot.is_empty();
        match (network, others) {
            (Some(one), Some(other)) => numbers && one.shares_address(other),
            _ => numbers && known,
        }
    }
}

/// Returns ssh's own reason in what it printed: not the frame around a changed host key, nor a
/// banner before it.
pub fn reason(stderr: &str) -> String {
    let mut lines = stderr.lines().map(str::trim).filter(|l| !l.is_empty());
    let changed = "REMOTE HOST IDENTIFICATION HAS CHANGED";
    if stderr.contains(changed) {
        return changed.to_owned();
    }
    lines.next_back().unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(addresses: &[&str]) -> Network {
        let interface = crate::facts::Interface {
            name: "host0".to_owned(),
            up: true,
            link: true,
            arp: true,
            loopback: false,
            addresses: addresses.iter().map(|net| net.parse().unwrap()).collect(),
        };
        Network {
            interfaces: vec![interface],
        }
    }

    // From two hosts of which one was made from the other's disk.
    const SERV1: &str = "da729f13f33c4a1089c4d9fe917726f0\ne6a5594f-6706-45c4-8518-00cbb5f874ba\n";
    const CLONE: &str = "da729f13f33c4a1089c4d9fe917726f0\n300e13b6-8a94-435c-9f51-dfb343a5b7ed\n";

    #[test]
    fn a_clone_is_another_host_of_the_same_machine_id() {
        let (one, clone) = (Who::parse(SERV1), Who::parse(CLONE));
        let (here, there) = (network(&["172.16.0.10/24"]), network(&["172.16.0.11/24"]));
        assert!(one.same_machine(&clone));
        assert!(one.is_same_host(Some(&here), &one, Some(&here)));
        assert!(!one.is_same_host(Some(&here), &clone, Some(&there)));
        // Every host with Docker has 172.17.0.1.
        let docker = network(&["172.17.0.1/16"]);
        assert!(!one.is_same_host(Some(&docker), &clone, Some(&docker)));
        // Containers of one kernel.
        assert!(!one.is_same_host(Some(&here), &one, Some(&there)));
    }

    #[test]
    fn the_reason_is_not_the_frame_around_it() {
        let changed = "@@@@@@@@@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
                       @@@@@@@@@@\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\n\
                       Host key verification failed.\n";
        assert_eq!(reason(changed), "REMOTE HOST IDENTIFICATION HAS CHANGED");
        let denied = "Welcome to serv1\nroot@serv1: Permission denied (publickey,password).\n";
        assert!(reason(denied).starts_with("root@serv1: Permission denied"));
    }
}

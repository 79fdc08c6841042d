//! What the cluster, the network, ssh, systemd and so this program stand on, by systemd's own
//! dependencies.

use super::{READING, tool, unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The units that must run for the cluster to live and for a host to be reached.
const ROOTS: [&str; 7] = [
    "corosync.service",
    "pacemaker.service",
    "ssh.service",
    "sshd.service",
    "dbus.service",
    "basic.target",
    "network-online.target",
];

/// A unit, and whether others that must run need it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foundation {
    /// Its own name, where it was asked for by another: `ssh.service` for `sshd`.
    pub id: String,
    /// The units that must run, with all that these need.
    pub needed: BTreeSet<String>,
}

impl Foundation {
    /// Returns true when stopping the unit takes away what a host stands on.
    pub fn is_needed(&self) -> bool {
        // Of what is not loaded now nothing is known by dependency.
        self.needed.contains(&self.id)
            || ROOTS.contains(&self.id.as_str())
            || self.id.starts_with("systemd-")
    }
}

/// Reads the dependencies of all that must run, and a unit's own name.
pub fn read(name: &str) -> Foundation {
    let said = |argv: &[&str]| {
        let output = tool::read(argv, READING);
        output.map(|output| output.stdout).unwrap_or_default()
    };
    let full = unit::service(name);
    let id = said(&["systemctl", "show", "--property=Id", "--value", &full]);
    let mut list = vec!["systemctl", "list-dependencies", "--plain", "--all"];
    list.extend(ROOTS);
    let mut needed = dependencies(&said(&list));
    needed.extend(providers(&said(&[
        "systemctl",
        "show",
        "--property=After,WantedBy,RequiredBy",
        "network.target",
    ])));
    let id = id.trim();
    Foundation {
        id: if id.is_empty() { full } else { id.to_owned() },
        needed,
    }
}

/// Parses `systemctl list-dependencies --plain`: a name a line, indented.
fn dependencies(text: &str) -> BTreeSet<String> {
    let names = text
        .lines()
        .map(|line| line.trim_start_matches(['●', '○', '×', ' ']));
    names
        .map(str::trim)
        .filter(|name| name.ends_with(".service") || name.ends_with(".socket"))
        .map(str::to_owned)
        .collect()
}

/// Parses what stands before network.target and pulls it in: that is who makes the network.
fn providers(text: &str) -> BTreeSet<String> {
    let words = |key: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect()
    };
    let before = words("After");
    let mut pulls = words("WantedBy");
    pulls.extend(words("RequiredBy"));
    before.intersection(&pulls).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `systemctl list-dependencies --plain --all` prints for corosync, ssh, dbus and
    /// network-online.target.
    const RECORDED: [&str; 2] = [
        include_str!("../../tests/data/units/bookworm.txt"),
        include_str!("../../tests/data/units/trixie.txt"),
    ];

    #[test]
    fn what_a_host_stands_on_is_found_by_dependency_and_a_web_server_is_not_among_it() {
        for text in RECORDED {
            let needs = |id: &str| {
                let foundation = Foundation {
                    id: id.to_owned(),
                    needed: dependencies(text),
                };
                foundation.is_needed()
            };
            for id in [
                "corosync",
                "pacemaker",
                "ssh",
                "dbus",
                "systemd-networkd",
                "kmod-static-nodes",
            ] {
                assert!(needs(&format!("{id}.service")), "{id}");
            }
            for id in ["apache2", "nginx", "mariadb", "haproxy"] {
                assert!(!needs(&format!("{id}.service")), "{id}");
            }
        }
    }

    #[test]
    fn who_makes_the_network_stands_before_its_target_and_pulls_it_in() {
        let said = "RequiredBy=\nWantedBy=systemd-networkd.service\n\
                    After=network-pre.target systemd-networkd.service\n";
        assert!(providers(said).contains("systemd-networkd.service"));
        assert!(!providers(said).contains("network-pre.target"));
        assert!(providers("After=x.service\nWantedBy=y.service\n").is_empty());
    }
}

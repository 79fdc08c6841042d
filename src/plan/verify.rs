//! What must hold after a step: looked at in the result, never concluded from an exit status.

use crate::cib::Object;
use crate::wording;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

/// A condition that is polled until it holds or the step's deadline is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "that", rename_all = "snake_case")]
pub enum Verify {
    /// The resource runs: a group with all its members, a clone with at least one copy.
    Runs {
        /// The resource, group or clone.
        resource: String,
        /// On this node, and nowhere else; on whichever node when null.
        #[serde(default)]
        node: Option<String>,
    },
    /// A copy of the clone runs on each of these nodes.
    RunsOn {
        /// The clone.
        resource: String,
        /// The nodes.
        nodes: Vec<String>,
    },
    /// The resource is neither configured nor left running as an orphan.
    Gone {
        /// The resource.
        resource: String,
    },
    /// Nothing runs that is about to be removed.
    Stopped {
        /// The resource.
        resource: String,
    },
    /// Nothing moves or starts any more: no action is pending, in the cluster's own words.
    Settled,
    /// No other resource is the same thing: the address, or the service.
    Once {
        /// The resource.
        resource: String,
        /// The address, or the service's unit.
        thing: String,
    },
    /// These objects stand in the CIB just so.
    Configured {
        /// The objects.
        objects: Vec<Object>,
    },
    /// None of these ids stands in the CIB.
    Unconfigured {
        /// The ids.
        ids: Vec<String>,
    },
    /// The node is as asked.
    Node {
        /// The node.
        node: String,
        /// How it must be.
        state: NodeState,
    },
    /// There is a DC, and these nodes are online.
    Online {
        /// The nodes.
        nodes: Vec<String>,
    },
    /// The cluster is not running on this host.
    ClusterStopped,
    /// The systemd unit is as asked.
    Unit {
        /// The unit.
        unit: String,
        /// The other host, by ssh; this one when null.
        #[serde(default)]
        host: Option<String>,
        /// Started at boot; null where that does not matter.
        #[serde(default)]
        enabled: Option<bool>,
        /// Running; null where that does not matter.
        #[serde(default)]
        active: Option<bool>,
    },
    /// The file exists on this host.
    Exists {
        /// Its path.
        path: PathBuf,
    },
    /// The file has the same bytes here and on each of these hosts (by ssh).
    SameEverywhere {
        /// Its path.
        path: PathBuf,
        /// The other hosts.
        hosts: Vec<String>,
    },
    /// The command succeeds and prints this text.
    Prints {
        /// The command, run on this host.
        argv: Vec<String>,
        /// What it must print somewhere.
        text: String,
        /// What that proves, as a sentence without full stop.
        proves: String,
    },
    /// A MariaDB server replicates from its primary: both threads run, without error.
    Replicates {
        /// The primary's address, as the link has it.
        primary: String,
        /// The replica, by ssh; this host when null.
        #[serde(default)]
        host: Option<String>,
    },
    /// The MariaDB server on this host has a link to a primary that is just so, and its threads run
    /// where they ran.
    Linked {
        /// The columns of its status that nobody but an administrator changes, and its two threads'.
        columns: BTreeMap<String, String>,
    },
    /// The MariaDB server on this host itself listens at these addresses; systemd does not, in its
    /// stead, at all of them.
    Listens {
        /// The port.
        port: u16,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
    /// The installed MariaDB server takes its options as they stand in its files, and from them
    /// these values. It is asked as the user that it runs as; nothing is started.
    ServerParses {
        /// The options with their values.
        values: Vec<(String, String)>,
    },
    /// The MariaDB server on this host has applied all that it has received from its primary.
    RelayApplied,
    /// What the step did has arrived: a held session, begun by an earlier step, answers so. How long
    /// that took from the step's own statements on is told with it.
    Arrives {
        /// The session.
        session: String,
        /// The query, which itself waits until there is an answer; it may name values.
        query: String,
        /// The last line of the answer.
        answer: String,
        /// What that proves, as a sentence without full stop.
        proves: String,
    },
    /// A MariaDB server's last line of answer to this query is this one.
    Answers {
        /// The other host, by ssh; this one when null.
        #[serde(default)]
        host: Option<String>,
        /// The client's name there.
        client: String,
        /// The query; it may name values.
        query: String,
        /// The answer.
        answer: String,
        /// What that proves, as a sentence without full stop.
        proves: String,
    },
}

/// How a node can be asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Online and free to run resources.
    Online,
    /// Online and emptied.
    Standby,
    /// Online, its resources left alone.
    Maintenance,
    /// Online, its resources looked after.
    Ready,
}

impl NodeState {
    /// Returns the admin's word for it.
    pub fn word(self) -> &'static str {
        match self {
            NodeState::Online => "online",
            NodeState::Standby => "in standby",
            NodeState::Maintenance => "in maintenance",
            NodeState::Ready => "looked after",
        }
    }
}

impl Verify {
    /// Returns what it is about: a later proof about the same thing replaces an earlier one, such
    /// as a service that a plan stops and starts again. None for what is only a means to an end.
    pub fn subject(&self) -> Option<String> {
        match self {
            Verify::ClusterStopped => Some("pacemaker runs on".to_owned()),
            Verify::Unit {
                unit, host, active, ..
            } => {
                let what = if active.is_some() { "runs" } else { "boots" };
                let host = host.as_deref().unwrap_or_default();
                Some(format!("{unit} {what} on{host}"))
            }
            Verify::Node { node, .. } => Some(format!("node {node}")),
            Verify::Online { .. } => Some("the nodes".to_owned()),
            Verify::Exists { .. } | Verify::ServerParses { .. } => None,
            Verify::Listens { .. } => Some("where MariaDB listens".to_owned()),
            // A file that is compared before it takes the place of another is a means to that end.
            Verify::SameEverywhere { path, hosts } => {
                let name = path.display().to_string();
                let name = name.strip_suffix(".new").unwrap_or(&name).to_owned();
                Some(format!("{name} here and on {}", wording::list(hosts)))
            }
            other => Some(other.sentence()),
        }
    }

    /// Returns true for what comes about by the cluster's actions on resources alone.
    pub fn is_the_clusters_work(&self) -> bool {
        match self {
            Verify::Runs { .. } | Verify::RunsOn { .. } | Verify::Stopped { .. } => true,
            Verify::Node { state, .. } => *state == NodeState::Standby,
            _ => false,
        }
    }

    /// Returns it with the values of the names in its texts.
    ///
    /// # Errors
    /// What `fill` says.
    pub fn filled(&self, fill: impl Fn(&str) -> Result<String, String>) -> Result<Verify, String> {
        let mut filled = self.clone();
        if let Verify::Answers {
            query,
            answer,
            proves,
            ..
        }
        | Verify::Arrives {
            query,
            answer,
            proves,
            ..
        } = &mut filled
        {
            *query = fill(query)?;
            *answer = fill(answer)?;
            *proves = fill(proves)?;
        }
        Ok(filled)
    }

    /// Returns what holds once it does, as a sentence without full stop.
    pub fn sentence(&self) -> String {
        match self {
            Verify::Runs {
                resource,
                node: Some(node),
            } => format!("{resource} runs on {node}"),
            Verify::Runs {
                resource,
                node: None,
            } => format!("{resource} runs"),
            Verify::RunsOn { resource, nodes } => {
                format!("{resource} runs on {}", wording::list(nodes))
            }
            Verify::Gone { resource } => format!("{resource} is gone"),
            Verify::Stopped { resource } => format!("{resource} is stopped"),
            Verify::Settled => "the cluster has come to rest".to_owned(),
            Verify::Once { resource, thing } => format!("{thing} belongs to {resource} alone"),
            Verify::Configured { objects } => {
                let ids: Vec<String> = objects
                    .iter()
                    .map(|object| object.id().to_owned())
                    .collect();
                let are = if ids.len() == 1 { "is" } else { "are" };
                format!("{} {are} configured as asked", wording::list(&ids))
            }
            Verify::Unconfigured { ids } => {
                let are = if ids.len() == 1 { "is" } else { "are" };
                format!("{} {are} not in the configuration", wording::list(ids))
            }
            Verify::Node { node, state } => format!("{node} is {}", state.word()),
            Verify::Online { nodes } => {
                let are = if nodes.len() == 1 { "is" } else { "are" };
                format!("{} {are} online, with a DC", wording::list(nodes))
            }
            Verify::ClusterStopped => "the cluster is stopped on this host".to_owned(),
            Verify::Unit {
                unit,
                host,
                enabled,
                active,
            } => {
                let mut is = Vec::new();
                match active {
                    Some(true) => is.push("running"),
                    Some(false) => is.push("stopped"),
                    None => {}
                }
                match enabled {
                    Some(true) => is.push("started at boot"),
                    Some(false) => is.push("not started at boot"),
                    None => {}
                }
                let place = host
                    .as_ref()
                    .map(|host| format!(" on {host}"))
                    .unwrap_or_default();
                format!("{unit} is {}{place}", is.join(" and "))
            }
            Verify::Exists { path } => format!("{} is there", path.display()),
            Verify::SameEverywhere { path, hosts } => {
                format!(
                    "{} is the same here and on {}",
                    path.display(),
                    wording::list(hosts)
                )
            }
            Verify::Replicates { primary, host } => {
                let replica = host.as_deref().unwrap_or("this host");
                format!("{replica} replicates from {primary}")
            }
            Verify::Linked { columns } => {
                let column = |name: &str| columns.get(name).map_or("", String::as_str);
                let runs = match (column("Slave_IO_Running"), column("Slave_SQL_Running")) {
                    ("No", "No") => "stopped",
                    ("Yes", "Yes") => "running",
                    _ => "running as far as it was",
                };
                format!(
                    "the link to {} is as it was, and {runs}",
                    column("Master_Host")
                )
            }
            Verify::Listens { port, addresses } => {
                let all: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
                format!("MariaDB listens on {}, port {port}", wording::list(&all))
            }
            Verify::ServerParses { .. } => {
                "the installed server takes its options as they stand now".to_owned()
            }
            Verify::RelayApplied => {
                "all that this host has received from its primary is applied".to_owned()
            }
            Verify::Prints { proves, .. }
            | Verify::Answers { proves, .. }
            | Verify::Arrives { proves, .. } => proves.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_stops_and_starts_again_is_one_subject() {
        let unit = |active, enabled| Verify::Unit {
            unit: "pacemaker".to_owned(),
            host: None,
            enabled,
            active,
        };
        let started = unit(Some(true), None).subject();
        assert_eq!(started, Verify::ClusterStopped.subject());
        assert_ne!(started, unit(None, Some(true)).subject());
        assert!(started.is_some());
    }
}

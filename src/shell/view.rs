//! What the shell knows of the cluster and of the database at one moment.

use crate::facts::{self, COROSYNC_CONF, Cluster, Facts};
use crate::health;
use crate::report::Role;
use crate::watching::Replica;
use std::path::Path;

/// The state that the prompt shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// The cluster's name; none where there is no cluster.
    pub cluster: Option<String>,
    /// Its nodes' names.
    pub nodes: Vec<String>,
    /// How many take part; none while that is not known.
    pub online: Option<usize>,
    /// The nodes may act.
    pub quorum: bool,
    /// A node that was lost and waits to be switched off.
    pub unfenced: Option<String>,
    /// How many resources have failed and were not cleaned up.
    pub failed: usize,
    /// MariaDB here should replicate and does not answer.
    pub silent: bool,
    /// The replica on this host, where there is one.
    pub replica: Option<Replica>,
    /// Something is wrong that harms a service.
    pub grave: bool,
    /// The node without which nothing starts here, since it was not seen yet.
    pub waits_for: Option<String>,
}

impl View {
    /// Returns what corosync.conf alone says, which is read in no time.
    pub fn at_start() -> View {
        let conf = facts::read_file(Path::new(COROSYNC_CONF));
        View::from_conf(&Facts {
            files: [(COROSYNC_CONF.into(), conf)].into(),
            ..Facts::default()
        })
    }

    fn from_conf(facts: &Facts) -> View {
        let Some(conf) = health::configured(facts) else {
            return View::default();
        };
        let nodes = conf.nodes();
        View {
            cluster: Some(conf.cluster_name().unwrap_or("cluster").to_owned()),
            nodes: nodes.iter().map(|node| node.label().to_owned()).collect(),
            ..View::default()
        }
    }

    /// Returns what the facts say.
    pub fn from_facts(facts: &Facts) -> View {
        let mut view = View::from_conf(facts);
        match (&facts.monitor, &facts.cluster) {
            // A count of nodes means nothing where corosync.conf names none of ours.
            _ if view.cluster.is_none() => {}
            (Some(monitor), _) => {
                view.online = Some(monitor.members().filter(|node| node.online).count());
                view.quorum = monitor.quorum;
                view.unfenced = health::unfenced(facts).map(str::to_owned);
                let mut failed: Vec<&str> = Vec::new();
                for failure in &monitor.failures {
                    if !failed.contains(&failure.resource.as_str()) {
                        failed.push(&failure.resource);
                    }
                }
                view.failed = failed.len();
            }
            (None, Cluster::Stopped { .. }) if facts.root => view.online = Some(0),
            _ => {}
        }
        if let Some(said) = &facts.database {
            view.silent = said.installed && said.unreachable.is_none() && !said.answers();
            let links = said.links.iter().filter(|l| !l.primary_host().is_empty());
            view.replica = links
                .map(Replica::of_link)
                .max_by_key(|replica| match replica {
                    Replica::Follows { behind } => *behind,
                    Replica::Connecting => u64::MAX - 1,
                    Replica::Stopped => u64::MAX,
                });
        }
        view.waits_for = health::waits_for(facts);
        view.grave = health::problems(facts).iter().any(|problem| problem.grave);
        view
    }

    /// Returns how many of the nodes take part, such as `1/2`.
    pub fn count(&self) -> String {
        let total = self.nodes.len();
        match self.online {
            // As wide as the number that takes its place.
            None => format!("{}/{total}", "·".repeat(total.to_string().len())),
            Some(online) => format!("{online}/{total}"),
        }
    }

    /// Returns what the count deserves to look like.
    pub fn role(&self) -> Role {
        match self.online {
            None => Role::Dim,
            Some(online) if online == self.nodes.len() && self.quorum => Role::Ok,
            Some(_) if self.quorum => Role::Warn,
            Some(_) => Role::Fail,
        }
    }

    /// Returns true where nothing is known to be wrong.
    pub fn is_well(&self) -> bool {
        let replica = matches!(self.replica, None | Some(Replica::Follows { .. }));
        !self.grave && !self.silent && self.failed == 0 && replica
    }
}

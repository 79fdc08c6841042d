//! What `status` says of this host's MariaDB.

use super::width::name_width;
use crate::facts::Facts;
use crate::health;
use crate::health::database::Topology;
use crate::report::{Report, Role, Span};

/// Adds the line about MariaDB, where it replicates.
pub fn line(facts: &Facts, report: &mut Report) {
    if let Some(words) = words(facts) {
        report.line([
            Span::new(
                Role::Dim,
                format!("  {:<1$}", "database", name_width(facts) + 4),
            ),
            Span::from(words),
        ]);
    }
}

/// Returns what this host's server has to do with replication; none where it has nothing.
pub fn words(facts: &Facts) -> Option<String> {
    let topology = Topology::of_facts(facts);
    let said = topology.servers.first()?.said;
    let role = topology.role(0);
    if !said.answers() {
        return Some(format!("MariaDB {role}"));
    }
    let mut words = match role.as_str() {
        "alone" if said.unfinished.is_empty() => return None,
        role => vec![format!("MariaDB {role}")],
    };
    if !said.unfinished.is_empty() && said.at_work.is_none() {
        words.push("its databases may be half there".to_owned());
    }
    let replicas: Vec<&str> = said
        .replicas()
        .filter(|session| !topology.is_over(0, session))
        .map(|session| session.host.rsplit_once(':').map_or("", |(host, _)| host))
        .filter(|host| !is_away(facts, host))
        .collect();
    if !replicas.is_empty() {
        words.push(format!("read by {}", replicas.join(", ")));
    }
    for edge in &topology.edges {
        let link = edge.link;
        words.push(format!("IO {}, SQL {}", link.io_state(), link.sql()));
    }
    Some(words.join(", "))
}

/// Returns true for the name or address of a node that is not online: the server takes its session for
/// open until what it sends there was not acknowledged for a while.
fn is_away(facts: &Facts, host: &str) -> bool {
    let nodes = health::configured(facts).map(|conf| conf.nodes());
    let called = nodes.into_iter().flatten().find(|node| {
        let mut addresses = node.addresses.iter();
        node.label() == host || addresses.any(|address| address == host)
    });
    let name = called.map(|node| node.label().to_owned());
    let monitor = facts.monitor.as_ref();
    let node = monitor.and_then(|monitor| monitor.node(name.as_deref().unwrap_or(host)));
    node.is_some_and(|node| !node.online)
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::facts::{Facts, Monitor, MonitorNode};
    use crate::trial::{RELEASES, facts};

    /// What the primary of a pair in good order says by itself.
    fn primary(release: &str) -> Facts {
        let mut facts = facts(release, "link-well-primary");
        facts.database_hosts.clear();
        facts
    }

    #[test]
    fn a_replica_that_closed_its_session_reads_no_more() {
        for release in RELEASES {
            let mut facts = primary(release);
            let reads = "MariaDB primary, read by serv2";
            assert_eq!(words(&facts).as_deref(), Some(reads), "{release}");
            let sessions = &facts.database.as_ref().unwrap().sessions;
            let replica = sessions.iter().find(|session| session.is_replica());
            let (_, port) = replica.unwrap().host.rsplit_once(':').unwrap();
            let port = port.parse().unwrap();
            facts.pulses.entry(String::new()).or_default().ended = vec![port];
            let nobody = "MariaDB primary, no replica";
            assert_eq!(words(&facts).as_deref(), Some(nobody), "{release}");
            let problems = crate::health::problems_of_databases(&facts);
            let missing = "no replica is connected to serv1 as replication_user@172.16.0.11";
            assert!(
                problems.iter().any(|one| one.what == missing),
                "{release}: {problems:#?}"
            );
        }
    }

    #[test]
    fn a_node_that_is_offline_reads_nothing() {
        for release in RELEASES {
            let mut facts = primary(release);
            let node = |online| MonitorNode {
                name: "serv2".to_owned(),
                online,
                ..MonitorNode::default()
            };
            for (online, said) in [
                (true, "MariaDB primary, read by serv2"),
                (false, "MariaDB primary"),
            ] {
                facts.monitor = Some(Monitor {
                    nodes: vec![node(online)],
                    ..Monitor::default()
                });
                assert_eq!(words(&facts).as_deref(), Some(said), "{release}");
            }
        }
    }
}

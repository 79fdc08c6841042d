//! The corosync.conf that `cluster init` writes.

use super::ConfNode;
use super::consensus::{COMMENT, OF_TWO};
use super::device::TWO_NODE;
use super::nodes::next_nodeid;

/// Returns the corosync.conf of a new cluster; every node gets the same file.
///
/// Nodes without a number are numbered in their order. `two_node` and a short consensus are written for two nodes exactly.
/// `to_stderr` is left to its default, yes: with `no`, `corosync -t` refuses a file without a word, and
/// Debian's unit sends standard error nowhere. `to_syslog` is what `journalctl -u corosync` shows.
pub fn new_cluster(name: &str, nodes: &[ConfNode]) -> String {
    let two_node = match nodes.len() {
        2 => format!("\t{TWO_NODE}\n\ttwo_node: 1\n"),
        _ => String::new(),
    };
    let consensus = match nodes.len() {
        2 => format!("\t{COMMENT}\n\tconsensus: {OF_TWO}\n"),
        _ => String::new(),
    };
    format!(
        "\
# The corosync.conf of {name}: the same on every node

totem {{
	version: 2
	cluster_name: {name}
	transport: knet
	# With the key in /etc/corosync/authkey, the same on every node
	crypto_cipher: aes256
	crypto_hash: sha256
	# A node that is silent for this long is lost (milliseconds; 3000 if not written)
	token: 1000
{consensus}}}

logging {{
	to_logfile: yes
	logfile: /var/log/corosync/corosync.log
	# For journalctl -u corosync
	to_syslog: yes
	debug: off
	timestamp: on
}}

quorum {{
	provider: corosync_votequorum
{two_node}}}

nodelist {{
{}}}
",
        node_lines(nodes)
    )
}

fn node_lines(nodes: &[ConfNode]) -> String {
    let mut numbered: Vec<ConfNode> = Vec::new();
    let mut text = String::new();
    for node in nodes {
        // A number given to a later node must not be taken by an earlier one.
        let taken = |id: u32| {
            nodes
                .iter()
                .chain(&numbered)
                .any(|other| other.nodeid == Some(id))
        };
        let next = || {
            (next_nodeid(&numbered)..)
                .find(|&id| !taken(id))
                .unwrap_or_default()
        };
        let nodeid = node.nodeid.unwrap_or_else(next);
        if !text.is_empty() {
            text.push('\n');
        }
        for line in node.to_lines(nodeid, "\t", "\t\t") {
            text.push_str(&line);
            text.push('\n');
        }
        numbered.push(ConfNode {
            nodeid: Some(nodeid),
            ..node.clone()
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::conf;
    use super::super::{CorosyncConf, concerns};
    use super::*;

    fn lab() -> Vec<ConfNode> {
        vec![
            ConfNode::new("serv1", "172.16.0.10"),
            ConfNode::new("serv2", "172.16.0.11"),
        ]
    }

    #[test]
    fn the_cluster_of_the_notes_as_it_should_be() {
        let conf = conf(&new_cluster("cluster_web", &lab()));
        for (key, value) in [
            ("totem.version", "2"),
            ("totem.cluster_name", "cluster_web"),
            ("totem.transport", "knet"),
            ("totem.crypto_cipher", "aes256"),
            ("totem.crypto_hash", "sha256"),
            ("totem.token", "1000"),
            ("logging.logfile", "/var/log/corosync/corosync.log"),
            ("logging.timestamp", "on"),
            ("quorum.provider", "corosync_votequorum"),
        ] {
            assert_eq!(conf.get(key), Some(value), "{key}");
        }
        assert!(conf.two_node());
        let nodes = conf.nodes();
        assert_eq!((nodes[0].label(), nodes[0].nodeid), ("serv1", Some(1)));
        assert_eq!((nodes[1].label(), nodes[1].nodeid), ("serv2", Some(2)));
        assert_eq!(nodes[1].addresses, ["172.16.0.11"]);
    }

    #[test]
    fn it_concerns_nobody() {
        for nodes in [
            &lab()[..1],
            &lab()[..],
            &[lab(), vec![ConfNode::new("serv3", "172.16.0.13")]].concat(),
        ] {
            let found = concerns(&conf(&new_cluster("cluster_web", nodes)));
            assert!(found.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn two_node_is_for_two_nodes() {
        let with = |count: usize| {
            let nodes: Vec<ConfNode> = (1..=count)
                .map(|n| ConfNode::new(format!("n{n}"), format!("10.0.0.{n}")))
                .collect();
            CorosyncConf::parse(&new_cluster("c", &nodes))
                .unwrap()
                .get("quorum.two_node")
                .is_some()
        };
        assert_eq!([1, 2, 3, 4].map(with), [false, true, false, false]);
    }

    #[test]
    fn numbers_that_are_given_are_kept() {
        let mut nodes = lab();
        nodes[1].nodeid = Some(1);
        let ids: Vec<_> = conf(&new_cluster("c", &nodes))
            .nodes()
            .iter()
            .map(|node| node.nodeid)
            .collect();
        assert_eq!(ids, [Some(2), Some(1)]);
    }
}

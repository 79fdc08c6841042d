//! One wrong line at a time in a file that is good otherwise.

use super::*;
use crate::conf::corosync::tests::{NOTES, conf};

/// The concerns about a good file after some text in it was replaced.
fn after(old: &str, new: &str) -> Vec<(Option<usize>, String, String)> {
    let nodes = [
        ConfNode::new("serv1", "172.16.0.10"),
        ConfNode::new("serv2", "172.16.0.11"),
    ];
    let good = crate::conf::corosync::new_cluster("cluster_web", &nodes);
    assert!(good.contains(old), "{old}");
    let found = concerns(&conf(&good.replace(old, new)));
    found
        .into_iter()
        .map(|concern| (concern.line, concern.text, concern.mend))
        .collect()
}

fn only(old: &str, new: &str) -> (String, String) {
    let mut found = after(old, new);
    assert_eq!(found.len(), 1, "{found:?}");
    let (_, text, mend) = found.remove(0);
    (text, mend)
}

#[test]
fn the_file_of_the_notes() {
    let found: Vec<String> = concerns(&conf(NOTES))
        .iter()
        .map(|c| format!("{} {}: {}; {}", c.line.unwrap_or(0), c.key, c.text, c.mend))
        .collect();
    assert_eq!(
        found,
        [
            "5 totem.crypto_hash: sha1 is a weak hash; write `crypto_hash: sha256`",
            "6 totem.clear_node_high_bit: clear_node_high_bit does nothing in corosync 3; remove the line: it only matters where a node has no nodeid",
            "23 quorum.two_nodes: corosync knows no two_nodes in quorum and ignores it; write `two_node: 1`",
            "37 service: corosync 3 reads no service section; remove the section: systemd starts pacemaker, `systemctl enable pacemaker`",
            "0 quorum.two_node: neither of the two nodes goes on when the other is lost; write `two_node: 1` in quorum",
        ]
    );
}

#[test]
fn unknown_names_bring_the_nearest_known_one() {
    assert_eq!(only("token: 1000", "tokn: 1000").1, "write `token: 1000`");
    assert_eq!(only("logging {", "loging {").1, "write `logging {`");
    assert_eq!(
        only("token: 1000", "two_node: 1").1,
        "write it in quorum, where it is known"
    );
    assert_eq!(only("token: 1000", "frobnicate: 1").1, "remove the line");
    assert_eq!(
        only("token: 1000", "interfaces {\n}").1,
        "write `interface {`"
    );
    assert_eq!(
        only("token: 1000", "rrp_mode: passive").1,
        "remove the line: a second link is a ring1_addr for each node"
    );
    assert_eq!(
        only("totem {", "compatibility: whitetank\ntotem {").1,
        "remove the line"
    );
    assert_eq!(
        only("totem {", "token: 5\ntotem {").0,
        "corosync knows no token outside of all sections and ignores it"
    );
}

#[test]
fn a_comment_after_a_value_is_part_of_it() {
    let (text, mend) = only("name: serv1", "name: serv1   # first");
    assert_eq!(
        text,
        "# first is no comment here: the value is \"serv1   # first\""
    );
    assert_eq!(mend, "write the comment on a line of its own");
    assert!(after("name: serv1", "name: serv#1").is_empty());
    assert!(
        only("token: 1000", "token: 1000 \u{a0}")
            .0
            .contains("non-breaking space")
    );
}

#[test]
fn a_consensus_that_corosync_starts_with_all_the_same() {
    let node = |n: u8| ConfNode::new(format!("serv{n}"), format!("172.16.0.1{n}"));
    let of = |count: u8, totem: &str| {
        let text =
            crate::conf::corosync::new_cluster("c", &(0..count).map(node).collect::<Vec<_>>());
        let text = text.replace("\tconsensus: 200\n", "");
        let found = concerns(&conf(&text.replace("\ttoken: 1000\n", totem)));
        found.into_iter().map(|one| one.text).collect::<Vec<_>>()
    };
    assert!(of(2, "\ttoken: 1000\n\tconsensus: 51\n").is_empty());
    assert!(of(3, "\ttoken: 1000\n\tconsensus: 1980\n").is_empty());
    let said = of(3, "\ttoken: 1000\n\tconsensus: 1200\n");
    assert!(
        said[0].contains("with 3 nodes it must be 1.2 times their token of 1650 ms"),
        "{said:?}"
    );
    let said = of(2, "\ttoken: 1000\n\tconsensus: 50\n");
    assert!(
        said[0].contains("longer than the join timeout, 50 ms: nodes"),
        "{said:?}"
    );
    let said = of(2, "\ttoken: 1000\n\tconsensus: 40\n");
    assert!(said[0].contains("corosync does not start"), "{said:?}");
}

#[test]
fn quorum_that_does_not_fit_the_nodes() {
    assert_eq!(
        only("two_node: 1", "wait_for_all: 1").1,
        "write `two_node: 1` in quorum"
    );
    assert!(
        only("two_node: 1", "two_node: 1\nwait_for_all: 0")
            .0
            .contains("starts alone")
    );
    assert!(
        only("two_node: 1", "two_node: 1\nauto_tie_breaker: 1")
            .0
            .contains("is dropped")
    );
    assert!(
        only("two_node: 1", "two_node: 1\ndevice {\nmodel: net\n}")
            .0
            .contains("stands beside a quorum device")
    );
    assert!(
        only("two_node: 1", "two_node: 1\nexpected_votes: 3")
            .0
            .contains("the nodes have 2 votes, and it wins")
    );
    assert!(after("two_node: 1", "two_node: 1\nexpected_votes: 2").is_empty());
    let grown = after(
        "nodelist {",
        "nodelist {\nnode {\nname: c\nnodeid: 3\nring0_addr: 10.0.0.3\n}",
    );
    let said: Vec<&str> = grown.iter().map(|(_, text, _)| text.as_str()).collect();
    assert!(
        matches!(said.as_slice(), [consensus, two_node]
            if consensus.starts_with("consensus is 200 ms") && two_node.contains("set for 3 nodes")),
        "{said:?}"
    );
    assert!(
        only("provider: corosync_votequorum", "")
            .0
            .contains("there is no quorum provider")
    );
    assert!(
        only("corosync_votequorum", "votequorum")
            .0
            .contains("no quorum provider votequorum")
    );
}

#[test]
fn nodes_that_clash() {
    assert!(
        only("name: serv2", "")
            .0
            .contains("pacemaker calls it what `uname -n` prints")
    );
    assert!(
        only("name: serv2", "name: serv 2 (b)")
            .0
            .contains("no name that crm could use")
    );
    assert_eq!(
        only("name: serv2", "name: serv1").0,
        "two nodes are called serv1"
    );
    assert_eq!(
        only("172.16.0.11", "172.16.0.10").0,
        "172.16.0.10 is the address of serv1 and of serv2"
    );
    assert!(
        only("172.16.0.11", "serv2.example.org")
            .0
            .contains("resolve differently")
    );
    assert!(
        only("172.16.0.11", "127.0.1.1")
            .0
            .contains("no other node can reach")
    );
}

#[test]
fn a_key_that_stands_twice() {
    let (text, _) = only("token: 1000", "token: 1000\n\ttoken: 2000");
    assert_eq!(
        text,
        "token stands here and on line 12, and corosync takes the last"
    );
}

#[test]
fn encryption_and_name() {
    let found = after(
        "crypto_cipher: aes256\n\tcrypto_hash: sha256",
        "crypto_hash: none",
    );
    assert!(
        found[0]
            .1
            .contains("nothing the nodes tell each other is encrypted"),
        "{found:?}"
    );
    assert!(
        after(
            "crypto_cipher: aes256\n\tcrypto_hash: sha256",
            "secauth: on"
        )
        .is_empty()
    );
    assert!(
        only("crypto_hash: sha256", "crypto_hash: md5")
            .0
            .contains("md5 is a weak hash")
    );
    assert!(
        only("transport: knet", "transport: udpu")
            .0
            .contains("deprecated")
    );
    assert!(
        only("cluster_name: cluster_web", "cluster_name: debian")
            .0
            .contains("still called debian")
    );
    assert!(
        only("\tcluster_name: cluster_web\n", "")
            .0
            .contains("has no name")
    );
}

/// Seen on 3.1.7 and 3.1.9: "for a multi-link configuration, all nodes must have a 'name' attribute".
#[test]
fn a_node_without_a_name_stops_corosync_where_there_are_two_links() {
    let one_link = NOTES
        .lines()
        .filter(|line| !line.trim_start().starts_with("name:"))
        .collect::<Vec<_>>()
        .join("\n");
    let of = |text: &str| {
        let found = concerns(&conf(text)).into_iter();
        let found = found.filter(|one| one.key == "nodelist.node.name");
        found.map(|one| one.severity).collect::<Vec<_>>()
    };
    assert_eq!(of(&one_link), [Severity::Works; 2]);
    let two_links = one_link.replace(
        "ring0_addr: 172.16.0.10",
        "ring0_addr: 172.16.0.10\n\t\tring1_addr: 10.0.0.10",
    );
    assert_ne!(two_links, one_link);
    assert_eq!(of(&two_links), [Severity::Stops; 2]);
    assert!(of(NOTES).is_empty());
}

#[test]
fn a_host_that_is_not_in_the_nodelist() {
    let conf = conf(NOTES);
    let own = |text: &str| text.parse::<IpAddr>().unwrap();
    assert_eq!(
        concern_here(&conf, "serv2", &[own("127.0.0.1"), own("172.16.0.11")]),
        None
    );
    let concern = concern_here(&conf, "serv9", &[own("127.0.0.1")]).unwrap();
    assert_eq!(concern.line, Some(25));
    assert!(
        concern
            .text
            .ends_with("(172.16.0.10, 172.16.0.11): corosync does not start")
    );
    assert_eq!(concern.severity, Severity::Stops);
    let concern = concern_here(&conf, "serv2", &[own("10.0.0.2")]).unwrap();
    assert_eq!(
        concern.text,
        "no address of serv2 in the nodelist is one of this host (172.16.0.11): corosync starts, \
         and reaches nobody"
    );
    assert_eq!(concern.severity, Severity::Alone);
}

#[test]
fn a_transport_that_wants_what_is_missing() {
    let ids = |new: &str| {
        let nodes = [
            ConfNode::new("serv1", "172.16.0.10"),
            ConfNode::new("serv2", "172.16.0.11"),
        ];
        let good = crate::conf::corosync::new_cluster("cluster_web", &nodes);
        let text = good
            .replace("nodeid: 1\n", "\n")
            .replace("transport: knet", new);
        concerns(&conf(&text))
    };
    let found = ids("transport: knet");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].text.contains("no nodeid"), "{found:?}");
    let found = ids("transport: udpu");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].mend,
        "first give each node its `nodeid:`, then write `transport: knet`"
    );
}

#[test]
fn without_a_nodelist_that_alone_is_to_be_written() {
    // As a corosync of before 3.0 took it, and one of today does not (exit 8, "No valid name found
    // for local host").
    let text = "totem {\n version: 2\n cluster_name: web\n transport: udpu\n interface {\n \
                bindnetaddr: 172.16.0.0\n member {\n memberaddr: 172.16.0.10\n }\n \
                mcastport: 5405\n }\n}\nquorum {\n provider: corosync_votequorum\n two_node: 1\n \
                expected_votes: 2\n}\n";
    let found = concerns(&conf(text));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].text.starts_with("there is no nodelist") && found[0].severity == Severity::Stops,
        "{found:?}"
    );
}

#[test]
fn what_a_nodelist_makes_useless() {
    let beside = "version: 2\n interface {\n bindnetaddr: 10.0.0.0\n member {\n memberaddr: \
                  10.0.0.1\n }\n }";
    let found = after("version: 2", beside);
    let texts: Vec<&str> = found.iter().map(|(_, text, _)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "corosync takes the addresses of the nodelist and ignores bindnetaddr",
            "corosync takes the nodes of the nodelist and ignores member",
        ]
    );
}

#[test]
fn a_non_breaking_space_is_told_wherever_it_stands() {
    for (old, new) in [
        ("transport: knet", "transport:\u{a0}knet"),
        ("name: serv1", "name: serv1\u{a0}"),
        ("nodelist {", "nodelist\u{a0}{"),
    ] {
        let found = after(old, new);
        let told = |(_, text, _): &(_, String, _)| text.contains("non-breaking space");
        assert!(found.iter().any(told), "{new:?}: {found:?}");
    }
}

#[test]
fn the_files_that_corosync_logs_to() {
    let text = "logging {\n to_logfile: no\n logfile: /var/log/x/a.log\n logger_subsys {\n \
                subsys: QUORUM\n logfile: /srv/b.log\n }\n}\n";
    let found = log_files(&conf(text));
    let folders: Vec<(usize, &str)> = found
        .iter()
        .map(|file| (file.line, file.folder.to_str().unwrap()))
        .collect();
    assert_eq!(folders, [(3, "/var/log/x"), (6, "/srv")]);
    // The last one counts, also one that is not looked for.
    for (last, folders) in [
        ("c.log", vec!["/srv"]),
        ("/opt/c.log", vec!["/srv", "/opt"]),
    ] {
        let text = format!("{text}logging {{\n logfile: {last}\n}}\n");
        let found = log_files(&conf(&text));
        let found: Vec<&str> = found
            .iter()
            .map(|file| file.folder.to_str().unwrap())
            .collect();
        assert_eq!(found, folders);
    }
}

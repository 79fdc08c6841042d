use super::super::problems;
use super::*;
use crate::facts::{Failure, FileState, MonitorResource};

const CONF: &str = "totem {
  version: 2
  cluster_name: web
  transport: knet
  crypto_cipher: aes256
  crypto_hash: sha256
}
quorum {
  provider: corosync_votequorum
  two_node: 1
}
nodelist {
  node {
    name: serv1
    nodeid: 1
    ring0_addr: 172.16.0.10
  }
  node {
    name: serv2
    nodeid: 2
    ring0_addr: 172.16.0.11
  }
}
";

fn text(text: &str) -> FileState {
    FileState::Text(crate::plan::FileContent {
        text: text.to_owned(),
        mode: 0o644,
        uid: 0,
        gid: 0,
    })
}

fn node(name: &str) -> MonitorNode {
    MonitorNode {
        name: name.to_owned(),
        online: true,
        ..MonitorNode::default()
    }
}

fn part(id: &str, node: Option<&str>) -> MonitorResource {
    MonitorResource {
        id: id.to_owned(),
        group: Some("servweb".to_owned()),
        role: if node.is_some() { "Started" } else { "Stopped" }.to_owned(),
        active: node.is_some(),
        managed: true,
        nodes: node.map(str::to_owned).into_iter().collect(),
        ..MonitorResource::default()
    }
}

fn well() -> Monitor {
    Monitor {
        dc: Some("serv1".to_owned()),
        quorum: true,
        nodes: vec![node("serv1"), node("serv2")],
        resources: vec![
            part("IPFailover", Some("serv1")),
            part("serviceWeb", Some("serv1")),
        ],
        ..Monitor::default()
    }
}

/// A cluster whose CIB a real one had; see `tests/data`.
fn facts(cib: &str, monitor: Monitor) -> Facts {
    let path = format!(
        "{}/tests/data/bookworm/{cib}.xml",
        env!("CARGO_MANIFEST_DIR")
    );
    let cib = Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap();
    Facts {
        host: "serv1".to_owned(),
        root: true,
        cluster: Cluster::Running(cib),
        monitor: Some(monitor),
        files: [(COROSYNC_CONF.into(), text(CONF))].into(),
        ..Facts::default()
    }
}

fn told(facts: &Facts) -> Vec<(String, Vec<String>)> {
    problems(facts)
        .into_iter()
        .map(|problem| {
            (
                problem.what,
                problem.next.into_iter().map(|hint| hint.command).collect(),
            )
        })
        .collect()
}

fn one(facts: &Facts) -> (String, Vec<String>) {
    let mut all = told(facts);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

#[test]
fn a_cluster_that_is_well_has_no_problem() {
    assert_eq!(told(&facts("group", well())), []);
}

#[test]
fn a_lost_node_without_fencing_may_hold_the_address_too() {
    let mut monitor = well();
    monitor.nodes[1].online = false;
    let (what, next) = one(&facts("group", monitor));
    assert!(
        what.contains("serv2 is offline, and fencing is off"),
        "{what}"
    );
    assert!(what.contains("it holds 172.16.0.12 as well"), "{what}");
    assert_eq!(next[0], "ping -c 3 172.16.0.11");
    assert!(next.contains(&"bascule cluster start".to_owned()));
}

/// After `cluster init` the configuration names both nodes, and only this one has been there.
#[test]
fn a_node_that_never_joined_is_told_to_join() {
    let state = |name: &str, id: u8| {
        format!(
            "<node_state id=\"{id}\" uname=\"{name}\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
        )
    };
    let told = |states: &str| {
        let mut monitor = well();
        monitor.nodes[1].online = false;
        monitor.quorum = false;
        let mut facts = facts("group", monitor);
        let Cluster::Running(cib) = &mut facts.cluster else {
            panic!("the cluster runs");
        };
        let text = cib
            .text()
            .replace("<status/>", &format!("<status>{states}</status>"));
        assert_ne!(text, cib.text());
        *cib = Cib::parse(text).unwrap();
        told(&facts)
    };
    let [node, quorum] = &told(&state("serv1", 1))[..] else {
        panic!("two problems");
    };
    assert!(node.0.contains("it has not joined yet"), "{node:?}");
    assert!(node.1.contains(&"bascule cluster join serv1".to_owned()));
    assert_eq!(quorum.1, ["bascule explain quorum"]);
    // One that was there comes back by itself once it is started.
    let both = state("serv1", 1) + &state("serv2", 2);
    let [node, quorum] = &told(&both)[..] else {
        panic!("two problems");
    };
    assert!(!node.0.contains("joined"), "{node:?}");
    // Where that is refused, since it has left: what that means, and both ways out.
    let out = ["bascule cluster start", "bascule explain cluster leave"];
    assert!(node.1.ends_with(&out.map(str::to_owned)), "{node:?}");
    assert_eq!(
        quorum.1,
        ["bascule cluster start", "bascule explain quorum"]
    );
}

#[test]
fn what_a_move_left_behind_is_named_with_its_removal() {
    let (what, next) = one(&facts("moved", well()));
    assert!(what.starts_with("cli-prefer-servweb was left by"), "{what}");
    assert!(what.contains("it binds servweb to"), "{what}");
    assert_eq!(next, ["bascule crm configure delete cli-prefer-servweb"]);
}

#[test]
fn a_failure_is_told_with_where_to_look_and_how_to_clean_up() {
    let mut monitor = well();
    monitor.resources[1] = MonitorResource {
        blocked: true,
        ..part("serviceWeb", None)
    };
    monitor.failures = vec![Failure {
        resource: "serviceWeb".to_owned(),
        task: "stop".to_owned(),
        node: "serv2".to_owned(),
        reason: "error: it would not".to_owned(),
    }];
    let (what, next) = one(&facts("group", monitor));
    assert_eq!(
        what,
        "stop of serviceWeb failed on serv2: error: it would not; it is blocked, Pacemaker does \
         not touch it any more"
    );
    assert_eq!(
        next,
        [
            "journalctl -u apache2 -n 30",
            "bascule crm resource cleanup serviceWeb"
        ]
    );
}

#[test]
fn a_stopped_resource_is_told_once_for_its_group() {
    let mut monitor = well();
    monitor.resources = vec![part("IPFailover", None), part("serviceWeb", None)];
    let (what, _) = one(&facts("group", monitor));
    assert_eq!(what, "IPFailover runs nowhere");
}

#[test]
fn without_quorum_that_is_the_cause_and_nothing_else_is_told() {
    let mut monitor = well();
    monitor.quorum = false;
    monitor.resources = vec![part("IPFailover", None), part("serviceWeb", None)];
    let (what, next) = one(&facts("group", monitor));
    assert!(
        what.contains("no quorum") && what.contains("two_node wants both"),
        "{what}"
    );
    assert!(next.contains(&"bascule cluster start".to_owned()));
}

#[test]
fn standby_and_maintenance_are_not_grave() {
    let mut monitor = well();
    monitor.nodes[1].standby = true;
    let found = problems(&facts("group", monitor.clone()));
    assert!(!found[0].grave);
    assert_eq!(found[0].next[0].command, "bascule node online serv2");
    monitor.nodes[1].standby = false;
    monitor.maintenance = true;
    let (what, _) = one(&facts("group", monitor));
    assert!(what.starts_with("the cluster is in maintenance"), "{what}");
}

#[test]
fn a_stopped_cluster_says_how_to_start_it() {
    let mut facts = facts("group", well());
    facts.monitor = None;
    facts.cluster = Cluster::Stopped {
        why: "Could not connect".to_owned(),
        missing: false,
        cib: None,
    };
    assert_eq!(one(&facts).1, ["bascule cluster start"]);
}

#[test]
fn what_corosync_ignores_is_named_with_its_line() {
    let mut facts = facts("group", well());
    let conf = CONF.replace("two_node:", "two_nodes:");
    facts.files.insert(COROSYNC_CONF.into(), text(&conf));
    let all = told(&facts);
    assert!(
        all.iter()
            .any(|(what, _)| what.starts_with("/etc/corosync/corosync.conf:10: ")),
        "{all:#?}"
    );
}

#[test]
fn a_host_with_only_what_the_package_left_is_bare() {
    let mut facts = facts("start", well());
    let packaged = "totem {\n version: 2\n cluster_name: debian\n}\nnodelist {\n node {\n  name: node1\n  nodeid: 1\n  ring0_addr: 127.0.0.1\n }\n}\n";
    facts.files.insert(COROSYNC_CONF.into(), text(packaged));
    assert!(is_bare(&facts));
    assert_eq!(told(&facts), []);
    facts.files.insert(COROSYNC_CONF.into(), FileState::Absent);
    assert!(is_bare(&facts));
}

#[test]
fn that_nothing_may_run_anywhere_is_said_once() {
    let mut monitor = well();
    for node in &mut monitor.nodes {
        node.standby = true;
    }
    let said = told(&facts("group", monitor));
    let nowhere = said
        .iter()
        .filter(|(what, _)| what.contains("no node may run anything"));
    assert_eq!(nowhere.count(), 1, "{said:#?}");
}

/// A promotable clone and a plain one, of which a copy is stopped since serv2 is in standby, and a
/// node of Pacemaker Remote (`tests/data/README.md`).
fn with_copies(release: &str) -> Facts {
    let read = |file: &str| {
        let root = env!("CARGO_MANIFEST_DIR");
        std::fs::read_to_string(format!("{root}/tests/data/{release}/{file}")).unwrap()
    };
    let monitor = crate::facts::parse_monitor(&read("promoted.crm_mon.xml")).unwrap();
    let cib = Cib::parse(read("promoted.xml")).unwrap();
    Facts {
        cluster: Cluster::Running(cib),
        ..facts("group", monitor)
    }
}

fn what(facts: &Facts) -> Vec<String> {
    told(facts).into_iter().map(|(what, _)| what).collect()
}

#[test]
fn a_copy_that_is_stopped_is_no_trouble_while_another_runs() {
    for release in ["bookworm", "trixie"] {
        let standby = "serv2 is in standby: nothing may run there";
        let mut facts = with_copies(release);
        assert_eq!(what(&facts), [standby], "{release}");
        let monitor = facts.monitor.as_mut().unwrap();
        assert!(monitor.started("ms-st1") && monitor.started("each-clone"));
        assert_eq!(monitor.promoted("ms-st1"), ["serv1"]);
        assert_eq!(monitor.members().count(), 2);

        for part in &mut monitor.resources {
            if part.clone.is_some() {
                (part.active, part.role) = (false, "Stopped".to_owned());
                part.nodes.clear();
            }
        }
        let nowhere = ["st1 runs nowhere", "each runs nowhere"];
        let all = what(&facts);
        assert!(
            nowhere.iter().all(|what| all.contains(&(*what).to_owned())),
            "{all:?}"
        );
        // One is on its way.
        for part in &mut facts.monitor.as_mut().unwrap().resources {
            part.pending = part.clone.is_some() && !part.active;
        }
        assert_eq!(what(&facts), [standby], "{release}");
    }
}

#[test]
fn a_copy_too_many_is_told_only_where_it_runs() {
    for release in ["bookworm", "trixie"] {
        let mut facts = with_copies(release);
        let copies = |facts: &mut Facts, stopped: bool| {
            for part in &mut facts.monitor.as_mut().unwrap().resources {
                part.orphaned = part.id == "each" && part.nodes.is_empty() == stopped;
            }
        };
        copies(&mut facts, true);
        assert_eq!(what(&facts).len(), 1, "{release}");
        copies(&mut facts, false);
        let all = what(&facts);
        let surplus = |node: &str| {
            format!("one copy of each more than is configured is still started on {node}")
        };
        assert!(
            all.contains(&surplus("serv1")) && all.contains(&surplus("remote1")),
            "{all:?}"
        );
    }
}

#[test]
fn a_node_without_a_vote_is_never_told_to_start_the_cluster() {
    use crate::facts::NodeKind;
    for release in ["bookworm", "trixie"] {
        for (kind, begins) in [
            (NodeKind::Remote, "the remote node remote1 is offline"),
            (NodeKind::Guest, "the guest node remote1 is offline"),
        ] {
            for unclean in [false, true] {
                let mut facts = with_copies(release);
                let nodes = &mut facts.monitor.as_mut().unwrap().nodes;
                let remote = nodes
                    .iter_mut()
                    .find(|node| node.name == "remote1")
                    .unwrap();
                assert_eq!(remote.kind, NodeKind::Remote, "{release}");
                (remote.online, remote.unclean, remote.kind) = (false, unclean, kind);
                let all = told(&facts);
                let (_, next) = all
                    .iter()
                    .find(|(what, _)| what.starts_with(begins))
                    .unwrap();
                assert!(!next.iter().any(|command| command.contains("cluster start")));
            }
        }
    }
}

#[test]
fn nodes_that_are_away_are_not_told_as_standby() {
    let mut facts = with_copies("bookworm");
    for node in &mut facts.monitor.as_mut().unwrap().nodes {
        (node.online, node.standby) = (false, false);
    }
    let all = what(&facts);
    assert!(
        all.contains(&"no node is online: nothing runs".to_owned()),
        "{all:?}"
    );
    assert!(!all.iter().any(|what| what.contains("standby")), "{all:?}");
}

/// What crm_mon 2.1.5 prints of histories that older Pacemakers wrote, beside one of its own.
#[test]
fn a_failure_has_its_task_and_its_resource() {
    let mon = |failure: &str| {
        let text = format!(
            "<pacemaker-result><summary><current_dc present=\"false\"/></summary><resources>\
             <resource id=\"dolly-dollies:0\"/></resources><failures>{failure}</failures></pacemaker-result>"
        );
        let failure = crate::facts::parse_monitor(&text)
            .unwrap()
            .failures
            .remove(0);
        (failure.task, failure.resource, failure.reason)
    };
    for (said, task, resource) in [
        (
            "id=\"dolly-dollies-0_monitor_0\"",
            "monitor",
            "dolly-dollies",
        ),
        (
            "id=\"the-future-of-vaj_start_0\"",
            "start",
            "the-future-of-vaj",
        ),
        (
            "op_key=\"vm_migrate_from_0\" task=\"migrate_from\"",
            "migrate_from",
            "vm",
        ),
        (
            "op_key=\"my_ip_monitor_10000\" task=\"monitor\"",
            "monitor",
            "my_ip",
        ),
    ] {
        let line = format!("<failure {said} node=\"n\" exitstatus=\"error\" exitreason=\"none\"/>");
        let expected = (task.to_owned(), resource.to_owned(), "error".to_owned());
        assert_eq!(mon(&line), expected);
    }
}

#[test]
fn the_packages_corosync_conf_with_a_resource_is_a_cluster() {
    for release in ["bookworm", "trixie"] {
        let fresh = crate::trial::facts(release, "fresh");
        assert!(is_bare(&fresh), "{release}");
        let grown = Facts {
            cluster: with_copies(release).cluster,
            ..fresh
        };
        assert!(!is_bare(&grown), "{release}");
    }
}

#[test]
fn a_comment_in_latin1_does_not_make_the_cluster_vanish() {
    let latin = FileState::Opaque {
        length: CONF.len() as u64,
        mode: 0o644,
        reads_as: Some(format!("# r\u{fffd}seau\n{CONF}")),
    };
    let facts = Facts {
        files: [(COROSYNC_CONF.into(), latin)].into(),
        ..Facts::default()
    };
    assert!(!is_bare(&facts));
    assert_eq!(configured(&facts).unwrap().nodes().len(), 2);
}

/// As corosync-quorumtool prints it on a node whose file lost its device while the other one's kept it (3.1.7).
const TWO_FILES: &str = "Quorate:          Yes
Expected votes:   3
Highest expected: 3
Total votes:      2
Quorum:           1  
Flags:            2Node Quorate WaitForAll 
    Nodeid      Votes    Qdevice Name
         1          1         NR serv1 (local)
         2          1   A,NV,NMW serv2
         0          0            Qdevice (votes 1)
";

fn said(facts: &mut Facts, line: &str, text: &str) {
    facts.said.insert(line.to_owned(), text.to_owned());
}

#[test]
fn votes_that_are_not_those_of_the_file_are_told() {
    use crate::facts::voting;
    let mut facts = facts("group", well());
    said(&mut facts, voting::VOTES, TWO_FILES);
    let (what, next) = one(&facts);
    assert!(
        what.contains("other votes than its file says: 3 votes, two_node here, 2 votes, two_node"),
        "{what}"
    );
    assert_eq!(next, ["bascule quorum remove"]);
    said(
        &mut facts,
        voting::VOTES,
        &TWO_FILES.replace("votes:   3", "votes:   2"),
    );
    assert_eq!(told(&facts), []);
    // The file was changed by hand, and nobody had it read.
    let not_read = TWO_FILES
        .replace("votes:   3", "votes:   2")
        .replace("2Node ", "");
    said(&mut facts, voting::VOTES, &not_read);
    assert_eq!(one(&facts).1, ["corosync-cfgtool -R"]);
}

#[test]
fn since_a_start_without_its_third_host_fewer_votes_are_no_other_file() {
    use crate::facts::voting;
    let mut facts = facts("group", well());
    let device =
        "device {\n    model: net\n    votes: 1\n    net {\n      host: 172.16.0.50\n    }\n  }";
    facts.files.insert(
        COROSYNC_CONF.into(),
        text(&CONF.replace("two_node: 1", device)),
    );
    let cold = "Quorate: No\nExpected votes: 2\nTotal votes: 1\nQuorum: 2 Activity blocked\nFlags: Qdevice\n\
                Nodeid Votes Qdevice Name\n 1 1 A,NV,NMW serv1\n 0 0 Qdevice (votes 1)\n";
    said(&mut facts, voting::VOTES, cold);
    said(
        &mut facts,
        voting::DAEMON,
        "QNetd host: 172.16.0.50:5403\nState: Connecting\n",
    );
    let all = told(&facts);
    assert!(
        all.iter()
            .any(|(what, _)| what.starts_with("172.16.0.50 has a vote and is not reached")),
        "{all:#?}"
    );
    assert!(
        all.iter()
            .all(|(what, _)| !what.contains("knows nothing of it")),
        "{all:#?}"
    );
}

#[test]
fn what_a_device_left_behind_is_told() {
    use crate::facts::voting;
    let mut facts = facts("group", well());
    said(&mut facts, voting::STATE, "failed\n");
    assert_eq!(one(&facts).1, ["systemctl reset-failed corosync-qdevice"]);
    said(&mut facts, voting::AT_BOOT, "enabled\n");
    assert_eq!(one(&facts).1, ["bascule quorum remove"]);
}

#[test]
fn another_file_on_a_node_is_told_where_it_was_asked() {
    let mut facts = facts("group", well());
    let mut peer = crate::facts::Peer::default();
    peer.texts.insert(COROSYNC_CONF.to_owned(), CONF.to_owned());
    facts.peers.insert("serv2".to_owned(), peer.clone());
    assert_eq!(told(&facts), []);
    peer.texts
        .insert(COROSYNC_CONF.to_owned(), CONF.replace("aes256", "aes128"));
    facts.peers.insert("serv2".to_owned(), peer.clone());
    let (what, next) = one(&facts);
    assert!(
        what.starts_with("/etc/corosync/corosync.conf on serv2 is another one"),
        "{what}"
    );
    assert!(next[0].contains("diff -"), "{next:?}");
    let device = "device {\n    model: net\n    net {\n      host: 172.16.0.50\n    }\n  }";
    peer.texts.insert(
        COROSYNC_CONF.to_owned(),
        CONF.replace("two_node: 1", device),
    );
    facts.peers.insert("serv2".to_owned(), peer);
    assert_eq!(
        one(&facts).1,
        ["bascule quorum add 172.16.0.50", "bascule quorum remove"]
    );
}

/// As seen right after a boot: nobody is online before a leader is elected.
#[test]
fn ones_own_host_is_not_offline_while_a_leader_is_elected() {
    let mut monitor = well();
    monitor.dc = None;
    monitor.nodes[0].online = false;
    monitor.nodes[1].online = false;
    let all = told(&facts("group", monitor));
    let own = all.iter().find(|(what, _)| what.starts_with("serv1"));
    assert!(
        own.unwrap()
            .0
            .contains("the election of the node that leads is still going on"),
        "{all:#?}"
    );
    assert!(
        !all.iter()
            .any(|(what, _)| what.contains("standby") || what.starts_with("no node is online"))
    );
}

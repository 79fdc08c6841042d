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

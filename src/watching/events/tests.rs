use super::*;
use crate::facts::{Failure, MonitorNode};

fn node(name: &str, online: bool) -> MonitorNode {
    MonitorNode {
        name: name.to_owned(),
        online,
        ..MonitorNode::default()
    }
}

fn runs(id: &str, group: Option<&str>, node: Option<&str>) -> MonitorResource {
    MonitorResource {
        id: id.to_owned(),
        group: group.map(str::to_owned),
        role: if node.is_some() { "Started" } else { "Stopped" }.to_owned(),
        nodes: node.map(str::to_owned).into_iter().collect(),
        ..MonitorResource::default()
    }
}

fn well() -> Monitor {
    Monitor {
        quorum: true,
        nodes: vec![node("serv1", true), node("serv2", true)],
        resources: vec![
            runs("IPFailover", Some("servweb"), Some("serv1")),
            runs("serviceWeb", Some("servweb"), Some("serv1")),
        ],
        ..Monitor::default()
    }
}

/// Returns what is told of these readings, one after the other.
fn told(readings: &[Monitor]) -> Vec<String> {
    let mut witness = EventObserver::default();
    let facts = |monitor: &Monitor| Facts {
        monitor: Some(monitor.clone()),
        ..Facts::default()
    };
    readings
        .iter()
        .flat_map(|monitor| witness.events_since(&facts(monitor)))
        .map(|event| event.text)
        .collect()
}

#[test]
fn the_first_reading_and_the_same_again_are_no_news() {
    assert_eq!(told(&[well(), well(), well()]), Vec::<String>::new());
}

#[test]
fn a_lost_node_is_told_and_its_return() {
    let mut lost = well();
    lost.nodes[1].online = false;
    assert_eq!(
        told(&[well(), lost.clone(), lost.clone(), well()]),
        [
            "serv2 is offline · 1 of 2 nodes online",
            "serv2 is online · 2 of 2 nodes online"
        ]
    );
    let mut alone = lost;
    alone.quorum = false;
    let told = told(&[well(), alone, well()]);
    assert!(told[0].contains("quorum is lost"), "{told:?}");
    assert!(told[1].contains("there is quorum again"), "{told:?}");
}

#[test]
fn a_failure_is_told_once_with_its_reason() {
    let mut failed = well();
    failed.failures.push(Failure {
        resource: "serviceWeb".to_owned(),
        task: "monitor".to_owned(),
        node: "serv1".to_owned(),
        reason: "not running".to_owned(),
    });
    assert_eq!(
        told(&[well(), failed.clone(), failed, well()]),
        [
            "serviceWeb failed on serv1: not running",
            "no failure of serviceWeb is held against it any more"
        ]
    );
}

#[test]
fn a_move_is_told_when_it_has_ended() {
    let mut half = well();
    half.resources[1] = runs("serviceWeb", Some("servweb"), None);
    let mut stopped = half.clone();
    stopped.resources[0] = runs("IPFailover", Some("servweb"), None);
    let mut moved = well();
    for resource in &mut moved.resources {
        resource.nodes = vec!["serv2".to_owned()];
    }
    assert_eq!(
        told(&[well(), half, stopped, moved]),
        ["servweb runs on serv2 now, and no longer on serv1"]
    );
}

#[test]
fn what_runs_twice_after_a_split_is_no_good_news() {
    let mut twice = well();
    let mut copies = well();
    for resource in &mut twice.resources {
        resource.nodes.push("serv2".to_owned());
    }
    assert_eq!(
        told(&[well(), twice, well()]),
        [
            "servweb runs on serv1 and serv2 at once",
            "servweb runs on serv1"
        ]
    );
    let mut one = well();
    for (monitor, nodes) in [(&mut one, 1), (&mut copies, 2)] {
        monitor.resources.truncate(1);
        monitor.resources[0].group = None;
        monitor.resources[0].clone = Some("copies".to_owned());
        monitor.resources[0].nodes = vec!["serv1".to_owned(), "serv2".to_owned()];
        monitor.resources[0].nodes.truncate(nodes);
    }
    assert_eq!(told(&[one, copies]), ["copies runs on serv1, serv2"]);
}

#[test]
fn what_stays_stopped_is_told_at_the_second_look() {
    let mut stopped = well();
    for resource in &mut stopped.resources {
        *resource = runs(&resource.id.clone(), Some("servweb"), None);
    }
    assert_eq!(
        told(&[well(), stopped.clone(), stopped.clone(), stopped, well()]),
        ["servweb runs nowhere", "servweb runs on serv1"]
    );
}

#[test]
fn a_replica_is_told_when_it_stops_lags_and_comes_back() {
    let follows = |behind| Replica::Follows { behind };
    let text = |before, now, errno| replica("172.16.0.10", before, now, errno).map(|e| e.text);
    assert_eq!(
        text(follows(0), Replica::Stopped, 1062).unwrap(),
        "the replica of 172.16.0.10 stopped: error 1062, `explain 1062` tells more"
    );
    assert_eq!(text(follows(0), follows(1), 0), None);
    assert_eq!(
        text(follows(1), follows(30), 0).unwrap(),
        "the replica is 30 s behind 172.16.0.10"
    );
    // As the prompt has it.
    assert_eq!(
        text(follows(1), follows(600), 0).unwrap(),
        "the replica is 10 min behind 172.16.0.10"
    );
    assert_eq!(text(follows(30), follows(40), 0), None);
    assert!(
        text(follows(40), follows(0), 0)
            .unwrap()
            .contains("caught up")
    );
    assert!(
        text(Replica::Stopped, follows(0), 0)
            .unwrap()
            .contains("follows 172.16.0.10 again")
    );
}

#[test]
fn a_group_that_is_taken_apart_is_no_news() {
    let mut apart = well();
    for resource in &mut apart.resources {
        resource.group = None;
    }
    assert_eq!(told(&[well(), apart, well()]), Vec::<String>::new());
}

#[test]
fn a_server_that_stops_is_told_and_its_return() {
    let mut witness = EventObserver::default();
    let mut told = |unanswered: Option<&str>| {
        let facts = Facts {
            host: "serv1".to_owned(),
            database: Some(DatabaseServer {
                installed: true,
                unanswered: unanswered.map(str::to_owned),
                ..DatabaseServer::default()
            }),
            ..Facts::default()
        };
        let events = witness.events_since(&facts);
        let texts: Vec<String> = events.into_iter().map(|event| event.text).collect();
        texts.join("; ")
    };
    let stopped = Some("ERROR 2002 (HY000): Can't connect to local server through socket");
    assert_eq!(told(None), "");
    assert_eq!(told(stopped), "MariaDB on serv1 is stopped");
    assert_eq!(told(stopped), "");
    assert_eq!(told(None), "MariaDB on serv1 answers again");
}

#[test]
fn a_cluster_that_stops_here_is_told_and_its_return() {
    let running = || crate::trial::facts("bookworm", "grouped").cluster;
    let absent = |why: &str| Cluster::Stopped {
        why: why.to_owned(),
        missing: false,
        cib: None,
    };
    let stopped = || absent("Could not connect to the CIB: Transport endpoint is not connected");
    let hangs = || absent("cibadmin did not answer within 5 s");
    let mut nobody = well();
    nobody.quorum = false;
    for node in &mut nobody.nodes {
        node.online = false;
    }
    for resource in &mut nobody.resources {
        *resource = runs(&resource.id.clone(), Some("servweb"), None);
    }
    let told = |readings: &[(Cluster, Option<&Monitor>)]| -> Vec<String> {
        let mut witness = EventObserver::default();
        let facts = |(cluster, monitor): &(Cluster, Option<&Monitor>)| Facts {
            cluster: cluster.clone(),
            monitor: monitor.cloned(),
            ..Facts::default()
        };
        let events = readings
            .iter()
            .flat_map(|one| witness.events_since(&facts(one)));
        events.map(|event| event.text).collect()
    };
    assert_eq!(
        told(&[
            (running(), Some(&well())),
            (stopped(), None),
            (stopped(), None),
            (running(), Some(&nobody)),
            (running(), Some(&nobody)),
            (running(), Some(&well())),
        ]),
        [
            "the cluster does not run on this host",
            "the cluster runs on this host again",
            "serv1 is online · 2 of 2 nodes online · there is quorum again",
            "serv2 is online · 2 of 2 nodes online · there is quorum again",
            "servweb runs on serv1",
        ]
    );
    // What happened while it did not answer is told then.
    let mut lost = well();
    lost.nodes[1].online = false;
    assert_eq!(
        told(&[
            (running(), Some(&well())),
            (hangs(), None),
            (running(), Some(&lost)),
        ]),
        [
            "the cluster does not answer (cibadmin did not answer within 5 s)",
            "the cluster answers again",
            "serv2 is offline · 1 of 2 nodes online",
        ]
    );
}

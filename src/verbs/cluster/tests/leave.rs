//! `cluster leave`, `start` and `stop`.

use crate::facts::COROSYNC_CONF;
use crate::membership::services;
use crate::verbs::cluster::tests::*;

#[test]
fn leave_tells_all_the_others_or_none() {
    for facts in recorded("member") {
        let plan = planned(&facts, "cluster leave");
        assert_eq!(plan.danger.clone().unwrap().word, "serv1");
        let [stop, file, other, reload, node] = [
            "systemctl stop pacemaker corosync",
            "remove /etc/corosync/corosync.conf",
            "root@serv2 'install -m 644 /dev/stdin /etc/corosync/corosync.conf'",
            "root@serv2 'corosync-cfgtool -R'",
            "crm_node --force --remove serv1",
        ]
        .map(|text| at(&plan, text));
        assert!(stop < file && file < other && other < reload && reload < node);
        let Action::Run {
            stdin: Some(text), ..
        } = &plan.steps[other].action
        else {
            panic!()
        };
        assert!(!text.contains("serv1") && !text.contains("two_node: 1"));
        let mut silent = facts.clone();
        silent.peers.get_mut("serv2").unwrap().unreachable = Some("timeout".to_owned());
        let plan = planned(&silent, "cluster leave");
        assert!(!lines(&plan).iter().any(|line| line.contains("serv2")));
        assert!(warns(&plan, "serv1 stays in the others' corosync.conf"));
    }
    for facts in recorded("fresh") {
        assert!(planned(&facts, "cluster leave").is_empty());
    }
}

#[test]
fn a_node_without_a_name_or_with_one_in_capitals_leaves_as_well() {
    for facts in recorded("member") {
        for (from, to) in [("\t\tname: serv1\n", ""), ("name: serv1", "name: SERV1")] {
            let facts = with_conf(&facts, |text| text.replace(from, to));
            assert_ne!(
                facts.file(COROSYNC_CONF).text(),
                recorded("member")[0].file(COROSYNC_CONF).text()
            );
            let plan = planned(&facts, "cluster leave");
            let write = at(&plan, "root@serv2 'install -m 644 /dev/stdin");
            let Action::Run {
                stdin: Some(text), ..
            } = &plan.steps[write].action
            else {
                panic!()
            };
            assert!(
                !text.contains("172.16.0.10") && text.contains("172.16.0.11"),
                "{text}"
            );
            // Pacemaker's name for it is in its own configuration.
            at(&plan, "crm_node --force --remove serv1");
        }
    }
}

#[test]
fn start_and_stop_say_nothing_to_do_and_what_a_stop_takes_away() {
    for facts in recorded("member") {
        assert!(planned(&facts, "cluster start").is_empty());
        let quiet = planned(&facts, "cluster stop");
        assert!(quiet.danger.is_none() && quiet.steps.len() == 1);
        let mut busy = facts.clone();
        let monitor = busy.monitor.as_mut().unwrap();
        monitor.resources.push(facts::MonitorResource {
            id: "IPFailover".to_owned(),
            role: "Started".to_owned(),
            active: true,
            managed: true,
            nodes: vec!["serv1".to_owned()],
            ..Default::default()
        });
        let danger = |facts: &Facts| planned(facts, "cluster stop").danger.unwrap();
        assert!(danger(&busy).what.contains("IPFailover moves to serv2"));
        assert_eq!(danger(&busy).word, "serv1");
        busy.monitor.as_mut().unwrap().nodes[1].standby = true;
        assert!(
            danger(&busy)
                .what
                .contains("IPFailover stops: no other node takes")
        );
        busy.monitor.as_mut().unwrap().nodes[1].online = false;
        assert!(
            danger(&busy)
                .what
                .contains("IPFailover stops: no other node is there")
        );

        let mut down = facts.clone();
        for unit in down.units.values_mut() {
            unit.active = false;
        }
        assert!(planned(&down, "cluster stop").is_empty());
        let plan = planned(&down, "cluster start");
        assert_eq!(lines(&plan), ["systemctl start corosync pacemaker"]);
        assert!(warns(&plan, "unless serv2 runs"));
        let notes = with_conf(&down, |text| text.replace("two_node", "two_nodes"));
        assert!(warns(&planned(&notes, "cluster start"), "two_node"));
    }
    for facts in recorded("fresh") {
        assert!(refused(&facts, "cluster start").contains("serv1 is in no cluster"));
    }
}

#[test]
fn the_others_are_told_where_nobody_has_a_key_and_else_it_is_said_why_not() {
    for facts in recorded("member") {
        let tells = |plan: &Plan| lines(plan).iter().any(|line| line.contains("root@serv2"));
        // A cluster that talks in clear.
        let mut clear = facts.clone();
        clear.sums.remove(std::path::Path::new(services::KEY));
        let peer = clear.peers.get_mut("serv2").unwrap();
        peer.files.insert(services::KEY.to_owned(), None);
        assert!(tells(&planned(&clear, "cluster leave")));
        // One key alone is not none, and who is online has joined.
        let mut apart = clear.clone();
        apart.sums = facts.sums.clone();
        let plan = planned(&apart, "cluster leave");
        assert!(!tells(&plan));
        assert!(warns(
            &plan,
            "serv2 is online and has another /etc/corosync/authkey"
        ));
        assert!(
            plan.next
                .iter()
                .any(|next| next.ends_with("crm_node --force --remove serv1")),
            "{:?}",
            plan.next
        );
    }
}

/// Corosync 3.1.9 takes a comment in Latin-1; `corosync -t` ends with 0.
#[test]
fn a_file_in_another_character_set_is_a_cluster_all_the_same() {
    for facts in recorded("member") {
        let mut latin = facts.clone();
        let FileState::Text(content) = facts.file(COROSYNC_CONF) else {
            panic!()
        };
        let other = FileState::Opaque {
            length: content.text.len() as u64,
            mode: content.mode,
            reads_as: Some(format!("# r\u{fffd}seau\n{}", content.text)),
        };
        latin.files.insert(COROSYNC_CONF.into(), other);
        for words in ["cluster leave", "cluster key", "cluster stop"] {
            let said = refused(&latin, words);
            assert!(
                said.contains("corosync.conf:1: a byte that is not UTF-8"),
                "{said}"
            );
            assert!(said.contains("iconv --from-code LATIN1"), "{said}");
        }
    }
}

//! `cluster set` and `cluster key`.

use crate::membership::services;
use crate::verbs::cluster::tests::*;

#[test]
fn set_writes_properties_and_defaults_in_one_commit() {
    for facts in recorded("member") {
        let plan = planned(
            &facts,
            "cluster set no-quorum-policy=ignore resource-stickiness=100 migration-threshold=5",
        );
        assert_eq!(plan.steps.len(), 1);
        let lines = step_lines(&plan.steps[0], true).join("\n");
        assert!(lines.contains("property cib-bootstrap-options:"));
        assert!(lines.contains("rsc_defaults rsc-options:") && !lines.contains("stonith"));
        assert!(warns(&plan, "no-quorum-policy=ignore: after a split"));
        assert!(planned(&facts, "cluster set stonith-enabled=false").is_empty());
        assert!(planned(&facts, "cluster set resource-stickiness=200").is_empty());
        for (words, says) in [
            ("no-quorum-polcy=stop", "did you mean no-quorum-policy?"),
            ("no-quorum-policy=sotp", "did you mean stop?"),
            ("cluster-recheck-interval=soon", "length of time"),
            ("migration-threshold=0", "at least 1"),
            ("stonith-enabled=true", "without a fence device"),
            (
                "maintenance-mode=true maintenance-mode=false",
                "given twice",
            ),
            ("frobnicate=1", "no cluster property frobnicate"),
        ] {
            let no = refused(&facts, &format!("cluster set {words}"));
            assert!(no.contains(says), "{words}: {no}");
        }
    }
}

#[test]
fn the_key_is_on_every_disk_before_the_one_reload() {
    for facts in recorded("member") {
        let plan = planned(&facts, "cluster key");
        assert_eq!(
            lines(&plan),
            [
                "corosync-keygen -k /etc/corosync/authkey.new",
                "scp -q -p -o BatchMode=yes -o ConnectTimeout=5 /etc/corosync/authkey.new \
                 root@serv2:/etc/corosync/authkey.new",
                "ssh -o BatchMode=yes -o ConnectTimeout=5 root@serv2 \
                 'mv -f /etc/corosync/authkey.new /etc/corosync/authkey'",
                "mv -f /etc/corosync/authkey.new /etc/corosync/authkey",
                "corosync-cfgtool -R",
            ]
        );
        // Compared everywhere before it counts, by the step before the reload.
        let compared = plan.steps[3].verify[0].sentence();
        assert_eq!(
            compared,
            "/etc/corosync/authkey is the same here and on serv2"
        );
        // An undo has the old key on this disk first, then there, then reloads on every node.
        let Undo::Steps { steps } = &plan.steps[2].undo else {
            panic!()
        };
        let back = lines_of(steps);
        assert!(back[0].starts_with("sha256sum --check"), "{back:?}");
        assert!(back[1].contains("/etc/corosync/authkey root@serv2"));
        let reloads = lines_of(&plan.steps[2].after_undo);
        assert_eq!(reloads.len(), 2);
        assert!(
            reloads
                .iter()
                .all(|line| line.contains("corosync-cfgtool -R"))
        );
        let proofs: Vec<String> = plan.steps[4].verify.iter().map(|v| v.sentence()).collect();
        for proof in [
            "serv2 answers through the cluster",
            "serv2 was never away meanwhile",
            "link 0 to serv2 is up",
        ] {
            assert!(proofs.iter().any(|p| p == proof), "{proofs:?}");
        }
    }
}

#[test]
fn this_host_is_no_other_node_whatever_it_is_called_there() {
    for facts in recorded("member") {
        // As seen with `name: LB1.mydomain` on serv1: Pacemaker's name is corosync's.
        let mut facts = with_conf(&facts, |text| {
            text.replace("name: serv1", "name: LB1.mydomain")
        });
        facts.monitor.as_mut().unwrap().nodes[0].name = "LB1.mydomain".to_owned();
        let plan = planned(&facts, "cluster key");
        let text = lines(&plan).join("\n");
        assert!(
            text.contains("root@serv2") && !text.contains("root@LB1"),
            "{text}"
        );
        let online = plan.steps.last().unwrap().verify.last().unwrap().sentence();
        assert_eq!(online, "LB1.mydomain and serv2 are online, with a DC");
        // Its undo waits for nodes that there are.
        let last = plan.steps[2].after_undo.last().unwrap();
        assert!(
            last.verify
                .iter()
                .any(|v| v.sentence().starts_with("LB1.mydomain and serv2"))
        );
    }
}

#[test]
fn a_node_whose_name_leads_elsewhere_is_reached_by_its_address() {
    for facts in recorded("member") {
        let mut facts = facts;
        let serv2 = facts.peers.get_mut("serv2").unwrap();
        serv2.via = Some("172.16.0.11".to_owned());
        serv2.astray = Some("serv1".to_owned());
        for words in ["cluster key", "cluster leave"] {
            let plan = planned(&facts, words);
            let text = serde_json::to_string(&plan.steps).unwrap();
            assert!(
                text.contains("172.16.0.11") && !text.contains("root@serv2"),
                "{text}"
            );
            assert!(warns(
                &plan,
                "the name serv2 leads to serv1 here, another host"
            ));
            assert!(plan.concerns("172.16.0.11"));
        }
    }
}

#[test]
fn the_key_is_not_exchanged_where_a_node_would_keep_the_old_one() {
    for facts in recorded("member") {
        let mut off = facts.clone();
        off.monitor.as_mut().unwrap().nodes[1].online = false;
        assert!(refused(&off, "cluster key").contains("serv2 is not online"));
        let mut silent = facts.clone();
        silent.peers.get_mut("serv2").unwrap().unreachable = Some("timeout".to_owned());
        assert!(refused(&silent, "cluster key").contains("would keep the old key"));
        let mut apart = facts.clone();
        let files = &mut apart.peers.get_mut("serv2").unwrap().files;
        files.insert(services::KEY.to_owned(), Some("0".repeat(64)));
        assert!(refused(&apart, "cluster key").contains("another key on its disk"));
        let clear = with_conf(&facts, |text| {
            text.replace("aes256", "none").replace("sha256", "none")
        });
        assert!(refused(&clear, "cluster key").contains("talks in clear"));
        let mut down = facts.clone();
        down.units.get_mut("corosync").unwrap().active = false;
        assert!(refused(&down, "cluster key").contains("does not run on serv1"));
    }
}

//! The plans of `quorum`, on what real hosts said (`tests/data/facts/RELEASE/quorum-*.json`).

mod by_hand;

use crate::facts::{COROSYNC_CONF, Facts, FileState, voting};
use crate::plan::{Plan, Undo, step_lines};
use crate::trial::{self, RELEASES, facts};
use std::path::Path;

fn lines(plan: &Plan) -> Vec<String> {
    let first = |step| step_lines(step, false).remove(0);
    plan.steps.iter().map(first).collect()
}

fn planned(words: &str, facts: &Facts) -> Plan {
    trial::plan(words, facts).unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
}

/// Returns what a refusal says, with its commands.
fn refused(words: &str, facts: &Facts) -> String {
    let refusal = match trial::plan(words, facts) {
        Err(refusal) => refusal,
        Ok(plan) => panic!("{words}: {:#?}", lines(&plan)),
    };
    assert!(!refusal.what.ends_with('.'), "{refusal}");
    assert!(!refusal.hints.is_empty(), "{refusal}");
    let hints = refusal
        .hints
        .iter()
        .map(|hint| format!(" [{}]", hint.command));
    refusal.what.clone() + &hints.collect::<String>()
}

/// Returns the recorded state, changed, on each release.
fn each(state: &str, change: impl Fn(&mut Facts)) -> Vec<Facts> {
    let one = |release| {
        let mut facts = facts(release, state);
        change(&mut facts);
        facts
    };
    RELEASES.into_iter().map(one).collect()
}

fn edit_conf(facts: &mut Facts, edit: impl Fn(&str) -> String) {
    if let Some(FileState::Text(content)) = facts.files.get_mut(Path::new(COROSYNC_CONF)) {
        content.text = edit(&content.text);
    }
}

fn edit_other_conf(facts: &mut Facts, edit: impl Fn(&str) -> String) {
    let peer = facts.peers.get_mut("serv2").unwrap();
    let text = peer.texts.get_mut(COROSYNC_CONF).unwrap();
    *text = edit(text);
}

fn at(lines: &[String], text: &str) -> usize {
    let found = lines.iter().position(|line| line.contains(text));
    found.unwrap_or_else(|| panic!("no {text} in {lines:#?}"))
}

#[test]
fn certificates_come_before_the_file_and_the_daemons_at_once_after_the_reload() {
    for facts in each("quorum-none", |_| {}) {
        let plan = planned("quorum add serv3", &facts);
        let lines = lines(&plan);
        let order = [
            "root@serv3 'env DEBIAN_FRONTEND",
            "qdevice-net-certutil -r -n cluster_web",
            "corosync-qnetd-certutil -s",
            "corosync-qdevice-net-certutil -m",
            "install -m 644 /dev/stdin /etc/corosync/corosync.conf.new",
            "corosync -t -c",
            "--quiet enable",
            "root@serv2 'mv -f",
            "corosync-cfgtool -R; ssh",
        ];
        let places: Vec<usize> = order.iter().map(|text| at(&lines, text)).collect();
        assert!(places.is_sorted(), "{lines:#?}");
        assert_eq!(places.last(), Some(&(lines.len() - 1)));
        assert_eq!(plan.no_return, Some(lines.len()));
        let last = &plan.steps[lines.len() - 1];
        let proofs: Vec<String> = last.verify.iter().map(|v| v.sentence()).collect();
        for proof in ["serv2 counts 3 votes", "serv2 casts the device's vote"] {
            assert!(proofs.iter().any(|one| one == proof), "{proofs:?}");
        }
        // The address, since each node may resolve a name differently.
        let text = serde_json::to_string(&plan).unwrap();
        assert!(text.contains("host: 172.16.0.13"), "{text}");
    }
}

#[test]
fn no_step_and_no_way_back_keeps_a_key() {
    for facts in each("quorum-none", |_| {}) {
        for step in planned("quorum add serv3", &facts).steps {
            if let Undo::Files { paths } = &step.undo {
                assert_eq!(paths, &[Path::new(COROSYNC_CONF)]);
            }
        }
    }
}

#[test]
fn what_is_so_needs_nothing() {
    for facts in each("quorum-device", |_| {}) {
        assert!(planned("quorum add serv3", &facts).is_empty());
    }
    for facts in each("quorum-none", |_| {}) {
        assert!(planned("quorum remove", &facts).is_empty());
    }
}

#[test]
fn only_what_differs_is_mended() {
    let dead = |facts: &mut Facts| {
        let serv2 = facts.peers.get_mut("serv2").unwrap();
        serv2.units.get_mut("corosync-qdevice").unwrap().active = false;
        serv2
            .said
            .insert(voting::DAEMON.to_owned(), "no daemon".to_owned());
    };
    for facts in each("quorum-device", dead) {
        let lines = lines(&planned("quorum add serv3", &facts));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].contains("root@serv2 'systemctl start corosync-qdevice'"),
            "{lines:?}"
        );
    }
    let given_up = |facts: &mut Facts| {
        dead(facts);
        let serv2 = facts.peers.get_mut("serv2").unwrap();
        serv2
            .said
            .insert(voting::STATE.to_owned(), "failed".to_owned());
        serv2
            .said
            .insert(voting::CERTIFICATES.to_owned(), String::new());
    };
    for facts in each("quorum-device", given_up) {
        let lines = lines(&planned("quorum add serv3", &facts));
        let order = [
            "install -d",
            "scp -3",
            "certutil -i",
            "qdevice-net-node.p12",
            "certutil -m",
            "reset-failed",
            "systemctl start",
        ];
        let places: Vec<usize> = order.iter().map(|text| at(&lines, text)).collect();
        assert!(
            places.is_sorted() && !lines.iter().any(|line| line.contains("-s -c")),
            "{lines:#?}"
        );
    }
    for facts in each("quorum-device", |_| {}) {
        let lines = lines(&planned("quorum add serv3 --wait 10s", &facts));
        let [.., one, other] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!(one, "systemctl restart corosync-qdevice");
        assert!(other.contains("root@serv2 'systemctl restart"), "{lines:?}");
        assert_eq!(at(&lines, "corosync-cfgtool -R"), lines.len() - 3);
    }
}

/// What `crm cluster init qdevice` leaves behind when it fails: the device on this host alone.
#[test]
fn a_device_on_one_node_alone_is_brought_to_both() {
    let plain = |text: &str| {
        let mut conf = crate::conf::CorosyncConf::parse(text).unwrap();
        conf.remove_device().unwrap();
        conf.to_text()
    };
    for facts in each("quorum-device", |facts| edit_other_conf(facts, plain)) {
        let lines = lines(&planned("quorum add serv3", &facts));
        assert!(
            lines.iter().any(|line| line.contains("root@serv2 'mv -f")),
            "{lines:?}"
        );
        assert!(
            !lines.iter().any(|line| line.starts_with("mv ")),
            "{lines:?}"
        );
    }
    // And the other way: what this host has is what counts.
    for facts in each("quorum-device", |facts| edit_conf(facts, plain)) {
        let plan = planned("quorum remove", &facts);
        let lines = lines(&plan);
        assert!(
            lines.iter().any(|line| line.contains("root@serv2 'mv -f")),
            "{lines:?}"
        );
    }
}

#[test]
fn remove_brings_two_node_back_and_says_where_something_stays() {
    for facts in each("quorum-device", |_| {}) {
        let plan = planned("quorum remove", &facts);
        let lines = lines(&plan);
        let text = serde_json::to_string(&plan).unwrap();
        assert!(text.contains("two_node: 1"), "{text}");
        let order = [
            "mv -f",
            "stop corosync-qdevice",
            "--quiet disable",
            "rm -r /etc",
            "cluster-cluster_web.crt",
        ];
        let places: Vec<usize> = order.iter().map(|text| at(&lines, text)).collect();
        assert!(places.is_sorted(), "{lines:#?}");
        assert_eq!(
            plan.turned_back_by.as_deref(),
            Some("quorum add 172.16.0.13")
        );
        assert_eq!(plan.no_return, Some(places[3]));
    }
    let silent = |facts: &mut Facts| {
        facts.peers.get_mut("172.16.0.13").unwrap().unreachable =
            Some("ssh: connect to host 172.16.0.13 port 22: Connection timed out".to_owned());
    };
    for facts in each("quorum-device", silent) {
        let plan = planned("quorum remove", &facts);
        assert_eq!(
            plan.next,
            ["on 172.16.0.13: rm /etc/corosync/qnetd/nssdb/cluster-cluster_web.crt"]
        );
    }
}

#[test]
fn a_third_host_must_be_one() {
    for facts in each("quorum-device", |_| {}) {
        for (host, what) in [
            ("serv2", "serv2 is a node of the cluster"),
            ("172.16.0.10", "172.16.0.10 is serv1, a node of the cluster"),
            (
                "172.16.0.12",
                "172.16.0.12 is the cluster's own address vip",
            ),
        ] {
            let said = refused(&format!("quorum add {host}"), &facts);
            assert!(said.starts_with(what), "{said}");
        }
    }
    // A name that leads to a node.
    let astray = |facts: &mut Facts| {
        let serv2 = facts.peers["serv2"].clone();
        facts.peers.insert("web2".to_owned(), serv2);
    };
    for facts in each("quorum-none", astray) {
        let said = refused("quorum add web2", &facts);
        assert!(
            said.starts_with("web2 is serv2, a node of the cluster"),
            "{said}"
        );
    }
}

/// A recorded state, what is another in it, and what the refusal begins with and has.
type Case = (&'static str, fn(&mut Facts), [&'static str; 2]);

fn are_refused(cases: &[Case]) {
    for (state, change, says) in cases {
        for facts in each(state, change) {
            let said = refused("quorum add serv3", &facts);
            assert!(
                said.starts_with(says[0]) && said.contains(says[1]),
                "{said}"
            );
        }
    }
}

#[test]
fn nodes_that_cannot_be_changed_together_are_named_with_what_mends_it() {
    are_refused(&[
        (
            "quorum-none",
            |facts| {
                facts.peers.get_mut("serv3").unwrap().unreachable =
                    Some("root@serv3: Permission denied (publickey,password).".to_owned())
            },
            [
                "serv3 does not let root in by ssh",
                "ssh-copy-id root@serv3",
            ],
        ),
        (
            "quorum-none",
            |facts| {
                facts.peers.get_mut("serv2").unwrap().unreachable =
                    Some("ssh: connect to host serv2 port 22: No route to host".to_owned())
            },
            ["serv2 does not answer", "ping -c 3 serv2"],
        ),
        (
            "quorum-none",
            |facts| {
                let nodes = &mut facts.monitor.as_mut().unwrap().nodes;
                nodes
                    .iter_mut()
                    .find(|node| node.name == "serv2")
                    .unwrap()
                    .online = false;
            },
            ["serv2 is not online", "bascule cluster start"],
        ),
        (
            "quorum-none",
            |facts| edit_other_conf(facts, |text| text.replace("token: 3000", "token: 1000")),
            [
                "/etc/corosync/corosync.conf on serv2 is another one",
                "diff -",
            ],
        ),
        (
            "quorum-none",
            |facts| {
                edit_conf(facts, |text| {
                    text.replace("two_node: 1", "expected_votes: 2")
                })
            },
            ["quorum.expected_votes is 2", "sensible-editor"],
        ),
    ]);
}

#[test]
fn what_is_masked_is_not_installed_but_named() {
    let masked = |unit: &mut crate::facts::Unit| {
        *unit = crate::facts::Unit {
            masked: true,
            ..crate::facts::Unit::default()
        };
    };
    for facts in each("quorum-none", |facts| {
        let peer = facts.peers.get_mut("serv3").unwrap();
        masked(peer.units.entry("corosync-qnetd".to_owned()).or_default());
    }) {
        let said = refused("quorum add serv3", &facts);
        assert!(
            said.starts_with("corosync-qnetd is masked on serv3")
                && said.contains("[systemctl unmask corosync-qnetd]"),
            "{said}"
        );
    }
    for facts in each("quorum-none", |facts| {
        let units = &mut facts.peers.get_mut("serv2").unwrap().units;
        masked(units.entry("corosync-qdevice".to_owned()).or_default());
    }) {
        let said = refused("quorum add serv3", &facts);
        assert!(
            said.starts_with("corosync-qdevice is masked on serv2"),
            "{said}"
        );
    }
}

#[test]
fn a_third_host_that_cannot_vote_is_named_with_what_mends_it() {
    are_refused(&[
        (
            "quorum-device",
            |facts| {
                let serv3 = facts.peers.get_mut("serv3").unwrap();
                let said = "Cluster \"cluster_web\":\n    Node ID 1:\n        Client address:\t\t::ffff:10.9.9.1:33590\n    \
                            Node ID 2:\n        Client address:\t\t::ffff:10.9.9.2:33590\n    Node ID 3:\n        \
                            Client address:\t\t::ffff:10.9.9.3:33590\n";
                serv3
                    .said
                    .insert(voting::served("cluster_web"), said.to_owned());
            },
            [
                "serv3 has a vote already in another cluster called cluster_web, of 10.9.9.1",
                "corosync-qnetd-tool -l",
            ],
        ),
        (
            "quorum-device",
            |facts| {
                facts
                    .peers
                    .get_mut("serv2")
                    .unwrap()
                    .said
                    .insert(voting::reaches("serv3"), String::new());
            },
            [
                "serv2 does not reach port 5403 of serv3",
                "nft list ruleset",
            ],
        ),
        (
            "quorum-device",
            |facts| {
                let serv2 = facts.peers.get_mut("serv2").unwrap();
                serv2.said.insert(
                    voting::CERTIFICATES.to_owned(),
                    "folder\nnssdb\nca 0000  -\nsubject other".to_owned(),
                );
            },
            [
                "serv2 has certificates of another third host",
                "bascule quorum remove",
            ],
        ),
        (
            "quorum-none",
            |facts| {
                facts.said.insert(
                    voting::CERTIFICATES.to_owned(),
                    "folder\nnssdb\nca 0000  -\nsubject other".to_owned(),
                );
            },
            [
                "serv1 has certificates of another third host",
                "rm -r /etc/corosync/qdevice/net/nssdb",
            ],
        ),
    ]);
}

#[test]
fn a_third_host_that_lets_nobody_in_is_told_what_to_type_there() {
    let locked = |facts: &mut Facts| {
        let serv3 = facts.peers.get_mut("serv3").unwrap();
        serv3.unreachable = Some("root@serv3: Permission denied (publickey).".to_owned());
        let key = crate::plan::FileContent::root("ssh-ed25519 AAAAC3Nz root@serv1\n", 0o644);
        facts
            .files
            .insert("/root/.ssh/id_ed25519.pub".into(), FileState::Text(key));
    };
    for facts in each("quorum-none", locked) {
        let said = refused("quorum add serv3", &facts);
        assert!(
            said.contains("echo 'ssh-ed25519 AAAAC3Nz root@serv1' >>/root/.ssh/authorized_keys"),
            "{said}"
        );
    }
}

#[test]
fn three_nodes_need_no_device_and_none_is_left_beside_one() {
    let third = |text: &str| {
        text.replace(
            "nodelist {",
            "nodelist {\n    node {\n        name: serv9\n        nodeid: 9\n        ring0_addr: 172.16.0.19\n    }",
        )
    };
    for facts in each("quorum-none", |facts| edit_conf(facts, third)) {
        let said = refused("quorum add serv3", &facts);
        assert!(
            said.contains("3 nodes, of which 2 are a majority"),
            "{said}"
        );
    }
    for facts in each("quorum-device", |_| {}) {
        let add = "cluster init --name cluster_web --node serv1=172.16.0.10 --node serv2=172.16.0.11 --node serv9=172.16.0.19";
        for words in [add, "cluster leave"] {
            let said = refused(words, &facts);
            assert!(
                said.starts_with("172.16.0.13 has a vote in cluster_web"),
                "{said}"
            );
            assert!(said.contains("bascule quorum remove"), "{said}");
        }
    }
}

#[test]
fn ignoring_quorum_goes_with_no_device() {
    for facts in each("quorum-device", |_| {}) {
        let said = refused("cluster set no-quorum-policy=ignore", &facts);
        assert!(
            said.starts_with("no-quorum-policy=ignore: 172.16.0.13 has a vote"),
            "{said}"
        );
    }
}

#[test]
fn a_time_out_of_range_is_a_usage_error() {
    for facts in each("quorum-none", |_| {}) {
        for words in [
            "quorum add serv3 --wait 1s",
            "quorum add serv3 --wait 10min",
        ] {
            let refusal = trial::plan(words, &facts).unwrap_err();
            assert_eq!(refusal.kind, crate::plan::RefusalKind::Usage, "{refusal}");
        }
    }
}

#[test]
fn health_tells_a_dead_daemon_a_silent_third_host_and_the_next_boot() {
    let told = |facts: &Facts| -> Vec<String> {
        crate::health::problems(facts)
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    };
    let has = |told: &[String], text: &str| told.iter().any(|one| one.contains(text));
    for facts in each("quorum-device", |_| {}) {
        let told = told(&facts);
        assert!(!has(&told, "172.16.0.13"), "{told:?}");
    }
    let dead = |facts: &mut Facts| {
        let votes = facts.said.get_mut(voting::VOTES).unwrap();
        *votes = votes.replace("A,V,NMW serv2", "     NR serv2");
    };
    for facts in each("quorum-device", dead) {
        let told = told(&facts);
        assert!(
            has(&told, "corosync-qdevice does not run on serv2"),
            "{told:?}"
        );
    }
    let silent = |facts: &mut Facts| {
        let votes = facts.said.get_mut(voting::VOTES).unwrap();
        *votes = votes.replace("  A,V,NMW", " A,NV,NMW");
        let daemon = facts.said.get_mut(voting::DAEMON).unwrap();
        *daemon = daemon.replace("Connected\n", "Connect failed\n");
    };
    for facts in each("quorum-device", silent) {
        let told = told(&facts);
        assert!(
            has(
                &told,
                "172.16.0.13 has a vote and is not reached (Connect failed)"
            ),
            "{told:?}"
        );
    }
    let bomb = |facts: &mut Facts| {
        edit_conf(facts, |text| {
            text.replace("    device {", "    two_node: 1\n    device {")
        });
        facts
            .said
            .insert(voting::CERTIFICATES.to_owned(), String::new());
    };
    for facts in each("quorum-device", bomb) {
        let told = told(&facts);
        assert!(
            has(&told, "two_node stands beside a quorum device"),
            "{told:?}"
        );
        assert!(
            has(&told, "serv1 has no certificate for 172.16.0.13"),
            "{told:?}"
        );
        let lines = lines(&planned("quorum add serv3", &facts));
        assert!(
            lines.iter().any(|line| line.starts_with("mv -f")),
            "{lines:?}"
        );
    }
}

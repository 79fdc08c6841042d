//! `cluster init`, on bare hosts, on what Debian left, and on a member.

use crate::facts::COROSYNC_CONF;
use crate::verbs::cluster::tests::*;

#[test]
fn init_replaces_what_debian_left_and_an_undo_starts_it_again() {
    for facts in recorded("fresh") {
        let plan = planned(&facts, &init(LAB));
        let order = [
            "systemctl stop pacemaker corosync",
            "corosync-keygen",
            "file /etc/corosync/corosync.conf",
            "corosync -t",
            "mv -T /var/lib/pacemaker/cib /var/lib/pacemaker/cib.before-1",
            "install -d -o hacluster",
            "cibadmin --empty",
            "CIB_file=",
            "systemctl start corosync pacemaker",
            "--name dc-deadtime --delete",
        ];
        let places: Vec<usize> = order.iter().map(|text| at(&plan, text)).collect();
        assert!(places.is_sorted(), "{:#?}", lines(&plan));
        let stop = &plan.steps[places[0]];
        let Undo::Steps { steps } = &stop.undo else {
            panic!("{:?}", stop.undo)
        };
        assert_eq!(
            step_lines(&steps[0], false),
            ["systemctl start corosync pacemaker"]
        );
        // Started again only after the start of ours was taken back.
        let start = &plan.steps[places[8]];
        let Undo::Steps { steps } = &start.undo else {
            panic!("{:?}", start.undo)
        };
        assert_eq!(
            step_lines(&steps[0], false),
            ["systemctl stop pacemaker corosync"]
        );
        let Action::File {
            after: Some(file),
            before: Before::Content(_),
            ..
        } = &plan.steps[places[2]].action
        else {
            panic!("{:?}", plan.steps[places[2]].action)
        };
        assert!(file.text.contains("two_node: 1") && !file.text.contains("debian"));
        assert_eq!(plan.next, ["on serv2: bascule cluster join serv1"]);
        assert!(warns(&plan, "fencing is off") && warns(&plan, "no quorum until serv2"));
        assert!(plan.undo_danger.is_some());
    }
}

#[test]
fn init_asks_the_others_while_the_plan_is_read() {
    for facts in recorded("fresh") {
        assert_eq!(planned(&unasked(&facts), &init(LAB)).probes().len(), 1);
        let asked = planned(&facts, &init(LAB));
        assert!(asked.probes().is_empty());
        let mut silent = facts.clone();
        silent.peers.get_mut("serv2").unwrap().unreachable = Some("Connection refused".to_owned());
        let plan = planned(&silent, &init(LAB));
        assert_eq!(plan.steps, asked.steps);
        assert!(warns(&plan, "serv2 can join by a file"));
        let mut other = facts.clone();
        other.peers.get_mut("serv2").unwrap().host = "elsewhere".to_owned();
        assert!(refused(&other, &init(LAB)).contains("calls itself elsewhere"));
        let moved = LAB.replace("0.11", "0.77");
        assert!(refused(&facts, &init(&moved)).contains("172.16.0.77 is no address of serv2"));
    }
}

#[test]
fn init_installs_what_is_missing_and_lets_nothing_start_by_itself() {
    for facts in recorded("without-packages") {
        let plan = planned(&facts, &init(LAB));
        let [mask, install, unmask, file] = [
            "mask --runtime corosync pacemaker",
            "install --quiet=2 --yes --no-install-recommends corosync pacemaker",
            "unmask --runtime",
            "file /etc/corosync/corosync.conf",
        ]
        .map(|text| at(&plan, text));
        assert!(mask < install && install < unmask && unmask < file);
        assert!(
            !lines(&plan)
                .iter()
                .any(|line| line.contains("systemctl stop"))
        );
        assert!(plan.irreversible()[0].1.contains("apt-get purge corosync"));
        let Action::File { before, .. } = &plan.steps[file].action else {
            panic!()
        };
        assert_eq!(*before, Before::AsFound);
    }
}

#[test]
fn init_refuses_what_corosync_would_take() {
    for facts in recorded("fresh") {
        let no = |nodes: &str| refused(&facts, &init(nodes));
        assert!(
            no("--node serv3=172.16.0.10").contains("this host is serv1, none of the nodes: serv3")
        );
        assert!(
            no("--node serv1=172.16.0.99")
                .contains("172.16.0.99 is no address of serv1: corosync would not start")
        );
        assert!(no("--node serv1=172.16.0.10 --node serv1=172.16.0.11").contains("given twice"));
        assert!(
            no("--node serv1=172.16.0.10 --node serv2=172.16.0.10")
                .contains("serv1 and serv2 cannot both have 172.16.0.10")
        );
        let usage = plan(
            &facts,
            &init("--node serv1=172.16.0.10 --node serv1=172.16.0.11"),
        );
        assert_eq!(usage.unwrap_err().kind, RefusalKind::Usage);
    }
}

#[test]
fn names_that_a_file_or_a_shell_would_read_otherwise_do_not_parse() {
    let long = "a".repeat(300);
    for name in ["a b", "a'b", "a;b", "a\nb", "café", long.as_str(), "", "-x"] {
        for words in [
            vec![
                "cluster",
                "init",
                "--name",
                name,
                "--node",
                "serv1=172.16.0.10",
            ],
            vec!["cluster", "join", name],
        ] {
            let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
            let error = match parse(&words) {
                Err(error) => error,
                Ok(_) => panic!("{words:?} parsed"),
            };
            assert_eq!(error.exit_code(), 2, "{words:?}");
        }
    }
    assert_eq!(Exit::Usage.status(), 2);
}

#[test]
fn init_again_has_nothing_to_do_and_with_another_node_only_that() {
    for facts in recorded("member") {
        assert!(planned(&facts, &init(LAB)).is_empty());
        assert!(planned(&unasked(&facts), &init(LAB)).probes().is_empty());
        let other = refused(&facts, &format!("cluster init --name db {LAB}"));
        assert!(other.contains("serv1 is in the cluster web already (serv1 and serv2)"));
        assert!(other.contains("bascule cluster leave"));
        let moved = refused(
            &facts,
            &init("--node serv1=172.16.0.10 --node serv2=172.16.0.50"),
        );
        assert!(moved.contains("serv2 is a node already, at 172.16.0.11"));

        let mut facts = facts;
        let third = facts.peers["serv2"].clone();
        let grown = init(&format!("{LAB} --node serv3=172.16.0.12"));
        facts.peers.insert(
            "serv3".to_owned(),
            facts::Peer {
                unreachable: Some("no route".to_owned()),
                ..third
            },
        );
        let plan = planned(&facts, &grown);
        assert_eq!(
            lines(&plan),
            [
                "file /etc/corosync/corosync.conf  (the one there is kept in the journal)",
                "corosync -t",
                "scp -q -p -o BatchMode=yes -o ConnectTimeout=5 /etc/corosync/corosync.conf \
                 root@serv2:/etc/corosync/corosync.conf",
                "corosync-cfgtool -R",
            ]
        );
        // An undo reloads once more, when every file is as it was.
        assert_eq!(lines_of(&plan.steps[0].after_undo), ["corosync-cfgtool -R"]);
        let changed = step_lines(&plan.steps[0], false)[1..].join("\n");
        assert!(changed.contains("-\ttwo_node: 1") && changed.contains("+\t\tname: serv3"));
        assert!(!changed.contains("serv1"), "{changed}");

        let mut silent = facts.clone();
        silent.peers.get_mut("serv2").unwrap().unreachable = Some("no route".to_owned());
        assert!(refused(&silent, &grown).contains("serv2 is not reached by ssh (no route)"));
        let mut differs = facts.clone();
        let files = &mut differs.peers.get_mut("serv2").unwrap().files;
        files.insert(COROSYNC_CONF.to_owned(), Some("0".repeat(64)));
        assert!(refused(&differs, &grown).contains("is another one than here"));
        let mut alone = facts.clone();
        alone.monitor.as_mut().unwrap().nodes[1].online = false;
        assert!(refused(&alone, &grown).contains("of 3 nodes 2 are needed for quorum"));
    }
}

#[test]
fn a_host_with_resources_of_its_own_begins_and_joins_nothing() {
    for facts in recorded("member") {
        let mut facts = with_conf(&facts, |_| {
            "totem {\ncluster_name: debian\n}\nnodelist {\nnode {\nname: node1\nnodeid: 1\n\
             ring0_addr: 127.0.0.1\n}\n}\n"
                .to_owned()
        });
        assert!(!planned(&facts, &init(LAB)).is_empty());
        let facts::Cluster::Running(cib) = &facts.cluster else {
            panic!()
        };
        let vip = "<primitive id=\"P\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>";
        let text = cib
            .text()
            .replace("<resources/>", &format!("<resources>{vip}</resources>"));
        facts.cluster = facts::Cluster::Running(crate::cib::Cib::parse(text).unwrap());
        let no = refused(&facts, &init(LAB));
        assert!(no.contains("the configuration on serv1 has resources already: P"));
        // And leaving puts them aside.
        let plan = planned(&facts, "cluster leave");
        assert_eq!(plan.danger.clone().unwrap().word, "serv1");
        at(&plan, "cib.before-");
    }
}

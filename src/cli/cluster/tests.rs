//! The plans of `cluster`, on what real hosts said (`tests/data/facts/RELEASE/*.json`).

use super::here;
use crate::cli::trial::{self, RELEASES};
use crate::cli::{Verb, parse};
use crate::exit::Exit;
use crate::facts::{self, Bundle, Facts, FileState};
use crate::plan::{Action, Before, Finding, Plan, Refusal, RefusalKind, Undo, step_lines};
use std::ffi::OsString;
use std::path::Path;

const LAB: &str = "--node serv1=172.16.0.10 --node serv2=172.16.0.11";

/// A host of each release as its packages leave it, without them, and as a member of `web`.
fn recorded(state: &str) -> [Facts; 2] {
    RELEASES.map(|release| trial::facts(release, state))
}

fn plan(facts: &Facts, words: &str) -> Result<Plan, Refusal> {
    let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
    let mut verbs = parse(&words).unwrap();
    match verbs.remove(0).verb {
        Some(Verb::Cluster(verb)) => verb.change().plan(facts),
        _ => panic!("no verb of cluster: {words:?}"),
    }
}

fn planned(facts: &Facts, words: &str) -> Plan {
    plan(facts, words).unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
}

/// Returns what a refusal says, with its hints.
fn refused(facts: &Facts, words: &str) -> String {
    let refusal = match plan(facts, words) {
        Err(refusal) => refusal,
        Ok(plan) => panic!("{words}: {:#?}", plan.steps),
    };
    let hints: Vec<String> = refusal
        .hints
        .iter()
        .map(|hint| format!(" [{}] {}", hint.purpose, hint.command))
        .collect();
    assert!(!refusal.what.ends_with('.'), "{refusal}");
    format!("{}{}", refusal.what, hints.concat())
}

/// Returns the first line of each step.
fn lines(plan: &Plan) -> Vec<String> {
    let first = |step| step_lines(step, false).remove(0);
    plan.steps.iter().map(first).collect()
}

fn at(plan: &Plan, text: &str) -> usize {
    let lines = lines(plan);
    lines
        .iter()
        .position(|line| line.contains(text))
        .unwrap_or_else(|| panic!("no {text} in {lines:#?}"))
}

fn warns(plan: &Plan, text: &str) -> bool {
    plan.checks
        .iter()
        .any(|check| check.finding == Finding::Warning && check.text.contains(text))
}

fn init(nodes: &str) -> String {
    format!("cluster init --name web {nodes}")
}

/// Returns the facts with another text in corosync.conf.
fn with_conf(facts: &Facts, edit: impl Fn(&str) -> String) -> Facts {
    let mut facts = facts.clone();
    if let Some(FileState::Text(content)) = facts.files.get_mut(Path::new(here::CONF)) {
        content.text = edit(&content.text);
    }
    facts
}

/// Returns the facts without what other hosts said.
fn unasked(facts: &Facts) -> Facts {
    Facts {
        peers: Default::default(),
        ..facts.clone()
    }
}

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
        assert!(warns(&plan, "it can join by a file"));
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
        assert!(refused(&silent, &grown).contains("serv2 cannot be reached by ssh (no route)"));
        let mut differs = facts.clone();
        let files = &mut differs.peers.get_mut("serv2").unwrap().files;
        files.insert(here::CONF.to_owned(), Some("0".repeat(64)));
        assert!(refused(&differs, &grown).contains("is another one than here"));
        let mut alone = facts.clone();
        alone.monitor.as_mut().unwrap().nodes[1].online = false;
        assert!(refused(&alone, &grown).contains("of 3 nodes 2 are needed for quorum"));
    }
}

fn lines_of(steps: &[crate::plan::Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| step_lines(step, false).remove(0))
        .collect()
}

#[test]
fn a_host_with_resources_of_its_own_begins_and_joins_nothing() {
    for facts in recorded("member") {
        let mut facts = with_conf(&facts, |_| {
            "totem {\ncluster_name: debian\n}\nnodelist {\n}\n".to_owned()
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

/// Returns the facts of a fresh serv2 that has asked serv1.
fn joining(release: usize) -> Facts {
    let member = &recorded("member")[release];
    let mut facts = recorded("fresh")[release].clone();
    let own = facts.network.clone();
    // What serv1 says of itself, and the host that asks has serv2's address.
    let mut serv1 = member.peers["serv2"].clone();
    serv1.host = "serv1".to_owned();
    facts.network = Some(serv1.network.clone());
    serv1.network = own.unwrap();
    facts.host = "serv2".to_owned();
    facts.peers = [("serv1".to_owned(), serv1)].into();
    facts
}

#[test]
fn join_takes_the_files_and_none_of_the_own_configuration() {
    for release in [0, 1] {
        let facts = joining(release);
        let plan = planned(&facts, "cluster join serv1");
        let order = [
            "systemctl stop pacemaker corosync",
            "root@serv1:/etc/corosync/authkey /etc/corosync/authkey",
            "root@serv1:/etc/corosync/corosync.conf",
            "corosync -t",
            "mv -T /var/lib/pacemaker/cib",
            "systemctl start corosync pacemaker",
        ];
        let places: Vec<usize> = order.iter().map(|text| at(&plan, text)).collect();
        assert!(places.is_sorted(), "{:#?}", lines(&plan));
        let proofs = &plan.steps.last().unwrap().verify;
        assert!(
            proofs
                .iter()
                .any(|v| v.sentence().starts_with("serv2 and serv1 are online"))
        );

        let mut silent = facts.clone();
        silent.peers.get_mut("serv1").unwrap().unreachable = Some("refused".to_owned());
        let no = refused(&silent, "cluster join serv1");
        assert!(
            no.contains("ssh-copy-id") && no.contains("join --bundle"),
            "{no}"
        );

        let mut stranger = facts.clone();
        stranger.host = "serv3".to_owned();
        let no = refused(&stranger, "cluster join serv1");
        assert!(no.contains("web has no node serv3; it has serv1 and serv2"));
        assert!(no.contains(
            "[on serv1] bascule cluster init --name web --node serv1=172.16.0.10 \
             --node serv2=172.16.0.11 --node serv3=172.16.0.11"
        ));

        let mut moved = facts.clone();
        moved
            .network
            .as_mut()
            .unwrap()
            .interfaces
            .retain(|i| i.loopback);
        assert!(refused(&moved, "cluster join serv1").contains("which is no address of this host"));

        let mut asleep = facts.clone();
        let serv1 = asleep.peers.get_mut("serv1").unwrap();
        serv1.units.get_mut("pacemaker").unwrap().active = false;
        let no = refused(&asleep, "cluster join serv1");
        assert!(no.contains("web does not run on serv1 [on serv1] bascule cluster start"));

        let mut bare = facts.clone();
        bare.peers.get_mut("serv1").unwrap().texts.clear();
        assert!(refused(&bare, "cluster join serv1").contains("no cluster on serv1 yet"));
    }
    for facts in recorded("member") {
        let no = refused(&facts, "cluster join serv1 -n");
        assert!(no.contains("was not asked"), "{no}");
    }
}

#[test]
fn join_again_has_nothing_to_do() {
    for facts in recorded("member") {
        // serv1, asking serv2, which has the same files.
        assert!(planned(&facts, "cluster join serv2").is_empty());
        let mut elsewhere = facts.clone();
        let serv2 = elsewhere.peers.get_mut("serv2").unwrap();
        for text in serv2.texts.values_mut() {
            *text = text.replace("cluster_name: web", "cluster_name: db");
        }
        let no = refused(&elsewhere, "cluster join serv2");
        assert!(no.contains("serv1 is in the cluster web already"));
    }
}

#[test]
fn a_bundle_is_looked_into_before_it_is_believed() {
    for facts in recorded("fresh") {
        let with = |bundle| Facts {
            bundle: Some(bundle),
            ..facts.clone()
        };
        let words = "cluster join --bundle /root/b";
        assert!(refused(&with(Bundle::Absent), words).contains("there is no /root/b"));
        let wrong = Bundle::Wrong {
            why: "it is no tar archive".to_owned(),
        };
        assert!(refused(&with(wrong), words).contains("/root/b is no file of cluster export"));
        let conf = recorded("member")[0]
            .file(here::CONF)
            .text()
            .unwrap()
            .to_owned();
        let of = |conf: String| Bundle::Of {
            conf,
            key: "1".repeat(64),
        };
        let plan = planned(&with(of(conf.clone())), words);
        at(
            &plan,
            "tar --extract --no-same-owner --force-local --file /root/b",
        );
        let foreign = conf.replace("serv1", "serv9");
        let no = refused(&with(of(foreign)), words);
        assert!(no.contains("web has no node serv1; it has serv9 and serv2"));
        assert!(refused(&with(of("nonsense".to_owned())), words).contains("none that corosync"));
    }
}

#[test]
fn export_never_writes_over_anything() {
    for facts in recorded("member") {
        let mut facts = facts;
        facts.folders.insert("/root".into(), Vec::new());
        let words = "cluster export /root/b";
        let plan = planned(&facts, words);
        assert_eq!(lines(&plan)[0], "install --mode=600 /dev/null /root/b");
        assert!(warns(&plan, "whoever has the file can join"));
        let conf = facts.file(here::CONF).text().unwrap().to_owned();
        let key = facts.sums[Path::new(here::KEY)].clone();
        facts.bundle = Some(Bundle::Of { conf, key });
        assert!(planned(&facts, words).is_empty());
        facts.bundle = Some(Bundle::Wrong { why: String::new() });
        assert!(refused(&facts, words).contains("is something else"));
        facts.bundle = None;
        assert!(refused(&facts, "cluster export /nowhere/b").contains("no folder /nowhere"));
    }
    let no = refused(&recorded("fresh")[0], "cluster export /root/b");
    assert!(no.contains("serv1 is in no cluster"));
}

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
        assert!(lines_of(steps)[0].contains("/etc/corosync/authkey root@serv2"));
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
        files.insert(here::KEY.to_owned(), Some("0".repeat(64)));
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

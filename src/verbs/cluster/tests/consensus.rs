//! `cluster consensus`, and what `init` and `leave` make of it.

use crate::conf::CorosyncConf;
use crate::facts::COROSYNC_CONF;
use crate::plan::Verify;
use crate::verbs::cluster::tests::*;

/// A third node, as `cluster init` is told of it.
const THIRD: &str = "--node serv3=172.16.0.13";

/// Returns a cluster whose file says this beside its token, on both nodes.
fn with_totem(facts: &Facts, lines: &str) -> Facts {
    let mut facts = with_conf(facts, |text| {
        text.replace("\ttoken: 1000\n", &format!("\ttoken: 1000\n{lines}"))
    });
    let sum = facts.sums[Path::new(COROSYNC_CONF)].clone();
    let peer = facts.peers.get_mut("serv2").unwrap();
    peer.files.insert(COROSYNC_CONF.to_owned(), Some(sum));
    facts
}

fn written(plan: &Plan) -> CorosyncConf {
    let step = &plan.steps[at(plan, "file /etc/corosync/corosync.conf")];
    let Action::File {
        after: Some(file), ..
    } = &step.action
    else {
        panic!("{:?}", step.action)
    };
    CorosyncConf::parse(&file.text).unwrap()
}

/// Returns what a step proves of the running corosync.
fn proves(step: &crate::plan::Step) -> String {
    step.verify
        .iter()
        .map(Verify::sentence)
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn a_cluster_without_one_gets_it_live_and_back() {
    for facts in recorded("member") {
        let facts = with_totem(&facts, "");
        let plan = planned(&facts, "cluster consensus");
        assert_eq!(written(&plan).consensus(), Some(200));
        assert_eq!(plan.steps.len(), 4, "{:#?}", lines(&plan));
        let said = proves(plan.steps.last().unwrap());
        for host in ["this host", "serv2"] {
            let one = format!("corosync on {host} has a consensus of 200 ms");
            assert!(said.contains(&one), "{said}");
        }
        let back = proves(&plan.steps[0].after_undo[0]);
        assert!(back.contains("a consensus of 1200 ms"), "{back}");
        assert_eq!(
            written(&planned(&facts, "cluster consensus 400")).consensus(),
            Some(400)
        );
    }
}

#[test]
fn a_cluster_that_has_one_keeps_it_unless_another_is_typed() {
    for facts in recorded("member") {
        let facts = with_totem(&facts, "\tconsensus: 400\n");
        assert!(planned(&facts, "cluster consensus").is_empty());
        assert!(planned(&facts, "cluster consensus 400").is_empty());
        assert_eq!(
            written(&planned(&facts, "cluster consensus 300")).consensus(),
            Some(300)
        );
    }
}

#[test]
fn nonsense_is_refused_with_what_is_safe() {
    for facts in recorded("member") {
        let facts = with_totem(&facts, "");
        let said = refused(&facts, "cluster consensus 50");
        assert!(
            said.contains("not longer than the join timeout, 50 ms"),
            "{said}"
        );
        assert!(refused(&facts, "cluster consensus 1000").contains("not shorter than the token"));
        let short = with_conf(&facts, |text| text.replace("token: 1000", "token: 180"));
        let said = refused(&short, "cluster consensus");
        assert!(
            said.ends_with("[one that is safe] bascule cluster consensus 115"),
            "{said}"
        );
        let more = with_conf(&facts, |text| {
            let mut conf = CorosyncConf::parse(text).unwrap();
            conf.add_node(&crate::conf::ConfNode::new("serv3", "172.16.0.13"))
                .unwrap();
            conf.to_text()
        });
        let said = refused(&more, "cluster consensus");
        assert!(
            said.contains("has 3 nodes") && said.contains("1980 ms"),
            "{said}"
        );
    }
    for facts in recorded("fresh") {
        assert!(refused(&facts, "cluster consensus").contains("is in no cluster"));
    }
}

#[test]
fn init_writes_it_for_two_and_a_third_node_takes_it_away() {
    for facts in recorded("fresh") {
        let plan = planned(&facts, &init(LAB));
        assert_eq!(written(&plan).consensus(), Some(200));
        let why = &plan.steps[at(&plan, "file /etc/corosync/corosync.conf")].why;
        assert!(why.contains("consensus"), "{why}");
        let three = planned(&facts, &init(&format!("{LAB} {THIRD}")));
        assert_eq!(written(&three).consensus(), None);
    }
    for facts in recorded("member") {
        let three = init(&format!("{LAB} {THIRD}"));
        let plan = planned(&with_totem(&facts, "\tconsensus: 200\n"), &three);
        assert_eq!(written(&plan).consensus(), None);
        let reload = proves(&plan.steps[at(&plan, "corosync-cfgtool -R")]);
        assert!(reload.contains("a consensus of 1980 ms"), "{reload}");
        // One that three nodes can have is somebody's own.
        let plan = planned(&with_totem(&facts, "\tconsensus: 2500\n"), &three);
        assert_eq!(written(&plan).consensus(), Some(2500));
    }
}

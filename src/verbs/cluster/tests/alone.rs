//! `cluster alone`, on what serv1 said that came back alone after both had lost power.

use crate::cib::Cib;
use crate::facts::{AddressUse, Cluster, Quorum};
use crate::plan::Verify;
use crate::verbs::cluster::tests::*;
use std::net::IpAddr;

/// Two devices, each for one of the nodes.
fn fenced(facts: &Facts, hosts: [&str; 2]) -> Facts {
    let device = |id: &str, host: &str| {
        format!(
            "<primitive id=\"{id}\" class=\"stonith\" type=\"fence_ipmilan\"><instance_attributes id=\"{id}-p\">\
             <nvpair id=\"{id}-p-l\" name=\"pcmk_host_list\" value=\"{host}\"/></instance_attributes></primitive>"
        )
    };
    let mut facts = facts.clone();
    let text = facts.cib().unwrap().text().to_owned();
    let [one, two] = [device("fence-one", hosts[0]), device("fence-two", hosts[1])];
    let text = text.replacen("<resources>", &format!("<resources>{one}{two}"), 1);
    let off = "name=\"stonith-enabled\" value=\"false\"";
    assert!(text.contains(off), "{text}");
    let text = text.replacen(off, "name=\"stonith-enabled\" value=\"true\"", 1);
    facts.cluster = Cluster::Running(Cib::parse(text).unwrap());
    facts
}

/// Returns the facts with that answer for an address.
fn heard(facts: &Facts, address: &str) -> Facts {
    let mut facts = facts.clone();
    let by = "36:2d:00:5f:53:26".to_owned();
    let address: IpAddr = address.parse().unwrap();
    facts.wire.insert(address, AddressUse::Used { by });
    facts
}

/// Returns the facts before the wire and serv2 were asked.
fn never_asked(facts: &Facts) -> Facts {
    let mut facts = unasked(facts);
    facts.wire.clear();
    facts
}

fn with_quorum(facts: &Facts, change: impl FnOnce(&mut Quorum)) -> Facts {
    let mut facts = facts.clone();
    change(facts.quorum.as_mut().unwrap());
    facts
}

#[test]
fn all_that_could_answer_is_asked_before_the_question() {
    for facts in recorded("cold-start") {
        let facts = never_asked(&facts);
        let plan = planned(&facts, "cluster alone");
        // The wire for the node and for the address that is served, and ssh.
        assert_eq!(plan.probes().len(), 3, "{:#?}", plan.probes());
        assert!(plan.in_person);
    }
}

#[test]
fn without_fencing_the_other_nodes_name_is_typed_and_corosync_waits_no_longer() {
    for facts in recorded("cold-start") {
        let plan = planned(&facts, "cluster alone");
        assert!(plan.probes().is_empty());
        let danger = plan.danger.clone().unwrap();
        assert!(plan.in_person);
        assert_eq!(danger.word, "serv2");
        assert!(
            danger.what.contains("both hold 172.16.0.12"),
            "{}",
            danger.what
        );
        assert_eq!(
            lines(&plan),
            ["corosync-cmapctl -s quorum.cancel_wait_for_all u8 1"]
        );
        assert!(
            plan.irreversible()[0]
                .1
                .contains("only in the running corosync")
        );
        let said: Vec<String> = plan.checks.iter().map(|check| check.text.clone()).collect();
        let said = said.join("\n");
        for text in [
            "2Node WaitForAll",
            "corosync's link 0, 172.16.0.11 (the wire), ssh and the cluster's address 172.16.0.12",
            "serv2 joins by itself",
        ] {
            assert!(said.contains(text), "{said}");
        }
        let runs = |verify: &Verify| matches!(verify, Verify::Runs { resource, .. } if resource == "servweb");
        assert!(plan.steps[0].verify.iter().any(runs));
    }
}

#[test]
fn with_a_device_for_the_node_the_question_is_the_usual_one() {
    for facts in recorded("cold-start") {
        let plan = planned(&fenced(&facts, ["serv1", "serv2"]), "cluster alone");
        assert!(plan.danger.is_none() && !plan.in_person);
        assert!(warns(
            &plan,
            "Pacemaker has fence-two switch serv2 off first"
        ));
        // Nobody starts anything for a node that no device fences, until somebody says that it is off.
        let plan = planned(&fenced(&facts, ["serv1", "serv3"]), "cluster alone");
        assert!(plan.in_person && warns(&plan, "no device fences serv2"));
        assert_eq!(plan.next, ["bascule fence confirm serv2"]);
        assert_eq!(plan.steps[0].verify.len(), 1);
    }
}

#[test]
fn whatever_answers_is_told_with_the_next_command() {
    for facts in recorded("cold-start-ssh") {
        let said = refused(&facts, "cluster alone");
        assert!(
            said.contains(
                "serv2 lives, and the cluster does not run there: 172.16.0.11 answers on the wire"
            ),
            "{said}"
        );
        assert!(
            said.ends_with("[on serv2: both have quorum then] bascule cluster start"),
            "{said}"
        );
    }
    for facts in recorded("cold-start") {
        let said = refused(&heard(&facts, "172.16.0.12"), "cluster alone");
        assert!(
            said.contains("the cluster's address 172.16.0.12 is held: 36:2d:00:5f:53:26 answers"),
            "{said}"
        );
        let said = refused(&heard(&facts, "172.16.0.11"), "cluster alone");
        assert!(
            said.contains("serv2 may live: 172.16.0.11 answers on the wire"),
            "{said}"
        );
        let mut shut = facts.clone();
        shut.peers.get_mut("serv2").unwrap().unreachable =
            Some("ssh: connect to host 172.16.0.11 port 22: Connection refused".to_owned());
        assert!(refused(&shut, "cluster alone").contains("is up, but refuses ssh"));
        let mut linked = facts.clone();
        linked.runtime.insert(
            "stats.knet.node2.link0.connected".to_owned(),
            "1".to_owned(),
        );
        assert!(refused(&linked, "cluster alone").contains("corosync's link 0 to it is up"));
    }
}

#[test]
fn a_node_of_another_network_is_looked_for_by_ping() {
    for facts in recorded("cold-start") {
        let far = with_conf(&never_asked(&facts), |text| {
            text.replace("172.16.0.11", "10.9.9.9")
        });
        let probes = planned(&far, "cluster alone").probes();
        let ping = crate::plan::Probe::Ping {
            address: "10.9.9.9".parse().unwrap(),
        };
        assert!(probes.contains(&ping), "{probes:?}");
    }
}

#[test]
fn where_it_would_be_of_no_use_it_is_refused() {
    for facts in recorded("cold-start") {
        let acts = with_quorum(&facts, |quorum| quorum.quorate = true);
        assert!(planned(&acts, "cluster alone").is_empty());
        let mut stopped = facts.clone();
        stopped.units.get_mut("pacemaker").unwrap().active = false;
        assert!(refused(&stopped, "cluster alone").ends_with("bascule cluster start"));
        let mut met = facts.clone();
        met.runtime.insert(
            "runtime.votequorum.wait_for_all_status".to_owned(),
            "0".to_owned(),
        );
        assert!(refused(&met, "cluster alone").contains("does not wait for serv2"));
        let more = with_conf(&facts, |text| {
            text.replace("nodelist {\n", "nodelist {\n\tnode {\n\t\tname: serv3\n\t\tnodeid: 3\n\t\tring0_addr: 172.16.0.13\n\t}\n")
        });
        let said = refused(&more, "cluster alone");
        assert!(
            said.contains("has 3 nodes") && said.contains("bascule cluster start"),
            "{said}"
        );
        let device = with_conf(&facts, |text| {
            text.replace("two_node: 1\n", "device {\n\t\tmodel: net\n\t}\n")
        });
        let said = refused(&device, "cluster alone");
        assert!(
            said.contains("needs no other node") && said.contains("corosync-qdevice"),
            "{said}"
        );
    }
    for facts in recorded("fresh") {
        assert!(refused(&facts, "cluster alone").contains("is in no cluster"));
    }
}

#[test]
fn beside_a_device_it_says_who_must_come_back_and_what_goes_by_hand() {
    use crate::facts::{COROSYNC_CONF, FileState, voting};
    for mut facts in recorded("cold-start") {
        let path = std::path::Path::new(COROSYNC_CONF);
        let Some(FileState::Text(content)) = facts.files.get_mut(path) else {
            panic!("no file");
        };
        let device = "device {\n\t\tmodel: net\n\t\tvotes: 1\n\t\tnet {\n\t\t\thost: 172.16.0.50\n\t\t}\n\t}";
        content.text = content.text.replace("two_node: 1", device);
        let first = content
            .text
            .lines()
            .position(|line| line.contains("device {"))
            .unwrap()
            + 1;
        let say = |facts: &mut Facts, text: &str| {
            facts
                .said
                .insert(voting::DAEMON.to_owned(), text.to_owned());
        };
        say(&mut facts, "");
        assert!(refused(&facts, "cluster alone").contains("systemctl start corosync-qdevice"));
        say(
            &mut facts,
            "QNetd host:\t172.16.0.50:5403\nState:\t\tConnecting\n",
        );
        let said = refused(&facts, "cluster alone");
        assert!(
            said.contains("172.16.0.50 or serv2 must come back"),
            "{said}"
        );
        assert!(!said.contains("start corosync-qdevice"), "{said}");
        let range = format!("sed -i.device '{first},{}c two_node: 1'", first + 6);
        assert!(said.contains(&range), "{said}");
        assert!(said.ends_with("bascule quorum add 172.16.0.50"), "{said}");
    }
}

//! Why something runs where it runs, from what real hosts said.

use super::*;
use crate::facts::{Cluster, FailCount};
use crate::trial::documents::is_of;
use crate::trial::{RELEASES, copy_failed, facts, held, left_alone, with_copies};

/// Returns what is told of a resource, a line for each reason and each next command.
fn told(name: &str, facts: &Facts) -> String {
    let why = Why {
        name: name.parse().unwrap(),
    };
    let report = why
        .report(facts)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    is_of(&report.document, "WhyDocument");
    let value = report.value();
    let mut text = String::new();
    for part in ["because", "problems"] {
        for reason in value[part].as_array().unwrap() {
            text += &format!("{} {}\n", reason["what"], reason["cause"]);
            for next in reason["next"].as_array().unwrap() {
                text += &format!("    {}\n", next["command"]);
            }
        }
    }
    text
}

fn says(release: &str, told: &str, words: &str) {
    assert!(told.contains(words), "{release}: no `{words}` in\n{told}");
}

/// The facts with something in the configuration changed, in text.
fn with(mut facts: Facts, from: &str, to: &str) -> Facts {
    let text = facts.cib().unwrap().text().replace(from, to);
    assert_ne!(text, facts.cib().unwrap().text());
    facts.cluster = Cluster::Running(Cib::parse(text).unwrap());
    facts
}

#[test]
fn a_threshold_that_is_reached_keeps_it_off_and_one_that_is_near_is_told() {
    for release in RELEASES {
        let mut facts = facts(release, "why-stays");
        let monitor = facts.monitor.as_mut().unwrap();
        monitor.counts = vec![FailCount {
            resource: "web".to_owned(),
            node: "serv1".to_owned(),
            count: 3,
            threshold: 3,
        }];
        let said = told("servweb", &facts);
        says(
            release,
            &said,
            "it prefers serv1, by prefer-servweb (100), where it failed too often",
        );
        says(
            release,
            &said,
            "web failed on serv1 3 times, and its migration-threshold is 3: it may not run there",
        );
        says(release, &said, "bascule crm resource cleanup web");
        facts.monitor.as_mut().unwrap().counts[0].count = 1;
        let said = told("servweb", &facts);
        says(release, &said, "it stays on serv2, though it prefers serv1");
        says(
            release,
            &said,
            "web failed on serv1 once: at 3 it must go elsewhere",
        );
    }
}

#[test]
fn a_preferred_node_that_takes_nothing_is_named_with_what_ends_that() {
    for release in RELEASES {
        for (state, words, command) in [
            (
                "standby",
                "which is in standby",
                "bascule node online serv1",
            ),
            (
                "maintenance",
                "which is in maintenance",
                "bascule node ready serv1",
            ),
            ("offline", "which is away", "bascule status"),
        ] {
            let mut facts = facts(release, "why-stays");
            let node = &mut facts.monitor.as_mut().unwrap().nodes[0];
            assert_eq!(node.name, "serv1");
            match state {
                "standby" => node.standby = true,
                "maintenance" => node.maintenance = true,
                _ => node.online = false,
            }
            let said = told("servweb", &facts);
            says(release, &said, words);
            says(release, &said, command);
            assert!(!said.contains("second interruption"), "{release}: {said}");
        }
    }
}

#[test]
fn what_comes_home_by_itself_is_not_said_to_stay() {
    for release in RELEASES {
        let facts = with(
            facts(release, "why-stays"),
            "score=\"100\"",
            "score=\"1000\"",
        );
        assert!(
            !told("servweb", &facts).contains("it stays on"),
            "{release}"
        );
    }
}

#[test]
fn without_a_preference_the_stickiness_is_why() {
    for release in RELEASES {
        let plain = with(
            facts(release, "why-stays"),
            "<rsc_location id=\"prefer-servweb\" rsc=\"servweb\" score=\"100\" node=\"serv1\"/>",
            "",
        );
        let said = told("servweb", &plain);
        says(
            release,
            &said,
            "nothing prefers a node: it stays where it was started, by its stickiness (400)",
        );
        says(release, &said, "bascule web prefer servweb NODE");
        let loose = with(
            plain,
            "name=\"resource-stickiness\" value=\"200\"",
            "name=\"resource-stickiness\" value=\"0\"",
        );
        says(
            release,
            &told("servweb", &loose),
            "nothing prefers a node, and nothing holds it",
        );
    }
}

#[test]
fn what_is_told_to_be_stopped_is_why_the_members_behind_it_wait() {
    for release in RELEASES {
        let facts = facts(release, "why-member");
        let said = told("ip", &facts);
        says(release, &said, "ip is stopped, as ip's target-role asks");
        says(release, &said, "bascule crm resource start ip");
        says(
            release,
            &told("web", &facts),
            "web starts after ip in the group servweb, and ip does not run",
        );
    }
}

#[test]
fn what_goes_with_another_one_waits_for_it() {
    for release in RELEASES {
        let mut facts = with(
            facts(release, "why-follows"),
            "<rsc_colocation id=\"other-with-web\"",
            "<rsc_order id=\"after\" kind=\"Mandatory\" first=\"servweb\" then=\"other\"/><rsc_colocation id=\"other-with-web\"",
        );
        for part in &mut facts.monitor.as_mut().unwrap().resources {
            part.nodes.clear();
            part.active = false;
            "Stopped".clone_into(&mut part.role);
        }
        let said = told("other", &facts);
        says(
            release,
            &said,
            "it runs only where servweb runs, by other-with-web, and servweb runs nowhere",
        );
        says(
            release,
            &said,
            "it starts after servweb, by after, and servweb does not run",
        );
        says(release, &said, "bascule why servweb");
    }
}

#[test]
fn what_health_knows_is_told_and_nothing_of_others() {
    for release in RELEASES {
        let held = held(release);
        says(
            release,
            &told("tk", &held),
            "its ticket ticketA is not granted to this site",
        );
        says(
            release,
            &told("um", &held),
            "um is not managed by the cluster: nothing starts it",
        );
        assert!(!told("um", &held).contains("ticketA"), "{release}");
        let left_alone = left_alone(release);
        says(
            release,
            &told("bad", &left_alone),
            "stop of bad failed on serv2",
        );
        let copies = copy_failed(release);
        let said = told("cl_db", &copies);
        says(release, &said, "it does not run on serv2, only on serv1");
        assert!(!said.contains(" of st failed"), "{release}: {said}");
        says(
            release,
            &told("each-clone", &with_copies(release)),
            "serv2 is in standby",
        );
    }
}

#[test]
fn a_cluster_that_is_held_back_as_a_whole_is_why() {
    for release in RELEASES {
        let mut facts = facts(release, "why-nowhere");
        let monitor = facts.monitor.as_mut().unwrap();
        monitor.failures.clear();
        monitor.counts.clear();
        monitor.quorum = false;
        says(release, &told("web", &facts), "there is no quorum");
        let monitor = facts.monitor.as_mut().unwrap();
        monitor.quorum = true;
        let said = told("web", &facts);
        says(release, &said, "by its scores no node may run it");
        says(release, &said, "crm_simulate -Ls");
    }
}

#[test]
fn while_the_cluster_rests_that_is_said() {
    for release in RELEASES {
        let mut facts = facts(release, "why-stays");
        facts.cluster = Cluster::Stopped {
            cib: facts.cib().cloned(),
            why: "corosync does not run".to_owned(),
            missing: false,
        };
        facts.monitor = None;
        says(release, &told("servweb", &facts), "bascule cluster start");
    }
}

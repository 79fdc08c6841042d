//! Where a service likes to run, and where it is moved: `web prefer` and `web move`.

use super::{as_it_was, refused, with_location};
use crate::cib::{AttributeSet, Object};
use crate::facts::{Cluster, Facts};
use crate::trial::{RELEASES, commands, facts, left_alone, plan, refusal};

#[test]
fn a_preference_is_below_or_above_what_holds_the_group() {
    for release in RELEASES {
        let facts = facts(release, "grouped");
        assert!(plan("web prefer servweb serv1", &facts).unwrap().is_empty());
        let back = commands("web prefer servweb serv1 --failback", &facts);
        assert!(
            back[0].ends_with("location prefer-servweb servweb 1000: serv1\n"),
            "{back:?}"
        );
        // A member's preference is the group's.
        let other = commands("web prefer serviceWeb serv2", &facts);
        assert!(
            other[0].ends_with("location prefer-servweb servweb 100: serv2\n"),
            "{other:?}"
        );
    }
}

#[test]
fn without_stickiness_a_default_is_set_in_the_same_transaction() {
    for release in RELEASES {
        let mut facts = facts(release, "ungrouped");
        if let Cluster::Running(cib) = &facts.cluster {
            let text = cib.text().replace("value=\"200\"", "value=\"0\"");
            facts.cluster = Cluster::Running(crate::cib::Cib::parse(text).unwrap());
        }
        let commands = commands("web prefer IPFailover serv1", &facts);
        assert_eq!(commands.len(), 1);
        assert!(
            commands[0].contains("rsc_defaults rsc-options:"),
            "{commands:?}"
        );
        assert!(
            commands[0].contains("resource-stickiness=200"),
            "{commands:?}"
        );
        assert!(
            commands[0].contains("IPFailover 100: serv1"),
            "{commands:?}"
        );
    }
}

#[test]
fn preferences_that_cannot_hold_are_refused() {
    refused(
        "web prefer apache2 serv1",
        "everywhere",
        as_it_was,
        "apache2 runs on every node",
        &["bascule web prefer vip-172.16.0.12 serv1"],
    );
    refused(
        "web prefer servweb serv1",
        "moved",
        as_it_was,
        "cli-prefer-serviceWeb was left over by a move",
        &["crm resource clear serviceWeb"],
    );
    refused(
        "web prefer servweb srv1",
        "grouped",
        as_it_was,
        "the cluster has no node srv1; it has serv1, serv2",
        &["did you mean serv1?"],
    );
    refused(
        "web prefer servweb serv1 --failback",
        "grouped",
        |facts| {
            if let Cluster::Running(cib) = &facts.cluster {
                let text = cib.text().replace("value=\"200\"", "value=\"INFINITY\"");
                facts.cluster = Cluster::Running(crate::cib::Cib::parse(text).unwrap());
            }
        },
        "servweb never leaves the node it runs on",
        &["crm resource meta servweb set resource-stickiness 200"],
    );
}

#[test]
fn moves_that_lead_nowhere_are_refused() {
    refused(
        "web move servweb serv2",
        "standby",
        as_it_was,
        "serv2 is in standby",
        &["bascule node online serv2"],
    );
    refused(
        "web move srevweb serv2",
        "grouped",
        as_it_was,
        "no resource or group is called srevweb",
        &["did you mean servweb?"],
    );
    refused(
        "web move servweb srv-web1",
        "grouped",
        as_it_was,
        "the cluster has no node srv-web1",
        &["bascule node list"],
    );
    refused(
        "web move apache2 serv2",
        "everywhere",
        as_it_was,
        "apache2 runs on every node",
        &["bascule web move vip-172.16.0.12 serv2"],
    );
    refused(
        "web move servweb serv1",
        "moved",
        as_it_was,
        "cli-prefer-serviceWeb was left over by somebody's move",
        &["crm resource clear serviceWeb"],
    );
    let monitor = |facts: &mut Facts| facts.monitor.take().unwrap();
    refused(
        "web move servweb serv2",
        "grouped",
        |facts| {
            let mut seen = monitor(facts);
            seen.nodes
                .iter_mut()
                .for_each(|node| node.online = node.name == "serv1");
            facts.monitor = Some(seen);
        },
        "serv2 is not online",
        &["bascule cluster start"],
    );
    refused(
        "web move servweb serv2",
        "grouped",
        |facts| {
            let mut seen = monitor(facts);
            seen.resources
                .iter_mut()
                .for_each(|resource| resource.nodes.clear());
            facts.monitor = Some(seen);
        },
        "servweb does not run",
        &["bascule web prefer servweb serv2"],
    );
}

#[test]
fn a_move_to_where_it_runs_is_nothing_to_do() {
    for release in RELEASES {
        let plan_there = plan("web move servweb serv1", &facts(release, "grouped")).unwrap();
        assert!(plan_there.is_empty());
        // Somebody's constraint is named all the same.
        let plan = plan("web move servweb serv2", &facts(release, "moved")).unwrap();
        assert!(plan.is_empty());
        assert!(
            plan.checks
                .iter()
                .any(|c| c.text.contains("cli-prefer-serviceWeb"))
        );
    }
}

#[test]
fn a_preference_does_not_promise_what_a_ban_forbids() {
    for score in ["-INFINITY", "-1000000", "-500"] {
        refused(
            "web prefer servweb serv2",
            "grouped",
            |facts| with_location(facts, "serv2", score, None),
            "the location somebodys keeps servweb off serv2",
            &["crm configure delete somebodys"],
        );
    }
    for release in RELEASES {
        // Of another node, of another role, or outweighed: no ban.
        for (node, score, role) in [
            ("serv1", "-INFINITY", None),
            ("serv2", "-INFINITY", Some("Promoted")),
            ("serv2", "-1", None),
        ] {
            let mut facts = facts(release, "grouped");
            with_location(&mut facts, node, score, role);
            assert!(
                plan("web prefer servweb serv2", &facts).is_ok(),
                "{node} {score}"
            );
        }
    }
}

#[test]
fn what_would_not_be_stopped_is_neither_removed_nor_moved() {
    for release in RELEASES {
        let facts = left_alone(release);
        for (name, to, why, mend) in [
            (
                "bad",
                "serv1",
                "bad failed and is blocked on serv2",
                "crm resource cleanup bad",
            ),
            (
                "grp",
                "serv1",
                "m1 is not managed by the cluster now",
                "crm resource manage grp",
            ),
            (
                "good",
                "serv2",
                "good runs on serv1, which is in maintenance",
                "bascule node ready serv1",
            ),
        ] {
            let removal = refusal(&format!("web remove {name}"), &facts);
            assert!(removal.starts_with(&format!("{why}: it would not be stopped")));
            assert!(removal.ends_with(mend), "{removal}");
            let mut ready = facts.clone();
            if to == "serv1" {
                // A node in maintenance is no place to move to, which is said first.
                let monitor = ready.monitor.as_mut().unwrap();
                monitor.nodes[0].maintenance = false;
            }
            let moving = refusal(&format!("web move {name} {to}"), &ready);
            assert!(moving.starts_with(&format!("{why}: it would not be moved")));
            assert!(moving.ends_with(mend), "{moving}");
        }
    }
}

#[test]
fn what_holds_the_whole_cluster_is_told_with_what_ends_it() {
    for release in RELEASES {
        for (name, value, why) in [
            ("maintenance-mode", "true", "the cluster is in maintenance"),
            ("stop-all-resources", "true", "stop-all-resources is set"),
            ("stop-all-resources", "on", "stop-all-resources is set"),
        ] {
            let mut facts = facts(release, "grouped");
            let set = Object::Property(AttributeSet {
                id: "cib-bootstrap-options".to_owned(),
                pairs: vec![(name.to_owned(), value.to_owned())],
            });
            let cib = facts.live_cib().unwrap().with(&[set]);
            facts.cluster = Cluster::Running(cib);
            let ends = format!("bascule cluster set {name}=false");
            let monitor = facts.monitor.as_mut().unwrap();
            monitor.maintenance = name == "maintenance-mode";
            let to = match monitor.places("servweb")[0] {
                "serv1" => "serv2",
                _ => "serv1",
            };
            let moving = refusal(&format!("web move servweb {to}"), &facts);
            assert_eq!(
                moving,
                format!("nothing would move: {why}\nto end that: {ends}")
            );
            let removal = refusal("web remove servweb", &facts);
            assert!(removal.ends_with(&ends), "{release}: {removal}");
        }
    }
}

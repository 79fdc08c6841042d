//! What the verbs of a node plan and refuse on what real clusters said.

use crate::trial::{RELEASES, commands, facts, plan, refusal, with_copies};
use crate::verb::Look;

/// crmsh 4.4 and 5.0 refuse it: "Node "remote1" is not a cluster node".
#[test]
fn a_remote_node_is_listed_and_emptied_without_crmsh() {
    for release in RELEASES {
        let mut facts = with_copies(release);
        let report = super::List {}.report(&facts).unwrap();
        assert!(format!("{report:?}").contains("online, a remote node"));
        assert_eq!(
            commands("node standby remote1", &facts),
            ["crm_attribute --type nodes --node remote1 --name standby --update on"]
        );
        assert_eq!(
            commands("node online serv2", &facts),
            ["crm_attribute --type nodes --node serv2 --name standby --update off"]
        );
        // Pacemaker 3 does not write it into the configuration before it has an attribute.
        if let crate::facts::Cluster::Running(cib) = &mut facts.cluster {
            let id = cib.text().find("uname=\"remote1\"").unwrap();
            let start = cib.text()[..id].rfind("<node ").unwrap();
            let end = start + cib.text()[start..].find("</node>").unwrap() + "</node>".len();
            let mut text = cib.text().to_owned();
            text.replace_range(start..end, "");
            *cib = crate::cib::Cib::parse(text).unwrap();
            assert!(cib.node("remote1").is_none(), "{release}");
        }
        assert_eq!(
            commands("node standby remote1", &facts).len(),
            1,
            "{release}"
        );
    }
}

/// As `crm node standby serv2 reboot` made it (Pacemaker 2.1.5 and 3.0.0): it counts before the one of the
/// configuration, which is put right where it says the same.
#[test]
fn a_standby_until_the_next_boot_ends_as_well() {
    for release in RELEASES {
        let mut facts = with_copies(release);
        let crate::facts::Cluster::Running(cib) = &mut facts.cluster else {
            panic!("{release}");
        };
        let until_boot = concat!(
            "<node_state id=\"2\" uname=\"serv2\"><transient_attributes id=\"2\">",
            "<instance_attributes id=\"status-2\">",
            "<nvpair id=\"status-2-standby\" name=\"standby\" value=\"on\"/>",
            "</instance_attributes></transient_attributes></node_state>"
        );
        let end = cib.text().find("<status>").unwrap() + "<status>".len();
        let mut text = cib.text().to_owned();
        text.insert_str(end, until_boot);
        *cib = crate::cib::Cib::parse(text.clone()).unwrap();
        let end = "crm_attribute --node serv2 --lifetime reboot --name standby --delete";
        let configure = "crm_attribute --type nodes --node serv2 --name standby --update off";
        assert_eq!(
            commands("node online serv2", &facts),
            [configure, end],
            "{release}"
        );
        if let crate::facts::Cluster::Running(cib) = &mut facts.cluster {
            let text = crate::cib::with_node_attribute(&text, "serv2", "standby", "off");
            *cib = crate::cib::Cib::parse(text.unwrap()).unwrap();
        }
        assert_eq!(commands("node online serv2", &facts), [end], "{release}");
    }
}

#[test]
fn what_the_cluster_leaves_alone_is_told_and_not_waited_for() {
    for release in RELEASES {
        for (blocked, managed, says) in [
            (
                false,
                false,
                "st1 stays on serv1: it is not managed by the cluster",
            ),
            (true, true, "st1 stays on serv1: it failed and is blocked"),
        ] {
            let mut facts = with_copies(release);
            for part in &mut facts.monitor.as_mut().unwrap().resources {
                if part.id == "st1" {
                    (part.blocked, part.managed) = (blocked, managed);
                }
            }
            let plan = plan("node standby serv1", &facts).unwrap();
            assert!(
                !plan.headline.contains("will be empty"),
                "{}",
                plan.headline
            );
            assert!(
                plan.checks.iter().any(|check| check.text == says),
                "{plan:?}"
            );
            let asks =
                |verify: &crate::plan::Verify| matches!(verify, crate::plan::Verify::Node { .. });
            assert!(!plan.steps[0].verify.iter().any(asks));
        }
        let plan = plan("node standby serv1", &with_copies(release)).unwrap();
        assert!(plan.headline.contains("will be empty"));
    }
}

#[test]
fn what_is_so_already_needs_nothing() {
    for release in RELEASES {
        for (words, name) in [
            ("node standby serv2", "standby"),
            ("node online serv2", "grouped"),
            ("node ready serv1", "grouped"),
        ] {
            let plan = plan(words, &facts(release, name)).unwrap();
            assert!(plan.is_empty(), "{words}");
        }
    }
}

#[test]
fn a_standby_is_taken_back_by_the_configuration_of_the_node() {
    for release in RELEASES {
        let facts = facts(release, "grouped");
        assert_eq!(
            commands("node standby serv2", &facts),
            ["crm_attribute --type nodes --node serv2 --name standby --update on"]
        );
        let plan = plan("node standby serv2", &facts).unwrap();
        assert_eq!(
            plan.steps[0].undo,
            crate::plan::Undo::Cib {
                touches: vec!["serv2".to_owned()]
            }
        );
    }
}

#[test]
fn an_unknown_node_is_named_with_the_nearest() {
    for release in RELEASES {
        let text = refusal("node standby serv3", &facts(release, "grouped"));
        assert!(text.starts_with("the cluster has no node serv3"), "{text}");
        assert!(text.contains("did you mean"), "{text}");
    }
}

#[test]
fn a_cluster_in_maintenance_is_not_ended_by_one_node() {
    use crate::cib::{AttributeSet, Object};
    for value in ["true", "yes"] {
        let mut facts = facts("bookworm", "grouped");
        if let crate::facts::Cluster::Running(cib) = &mut facts.cluster {
            *cib = cib.with(&[Object::Property(AttributeSet {
                id: "cib-bootstrap-options".to_owned(),
                pairs: vec![("maintenance-mode".to_owned(), value.to_owned())],
            })]);
        }
        let text = refusal("node ready serv1", &facts);
        assert!(
            text.contains("bascule cluster set maintenance-mode=false"),
            "{text}"
        );
    }
}

//! What real Pacemakers said about values, and the sentences for wrong ones.

use super::*;

const D12: Release = Release(2, 1, 5);
const D13: Release = Release(3, 0, 0);

fn property(name: &str) -> &'static Property {
    find(name).unwrap_or_else(|| panic!("no {name}"))
}

fn ok(name: &str, value: &str) -> String {
    property(name).check(value).unwrap()
}

fn refusal(name: &str, value: &str) -> String {
    property(name).check(value).unwrap_err().to_string()
}

#[test]
fn the_table_is_sorted_and_its_defaults_are_values() {
    assert!(PROPERTIES.is_sorted_by(|a, b| a.name < b.name));
    for property in PROPERTIES {
        let set_by_hand = property.kind != ValueKind::ByPacemaker && !property.default.is_empty();
        assert!(
            !set_by_hand || property.check(property.default).is_ok(),
            "{}",
            property.name
        );
        assert!(
            !set_by_hand || property.warning(property.default).is_none(),
            "{}",
            property.name
        );
        for (Value::Is(value) | Value::IsNot(value), _) in property.dangers {
            assert_eq!(
                &ok(property.name, value),
                value,
                "{} is not canonical",
                property.name
            );
        }
    }
}

#[test]
fn every_spelling_of_true_and_false() {
    for value in ["true", "True", "on", "yes", "y", "1"] {
        assert_eq!(ok("maintenance-mode", value), "true");
    }
    for value in ["false", "FALSE", "off", "no", "n", "0"] {
        assert_eq!(ok("stonith-enabled", value), "false");
    }
    for value in ["t", "2", "nope", "fal", ""] {
        assert!(
            refusal("stonith-enabled", value).starts_with("stonith-enabled is true or false, not")
        );
    }
}

#[test]
fn one_word_of_several() {
    assert_eq!(ok("no-quorum-policy", "Ignore"), "ignore");
    assert_eq!(
        refusal("no-quorum-policy", "ignor"),
        "no-quorum-policy is stop, freeze, ignore, demote, fence or suicide, not \"ignor\": did you mean ignore?"
    );
    assert_eq!(
        refusal("fence-reaction", "foo"),
        "fence-reaction is stop or panic, not \"foo\""
    );
    assert!(refusal("placement-strategy", "foo").contains("utilization, minimal or balanced"));
}

#[test]
fn numbers_within_their_bounds() {
    assert_eq!(ok("batch-limit", "+5"), "5");
    assert_eq!(ok("migration-limit", "-1"), "-1");
    assert_eq!(
        refusal("migration-limit", "-2"),
        "migration-limit is at least -1, not -2"
    );
    assert_eq!(
        refusal("cluster-ipc-limit", "0"),
        "cluster-ipc-limit is at least 1, not 0"
    );
    assert_eq!(
        refusal("cluster-ipc-limit", "5000000000"),
        "cluster-ipc-limit is at most 4294967295, not 5000000000"
    );
    for wrong in ["1.5", "0x10", "5s", "many", "INFINITY", ""] {
        assert!(
            refusal("batch-limit", wrong).contains("is a whole number"),
            "{wrong}"
        );
    }
}

#[test]
fn lengths_of_time() {
    assert_eq!(ok("dc-deadtime", "2"), "2s");
    assert_eq!(ok("cluster-recheck-interval", "2min"), "2min");
    assert_eq!(ok("cluster-recheck-interval", "pt2m"), "PT2M");
    assert_eq!(ok("stonith-watchdog-timeout", "-1"), "-1");
    assert!(refusal("dc-deadtime", "-1").contains("is negative"));
    assert!(refusal("dc-deadtime", "foo").starts_with("dc-deadtime is a length of time: \"foo\""));
    assert!(refusal("stonith-watchdog-timeout", "auto").contains("is not a length of time"));
}

#[test]
fn percentages_and_scores() {
    assert_eq!(ok("load-threshold", "80%"), "80%");
    assert_eq!(
        refusal("load-threshold", "80"),
        "load-threshold is a percentage: write 80%"
    );
    for wrong in ["0.8", "-1", "-1%", "80.5%", "%", "foo"] {
        assert!(
            refusal("load-threshold", wrong).contains("write one such as 80%"),
            "{wrong}"
        );
    }
    assert_eq!(ok("node-health-red", "-infinity"), "-INFINITY");
    assert_eq!(ok("node-health-base", "2000000"), "INFINITY");
    assert_eq!(ok("node-health-base", "+100"), "100");
    assert!(refusal("node-health-red", "-inf").contains("is a score"));
    assert!(refusal("node-health-base", "1.5").contains("is a score"));
    assert_eq!(ok("stonith-max-attempts", "INFINITY"), "INFINITY");
    assert_eq!(
        refusal("stonith-max-attempts", "0"),
        "stonith-max-attempts is at least 1, not 0"
    );
}

#[test]
fn what_pacemaker_writes_itself_is_left_alone() {
    for name in ["dc-version", "cluster-infrastructure", "have-watchdog"] {
        assert!(refusal(name, "true").contains("written by pacemaker itself"));
    }
    assert_eq!(ok("cluster-name", "cluster_web"), "cluster_web");
    assert!(refusal("cluster-name", " ").contains("is empty"));
    assert!(refusal("cluster-name", "a\nb").contains("without line breaks"));
}

#[test]
fn dangerous_values_bring_a_warning_in_every_spelling() {
    for (name, value) in [
        ("no-quorum-policy", "ignore"),
        ("stonith-enabled", "no"),
        ("symmetric-cluster", "false"),
        ("stop-all-resources", "1"),
        ("maintenance-mode", "on"),
        ("startup-fencing", "false"),
        ("enable-startup-probes", "off"),
        ("stop-orphan-resources", "false"),
        ("stop-orphan-actions", "false"),
        ("remove-after-stop", "true"),
        ("election-timeout", "1min"),
        ("transition-delay", "5s"),
        ("stonith-watchdog-timeout", "10s"),
    ] {
        assert!(property(name).warning(value).is_some(), "{name}={value}");
    }
    assert!(property("no-quorum-policy").warning("stop").is_none());
    assert!(property("stonith-watchdog-timeout").warning("0").is_none());
    assert!(property("dc-deadtime").warning("2s").is_none());
}

#[test]
fn releases_know_different_things() {
    let refused = |name: &str, value: &str, release| property(name).refused_by(release, value);
    assert_eq!(
        refused("no-quorum-policy", "fence", D12).unwrap(),
        "no-quorum-policy=fence came with pacemaker 2.1.9, and this is 2.1.5"
    );
    assert_eq!(refused("no-quorum-policy", "fence", D13), None);
    assert_eq!(refused("no-quorum-policy", "stop", D12), None);
    assert!(refused("stonith-action", "poweroff", D13).is_some());
    assert!(
        refused("node-pending-timeout", "1min", D12)
            .unwrap()
            .contains("came with pacemaker 2.1.7")
    );
    assert!(
        refused("remove-after-stop", "true", D13)
            .unwrap()
            .contains("is gone since pacemaker 3.0.0")
    );
    assert_eq!(property("concurrent-fencing").default_in(D12), "false");
    assert_eq!(property("concurrent-fencing").default_in(D13), "true");
}

#[test]
fn a_release_is_read_from_dc_version() {
    assert_eq!("2.1.5-a3f44794f94".parse(), Ok(D12));
    assert_eq!("3.0.0".parse(), Ok(D13));
    assert_eq!("3.0".parse(), Ok(D13));
    assert_eq!("2.1.9-rc1".parse(), Ok(Release(2, 1, 9)));
    assert!("none".parse::<Release>().is_err());
    assert!("".parse::<Release>().is_err());
    assert!(D12 < Release(2, 1, 10));
}

#[test]
fn a_wrong_name_brings_the_right_one() {
    assert!(find("stonith_enabled").is_none());
    assert_eq!(suggest("stonith_enabled"), Some("stonith-enabled"));
    assert_eq!(suggest("fencing-enabled"), Some("stonith-enabled"));
    assert_eq!(suggest("no-quorom-policy"), Some("no-quorum-policy"));
    assert_eq!(suggest("frobnicate"), None);
    assert_eq!(
        unknown("no-quorum-polcy"),
        "pacemaker knows no cluster property no-quorum-polcy"
    );
    assert_eq!(suggest("default-action-timeout"), None);
    assert!(find("resource-stickiness").is_none());
    assert!(find_default("resource-stickiness").is_some());
    assert_eq!(suggest("resource-stickines"), Some("resource-stickiness"));
    assert!(unknown("default-action-timeout").contains("op_defaults timeout=VALUE"));
}

//! What `vip` plans and refuses on what real hosts said.

use crate::facts::{AddressUse, Facts};
use crate::plan::Verify;
use crate::trial::{RELEASES, commands, copy_failed, facts, held, is_usage_error, plan, refusal};
use std::net::IpAddr;

const ADD: &str = "vip add 172.16.0.12/24 --name IPFailover --label VIP";

/// The recorded facts, once the wire has answered that nobody has the address.
fn free(release: &str, name: &str) -> Facts {
    let mut facts = facts(release, name);
    let address: IpAddr = "172.16.0.12".parse().unwrap();
    facts.wire.insert(address, AddressUse::Free);
    facts
}

#[test]
fn the_address_of_the_notes_is_one_transaction() {
    for release in RELEASES {
        assert_eq!(
            commands(ADD, &free(release, "bare")),
            [
                "crm configure load update -\nprimitive IPFailover ocf:heartbeat:IPaddr2 \\\n  \
              params ip=172.16.0.12 cidr_netmask=24 nic=host0 iflabel=VIP \\\n  \
              op monitor interval=10s timeout=20s\n"
            ]
        );
        for name in ["ungrouped", "grouped"] {
            assert!(plan(ADD, &facts(release, name)).unwrap().is_empty());
        }
    }
}

#[test]
fn a_service_that_runs_everywhere_is_known_by_either_name() {
    for release in RELEASES {
        let facts = free(release, "everywhere");
        for name in ["apache2", "apache2-clone"] {
            let words = format!("vip add 172.16.0.12/24 --with {name}");
            assert!(plan(&words, &facts).unwrap().is_empty(), "{name}");
        }
        let text = refusal("vip add 172.16.0.13/24 --with apach2", &facts);
        assert!(text.contains("did you mean apache2?"), "{text}");
        let text = refusal(
            "vip add 172.16.0.13/24 --with serviceWeb",
            &self::facts(release, "ungrouped"),
        );
        assert!(
            text.starts_with("serviceWeb is a primitive on one node"),
            "{text}"
        );
    }
}

#[test]
fn the_cluster_that_the_packages_leave_is_nobodys() {
    let packaged = |release, name| {
        let mut there = facts(release, name);
        there.files = facts(release, "fresh").files;
        there
    };
    for release in RELEASES {
        // The DC has written its own properties by then.
        let text = refusal("vip remove IPFailover", &packaged(release, "bare"));
        assert!(
            text.starts_with("there is no cluster on serv1 yet"),
            "{text}"
        );
        // Where somebody put resources into it, it is theirs.
        assert!(plan("vip remove IPFailover", &packaged(release, "ungrouped")).is_ok());
        let fresh = facts(release, "fresh");
        for words in [
            "vip add 172.16.0.12/24",
            "vip remove IPFailover",
            "web add apache2",
            "node standby node1",
            "cluster set maintenance-mode=true",
        ] {
            let text = refusal(words, &fresh);
            assert!(
                text.starts_with("there is no cluster on serv1 yet, but for"),
                "{words}: {text}"
            );
        }
    }
}

#[test]
fn an_address_that_somebody_has_is_refused() {
    for release in RELEASES {
        let mut answered = facts(release, "bare");
        let address: IpAddr = "172.16.0.12".parse().unwrap();
        let by = "22:68:88:b5:c1:2a".to_owned();
        answered.wire.insert(address, AddressUse::Used { by });
        for (words, facts, begins) in [
            (
                ADD,
                answered,
                "172.16.0.12 is in use: 22:68:88:b5:c1:2a answered on host0",
            ),
            (
                "vip add 172.16.0.10/24",
                facts(release, "bare"),
                "172.16.0.10 is an address of this host itself",
            ),
            (
                "vip add 172.16.0.11/24",
                facts(release, "bare"),
                "serv2 itself holds 172.16.0.11",
            ),
            (
                "vip add 172.16.0.12/24 --name other",
                facts(release, "grouped"),
                "172.16.0.12 is already the address of IPFailover",
            ),
        ] {
            let text = refusal(words, &facts);
            assert!(text.starts_with(begins), "{text}");
        }
    }
}

#[test]
fn what_would_never_start_is_refused() {
    for release in RELEASES {
        for (words, begins, hint) in [
            (
                "vip add 172.16.0.12/24 --nic eth9",
                "serv1 has no interface eth9",
                "host0",
            ),
            (
                "vip add 10.9.9.9/24",
                "10.9.9.9 lies in none of serv1's networks",
                "bascule vip add 10.9.9.9/24 --nic INTERFACE",
            ),
            (
                "vip add 172.16.0.12/24 --label abcdefghij",
                "label abcdefghij is too long on host0",
                "--label VIP",
            ),
        ] {
            let text = refusal(words, &free(release, "bare"));
            assert!(text.starts_with(begins) && text.contains(hint), "{text}");
        }
        // The only interface that is near enough would be taken, or is not meant.
        for (address, is_meant) in [("172.16.0.12/24", true), ("10.9.0.12/24", false)] {
            let words = format!("vip add {address} --nic hosto");
            let text = refusal(&words, &free(release, "bare"));
            assert_eq!(text.contains("did you mean host0?"), is_meant, "{text}");
        }
        let mut there = free(release, "bare");
        let peer = there.peers.get_mut("serv2").unwrap();
        peer.network
            .interfaces
            .retain(|interface| interface.loopback);
        let text = refusal("vip add 172.16.0.12/24 --nic host0", &there);
        assert!(text.starts_with("serv2 has no interface host0"), "{text}");
    }
}

#[test]
fn an_interface_of_another_name_there_is_left_out() {
    for release in RELEASES {
        let mut facts = free(release, "bare");
        for interface in &mut facts.peers.get_mut("serv2").unwrap().network.interfaces {
            if !interface.loopback {
                interface.name = "eth0".to_owned();
            }
        }
        assert!(!commands(ADD, &facts)[0].contains("nic="));
    }
}

#[test]
fn words_that_are_no_address_are_usage_errors() {
    for address in [
        "172.16.0.12",
        "foo/24",
        "172.16.0.0/24",
        "172.16.0.255/24",
        "172.16.0.12/33",
        "172.16.0.300/24",
    ] {
        assert!(is_usage_error(&["vip", "add", address]), "{address}");
    }
    for (option, value) in [
        ("--label", "a b"),
        ("--nic", "eth0;x"),
        ("--monitor", "0"),
        ("--name", "a b"),
    ] {
        assert!(
            is_usage_error(&["vip", "add", "172.16.0.12/24", option, value]),
            "{value}"
        );
    }
}

#[test]
fn only_an_address_is_removed_as_one() {
    for release in RELEASES {
        let facts = facts(release, "grouped");
        let text = refusal("vip remove servweb", &facts);
        assert!(text.contains("bascule web remove servweb"), "{text}");
        assert_eq!(
            commands("vip remove IPFailover", &facts),
            ["crm --force configure delete IPFailover"]
        );
        let gone = plan("vip remove IPFailovr", &facts).unwrap();
        assert!(gone.is_empty() && gone.checks[0].text.contains("IPFailover"));
    }
}

#[test]
fn an_address_that_waits_for_a_service_is_said_not_to_start() {
    for release in RELEASES {
        let facts = held(release);
        for name in ["cl_s", "gs"] {
            let words = format!("vip add 172.16.0.40/24 --with {name}");
            let plan = plan(&words, &facts).unwrap();
            let why = "m2 is told to be stopped, and the address waits for all of cl_s: it will be configured, and not start";
            assert!(
                plan.checks.iter().any(|check| check.text == why),
                "{release}: {plan:#?}"
            );
            assert_eq!(plan.next, ["bascule crm resource start m2"], "{release}");
            let mut proofs = plan.steps.iter().flat_map(|step| &step.verify);
            assert!(
                !proofs.any(|proof| matches!(proof, Verify::Runs { .. })),
                "{release}"
            );
        }
        // It was told to run, and does not: the reason is not known here.
        let mut facts = copy_failed(release);
        for part in &mut facts.monitor.as_mut().unwrap().resources {
            if part.id == "web" {
                (part.role, part.active) = ("Stopped".to_owned(), false);
                part.nodes.clear();
            }
        }
        let plan = plan("vip add 172.16.0.40/24 --with cl_gr", &facts).unwrap();
        let why = "no copy of cl_gr is whole on any node, and the address waits for one: it will be configured, and not start";
        assert!(
            plan.checks.iter().any(|check| check.text == why),
            "{release}: {plan:#?}"
        );
        assert_eq!(plan.next, ["bascule status"], "{release}");
    }
}

#[test]
fn an_address_is_proved_to_be_there_once_before_and_after_it_runs() {
    for release in RELEASES {
        let plan = plan(
            "vip add 172.16.0.40/24 --name A",
            &facts(release, "ungrouped"),
        )
        .unwrap();
        let proofs = &plan.steps[0].verify;
        let once = Verify::Once {
            resource: "A".to_owned(),
            thing: "172.16.0.40".to_owned(),
        };
        let runs = proofs
            .iter()
            .position(|proof| matches!(proof, Verify::Runs { .. }));
        assert_eq!(
            proofs.iter().position(|proof| *proof == once),
            runs.map(|at| at - 1)
        );
        assert_eq!(proofs.last(), Some(&once), "{release}");
    }
}

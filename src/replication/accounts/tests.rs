use crate::mariadb::accounts::{Object, Right};
use crate::plan::{Action, Plan, Undo};
use crate::trial::{RELEASES, commands, facts, is_usage_error, plan, refusal, warnings};

const REPLICATE: &str = "db replicate 172.16.0.10 --accounts";

fn planned(words: &str, release: &str, state: &str) -> Plan {
    let facts = facts(release, &format!("accounts-{state}"));
    plan(words, &facts).unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
}

#[test]
fn accounts_are_copied_alone_to_a_replica_that_is_well() {
    for release in RELEASES {
        let plan = planned(REPLICATE, release, "lacking");
        let text: Vec<String> = commands(REPLICATE, &facts(release, "accounts-lacking"));
        let text = text.concat();
        assert!(
            !text.contains("CHANGE MASTER") && !text.contains("mariadb-dump"),
            "{text}"
        );
        assert!(
            text.contains("CREATE ROLE `readers`;\nCREATE ROLE `all_readers`"),
            "{text}"
        );
        assert!(
            text.contains("SET DEFAULT ROLE `all_readers` FOR 'roled'@'localhost'"),
            "{text}"
        );
        // The hashes stand in what goes through the pipe, and nowhere else.
        let json = serde_json::to_string(&plan).expect("a plan");
        assert!(
            json.contains("SHOW CREATE USER `multi`@`172.16.0.%`"),
            "{json}"
        );
        for hash in ["6E55B53E2F2167E7", "PB3R/e8ymdyWBl8ns", "C1F8F9E6CCFB7189"] {
            assert!(!json.contains(hash), "{json}");
        }
        // What was not there is dropped as a whole.
        let drops = plan
            .steps
            .iter()
            .any(|step| match (&step.action, &step.undo) {
                (Action::Pipe { .. }, Undo::Steps { steps }) => steps.iter().any(|step| {
                    matches!(&step.action, Action::Sql { statements, .. }
                    if statements.contains(&"DROP USER IF EXISTS 'app'@'%'".to_owned()))
                }),
                _ => false,
            });
        assert!(drops);
    }
}

#[test]
fn a_right_on_a_column_is_enough() {
    for release in RELEASES {
        let mut facts = facts(release, "accounts-lacking");
        for primary in facts.database_hosts.values_mut() {
            let on_column = |right: &Right| matches!(right.on, Object::Column { .. });
            primary
                .rights
                .rights
                .retain(|right| right.holder.user != "multi" || on_column(right));
        }
        let text = commands(REPLICATE, &facts).concat();
        assert!(
            text.contains("GRANT UPDATE (`page`) ON `site1`.`visits` TO 'multi'@'172.16.0.%'"),
            "{text}"
        );
        let said = refusal("db promote", &facts);
        assert!(said.contains("multi@172.16.0.% (missing)"), "{said}");
    }
}

#[test]
fn a_second_run_has_nothing_to_do() {
    for release in RELEASES {
        let plan = planned(REPLICATE, release, "same");
        assert!(plan.is_empty(), "{plan:#?}");
    }
}

#[test]
fn only_what_changed_is_copied_and_the_replicas_own_stay() {
    for release in RELEASES {
        let facts = facts(release, "accounts-otherwise");
        let text = commands(REPLICATE, &facts).concat();
        assert!(!text.contains("CREATE USER `we"), "{text}");
        assert!(
            text.contains("ALTER USER 'app'@'%' ACCOUNT UNLOCK"),
            "{text}"
        );
        for own in ["everywhere", "TO `readers`", "reports"] {
            assert!(!text.contains(own), "{own}: {text}");
        }
        let said = warnings(&planned(REPLICATE, release, "otherwise"));
        assert!(
            said.contains(
                "everywhere@% on serv2 is not serv1's (rights on own_serv2 of its own there)"
            ),
            "{said}"
        );
        // What somebody changes there later is not taken for what was copied.
        let plan = plan(REPLICATE, &facts).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert!(plan.steps.iter().any(|step| !step.guards.is_empty()));
    }
}

#[test]
fn a_promote_that_would_lock_applications_out_is_refused() {
    for release in RELEASES {
        let lacking = facts(release, "accounts-lacking");
        let said = refusal("db promote", &lacking);
        for text in [
            "app@% (missing), multi@172.16.0.% (missing)",
            "bascule db replicate 172.16.0.10 --accounts",
            "bascule db promote --without-accounts",
        ] {
            assert!(said.contains(text), "{text} is not in {said}");
        }
        // Whatever else is in its way comes later.
        if let Err(refusal) = plan("db promote --without-accounts", &lacking) {
            assert!(!refusal.what.contains("log in"), "{refusal}");
        }
        let foreign = refusal("db promote", &facts(release, "accounts-otherwise"));
        assert!(foreign.contains("made alike by hand alone"), "{foreign}");
        assert!(foreign.contains("SHOW GRANTS FOR"), "{foreign}");
    }
}

#[test]
fn a_plugin_that_is_not_loaded_is_named() {
    let mut lacking = facts("bookworm", "accounts-lacking");
    let replica = lacking.database.as_mut().expect("the replica");
    replica.plugins.retain(|plugin| plugin.name != "ed25519");
    let said = refusal(REPLICATE, &lacking);
    assert!(
        said.contains("multi@172.16.0.% proves itself by ed25519"),
        "{said}"
    );
    assert!(said.contains("INSTALL SONAME 'auth_ed25519'"), "{said}");
}

#[test]
fn a_file_brings_none() {
    assert!(is_usage_error(&[
        "db",
        "replicate",
        "--bundle",
        "/f",
        "--accounts"
    ]));
}

#[test]
fn a_file_names_who_has_rights_on_what_is_in_it() {
    let facts = facts("trixie", "accounts-lacking");
    let primary = &facts.database_hosts["172.16.0.10"];
    let comes = |name: &str| name == "site1";
    let names = super::with_rights(primary, &comes, &[]).expect("it said");
    let names: Vec<String> = names.iter().map(super::Name::plain).collect();
    assert_eq!(
        names,
        [
            "app@%",
            "multi@172.16.0.%",
            "roled@localhost",
            "wild@%",
            "everywhere@%",
            "we`ird'o@%"
        ]
    );
    let mut plan = Plan::new("");
    let replica = facts.database.as_ref().expect("the replica");
    super::tell_of_file("serv1", replica, &[super::Name::new("app", "%")], &mut plan);
    assert!(plan.checks[0].text.ends_with("none of them: app@%"));
}

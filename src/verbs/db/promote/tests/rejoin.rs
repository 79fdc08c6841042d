//! `db rejoin`.

use crate::verbs::db::promote::tests::*;

/// serv1 is back after serv2 took its place, seen from serv1.
fn back() -> Facts {
    let mut facts = facts("bookworm", "db-pair");
    set(here(&mut facts), "read_only", "OFF");
    let server = facts.database_hosts.get_mut("172.16.0.11").unwrap();
    server.links.clear();
    set(server, "read_only", "OFF");
    set(server, "gtid_binlog_state", "0-10-3,0-11-9");
    set(server, "gtid_binlog_pos", "0-11-9");
    facts
}

const REJOIN: &str = "db rejoin 172.16.0.11";

#[test]
fn a_primary_that_is_back_takes_no_writes_before_anything_else() {
    let facts = back();
    let plan = plan(REJOIN, &facts).unwrap();
    let told = statements(&plan);
    assert_eq!(told[1], "SET GLOBAL read_only=1");
    assert!(
        told.iter()
            .any(|text| text.contains("MASTER_HOST='172.16.0.11'") && text.contains("DEMOTE")),
        "{told:?}"
    );
    // All of it is taken back, whatever fails.
    assert_eq!(plan.no_return, Some(plan.steps.len()));
    assert!(plan.irreversible().is_empty(), "{:?}", plan.irreversible());
    assert!(plan.undo_danger.is_some());
}

#[test]
fn a_primary_that_is_back_with_writes_of_its_own_is_shown_them() {
    let mut facts = back();
    set(here(&mut facts), "gtid_binlog_state", "0-10-4");
    set(here(&mut facts), "gtid_binlog_pos", "0-10-4");
    let asking = plan(REJOIN, &facts).unwrap();
    assert!(
        asking.is_empty() && asking.probes().len() == 1,
        "{asking:#?}"
    );
    facts.transactions.insert(String::new(), one_transaction());
    let text = refusal(REJOIN, &facts);
    assert!(text.contains("serv1 holds one transaction that serv2 lacks, written after 0-10-3: it cannot follow serv2"), "{text}");
    assert!(text.contains("INSERT INTO site1.t (7, 'x')"), "{text}");
    assert!(text.contains("--start-position=0-10-3"), "{text}");
    assert!(
        text.contains("bascule db replicate 172.16.0.11 --reseed"),
        "{text}"
    );
    assert!(!text.contains("RESET SLAVE ALL"), "{text}");

    // Its data are taken only once it follows nobody: `db replicate` refuses a replica of this host.
    let pair = self::facts("bookworm", "db-pair");
    let mut link = pair.database_hosts["172.16.0.11"].links[0].clone();
    link.columns.insert("Slave_IO_Running".into(), "No".into());
    link.columns.insert("Slave_SQL_Running".into(), "No".into());
    let server = facts.database_hosts.get_mut("172.16.0.11").unwrap();
    server.links.push(link);
    let refusal = plan(REJOIN, &facts).unwrap_err();
    let commands: Vec<&str> = refusal.hints.iter().map(|h| h.command.as_str()).collect();
    assert_eq!(
        commands[1..],
        [
            "ssh root@172.16.0.11 \"mariadb -e 'STOP SLAVE; RESET SLAVE ALL'\"",
            "bascule db replicate 172.16.0.11 --reseed"
        ]
    );
}

#[test]
fn whoever_is_no_primary_is_not_followed() {
    let mut facts = back();
    set(
        facts.database_hosts.get_mut("172.16.0.11").unwrap(),
        "read_only",
        "ON",
    );
    // Whoever holds more can only be the primary: it is opened once the other one is shut.
    let told = statements(&plan(REJOIN, &facts).unwrap());
    let at = |text: &str| told.iter().position(|told| told == text);
    let (shut, opened) = (at("SET GLOBAL read_only=1"), at("SET GLOBAL read_only=0"));
    assert!(shut.is_some() && shut < opened, "{told:?}");

    let server = facts.database_hosts.get_mut("172.16.0.11").unwrap();
    set(server, "gtid_binlog_state", "0-10-3");
    set(server, "gtid_binlog_pos", "0-10-3");
    let text = refusal(REJOIN, &facts);
    assert!(
        text.contains("serv2 is no primary: it takes no writes"),
        "{text}"
    );
    let facts = self::facts("bookworm", "db-pair");
    let text = refusal(REJOIN, &facts);
    assert!(
        text.contains("serv2 is no primary: it replicates from 172.16.0.10"),
        "{text}"
    );
}

#[test]
fn a_server_id_of_before_does_not_make_a_third_server_the_primary() {
    for release in ["bookworm", "trixie"] {
        // serv2 after RESET SLAVE ALL and CHANGE MASTER to another server: Master_Server_Id is still serv1's
        // (seen on both).
        let mut facts = facts(release, "link-well");
        let link = &mut here(&mut facts).links[0].columns;
        link.insert("Master_Host".into(), "172.16.0.77".into());
        link.insert("Slave_IO_Running".into(), "No".into());
        link.insert("Slave_SQL_Running".into(), "No".into());
        assert_eq!(link["Master_Server_Id"], "10");
        let plan = plan("db rejoin 172.16.0.10", &facts).unwrap();
        assert_eq!(plan.headline, "serv2 follows serv1 instead of 172.16.0.77");
        // Connected, it is the id of who is there: serv1 at another address.
        let link = &mut here(&mut facts).links[0].columns;
        link.insert("Slave_IO_Running".into(), "Yes".into());
        link.insert("Slave_SQL_Running".into(), "Yes".into());
        let plan = self::plan("db rejoin 172.16.0.10", &facts).unwrap();
        assert!(!plan.headline.contains("instead of"), "{}", plan.headline);
    }
}

//! Several replicas of one primary: they follow the new one in the same plan. The third server says what
//! serv2 says, under an address and an id of its own.

use crate::verbs::db::promote::tests::*;

const THIRD: &str = "172.16.0.12";

/// serv1 with two replicas: serv2, where it is read, and serv3.
fn three(release: &str) -> Facts {
    let mut facts = facts(release, "db-replica");
    let mut serv3 = here(&mut facts).clone();
    serv3.host = "serv3".to_owned();
    set(&mut serv3, "server_id", "12");
    for interface in &mut serv3.network.interfaces {
        for net in &mut interface.addresses {
            if net.addr().to_string() == "172.16.0.11" {
                *net = format!("{THIRD}/{}", net.prefix_len()).parse().unwrap();
            }
        }
    }
    let dump = |host: &str| ClientSession {
        host: format!("{host}:50000"),
        user: "replication_user".to_owned(),
        command: "Binlog Dump".to_owned(),
        ..ClientSession::default()
    };
    let primary = there(&mut facts, PRIMARY);
    primary.sessions.retain(|session| !session.is_replica());
    primary.sessions.extend([dump("172.16.0.11"), dump(THIRD)]);
    facts.database_hosts.insert(THIRD.to_owned(), serv3);
    facts
}

/// The steps by which servers are pointed somewhere: the host of each, and how many there are before the
/// point of no return.
fn pointed(plan: &Plan) -> (Vec<Option<&str>>, usize) {
    let changes = |step: &crate::plan::Step| {
        matches!(&step.action, Action::Sql { statements, .. }
            if statements.iter().any(|text| text.starts_with("CHANGE MASTER")))
    };
    let hosts = plan.steps.iter().filter(|step| changes(step));
    let early = plan.steps[..plan.no_return.unwrap_or(0)].iter();
    (
        hosts.map(|step| step.host.as_deref()).collect(),
        early.filter(|step| changes(step)).count(),
    )
}

#[test]
fn all_replicas_follow_the_new_primary_once_it_is_one() {
    for release in RELEASES {
        let facts = three(release);
        let plan = plan("db promote", &facts).unwrap();
        assert_eq!(pointed(&plan), (vec![Some(PRIMARY), Some(THIRD)], 0));
        let lets_in = statements(&plan);
        let account = format!("'replication_user'@'{THIRD}'");
        let at = plan.steps.iter().position(|step| {
            matches!(&step.action, Action::Sql { statements, .. }
                if statements.iter().any(|text| text.contains(&account) && text.contains("IDENTIFIED")))
        });
        assert!(at.unwrap() < plan.no_return.unwrap(), "{lets_in:#?}");
        assert!(!warnings(&plan).contains("goes on doing so"));
    }
}

#[test]
fn a_replica_that_cannot_go_on_by_gtid_stays_and_is_told_what_has_it_follow() {
    type Change = fn(&mut DatabaseServer);
    let cases: [(Change, &str); 3] = [
        (
            |serv3| {
                let columns = &mut serv3.links[0].columns;
                columns.insert("Using_Gtid".to_owned(), "No".to_owned());
            },
            "since it goes by file and position",
        ),
        (
            |serv3| set(serv3, "gtid_binlog_state", "0-12-900000000"),
            "since it holds transactions of its own",
        ),
        (
            |serv3| serv3.unreachable = Some("No route to host".to_owned()),
            "since it did not answer (No route to host)",
        ),
    ];
    for (change, why) in cases {
        let mut facts = three("bookworm");
        change(there(&mut facts, THIRD));
        let plan = plan("db promote", &facts).unwrap();
        assert_eq!(pointed(&plan).0, [Some(PRIMARY)]);
        let said = warnings(&plan);
        assert!(said.contains(why), "{said}");
    }
}

/// The same as serv3 sees it once serv2 has taken the role.
fn left_behind() -> Facts {
    let mut facts = three("bookworm");
    let serv3 = facts.database_hosts.remove(THIRD).unwrap();
    let mut serv2 = facts.database.replace(serv3).unwrap();
    serv2.links.clear();
    set(&mut serv2, "read_only", "OFF");
    facts.host = "serv3".to_owned();
    facts.database_hosts.insert("172.16.0.11".to_owned(), serv2);
    facts
}

#[test]
fn one_that_was_left_behind_follows_from_where_it_is() {
    let facts = left_behind();
    let moved = plan("db rejoin 172.16.0.11", &facts).unwrap();
    assert_eq!(moved.headline, "serv3 follows serv2 instead of 172.16.0.10");
    let told = statements(&moved);
    let change = told.iter().find(|text| text.starts_with("CHANGE MASTER"));
    let change = change.unwrap();
    assert!(change.contains("MASTER_HOST='172.16.0.11'"), "{change}");
    assert!(change.contains("MASTER_USE_GTID=slave_pos"), "{change}");
    assert!(!change.contains("DEMOTE"), "{change}");
    // The way back to the third server is kept, with its password.
    assert!(moved.irreversible().is_empty(), "{moved:#?}");
    let lines = crate::trial::commands("db rejoin 172.16.0.11", &facts);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("/var/lib/bascule/links")),
        "{lines:#?}"
    );

    // What it alone has is shown, and it is not moved.
    let mut facts = left_behind();
    set(here(&mut facts), "gtid_binlog_state", "0-12-900000000");
    let asking = plan("db rejoin 172.16.0.11", &facts).unwrap();
    assert!(asking.is_empty() && asking.probes().len() == 1);
}

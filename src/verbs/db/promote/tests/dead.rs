//! `db promote --primary-is-dead`.

use crate::verbs::db::promote::tests::*;

const DEAD: &str = "db promote --primary-is-dead";

fn dead(facts: &mut Facts) {
    *there(facts, PRIMARY) = DatabaseServer {
        unreachable: Some("ssh: connect to host 172.16.0.10 port 22: No route to host".to_owned()),
        ..DatabaseServer::default()
    };
    let why = "no answer within 3 s".to_owned();
    facts
        .ports
        .insert("172.16.0.10:3306".to_owned(), Port::Closed { why });
    link(facts, "Slave_IO_Running", "Connecting");
}

#[test]
fn a_primary_that_answers_is_not_dead() {
    let text = refused(DEAD, |_| {});
    assert!(
        text.contains("172.16.0.10 is not dead: its server answers"),
        "{text}"
    );
    assert!(text.contains("bascule db promote"), "{text}");
    let text = refused(DEAD, |facts| {
        dead(facts);
        facts
            .ports
            .insert("172.16.0.10:3306".to_owned(), Port::Open);
    });
    assert!(
        text.contains("something takes connections on its port 3306"),
        "{text}"
    );
}

#[test]
fn what_a_dead_primary_takes_with_it_is_said_before_the_question() {
    let mut facts = replica();
    dead(&mut facts);
    link(&mut facts, "Gtid_IO_Pos", "0-10-15");
    let plan = plan(DEAD, &facts).unwrap();
    let said: String = plan
        .checks
        .iter()
        .map(|check| format!("{}\n", check.text))
        .collect();
    assert!(
        said.contains(
            "12 transactions that serv2 has received, up to 0-10-15, are still to be applied"
        ),
        "{said}"
    );
    assert!(said.contains("what 172.16.0.10 has written after 0-10-15 will be lost; how many transactions that is, nobody can know"), "{said}");
    assert!(said.contains("must not come back as a primary"), "{said}");
    assert_eq!(plan.danger.as_ref().unwrap().word, PRIMARY);
    let told = statements(&plan);
    let wanted = [
        "SELECT @@gtid_slave_pos",
        "STOP SLAVE SQL_THREAD",
        "SET GLOBAL read_only=0",
        "STOP SLAVE",
        "RESET SLAVE ALL",
    ];
    assert_eq!(told, wanted);
    assert!(
        plan.next[0].contains("bascule db rejoin 172.16.0.11"),
        "{:?}",
        plan.next
    );
}

#[test]
fn a_host_whose_server_is_dead_is_asked_for_what_it_did_not_send() {
    let mut facts = replica();
    dead(&mut facts);
    there(&mut facts, PRIMARY).unreachable = None;
    there(&mut facts, PRIMARY).unanswered = Some("the server does not run".to_owned());
    there(&mut facts, PRIMARY).host = "serv1".to_owned();
    there(&mut facts, PRIMARY).installed = true;
    there(&mut facts, PRIMARY).datadir_files = [
        "mysql-bin.000001",
        "mysql-bin.index",
        "mysql-bin.000002",
        "mysql-bin.state",
    ]
    .map(str::to_owned)
    .to_vec();
    let asking = plan(DEAD, &facts).unwrap();
    assert!(asking.is_empty());
    let probe = format!("{:?}", asking.probes());
    assert!(
        probe.contains("\"/var/lib/mysql/mysql-bin.000001\", \"/var/lib/mysql/mysql-bin.000002\"]"),
        "{probe}"
    );
    facts
        .transactions
        .insert(PRIMARY.to_owned(), one_transaction());
    let plan = plan(DEAD, &facts).unwrap();
    let said = warnings(&plan);
    assert!(
        said.contains(
            "one transaction in the binlogs on 172.16.0.10 never came here, and will be lost"
        ),
        "{said}"
    );
    // And it does not start again as a second primary.
    let lines = commands(DEAD, &facts);
    let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
    let disabled = at("systemctl disable --now mariadb.socket mariadb.service");
    // Nor where its host loses its power right after the first write here.
    let synced = at("sync --file-system /etc/systemd/system");
    let first_write = at("SET GLOBAL read_only=0");
    assert!(
        disabled < synced && synced < plan.no_return.unwrap(),
        "{lines:#?}"
    );
    assert_eq!(plan.no_return, Some(first_write));
}

#[test]
fn who_was_the_primary_is_on_the_disk_before_the_first_write() {
    let mut facts = replica();
    dead(&mut facts);
    let plan = plan(DEAD, &facts).unwrap();
    let keeps = |step: &crate::plan::Step| {
        step.command().is_some_and(|(argv, _)| {
            argv.join(" ")
                .contains("echo 172.16.0.10 >/var/lib/bascule/former-primary.new && sync")
        })
    };
    let at = plan.steps.iter().position(keeps).unwrap();
    assert!(at < plan.no_return.unwrap());
}

#[test]
fn of_two_replicas_of_a_dead_primary_the_one_that_has_received_more_is_promoted() {
    let at = |ours: &str, theirs: &str| {
        let mut facts = replica();
        dead(&mut facts);
        let mut serv3 = here(&mut facts).clone();
        serv3.host = "serv3".to_owned();
        serv3.links[0]
            .columns
            .insert("Gtid_IO_Pos".into(), theirs.into());
        link(&mut facts, "Gtid_IO_Pos", ours);
        facts.database_hosts.insert("172.16.0.13".to_owned(), serv3);
        plan(DEAD, &facts)
    };
    let refusal = at("0-10-15", "0-10-17").unwrap_err();
    let text = format!("{refusal:?}");
    assert!(
        text.contains("serv3 has received 2 transactions from 172.16.0.10 that serv2 has not"),
        "{text}"
    );
    assert!(
        text.contains("ssh root@172.16.0.13 bascule db promote --primary-is-dead"),
        "{text}"
    );
    for theirs in ["0-10-15", "0-10-14"] {
        let plan = at("0-10-15", theirs).unwrap();
        assert!(
            plan.next[1].contains("on each: bascule db rejoin 172.16.0.11"),
            "{:?}",
            plan.next
        );
    }
}

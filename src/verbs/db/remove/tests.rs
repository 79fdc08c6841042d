//! The plans and refusals of `db remove`, on what real servers said.

use crate::conf::options::DROP_IN;
use crate::facts::Facts;
use crate::facts::database::{Account, OptionFile};
use crate::plan::{Finding, Plan, Undo, Verify};
use crate::trial::{RELEASES, commands, facts, plan, refusal};

/// Facts whose option file of replication is ours.
fn ours(release: &str, name: &str) -> Facts {
    let mut facts = facts(release, name);
    let server = facts.database.as_mut().unwrap();
    let file = server
        .option_files
        .iter_mut()
        .find(|file| file.path.ends_with("99-test.cnf"));
    file.unwrap().path = DROP_IN.into();
    facts
}

/// Facts of a primary whose replica is gone.
fn alone(release: &str) -> Facts {
    let mut facts = ours(release, "db-pair");
    let server = facts.database.as_mut().unwrap();
    server.sessions.retain(|session| !session.is_replica());
    facts
}

fn planned(facts: &Facts) -> Plan {
    plan("db remove", facts).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// All that is said before the question, notes included.
fn said(plan: &Plan) -> String {
    let lines = plan.checks.iter().map(|check| {
        let notes: Vec<&str> = check.note.iter().map(String::as_str).collect();
        format!("{} | {}\n", check.text, notes.join(" "))
    });
    lines.collect()
}

fn primary(facts: &mut Facts) -> &mut crate::facts::DatabaseServer {
    facts.database_hosts.get_mut("172.16.0.10").unwrap()
}

#[test]
fn a_replica_forgets_its_primary_and_its_data_stay() {
    for release in RELEASES {
        let facts = ours(release, "db-replica");
        let lines = commands("db remove", &facts);
        assert!(lines[0].contains("STOP SLAVE"), "{lines:?}");
        assert!(
            lines[1].contains("/var/lib/bascule/links/serv2."),
            "{lines:?}"
        );
        assert!(lines[2].contains("RESET SLAVE ALL"), "{lines:?}");
        assert!(lines[3].starts_with("ssh "), "{lines:?}");
        assert!(lines[3].contains("KILL CONNECTION"), "{lines:?}");
        assert!(lines[4].starts_with("ssh "), "{lines:?}");
        assert!(lines[4].contains("DROP USER IF EXISTS 'replication_user'@'172.16.0.11'"));
        assert_eq!(lines[5], "systemctl restart mariadb.service");
        let last = lines.last().unwrap();
        assert!(last.contains("SET GLOBAL gtid_slave_pos=''"), "{lines:?}");
        assert!(
            !lines.iter().any(|line| line.contains("DROP DATABASE")),
            "{lines:?}"
        );
        let plan = planned(&facts);
        assert_eq!(plan.no_return, Some(plan.steps.len()));
        assert!(plan.irreversible().is_empty());
        let word = |danger: &Option<crate::plan::Danger>| danger.as_ref().unwrap().word.clone();
        assert_eq!(word(&plan.danger), "serv2");
        assert_eq!(word(&plan.undo_danger), "serv2");
    }
}

#[test]
fn a_link_is_kept_with_all_that_makes_it_anew() {
    for release in RELEASES {
        let mut facts = ours(release, "db-replica");
        let link = &mut facts.database.as_mut().unwrap().links[0];
        let mut set = |name: &str, value: &str| {
            link.columns.insert(name.to_owned(), value.to_owned());
        };
        set("SQL_Delay", "60");
        set("Replicate_Ignore_Server_Ids", "3, 4");
        set("Master_SSL_CA_File", "/etc/mysql/it's.pem");
        let plan = planned(&facts);
        let (_, text) = plan.steps[1].command().unwrap();
        let text = text.unwrap();
        for part in [
            "CHANGE MASTER TO MASTER_HOST='172.16.0.10'",
            "MASTER_USE_GTID=slave_pos",
            "MASTER_DELAY=60",
            "IGNORE_SERVER_IDS=(3, 4)",
            "MASTER_SSL_CA='/etc/mysql/it''s.pem'",
            "/var/lib/mysql/master.info",
            "SET GLOBAL gtid_slave_pos=",
            "umask 077",
        ] {
            assert!(text.contains(part), "{part} is not in:\n{text}");
        }
        // Where it goes by GTID, no place in a binlog file is given beside it.
        assert!(!text.contains("MASTER_LOG_FILE"), "{text}");
        let Undo::Steps { steps } = &plan.steps[1].undo else {
            panic!("{:?}", plan.steps[1]);
        };
        let text = |at: usize| steps[at].command().unwrap();
        let back = text(1).1.unwrap();
        assert!(
            back.contains("if test -s /var/lib/bascule/links/serv2."),
            "{back}"
        );
        // What keeps the password goes once the link was seen to run again.
        let Some(Verify::Linked { columns }) = steps[2].verify.first() else {
            panic!("{:?}", steps[2]);
        };
        assert_eq!(columns["Slave_IO_Running"], "Yes");
        assert_eq!(columns["SQL_Delay"], "60");
        assert_eq!(text(3).0[..2], ["rm", "-f"]);
    }
}

#[test]
fn a_link_without_gtids_is_kept_with_its_place_in_the_binlog() {
    let mut facts = ours("bookworm", "db-replica");
    let link = &mut facts.database.as_mut().unwrap().links[0];
    link.columns
        .insert("Using_Gtid".to_owned(), "No".to_owned());
    let lines = commands("db remove", &facts);
    assert!(lines[1].contains("MASTER_USE_GTID=no"), "{}", lines[1]);
    assert!(lines[1].contains("MASTER_LOG_POS=%s"), "{}", lines[1]);
}

#[test]
fn every_link_goes_also_one_with_a_name() {
    let mut facts = ours("bookworm", "db-replica");
    let server = facts.database.as_mut().unwrap();
    let mut other = server.links[0].clone();
    for (name, value) in [
        ("Connection_name", "Other-1"),
        ("Master_Host", "172.16.0.50"),
        ("Slave_IO_Running", "No"),
        ("Slave_SQL_Running", "No"),
    ] {
        other.columns.insert(name.to_owned(), value.to_owned());
    }
    server.links.push(other);
    let lines = commands("db remove", &facts);
    assert!(lines[1].contains("CHANGE MASTER 'Other-1' TO MASTER_HOST='172.16.0.50'"));
    assert!(
        lines[1].contains("/master-other@002d1.info"),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains("RESET SLAVE ALL"), "{}", lines[2]);
    assert!(
        lines[2].contains("RESET SLAVE 'Other-1' ALL"),
        "{}",
        lines[2]
    );
    // Nobody asked that one: its account stays.
    let said = said(&planned(&facts));
    assert!(said.contains("stays on 172.16.0.50"), "{said}");
}

#[test]
fn a_primary_that_does_not_answer_keeps_the_account() {
    for release in RELEASES {
        let mut facts = ours(release, "db-replica");
        let why = "ssh: connect to host 172.16.0.10 port 22: No route to host";
        primary(&mut facts).unreachable = Some(why.to_owned());
        let plan = planned(&facts);
        // The way back is whole all the same.
        assert!(plan.irreversible().is_empty());
        assert_eq!(plan.no_return, Some(plan.steps.len()));
        assert!(plan.steps.iter().all(|step| step.host.is_none()));
        let said = said(&plan);
        assert!(
            said.contains("the account replication_user stays on 172.16.0.10, which was not asked"),
            "{said}"
        );
        assert!(said.contains("No route to host"), "{said}");
    }
}

#[test]
fn an_account_for_several_hosts_stays() {
    let mut facts = ours("bookworm", "db-replica");
    for account in &mut primary(&mut facts).accounts {
        if account.user == "replication_user" {
            account.host = "172.16.0.%".to_owned();
        }
    }
    let lines = commands("db remove", &facts);
    assert!(
        !lines.iter().any(|line| line.contains("DROP USER")),
        "{lines:?}"
    );
    let said = said(&planned(&facts));
    assert!(
        said.contains(
            "the account replication_user@172.16.0.% stays on 172.16.0.10: other hosts may log in by \
             it as well | where none does, on 172.16.0.10: bascule db remove --user replication_user"
        ),
        "{said}"
    );
}

#[test]
fn an_account_on_a_primary_goes_on_its_other_replicas_as_well() {
    let facts_of = |other: Option<&str>| {
        let mut facts = ours("bookworm", "db-replica");
        let there = primary(&mut facts);
        let session = there.sessions.iter().find(|one| one.is_replica()).cloned();
        let mut session = session.unwrap();
        if let Some(other) = other {
            session.host = format!("{other}:4000");
            there.sessions.push(session);
        }
        commands("db remove", &facts)[4].clone()
    };
    assert!(facts_of(None).contains("sql_log_off=1, sql_log_bin=0;"));
    assert!(facts_of(Some("172.16.0.12")).contains("sql_log_off=1;"));
}

#[test]
fn a_primary_with_a_replica_stays_one() {
    for release in RELEASES {
        let said = refusal("db remove", &ours(release, "db-pair"));
        assert_eq!(
            said,
            "serv2 replicates from serv1\n\
             to take it out of replication first, on serv2: bascule db remove\n\
             to have it take the place of this host, there: bascule db promote\n\
             where it does so no more: its session ends within half a minute, and then: bascule db remove"
        );
    }
}

#[test]
fn a_primary_alone_drops_the_accounts_of_its_replicas() {
    for release in RELEASES {
        let facts = alone(release);
        let lines = commands("db remove", &facts);
        assert_eq!(lines[0], "systemctl restart mariadb.service");
        let drops = |lines: &[String]| {
            lines
                .iter()
                .filter(|line| line.contains("DROP USER"))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(drops(&lines).len(), 1, "{lines:?}");
        let dropped = &drops(&lines)[0];
        assert!(dropped.contains("DROP USER IF EXISTS 'replication_user'@'172.16.0.11'"));
        assert!(drops(&commands("db remove --user somebody", &facts)).is_empty());
        let said = said(&plan("db remove --user somebody", &facts).unwrap());
        assert!(
            said.contains(
                "the account replication_user@172.16.0.11 may replicate from serv1, and stays"
            ),
            "{said}"
        );
        let plan = planned(&facts);
        assert!(plan.undo_danger.unwrap().what.contains("in no binlog"));
    }
}

#[test]
fn an_account_on_this_very_host_is_no_replicas() {
    let mut facts = alone("bookworm");
    facts.database.as_mut().unwrap().accounts = vec![Account {
        user: "replication_user".to_owned(),
        host: "localhost".to_owned(),
        replicates: true,
        ..Account::default()
    }];
    let lines = commands("db remove", &facts);
    assert!(
        !lines.iter().any(|line| line.contains("DROP USER")),
        "{lines:?}"
    );
}

#[test]
fn a_server_that_has_no_part_has_nothing_to_do() {
    for release in RELEASES {
        let plan = planned(&facts(release, "db-fresh"));
        assert!(plan.is_empty(), "{:?}", plan.steps);
        assert!(plan.checks.is_empty(), "{:?}", plan.checks);
        assert_eq!(plan.headline, "serv1 has no part in replication");
    }
}

#[test]
fn what_others_wrote_is_told_with_its_line_and_stays() {
    for release in RELEASES {
        // Its options stand in 99-test.cnf.
        let mut facts = facts(release, "db-pair");
        let server = facts.database.as_mut().unwrap();
        server.sessions.retain(|session| !session.is_replica());
        let plan = planned(&facts);
        assert!(!plan.steps.iter().any(|step| step.command().is_none()));
        assert!(plan.danger.is_none());
        let said = said(&plan);
        let line = said.lines().find(|line| line.contains("log_bin")).unwrap();
        assert!(
            line.starts_with("/etc/mysql/mariadb.conf.d/99-test.cnf:"),
            "{line}"
        );
        assert!(
            line.ends_with(
                "stays: serv1 writes a binlog, as a primary does, until that line is taken out and \
                 MariaDB restarts | other option files are not edited"
            ),
            "{line}"
        );
        // With no account left, that is all there is to say.
        let server = facts.database.as_mut().unwrap();
        server
            .accounts
            .retain(|account| account.user != "replication_user");
        let plan = planned(&facts);
        assert!(plan.is_empty(), "{:?}", plan.steps);
        assert!(
            plan.checks
                .iter()
                .all(|check| check.finding == Finding::Warning)
        );
    }
}

#[test]
fn a_position_beside_own_transactions_stays() {
    let of = |state: &str| {
        let mut facts = facts("bookworm", "db-fresh");
        let server = facts.database.as_mut().unwrap();
        let id = server.server_id().unwrap();
        let mut set = |name: &str, value: &str| {
            server.variables.insert(name.to_owned(), value.to_owned());
        };
        set("log_bin", "ON");
        set("gtid_slave_pos", "0-10-4");
        set("gtid_binlog_state", &state.replace("OWN", &id.to_string()));
        commands("db remove", &facts)
    };
    // Error 1948: seen.
    assert!(of("0-10-4,0-OWN-5").is_empty());
    let lines = of("0-10-4");
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains("SET GLOBAL gtid_slave_pos=''"),
        "{lines:?}"
    );
}

#[test]
fn a_replica_by_hand_takes_writes_again_unless_a_file_forbids_it() {
    let by_hand = |line: Option<&str>| {
        let mut facts = facts("bookworm", "db-replica");
        let server = facts.database.as_mut().unwrap();
        server
            .option_files
            .retain(|file| !file.path.ends_with("99-test.cnf"));
        server
            .variables
            .insert("read_only".to_owned(), "ON".to_owned());
        let mut file: OptionFile = server.option_files.last().unwrap().clone();
        file.path = "/etc/mysql/mariadb.conf.d/70-site.cnf".into();
        file.text = line
            .map(|line| format!("[mysqld]\n{line}\n"))
            .unwrap_or_default();
        server.option_files.push(file);
        facts
    };
    let lines = commands("db remove", &by_hand(None));
    assert!(
        lines
            .iter()
            .any(|line| line.contains("SET GLOBAL read_only=0")),
        "{lines:?}"
    );
    let facts = by_hand(Some("read-only = 1"));
    let lines = commands("db remove", &facts);
    assert!(
        !lines.iter().any(|line| line.contains("GLOBAL read_only=0")),
        "{lines:?}"
    );
    let said = said(&planned(&facts));
    assert!(
        said.contains(
            "/etc/mysql/mariadb.conf.d/70-site.cnf:2: read-only = 1 stays: serv2 takes no writes"
        ),
        "{said}"
    );
}

#[test]
fn a_server_that_would_not_start_without_our_file_is_left_as_it_is() {
    let mut facts = alone("bookworm");
    let server = facts.database.as_mut().unwrap();
    let mut file = server.option_files.last().unwrap().clone();
    file.path = "/etc/mysql/mariadb.conf.d/70-site.cnf".into();
    file.text = "[mysqld]\nlog_bin = /var/log/mysql/mysql-bin\n".to_owned();
    server.option_files.push(file);
    server
        .defaults
        .insert(0, "--log_bin=/var/log/mysql/mysql-bin".to_owned());
    let said = refusal("db remove", &facts);
    assert!(
        said.contains(
            "/etc/mysql/mariadb.conf.d/70-site.cnf:2: the folder /var/log/mysql does not exist"
        ),
        "{said}"
    );
}

#[test]
fn a_server_that_does_not_answer_or_not_all_is_not_changed() {
    for release in RELEASES {
        let said = refusal("db remove", &facts(release, "db-stopped"));
        assert!(
            said.contains("to start it: systemctl start mariadb"),
            "{said}"
        );
        let mut part = facts(release, "db-pair");
        let failed = &mut part.database.as_mut().unwrap().failed;
        failed.insert("sessions".to_owned(), "ERROR 1969 (70100)".to_owned());
        let said = refusal("db remove", &part);
        assert!(said.starts_with("serv1 did not answer all: "), "{said}");
    }
}

#[test]
fn what_somebody_else_wrote_into_the_file_is_told() {
    for release in RELEASES {
        let mut facts = alone(release);
        let server = facts.database.as_mut().unwrap();
        let file = server
            .option_files
            .iter_mut()
            .find(|file| file.path == std::path::Path::new(DROP_IN));
        file.unwrap().text += "[mysqld]\ninnodb_buffer_pool_size=64M\n";
        let said = said(&planned(&facts));
        assert!(
            said.contains("options that bascule did not write"),
            "{said}"
        );
        assert!(said.contains("innodb_buffer_pool_size"), "{said}");
    }
}

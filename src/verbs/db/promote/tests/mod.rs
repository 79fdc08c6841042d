//! `db promote` and `db rejoin` on what a replica and its primary said (`db-replica`: serv2 of 172.16.0.11
//! follows serv1 of 172.16.0.10).

mod dead;
mod others;
mod rejoin;
mod states;
mod way_back;

use crate::facts::database::{ClientSession, DatabaseEvent};
use crate::facts::{DatabaseServer, Facts, Port, Transaction, Transactions};
use crate::plan::{Action, Plan, Undo};
use crate::trial::{RELEASES, commands, facts, here, plan, refusal, set, there, warnings};

const PRIMARY: &str = "172.16.0.10";

fn replica() -> Facts {
    facts("bookworm", "db-replica")
}

fn link(facts: &mut Facts, column: &str, value: &str) {
    let link = &mut here(facts).links[0];
    link.columns.insert(column.to_owned(), value.to_owned());
}

/// Returns the refusal after a change of what the hosts said.
fn refused(words: &str, change: impl FnOnce(&mut Facts)) -> String {
    let mut facts = replica();
    change(&mut facts);
    refusal(words, &facts)
}

fn promoted(change: impl FnOnce(&mut Facts)) -> Plan {
    let mut facts = replica();
    change(&mut facts);
    plan("db promote", &facts).unwrap()
}

fn statements(plan: &Plan) -> Vec<String> {
    let of = |action: &Action| match action {
        Action::Sql { statements, .. } => statements.clone(),
        _ => Vec::new(),
    };
    plan.steps
        .iter()
        .flat_map(|step| of(&step.action))
        .collect()
}

fn one_transaction() -> Transactions {
    Transactions {
        listed: vec![Transaction {
            gtid: "0-10-4".to_owned(),
            at: "2026-11-22 17:36:38".to_owned(),
            changes: vec!["INSERT INTO site1.t (7, 'x')".to_owned()],
        }],
        ..Transactions::default()
    }
}

#[test]
fn nothing_is_taken_back_only_once_the_new_primary_takes_writes() {
    for release in RELEASES {
        let facts = facts(release, "db-replica");
        let plan = plan("db promote", &facts).unwrap();
        let point = plan.no_return.unwrap();
        let Action::Sql {
            statements,
            session,
            ..
        } = &plan.steps[point].action
        else {
            panic!("{:?}", plan.steps[point]);
        };
        assert_eq!(statements, &["SET GLOBAL read_only=0"]);
        assert_eq!(
            (session.as_deref(), &plan.steps[point].host),
            (Some("new"), &None)
        );
        // Only one thing before it outlives this program: it is taken back.
        let lasting: Vec<&Undo> = plan.steps[..point]
            .iter()
            .filter(|step| {
                matches!(&step.action, Action::Sql { statements, .. }
                if statements.iter().any(|text| text.starts_with("SET GLOBAL")))
            })
            .map(|step| &step.undo)
            .collect();
        assert!(
            matches!(lasting[..], [Undo::Steps { steps }] if steps[0].host.is_some()),
            "{lasting:?}"
        );
        assert_eq!(
            plan.turned_back_by.as_deref(),
            Some("db promote 172.16.0.10")
        );
        assert!(plan.danger.is_none());
    }
}

#[test]
fn as_little_as_can_be_is_done_while_writes_wait() {
    let plan = promoted(|_| {});
    let frozen = plan.steps.iter().position(|step| {
        matches!(&step.action, Action::Sql { statements, .. } if statements.iter().any(|text| text.contains("READ LOCK")))
    });
    let waiting = &plan.steps[frozen.unwrap()..plan.no_return.unwrap()];
    assert_eq!(waiting.len(), 3);
    for step in waiting {
        assert!(step.verify.is_empty(), "{step:?}");
        assert!(
            matches!(
                &step.action,
                Action::Sql {
                    session: Some(_),
                    ..
                }
            ),
            "{step:?}"
        );
    }
}

#[test]
fn the_old_primary_follows_and_the_files_of_both_say_so() {
    let mut facts = replica();
    let without = |server: &mut DatabaseServer| {
        server
            .option_files
            .retain(|file| !file.path.ends_with("99-test.cnf"));
    };
    without(here(&mut facts));
    without(there(&mut facts, PRIMARY));
    let lines = commands("db promote", &facts).join("\n");
    assert!(lines.contains("MASTER_HOST='172.16.0.11'"), "{lines}");
    assert!(lines.contains("MASTER_DEMOTE_TO_SLAVE=1"), "{lines}");
    assert!(lines.contains("RESET SLAVE ALL"), "{lines}");
    assert!(
        lines.contains("'replication_user'@'172.16.0.10'"),
        "{lines}"
    );
    // It begins as a replica, in a file of ours, since no other says anything of it.
    assert!(
        lines.contains("test ! -e /etc/mysql/mariadb.conf.d/99-bascule.cnf"),
        "{lines}"
    );
    assert!(lines.contains("read_only = ON"), "{lines}");
}

#[test]
fn the_line_that_counts_is_changed_where_it_stands() {
    let plan = promoted(|_| {});
    let file = plan.steps.iter().find_map(|step| match &step.action {
        Action::File {
            path,
            after: Some(after),
            ..
        } => Some((path.display().to_string(), &after.text)),
        _ => None,
    });
    let (path, text) = file.unwrap();
    assert_eq!(path, "/etc/mysql/mariadb.conf.d/99-test.cnf");
    assert!(
        text.contains("read_only = OFF") && text.contains("server_id = 11"),
        "{text}"
    );
}

#[test]
fn the_filter_follows_the_replica() {
    let ours = "[mysqld]\nserver_id = 11\nread_only = ON\nreplicate_wild_do_table = site1.%\n";
    let with_filter = |facts: &mut Facts| {
        set(here(facts), "replicate_wild_do_table", "site1.%");
        let file = here(facts)
            .option_files
            .iter_mut()
            .find(|file| file.path.ends_with("99-test.cnf"))
            .unwrap();
        file.path = crate::conf::options::DROP_IN.into();
        file.text = ours.to_owned();
    };
    let plan = promoted(with_filter);
    let told = statements(&plan);
    let at = |text: &str| told.iter().position(|told| told == text);
    let set_there = at("SET GLOBAL replicate_wild_do_table='site1.%'").unwrap();
    assert!(set_there < at("SET GLOBAL replicate_wild_do_table=''").unwrap());
    assert!(told[set_there + 1].starts_with("CHANGE MASTER"));

    let text = refused("db promote", |facts| {
        with_filter(facts);
        set(there(facts, PRIMARY), "replicate_wild_do_table", "other.%");
    });
    assert!(
        text.contains(
            "the filters differ: replicate_wild_do_table is site1.% on serv2, other.% on serv1"
        ),
        "{text}"
    );
    let text = refused("db promote", |facts| {
        set(here(facts), "replicate_do_db", "site1")
    });
    assert!(
        text.contains("replicate_do_db is site1 on serv2, not set on serv1"),
        "{text}"
    );
}

#[test]
fn a_replica_that_could_not_be_a_primary_is_refused() {
    let promote = |change: fn(&mut Facts)| refused("db promote", change);
    for (change, says) in [
        (
            (|facts: &mut Facts| link(facts, "Slave_SQL_Running", "No")) as fn(&mut Facts),
            "serv2 does not replicate from 172.16.0.10 now: IO thread Yes, SQL thread No\nto have it go on: bascule db start",
        ),
        (
            |facts| {
                link(facts, "Slave_SQL_Running", "No");
                link(facts, "Last_SQL_Errno", "1950");
                link(facts, "Last_SQL_Error", "out of order");
            },
            "error 1950: out of order\nwhat that is: bascule explain 1950",
        ),
        (
            |facts| link(facts, "Using_Gtid", "No"),
            "serv2 follows serv1 by file and position, not by GTID",
        ),
        (
            |facts| link(facts, "SQL_Delay", "3600"),
            "serv2 holds every transaction back for 3600 s on purpose",
        ),
        (
            |facts| set(here(facts), "log_slave_updates", "OFF"),
            "log_slave_updates is off on serv2: serv1 could not go on from its binlog",
        ),
        (
            |facts| set(here(facts), "log_bin", "OFF"),
            "log_bin is off on serv2",
        ),
        (
            |facts| link(facts, "Seconds_Behind_Master", "61"),
            "serv2 is 61 s behind serv1",
        ),
        (
            |facts| {
                set(here(facts), "gtid_binlog_state", "0-10-3,0-11-4");
                set(here(facts), "gtid_binlog_pos", "0-11-4");
            },
            "serv2 holds transactions that serv1 lacks, up to 0-11-4: serv1 could not follow it",
        ),
        (
            |facts| {
                set(there(facts, PRIMARY), "gtid_binlog_state", "");
                set(there(facts, PRIMARY), "gtid_binlog_pos", "");
            },
            "whether serv2 holds all that serv1 does cannot be told",
        ),
        (
            |facts| {
                for listener in &mut here(facts).listeners {
                    listener.address = "127.0.0.1".to_owned();
                }
            },
            "MariaDB on serv2 does not listen on 172.16.0.11:3306: serv1 could not follow it",
        ),
        (
            |facts| here(facts).position.as_mut().unwrap().do_db = "site1".to_owned(),
            "serv2 logs other databases than serv1 does: binlog_do_db is site1 there",
        ),
        (
            |facts| {
                let mut other = here(facts).links[0].clone();
                other
                    .columns
                    .insert("Master_Host".to_owned(), "172.16.0.9".to_owned());
                there(facts, PRIMARY).links.push(other);
            },
            "serv1 is no primary: it replicates from 172.16.0.9",
        ),
        (
            |facts| there(facts, PRIMARY).unreachable = Some("Connection timed out".to_owned()),
            "172.16.0.10 does not answer (Connection timed out)",
        ),
        (
            |facts| there(facts, PRIMARY).unanswered = Some("ERROR 2002 (HY000)".to_owned()),
            "if it is dead, and stays so: bascule db promote --primary-is-dead",
        ),
    ] {
        let text = promote(change);
        assert!(text.contains(says), "{text}\n--- lacks: {says}");
    }
}

fn session(
    id: u64,
    command: &str,
    statement: Option<&str>,
    transaction: Option<f64>,
    modified: u64,
) -> ClientSession {
    ClientSession {
        id,
        user: "shop".to_owned(),
        host: "172.16.0.50:41234".to_owned(),
        command: command.to_owned(),
        seconds: 9.0,
        statement: statement.map(str::to_owned),
        transaction,
        modified,
        ..ClientSession::default()
    }
}

#[test]
fn whoever_is_in_the_middle_of_writing_is_named() {
    for (who, says) in [
        (
            session(41, "Sleep", None, Some(12.0), 3),
            "id 41  shop@172.16.0.50:41234  idle for 9 s, transaction open for 12 s, 3 rows changed",
        ),
        (
            session(42, "Query", Some("alter"), None, 0),
            "id 42  shop@172.16.0.50:41234  in alter for 9 s",
        ),
    ] {
        let id = who.id;
        let text = refused("db promote", |facts| {
            there(facts, PRIMARY).sessions.push(who)
        });
        assert!(text.contains(says), "{text}");
        assert!(
            text.contains("once they have committed, again: bascule db promote"),
            "{text}"
        );
        let kill = format!("ssh root@172.16.0.10 \"mariadb -e 'KILL CONNECTION {id}'\"");
        assert!(text.contains(&kill), "{text}");
    }
    // One that only reads is cut off, and that is said; a short one is not worth a word.
    let plan = promoted(|facts| {
        there(facts, PRIMARY)
            .sessions
            .push(session(43, "Query", Some("SELECT"), Some(30.0), 0));
        there(facts, PRIMARY)
            .sessions
            .push(session(44, "Query", Some("INSERT"), Some(0.01), 1));
        there(facts, PRIMARY).sessions.last_mut().unwrap().seconds = 0.01;
    });
    let said = warnings(&plan);
    assert!(
        said.contains("this reader will be cut off: id 43"),
        "{said}"
    );
    assert!(!said.contains("id 44"), "{said}");
}

#[test]
fn what_does_not_move_with_the_role_is_said() {
    let plan = promoted(|facts| {
        there(facts, PRIMARY).sessions.push(ClientSession {
            host: "172.16.0.13:5000".to_owned(),
            command: "Binlog Dump".to_owned(),
            ..session(50, "", None, None, 0)
        });
        set(there(facts, PRIMARY), "rpl_semi_sync_master_enabled", "ON");
    });
    let said = warnings(&plan);
    assert!(
        said.contains(
            "172.16.0.13 replicates from serv1 and goes on doing so, since it was not asked"
        ),
        "{said}"
    );
    assert!(said.contains("semi-sync"), "{said}");
}

fn event(status: &str) -> DatabaseEvent {
    DatabaseEvent {
        database: "site1".to_owned(),
        name: "nightly".to_owned(),
        status: status.to_owned(),
    }
}

#[test]
fn events_run_on_the_primary_alone() {
    let plan = promoted(|facts| {
        set(there(facts, PRIMARY), "event_scheduler", "ON");
        set(here(facts), "event_scheduler", "OFF");
        there(facts, PRIMARY).schedule = vec![event("ENABLED")];
        here(facts).schedule = vec![event("SLAVESIDE_DISABLED")];
    });
    let host = |word: &str| {
        let step = plan.steps.iter().find(|step| {
            matches!(&step.action, Action::Sql { statements, .. } if statements.iter().any(|text| text.contains(word)))
        });
        step.unwrap().host.clone()
    };
    assert_eq!(host("' DISABLE ON SLAVE'").as_deref(), Some(PRIMARY));
    assert_eq!(host("' ENABLE'"), None);
    let said = warnings(&plan);
    assert!(
        said.contains("by its event_scheduler, which is off on serv2"),
        "{said}"
    );
}

#[test]
fn an_event_that_was_disabled_stays_so() {
    // On a replica it stands by like those that run, as serv2 had it.
    let plan = promoted(|facts| {
        there(facts, PRIMARY).schedule = vec![event("DISABLED")];
        here(facts).schedule = vec![event("SLAVESIDE_DISABLED")];
    });
    let run = statements(&plan);
    let run = run.iter().find(|text| text.contains("' ENABLE'")).unwrap();
    assert!(
        run.contains("AND (db, name) NOT IN (('site1', 'nightly'))) DO"),
        "{run}"
    );
}

#[test]
fn the_primary_can_hand_over_to_a_replica_it_names() {
    let facts = facts("bookworm", "db-pair");
    let plan = plan("db promote 172.16.0.11", &facts).unwrap();
    let point = &plan.steps[plan.no_return.unwrap()];
    assert_eq!(point.host.as_deref(), Some("172.16.0.11"));
    assert_eq!(plan.turned_back_by.as_deref(), Some("db promote"));
}

#[test]
fn a_second_run_has_nothing_to_do() {
    // serv1 of db-pair is the primary already, and serv2 follows it.
    let mut facts = facts("bookworm", "db-pair");
    let server = facts.database_hosts.remove("172.16.0.11").unwrap();
    facts.database_hosts.insert("serv2".to_owned(), server);
    let plan = plan("db promote", &facts).unwrap();
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(
        plan.headline,
        "serv1 is the primary already: serv2 replicates from it"
    );
}

#[test]
fn a_promotion_that_was_cut_short_is_finished() {
    // Killed right after the point of no return.
    let plan = promoted(|facts| {
        set(here(facts), "read_only", "OFF");
        set(there(facts, PRIMARY), "read_only", "ON");
        link(facts, "Slave_IO_Running", "No");
        link(facts, "Slave_SQL_Running", "No");
    });
    let told = statements(&plan);
    assert!(
        told.iter()
            .any(|text| text.starts_with("CHANGE MASTER TO MASTER_HOST='172.16.0.11'")),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|text| text.contains("READ LOCK")),
        "{told:?}"
    );
    assert!(warnings(&plan).contains("a promotion was cut short"));

    // The old one has a transaction of its own: what it is is asked, then said.
    let cut = |facts: &mut Facts| {
        set(here(facts), "read_only", "OFF");
        set(here(facts), "gtid_binlog_state", "0-10-3,0-11-4");
        set(here(facts), "gtid_binlog_pos", "0-11-4");
        set(there(facts, PRIMARY), "read_only", "ON");
        set(there(facts, PRIMARY), "gtid_binlog_state", "0-10-4");
        set(there(facts, PRIMARY), "gtid_binlog_pos", "0-10-4");
    };
    let asking = promoted(cut);
    assert!(asking.is_empty() && asking.probes().len() == 1);
    let text = refused("db promote", |facts| {
        cut(facts);
        facts
            .transactions
            .insert(PRIMARY.to_owned(), one_transaction());
    });
    assert!(
        text.contains("serv1 holds one transaction that serv2 lacks, written after 0-10-3"),
        "{text}"
    );
    assert!(
        text.contains("  0-10-4  2026-11-22 17:36:38\n      INSERT INTO site1.t (7, 'x')"),
        "{text}"
    );
}

#[test]
fn a_replica_that_passes_over_errors_is_not_promoted() {
    for (name, value) in [
        ("slave_skip_errors", "1032,1062"),
        ("slave_exec_mode", "IDEMPOTENT"),
        ("slave_type_conversions", "ALL_LOSSY"),
    ] {
        let said = refused("db promote", |facts| set(here(facts), name, value));
        assert!(said.contains(&format!("{name} = {value}")), "{said}");
        assert!(
            said.contains("bascule db replicate 172.16.0.10 --reseed"),
            "{said}"
        );
        // On the primary it harms nothing yet.
        let plan = promoted(|facts| set(there(facts, PRIMARY), name, value));
        let told = warnings(&plan);
        assert!(told.contains("as a replica serv1 "), "{told}");
        assert!(told.contains(&format!("{name} = {value}")), "{told}");
    }
    let said = refused("db promote", |facts| {
        link(facts, "Replicate_Ignore_Server_Ids", "10");
    });
    assert!(said.contains("IGNORE_SERVER_IDS = (10)"), "{said}");
}

#[test]
fn a_replica_that_has_lost_rows_by_its_names_is_not_promoted() {
    let text = refused("db promote", |facts| {
        set(here(facts), "lower_case_table_names", "1");
    });
    assert!(text.contains("are lost without an error"), "{text}");
    let plan = promoted(|facts| {
        set(here(facts), "max_allowed_packet", "67108864");
        set(here(facts), "time_zone", "+02:00");
    });
    let said = warnings(&plan);
    assert!(
        said.contains("max_allowed_packet is 67108864 on serv2 and 16777216 on serv1"),
        "{said}"
    );
    assert!(
        said.contains("time_zone is SYSTEM on serv1 and +02:00 on serv2"),
        "{said}"
    );
}

#[test]
fn what_finishes_a_promotion_is_turned_back_by_another_one() {
    // serv1 takes writes, serv2 follows it; and serv1 still has its own old link, which stands still.
    let mut facts = facts("bookworm", "db-pair");
    let mut link = there(&mut facts, "172.16.0.11").links[0].clone();
    for (name, value) in [
        ("Master_Host", "172.16.0.11"),
        ("Slave_IO_Running", "No"),
        ("Slave_SQL_Running", "No"),
    ] {
        link.columns.insert(name.to_owned(), value.to_owned());
    }
    here(&mut facts).links = vec![link];
    // The event that ran on serv2 stands by on both since then; the other one was disabled there.
    let other = |status| DatabaseEvent {
        name: "off".to_owned(),
        ..event(status)
    };
    here(&mut facts).schedule = vec![event("SLAVESIDE_DISABLED"), other("SLAVESIDE_DISABLED")];
    there(&mut facts, "172.16.0.11").schedule =
        vec![event("SLAVESIDE_DISABLED"), other("DISABLED")];
    let plan = plan("db promote", &facts).unwrap();
    let run = statements(&plan);
    let events = run.iter().find(|text| text.contains("' ENABLE'")).unwrap();
    assert!(
        events.contains("(db, name) NOT IN (('site1', 'off'))"),
        "{events}"
    );
    assert!(run.iter().any(|text| text.contains("RESET SLAVE ALL")));
    assert_eq!(
        plan.turned_back_by.as_deref(),
        Some("db promote 172.16.0.11")
    );
}

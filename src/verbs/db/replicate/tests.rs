//! `db replicate` on what a replica and its primary said (`db-replica`: serv2 of 172.16.0.11 follows
//! serv1 of 172.16.0.10; it has a MyISAM table and an event).

mod accounts;
mod clients;
mod kept;
mod left_out;
mod prepared;
mod unlet;
mod views;

use crate::facts::database::Link;
use crate::facts::{Facts, Transaction, Transactions};
use crate::plan::Undo;
use crate::trial::{RELEASES, commands, facts, here, plan, refusal, set, there, warnings};

const PRIMARY: &str = "172.16.0.10";
const WORDS: &str = "db replicate 172.16.0.10 --database site1";

/// The replica as it is recorded, of a primary whose tables are all InnoDB.
fn replica(release: &str) -> Facts {
    let mut facts = facts(release, "db-replica");
    for database in &mut there(&mut facts, PRIMARY).databases {
        database.foreign.clear();
    }
    facts
}

/// The same host before it followed anybody: no link, and nothing of the primary's.
fn unlinked(release: &str) -> Facts {
    let mut facts = replica(release);
    let server = here(&mut facts);
    server.links.clear();
    there(&mut facts, PRIMARY).registered.clear();
    facts
}

fn refused(words: &str, change: impl FnOnce(&mut Facts)) -> String {
    let mut facts = unlinked("bookworm");
    change(&mut facts);
    refusal(words, &facts)
}

/// A link to another host.
fn link_to(host: &str) -> Link {
    let mut link = replica("bookworm").database.unwrap().links.remove(0);
    link.columns
        .insert("Master_Host".to_owned(), host.to_owned());
    link
}

#[test]
fn the_data_are_copied_before_the_link_and_proved_after_it() {
    for release in RELEASES {
        let lines = commands(WORDS, &unlinked(release)).join("\n");
        let at = |text: &str| {
            lines
                .find(text)
                .unwrap_or_else(|| panic!("no {text} in {lines}"))
        };
        let order = [
            "cp --archive /var/lib/mysql/mysql-bin.*",
            "DROP DATABASE IF EXISTS `site1`",
            "RESET MASTER",
            "CHANGE MASTER TO MASTER_HOST='172.16.0.10'",
            "START SLAVE UNTIL",
            "START SLAVE;",
            "bascule_test",
        ];
        assert!(
            order.map(at).is_sorted(),
            "{:?}",
            order.map(|text| (text, at(text)))
        );
    }
}

#[test]
fn the_password_is_in_no_command_and_in_no_statement_that_is_logged() {
    let plan = plan(WORDS, &unlinked("trixie")).unwrap();
    for step in &plan.steps {
        let Some((argv, stdin)) = step.command() else {
            continue;
        };
        assert!(!argv.concat().contains("${password"), "{argv:?}");
        let stdin = stdin.unwrap_or_default();
        if stdin.contains("MASTER_PASSWORD") {
            assert!(stdin.starts_with("SET SESSION sql_log_off=1;\n"), "{stdin}");
        }
        assert!(!stdin.contains("IDENTIFIED BY '${password}'"), "{stdin}");
    }
}

#[test]
fn tls_is_checked_where_the_primary_has_a_certificate() {
    let change = |release: &str| {
        let lines = commands(WORDS, &unlinked(release));
        let line = lines.iter().find(|line| line.contains("CHANGE MASTER"));
        line.unwrap().clone()
    };
    assert!(change("bookworm").contains("MASTER_SSL=0"));
    assert!(change("trixie").contains("MASTER_SSL=1, MASTER_SSL_VERIFY_SERVER_CERT=1"));
    let plan = plan(WORDS, &unlinked("bookworm")).unwrap();
    assert!(warnings(&plan).contains("rows go over the network in clear, the password does not"));
}

#[test]
fn a_primary_that_nobody_could_follow_is_refused() {
    let text = refused(WORDS, |facts| set(there(facts, PRIMARY), "log_bin", "OFF"));
    assert!(text.contains("serv1 writes no binlog"), "{text}");
    assert!(
        text.contains("to make it a primary, on serv1: bascule db primary"),
        "{text}"
    );
    let text = refused(WORDS, |facts| {
        there(facts, PRIMARY)
            .listeners
            .retain(|listener| listener.address == "127.0.0.1");
    });
    assert!(
        text.contains("listens on port 3306 at 127.0.0.1 alone, not at 172.16.0.10"),
        "{text}"
    );
    let text = refused(WORDS, |facts| {
        there(facts, PRIMARY).unreachable =
            Some("ssh: connect to host 172.16.0.10: timed out".to_owned());
    });
    assert!(
        text.contains("172.16.0.10 does not answer (timed out)"),
        "{text}"
    );
    assert!(
        text.contains("bascule db replicate --bundle FILE"),
        "{text}"
    );
}

#[test]
fn a_chain_is_followed_only_where_it_goes_on() {
    let text = refused(WORDS, |facts| {
        there(facts, PRIMARY).links = vec![link_to("172.16.0.11")]
    });
    assert!(
        text.contains("serv1 is a replica of serv2 itself"),
        "{text}"
    );
    assert!(text.contains("bascule db promote"), "{text}");
    let text = refused(WORDS, |facts| {
        there(facts, PRIMARY).links = vec![link_to("172.16.0.50")];
        set(there(facts, PRIMARY), "log_slave_updates", "OFF");
    });
    assert!(
        text.contains("does not log what it takes from there"),
        "{text}"
    );
    let text = refused(WORDS, |facts| {
        here(facts).links = vec![link_to("172.16.0.50")]
    });
    assert!(
        text.contains("serv2 replicates from 172.16.0.50 already"),
        "{text}"
    );
    let text = refused(WORDS, |facts| {
        let primary = self::facts("bookworm", "db-replica").database_hosts[PRIMARY].clone();
        here(facts).registered = primary.registered;
        here(facts).sessions = primary.sessions;
    });
    assert!(text.contains("serv2 is a primary itself"), "{text}");
}

#[test]
fn what_cannot_be_copied_is_named() {
    let text = refused("db replicate 172.16.0.10 --database sight1", |_| {});
    assert!(
        text.contains("there is no database sight1 on serv1"),
        "{text}"
    );
    assert!(text.contains("did you mean site1?"), "{text}");
    // Nobody means what would be refused in its turn.
    let text = refused("db replicate 172.16.0.10 --database sight1", |facts| {
        let position = there(facts, PRIMARY).position.as_mut().unwrap();
        position.ignore_db = "site1".to_owned();
    });
    assert!(text.contains("there is no database sight1"), "{text}");
    assert!(!text.contains("did you mean"), "{text}");
    let text = refused(WORDS, |facts| {
        there(facts, PRIMARY).databases = self::facts("bookworm", "db-replica").database_hosts
            [PRIMARY]
            .databases
            .clone();
    });
    assert!(
        text.contains("not InnoDB on serv1: site1.settings (MyISAM)"),
        "{text}"
    );
    assert!(
        text.contains("ALTER TABLE site1.settings ENGINE=InnoDB"),
        "{text}"
    );
    let text = refused(WORDS, |facts| set(here(facts), "event_scheduler", "ON"));
    assert!(
        text.contains("1 event of site1 would run on serv2 too"),
        "{text}"
    );
    let text = refused(WORDS, |facts| {
        here(facts).free.values_mut().for_each(|free| *free = 1000);
    });
    assert!(
        text.contains("site1 takes about 67.6 kB on serv1"),
        "{text}"
    );
    assert!(text.contains("1.0 kB free in /var/lib/mysql"), "{text}");
}

#[test]
fn a_replica_with_transactions_of_its_own_is_shown_them() {
    let own = |facts: &mut Facts| {
        set(here(facts), "gtid_binlog_state", "0-10-3,0-11-7");
        set(here(facts), "gtid_binlog_pos", "0-11-7");
    };
    let text = refused(WORDS, |facts| {
        own(facts);
        let listed = vec![Transaction {
            gtid: "0-11-7".to_owned(),
            at: "2026-11-22 17:36:38".to_owned(),
            changes: vec!["INSERT INTO site1.t (7, 'x')".to_owned()],
        }];
        facts.transactions.insert(
            String::new(),
            Transactions {
                listed,
                ..Transactions::default()
            },
        );
    });
    assert!(text.contains("0-11-7"), "{text}");
    assert!(text.contains("INSERT INTO site1.t (7, 'x')"), "{text}");
    assert!(text.contains("--reseed"), "{text}");

    let mut facts = unlinked("bookworm");
    own(&mut facts);
    let words = format!("{WORDS} --reseed");
    let lines = commands(&words, &facts).join("\n");
    assert!(
        lines.contains("cp --archive /var/lib/mysql/mysql-bin.*"),
        "{lines}"
    );
}

#[test]
fn a_stale_replica_gets_the_link_alone() {
    let mut facts = unlinked("bookworm");
    set(here(&mut facts), "replicate_wild_do_table", "site1.%");
    set(there(&mut facts, PRIMARY), "gtid_binlog_state", "0-10-9");
    set(there(&mut facts, PRIMARY), "gtid_binlog_pos", "0-10-9");
    let lines = commands(WORDS, &facts).join("\n");
    assert!(lines.contains("CHANGE MASTER"), "{lines}");
    assert!(!lines.contains("DROP DATABASE"), "{lines}");
    assert!(!lines.contains("RESET MASTER"), "{lines}");
}

#[test]
fn a_replica_that_passes_over_errors_is_told_also_where_nothing_is_to_be_done() {
    for release in RELEASES {
        let mut facts = replica(release);
        set(here(&mut facts), "slave_exec_mode", "IDEMPOTENT");
        let plan = plan("db replicate 172.16.0.10 --database site1", &facts).unwrap();
        let told = warnings(&plan);
        assert!(told.contains("slave_exec_mode = IDEMPOTENT"), "{told}");
    }
}

/// The replica with an option file of its owner's.
fn with_file(text: &str) -> Facts {
    let mut facts = unlinked("bookworm");
    let server = here(&mut facts);
    let mut file = server.option_files.last().unwrap().clone();
    file.path = "/etc/mysql/mariadb.conf.d/70-mine.cnf".into();
    file.text = text.to_owned();
    server.option_files.push(file);
    facts
}

#[test]
fn a_filter_by_use_is_taken_out_before_others_are_written() {
    let facts = with_file("[mariadb]\nreplicate_do_db=site1\nreplicate-do-db = hive\n");
    for words in [WORDS, "db replicate 172.16.0.10"] {
        let text = refusal(words, &facts);
        assert!(text.contains("70-mine.cnf:2: replicate_do_db"), "{text}");
        assert!(
            text.contains(
                "to take these lines out: sensible-editor /etc/mysql/mariadb.conf.d/70-mine.cnf"
            ),
            "{text}"
        );
        let all = "and then: bascule db replicate 172.16.0.10 --database hive --database site1";
        assert!(text.contains(all), "{text}");
    }
}

#[test]
fn a_filter_by_use_that_only_runs_goes_with_the_new_one() {
    let mut facts = unlinked("trixie");
    set(here(&mut facts), "replicate_do_db", "site1,hive");
    let lines = commands(WORDS, &facts).join("\n");
    assert!(lines.contains("SET GLOBAL replicate_do_db=''"), "{lines}");
    let mut facts = replica("trixie");
    set(here(&mut facts), "replicate_ignore_db", "hive");
    let lines = commands(WORDS, &facts).join("\n");
    assert!(
        lines.contains("SET GLOBAL replicate_ignore_db=''"),
        "{lines}"
    );
}

/// Returns the texts of what takes a plan back, in the order in which they are gone through.
fn way_back(words: &str, facts: &Facts) -> Vec<String> {
    let mut texts = Vec::new();
    for step in plan(words, facts).unwrap().steps.iter().rev() {
        let back = match &step.undo {
            Undo::Steps { steps } => steps.as_slice(),
            _ => &[],
        };
        for step in back.iter().chain(&step.after_undo) {
            if let Some((argv, stdin)) = step.command() {
                texts.push(format!("{} {}", argv.join(" "), stdin.unwrap_or_default()));
            }
        }
    }
    texts
}

/// Returns where the one text that holds these words stands.
fn at(texts: &[String], words: &str) -> usize {
    let found = texts.iter().position(|text| text.contains(words));
    found.unwrap_or_else(|| panic!("no {words} in {texts:#?}"))
}

fn with_link(release: &str, columns: &[(&str, &str)]) -> Facts {
    let mut facts = replica(release);
    let link = &mut here(&mut facts).links[0];
    for (name, value) in columns {
        link.columns.insert((*name).to_owned(), (*value).to_owned());
    }
    facts
}

#[test]
fn a_link_comes_back_once_the_primary_has_its_old_password_again() {
    let stopped = [("Slave_IO_Running", "No"), ("Slave_SQL_Running", "No")];
    for release in RELEASES {
        for words in [WORDS.to_owned(), format!("{WORDS} --reseed")] {
            let back = way_back(&words, &with_link(release, &stopped));
            let order = [
                "RESET SLAVE ALL",
                "ALTER /' /var/lib/bascule/accounts",
                "STOP ALL SLAVES",
                "rm -f /var/lib/bascule/links",
            ];
            let order = order.map(|words| at(&back, words));
            assert!(order.is_sorted(), "{order:?} {back:#?}");
        }
    }
}

#[test]
fn the_data_of_before_come_back_with_the_position_that_was_read_beside_them() {
    let facts = with_link("bookworm", &[]);
    let planned = facts
        .database
        .as_ref()
        .unwrap()
        .variable("gtid_slave_pos")
        .unwrap();
    let words = format!("{WORDS} --reseed");
    let back = way_back(&words, &facts);
    assert!(!planned.is_empty());
    for text in &back {
        assert!(!text.contains(planned), "{text}");
    }
    // Nothing is dropped unless what takes its place is there, and the folder goes last of all.
    let kept = at(&back, "test -s /var/lib/bascule/databases/");
    assert!(kept < at(&back, "DROP DATABASE"), "{back:#?}");
    assert!(at(&back, "position.sql") < at(&back, "STOP ALL SLAVES"));
    assert_eq!(
        at(&back, "rmdir --ignore-fail-on-non-empty"),
        back.len() - 1
    );
}

#[test]
fn a_link_by_file_and_position_goes_on_from_where_the_data_have_come_to() {
    let mut by_file = with_link("bookworm", &[("Using_Gtid", "No")]);
    set(here(&mut by_file), "replicate_wild_do_table", "site1.%");
    let back = way_back(WORDS, &by_file);
    let moved = at(&back, "came=$(");
    assert!(moved < at(&back, "RESET SLAVE ALL"), "{back:#?}");
    // With the data of before it goes on from where they stand.
    let back = way_back(&format!("{WORDS} --reseed"), &by_file);
    assert!(
        !back.iter().any(|text| text.contains("came=$(")),
        "{back:#?}"
    );
}

#[test]
fn a_pair_whose_names_are_not_the_same_is_refused_with_what_makes_them_so() {
    for value in ["1", "2"] {
        let text = refused(WORDS, |facts| {
            set(here(facts), "lower_case_table_names", value);
        });
        assert!(
            text.starts_with(&format!(
                "lower_case_table_names is 0 on serv1 and {value} on serv2: "
            )),
            "{text}"
        );
        assert!(
            text.contains("lower_case_table_names = 0\\n' >>/etc/mysql/"),
            "{text}"
        );
    }
    // Smaller than the dump's own statements: nothing can be copied.
    let text = refused(WORDS, |facts| {
        set(here(facts), "max_allowed_packet", "524288")
    });
    assert!(
        text.contains("SET GLOBAL max_allowed_packet=16777216"),
        "{text}"
    );
    let mut facts = unlinked("trixie");
    set(here(&mut facts), "sql_mode", "");
    let plan = plan(WORDS, &facts).unwrap();
    assert!(
        warnings(&plan).contains("sql_mode is "),
        "{}",
        warnings(&plan)
    );
}

#[test]
fn a_primary_that_would_not_let_the_replica_in_is_refused() {
    let text = refused(WORDS, |facts| {
        let primary = there(facts, PRIMARY);
        set(primary, "strict_password_validation", "ON");
        primary.plugins.push(crate::facts::database::Plugin {
            name: "simple_password_check".to_owned(),
            kind: "PASSWORD VALIDATION".to_owned(),
            library: "simple_password_check.so".to_owned(),
        });
    });
    assert!(text.contains("takes no password as a hash"), "{text}");
    assert!(
        text.contains("SET GLOBAL strict_password_validation=OFF"),
        "{text}"
    );
    let text = refused(WORDS, |facts| {
        set(there(facts, PRIMARY), "require_secure_transport", "ON");
    });
    assert!(text.contains("lets nobody in without TLS"), "{text}");
    assert!(
        text.contains("SET GLOBAL require_secure_transport=OFF"),
        "{text}"
    );
    // With a certificate it does.
    let mut facts = unlinked("trixie");
    set(there(&mut facts, PRIMARY), "require_secure_transport", "ON");
    assert!(plan(WORDS, &facts).is_ok());
}

#[test]
fn what_has_stopped_with_an_error_is_not_waited_for() {
    let stopped = |columns: &[(&str, &str)]| {
        let mut facts = replica("bookworm");
        set(here(&mut facts), "replicate_wild_do_table", "site1.%");
        let link = &mut here(&mut facts).links[0];
        for (column, value) in columns {
            link.columns
                .insert((*column).to_owned(), (*value).to_owned());
        }
        facts
    };
    let facts = stopped(&[
        ("Slave_SQL_Running", "No"),
        ("Last_SQL_Errno", "1062"),
        // As 10.11 says it.
        (
            "Last_SQL_Error",
            "Could not execute Write_rows_v1 event on table site1.t; Duplicate entry '1' for key 'PRIMARY', \
             Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log mysql-bin.000001, \
             end_log_pos 893",
        ),
    ]);
    let text = refusal(WORDS, &facts);
    for said in [
        "the SQL thread of serv2 has stopped with error 1062 and would again",
        "bascule explain 1062",
        "bascule db start",
        "bascule db replicate 172.16.0.10 --database site1 --reseed",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // --reseed itself goes on.
    assert!(plan(&format!("{WORDS} --reseed"), &facts).is_ok());

    let facts = stopped(&[
        ("Slave_IO_Running", "No"),
        ("Last_IO_Errno", "1236"),
        (
            "Last_IO_Error",
            "Got fatal error 1236 from master when reading data from binary log: 'log event entry exceeded \
             max_allowed_packet; Increase max_allowed_packet on master'",
        ),
    ]);
    let text = refusal(WORDS, &facts);
    assert!(
        text.contains("the IO thread of serv2 has stopped with error 1236"),
        "{text}"
    );

    // An account that is refused gets a new password, and what was stopped by hand goes on.
    let refused = [
        ("Slave_IO_Running", "Connecting"),
        ("Last_IO_Errno", "1045"),
    ];
    let by_hand = [("Slave_IO_Running", "No"), ("Slave_SQL_Running", "No")];
    for columns in [&refused, &by_hand] {
        assert!(!commands(WORDS, &stopped(columns)).is_empty());
    }
}

#[test]
fn the_way_back_of_a_copy_leaves_what_no_other_binlog_tells() {
    for release in RELEASES {
        let words = format!("{WORDS} --reseed");
        let back = way_back(&words, &unlinked(release));
        let about = |text: &str| {
            let found: Vec<&String> = back.iter().filter(|one| one.contains(text)).collect();
            assert!(!found.is_empty(), "no {text} in {back:#?}");
            found
        };
        // Its binlogs go only where the server has the same; the folder only when it is empty.
        assert!(about("mysql-bin.")[0].contains("cmp --silent"));
        assert!(
            about("rmdir --ignore-fail-on-non-empty /var/lib/bascule/databases/1")[0]
                .contains("stays")
        );
        for line in &back {
            assert!(!line.contains("--recursive"), "{line}");
        }
        // A plan that takes itself back before the binlog was begun anew must not begin it anew.
        for line in about("RESET MASTER") {
            let looks = line.find("test \"$now\" != ").unwrap();
            assert!(looks < line.find("RESET MASTER").unwrap(), "{line}");
        }
        let plan = plan(&words, &unlinked(release)).unwrap();
        assert!(plan.undo_danger.unwrap().what.ends_with(
            "its own data come back, its binlogs of before stay in /var/lib/bascule/databases/1"
        ));
    }
}

#[test]
fn the_mark_of_a_dump_comes_before_its_other_options() {
    for release in RELEASES {
        let plan = plan(WORDS, &unlinked(release)).unwrap();
        let marks = plan.steps.iter().filter_map(|step| match &step.action {
            crate::plan::Action::Pipe { from, .. } => from
                .iter()
                .position(|word| word.starts_with("--defaults-group-suffix=")),
            _ => None,
        });
        // Behind another one it is an unknown option, and nothing is dumped (exit 7: seen on both).
        assert_eq!(marks.collect::<Vec<_>>(), [1]);
    }
}

#[test]
fn what_is_kept_of_the_data_is_for_root_alone() {
    for release in RELEASES {
        let plan = plan(&format!("{WORDS} --reseed"), &replica(release)).unwrap();
        let kept = plan.steps.iter().find_map(|step| match &step.action {
            crate::plan::Action::Pipe { into, .. } => {
                into.iter().find(|word| word.contains("kept.sql"))
            }
            _ => None,
        });
        assert!(kept.unwrap().starts_with("umask 077; "), "{kept:?}");
    }
}

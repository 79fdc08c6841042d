use super::super::problems_of_databases;
use super::*;
use crate::facts::DatabaseServer;
use crate::facts::database::pulse::Waited;

const RELEASES: [&str; 2] = ["bookworm", "trixie"];

/// What both ends said, as `tests/data/record-links` brought them about: read on serv2, the
/// replica, unless its name ends with `primary`.
pub(super) fn facts(release: &str, state: &str) -> Facts {
    crate::trial::facts(release, &format!("link-{state}"))
}

/// Each problem: grave or not, what, and the next commands.
pub(super) fn told(facts: &Facts) -> Vec<(bool, String, Vec<String>)> {
    problems_of_databases(facts)
        .into_iter()
        .map(|problem| {
            let next = problem.next.into_iter().map(|hint| hint.command);
            (problem.grave, problem.what, next.collect())
        })
        .collect()
}

/// The only problem that a state has, on both releases: grave or not, what, and a next command.
fn only(state: &str, grave: bool, what: &str, next: &str) {
    for release in RELEASES {
        let all = told(&facts(release, state));
        let [(is_grave, is_what, is_next)] = all.as_slice() else {
            panic!("{release} {state}: {all:#?}");
        };
        assert_eq!(*is_grave, grave, "{release} {state}: {is_what}");
        assert!(is_what.contains(what), "{release} {state}: {is_what}");
        assert!(
            next.is_empty() || is_next.iter().any(|command| command == next),
            "{release} {state}: {is_next:#?}"
        );
    }
}

#[test]
fn a_pair_that_is_well_has_no_problem_seen_from_either_end() {
    for release in RELEASES {
        for state in ["well", "well-primary"] {
            let facts = facts(release, state);
            assert_eq!(told(&facts), [], "{release} {state}");
            let topology = Topology::of_facts(&facts);
            assert!(matches!(topology.lag(&topology.edges[0]), Lag::Level(_)));
        }
    }
}

#[test]
fn a_cut_link_that_mariadb_calls_healthy_is_found() {
    for release in RELEASES {
        for state in ["cut", "quiet", "half-open"] {
            let facts = facts(release, state);
            let link = &facts.database.as_ref().unwrap().links[0];
            assert!(link.is_healthy(), "{release} {state}: {link:?}");
        }
    }
    let nothing = "though MariaDB says IO Yes: ";
    only(
        "cut",
        true,
        &format!("serv2 gets nothing from 172.16.0.10, {nothing}172.16.0.10 cannot be reached"),
        "ping -c 3 172.16.0.10",
    );
    // Without ssh there is still what the kernel knows.
    only(
        "quiet",
        true,
        &format!("{nothing}the last sign of life came "),
        "ping -c 3 172.16.0.10",
    );
    only(
        "half-open",
        true,
        &format!("serv2 gets nothing from serv1, {nothing}serv1 has no such connection any more"),
        "mariadb -e 'STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'",
    );
    only(
        "cut-primary",
        true,
        "the replica serv2 does not acknowledge what serv1 sends, for ",
        "ping -c 3 serv2",
    );
}

#[test]
fn the_kernel_alone_tells_a_cut_link() {
    // As `status` and the shell read: this host only.
    for (state, what) in [
        ("quiet", "serv2 gets nothing from 172.16.0.10"),
        ("cut-primary", "the replica serv2 does not acknowledge"),
    ] {
        for release in RELEASES {
            let mut facts = facts(release, state);
            facts.database_hosts.clear();
            let all = told(&facts);
            assert_eq!(all.len(), 1, "{all:#?}");
            assert!(all[0].1.starts_with(what), "{release}: {all:#?}");
        }
    }
}

#[test]
fn a_heartbeat_that_is_only_late_is_no_cut() {
    for release in RELEASES {
        let mut facts = facts(release, "well");
        facts.pulses.get_mut("").unwrap().wires[0].heard = 34_000;
        assert_eq!(told(&facts), []);
        facts.pulses.get_mut("").unwrap().wires[0].heard = 36_000;
        assert_eq!(told(&facts).len(), 1);
    }
}

#[test]
fn ssh_that_is_refused_at_the_door_is_told_and_the_rest_all_the_same() {
    for release in RELEASES {
        let mut facts = facts(release, "well");
        let denied = DatabaseServer {
            unreachable: Some("root@172.16.0.10: Permission denied (publickey).".to_owned()),
            ..DatabaseServer::default()
        };
        facts
            .database_hosts
            .insert("172.16.0.10".to_owned(), denied);
        let all = told(&facts);
        assert_eq!(all.len(), 1, "{all:#?}");
        let (grave, what, next) = &all[0];
        assert!(!grave && what.starts_with("the primary 172.16.0.10 cannot be asked by ssh"));
        assert_eq!(next[1], "ssh-copy-id root@172.16.0.10");
        let topology = Topology::of_facts(&facts);
        assert_eq!(topology.role(0), "replica of 172.16.0.10");
        assert_eq!(topology.lag(&topology.edges[0]), Lag::Unknown);
    }
}

#[test]
fn a_lag_is_measured_and_what_does_not_move_is_told() {
    for release in RELEASES {
        let mut facts = facts(release, "well");
        let position = |sequence: u64| format!("0-10-{sequence}");
        let ahead = facts.database_hosts.get_mut("172.16.0.10").unwrap();
        for name in ["gtid_binlog_pos", "gtid_binlog_state"] {
            let value = position(5003);
            ahead.variables.insert(name.to_owned(), value);
        }
        let pulse = facts.pulses.get_mut("").unwrap();
        pulse.waited = Some(Waited {
            reached: false,
            milliseconds: 1500,
        });
        // Nothing came: neither read nor applied.
        let [(grave, what, _)] = told(&facts).try_into().unwrap();
        assert!(grave && what.contains("serv1 has 5000 more") || what.contains(" more, and none"));

        let pulse = facts.pulses.get_mut("").unwrap();
        let reads = &mut pulse.links[0].columns;
        reads.insert("Gtid_IO_Pos".to_owned(), position(5003));
        pulse.history.slave_pos = position(2000).parse().unwrap();
        pulse.history.binlog_state = position(2000).parse().unwrap();
        let [(grave, what, _)] = told(&facts).try_into().unwrap();
        assert!(!grave, "{what}");
        assert!(
            what.starts_with("serv2 is 3003 transactions behind serv1: it applies about "),
            "{what}"
        );

        // Held back on purpose.
        let link = &mut facts.database.as_mut().unwrap().links[0];
        link.columns
            .insert("SQL_Delay".to_owned(), "3600".to_owned());
        let [(_, what, _)] = told(&facts).try_into().unwrap();
        assert!(what.contains("holds each one back for 3600 s"), "{what}");
    }
}

#[test]
fn what_came_and_is_not_applied_is_told_with_what_the_thread_does() {
    for release in RELEASES {
        let all = told(&facts(release, "stuck"));
        let stuck = all
            .iter()
            .find(|(_, what, _)| what.contains("applies none"));
        let (_, what, _) = stuck.unwrap_or_else(|| panic!("{all:#?}"));
        assert!(what.contains("Waiting for backup lock"), "{what}");
    }
}

#[test]
fn each_error_has_its_cause_and_the_next_command() {
    let seed = "bascule db replicate 172.16.0.10";
    let reads = "serv2 does not read from serv1 ";
    let applied = "serv2 has stopped applying ";
    for state in ["1045", "1045-primary"] {
        only(state, true, &format!("{reads}(errno 1045)"), seed);
    }
    let anew = "bascule db replicate 172.16.0.10 --reseed";
    only(
        "1236-purged",
        true,
        &format!("{reads}(errno 1236): the primary has deleted"),
        anew,
    );
    only(
        "1236-ahead",
        true,
        &format!("{reads}(errno 1236): the replica holds 0-10-"),
        "",
    );
    only(
        "1593",
        true,
        &format!("{reads}(errno 1593): both servers have the same"),
        seed,
    );
    only("1062", true, &format!("{applied}(errno 1062)"), anew);
    only("1950", true, &format!("{applied}(errno 1950)"), anew);
}

#[test]
fn an_error_that_is_over_is_not_why_it_stands_still() {
    only(
        "1045-stopped",
        true,
        "serv2 does not replicate from serv1: both threads are stopped",
        "bascule db start",
    );
    only(
        "stopped",
        true,
        "both threads are stopped",
        "bascule db start",
    );
    for release in RELEASES {
        let problems = problems_of_databases(&facts(release, "1045-stopped"));
        assert!(
            problems[0]
                .cause
                .contains("Before, it could not connect (errno 1045)")
        );
    }
}

#[test]
fn the_silent_cases_are_found() {
    let seed = "bascule db replicate 172.16.0.10 --reseed";
    for state in ["own-writes", "own-writes-primary"] {
        only(
            state,
            true,
            "serv2 has writes of its own that serv1 lacks, up to 0-11-",
            seed,
        );
    }
    for state in ["reset", "reset-primary"] {
        only(
            state,
            true,
            "serv1's binlog is empty, and serv2 has come to 0-10-",
            seed,
        );
    }
    only(
        "reset-written",
        true,
        ", which is not in serv1's binlog",
        seed,
    );
    only(
        "equal-ids",
        true,
        "serv2 and serv1 have the same server id, 10",
        "bascule db replicate 172.16.0.10",
    );
    for release in RELEASES {
        for state in ["own-writes", "reset", "reset-written", "equal-ids"] {
            let facts = facts(release, state);
            let link = &facts.database.as_ref().unwrap().links[0];
            assert!(link.is_healthy(), "{release} {state}: {link:?}");
        }
    }
}

#[test]
fn a_stopped_server_is_one_problem_seen_from_either_end() {
    for state in ["primary-stopped", "primary-stopped-primary"] {
        only(
            state,
            true,
            "MariaDB on serv1 is stopped",
            "systemctl start mariadb",
        );
    }
}

#[test]
fn a_replica_whose_primary_is_back_need_not_wait_for_its_next_attempt() {
    for release in RELEASES {
        let facts = facts(release, "reconnecting");
        let all = problems_of_databases(&facts);
        let [lost] = all.as_slice() else {
            panic!("{release}: {all:#?}");
        };
        assert!(lost.what.contains("errno 2003"), "{}", lost.what);
        let cause = "The server on serv1 answers now. It tries again every 10 s.";
        assert_eq!(lost.cause, cause);
        assert_eq!(lost.next[0].command, "bascule db start");
    }
}

#[test]
fn what_is_set_without_care_is_told() {
    for release in RELEASES {
        let all = told(&facts(release, "careless"));
        assert!(all.iter().all(|(grave, ..)| !grave), "{all:#?}");
        for what in [
            "serv2 is a replica and not read-only",
            "serv2 follows by file and position",
            "serv2 filters by replicate_do_db=site1",
        ] {
            assert!(
                all.iter().any(|(_, is, _)| is.starts_with(what)),
                "{all:#?}"
            );
        }
    }
    only(
        "semi-sync",
        false,
        "semi-sync is on and not in force on serv1: it is off on the replica serv2",
        "mariadb -e 'SET GLOBAL rpl_semi_sync_slave_enabled=ON; STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'",
    );
    only(
        "locked",
        true,
        "1 session waits to write on serv1",
        "bascule db unlock",
    );
}

#[test]
fn a_primary_that_nobody_reads_says_so_and_what_that_does_to_its_disk() {
    only(
        "nobody",
        false,
        "no replica is connected to serv1 as replication_user@172.16.0.11",
        "bascule db status",
    );
    let causes = RELEASES.map(|release| {
        let mut problems = problems_of_databases(&facts(release, "nobody"));
        problems.remove(0).cause
    });
    assert_eq!(causes[0], "");
    assert!(causes[1].starts_with("Until one is, no binlog is purged"));
}

#[test]
fn whoever_could_not_be_promoted_is_told() {
    let off = "log_slave_updates".to_owned();
    for release in RELEASES {
        let mut replica = facts(release, "well");
        let said = replica.database.as_mut().unwrap();
        said.variables.insert(off.clone(), "OFF".to_owned());
        assert_eq!(
            told(&replica),
            [(
                false,
                "on serv2: log_slave_updates is off: db promote refuses it".to_owned(),
                vec!["bascule db replicate 172.16.0.10".to_owned()]
            )]
        );
        let mut primary = facts(release, "well-primary");
        let said = primary.database.as_mut().unwrap();
        said.variables.insert(off.clone(), "OFF".to_owned());
        assert_eq!(
            told(&primary),
            [(
                false,
                "on serv1: log_slave_updates is off: once it is a replica, db promote refuses it"
                    .to_owned(),
                vec!["bascule db primary".to_owned()]
            )]
        );
    }
}

#[test]
fn a_primary_that_is_careless_or_full_is_told() {
    for release in RELEASES {
        let mut facts = facts(release, "well-primary");
        let here = facts.database.as_mut().unwrap();
        let mut set = |name: &str, value: &str| {
            here.variables.insert(name.to_owned(), value.to_owned());
        };
        set("binlog_expire_logs_seconds", "3600");
        set("sync_binlog", "0");
        set("read_only", "ON");
        let datadir = here.datadir().to_owned();
        here.free.insert(datadir, 100_000_000);
        let all = told(&facts);
        let begin = |text: &str| all.iter().position(|(_, what, _)| what.starts_with(text));
        let read_only = begin("neither serv1 nor serv2 takes writes").unwrap();
        let full = begin("100 MB are free for the data of serv1; its binlogs take ").unwrap();
        let short = begin("serv1 keeps its binlogs for 60 minutes only").unwrap();
        let careless = begin("on serv1: sync_binlog is not 1").unwrap();
        // The grave ones come first.
        assert!(read_only.max(full) < short.min(careless), "{all:#?}");
    }
}

#[test]
fn a_newer_primary_is_told() {
    let mut facts = facts("bookworm", "well");
    let newer = &facts_of_primary("trixie");
    let primary = facts.database_hosts.get_mut("172.16.0.10").unwrap();
    primary.version.clone_from(&newer.version);
    let all = told(&facts);
    assert!(all[0].1.contains("is newer than the replica"), "{all:#?}");
}

fn facts_of_primary(release: &str) -> DatabaseServer {
    let mut facts = facts(release, "well");
    facts.database_hosts.remove("172.16.0.10").unwrap()
}

/// The replica of a pair that is well, with other columns in its link.
pub(super) fn linked(release: &str, columns: &[(&str, &str)]) -> Vec<(bool, String, Vec<String>)> {
    let mut facts = facts(release, "well");
    let link = &mut facts.database.as_mut().unwrap().links[0];
    for (name, value) in columns {
        link.columns.insert((*name).to_owned(), (*value).to_owned());
    }
    told(&facts)
}

#[test]
fn a_thread_that_stopped_without_a_number_is_told() {
    let text = "Query caused different errors on master and slave.     Error on master: message \
                (format)='Duplicate entry '%-.192T' for key %d' error code=1062 ; Error on \
                slave: actual message='no error', error code=0. Default database: ''. Query: 'x'";
    for release in RELEASES {
        let all = linked(
            release,
            &[
                ("Last_SQL_Errno", "0"),
                ("Last_SQL_Error", text),
                ("Slave_SQL_Running", "No"),
            ],
        );
        let (grave, what, next) = &all[0];
        assert!(
            *grave && what.contains("failed half-way on the primary (errno 1062)"),
            "{all:#?}"
        );
        assert!(
            next.contains(&"bascule explain 1062".to_owned()),
            "{next:?}"
        );
    }
}

#[test]
fn an_error_of_a_host_that_is_not_reached_is_told_by_that() {
    for release in RELEASES {
        for (errno, text) in [
            (
                "2013",
                "error reconnecting to master 'replication_user@172.16.0.10:3306' - retry-time: 10 \
                 maximum-retries: 100000 message: Lost connection to server at 'handshake: reading \
                 initial communication packet', system error: 110",
            ),
            ("0", ""),
            (
                "2003",
                "error reconnecting to master 'replication_user@172.16.0.10:3306' - retry-time: 10 \
                 maximum-retries: 100000 message: Can't connect to server on '172.16.0.10' (113 \"No \
                 route to host\")",
            ),
        ] {
            let mut facts = facts(release, "well");
            let link = &mut facts.database.as_mut().unwrap().links[0];
            for (column, value) in [
                ("Slave_IO_Running", "Connecting"),
                ("Last_IO_Errno", errno),
                ("Last_IO_Error", text),
            ] {
                link.columns.insert(column.to_owned(), value.to_owned());
            }
            let host = link.primary_host().to_owned();
            let reached = told(&facts);
            assert!(
                !reached
                    .iter()
                    .any(|(_, what, _)| what.contains("the host is not reached")),
                "{release}: {reached:#?}"
            );
            let why = "ssh: connect to host 172.16.0.10 port 22: Connection timed out";
            let gone = DatabaseServer {
                unreachable: Some(why.to_owned()),
                ..DatabaseServer::default()
            };
            facts.database_hosts.clear();
            facts.database_hosts.insert(host.clone(), gone);
            let all = told(&facts);
            let [(true, what, next)] = all.as_slice() else {
                panic!("{release} {errno}: {all:#?}");
            };
            assert!(what.ends_with(": the host is not reached"), "{what}");
            let numbered = format!("(errno {errno})");
            assert_eq!(what.contains(&numbered), errno != "0", "{what}");
            let wanted = [
                format!("ping -c 3 {host}"),
                "bascule db promote --primary-is-dead".to_owned(),
            ];
            assert_eq!(*next, wanted);
        }
    }
}

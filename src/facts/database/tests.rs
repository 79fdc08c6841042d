//! What is read of real servers: `tests/data/databases/RELEASE` is what `read.sh` printed there,
//! `tests/data/facts/RELEASE/db-*.json` what was made of it (`tests/data/record-databases`).

mod marks;

use super::{AT_MOST, DatabaseListener, DatabaseServer, HANDED_OVER, SCRIPT, parse};
use crate::facts::Facts;
use std::path::Path;

pub(super) const RELEASES: [&str; 2] = ["bookworm", "trixie"];

fn recorded(path: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read_to_string(format!("{root}/tests/data/{path}")).expect("recorded")
}

pub(super) fn answer(release: &str, state: &str) -> String {
    recorded(&format!("databases/{release}/{state}"))
}

pub(super) fn read(release: &str, state: &str) -> DatabaseServer {
    parse::database(&answer(release, state)).expect("whole")
}

fn facts(release: &str, state: &str) -> Facts {
    crate::trial::facts(release, &format!("db-{state}"))
}

#[test]
fn what_its_binlogs_no_longer_hold() {
    for release in RELEASES {
        assert_eq!(read(release, "replica").purged.as_deref(), Some(""));
        let purged = read(release, "misspelt").purged.expect("asked for");
        assert!(purged.starts_with("0-10-") && !purged.contains(','));
        // Not asked for.
        assert_eq!(read(release, "busy").purged, None);
    }
}

#[test]
fn a_replica_in_good_order() {
    for release in RELEASES {
        let replica = read(release, "replica");
        assert!(replica.answers());
        assert_eq!(replica.unanswered_why(), None);
        assert_eq!(
            (replica.host.as_str(), replica.server_id()),
            ("serv2", Some(11))
        );
        assert_eq!(
            (replica.client.as_str(), replica.dump.as_str()),
            ("mariadb", "mariadb-dump")
        );
        assert!(replica.installed && replica.has_binlog() && replica.is_on("read_only"));
        assert_eq!(replica.variable("gtid_slave_pos"), Some("0-10-3"));
        assert_eq!(replica.number("max_binlog_size"), Some(100 << 20));
        assert_eq!(replica.status_number("Slaves_running"), Some(1));
        assert!(replica.now > 1_700_000_000);

        let link = replica.link("").expect("the usual link");
        assert!(replica.is_replica() && link.is_healthy());
        assert_eq!(
            (link.primary_host(), link.primary_port(), link.primary_id()),
            ("172.16.0.10", 3306, 10)
        );
        assert_eq!(link.primary_user(), "replication_user");
        assert_eq!(
            (link.io_state(), link.sql(), link.seconds_behind()),
            ("Yes", "Yes", Some(0))
        );
        assert_eq!(
            (link.using_gtid(), link.gtid_io_pos()),
            ("Slave_Pos", "0-10-3")
        );
        assert_eq!((link.connect_retry(), link.delay()), (10, 0));
        assert_eq!(link.filters().count(), 0);
        assert!(link.relay_log_space() > 0);
        // 11.4 and later ask for TLS unless told otherwise.
        assert_eq!(link.tls_verified(), release == "trixie");

        assert!(
            replica
                .sessions
                .iter()
                .all(super::ClientSession::is_internal)
        );
        assert_eq!(replica.transactions().count(), 0);
        assert_eq!(replica.position.as_ref().expect("binlog").do_db, "");
        assert_eq!(replica.binlogs[0].name, "mysql-bin.000001");
        for name in ["master.info", "relay-log.info", "mysql-bin.index", "site1"] {
            assert!(
                replica.datadir_files.iter().any(|file| file == name),
                "{name}"
            );
        }
        let folder = &replica.folders[Path::new("/var/lib/mysql")];
        assert_eq!(
            (folder.owner.as_str(), folder.group.as_str(), folder.mode),
            ("mysql", "mysql", 0o755)
        );
        assert!(!replica.folders.contains_key(Path::new("/var/log/mysql")));
        assert!(replica.free_for_data().expect("df") > 1 << 20);
        assert!(replica.network.interface("host0").is_some());
        assert!(replica.service().active && replica.service().enabled);
        assert!(!replica.socket().active && replica.socket().exists);
    }
}

#[test]
fn versions_stand_without_their_origin() {
    // 11.8 says `11.8.6-MariaDB-… from Debian`.
    for (release, start) in [("bookworm", "10.11."), ("trixie", "11.8.")] {
        for state in ["replica", "asleep"] {
            let version = read(release, state).version;
            assert!(
                version.starts_with(start) && !version.contains(' '),
                "{version}"
            );
            assert!(read(release, state).release().is_some());
        }
    }
}

#[test]
fn a_primary_with_a_replica_and_a_writer() {
    for release in RELEASES {
        let primary = read(release, "busy");
        assert_eq!(primary.unanswered_why(), None);
        assert!(!primary.is_replica());
        let replicas: Vec<_> = primary.replicas().collect();
        assert_eq!(replicas.len(), 1);
        assert_eq!(replicas[0].user, "replication_user");
        assert_eq!(primary.registered[0].server_id, 11);

        let writers: Vec<_> = primary.transactions().collect();
        assert_eq!(writers.len(), 1);
        let writer = writers[0];
        assert_eq!(
            (writer.user.as_str(), writer.db.as_deref(), writer.modified),
            ("shop", Some("site1"), 3)
        );
        assert_eq!(writer.statement.as_deref(), Some("SELECT"));
        let open = writer.transaction.expect("an open transaction");
        assert!(open >= writer.seconds && open < 60.0, "{open}");

        let account = primary.account("replication_user", "172.16.0.11");
        assert!(account.expect("the replica's account").replicates);
        let shop = primary.account("shop", "localhost").expect("shop");
        assert!(!shop.replicates && !shop.locked && !shop.tls);
        let root = primary.account("root", "localhost").expect("root");
        assert!(root.replicates);
        assert!(
            primary
                .account("mariadb.sys", "localhost")
                .expect("sys")
                .locked
        );

        assert!(primary.on_port().all(DatabaseListener::is_server));
        let reached = |address: &str| {
            let address = address.parse().expect("address");
            primary.on_port().any(|l| l.reaches(address))
        };
        assert!(reached("127.0.0.1") && reached("172.16.0.10"));
        assert!(!reached("172.16.0.11") && !reached("::1"));
    }
}

#[test]
fn databases_with_what_is_in_them() {
    for release in RELEASES {
        let primary = read(release, "busy");
        let names: Vec<&str> = primary.databases.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["@bascule end", "site1"]);
        let site = primary.database("site1").expect("site1");
        assert_eq!((site.tables, site.views), (2, 1));
        assert_eq!((site.routines, site.events, site.triggers), (1, 1, 1));
        assert_eq!(site.foreign.len(), 1);
        assert_eq!(
            (
                site.foreign[0].name.as_str(),
                site.foreign[0].engine.as_str()
            ),
            ("settings", "MyISAM")
        );
        assert!(site.rows > 900 && site.bytes > 16 << 10);
        // Neither a mark in a name nor what the client escapes leads astray.
        let odd = primary.database("@bascule end").expect("odd");
        assert_eq!(odd.foreign[0].name, "a\\b\n    c\td");
        assert!(site.collation.starts_with("utf8mb4_"));
    }
}

#[test]
fn links_that_are_refused() {
    for release in RELEASES {
        let replica = read(release, "denied");
        assert_eq!(replica.links.len(), 2);
        let link = replica.link("").expect("the usual link");
        assert!(!link.is_healthy());
        assert_eq!(
            (link.io_state(), link.io_errno(), link.sql()),
            ("Connecting", 1045, "Yes")
        );
        assert!(link.io_error().contains("Access denied"));
        assert_eq!(link.seconds_behind(), None);
        let filters: Vec<_> = link.filters().collect();
        assert_eq!(filters, [("Replicate_Wild_Do_Table", "site1.%")]);
        let probe = replica.link("probe").expect("the named link");
        assert_eq!((probe.io_errno(), probe.primary_id()), (2003, 0));
        assert!(probe.filters().next().is_none());
        // What the server of the facts said is the same, whichever way it was kept.
        let kept = facts(release, "denied").database.expect("kept");
        assert_eq!(kept.link("").expect("link").io_errno(), 1045);
    }
}

#[test]
fn option_files_in_the_servers_order() {
    for release in RELEASES {
        let server = read(release, "misspelt");
        let paths: Vec<&Path> = server
            .option_files
            .iter()
            .map(|file| file.path.as_path())
            .collect();
        assert_eq!(paths[0], Path::new("/etc/mysql/my.cnf"));
        assert_eq!(
            server.option_files[0].target.as_deref(),
            Some(Path::new("/etc/mysql/mariadb.cnf"))
        );
        assert!(
            server
                .option_file(Path::new("/etc/mysql/mariadb.cnf"))
                .is_some()
        );
        assert!(paths[1..].is_sorted(), "{paths:?}");
        let ends: Vec<_> = paths.iter().rev().take(4).rev().collect();
        for (path, name) in ends.iter().zip(["70-", "71-", "72-", "99-"]) {
            assert!(path.to_string_lossy().contains(name), "{path:?}");
        }
        let file = |name: &str| {
            let path = format!("/etc/mysql/mariadb.conf.d/{name}");
            server.option_file(Path::new(&path)).expect("file")
        };
        assert_eq!(file("70-site.cnf").text, "[mysqld]\nexpire_log_days = 10\n");
        // Its last line has no end, and the server may not read it.
        let hidden = file("72-site.cnf");
        assert_eq!(hidden.text, "[mysqld]\nmax_connections = 77");
        assert_eq!(
            (hidden.mode, hidden.owner.as_str(), hidden.uid),
            (0o600, "root", 0)
        );
        assert_eq!(server.default_of("max_connections"), None);
        assert_eq!(server.default_of("expire_log_days"), Some("10"));
        // Twice, in two files and two spellings: the last counts.
        assert_eq!(
            server.default_of("bind_address"),
            Some("127.0.0.1,172.16.0.10")
        );
        assert_eq!(server.default_of("server"), None);
        // Neither is a word of the complaint about a file that is wrong.
        assert!(server.defaults.iter().all(|word| word.starts_with("--")));
    }
}

#[test]
fn option_files_as_conf_reads_them() {
    for release in RELEASES {
        let server = read(release, "misspelt");
        let options = server.options();
        let series = server.release().expect("a version").into();
        let id = options.effective(series, "server_id").expect("server_id");
        assert!(id.winner.place.path.ends_with("99-test.cnf"));
        let passed_over: Vec<_> = options
            .ignored()
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        assert_eq!(
            passed_over,
            [Path::new("/etc/mysql/mariadb.conf.d/72-site.cnf")]
        );
    }
}

#[test]
fn the_servers_own_check() {
    for release in RELEASES {
        let check = read(release, "misspelt").check.expect("checked");
        assert_eq!(check.code, 7);
        assert!(
            check
                .said
                .iter()
                .any(|line| line.contains("unknown variable 'expire_log_days=10'"))
        );
        assert!(
            check
                .said
                .iter()
                .any(|line| line.contains("Wrong group definition"))
        );
        let good = read(release, "replica").check.expect("checked");
        assert_eq!(good.code, 0);
        for (name, value) in [
            ("server_id", "11"),
            ("log_bin", "mysql-bin"),
            ("bind-address", "127.0.0.1,172.16.0.11"),
            ("log-slave-updates", "TRUE"),
            ("gtid_strict_mode", "TRUE"),
        ] {
            assert_eq!(good.value(name), Some(value), "{name}");
        }
        assert!(good.values.len() > 400);
        assert_eq!(read(release, "busy").check, None);
    }
}

#[test]
fn a_server_that_does_not_run() {
    for release in RELEASES {
        let asleep = read(release, "asleep");
        assert!(asleep.installed && !asleep.answers());
        assert_eq!(
            asleep.unanswered.as_deref(),
            Some("the server does not run")
        );
        assert!(asleep.failed.is_empty() && asleep.said.is_empty());
        assert!(asleep.socket().active && !asleep.service().active);
        assert!(asleep.on_port().all(DatabaseListener::is_systemd));
        assert!(asleep.on_port().any(|l| l.reaches([172, 16, 0, 10].into())));
        assert_eq!(
            (asleep.port(), asleep.datadir()),
            (3306, Path::new("/var/lib/mysql"))
        );
        assert_eq!(asleep.default_of("server_id"), Some("10"));

        let stopped = facts(release, "stopped").database.expect("read");
        let why = stopped.unanswered.expect("no answer");
        assert!(
            why.starts_with("ERROR 2002 (HY000): Can't connect"),
            "{why}"
        );
        assert!(stopped.listeners.is_empty());
    }
}

#[test]
fn hosts_asked_together() {
    for release in RELEASES {
        let pair = facts(release, "pair");
        let primary = pair.database.expect("this host");
        let replica = &pair.database_hosts["172.16.0.11"];
        assert_eq!(
            (primary.host.as_str(), replica.host.as_str()),
            ("serv1", "serv2")
        );
        assert_eq!(
            primary.variable("gtid_binlog_pos"),
            replica.variable("gtid_slave_pos")
        );
        let nobody = &facts(release, "fresh").database_hosts["172.16.0.12"];
        let why = nobody.unreachable.as_deref().expect("no such host");
        assert!(
            why.contains("172.16.0.12") && why.contains("No route to host"),
            "{why}"
        );
        assert_eq!(nobody.unanswered_why(), Some(why));
    }
}

#[test]
fn what_comes_before_the_answer_is_skipped() {
    let text = answer("bookworm", "busy");
    let noisy = format!("Welcome to serv1\nlast login@bascule end{text}");
    assert_eq!(parse::database(&noisy), parse::database(&text));
}

#[test]
fn a_beginning_of_an_answer_is_none() {
    let text = answer("trixie", "replica");
    let end = text.rfind("@bascule end").expect("an end");
    for at in (0..end).step_by(97) {
        assert!(text.is_char_boundary(at));
        assert_eq!(parse::database(&text[..at]), None, "cut at {at}");
    }
}

#[test]
fn what_the_server_did_not_say_in_time_is_missing() {
    // As `timeout` leaves it: cut in the middle of a part, and its status.
    let text = answer("bookworm", "busy");
    let at = text
        .find("shop\tlocalhost\tmysql_native")
        .expect("an account");
    let end = text
        .find("\n@bascule sql-code 0")
        .expect("the client's end");
    let rest = &text[end + "\n@bascule sql-code 0".len()..];
    let cut = format!("{}\n@bascule sql-code 124{rest}", &text[..at]);
    let server = parse::database(&cut).expect("whole");
    assert!(server.answers());
    let missing: Vec<&str> = server.failed.keys().map(String::as_str).collect();
    assert_eq!(
        missing,
        [
            "accounts",
            "column-rights",
            "columns",
            "database-rights",
            "databases",
            "events",
            "holders",
            "others",
            "plugins",
            "prepared",
            "prepared-long",
            "proxies",
            "roles",
            "routine-rights",
            "routines",
            "run-time",
            "schedule",
            "sizes",
            "spaces",
            "table-rights",
            "tables",
            "triggers"
        ]
    );
    assert_eq!(
        server.unanswered_why(),
        Some("the server gave no answer within 4 s")
    );
    // Nothing at all came.
    let at = text.find("@bascule variables").expect("the first question");
    let cut = format!("{}\n@bascule sql-code 124{rest}", &text[..at]);
    let server = parse::database(&cut).expect("whole");
    assert_eq!(
        server.unanswered.as_deref(),
        Some("the server gave no answer within 4 s")
    );
}

#[test]
fn a_listener_reaches_what_it_stands_for() {
    let reaches = |address: &str, to: &str| {
        let listener = DatabaseListener {
            address: address.to_owned(),
            ..DatabaseListener::default()
        };
        listener.reaches(to.parse().expect("address"))
    };
    assert!(reaches("*", "172.16.0.10") && reaches("*", "fe80::1"));
    assert!(reaches("0.0.0.0", "172.16.0.10") && !reaches("0.0.0.0", "::1"));
    assert!(reaches("::", "::1") && reaches("fe80::1%host0", "fe80::1"));
    assert!(reaches("172.16.0.10", "172.16.0.10") && !reaches("127.0.0.1", "172.16.0.10"));
}

#[test]
fn the_plugins_that_are_loaded() {
    for release in RELEASES {
        let server = read(release, "plugins");
        let libraries = |kind: &str| -> Vec<&str> {
            let all = server.plugins_of(kind);
            all.map(|plugin| plugin.library.as_str()).collect()
        };
        assert_eq!(libraries("ENCRYPTION"), ["file_key_management.so"]);
        assert_eq!(
            libraries("PASSWORD VALIDATION"),
            ["simple_password_check.so"]
        );
        assert_eq!(
            libraries("AUDIT"),
            ["server_audit.so", "query_response_time.so"]
        );
        let engine = |plugin: &&super::Plugin| plugin.name == "InnoDB";
        let innodb = server.plugins_of("STORAGE ENGINE").find(engine);
        assert_eq!(innodb.map(|plugin| plugin.library.as_str()), Some(""));
        assert_eq!(server.variable("innodb_page_size"), Some("16384"));
    }
}

#[test]
fn no_more_is_looked_at_than_is_told() {
    let script = include_str!("read.sh");
    let limits = script.split(" LIMIT ").skip(1);
    let limits: Vec<usize> = limits
        .filter_map(|rest| rest.split(')').next()?.parse().ok())
        .collect();
    assert_eq!(limits, [AT_MOST; 4]);
    for release in RELEASES {
        let text = answer(release, "busy");
        let at = text.find("\n@bascule others").expect("a question");
        let with = |rows: usize| {
            let rows = "site1\t1\t16384\n".repeat(rows);
            let others = format!("\n@bascule others\n1\ndb\tcount\tbytes\n{rows}");
            let rest = &text[at + 1..];
            let rest = &rest[rest.find("\n@bascule sql-code").expect("more")..];
            let text = format!("{}{others}{rest}", &text[..at]);
            parse::database(&text).expect("whole").sizes_unseen
        };
        assert_eq!([with(AT_MOST - 1), with(AT_MOST)], [false, true]);
    }
}

#[test]
fn a_database_is_as_large_as_its_files() {
    for release in RELEASES {
        let text = answer(release, "busy");
        let before = read(release, "busy").databases;
        let others = text.find("\n@bascule others").expect("a question");
        // As 10.11 and 11.8 answer it; the statistics were of an empty table.
        let with = |bytes: &str| {
            let spaces =
                format!("\n@bascule spaces\n1\ndb\tbytes\nmysql\t311296\nsite1\t{bytes}\n");
            let text = format!("{}{spaces}{}", &text[..others], &text[others..]);
            let server = parse::database(&text).expect("whole");
            server.database("site1").expect("there").clone()
        };
        let site1 = before
            .iter()
            .find(|one| one.name == "site1")
            .expect("there");
        assert_eq!(with("61865984").bytes, site1.bytes - 65536 + 61_865_984);
        assert_eq!(with("61865984").rows, site1.rows);
        // Tables of the common tablespace have no files of their own.
        assert_eq!(with("0").bytes, site1.bytes);
    }
}

#[test]
fn what_crosses_databases_is_read_where_it_was_asked_for() {
    let text = answer("bookworm", "busy");
    assert!(read("bookworm", "busy").crossings.is_empty());
    let end = text
        .find("\n@bascule sql-code 0")
        .expect("the client's end");
    // As 10.11 and 11.8 answer it.
    let asked = "\n@bascule crossings\n1\nkind\tdb\tname\tother\nforeign key\tmy-db\tchild\tsite1\n\
                 trigger\tsite1\ttr\tmy-db\n";
    let text = format!("{}{asked}{}", &text[..end], &text[end..]);
    let server = parse::database(&text).expect("whole");
    let told: Vec<String> = server
        .crossings
        .iter()
        .map(|one| format!("{} {}.{} {}", one.kind, one.database, one.name, one.other))
        .collect();
    assert_eq!(
        told,
        ["foreign key my-db.child site1", "trigger site1.tr my-db"]
    );
}

#[test]
fn views_that_cannot_be_read_are_told_where_that_was_asked_for() {
    let text = answer("bookworm", "busy");
    assert!(read("bookworm", "busy").broken_views.is_empty());
    let end = text
        .find("\n@bascule sql-code 0")
        .expect("the client's end");
    // As 10.11 answers it.
    let asked = "\n@bascule broken-views\n1\ndb\tname\ndv\tv\ndv\tv5\n";
    let text = format!("{}{asked}{}", &text[..end], &text[end..]);
    let server = parse::database(&text).expect("whole");
    let told: Vec<String> = server
        .broken_views
        .iter()
        .map(|one| format!("{}.{}", one.database, one.name))
        .collect();
    assert_eq!(told, ["dv.v", "dv.v5"]);
    assert_eq!(server.databases, read("bookworm", "busy").databases);
}

#[test]
fn every_answer_that_is_asked_for_is_read() {
    let script = include_str!("read.sh");
    let asked = script
        .lines()
        .filter_map(|line| line.strip_prefix("SELECT 1 AS '@bascule "));
    let asked: Vec<&str> = asked
        .filter_map(|line| line.strip_suffix("';"))
        .filter(|name| !matches!(*name, "inexact" | "crossings" | "broken-views"))
        .collect();
    assert_eq!(asked, parse::QUESTIONS);
}

//! What is said about option files, on texts as people write them.

use super::*;

const BOOKWORM: Release = Release::new(10, 11);
const TRIXIE: Release = Release::new(11, 8);
const FOLDER: &str = "/etc/mysql/mariadb.conf.d";

/// The files of a host with one more in the folder of drop-ins.
fn host(name: &str, text: &str) -> OptionFiles {
    OptionFiles::new([
        (
            "/etc/mysql/my.cnf".to_owned(),
            format!("[client-server]\nsocket = /run/mysqld/mysqld.sock\n!includedir {FOLDER}/\n"),
        ),
        (
            format!("{FOLDER}/50-server.cnf"),
            "[mysqld]\nbind-address = 127.0.0.1\nexpire_logs_days = 10\n".to_owned(),
        ),
        (format!("{FOLDER}/{name}"), text.to_owned()),
    ])
}

fn all(files: &OptionFiles, release: Release) -> Vec<OptionConcern> {
    let folder = |path: &Path| Some(path == Path::new("/var/lib/mysql"));
    let around = Surroundings {
        release,
        folder: &folder,
        plugins: &[],
        accepted: false,
    };
    concerns(files, &around)
}

/// Each concern as weight, place, text and mend.
fn said(files: &OptionFiles, release: Release) -> Vec<String> {
    let concerns = all(files, release).into_iter();
    concerns
        .map(|concern| {
            let OptionConcern {
                place,
                weight,
                text,
                mend,
                ..
            } = concern;
            let place = place.to_string().replace(&format!("{FOLDER}/"), "");
            format!("{weight:?} {place} {text}: {mend}")
        })
        .collect()
}

/// The only concern about a `[mysqld]` with one line, without its place.
fn of_line(line: &str) -> String {
    let said = said(&host("60.cnf", &format!("[mysqld]\n{line}\n")), BOOKWORM);
    match said.as_slice() {
        [] => String::new(),
        [one] => one.replace(" 60.cnf:2", ""),
        several => panic!("{line}: {several:?}"),
    }
}

#[test]
fn the_notes_of_the_primary_are_read_with_care() {
    let notes = "[mysqld]\n#bind-adress = 127.0.0.1\nlog_error = /var/log/mysql/error.log\n\
                 server-id = 10 # valeur arbitraire\nlog_bin = /var/log/mysql/mysql-bin.log\n\
                 expire_log_days = 10\nmax_binlog_size = 100M\nbinlog_do_db = site1 # la base\n";
    assert_eq!(
        said(&host("60.cnf", notes), BOOKWORM),
        [
            "Stops 60.cnf:6 MariaDB 10.11 has no option expire_log_days: the server does not start: write expire_logs_days = 10",
            "Stops 60.cnf:5 the folder /var/log/mysql does not exist: the server does not start: mkdir -m 2750 /var/log/mysql && chown mysql:adm /var/log/mysql, or write log_bin = mysql-bin, in the data directory",
            "Misleads 60.cnf:8 binlog_do_db goes by the database chosen with USE: a CREATE TABLE site1.… sent from another one is lost: remove the line, and on the replica write replicate_wild_do_table = site1.%",
            "Misleads 60.cnf:3 the folder /var/log/mysql does not exist: the server starts and writes its errors nowhere: mkdir -m 2750 /var/log/mysql && chown mysql:adm /var/log/mysql, or remove the line: journalctl -u mariadb has the errors",
            "Notes 60.cnf:2 `bind-adress` is misspelt, and this line is a comment: /etc/mysql/mariadb.conf.d/50-server.cnf:2 has `bind-address = 127.0.0.1`: write bind_address",
        ]
    );
}

#[test]
fn the_notes_of_the_replica_are_read_with_care() {
    let notes = "[mysqld]\nserver-id = 104\nexpire_logs_days = 10\nmax_binlog_size = 100M\n\
                 master-retry-count = 20\nreplicate-do-db = site1\n";
    assert_eq!(
        said(&host("60.cnf", notes), TRIXIE),
        [
            "Misleads 60.cnf:6 replicate-do-db goes by the database chosen with USE: a CREATE TABLE site1.… sent from another one is lost: write replicate_wild_do_table = site1.%"
        ]
    );
}

#[test]
fn a_name_the_server_does_not_know_is_explained() {
    for (line, expected) in [
        (
            "server_id 3",
            "Stops there is no = between `server_id` and its value: the server does not start: write server_id = 3",
        ),
        (
            "server id = 3",
            "Stops `server id` has a blank in the name: the server does not start: write server_id = 3",
        ),
        (
            "bind-adress = ::",
            "Stops MariaDB 10.11 has no option bind-adress: the server does not start: write bind_address = ::",
        ),
        (
            "gtid_mode = ON",
            "Stops MariaDB has no option gtid_mode: the server does not start: remove the line: MariaDB always has GTIDs",
        ),
        (
            "super-read-only",
            "Stops MariaDB has no option super-read-only: the server does not start: write read_only",
        ),
        (
            "mysqlx_port = 33060",
            "Stops MariaDB has no option mysqlx_port: the server does not start: remove the line",
        ),
        (
            "slave_connections_needed_for_purge = 0",
            "Stops slave_connections_needed_for_purge is an option of MariaDB 11.8, not of 10.11: the server does not start: remove the line, or put it under [mariadb-11.8]",
        ),
        (
            "gtid_slave_pos = 0-1-2",
            "Stops gtid_slave_pos is a variable of the running server, not an option: the server does not start: remove the line",
        ),
        (
            "server_audit_logging = ON",
            "Stops MariaDB 10.11 knows server_audit_logging only when its plugin is loaded: the server does not start: write plugin_load_add = server_audit above it, or loose_server_audit_logging",
        ),
        (
            "xyzzy = 1",
            "Stops MariaDB 10.11 has no option xyzzy: the server does not start: remove the line",
        ),
        // It says itself that the server may not know it.
        ("loose-expire_log_days = 1", ""),
        (
            "file_key_management_filename = /etc/mysql/keys",
            "Stops MariaDB 10.11 knows file_key_management_filename only when its plugin is loaded: the server does not start: write plugin_load_add = file_key_management above it, and leave the line",
        ),
        (
            "kms_key_management_url = x",
            "Stops MariaDB 10.11 has no option kms_key_management_url: the server does not start: load the plugin that it is for with plugin_load_add, and leave the line",
        ),
        (
            "log = 1",
            "Stops `log` is the beginning of 31 options: the server does not start: write the whole name, such as log_tc or log_bin or log_isam",
        ),
        (
            "sync_bin = 1",
            "Notes `sync_bin` is short for sync_binlog, and another release may take it for something else: write sync_binlog",
        ),
        (
            "master_info_repository = TABLE",
            "Notes MariaDB 10.11 does nothing with master_info_repository: remove the line",
        ),
    ] {
        assert_eq!(of_line(line), expected);
    }
    // With a plugin, its options may well be known.
    let audit = "[mysqld]\nplugin_load_add = server_audit\nserver_audit_logging = ON\n";
    assert_eq!(said(&host("60.cnf", audit), BOOKWORM), [""; 0]);
}

#[test]
fn a_value_the_server_takes_otherwise_is_explained() {
    for (line, expected) in [
        (
            "read_only = yes",
            "Misleads `yes` is neither ON nor OFF: the server takes read_only for OFF: write read_only = ON",
        ),
        (
            "gtid_strict_mode = 2",
            "Misleads `2` is neither ON nor OFF: the server takes gtid_strict_mode for OFF: write gtid_strict_mode = OFF",
        ),
        (
            "server_id",
            "Stops server_id has no value: the server does not start: write server_id = VALUE",
        ),
        (
            "server_id = 0",
            "Misleads the server takes 1 instead, which every server has that nobody configured: write an id above 1",
        ),
        (
            "sync_binlog = abc",
            "Stops `abc` is no number for sync_binlog: the server does not start: write digits, with K, M, G or T behind them if need be",
        ),
        (
            "max_binlog_size = 1.5M",
            "Stops `1.5M` is no number for max_binlog_size: the server does not start: write digits, with K, M, G or T behind them if need be",
        ),
        (
            "log_bin = ON",
            "Misleads log_bin takes a name: the binary log is on, and its files are called ON.000001: write log_bin = mysql-bin",
        ),
        (
            "log_bin = 0",
            "Misleads log_bin takes a name: the binary log is on, and its files are called 0.000001: write skip_log_bin",
        ),
        (
            "ansi = 1",
            "Stops ansi takes no value: the server does not start: write ansi alone",
        ),
        (
            "replicate_wild_do_table = site1",
            "Stops `site1` names no table of a database: the server does not start: write replicate_wild_do_table = site1.%",
        ),
        (
            "binlog_do_db = a, b",
            "Misleads binlog_do_db takes one name, and no database is called `a, b`: write a line for each: binlog_do_db = a and binlog_do_db = b",
        ),
        (
            "skip-networking",
            "Misleads the server takes no connection from any other host: remove the line",
        ),
        (
            "datadir = /srv/mysql",
            "Stops the folder /srv/mysql does not exist: the server does not start: mkdir -m 2750 /srv/mysql && chown mysql:adm /srv/mysql",
        ),
        (
            "relay_log = /var/log/mysql/relay-bin",
            "Misleads the folder /var/log/mysql does not exist: CHANGE MASTER fails (errno 29): mkdir -m 2750 /var/log/mysql && chown mysql:adm /var/log/mysql, or write relay_log = relay-bin, in the data directory",
        ),
    ] {
        assert_eq!(of_line(line), expected);
    }
}

#[test]
fn what_is_right_is_left_alone() {
    for line in [
        "read_only",
        "skip-log-bin",
        "log_bin",
        "skip-networking = 0",
        "log_bin = mysql-bin",
        "log_bin = /var/lib/mysql/mysql-bin",
        "max_binlog_size = 100MB",
        "long_query_time = 0.5",
        "key_buffer_size = 1G",
        "hot.key_buffer_size = 1G",
        "ft_min_word_len = -1",
        "skip-name-resolve",
        "replicate_wild_do_table = site1.%",
        "#site = http://example.org",
        "#server_id = 1",
        "loose-innodb_flush_log_at_trx_commit = 2",
    ] {
        assert_eq!(of_line(line), "", "{line}");
    }
    let client = "[client]\nnosuch = 1\n[mysqldump]\nquick\n[mariadb-10.6]\nold = 1\n[mysqld_safe]\nnice = 0\n";
    assert_eq!(said(&host("60.cnf", client), BOOKWORM), [""; 0]);
}

#[test]
fn a_folder_nobody_looked_at_is_not_missed() {
    let files = host("60.cnf", "[mysqld]\nlog_bin = /var/log/mysql/x\n");
    let around = Surroundings {
        release: BOOKWORM,
        folder: &|_| None,
        plugins: &[],
        accepted: false,
    };
    assert_eq!(concerns(&files, &around), []);
    // What is overridden does not matter.
    let files = files.with(
        format!("{FOLDER}/99.cnf"),
        "[mysqld]\nlog_bin = mysql-bin\n",
    );
    assert_eq!(said(&files, BOOKWORM), [""; 0]);
}

#[test]
fn a_file_that_is_not_read_to_its_end_is_told() {
    for (text, expected) in [
        (
            "[mysqld]\nserver_id = 9\n[mysqld\nx = 1\n",
            "Misleads 60.cnf:3 `[mysqld` has no closing bracket: the server reads no further in this file: write `[mysqld]`",
        ),
        (
            "server_id = 9\n[mysqld]\n",
            "Misleads 60.cnf:1 `server_id = 9` stands before any group: the server reads no further in this file: write `[mysqld]` on a line above it",
        ),
        (
            "[mysqld]\n!include\nserver_id = 9\n",
            "Misleads 60.cnf:2 `!include` includes nothing: the server reads no further in this file: write the path after it, or remove the line",
        ),
        (
            "\u{feff}[mysqld]\nserver_id = 9\n",
            "Misleads 60.cnf:1 the file begins with a byte order mark: the server reads no further in this file: sed -i '1s/^\\xEF\\xBB\\xBF//' 60.cnf",
        ),
        (
            "[mysqld]\n!include /etc/mysql/extra.cnf",
            "Misleads 60.cnf:2 no line break follows this include, and the server drops its last letter: end the file with a line break",
        ),
        (
            "[mysqd]\nserver_id = 9\n",
            "Misleads 60.cnf:1 the server does not read the group [mysqd]: write `[mysqld]`",
        ),
        (
            "[ mysqld]\nserver_id = 9\n",
            "Misleads 60.cnf:1 the server does not read the group [ mysqld]: write `[mysqld]`",
        ),
    ] {
        let said = said(&host("60.cnf", text), BOOKWORM);
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(said[0].replace(&format!("{FOLDER}/"), ""), expected);
    }
    let root = OptionFiles::new([("/etc/mysql/my.cnf", "[mysqld\n")]);
    assert_eq!(
        said(&root, TRIXIE),
        [
            "Stops /etc/mysql/my.cnf:1 `[mysqld` has no closing bracket: the server does not start: write `[mysqld]`"
        ]
    );
}

#[test]
fn a_file_that_is_not_read_at_all_is_told() {
    let path = format!("{FOLDER}/60.cnf");
    let files = |mode, owner: &str, group: &str| {
        let files = host("60.cnf", "[mysqld]\nxyzzy = 1\n");
        said(
            &files.ignoring(Path::new(&path), Ignored::reason(mode, owner, group)),
            BOOKWORM,
        )
    };
    assert_eq!(
        files(0o646, "root", "root"),
        [format!(
            "Misleads 60.cnf everybody may write to this file, so that the server leaves it out: chmod 644 {path}"
        )]
    );
    assert_eq!(
        files(0o600, "root", "root"),
        [format!(
            "Misleads 60.cnf the server runs as mysql and may not read this file (mode 600, root:root): it leaves it out without a word: chgrp mysql {path}; chmod 640 {path}"
        )]
    );
    // debian.cnf is nobody's to read but root's, and not the server's.
    let debian = host("60.cnf", "").with("/etc/mysql/debian.cnf", "[client]\npassword = \n");
    let debian = debian.ignoring(
        Path::new("/etc/mysql/debian.cnf"),
        Ignored::reason(0o600, "root", "root"),
    );
    assert_eq!(said(&debian, BOOKWORM), [""; 0]);
}

#[test]
fn names_behind_a_plugin_that_is_loaded_are_not_judged() {
    for (plugin, line) in [
        (
            "file_key_management",
            "file_key_management_filename = /etc/mysql/keys",
        ),
        ("simple_password_check", "simple_password_check_digits = 1"),
        ("query_response_time", "query_response_time_stats = ON"),
        ("server_audit", "server_audit_logging = ON"),
        ("sql_errlog", "sql_error_log_rate = 1"),
        ("ha_rocksdb", "rocksdb_block_cache_size = 1G"),
        ("some_other", "some_other_option = 1"),
    ] {
        // By the option file, in either of its words.
        for load in ["plugin_load_add", "plugin-load"] {
            for value in [
                plugin.to_owned(),
                format!("x=nosuch.so;{plugin}={plugin}.so"),
            ] {
                let text = format!("[mysqld]\n{load} = {value}\n{line}\n");
                let files = host("60.cnf", &text);
                assert_eq!(said(&files, BOOKWORM), [""; 0], "{text}");
            }
        }
        // By INSTALL SONAME.
        let files = host("60.cnf", &format!("[mysqld]\n{line}\n"));
        let library = format!("{plugin}.so");
        let of = |plugins: &[&str], accepted| {
            let around = Surroundings {
                release: BOOKWORM,
                folder: &|_| None,
                plugins,
                accepted,
            };
            concerns(&files, &around).len()
        };
        assert_eq!(of(&[&library], false), 0, "{line}");
        // The server's own check knows best.
        assert_eq!(of(&[], true), 0, "{line}");
        assert_eq!(of(&["ha_nosuch.so"], false), 1, "{line}");
    }
}

#[test]
fn behind_skip_and_enable_only_a_zero_counts() {
    for line in [
        "skip-symbolic-links = YES",
        "skip-symbolic-links = 1",
        "skip-symbolic-links = 0",
        "skip-symbolic-links =",
        "disable-log-bin = TRUE",
        "skip-log-bin = foo",
        "enable-read-only = YES",
        "enable-read-only = 0",
    ] {
        assert_eq!(of_line(line), "", "{line}");
    }
    for (line, expected) in [
        (
            "skip-symbolic-links = OFF",
            "Misleads behind such a word only 0 counts: symbolic_links is off with skip-symbolic-links = OFF: write symbolic_links = ON",
        ),
        (
            "skip-log-bin = no",
            "Misleads behind such a word only 0 counts: log_bin is off with skip-log-bin = no: write skip-log-bin = 0",
        ),
        (
            "enable-read-only = FALSE",
            "Misleads behind such a word only 0 counts: read_only is on with enable-read-only = FALSE: write read_only = OFF",
        ),
        (
            "symbolic-links = no",
            "Misleads `no` is neither ON nor OFF: the server leaves symbolic-links as it is without the line: write symbolic-links = OFF",
        ),
    ] {
        assert_eq!(of_line(line), expected);
    }
}

#[test]
fn what_an_ignoring_filter_does_is_the_other_way_round() {
    for option in ["binlog_ignore_db", "replicate_ignore_db"] {
        let text = of_line(&format!("{option} = tmp"));
        assert!(
            text.contains(
                "goes through all the same, and what is sent from tmp for others is lost"
            ),
            "{text}"
        );
    }
    for option in ["binlog_do_db", "replicate_do_db"] {
        let text = of_line(&format!("{option} = tmp"));
        assert!(
            text.contains("a CREATE TABLE tmp.… sent from another one is lost:"),
            "{text}"
        );
    }
}

#[test]
fn folders_without_which_the_server_does_not_start_are_missed_before_it_stops() {
    for option in [
        "secure_file_priv",
        "tmpdir",
        "innodb_data_home_dir",
        "innodb_log_group_home_dir",
        "aria_log_dir_path",
    ] {
        let text = of_line(&format!("{option} = /nosuch/"));
        assert!(
            text.starts_with("Stops the folder /nosuch does not exist: the server does not start"),
            "{option}: {text}"
        );
    }
    assert!(of_line("init_file = /nosuch/x.sql").starts_with("Stops the folder /nosuch does"));
    assert_eq!(of_line("secure_file_priv ="), "");
    assert_eq!(of_line("innodb_data_home_dir = sub"), "");
}

//! The plans and refusals of `db primary`, on what real servers said.

use crate::conf::options::DROP_IN;
use crate::facts::database::{Account, OptionFile};
use crate::facts::{DatabaseServer, Facts};
use crate::plan::{Action, Plan, Undo, Verify};
use crate::trial::{RELEASES, commands, facts, plan, refusal, warnings};
use std::path::PathBuf;

const WORDS: &str = "db primary --replica 172.16.0.11";

/// Returns the facts and lets the server of this host be changed.
fn with(release: &str, name: &str, change: impl FnOnce(&mut DatabaseServer)) -> Facts {
    let mut facts = facts(release, name);
    change(facts.database.as_mut().unwrap());
    facts
}

/// Adds an option file, where the server reads it.
fn file(server: &mut DatabaseServer, name: &str, text: &str) {
    let path = PathBuf::from(format!("/etc/mysql/mariadb.conf.d/{name}"));
    server.option_files.push(OptionFile {
        path: path.clone(),
        text: text.to_owned(),
        mode: 0o644,
        owner: "root".to_owned(),
        group: "root".to_owned(),
        ..OptionFile::default()
    });
    // In the server's order, which is that of the names.
    server.option_files.sort_by(|one, other| {
        let inside = |file: &OptionFile| file.path.parent() == path.parent();
        inside(one)
            .cmp(&inside(other))
            .then(one.path.cmp(&other.path))
    });
}

/// Returns the text of the option file that a plan writes.
fn written(plan: &Plan) -> Option<String> {
    plan.steps.iter().find_map(|step| match &step.action {
        Action::File { path, after, .. } if path.as_os_str() == DROP_IN => {
            Some(after.as_ref()?.text.clone())
        }
        _ => None,
    })
}

fn planned(words: &str, facts: &Facts) -> Plan {
    plan(words, facts).unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
}

#[test]
fn a_server_as_debian_leaves_it_becomes_a_primary() {
    for release in RELEASES {
        let facts = facts(release, "db-fresh");
        let plan = planned(WORDS, &facts);
        assert_eq!(
            plan.headline,
            "serv1 is a primary, reached at 172.16.0.10:3306; its replicas take every database"
        );
        let text = written(&plan).unwrap();
        for line in [
            "server_id = 10 ",
            "bind_address = 127.0.0.1,172.16.0.10 ",
            "log_bin = mysql-bin ",
            "read_only = OFF ",
            "binlog_expire_logs_seconds = 864000 ",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        let lines = commands(WORDS, &facts);
        assert_eq!(lines[0], "systemctl restart mariadb.service");
        assert!(lines[2].contains(
            "CREATE USER IF NOT EXISTS 'replication_user'@'172.16.0.11' IDENTIFIED BY PASSWORD '${password_hash}'"
        ));
        assert_eq!(plan.no_return, Some(plan.steps.len()));
        assert_eq!(
            plan.next,
            ["on 172.16.0.11: bascule db replicate 172.16.0.10"]
        );
    }
}

#[test]
fn the_way_back_restarts_with_the_old_options_and_puts_new_binlogs_aside() {
    let plan = planned(WORDS, &facts("bookworm", "db-fresh"));
    let back: Vec<String> = plan.steps[0]
        .after_undo
        .iter()
        .filter_map(|step| Some(crate::plan::shell_line(&step.command()?.0)))
        .collect();
    assert_eq!(
        back[..2],
        [
            "systemctl reset-failed 'mariadb.*'",
            "systemctl restart mariadb.service",
        ]
    );
    let (_, aside) = plan.steps[0].after_undo[2].command().unwrap();
    let aside = aside.unwrap();
    assert!(aside.contains("SELECT @@log_bin"), "{aside}");
    assert!(aside.contains("cd /var/lib/mysql"), "{aside}");
    // They are deleted only where the server's own state says that it has written nothing itself.
    let state = aside.find("! grep --quiet -e -10- ").unwrap();
    assert!(state < aside.find("-delete").unwrap(), "{aside}");
    assert!(aside.contains("mv --target-directory="), "{aside}");
    assert!(plan.undo_danger.unwrap().what.contains("binlogs go aside"));

    let left_over = with("bookworm", "db-fresh", |server| {
        server.datadir_files.push("mysql-bin.000001".to_owned());
    });
    let lines = commands(WORDS, &left_over);
    assert!(
        lines[0].contains(".mysql-bin") || lines[0].contains("mv "),
        "{lines:?}"
    );
    let plan = planned(WORDS, &left_over);
    assert!(warnings(&plan).contains("binlogs of an earlier time lie in /var/lib/mysql"));
    let Undo::Steps { steps } = &plan.steps[0].undo else {
        panic!("{:?}", plan.steps[0]);
    };
    let back = steps[0].command().unwrap().0;
    assert!(
        back[2].contains("kept-") && back[2].contains("${file#kept-"),
        "{back:?}"
    );
}

#[test]
fn what_is_so_already_is_not_done_again() {
    for release in RELEASES {
        let facts = with(release, "db-pair", |server| {
            let ours = server.option_files.last_mut().unwrap();
            ours.path = DROP_IN.into();
            ours.text += "read_only = OFF\n";
        });
        let plan = planned(WORDS, &facts);
        assert!(plan.is_empty(), "{release}: {:#?}", plan.steps);
    }
}

#[test]
fn where_the_values_are_in_force_nothing_is_restarted() {
    let facts = with("bookworm", "db-pair", |server| {
        let ours = server.option_files.last_mut().unwrap();
        ours.path = DROP_IN.into();
        server
            .variables
            .insert("gtid_strict_mode".to_owned(), "OFF".to_owned());
    });
    let lines = commands(WORDS, &facts);
    assert!(
        lines[0].contains("SET GLOBAL gtid_strict_mode=ON;"),
        "{lines:?}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("restart")),
        "{lines:?}"
    );
    let plan = planned(WORDS, &facts);
    let Undo::Steps { steps } = &plan.steps[1].undo else {
        panic!("{:?}", plan.steps[1]);
    };
    assert!(
        steps[0]
            .command()
            .unwrap()
            .1
            .unwrap()
            .contains("SET GLOBAL gtid_strict_mode=OFF;")
    );
}

#[test]
fn systemd_gives_the_port_away_and_gets_it_back() {
    let facts = with("bookworm", "db-fresh", |server| {
        let socket = server.units.get_mut("mariadb.socket").unwrap();
        (socket.enabled, socket.active) = (true, true);
        server.listeners[0].address = "*".to_owned();
        server.listeners[0].programs.push("systemd".to_owned());
    });
    let plan = planned(WORDS, &facts);
    assert!(warnings(&plan).contains("mariadb.socket listens on port 3306 at every address"));
    let lines = commands(WORDS, &facts);
    assert_eq!(lines[0], "systemctl disable --now mariadb.socket");
    let Undo::Steps { steps } = &plan.steps[0].undo else {
        panic!("{:?}", plan.steps[0]);
    };
    let back: Vec<String> = steps
        .iter()
        .filter_map(|step| Some(crate::plan::shell_line(&step.command()?.0)))
        .collect();
    assert_eq!(
        back[..4],
        [
            "systemctl enable mariadb.socket",
            "systemctl stop mariadb.service",
            "systemctl reset-failed 'mariadb.*'",
            "systemctl start mariadb.socket mariadb.service",
        ]
    );
    assert_eq!(back.last().unwrap(), "sh -eu");
    // Once, and not also with the file.
    assert!(plan.steps[1].after_undo.is_empty());
}

#[test]
fn addresses_that_were_listened_at_stay() {
    for (theirs, ours) in [
        ("bind-address = 0.0.0.0", "bind_address = 0.0.0.0 "),
        ("bind-address = *", "bind_address = * "),
        (
            "bind-address = 127.0.0.1,172.16.0.12",
            "bind_address = 127.0.0.1,172.16.0.12,172.16.0.10 ",
        ),
        ("bind-address = 172.16.0.10", "bind_address = 172.16.0.10 "),
    ] {
        let facts = with("bookworm", "db-fresh", |server| {
            file(server, "70-site.cnf", &format!("[mysqld]\n{theirs}\n"));
        });
        let text = written(&planned(WORDS, &facts)).unwrap();
        assert!(text.contains(ours), "{theirs}: {text}");
    }
}

#[test]
fn what_others_wrote_is_kept() {
    let facts = with("bookworm", "db-fresh", |server| {
        file(
            server,
            "70-site.cnf",
            "[mysqld]\nserver_id = 77\nexpire_logs_days = 3\nmax_binlog_size = 1G\nsync_binlog = 0\nskip-networking\n",
        );
    });
    let plan = planned(WORDS, &facts);
    let text = written(&plan).unwrap();
    for line in [
        "server_id = 77 ",
        "binlog_expire_logs_seconds = 259200 ",
        "max_binlog_size = 1G ",
        "sync_binlog = 1 ",
        "skip_networking = OFF ",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let said = plan.checks.iter().map(|check| check.text.as_str());
    assert!(
        said.into_iter()
            .any(|text| text == "sync_binlog = 1 counts instead of sync_binlog = 0")
    );

    // Its binlogs are called something else, and replicas read them.
    let facts = with("bookworm", "db-pair", |server| {
        let path = "/var/log/mysql/mariadb-bin";
        server
            .variables
            .insert("log_bin_basename".to_owned(), path.to_owned());
        for file in &mut server.option_files {
            file.text = file.text.replace(
                "log_bin = mysql-bin",
                "log_bin = /var/log/mysql/mariadb-bin",
            );
        }
    });
    let text = written(&planned(WORDS, &facts)).unwrap();
    assert!(
        text.contains("log_bin = /var/log/mysql/mariadb-bin "),
        "{text}"
    );
}

#[test]
fn a_server_id_that_a_replica_has_is_not_taken() {
    let mut facts = facts("bookworm", "db-fresh");
    let replica = facts.database_hosts.get_mut("172.16.0.11").unwrap();
    replica
        .variables
        .insert("server_id".to_owned(), "10".to_owned());
    let text = written(&planned(WORDS, &facts)).unwrap();
    // The whole address as a number.
    assert!(text.contains("server_id = 2886729738 "), "{text}");
}

#[test]
fn an_account_that_is_there_is_left_as_it_is() {
    let account = |change: fn(&mut Account)| {
        with("bookworm", "db-fresh", |server| {
            let mut account = Account {
                user: "replication_user".to_owned(),
                host: "172.16.0.11".to_owned(),
                plugin: "mysql_native_password".to_owned(),
                replicates: true,
                ..Account::default()
            };
            change(&mut account);
            server.accounts.push(account);
        })
    };
    let plan = planned(WORDS, &account(|_| ()));
    assert!(plan.secrets.is_empty(), "{:?}", plan.secrets);
    let lines = commands(WORDS, &account(|account| account.replicates = false));
    let last = lines.last().unwrap();
    assert!(
        last.contains("GRANT REPLICATION SLAVE") && !last.contains("CREATE USER"),
        "{last}"
    );
    let said = refusal(
        WORDS,
        &account(|account| account.plugin = "unix_socket".to_owned()),
    );
    assert_eq!(
        said,
        "the account 'replication_user'@'172.16.0.11' proves itself by unix_socket, not by a password \
         that a replica could have\nto use another one: bascule db primary --replica 172.16.0.11 --user NAME"
    );
}

#[test]
fn the_hosts_address_is_its_own_and_not_the_clusters() {
    let fresh = || facts("bookworm", "db-fresh");
    assert_eq!(
        refusal("db primary --replica 172.16.0.10", &fresh()),
        "172.16.0.10 is an address of serv1 itself\nname the other host's address: "
    );
    assert_eq!(
        refusal("db primary --address 172.16.0.99", &fresh()),
        "172.16.0.99 is no address of serv1 that others reach it at\nit has: 172.16.0.10"
    );
    // A second address of the interface, and one of another interface.
    let mut several = fresh();
    let network = &mut several.database.as_mut().unwrap().network;
    let mut other = network.interfaces.last().unwrap().clone();
    other.addresses = vec!["10.0.0.10/8".parse().unwrap()];
    other.name = "host1".to_owned();
    network.interfaces.push(other);
    assert!(refusal("db primary", &several).starts_with("serv1 has several addresses"));
    assert!(
        planned(WORDS, &several)
            .headline
            .contains("172.16.0.10:3306")
    );
    let headline = planned("db primary --address 10.0.0.10", &several).headline;
    assert!(headline.contains("10.0.0.10:3306"), "{headline}");
}

#[test]
fn a_file_that_is_read_later_is_named() {
    let facts = with("bookworm", "db-fresh", |server| {
        file(server, "zz-last.cnf", "[mysqld]\n# mine\nsync-binlog = 0\n");
    });
    assert_eq!(
        refusal(WORDS, &facts),
        "/etc/mysql/mariadb.conf.d/zz-last.cnf:3 sets sync-binlog = 0, and is read after \
         /etc/mysql/mariadb.conf.d/99-bascule.cnf: sync_binlog = 1 would not count\n\
         take that line out: sensible-editor /etc/mysql/mariadb.conf.d/zz-last.cnf"
    );
}

#[test]
fn databases_are_those_there_are() {
    let pair = facts("bookworm", "db-pair");
    assert_eq!(
        refusal("db primary --database site2", &pair),
        "there is no database site2 on serv1\ndid you mean site1?: \nthe existing ones: site1\n\
         to make it: mariadb --execute='CREATE DATABASE `site2`'"
    );
    let plan = planned("db primary --database site1", &pair);
    assert!(
        written(&plan)
            .unwrap()
            .contains("replicate_wild_do_table = site1.% ")
    );
    // It has a MyISAM table and an event.
    assert!(
        warnings(&plan).contains("site1.settings is not InnoDB"),
        "{}",
        warnings(&plan)
    );
}

#[test]
fn a_replica_is_not_made_a_primary_by_the_way() {
    let mut facts = facts("bookworm", "db-replica");
    facts.database.as_mut().unwrap().check = None;
    let said = refusal("db primary --replica 172.16.0.10", &facts);
    assert!(
        said.starts_with("serv2 is a replica of 172.16.0.10\n"),
        "{said}"
    );
    assert!(said.contains("bascule db promote"));
}

#[test]
fn a_server_that_is_not_there_is_not_configured() {
    for release in RELEASES {
        let said = refusal(WORDS, &facts(release, "db-stopped"));
        assert!(said.contains("does not answer"), "{said}");
        assert!(said.contains("systemctl start mariadb"), "{said}");
    }
}

#[test]
fn the_proof_of_the_file_is_the_servers_own() {
    let plan = planned("db primary", &facts("bookworm", "db-fresh"));
    let Verify::ServerParses { values } = &plan.steps[0].verify[0] else {
        panic!("{:?}", plan.steps[0].verify);
    };
    assert!(values.contains(&("log_bin".to_owned(), "mysql-bin".to_owned())));
}

#[test]
fn settings_that_pass_over_errors_are_told_with_their_lines() {
    for release in RELEASES {
        let facts = with(release, "db-fresh", |server| {
            let text = "[mysqld]\n\nslave-skip-errors=all\nslave_exec_mode=IDEMPOTENT\n";
            file(server, "60-site.cnf", text);
        });
        let told = warnings(&planned(WORDS, &facts));
        for (line, setting) in [
            (3, "slave_skip_errors = all"),
            (4, "slave_exec_mode = IDEMPOTENT"),
        ] {
            let place = format!("{setting} (/etc/mysql/mariadb.conf.d/60-site.cnf:{line})");
            assert!(told.contains(&place), "{told}");
        }
    }
}

#[test]
fn a_server_that_checks_passwords_is_told_before_it_restarts() {
    use crate::facts::database::Plugin;
    let checks = |server: &mut DatabaseServer| {
        server.plugins.push(Plugin {
            name: "simple_password_check".to_owned(),
            kind: "PASSWORD VALIDATION".to_owned(),
            library: "simple_password_check.so".to_owned(),
        });
        server
            .variables
            .insert("strict_password_validation".to_owned(), "OFF".to_owned());
    };
    for release in RELEASES {
        // SET GLOBAL is forgotten by the restart.
        let facts = with(release, "db-fresh", checks);
        let refusal = refusal(WORDS, &facts);
        assert!(
            refusal.contains("takes no password as a hash once it has restarted"),
            "{refusal}"
        );
        assert!(
            refusal.contains("which restarts it: bascule db primary\n"),
            "{refusal}"
        );
        // It restarts without an account, and once the files say so with one.
        planned("db primary", &facts);
        let facts = with(release, "db-fresh", |server| {
            checks(server);
            server
                .defaults
                .push("--strict-password-validation=OFF".to_owned());
        });
        planned(WORDS, &facts);
        // A plugin that only the files name is there after the restart.
        let facts = with(release, "db-fresh", |server| {
            server
                .defaults
                .push("--plugin-load-add=simple_password_check".to_owned());
        });
        let refusal = self::refusal(WORDS, &facts);
        assert!(refusal.contains("simple_password_check"), "{refusal}");
    }
}

#[test]
fn what_an_include_of_a_missing_folder_leaves_out_is_told() {
    for release in RELEASES {
        let facts = with(release, "db-fresh", |server| {
            file(
                server,
                "98-more.cnf",
                "[mysqld]\n!includedir /etc/mysql/site.none\nmax_connections=77\n",
            );
            server.check.as_mut().unwrap().said.push(
                "mariadbd: Can't read dir of '/etc/mysql/site.none' (Errcode: 2 \"No such file or directory\")"
                    .to_owned(),
            );
        });
        let refusal = refusal(WORDS, &facts);
        assert!(
            refusal.contains("98-more.cnf:2: Can't read dir of '/etc/mysql/site.none'"),
            "{refusal}"
        );
        assert!(
            refusal.contains("the server reads no further in this file"),
            "{refusal}"
        );
    }
}

//! What names come to on either release.

use super::*;

const BOOKWORM: Release = Release::new(10, 11);
const TRIXIE: Release = Release::new(11, 8);

/// What a name comes to, in a few words.
fn says(written: &str, release: Release) -> String {
    match resolve(written, release) {
        Resolved::Option {
            known,
            effect,
            abbreviated,
        } => format!(
            "{} {effect:?}{}",
            known.name,
            if abbreviated { " abbreviated" } else { "" }
        ),
        Resolved::Ambiguous(names) => format!("one of {}", names.len()),
        Resolved::Unknown { bare, loose } => {
            format!("no {bare}{}", if loose { " loosely" } else { "" })
        }
    }
}

#[test]
fn the_list_is_whole_and_sorted() {
    let lines = include_str!("../names.txt").lines();
    let names = lines.filter(|line| !line.starts_with('#')).count();
    assert_eq!(KNOWN.len(), names);
    assert!(names > 1400);
    assert!(KNOWN.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert!(KNOWN.iter().all(|known| known.name == folded(known.name)));
}

#[test]
fn a_name_has_many_spellings() {
    for (written, comes_to) in [
        ("server-id", "server_id Plain"),
        ("Server_ID", "server_id Plain"),
        ("skip-log-bin", "log_bin Off"),
        ("disable_log_bin", "log_bin Off"),
        ("enable-read-only", "read_only On"),
        ("skip-networking", "skip_networking Plain"),
        ("skip-name-resolve", "skip_name_resolve Plain"),
        ("maximum-max_connections", "max_connections Maximum"),
        ("loose_server_id", "server_id Plain"),
        ("loose-skip-read-only", "read_only Off"),
        ("loose-nosuch", "no nosuch loosely"),
        ("sync_bin", "sync_binlog Plain abbreviated"),
        ("binlog_do", "binlog_do_db Plain abbreviated"),
        ("hot.key_buffer_size", "key_buffer_size Plain"),
        ("expire_log_days", "no expire_log_days"),
        ("server_id 3", "no server_id 3"),
    ] {
        assert_eq!(says(written, BOOKWORM), comes_to, "{written}");
        assert_eq!(says(written, TRIXIE), comes_to, "{written}");
    }
    for ambiguous in ["log", "skip-log", "", "T"] {
        assert!(says(ambiguous, BOOKWORM).starts_with("one of "));
    }
}

#[test]
fn each_release_takes_its_own() {
    let name = "slave_connections_needed_for_purge";
    assert_eq!(says(name, TRIXIE), format!("{name} Plain"));
    assert_eq!(says(name, BOOKWORM), format!("no {name}"));
    assert_eq!(says(name, Release::new(11, 4)), format!("{name} Plain"));
    let gone = known_option("max_tmp_tables").unwrap();
    assert_eq!(
        (gone.taken_by(BOOKWORM), gone.taken_by(TRIXIE)),
        (Taken::Yes, Taken::No)
    );
    assert_eq!(gone.taken_somewhere(), Some(BOOKWORM));
    let idle = known_option("master-info-repository").unwrap();
    assert_eq!(idle.taken_by(TRIXIE), Taken::Idle);
}

#[test]
fn the_name_that_was_meant_is_found() {
    for (typed, right) in [
        ("expire_log_days", "expire_logs_days"),
        ("bind-adress", "bind_address"),
        ("sync_binlg", "sync_binlog"),
        ("log-slave-update", "log_slave_updates"),
        ("serverid", "server_id"),
        ("replicate-wild-do-tables", "replicate_wild_do_table"),
        ("inodb_buffer_pool_size", "innodb_buffer_pool_size"),
    ] {
        assert_eq!(nearest_option(typed, BOOKWORM), Some(right));
    }
    assert_eq!(nearest_option("xyzzy", TRIXIE), None);
}

#[test]
fn the_groups_are_those_the_server_prints() {
    // `mariadbd --help` on Debian 12.
    let printed = "mysqld server mysqld-10.11 mariadb mariadb-10.11 mariadbd mariadbd-10.11 client-server galera";
    let mut groups = BOOKWORM.groups();
    let mut expected: Vec<&str> = printed.split(' ').collect();
    groups.sort_unstable();
    expected.sort_unstable();
    assert_eq!(groups, expected);
    assert!(TRIXIE.reads("MYSQLD") && !TRIXIE.reads("mariadb-10.11") && !TRIXIE.reads("client"));
}

#[test]
fn what_a_running_server_can_change_is_known() {
    for name in [
        "server_id",
        "sync_binlog",
        "read_only",
        "binlog_expire_logs_seconds",
    ] {
        assert_eq!(known_option(name).unwrap().runtime, Runtime::Set, "{name}");
    }
    for name in ["log_bin", "bind_address", "log_slave_updates", "relay_log"] {
        assert_eq!(
            known_option(name).unwrap().runtime,
            Runtime::Restart,
            "{name}"
        );
    }
}

//! Which line counts, on trees of files.

use super::*;

const RELEASE: Release = Release::new(10, 11);
const SERVER: &str = "/etc/mysql/mariadb.conf.d/50-server.cnf";
const OURS: &str = "/etc/mysql/mariadb.conf.d/99-bascule.cnf";
const MAIN: &str = "[client-server]\nsocket = /run/s\n!includedir /etc/mysql/mariadb.conf.d/\n";

fn host(files: &[(&str, &str)]) -> OptionFiles {
    OptionFiles::new([("/etc/mysql/my.cnf", MAIN)].iter().chain(files).copied())
}

/// The line that counts and those it overrides.
fn who(files: &OptionFiles, name: &str) -> Option<String> {
    let Effective { winner, overridden } = files.effective(RELEASE, name)?;
    let mut text = format!("{} {}", winner.place, winner.effect());
    for setting in overridden {
        text += &format!(" over {} {}", setting.place, setting.effect());
    }
    Some(
        text.replace("/etc/mysql/mariadb.conf.d/", "")
            .replace("/etc/mysql/", ""),
    )
}

#[test]
fn the_last_line_read_wins() {
    let files = host(&[
        (
            OURS,
            "[mysqld]\nserver_id = 10\nbind_address = 127.0.0.1,172.16.0.10\n",
        ),
        (
            SERVER,
            "[mysqld]\nbind-address = 127.0.0.1\n[client]\nserver_id = 3\n",
        ),
    ]);
    assert_eq!(who(&files, "server-id").unwrap(), "99-bascule.cnf:2 10");
    assert_eq!(
        who(&files, "bind_address").unwrap(),
        "99-bascule.cnf:3 127.0.0.1,172.16.0.10 over 50-server.cnf:2 127.0.0.1"
    );
    assert_eq!(who(&files, "socket").unwrap(), "my.cnf:2 /run/s");
    assert_eq!(who(&files, "log_bin"), None);
}

#[test]
fn what_stands_after_an_include_is_read_after_it() {
    let files = OptionFiles::new([
        (
            "/etc/mysql/my.cnf",
            "!includedir /etc/mysql/mariadb.conf.d\n[mysqld]\nserver_id=77\n",
        ),
        (OURS, "[mysqld]\nserver_id=10\n"),
    ]);
    assert_eq!(
        who(&files, "server_id").unwrap(),
        "my.cnf:3 77 over 99-bascule.cnf:2 10"
    );
    let [(ours, winner)] = files
        .overrides(RELEASE, Path::new(OURS))
        .try_into()
        .unwrap();
    assert_eq!(
        (ours.text(), winner.effect()),
        ("server_id = 10".to_owned(), "77".to_owned())
    );
}

#[test]
fn two_names_of_one_variable_override_each_other() {
    let files = host(&[
        (SERVER, "[mysqld]\nexpire_logs_days = 10\n"),
        (OURS, "[mysqld]\nbinlog_expire_logs_seconds = 864000\n"),
    ]);
    assert_eq!(
        who(&files, "expire_logs_days"),
        Some("99-bascule.cnf:2 864000 over 50-server.cnf:2 10".to_owned())
    );
    assert!(files.overrides(RELEASE, Path::new(OURS)).is_empty());
}

#[test]
fn the_order_of_a_folder_is_that_of_the_bytes() {
    let files = host(&[
        ("/etc/mysql/mariadb.conf.d/a.cnf", "[mysqld]\nx=4\n"),
        ("/etc/mysql/mariadb.conf.d/Z.cnf", "[mysqld]\nx=3\n"),
        ("/etc/mysql/mariadb.conf.d/.h.cnf", "[mysqld]\nx=1\n"),
        ("/etc/mysql/mariadb.conf.d/10.cnf", "[mysqld]\nx=2\n"),
        ("/etc/mysql/mariadb.conf.d/b.conf", "[mysqld]\nx=9\n"),
        ("/etc/mysql/mariadb.conf.d/c.cnf.bak", "[mysqld]\nx=9\n"),
        ("/etc/mysql/debian.cnf", "[mysqld]\nx=9\n"),
    ]);
    let values: Vec<String> = files
        .settings_of(RELEASE, "x")
        .iter()
        .map(Setting::effect)
        .collect();
    assert_eq!(values, ["1", "2", "3", "4"]);
}

#[test]
fn filters_add_up() {
    let files = host(&[
        (SERVER, "[mysqld]\nreplicate-wild-do-table = a.%\n"),
        (
            OURS,
            "[mariadb-10.11]\nreplicate_wild_do_table = b.%\n[mariadb-11.8]\nreplicate_wild_do_table = c.%\n",
        ),
    ]);
    let values = |release| -> Vec<String> {
        let all = files.settings_of(release, "replicate_wild_do_table");
        all.iter().map(Setting::effect).collect()
    };
    assert_eq!(values(RELEASE), ["a.%", "b.%"]);
    assert_eq!(values(Release::new(11, 8)), ["a.%", "c.%"]);
    assert!(files.overrides(RELEASE, Path::new(SERVER)).is_empty());
}

#[test]
fn the_rest_of_a_broken_file_does_not_count_but_its_beginning_does() {
    let files = host(&[(SERVER, "[mysqld]\nserver_id=9\n[mysqld\nserver_id=10\n")]);
    assert_eq!(who(&files, "server_id").unwrap(), "50-server.cnf:2 9");
}

#[test]
fn a_file_that_is_passed_over_says_nothing() {
    let files = host(&[(OURS, "[mysqld]\nserver_id=9\n")]);
    let ignored = |mode, owner: &str| {
        let why = Ignored::reason(mode, owner, "root");
        who(&files.clone().ignoring(Path::new(OURS), why), "server_id")
    };
    assert_eq!(ignored(0o646, "root"), None);
    assert_eq!(ignored(0o600, "root"), None);
    assert_eq!(ignored(0o040, "root"), None);
    assert!(ignored(0o600, "mysql").is_some());
    assert!(ignored(0o644, "root").is_some());
    assert_eq!(Ignored::reason(0o640, "root", "mysql"), None);
    assert_eq!(
        Ignored::reason(0o646, "root", "mysql"),
        Some(Ignored::WorldWritable)
    );
    // The group's bits do not help the owner.
    assert!(Ignored::reason(0o044, "mysql", "mysql").is_some());
}

#[test]
fn files_that_include_each_other_come_to_an_end() {
    let files = OptionFiles::new([
        ("/etc/my.cnf", "!include /etc/a.cnf\n"),
        ("/etc/a.cnf", "[mysqld]\nx=1\n!include /etc/b.cnf\n"),
        ("/etc/b.cnf", "!include /etc/a.cnf\n!include /etc/b.cnf\n"),
    ]);
    assert!(!files.settings_of(RELEASE, "x").is_empty());
    let alone = OptionFiles::new([("/x/a.cnf", "[mysqld]\nx=1\n!include /x/a.cnf\n")]);
    assert_eq!(alone.settings_of(RELEASE, "x").len(), 11);
}

#[test]
fn a_word_before_the_name_turns_its_value() {
    let files = host(&[(
        SERVER,
        "[mysqld]\nlog_bin = a\nskip-log-bin\nread_only\nskip-read-only=0\n",
    )]);
    assert!(
        who(&files, "log_bin")
            .unwrap()
            .starts_with("50-server.cnf:3 0 over")
    );
    assert!(
        who(&files, "read_only")
            .unwrap()
            .starts_with("50-server.cnf:5 1 over")
    );
}

#[test]
fn what_would_be_read_after_a_change_is_known_before() {
    let files = host(&[(SERVER, "[mysqld]\nserver_id=1\n")]).with(OURS, "[mysqld]\nserver_id=10\n");
    assert_eq!(
        who(&files, "server_id").unwrap(),
        "99-bascule.cnf:2 10 over 50-server.cnf:2 1"
    );
    assert!(files.file(Path::new(OURS)).is_some());
}

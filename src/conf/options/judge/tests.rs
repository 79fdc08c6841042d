//! What is made of the answers that real servers gave.

use serde::Deserialize;

use super::super::files::Ignored;
use super::super::{DROP_IN, DropIn, OptionFile, Said};
use super::*;
use std::path::Path;

/// What `tests/data/record-options` wrote of one release.
#[derive(Deserialize)]
struct Recorded {
    files: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
    reading: Vec<Reading>,
    checks: Vec<Check>,
}

/// A file, and what `my_print_defaults` read in it.
#[derive(Deserialize)]
struct Reading {
    text: String,
    args: String,
    error: String,
}

/// A drop-in, what the server's own check said to it, and whether the server then started.
#[derive(Deserialize)]
struct Check {
    name: String,
    text: String,
    mode: u32,
    code: i32,
    said: Vec<String>,
    values: BTreeMap<String, String>,
    starts: bool,
}

fn recorded() -> [(Release, Recorded); 2] {
    let read = |text| serde_json::from_str(text).unwrap();
    [
        (
            Release::new(10, 11),
            read(include_str!("../../../../tests/data/options/bookworm.json")),
        ),
        (
            Release::new(11, 8),
            read(include_str!("../../../../tests/data/options/trixie.json")),
        ),
    ]
}

impl Recorded {
    /// The host's files with the drop-in of a check.
    fn files(&self, check: &Check) -> OptionFiles {
        OptionFiles::new(&self.files)
            .with(DROP_IN, &check.text)
            .ignoring(
                Path::new(DROP_IN),
                Ignored::reason(check.mode, "root", "root"),
            )
    }

    fn judge(&self, release: Release, name: &str, wanted: &[(&str, &str)]) -> Vec<Fault> {
        let check = self.checks.iter().find(|check| check.name == name).unwrap();
        let mut values = self.values.clone();
        values.extend(check.values.clone());
        let answer = ServerCheck {
            code: check.code,
            said: &check.said,
            values: &values,
            files: &self.files(check),
            release,
        };
        judge(&answer, wanted).err().unwrap_or_default()
    }
}

/// The folders of a Debian host with a fresh server.
fn folder(path: &Path) -> Option<bool> {
    Some(
        ["/var/lib/mysql", "/tmp", "/run/mysqld", "/usr"]
            .iter()
            .any(|there| path == Path::new(there)),
    )
}

#[test]
fn every_odd_file_is_read_as_mariadb_read_it() {
    for (_, recorded) in recorded() {
        for Reading { text, args, error } in &recorded.reading {
            let file = OptionFile::parse(text);
            let (mut read, mut broken) = (String::new(), None);
            for entry in file.entries() {
                match entry.what {
                    Said::Option { group, name, value } if group.eq_ignore_ascii_case("mysqld") => {
                        read += &match value {
                            Some(value) => format!("--{name}={value}\n"),
                            None => format!("--{name}\n"),
                        };
                    }
                    Said::Broken(_) => broken = Some(entry.line.to_string()),
                    _ => {}
                }
            }
            match broken {
                // It prints nothing then.
                Some(line) => assert!(error.ends_with(&format!(" {line}")), "{text:?}: {error}"),
                None => assert_eq!((read, ""), (args.clone(), error.as_str()), "{text:?}"),
            }
        }
    }
}

#[test]
fn the_files_of_the_distribution_are_right() {
    for (release, recorded) in recorded() {
        let around = Surroundings {
            release,
            folder: &folder,
            plugins: &[],
            accepted: false,
        };
        assert_eq!(concerns(&OptionFiles::new(&recorded.files), &around), []);
        assert_eq!(
            recorded.judge(release, "nothing", &[("bind_address", "127.0.0.1")]),
            []
        );
    }
}

/// That a server starts is foreseen from the check and the concerns together, and from neither alone.
#[test]
fn whether_the_server_starts_is_foreseen() {
    for (release, recorded) in recorded() {
        for check in &recorded.checks {
            // Nobody but the server itself knows its storage engines.
            if check.name == "engine" {
                continue;
            }
            let around = Surroundings {
                release,
                folder: &folder,
                plugins: &[],
                accepted: false,
            };
            let concerns = concerns(&recorded.files(check), &around);
            let faults = recorded.judge(release, &check.name, &[]);
            let stops = concerns
                .iter()
                .any(|concern| concern.weight == Weight::Stops)
                || faults.iter().any(|fault| fault.weight == Weight::Stops);
            assert_eq!(
                stops, !check.starts,
                "{release} {}: {concerns:?} {faults:?}",
                check.name
            );
        }
    }
}

/// What is said of a check, each with its place in the drop-in.
fn said(name: &str, wanted: &[(&str, &str)]) -> Vec<String> {
    let said = recorded().map(|(release, recorded)| {
        let faults = recorded.judge(release, name, wanted).into_iter();
        let line = |fault: Fault| {
            let place = fault
                .place
                .map_or_else(|| "-".to_owned(), |place| place.to_string());
            let place = place.replace(DROP_IN, "ours");
            format!("{:?} {place} {}: {}", fault.weight, fault.text, fault.mend)
        };
        faults.map(line).collect::<Vec<_>>()
    });
    let [bookworm, trixie] = said;
    assert_eq!(bookworm, trixie, "both releases say the same of {name}");
    bookworm
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of what is said to each file"
)]
fn each_answer_is_brought_back_to_its_line() {
    for (name, expected) in [
        (
            "misspelt",
            "Stops ours:3 unknown variable 'expire_log_days=10': write expire_logs_days = 10",
        ),
        (
            "misspelt-other",
            "Stops ours:2 unknown variable 'sync-binlg=1': write sync_binlog = 1",
        ),
        (
            "unknown",
            "Stops ours:2 unknown variable 'no_such_thing=1': remove the line",
        ),
        (
            "no-equals",
            "Stops ours:2 unknown option '--server_id 3': write server_id = 3",
        ),
        (
            "blank-in-name",
            "Stops ours:2 unknown variable 'server id=3': write server_id = 3",
        ),
        (
            "no-value",
            "Stops ours:2 option '--server_id' requires an argument: write server_id = VALUE",
        ),
        (
            "empty-value",
            "Misleads ours:2 option 'server_id': unsigned value 0 adjusted to 1: write an id above 1",
        ),
        (
            "no-number",
            "Stops ours:2 Unknown suffix 'a' used for variable 'sync_binlog' (value 'abc'). Legal suffix characters are: K, M, G, T, P, E: write digits, with K, M, G or T behind them if need be",
        ),
        (
            "no-such-word",
            "Stops ours:2 Error while setting value 'ROWW' to 'binlog_format': correct the value",
        ),
        (
            "negative",
            "Stops ours:2 Incorrect unsigned value: '-5' for binlog_expire_logs_seconds: correct the value",
        ),
        (
            "too-large",
            "Misleads ours:2 option 'server_id': unsigned value 99999999999 adjusted to 4294967295: correct the value",
        ),
        (
            "adjusted",
            "Misleads ours:2 option 'innodb-flush-log-at-trx-commit': unsigned value 7 adjusted to 3: correct the value",
        ),
        (
            "neither-on-nor-off",
            "Misleads ours:2 option 'read_only': boolean value 'yes' wasn't recognized. Set to OFF.: write read_only = ON",
        ),
        (
            "abbreviated",
            "Notes ours:2 Using unique option prefix 'sync_bin' is error-prone and can break in the future. Please use the full name 'sync_binlog' instead.: write sync_binlog",
        ),
        (
            "ambiguous",
            "Stops ours:2 ambiguous option '--log=1' (log-basename, log_tc_size): write the whole name, such as log_tc or log_bin or log_isam",
        ),
        (
            "maximum",
            "Stops ours:2 Maximum value of 'max_connections' cannot be set: correct the value",
        ),
        (
            "mysql-only",
            "Stops ours:2 unknown variable 'gtid_mode=ON': remove the line: MariaDB always has GTIDs",
        ),
        (
            "no-table",
            "Stops ours:2 Could not add do table rule 'site1': write replicate_wild_do_table = site1.%",
        ),
        (
            "no-plugin",
            "Misleads ours:2 Can't open shared library '/usr/lib/mysql/plugin/nosuch.so' (errno: 2, cannot open shared object file: No such file or directory): install the plugin, or remove the line",
        ),
        (
            "broken-group",
            "Misleads ours:3 error: Wrong group definition in config file: /etc/mysql/mariadb.conf.d/99-bascule.cnf at line 3: write `[mysqld]`",
        ),
        (
            "no-group",
            "Misleads ours:1 error: Found option without preceding group in config file: /etc/mysql/mariadb.conf.d/99-bascule.cnf at line: 1: write `[mysqld]` on a line above it",
        ),
        (
            "no-folder-included",
            "Misleads ours:3 Can't read dir of '/nosuch' (Errcode: 2 \"No such file or directory\"): make the folder, or remove the line",
        ),
        (
            "world-writable",
            "Misleads ours Warning: World-writable config file '/etc/mysql/mariadb.conf.d/99-bascule.cnf' is ignored: chmod 644 /etc/mysql/mariadb.conf.d/99-bascule.cnf",
        ),
    ] {
        assert_eq!(said(name, &[]), [expected], "{name}");
    }
    for fine in [
        "nothing",
        "loose",
        "comma",
        "log-error-folder",
        "spellings",
        "ours",
    ] {
        assert_eq!(said(fine, &[]), [""; 0], "{fine}");
    }
}

#[test]
fn our_values_must_be_in_force() {
    let addresses = ["172.16.0.10".parse().unwrap()];
    let ours = DropIn::new(10, &addresses, true).values();
    let ours: Vec<(&str, &str)> = ours
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(said("ours", &ours), [""; 0]);
    // A file that the server may not read, and says nothing about.
    assert_eq!(
        said(
            "unreadable",
            &[("server_id", "10"), ("bind_address", "127.0.0.1")]
        ),
        [
            "Misleads - server_id would be 1 instead of 10: see what sets it: mariadbd --print-defaults | tr ' ' '\\n' | grep server_id"
        ]
    );
    // Another line wins.
    assert_eq!(
        said("broken-group", &[("server-id", "11")])[1..],
        ["Misleads ours:2 server_id would be 10 instead of 11: remove `server_id = 10` there"]
    );
    assert_eq!(
        said(
            "spellings",
            &[
                ("log_bin", "mysql-bin"),
                ("read_only", "ON"),
                ("server_id", "10")
            ]
        ),
        ["Misleads ours:4 log_bin would be 0 instead of mysql-bin: remove `skip-log-bin` there"]
    );
}

#[test]
fn a_broken_file_stops_the_server_only_where_it_says_so() {
    let (release, recorded) = recorded().into_iter().next().unwrap();
    let words = |name: &str| {
        let check = recorded.checks.iter().find(|check| check.name == name);
        check.unwrap().said.clone()
    };
    let weights = |more: &[&str]| -> Vec<Weight> {
        let mut said = [words("broken-group"), words("misspelt")].concat();
        said.extend(more.iter().map(|line| (*line).to_owned()));
        let answer = ServerCheck {
            code: 7,
            said: &said,
            values: &BTreeMap::new(),
            files: &OptionFiles::new(&recorded.files),
            release,
        };
        let faults = judge(&answer, &[]).unwrap_err();
        faults.iter().map(|fault| fault.weight).collect()
    };
    assert_eq!(weights(&[]), [Weight::Stops, Weight::Misleads]);
    // What it says of a file that it opens of its own accord (seen with a broken /etc/mysql/my.cnf).
    let fatal = ["Fatal error in defaults handling. Program aborted"];
    assert_eq!(weights(&fatal), [Weight::Stops, Weight::Stops]);
}

#[test]
fn a_status_without_a_word_is_a_fault() {
    let (release, recorded) = recorded().into_iter().next().unwrap();
    let files = OptionFiles::new(&recorded.files);
    let answer = ServerCheck {
        code: 134,
        said: &[],
        values: &BTreeMap::new(),
        files: &files,
        release,
    };
    let [fault] = judge(&answer, &[("server_id", "10")])
        .unwrap_err()
        .try_into()
        .unwrap();
    assert_eq!(fault.weight, Weight::Stops);
    assert_eq!(
        fault.text,
        "the server's check of its options ended with status 134"
    );
}

use super::*;

fn told(errno: u32, text: &str) -> Diagnosis {
    diagnose(errno, text).unwrap()
}

#[test]
fn the_catalogue_reads() {
    let entries = read::entries(include_str!("catalogue.txt")).unwrap();
    assert!(entries.len() > 10);
    for entry in &entries {
        assert!(!entry.what.is_empty(), "{} {}", entry.errno, entry.name);
    }
}

#[test]
fn what_the_text_says_is_filled_in() {
    let denied = told(
        1045,
        "error connecting to master 'replication_user@172.16.0.10:3306' - retry-time: 10  \
         maximum-retries: 100000  message: Access denied for user 'replication_user'@'serv2' \
         (using password: YES)",
    );
    assert_eq!(
        denied.what,
        "the server does not let replication_user in from serv2"
    );
    assert_eq!(denied.next[1].command, "bascule db replicate 172.16.0.10");
    assert_eq!(denied.kind, ErrorKind::Configuration);
}

#[test]
fn the_text_tells_1236_apart() {
    let ahead = "Got fatal error 1236 from master when reading data from binary log: 'Error: \
                 connecting slave requested to start from GTID 0-10-999, which is not in the \
                 master's binlog'";
    assert_eq!(
        told(1236, ahead).what,
        "the replica holds 0-10-999 and the primary does not: it is ahead"
    );
    let other = "Got fatal error 1236 from master when reading data from binary log: 'odd thing'";
    assert_eq!(
        told(1236, other).what,
        "the primary cannot send its binlog: odd thing"
    );
}

#[test]
fn without_a_text_the_places_are_in_capitals() {
    let denied = told(1045, "");
    assert_eq!(denied.what, "the server does not let USER in from HOST");
    let known = diagnose_with(1045, "", &[("primary", "172.16.0.10")]).unwrap();
    assert_eq!(known.next[1].command, "bascule db replicate 172.16.0.10");
    assert!(diagnose(4242, "whatever").is_none());
}

#[test]
fn a_number_is_found_in_what_is_pasted() {
    for (text, number) in [
        ("1236", Some(1236)),
        ("1045 Access denied", Some(1045)),
        ("ERROR 1045 (28000): Access denied", Some(1045)),
        ("Last_IO_Errno: 2003", Some(2003)),
        (
            "Duplicate entry '1' for key 'PRIMARY', Error_code: 1062; handler error",
            Some(1062),
        ),
        (
            "mariadb-dump: Error 2013: Lost connection to server during query when dumping table `b` at row: 0",
            Some(2013),
        ),
        ("fencing", None),
        ("99999999999", None),
    ] {
        assert_eq!(number_in(text), number, "{text}");
    }
}

/// What a caller, or the text around an error, may tell besides.
const FROM_OUTSIDE: [&str; 5] = ["primary", "replica", "account", "port", "database"];

#[test]
fn every_place_can_be_filled() {
    for entry in entries() {
        let mut known: Vec<&str> = entry.patterns.iter().flat_map(Pattern::names).collect();
        known.extend(FROM_OUTSIDE);
        let mut said = vec![&entry.what, &entry.cause, &entry.look];
        said.extend(
            entry
                .next
                .iter()
                .flat_map(|hint| [&hint.purpose, &hint.command]),
        );
        for text in said {
            for name in Pattern::new(text).names() {
                assert!(
                    known.contains(&name),
                    "{} {}: {{{name}}}",
                    entry.errno,
                    entry.name
                );
            }
        }
    }
}

#[test]
fn the_text_for_all_others_comes_last() {
    for entry in entries() {
        let last = entries_of(entry.errno).last().unwrap();
        assert_eq!(last.name, "", "{}: none for all other texts", entry.errno);
        let unnamed = entries_of(entry.errno).filter(|entry| entry.name.is_empty());
        assert_eq!(
            unnamed.count(),
            1,
            "{}: two for all other texts",
            entry.errno
        );
    }
    assert!(entries().is_sorted_by_key(|entry| entry.errno));
}

/// What a release was recorded to say: what was done, the number, the text.
fn recorded(release: &str) -> Vec<(String, u32, String)> {
    let path = format!(
        "{}/tests/data/mariadb/{release}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.splitn(3, '\t').map(str::to_owned);
            let mut field = || fields.next().unwrap();
            (field(), field().parse().unwrap(), field())
        })
        .collect()
}

/// Returns true for an error: some have no number, and states and positions are recorded as well.
fn is_error(case: &str, errno: u32) -> bool {
    !case.starts_with("perror ") && (errno != 0 || case.starts_with("errno 0"))
}

fn told_of(release: &str) -> String {
    let mut said = String::new();
    for (case, errno, text) in recorded(release) {
        if !is_error(&case, errno) {
            continue;
        }
        let told = diagnose(errno, &text).unwrap_or_else(|| panic!("{case}: {errno} is not known"));
        said.push_str(&format!(
            "{case}: {}, {}\n  {}\n",
            told.errno,
            told.kind.name(),
            told.what
        ));
        for hint in told.next {
            said.push_str(&format!("    {}: {}\n", hint.purpose, hint.command));
        }
    }
    said
}

/// `SNAPSHOTS=overwrite cargo test --lib errno` writes them anew.
#[test]
fn what_real_servers_said_is_told_apart() {
    for release in ["bookworm", "trixie"] {
        let path = format!(
            "{}/tests/data/mariadb/{release}.told",
            env!("CARGO_MANIFEST_DIR")
        );
        snapbox::Assert::new().action_env("SNAPSHOTS").eq(
            told_of(release),
            snapbox::Data::read_from(path.as_ref(), None),
        );
    }
}

#[test]
fn no_recorded_text_falls_to_the_rest() {
    for release in ["bookworm", "trixie"] {
        for (case, errno, text) in recorded(release) {
            if !is_error(&case, errno) {
                continue;
            }
            assert!(
                entries_of(errno).any(|entry| entry
                    .patterns
                    .iter()
                    .any(|pattern| pattern.values_in(&text).is_some())),
                "{release}, {case}: no entry of {errno} has this text: {text}"
            );
        }
    }
}

#[test]
fn every_number_has_the_servers_own_name() {
    for release in ["bookworm", "trixie"] {
        let recorded = recorded(release);
        let mut names = recorded
            .iter()
            .filter_map(|(case, errno, _)| Some((*errno, case.strip_prefix("perror ")?)));
        let mut known = Vec::new();
        assert!(names.all(|(errno, name)| {
            known.push(errno);
            entries_of(errno).all(|entry| entry.symbol == name)
        }));
        // perror knows no numbers of the client.
        for entry in entries()
            .iter()
            .filter(|entry| entry.errno > 0 && !entry.symbol.starts_with("CR_"))
        {
            assert!(
                known.contains(&entry.errno),
                "{release}: perror {}",
                entry.errno
            );
        }
    }
}

#[test]
fn states_and_positions_read_as_servers_print_them() {
    for release in ["bookworm", "trixie"] {
        for (case, _, text) in recorded(release)
            .into_iter()
            .filter(|(case, errno, _)| *errno == 0 && !is_error(case, 0))
        {
            let state: crate::mariadb::BinlogState = text.parse().unwrap();
            assert_eq!(state.to_string(), text, "{release}, {case}");
        }
    }
}

#[test]
fn every_number_has_a_short_title() {
    for number in numbers() {
        let title = title(number);
        assert!(
            !title.contains('{') && title.chars().count() <= 70,
            "{number}: {title}"
        );
    }
    assert_eq!(title(4242), "");
}

/// The client's words on 11.8 when the server was killed while it spoke (kill -9), over TLS.
#[test]
fn a_server_that_was_killed_is_no_matter_of_certificates() {
    for text in [
        "ERROR 2026 (HY000): TLS/SSL error: Connection reset by peer (104)",
        "ERROR 2026 (HY000): TLS/SSL error: Broken pipe (32)",
        "ERROR 2026 (HY000): TLS/SSL error: unexpected eof while reading",
    ] {
        let told = diagnose(2026, text).unwrap();
        assert_eq!(told.what, "the connection broke off", "{text}");
        assert!(
            told.next
                .iter()
                .all(|hint| !hint.command.contains("openssl")),
            "{text}"
        );
    }
    let certificate = "ERROR 2026 (HY000): TLS/SSL error: certificate has expired";
    assert_ne!(
        diagnose(2026, certificate).unwrap().what,
        "the connection broke off"
    );
}

/// As 10.11 printed it of a row of 17 MB, which the server had taken.
#[test]
fn a_row_that_a_dump_does_not_take_is_told_with_what_mends_it() {
    let said = "mariadb-dump ended with status 3 after 1524 bytes: mariadb-dump: Error 2013: Lost \
                connection to server during query when dumping table `b` at row: 0";
    let told = diagnose(number_in(said).unwrap(), said).unwrap();
    assert_eq!(told.what, "the dump of b broke off at its row 0");
    assert!(
        told.next[0].command.contains("max_allowed_packet=1G"),
        "{:?}",
        told.next
    );
    let other = "ERROR 2013 (HY000): Lost connection to server during query";
    assert_eq!(
        diagnose(2013, other).unwrap().what,
        "the connection broke in the middle of a statement"
    );
}

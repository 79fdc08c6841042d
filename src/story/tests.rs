//! The stories of what was made happen to real hosts of both releases (`tests/data/record-stories`).

use super::*;
use crate::facts::RecordsAsk;
use crate::facts::records::parse;
use crate::trial::RELEASES;
use std::fmt::Write;

/// What was recorded of a release, and when each thing began.
struct Recorded {
    texts: Vec<(&'static str, String)>,
    scenes: Vec<(Timestamp, String)>,
}

impl Recorded {
    fn read(release: &str) -> Recorded {
        let file = |name: &str| {
            let root = env!("CARGO_MANIFEST_DIR");
            let path = format!("{root}/tests/data/stories/{release}/{name}");
            std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
        };
        let scenes = file("scenes");
        let scenes = scenes.lines().map(|line| {
            let (at, name) = line.split_once(' ').unwrap();
            let seconds: f64 = at.parse().unwrap();
            let at = Timestamp::from_millisecond((seconds * 1000.0) as i64).unwrap();
            (at, name.to_owned())
        });
        Recorded {
            texts: ["serv1", "serv2"].map(|host| (host, file(host))).into(),
            scenes: scenes.collect(),
        }
    }

    /// Returns what the hosts wrote down since a moment.
    fn since(&self, since: Timestamp) -> Vec<HostRecords> {
        let hosts = self.texts.iter();
        hosts
            .map(|(host, text)| {
                let ask = RecordsAsk {
                    name: (*host).to_owned(),
                    since,
                    ..RecordsAsk::default()
                };
                // Asked just when it answered, so that no clock differs.
                let now = text.lines().find_map(|line| line.strip_prefix("@now "));
                let now: Timestamp = now.unwrap().parse().unwrap();
                parse(text, &ask, (now, now))
            })
            .collect()
    }

    /// Returns when something began, and when the next thing did.
    fn scene(&self, name: &str) -> (Timestamp, Timestamp) {
        let at = self.scenes.iter().position(|(_, scene)| scene == name);
        let at = at.unwrap_or_else(|| panic!("{name}"));
        (self.scenes[at].0, self.scenes[at + 1].0)
    }

    /// Returns the story of what was made happen.
    fn story(&self, name: &str) -> Vec<Cause> {
        let (begin, end) = self.scene(name);
        let told = causes(&self.since(begin), &names(), &beside(begin));
        let mut all = told.causes;
        all.retain(|cause| cause.at < end);
        all
    }
}

fn names() -> Names {
    let two = [("1", "serv1"), ("2", "serv2")];
    let nodes = two.map(|(number, name)| (number.to_owned(), name.to_owned()));
    Names {
        nodes: nodes.into(),
        addresses: [("ip".to_owned(), "172.16.0.12".to_owned())].into(),
    }
}

fn beside(since: Timestamp) -> Beside<'static> {
    Beside {
        fencings: &[],
        operations: &[],
        quorate: vec!["serv1".to_owned(), "serv2".to_owned()],
        since,
        zone: TimeZone::UTC,
    }
}

/// Looks whether these sentences are told, in this order; others may stand between them.
fn tells(release: &str, told: &[Cause], expected: &[&str]) {
    let sentences: Vec<String> = told
        .iter()
        .map(|cause| cause.sentence(&TimeZone::UTC))
        .collect();
    let mut rest = sentences.iter();
    for words in expected {
        assert!(
            rest.any(|sentence| sentence.starts_with(words)),
            "{release}: no `{words}` in its place:\n{}",
            sentences.join("\n")
        );
    }
}

#[test]
fn each_line_of_the_table_was_seen_where_it_says() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        let records = recorded.since(Timestamp::UNIX_EPOCH);
        let lines: Vec<_> = records.iter().flat_map(|host| &host.lines).collect();
        for pattern in pattern::TABLE {
            assert!(pattern.text.contains(pattern.word), "{}", pattern.text);
            let seen = lines
                .iter()
                .any(|line| pattern.matches(&line.program, &line.text).is_some());
            assert_eq!(
                seen,
                pattern.seen.contains(&release),
                "{release}: {}",
                pattern.text
            );
        }
    }
}

#[test]
fn the_whole_story_of_each_release() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        let mut text = String::new();
        for (begin, name) in &recorded.scenes[..recorded.scenes.len() - 1] {
            writeln!(text, "# {name}").unwrap();
            for cause in recorded.story(name) {
                let seconds = cause.at.duration_since(*begin).as_secs_f64();
                let sentence = cause.sentence(&TimeZone::UTC);
                // Its times are those of the recording.
                let sentence = sentence.split(" before ends ").next().unwrap_or_default();
                writeln!(text, "  {seconds:6.1}  {sentence}").unwrap();
            }
        }
        let root = env!("CARGO_MANIFEST_DIR");
        let path = format!("{root}/tests/data/stories/{release}/told");
        if std::env::var_os("SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, expected, "{release}");
    }
}

#[test]
fn a_node_that_loses_its_power_is_told_from_silence_to_the_page() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        let told = recorded.story("power-fenced");
        tells(
            release,
            &told,
            &[
                "serv1 is silent: serv2 heard nothing for 3000 ms",
                "serv2 is alone, quorum kept",
                "serv1 shall be fenced: peer is no longer part of the cluster",
                "serv1 is fenced by fence-serv1: reboot, from serv2",
                "serv1 booted; what it wrote down before ends at",
                "the cluster's services start on serv1",
                "serv1 comes in: serv1 and serv2 see each other, with quorum",
            ],
        );
        let told = recorded.story("power");
        let fenced = |cause: &Cause| matches!(cause.kind, CauseKind::Fenced { .. });
        assert!(!told.iter().any(fenced), "{release}");
        tells(
            release,
            &told,
            &[
                "serv2 is silent",
                "serv1 is alone, quorum kept",
                "serv2 booted",
            ],
        );
    }
}

#[test]
fn both_sides_of_a_cut_tell_who_was_shot() {
    for release in RELEASES {
        let told = Recorded::read(release).story("cut-fenced");
        for node in ["serv1", "serv2"] {
            let alone = format!("{node} is alone, quorum kept");
            let shall = format!("{node} shall be fenced");
            tells(release, &told, &[&alone, &shall]);
        }
        let shot: Vec<&str> = told
            .iter()
            .filter(|cause| matches!(cause.kind, CauseKind::Fenced { .. }))
            .map(|cause| cause.node.as_str())
            .collect();
        assert_eq!(shot.len(), 1, "{release}: {shot:?}");
    }
}

#[test]
fn a_device_that_fails_is_told_in_its_own_words_and_who_said_that_the_node_is_off() {
    for release in RELEASES {
        let told = Recorded::read(release).story("device-fails");
        tells(
            release,
            &told,
            &[
                "serv2 is silent",
                "serv2 shall be fenced: peer is no longer part of the cluster",
                "serv2 could not be fenced from serv1: Failed: Unable to obtain correct plug status",
                "a human says that serv2 is off: it counts as fenced",
            ],
        );
    }
}

#[test]
fn what_a_person_asked_for_is_told_with_who_did_it() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        tells(
            release,
            &recorded.story("by-crm"),
            &[
                "serv2 is put in standby",
                "serv2 may run things again",
                "the whole cluster is put in maintenance",
                "the cluster's maintenance ends",
            ],
        );
        tells(
            release,
            &recorded.story("moved"),
            &[
                "the configuration is changed by crm_resource on serv1: location cli-prefer-servweb is new",
                "web has stopped on serv1",
                "the address 172.16.0.12 (ip) has stopped on serv1",
                "the address 172.16.0.12 (ip) runs on serv2",
                "web runs on serv2",
                "the configuration is changed by crm_resource on serv1: location cli-prefer-servweb is gone",
            ],
        );
        tells(
            release,
            &recorded.story("shot-by-hand"),
            &[
                "serv2 shall be fenced: stonith_admin on serv1 asks for it",
                "serv2 is fenced by fence-serv2: reboot, from serv1",
            ],
        );
    }
}

#[test]
fn what_failed_is_told_with_the_agents_words() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        tells(
            release,
            &recorded.story("killed-service"),
            &[
                "web is found broken on serv1: not running",
                "web runs on serv1",
            ],
        );
        tells(
            release,
            &recorded.story("start-fails"),
            &[
                "serv2 is put in standby",
                "the start of web on serv1 failed: error: Unable to invoke systemd DBus method",
                "web may not run on serv1 any more: it failed there too often",
                "serv2 may run things again",
                "web runs on serv2",
                "the failures of web on serv1 are cleaned up",
            ],
        );
        tells(
            release,
            &recorded.story("corosync-killed"),
            &[
                "corosync was ended by signal 9 (KILL) on serv2",
                "serv2 is silent",
                "serv1 is alone",
                "the cluster's services start on serv2",
                "serv2 comes in",
            ],
        );
    }
}

#[test]
fn a_lost_majority_is_told_on_each_side() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        tells(
            release,
            &recorded.story("third-host"),
            &["serv1 does not reach the third host, which has a vote"],
        );
        let told = recorded.story("no-quorum");
        for node in ["serv1", "serv2"] {
            let lost = format!("{node} has no quorum any more");
            let alone = format!("{node} is alone, without quorum");
            tells(release, &told, &[&lost, &alone]);
        }
        tells(
            release,
            &told,
            &["serv1 and serv2 see each other again, with quorum"],
        );
    }
}

#[test]
fn a_node_that_is_away_is_said_and_the_other_one_tells() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        let (begin, end) = recorded.scene("power-fenced");
        let mut records = recorded.since(begin);
        records[0] = HostRecords {
            host: "serv1".to_owned(),
            unreachable: Some("ssh: connect to host serv1 port 22: No route to host".to_owned()),
            ..HostRecords::default()
        };
        let mut told = causes(&records, &names(), &beside(begin));
        told.causes.retain(|cause| cause.at < end);
        tells(
            release,
            &told.causes,
            &[
                "serv1 is silent",
                "serv2 is alone, quorum kept",
                "serv1 is fenced by fence-serv1",
                "the address 172.16.0.12 (ip) runs on serv2",
            ],
        );
        let missing = "serv1 did not answer, and what it alone has seen is missing: ssh: connect";
        assert!(told.missing[0].starts_with(missing), "{:?}", told.missing);
    }
}

#[test]
fn a_clock_that_is_ahead_is_set_back_and_told() {
    let recorded = Recorded::read("bookworm");
    let (begin, _) = recorded.scene("stopped");
    let mut records = recorded.since(begin);
    let plain = causes(&records, &names(), &beside(begin));
    for line in &mut records[1].lines {
        line.at += SignedDuration::from_secs(7);
    }
    for boot in &mut records[1].boots {
        boot.at += SignedDuration::from_secs(7);
    }
    records[1].ahead = 7000;
    let told = causes(&records, &names(), &beside(begin));
    let times = |story: &Story| -> Vec<Timestamp> { story.causes.iter().map(|c| c.at).collect() };
    assert_eq!(times(&told), times(&plain));
    let said = "the clock of serv2 is 7.0 s ahead: its times are told by this host's clock";
    assert!(told.missing.iter().any(|sentence| sentence == said));
}

#[test]
fn a_line_that_is_not_known_is_counted_and_nothing_else() {
    let mut records = Recorded::read("trixie").since(Timestamp::UNIX_EPOCH);
    let plain = causes(&records, &names(), &beside(Timestamp::UNIX_EPOCH));
    let mut odd = records[0].lines[0].clone();
    "Result of start operation for web on serv1".clone_into(&mut odd.text);
    records[0].lines.push(odd);
    let told = causes(&records, &names(), &beside(Timestamp::UNIX_EPOCH));
    assert_eq!(told.causes, plain.causes);
    assert_eq!(told.unknown, plain.unknown + 1);
}

#[test]
fn of_three_nodes_each_that_is_lost_is_silent() {
    for release in RELEASES {
        let recorded = Recorded::read(release);
        let (begin, end) = recorded.scene("power-fenced");
        let mut records = recorded.since(begin);
        for line in &mut records[1].lines {
            line.text = line.text.replace("Members left: 1", "Members left: 1 3");
        }
        let mut names = names();
        names.nodes.insert("3".to_owned(), "serv3".to_owned());
        let mut told = causes(&records, &names, &beside(begin)).causes;
        told.retain(|cause| cause.at < end);
        let silent = [
            "serv1 is silent: serv2 heard",
            "serv3 is silent: serv2 heard",
        ];
        tells(release, &told, &silent);
    }
}

#[test]
fn a_boot_after_days_names_the_day_of_the_last_line() {
    let boot = |before: &str| Cause {
        at: "2026-12-01T03:00:00Z".parse().unwrap(),
        node: "serv1".to_owned(),
        seen_by: "serv1".to_owned(),
        kind: CauseKind::Booted {
            before: Some(before.parse().unwrap()),
        },
        resource: None,
        address: None,
    };
    let said = |before| boot(before).sentence(&TimeZone::UTC);
    let same = "serv1 booted; what it wrote down before ends at 02:59:10.5";
    assert_eq!(said("2026-12-01T02:59:10.5Z"), same);
    let other = "serv1 booted; what it wrote down before ends on 2026-11-29 at 02:59:10.0";
    assert_eq!(said("2026-11-29T02:59:10Z"), other);
}

#[test]
fn numbers_are_read_at_a_glance() {
    let said = |unknown| {
        Story {
            unknown,
            ..Story::default()
        }
        .unknown_sentence()
    };
    assert_eq!(said(0), None);
    assert_eq!(said(1).unwrap(), "1 line says nothing of it");
    assert_eq!(said(1204).unwrap(), "1,204 lines say nothing of it");
    assert_eq!(
        said(12_345_678).unwrap(),
        "12,345,678 lines say nothing of it"
    );
}

#[test]
fn the_history_of_fencing_fills_what_no_log_tells() {
    let recorded = Recorded::read("trixie");
    let (begin, _) = recorded.scene("power-fenced");
    let known = recorded.story("power-fenced");
    let fenced = known
        .iter()
        .find(|cause| matches!(cause.kind, CauseKind::Fenced { .. }))
        .unwrap();
    let event = |completed: Timestamp| FenceEvent {
        action: "reboot".to_owned(),
        target: "serv1".to_owned(),
        origin: "serv2".to_owned(),
        delegate: Some("serv2".to_owned()),
        state: FenceState::Done,
        completed: completed.to_string(),
        ..FenceEvent::default()
    };
    let events = [event(fenced.at)];
    let with = |events| Beside {
        fencings: events,
        ..beside(begin)
    };
    let shots = |story: &Story| {
        let shot = |cause: &&Cause| matches!(cause.kind, CauseKind::Fenced { .. });
        story.causes.iter().filter(shot).count()
    };
    let records = recorded.since(begin);
    let logs = shots(&causes(&records, &names(), &beside(begin)));
    assert_eq!(shots(&causes(&records, &names(), &with(&events))), logs);
    assert_eq!(shots(&causes(&[], &names(), &with(&events))), 1);
}

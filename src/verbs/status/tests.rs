use crate::verbs::status::*;
use crate::watching::{ClusterEvent, Happened};

#[test]
fn the_last_change_is_told_as_people_do() {
    let at = |seconds: i64| {
        let then = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds);
        time_ago(&then.to_string())
    };
    assert_eq!(at(5), "just now");
    assert_eq!(at(61), "1 minute ago");
    assert_eq!(at(7300), "2 hours ago");
    assert_eq!(at(200_000), "2 days ago");
    assert_eq!(time_ago("yesterday"), "yesterday");
}

#[test]
fn many_resources_stand_below_each_other_and_the_rest_is_counted() {
    let mut report = Report::default();
    let entries = (0..20)
        .map(|at| Span::from(format!("resource{at} apache2")))
        .collect();
    rows("●", Role::Ok, "serv1", 9, entries, &mut report);
    let lines: Vec<String> = report
        .lines
        .iter()
        .map(|line| line.iter().map(|span| span.text.as_str()).collect())
        .collect();
    assert_eq!(lines[0], "  ● serv1      resource0 apache2");
    assert_eq!(lines[1], "               resource1 apache2");
    assert_eq!(lines.len(), ROWS + 1);
    assert_eq!(lines[ROWS].trim(), "and 8 more: crm_mon -1");
}

#[test]
fn a_document_of_several_has_its_time_and_what_happened() {
    let facts = crate::trial::facts("bookworm", "cold-start");
    let screen = Screen::default();
    let at = "2026-12-01T03:12:07.5Z".parse().unwrap();
    let event = ClusterEvent {
        role: Role::Fail,
        text: "serv2 is offline".to_owned(),
    };
    let happened = [Happened { at, event }];
    let problems = health::problems(&facts);
    let one = screen.document(&facts, &problems).watched(at, &happened);
    let line = crate::report::line(&one);
    crate::trial::documents::is_of(&line, "StatusDocument");
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["at"], "2026-12-01T03:12:07Z");
    assert_eq!(value["happened"][0]["what"], "serv2 is offline");
    assert_eq!(value["happened"][0]["grave"], true);
    assert!(
        !screen
            .shown(&facts, &problems)
            .document
            .contains("happened")
    );
}

//! What is offered is what the parser takes: lines made of nothing but what completion offers.

use bascule::internals::{
    Candidate, Cib, Name, Snapshot, candidates, existing, grammar, parse_line, remember,
};
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use proptest::prelude::*;
use std::ffi::OsString;
use std::path::Path;

tests! {
    []
        what_is_offered_is_never_refused
        a_name_that_is_offered_is_never_called_wrong
        every_verb_offers_something_or_waits_for_a_value;
}

/// Values for arguments that nothing can be offered for.
const FREE: &[&str] = &[
    "172.16.0.40/24",
    "172.16.0.40",
    "web",
    "web=172.16.0.40",
    "7",
    "10s",
    "http://127.0.0.1/server-status",
    "/tmp/file",
];

/// A configuration of a real host, and names in it that no verb takes.
fn configuration() -> Cib {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/completion/recorded/root/var/lib/pacemaker/cib/cib.xml");
    let text = std::fs::read_to_string(path).unwrap();
    let odd: String = ["a:b", "-x", "é", "meta", "1st", "a b"]
        .iter()
        .map(|id| {
            format!(
                "<primitive id=\"{id}\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/>"
            )
        })
        .collect();
    let odd_nodes = "<node id=\"12\" uname=\"12\"/><node id=\"13\" uname=\"localhost\"/>";
    let text = text.replacen("<resources>", &format!("<resources>{odd}"), 1);
    Cib::parse(text.replacen("<nodes>", &format!("<nodes>{odd_nodes}"), 1)).unwrap()
}

/// Returns why the parser refuses a line, for more than what is not there yet.
fn refused(grammar: &mut Command, words: &[String]) -> Option<String> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let error = parse_line(grammar, &words).err()?;
    let lacks = match error.kind() {
        ErrorKind::MissingRequiredArgument
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
        ErrorKind::InvalidValue => matches!(
            error.get(ContextKind::InvalidValue),
            Some(ContextValue::String(value)) if value.is_empty()
        ),
        _ => false,
    };
    (!lacks).then(|| error.to_string())
}

fn with(words: &[String], last: &str) -> Vec<String> {
    let mut words = words.to_vec();
    words.push(last.to_owned());
    words
}

/// One key press of somebody who completes: which of the candidates, how much was typed of it.
type Press = (usize, usize);

/// Goes on with a line by what is offered; returns false where it ends.
fn go_on(grammar: &mut Command, words: &mut Vec<String>, (which, length): Press) -> bool {
    let mut typed = if length == 0 { "-" } else { "" }.to_owned();
    // A word may be completed in parts: `NAME=`, then its value.
    for _ in 0..4 {
        let offered = candidates(grammar, &with(words, &typed));
        for one in &offered {
            assert!(
                one.value.starts_with(&typed),
                "{one:?} does not begin with {typed:?} behind {words:?}"
            );
            if !one.open {
                let line = with(words, &one.value);
                if let Some(why) = refused(grammar, &line) {
                    panic!("offered and refused: {line:?}\n{why}");
                }
            }
        }
        let mut values: Vec<&str> = offered.iter().map(|one| one.value.as_str()).collect();
        values.sort_unstable();
        let all = values.len();
        values.dedup();
        assert_eq!(values.len(), all, "twice behind {words:?}: {values:?}");

        let Some(taken) = offered.get(which.checked_rem(offered.len()).unwrap_or(0)) else {
            return free(grammar, words, &typed, which);
        };
        check_prefix(grammar, words, taken, typed.chars().count() + length);
        if !taken.open {
            words.push(taken.value.clone());
            return true;
        }
        typed.clone_from(&taken.value);
    }
    false
}

/// Whoever types the beginning of a candidate is still offered it.
fn check_prefix(grammar: &mut Command, words: &[String], taken: &Candidate, length: usize) {
    if taken.value.starts_with('-') && !taken.value.starts_with("--") {
        return;
    }
    let begin: String = taken.value.chars().take(length).collect();
    let offered = candidates(grammar, &with(words, &begin));
    // What is typed whole and goes on is followed by what it goes on with.
    let goes_on = |one: &Candidate| taken.open && one.value.starts_with(&taken.value);
    assert!(
        offered
            .iter()
            .any(|one| one.value == taken.value || goes_on(one)),
        "{taken:?} is not offered for {begin:?} behind {words:?}: {offered:?}"
    );
}

/// Goes on with a value of one's own.
fn free(grammar: &mut Command, words: &mut Vec<String>, typed: &str, which: usize) -> bool {
    let turned = FREE.iter().cycle().skip(which % FREE.len());
    for value in turned.take(FREE.len()) {
        let word = format!("{typed}{value}");
        if refused(grammar, &with(words, &word)).is_none() {
            words.push(word);
            return true;
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    fn what_is_offered_is_never_refused(presses in proptest::collection::vec((0usize..40, 0usize..6), 1..9)) {
        remember(Snapshot { cib: Some(configuration()), ..Snapshot::default() });
        let mut grammar = grammar();
        let mut words = Vec::new();
        for press in presses {
            if !go_on(&mut grammar, &mut words, press) {
                break;
            }
        }
    }
}

/// Completes every argument of every verb, each behind those before it; returns how many names were
/// offered that must exist, all of which the verb must take.
fn all_exist(grammar: &mut Command, at: &Command, words: &[String], known: &Snapshot) -> usize {
    let mut seen = 0;
    for next in at.get_subcommands() {
        seen += all_exist(grammar, next, &with(words, next.get_name()), known);
    }
    let mut before = words.to_vec();
    for arg in at.get_arguments() {
        let place = match arg.get_long() {
            Some(long) => with(words, &format!("--{long}")),
            None => before.clone(),
        };
        let offered = candidates(grammar, &with(&place, ""));
        let mut offered = offered.iter().filter(|one| !one.value.starts_with('-'));
        if let Some(name) = Name::of_argument(arg).and_then(Name::existing) {
            for one in offered.clone() {
                let refusal = existing::refusal(name, known, &one.value);
                let right = if one.open || name.is_phrase() {
                    existing::begins(name, known, &one.value)
                } else {
                    refusal.is_none()
                };
                assert!(right, "offered and wrong: {place:?} {one:?} {refusal:?}");
                seen += 1;
            }
        }
        if arg.is_positional() {
            before.push(
                offered
                    .next()
                    .map_or("x".to_owned(), |one| one.value.clone()),
            );
        }
    }
    seen
}

fn a_name_that_is_offered_is_never_called_wrong() {
    let known = || Snapshot {
        cib: Some(configuration()),
        operations: Some(Vec::new()),
        ..Snapshot::default()
    };
    remember(known());
    let mut grammar = grammar();
    let tree = grammar.clone();
    let seen = all_exist(&mut grammar, &tree, &[], &known());
    assert!(seen > 100, "{seen}");
}

fn every_verb_offers_something_or_waits_for_a_value() {
    remember(Snapshot {
        cib: Some(configuration()),
        ..Snapshot::default()
    });
    let mut grammar = grammar();
    let values = |grammar: &mut Command, words: &[&str]| -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let found = candidates(grammar, &words).into_iter();
        let found = found.map(|one| one.value);
        let mut found: Vec<_> = found.filter(|value| !value.starts_with('-')).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(
        values(&mut grammar, &["vip", "remove", ""]),
        ["IPFailover", "second"]
    );
    assert_eq!(
        values(&mut grammar, &["web", "remove", ""]),
        ["serviceWeb", "servweb"]
    );
    assert_eq!(
        values(&mut grammar, &["web", "move", ""]),
        ["second", "servweb"]
    );
    assert_eq!(
        values(&mut grammar, &["web", "group", "new", ""]),
        ["second"]
    );
    assert_eq!(
        values(&mut grammar, &["web", "group", "new", "second", ""]),
        [""; 0]
    );
    assert_eq!(values(&mut grammar, &["node", "online", ""]), ["serv2"]);
    assert_eq!(values(&mut grammar, &["node", "standby", ""]), ["serv1"]);
    assert_eq!(values(&mut grammar, &["node", "ready", ""]), [""; 0]);
    assert_eq!(values(&mut grammar, &["init", ""]), ["bash", "fish", "zsh"]);
    assert_eq!(
        values(&mut grammar, &["explain", "vip", ""]),
        ["add", "list", "remove"]
    );
    // Nothing twice, and nothing beside what excludes it.
    let options = |grammar: &mut Command, line: &str| -> Vec<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let found = candidates(grammar, &words).into_iter();
        found.map(|one| one.value).collect()
    };
    let left = options(&mut grammar, "db replicate --bundle /tmp/b --");
    assert!(!left.contains(&"--bundle".to_owned()), "{left:?}");
    assert!(!left.contains(&"--database".to_owned()), "{left:?}");
    let left = options(&mut grammar, "vip add 10.0.0.1/8 -n --dry");
    assert_eq!(left, [""; 0]);
}

//! For tests: what a plan shows is what runs. Each command of each plan that the examples of
//! `explain` come to on what real hosts said, split by a real shell.

use crate::explain;
use crate::grammar::{Verb, parse};
use crate::operate::VerbKind;
use crate::plan::values::names;
use crate::plan::{Plan, Step, Undo, shell_line, step_lines};
use crate::trial::{RELEASES, facts};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Stands in for every program: its words and then its input, each ended by a NUL.
const TELLTALE: &str = "#!/bin/sh\nprintf '%s\\0' \"${0##*/}\" \"$@\" ''\nexec /bin/cat\n";

/// Returns the steps of a plan, and what is done where they fail or are taken back.
fn all_steps(plan: &Plan) -> Vec<Step> {
    let mut open = plan.steps.clone();
    let mut found = Vec::new();
    while let Some(step) = open.pop() {
        open.extend(step.on_failure.clone());
        open.extend(step.after_undo.clone());
        if let Undo::Steps { steps } = &step.undo {
            open.extend(steps.clone());
        }
        found.push(Step {
            on_failure: Vec::new(),
            ..step
        });
    }
    found
}

/// Returns the verbs of all examples.
fn examples() -> Vec<Verb> {
    let commands: BTreeSet<String> = explain::topics()
        .iter()
        .flat_map(|topic| topic.examples())
        .map(|example| example.command.clone())
        .collect();
    let words = commands.iter().map(|line| shlex::split(line).unwrap());
    let words = words.map(|words| words.into_iter().map(OsString::from).collect());
    words
        .flat_map(|words: Vec<OsString>| parse(&words).unwrap().verbs)
        .filter_map(|cli| cli.verb)
        .collect()
}

/// Returns the plans that they come to on all that was recorded, but for the refused.
fn recorded_plans() -> Vec<Plan> {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/facts");
    let verbs = examples();
    let mut found = Vec::new();
    for release in RELEASES {
        for entry in std::fs::read_dir(recorded.join(release)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some(name) = name.strip_suffix(".json") else {
                continue;
            };
            let facts = facts(release, name);
            for verb in &verbs {
                if let VerbKind::Change(change) = verb.kind() {
                    found.extend(change.plan(&facts));
                }
            }
        }
    }
    found
}

/// Returns a shown command as it is read: what is set in below it is its input.
fn as_typed(lines: &[String]) -> String {
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    if let [_, input @ .., _] = lines.as_mut_slice() {
        for line in input {
            *line = line.strip_prefix("  ").unwrap();
        }
    }
    lines.join("\n")
}

#[test]
fn what_is_shown_is_what_runs() {
    let programs = tempfile::tempdir().unwrap();
    let telltale = programs.path().join("telltale");
    std::fs::write(&telltale, TELLTALE).unwrap();
    std::fs::set_permissions(&telltale, Permissions::from_mode(0o755)).unwrap();
    let mut seen = BTreeSet::new();
    for step in recorded_plans().iter().flat_map(all_steps) {
        let Some((argv, stdin)) = step.command() else {
            continue;
        };
        let lines = step_lines(&step, true);
        if !seen.insert(lines.clone()) {
            continue;
        }
        // Found by PATH, which holds nothing but stand-ins: no real program runs.
        assert!(!argv[0].contains('/'), "{argv:?}");
        let program = programs.path().join(&argv[0]);
        if !program.exists() {
            std::os::unix::fs::symlink(&telltale, program).unwrap();
        }
        let stdin = stdin.unwrap_or_default();
        // Each value is its own name, so that it stays what it is.
        let names = names(&stdin).into_iter();
        let values: String = names
            .map(|name| format!("{name}='${{{name}}}'\n"))
            .collect();
        let output = Command::new("/bin/sh")
            .args(["-euc", &format!("{values}{}", as_typed(&lines))])
            .env("PATH", programs.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let newline = if stdin.is_empty() || stdin.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let expected = format!("{}\0\0{stdin}{newline}", argv.join("\0"));
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed, expected, "{lines:#?}");
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

/// Words of few characters, most of which mean something to a shell.
fn words() -> impl Strategy<Value = Vec<String>> {
    let chars: Vec<char> = "ab1é=-./:,@+%~*?[]{}$`\\\"' \t\n;&|<>()#!^"
        .chars()
        .collect();
    let word = prop::collection::vec(prop::sample::select(chars), 0..4);
    let word = word.prop_map(|chars| chars.into_iter().collect());
    prop::collection::vec(word, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_shell_splits_a_line_into_its_words(words in words()) {
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("printf '%s\\0' {}", shell_line(&words))])
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        prop_assert_eq!(printed, words.join("\0") + "\0");
    }
}

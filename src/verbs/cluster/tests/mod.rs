//! The plans of `cluster`, on what real hosts said (`tests/data/facts/RELEASE/*.json`).

mod alone;
mod consensus;
mod init;
mod join;
mod leave;
mod set;

use crate::exit::Exit;
use crate::facts::{Bundle, COROSYNC_CONF, Facts, FileState};
use crate::grammar::{Verb, parse};
use crate::plan::{Action, Before, Finding, Plan, Refusal, RefusalKind, Undo, step_lines};
use crate::trial::RELEASES;
use crate::{facts, trial};
use std::ffi::OsString;
use std::path::Path;

const LAB: &str = "--node serv1=172.16.0.10 --node serv2=172.16.0.11";

/// A host of each release as its packages leave it, without them, and as a member of `web`.
fn recorded(state: &str) -> [Facts; 2] {
    RELEASES.map(|release| trial::facts(release, state))
}

fn plan(facts: &Facts, words: &str) -> Result<Plan, Refusal> {
    let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
    let mut verbs = parse(&words).unwrap().verbs;
    match verbs.remove(0).verb {
        Some(Verb::Cluster(verb)) => verb.change().plan(facts),
        _ => panic!("no verb of cluster: {words:?}"),
    }
}

fn planned(facts: &Facts, words: &str) -> Plan {
    plan(facts, words).unwrap_or_else(|refusal| panic!("{words}: {refusal}"))
}

/// Returns what a refusal says, with its hints.
fn refused(facts: &Facts, words: &str) -> String {
    let refusal = match plan(facts, words) {
        Err(refusal) => refusal,
        Ok(plan) => panic!("{words}: {:#?}", plan.steps),
    };
    let hints: Vec<String> = refusal
        .hints
        .iter()
        .map(|hint| format!(" [{}] {}", hint.purpose, hint.command))
        .collect();
    assert!(!refusal.what.ends_with('.'), "{refusal}");
    format!("{}{}", refusal.what, hints.concat())
}

/// Returns the first line of each step.
fn lines(plan: &Plan) -> Vec<String> {
    let first = |step| step_lines(step, false).remove(0);
    plan.steps.iter().map(first).collect()
}

fn at(plan: &Plan, text: &str) -> usize {
    let lines = lines(plan);
    lines
        .iter()
        .position(|line| line.contains(text))
        .unwrap_or_else(|| panic!("no {text} in {lines:#?}"))
}

fn warns(plan: &Plan, text: &str) -> bool {
    plan.checks
        .iter()
        .any(|check| check.finding == Finding::Warning && check.text.contains(text))
}

fn init(nodes: &str) -> String {
    format!("cluster init --name web {nodes}")
}

/// Returns the facts with another text in corosync.conf.
fn with_conf(facts: &Facts, edit: impl Fn(&str) -> String) -> Facts {
    let mut facts = facts.clone();
    if let Some(FileState::Text(content)) = facts.files.get_mut(Path::new(COROSYNC_CONF)) {
        content.text = edit(&content.text);
    }
    facts
}

/// Returns the facts without what other hosts said.
fn unasked(facts: &Facts) -> Facts {
    Facts {
        peers: Default::default(),
        ..facts.clone()
    }
}

fn lines_of(steps: &[crate::plan::Step]) -> Vec<String> {
    steps
        .iter()
        .map(|step| step_lines(step, false).remove(0))
        .collect()
}

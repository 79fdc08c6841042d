//! For tests: a verb as typed, planned on what a real host said.

pub mod documents;
mod plans;

use crate::cib::Cib;
use crate::facts::{Cluster, DatabaseServer, Facts, ToolAnswers, parse_monitor};
use crate::grammar::Cli;
use crate::operate::VerbKind;
use crate::plan::{Finding, Plan, Question, Refusal};
use clap::Parser;

/// What real hosts said, on Debian 12 and on Debian 13.
pub const RELEASES: [&str; 2] = ["bookworm", "trixie"];

/// Returns the facts of a host in a state, as recorded by `tests/data/record-facts.rs`.
pub fn facts(release: &str, name: &str) -> Facts {
    serde_json::from_value(recorded(release, name))
        .unwrap_or_else(|e| panic!("{release}/{name}: {e}"))
}

/// Returns what was recorded in a state: it stands whole, or as what it changes in another one
/// (`tests/data/keep-facts.rs`).
fn recorded(release: &str, name: &str) -> serde_json::Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/tests/data/facts/{release}/{name}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut kept: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    let Some(base) = kept.get("base").and_then(serde_json::Value::as_str) else {
        return kept;
    };
    let mut whole = recorded(release, base);
    let changes: json_patch::Patch =
        serde_json::from_value(kept["changes"].take()).unwrap_or_else(|e| panic!("{path}: {e}"));
    json_patch::patch(&mut whole, &changes).unwrap_or_else(|e| panic!("{path}: {e}"));
    whole
}

/// Returns the facts of a cluster with a promotable clone, a plain one and a node of Pacemaker
/// Remote; serv2 is in standby.
pub fn with_copies(release: &str) -> Facts {
    in_state(release, "promoted")
}

/// Returns the facts of a cluster that leaves alone what runs: `good` on serv1, which is in
/// maintenance, `bad` on serv2, which could not be stopped there, and the group `grp` beside it,
/// which is not managed.
pub fn left_alone(release: &str) -> Facts {
    in_state(release, "left-alone")
}

/// Returns the facts of a cluster in which the copy on serv2 of each of three clones failed and was not
/// started anew: `cl_db` with `db`, the group `gr` in `cl_gr` by its `web`, the promotable `cl_st` with `st`.
pub fn copy_failed(release: &str) -> Facts {
    in_state(release, "copy-failed")
}

/// Returns the facts of a cluster in which two addresses are one, `A` and `B`, and two services, `wa` and
/// `wb`; all of them on serv1.
pub fn twins(release: &str) -> Facts {
    in_state(release, "twins")
}

/// Returns the facts of a cluster that keeps what it has from running: `um` and the group `gum` are not
/// managed and stopped, `run` is not managed and runs, `tk` waits for a ticket, and `m2` of the group `gs`
/// in the clone `cl_s` is told to be stopped.
pub fn held(release: &str) -> Facts {
    in_state(release, "held")
}

/// Returns the facts of two nodes with a configuration, and a view of it, of another recording.
fn in_state(release: &str, state: &str) -> Facts {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |name: &str| {
        let path = format!("{root}/tests/data/{release}/{name}");
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    Facts {
        cluster: Cluster::Running(Cib::parse(read(&format!("{state}.xml"))).unwrap()),
        monitor: parse_monitor(&read(&format!("{state}.crm_mon.xml"))),
        ..facts(release, "grouped")
    }
}

/// Puts a server beside the cluster's address `dbvip`, 172.16.0.40, which goes where MariaDB runs.
pub fn served(
    release: &str,
    facts: &mut Facts,
    held_by: impl Fn(&mut Facts) -> &mut DatabaseServer,
) {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/tests/data/{release}/served.xml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    facts.cluster = Cluster::Running(Cib::parse(text).unwrap());
    let mut interfaces = held_by(facts).network.interfaces.iter_mut();
    let interface = interfaces.find(|interface| !interface.loopback);
    let address = "172.16.0.40/24".parse().unwrap_or_else(|e| panic!("{e}"));
    interface
        .unwrap_or_else(|| panic!("no interface"))
        .addresses
        .push(address);
}

/// Plans what was typed.
pub fn plan(words: &str, facts: &Facts) -> Result<Plan, Refusal> {
    let typed = std::iter::once("bascule").chain(words.split_whitespace());
    let cli = Cli::try_parse_from(typed).unwrap_or_else(|e| panic!("{e}"));
    let verb = cli.verb.unwrap_or_else(|| panic!("no verb"));
    let VerbKind::Change(change) = verb.kind() else {
        panic!("it changes nothing");
    };
    let planned = |facts: &Facts| {
        let plan = change
            .plan(facts)
            .map_err(|refusal| refusal.with_typed_words(words))?;
        Ok(plan.with_typed_words(words))
    };
    let plan = planned(facts)?;
    if plan.questions.is_empty() {
        return Ok(plan);
    }
    let mut facts = facts.clone();
    facts.answers.extend(answers(&facts, &plan.questions));
    let plan = planned(&facts)?;
    assert!(
        plan.questions.is_empty(),
        "{words} asks on: {:#?}",
        plan.questions
    );
    Ok(plan)
}

/// Returns what the tools of the facts' release answered to questions, as recorded by
/// `tests/data/record-answers`. With `QUESTIONS=FOLDER` those that nobody has answered are written there, for
/// that one; otherwise a test with one ends here.
fn answers(facts: &Facts, questions: &[Question]) -> ToolAnswers {
    let release = match facts.cib().map(Cib::schema) {
        Some("pacemaker-3.9") => "bookworm",
        Some("pacemaker-4.0") => "trixie",
        other => panic!("of which release is {other:?}?"),
    };
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/tests/data/answers/{release}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned());
    let known: ToolAnswers = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    let answered = questions.iter().map(|question| {
        let key = question.key();
        let answer = known.get(&key).cloned().unwrap_or_else(|| {
            let folder = std::env::var("QUESTIONS").unwrap_or_else(|_| {
                panic!("{path} lacks an answer: see tests/data/record-answers; {question:?}")
            });
            let folder = format!("{folder}/{release}");
            let text = serde_json::to_string(question).unwrap_or_default();
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(format!("{folder}/{key}.json"), text))
                .unwrap_or_else(|e| panic!("{folder}: {e}"));
            Err("nobody was asked".to_owned())
        });
        (key, answer)
    });
    answered.collect()
}

/// Returns the refusal of what was typed, its hints behind it: all that a reader sees.
pub fn refusal(words: &str, facts: &Facts) -> String {
    match plan(words, facts) {
        Ok(plan) => panic!("{words} was planned: {plan:#?}"),
        Err(refusal) => {
            let mut text = refusal.what.clone();
            for hint in &refusal.hints {
                text += &format!("\n{}: {}", hint.purpose, hint.command);
            }
            text
        }
    }
}

/// Returns the command lines of a plan's steps, with their input.
pub fn commands(words: &str, facts: &Facts) -> Vec<String> {
    let plan = plan(words, facts).unwrap_or_else(|refusal| panic!("{words}: {refusal}"));
    plan.steps
        .iter()
        .filter_map(|step| step.command())
        .map(|(argv, stdin)| {
            let input = stdin.map(|text| format!("\n{text}")).unwrap_or_default();
            format!("{}{input}", crate::plan::shell_line(&argv))
        })
        .collect()
}

/// Returns true when clap itself refuses the words.
pub fn is_usage_error(words: &[&str]) -> bool {
    Cli::try_parse_from(std::iter::once(&"bascule").chain(words)).is_err()
}

/// Returns what the server of this host said, to change it.
pub fn here(facts: &mut Facts) -> &mut DatabaseServer {
    facts
        .database
        .as_mut()
        .unwrap_or_else(|| panic!("no server"))
}

/// Returns what the server of another host said, to change it.
pub fn there<'a>(facts: &'a mut Facts, host: &str) -> &'a mut DatabaseServer {
    let server = facts.database_hosts.get_mut(host);
    server.unwrap_or_else(|| panic!("{host} said nothing"))
}

/// Gives a server another value of a variable.
pub fn set(server: &mut DatabaseServer, name: &str, value: &str) {
    server.variables.insert(name.to_owned(), value.to_owned());
}

/// Returns the warnings of a plan, one on a line.
pub fn warnings(plan: &Plan) -> String {
    let checks = plan.checks.iter();
    checks
        .filter(|check| check.finding == Finding::Warning)
        .map(|check| format!("{}\n", check.text))
        .collect()
}

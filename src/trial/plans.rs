//! What each verb shows, as files that a reader reviews: `tests/plans/VERB.txt`.
//!
//! From what real hosts said, on both releases: the plan as the screen has it, its script, its document, and
//! refusals.
//! `SNAPSHOTS=overwrite cargo test --lib plans` writes them anew.

use super::{RELEASES, facts, plan};
use crate::facts::Facts;
use crate::grammar::{Cli, Verb, grammar};
use crate::operate::{ChangeDocument, RefusalDocument, VerbKind};
use crate::plan::script;
use crate::report::line;
use crate::ui::{ColorChoice, Ui};
use crate::verbs::status::Screen;
use clap::{Command, Parser};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

/// What is typed, and in which recorded state; a plan whose script is shown too begins with `$`.
pub const TYPED: &[(&str, &str)] = &[
    (
        "fresh",
        "$ cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11",
    ),
    (
        "without-packages",
        "cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11",
    ),
    (
        "member",
        "cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11",
    ),
    ("fresh", "cluster join serv2"),
    ("member", "cluster join serv2"),
    ("member", "$ cluster set batch-limit=3"),
    ("member", "cluster set migration-limit=many"),
    ("member", "cluster set stonith-enabled=true"),
    ("member", "$ cluster key"),
    ("fresh", "cluster key"),
    ("member", "$ cluster consensus 400"),
    ("member", "cluster consensus 1000"),
    ("fresh", "cluster consensus"),
    ("member", "$ cluster leave"),
    ("fresh", "cluster leave"),
    ("member", "cluster start"),
    ("fresh", "cluster start"),
    ("member", "$ cluster stop"),
    ("fresh", "cluster stop"),
    ("cold-start", "$ cluster alone"),
    ("cold-start-ssh", "cluster alone"),
    ("fresh", "cluster alone"),
    ("quorum-none", "$ quorum add serv3"),
    ("quorum-device", "quorum add serv3 --wait 10s"),
    ("quorum-device", "quorum add serv3"),
    ("quorum-none", "quorum add serv2"),
    ("quorum-device", "$ quorum remove"),
    ("quorum-none", "quorum remove"),
    ("bare", "$ vip add 172.16.0.12/24"),
    (
        "bare",
        "vip add 172.16.0.12/24 --name IPFailover --label VIP",
    ),
    ("bare", "vip add 10.9.9.9/24 --name far --monitor 5s"),
    ("bare", "vip add 172.16.0.10/24"),
    ("grouped", "vip add 172.16.0.12/24"),
    ("grouped", "$ vip remove IPFailover"),
    ("ungrouped", "vip remove IPFailover"),
    ("ungrouped", "vip remove serviceWeb"),
    ("bare", "vip remove IPFailovr"),
    ("bare", "$ web add apache2 --name serviceWeb"),
    ("bare", "web add apache2 --everywhere"),
    ("bare", "web add apach2"),
    ("grouped", "web add apache2"),
    ("ungrouped", "$ web group servweb IPFailover serviceWeb"),
    ("ungrouped", "web group servweb IPFailover nobody"),
    ("grouped", "web group servweb IPFailover serviceWeb"),
    ("grouped", "$ web prefer servweb serv1"),
    ("ungrouped", "web prefer serviceWeb serv2"),
    ("grouped", "web prefer servweb serv9"),
    ("grouped", "$ web move servweb serv2"),
    ("standby", "web move servweb serv2"),
    ("moved", "web move servweb serv1"),
    ("grouped", "web move servweb serv1"),
    ("grouped", "$ web remove servweb"),
    ("everywhere", "web remove apache2"),
    ("everywhere", "web prefer apache2 serv1 --failback"),
    ("grouped", "web remove srevweb"),
    ("grouped", "$ node standby serv1"),
    ("grouped", "node standby serv2"),
    ("grouped", "node standby serv3"),
    ("standby", "$ node online serv2"),
    ("grouped", "node online serv2"),
    ("grouped", "$ node maintenance serv1"),
    ("grouped", "node maintenance serv9"),
    ("grouped", "node ready serv1"),
    (
        "unfenced",
        "$ fence add bmc serv1=172.16.0.110 serv2=172.16.0.111 --password-file /root/bmc",
    ),
    (
        "unfenced",
        "fence add bmc serv1=172.16.0.110 serv2=172.16.0.111 --action off --delay 0",
    ),
    ("unfenced", "fence add bmc serv2=172.16.0.111"),
    ("unfenced", "fence add bmc serv9=172.16.0.111"),
    (
        "unfenced",
        "fence add redfish serv1=172.16.0.110 serv2=172.16.0.111 --option ssl_insecure=1",
    ),
    (
        "unfenced",
        "fence add virsh serv1=vm1 serv2=vm2 --at 172.16.0.1",
    ),
    (
        "unfenced",
        "fence add virsh serv1=vm1 serv2=vm2 --at 172.16.0.1 --key /root/id",
    ),
    (
        "unfenced",
        "fence add vbox serv1=debian1 serv2=debian2 --at 192.168.56.1 --user ana",
    ),
    (
        "unfenced",
        "fence add pve serv1=101 serv2=102 --at 192.168.1.10 --user fence@pve",
    ),
    (
        "unfenced",
        "fence add agent fence_apc_snmp serv1=1 serv2=2 --at 172.16.0.60 --option community=private",
    ),
    ("unfenced", "fence test"),
    ("unfenced", "fence remove"),
    ("unfenced", "fence confirm serv2"),
    (
        "fenced",
        "fence add bmc serv1=172.16.0.110 serv2=172.16.0.111 --password-file /root/bmc",
    ),
    (
        "fenced",
        "$ fence add bmc serv2=172.16.0.121 --level 2 --password-file /root/bmc",
    ),
    ("fired", "drill list"),
    ("fenced", "drill list"),
    ("fired", "$ drill standby serv2"),
    ("fired", "$ drill kill web"),
    ("fired", "drill freeze web --from serv2"),
    (
        "fired",
        "drill kill corosync --ask http://172.16.0.12/status --word ok",
    ),
    ("fired", "drill freeze corosync"),
    ("fired", "$ drill poweroff serv2"),
    ("fired", "drill poweroff serv1"),
    ("fired", "drill cut serv1"),
    ("unfenced", "drill cut serv2"),
    ("fenced", "$ fence test"),
    ("fenced", "fence test serv1"),
    ("fenced", "$ fence remove"),
    ("fenced", "fence remove serv2"),
    ("fenced", "fence confirm serv2"),
    ("db-fresh", "$ db primary --replica 172.16.0.11"),
    (
        "db-pair",
        "db primary --database site1 --replica 172.16.0.11",
    ),
    ("db-misspelt", "db primary"),
    ("db-stopped", "db primary"),
    (
        "db-replica",
        "db replicate 172.16.0.10 --database site1 --reseed",
    ),
    ("db-denied", "db replicate 172.16.0.10"),
    (
        "db-pair",
        "$ db export --replica 172.16.0.12 --lock-tables /root/site1.tar.gz",
    ),
    (
        "db-replica",
        "db export --user other --replica 172.16.0.12 /root/site1.tar.gz",
    ),
    ("link-well", "$ db promote"),
    ("link-own-writes", "db promote"),
    ("link-stopped", "db promote"),
    ("link-well", "db promote --primary-is-dead"),
    ("link-well", "db rejoin 172.16.0.10"),
    ("accounts-lacking", "$ db replicate 172.16.0.10 --accounts"),
    ("link-well", "$ db remove"),
    ("db-fresh", "db remove"),
    ("link-well", "$ db test"),
    ("link-stopped", "db test"),
    ("link-stopped", "$ db start"),
    ("link-well", "db start"),
    ("link-well", "$ db stop"),
    ("link-stopped", "db stop"),
];

/// What is looked at, and in which recorded state.
pub const LOOKED: &[(&str, &str)] = &[
    ("quorum-device", "quorum status"),
    ("quorum-none", "quorum status"),
    ("bare", "status"),
    ("grouped", "status"),
    ("standby", "status"),
    ("fresh", "status"),
    ("cold-start", "status"),
    ("bare", "vip list"),
    ("grouped", "vip list"),
    ("bare", "web list"),
    ("grouped", "web list"),
    ("everywhere", "web list"),
    ("grouped", "node list"),
    ("standby", "node list"),
    ("unfenced", "fence list"),
    ("fenced", "fence list"),
    ("link-well", "db status"),
    ("link-well-primary", "db status"),
    ("link-1045", "db status"),
    ("link-1062", "db status"),
    ("link-own-writes", "db status"),
    ("db-fresh", "db status"),
    ("why-stays", "why servweb"),
    ("why-banned", "why servweb"),
    ("why-member", "why web"),
    ("why-failed", "why servweb"),
    ("why-nowhere", "why web"),
    ("why-nowhere", "why servweb"),
    ("why-follows", "why other"),
    ("standby", "why servweb"),
    ("fresh", "why servweb"),
    ("bare", "why servweb"),
    ("fenced", "why fence-serv1"),
    ("everywhere", "why apache2"),
];

/// What is told to programs, and in which recorded state: one of each kind, and what such a plan can have.
const TOLD: &[(&str, &str)] = &[
    ("quorum-device", "quorum status"),
    ("grouped", "status"),
    ("fresh", "status"),
    ("fenced", "fence list"),
    ("grouped", "vip list"),
    ("everywhere", "web list"),
    ("grouped", "web list"),
    ("standby", "node list"),
    ("link-own-writes", "db status"),
    ("bare", "vip add 172.16.0.12/24"),
    ("grouped", "vip add 172.16.0.12/24"),
    ("ungrouped", "web group servweb IPFailover serviceWeb"),
    ("grouped", "web group servweb IPFailover serviceWeb"),
    ("link-stopped", "db start"),
    ("link-well", "db test"),
];

/// Returns what a host said, with a folder for the file that is written.
pub fn read(release: &str, state: &str) -> Facts {
    let mut facts = facts(release, state);
    facts.folders.insert("/root".into(), Vec::new());
    facts
}

fn typed_verb(words: &str) -> Verb {
    let typed = std::iter::once("bascule").chain(words.split_whitespace());
    let cli = Cli::try_parse_from(typed).unwrap_or_else(|e| panic!("{e}"));
    cli.verb.unwrap_or_else(|| panic!("no verb"))
}

/// Returns what a verb is; `status` without the journal, which is no fact.
fn kind<'a>(verb: &'a Verb, status: &'a Screen) -> VerbKind<'a> {
    match verb {
        Verb::Status(_) => VerbKind::Look(status),
        verb => verb.kind(),
    }
}

/// Returns what is on the screen of whom it is typed.
fn shown(words: &str, facts: &Facts) -> String {
    let mut ui = Ui::new(ColorChoice::Never);
    ui.kept = Some(String::new());
    let (verb, screen) = (typed_verb(words), Screen::default());
    match kind(&verb, &screen) {
        VerbKind::Look(look) => match look.report(facts) {
            Ok(report) => ui.report(&report),
            Err(refusal) => ui.refusal(&refusal, ""),
        },
        VerbKind::Change(_) => match plan(words, facts) {
            Err(refusal) => ui.refusal(&refusal, "nothing was changed"),
            Ok(plan) if plan.is_empty() => {
                ui.line(&format!("nothing to do: {}", plan.headline));
                ui.checks(&plan.checks);
            }
            Ok(plan) => ui.plan(&plan),
        },
        VerbKind::RunsItself(_) => panic!("{words} has a way of its own"),
    }
    let kept = ui.kept.unwrap_or_default();
    let lines = kept.trim_matches('\n').lines().map(undated);
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the document that a program is told, where a plan is only shown.
pub fn document(words: &str, facts: &Facts) -> String {
    let (verb, screen) = (typed_verb(words), Screen::default());
    let told = match kind(&verb, &screen) {
        VerbKind::Look(look) => look.report(facts).map(|report| report.document),
        VerbKind::Change(_) => plan(words, facts).map(|plan| line(&ChangeDocument::shown(&plan))),
        VerbKind::RunsItself(_) => panic!("{words} has a way of its own"),
    };
    told.unwrap_or_else(|refusal| line(&RefusalDocument::new(&refusal)))
}

/// Returns a document as a reader reviews it.
fn laid_out(document: &str) -> String {
    let value: Value = serde_json::from_str(document).unwrap_or_else(|e| panic!("{e}: {document}"));
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

/// Returns a line without how long ago something was, which is another time each time.
fn undated(line: &str) -> String {
    const LAST: &str = "  last change  ";
    let age = line
        .strip_prefix(LAST)
        .and_then(|rest| rest.split_once(", by "));
    match age {
        Some((_, who)) => format!("{LAST}[AGE], by {who}"),
        None => line.trim_end().to_owned(),
    }
}

/// Returns the script of what is typed.
fn as_script(words: &str, facts: &Facts) -> String {
    let plan = match plan(words, facts) {
        Ok(plan) => plan,
        Err(refusal) => return refusal.to_string(),
    };
    let text = script(&plan, &format!("bascule {words}"), &plan.probes());
    let mut shell = std::process::Command::new("sh");
    let mut shell = shell.arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    shell
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(
        shell.wait().unwrap().success(),
        "{words}: no shell takes\n{text}"
    );
    text
}

/// Returns the same of both releases once, and what differs under each.
fn of_both(title: &str, of: impl Fn(&str) -> String) -> String {
    let [one, other] = RELEASES.map(of);
    if one == other {
        return format!("{title}\n\n{one}\n\n");
    }
    let [first, second] = RELEASES;
    format!("{title}, {first}\n\n{one}\n\n{title}, {second}\n\n{other}\n\n")
}

/// Returns the verb of what is typed, its words joined by `-`.
fn verb_of(words: &str) -> String {
    let grammar = grammar();
    let mut at: &Command = &grammar;
    let mut names = Vec::new();
    for word in words.split_whitespace() {
        let Some(next) = at.find_subcommand(word) else {
            break;
        };
        names.push(word);
        at = next;
    }
    names.join("-")
}

/// Returns what each file has.
fn files() -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (state, typed) in TYPED.iter().chain(LOOKED) {
        let words = typed.trim_start_matches("$ ");
        let file = files.entry(verb_of(words)).or_default();
        let title = format!("# {words}    ({state})");
        *file += &of_both(&title, |release| shown(words, &read(release, state)));
        if words != *typed {
            let title = format!("# {words} -o sh    ({state})");
            let _ = write!(
                file,
                "{}",
                of_both(&title, |release| as_script(words, &read(release, state)))
            );
        }
    }
    for (state, words) in TOLD {
        let title = format!("# {words} -o json    ({state})");
        let file = files.entry(verb_of(words)).or_default();
        *file += &of_both(&title, |release| {
            laid_out(&document(words, &read(release, state)))
        });
    }
    files
}

#[test]
fn what_verbs_show_is_what_was_reviewed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/plans");
    let files = files();
    for (verb, text) in &files {
        let path = format!("{root}/{verb}.txt");
        snapbox::Assert::new()
            .action_env("SNAPSHOTS")
            .normalize_paths(false)
            .eq(text.as_str(), snapbox::Data::read_from(path.as_ref(), None));
    }
    for entry in std::fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let verb = name.trim_end_matches(".txt");
        assert!(files.contains_key(verb), "{root}/{name} is of no verb");
    }
}

/// Verbs whose screen is not a plan's or a report's: transcripts, the shell's tests and real hosts have them.
const OTHERWISE: &[&str] = &[
    "cluster-export",
    "crm",
    "db-check",
    "db-lock",
    "db-unlock",
    "drill-history",
    "explain",
    "history",
    "init",
    "probe",
    "show",
    "story",
    "undo",
];

#[test]
fn every_verb_is_shown() {
    fn ends(at: &Command, before: &str, found: &mut Vec<String>) {
        for verb in at.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = format!("{before}{}", verb.get_name());
            match verb.has_subcommands() {
                true => ends(verb, &format!("{name}-"), found),
                false => found.push(name),
            }
        }
    }
    let mut verbs = Vec::new();
    ends(&grammar(), "", &mut verbs);
    let files = files();
    for verb in verbs {
        let otherwise = OTHERWISE.contains(&verb.as_str());
        assert_ne!(files.contains_key(&verb), otherwise, "{verb}");
    }
}

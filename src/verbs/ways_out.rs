//! For tests: the advice is followed. Each next command that `status`, a refusal or a plan shows on
//! what real hosts said is split by a real shell, parsed by the grammar and planned on the same facts,
//! and must lead out: to something that changes, or to a refusal that names another command that does.

use crate::facts::{COROSYNC_CONF, Facts};
use crate::grammar::{Cli, Verb, grammar, parse_line};
use crate::health;
use crate::operate::VerbKind;
use crate::plan::{Finding, Hint, Plan, Refusal};
use crate::trial::{RELEASES, facts};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::rc::Rc;

/// The words that are typed in a state whose configuration of corosync was recorded.
const OF_CLUSTERS: &[&str] = &[
    "cluster init --name web --node serv1=172.16.0.10 --node serv2=172.16.0.11",
    "cluster join serv2",
    "cluster join --bundle /root/cluster.tar",
    "cluster export /root/cluster.tar",
    "cluster key",
    "cluster consensus",
    "cluster alone",
    "cluster leave",
    "cluster start",
    "cluster stop",
    "cluster set stonith-enabled=false",
    "cluster set no-such=1",
];

/// The words that are typed in a state whose resources were recorded.
const OF_RESOURCES: &[&str] = &[
    "cluster set maintenance-mode=true",
    "vip add 172.16.0.12/24 --name IPFailover --label VIP",
    "vip add 10.9.9.9/24",
    "vip add 172.16.0.13/24 --with apache2",
    "vip add 172.16.0.13/24 --with serviceWeb",
    "vip remove IPFailover",
    "vip remove serviceWeb",
    "vip remove nothing",
    "web add apache2",
    "web add apache2 --name other",
    "web add apache2 --agent ocf:heartbeat:apache",
    "web add nginx --everywhere",
    "web add nginy",
    "web add mariadb",
    "web group WebServices IPFailover serviceWeb",
    "web group other IPFailover serviceWeb",
    "web group group nothing serviceWeb",
    "web prefer WebServices serv1",
    "web prefer IPFailover serv9",
    "web prefer nothing serv1",
    "web move IPFailover serv1",
    "web move WebServices serv1",
    "web move WebServices serv2",
    "web move serviceWeb serv2",
    "web move nothing serv2",
    "web remove serviceWeb",
    "web remove IPFailover",
    "web remove nothing",
    "node standby serv1",
    "node standby serv9",
    "node online serv1",
    "node online serv2",
    "node maintenance serv1",
    "node ready serv1",
];

/// The words that are typed in a state whose database server was recorded.
const OF_DATABASES: &[&str] = &[
    "db primary",
    "db primary --replica 172.16.0.11",
    "db replicate 172.16.0.10",
    "db replicate 172.16.0.11",
    "db replicate serv1",
    "db replicate 172.16.0.10 --database site1",
    "db replicate 172.16.0.10 --database nothing",
    "db replicate 172.16.0.10 --reseed",
    "db replicate --bundle /root/db.tar",
    "db export /root/db.tar",
    "db export /root/db.tar --replica 172.16.0.11",
    "db test",
    "db stop",
    "db start",
    "db promote",
    "db promote --primary-is-dead",
    "db rejoin 172.16.0.10",
    "db rejoin 172.16.0.11",
    "db remove",
];

/// A state that a real host was in.
struct State {
    name: String,
    facts: Facts,
}

/// Returns every state that was recorded.
fn states() -> Vec<State> {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/facts");
    let mut found = Vec::new();
    for release in RELEASES {
        for entry in std::fs::read_dir(recorded.join(release)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if let Some(name) = file.strip_suffix(".json") {
                found.push(State {
                    name: format!("{release}/{name}"),
                    facts: facts(release, name),
                });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

impl State {
    fn tried(&self) -> impl Iterator<Item = &'static str> + use<> {
        let facts = &self.facts;
        let clusters = facts.files.contains_key(Path::new(COROSYNC_CONF));
        let resources = !clusters && facts.monitor.is_some();
        let pick = |is: bool, list: &'static [&'static str]| if is { list } else { &[] };
        let lists = [
            pick(clusters, OF_CLUSTERS),
            pick(resources, OF_RESOURCES),
            pick(facts.database.is_some(), OF_DATABASES),
        ];
        lists.into_iter().flatten().copied()
    }

    /// Returns true when the words before a command send the reader to another host: what it comes to
    /// there was not recorded.
    fn is_elsewhere(&self, hint: &Hint) -> bool {
        let words: Vec<&str> = hint.purpose.split([' ', ',', ':']).collect();
        let on = words
            .iter()
            .position(|word| *word == "on")
            .and_then(|at| words.get(at + 1));
        let own = |word: &str| word == self.facts.host || word == "this";
        match on {
            Some(&"the") => {
                let follows = self.facts.database.as_ref().is_some_and(|s| s.is_replica());
                match words
                    .iter()
                    .rposition(|word| *word == "the")
                    .map(|at| words[at + 1])
                {
                    Some("replica") => !follows,
                    Some("primary") => follows,
                    Some(_) => true,
                    None => false,
                }
            }
            Some(host) => !own(host),
            None => words.contains(&"there") || words.contains(&"carry"),
        }
    }
}

/// The grammar, and what was parsed by it.
struct Reader {
    grammar: clap::Command,
    read: BTreeMap<String, Result<Rc<Vec<Cli>>, String>>,
}

thread_local! {
    static READER: RefCell<Reader> = RefCell::new(Reader {
        grammar: grammar(),
        read: BTreeMap::new(),
    });
}

/// Returns the verbs of a line, as the shell of this program reads it.
fn read(line: &str) -> Result<Rc<Vec<Cli>>, String> {
    READER.with_borrow_mut(|reader| {
        if let Some(known) = reader.read.get(line) {
            return known.clone();
        }
        let words = shlex::split(line).unwrap_or_default();
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        let found = parse_line(&mut reader.grammar, &words)
            .map(|line| Rc::new(line.verbs))
            .map_err(|error| error.to_string());
        reader.read.insert(line.to_owned(), found.clone());
        found
    })
}

/// Stands for what the reader must fill in.
const PLACES: &[(&str, &str)] = &[
    ("OTHER=ADDRESS", "other=172.16.0.99"),
    ("=ADDRESS", "=172.16.0.10"),
    ("ADDRESS/PREFIX", "172.16.0.13/24"),
    ("ADDRESS", "172.16.0.11"),
    ("PRIMARY", "172.16.0.10"),
    ("HOST", "serv2"),
    ("NODE", "serv2"),
    ("FILE", "/root/file"),
    ("SERVICE", "apache2"),
    ("INTERFACE", "host0"),
    ("NAME", "name"),
    ("URL", "http://127.0.0.1/server-status"),
    (" --node …", ""),
    ("COMMAND", "true"),
];

/// The effect of a command on the state it is typed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// The command shows something.
    Looks,
    /// The command changes something, or is done elsewhere or by hand.
    Out,
}

/// The programs that a command may be of.
const PROGRAMS: &[&str] = &[
    "apache2ctl",
    "apachectl",
    "apt-get",
    "chmod",
    "corosync-keygen",
    "corosync-quorumtool",
    "crm",
    "crm_mon",
    "crm_simulate",
    "crm_verify",
    "df",
    "du",
    "editor",
    "getent",
    "grep",
    "install",
    "ip",
    "journalctl",
    "ls",
    "mariadb",
    "mariadb-binlog",
    "mariadb-upgrade",
    "mkdir",
    "nginx",
    "ping",
    "ps",
    "scp",
    "sensible-editor",
    "shred",
    "ss",
    "ssh",
    "ssh-copy-id",
    "systemctl",
    "true",
];

/// Splits a line by a real shell.
fn split(line: &str) -> Result<Vec<String>, String> {
    let output = Command::new("/bin/sh")
        .args(["-c", &format!("printf '%s\\0' {line}")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    match output.status.success() && output.stderr.is_empty() {
        true => Ok(text.split_terminator('\0').map(str::to_owned).collect()),
        false => Err(format!("a shell does not read {line}")),
    }
}

/// Says what is wrong with a command of other programs.
fn of_others(line: &str) -> Result<Way, String> {
    let first = line.split(" | ").next().unwrap_or(line);
    // What it puts in is for the host that it is typed on.
    let words = match first.contains("$(") {
        true => {
            let mut shell = Command::new("/bin/sh");
            let reads = shell.args(["-n", "-c", first]).status().unwrap().success();
            let words = first.split(' ').map(str::to_owned).collect();
            reads
                .then_some(words)
                .ok_or(format!("a shell does not read {first}"))?
        }
        false => split(first)?,
    };
    let program = words[0].as_str();
    if !PROGRAMS.contains(&program) {
        return Err(format!("{program} is no program"));
    }
    match words.as_slice() {
        [ssh, host, rest @ ..] if ssh == "ssh" => {
            // A verb that asks needs a terminal there.
            let (host, rest) = match rest {
                [other, rest @ ..] if host == "-t" => (other, rest),
                _ => (host, rest),
            };
            let host = host.strip_prefix("root@").unwrap_or_default();
            if host.is_empty() || rest.is_empty() {
                return Err(format!("{line} leads nowhere"));
            }
            // What ssh does: the words with blanks between them, for a shell there.
            let there = rest.join(" ");
            match there.strip_prefix("bascule ") {
                Some(verbs) => read(verbs).map(|_| Way::Out),
                None => of_others(&there),
            }
        }
        [client, option, statement] | [client, _, option, statement]
            if client == "mariadb" && option == "-e" =>
        {
            let quotes = statement.matches('\'').count() + statement.matches('"').count();
            match quotes % 2 == 0 && statement.contains(' ') {
                true if statement.starts_with("SHOW") => Ok(Way::Looks),
                true => Ok(Way::Out),
                false => Err(format!("{statement} is no statement")),
            }
        }
        [client, ..] if client == "mariadb" && words.len() != 1 => {
            Err(format!("{line} has {} words", words.len()))
        }
        _ => Ok(match program {
            "crm_mon" | "crm_simulate" | "du" | "getent" | "grep" | "ip" | "journalctl" | "ls"
            | "mariadb-binlog" | "ping" | "ps" | "ss" => Way::Looks,
            _ => Way::Out,
        }),
    }
}

/// Words behind which no command stands but names, to choose from.
const NAMES: &[&str] = &[
    "the existing ones",
    "they are",
    " has",
    "addresses that stay",
];

/// The commands that were followed, so that a test that follows nothing fails.
#[derive(Default)]
struct Followed {
    lines: BTreeSet<String>,
    faults: BTreeMap<String, BTreeSet<String>>,
}

impl Followed {
    /// Follows one hint of a state, and returns where it leads.
    fn follow(&mut self, state: &State, hint: &Hint, trail: &[String]) -> Result<Way, String> {
        let mut line = hint.command.clone();
        self.lines.insert(line.clone());
        if NAMES.iter().any(|words| hint.purpose.contains(words)) {
            return Ok(Way::Looks);
        }
        for (place, value) in PLACES {
            line = line.replace(place, value);
        }
        let filled = line != hint.command;
        let Some(verbs) = line.strip_prefix("bascule ") else {
            return of_others(&line);
        };
        let read = read(verbs)?;
        let verb = read.first().and_then(|cli| cli.verb.as_ref());
        let Some(VerbKind::Change(change)) = verb.map(Verb::kind) else {
            return Ok(match verb {
                Some(Verb::Crm(_) | Verb::Undo(_)) => Way::Out,
                _ => Way::Looks,
            });
        };
        // What comes after something else is typed in another state.
        let later = hint.purpose.split([' ', ',']).any(|word| word == "then");
        if filled || later || state.is_elsewhere(hint) || !state.has_all_of(change) {
            return Ok(Way::Out);
        }
        if trail.contains(&line) {
            return Err(format!("a circle: {}", trail.join(" -> ")));
        }
        let words = line.strip_prefix("bascule ").unwrap_or(&line);
        let planned = change.plan(&state.facts);
        match planned.map_err(|refusal| refusal.with_typed_words(words)) {
            Ok(plan) if !plan.is_empty() => Ok(Way::Out),
            Ok(plan)
                if plan
                    .checks
                    .iter()
                    .any(|check| matches!(check.finding, Finding::Pending(_))) =>
            {
                Ok(Way::Looks)
            }
            Ok(plan) => Err(format!("{line} does nothing: {}", plan.headline)),
            Err(refusal) => {
                let mut trail = trail.to_vec();
                trail.push(line.clone());
                self.best(state, &refusal.hints, &trail)
                    .map_err(|why| format!("{line} is refused ({}), and {why}", refusal.what))
            }
        }
    }

    /// Returns the best of several ways.
    fn best(&mut self, state: &State, hints: &[Hint], trail: &[String]) -> Result<Way, String> {
        let mut best = Err("nothing is to be done".to_owned());
        for hint in hints.iter().filter(|hint| !hint.command.is_empty()) {
            let way = self.follow(state, hint, trail);
            best = match (best, way) {
                (Err(_), way) => way,
                (Ok(one), Ok(other)) => Ok(one.max(other)),
                (Ok(one), Err(_)) => Ok(one),
            };
        }
        best
    }

    /// Follows all that is said in a state.
    fn all(&mut self, state: &State, said: &str, hints: &[Hint], trail: &[String]) {
        let mut faults = match hints.is_empty() {
            true => vec!["names nothing to do".to_owned()],
            false => Vec::new(),
        };
        for hint in hints.iter().filter(|hint| !hint.command.is_empty()) {
            if let Err(why) = self.follow(state, hint, trail) {
                faults.push(why);
            }
        }
        for why in faults {
            let states = self.faults.entry(format!("{said}: {why}")).or_default();
            states.insert(state.name.clone());
        }
    }
}

impl State {
    /// Returns what comes of a verb in this state; none where it asks for more than was recorded.
    fn planned(&self, typed: &str) -> Option<Result<Plan, Refusal>> {
        let verbs = read(typed).unwrap();
        let Some(VerbKind::Change(change)) = verbs[0].verb.as_ref().map(Verb::kind) else {
            panic!("{typed} changes nothing");
        };
        let planned = || {
            change
                .plan(&self.facts)
                .map_err(|refusal| refusal.with_typed_words(typed))
        };
        self.has_all_of(change).then(planned)
    }

    /// Returns true when all that a verb reads was recorded.
    fn has_all_of(&self, change: &dyn crate::verb::Change) -> bool {
        let facts = &self.facts;
        let needs = change.needs().and(change.needs_then(facts));
        let hosts = needs.database_hosts.iter();
        (!needs.monitor || facts.monitor.is_some() || facts.database.is_some())
            && (!needs.database || facts.database.is_some())
            && (needs
                .units
                .iter()
                .all(|unit| facts.units.contains_key(unit)))
            && (!needs.runtime || !facts.runtime.is_empty() || facts.monitor.is_none())
            && hosts
                .into_iter()
                .all(|host| facts.database_hosts.contains_key(host))
            && needs.database_bundle.is_none()
    }
}

#[test]
fn every_next_command_leads_out() {
    let mut followed = Followed::default();
    for state in states() {
        for problem in health::problems(&state.facts) {
            followed.all(&state, &problem.what, &problem.next, &[]);
        }
        for typed in state.tried() {
            let Some(planned) = state.planned(typed) else {
                continue;
            };
            let line = format!("bascule {typed}");
            match planned {
                Err(refusal) => {
                    let said = format!("{line} is refused: {}", refusal.what);
                    followed.all(&state, &said, &refusal.hints, &[line]);
                }
                Ok(plan) => {
                    if let Some(blocked) = &plan.blocked {
                        let hint = Hint {
                            purpose: String::new(),
                            command: blocked.mend.clone(),
                        };
                        followed.all(
                            &state,
                            &format!("{line} is blocked"),
                            &[hint],
                            std::slice::from_ref(&line),
                        );
                    }
                }
            }
        }
    }
    let faults: Vec<String> = followed
        .faults
        .iter()
        .map(|(what, states)| {
            let states: Vec<&str> = states.iter().map(String::as_str).collect();
            format!("{what}\n    in {}", states.join(" "))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(followed.lines.len() > 60, "{}", followed.lines.len());
}

/// The words that begin a statement which the binlog keeps.
const LOGGED: &[&str] = &[
    "ALTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "RENAME", "REPLACE", "REVOKE",
    "TRUNCATE", "UPDATE",
];

/// Returns the statements of a line for a client that would be logged where it is typed.
fn logged(line: &str) -> Vec<String> {
    let words = shlex::split(line).unwrap_or_default();
    let given = words.iter().zip(words.iter().skip(1));
    let of_option = given.filter_map(|(option, text)| (option == "-e").then_some(text.as_str()));
    let joined = words
        .iter()
        .filter_map(|word| word.strip_prefix("--execute="));
    let mut found = Vec::new();
    for text in of_option.chain(joined) {
        let statements: Vec<&str> = text.split(';').map(str::trim).collect();
        if matches!(
            statements[0],
            "SET SESSION sql_log_bin=0" | "SET sql_log_bin=0"
        ) {
            continue;
        }
        let writes = |one: &&&str| LOGGED.iter().any(|word| one.starts_with(word));
        found.extend(
            statements
                .iter()
                .filter(writes)
                .map(|one| (*one).to_owned()),
        );
    }
    // What is behind ssh is one word more of a line.
    for word in words
        .iter()
        .filter(|word| word.contains("mariadb ") && *word != line)
    {
        found.extend(logged(word));
    }
    found
}

#[test]
fn what_is_advised_on_a_replica_is_not_logged_there() {
    assert_eq!(
        logged("mariadb -e 'CREATE USER x; SELECT 1'"),
        ["CREATE USER x"]
    );
    assert_eq!(
        logged(r#"ssh root@serv2 "mariadb -e 'DROP TABLE a.b'""#),
        ["DROP TABLE a.b"]
    );
    assert_eq!(logged("mariadb --execute='GRANT x'"), ["GRANT x"]);
    let (mut seen, mut faults) = (0, BTreeSet::new());
    let mut look = |state: &State, hint: &Hint| {
        let primary = hint.purpose.contains("on the primary");
        let follows = state
            .facts
            .database
            .as_ref()
            .is_some_and(|here| here.is_replica());
        // Whatever is typed for an account is typed on either of two that swap their roles.
        let account = |one: &String| one.contains(" USER ") || one.starts_with("GRANT");
        seen += usize::from(hint.command.contains("sql_log_bin=0"));
        for statement in logged(&hint.command) {
            if !primary && (follows && !state.is_elsewhere(hint) || account(&statement)) {
                faults.insert(format!("{}: {}", hint.purpose, hint.command));
            }
        }
    };
    for state in states() {
        for problem in health::problems(&state.facts) {
            problem.next.iter().for_each(|hint| look(&state, hint));
        }
        for typed in state.tried() {
            let Some(planned) = state.planned(typed) else {
                continue;
            };
            match planned {
                Err(refusal) => refusal.hints.iter().for_each(|hint| look(&state, hint)),
                Ok(plan) => {
                    for step in &plan.steps {
                        for guard in &step.guards {
                            guard.hints.iter().for_each(|hint| look(&state, hint));
                        }
                    }
                }
            }
        }
    }
    for entry in crate::mariadb::errno::entries() {
        for hint in entry.diagnosis().next {
            if !hint.purpose.contains("on the primary") && !logged(&hint.command).is_empty() {
                faults.insert(format!("{}: {}", entry.errno, hint.command));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(seen > 0, "no such advice was seen");
}

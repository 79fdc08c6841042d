//! A plan as a complete shell script: `sh -eu` on it does what `--yes` does.

use super::render::{escaped, pipe_ends};
use super::values::{Named, Source, names};
use super::{
    Action, Before, Finding, NodeState, Plan, Probe, Step, Undo, Verify, heredoc, shell_line,
};
use std::fmt::Write;

/// Exit statuses in the script are those of the program.
const PRELUDE: &str = r#"#!/bin/sh
# Stops at the first command that fails.
set -eu
export LC_ALL=C
refuse() { echo "refused: $1; nothing was changed" >&2; exit 3; }
# made_on ADMIN_EPOCH EPOCH: the configuration is still the one that this was planned on.
made_on() {
  cib=$(cibadmin --query) || refuse 'the cluster does not answer'
  for number in "admin_epoch=\"$1\"" "epoch=\"$2\""; do
    echo "$cib" | head -n 1 | tr ' ' '\n' | grep -qx -- "$number" ||
      refuse "the configuration is no longer the one this was planned on ($1.$2)"
  done
}
# wait_until SECONDS SENTENCE COMMAND...: polls until the command succeeds.
wait_until() {
  end=$(($(date +%s) + $1)) what=$2; shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$end" ] || { echo "not so: $what" >&2; exit 5; }
    sleep 0.2
  done
  echo "ok: $what"
}
# monitor COMMAND...: the cluster's own view on one line per element, through a filter.
monitor() { crm_mon --one-shot --inactive --output-as=xml | tr '\n' ' ' | sed 's/></>\n</g' | "$@"; }
runs() { crm_resource --quiet --locate --resource "$1" 2>/dev/null | grep -qx -- "${2:-.*}"; }
runs_only() { [ "$(crm_resource --quiet --locate --resource "$1" 2>/dev/null | sort -u)" = "$2" ]; }
runs_not() { [ -z "$(crm_resource --quiet --locate --resource "$1" 2>/dev/null)" ]; }
gone() { ! cibadmin --query --xpath "//*[@id='$1']" >/dev/null 2>&1 && ! monitor grep -q "<resource id=\"$1\""; }
node_is() { monitor grep "<node name=\"$1\"" | grep -q "$2"; }
has_dc() { monitor grep -q '<current_dc present="true"'; }
settled() { [ "$(crm_simulate --live-check --simulate --output-as=xml | grep -c '<rsc_action')" -eq 0 ]; }
configured() { cibadmin --query --xpath "//*[@id='$1']" >/dev/null; }
same() { [ "$(sha256sum <"$1")" = "$(ssh -o BatchMode=yes -o ConnectTimeout=5 "root@$2" "sha256sum <$1")" ]; }
prints() { text=$1; shift; "$@" 2>&1 | grep -qF -- "$text"; }
answers() { want=$1 query=$2; shift 2; [ "$(printf '%s;\n' "$query" | "$@" | tail -n 1)" = "$want" ]; }
replicates() {
  primary=$1; shift
  links=$(printf '%s\n' 'SHOW ALL SLAVES STATUS\G' | "$@")
  for column in "Master_Host: $primary" 'Slave_IO_Running: Yes' 'Slave_SQL_Running: Yes'; do
    printf '%s\n' "$links" | grep -q " $column\$" || return 1
  done
}
listens() {
  port=$1; shift
  ! ss -ltnpH "sport = :$port" | grep -q '"systemd"' || return 1
  for address; do
    ss -ltnH "sport = :$port" | grep -qE " ([*]|0\.0\.0\.0|\[::\]|\[?$address\]?):$port " || return 1
  done
}
# server_parses NAME VALUE...: what the installed server would start with, and that it would.
server_parses() {
  table=$(setpriv --reuid mysql --regid mysql --init-groups mariadbd --help --verbose) || return 1
  while [ $# -gt 0 ]; do
    printf '%s\n' "$table" | grep -qixE -- "$1 +$2" || return 1
    shift 2
  done
}
relay_applied() {
  links=$(printf '%s\n' 'SHOW ALL SLAVES STATUS\G' | mariadb --batch --skip-print-query-on-error)
  printf '%s\n' "$links" | grep -qE 'Slave_SQL_(State: Slave has read all relay log|Running: No)' || return 1
  received=$(printf '%s\n' "$links" | sed -n 's/^ *Gtid_IO_Pos: //p')
  [ -z "$received" ] || answers 0 "SELECT MASTER_GTID_WAIT('$received', 0)" mariadb --batch --skip-column-names
}
not() { ! "$@"; }
"#;

/// For plans that give statements to a MariaDB server in sessions that stay.
const SESSIONS: &str = r#"
# session IN OUT COMMAND...: a client that stays, behind these two file descriptors.
session() {
  in=$1 out=$2 folder=$(mktemp -d); shift 2
  mkfifo "$folder/in" "$folder/out"
  "$@" <"$folder/in" >"$folder/out" 2>&1 &
  eval "exec $in>\"$folder/in\" $out<\"$folder/out\""
  rm -r "$folder"
}
# tell IN OUT: gives it statements; $said is the last line of the answer.
tell() {
  said=
  { cat; echo "SELECT '@done';"; } >&"$1" || exit 1
  while read -r line <&"$2"; do [ "$line" != @done ] || return 0; said=$line; done
  echo "the session was lost: $said" >&2; exit 1
}
# answers_in ANSWER QUERY IN OUT: a session that stays answers so.
answers_in() {
  want=$1; tell "$3" "$4" <<QUERY
$2;
QUERY
  [ "$said" = "$want" ]
}
"#;

/// For plans that take back by themselves what was done when a step fails.
const WAY_BACK: &str = r#"
# Until the point of no return whatever fails takes back what was done, from the last to the first.
undo=
back() {
  status=$?; trap - EXIT HUP INT TERM; set +e
  for step in $undo; do "$step"; done
  exit "$status"
}
trap back EXIT
trap 'exit 130' HUP INT TERM
"#;

/// The first file descriptor of the first session; each has two, and a shell knows those up to 9.
const FIRST_DESCRIPTOR: usize = 3;

/// Returns the whole script. Checks that passed while planning are comments; the
/// probes of the wire and of other hosts are made again.
pub fn script(plan: &Plan, command: &str, probes: &[Probe]) -> String {
    let mut text = PRELUDE.to_owned();
    let _ = writeln!(text, "\n# {command}\n# {}", plan.headline);
    for check in &plan.checks {
        match &check.finding {
            Finding::Ok | Finding::Warning => {
                let _ = writeln!(text, "# checked: {}", check.text);
            }
            Finding::Pending(_) => {}
        }
    }
    for probe in probes {
        text.push_str(&probe_text(probe));
    }
    if let Some(base) = &plan.base {
        let _ = writeln!(text, "made_on {} {}", base.admin_epoch, base.epoch);
    }
    for secret in &plan.secrets {
        text.push_str(&secret_text(secret, plan));
    }
    let sessions = sessions(plan);
    if !sessions.is_empty() {
        text.push_str(SESSIONS);
    }
    if plan.no_return.is_some() {
        text.push_str(WAY_BACK);
    }
    let mut begun = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        if plan.no_return == Some(at) {
            text.push_str(
                "\n# The point of no return: from here on nothing is taken back by itself.\n",
            );
            text.push_str("undo=\n");
        }
        let _ = writeln!(text, "\n# {}. {}", at + 1, step.why);
        if let Some(name) = session_name(step)
            && !begun.contains(&name)
        {
            begun.push(name);
            text.push_str(&begin_session(step, &sessions));
        }
        let returns = plan.returns_from(at);
        let clearing: String = step
            .on_failure
            .iter()
            .map(|step| step_text(step, &sessions))
            .collect();
        if returns {
            text.push_str(&way_back(at + 1, step, &clearing, &sessions));
        } else if !clearing.is_empty() {
            // Without a trap of its own for the signals, dash would end without the one for EXIT.
            let trap = word(&format!("trap - EXIT\n{clearing}"));
            let _ = writeln!(text, "trap 'exit 130' HUP INT TERM\ntrap {trap} EXIT");
        }
        text.push_str(&step_text(step, &sessions));
        for verify in &step.verify {
            for (what, command) in verify_text(verify, &sessions) {
                let _ = writeln!(
                    text,
                    "wait_until {} {} {command}",
                    step.deadline,
                    word(&what)
                );
            }
        }
        if !clearing.is_empty() && !returns {
            text.push_str("trap - EXIT HUP INT TERM\n");
        }
    }
    if plan.no_return.is_some() {
        text.push_str("\nundo=\n");
    }
    text
}

/// Returns the lines that make or read a secret; it is never an argument of a command.
fn secret_text(secret: &Named, plan: &Plan) -> String {
    let name = &secret.name;
    let value = match &secret.source {
        Source::Made => "tr -dc A-Za-z0-9 </dev/urandom | head -c 28".to_owned(),
        Source::File(path) => format!("head -n 1 {}", word(&path.display().to_string())),
        Source::Printed(argv) => format!("{} | head -n 1", shell_line(argv)),
    };
    let mut text = format!("\n# {}\n{name}=$({value})\n", secret.sentence());
    let client = plan.steps.iter().find_map(|step| match &step.action {
        Action::Sql { client, .. } => Some(client.as_str()),
        _ => None,
    });
    if let Some(client) = client.filter(|_| plan.names(&secret.hash())) {
        let _ = writeln!(
            text,
            "{}=$(printf \"SET SESSION sql_log_off=1; SELECT PASSWORD('%s');\\n\" \"${name}\" |\n  {client} --batch --skip-column-names --skip-print-query-on-error)",
            secret.hash()
        );
    }
    text
}

fn session_name(step: &Step) -> Option<&str> {
    match &step.action {
        Action::Sql { session, .. } => session.as_deref(),
        _ => None,
    }
}

/// Returns the names of the sessions in the order in which they begin.
fn sessions(plan: &Plan) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in plan.steps.iter().filter_map(session_name) {
        if !all.iter().any(|known| known == name) {
            all.push(name.to_owned());
        }
    }
    all
}

/// Returns the two file descriptors of a session.
fn descriptors(name: &str, sessions: &[String]) -> String {
    let at = sessions.iter().position(|known| known == name);
    let first = FIRST_DESCRIPTOR + 2 * at.unwrap_or(sessions.len());
    format!("{first} {}", first + 1)
}

fn begin_session(step: &Step, sessions: &[String]) -> String {
    let (Some(name), Some((argv, _))) = (session_name(step), step.command()) else {
        return String::new();
    };
    format!(
        "session {} {}\n",
        descriptors(name, sessions),
        shell_line(&argv)
    )
}

/// Returns the function that takes a step back, which is in force from here on.
fn way_back(number: usize, step: &Step, clearing: &str, sessions: &[String]) -> String {
    let mut body = clearing.to_owned();
    match (&step.undo, &step.action) {
        (Undo::Steps { steps }, _) => {
            body.extend(steps.iter().map(|step| step_text(step, sessions)));
        }
        (Undo::Files { .. }, Action::File { path, before, .. }) => {
            let before = match before {
                Before::Absent => Some(None),
                Before::Content(content) => Some(Some(content.clone())),
                Before::AsFound => None,
            };
            if let Some(before) = before {
                let back = Step::file(path, Before::AsFound, before, "");
                body.push_str(&step_text(&back, sessions));
            }
        }
        _ => {}
    }
    body.extend(step.after_undo.iter().map(|step| step_text(step, sessions)));
    if body.is_empty() {
        return String::new();
    }
    format!("back_{number}() {{\n{body}}}\nundo=\"back_{number} $undo\"\n")
}

fn probe_text(probe: &Probe) -> String {
    match probe {
        Probe::Address { address, interface } => format!(
            "arping -D -q -c 3 -w 1 -I {interface} {address} || refuse '{address} is in use'\n"
        ),
        Probe::Peer { host, .. } => format!(
            "ssh -o BatchMode=yes -o ConnectTimeout=5 root@{host} true || refuse '{host} does not let root in by ssh'\n"
        ),
        // What it found is said in the plan; nothing is decided by it here.
        Probe::Transactions { .. } => String::new(),
    }
}

fn step_text(step: &Step, sessions: &[String]) -> String {
    if let Action::File { path, after, .. } = &step.action {
        let path = word(&path.display().to_string());
        return match after {
            None => format!("rm -f {path}\n"),
            Some(content) => {
                let (open, rest) = heredoc(&content.text);
                format!(
                    "(umask 077; cat >{path}.new {open}\n{rest}\n)\nchown {}:{} {path}.new\nchmod {:04o} {path}.new\nmv {path}.new {path}\n",
                    content.uid, content.gid, content.mode
                )
            }
        };
    }
    if let (Action::Pipe { whole, found, .. }, Some((from, into))) = (&step.action, pipe_ends(step))
    {
        // The statuses of a pipe do not tell a dump that was cut; its last line does.
        let learn = found.as_ref().map(|found| {
            let after: String = found.after.chars().flat_map(literal).collect();
            let until: String = literal(found.until).collect();
            let sed = word(&format!(
                "s/^{after}\\([^{}]*\\){until}.*/\\1/p",
                found.until
            ));
            let name = &found.name;
            format!("{name}=$(sed -n {sed} \"$copy/last\")\n[ -n \"${name}\" ]\n")
        });
        return format!(
            "copy=$(mktemp -d)\nmkfifo \"$copy/fifo\"\ntail -n 20 \"$copy/fifo\" >\"$copy/last\" &\n\
             {from} | tee \"$copy/fifo\" |\n  {into}\nwait $!\n\
             tail -n 1 \"$copy/last\" | grep -q -- {} || {{ echo 'the dump was cut' >&2; exit 1; }}\n\
             {}rm -r \"$copy\"\n",
            word(&format!("^{whole}")),
            learn.unwrap_or_default()
        );
    }
    let Some((argv, stdin)) = step.command() else {
        return String::new();
    };
    if let Action::Sql { .. } = &step.action {
        return sql_step(step, &argv, &stdin.unwrap_or_default(), sessions);
    }
    let line = shell_line(&argv);
    let named = match &step.action {
        Action::Run { answer, .. } => answer.as_ref(),
        _ => None,
    };
    match (stdin, named) {
        (None, None) => format!("{line} </dev/null\n"),
        (None, Some(name)) => format!(
            "{name}=$({line} </dev/null)\n{name}=$(printf '%s\\n' \"${name}\" | tail -n 1)\n"
        ),
        (Some(stdin), None) => {
            let (open, rest) = heredoc(&stdin);
            format!("{line} {open}\n{rest}\n")
        }
        // A pipe's status would be that of its end.
        (Some(stdin), Some(name)) => {
            let (open, rest) = heredoc(&stdin);
            format!(
                "{name}=$({line} {open}\n{rest}\n)\n{name}=$(printf '%s\\n' \"${name}\" | tail -n 1)\n"
            )
        }
    }
}

/// Returns a character as itself in a pattern of sed.
fn literal(c: char) -> impl Iterator<Item = char> {
    let special = "\\/.*[]^$".contains(c);
    special.then_some('\\').into_iter().chain([c])
}

/// Returns the lines that give statements to a server and look at its answer.
fn sql_step(step: &Step, argv: &[String], stdin: &str, sessions: &[String]) -> String {
    let Action::Sql {
        session,
        answer,
        expect,
        ..
    } = &step.action
    else {
        return String::new();
    };
    let (open, rest) = heredoc(stdin);
    let line = shell_line(argv);
    let mut text = match session {
        Some(name) => format!("tell {} {open}\n{rest}\n", descriptors(name, sessions)),
        None if answer.is_none() && expect.is_none() => return format!("{line} {open}\n{rest}\n"),
        None => format!(
            "said=$({line} {open}\n{rest}\n)\nsaid=$(printf '%s\\n' \"$said\" | tail -n 1)\n"
        ),
    };
    if let Some(expect) = expect {
        let _ = writeln!(
            text,
            "[ \"$said\" = {} ] || {{ echo {} >&2; exit 1; }}",
            double(&expect.line),
            word(&expect.otherwise)
        );
    }
    if let Some(name) = answer {
        let _ = writeln!(text, "{name}=$said");
    }
    text
}

/// Returns a text as one word of the shell, with the values of its names.
fn double(text: &str) -> String {
    if names(text).is_empty() {
        return word(text);
    }
    format!("\"{}\"", escaped(text).replace('"', "\\\""))
}

fn word(text: &str) -> String {
    shell_line(&[text.to_owned()])
}

/// Returns each thing to wait for: the sentence, and the command that finds out.
fn verify_text(verify: &Verify, sessions: &[String]) -> Vec<(String, String)> {
    let one = |command: String| vec![(verify.sentence(), command)];
    match verify {
        Verify::Runs {
            resource,
            node: Some(node),
        } => one(format!("runs_only {resource} {node}")),
        Verify::Runs {
            resource,
            node: None,
        } => one(format!("runs {resource}")),
        Verify::RunsOn { resource, nodes } => nodes
            .iter()
            .map(|node| {
                (
                    format!("{resource} runs on {node}"),
                    format!("runs {resource} {node}"),
                )
            })
            .collect(),
        Verify::Gone { resource } => one(format!("gone {resource}")),
        Verify::Stopped { resource } => one(format!("runs_not {resource}")),
        Verify::Settled => one("settled".to_owned()),
        Verify::Configured { objects } => objects
            .iter()
            .map(|object| object.id().to_owned())
            .map(|id| (format!("{id} is configured"), format!("configured {id}")))
            .collect(),
        Verify::Unconfigured { ids } => ids
            .iter()
            .map(|id| {
                (
                    format!("{id} is not configured"),
                    format!("not configured {id}"),
                )
            })
            .collect(),
        Verify::Node { node, state } => one(format!(
            "node_is {node} {}",
            match state {
                NodeState::Online => "'online=\"true\" standby=\"false\"'",
                NodeState::Standby => "'standby=\"true\"'",
                NodeState::Ready => "'online=\"true\".* maintenance=\"false\"'",
                NodeState::Maintenance => "'maintenance=\"true\"'",
            }
        )),
        Verify::Online { nodes } => {
            let mut all = vec![("the cluster has a DC".to_owned(), "has_dc".to_owned())];
            all.extend(nodes.iter().map(|node| {
                (
                    format!("{node} is online"),
                    format!("node_is {node} 'online=\"true\".*pending=\"false\"'"),
                )
            }));
            all
        }
        Verify::ClusterStopped => one("not systemctl is-active --quiet pacemaker".to_owned()),
        Verify::Unit {
            unit,
            host,
            enabled,
            active,
        } => {
            let mut all = Vec::new();
            for (asked, verb, is) in [
                (enabled, "is-enabled", "enabled"),
                (active, "is-active", "active"),
            ] {
                let Some(asked) = asked else { continue };
                let not = if *asked { "" } else { "not " };
                let argv: Vec<String> = ["systemctl", verb, "--quiet", unit]
                    .map(str::to_owned)
                    .to_vec();
                let argv = match host {
                    Some(host) => super::step::over_ssh(host, &argv),
                    None => argv,
                };
                all.push((
                    format!("{unit} is {not}{is}"),
                    format!("{not}{}", shell_line(&argv)),
                ));
            }
            all
        }
        Verify::Exists { path } => one(format!("test -e {}", word(&path.display().to_string()))),
        Verify::SameEverywhere { path, hosts } => hosts
            .iter()
            .map(|host| {
                let path = path.display();
                (
                    format!("{path} is the same on {host}"),
                    format!("same {path} {host}"),
                )
            })
            .collect(),
        Verify::RelayApplied => one("relay_applied".to_owned()),
        Verify::Replicates { primary, host } => {
            let argv = ["mariadb", "--batch", "--skip-print-query-on-error"].map(str::to_owned);
            let argv = match host {
                Some(host) => super::step::over_ssh(host, &argv),
                None => argv.to_vec(),
            };
            one(format!("replicates {primary} {}", shell_line(&argv)))
        }
        Verify::Listens { port, addresses } => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            one(format!("listens {port} {}", addresses.join(" ")))
        }
        Verify::ServerParses { values } => one(server_parses(values)),
        Verify::Arrives {
            session,
            query,
            answer,
            ..
        } => one(format!(
            "answers_in {} {} {}",
            double(answer),
            double(query),
            descriptors(session, sessions)
        )),
        Verify::Answers {
            host,
            client,
            query,
            answer,
            ..
        } => {
            let mut step = Step::sql(client, Vec::<String>::new(), "");
            step.host.clone_from(host);
            let (argv, _) = step.command().unwrap_or_default();
            one(format!(
                "answers {} {} {}",
                double(answer),
                double(query),
                shell_line(&argv)
            ))
        }
        Verify::Prints { argv, text, .. } => {
            one(format!("prints {} {}", word(text), shell_line(argv)))
        }
    }
}

/// Returns the command that finds out what the server would start with. It prints values in its own
/// way: `TRUE` for `ON`, bytes for `100M`.
fn server_parses(values: &[(String, String)]) -> String {
    let mut line = "server_parses".to_owned();
    for (name, value) in values {
        let printed = match value.to_ascii_uppercase().as_str() {
            "ON" => "TRUE".to_owned(),
            "OFF" => "FALSE".to_owned(),
            upper => match upper.strip_suffix('M').and_then(|n| n.parse::<u64>().ok()) {
                Some(millions) => (millions << 20).to_string(),
                // It is a pattern to grep, and a dot is as good as any of these.
                None => value.replace(|c: char| !c.is_ascii_alphanumeric() && c != ',', "."),
            },
        };
        line += &format!(" {} {}", word(&name.replace('_', "-")), word(&printed));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    /// A client that writes down what it reads and answers each SELECT with what is quoted in it.
    const CLIENT: &str = r#"#!/bin/sh
while IFS= read -r line; do
  echo "$line" >>"$LOG"
  case $line in
    *FAIL*) echo 'ERROR 1205 (HY000)' >&2; exit 1 ;;
    *PASSWORD*) echo '*HASH' ;;
    SELECT*"'"*) line=${line#*\'}; echo "${line%%\'*}" ;;
  esac
done
"#;

    fn client(folder: &Path) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("client");
        std::fs::write(&path, CLIENT).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    /// Runs the plan's script; returns its status, what it printed, and what the client was given.
    fn ran(plan: &Plan, folder: &Path) -> (Option<i32>, String, String) {
        let log = folder.join("log");
        let output = Command::new("sh")
            .args(["-c", &script(plan, "bascule x", &[])])
            .env("LOG", &log)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.code(),
            text(&output.stdout) + &text(&output.stderr),
            std::fs::read_to_string(log).unwrap_or_default(),
        )
    }

    #[test]
    fn a_session_is_held_and_its_answers_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let client = client(folder.path());
        let mut plan = Plan::new("");
        let held = |text: &str| Step::sql(&client, [text], "").in_session("one");
        plan.step(held("SELECT '0-10-4'").answers_as("frozen"))
            .step(Step::sql(&client, ["SELECT '${frozen}'"], "").expecting("0-10-4", "it is not"))
            .step(held("WAIT '${frozen}'").verify(Verify::Answers {
                host: None,
                client: client.clone(),
                query: "SELECT '${frozen}'".to_owned(),
                answer: "${frozen}".to_owned(),
                proves: "it holds".to_owned(),
            }));
        let (code, printed, told) = ran(&plan, folder.path());
        assert_eq!(
            (code, printed.as_str()),
            (Some(0), "ok: it holds\n"),
            "{told}"
        );
        assert!(told.contains("WAIT '0-10-4';"), "{told}");
    }

    #[test]
    fn a_secret_is_made_and_only_its_hash_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let client = client(folder.path());
        let mut plan = Plan::new("");
        plan.secrets.push(Named {
            name: "password".to_owned(),
            source: Source::Made,
        });
        plan.step(Step::sql(
            &client,
            ["CREATE USER x '${password_hash}' $x `y`"],
            "",
        ));
        let (code, printed, told) = ran(&plan, folder.path());
        assert_eq!(code, Some(0), "{printed}");
        assert!(told.contains("CREATE USER x '*HASH' $x `y`;"), "{told}");
        let made = told
            .split("PASSWORD('")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap();
        assert_eq!(made.len(), 28);
    }

    #[test]
    fn before_the_point_of_no_return_everything_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let client = client(folder.path());
        let path = folder.path().join("option.cnf");
        let content = |text: &str| crate::plan::FileContent {
            text: text.to_owned(),
            mode: 0o644,
            uid: nix::unistd::getuid().as_raw(),
            gid: nix::unistd::getgid().as_raw(),
        };
        std::fs::write(&path, "old\n").unwrap();
        let mut plan = Plan::new("");
        plan.step(Step::file(
            &path,
            Before::Content(content("old\n")),
            Some(content("new\n")),
            "",
        ))
        .step(
            Step::sql(&client, ["LOCK"], "")
                .in_session("one")
                .undone_by(vec![Step::sql(&client, ["UNLOCK"], "")]),
        )
        .step(Step::sql(&client, ["FAIL"], ""));
        plan.no_return = Some(3);
        let (code, _, told) = ran(&plan, folder.path());
        assert_ne!(code, Some(0));
        assert!(told.ends_with("UNLOCK;\n"), "{told}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old\n");

        plan.no_return = Some(2);
        let (code, ..) = ran(&plan, folder.path());
        assert_ne!(code, Some(0));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
    }

    #[test]
    fn a_dump_that_was_cut_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let sh = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
        let pipe = |from: &str| {
            let mut plan = Plan::new("");
            let whole = "-- Dump completed";
            plan.step(Step::pipe(sh(from), None, sh("cat"), whole, None, ""));
            ran(&plan, folder.path())
        };
        assert_eq!(pipe("echo row; echo '-- Dump completed on'").0, Some(0));
        let (code, printed, _) = pipe("echo row");
        assert_eq!(code, Some(1));
        assert!(printed.contains("the dump was cut"), "{printed}");
    }

    #[test]
    fn what_a_command_and_a_dump_tell_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let sh = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
        let dump = |line: &str| {
            let from = sh(&format!("echo \"{line}\"; echo '-- Dump completed'"));
            let pipe = Step::pipe(
                from,
                None,
                sh("cat >/dev/null"),
                "-- Dump completed",
                None,
                "",
            );
            pipe.finding("position", "SET GLOBAL gtid_slave_pos='", '\'')
        };
        let mut plan = Plan::new("");
        plan.step(
            Step::run(["sh", "-c", "echo 1; cat"], "")
                .stdin("0-10-4\n")
                .answers_as("seen"),
        )
        .step(dump("SET GLOBAL gtid_slave_pos='0-10-3';"))
        .step(Step::run(["cat"], "").stdin("${seen} ${position}\n"));
        let (code, printed, _) = ran(&plan, folder.path());
        assert_eq!((code, printed.as_str()), (Some(0), "0-10-4 0-10-3\n"));

        let mut plan = Plan::new("");
        plan.step(dump("SET GLOBAL gtid_slave_pos='';"));
        assert_ne!(ran(&plan, folder.path()).0, Some(0));
    }
}

//! A plan as a complete shell script: `sh -eu` on it does what `--yes` does.

mod functions;
mod session;
mod verify;

use super::render::{escaped, pipe_ends};
use super::values::{Named, Source, names};
use super::{Action, Before, Finding, Plan, Probe, Step, Undo, heredoc, shell_line, sql_client};
use session::{begin_session, descriptors, session_name, sessions};
use std::fmt::Write;
use verify::verify_text;

/// How each begins. Exit statuses in it are those of the program.
const PRELUDE: &str = "#!/bin/sh
# Stops at the first command that fails.
set -eu
export LC_ALL=C
";

/// For plans that take back by themselves what was done when a step fails.
const WAY_BACK: &str = r#"
# Until the point of no return whatever fails takes back what was done, from the last to the first.
# Of one that fails no more is done; what others keep for it stays.
undo= holds=
back() {
  status=$?; trap - EXIT HUP INT TERM; set +e
  for step in $undo; do
    (set -e; "$step")
    [ $? = 0 ] || case " $holds " in *" $step "*) break ;; esac
  done
  exit "$status"
}
trap back EXIT
trap 'exit 130' HUP INT TERM
"#;

/// Returns the whole script. Checks that passed while planning are comments; the
/// probes of the wire and of other hosts are made again.
pub fn script(plan: &Plan, command: &str, probes: &[Probe]) -> String {
    let mut text = format!("\n# {command}\n# {}\n", plan.headline);
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
    format!("{PRELUDE}{}{text}", functions::called_by(&text))
}

/// Returns the lines that make or read a secret; it is never an argument of a command.
fn secret_text(secret: &Named, plan: &Plan) -> String {
    let name = &secret.name;
    let value = match &secret.source {
        Source::Made => "tr -dc A-Za-z0-9 </dev/urandom | head -c 28".to_owned(),
        Source::File(path) => {
            format!(
                "head -n 1 {} | tr -d '\\r'",
                word(&path.display().to_string())
            )
        }
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
            "{}=$(printf \"SET SESSION sql_log_off=1; SELECT PASSWORD('%s');\\n\" \"${name}\" |\n  {})",
            secret.hash(),
            shell_line(&sql_client(client))
        );
    }
    text
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
    let holds = match step.holds_the_rest {
        true => format!("holds=\"$holds back_{number}\"\n"),
        false => String::new(),
    };
    format!("back_{number}() {{\n{body}}}\nundo=\"back_{number} $undo\"\n{holds}")
}

fn probe_text(probe: &Probe) -> String {
    match probe {
        Probe::Address { address, interface } => format!(
            "arping -D -q -c 3 -w 1 -I {interface} {address} || refuse '{address} is in use'\n"
        ),
        Probe::Peer {
            host, addresses, ..
        } if !addresses.is_empty() => {
            let forms: String = addresses.iter().map(|ip| format!(" -e ' {ip}/'")).collect();
            format!(
                "ssh -o BatchMode=yes -o ConnectTimeout=5 root@{host} ip -brief address | grep -qF{forms} || refuse '{host} does not let root in by ssh, or is another host'\n"
            )
        }
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

#[cfg(test)]
mod tests;

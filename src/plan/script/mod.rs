//! A plan as a complete shell script: `sh -eu` on it does what `--yes` does.

mod functions;
mod session;
mod steps;
mod verify;
mod word;

use super::values::{Named, Source};
use super::{Action, Finding, Plan, Probe, Step, Undo, shell_line, sql_client};
use session::{begin_session, session_name, sessions};
use std::fmt::Write;
use steps::{file_back, step_text};
use verify::verify_text;
use word::word;

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
    let mut signals = "HUP INT TERM";
    if plan.outlives_terminal {
        text.push_str("\n# A session that ends does not stop it.\ntrap '' HUP\n");
        signals = "INT TERM";
    }
    if let (Some(danger), true) = (&plan.danger, plan.in_person) {
        let _ = writeln!(text, "typed {} {}", word(&danger.word), word(&danger.what));
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
            let _ = writeln!(text, "trap 'exit 130' {signals}\ntrap {trap} EXIT");
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
            let _ = writeln!(text, "trap - EXIT {signals}");
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
        Source::Typed(what) => format!("ask_secret {}", word(what)),
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
    match &step.undo {
        Undo::Steps { steps } => body.extend(steps.iter().map(|step| step_text(step, sessions))),
        Undo::Files { .. } => body.extend(file_back(&step.action, sessions)),
        // What the configuration was before is in the journal alone, which a script does not write.
        Undo::Nothing | Undo::Cib { .. } | Undo::Impossible { .. } => {}
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
        Probe::Ping { address } => {
            format!("! ping -n -c 2 -W 1 {address} >/dev/null || refuse '{address} answers'\n")
        }
        Probe::Peer {
            host,
            addresses,
            away: true,
            ..
        } => std::iter::once(host)
            .chain(addresses)
            .map(|at| {
                format!(
                    "! ssh -o BatchMode=yes -o ConnectTimeout=5 root@{at} true </dev/null 2>/dev/null || refuse '{at} lets ssh in'\n"
                )
            })
            .collect(),
        Probe::Peer {
            host, addresses, ..
        } if !addresses.is_empty() => {
            let forms: String = addresses.iter().map(|ip| format!(" -e ' {ip}/'")).collect();
            format!(
                "ssh -o BatchMode=yes -o ConnectTimeout=5 root@{host} ip -brief address </dev/null | grep -qF{forms} || refuse '{host} does not let root in by ssh, or is another host'\n"
            )
        }
        Probe::Peer { host, .. } => format!(
            "ssh -o BatchMode=yes -o ConnectTimeout=5 root@{host} true </dev/null || refuse '{host} does not let root in by ssh'\n"
        ),
        // What it found is said in the plan; nothing is decided by it here.
        Probe::Transactions { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests;

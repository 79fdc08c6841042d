//! A plan as a complete shell script: `sh -eu` on it does what `--yes` does.

use super::{Action, Finding, NodeState, Plan, Probe, Step, Verify, heredoc, shell_line};
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
not() { ! "$@"; }
"#;

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
    for (at, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(text, "\n# {}. {}", at + 1, step.why);
        let clearing: String = step.on_failure.iter().map(step_text).collect();
        if !clearing.is_empty() {
            // Without a trap of its own for the signals, dash would end without the one for EXIT.
            let trap = word(&format!("trap - EXIT\n{clearing}"));
            let _ = writeln!(text, "trap 'exit 130' HUP INT TERM\ntrap {trap} EXIT");
        }
        text.push_str(&step_text(step));
        for verify in &step.verify {
            for (what, command) in verify_text(verify) {
                let _ = writeln!(
                    text,
                    "wait_until {} {} {command}",
                    step.deadline,
                    word(&what)
                );
            }
        }
        if !clearing.is_empty() {
            text.push_str("trap - EXIT HUP INT TERM\n");
        }
    }
    text
}

fn probe_text(probe: &Probe) -> String {
    match probe {
        Probe::Address { address, interface } => format!(
            "arping -D -q -c 3 -w 1 -I {interface} {address} || refuse '{address} is in use'\n"
        ),
        Probe::Peer { host, .. } => format!(
            "ssh -o BatchMode=yes -o ConnectTimeout=5 root@{host} true || refuse '{host} does not let root in by ssh'\n"
        ),
    }
}

fn step_text(step: &Step) -> String {
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
    let Some((argv, stdin)) = step.command() else {
        return String::new();
    };
    match stdin {
        None => format!("{} </dev/null\n", shell_line(&argv)),
        Some(stdin) => {
            let (open, rest) = heredoc(&stdin);
            format!("{} {open}\n{rest}\n", shell_line(&argv))
        }
    }
}

fn word(text: &str) -> String {
    shell_line(&[text.to_owned()])
}

/// Returns each thing to wait for: the sentence, and the command that finds out.
fn verify_text(verify: &Verify) -> Vec<(String, String)> {
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
        Verify::Prints { argv, text, .. } => {
            one(format!("prints {} {}", word(text), shell_line(argv)))
        }
    }
}

//! What a script waits for: each proof as a command that finds out.

use super::session::descriptors;
use super::word::{double, word};
use crate::plan::{NodeState, Step, UTF8, Verify, over_ssh, shell_line};

/// Returns each thing to wait for: the sentence, and the command that finds out.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of proof")]
pub(super) fn verify_text(verify: &Verify, sessions: &[String]) -> Vec<(String, String)> {
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
        Verify::Once { thing, .. } => one(format!("once {}", word(thing))),
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
                    Some(host) => over_ssh(host, &argv),
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
            let argv =
                ["mariadb", UTF8, "--batch", "--skip-print-query-on-error"].map(str::to_owned);
            let argv = match host {
                Some(host) => over_ssh(host, &argv),
                None => argv.to_vec(),
            };
            one(format!("replicates {primary} {}", shell_line(&argv)))
        }
        Verify::Linked { columns } => {
            let lines: Vec<String> = columns
                .iter()
                .filter(|(_, value)| !value.is_empty() && *value != "Connecting")
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            one(format!("linked {}", word(&lines.join("\n"))))
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

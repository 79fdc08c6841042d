//! What is shown is what is run: a plan's commands as JSON and as a script, beside the calls.

use crate::support::host::{Call, Host};
use serde_json::Value;

/// What `--output json` and `--output sh` showed before a plan was carried out.
pub struct Shown {
    commands: Vec<Call>,
    script: String,
}

/// Asks for both, where a line is about to carry out a plan and no tool was told to fail.
pub fn before(host: &mut Host, command: &str) -> Option<Shown> {
    let plain = !command.contains(['|', '>', '&', ';', '$']);
    if host.faulty || !plain || !command.starts_with("bascule ") || !command.contains(" --yes") {
        return None;
    }
    let (json, status) = host.run(&command.replace("--yes", "--dry-run --output json"));
    let (script, _) = host.run(&command.replace("--yes", "--dry-run --output sh"));
    if status != 0 || !host.is_sandbox() {
        return None;
    }
    let plan: Value = serde_json::from_str(&json).unwrap_or_else(|e| panic!("{e}: {json}"));
    let steps = plan["plan"]["steps"].as_array();
    let commands = steps.into_iter().flatten().filter_map(call).collect();
    Some(Shown { commands, script })
}

/// Returns the command of a step as JSON shows it; none for a file.
fn call(step: &Value) -> Option<Call> {
    let argv = step["command"]["argv"].as_array()?;
    Some(Call {
        argv: argv
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect(),
        stdin: step["command"]["stdin"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    })
}

impl Shown {
    /// Compares with the calls that changed something.
    pub fn is_what_was_run(&self, calls: &[Call], command: &str) {
        assert_eq!(self.commands, calls, "run by: {command}");
        let lines: Vec<Vec<String>> = self.script.lines().filter_map(shlex::split).collect();
        for call in calls {
            let stands = lines.iter().any(|line| {
                line.starts_with(&call.argv) && matches!(line[call.argv.len()..].first(), Some(word) if word.starts_with('<'))
            });
            assert!(stands, "{:?} is no line of:\n{}", call.argv, self.script);
            assert!(
                self.script.contains(&call.stdin),
                "{} is not in:\n{}",
                call.stdin,
                self.script
            );
        }
    }
}

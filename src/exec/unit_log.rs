//! What a service itself said when it would not start: systemctl only says where to look.

use crate::facts::tool;
use std::time::Duration;

/// How many of a unit's last lines are looked through.
const LINES: &str = "40";

/// How many of them are shown.
const SHOWN: usize = 3;

/// Returns what the units that a failed `systemctl start` or `restart` was about said last, each with
/// its name before it; none where the command was another one, or they said nothing.
///
/// Of units that depend on each other only the first one's words say why.
pub fn last_words(argv: &[String], since: Duration) -> Vec<String> {
    units(argv)
        .iter()
        .map(|unit| unit_words(unit, since))
        .find(|said| !said.is_empty())
        .unwrap_or_default()
}

/// Returns the units that such a command starts.
fn units(argv: &[String]) -> Vec<String> {
    match argv
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [
            "systemctl",
            "start" | "restart" | "reload-or-restart",
            units @ ..,
        ] => units
            .iter()
            .filter(|unit| !unit.starts_with('-'))
            .map(|&unit| unit.to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

fn unit_words(unit: &str, since: Duration) -> Vec<String> {
    let since = format!("-{}s", since.as_secs() + 1);
    let argv = [
        "journalctl",
        "--quiet",
        "--no-pager",
        "--unit",
        unit,
        "--since",
        &since,
        "--lines",
        LINES,
        "--output",
        "cat",
    ];
    match tool::read(&argv, Duration::from_secs(5)) {
        Ok(output) => telling(unit, &output.stdout),
        Err(_) => Vec::new(),
    }
}

/// Returns the lines that say why: not those by which systemd and the service tell of its start and end.
fn telling(unit: &str, log: &str) -> Vec<String> {
    let own = format!("{}.service: ", unit.trim_end_matches(".service"));
    let frame = |line: &str| {
        line.starts_with(&own)
            || [
                "Starting ",
                "Started ",
                "Stopping ",
                "Stopped ",
                "Failed to start ",
            ]
            .iter()
            .any(|start| line.starts_with(start))
            || line.contains("built-in features:")
            || line.ends_with(" starting up")
            || line.contains(" exiting with status ")
    };
    let lines: Vec<&str> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !frame(line))
        .collect();
    let first = lines.len().saturating_sub(SHOWN);
    lines[first..]
        .iter()
        .map(|line| format!("{unit} says: {line}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As corosync 3.1.7 says it on bookworm, and apache2 of trixie.
    #[test]
    fn of_a_units_log_the_line_that_says_why_is_shown() {
        let corosync = "Starting corosync.service - Corosync Cluster Engine...\n  \
            [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n  \
            [MAIN  ] Corosync built-in features: dbus monitoring watchdog augeas systemd xmlconf vqsim nozzle snmp pie relro bindnow\n  \
            [MAIN  ] parse error in config: for a multi-link configuration, all nodes must have a 'name' attribute\n  \
            [MAIN  ] Corosync Cluster Engine exiting with status 8 at main.c:1445.\n\
            corosync.service: Main process exited, code=exited, status=8/n/a\n\
            corosync.service: Failed with result 'exit-code'.\n\
            Failed to start corosync.service - Corosync Cluster Engine.\n";
        assert_eq!(
            telling("corosync", corosync),
            [
                "corosync says: [MAIN  ] parse error in config: for a multi-link configuration, all nodes \
                 must have a 'name' attribute"
            ]
        );
        assert_eq!(telling("corosync", ""), Vec::<String>::new());
    }

    #[test]
    fn only_a_start_has_units() {
        let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        assert_eq!(
            units(&words("systemctl start --no-block corosync pacemaker")),
            ["corosync", "pacemaker"]
        );
        assert_eq!(units(&words("systemctl restart mariadb")), ["mariadb"]);
        assert!(units(&words("systemctl stop corosync")).is_empty());
        assert!(units(&words("crm resource start corosync")).is_empty());
    }
}

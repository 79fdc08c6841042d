//! systemd units, by one `systemctl show` for all that are asked for.

use super::{READING, tool};
use crate::plan::over_ssh;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A systemd unit as systemd sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// True when systemd knows it.
    pub exists: bool,
    /// True when it is started at boot.
    pub enabled: bool,
    /// True when it runs.
    pub active: bool,
    /// True when somebody has masked it: nothing starts it then. systemd calls such a unit not loaded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
}

/// Reads units on this host.
pub fn read(names: &[String]) -> BTreeMap<String, Unit> {
    match tool::read(&show(names), READING) {
        Ok(output) => parse(names, &output.stdout),
        Err(_) => names
            .iter()
            .map(|name| (name.clone(), Unit::default()))
            .collect(),
    }
}

/// Reads units here or on another host; none where systemd does not answer.
pub fn read_on(host: Option<&str>, names: &[String]) -> Option<BTreeMap<String, Unit>> {
    let argv = match host {
        Some(host) => over_ssh(host, &show(names)),
        None => show(names),
    };
    let output = tool::read(&argv, READING).ok()?;
    (output.code == Some(0)).then(|| parse(names, &output.stdout))
}

/// Returns the argv that shows units.
pub fn show(names: &[String]) -> Vec<String> {
    let mut argv: Vec<String> = [
        "systemctl",
        "show",
        "--property=LoadState,UnitFileState,ActiveState",
    ]
    .map(str::to_owned)
    .to_vec();
    argv.extend(names.iter().map(|name| service(name)));
    argv
}

/// Parses `systemctl show`: a paragraph for each unit, in the order they were asked for.
pub fn parse(names: &[String], text: &str) -> BTreeMap<String, Unit> {
    let mut paragraphs = text.split("\n\n");
    names
        .iter()
        .map(|name| {
            let fields: BTreeMap<&str, &str> = paragraphs
                .next()
                .unwrap_or_default()
                .lines()
                .filter_map(|line| line.split_once('='))
                .collect();
            let is = |field: &str, values: &[&str]| {
                fields
                    .get(field)
                    .is_some_and(|value| values.contains(value))
            };
            let unit = Unit {
                exists: is("LoadState", &["loaded"]),
                masked: is("LoadState", &["masked"]),
                enabled: is("UnitFileState", &["enabled", "enabled-runtime"]),
                active: is("ActiveState", &["active", "activating", "reloading"]),
            };
            (name.clone(), unit)
        })
        .collect()
}

/// Returns a unit's full name: a bare one is a service.
pub(super) fn service(name: &str) -> String {
    if name.contains('.') {
        name.to_owned()
    } else {
        format!("{name}.service")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_has_its_own_paragraph() {
        let names = ["apache2".to_owned(), "nope".to_owned()];
        let text = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n\
                    LoadState=not-found\nActiveState=inactive\nUnitFileState=\n";
        let units = parse(&names, text);
        assert_eq!(
            units["apache2"],
            Unit {
                exists: true,
                enabled: true,
                active: true,
                masked: false
            }
        );
        assert_eq!(units["nope"], Unit::default());
        let masked = "LoadState=masked\nActiveState=inactive\nUnitFileState=masked\n";
        let units = parse(&names[..1], masked);
        assert!(units["apache2"].masked && !units["apache2"].exists);
    }
}

//! Services that systemd knows, and resource agents, with the line that each says of itself.

use crate::cib::Agent;
use crate::complete::Candidate;
use crate::complete::asking::{Asking, parses_as};
use crate::complete::files::names_in;
use crate::facts;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where units lie: the first folder that has one wins, as for systemd.
const UNITS: [&str; 4] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/lib/systemd/system",
    // Scripts of /etc/init.d, which systemd makes units of.
    "/run/systemd/generator.late",
];

/// Where OCF agents lie.
const AGENTS: &str = "/usr/lib/ocf/resource.d";

/// Where the older kind of services lies.
const SCRIPTS: &str = "/etc/init.d";

/// The function that finds the line that a file says of itself.
type Line = fn(&str) -> Option<String>;

/// Services that systemd knows, for `web add`.
pub fn units(about: &Asking) -> Vec<Candidate> {
    let typed = about.typed.as_str();
    let names = services().into_iter();
    names
        .filter(|(name, _)| {
            name.starts_with(typed) && parses_as::<Agent>(&format!("systemd:{name}"))
        })
        .filter(|(name, path)| is_a_service_to_run(name, path))
        .map(|(name, path)| Candidate::new(name, help(&about.described, &path, unit)))
        .collect()
}

/// Returns true for what an administrator starts: not what systemd and the cluster are made of.
fn is_a_service_to_run(name: &str, path: &Path) -> bool {
    let own = name.starts_with("systemd-") || ["corosync", "pacemaker", "dbus"].contains(&name);
    // A unit that cannot be enabled is started by others; a script's has no such section at all.
    let generated = path.starts_with("/run/systemd/generator.late");
    let text = facts::look_into(path).unwrap_or_default();
    !own && (generated || text.lines().any(|line| line.trim_end() == "[Install]"))
}

/// Returns the services by name, each with its file.
fn services() -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for folder in UNITS {
        for name in names_in(folder) {
            // A template needs an instance; it is no service by itself.
            if let Some(name) = name.strip_suffix(".service").filter(|n| !n.contains('@')) {
                found
                    .entry(name.to_owned())
                    .or_insert_with(|| Path::new(folder).join(format!("{name}.service")));
            }
        }
    }
    // Whoever masks a unit does not want it started.
    let masked =
        |path: &Path| std::fs::read_link(path).is_ok_and(|to| to == Path::new("/dev/null"));
    found.retain(|_, path| !masked(path));
    found
}

/// Resource agents as Pacemaker writes them: `ocf:`, `systemd:` and `lsb:` names.
pub fn agents(about: &Asking) -> Vec<Candidate> {
    let mut found: Vec<(String, PathBuf, Line)> = Vec::new();
    for provider in names_in(AGENTS) {
        let folder = Path::new(AGENTS).join(&provider);
        let names = names_in(&folder).into_iter();
        found.extend(names.map(|name| {
            let path = folder.join(&name);
            (format!("ocf:{provider}:{name}"), path, agent as _)
        }));
    }
    let units = services().into_iter();
    found.extend(units.map(|(name, path)| (format!("systemd:{name}"), path, unit as _)));
    let scripts = names_in(SCRIPTS).into_iter();
    found.extend(scripts.map(|name| {
        let path = Path::new(SCRIPTS).join(&name);
        (format!("lsb:{name}"), path, script as _)
    }));
    found
        .into_iter()
        .filter(|(name, ..)| name.starts_with(&about.typed) && parses_as::<Agent>(name))
        .map(|(name, path, read)| Candidate::new(name, help(&about.described, &path, read)))
        .collect()
}

/// Returns what a file says of itself, where somebody will read it.
fn help(described: &bool, path: &Path, read: Line) -> String {
    if !described {
        return String::new();
    }
    // An agent may be a program; its bytes are no text.
    let text = std::fs::read(path).unwrap_or_default();
    read(&String::from_utf8_lossy(&text)).unwrap_or_default()
}

/// Returns a unit's `Description=`.
fn unit(text: &str) -> Option<String> {
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix("Description="))
        .map(|line| line.trim().to_owned())
}

/// Returns an init script's `Short-Description:`.
fn script(text: &str) -> Option<String> {
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix("# Short-Description:"))
        .map(|line| line.trim().to_owned())
}

/// Returns the one-line description in an agent's metadata: that of the agent comes behind its long
/// one, those of its parameters after it.
fn agent(text: &str) -> Option<String> {
    let from = text.find("</longdesc>").unwrap_or(0);
    let (_, rest) = text[from..].split_once("<shortdesc")?;
    let (_, rest) = rest.split_once('>')?;
    let (line, _) = rest.split_once("</shortdesc>")?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    // What is put together while the agent runs.
    (!line.contains('$')).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_described_by_its_own_line_not_by_a_parameter_s() {
        let text = "meta() {\ncat <<END\n<longdesc lang=\"en\">\nlong\n</longdesc>\n\
            <shortdesc lang=\"en\">Manages virtual\n  addresses</shortdesc>\n<parameters>\n\
            <longdesc>x</longdesc><shortdesc lang=\"en\">the address</shortdesc>";
        assert_eq!(agent(text).as_deref(), Some("Manages virtual addresses"));
        assert_eq!(agent("#!/bin/sh"), None);
    }

    #[test]
    fn units_and_scripts_are_described_by_their_own_line() {
        let text = "[Unit]\nDescription=The Apache HTTP Server\n";
        assert_eq!(unit(text).as_deref(), Some("The Apache HTTP Server"));
        let text = "### BEGIN INIT INFO\n# Short-Description: Apache2 web server\n";
        assert_eq!(script(text).as_deref(), Some("Apache2 web server"));
    }
}

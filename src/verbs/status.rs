//! `status`: one screen that says how the cluster is, what is wrong and what to do.

mod database;
mod document;
mod run;
mod watched;
mod width;

use super::{journal, problems};
use crate::cib::{Cib, Fencing, Object, Version};
use crate::facts::{Cluster, Facts, FenceState, Monitor, MonitorResource, Needs, NodeKind};
use crate::fencing::device::devices_of;
use crate::fencing::proven::{Proof, proof};
use crate::health;
use crate::health::Problem;
use crate::host::Host;
use crate::journal::Operation;
use crate::plan::Refusal;
use crate::report::{Prose, Report, Role, Span};
use crate::resources::preconditions;
use crate::verb::Look;
use crate::wording::ago;
use clap::Args;
use unicode_width::UnicodeWidthStr;
use width::{cluster_name, name_width};

/// How the cluster is: nodes, what runs where, what is wrong and what to do
#[derive(Debug, Args)]
pub struct Status {
    /// Keep it current, once a second, with what happened, until q or Ctrl-C
    ///
    /// What has changed is marked with » for five seconds. Without a terminal each event is a line, and with
    /// `--output json` each change a document.
    #[arg(short, long)]
    watch: bool,
}

/// The parts of the screen beside the cluster itself.
#[derive(Default)]
pub struct Screen {
    last: Option<Operation>,
    /// The version of the configuration that the last operation on it left.
    known: Option<Version>,
    unfinished: Vec<String>,
}

/// How many resources stand below each other on a node before the rest is only counted.
const ROWS: usize = 12;

impl Look for Screen {
    fn needs(&self) -> Needs {
        Needs {
            units: vec!["corosync".to_owned(), "pacemaker".to_owned()],
            ..health::needs()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        health::needs_then(facts)
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        Ok(self.shown(facts, &health::problems(facts)))
    }
}

impl Screen {
    /// Returns what is shown of the facts, and of what is wrong by them.
    fn shown(&self, facts: &Facts, problems: &[Problem]) -> Report {
        let mut report = Report::new(&self.document(facts, problems));
        report.say("");
        if health::is_bare(facts) {
            how_to_begin(facts, &mut report);
        } else {
            let width = name_width(facts);
            headline(facts, width, &mut report);
            match (facts.cib(), &facts.monitor) {
                (Some(cib), Some(monitor)) => running(cib, monitor, width, &mut report),
                (cib, _) => at_rest(facts, cib, width, &mut report),
            }
        }
        database::line(facts, &mut report);
        self.last_change(facts, &mut report);
        for line in &self.unfinished {
            report.say("");
            report.line([Span::new(Role::Warn, "  ! "), Span::from(line.as_str())]);
        }
        for problem in problems {
            problems::tell(problem, &mut report);
        }
        report.say("");
        report
    }

    /// Returns the parts that this host's journal has.
    fn of_journal(host: &Host) -> Screen {
        let operations = host.journal().operations().unwrap_or_default();
        let mut unfinished = journal::unfinished(host);
        unfinished.extend(journal::half_undone(&operations));
        let known = operations.iter().rev().find_map(Operation::version_after);
        Screen {
            last: operations.into_iter().next_back(),
            known,
            unfinished,
        }
    }

    fn last_change(&self, facts: &Facts, report: &mut Report) {
        let since = facts.cib().and_then(|cib| self.since(cib));
        let width = name_width(facts) + 4;
        let label = |text: &str| Span::new(Role::Dim, format!("  {text:<width$}"));
        let below = Prose::below(width + 2);
        let Some(last) = &self.last else {
            if let Some(words) = since {
                report.prose(below, [label("last change"), Span::from(words)]);
            }
            return;
        };
        let begin = &last.begin;
        let words = format!(
            "{}, operation {}: {} ({}, {})",
            time_ago(&begin.at),
            begin.id,
            begin.command,
            begin.by.user,
            last.status().word()
        );
        report.prose(below, [label("last change"), Span::from(words)]);
        if let Some(words) = since {
            let words = format!("since then {words}");
            report.prose(below, [label(""), Span::from(words)]);
        }
    }

    /// Returns how the configuration was changed by somebody else after this host's last operation.
    fn since(&self, cib: &Cib) -> Option<String> {
        let now = cib.version();
        if self
            .known
            .is_some_and(|known| known.same_configuration(&now))
        {
            return None;
        }
        let written = cib.written();
        let moment = written.moment();
        let last = self.last.as_ref().and_then(|last| {
            let at = match &last.finish {
                Some(finish) => &finish.at,
                None => &last.begin.at,
            };
            at.parse::<jiff::Timestamp>().ok()
        });
        // What an operation did without a copy of what it left: its own.
        let copied = self
            .last
            .as_ref()
            .is_some_and(|last| last.version_after().is_some());
        if let (Some(moment), Some(last), false) = (moment, last, copied)
            && moment <= last
        {
            return None;
        }
        if written.at.is_empty() || (self.known.is_none() && moment.is_none()) {
            return None;
        }
        let when = moment.map_or_else(
            || format!("at {}", written.at),
            |moment| time_ago(&moment.to_string()),
        );
        let by = written.by();
        let times = self
            .known
            .map_or(0, |known| match known.admin_epoch == now.admin_epoch {
                true => now.epoch.saturating_sub(known.epoch),
                false => 0,
            });
        Some(match (times, self.last.is_some()) {
            (2.., true) => format!("the configuration changed {times} times, last {when} {by}"),
            (_, true) => format!("the configuration changed, {when} {by}"),
            (_, false) => format!("{when}, {by}"),
        })
    }
}

/// Says how a host becomes a cluster.
fn how_to_begin(facts: &Facts, report: &mut Report) {
    let packaged = facts.live_cib().is_some();
    report.line([Span::from(if packaged {
        format!("  {}", preconditions::only_the_packages_own(facts))
    } else {
        format!("  there is no cluster on {} yet", facts.host)
    })]);
    let init = format!(
        "bascule cluster init --name NAME --node {}=ADDRESS --node OTHER=ADDRESS",
        facts.host
    );
    for (purpose, command) in [
        ("  to make one             ", init.as_str()),
        ("  to join one, on this host  ", "bascule cluster join HOST"),
    ] {
        report.line([
            Span::from(format!("{purpose:<30}")),
            Span::new(Role::Command, command),
        ]);
    }
}

fn headline(facts: &Facts, width: usize, report: &mut Report) {
    // What runs counts; the file only where nothing runs.
    let two_node = match health::votes(facts) {
        Some(votes) => votes.has("2Node"),
        None => health::configured(facts).is_some_and(|conf| conf.two_node()),
    };
    let mut line = vec![
        Span::from("  "),
        Span::new(Role::Strong, cluster_name(facts)),
        Span::from(" ".repeat(width + 4 - cluster_name(facts).width())),
    ];
    match (&facts.monitor, &facts.cluster) {
        (Some(monitor), _) => {
            // Only these have a vote.
            let members = monitor.members().count();
            let online = monitor.members().filter(|node| node.online).count();
            let (role, word) = match monitor.quorum {
                true if online == members => (Role::Plain, "quorum"),
                true => (Role::Warn, "quorum"),
                false => (Role::Fail, "no quorum:"),
            };
            line.push(Span::new(role, format!("{word} {online} of {members}")));
        }
        (None, Cluster::Running(_)) => line.push(Span::new(Role::Warn, "starting")),
        (None, _) => {
            let absence = facts.cluster.absence().unwrap_or_default();
            let absence = absence.trim_start_matches("the cluster ").to_owned();
            line.push(Span::new(Role::Fail, absence));
            line.push(Span::from("; on disk:"));
        }
    }
    let asleep = facts.live_cib().is_none();
    if two_node {
        line.push(Span::from(if asleep { " two_node" } else { ", two_node" }));
    }
    if let Some(cib) = facts.cib() {
        line.push(Span::from(if asleep && !two_node { " " } else { " · " }));
        match cib.fencing() {
            Fencing::On => {
                line.push(Span::from("fencing on"));
                if !all_fired(cib) {
                    line.push(Span::from(", untested "));
                    line.push(Span::new(Role::Warn, "!"));
                }
            }
            fencing => {
                let off = fencing == Fencing::Off;
                let words = if off {
                    "fencing off "
                } else {
                    "fencing on without a device "
                };
                line.push(Span::from(words));
                line.push(Span::new(Role::Warn, "!"));
            }
        }
    }
    report.line(line);
}

/// Returns whether the fencing of every node was fired.
fn all_fired(cib: &Cib) -> bool {
    let mut fenced = cib
        .nodes()
        .iter()
        .filter(|node| !devices_of(cib, &node.name).is_empty());
    fenced.all(|node| matches!(proof(cib, &node.name), Proof::Fired(_)))
}

/// For how long it is told that a node was switched off, in seconds.
const SHOT: i64 = 86_400;

/// Returns by whom a node was switched off of late, and when.
fn shot(monitor: &Monitor, node: &str) -> Option<String> {
    let last = monitor.last_fencing(node)?;
    let at = last.ended().filter(|_| last.state == FenceState::Done)?;
    let fresh = jiff::Timestamp::now().as_second() - at.as_second() < SHOT;
    let by = last.delegate.as_deref().unwrap_or(&last.origin);
    fresh.then(|| format!("switched off by {by} {}", ago(at)))
}

fn running(cib: &Cib, monitor: &Monitor, width: usize, report: &mut Report) {
    for node in &monitor.nodes {
        let state = node.state();
        let (role, mark) = match state {
            "online" => (Role::Ok, "●"),
            "offline" | "unclean" => (Role::Fail, "○"),
            _ => (Role::Warn, "◐"),
        };
        let mut entries = Vec::new();
        if state != "online" {
            entries.push(Span::new(role, state));
        }
        if let Some(when) = shot(monitor, &node.name) {
            entries.push(Span::new(Role::Warn, when));
        }
        match node.kind {
            NodeKind::Member => {}
            NodeKind::Remote => entries.push(Span::new(Role::Dim, "remote node")),
            NodeKind::Guest => entries.push(Span::new(Role::Dim, "guest node")),
        }
        entries.extend(entries_on(cib, monitor, &node.name));
        rows(mark, role, &node.name, width, entries, report);
    }
}

/// Returns what runs on a node: groups and clones with their members in brackets.
fn entries_on(cib: &Cib, monitor: &Monitor, node: &str) -> Vec<Span> {
    let mut entries: Vec<(String, Vec<&MonitorResource>)> = Vec::new();
    for part in &monitor.resources {
        if !part.nodes.iter().any(|name| name == node) {
            continue;
        }
        match entries
            .iter_mut()
            .find(|(top, _)| top == part.outermost_id())
        {
            Some((_, parts)) => parts.push(part),
            None => entries.push((part.outermost_id().to_owned(), vec![part])),
        }
    }
    entries
        .into_iter()
        .map(|(top, parts)| {
            let bad = parts
                .iter()
                .any(|part| part.failed || part.blocked || part.orphaned);
            let texts: Vec<String> = parts.iter().map(|part| part_text(cib, part)).collect();
            let text = match parts.as_slice() {
                [part] if part.id == top => texts.concat(),
                _ => format!("{top} ({})", texts.join(", ")),
            };
            Span::new(if bad { Role::Fail } else { Role::Plain }, text)
        })
        .collect()
}

fn part_text(cib: &Cib, part: &MonitorResource) -> String {
    let what = match cib.object(&part.id).and_then(Object::primitive) {
        Some(primitive) => match primitive.virtual_address() {
            Some(ip) => ip.to_owned(),
            None => primitive.agent.name.clone(),
        },
        None => part.agent.clone(),
    };
    let state = match part {
        _ if part.blocked => " blocked",
        _ if part.orphaned && cib.object(&part.id).is_some() => " one copy too many",
        _ if part.orphaned => " no longer configured",
        _ if part.failed => " failed",
        _ if part.role == "Starting" => " starting",
        _ if part.role == "Stopping" => " stopping",
        _ if part.pending => " in work",
        _ if !part.managed && part.promoted() => " promoted, unmanaged",
        _ if !part.managed => " unmanaged",
        _ if part.promoted() => " promoted",
        _ => "",
    };
    format!("{} {what}{state}", part.id)
}

/// Adds a node's lines: all on one when they are few, else below each other.
fn rows(
    mark: &str,
    role: Role,
    name: &str,
    width: usize,
    mut entries: Vec<Span>,
    report: &mut Report,
) {
    let more = entries.len().saturating_sub(ROWS);
    entries.truncate(ROWS);
    if more > 0 {
        entries.push(Span::new(Role::Dim, format!("and {more} more: crm_mon -1")));
    }
    let long: usize = entries.iter().map(|entry| entry.text.width() + 3).sum();
    let one_line = width + 6 + long <= 100;
    let mut line = vec![
        Span::from("  "),
        Span::new(role, mark),
        Span::from(" "),
        Span::new(Role::Strong, name),
    ];
    let gap = " ".repeat(width + 2 - name.width());
    if entries.is_empty() {
        report.line(line);
        return;
    }
    line.push(Span::from(gap));
    for (at, entry) in entries.into_iter().enumerate() {
        if at > 0 && one_line {
            line.push(Span::from("   "));
        } else if at > 0 {
            report.line(std::mem::take(&mut line));
            line.push(Span::from(" ".repeat(width + 6)));
        }
        line.push(entry);
    }
    report.line(line);
}

/// Tells what is known of a cluster that does not run here: its nodes and what is configured.
fn at_rest(facts: &Facts, cib: Option<&Cib>, width: usize, report: &mut Report) {
    for node in health::configured(facts)
        .iter()
        .flat_map(|conf| conf.nodes())
    {
        let address = Span::new(Role::Dim, node.addresses.join(", "));
        rows("○", Role::Dim, node.label(), width, vec![address], report);
    }
    let Some(cib) = cib else {
        return;
    };
    let configured: Vec<String> = cib
        .whole_resources()
        .map(|object| object.id().to_owned())
        .collect();
    if !configured.is_empty() {
        let shown = configured[..configured.len().min(ROWS)].join(", ");
        let more = match configured.len().saturating_sub(ROWS) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        report.line([
            Span::new(Role::Dim, format!("  {:<1$}", "configured", width + 4)),
            Span::from(format!("{shown}{more}")),
        ]);
    }
    let daemons: Vec<String> = facts
        .units
        .iter()
        .map(|(name, unit)| match (unit.exists, unit.active) {
            (false, _) => format!("{name} is not installed"),
            (_, true) => format!("{name} runs"),
            (_, false) => format!("{name} is stopped"),
        })
        .collect();
    report.line([
        Span::new(Role::Dim, format!("  {:<1$}", "daemons", width + 4)),
        Span::from(daemons.join(", ")),
    ]);
}

/// Returns how long ago a moment of the journal was, in words.
fn time_ago(at: &str) -> String {
    match at.parse::<jiff::Timestamp>() {
        Ok(then) => ago(then),
        Err(_) => at.to_owned(),
    }
}

#[cfg(test)]
mod tests;

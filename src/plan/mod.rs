//! What a verb intends, as data.
//!
//! A [`Plan`] is what the screen shows, what `--output sh` and `--output json` print, what the
//! journal keeps and what `exec` runs: one value, so none of them can say something else. This
//! module knows steps, not verbs.

mod again;
mod check;
mod client;
mod companion;
mod difference;
mod drill;
mod guard;
mod hosts;
mod line;
mod placeholder;
mod question;
mod refusal;
mod render;
mod script;
mod step;
pub mod values;
mod verify;

pub use again::{Again, THEN};
pub use check::{Check, Finding, Probe};
pub use client::{
    NOT_AS_BEFORE, UTF8, in_full, over_ssh, over_ssh_watched, session_begins, sql_client,
    typed_sql, typed_sql_unlogged, words,
};
pub use companion::Companion;
pub use difference::Difference;
pub use drill::{Drill, Expected};
pub use guard::{ANSWER, Guard};
pub use hosts::Answered;
pub use line::{heredoc, line_on, shell_line};
pub use question::Question;
pub use refusal::{Hint, Refusal, RefusalKind};
pub use render::{step_lines, title};
pub use script::script;
pub use step::{Action, Before, FileContent, Step, Undo, touches};
pub use verify::{NodeState, Verify};

use crate::cib::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything one verb intends to do on this host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this format, for readers of `--output json` and of old journals.
    #[serde(default = "format_version")]
    pub v: u32,
    /// What will be true once it has run, in one sentence.
    pub headline: String,
    /// What was looked at before anything is changed.
    pub checks: Vec<Check>,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// Set when the plan stops a service, drops data or fences.
    #[serde(default)]
    pub danger: Option<Danger>,
    /// Somebody must type the danger's word at a terminal, since nothing here can prove what it rests on:
    /// `--yes` does not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_person: bool,
    /// What an undo of the whole plan stops, where that is more than the resources it removes.
    #[serde(default)]
    pub undo_danger: Option<Danger>,
    /// The configuration version the plan was made on; another one makes the plan stale.
    #[serde(default)]
    pub base: Option<Version>,
    /// Why it can be shown but not run now, such as a cluster that is down.
    #[serde(default)]
    pub blocked: Option<Blocked>,
    /// The secrets that the steps name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<values::Named>,
    /// The point of no return, as a step's index: where a step before it does not end well, what
    /// was done is taken back at once. None: what was done stays, for `undo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_return: Option<usize>,
    /// The verb that takes the whole plan back once its point of no return is passed (or always,
    /// where it has none): words as they are typed, planned anew on what the hosts say then. None:
    /// each step has its own way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turned_back_by: Option<String>,
    /// What it brings to an end, whatever earlier operations left half done of it: the roles of two
    /// servers. Those of the same name are over then, and `undo` passes them over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<String>,
    /// Once it is done nothing of it is left: it does not ask but for a danger, and `undo` passes it over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaves_nothing: bool,
    /// A terminal that goes away does not stop it: what it does may end the session in which it was typed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outlives_terminal: bool,
    /// What to type next, once it has worked.
    #[serde(default)]
    pub next: Vec<String>,
    /// The other hosts it concerns, by what ssh takes, as they answered: known once it is agreed to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, Answered>,
    /// What it measures while it breaks something on purpose; absent of any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<Drill>,
    /// What must be asked before all of it can be told: it is planned anew with the answers.
    #[serde(skip)]
    pub questions: Vec<Question>,
}

/// Why a plan asks for more than a yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Danger {
    /// What the plan stops, drops or fences, as a sentence without full stop.
    pub what: String,
    /// The word that must be typed instead of `y`.
    pub word: String,
    /// True when a restart of MariaDB is all of it; left out otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
}

impl Danger {
    /// Returns a danger, and the word that is to be typed.
    pub fn new(what: impl Into<String>, word: impl Into<String>) -> Danger {
        Danger {
            what: what.into(),
            word: word.into(),
            restart: false,
        }
    }

    /// Returns the danger as that of a restart of MariaDB, where it is one.
    #[must_use]
    pub fn of_restart(self, restart: bool) -> Danger {
        Danger { restart, ..self }
    }

    /// Returns the danger of doing both.
    fn combined(one: Option<Danger>, other: Option<Danger>) -> Option<Danger> {
        match (one, other) {
            (Some(one), Some(other)) if one.what != other.what => Some(Danger::new(
                format!("{}; {}", one.what, other.what),
                one.word,
            )),
            (one, other) => one.or(other),
        }
    }
}

/// Why a plan cannot be run now, and what mends that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocked {
    /// Why, as a sentence without full stop.
    pub why: String,
    /// The command that mends it.
    pub mend: String,
}

impl Blocked {
    /// Returns the refusal to run the plan.
    pub fn refusal(&self) -> Refusal {
        Refusal::check(&self.why).hint("first", &self.mend)
    }
}

/// The version of the plan's and the journal's format.
pub const FORMAT: u32 = 1;

fn format_version() -> u32 {
    FORMAT
}

impl Plan {
    /// Returns an empty plan, which means: already true, nothing to do.
    pub fn new(headline: impl Into<String>) -> Plan {
        Plan {
            v: FORMAT,
            headline: headline.into(),
            checks: Vec::new(),
            steps: Vec::new(),
            danger: None,
            in_person: false,
            undo_danger: None,
            base: None,
            blocked: None,
            secrets: Vec::new(),
            no_return: None,
            settles: None,
            leaves_nothing: false,
            outlives_terminal: false,
            turned_back_by: None,
            next: Vec::new(),
            hosts: BTreeMap::new(),
            drill: None,
            questions: Vec::new(),
        }
    }

    /// Returns the plan of these words, which were typed behind `bascule`, as [`Refusal::of`] does.
    #[must_use]
    pub fn with_typed_words(mut self, words: &str) -> Plan {
        for check in &mut self.checks {
            if let Some(again) = check.again.take() {
                check.note = Some(again.line(words));
            }
        }
        self
    }

    /// Returns the plan of one of several verbs that were typed together, counted from 0.
    #[must_use]
    pub fn for_verb_at(mut self, at: usize) -> Plan {
        let checks = self.checks.iter_mut();
        for again in checks.filter_map(|check| check.again.as_mut()) {
            again.for_verb_at(at);
        }
        self
    }

    /// Returns true when everything asked for is already so.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Adds a check.
    pub fn check(&mut self, check: Check) -> &mut Plan {
        self.checks.push(check);
        self
    }

    /// Adds a step.
    pub fn step(&mut self, step: Step) -> &mut Plan {
        self.steps.push(step);
        self
    }

    /// Returns true when a step's text names this value.
    pub fn names(&self, name: &str) -> bool {
        let text = format!("${{{name}}}");
        self.steps.iter().any(|step| {
            step.command()
                .is_some_and(|(_, stdin)| stdin.is_some_and(|stdin| stdin.contains(&text)))
        })
    }

    /// Returns true when this step comes after the point of no return: half of it would be worse
    /// than all of it, so nobody's wish to stop is heeded any more.
    pub fn is_bound_to_end(&self, step: usize) -> bool {
        self.no_return
            .is_some_and(|point| point < step && point < self.steps.len())
    }

    /// Returns true when this step, should it not end well, has everything taken back by itself.
    pub fn returns_from(&self, step: usize) -> bool {
        self.no_return.is_some_and(|point| step < point)
    }

    /// Appends another plan, made on what this one leaves; what was checked twice is said once.
    pub fn absorb(&mut self, other: Plan) {
        // Only of what follows can the way back be its own.
        (self.no_return, self.turned_back_by) = if self.is_empty() {
            (other.no_return, other.turned_back_by)
        } else {
            (None, None)
        };
        self.settles = self.settles.take().or(other.settles);
        for secret in other.secrets {
            if !self.secrets.contains(&secret) {
                self.secrets.push(secret);
            }
        }
        for check in other.checks {
            if !self.checks.contains(&check) {
                self.checks.push(check);
            }
        }
        self.questions.extend(other.questions);
        self.steps.extend(other.steps);
        self.danger = Danger::combined(self.danger.take(), other.danger);
        self.in_person |= other.in_person;
        self.undo_danger = Danger::combined(self.undo_danger.take(), other.undo_danger);
        self.base = self.base.or(other.base);
        self.blocked = self.blocked.take().or(other.blocked);
        for next in other.next {
            if !self.next.contains(&next) {
                self.next.push(next);
            }
        }
    }

    /// Returns what still has to be looked at before the question may be asked. A host is asked
    /// once, for all that is wanted of it.
    pub fn probes(&self) -> Vec<Probe> {
        let mut probes: Vec<Probe> = Vec::new();
        for check in &self.checks {
            if let Finding::Pending(probe) = &check.finding
                && !probes.iter_mut().any(|known| known.includes(probe))
            {
                probes.push(probe.clone());
            }
        }
        probes
    }

    /// Returns the steps that no undo takes back, with the reason.
    pub fn irreversible(&self) -> Vec<(usize, &str)> {
        self.steps
            .iter()
            .enumerate()
            .filter_map(|(at, step)| match &step.undo {
                // What that verb takes back, it takes back as a whole.
                _ if self.turned_back_by.is_some() && !self.returns_from(at) => None,
                Undo::Impossible { reason } => Some((at, reason.as_str())),
                _ => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(host: &str, units: &[&str], web: Option<&str>) -> Check {
        let probe = Probe::Peer {
            host: host.to_owned(),
            addresses: Vec::new(),
            units: units.iter().map(|&unit| unit.to_owned()).collect(),
            files: Vec::new(),
            web: web.map(str::to_owned),
            away: false,
        };
        Check::pending(format!("asking {host}"), probe)
    }

    #[test]
    fn a_host_is_asked_once_for_everything() {
        let mut plan = Plan::new("");
        plan.check(asking("serv2", &["apache2"], Some("apache2")));
        plan.check(asking("serv3", &[], None));
        plan.check(asking("serv2", &["nginx", "apache2"], None));
        let probes = plan.probes();
        assert_eq!(probes.len(), 2);
        assert!(matches!(&probes[0], Probe::Peer { host, units, web, .. }
            if host == "serv2" && units == &["apache2", "nginx"] && web.is_some()));
    }

    #[test]
    fn what_two_plans_stop_is_said_of_both() {
        let stopping = |what: &str| {
            let mut plan = Plan::new("");
            plan.danger = Some(Danger::new(format!("{what} will stop"), what));
            plan
        };
        let mut plan = stopping("one");
        plan.absorb(stopping("other"));
        let danger = plan.danger.unwrap();
        assert_eq!(danger.what, "one will stop; other will stop");
        assert_eq!(danger.word, "one");
    }
}

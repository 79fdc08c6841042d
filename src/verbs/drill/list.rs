//! `drill`: which drills make sense here and now, and what each costs.

use super::client::Client;
use super::scene::{self, Scene};
use super::service::Service;
use super::strike::{self, Strike};
use super::{poweroff, service, silence, standby};
use crate::facts::{Facts, Needs};
use crate::plan::{Plan, Refusal};
use crate::report::{Document, Report, Role, Span};
use crate::verb::Look;
use clap::Args;
use serde::Serialize;

/// Which drills make sense here and now, and what each costs
#[derive(Debug, Args)]
pub struct List {}

/// `drill` and `drill list`: the drills, what each costs here and now, and why some are refused.
#[derive(Serialize)]
struct DrillListDocument {
    /// The drills.
    drills: Vec<ListedDrill>,
}

impl Document for DrillListDocument {}

/// A drill.
#[derive(Serialize)]
struct ListedDrill {
    /// What is typed behind `bascule drill`.
    words: String,
    /// The shortest outage that is foreseen, in seconds; null where it is refused.
    from: Option<f64>,
    /// The longest, in seconds; null where it is refused.
    to: Option<f64>,
    /// What it breaks; null where it is refused.
    breaks: Option<String>,
    /// Why it is refused now; null where it is not.
    refused: Option<String>,
    /// The command that leads to it; null where it is not refused, or nothing does.
    first: Option<String>,
}

fn service(name: impl Into<String>) -> Service {
    Service {
        name: name.into(),
        on: None,
        client: client(),
    }
}

fn client() -> Client {
    Client {
        from: None,
        targets: Vec::new(),
        word: None,
        rows: false,
    }
}

impl Look for List {
    fn needs(&self) -> Needs {
        scene::needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        scene::needs_then(facts).and(client().needs(facts))
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let scene = Scene::of(facts, &mut Plan::new(""))?;
        let drills: Vec<ListedDrill> = candidates(&scene)
            .iter()
            .map(|strike| listed(strike.as_ref(), facts))
            .collect();
        let rows = drills.iter().map(row).collect();
        let mut refused: Vec<(String, Option<String>)> = Vec::new();
        for drill in &drills {
            let why = drill.refused.clone().map(|why| (why, drill.first.clone()));
            refused.extend(why.filter(|why| !refused.contains(why)));
        }
        let mut report = Report::new(&DrillListDocument { drills });
        report.say("");
        report.table(rows);
        for (why, first) in refused {
            report.say("");
            report.line([Span::new(Role::Warn, "  ! "), Span::from(why)]);
            if let Some(first) = first {
                report.line([Span::from("    "), Span::new(Role::Command, first)]);
            }
        }
        report.say("");
        Ok(report)
    }
}

/// Returns the drills that this cluster could have.
fn candidates(scene: &Scene) -> Vec<Box<dyn Strike>> {
    let mut all: Vec<Box<dyn Strike>> = Vec::new();
    let names = || {
        scene
            .members
            .iter()
            .filter_map(|member| Some((member, member.name.parse().ok()?)))
    };
    for (_, node) in names() {
        all.push(Box::new(standby::Standby {
            node,
            client: client(),
        }));
    }
    for name in service::services(scene) {
        all.push(Box::new(service::Kill {
            service: service(name),
        }));
        all.push(Box::new(service::Freeze {
            service: service(name),
        }));
    }
    for (_, node) in names().filter(|(member, _)| !member.own) {
        all.push(Box::new(poweroff::Poweroff {
            node,
            client: client(),
        }));
    }
    for (_, node) in names() {
        all.push(Box::new(silence::Cut {
            node,
            client: client(),
        }));
    }
    if scene.members.len() > 1 {
        all.push(Box::new(service::Kill {
            service: service("corosync"),
        }));
        all.push(Box::new(service::Freeze {
            service: service("corosync"),
        }));
    }
    all
}

/// Returns a drill as it would be planned now.
fn listed(strike: &dyn Strike, facts: &Facts) -> ListedDrill {
    let words = strike.words();
    match strike::plan(strike, facts) {
        Ok(plan) => {
            let expected = plan.drill.map(|drill| drill.expected);
            ListedDrill {
                words,
                from: expected.as_ref().map(|expected| expected.from),
                to: expected.as_ref().map(|expected| expected.to),
                breaks: plan.danger.map(|danger| danger.what),
                refused: None,
                first: None,
            }
        }
        Err(refusal) => {
            let typed = format!("drill {words}");
            let refusal = refusal.with_typed_words(&typed);
            ListedDrill {
                words,
                from: None,
                to: None,
                breaks: None,
                refused: Some(refusal.what),
                first: refusal.hints.into_iter().next().map(|hint| hint.command),
            }
        }
    }
}

fn row(drill: &ListedDrill) -> Vec<Span> {
    let words = Span::new(Role::Command, format!("bascule drill {}", drill.words));
    match (drill.from, drill.to, &drill.breaks) {
        (Some(from), Some(to), Some(breaks)) => vec![
            words,
            Span::from(match to > 0.0 {
                true => format!("{from:.1} to {to:.1} s"),
                false => "no outage".to_owned(),
            }),
            Span::from(breaks.as_str()),
        ],
        _ => vec![words, Span::new(Role::Warn, "not now"), Span::from("")],
    }
}

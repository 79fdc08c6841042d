//! `why`: why a resource runs where it runs, or nowhere, or did not move back.

mod reasons;
#[cfg(test)]
mod tests;

use super::problems;
use crate::cib::{Cib, Score};
use crate::facts::{Facts, Monitor, Needs};
use crate::health;
use crate::health::Problem;
use crate::names::{Name, ResourceId};
use crate::plan::{Hint, Refusal};
use crate::report::{Document, Prose, Report, Role, Span};
use crate::resources::named::{Named, family, find_resource};
use crate::resources::preconditions;
use crate::verb::Look;
use crate::wording::list;
use clap::Args;
use reasons::Asked;
use serde::Serialize;

/// Why a resource runs where it runs, or nowhere, or did not move back
///
/// From the constraints, the scheduler's scores, the stickiness, what failed and how often, the state of the nodes and
/// of the cluster: in sentences, each with the next command where there is one.
#[derive(Debug, Args)]
pub struct Why {
    /// The resource, group or clone
    #[arg(value_name = "RESOURCE", add = Name::Resource)]
    name: ResourceId,
}

/// `why`: why a resource runs where it runs, or nowhere.
#[derive(Serialize)]
struct WhyDocument<'a> {
    /// Its id.
    resource: &'a str,
    /// The group or clone that holds it, the outermost one, or itself.
    whole: &'a str,
    /// Where it runs, or a part of it; empty where it runs nowhere.
    runs: Vec<&'a str>,
    /// The nodes, in the cluster's order; empty while the cluster does not run here.
    nodes: Vec<NodeForIt<'a>>,
    /// Why it runs where it runs, or why nothing starts it; may be empty.
    because: &'a [Problem],
    /// What is wrong with it, with the nodes, or with the cluster as a whole, the worst first; empty where
    /// nothing is.
    problems: &'a [Problem],
}

impl Document for WhyDocument<'_> {}

/// A node, seen from the resource.
#[derive(Serialize)]
struct NodeForIt<'a> {
    /// Its name.
    name: &'a str,
    /// `online`, `offline`, `unclean` (lost without a goodbye), `pending` (on its way in), `standby` or
    /// `maintenance`.
    state: &'static str,
    /// It runs there, or a part of it.
    runs: bool,
    /// How much the scheduler wants it there; of a group that of its first member. Null where it does not say.
    score: Option<Score>,
    /// What that comes from, in words; may be empty.
    notes: Vec<String>,
}

impl Look for Why {
    fn needs(&self) -> Needs {
        Needs {
            scores: true,
            network: true,
            ..preconditions::listed()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        health::needs_then_of_cluster(facts)
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let cib = preconditions::read(facts)?;
        let Named { object, whole } = find_resource(cib, self.name.as_str())?;
        let name = object.id();
        let mut problems = health::problems_of(facts, &around(cib, name, whole));
        let Some(monitor) = &facts.monitor else {
            return Ok(at_rest(name, whole, &problems));
        };
        let asked = Asked::new(facts, cib, monitor, name, whole);
        let mut because = asked.because();
        because.extend(asked.failures(&mut problems));
        if !asked.runs() && because.is_empty() && problems.is_empty() {
            because.push(
                Problem::new(
                    true,
                    "by its scores no node may run it, and nothing here says why",
                )
                .next("to see what Pacemaker would do", "crm_simulate -Ls"),
            );
        }
        let nodes: Vec<NodeForIt> = seen_from(&asked, monitor);
        let mut report = Report::new(&WhyDocument {
            resource: name,
            whole,
            runs: asked.places().to_vec(),
            nodes: seen_from(&asked, monitor),
            because: &because,
            problems: &problems,
        });
        report.say("");
        headline(&asked, &mut report);
        report.say("");
        report.table(nodes.iter().map(row).collect());
        for reason in &because {
            tell(reason, &mut report);
        }
        for problem in &problems {
            problems::tell(problem, &mut report);
        }
        report.say("");
        Ok(report)
    }
}

/// Returns a resource, what it holds, and what holds it.
fn around(cib: &Cib, name: &str, whole: &str) -> Vec<String> {
    let mut all = family(cib, name);
    for outer in cib.up_from(name).chain([whole]) {
        if !all.iter().any(|known| known == outer) {
            all.push(outer.to_owned());
        }
    }
    all
}

/// Returns the report while the cluster does not run here.
fn at_rest(name: &str, whole: &str, problems: &[Problem]) -> Report {
    let mut report = Report::new(&WhyDocument {
        resource: name,
        whole,
        runs: Vec::new(),
        nodes: Vec::new(),
        because: &[],
        problems,
    });
    report.say("");
    report.line([
        Span::from("  whether "),
        Span::new(Role::Strong, name),
        Span::from(" runs, and where, is not known here"),
    ]);
    for problem in problems {
        problems::tell(problem, &mut report);
    }
    report.say("");
    report
}

fn headline(asked: &Asked, report: &mut Report) {
    let mut line = vec![Span::from("  "), Span::new(Role::Strong, asked.name)];
    if asked.whole != asked.name {
        line.push(Span::from(format!(", which is in {},", asked.whole)));
    }
    let (role, text) = match (asked.runs(), asked.places()) {
        (_, []) => (Role::Fail, " runs nowhere".to_owned()),
        (true, places) => (Role::Ok, format!(" runs on {}", list(places))),
        (false, places) => (
            Role::Warn,
            format!(
                " does not run as a whole, a part of it does on {}",
                list(places)
            ),
        ),
    };
    line.push(Span::new(role, text));
    report.line(line);
}

/// Returns the nodes as the resource sees them.
fn seen_from<'a>(asked: &Asked<'a>, monitor: &'a Monitor) -> Vec<NodeForIt<'a>> {
    let nodes = monitor.nodes.iter();
    nodes
        .map(|node| NodeForIt {
            name: &node.name,
            state: node.state(),
            runs: asked.places().contains(&node.name.as_str()),
            score: asked.score(&node.name),
            notes: asked.notes(&node.name),
        })
        .collect()
}

fn row(node: &NodeForIt) -> Vec<Span> {
    let role = match node.state {
        "online" => Role::Ok,
        "offline" | "unclean" => Role::Fail,
        _ => Role::Warn,
    };
    let score = match node.score {
        Some(score) => format!("score {score}"),
        None => String::new(),
    };
    vec![
        Span::new(Role::Strong, node.name),
        Span::new(role, node.state),
        Span::from(if node.runs { "runs here" } else { "" }),
        Span::from(score),
        Span::new(Role::Dim, node.notes.join(", ")),
    ]
}

/// Tells a reason that is nothing wrong, with each way on.
fn tell(reason: &Problem, report: &mut Report) {
    if reason.grave {
        return problems::tell(reason, report);
    }
    report.say("");
    report.prose(
        Prose {
            columns: 96,
            hang: 2,
        },
        [Span::from(format!("  {}", reason.what))],
    );
    let width = reason.next.iter().map(|hint| hint.purpose.chars().count());
    let width = width.max().unwrap_or(0);
    for Hint { purpose, command } in &reason.next {
        report.line([
            Span::from(format!("      {purpose:<width$}  ")),
            Span::new(Role::Command, command.as_str()),
        ]);
    }
}

//! `web list`: services and groups, where they run, and what they prefer.

use super::prefer::Stickiness;
use crate::cib::{Cib, Location, Object, Score};
use crate::facts::{Facts, MonitorResource, Needs};
use crate::plan::Refusal;
use crate::report::{Document, Report, Role, Span};
use crate::resources::named::{is_left_over, of_every_role};
use crate::resources::preconditions;
use crate::verb::Look;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeSet;

/// Services and groups, where they run, and what they prefer
#[derive(Debug, Args)]
pub struct List {}

/// `web list`: services and groups, where they run, and what they prefer.
#[derive(Serialize)]
struct WebListDocument<'a> {
    /// The cluster runs here; otherwise all is from the configuration on disk.
    live: bool,
    /// The resources that no other one holds, in the configuration's order; addresses among them.
    resources: Vec<Service<'a>>,
    /// Constraints that `crm resource move` or `ban` left behind; may be empty.
    left_over: Vec<LeftOver<'a>>,
}

impl Document for WebListDocument<'_> {}

/// A resource with what it holds.
#[derive(Serialize)]
struct Service<'a> {
    /// Its id.
    name: &'a str,
    /// `primitive`, `group`, `clone`, or what else crmsh calls it.
    kind: &'a str,
    /// The agent of a primitive, or its address where it is a virtual one; `everywhere` for a clone; otherwise
    /// as `kind`.
    what: String,
    /// The nodes where it runs, or a part of it; null while the cluster does not run here.
    nodes: Option<Vec<&'a str>>,
    /// The nodes that it prefers.
    prefers: Vec<Preference<'a>>,
    /// The nodes that it avoids.
    avoids: Vec<Preference<'a>>,
    /// What it holds: the members of a group in starting order, the one of a clone; empty for others.
    members: Vec<Service<'a>>,
}

/// How much a resource wants a node.
#[derive(Serialize)]
struct Preference<'a> {
    /// The node.
    node: &'a str,
    /// How much.
    score: Score,
}

/// A constraint that pins a resource, left over by a move.
#[derive(Serialize)]
struct LeftOver<'a> {
    /// The constraint's id.
    constraint: &'a str,
    /// The resource that it pins; `crm resource clear` removes it.
    resource: String,
}

impl Look for List {
    fn needs(&self) -> Needs {
        preconditions::listed()
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let cib = preconditions::read(facts)?;
        let left: Vec<&Object> = cib.objects().iter().filter(|o| is_left_over(o)).collect();
        let tops: Vec<&Object> = cib.whole_resources().collect();
        let left_over = left.iter().map(|constraint| LeftOver {
            constraint: constraint.id(),
            resource: constraint.pinned(),
        });
        let mut report = Report::new(&WebListDocument {
            live: facts.live_cib().is_some(),
            resources: tops.iter().map(|top| service(top, cib, facts)).collect(),
            left_over: left_over.collect(),
        });
        if let Some(absence) = facts.cluster.absence() {
            report.say(format!("{absence}: from the configuration on disk"));
        }
        if tops.is_empty() {
            report.line([
                Span::from("there is no service; to add one: "),
                Span::new(Role::Command, "bascule web add SERVICE"),
            ]);
        }
        let mut rows = Vec::new();
        for top in tops {
            row(top, 0, cib, facts, &mut rows);
        }
        report.table(rows);
        for constraint in left {
            report.line([
                Span::new(Role::Warn, "  ! "),
                Span::from(format!("{} was left over by a move; ", constraint.id())),
                Span::new(
                    Role::Command,
                    format!("crm resource clear {}", constraint.pinned()),
                ),
                Span::from(" removes it"),
            ]);
        }
        Ok(report)
    }
}

fn row(object: &Object, depth: usize, cib: &Cib, facts: &Facts, rows: &mut Vec<Vec<Span>>) {
    let id = object.id();
    let name = format!("{}{id}", "  ".repeat(depth));
    let (role, place) = place(id, facts);
    let prefers: Vec<String> = locations(id, cib)
        .filter_map(|location| location_text(location, Stickiness::of_resource(cib, id)))
        .collect();
    rows.push(vec![
        Span::new(Role::Strong, name),
        Span::from(agent_text(object)),
        Span::new(role, place),
        Span::new(Role::Dim, prefers.join(", ")),
    ]);
    let members: Vec<&str> = match object.resolved() {
        Object::Group(group) => group.members.iter().map(String::as_str).collect(),
        Object::Clone(clone) => vec![clone.member.as_str()],
        _ => Vec::new(),
    };
    for member in members.iter().filter_map(|member| cib.object(member)) {
        row(member, depth + 1, cib, facts, rows);
    }
}

fn agent_text(object: &Object) -> String {
    match object.resolved() {
        Object::Primitive(primitive) => match primitive.virtual_address() {
            Some(address) => address.to_owned(),
            None => primitive.agent.to_string(),
        },
        Object::Clone(_) => "everywhere".to_owned(),
        other => other.kind().to_owned(),
    }
}

fn place(id: &str, facts: &Facts) -> (Role, String) {
    let Some(monitor) = &facts.monitor else {
        return (Role::Dim, "unknown".to_owned());
    };
    let parts = monitor.primitives_of(id);
    let where_it = |is: &dyn Fn(&MonitorResource) -> bool| -> Vec<&str> {
        let parts = parts.iter().filter(|part| is(part));
        let mut nodes: Vec<&str> = parts
            .flat_map(|part| part.nodes.iter().map(String::as_str))
            .collect();
        nodes.sort();
        nodes.dedup();
        nodes
    };
    let running = where_it(&|_| true);
    let promoted = monitor.promoted(id);
    let places: Vec<String> = running
        .iter()
        .map(|node| match promoted.contains(node) {
            true => format!("{node} (promoted)"),
            false => (*node).to_owned(),
        })
        .collect();
    let places = places.join(", ");
    // What a copy, or a member, is besides running.
    let states = [
        ("blocked", where_it(&|part| part.blocked)),
        ("failed", where_it(&|part| part.failed && !part.blocked)),
        ("starting", where_it(&|part| part.role == "Starting")),
        ("stopping", where_it(&|part| part.role == "Stopping")),
    ];
    let mut states = states.into_iter().filter(|(_, nodes)| !nodes.is_empty());
    if !places.is_empty() && parts.iter().any(|part| part.clone.is_some()) {
        let missing: Vec<String> = facts
            .cib()
            .map(|cib| preconditions::able_nodes(cib, Some(monitor)))
            .unwrap_or_default()
            .into_iter()
            .filter(|node| !running.contains(&node.as_str()))
            .collect();
        let mut text = format!("on {places}");
        if !missing.is_empty() {
            text += &format!(", not on {}", missing.join(", "));
        }
        // A copy of a group of which not all members run.
        let members = |node: Option<&str>| {
            let on = |part: &&&MonitorResource| {
                node.is_none_or(|node| part.nodes.iter().any(|name| name == node))
            };
            let ids = parts.iter().filter(on).map(|part| part.id.as_str());
            ids.collect::<BTreeSet<_>>().len()
        };
        let whole = members(None);
        let torn: Vec<&str> = running
            .iter()
            .copied()
            .filter(|node| members(Some(node)) < whole)
            .collect();
        if !torn.is_empty() {
            text += &format!(", not all of it on {}", torn.join(", "));
        }
        let mut role = match missing.is_empty() && torn.is_empty() {
            true => Role::Ok,
            false => Role::Warn,
        };
        for (word, nodes) in states {
            let grave = matches!(word, "blocked" | "failed");
            role = if grave { Role::Fail } else { role };
            text += &format!(", {word} on {}", nodes.join(", "));
        }
        return (role, text);
    }
    if places.is_empty() && parts.iter().any(|part| part.blocked) {
        return (Role::Fail, "blocked, runs nowhere".to_owned());
    }
    match (places.is_empty(), monitor.started(id)) {
        (true, _) => (Role::Fail, "runs nowhere".to_owned()),
        (false, true) => (Role::Ok, format!("on {places}")),
        (false, false) => match states.next() {
            Some(("blocked", nodes)) => (Role::Fail, format!("blocked on {}", nodes.join(", "))),
            Some(("failed", nodes)) => (Role::Fail, format!("failed on {}", nodes.join(", "))),
            Some((word, nodes)) if parts.len() == 1 => {
                (Role::Warn, format!("{word} on {}", nodes.join(", ")))
            }
            _ if parts.len() == 1 => (Role::Warn, format!("in work, on {places}")),
            _ => (Role::Warn, format!("not all of it, on {places}")),
        },
    }
}

/// Returns what a location wants, in words; nothing of one that only lets it run there.
fn location_text(location: &Location, stickiness: Stickiness) -> Option<String> {
    let Location { node, score, .. } = location;
    let what = match score {
        Score::MinusInfinity => format!("never on {node}"),
        Score::Finite(0) => return None,
        Score::Finite(..0) => format!("rather not on {node} ({score})"),
        _ if !of_every_role(location) => format!("prefers {node} ({score})"),
        _ if stickiness.returns(*score) => format!("prefers {node} ({score}) and comes back"),
        _ => format!("prefers {node} ({score}) and stays where it is"),
    };
    Some(match location.role.as_deref() {
        Some(role) if !of_every_role(location) => format!("{what} when {}", role.to_lowercase()),
        _ => what,
    })
}

fn locations<'a>(id: &str, cib: &'a Cib) -> impl Iterator<Item = &'a Location> {
    cib.constraints_on(id)
        .into_iter()
        .filter(|constraint| !is_left_over(constraint))
        .filter_map(|constraint| match constraint.resolved() {
            Object::Location(location) => Some(location),
            _ => None,
        })
}

/// Returns a resource for programs.
fn service<'a>(object: &'a Object, cib: &'a Cib, facts: &'a Facts) -> Service<'a> {
    let id = object.id();
    let members = match object.resolved() {
        Object::Group(group) => group.members.as_slice(),
        Object::Clone(clone) => std::slice::from_ref(&clone.member),
        _ => &[],
    };
    let members = members.iter().filter_map(|member| cib.object(member));
    let scores = |wanted: &dyn Fn(Score) -> bool| -> Vec<Preference> {
        locations(id, cib)
            .filter(|location| wanted(location.score))
            .map(|location| Preference {
                node: &location.node,
                score: location.score,
            })
            .collect()
    };
    Service {
        name: id,
        kind: object.kind(),
        what: agent_text(object),
        nodes: facts.monitor.as_ref().map(|monitor| monitor.places(id)),
        prefers: scores(&|score| score > Score::Finite(0)),
        avoids: scores(&|score| score < Score::Finite(0)),
        members: members.map(|member| service(member, cib, facts)).collect(),
    }
}

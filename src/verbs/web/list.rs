//! `web list`: services and groups, where they run, and what they prefer.

use super::prefer::Stickiness;
use crate::cib::{Cib, Location, Object, Score};
use crate::facts::{Facts, MonitorResource, Needs};
use crate::plan::Refusal;
use crate::report::{Report, Role, Span};
use crate::resources::guards;
use crate::resources::named::{is_left_over, of_every_role, pinned};
use crate::verb::Look;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Services and groups, where they run, and what they prefer
#[derive(Debug, Args)]
pub struct List {}

impl Look for List {
    fn needs(&self) -> Needs {
        guards::listed()
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let cib = guards::read(facts)?;
        let left: Vec<&Object> = cib.objects().iter().filter(|o| is_left_over(o)).collect();
        let tops: Vec<&Object> = cib
            .objects()
            .iter()
            .filter(|object| object.is_resource() && cib.parent_of(object.id()).is_none())
            .collect();
        let mut report = Report::new(json!({
            "live": facts.live().is_some(),
            "resources": tops.iter().map(|top| value(top, cib, facts)).collect::<Vec<_>>(),
            "left_over": left.iter().map(|o| json!({
                "constraint": o.id(),
                "resource": pinned(o),
            })).collect::<Vec<_>>(),
        }));
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
                    format!("crm resource clear {}", pinned(constraint)),
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
        .filter_map(|location| wish(location, Stickiness::of(cib, id)))
        .collect();
    rows.push(vec![
        Span::new(Role::Strong, name),
        Span::from(what(object)),
        Span::new(role, place),
        Span::new(Role::Dim, prefers.join(", ")),
    ]);
    let members: Vec<&str> = match object.seen() {
        Object::Group(group) => group.members.iter().map(String::as_str).collect(),
        Object::Clone(clone) => vec![clone.member.as_str()],
        _ => Vec::new(),
    };
    for member in members.iter().filter_map(|member| cib.object(member)) {
        row(member, depth + 1, cib, facts, rows);
    }
}

fn what(object: &Object) -> String {
    match object.seen() {
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
    let parts = monitor.parts(id);
    let where_it = |is: &dyn Fn(&MonitorResource) -> bool| -> Vec<&str> {
        let parts = parts.iter().filter(|part| is(part));
        let mut nodes: Vec<&str> = parts
            .flat_map(|part| part.nodes.iter().map(String::as_str))
            .collect();
        nodes.sort_unstable();
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
            .map(|cib| guards::ready(cib, Some(monitor)))
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
        let mut role = match text.contains(", not ") {
            true => Role::Warn,
            false => Role::Ok,
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
fn wish(location: &Location, stickiness: Stickiness) -> Option<String> {
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
        .filter_map(|constraint| match constraint.seen() {
            Object::Location(location) => Some(location),
            _ => None,
        })
}

fn value(object: &Object, cib: &Cib, facts: &Facts) -> Value {
    let id = object.id();
    let places = facts.monitor.as_ref().map(|monitor| monitor.places(id));
    let members: Vec<Value> = match object.seen() {
        Object::Group(group) => group
            .members
            .iter()
            .filter_map(|member| Some(value(cib.object(member)?, cib, facts)))
            .collect(),
        Object::Clone(clone) => cib
            .object(&clone.member)
            .map(|member| value(member, cib, facts))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    };
    let scores = |wanted: &dyn Fn(Score) -> bool| -> Vec<Value> {
        locations(id, cib)
            .filter(|location| wanted(location.score))
            .map(|location| json!({ "node": location.node, "score": location.score }))
            .collect()
    };
    json!({
        "name": id,
        "kind": object.kind(),
        "what": what(object),
        "nodes": places,
        "prefers": scores(&|score| score > Score::Finite(0)),
        "avoids": scores(&|score| score < Score::Finite(0)),
        "members": members,
    })
}

//! Who listens at the port of a service, on the node where it is to run: two that listen at one place
//! cannot both run, and a configuration test finds no fault with that.

use super::named::primitives;
use crate::cib::{Cib, Object, Primitive};
use crate::facts::{Facts, Listener, Listening};
use crate::membership::nodes;
use crate::plan::{Again, Check, Plan, Refusal};

/// Returns the systemd unit whose program a resource runs, whichever way it does.
pub fn program(primitive: &Primitive) -> Option<String> {
    primitive.unit().map(str::to_owned)
}

/// Returns the unit of the first service of ours in a resource.
pub fn program_of(cib: &Cib, whole: &str) -> Option<String> {
    let parts = primitives(cib, whole);
    parts.into_iter().find_map(program)
}

/// Refuses what brings services to a node where another has the port of one: there it would not start.
///
/// # Errors
/// When one has.
pub fn is_free_there(
    facts: &Facts,
    cib: &Cib,
    whole: &str,
    node: &str,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let units: Vec<String> = primitives(cib, whole)
        .into_iter()
        .filter_map(program)
        .collect();
    let Some(first) = units.first() else {
        return Ok(());
    };
    let members = nodes::all_members(facts);
    let mut all = Vec::new();
    for member in &members {
        let said = match member.own {
            true => facts.listening.as_ref(),
            false => member
                .its_answer(facts, plan)
                .and_then(|peer| peer.listening.as_ref()),
        };
        all.extend(said.map(|said| (member.name.as_str(), said)));
    }
    let there = members.iter().find(|member| member.name == node);
    if let Some(member) = there.filter(|there| !there.own && !facts.peers.contains_key(&there.name))
    {
        plan.check(Check::pending(
            format!("asking {node} for its interfaces, and who listens there"),
            member.probe(vec![], vec![], Some(first.clone())),
        ));
    }
    units
        .iter()
        .try_for_each(|unit| nobody_outside(cib, &all, node, unit))
}

/// Refuses a service whose port another has on a node, or would have there: where both ran, one
/// would not start, and a configuration test finds no fault with that.
///
/// # Errors
/// When one has.
pub fn in_no_conflict(
    cib: &Cib,
    facts: &Facts,
    unit: &str,
    own: &str,
    others: &[nodes::Member],
) -> Result<(), Refusal> {
    let peers = others.iter().filter_map(|node| {
        let said = facts.peers.get(&node.name)?.listening.as_ref()?;
        Some((node.name.as_str(), said))
    });
    let all: Vec<(&str, &Listening)> = facts
        .listening
        .iter()
        .map(|here| (own, here))
        .chain(peers)
        .collect();
    let clustered: Vec<(&str, String)> = cib
        .objects()
        .iter()
        .filter_map(|object| match object.resolved() {
            Object::Primitive(other) => Some((other.id.as_str(), program(other)?)),
            _ => None,
        })
        .collect();
    for (host, listening) in &all {
        // Where it does not run it may be set up as where it does.
        let wanted = all.iter().flat_map(|(_, there)| there.addresses_of(unit));
        for place in wanted {
            let mut taken = listening.now.iter().filter(|one| !one.is_of(unit));
            let now = taken.find(|one| one.place.clashes(place));
            let would = clustered.iter().filter(|(_, other)| other != unit);
            let later = would.clone().find(|(_, other)| {
                listening
                    .addresses_of(other)
                    .any(|have| have.clashes(place))
            });
            let port = place.port;
            let (what, who) = match (now, later) {
                (_, Some((id, other))) => (
                    format!(
                        "{other}, which the cluster runs as {id}, listens at port {port} of \
                         {host} as {unit} would: where both are, one does not start"
                    ),
                    other.clone(),
                ),
                (Some(one), None) => (would_not_start(one, host, unit), one.owner().to_owned()),
                (None, None) => continue,
            };
            return Err(taken_refusal(what, host, port, unit, &who));
        }
    }
    Ok(())
}

fn would_not_start(taken: &Listener, host: &str, unit: &str) -> String {
    let (who, port) = (taken.owner(), taken.place.port);
    format!("{who} listens at port {port} of {host}: {unit} would not start there")
}

/// Returns the refusal of a service whose port another has, with where both are told to listen.
fn taken_refusal(what: String, host: &str, port: u16, unit: &str, who: &str) -> Refusal {
    let folder = match who {
        "apache2" | "nginx" => format!(" /etc/{who}"),
        _ => String::new(),
    };
    Refusal::check(what)
        .hint(
            format!("who listens there, on {host}"),
            format!("ss -ltnp 'sport = :{port}'"),
        )
        .hint(
            "where they are told to listen, on each node",
            format!("grep -rnis 'listen.*{port}' /etc/{unit}{folder}"),
        )
        .again("then again", Again::same())
}

/// Refuses a service on a host where somebody outside the cluster has its port now. What the cluster
/// runs itself may leave by then.
///
/// # Errors
/// When one has.
fn nobody_outside(
    cib: &Cib,
    all: &[(&str, &Listening)],
    host: &str,
    unit: &str,
) -> Result<(), Refusal> {
    let clustered: Vec<String> = cib
        .objects()
        .iter()
        .filter_map(|object| object.resolved().primitive().and_then(program))
        .collect();
    let there = all.iter().filter(|(name, _)| *name == host);
    let outside = there
        .flat_map(|(_, there)| &there.now)
        .filter(|one| !clustered.iter().any(|unit| one.is_of(unit)));
    for taken in outside {
        let mut places = all.iter().flat_map(|(_, there)| there.addresses_of(unit));
        if places.any(|place| taken.place.clashes(place)) {
            let what = would_not_start(taken, host, unit);
            let port = taken.place.port;
            return Err(taken_refusal(what, host, port, unit, taken.owner()));
        }
    }
    Ok(())
}

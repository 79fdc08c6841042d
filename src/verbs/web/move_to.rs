//! `web move`: to another node, now, and without a trace in the configuration.
//!
//! `crm resource move` works by a location of score INFINITY that stays for ever unless somebody
//! clears it. So the whole way is tried on a copy first (would it get there, would it come straight
//! back without the constraint, would something else stop), then: move, wait, clear, verify. The
//! constraint goes when the move fails, too.

use crate::cib::{Cib, Object, Primitive, Score};
use crate::facts::{Facts, Monitor, Movement, Needs, ToolAnswer};
use crate::health::address::down_reason;
use crate::health::left_alone;
use crate::membership::nodes;
use crate::names::{Name, NodeName, ResourceId};
use crate::plan::{Again, Check, Plan, Question, Refusal, Step, Verify};
use crate::resources::named::{companion, family, find_resource, left_over, primitives};
use crate::resources::port::program_of;
use crate::resources::{bound, forecast, port, preconditions, writes};
use crate::verb::Change;
use clap::Args;
use std::net::IpAddr;

/// Move a resource or group to a node, now
///
/// No constraint stays behind: where it stays is decided by its stickiness and what it prefers.
#[derive(Debug, Args)]
pub struct Move {
    /// The resource or group
    #[arg(value_name = "NAME", add = Name::Movable)]
    name: ResourceId,
    /// The node
    #[arg(value_name = "NODE", add = Name::NodeToMoveTo)]
    node: NodeName,
}

/// How long a move may take: stopping and starting each take a minute or more at worst.
const MOVING: u64 = 120;

/// Returns the steps that bring a resource to a node and leave no constraint behind.
///
/// `from` is where an undo brings it back to.
fn steps(whole: &str, from: &str, to: &str) -> Vec<Step> {
    let mut steps = move_steps(whole, to, false);
    // The undo of the first step is the way back, from wherever it has got to.
    let back = move_steps(whole, from, true);
    steps[0] = steps[0].clone().undone_by(back);
    steps
}

fn move_steps(whole: &str, to: &str, force: bool) -> Vec<Step> {
    let clear = || {
        Step::run(
            ["crm", "resource", "clear", whole],
            "without it the constraint would hold for ever",
        )
        .verify(Verify::Unconfigured {
            ids: vec![format!("cli-prefer-{whole}")],
        })
    };
    let mut argv = vec!["crm", "resource", "move", whole, to];
    // Where it runs there already, crmsh fails without this word.
    argv.extend(force.then_some("force"));
    let runs = || Verify::Runs {
        resource: whole.to_owned(),
        node: Some(to.to_owned()),
    };
    vec![
        Step::run(
            argv,
            format!(
                "by a constraint of score INFINITY: {whole} stops where it runs, then starts on {to}"
            ),
        )
        .verify(runs())
        .within(MOVING)
        .on_failure(vec![clear()]),
        clear().verify(runs()).within(MOVING),
    ]
}

impl Change for Move {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            // Whether what clients reach by an address there takes their writes.
            replication: true,
            ..preconditions::needs_with_view()
        }
    }

    // Who listens where: what runs is known only now.
    fn needs_then(&self, facts: &Facts) -> Needs {
        let unit = facts.cib().and_then(|cib| {
            let whole = find_resource(cib, self.name.as_ref()).ok()?.whole;
            program_of(cib, whole)
        });
        Needs {
            web: unit.filter(|_| facts.listening.is_none()),
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let node = self.node.to_string();
        let mut plan = Plan::new("");
        let cib = preconditions::to_change(facts, &mut plan)?;
        let name = self.name.to_string();
        let found = find_resource(cib, &name)?;
        let whole = found.whole;
        if let Some(Object::Clone(_)) = cib.object(whole).map(Object::resolved) {
            let mut refusal = Refusal::check(format!(
                "{name} runs on every node, there is nowhere to move it"
            ));
            if let Some(address) = companion(cib, whole) {
                refusal = refusal.again("to move the address", Again::same().word(name, address));
            }
            return Err(refusal.hint("to empty a node for work", "bascule node standby NODE"));
        }
        preconditions::node(cib, &node)?;
        if facts.planned {
            return Err(Refusal::check(format!(
                "whether {whole} would get to {node} and stay there cannot be predicted before the other verbs are done"
            ))
            .again("afterwards", Again::same().alone()));
        }
        plan.headline = format!("{whole} will run on {node}, and no constraint stays behind");
        let Some(monitor) = facts.monitor.as_ref() else {
            return Err(Refusal::check(
                "what runs where is not known: the cluster does not answer",
            )
            .hint("to start it", "bascule cluster start"));
        };
        if whole != name {
            plan.check(Check::ok(format!(
                "{name} is in {whole}, which goes as a whole"
            )));
        }
        let left = left_over(cib, whole);
        let places = monitor.places(whole);
        if places == [node.as_str()] && monitor.started(whole) {
            plan.headline = format!("{whole} runs on {node} already");
            plan.checks.clear();
            plan.base = None;
            for constraint in left {
                plan.check(
                    Check::warning(format!("{} was left over by a move", constraint.id()))
                        .note(format!("crm resource clear {}", constraint.pinned())),
                );
            }
            return Ok(plan);
        }
        if let Some(constraint) = left.first() {
            return Err(Refusal::check(format!(
                "{} was left over by somebody's move, and decides where {whole} runs",
                constraint.id()
            ))
            .hint(
                "to remove it, first",
                format!("crm resource clear {}", constraint.pinned()),
            ));
        }
        let from = movable(cib, monitor, whole, &node)?;
        port::is_free_there(facts, cib, whole, &node, &mut plan)?;
        within_reach(facts, cib, whole, &node, &mut plan)?;
        writes::are_taken_there(facts, cib, whole, &node, &mut plan);
        let Some(others) = predicted(facts, cib, monitor, whole, &node, &mut plan)? else {
            return Ok(plan);
        };
        plan.check(
            Check::ok(
                "on a copy of the configuration it gets there, and stays without the constraint",
            )
            .note("crm_simulate"),
        );
        forecast::tell(&others, &mut plan);
        for step in steps(whole, &from, &node) {
            plan.step(step);
        }
        Ok(plan)
    }
}

/// Refuses a move of an address to an interface through which nobody would reach it: Pacemaker would
/// take it for started all the same.
fn within_reach(
    facts: &Facts,
    cib: &Cib,
    whole: &str,
    node: &str,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let moved = primitives(cib, whole);
    let addresses: Vec<(&Primitive, IpAddr)> = moved
        .into_iter()
        .filter_map(|moved| Some((moved, moved.virtual_address()?.parse().ok()?)))
        .collect();
    if addresses.is_empty() {
        return Ok(());
    }
    let members = nodes::all_members(facts);
    let Some(member) = members.iter().find(|member| member.name == node) else {
        return Ok(());
    };
    let network = if member.own {
        facts.network.as_ref()
    } else {
        match member.its_answer(facts, plan) {
            // Asked with who listens there, where a service moves too.
            None if program_of(cib, whole).is_some() => None,
            None => {
                plan.check(Check::pending(
                    format!("looking at {node}'s interfaces"),
                    member.probe(vec![], vec![], None),
                ));
                None
            }
            Some(peer) if peer.unreachable.is_some() => None,
            Some(peer) => Some(&peer.network),
        }
    };
    let Some(network) = network else {
        return Ok(());
    };
    for (primitive, ip) in addresses {
        let named = primitive
            .param("nic")
            .and_then(|nic| network.interface(nic));
        let Some(interface) = named.or_else(|| network.route_to(ip)) else {
            continue;
        };
        if let Some(why) = down_reason(interface) {
            let (purpose, mend) = match interface.up {
                false => (
                    "to bring it up",
                    format!("ip link set {} up", interface.name),
                ),
                true => ("to see it", format!("ip link show {}", interface.name)),
            };
            return Err(Refusal::check(format!(
                "{} of {node} {why}: nobody would reach {ip} there",
                interface.name
            ))
            .hint(format!("{purpose}, on {node}"), mend));
        }
    }
    Ok(())
}

/// Returns the node it runs on, or why it cannot be moved to this one.
fn movable(cib: &Cib, monitor: &Monitor, whole: &str, node: &str) -> Result<String, Refusal> {
    let no = |why: String| Refusal::check(why);
    let state = monitor.node(node);
    if let Some(held) = preconditions::cluster_holds(cib) {
        return Err(held.refusal("nothing would move"));
    }
    if state.is_none_or(|state| !state.online || state.pending) {
        return Err(no(format!("{node} is not online"))
            .hint("the nodes", "bascule node list")
            .hint(format!("on {node}"), "bascule cluster start"));
    }
    if state.is_some_and(|state| state.standby) {
        return Err(
            no(format!("{node} is in standby, nothing runs there")).hint(
                "to let it run things",
                format!("bascule node online {node}"),
            ),
        );
    }
    if state.is_some_and(|state| state.maintenance) {
        return Err(no(format!(
            "{node} is in maintenance, the cluster starts nothing there"
        ))
        .hint("to end that", format!("bascule node ready {node}")));
    }
    if let Some(held) = preconditions::held_back(cib) {
        return Err(
            no(format!("nothing would move: {}", held.why())).hint("to see", "bascule status")
        );
    }
    if let Some(left_alone) = left_alone(monitor, whole) {
        return Err(left_alone.refusal("it would not be moved", cib));
    }
    let parts = monitor.primitives_of(whole);
    if let Some(part) = parts.iter().find(|part| part.blocked) {
        return Err(no(format!("{} failed and is blocked", part.id)).hint(
            "to let the cluster try again",
            format!("crm resource cleanup {}", part.id),
        ));
    }
    match monitor.places(whole).as_slice() {
        [from] => Ok((*from).to_owned()),
        [] => Err(
            no(format!("{whole} does not run, so there is nothing to move"))
                .hint(
                    "to let it start there by default",
                    format!("bascule web prefer {whole} {node}"),
                )
                .hint("to see why", "bascule status"),
        ),
        several => Err(no(format!("{whole} runs on {}", several.join(" and ")))
            .hint("to see why", "bascule status")),
    }
}

/// Goes the whole way on copies. Returns what else would move; none until that has been asked.
fn predicted(
    facts: &Facts,
    cib: &Cib,
    monitor: &Monitor,
    whole: &str,
    node: &str,
    plan: &mut Plan,
) -> Result<Option<Vec<Movement>>, Refusal> {
    let family = &family(cib, whole);
    let unknown = |why: &str| {
        Refusal::check(format!(
            "whether it would get there cannot be predicted: {why}"
        ))
        .hint("to see what the cluster makes of it", "crm_verify -L -V")
    };
    let question = Question::Move {
        cib: cib.text().to_owned(),
        resource: whole.to_owned(),
        node: node.to_owned(),
    };
    let moved = forecast::answer(facts, question, plan);
    let anyway = forecast::answer(facts, Question::as_it_is(cib), plan);
    let (there, after) = match moved {
        None => return Ok(None),
        Some(Err(why)) => return Err(unknown(why)),
        Some(Ok(ToolAnswer::Move { there, after })) => (there, after),
        Some(Ok(_)) => return Err(unknown("it answers something else")),
    };

    let anyway = anyway.and_then(|anyway| anyway.as_ref().ok());
    let (ours, others): (Vec<Movement>, Vec<Movement>) = forecast::without(there, anyway)
        .into_iter()
        .partition(|movement| family.contains(&movement.resource));
    let arrives = |movement: &Movement| movement.to.as_deref() == Some(node);
    if ours.is_empty() || !ours.iter().all(arrives) {
        let ended: Vec<String> = ours
            .iter()
            .filter(|movement| !arrives(movement))
            .map(forecast::sentence)
            .collect();
        let failure = monitor
            .failures
            .iter()
            .find(|failure| failure.node == node && family.contains(&failure.resource));
        let why = match failure {
            Some(failure) => format!(
                "{} of {} failed there: {}",
                failure.task, failure.resource, failure.reason
            ),
            None if ended.is_empty() => "the cluster would leave it where it is".to_owned(),
            None => ended.join("; "),
        };
        let refusal = Refusal::check(format!("{whole} would not run on {node}: {why}"));
        let bound = bound::to_others(cib, family, node);
        if failure.is_none() && !bound.is_empty() {
            return Err(bound::refusal(refusal, &bound, node));
        }
        return Err(refusal
            .hint(
                "after a failure there",
                format!("crm resource cleanup {whole}"),
            )
            .hint(
                "what keeps it away",
                format!("crm resource constraints {whole}"),
            ));
    }
    let ends = |movement: &&Movement| forecast::ends_nowhere(movement, &others, Some(monitor));
    if let Some(stop) = others.iter().find(ends) {
        return Err(Refusal::check(format!(
            "{whole} can only move to {node} if something else stops: {}",
            forecast::sentence(stop)
        ))
        .hint("what runs where", "bascule status"));
    }
    let returns = after
        .movements
        .iter()
        .find(|movement| family.contains(&movement.resource));
    if let Some(returns) = returns {
        return Err(comes_back(cib, whole, node, returns));
    }
    Ok(Some(others))
}

/// Returns the refusal of a move that would be undone by the cluster, with what to do instead.
fn comes_back(cib: &Cib, whole: &str, node: &str, returns: &Movement) -> Refusal {
    use super::prefer::Stickiness;
    let home = returns.to.clone().unwrap_or_default();
    let stickiness = Stickiness::of_resource(cib, whole);
    let preference = family(cib, whole).iter().find_map(|name| {
        cib.constraints_on(name)
            .into_iter()
            .find_map(|constraint| match constraint {
                Object::Location(location)
                    if location.node == home && location.score > Score::Finite(0) =>
                {
                    Some(location)
                }
                _ => None,
            })
    });
    let what = match preference.filter(|location| stickiness.returns(location.score)) {
        Some(location) => format!(
            "{whole} prefers {home} (score {}, above its stickiness of {stickiness}) and would come straight back",
            location.score
        ),
        None => format!(
            "{whole} would come straight back to {home}: its stickiness of {stickiness} does not hold it on {node}"
        ),
    };
    Refusal::check(what)
        .hint(
            "to have it stay there, first",
            format!("bascule web prefer {whole} {node}"),
        )
        .again("then again", Again::same())
        .hint(
            format!("to empty {home} for work"),
            format!("bascule node standby {home}"),
        )
}

//! `web prefer`: on which node a resource or group runs by default.
//!
//! A location with a finite score, which Pacemaker weighs against the stickiness of what runs: the
//! sum over a group's members (400 for two of 200; a location of 399 stays, one of 401 goes, seen on
//! Pacemaker 2.1.5). Below the sum the service stays where it is after a failure and repair; above
//! it, it comes back as soon as the node does.

use crate::cib;
use crate::cib::{AttributeSet, Cib, Location, Object, Pairs, Score};
use crate::facts::{Facts, Needs, Prediction, ToolAnswer};
use crate::names::{Name, NodeName, ResourceId};
use crate::plan::{Again, Check, Plan, Question, Refusal, Step, Verify};
use crate::resources::named::{
    ban, companion, family, find_resource, is_left_over, left_over, primitives,
};
use crate::resources::{forecast, preconditions, writes};
use crate::verb::Change;
use clap::Args;
use std::fmt;

/// Say on which node a resource or group runs by default
///
/// After a failure and repair it stays where it is, unless --failback brings it home again.
#[derive(Debug, Args)]
pub struct Prefer {
    /// The resource or group
    #[arg(value_name = "NAME", add = Name::Movable)]
    name: ResourceId,
    /// The node
    #[arg(value_name = "NODE", add = Name::Node)]
    node: NodeName,
    /// Come back to it as soon as it can run it again
    #[arg(long)]
    failback: bool,
}

/// How much a resource or group holds on to the node it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stickiness {
    /// This much.
    Finite(i64),
    /// The resource never leaves by itself.
    Infinite,
}

/// The score of a location of ours without `--failback`, where the stickiness allows it.
const STAYS: i64 = 100;

/// The score with `--failback`, where the stickiness allows it.
const RETURNS: i64 = 1000;

/// The stickiness set where there is none and something shall stay.
const DEFAULT: &str = "200";

impl Stickiness {
    /// Returns that of a resource, group or clone.
    pub fn of_resource(cib: &Cib, name: &str) -> Stickiness {
        match cib.object(name).map(Object::resolved) {
            Some(Object::Group(group)) => Stickiness::of_members(cib, &group.members, &group.meta),
            _ => primitives(cib, name)
                .iter()
                .map(|primitive| of_primitive(cib, &[&primitive.meta]))
                .fold(Stickiness::Finite(0), Stickiness::add),
        }
    }

    /// Returns that of a group with these members and meta attributes, which they inherit.
    pub fn of_members(cib: &Cib, members: &[String], meta: &Pairs) -> Stickiness {
        members
            .iter()
            .flat_map(|member| primitives(cib, member))
            .map(|primitive| of_primitive(cib, &[&primitive.meta, meta]))
            .fold(Stickiness::Finite(0), Stickiness::add)
    }

    fn add(self, other: Stickiness) -> Stickiness {
        match (self, other) {
            (Stickiness::Finite(a), Stickiness::Finite(b)) if a + b < 1_000_000 => {
                Stickiness::Finite(a + b)
            }
            _ => Stickiness::Infinite,
        }
    }

    /// Returns whether a location of this score brings it back.
    pub fn returns(self, score: Score) -> bool {
        match (self, score) {
            (_, Score::MinusInfinity) | (Stickiness::Infinite, _) => false,
            (Stickiness::Finite(_), Score::Infinity) => true,
            (Stickiness::Finite(sticky), Score::Finite(score)) => i64::from(score) > sticky,
        }
    }

    /// Returns the score that brings it back, or lets it stay; none where none can.
    pub fn score_for(self, returns: bool) -> Option<i32> {
        let score = match (self, returns) {
            (Stickiness::Infinite, true) => return None,
            (Stickiness::Infinite, false) => STAYS,
            (Stickiness::Finite(sticky), true) => {
                RETURNS.max(sticky.saturating_mul(2)).min(999_999)
            }
            // Well below: it must hold when a member goes.
            (Stickiness::Finite(sticky), false) => STAYS.min(sticky / 2),
        };
        let right = match self {
            Stickiness::Finite(sticky) if returns => score > sticky,
            Stickiness::Finite(sticky) => score > 0 && score < sticky,
            Stickiness::Infinite => true,
        };
        right.then(|| i32::try_from(score).ok()).flatten()
    }
}

impl fmt::Display for Stickiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stickiness::Finite(sum) => write!(f, "{sum}"),
            Stickiness::Infinite => f.write_str("INFINITY"),
        }
    }
}

/// Returns one primitive's stickiness: its own, its group's, or the default.
fn of_primitive(cib: &Cib, metas: &[&Pairs]) -> Stickiness {
    let value = metas
        .iter()
        .find_map(|meta| meta.iter().find(|(name, _)| name == STICKINESS))
        .map(|(_, value)| value.clone())
        .or_else(|| cib.resource_default(STICKINESS));
    match value.and_then(|value| value.parse().ok()) {
        Some(Score::Infinity) => Stickiness::Infinite,
        Some(Score::Finite(number)) => Stickiness::Finite(i64::from(number)),
        // Negative infinity drives it away at once, whatever it prefers.
        Some(Score::MinusInfinity) => Stickiness::Finite(-1_000_000),
        None => Stickiness::Finite(0),
    }
}

const STICKINESS: &str = "resource-stickiness";

/// Returns true for a location that `web prefer` made.
pub fn is_ours(location: &Location) -> bool {
    location.id.starts_with("prefer-")
}

impl Prefer {
    /// Returns the resource or group that can prefer a node.
    fn movable<'a>(&self, cib: &'a Cib, plan: &mut Plan) -> Result<&'a str, Refusal> {
        let name = self.name.to_string();
        let whole = find_resource(cib, &name)?.whole;
        match cib.object(whole).map(Object::resolved) {
            Some(Object::Clone(_)) => {
                let refusal = Refusal::check(format!(
                    "{name} runs on every node, so it cannot prefer one"
                ));
                return Err(match companion(cib, whole) {
                    Some(address) => refusal.again(
                        "let the address prefer it",
                        Again::same().word(name, address),
                    ),
                    None => refusal.hint("what runs where", "bascule web list"),
                });
            }
            Some(_) if whole != name => {
                plan.check(Check::ok(format!(
                    "{name} is in {whole}, which goes as a whole"
                )));
            }
            _ => {}
        }
        Ok(whole)
    }
}

impl Change for Prefer {
    fn needs(&self) -> Needs {
        Needs {
            // Whether what clients reach by an address there takes their writes.
            replication: true,
            ..preconditions::needs_with_view()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let node = self.node.to_string();
        let mut plan = Plan::new("");
        let cib = preconditions::to_change(facts, &mut plan)?;
        preconditions::node(cib, &node)?;
        let whole = self.movable(cib, &mut plan)?;
        plan.headline = if self.failback {
            format!("{whole} will run on {node} whenever {node} can")
        } else {
            format!("{whole} will start on {node} by default, and stay where it is once it runs")
        };
        let own = own_preference(cib, whole)?;
        check_left_over(cib, whole)?;
        writes::are_taken_there(facts, cib, whole, &node, &mut plan);
        let mut stickiness = Stickiness::of_resource(cib, whole);
        let mut objects = Vec::new();
        if !self.failback && stickiness.score_for(false).is_none() {
            objects.push(self.make_sticky(cib, whole, &mut plan)?);
            let members = i64::try_from(primitives(cib, whole).len()).unwrap_or(1);
            stickiness = Stickiness::Finite(200 * members.max(1));
        }
        let Some(score) = stickiness.score_for(self.failback) else {
            return Err(never_leaves(whole, &stickiness));
        };
        check_can_run_there(cib, whole, &node, score)?;
        let location = Location {
            id: own.map_or_else(|| format!("prefer-{whole}"), |own| own.id.clone()),
            resource: whole.to_owned(),
            node: node.clone(),
            score: Score::Finite(score),
            role: None,
        };
        // A score by hand that does the same is left alone.
        let same = own.is_some_and(|own| {
            own.node == node
                && own.score > Score::Finite(0)
                && stickiness.returns(own.score) == self.failback
        });
        if same && objects.is_empty() {
            plan.base = None;
            plan.checks.clear();
            return Ok(plan);
        }
        check_name(cib, own, &location, &mut plan)?;
        warn_of_other_locations(cib, whole, own, &mut plan);
        plan.check(Check::ok(format!(
            "a score of {score}, {} the stickiness of {whole}, {stickiness}",
            if self.failback { "above" } else { "below" }
        )));
        self.finish(location, objects, cib, facts, &mut plan);
        Ok(plan)
    }
}

/// Returns the preference that an earlier `web prefer` of it has left.
///
/// # Errors
/// When there are several: one would have to be chosen.
fn own_preference<'a>(cib: &'a Cib, whole: &str) -> Result<Option<&'a Location>, Refusal> {
    let own: Vec<&Location> = cib
        .constraints_on(whole)
        .into_iter()
        .filter_map(|constraint| match constraint {
            Object::Location(location) if is_ours(location) => Some(location),
            _ => None,
        })
        .collect();
    if let [_, second, ..] = own.as_slice() {
        return Err(Refusal::check(format!(
            "{whole} has several preferences: {}",
            own.iter()
                .map(|l| l.id.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))
        .hint(
            "to leave one",
            format!("crm configure delete {}", second.id),
        ));
    }
    Ok(own.first().copied())
}

/// Refuses where a move has left a constraint.
fn check_left_over(cib: &Cib, whole: &str) -> Result<(), Refusal> {
    match left_over(cib, whole).first() {
        None => Ok(()),
        Some(left) => Err(Refusal::check(format!(
            "{} was left over by a move and outweighs any preference",
            left.id()
        ))
        .hint(
            "to remove it",
            format!("crm resource clear {}", left.pinned()),
        )),
    }
}

fn never_leaves(whole: &str, stickiness: &Stickiness) -> Refusal {
    Refusal::check(format!(
        "{whole} never leaves the node it runs on: its resource-stickiness is {stickiness}"
    ))
    .hint(
        "to give it one that can be outweighed",
        format!("crm resource meta {whole} set resource-stickiness 200"),
    )
}

/// Refuses where a constraint keeps it from the node, whatever it prefers.
fn check_can_run_there(cib: &Cib, whole: &str, node: &str, score: i32) -> Result<(), Refusal> {
    if let Some(ban) = ban(cib, whole, node, score) {
        return Err(Refusal::check(format!(
            "the location {} keeps {} off {node} (score {})",
            ban.id, ban.resource, ban.score
        ))
        .hint(
            "to remove it, first",
            format!("crm configure delete {}", ban.id),
        ));
    }
    let Some(kept) = cib.keeps_undiscovered(&family(cib, whole), node) else {
        return Ok(());
    };
    let free = (1..)
        .map(|n| {
            format!(
                "{}-{node}{}",
                kept.id(),
                if n > 1 { n.to_string() } else { String::new() }
            )
        })
        .find(|id| !cib.ids().contains(id))
        .unwrap_or_default();
    Err(Refusal::check(format!(
        "{node} is no candidate for {whole}: by {} (resource-discovery=exclusive) the cluster looks \
         at the nodes that such locations name alone, whatever it prefers",
        kept.id()
    ))
    .hint(
        format!("to make {node} one as well"),
        format!("crm configure location {free} {whole} resource-discovery=exclusive 0: {node}"),
    )
    .hint("to see it", format!("crm configure show {}", kept.id())))
}

/// Says what the preference replaces, or refuses a name that something else has.
fn check_name(
    cib: &Cib,
    own: Option<&Location>,
    location: &Location,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let Some(own) = own else {
        return preconditions::unused(cib, &location.id);
    };
    plan.check(Check::warning(format!(
        "{} is replaced: {} on {} until now",
        own.id, own.score, own.node
    )));
    Ok(())
}

/// Warns of the locations of other hands, which are added up with the preference.
fn warn_of_other_locations(cib: &Cib, whole: &str, own: Option<&Location>, plan: &mut Plan) {
    for constraint in cib.constraints_on(whole) {
        let ours = own.is_some_and(|own| own.id == constraint.id());
        if constraint.kind() == "location" && !ours && !is_left_over(constraint) {
            plan.check(
                Check::warning(format!(
                    "the location {} has a say as well",
                    constraint.id()
                ))
                .note(format!("crm configure show {}", constraint.id())),
            );
        }
    }
}

impl Prefer {
    /// Returns the default that lets things stay where they run: without any stickiness there is
    /// no score that lets them.
    fn make_sticky(&self, cib: &Cib, whole: &str, plan: &mut Plan) -> Result<Object, Refusal> {
        let says = |primitive: &&crate::cib::Primitive| {
            primitive.meta.iter().any(|(name, _)| name == STICKINESS)
        };
        let group = crate::resources::named::group(cib, whole);
        let by_group = group.is_some_and(|g| g.meta.iter().any(|(name, _)| name == STICKINESS));
        let own = primitives(cib, whole).into_iter().find(says);
        if let Some(id) = own.map(|own| own.id.as_str()).or(by_group.then_some(whole)) {
            return Err(Refusal::check(format!(
                "{id} has a resource-stickiness of its own, too small to stay where it is"
            ))
            .hint(
                "to give it another",
                format!("crm resource meta {id} set resource-stickiness {DEFAULT}"),
            ));
        }
        let set = cib.objects().iter().find_map(|object| match object {
            Object::ResourceDefaults(set) => Some(set.id.clone()),
            _ => None,
        });
        plan.check(Check::warning(format!(
            "resources do not hold on to their node yet: resource-stickiness={DEFAULT} becomes the \
             default of all of them"
        )));
        Ok(Object::ResourceDefaults(AttributeSet {
            id: set.unwrap_or_else(|| "rsc-options".to_owned()),
            pairs: vec![(STICKINESS.to_owned(), DEFAULT.to_owned())],
        }))
    }

    fn finish(
        &self,
        location: Location,
        mut objects: Vec<Object>,
        cib: &Cib,
        facts: &Facts,
        plan: &mut Plan,
    ) {
        let (whole, node) = (location.resource.clone(), location.node.clone());
        let mut goes = false;
        let parts = family(cib, &whole);
        if facts.live_cib().is_some() && !forecast::not_foreseen(facts, &parts, plan) {
            let mut would = cib::with_location(cib.text(), &location);
            if !objects.is_empty() {
                would =
                    would.and_then(|text| cib::with_resource_default(&text, STICKINESS, DEFAULT));
            }
            let could = would
                .as_deref()
                .is_none_or(|would| candidate(would, cib, facts, &parts, &node, plan));
            if !could {
                plan.headline =
                    format!("{whole} will prefer {node}, which cannot run it as things are");
                plan.check(
                    Check::warning(format!(
                        "with {node} alone the cluster would not run {whole} at all: another constraint, or \
                         a failure there, keeps it away"
                    ))
                    .note(format!("crm resource constraints {whole}")),
                );
            }
            let movements = forecast::ask(facts, would, cib, plan);
            forecast::tell(&movements, plan);
            goes = movements.iter().any(|movement| {
                parts.contains(&movement.resource) && forecast::interrupts(movement)
            });
            let stops = movements.iter().filter(|m| forecast::interrupts(m));
            forecast::make_dangerous(stops, plan);
        }
        objects.push(Object::Location(location));
        let why = if self.failback {
            format!("outweighs what holds {whole} elsewhere: it comes back as soon as {node} does")
        } else {
            format!("decides where {whole} starts; what holds it where it runs outweighs it")
        };
        let mut step = Step::crm(objects, why);
        let runs = facts
            .monitor
            .as_ref()
            .is_some_and(|monitor| monitor.started(&whole));
        if goes && preconditions::held_back(cib).is_none() {
            step = step.within(120).verify(Verify::Runs {
                resource: whole,
                node: Some(node),
            });
        } else if runs {
            step = step.verify(Verify::Runs {
                resource: whole,
                node: None,
            });
        }
        plan.step(step);
    }
}

/// Returns whether a node could run something with this configuration: the scheduler is asked what
/// it would do if all others were in standby. Where that cannot be known, it could.
fn candidate(
    would: &str,
    cib: &Cib,
    facts: &Facts,
    parts: &[String],
    node: &str,
    plan: &mut Plan,
) -> bool {
    let monitor = facts.monitor.as_ref();
    let state = monitor.and_then(|monitor| monitor.node(node));
    if state
        .is_none_or(|state| !state.online || state.pending || state.standby || state.maintenance)
    {
        return true;
    }
    let others = cib.nodes().iter().filter(|other| other.name != node);
    let alone = others
        .into_iter()
        .try_fold(would.to_owned(), |text, other| {
            cib::with_node_attribute(&text, &other.name, "standby", "on")
        });
    let Some(alone) = alone else {
        return true;
    };
    let alone = forecast::answer(facts, Question::would_be(alone), plan);
    let with_all = forecast::answer(facts, Question::would_be(would), plan);
    let (Some(Ok(ToolAnswer::Would(alone))), Some(Ok(ToolAnswer::Would(with_all)))) =
        (alone, with_all)
    else {
        return true;
    };
    let has = |prediction: &Prediction, part: &str, action: &str| {
        let mut movements = prediction.movements.iter();
        movements.any(|one| one.resource == part && one.action == action)
    };
    !parts.iter().any(|part| {
        (has(alone, part, "stop") && !has(with_all, part, "stop"))
            || (has(with_all, part, "start") && !has(alone, part, "start"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_on_its_side_of_the_stickiness() {
        for sticky in [2, 3, 100, 199, 200, 400, 1000, 5000, 600_000] {
            let stickiness = Stickiness::Finite(sticky);
            for returns in [false, true] {
                let score = stickiness.score_for(returns).unwrap();
                assert_eq!(
                    stickiness.returns(Score::Finite(score)),
                    returns,
                    "{sticky}"
                );
                assert!(score > 0);
            }
        }
        assert_eq!(Stickiness::Finite(400).score_for(false), Some(100));
        assert_eq!(Stickiness::Finite(400).score_for(true), Some(1000));
    }

    #[test]
    fn where_no_score_does_it_none_is_given() {
        assert_eq!(Stickiness::Finite(0).score_for(false), None);
        assert_eq!(Stickiness::Finite(1).score_for(false), None);
        assert_eq!(Stickiness::Infinite.score_for(true), None);
        assert_eq!(Stickiness::Infinite.score_for(false), Some(100));
    }

    #[test]
    fn stickiness_adds_up_over_members() {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/tests/data/bookworm/group.xml"));
        let cib = Cib::parse(text.unwrap()).unwrap();
        assert_eq!(
            Stickiness::of_resource(&cib, "servweb"),
            Stickiness::Finite(400)
        );
        assert_eq!(
            Stickiness::of_resource(&cib, "serviceWeb"),
            Stickiness::Finite(200)
        );
        let own = vec![("resource-stickiness".to_owned(), "INFINITY".to_owned())];
        let members = ["IPFailover".to_owned(), "serviceWeb".to_owned()];
        assert_eq!(
            Stickiness::of_members(&cib, &members, &own),
            Stickiness::Infinite
        );
    }
}

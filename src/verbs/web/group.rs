//! `web group`: resources that stay together on one node and start in order.
//!
//! crmsh replaces a group as a whole, and quietly turns constraints on a new member into constraints
//! on the group. Both are written out here, and what would move is asked of Pacemaker on a copy.

use super::prefer;
use super::prefer::Stickiness;
use crate::cib;
use crate::cib::{Cib, Group, Location, Object, Score};
use crate::facts::{Facts, Needs};
use crate::names::{Name, ResourceId};
use crate::plan::{Again, Check, Plan, Refusal, Step, Undo, Verify, touches};
use crate::resources::named::{find_resource, primitives, resources};
use crate::resources::{forecast, port, preconditions};
use crate::verb::Change;
use clap::Args;

/// Keep resources together on one node, started in this order
#[derive(Debug, Args)]
pub struct Grouping {
    /// The group's name
    #[arg(value_name = "NAME", add = Name::Group)]
    name: ResourceId,
    /// What is in it, in the order of starting
    #[arg(value_name = "MEMBER", required = true, add = Name::MemberToBe)]
    members: Vec<ResourceId>,
    /// After how many failures on one node it goes to another
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    failures: Option<u32>,
}

impl Grouping {
    /// Returns the group as it is to be: what the existing one says of itself stays.
    fn group(&self, existing: Option<&Group>) -> Group {
        let mut group = Group {
            id: self.name.to_string(),
            members: self.members.iter().map(ToString::to_string).collect(),
            params: existing
                .map(|group| group.params.clone())
                .unwrap_or_default(),
            meta: existing.map(|group| group.meta.clone()).unwrap_or_default(),
        };
        if let Some(failures) = self.failures {
            let name = "migration-threshold";
            group.meta.retain(|(known, _)| known != name);
            group.meta.push((name.to_owned(), failures.to_string()));
        }
        group
    }

    /// Refuses members that cannot be in this group.
    fn members(&self, cib: &Cib, group: &Group) -> Result<(), Refusal> {
        let name = &group.id;
        for (at, member) in group.members.iter().enumerate() {
            if member == name {
                return Err(Refusal::usage(format!("{name} cannot be in itself")));
            }
            if group.members[..at].contains(member) {
                return Err(Refusal::usage(format!("{member} is named twice")));
            }
            let found = find_resource(cib, member)?;
            match found.object {
                Object::Primitive(_) => {}
                Object::Opaque(_) => {
                    return Err(Refusal::check(format!(
                        "{member} is written in a way that cannot be put in a group without loss"
                    ))
                    .hint("to do it by hand", format!("crm configure edit {member}")));
                }
                other => {
                    return Err(Refusal::check(format!(
                        "{member} is a {}: only single resources can be in a group",
                        other.kind()
                    ))
                    .hint("the existing ones", "bascule web list"));
                }
            }
            if found.whole == name || found.whole == member {
                continue;
            }
            let Some(Object::Group(_)) = cib.object(found.whole).map(Object::resolved) else {
                return Err(Refusal::check(format!(
                    "{member} runs everywhere, as {}: it cannot be in a group",
                    found.whole
                ))
                .hint(
                    "to keep an address with it",
                    format!("bascule vip add ADDRESS/PREFIX --with {member}"),
                ));
            };
            return Err(Refusal::check(format!(
                "{member} is in the group {} already",
                found.whole
            ))
            .hint(
                "to take it out there, first",
                format!("crm configure modgroup {} remove {member}", found.whole),
            ));
        }
        for member in &group.members {
            for constraint in cib.constraints_on(member) {
                let ties = |other: &&String| {
                    *other != member
                        && cib
                            .constraints_on(other)
                            .iter()
                            .any(|same| same.id() == constraint.id())
                };
                if let Some(other) = group.members.iter().find(ties) {
                    return Err(Refusal::check(format!(
                        "the {} {} ties {member} to {other}, which the group would do",
                        constraint.kind(),
                        constraint.id()
                    ))
                    .hint(
                        "to remove it, first",
                        format!("crm configure delete {}", constraint.id()),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Returns the group of this name, or the refusal when something else has it, or when it holds
    /// what was not named.
    fn existing<'a>(&self, cib: &'a Cib) -> Result<Option<&'a Group>, Refusal> {
        let name = self.name.to_string();
        let group = match cib.object(&name) {
            Some(Object::Group(group)) => group,
            Some(other) if other.group().is_some() => {
                return Err(Refusal::check(format!(
                    "the group {name} is written in a way that cannot be written anew without loss"
                ))
                .hint("to do it by hand", format!("crm configure edit {name}")));
            }
            Some(other) => {
                let names = resources(cib)
                    .map(Object::id)
                    .collect::<Vec<_>>()
                    .join(", ");
                return Err(Refusal::check(format!(
                    "{name} is the name of a {} already",
                    other.kind()
                ))
                .hint("these names are taken", names));
            }
            None => {
                preconditions::unused(cib, &name)?;
                return Ok(None);
            }
        };
        let named: Vec<String> = self.members.iter().map(ToString::to_string).collect();
        let left: Vec<String> = group
            .members
            .iter()
            .filter(|member| !named.contains(member))
            .cloned()
            .collect();
        if left.is_empty() {
            return Ok(Some(group));
        }
        let mut all = group.members.clone();
        all.extend(
            named
                .iter()
                .filter(|member| !group.members.contains(member))
                .cloned(),
        );
        Err(Refusal::check(format!(
            "{name} holds {} too, and nothing is taken out of a group unasked",
            left.join(", ")
        ))
        .again("with all of them", Again::same().words(&named, &all))
        .hint(
            "to take it out",
            format!("crm configure modgroup {name} remove {}", left[0]),
        ))
    }

    /// Returns the preferences that must change with what the members weigh, so that they mean what
    /// they meant.
    fn preferences(&self, cib: &Cib, group: &Group, plan: &mut Plan) -> Vec<Object> {
        let name = &group.id;
        let after = Stickiness::of_members(cib, &group.members, &group.meta);
        let mut changed = Vec::new();
        let mut holders: Vec<&str> = group.members.iter().map(String::as_str).collect();
        holders.push(name);
        for holder in holders {
            let before = Stickiness::of_resource(cib, holder);
            for constraint in cib.constraints_on(holder) {
                if holder != name {
                    plan.check(Check::warning(format!(
                        "the {} {} on {holder} will hold for all of {name}",
                        constraint.kind(),
                        constraint.id()
                    )));
                }
                let Object::Location(location) = constraint else {
                    continue;
                };
                if before.returns(location.score) == after.returns(location.score) {
                    continue;
                }
                if !prefer::is_ours(location) {
                    plan.check(Check::warning(format!(
                        "the location {} has the score {}, {name} will hold on to its node with {after}",
                        location.id, location.score
                    )));
                    continue;
                }
                let Some(score) = after.score_for(before.returns(location.score)) else {
                    continue;
                };
                plan.check(Check::ok(format!(
                    "the score of {} goes from {} to {score}, so that it means what it did",
                    location.id, location.score
                )));
                changed.push(Object::Location(Location {
                    resource: name.clone(),
                    score: Score::Finite(score),
                    ..location.clone()
                }));
            }
        }
        changed
    }
}

impl Change for Grouping {
    fn needs(&self) -> Needs {
        preconditions::needs_with_view()
    }

    // Who listens where the members would come together.
    fn needs_then(&self, facts: &Facts) -> Needs {
        let unit = facts.cib().and_then(|cib| {
            let mut members = self.members.iter();
            members.find_map(|member| port::program_of(cib, member.as_ref()))
        });
        Needs {
            web: unit.filter(|_| facts.listening.is_none()),
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let members: Vec<String> = self.members.iter().map(ToString::to_string).collect();
        let mut plan = Plan::new(format!(
            "{}: {} on one node, started in this order",
            self.name,
            members.join(", ")
        ));
        let cib = preconditions::to_change(facts, &mut plan)?;
        let existing = self.existing(cib)?;
        let group = self.group(existing);
        self.members(cib, &group)?;
        let there = existing.is_some_and(|existing| {
            Object::Group(existing.clone())
                .difference(&Object::Group(group.clone()))
                .is_empty()
        });
        if there {
            plan.base = None;
            return Ok(plan);
        }
        plan.check(Check::ok(format!(
            "{} can be in a group: none is in another",
            members.join(", ")
        )));
        let preferences = self.preferences(cib, &group, &mut plan);
        // Nothing moves of what is only just being added, by a verb before this one (`then`).
        let mut would = facts.live_cib().and(cib::with_group(cib.text(), &group));
        for object in &preferences {
            if let (Object::Location(location), Some(text)) = (object, &would) {
                would = cib::with_location(text, location);
            }
        }
        if would.is_some() && !forecast::not_foreseen(facts, &members, &mut plan) {
            let movements = forecast::ask(facts, would, cib, &mut plan);
            forecast::tell(&movements, &mut plan);
            let stops = movements.iter().filter(|m| forecast::interrupts(m));
            forecast::make_dangerous(stops, &mut plan);
            for movement in &movements {
                if let Some(node) = movement.to.as_deref().filter(|_| movement.action == "move") {
                    port::is_free_there(facts, cib, &movement.resource, node, &mut plan)?;
                }
            }
        }
        let name = group.id.clone();
        let mut touched: Vec<String> = members.clone();
        for member in &members {
            touched.extend(
                cib.constraints_on(member)
                    .iter()
                    .map(|constraint| constraint.id().to_owned()),
            );
        }
        let mut objects = vec![Object::Group(group)];
        objects.extend(preferences);
        touched.extend(objects.iter().flat_map(touches));
        touched.sort();
        touched.dedup();
        let step = Step::crm(
            objects,
            "one transaction: together on one node, started in this order, stopped in reverse",
        )
        .undo(Undo::Cib { touches: touched })
        .within(120);
        let proof = Verify::Runs {
            resource: name,
            node: None,
        };
        let held_back = held_back(cib, &members);
        let otherwise = "not all of it will run";
        preconditions::add_and_prove(&mut plan, step, proof, held_back.as_deref(), otherwise);
        Ok(plan)
    }
}

/// Returns why not all of the members would run.
fn held_back(cib: &Cib, members: &[String]) -> Option<String> {
    if let Some(held) = preconditions::held_back(cib) {
        return Some(held.why().to_owned());
    }
    members
        .iter()
        .flat_map(|member| primitives(cib, member))
        .find(|primitive| {
            primitive
                .meta
                .iter()
                .any(|(name, value)| name == "target-role" && value == "Stopped")
        })
        .map(|stopped| format!("{} is told to be stopped", stopped.id))
}

//! What a name in the configuration stands for.

use crate::cib::{Cib, CloneResource, Group, Location, Object, Primitive, Score};
use crate::plan::Refusal;

/// A resource by its name, and what it belongs to.
pub struct Named<'a> {
    /// The object that has the name.
    pub object: &'a Object,
    /// The outermost group or clone around it; itself when nothing is.
    pub whole: &'a str,
}

/// Returns the resource of a name.
///
/// # Errors
/// When there is none, or the name is that of something else: with the nearest name.
pub fn find_resource<'a>(cib: &'a Cib, name: &str) -> Result<Named<'a>, Refusal> {
    let object = match cib.object(name) {
        Some(object) if object.is_resource() => object,
        Some(other) => {
            return Err(Refusal::check(format!(
                "{name} is a {}, not a resource or group",
                other.kind()
            ))
            .hint("the existing ones", "bascule web list"));
        }
        None => {
            return Err(
                Refusal::check(format!("no resource or group is called {name}"))
                    .did_you_mean(name, resources(cib).map(Object::id))
                    .hint("the existing ones", "bascule web list"),
            );
        }
    };
    let whole = cib.whole_of(object.id());
    Ok(Named { object, whole })
}

/// Returns all that runs or holds what runs.
pub fn resources(cib: &Cib) -> impl Iterator<Item = &Object> {
    cib.objects().iter().filter(|object| object.is_resource())
}

/// Returns the primitives that a name stands for: itself, or all that is in the group or clone.
pub fn primitives<'a>(cib: &'a Cib, name: &str) -> Vec<&'a Primitive> {
    match cib.object(name).map(Object::resolved) {
        Some(Object::Primitive(primitive)) => vec![primitive],
        Some(Object::Group(group)) => group
            .members
            .iter()
            .flat_map(|member| primitives(cib, member))
            .collect(),
        Some(Object::Clone(clone)) => primitives(cib, &clone.member),
        _ => Vec::new(),
    }
}

/// Returns a resource, all that is in it, by name.
pub fn family(cib: &Cib, name: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    match cib.object(name).map(Object::resolved) {
        Some(Object::Group(group)) => names.extend(group.members.iter().cloned()),
        Some(Object::Clone(clone)) => names.extend(family(cib, &clone.member)),
        _ => {}
    }
    names
}

/// Returns the group of a name.
pub fn group<'a>(cib: &'a Cib, name: &str) -> Option<&'a Group> {
    match cib.object(name).map(Object::resolved) {
        Some(Object::Group(group)) => Some(group),
        _ => None,
    }
}

/// Returns the constraints that `crm resource move` and `ban` left on a resource or on something in
/// it. They hold for ever: Pacemaker itself never removes them.
pub fn left_over<'a>(cib: &'a Cib, name: &str) -> Vec<&'a Object> {
    family(cib, name)
        .iter()
        .flat_map(|member| cib.constraints_on(member))
        .filter(|constraint| is_left_over(constraint))
        .collect()
}

/// Returns what keeps a resource, or something in it, off a node for good, or outweighs a preference
/// of this score for it. A location of another role says nothing about where it may run.
pub fn ban<'a>(cib: &'a Cib, name: &str, node: &str, score: i32) -> Option<&'a Location> {
    family(cib, name)
        .iter()
        .flat_map(|member| cib.constraints_on(member))
        .filter_map(|constraint| match constraint.resolved() {
            Object::Location(location) => Some(location),
            _ => None,
        })
        .filter(|location| location.node == node && of_every_role(location))
        .find(|location| match location.score {
            Score::MinusInfinity => true,
            Score::Finite(against) => against < 0 && against.saturating_add(score) <= 0,
            Score::Infinity => false,
        })
}

/// Returns true for a location that holds for whatever runs, not only for what is promoted.
pub fn of_every_role(location: &Location) -> bool {
    matches!(location.role.as_deref(), None | Some("Started"))
}

/// Returns true for a constraint that `crm resource move` or `ban` made.
pub fn is_left_over(object: &Object) -> bool {
    ["cli-prefer-", "cli-ban-"]
        .iter()
        .any(|made| object.id().starts_with(made))
}

/// Returns what runs where a copy of a clone runs: its address, as `vip add --with` makes it.
pub fn companion<'a>(cib: &'a Cib, clone: &str) -> Option<&'a str> {
    cib.constraints_on(clone)
        .into_iter()
        .find_map(|constraint| match constraint.resolved() {
            Object::Colocation(together) if together.with == clone => {
                let name = together.resource.as_str();
                let with_it = primitives(cib, name);
                let mut with_it = with_it.iter();
                with_it
                    .any(|primitive| primitive.virtual_address().is_some())
                    .then_some(name)
            }
            _ => None,
        })
}

/// Returns the service of a name that runs everywhere, known by its own name as well as by that of
/// the clone around it.
///
/// # Errors
/// When there is none, or it runs on one node: with the nearest name.
pub fn everywhere<'a>(cib: &'a Cib, name: &str) -> Result<&'a CloneResource, Refusal> {
    let clone = |name: &str| cib.object(name).and_then(Object::clone_resource);
    let found = clone(name).or_else(|| cib.parent_of(name).and_then(clone));
    found.ok_or_else(|| {
        let refusal = match cib.object(name) {
            Some(other) => Refusal::check(format!(
                "{name} is a {} on one node: --with wants a service that runs everywhere",
                other.kind()
            )),
            None => {
                let clones = cib.objects().iter().filter_map(Object::clone_resource);
                let clones = clones.map(|clone| clone.member.as_str());
                Refusal::check(format!("there is no service {name} that runs everywhere"))
                    .did_you_mean(name, clones)
            }
        };
        refusal.hint("to have one", "bascule web add SERVICE --everywhere")
    })
}

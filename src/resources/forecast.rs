//! What the cluster itself says it would do: Pacemaker's scheduler, asked on a copy of the CIB.
//!
//! A plan that has a question which was not answered yet is made anew with the answer.

use crate::cib::Cib;
use crate::facts::{Facts, Monitor, Movement, Prediction, ToolAnswer};
use crate::plan::{Check, Danger, Plan, Question};

/// Returns what would move with this configuration and is not about to move anyway; nothing until that
/// has been asked.
///
/// Not being able to ask is no reason to refuse: the plan says so.
pub fn ask(facts: &Facts, cib: Option<String>, now: &Cib, plan: &mut Plan) -> Vec<Movement> {
    let Some(cib) = cib else {
        plan.check(unknown("the configuration could not be copied"));
        return Vec::new();
    };
    let would = answer(facts, Question::would_be(cib), plan);
    let anyway = answer(facts, Question::as_it_is(now), plan);
    match (would, anyway) {
        (Some(Ok(ToolAnswer::Would(would))), Some(anyway)) => without(would, anyway.as_ref().ok()),
        (Some(Err(why)), _) => {
            plan.check(unknown(why));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn unknown(why: &str) -> Check {
    Check::warning(format!(
        "what the cluster would move could not be predicted: {why}"
    ))
}

/// Returns the answer to a question; none until it has been asked, which the plan says that it must be.
pub fn answer<'a>(
    facts: &'a Facts,
    question: Question,
    plan: &mut Plan,
) -> Option<&'a Result<ToolAnswer, String>> {
    let found = facts.answers.get(&question.key());
    if found.is_none() {
        plan.questions.push(question);
    }
    found
}

/// Returns true where a plan behind `then` is about what runs now: the configuration that the verbs before
/// it leave is known as objects, and not as the text that the scheduler is asked with. The plan says so.
pub fn not_foreseen(facts: &Facts, ids: &[String], plan: &mut Plan) -> bool {
    let runs = |id: &String| {
        let monitor = facts.monitor.as_ref();
        monitor.is_some_and(|monitor| !monitor.places(id).is_empty())
    };
    let Some(first) = ids.iter().find(|id| facts.planned && runs(id)) else {
        return false;
    };
    plan.check(
        Check::warning(format!(
            "{first} runs, and may stop and start elsewhere: what the verbs before this one change is not in \
             the prediction"
        ))
        .note("crm_simulate"),
    );
    true
}

/// Notes in an undo's plan what moves or stops with the configuration that it puts back. What is no
/// longer in that one is told by the undo itself.
pub fn of_an_undo(facts: &Facts, would: &str, now: &Cib, plan: &mut Plan) {
    let mut movements = ask(facts, Some(would.to_owned()), now, plan);
    if let Ok(would) = Cib::parse(would.to_owned()) {
        movements.retain(|movement| would.object(&movement.resource).is_some());
    }
    tell(&movements, plan);
    let ends = |movement: &&Movement| ends_nowhere(movement, &movements, facts.monitor.as_ref());
    make_dangerous(movements.iter().filter(ends), plan);
}

/// Returns those movements that the cluster is not about to make anyway.
pub fn without(prediction: &Prediction, anyway: Option<&ToolAnswer>) -> Vec<Movement> {
    let comes_anyway = |movement: &Movement| match anyway {
        Some(ToolAnswer::Would(anyway)) => anyway.movements.contains(movement),
        _ => false,
    };
    let movements = prediction.movements.iter().cloned();
    movements
        .filter(|movement| !comes_anyway(movement))
        .collect()
}

/// Returns true when a running resource is interrupted.
pub fn interrupts(movement: &Movement) -> bool {
    movement.action != "start"
}

/// Returns true when a resource stops and then runs nowhere: of a clone, when no copy stays.
pub fn ends_nowhere(
    movement: &Movement,
    movements: &[Movement],
    monitor: Option<&Monitor>,
) -> bool {
    let stops = |node: &str| {
        movements.iter().any(|other| {
            other.resource == movement.resource
                && other.action == "stop"
                && other.from.as_deref() == Some(node)
        })
    };
    let stays = || {
        monitor.is_some_and(|monitor| {
            let places = monitor.places(&movement.resource);
            places.into_iter().any(|node| !stops(node))
        })
    };
    movement.action == "stop" && !(movement.copy && stays())
}

/// Returns a movement as a clause.
pub fn sentence(movement: &Movement) -> String {
    let resource = &movement.resource;
    let place = |node: &Option<String>| node.clone().unwrap_or_else(|| "its node".to_owned());
    let (from, to) = (place(&movement.from), place(&movement.to));
    match movement.action.as_str() {
        "stop" if movement.copy => format!("the copy of {resource} on {from} stops"),
        "start" if movement.copy => format!("a copy of {resource} starts on {to}"),
        "start" => format!("{resource} starts on {to}"),
        "stop" => format!("{resource} stops on {from} and starts nowhere"),
        "move" | "migrate" => format!("{resource} stops on {from} and starts on {to}"),
        _ if movement.to.is_some() && from != to => {
            format!("{resource} stops on {from} and starts on {to}")
        }
        _ => format!("{resource} stops and starts again on {from}"),
    }
}

/// Notes in the plan what moves and stops, each as a warning.
pub fn tell(movements: &[Movement], plan: &mut Plan) {
    for movement in movements {
        let text = sentence(movement);
        plan.check(if interrupts(movement) {
            Check::warning(text).note("crm_simulate")
        } else {
            Check::ok(text).note("crm_simulate")
        });
    }
}

/// Makes the plan ask for the name of the first resource that one of these stops.
pub fn make_dangerous<'a>(movements: impl IntoIterator<Item = &'a Movement>, plan: &mut Plan) {
    let movements: Vec<&Movement> = movements.into_iter().collect();
    let Some(first) = movements.first() else {
        return;
    };
    let what: Vec<String> = movements
        .iter()
        .map(|movement| sentence(movement))
        .collect();
    plan.danger = Some(Danger::new(what.join("; "), &first.resource));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{RELEASES, facts};

    #[test]
    fn what_runs_is_not_foreseen_behind_other_verbs() {
        for release in RELEASES {
            let mut facts = facts(release, "grouped");
            let runs = ["servweb".to_owned()];
            let mut plan = Plan::new("");
            assert!(!not_foreseen(&facts, &runs, &mut plan), "{release}");
            facts.planned = true;
            assert!(
                !not_foreseen(&facts, &["new".to_owned()], &mut plan),
                "{release}"
            );
            assert!(plan.checks.is_empty(), "{release}");
            assert!(not_foreseen(&facts, &runs, &mut plan), "{release}");
            let said = "servweb runs, and may stop and start elsewhere";
            assert!(plan.checks[0].text.starts_with(said), "{release}");
        }
    }
}

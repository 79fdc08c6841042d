//! What the cluster itself says it would do: Pacemaker's scheduler, asked on a copy of the CIB.
//!
//! A plan is made from readings; this is the one question that a verb asks while it plans. It
//! touches no cluster: the copies lie in a folder of their own, which is gone afterwards.

use crate::cib::Cib;
use crate::facts::{Facts, Monitor, Movement, Prediction, predict, predict_of};
use crate::plan::{Check, Danger, Plan};

/// Returns what would move with this configuration and is not about to move anyway.
///
/// Not being able to ask is no reason to refuse: the plan says so.
pub fn ask(cib: Option<String>, now: &Cib, plan: &mut Plan) -> Vec<Movement> {
    let asked = cib
        .ok_or_else(|| "the configuration could not be copied".to_owned())
        .and_then(|would| both(&would, now.text()));
    match asked {
        Ok((prediction, anyway)) => without(prediction, &anyway),
        Err(why) => {
            plan.check(Check::warning(format!(
                "what the cluster would move could not be predicted: {why}"
            )));
            Vec::new()
        }
    }
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
pub fn of_an_undo(would: &str, now: &Cib, monitor: Option<&Monitor>, plan: &mut Plan) {
    let mut movements = ask(Some(would.to_owned()), now, plan);
    if let Ok(would) = Cib::parse(would.to_owned()) {
        movements.retain(|movement| would.object(&movement.resource).is_some());
    }
    tell(&movements, plan);
    let ends = |movement: &&Movement| ends(movement, &movements, monitor);
    make_dangerous(movements.iter().filter(ends), plan);
}

/// Asks for what would be and for what is at the same time: each question takes about 30 ms.
fn both(would: &str, now: &str) -> Result<(Prediction, Prediction), String> {
    std::thread::scope(|scope| {
        let anyway = scope.spawn(|| predict_of("now.xml", now).unwrap_or_default());
        let prediction = predict(would)?;
        Ok((prediction, anyway.join().unwrap_or_default()))
    })
}

/// Returns those movements that the cluster is not about to make anyway.
pub fn beyond(prediction: Prediction, now: &Cib) -> Vec<Movement> {
    if prediction.movements.is_empty() {
        return Vec::new();
    }
    without(
        prediction,
        &predict_of("now.xml", now.text()).unwrap_or_default(),
    )
}

fn without(prediction: Prediction, anyway: &Prediction) -> Vec<Movement> {
    prediction
        .movements
        .into_iter()
        .filter(|movement| !anyway.movements.contains(movement))
        .collect()
}

/// Returns true when a running resource is interrupted.
pub fn interrupts(movement: &Movement) -> bool {
    movement.action != "start"
}

/// Returns true when a resource stops and then runs nowhere: of a clone, when no copy stays.
pub fn ends(movement: &Movement, movements: &[Movement], monitor: Option<&Monitor>) -> bool {
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
    plan.danger = Some(Danger {
        what: what.join("; "),
        word: first.resource.clone(),
    });
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

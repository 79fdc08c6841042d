//! `VERB … then VERB …`: several verbs as one plan, one yes, one commit, one undo.
//!
//! Each verb is planned on what the ones before it leave, and what they put into the cluster's
//! configuration becomes one transaction: an address never starts alone on the wrong node before
//! its group exists.

use crate::facts::{Cluster, Facts, Needs};
pub use crate::plan::THEN;
use crate::plan::{Action, Again, Plan, Refusal, Step, Undo};
use crate::verb::Change;
use std::ffi::OsString;

/// Returns the words of each verb.
pub fn split(words: &[OsString]) -> Vec<&[OsString]> {
    words.split(|word| word == THEN).collect()
}

/// Several changes as one.
pub struct Together<'a> {
    changes: Vec<&'a dyn Change>,
}

impl<'a> Together<'a> {
    /// Returns the changes as one, in this order.
    pub fn new(changes: Vec<&'a dyn Change>) -> Together<'a> {
        Together { changes }
    }
}

impl Change for Together<'_> {
    fn needs(&self) -> Needs {
        self.changes
            .iter()
            .map(|change| change.needs())
            .fold(Needs::default(), Needs::and)
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let changes = self.changes.iter();
        changes
            .map(|change| change.needs_then(facts))
            .fold(Needs::default(), Needs::and)
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let mut facts = facts.clone();
        let mut together = Plan::new("");
        let mut headlines = Vec::new();
        self.one_web_server()?;
        for (at, change) in self.changes.iter().enumerate() {
            if let Some(why) = change.alone() {
                return Err(Refusal::check(why)
                    .again("this one on its own", Again::same().alone())
                    .for_verb_at(at));
            }
        }
        for (at, change) in self.changes.iter().enumerate() {
            let plan = change
                .plan(&facts)
                .map_err(|refusal| refusal.for_verb_at(at))?;
            let plan = plan.for_verb_at(at);
            facts = facts_after(facts, &plan).map_err(|refusal| refusal.for_verb_at(at))?;
            headlines.push(plan.headline.clone());
            together.absorb(plan);
        }
        together.headline = headlines.join("; ");
        together.steps = one_transaction(together.steps);
        Ok(together)
    }
}

impl Together<'_> {
    /// Refuses two web servers: the answer of one on its configuration is read once, here and on each peer.
    fn one_web_server(&self) -> Result<(), Refusal> {
        let changes = self.changes.iter().enumerate();
        let mut servers = changes.filter_map(|(at, change)| Some((at, change.needs().web?)));
        let Some((at, first)) = servers.next() else {
            return Ok(());
        };
        match servers.find(|(_, server)| *server != first) {
            None => Ok(()),
            Some((_, other)) => Err(Refusal::check(format!(
                "{first} and {other} cannot be added by one plan: each has a configuration to check"
            ))
            .again("one after the other", Again::same().alone())
            .for_verb_at(at)),
        }
    }
}

/// Returns the facts as they will be after a plan.
fn facts_after(mut facts: Facts, plan: &Plan) -> Result<Facts, Refusal> {
    for step in &plan.steps {
        match &step.action {
            Action::Crm { objects } => {
                let (Cluster::Running(cib) | Cluster::Stopped { cib: Some(cib), .. }) =
                    &mut facts.cluster
                else {
                    continue;
                };
                *cib = cib.with(objects);
                facts.planned = true;
            }
            _ if step.changes_cib() => {
                return Err(Refusal::check(format!(
                    "“{}” cannot be planned together with other verbs: what it does to the \
                     configuration is only known afterwards",
                    plan.headline
                ))
                .again("this one on its own", Again::same().alone()));
            }
            _ => {}
        }
    }
    Ok(facts)
}

/// Returns the steps with all transactions made into one, where the last of them stood.
fn one_transaction(steps: Vec<Step>) -> Vec<Step> {
    let Some(last) = steps
        .iter()
        .rposition(|step| matches!(step.action, Action::Crm { .. }))
    else {
        return steps;
    };
    let mut objects = Vec::new();
    let mut verify = Vec::new();
    let mut deadline = 0;
    let mut touched = Vec::new();
    let mut merged = Vec::new();
    for (at, step) in steps.into_iter().enumerate() {
        let Action::Crm { objects: more } = &step.action else {
            merged.push(step);
            continue;
        };
        for object in more {
            // The last word on an object is the one that counts; sets of properties merge.
            crate::cib::put_into(&mut objects, object.clone());
        }
        deadline = deadline.max(step.deadline);
        // What crmsh rewrites beside the objects is taken back with them.
        if let Undo::Cib { touches } = &step.undo {
            for name in touches {
                if !touched.contains(name) {
                    touched.push(name.clone());
                }
            }
        }
        // The objects' own proof is made anew for all of them.
        verify.extend(step.verify.into_iter().skip(1));
        if at == last {
            let mut one = Step::crm(std::mem::take(&mut objects), "all of it in one transaction");
            one.verify.append(&mut verify);
            one.undo = Undo::Cib {
                touches: std::mem::take(&mut touched),
            };
            one.deadline = deadline;
            merged.push(one);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verb that asks a server, once it is known which.
    struct Asks(&'static str);

    impl Change for Asks {
        fn needs(&self) -> Needs {
            Needs::default()
        }

        fn needs_then(&self, _: &Facts) -> Needs {
            Needs {
                database_hosts: vec![self.0.to_owned()],
                ..Needs::default()
            }
        }

        fn plan(&self, _: &Facts) -> Result<Plan, Refusal> {
            Ok(Plan::new(self.0))
        }
    }

    #[test]
    fn each_verb_gets_the_answers_that_it_asks_for_later() {
        let verbs = [Asks("serv1"), Asks("serv2")];
        let together = Together::new(verbs.iter().map(|verb| verb as &dyn Change).collect());
        let asked = together.needs_then(&Facts::default()).database_hosts;
        assert_eq!(asked, ["serv1", "serv2"]);
    }
}

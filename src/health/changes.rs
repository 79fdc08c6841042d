//! Whether the cluster's configuration can be changed at all, as it is.

use crate::cib::{Cib, Fencing};
use crate::plan::{Action, Plan, Refusal, Step};

/// Refuses a plan whose changes crmsh would refuse, whatever they are: `crm_verify` finds fault with
/// the configuration they would be part of.
///
/// # Errors
/// When fencing is on without a device, and the plan does not itself end that.
pub fn takes_changes(cib: &Cib, plan: &Plan) -> Result<(), Refusal> {
    let mut now = cib.clone();
    for step in &plan.steps {
        if let Action::Crm { objects } = &step.action {
            now = now.with(objects);
        }
        if by_crmsh(step) && now.fencing() == Fencing::WithoutDevice {
            return Err(Refusal::check(
                "fencing is on and there is no fence device: Pacemaker starts nothing, and crmsh \
                 takes no change before that is decided",
            )
            .hint(
                "to go on without fencing",
                "bascule cluster set stonith-enabled=false",
            )
            .hint("about fencing, and its devices", "bascule explain fencing"));
        }
    }
    Ok(())
}

/// Returns true when crmsh looks at the whole configuration for this step.
fn by_crmsh(step: &Step) -> bool {
    match &step.action {
        Action::Crm { .. } => true,
        Action::Run { argv, .. } => {
            argv.first().is_some_and(|program| program == "crm")
                && argv.iter().any(|word| word == "configure")
        }
        Action::Patch { .. }
        | Action::File { .. }
        | Action::Sql { .. }
        | Action::Pipe { .. }
        | Action::Beside { .. }
        | Action::EndBeside { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cib::{AttributeSet, Object};
    use crate::trial::{RELEASES, facts, plan};

    fn set(value: &str) -> Object {
        Object::Property(AttributeSet {
            id: "cib-bootstrap-options".to_owned(),
            pairs: vec![("stonith-enabled".to_owned(), value.to_owned())],
        })
    }

    #[test]
    fn fencing_without_a_device_is_told_before_crmsh_refuses() {
        for release in RELEASES {
            let mut facts = facts(release, "grouped");
            let crate::facts::Cluster::Running(cib) = &mut facts.cluster else {
                panic!()
            };
            assert_eq!(cib.fencing(), Fencing::Off);
            *cib = cib.with(&[set("true")]);
            let cib = cib.clone();
            assert_eq!(cib.fencing(), Fencing::WithoutDevice);
            for words in ["vip remove IPFailover", "cluster set batch-limit=3"] {
                let refusal = takes_changes(&cib, &plan(words, &facts).unwrap()).unwrap_err();
                assert!(refusal.what.contains("no fence device"), "{words}");
            }
            for words in ["cluster set stonith-enabled=false", "node standby serv2"] {
                assert!(
                    takes_changes(&cib, &plan(words, &facts).unwrap()).is_ok(),
                    "{words}"
                );
            }
        }
    }
}

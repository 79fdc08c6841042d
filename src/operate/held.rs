//! The locks under which a plan is carried out: this host's, and that of each other host that it changes.

use super::Session;
use crate::exec::peer_lock::{Asked, PeerLock};
use crate::exit::Exit;
use crate::facts::Who;
use crate::journal::{Busy, Lock};
use crate::plan::{Answered, Plan, Refusal, shell_line};
use std::collections::BTreeMap;

/// All of them; let go when dropped.
#[derive(Debug)]
pub(super) struct HostLocks {
    _own: Option<Lock>,
    others: Vec<PeerLock>,
}

impl HostLocks {
    /// Returns true when another host is held.
    pub(super) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }
}

impl Session<'_> {
    /// Takes the locks of a plan, everywhere in one order: of two that begin at once, one goes on.
    ///
    /// A host that does not answer has no lock: what the plan does there says so itself.
    ///
    /// # Errors
    /// The refusal, where somebody else is at work.
    pub(super) fn take_locks(
        &mut self,
        plan: &Plan,
        hosts: &BTreeMap<String, Answered>,
    ) -> Result<HostLocks, Exit> {
        let who = self.holder_text("");
        let elsewhere = self.holder_text(&format!(" on {}", self.host.name));
        let changed = |target: &&String| {
            plan.steps
                .iter()
                .any(|step| step.host.as_ref() == Some(*target))
        };
        // A clone has the machine-id of its model, and its name perhaps; two names of one host have one
        // lock. What this host has itself is in no answer's addresses.
        let own = (Who::of_this_host().machine, self.host.name.clone(), None);
        let others = hosts.keys().filter(changed).map(|target| {
            let answered = &hosts[target];
            let address = answered.addresses.first().copied();
            (
                (answered.machine.clone(), answered.host.clone(), address),
                target,
            )
        });
        let others = others.filter(|(host, _)| *host != own);
        let mut order: BTreeMap<_, _> = others.map(|(host, target)| (host, Some(target))).collect();
        order.insert(own, None);
        let mut held = HostLocks {
            _own: None,
            others: Vec::new(),
        };
        for target in order.into_values() {
            match target {
                // The shell that holds the tables holds this as well.
                None if self.lock.is_some() => {}
                None => held._own = Some(self.own_lock(&who)?),
                Some(host) => match PeerLock::ask(host, &elsewhere) {
                    Asked::Held(lock) => held.others.push(*lock),
                    Asked::Busy(holder) => {
                        return Err(self.refused_busy(&format!("on {host}"), &holder));
                    }
                    Asked::Unknown => {}
                },
            }
        }
        Ok(held)
    }

    /// Takes this host's own lock for what is no plan and lasts: `db lock`.
    ///
    /// # Errors
    /// The refusal, where somebody else is at work.
    pub fn at_work(&mut self) -> Result<Lock, Exit> {
        let who = self.holder_text("");
        self.own_lock(&who)
    }

    fn holder_text(&self, place: &str) -> String {
        holder_text(&self.host.person.user, place, &self.command)
    }

    /// Takes this host's own lock.
    fn own_lock(&mut self, who: &str) -> Result<Lock, Exit> {
        match Lock::take(self.host.state.path(), who) {
            Ok(lock) => Ok(lock),
            Err(Busy::By(holder)) => Err(self.refused_busy("here", &holder)),
            Err(Busy::Unwritable(error)) => {
                let path = self.host.state.path().display();
                let word = shell_line(&[path.to_string()]);
                Err(self.refused(
                    &Refusal::check(format!("{path} cannot be written: {error}"))
                        .hint("to see why", format!("ls -ld {word}; df -h {word}")),
                ))
            }
        }
    }

    fn refused_busy(&mut self, place: &str, holder: &str) -> Exit {
        let what = match holder {
            "" => format!("another bascule has just begun to work {place}"),
            holder => format!("another bascule is at work {place}: {holder}"),
        };
        self.refused(&Refusal::check(what).hint("when it has ended, again", self.typed_command()))
    }
}

/// Returns what others are told of who is at work; `place` where that is another host than the one held.
fn holder_text(user: &str, place: &str, command: &str) -> String {
    format!(
        "{user}{place} (process {}), since {}: {command}",
        std::process::id(),
        jiff::Zoned::now().strftime("%H:%M:%S"),
    )
}

#[cfg(test)]
mod tests {
    use super::holder_text;

    #[test]
    fn whoever_works_from_another_host_is_named_by_user_and_host() {
        assert!(
            holder_text("root", " on serv1", "quorum add").starts_with("root on serv1 (process ")
        );
        assert!(holder_text("root", "", "quorum add").starts_with("root (process "));
    }
}

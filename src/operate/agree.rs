//! From a verb to the plan that is to be carried out: planned, shown, asked about, and looked at again
//! after the yes.

use super::held::HostLocks;
use super::{ChangeDocument, Format, Session, UNCHANGED, unchanged};
use crate::exit::Exit;
use crate::facts::{self, Facts};
use crate::health;
use crate::plan::{self, Action, Answered, Finding, Plan, Probe, Refusal};
use crate::ui::Consent;
use crate::verb::Change;
use std::collections::BTreeMap;

/// The sentence above a plan that is no longer the one that was shown.
const CHANGED: &str = "what this plan rested on has changed since it was shown:";

impl Session<'_> {
    /// Plans, shows and asks; returns the plan that is to be carried out.
    ///
    /// # Errors
    /// How it ended where nothing is: refused, declined, shown only, or nothing to do.
    pub fn agreed(&mut self, verb: &dyn Change) -> Result<Plan, Exit> {
        self.decided(verb, false).map(|(plan, _)| plan)
    }

    /// Returns with it the locks of all hosts that it changes, where they are wanted: what it rests on is
    /// read once more under them, since two bascules on two hosts know nothing of each other.
    pub(super) fn decided(
        &mut self,
        verb: &dyn Change,
        locks: bool,
    ) -> Result<(Plan, Option<HostLocks>), Exit> {
        if let Err(refusal) = self.root_only(&verb.needs()) {
            return Err(self.refused(&refusal));
        }
        let mut facts = self.gather(&verb.needs(), |facts| verb.needs_then(facts));
        let (mut plan, mut hosts) = match self.decide(verb, &mut facts, locks) {
            Ok(decided) => decided,
            Err(refusal) => return Err(self.refused(&refusal)),
        };
        let harmless = plan.leaves_nothing && plan.danger.is_none();
        let unasked = (self.settings.yes || harmless) && !plan.in_person;
        if self.shows_only_where(unasked) {
            self.tell_programs(&ChangeDocument::shown(&plan));
            return Err(Exit::Done);
        }
        if plan.is_empty() {
            // An undo that finds everything as it was is still written down as done.
            if verb.undoes().is_some() {
                return Ok((plan, None));
            }
            self.tell_programs(&ChangeDocument::nothing_to_do(Some(&plan)));
            return Err(Exit::Done);
        }
        if let Some(blocked) = &plan.blocked {
            return Err(self.refused(&blocked.refusal()));
        }
        self.can_be_read()?;
        // In the shell Ctrl-C while the host was read did not end the program.
        if self.signals.asked() {
            match self.settings.format {
                Format::Json => self.tell_programs(&ChangeDocument::interrupted(&plan)),
                Format::Human | Format::Sh => self.ui.line(UNCHANGED),
            }
            return Err(Exit::Interrupted);
        }
        let mut held = None;
        if unasked && locks {
            let taken = self.take_locks(&plan, &hosts)?;
            if taken.has_others() && !harmless {
                let (now, answered) = self.as_it_is_now(verb, &facts)?;
                hosts = answered;
                if !unchanged::is_same(&plan, &now) && self.settings.format == Format::Human {
                    self.ui.line(CHANGED);
                    self.show(&now);
                }
                plan = now;
                self.goes_on(&plan)?;
            }
            held = Some(taken);
        }
        // What was found under the locks may ask for somebody at a terminal: nobody waits for them.
        if plan.in_person {
            held = None;
        }
        if !unasked || plan.in_person {
            self.can_ask(&plan)?;
            loop {
                self.asked(&plan)?;
                let taken = match locks {
                    true => Some(self.take_locks(&plan, &hosts)?),
                    false => None,
                };
                let (now, answered) = self.as_it_is_now(verb, &facts)?;
                hosts = answered;
                if unchanged::is_same(&plan, &now) {
                    plan = now;
                    held = taken;
                    break;
                }
                // Nobody has to wait while this is read.
                drop(taken);
                self.ui.line(CHANGED);
                self.show(&now);
                self.goes_on(&now)?;
                plan = now;
            }
        }
        for (target, answered) in hosts {
            if plan.concerns(&target) {
                plan.hosts.entry(target).or_insert(answered);
            }
        }
        Ok((plan, held))
    }

    /// Looks whether the plan could be read by anybody.
    ///
    /// # Errors
    /// When standard output was closed before.
    fn can_be_read(&mut self) -> Result<(), Exit> {
        if !self.ui.is_closed() {
            return Ok(());
        }
        let refusal = Refusal::check("standard output was closed before the plan could be read")
            .hint(
                "to run it unseen",
                format!("{} --yes >/dev/null", self.typed_command()),
            );
        Err(self.refused(&refusal))
    }

    /// Looks whether there is anybody to ask.
    ///
    /// # Errors
    /// When there is no terminal.
    fn can_ask(&mut self, plan: &Plan) -> Result<(), Exit> {
        if self.ui.can_ask() {
            return Ok(());
        }
        let refusal = match &plan.danger {
            Some(danger) if plan.in_person => Refusal::check(format!(
                "there is no terminal at which {} could be typed, and --yes does not answer that",
                danger.word
            ))
            .hint("at a terminal", self.typed_command()),
            _ => Refusal::check("there is no terminal to ask, and no --yes").hint(
                "to run it without a question",
                format!("{} --yes", self.typed_command()),
            ),
        };
        self.ui.refusal(&refusal, UNCHANGED);
        Err(Exit::Declined)
    }

    /// Asks whether the plan shall be carried out.
    ///
    /// # Errors
    /// How it ended, where the answer is not yes.
    fn asked(&mut self, plan: &Plan) -> Result<(), Exit> {
        let exit = match self.ui.question(plan) {
            Consent::Yes => return Ok(()),
            Consent::Interrupted => Exit::Interrupted,
            Consent::No | Consent::Gone => Exit::Declined,
        };
        self.ui.line(UNCHANGED);
        Err(exit)
    }

    /// Looks whether a plan that was made anew has something to do, and can be run.
    ///
    /// # Errors
    /// How it ended, where it has not or cannot.
    fn goes_on(&mut self, plan: &Plan) -> Result<(), Exit> {
        if plan.is_empty() {
            self.tell_programs(&ChangeDocument::nothing_to_do(Some(plan)));
            return Err(Exit::Done);
        }
        match &plan.blocked {
            None => Ok(()),
            Some(blocked) => Err(self.refused(&blocked.refusal())),
        }
    }

    /// Returns the plan that follows from what is so after the yes.
    ///
    /// # Errors
    /// How it ended, where it is refused now.
    fn as_it_is_now(
        &mut self,
        verb: &dyn Change,
        before: &Facts,
    ) -> Result<(Plan, BTreeMap<String, Answered>), Exit> {
        let mut now = self.gather(&verb.needs(), |facts| verb.needs_then(facts));
        unchanged::at_the_time_of(before, &mut now);
        let again = planned(verb, &mut now, &self.command).and_then(|plan| {
            let probes = plan.probes();
            if probes.is_empty() {
                return Ok((plan, now.answered()));
            }
            let mut answered = facts::answer(&now, &probes);
            Ok((
                planned(verb, &mut answered, &self.command)?,
                answered.answered(),
            ))
        });
        again.map_err(|refusal| {
            // Standard output is the refusal's alone there.
            match self.settings.format {
                Format::Json => self.ui.talk(CHANGED),
                Format::Human | Format::Sh => self.ui.line(CHANGED),
            }
            self.refused(&refusal)
        })
    }

    /// Makes the plan, shows it while slow answers are awaited, and makes it anew with them. Returns
    /// with it the other hosts as they answered.
    fn decide(
        &mut self,
        verb: &dyn Change,
        facts: &mut Facts,
        writes: bool,
    ) -> Result<(Plan, BTreeMap<String, Answered>), Refusal> {
        let plan = planned(verb, facts, &self.command)?;
        // A lock alone writes nothing.
        if writes {
            health::database::can_write(facts, &plan)?;
        }
        let shows = self.settings.format == Format::Human;
        let probes = plan.probes();
        if probes.is_empty() {
            if shows {
                self.show(&plan);
            }
            self.print_script(&plan, &[]);
            return Ok((plan, facts.answered()));
        }
        // While nothing is to be done as far as is known, there is nothing to read meanwhile.
        let early = shows && !plan.is_empty();
        if early {
            self.ui.plan(&plan);
        }
        let mut answered = facts::answer(facts, &probes);
        let decided = planned(verb, &mut answered, &self.command)?;
        if shows && !early {
            self.show(&decided);
        } else if shows {
            let told: Vec<_> = decided
                .checks
                .iter()
                .filter(|check| !plan.checks.contains(check))
                .cloned()
                .collect();
            if decided.steps != plan.steps {
                self.ui.line("  what was found changes the plan:");
                self.show(&decided);
            } else {
                self.ui.checks(&told);
            }
        }
        self.print_script(&decided, &reached(&answered, probes));
        Ok((decided, answered.answered()))
    }

    fn show(&mut self, plan: &Plan) {
        if plan.is_empty() {
            let text = format!("nothing to do: {}", plan.headline);
            self.ui.prose(&text);
            let warnings: Vec<_> = plan
                .checks
                .iter()
                .filter(|check| check.finding == Finding::Warning)
                .cloned()
                .collect();
            self.ui.checks(&warnings);
        } else {
            self.ui.plan(plan);
        }
    }

    fn print_script(&mut self, plan: &Plan, probes: &[Probe]) {
        if self.settings.format == Format::Sh {
            self.ui
                .write(&plan::script(plan, &self.typed_command(), probes));
        }
    }
}

/// How often a plan's questions may lead to others.
const ROUNDS: usize = 4;

/// Plans what was typed in these words, and anew with the answers to what the plan asks, until it asks
/// nothing more: Pacemaker's tools take some hundredths of a second.
fn planned(verb: &dyn Change, facts: &mut Facts, words: &str) -> Result<Plan, Refusal> {
    let mut plan = verb.plan(facts)?;
    for _ in 0..ROUNDS {
        if plan.questions.is_empty() {
            break;
        }
        facts.answers.extend(facts::consult(&plan.questions));
        plan = verb.plan(facts)?;
    }
    refused_by_crmsh(plan.with_typed_words(words), facts)
}

/// Refuses what crmsh would not carry into the configuration as it stands here.
fn refused_by_crmsh(plan: Plan, facts: &Facts) -> Result<Plan, Refusal> {
    if let Some(cib) = facts.cib() {
        health::takes_changes(cib, &plan)?;
    }
    for step in &plan.steps {
        if let Action::Crm { objects } = &step.action {
            for object in objects {
                object
                    .check()
                    .map_err(|error| Refusal::usage(error.to_string()))?;
            }
        }
    }
    Ok(plan)
}

/// Returns the probes as a script asks them: a host by what ssh really took.
fn reached(facts: &Facts, mut probes: Vec<Probe>) -> Vec<Probe> {
    for probe in &mut probes {
        if let Probe::Peer { host, .. } = probe
            && let Some(peer) = facts.peers.get(host)
        {
            *host = peer.target(host).to_owned();
        }
    }
    probes
}

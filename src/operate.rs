//! From a verb to its end: read, plan, show, ask, run, prove, report.

mod held;
mod tell;
mod unchanged;

use crate::exec::session::HeldLock;
use crate::exec::{self, Outcome, TakenBack};
use crate::exit::Exit;
use crate::facts::{self, Facts, Needs};
use crate::health;
use crate::host::{Host, Signals};
use crate::plan::{self, Action, Answered, Finding, Plan, Probe, Refusal, RefusalKind};
use crate::report::Report;
use crate::ui::{Answer, Progress, Ui};
use held::Held;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// A verb that changes something: what it must know, and the plan that follows from it.
pub trait Change {
    /// Returns what must be read before planning.
    fn needs(&self) -> Needs;

    /// Returns what must be read besides, once the rest is known: a replica's primary, for example.
    /// Asked again with these answers, until it wants nothing or the same.
    fn needs_then(&self, _facts: &Facts) -> Needs {
        Needs::default()
    }

    /// Returns the plan. Pure but for predictions that Pacemaker's own tools make on copies.
    ///
    /// # Errors
    /// When a check says no.
    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal>;

    /// Returns the operation that it takes back, if it does.
    fn undoes(&self) -> Option<u64> {
        None
    }
}

/// A verb that only looks.
pub trait Look {
    /// Returns what must be read.
    fn needs(&self) -> Needs;

    /// Returns what must be read besides, once the rest is known; asked again with these answers,
    /// until it wants nothing or the same.
    fn needs_then(&self, _facts: &Facts) -> Needs {
        Needs::default()
    }

    /// Returns what it found.
    ///
    /// # Errors
    /// When there is nothing to look at.
    fn report(&self, facts: &Facts) -> Result<Report, Refusal>;
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Human,
    /// The plan as a shell script; nothing is run
    Sh,
    /// For programs
    Json,
}

/// What the global options say.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Show, change nothing.
    pub dry_run: bool,
    /// Do not ask.
    pub yes: bool,
    /// How results are printed.
    pub format: Format,
    /// Replaces every step's own deadline.
    pub timeout: Option<Duration>,
    /// Show what commands print.
    pub verbose: bool,
}

/// One run of a verb: where, how, and whom to tell.
pub struct Session<'a> {
    /// This host.
    pub host: &'a Host,
    /// The signals.
    pub signals: &'a Signals,
    /// The terminal.
    pub ui: &'a mut Ui,
    /// What the options say.
    pub settings: Settings,
    /// The words that were typed, as one line.
    pub command: String,
    /// The lock on this host's tables that the shell holds; a single run ends with its own.
    pub lock: &'a mut Option<HeldLock>,
}

/// What is said where a plan is no longer the one that was shown.
const CHANGED: &str = "what this plan rested on has changed since it was shown:";

/// What is said under a refusal.
const UNCHANGED: &str = "nothing was changed";

impl Session<'_> {
    /// Looks, and prints what was found.
    pub fn look(&mut self, verb: &dyn Look) -> Exit {
        if let Err(refusal) = self.root_only(&verb.needs()) {
            return self.refused(&refusal);
        }
        let facts = self.gather(&verb.needs(), |facts| verb.needs_then(facts));
        match verb.report(&facts) {
            Err(refusal) => self.refused(&refusal),
            Ok(report) => self.report(&report),
        }
    }

    fn gather(&self, needs: &Needs, then: impl Fn(&Facts) -> Needs) -> Facts {
        facts::gather_all(needs, then, &self.host.name, self.host.root)
    }

    /// Prints a report in the format asked for.
    pub fn report(&mut self, report: &Report) -> Exit {
        match self.settings.format {
            Format::Json => self.ui.line(&report.json.to_string()),
            Format::Human | Format::Sh => self.ui.report(report),
        }
        Exit::Done
    }

    /// Plans, shows, asks, runs, proves and reports.
    pub fn change(&mut self, verb: &dyn Change) -> Exit {
        let (plan, held) = match self.decided(verb, true) {
            Ok(decided) => decided,
            Err(exit) => return exit,
        };
        self.signals.work();
        let exit = self.carry_out(&plan, held, verb.undoes());
        self.signals.rest();
        exit
    }

    /// Plans, shows and asks; returns the plan that is to be carried out.
    ///
    /// # Errors
    /// How it ended where nothing is: refused, declined, shown only, or nothing to do.
    pub fn agreed(&mut self, verb: &dyn Change) -> Result<Plan, Exit> {
        self.decided(verb, false).map(|(plan, _)| plan)
    }

    /// Returns with it the locks of all hosts that it changes, where they are wanted: what it rests on is
    /// read once more under them, since two bascules on two hosts know nothing of each other.
    fn decided(&mut self, verb: &dyn Change, locks: bool) -> Result<(Plan, Option<Held>), Exit> {
        if let Err(refusal) = self.root_only(&verb.needs()) {
            return Err(self.refused(&refusal));
        }
        let facts = self.gather(&verb.needs(), |facts| verb.needs_then(facts));
        let (mut plan, mut hosts) = match self.decide(verb, &facts, locks) {
            Ok(decided) => decided,
            Err(refusal) => return Err(self.refused(&refusal)),
        };
        let unasked = self.settings.yes || plan.leaves_nothing;
        if self.settings.format == Format::Json && (!unasked || self.settings.dry_run) {
            self.ui.line(&self.json(&plan, None));
        }
        if plan.is_empty() {
            // An undo that finds everything as it was is still written down as done.
            if verb.undoes().is_some() && !self.settings.dry_run {
                return Ok((plan, None));
            }
            if self.settings.format == Format::Json && unasked {
                self.ui
                    .line(&self.json(&plan, Some(json!({ "result": "nothing to do" }))));
            }
            return Err(Exit::Done);
        }
        if self.settings.dry_run
            || self.settings.format == Format::Sh
            || (self.settings.format == Format::Json && !unasked)
        {
            return Err(Exit::Done);
        }
        if let Some(blocked) = &plan.blocked {
            let refusal = Refusal::check(&blocked.why).hint("first", &blocked.mend);
            return Err(self.refused(&refusal));
        }
        if self.ui.is_closed() {
            let refusal =
                Refusal::check("standard output was closed before the plan could be read").hint(
                    "to run it unseen",
                    format!("{} --yes >/dev/null", self.typed()),
                );
            return Err(self.refused(&refusal));
        }
        // In the shell Ctrl-C while the host was read did not end the program.
        if self.signals.asked() {
            self.ui.line(UNCHANGED);
            return Err(Exit::Interrupted);
        }
        let mut held = None;
        if unasked && locks {
            let taken = self.hold(&plan, &hosts)?;
            if taken.has_others() && !plan.leaves_nothing {
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
        if !unasked {
            if !self.ui.can_ask() {
                self.ui.refusal(
                    &Refusal::check("there is no terminal to ask, and no --yes").hint(
                        "to run it without a question",
                        format!("{} --yes", self.typed()),
                    ),
                    UNCHANGED,
                );
                return Err(Exit::Declined);
            }
            loop {
                match self.ui.question(&plan) {
                    Answer::Yes => {}
                    Answer::Interrupted => {
                        self.ui.line(UNCHANGED);
                        return Err(Exit::Interrupted);
                    }
                    Answer::No | Answer::Gone => {
                        self.ui.line(UNCHANGED);
                        return Err(Exit::Declined);
                    }
                }
                let taken = match locks {
                    true => Some(self.hold(&plan, &hosts)?),
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

    /// Looks whether a plan that was made anew has something to do, and can be run.
    ///
    /// # Errors
    /// How it ended, where it has not or cannot.
    fn goes_on(&mut self, plan: &Plan) -> Result<(), Exit> {
        if plan.is_empty() {
            return Err(Exit::Done);
        }
        match &plan.blocked {
            None => Ok(()),
            Some(blocked) => {
                let refusal = Refusal::check(&blocked.why).hint("first", &blocked.mend);
                Err(self.refused(&refusal))
            }
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
        let planned = |facts: &Facts| sound(verb.plan(facts)?, facts);
        let again = planned(&now).and_then(|plan| {
            let probes = plan.probes();
            if probes.is_empty() {
                return Ok((plan, now.answered()));
            }
            let answered = facts::answer(&now, &probes);
            Ok((planned(&answered)?, answered.answered()))
        });
        again.map_err(|refusal| {
            self.ui.line(CHANGED);
            self.refused(&refusal)
        })
    }

    /// Returns true where a plan is only shown.
    pub fn shows_only(&self) -> bool {
        match self.settings.format {
            Format::Sh => true,
            Format::Json => self.settings.dry_run || !self.settings.yes,
            Format::Human => self.settings.dry_run,
        }
    }

    fn typed(&self) -> String {
        format!("bascule {}", self.command)
    }

    fn root_only(&self, needs: &Needs) -> Result<(), Refusal> {
        if self.host.root || *needs == Needs::default() {
            return Ok(());
        }
        Err(
            Refusal::check("only root can read and change the cluster's configuration")
                .hint("as root", format!("sudo {}", self.typed())),
        )
    }

    /// Makes the plan, shows it while slow answers are awaited, and makes it anew with them. Returns
    /// with it the other hosts as they answered.
    fn decide(
        &mut self,
        verb: &dyn Change,
        facts: &Facts,
        writes: bool,
    ) -> Result<(Plan, BTreeMap<String, Answered>), Refusal> {
        let plan = sound(verb.plan(facts)?, facts)?;
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
        let answered = facts::answer(facts, &probes);
        let decided = sound(verb.plan(&answered)?, &answered)?;
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
            self.ui.write(&plan::script(plan, &self.typed(), probes));
        }
    }

    fn json(&self, plan: &Plan, result: Option<serde_json::Value>) -> String {
        let mut value = json!({ "plan": plan });
        // A step is data; what it comes to on a command line is told beside it.
        for (at, step) in plan.steps.iter().enumerate() {
            if let Some((argv, stdin)) = step.command() {
                value["plan"]["steps"][at]["command"] = json!({ "argv": argv, "stdin": stdin });
            }
        }
        if let Some(result) = result {
            value["result"] = result;
        }
        value.to_string()
    }

    /// Prints a refusal and returns its exit status.
    pub fn refused(&mut self, refusal: &Refusal) -> Exit {
        if self.settings.format == Format::Json {
            let hints: Vec<_> = refusal
                .hints
                .iter()
                .map(|hint| json!({ "purpose": hint.purpose, "command": hint.command }))
                .collect();
            self.ui
                .line(&json!({ "refused": refusal.what, "hints": hints }).to_string());
        }
        self.ui.refusal(refusal, UNCHANGED);
        match refusal.kind {
            RefusalKind::Usage => Exit::Usage,
            RefusalKind::Check => Exit::Refused,
        }
    }

    fn carry_out(&mut self, plan: &Plan, held: Option<Held>, undoes: Option<u64>) -> Exit {
        let _held = match held {
            Some(held) => held,
            None => match self.hold(plan, &plan.hosts) {
                Ok(held) => held,
                Err(exit) => return exit,
            },
        };
        if let Some(why) = exec::stale(plan, &self.host.name) {
            return self.refused(&Refusal::check(why).hint("to plan it anew", self.typed()));
        }
        let journal = self.host.journal();
        let mut writer = match journal.begin(&self.command, plan, self.host.person.clone(), undoes)
        {
            Ok(writer) => writer,
            Err(error) => {
                let path = journal.folder().display();
                return self.refused(
                    &Refusal::check(format!(
                        "{error}; without a journal nothing could be taken back"
                    ))
                    .hint("to see why", format!("ls -ld {path}; df -h {path}")),
                );
            }
        };
        let id = writer.id;
        let quiet = self.settings.format == Format::Json;
        let mut progress =
            Progress::new(self.ui, self.signals.flag(), self.settings.verbose, quiet);
        let ended = exec::run(plan, &mut writer, &mut progress, self.settings.timeout);
        let exit = match &ended.outcome {
            Outcome::Done(_) => Exit::Done,
            Outcome::Failed { .. } => Exit::Failed,
            Outcome::NotAsAsked { .. } => Exit::NotAsAsked,
            Outcome::Interrupted { .. } => Exit::Interrupted,
        };
        if quiet {
            let mut result = match &ended.outcome {
                Outcome::Done(proved) => json!({ "result": "done", "proved": proved }),
                Outcome::Failed { step, why } => {
                    json!({ "result": "failed", "step": step + 1, "why": why })
                }
                Outcome::NotAsAsked { step, why } => {
                    json!({ "result": "not as asked", "step": step + 1, "why": why })
                }
                Outcome::Interrupted { finished } => {
                    json!({ "result": "interrupted", "finished": finished })
                }
            };
            result["operation"] = json!(id);
            if let Some(why) = &ended.unwritten {
                result["unwritten"] = json!(why);
            }
            if let Some(measured) = ended.measured {
                result["milliseconds"] = json!(measured.as_secs_f64() * 1000.0);
            }
            match &ended.taken_back {
                TakenBack::Not => {}
                TakenBack::Whole => {
                    result["taken_back"] = json!(true);
                    result["not_as_before"] = json!(ended.stays);
                }
                TakenBack::Partly(troubles) => {
                    result["taken_back"] = json!(false);
                    result["troubles"] = json!(troubles);
                }
            }
            let line = self.json(plan, Some(result));
            self.ui.line(&line);
        } else {
            self.tell(plan, &writer, undoes, &ended);
        }
        exit
    }
}

/// Refuses what crmsh would not carry into the configuration as it stands here.
fn sound(plan: Plan, facts: &Facts) -> Result<Plan, Refusal> {
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

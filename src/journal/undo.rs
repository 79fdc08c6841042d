//! Taking an operation back: its steps in reverse, each put back as its journal says it was.
//!
//! Where something changed since, nothing is guessed: the difference is shown and the undo refused.

use super::Writer;
use super::difference::{changed_since, file_changed, summary};
use super::guarded::guarded;
use super::image::{self, Image, Kept};
use super::later::{self, Thing};
use super::membership;
use super::operation::{Operation, OperationStatus, StepState};
use super::present::UndoFacts;
use super::record::StepResult;
use super::service::Services;
use super::together;
use super::way_back::{WayBack, way_back};
use crate::cib::{self, Cib, Object, Target, Touched};
use crate::facts::ToolAnswer;
use crate::health;
use crate::plan::values::{Keeper, Named, Source};
use crate::plan::{
    Action, Before, Check, Danger, FileContent, Plan, Question, Refusal, Step, Undo, Verify,
};
use std::path::Path;

/// Returns the refusal for a number that the journal does not know.
pub fn unknown_operation(id: u64) -> Refusal {
    Refusal::usage(format!("there is no operation {id} in this host's journal"))
        .hint("the existing ones", "bascule history")
}

/// Returns the refusal of an operation of another host: its files are not those of this one.
pub fn elsewhere(operation: &Operation) -> Refusal {
    let id = operation.id();
    let made = &operation.begin.made_on;
    Refusal::check(format!(
        "operation {id} was made on {}, not on this host: its journal came here with a copy of that \
         one's disk",
        made.name_and_address()
    ))
    .hint(
        format!("to take it back, on {}", made.host),
        format!("bascule undo {id}"),
    )
    .hint("what was done here", "bascule history")
}

/// Plans to take an operation back.
///
/// # Errors
/// When something changed since, when the cluster must run and does not, or when it is an undo.
pub fn plan_undo(operation: &Operation, now: &UndoFacts) -> Result<Plan, Refusal> {
    let id = operation.id();
    if let Some(over) = is_over(operation)? {
        return Ok(over);
    }
    let headline = format!(
        "operation {id} will be taken back: {}",
        operation.begin.command
    );
    later::newer_first(operation, &now.later)?;
    later::not_written_since(operation, &now.later)?;
    let mut back = UndoPlanner {
        operation,
        plan: Plan::new(headline),
        now,
        target: None,
        touches: Vec::new(),
        stays: Vec::new(),
        services: Services::as_read(now.services),
    };
    let unasked = guarded(operation, now)?;
    for (at, state) in operation.steps.iter().enumerate().rev() {
        if state.stands() {
            back.step(&operation.begin.plan.steps[at], state)?;
        }
    }
    back.flush()?;
    let UndoPlanner {
        mut plan, stays, ..
    } = back;
    if plan.is_empty() && !stays.is_empty() {
        plan.headline = format!(
            "nothing that undo takes back is left of operation {id}: {}",
            operation.begin.command
        );
    } else if plan.is_empty() {
        plan.headline = format!(
            "operation {id} left nothing behind: {}",
            operation.begin.command
        );
    }
    membership::still_needed(operation, &plan, &now.later, &joined(operation, now))?;
    together::all_there(operation, &plan, now)?;
    for later in &now.later {
        plan.check(Check::warning(format!(
            "operation {} came later and stays: {}",
            later.id, later.command
        )));
    }
    if !plan.is_empty() {
        plan.checks.extend(unasked);
    }
    for reason in stays {
        plan.check(Check::warning(reason));
    }
    // On the hosts it was done on, and on no other that has a name of theirs by now.
    let hosts = operation.begin.plan.hosts.iter();
    plan.hosts = hosts
        .filter(|(target, _)| plan.concerns(target))
        .map(|(target, answered)| (target.clone(), answered.clone()))
        .collect();
    // The old ones were kept nowhere: where the way back needs one, it is a new one.
    plan.secrets = operation
        .begin
        .plan
        .secrets
        .iter()
        .filter(|secret| plan.names(&secret.name) || plan.names(&secret.hash()))
        .map(|secret| Named {
            name: secret.name.clone(),
            source: Source::Made,
            keeper: Keeper::Mariadb,
        })
        .collect();
    if plan.danger.is_none() && !plan.steps.is_empty() {
        plan.danger = danger_of(&plan, operation.begin.plan.undo_danger.as_ref());
    }
    if plan.steps.iter().any(Step::changes_cib) {
        plan.base = now.live.ok().map(Cib::version);
    }
    Ok(plan)
}

/// Returns the plan without steps of an operation that has been taken back, or brought to an end.
///
/// # Errors
/// When the operation is none that this host can take back.
fn is_over(operation: &Operation) -> Result<Option<Plan>, Refusal> {
    let id = operation.id();
    if let Some(of) = operation.begin.undoes {
        return Err(Refusal::check(format!(
            "operation {id} is itself the undo of operation {of}"
        ))
        .hint("to have it again, run the verb again", "bascule history"));
    }
    if operation.elsewhere {
        return Err(elsewhere(operation));
    }
    if let OperationStatus::Undone(by) = operation.status() {
        return Ok(Some(Plan::new(format!(
            "operation {id} was taken back by operation {by}"
        ))));
    }
    if operation.damaged > 0 {
        let file = operation.images.with_extension("jsonl");
        return Err(Refusal::check(format!(
            "the journal of operation {id} has lines that cannot be read: what was done then is \
             not known, so nothing is taken back by halves"
        ))
        .hint("what it does tell", format!("bascule show {id}"))
        .hint("the file", format!("less {}", file.display())));
    }
    if let OperationStatus::Finished(by) = operation.status() {
        return Ok(Some(Plan::new(format!(
            "operation {id} was brought to an end by operation {by}"
        ))));
    }
    Ok(None)
}

/// Returns what is dangerous about a way back, of what is about the whole of it: no statement restarts a
/// server, so where only statements are left that part has been taken back.
fn danger_of(plan: &Plan, whole: Option<&Danger>) -> Option<Danger> {
    let mut steps = plan.steps.iter();
    let no_restart = steps.all(|step| matches!(step.action, Action::Sql { .. }));
    whole
        .filter(|danger| !(no_restart && danger.restart))
        .cloned()
}

/// Returns the other nodes that are online in the cluster.
fn joined<'a>(operation: &Operation, now: &UndoFacts<'a>) -> Vec<&'a str> {
    let members = now.monitor.iter().flat_map(|monitor| monitor.members());
    members
        .filter(|node| node.online && node.name != operation.begin.by.host)
        .map(|node| node.name.as_str())
        .collect()
}

/// The undo as it grows, from the last step to the first.
struct UndoPlanner<'a> {
    operation: &'a Operation,
    plan: Plan,
    now: &'a UndoFacts<'a>,
    /// The configuration as it will be after the steps so far, when they change it.
    target: Option<Cib>,
    /// The objects that the pending change of the configuration touches.
    touches: Vec<String>,
    /// The remains of steps that nothing takes back, in sentences.
    stays: Vec<String>,
    /// The services as they are after the steps so far.
    services: Services,
}

impl UndoPlanner<'_> {
    fn step(&mut self, step: &Step, state: &StepState) -> Result<(), Refusal> {
        self.inverse(step, state)?;
        if !step.after_undo.is_empty() {
            self.flush()?;
            self.plan.steps.extend(step.after_undo.iter().cloned());
        }
        Ok(())
    }

    fn inverse(&mut self, step: &Step, state: &StepState) -> Result<(), Refusal> {
        match &step.undo {
            Undo::Nothing => Ok(()),
            Undo::Impossible { reason } => {
                self.stays.push(format!("not taken back: {reason}"));
                Ok(())
            }
            Undo::Cib { touches } => self.cib(touches, state),
            Undo::Files { .. } => {
                self.flush()?;
                self.files(step, state)
            }
            Undo::Steps { steps } => {
                self.flush()?;
                if let Some(start) = &state.start
                    && self
                        .services
                        .nothing_left(start, state.end.as_ref(), steps)?
                {
                    return Ok(());
                }
                let WayBack { steps, remark } = way_back(steps, self.now)?;
                for step in &steps {
                    self.services.after(step);
                }
                self.plan.steps.extend(steps);
                self.plan.checks.extend(remark);
                Ok(())
            }
        }
    }

    /// Puts a step's part of the configuration back, after the parts put back so far.
    fn cib(&mut self, touches: &[String], state: &StepState) -> Result<(), Refusal> {
        let Some(before) = state.start.as_ref().and_then(|start| start.cib.as_ref()) else {
            // The step never got to the cluster.
            return Ok(());
        };
        let before = self.kept_cib(before)?;
        let later = &self.now.later;
        let live = match self.now.live {
            Ok(live) => live,
            Err(_) if self.now.in_no_cluster => {
                let why = "this host is in no cluster now";
                let kept = Some(&before);
                return Err(membership::elsewhere(self.operation, kept, why, later));
            }
            Err(why) => {
                return Err(Refusal::check(format!(
                    "the configuration can only be put back while the cluster runs: {why}"
                ))
                .hint("start it, then undo again", "bascule cluster start"));
            }
        };
        if let Some(why) = membership::is_another(&before, live) {
            let kept = Some(&before);
            return Err(membership::elsewhere(self.operation, kept, &why, later));
        }
        let current = self.target.as_ref().unwrap_or(live);
        let touched: Touched = touches.iter().collect();
        let put = match state.end.as_ref().and_then(|end| end.cib.as_ref()) {
            Some(after) => {
                let after = self.kept_cib(after)?;
                // To stop it first is what a refusal told.
                let current = current.without_orders(&before, &after);
                let current = current.map_err(|e| Refusal::check(e.to_string()))?;
                cib::put_back(&before, &after, &current, &touched)
            }
            None => cib::put_back_unfinished(&before, current, &touched),
        };
        match put {
            Err(conflict) => Err(later::conflict(
                changed_since(&conflict),
                &conflict,
                &self.now.later,
            )),
            Ok(Target::Nothing { left }) => {
                self.note_left(left);
                Ok(())
            }
            Ok(Target::Cib { text, left }) => {
                self.note_left(left);
                let target = Cib::parse(text).map_err(|e| Refusal::check(e.to_string()))?;
                self.touches.extend(touches.iter().cloned());
                self.target = Some(target);
                Ok(())
            }
        }
    }

    /// Tells what changed while the operation ran and is not put back.
    fn note_left(&mut self, left: Vec<String>) {
        self.stays.extend(
            left.into_iter()
                .map(|what| format!("changed meanwhile by somebody else, and stays: {what}")),
        );
    }

    /// Returns a copy of the CIB that the operation kept.
    fn kept_cib(&self, name: &str) -> Result<Cib, Refusal> {
        let path = self.operation.images.join(name);
        let lost = |why: String| {
            Refusal::check(format!(
                "the journal's copy {} cannot be read: {why}",
                path.display()
            ))
        };
        let text = self.now.found.cib(name).map_err(lost)?;
        Cib::parse(text).map_err(|e| lost(e.to_string()))
    }

    /// Turns the pending change of the configuration into one patch.
    fn flush(&mut self) -> Result<(), Refusal> {
        let (Some(target), Ok(live)) = (self.target.take(), self.now.live) else {
            return Ok(());
        };
        let touches = std::mem::take(&mut self.touches);
        let question = Question::Patch {
            from: live.text().to_owned(),
            to: target.text().to_owned(),
        };
        let patch = match self.now.answers.get(&question.key()) {
            None => {
                self.plan.questions.push(question);
                return Ok(());
            }
            Some(Err(why)) => return Err(Refusal::check(why.clone())),
            Some(Ok(ToolAnswer::Text(Some(patch)))) => patch.clone(),
            Some(Ok(_)) => return Ok(()),
        };
        let vanishing: Vec<&str> = live
            .objects()
            .iter()
            .filter(|object| object.is_resource() && target.object(object.id()).is_none())
            .map(Object::id)
            .collect();
        self.must_be_able_to_stop(live, &vanishing)?;
        (self.now.forecast)(target.text(), live, &mut self.plan);
        let mut step = Step::patch(
            patch,
            summary(live, &target),
            touches,
            "one patch: Pacemaker refuses it should anything have changed in between",
        )
        .within(60);
        for id in &vanishing {
            step = step.verify(Verify::Gone {
                resource: (*id).to_owned(),
            });
        }
        step = step.verify(Verify::Settled);
        let running: Vec<&str> = vanishing
            .iter()
            .copied()
            .filter(|id| !only_holds(live, id))
            .filter(|id| self.now.monitor.is_some_and(|m| !m.places(id).is_empty()))
            .collect();
        if let Some(word) = running.first() {
            let mut what = format!("{} will stop", running.join(", "));
            if let Some(besides) = &self.plan.danger {
                what += &format!("; {}", besides.what);
            }
            self.plan.danger = Some(Danger::new(what, *word));
        }
        self.plan.step(step);
        Ok(())
    }

    /// A removed resource is stopped as an orphan; where the cluster would not stop it, the
    /// address would stay for ever.
    fn must_be_able_to_stop(&self, live: &Cib, vanishing: &[&str]) -> Result<(), Refusal> {
        let Some(first) = vanishing.first() else {
            return Ok(());
        };
        let monitor = self.now.monitor;
        let mut each = vanishing.iter().filter(|id| !only_holds(live, id));
        let left_alone = monitor
            .and_then(|monitor| each.find_map(|id| Some((id, health::left_alone(monitor, id)?))));
        if let Some((id, left_alone)) = left_alone {
            let what = format!("{id} would be removed and keep running");
            return Err(left_alone.refusal(&what, live));
        }
        if monitor.is_some_and(|m| m.places(first).is_empty()) {
            return Ok(());
        }
        let stays =
            |why: &str| Refusal::check(format!("{first} would be removed and keep running: {why}"));
        if monitor.is_some_and(|m| !m.quorum)
            && live.property("no-quorum-policy").as_deref() != Some("ignore")
        {
            return Err(stays("there is no quorum").hint("to see what leads out", "bascule status"));
        }
        if live.is_on("stop-orphan-resources") == Some(false) {
            return Err(stays("stop-orphan-resources is false")
                .hint("stop it first", format!("crm resource stop {first}")));
        }
        Ok(())
    }

    /// Returns the refusal for a file that is no longer as the operation left it.
    fn file_changed(&self, after: &Image, now: &image::Now) -> Refusal {
        let thing = Thing::File(after.path.clone());
        later::newest_first(file_changed(after, now), &self.now.later, |later| {
            later.things.contains(&thing)
        })
    }

    fn files(&mut self, step: &Step, state: &StepState) -> Result<(), Refusal> {
        let Some(start) = &state.start else {
            return Ok(());
        };
        for before in &start.files {
            let unfinished = image::neighbour(&before.path);
            if state.end.is_none() && self.now.found.is_half_written(&unfinished) {
                self.plan.step(Step::file(
                    unfinished,
                    Before::AsFound,
                    None,
                    "what was being written when it was cut short",
                ));
            }
            let found = &self.now.found;
            let now = found
                .now(&before.path)
                .map_err(|why| Refusal::check(format!("{}: {why}", before.path.display())))?;
            if found.matches(now, before) {
                continue;
            }
            match &state.end {
                Some(end)
                    if matches!(end.result, StepResult::Done | StepResult::NotAsAsked { .. }) =>
                {
                    let after = end.files.iter().find(|image| image.path == before.path);
                    if let Some(after) = after.filter(|after| !found.matches(now, after)) {
                        return Err(self.file_changed(after, now));
                    }
                }
                // Cut short: before or after, but nothing else can be ours.
                _ => {
                    if let Action::File { path, after, .. } = &step.action
                        && !now.is_content(after.as_ref())
                    {
                        let after = Image::after_step(path, after.as_ref());
                        return Err(self.file_changed(&after, now));
                    }
                }
            }
            self.plan
                .step(put_back(before, now, &self.operation.images));
        }
        Ok(())
    }
}

/// Returns true for a group or a clone: one that goes leaves what it holds running.
fn only_holds(live: &Cib, id: &str) -> bool {
    let seen = live.object(id).map(Object::resolved);
    matches!(seen, Some(Object::Group(_) | Object::Clone(_)))
}

/// Returns the step that puts a file back as an operation under way found it; none where it is so.
pub fn restore(before: &Image, writer: &Writer) -> Option<Step> {
    let now = image::now(&before.path).ok()?;
    let kept = before.kept.as_ref();
    let bytes = kept.and_then(|kept| kept.bytes(&writer.images));
    (!now.matches(before, bytes.as_deref())).then(|| put_back(before, &now, &writer.images))
}

/// Returns the step that puts a file back as it was.
fn put_back(before: &Image, now: &image::Now, images: &Path) -> Step {
    let path = &before.path;
    let found = match now.text() {
        Some(content) => Before::Content(content),
        None if now.absent() => Before::Absent,
        None => Before::AsFound,
    };
    match &before.kept {
        None => Step::file(path, found, None, "it was not there before"),
        Some(Kept {
            mode,
            uid,
            gid,
            text: Some(text),
            ..
        }) => {
            let content = FileContent {
                text: text.clone(),
                mode: *mode,
                uid: *uid,
                gid: *gid,
            };
            Step::file(
                path,
                found,
                Some(content),
                "as it was before, byte for byte",
            )
        }
        Some(Kept {
            mode,
            uid,
            gid,
            copy,
            ..
        }) => {
            let copy = images.join(copy.as_deref().unwrap_or_default());
            let argv = [
                "install".to_owned(),
                "--owner".to_owned(),
                uid.to_string(),
                "--group".to_owned(),
                gid.to_string(),
                "--mode".to_owned(),
                format!("{mode:04o}"),
                copy.display().to_string(),
                path.display().to_string(),
            ];
            Step::run(argv, "as it was before; its content is not shown")
                .undo(Undo::Files {
                    paths: vec![path.clone()],
                })
                .verify(Verify::Exists { path: path.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_is_no_danger_where_only_statements_are_left() {
        let danger = Danger::new("the binlogs of serv1 go aside", "serv1").of_restart(true);
        let mut plan = Plan::new("");
        plan.step(Step::sql("mariadb", ["DROP USER r"], ""));
        assert_eq!(danger_of(&plan, Some(&danger)), None);
        let other = Danger::new("MariaDB restarts on serv1, its data are replaced", "serv1");
        assert_eq!(danger_of(&plan, Some(&other)), Some(other.clone()));
        plan.step(Step::run(["systemctl", "restart", "mariadb.service"], ""));
        assert_eq!(danger_of(&plan, Some(&danger)), Some(danger));
    }
}

//! An operation as the journal tells it.

use super::record::{
    JournalEvent, OperationBegun, OperationEnded, StepEnded, StepResult, StepStarted, StepTakenBack,
};
use super::service;
use super::service_image::Service;
use crate::cib::{Cib, Version};
use crate::facts::Who;
use crate::journal::made_on::MadeOn;
use crate::plan::{Action, Guard, Step, Undo};
use std::path::{Path, PathBuf};

/// An operation, read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its plan and who asked for it.
    pub begin: OperationBegun,
    /// Each step's lines, in the plan's order; a step that never started has none.
    pub steps: Vec<StepState>,
    /// How it ended; none when it was cut short.
    pub finish: Option<OperationEnded>,
    /// The later operation that took it back, all of it.
    pub undone_by: Option<u64>,
    /// The later operation that brought to an end what it left half done.
    pub finished_by: Option<u64>,
    /// A bascule is at it right now.
    pub under_way: bool,
    /// The operation was made on another host, whose journal came here with a copy of its disk.
    pub elsewhere: bool,
    /// Where the copies of its images lie.
    pub images: PathBuf,
    /// Lines before its last one that cannot be read: what was done then is not known.
    pub damaged: usize,
}

/// A file of the journal that tells of no operation: empty, or damaged from its first line on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The number that its name has.
    pub id: u64,
    /// The file.
    pub path: PathBuf,
}

impl Unreadable {
    /// Returns what that means, as a sentence without full stop.
    pub fn sentence(&self) -> String {
        format!(
            "the journal of operation {} is empty or damaged: what was done then is not known, and \
             `undo` cannot take it back",
            self.id
        )
    }

    /// Returns the command that shows the file.
    pub fn show_command(&self) -> String {
        format!("less {}", self.path.display())
    }
}

/// A step as the journal knows it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepState {
    /// The line before it.
    pub start: Option<StepStarted>,
    /// The line after it.
    pub end: Option<StepEnded>,
    /// The step was taken back at once, all of it.
    pub taken_back: bool,
    /// The step failed, and what it would have changed is known to be as it was.
    pub untouched: bool,
}

impl StepState {
    /// Returns true when it may have left something.
    pub fn stands(&self) -> bool {
        self.start.is_some() && !self.taken_back && !self.untouched
    }
}

/// Where an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationStatus {
    /// All of it was done.
    Done,
    /// A command failed.
    Failed,
    /// The commands succeeded, the result was not as asked.
    NotAsAsked,
    /// The operation was stopped between two steps.
    Interrupted,
    /// The program or the host died in the middle of it.
    CutShort,
    /// The operation is being done right now.
    UnderWay,
    /// The operation failed, or was stopped, and took itself back.
    TakenBack,
    /// The operation was taken back.
    Undone(u64),
    /// The operation ended half done, and a later one brought that to an end.
    Finished(u64),
}

impl Operation {
    /// Parses an operation's file. A last line cut by a power loss is ignored; none when that is
    /// the first one, or when the first one is no beginning.
    pub fn parse(bytes: &[u8], images: PathBuf) -> Option<Operation> {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let Ok(JournalEvent::Begin(begin)) = serde_json::from_slice(lines.next()?) else {
            return None;
        };
        let steps = vec![StepState::default(); begin.plan.steps.len()];
        let mut operation = Operation {
            begin: *begin,
            steps,
            finish: None,
            undone_by: None,
            finished_by: None,
            under_way: false,
            elsewhere: false,
            images,
            damaged: 0,
        };
        for line in lines {
            let Ok(event) = serde_json::from_slice(line) else {
                // Only the last line can be one that was being written.
                operation.damaged += usize::from(line.ends_with(b"\n"));
                continue;
            };
            match event {
                JournalEvent::Begin(_) => {}
                JournalEvent::Start(start) => {
                    if let Some(step) = operation.steps.get_mut(start.step) {
                        step.start = Some(start);
                    }
                }
                JournalEvent::End(end) => {
                    if let Some(step) = operation.steps.get_mut(end.step) {
                        step.end = Some(end);
                    }
                }
                JournalEvent::Back(StepTakenBack { step, result }) => {
                    if let Some(step) = operation.steps.get_mut(step) {
                        step.taken_back = result == StepResult::Done;
                    }
                }
                JournalEvent::Finish(finish) => operation.finish = Some(finish),
            }
        }
        let steps = operation.begin.plan.steps.iter();
        for (step, state) in steps.zip(&mut operation.steps) {
            state.untouched = untouched(step, state, &operation.images);
        }
        Some(operation)
    }

    /// Returns its number.
    pub fn id(&self) -> u64 {
        self.begin.id
    }

    /// Returns where it stands.
    pub fn status(&self) -> OperationStatus {
        if let Some(by) = self.undone_by {
            return OperationStatus::Undone(by);
        }
        if let Some(by) = self.finished_by {
            return OperationStatus::Finished(by);
        }
        match self.finish.as_ref().map(|finish| &finish.result) {
            None if self.under_way => OperationStatus::UnderWay,
            None => OperationStatus::CutShort,
            Some(StepResult::Done) => OperationStatus::Done,
            Some(_) if self.is_taken_back() => OperationStatus::TakenBack,
            Some(StepResult::Failed { .. }) => OperationStatus::Failed,
            Some(StepResult::NotAsAsked { .. }) => OperationStatus::NotAsAsked,
            Some(StepResult::Interrupted) => OperationStatus::Interrupted,
        }
    }

    /// Returns true when steps were started and each took itself back.
    fn is_taken_back(&self) -> bool {
        self.steps.iter().any(|step| step.taken_back) && !self.steps.iter().any(StepState::stands)
    }

    /// Returns the version of the configuration that its last step on it left.
    pub fn version_after(&self) -> Option<Version> {
        let mut ends = self.steps.iter().rev().filter_map(|step| step.end.as_ref());
        let name = ends.find_map(|end| end.cib.as_ref())?;
        let text = std::fs::read_to_string(self.images.join(name)).ok()?;
        Some(Cib::parse(text).ok()?.version())
    }

    /// Returns the words of the verb that takes it back, once that is past each step's own way
    /// back: when its point of no return may have been passed.
    pub fn turned_back_by(&self) -> Option<&str> {
        let plan = &self.begin.plan;
        let passed = match plan.no_return {
            Some(point) => self.steps.get(point).is_some_and(StepState::stands),
            None => true,
        };
        let words = plan.turned_back_by.as_deref();
        words.filter(|_| passed && self.can_be_undone())
    }

    /// Returns true when it did not come to its end, and none of its steps stands.
    pub fn left_nothing(&self) -> bool {
        self.begin.undoes.is_none()
            && !matches!(
                self.status(),
                OperationStatus::Done
                    | OperationStatus::UnderWay
                    | OperationStatus::Undone(_)
                    | OperationStatus::Finished(_)
            )
            && !self.steps.iter().any(StepState::stands)
    }

    /// Returns the services that its steps started, stopped, enabled or disabled.
    pub fn services(&self) -> Vec<Service> {
        let starts = self.steps.iter().filter_map(|state| state.start.as_ref());
        let mut services: Vec<Service> = starts
            .flat_map(|start| &start.services)
            .map(|image| (image.host.clone(), image.unit.clone()))
            .collect();
        services.sort();
        services.dedup();
        services
    }

    /// Returns what an undo of the steps that stand must ask before it begins, each question once.
    pub fn guards(&self) -> Vec<Guard> {
        let mut guards: Vec<Guard> = Vec::new();
        let steps = self.begin.plan.steps.iter().zip(&self.steps);
        for (step, _) in steps.filter(|(_, state)| state.stands()) {
            for guard in &step.guards {
                if !guards.contains(guard) {
                    guards.push(guard.clone());
                }
            }
        }
        guards
    }

    /// Returns true when all of it was done, whatever became of it since.
    fn is_whole(&self) -> bool {
        let end = self.finish.as_ref();
        end.is_some_and(|end| end.result == StepResult::Done)
    }

    /// Returns true when a step that stands has a way back.
    pub fn has_way_back(&self) -> bool {
        let plan = self.begin.plan.steps.iter();
        plan.zip(&self.steps).any(|(step, state)| {
            let none = matches!(step.undo, Undo::Nothing | Undo::Impossible { .. });
            state.stands() && !(none && step.after_undo.is_empty())
        })
    }

    /// Returns true when something leads out of what it left half done: one that never started a step left nothing,
    /// and a step that nothing takes back is over.
    pub fn leads_on(&self) -> bool {
        let stands = self.steps.iter().any(StepState::stands);
        let leads = self.begin.undoes.is_some() || self.onward().is_some() || self.has_way_back();
        stands && leads && !self.elsewhere
    }

    /// Returns true when it is an undo that stopped in the middle: what it takes back is half undone.
    pub fn is_undo_in_the_middle(&self) -> bool {
        let stopped = matches!(
            self.status(),
            OperationStatus::Failed | OperationStatus::NotAsAsked | OperationStatus::Interrupted
        );
        stopped && self.begin.undoes.is_some() && self.leads_on()
    }

    /// Returns true when it may have left something that an undo would take back.
    pub fn can_be_undone(&self) -> bool {
        let nothing_left = self.begin.plan.leaves_nothing && self.status() == OperationStatus::Done;
        self.begin.undoes.is_none()
            && !nothing_left
            && self.undone_by.is_none()
            && self.finished_by.is_none()
            && !self.under_way
            && !self.elsewhere
            && self.steps.iter().any(StepState::stands)
    }
}

/// Returns true when a step that failed is known to have changed nothing of what its undo brings back.
fn untouched(step: &Step, state: &StepState, images: &Path) -> bool {
    let (Some(start), Some(end)) = (&state.start, &state.end) else {
        return false;
    };
    // What was stopped may take effect after it was looked at: a commit under way, a job of systemd.
    let StepResult::Failed {
        why,
        cut_off: false,
    } = &end.result
    else {
        return false;
    };
    match &step.undo {
        Undo::Files { .. } => {
            start.files.len() == end.files.len()
                && start
                    .files
                    .iter()
                    .zip(&end.files)
                    .all(|(before, after)| before.same_as(after, images))
        }
        Undo::Cib { .. } => match (&start.cib, &end.cib) {
            // It never got to the cluster.
            (None, None) => true,
            (Some(before), Some(after)) => {
                let version = |name: &String| {
                    let text = std::fs::read_to_string(images.join(name)).ok()?;
                    Some(Cib::parse(text).ok()?.version())
                };
                matches!((version(before), version(after)), (Some(before), Some(after)) if before.same_configuration(&after))
            }
            _ => false,
        },
        Undo::Steps { .. } => service::untouched(start, end) || refused(step, why),
        Undo::Nothing | Undo::Impossible { .. } => false,
    }
}

/// Returns true when a MariaDB server refused a step's only statement: it did nothing then.
///
/// A statement that drops several things may have dropped some of them, and what was ended from outside
/// (1053, 1317, 1927, 1969) or lost its connection (2xxx) may be done all the same.
fn refused(step: &Step, why: &str) -> bool {
    let Action::Sql { statements, .. } = &step.action else {
        return false;
    };
    let [statement] = statements.as_slice() else {
        return false;
    };
    let code = why
        .strip_prefix("ERROR ")
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|code| code.parse::<u32>().ok());
    let in_doubt = |code| matches!(code, 1053 | 1317 | 1927 | 1969 | 2000..3000);
    let whole = ["CREATE ", "SET "]
        .iter()
        .any(|verb| statement.starts_with(verb));
    whole && code.is_some_and(|code| !in_doubt(code))
}

impl OperationStatus {
    /// Returns the word for it in a list.
    pub fn word(&self) -> String {
        match self {
            OperationStatus::Done => "done".to_owned(),
            OperationStatus::Failed => "failed".to_owned(),
            OperationStatus::NotAsAsked => "not as asked".to_owned(),
            OperationStatus::Interrupted => "interrupted".to_owned(),
            OperationStatus::CutShort => "cut short".to_owned(),
            OperationStatus::UnderWay => "under way".to_owned(),
            OperationStatus::TakenBack => "failed, took itself back".to_owned(),
            OperationStatus::Undone(by) => format!("undone by {by}"),
            OperationStatus::Finished(by) => format!("finished by {by}"),
        }
    }
}

/// Notes in each operation that ended half done which later one brought the same to an end.
///
/// One whose own steps were taken back since brought nothing to an end: what was half done before it is so again.
/// A verb that turns one back has settled the same itself.
fn finish(operations: &mut [Operation]) {
    let mut ended: Vec<(String, u64)> = Vec::new();
    for operation in operations.iter_mut().rev() {
        let Some(what) = operation.begin.plan.settles.clone() else {
            continue;
        };
        if operation.undone_by.is_some() && operation.begin.plan.turned_back_by.is_none() {
            continue;
        }
        let later = ended.iter().find(|(other, _)| *other == what);
        match (operation.status(), later) {
            _ if operation.is_whole() => ended.push((what, operation.id())),
            (
                OperationStatus::CutShort
                | OperationStatus::Failed
                | OperationStatus::NotAsAsked
                | OperationStatus::Interrupted,
                Some((_, by)),
            ) => operation.finished_by = Some(*by),
            _ => {}
        }
    }
}

/// Notes in each operation which later one took it back completely, or brought it to an end.
pub fn link(operations: &mut [Operation]) {
    let undone: Vec<(u64, u64)> = operations
        .iter()
        .filter(|operation| operation.status() == OperationStatus::Done)
        .filter_map(|operation| Some((operation.begin.undoes?, operation.id())))
        .collect();
    for (id, by) in undone {
        if let Some(operation) = operations.iter_mut().find(|operation| operation.id() == id) {
            operation.undone_by = Some(by);
        }
        // An undo of it that was cut short is finished by the one that went on with it.
        for other in operations.iter_mut() {
            if other.begin.undoes == Some(id) && other.id() != by {
                other.undone_by = Some(by);
            }
        }
    }
    finish(operations);
}

/// Marks the operations that were made on another host. This one's addresses are read only where one may
/// be: that takes a program.
pub fn find_elsewhere(operations: &mut [Operation]) {
    let host = nix::unistd::gethostname().map_or_else(
        |_| String::new(),
        |name| name.to_string_lossy().into_owned(),
    );
    let machine = Who::of_this_host().machine;
    let mut doubtful = operations
        .iter_mut()
        .filter(|operation| operation.begin.made_on.differs(&host, &machine))
        .peekable();
    if doubtful.peek().is_none() {
        return;
    }
    let here = MadeOn::this_host(&host);
    for operation in doubtful {
        operation.elsewhere = operation.begin.made_on.is_other_than(&here);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Journal, Person};
    use super::*;
    use crate::plan::{Before, Plan};

    #[test]
    fn what_was_ended_from_outside_may_have_left_something() {
        let step = Step::file("/etc/x", Before::AsFound, None, "");
        let left_nothing = |result| {
            let state = StepState {
                start: Some(StepStarted::default()),
                end: Some(StepEnded {
                    step: 0,
                    at: String::new(),
                    result,
                    files: Vec::new(),
                    cib: None,
                    services: Vec::new(),
                    output: Vec::new(),
                }),
                ..StepState::default()
            };
            untouched(&step, &state, Path::new(""))
        };
        assert!(left_nothing(StepResult::failed("no")));
        assert!(!left_nothing(StepResult::Failed {
            why: "no".to_owned(),
            cut_off: true,
        }));
        let of_before = r#"{"failed":{"why":"no"}}"#;
        assert!(!left_nothing(serde_json::from_str(of_before).unwrap()));
    }

    #[test]
    fn a_statement_that_the_server_refused_left_nothing() {
        // As the client of 10.11 and of 11.8 says it.
        let exists = "ERROR 1396 (HY000) at line 1: Operation CREATE USER failed for 'repl'@'%'";
        let sql = |statements: &[&str]| Step::sql("mariadb", statements.iter().copied(), "");
        let create = "CREATE USER 'repl'@'%'";
        assert!(refused(&sql(&[create]), exists));
        // One before it may be done; one that drops several may have dropped some.
        assert!(!refused(
            &sql(&["SET SESSION sql_log_bin=0", create]),
            exists
        ));
        assert!(!refused(&sql(&["DROP USER 'a'@'%', 'b'@'%'"]), exists));
        // Nobody knows what the server did meanwhile.
        for why in [
            "ERROR 2013 (HY000) at line 1: Lost connection to server during query",
            "ERROR 1317 (70100) at line 1: Query execution was interrupted",
            "mariadb did not end within 30 s and was stopped; --timeout allows more",
        ] {
            assert!(!refused(&sql(&[create]), why), "{why}");
        }
    }

    /// Two operations that settle the same, the first one cut short.
    fn settled(journal: &Journal) {
        for whole in [false, true] {
            let mut plan = Plan::new("");
            plan.step(Step::run(["true"], "").undo(steps_back()));
            plan.settles = Some("device".to_owned());
            ended(journal, &plan, None, whole.then_some(StepResult::Done));
        }
    }

    fn ended(journal: &Journal, plan: &Plan, undoes: Option<u64>, result: Option<StepResult>) {
        let mut writer = journal.begin("x", plan, Person::default(), undoes).unwrap();
        writer
            .write(&JournalEvent::Start(StepStarted::default()))
            .unwrap();
        if let Some(result) = result {
            let at = String::new();
            let finish = JournalEvent::Finish(OperationEnded { at, result });
            writer.write(&finish).unwrap();
        }
    }

    fn steps_back() -> Undo {
        Undo::Steps {
            steps: vec![Step::run(["true"], "")],
        }
    }

    #[test]
    fn what_mended_it_and_was_taken_back_since_leaves_it_half_done_again() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        settled(&journal);
        let first = || journal.operations().unwrap().remove(0).status();
        assert_eq!(first(), OperationStatus::Finished(2));
        assert_eq!(journal.cut_short().operations, []);
        let mut undo = Plan::new("");
        undo.step(Step::run(["true"], ""));
        ended(&journal, &undo, Some(2), Some(StepResult::Done));
        assert_eq!(first(), OperationStatus::CutShort);
        assert_eq!(journal.cut_short().operations.len(), 1);
    }

    #[test]
    fn what_nothing_takes_back_is_not_called_to_be_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let mut plan = Plan::new("");
        plan.step(Step::run(["true"], "").undo(steps_back()));
        ended(&journal, &plan, None, Some(StepResult::Done));
        for (undo, told) in [
            (
                Undo::Impossible {
                    reason: String::new(),
                },
                0,
            ),
            (steps_back(), 1),
        ] {
            let mut plan = Plan::new("");
            plan.step(Step::run(["true"], "").undo(undo));
            ended(&journal, &plan, None, None);
            assert_eq!(journal.cut_short().operations.len(), told);
            let operations = journal.operations().unwrap();
            let later = super::super::Later::standing_after(1, &operations);
            assert_eq!(later.iter().filter(|later| later.half_done).count(), told);
        }
    }

    #[test]
    fn an_undo_that_failed_in_the_middle_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let mut plan = Plan::new("");
        plan.step(Step::run(["true"], "").undo(steps_back()));
        ended(&journal, &plan, None, Some(StepResult::Done));
        ended(&journal, &plan, Some(1), Some(StepResult::failed("no")));
        let middle = || {
            let operations = journal.operations().unwrap();
            operations.iter().any(Operation::is_undo_in_the_middle)
        };
        assert!(middle());
        ended(&journal, &plan, Some(1), Some(StepResult::Done));
        assert!(!middle());
    }
}

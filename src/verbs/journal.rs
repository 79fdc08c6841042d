//! `history`, `show` and `undo`: the journal.

mod document;

use super::db::Db;
use super::quorum::Quorum;
use crate::drill;
use crate::exit::Exit;
use crate::facts::{Ask, Facts, Needs};
use crate::host::Host;
use crate::journal;
use crate::journal::{
    Later, Onward, Operation, OperationStatus, StepResult, UndoFacts, Unreadable, elsewhere,
    plan_undo, unknown_operation,
};
use crate::membership::standing::Standing;
use crate::membership::{consequences, standing};
use crate::names::Name;
use crate::operate::{ChangeDocument, RunsItself, Session, VerbKind};
use crate::plan::{Check, Plan, Refusal, shell_line, step_lines};
use crate::report::{Report, Role, Span};
use crate::resources::forecast;
use crate::verb::Change;
use clap::Args;
use document::{HistoryDocument, ShowDocument};
pub use document::{OperationSummary, summary};
use std::collections::BTreeMap;

/// What was done on this host, and what became of it
#[derive(Debug, Args)]
pub struct History {
    /// How many operations, the newest ones
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    last: usize,
}

/// One operation: its plan, its steps, their output
#[derive(Debug, Args)]
pub struct Show {
    /// Its number in `history`
    #[arg(value_name = "ID", value_parser = number, add = Name::Operation)]
    id: u64,
}

/// Take an operation back
///
/// Files come back byte for byte with mode and owner, the cluster's configuration with ids and
/// order. Where something changed since, the difference is shown and nothing is done.
#[derive(Debug, Args)]
pub struct Undo {
    /// Its number in `history`; the newest one that can be taken back when left out
    #[arg(value_name = "ID", value_parser = number, add = Name::Undoable)]
    id: Option<u64>,
}

/// Parses an operation's number.
fn number(word: &str) -> Result<u64, String> {
    word.parse()
        .map_err(|_| "an operation has a number, which bascule history shows".to_owned())
}

impl RunsItself for History {
    fn run(&self, session: &mut Session) -> Exit {
        let journal::History {
            operations,
            unreadable,
        } = match read(session) {
            Ok(history) => history,
            Err(exit) => return exit,
        };
        let first = operations.len().saturating_sub(self.last);
        let shown = &operations[first..];
        let mut report = Report::new(&HistoryDocument::new(shown, &unreadable));
        if shown.is_empty() && unreadable.is_empty() {
            report.say("nothing was done here yet");
        }
        report.table(shown.iter().map(row).collect());
        for file in &unreadable {
            report.line([
                Span::new(Role::Warn, "  ! "),
                Span::from(format!("{}: ", file.sentence())),
                Span::new(Role::Command, file.show_command()),
            ]);
        }
        session.report(&report)
    }
}

fn row(operation: &Operation) -> Vec<Span> {
    let begin = &operation.begin;
    let status = operation.status();
    vec![
        Span::new(Role::Strong, begin.id.to_string()),
        Span::new(Role::Dim, begin.at.replace('T', " ")),
        Span::from(begin.by.user.as_str()),
        Span::new(role(&status), status.word()),
        Span::from(match operation.elsewhere {
            true => format!(
                "on {}, not here: {}",
                begin.made_on.name_and_address(),
                begin.command
            ),
            false => begin.command.clone(),
        }),
    ]
}

fn role(status: &OperationStatus) -> Role {
    match status {
        OperationStatus::Done => Role::Ok,
        OperationStatus::Undone(_) | OperationStatus::Finished(_) | OperationStatus::TakenBack => {
            Role::Dim
        }
        OperationStatus::Interrupted
        | OperationStatus::CutShort
        | OperationStatus::NotAsAsked
        | OperationStatus::UnderWay => Role::Warn,
        OperationStatus::Failed => Role::Fail,
    }
}

impl RunsItself for Show {
    fn run(&self, session: &mut Session) -> Exit {
        let journal::History {
            operations,
            unreadable,
        } = match read(session) {
            Ok(history) => history,
            Err(exit) => return exit,
        };
        let Some(operation) = operations
            .iter()
            .find(|operation| operation.id() == self.id)
        else {
            return session.refused(&unknown(self.id, &unreadable));
        };
        let report = self.report(operation);
        session.report(&report)
    }
}

impl Show {
    fn report(&self, operation: &Operation) -> Report {
        let begin = &operation.begin;
        let mut report = Report::new(&ShowDocument::new(operation));
        report.line([Span::new(
            Role::Strong,
            format!("operation {}: {}", begin.id, begin.command),
        )]);
        let status = operation.status();
        report.line([
            Span::new(role(&status), status.word()),
            Span::from(format!(
                ", {} on {}, {}",
                begin.by.user, begin.by.host, begin.at
            )),
        ]);
        if let Some(of) = begin.undoes {
            report.say(format!("it takes back operation {of}"));
        }
        report.say(begin.plan.headline.as_str());
        for (at, (step, state)) in begin.plan.steps.iter().zip(&operation.steps).enumerate() {
            report.say("");
            for (row, line) in step_lines(step, true).into_iter().enumerate() {
                let number = if row == 0 {
                    format!("{:<2} ", at + 1)
                } else {
                    "   ".to_owned()
                };
                report.line([Span::from(number), Span::new(Role::Command, line)]);
            }
            let (role, word) = match (&state.start, state.end.as_ref().map(|end| &end.result)) {
                (None, _) => (Role::Dim, "not started".to_owned()),
                (Some(start), None) => (
                    Role::Warn,
                    format!("started {}, {}", start.at, status.word()),
                ),
                (_, Some(StepResult::Done)) => (Role::Ok, "done".to_owned()),
                (_, Some(StepResult::Failed { why, .. })) => (Role::Fail, format!("failed: {why}")),
                (_, Some(StepResult::NotAsAsked { why })) => {
                    (Role::Fail, format!("not as asked: {why}"))
                }
                (_, Some(StepResult::Interrupted)) => (Role::Warn, "interrupted".to_owned()),
            };
            report.line([Span::from("   "), Span::new(role, word)]);
            if state.taken_back {
                report.line([
                    Span::from("   "),
                    Span::new(Role::Dim, "taken back at once"),
                ]);
            }
            for line in state.end.iter().flat_map(|end| &end.output) {
                report.line([Span::new(Role::Dim, format!("   │ {line}"))]);
            }
        }
        if let Some(result) = drill::of_operation(&operation.images) {
            report.say("");
            drill::tell(&result, &mut report);
        }
        let next = match operation.onward() {
            Some(Onward::Again(words)) => Some(("to bring it to an end", words.to_owned())),
            Some(Onward::Look(words)) => Some(("what brings it to an end", words.to_owned())),
            None if operation.can_be_undone() => {
                Some(("to take it back", format!("undo {}", begin.id)))
            }
            None => None,
        };
        if let Some((purpose, words)) = next {
            report.say("");
            report.line([
                Span::from(format!("{purpose}: ")),
                Span::new(Role::Command, format!("bascule {words}")),
            ]);
        }
        report
    }
}

impl RunsItself for Undo {
    fn run(&self, session: &mut Session) -> Exit {
        let journal::History {
            mut operations,
            unreadable,
        } = match read(session) {
            Ok(history) => history,
            Err(exit) => return exit,
        };
        let damaged_since = |id| unreadable.last().is_some_and(|file| file.id > id);
        let newest = operations.last();
        let newest = newest.filter(|one| one.left_nothing() && !damaged_since(one.id()));
        if let (None, Some(newest)) = (self.id, newest) {
            let before = operations.iter().rfind(|one| one.can_be_undone());
            return session.report(&nothing_of(newest, before));
        }
        let found = match self.id {
            Some(id) => operations.iter().position(|operation| operation.id() == id),
            None => operations.iter().rposition(Operation::can_be_undone),
        };
        let Some(found) = found else {
            let newest = operations.last().filter(|one| one.elsewhere);
            if let (None, Some(newest)) = (self.id, newest) {
                return session.refused(&elsewhere(newest));
            }
            return match self.id {
                Some(id) => session.refused(&unknown(id, &unreadable)),
                None => match unreadable.last() {
                    Some(file) => session.refused(&damaged(file)),
                    None => {
                        let mut report = Report::new(&ChangeDocument::nothing_to_do(None));
                        report.say("nothing to do: no operation stands that could be taken back");
                        session.report(&report)
                    }
                },
            };
        };
        let id = operations[found].id();
        // Which one is the newest that stands is not known then.
        let newer = unreadable.last().filter(|file| file.id > id);
        if let (None, Some(file)) = (self.id, newer) {
            return session.refused(&damaged(file).hint(
                "to take back the one before it",
                format!("bascule undo {id}"),
            ));
        }
        let later = Later::standing_after(id, &operations);
        let operation = operations.swap_remove(found);
        // Which one it was must stand in the journal, also when no number was typed.
        session.command = format!("undo {}", operation.id());
        let turn = operation.turned_back_by().and_then(Turn::parse);
        let found = journal::FoundFiles::read(&operation);
        session.change(&TakeBack {
            operation,
            found,
            later,
            turn,
        })
    }
}

/// Says that the newest operation needs no undo, and which one comes before it: nobody who types `undo`
/// after a failure means what was done well before.
fn nothing_of(newest: &Operation, before: Option<&Operation>) -> Report {
    let mut report = Report::new(&ChangeDocument::nothing_to_do(None));
    report.say(format!(
        "nothing to do: no step of operation {} stands ({}: {})",
        newest.id(),
        newest.status().word(),
        newest.begin.command
    ));
    if let Some(before) = before {
        report.line([
            Span::from(format!(
                "  to take back the one before it, {}: ",
                before.begin.command
            )),
            Span::new(Role::Command, format!("bascule undo {}", before.id())),
        ]);
    }
    report
}

/// The undo of one operation, as a change like any other.
struct TakeBack {
    operation: Operation,
    found: journal::FoundFiles,
    later: Vec<Later>,
    /// The verb that takes it back, where its steps do not.
    turn: Option<Turn>,
}

/// A verb that takes an operation back, planned anew.
enum Turn {
    Db(Db),
    Quorum(Quorum),
}

impl Turn {
    /// Parses the words that the operation has written down.
    fn parse(words: &str) -> Option<Turn> {
        let db = Db::parse(words).map(Turn::Db);
        db.or_else(|| Quorum::parse(words).map(Turn::Quorum))
    }

    fn kind(&self) -> VerbKind<'_> {
        match self {
            Turn::Db(verb) => verb.kind(),
            Turn::Quorum(verb) => verb.kind(),
        }
    }
}

impl TakeBack {
    fn turned_verb(&self) -> Option<&dyn Change> {
        match self.turn.as_ref()?.kind() {
            VerbKind::Change(change) => Some(change),
            VerbKind::Look(_) | VerbKind::RunsItself(_) => None,
        }
    }

    /// Returns the hosts that its way back goes to and that ssh does not reach, with ssh's words.
    fn unreached(&self, facts: &Facts) -> BTreeMap<String, String> {
        let hosts = journal::hosts_of_one_file(&self.operation).into_iter();
        hosts
            .filter_map(|host| {
                let why = facts.peers.get(&host)?.unreachable.clone()?;
                Some((host, why))
            })
            .collect()
    }

    /// Notes in the plan what stops and what moves where it stops the cluster here.
    fn stops(&self, facts: &Facts, plan: &mut Plan) {
        let conf = match standing::standing(facts) {
            Ok(Standing::Member(conf)) => Some(conf),
            _ => None,
        };
        let known = plan.danger.take();
        let what_happens = match &known {
            Some(danger) => danger.what.clone(),
            None => format!("the cluster stops on {}", facts.host),
        };
        consequences::of_stopping(facts, conf.as_ref(), &what_happens, plan);
        if plan.danger.is_none() {
            plan.danger = known;
        }
    }

    /// Plans the verb that takes it back.
    fn turned(&self, turn: &dyn Change, facts: &Facts) -> Result<Plan, Refusal> {
        let id = self.operation.id();
        journal::newer_first(&self.operation, &self.later)?;
        // It was not typed: what is to be typed instead begins with its own words.
        let words = self.operation.turned_back_by().unwrap_or_default();
        let plan = turn
            .plan(facts)
            .map_err(|refusal| refusal.with_typed_words(words))?;
        let mut plan = plan.with_typed_words(words);
        if plan.is_empty() {
            plan.headline = format!(
                "operation {id} is taken back already ({}): {}",
                self.operation.begin.command, plan.headline
            );
            return Ok(plan);
        }
        plan.headline = format!("operation {id} will be taken back: {}", plan.headline);
        let stay = self.later.iter().map(|later| {
            let (id, command) = (later.id, &later.command);
            Check::warning(format!("operation {id} came later and stays: {command}"))
        });
        plan.checks.extend(stay);
        Ok(plan)
    }
}

impl Change for TakeBack {
    fn needs(&self) -> Needs {
        if let Some(turn) = self.turned_verb() {
            return turn.needs();
        }
        let asked = journal::hosts_of_one_file(&self.operation).into_iter();
        Needs {
            guards: self.operation.guards(),
            peers: asked
                .map(|host| Ask {
                    host,
                    ..Ask::default()
                })
                .collect(),
            services: self.operation.services(),
            ..standing::needs()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        self.turned_verb()
            .map_or_else(Needs::default, |turn| turn.needs_then(facts))
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        if let Some(turn) = self.turned_verb() {
            return self.turned(turn, facts);
        }
        let live = match &facts.cluster {
            crate::facts::Cluster::Running(cib) => Ok(cib),
            crate::facts::Cluster::Stopped { why, .. } => Err(why.as_str()),
            crate::facts::Cluster::Unread => Err("it was not read"),
        };
        let now = UndoFacts {
            live,
            monitor: facts.monitor.as_ref(),
            in_no_cluster: matches!(standing::standing(facts), Ok(Standing::Alone)),
            later: self.later.clone(),
            guards: &facts.guards,
            unreached: self.unreached(facts),
            found: &self.found,
            services: &facts.services,
            answers: &facts.answers,
            forecast: &|would, live, plan| forecast::of_an_undo(facts, would, live, plan),
        };
        let mut plan = plan_undo(&self.operation, &now)?;
        if journal::stops_the_cluster(&plan) {
            self.stops(facts, &mut plan);
        }
        Ok(plan)
    }

    fn undoes(&self) -> Option<u64> {
        Some(self.operation.id()).filter(|_| self.operation.undone_by.is_none())
    }
}

/// Returns the refusal for a number whose operation is not known.
fn unknown(id: u64, unreadable: &[Unreadable]) -> Refusal {
    match unreadable.iter().find(|file| file.id == id) {
        Some(file) => damaged(file),
        None => unknown_operation(id),
    }
}

fn damaged(file: &Unreadable) -> Refusal {
    Refusal::check(file.sentence()).hint("the file", file.show_command())
}

fn read(session: &mut Session) -> Result<journal::History, Exit> {
    if !session.host.root {
        let refusal = Refusal::check("only root can read the journal")
            .hint("as root", format!("sudo bascule {}", session.command));
        return Err(session.refused(&refusal));
    }
    session.host.journal().history().map_err(|error| {
        session.refused(&Refusal::check(error.to_string()).hint(
            "to see why",
            format!(
                "ls -l {}",
                shell_line(&[session.host.journal().folder().display().to_string()])
            ),
        ))
    })
}

/// Returns a line for each operation that was cut short and not taken back yet, and for each that
/// cannot be read.
pub fn unfinished(host: &Host) -> Vec<String> {
    if !host.root {
        return Vec::new();
    }
    let journal::History {
        operations,
        unreadable,
    } = host.journal().cut_short();
    let damaged = unreadable
        .iter()
        .map(|file| format!("{}: {}", file.sentence(), file.show_command()));
    // The newest is the one to take back first.
    let newest_first = operations.iter().rev();
    newest_first
        .map(|operation| {
            unfinished_line(
                operation,
                &Later::standing_after(operation.id(), &operations),
            )
        })
        .chain(damaged)
        .collect()
}

/// Returns a line for each operation whose undo stopped in the middle.
pub fn half_undone(operations: &[Operation]) -> Vec<String> {
    let last = |of: u64| {
        let mut undos = operations.iter();
        undos.rfind(|one| one.begin.undoes == Some(of))
    };
    let undone = operations.iter().rev();
    undone
        .filter(|operation| operation.begin.undoes.is_none() && operation.undone_by.is_none())
        .filter(|operation| last(operation.id()).is_some_and(Operation::is_undo_in_the_middle))
        .map(|operation| {
            let (id, words) = (operation.id(), &operation.begin.command);
            format!(
                "operation {id} ({words}) is half undone: its undo stopped in the middle; bascule undo {id} goes on with \
                 it"
            )
        })
        .collect()
}

fn unfinished_line(operation: &Operation, later: &[Later]) -> String {
    let begin = &operation.begin;
    let started = operation
        .steps
        .iter()
        .filter(|step| step.start.is_some())
        .count();
    let steps = operation.steps.len();
    let (what, mend) = match begin.undoes {
        Some(of) => (
            format!("undo of operation {of}"),
            format!("bascule undo {of} goes on with it"),
        ),
        None => (
            begin.command.clone(),
            match (operation.onward(), journal::half_done(operation, later)) {
                (Some(Onward::Again(words)), _) => {
                    format!("bascule {words} brings it to an end")
                }
                (Some(Onward::Look(words)), _) => {
                    format!("bascule {words} says what brings it to an end")
                }
                (None, Some(newer)) => format!(
                    "after operation {}, bascule undo {} takes it back",
                    newer.id, begin.id
                ),
                (None, None) => format!("bascule undo {} takes it back", begin.id),
            },
        ),
    };
    let ended = operation.steps.iter().any(|step| {
        step.start
            .as_ref()
            .is_some_and(|start| start.step + 1 == started)
            && step.end.is_some()
    });
    let moment = if ended { "after" } else { "in" };
    format!(
        "operation {} ({what}) was cut short {moment} step {started} of {steps}; {mend}",
        begin.id
    )
}

#[cfg(test)]
mod tests;

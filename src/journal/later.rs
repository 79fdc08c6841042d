//! Operations that came after the one to be taken back, and what they have to do with it.

use super::operation::{Operation, OperationStatus};
use super::service;
use super::service_image::Service;
use crate::cib::{Clash, Conflict, Reason};
use crate::plan::{Action, Refusal, Undo};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Something that an operation changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// The roles of two servers.
    Roles(String),
    /// An element of the cluster's configuration, by its id.
    Cib(String),
    /// A file.
    File(PathBuf),
    /// A file, here or on another host, that steps of their own put back.
    Written(Option<String>, PathBuf),
    /// A service, here or on another host.
    Service(Service),
    /// The MariaDB server here or on another host.
    Database(Option<String>),
}

/// An operation that came later and stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Later {
    /// Its number.
    pub id: u64,
    /// The words that were typed.
    pub command: String,
    /// The operation, or its undo, was cut short.
    pub half_done: bool,
    /// The things that it changed.
    pub things: BTreeSet<Thing>,
}

impl Later {
    /// Returns the standing ones of these that came after one operation, oldest first.
    pub fn standing_after(id: u64, operations: &[Operation]) -> Vec<Later> {
        let half_undone = |of: u64| {
            operations.iter().any(|undo| {
                undo.begin.undoes == Some(of)
                    && undo.status() == OperationStatus::CutShort
                    && undo.steps.iter().any(|step| step.start.is_some())
            })
        };
        operations
            .iter()
            .filter(|later| later.id() > id && later.can_be_undone())
            .map(|later| Later {
                id: later.id(),
                command: later.begin.command.clone(),
                half_done: (later.status() == OperationStatus::CutShort && later.leads_on())
                    || half_undone(later.id()),
                things: things(later),
            })
            .collect()
    }

    /// Returns true when it changed the cluster's configuration.
    pub fn changed_cib(&self) -> bool {
        let mut things = self.things.iter();
        things.any(|thing| matches!(thing, Thing::Cib(_)))
    }

    /// Returns true when it changed the cluster's configuration where this conflict is.
    fn conflicts(&self, conflict: &Conflict) -> bool {
        let knows = |name: &str| self.things.contains(&Thing::Cib(name.to_owned()));
        let at = |clash: &Clash| {
            knows(&clash.id)
                || clash.label.split(' ').any(knows)
                || match &clash.reason {
                    Reason::Needs(ids) => ids.iter().any(|id| knows(id)),
                    Reason::Holds(id) | Reason::HasId(id) => knows(id),
                    Reason::Changed | Reason::Schema { .. } | Reason::Unreadable => false,
                }
        };
        conflict.clashes.iter().any(at)
    }
}

/// Returns what the steps of an operation that stand changed.
pub fn things(operation: &Operation) -> BTreeSet<Thing> {
    let plan = &operation.begin.plan;
    let mut things = BTreeSet::new();
    things.extend(plan.settles.iter().cloned().map(Thing::Roles));
    let steps = plan.steps.iter().zip(&operation.steps);
    for (step, _) in steps.filter(|(_, state)| state.stands()) {
        match &step.undo {
            Undo::Cib { touches } => {
                things.extend(touches.iter().cloned().map(Thing::Cib));
            }
            Undo::Files { paths } => {
                things.extend(paths.iter().cloned().map(Thing::File));
            }
            Undo::Steps { .. } | Undo::Nothing | Undo::Impossible { .. } => {}
        }
        let written = step.writes.iter().cloned();
        things.extend(written.map(|path| Thing::Written(step.host.clone(), path)));
        things.extend(service::services(step).into_iter().map(Thing::Service));
        if matches!(step.action, Action::Sql { .. }) {
            things.insert(Thing::Database(step.host.clone()));
        }
    }
    things
}

/// Returns the newest of these that was cut short and changed the same as an operation.
pub fn half_done<'a>(operation: &Operation, later: &'a [Later]) -> Option<&'a Later> {
    let things = things(operation);
    let mut newest = later.iter().rev();
    newest.find(|later| later.half_done && !later.things.is_disjoint(&things))
}

/// Refuses to take an operation back while a newer one that was cut short has the same half changed: a
/// way back starts from what a whole operation leaves.
///
/// # Errors
/// When there is one.
pub fn newer_first(operation: &Operation, later: &[Later]) -> Result<(), Refusal> {
    match half_done(operation, later) {
        Some(newer) => Err(Refusal::check(format!(
            "operation {} ({}) came later, changed the same and was cut short: what operation {} left is \
             no longer there",
            newer.id,
            newer.command,
            operation.id()
        ))
        .hint("to take that one back, first", format!("bascule undo {}", newer.id))),
        None => Ok(()),
    }
}

/// Refuses to take an operation back where a newer one that stands wrote the same file: what this one left is
/// not there any more.
///
/// # Errors
/// When there is one.
pub fn not_written_since(operation: &Operation, later: &[Later]) -> Result<(), Refusal> {
    let things = things(operation);
    let newest = later.iter().rev().find_map(|later| {
        let mut common = later.things.intersection(&things);
        common.find_map(|thing| match thing {
            Thing::Written(host, path) => Some((later, host.as_deref(), path)),
            _ => None,
        })
    });
    let Some((newer, host, path)) = newest else {
        return Ok(());
    };
    let on = host.map(|host| format!(" on {host}")).unwrap_or_default();
    Err(Refusal::check(format!(
        "operation {} ({}) came later and wrote {}{on} as well",
        newer.id,
        newer.command,
        path.display()
    ))
    .hint(
        "to take that one back, first",
        format!("bascule undo {}", newer.id),
    ))
}

/// Returns the refusal led to the newest later operation that is in the way of it, if one is.
pub fn newest_first(
    refusal: Refusal,
    later: &[Later],
    is_in_the_way: impl Fn(&Later) -> bool,
) -> Refusal {
    match later.iter().rev().find(|later| is_in_the_way(later)) {
        Some(later) => refusal.without_hints().hint(
            format!("operation {} came later: to take it back, first", later.id),
            format!("bascule undo {}", later.id),
        ),
        None => refusal,
    }
}

/// Returns the refusal of a conflict, led to the newest later operation that made it, if one did.
pub fn conflict(refusal: Refusal, conflict: &Conflict, later: &[Later]) -> Refusal {
    newest_first(refusal, later, |later| later.conflicts(conflict))
}

#[cfg(test)]
mod tests {
    use super::super::{
        FoundFiles, Journal, JournalEvent, Person, StepStarted, UndoFacts, plan_undo,
    };
    use super::*;
    use crate::facts::ToolAnswers;
    use crate::plan::{Plan, Step};
    use std::collections::BTreeMap;

    /// Statements for one server, cut short in the only step; `done` for one that ended.
    fn operation(journal: &Journal, host: Option<&str>, done: bool) {
        let step = Step::sql("mariadb", ["SET GLOBAL read_only=1"], "").undone_by(vec![Step::sql(
            "mariadb",
            ["SET GLOBAL read_only=0"],
            "",
        )]);
        of_one_step(journal, step, host, done);
    }

    fn of_one_step(journal: &Journal, mut step: Step, host: Option<&str>, done: bool) {
        step.host = host.map(str::to_owned);
        let mut plan = Plan::new("");
        plan.step(step);
        let mut writer = journal
            .begin("db x", &plan, Person::default(), None)
            .unwrap();
        let start = JournalEvent::Start(StepStarted::default());
        writer.write(&start).unwrap();
        if done {
            let finish = super::super::OperationEnded {
                at: String::new(),
                result: super::super::StepResult::Done,
            };
            writer.write(&JournalEvent::Finish(finish)).unwrap();
        }
    }

    /// Whether the first of these can be taken back, or which one comes first.
    fn undo(journal: &Journal) -> Result<usize, String> {
        let operations = journal.operations().unwrap();
        let guards = BTreeMap::new();
        let now = UndoFacts {
            live: Err(""),
            monitor: None,
            in_no_cluster: false,
            later: Later::standing_after(1, &operations),
            guards: &guards,
            unreached: BTreeMap::new(),
            services: &BTreeMap::new(),
            answers: &ToolAnswers::new(),
            found: &FoundFiles::read(&operations[0]),
            forecast: &|_, _, _| (),
        };
        plan_undo(&operations[0], &now)
            .map(|plan| plan.steps.len())
            .map_err(|refusal| refusal.hints[0].command.clone())
    }

    #[test]
    fn of_those_that_were_cut_short_the_newest_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        operation(&journal, None, false);
        assert_eq!(undo(&journal), Ok(1));
        // Another server's, and one that came to its end.
        operation(&journal, Some("serv2"), false);
        operation(&journal, None, true);
        assert_eq!(undo(&journal), Ok(1));
        operation(&journal, None, false);
        operation(&journal, None, false);
        assert_eq!(undo(&journal), Err("bascule undo 5".to_owned()));
    }

    #[test]
    fn a_file_that_a_newer_operation_wrote_is_not_put_back_before_that() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let write = |path: &str, host: Option<&str>| {
            let back = Step::run(["cp", "kept", path], "");
            let step = Step::run(["install", path], "").writing(path);
            of_one_step(&journal, step.undone_by(vec![back]), host, true);
        };
        write("/etc/one", Some("serv2"));
        write("/etc/one", None);
        write("/etc/other", Some("serv2"));
        assert_eq!(undo(&journal), Ok(1));
        write("/etc/one", Some("serv2"));
        assert_eq!(undo(&journal), Err("bascule undo 4".to_owned()));
    }

    #[test]
    fn a_conflict_leads_to_the_operation_that_made_it() {
        let clash = |reason| Conflict {
            clashes: vec![Clash {
                label: "group servweb".to_owned(),
                id: "servweb".to_owned(),
                after: None,
                now: None,
                reason,
            }],
        };
        let later = |id: u64, thing: &str| Later {
            id,
            things: [Thing::Cib(thing.to_owned())].into(),
            ..Later::default()
        };
        let of = |reason| {
            let refusal = Refusal::check("").hint("", "crm configure edit");
            let both = [later(3, "servweb"), later(4, "other")];
            conflict(refusal, &clash(reason), &both).hints[0]
                .command
                .clone()
        };
        assert_eq!(of(Reason::Holds("IPFailover".to_owned())), "bascule undo 3");
        assert_eq!(
            of(Reason::Needs(vec!["other".to_owned()])),
            "bascule undo 4"
        );
        let refusal = Refusal::check("").hint("", "crm configure edit");
        let none = conflict(refusal, &clash(Reason::Changed), &[later(4, "other")]);
        assert_eq!(none.hints[0].command, "crm configure edit");
    }
}

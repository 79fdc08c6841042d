//! Plans are run here, and told.

use super::meanwhile::joining;
use super::values::TypedSecrets;
use super::{Ending, Outcome, Trouble, Watcher, run};
use crate::facts::{Monitor, MonitorNode};
use crate::journal::{Journal, Person};
use crate::plan::values::{Keeper, Named, Source};
use crate::plan::{Plan, Step};
use std::time::Duration;

/// A watcher that keeps why steps failed, and asks to stop once so many steps have begun.
#[derive(Default)]
pub struct Onlooker {
    pub why: Vec<String>,
    pub left: Option<usize>,
}

impl Watcher for Onlooker {
    fn begins(&mut self, _: usize, _: &Step) {
        self.left = self.left.map(|left| left.saturating_sub(1));
    }
    fn prints(&mut self, _: &str) {}
    fn waits(&mut self, _: usize, _: &str, _: &str, _: Duration, _: Duration) {}
    fn remarks(&mut self, _: &str) {}
    fn moves(&mut self, _: usize, _: u64, _: Option<u64>, _: Duration) {}
    fn took_back(&mut self, _: usize, _: &Step, _: Option<&str>) {}
    fn done(&mut self, _: usize, _: &Step, _: Duration) {}
    fn failed(&mut self, _: usize, _: &Step, _: Duration, why: &str) {
        self.why.push(why.to_owned());
    }
    fn stop(&self) -> bool {
        self.left == Some(0)
    }
}

pub fn ran(plan: &Plan) -> Ending {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    let mut writer = journal.begin("x", plan, Person::default(), None).unwrap();
    run(
        plan,
        &mut writer,
        &mut Onlooker::default(),
        None,
        &TypedSecrets::default(),
    )
}

#[test]
fn a_secret_that_cannot_be_read_is_a_step_that_failed_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("password");
    let failing = ["sh", "-c", "exit 7"].map(str::to_owned).to_vec();
    for (source, reason) in [
        (Source::File(gone.clone()), gone.display().to_string()),
        (
            Source::Printed(failing),
            "sh ended with status 7".to_owned(),
        ),
    ] {
        let mut plan = Plan::new("");
        plan.secrets.push(Named {
            name: "password".to_owned(),
            source,
            keeper: Keeper::Mariadb,
        });
        plan.step(Step::run(["true"], ""));
        let journal = Journal::new(&folder.path().join("journal"));
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        let mut told = Onlooker::default();
        run(
            &plan,
            &mut writer,
            &mut told,
            None,
            &TypedSecrets::default(),
        );
        assert!(told.why.concat().contains(&reason), "{:?}", told.why);
    }
}

#[test]
fn a_command_that_fails_without_a_word_is_told_with_how_it_ended() {
    for (script, why) in [
        (
            "exit 3",
            Trouble::Failed("sh ended with status 3".to_owned()),
        ),
        (
            "kill -9 $$",
            Trouble::CutOff("sh was ended by signal 9".to_owned()),
        ),
    ] {
        let mut plan = Plan::new("");
        plan.step(Step::run(["sh", "-c", script], ""));
        let Outcome::Stopped { trouble: said, .. } = ran(&plan).outcome else {
            panic!("{script}")
        };
        assert_eq!(said, why);
    }
}

#[test]
fn what_a_command_and_a_dump_tell_is_known_to_later_steps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told").display().to_string();
    let sh = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
    let dump = |line: &str| {
        let from = sh(&format!("echo \"{line}\"; echo '-- Dump completed'"));
        let pipe = Step::pipe(from, None, sh("cat"), "-- Dump completed", None, "");
        pipe.finding("position", "SET GLOBAL gtid_slave_pos='", '\'')
    };
    let mut plan = Plan::new("");
    plan.step(Step::run(["sh", "-c", "echo 1; echo 0-10-4"], "").answers_as("seen"))
        .step(dump("SET GLOBAL gtid_slave_pos='0-10-3';"))
        .step(Step::run(["tee", &path], "").stdin("${seen} ${position}\n"));
    assert!(matches!(ran(&plan).outcome, Outcome::Done(_)));
    assert_eq!(std::fs::read_to_string(path).unwrap(), "0-10-4 0-10-3\n");

    let mut plan = Plan::new("");
    plan.step(dump("SET GLOBAL gtid_slave_pos='';"));
    assert!(matches!(
        ran(&plan).outcome,
        Outcome::Stopped {
            at: 0,
            trouble: Trouble::Failed(_)
        }
    ));
}

#[test]
fn what_leaves_nothing_is_undone_only_where_it_did_not_end() {
    for (argv, undone) in [("true", false), ("false", true)] {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let mut plan = Plan::new("");
        plan.leaves_nothing = true;
        plan.step(Step::run(["true"], "").undone_by(vec![Step::run(["true"], "")]))
            .step(Step::run([argv], ""));
        let mut writer = journal.begin("x", &plan, Person::default(), None).unwrap();
        run(
            &plan,
            &mut writer,
            &mut Onlooker::default(),
            None,
            &TypedSecrets::default(),
        );
        let operation = journal.operations().unwrap().remove(0);
        assert_eq!(operation.can_be_undone(), undone, "{argv}");
    }
}

#[test]
fn a_host_that_is_still_joining_writes_nothing() {
    let mut monitor = Monitor {
        dc: Some("serv2".to_owned()),
        nodes: vec![MonitorNode {
            name: "serv1".to_owned(),
            online: true,
            ..MonitorNode::default()
        }],
        ..Monitor::default()
    };
    assert_eq!(joining(&monitor, "serv1"), None);
    monitor.nodes[0].pending = true;
    assert!(joining(&monitor, "serv1").is_some_and(|why| why.contains("still joining")));
    monitor.nodes[0].pending = false;
    monitor.dc = None;
    assert!(joining(&monitor, "serv1").is_some_and(|why| why.contains("no node leads")));
}

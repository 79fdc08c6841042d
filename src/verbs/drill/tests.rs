//! What would be an outage rather than a drill, from what real hosts said.

use crate::facts::{Facts, Failure, Unit};
use crate::plan::{Plan, Refusal};
use crate::trial::{self, RELEASES, facts};

/// Plans on two nodes whose fencing was fired; the page runs on serv2.
fn planned(words: &str, change: impl Fn(&mut Facts)) -> Vec<Result<Plan, Refusal>> {
    let one = |release| {
        let mut facts = facts(release, "fired");
        change(&mut facts);
        trial::plan(words, &facts)
    };
    RELEASES.into_iter().map(one).collect()
}

/// Looks that it is refused, with these words and this next command.
fn refused(words: &str, change: impl Fn(&mut Facts), what: &str, next: &str) {
    for plan in planned(words, change) {
        let refusal = match plan {
            Err(refusal) => refusal,
            Ok(plan) => panic!("{words}: {:?}", plan.headline),
        };
        assert!(refusal.what.contains(what), "{words}: {}", refusal.what);
        let commands: Vec<&str> = refusal
            .hints
            .iter()
            .map(|hint| hint.command.as_str())
            .collect();
        assert!(
            commands.iter().any(|command| command.contains(next)),
            "{words}: {commands:?}"
        );
    }
}

#[test]
fn on_top_of_something_wrong_there_is_no_drill() {
    let monitor = |facts: &mut Facts| facts.monitor.take().unwrap();
    refused(
        "drill standby serv2",
        |facts| {
            let mut now = monitor(facts);
            now.quorum = false;
            facts.monitor = Some(now);
        },
        "there is no quorum",
        "bascule status",
    );
    refused(
        "drill poweroff serv2",
        |facts| {
            let mut now = monitor(facts);
            now.nodes
                .iter_mut()
                .find(|node| node.name == "serv1")
                .unwrap()
                .standby = true;
            facts.monitor = Some(now);
        },
        "serv1 could not take over",
        "bascule status",
    );
    refused(
        "drill kill web",
        |facts| {
            let mut now = monitor(facts);
            now.failures.push(Failure {
                resource: "web".to_owned(),
                task: "monitor".to_owned(),
                node: "serv2".to_owned(),
                reason: "not running".to_owned(),
            });
            facts.monitor = Some(now);
        },
        "monitor of web has failed on serv2",
        "bascule status",
    );
}

#[test]
fn a_drill_that_still_heals_itself_is_waited_for() {
    let armed = |facts: &mut Facts| {
        let timer = Unit {
            exists: true,
            active: true,
            ..Unit::default()
        };
        let serv2 = facts.peers.get_mut("serv2").unwrap();
        serv2.units.insert(super::scene::TIMER.to_owned(), timer);
    };
    refused(
        "drill standby serv2",
        armed,
        "still heals itself on serv2",
        "bascule undo",
    );
}

#[test]
fn what_nobody_looks_at_is_not_killed() {
    let blind = |facts: &mut Facts| {
        let text = facts
            .cib()
            .unwrap()
            .text()
            .replace("name=\"monitor\"", "name=\"notify\"");
        facts.cluster = crate::facts::Cluster::Running(crate::cib::Cib::parse(text).unwrap());
    };
    refused(
        "drill kill web",
        blind,
        "web has no monitor",
        "crm configure show web",
    );
}

#[test]
fn what_strikes_heals_in_the_same_plan_and_ends_by_itself() {
    for words in [
        "drill standby serv2",
        "drill freeze web",
        "drill freeze corosync",
    ] {
        for plan in planned(words, |_| {}) {
            let plan = plan.unwrap_or_else(|refusal| panic!("{words}: {refusal}"));
            let drill = plan.drill.as_ref().unwrap();
            let lines: Vec<String> = plan.steps.iter().map(crate::plan::title).collect();
            let timer = lines
                .iter()
                .position(|line| line.contains("systemd-run"))
                .unwrap();
            assert!(timer < drill.strikes, "{words}: {lines:?}");
            assert_eq!(plan.no_return, Some(plan.steps.len()), "{words}");
            assert!(plan.danger.is_some() && plan.leaves_nothing, "{words}");
        }
    }
}

//! Whether a plan still is what it was when it was shown: between the question and the yes a node may
//! have gone, a service moved, a server changed its role.

use crate::facts::Facts;
use crate::plan::{Action, Finding, Plan, Step, Undo};

/// Gives what was read again the time of the first reading, which stands in the names of files.
pub fn at_the_time_of(before: &Facts, now: &mut Facts) {
    if let (Some(before), Some(now)) = (&before.database, &mut now.database) {
        now.now = before.now;
    }
    for (host, now) in &mut now.database_hosts {
        if let Some(before) = before.database_hosts.get(host) {
            now.now = before.now;
        }
    }
}

/// Returns true when another plan does the same and predicts the same. Numbers in sentences may
/// move on: a primary goes on writing while somebody reads.
pub fn is_same(one: &Plan, other: &Plan) -> bool {
    let predicts = |plan: &Plan| {
        let checks = plan.checks.iter().map(|check| {
            let is_ok = matches!(check.finding, Finding::Ok);
            (is_ok, without_numbers(&check.text))
        });
        let dangers = [&plan.danger, &plan.undo_danger].map(|danger| {
            let danger = danger.as_ref()?;
            Some((without_numbers(&danger.what), danger.word.clone()))
        });
        let checks: Vec<_> = checks.collect();
        (
            plan.headline.clone(),
            checks,
            dangers,
            plan.blocked.clone(),
            plan.no_return,
            plan.in_person,
        )
    };
    predicts(one) == predicts(other) && steps(&one.steps) == steps(&other.steps)
}

/// Returns a sentence with one sign for every number, and one unit for all sizes. Names and addresses
/// keep theirs: another node is another prediction.
fn without_numbers(text: &str) -> String {
    let words = text.split(' ').scan(false, |after_number, word| {
        let bare = word.trim_matches(|c: char| ",.:;()".contains(c));
        let is_size = *after_number && matches!(bare, "B" | "kB" | "MB" | "GB");
        *after_number = bare.parse::<f64>().is_ok();
        Some(match (*after_number, is_size) {
            (true, _) => "0",
            (_, true) => "B",
            _ => word,
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns steps without what follows from sizes alone: how long they may take, how many bytes come.
fn steps(steps: &[Step]) -> Vec<Step> {
    steps.iter().map(step).collect()
}

fn step(step: &Step) -> Step {
    let mut step = step.clone();
    step.deadline = 0;
    if let Action::Pipe { bytes, .. } = &mut step.action {
        *bytes = None;
    }
    if let Undo::Steps { steps: back } = &mut step.undo {
        *back = steps(back);
    }
    step.after_undo = steps(&step.after_undo);
    step.on_failure = steps(&step.on_failure);
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{RELEASES, facts, here, plan, set, there};

    const REPLICATE: &str = "db replicate 172.16.0.10 --database site1 --reseed";

    /// A replica of a primary whose tables are all InnoDB.
    fn replica(release: &str) -> Facts {
        let mut facts = facts(release, "db-replica");
        for database in &mut there(&mut facts, "172.16.0.10").databases {
            database.foreign.clear();
        }
        facts
    }

    #[test]
    fn what_only_moves_on_is_the_same_plan() {
        for release in RELEASES {
            let before = replica(release);
            let mut now = before.clone();
            here(&mut now).now += 60;
            let primary = there(&mut now, "172.16.0.10");
            primary.now += 60;
            for database in &mut primary.databases {
                database.bytes += 40_000_000;
            }
            let shown = plan(REPLICATE, &before).unwrap();
            assert!(!is_same(&shown, &plan(REPLICATE, &now).unwrap()));
            at_the_time_of(&before, &mut now);
            assert!(is_same(&shown, &plan(REPLICATE, &now).unwrap()));
        }
    }

    #[test]
    fn a_number_is_none_in_a_name() {
        let same = |one: &str, other: &str| without_numbers(one) == without_numbers(other);
        assert!(same("about 67.6 kB come", "about 40 MB come"));
        assert!(same("12 sessions, 3 write", "9 sessions, 4 write"));
        assert!(!same("web moves to serv1", "web moves to serv2"));
        assert!(!same("172.16.0.10 is here", "172.16.0.11 is here"));
    }

    #[test]
    fn a_role_or_a_link_that_changed_is_another_plan() {
        for release in RELEASES {
            let before = replica(release);
            let shown = plan(REPLICATE, &before).unwrap();
            let mut now = before.clone();
            here(&mut now).links[0]
                .columns
                .insert("Slave_SQL_Running".to_owned(), "No".to_owned());
            assert!(!is_same(&shown, &plan(REPLICATE, &now).unwrap()));
            let mut now = before.clone();
            set(here(&mut now), "read_only", "OFF");
            assert!(!is_same(&shown, &plan(REPLICATE, &now).unwrap()));
        }
    }
}

//! Databases of which a server may have half: they were being replaced, or brought back, when that broke off.

use super::super::Problem;
use super::topology::Server;
use crate::facts::database::{UNFINISHED, Unfinished};
use crate::plan::{Hint, shell_line};

/// Adds what a server may have half of. While a bascule is at work there, that one says how it ends.
pub(super) fn judge(server: &Server, found: &mut Vec<Problem>) {
    if server.said.at_work.is_some() {
        return;
    }
    for one in &server.said.unfinished {
        let mut problem = Problem::new(true, sentence(server.name, one));
        problem.cause =
            "Make no replica, no primary and no copy of it before that has come to its end."
                .to_owned();
        for hint in leads_out(one) {
            problem = problem.next(&format!("{}{}", hint.purpose, server.place()), hint.command);
        }
        found.push(problem);
    }
}

/// Returns what a server may have half of, and where the rest is, as a sentence without full stop.
pub fn sentence(name: &str, one: &Unfinished) -> String {
    let before = match one.operation {
        Some(id) => format!("before operation {id}"),
        None => "before".to_owned(),
    };
    let folder = one.folder.display();
    match one.kept {
        true => format!(
            "the databases of {name} may be half there: what it had {before} is kept in {folder}/kept.sql, and \
             neither that nor a primary's was loaded to its end"
        ),
        false => format!(
            "the databases of {name} may be half there: no load of them came to its end, and what it had \
             {before} is not in {folder} any more"
        ),
    }
}

/// Returns what goes on with it, and what gives it up.
pub fn leads_out(one: &Unfinished) -> Vec<Hint> {
    let hint = |purpose: &str, command: String| Hint {
        purpose: purpose.to_owned(),
        command,
    };
    let file = one.folder.join(UNFINISHED);
    let mut hints = Vec::new();
    match (one.kept, one.operation) {
        (true, Some(id)) => {
            hints.push(hint(
                "to bring back what it had",
                format!("bascule undo {id}"),
            ));
        }
        (true, None) => hints.push(hint("which operation it was", "bascule history".to_owned())),
        (false, _) => {}
    }
    hints.push(hint(
        "to go on with what is there now; what is kept stays where it is",
        format!("rm {}", shell_line(&[file.display().to_string()])),
    ));
    hints
}

#[cfg(test)]
mod tests {
    use super::super::tests::{facts, told};
    use super::*;

    #[test]
    fn half_of_the_databases_comes_before_all_else() {
        for release in ["bookworm", "trixie"] {
            for (kept, operation, next) in [
                (true, Some(5), "bascule undo 5"),
                (true, None, "bascule history"),
                (false, Some(5), "rm /var/lib/bascule/databases/1/unfinished"),
            ] {
                // It has another problem too.
                let mut facts = facts(release, "cut");
                let here = facts.database.as_mut().unwrap();
                here.unfinished.push(Unfinished {
                    folder: "/var/lib/bascule/databases/1".into(),
                    operation,
                    kept,
                });
                let all = told(&facts);
                assert!(all.len() > 1 && all[0].0, "{all:#?}");
                assert!(
                    all[0].1.contains("databases of serv2 may be half there"),
                    "{all:#?}"
                );
                assert_eq!(all[0].1.contains("1/kept.sql"), kept);
                assert_eq!(all[0].2[0], next);
                // Who is at it says how it ends.
                facts.database.as_mut().unwrap().at_work = Some("root (pid 1): undo 5".to_owned());
                assert!(told(&facts).iter().all(|one| !one.1.contains("half there")));
            }
        }
    }
}

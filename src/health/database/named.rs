//! Connections with a name (`CHANGE MASTER 'm1' TO …`): what leads out of their troubles.
//!
//! Who joins several primaries in one server has them. The verbs on replication work on the connection
//! without a name and refuse for these; what is told here is what can be typed.

use super::super::Problem;
use super::scene::{Bond, Scene};
use crate::mariadb::quote_string;
use crate::plan::{Hint, shell_line, typed_sql};

/// The verbs that say something true of any connection.
const ANY: [&str; 2] = ["bascule db status", "bascule db unlock"];

/// Says in each problem which connection it is about.
pub(super) fn tell(bond: &Bond, problems: &mut [Problem]) {
    for problem in problems {
        problem.what += &format!(" (connection {})", bond.link.connection());
    }
}

/// Replaces in each problem what works on the connection without a name.
pub(super) fn lead_out(scene: &Scene, bond: &Bond, problems: &mut [Problem]) {
    let name = quote_string(bond.link.connection());
    let client = scene.servers[bond.replica].said.client.clone();
    let typed = |statements: String| typed_sql(&client, &statements);
    for problem in problems {
        let before = std::mem::take(&mut problem.next);
        let had_some = !before.is_empty();
        for hint in before {
            let other = hint.command.as_str();
            let true_of_any = ANY.iter().any(|verb| other.starts_with(verb));
            let command = if other == "bascule db start" {
                typed(format!("START SLAVE {name}"))
            } else if other.starts_with("bascule db ") && !true_of_any {
                continue;
            } else {
                with_name(other, &name)
            };
            problem.next.push(Hint { command, ..hint });
        }
        if had_some && problem.next.is_empty() {
            problem.next.push(Hint {
                purpose: format!(
                    "how that connection is{}",
                    scene.servers[bond.replica].place()
                ),
                command: typed(format!(r"SHOW SLAVE {name} STATUS\G")),
            });
        }
    }
}

/// Returns a command whose STOP SLAVE, START SLAVE and CHANGE MASTER mean the connection of that name.
fn with_name(command: &str, name: &str) -> String {
    let Some(mut words) = shlex::split(command) else {
        return command.to_owned();
    };
    let mut changed = false;
    for word in &mut words {
        for known in ["STOP SLAVE", "START SLAVE", "CHANGE MASTER"] {
            if word.contains(known) {
                *word = word.replace(known, &format!("{known} {name}"));
                changed = true;
            }
        }
    }
    match changed {
        true => shell_line(&words),
        false => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_get_the_name_and_others_stay() {
        assert_eq!(
            with_name(
                "mariadb -e 'STOP SLAVE IO_THREAD; START SLAVE IO_THREAD'",
                "'m1'"
            ),
            r"mariadb -e 'STOP SLAVE '\''m1'\'' IO_THREAD; START SLAVE '\''m1'\'' IO_THREAD'"
        );
        let other = "mariadb -e 'SET GLOBAL read_only=ON'";
        assert_eq!(with_name(other, "'m1'"), other);
    }
}

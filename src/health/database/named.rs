//! Connections with a name (`CHANGE MASTER 'm1' TO …`): what leads out of their troubles.
//!
//! Who joins several primaries in one server has them. The verbs on replication work on the connection
//! without a name and refuse for these; what is told here is what can be typed. So do those that make a
//! replica where its primary follows it as well.

use super::super::Problem;
use super::circle;
use super::topology::{Edge, Topology};
use crate::mariadb::quote_string;
use crate::plan::{Hint, shell_line, typed_sql};

/// The verbs that say something true of any connection.
const ANY: [&str; 2] = ["bascule db status", "bascule db unlock"];

/// Says in each problem which connection it is about.
pub(super) fn tell(edge: &Edge, problems: &mut [Problem]) {
    for problem in problems {
        problem.what += &format!(" (connection {})", edge.link.connection());
    }
}

/// Replaces in each problem what works on the connection without a name.
pub(super) fn lead_out(topology: &Topology, edge: &Edge, problems: &mut [Problem]) {
    let name = quote_string(edge.link.connection());
    let client = topology.servers[edge.replica].said.client.clone();
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
                    topology.servers[edge.replica].place()
                ),
                command: typed(format!(r"SHOW SLAVE {name} STATUS\G")),
            });
        }
    }
}

/// Puts first what a verb of a problem needs where it is refused, so that what is typed in this order works.
pub(super) fn order_ways_out(topology: &Topology, servers: &[usize], problems: &mut [Problem]) {
    let named = || topology.edges.iter().filter(|edge| edge.is_named());
    let theirs: Vec<&Edge> = named()
        .filter(|edge| servers.contains(&edge.replica))
        .collect();
    let in_circle = servers.iter().find(|at| circle::is_one(topology, **at));
    for problem in problems {
        let next = std::mem::take(&mut problem.next);
        let starts = |verbs: &[&str], hint: &Hint| {
            let mut verbs = verbs.iter();
            verbs.any(|verb| hint.command.starts_with(&format!("bascule db {verb}")))
        };
        let mut said = false;
        for hint in next {
            let joins = starts(&["replicate"], &hint);
            if joins && in_circle.is_some() {
                problem.next.extend(untied(topology, servers));
            }
            if !theirs.is_empty() && starts(&["test"], &hint) {
                continue;
            }
            if !said && (joins || starts(&["promote", "rejoin"], &hint)) {
                problem
                    .next
                    .extend(theirs.iter().map(|edge| forget(topology, edge)));
                said = true;
            }
            problem.next.push(hint);
        }
    }
}

/// Returns how a server comes to have that connection no more.
fn forget(topology: &Topology, edge: &Edge) -> Hint {
    let server = &topology.servers[edge.replica];
    let name = quote_string(edge.link.connection());
    Hint {
        purpose: format!(
            "first, and only if {} shall replicate from {} no more{}",
            server.name,
            edge.link.primary_host(),
            server.place()
        ),
        command: typed_sql(
            &server.said.client,
            &format!("STOP SLAVE {name}; RESET SLAVE {name} ALL"),
        ),
    }
}

/// Returns how the primary of one of these, which follows it as well, comes to follow it no more.
fn untied(topology: &Topology, servers: &[usize]) -> Option<Hint> {
    let back = topology.edges.iter().find(|back| {
        let there = (back.primary, Some(back.replica));
        let mut edges = topology.edges.iter();
        back.primary.is_some_and(|at| servers[0] == at)
            && edges.any(|edge| (Some(edge.replica), edge.primary) == there)
    })?;
    let primary = &topology.servers[back.replica];
    let name = match back.link.connection() {
        "" => String::new(),
        name => format!("{} ", quote_string(name)),
    };
    Some(Hint {
        purpose: format!(
            "first, so that the two do not follow each other: to have {} follow {} no more{}",
            primary.name,
            topology.primary_name(back),
            primary.place()
        ),
        command: typed_sql(
            &primary.said.client,
            &format!("STOP SLAVE {name}; RESET SLAVE {name}ALL"),
        ),
    })
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

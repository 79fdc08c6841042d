//! The former primary of a server that took its place without it: it may be gone for good, or come back
//! and take writes as if nothing had happened.

use super::super::Problem;
use super::topology::{Edge, Topology};
use crate::reach;

/// Adds what is known of it, unless how the two stand to each other has been told.
pub(super) fn judge(topology: &Topology, told: impl Fn(usize) -> bool, found: &mut Vec<Problem>) {
    for new in 0..topology.servers.len() {
        if let Some(edge) = topology.taking_over(new).filter(|_| !told(new)) {
            found.push(unfinished(topology, new, edge));
            continue;
        }
        let Some(old) = topology.former_of(new) else {
            continue;
        };
        let (name, server) = (topology.servers[new].name, &topology.servers[old]);
        let (was, said) = (server.name, server.said);
        let rejoin = format!("bascule db rejoin {}", topology.address(new, old));
        if let Some(why) = &said.unreachable {
            let why = why.trim_start_matches("ssh: ");
            let mut problem = Problem::new(
                false,
                format!(
                    "whether {was} takes writes is not known: it was the primary until {name} took its \
                     place, and cannot be asked by ssh: {why}"
                ),
            );
            for (purpose, command) in reach::ways_out(was, why) {
                problem = problem.next(purpose, command);
            }
            found.push(
                problem
                    .next(
                        &format!("to have it follow {name}, once it is back, on {was}"),
                        rejoin,
                    )
                    .next(
                        &format!(
                            "if it never comes back: to forget it{}",
                            topology.servers[new].place()
                        ),
                        topology.servers[new].forget_former(),
                    ),
            );
        } else if said.unanswered.is_some() {
            let mut problem = Problem::new(
                false,
                format!(
                    "MariaDB on {was} is stopped; it was the primary until {name} took its place"
                ),
            );
            problem.cause =
                format!("Once started it takes writes beside {name}, unless it follows already.");
            found.push(problem.next(
                &format!("to have it follow {name}, on {was}"),
                format!("systemctl start mariadb && {rejoin}"),
            ));
        } else if said.answers() && !told(old) && topology.links_of(old).next().is_none() {
            let what = match server.said.is_read_only() {
                true => format!("{was} does not follow {name}, which took its place"),
                false => format!("{} both take writes", topology.pair_named(new, old)),
            };
            let mut problem = Problem::new(true, what);
            problem.cause = format!(
                "{name} took {was}'s place as the primary. What either holds that the other lacks cannot be \
                 told from their positions."
            );
            found.push(problem.next(&format!("to have it follow {name}, on {was}"), rejoin));
        }
    }
}

/// A promotion that was cut off once the new primary took writes. To make that one read-only, or to have
/// it follow again, would take the only server away that takes writes.
fn unfinished(topology: &Topology, new: usize, edge: &Edge) -> Problem {
    let server = &topology.servers[new];
    let (name, was) = (server.name, topology.primary_name(edge));
    let mut problem = Problem::new(
        true,
        format!("{name} is the primary now; {was}, which was it before, does not follow it yet"),
    );
    problem.cause = match server.said.handed_over {
        true => format!(
            "{name} has all that {was} had written, and takes the writes; {was} was told to take none."
        ),
        false => format!("{name} takes the writes in {was}'s place."),
    };
    problem.cause +=
        " The promotion was cut off before its end. Leave both as they are until then.";
    let why = edge
        .primary
        .and_then(|old| topology.servers[old].said.unreachable.as_deref());
    if let Some(why) = why {
        problem.cause += &format!(
            " {was} cannot be asked: {}.",
            why.trim_start_matches("ssh: ")
        );
    }
    problem
        .next(
            &format!("once {was} is back: to have it follow{}", server.place()),
            "bascule db promote",
        )
        .next(
            &format!("if it never comes back{}", server.place()),
            "bascule db promote --primary-is-dead",
        )
}

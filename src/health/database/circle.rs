//! Two servers that follow each other, and what comes in from a third one: each of the two skips what has
//! its own server id, and nothing else. A third server's transaction goes round and round between them, and
//! puts an old row back each time, with both threads running and no lag (seen on 10.11 and 11.8, by position
//! and by GTID: 20 MB of binlog in a minute, with nobody writing).

use super::super::Problem;
use super::topology::{Edge, Topology, history};
use crate::mariadb::{History, quote_string};
use crate::plan::typed_sql;

/// Two links that lead round.
struct Circle<'b, 'a> {
    there: &'b Edge<'a>,
    back: &'b Edge<'a>,
}

/// Adds what is told of those in which something goes round, or will.
pub(super) fn judge(topology: &Topology, found: &mut Vec<Problem>) {
    for there in &topology.edges {
        let back = topology.edges.iter().find(|back| {
            back.primary == Some(there.replica) && there.primary == Some(back.replica)
        });
        let Some(back) = back.filter(|back| there.replica < back.replica) else {
            continue;
        };
        let circle = Circle { there, back };
        if circle.is_whole(topology) {
            found.extend(circle.problem(topology));
        }
    }
}

/// Returns true when two servers follow each other.
pub(super) fn is_one(topology: &Topology, server: usize) -> bool {
    let mut primaries = topology.links_of(server).filter_map(|edge| edge.primary);
    primaries.any(|primary| {
        let mut back = topology.links_of(primary);
        back.any(|edge| edge.primary == Some(server))
    })
}

impl Circle<'_, '_> {
    /// Returns true when everything that comes in goes round, whoever wrote it.
    fn is_whole(&self, topology: &Topology) -> bool {
        [self.there, self.back].iter().all(|edge| {
            let said = topology.servers[edge.replica].said;
            // What came a second time may have ended in an error.
            let failed = edge.link.io_errno() != 0 || edge.link.sql_errno() != 0;
            let runs = failed || edge.link.io_state() == "Yes" && edge.link.sql() == "Yes";
            // In strict mode the second time is an error (1950), and one option skips it.
            let passes = said.has_binlog()
                && said.is_on("log_slave_updates")
                && !said.is_on("gtid_strict_mode")
                && !said.is_on("gtid_ignore_duplicates");
            let filters = ["Replicate_Do_Domain_Ids", "Replicate_Ignore_Domain_Ids"];
            said.answers()
                && runs
                && passes
                && filters.iter().all(|name| edge.link.column(name).is_empty())
        })
    }

    fn skips(&self, id: u64) -> bool {
        let links = [self.there.link, self.back.link];
        links.iter().any(|link| ignored(link).any(|one| one == id))
    }

    fn problem(&self, topology: &Topology) -> Option<Problem> {
        let ends = [self.there.replica, self.back.replica];
        let ids = ends.map(|at| topology.servers[at].said.server_id());
        let stranger = |id: u64| id != 0 && !ids.contains(&Some(id)) && !self.skips(id);
        // Where a number fell from one look to the next, it went round meanwhile.
        let goes = ends.iter().find_map(|at| {
            let server = &topology.servers[*at];
            let later = server.pulse.map(|pulse| &pulse.history)?;
            let fell = fallen(&history(server.said), later);
            fell.into_iter().find(|id| stranger(*id))
        });
        // Else what comes in from a third one: nothing stops it.
        let comes = topology.edges.iter().find_map(|edge| {
            let id = edge.link.primary_id();
            let into = ends.contains(&edge.replica)
                && !edge.primary.is_some_and(|primary| ends.contains(&primary));
            (into && stranger(id)).then_some((id, edge))
        });
        let id = goes.or(comes.map(|(id, _)| id))?;
        let wrote = |at: usize| {
            let state = history(topology.servers[at].said).binlog_state;
            state.gtids().any(|gtid| u64::from(gtid.server) == id)
        };
        let is_there = goes.is_some() || ends.iter().all(|at| wrote(*at));
        let names = ends.map(|at| topology.servers[at].name);
        let [one, other] = names;
        let mut problem = Problem::new(
            is_there,
            match is_there {
                true => format!(
                    "what server id {id} wrote goes round between {one} and {other} for ever, and is applied \
                     again each time"
                ),
                false => format!(
                    "what server id {id} writes will go round between {one} and {other} for ever"
                ),
            },
        );
        problem.cause =
            "They follow each other, and each skips what has its own server id alone. A row \
                         that was changed since gets its old values back; MariaDB shows no error."
                .to_owned();
        // Where it comes in, it is not to come back to.
        let at = comes.map_or(ends[0], |(_, edge)| edge.replica);
        let edge = match self.there.replica == at {
            true => self.there,
            false => self.back,
        };
        let mut list: Vec<u64> = ignored(edge.link).collect();
        list.push(id);
        let list: Vec<String> = list.iter().map(u64::to_string).collect();
        let name = match edge.link.connection() {
            "" => String::new(),
            name => format!(" {}", quote_string(name)),
        };
        let server = &topology.servers[edge.replica];
        let statements = format!(
            "STOP SLAVE{name}; CHANGE MASTER{name} TO IGNORE_SERVER_IDS=({}); START SLAVE{name}",
            list.join(",")
        );
        Some(problem.next(
            &format!(
                "to have {} skip what comes back from {}{}",
                server.name,
                topology.primary_name(edge),
                server.place()
            ),
            typed_sql(&server.said.client, &statements),
        ))
    }
}

/// Returns the server ids that a link skips.
fn ignored(link: &crate::facts::database::Link) -> impl Iterator<Item = u64> {
    let ids = link.column("Replicate_Ignore_Server_Ids");
    ids.split([',', ' ']).filter_map(|id| id.parse().ok())
}

/// Returns the server ids whose last number in the binlog is lower than it was.
fn fallen(before: &History, after: &History) -> Vec<u64> {
    let lower = |gtid: &crate::mariadb::Gtid| {
        let mut now = after.binlog_state.gtids();
        now.any(|now| {
            (now.domain, now.server) == (gtid.domain, gtid.server) && now.sequence < gtid.sequence
        })
    };
    let fell = before.binlog_state.gtids().filter(lower);
    fell.map(|gtid| gtid.server.into()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts;
    use super::*;
    use crate::facts::Facts;

    /// A pair that is well, seen from the replica, whose primary follows it as well; serv2 follows a third
    /// server besides. `columns` are those of the link of serv2 to serv1, `strict` is serv2's mode.
    fn circle(release: &str, columns: &[(&str, &str)], strict: &str) -> Facts {
        let mut facts = facts(release, "well");
        let here = facts.database.as_mut().unwrap();
        here.variables
            .insert("gtid_strict_mode".to_owned(), strict.to_owned());
        let mut back = here.links[0].clone();
        let mut third = here.links[0].clone();
        for (name, value) in columns {
            let link = &mut here.links[0];
            link.columns.insert((*name).to_owned(), (*value).to_owned());
        }
        for (link, host, id, connection) in [
            (&mut back, "172.16.0.11", "11", ""),
            (&mut third, "172.16.0.13", "13", "from3"),
        ] {
            for (name, value) in [
                ("Master_Host", host),
                ("Master_Server_Id", id),
                ("Connection_name", connection),
            ] {
                link.columns.insert(name.to_owned(), value.to_owned());
            }
        }
        here.links.push(third);
        let there = facts.database_hosts.get_mut("172.16.0.10").unwrap();
        there
            .variables
            .insert("gtid_strict_mode".to_owned(), "OFF".to_owned());
        there.links.push(back);
        facts
    }

    fn told(facts: &Facts) -> Vec<Problem> {
        let mut found = Vec::new();
        judge(&Topology::of_facts(facts), &mut found);
        found
    }

    #[test]
    fn what_a_third_server_writes_goes_round_in_a_circle() {
        for release in ["bookworm", "trixie"] {
            let mut facts = circle(release, &[("Replicate_Ignore_Server_Ids", "7")], "OFF");
            let [problem] = &told(&facts)[..] else {
                panic!("{:?}", told(&facts))
            };
            assert!(!problem.grave, "{problem:?}");
            assert!(
                problem
                    .what
                    .contains("what server id 13 writes will go round")
            );
            assert_eq!(
                problem.next[0].command,
                "mariadb -e 'STOP SLAVE; CHANGE MASTER TO IGNORE_SERVER_IDS=(7,13); START SLAVE'"
            );
            // It has written, and both have it in their binlogs.
            let here = facts.database.as_mut().unwrap();
            let both = [here]
                .into_iter()
                .chain(facts.database_hosts.get_mut("172.16.0.10"));
            for said in both {
                let state = said.variables["gtid_binlog_state"].clone();
                said.variables
                    .insert("gtid_binlog_state".to_owned(), format!("{state},3-13-4"));
            }
            let found = told(&facts);
            assert!(
                found[0].grave && found[0].what.contains("goes round"),
                "{found:?}"
            );

            for (columns, strict) in [
                (&[("Replicate_Ignore_Server_Ids", "7, 13")][..], "OFF"),
                (&[("Replicate_Ignore_Domain_Ids", "3")][..], "OFF"),
                (&[("Slave_SQL_Running", "No")][..], "OFF"),
                (&[][..], "ON"),
            ] {
                assert_eq!(told(&circle(release, columns, strict)), [], "{columns:?}");
            }
            let mut open = circle(release, &[], "OFF");
            open.database_hosts
                .get_mut("172.16.0.10")
                .unwrap()
                .links
                .clear();
            assert_eq!(told(&open), []);
        }
    }

    #[test]
    fn no_verb_is_told_before_what_it_needs() {
        for release in ["bookworm", "trixie"] {
            let mut facts = circle(release, &[("Replicate_Ignore_Server_Ids", "13")], "OFF");
            // Both take writes; then one does not.
            for read_only in ["OFF", "ON"] {
                let here = facts.database.as_mut().unwrap();
                here.variables
                    .insert("read_only".to_owned(), read_only.to_owned());
                let all = super::super::tests::told(&facts);
                let next: Vec<&String> = all.iter().flat_map(|(_, _, next)| next).collect();
                let at = |text: &str| next.iter().position(|one| one.contains(text));
                let first = at("RESET SLAVE '\\''from3'\\'' ALL").expect("what comes first");
                assert!(
                    first < at("bascule db promote").expect("the verb"),
                    "{all:#?}"
                );
                // Refused as long as each follows the other.
                assert_eq!(at("bascule db replicate"), None, "{all:#?}");
            }
        }
    }

    #[test]
    fn a_number_that_falls_from_one_look_to_the_next_went_round() {
        // Two real servers, four seconds apart, with nobody writing.
        let state = |text: &str| History {
            binlog_state: text.parse().unwrap(),
            ..History::default()
        };
        let (first, later) = (state("1-1-3,3-3-3"), state("1-1-3,3-3-1"));
        assert_eq!(fallen(&first, &later), [3]);
        assert!(fallen(&later, &first).is_empty());
    }
}

//! What only one of the two ends holds, which MariaDB itself notices late or never.

use super::super::Problem;
use super::topology::{Edge, Server, Topology, history};
use crate::mariadb::relation::Doubt;
use crate::mariadb::{Gtid, Position, Relation};

fn list(gtids: &[Gtid]) -> String {
    let words: Vec<String> = gtids.iter().map(Gtid::to_string).collect();
    words.join(", ")
}

/// Returns what only the replica has, as a sentence.
pub(super) fn errant_sentence(topology: &Topology, edge: &Edge) -> Option<String> {
    let relation = topology.relation(edge)?;
    let extra = relation.errant();
    (!extra.is_empty()).then(|| {
        format!(
            "What {} alone has ends with {}.",
            topology.servers[edge.replica].name,
            list(extra)
        )
    })
}

/// Adds what only one of the two holds.
pub(super) fn judge(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let Some(relation) = topology.relation(edge) else {
        return;
    };
    let ends = LinkEnds::of(topology, edge);
    match &relation {
        Relation::Same | Relation::Behind(_) => strange(topology, edge, found),
        Relation::Ahead(extra) | Relation::Diverged { extra, .. } => {
            let own_id = ends.server.said.server_id();
            let (own, lost): (Vec<Gtid>, Vec<Gtid>) = extra
                .iter()
                .partition(|gtid| Some(u64::from(gtid.server)) == own_id);
            if !own.is_empty() {
                found.push(ends.own_writes(&own));
            }
            if !lost.is_empty() {
                found.push(ends.lost_by_the_primary(&lost));
            }
        }
        Relation::Unknown(Doubt::PrimaryEmpty) => {
            let primary_has_binlog = edge
                .primary
                .is_some_and(|primary| topology.servers[primary].said.has_binlog());
            let position = history(ends.server.said).position();
            // A binlog that is off is told of the server.
            if primary_has_binlog && !position.is_empty() {
                found.push(ends.binlog_begun_anew(&position));
            }
        }
        Relation::Unknown(Doubt::OutOfOrder(domain)) => found.push(ends.out_of_order(*domain)),
        Relation::Unknown(Doubt::ReplicaEmpty) => {
            if edge.link.using_gtid() != "No" {
                found.push(ends.without_position());
            }
        }
        Relation::Unknown(doubt @ (Doubt::TwoOfOne(_) | Doubt::Unread(_))) => {
            let (replica, primary) = (ends.replica, ends.primary);
            let what = format!("{replica} follows {primary}: {doubt}");
            found.push(ends.seed_anew(Problem::new(true, what)));
        }
        // Told on its own.
        Relation::Unknown(Doubt::SameServerId(_)) => {}
    }
}

/// The two ends of a link, for what is told of them.
struct LinkEnds<'a> {
    edge: &'a Edge<'a>,
    /// The replica's server.
    server: &'a Server<'a>,
    replica: &'a str,
    primary: &'a str,
}

impl<'a> LinkEnds<'a> {
    fn of(topology: &'a Topology, edge: &'a Edge) -> LinkEnds<'a> {
        let server = &topology.servers[edge.replica];
        LinkEnds {
            edge,
            server,
            replica: server.name,
            primary: topology.primary_name(edge),
        }
    }

    fn seed_command(&self) -> String {
        let host = self.edge.link.primary_host();
        format!("bascule db replicate {host} --reseed")
    }

    /// Returns a problem with the copy of the primary's data as what mends it.
    fn seed_anew(&self, problem: Problem) -> Problem {
        let purpose = format!("to seed it anew, on {}", self.replica);
        problem.next(&purpose, self.seed_command())
    }

    /// Returns the problem of a replica that was written to.
    fn own_writes(&self, own: &[Gtid]) -> Problem {
        let LinkEnds {
            edge,
            server,
            replica,
            primary,
        } = self;
        let mut problem = Problem::new(
            true,
            format!(
                "{replica} has writes of its own that {primary} lacks, up to {}",
                list(own)
            ),
        );
        let stopped = edge.link.io_state() == "No" || edge.link.sql() == "No";
        let threads = match stopped {
            true => "Its threads do not all run; started, they go on",
            false => "Both threads run on",
        };
        problem.cause = format!(
            "Somebody wrote on {replica}; read_only does not stop root. {threads} \
             until {primary} writes again; with gtid_strict_mode replication then stops \
             (errno 1950)."
        );
        problem
            .next(
                &format!("to see them, and how to keep them{}", server.place()),
                format!("bascule db rejoin {}", edge.link.primary_host()),
            )
            .next(
                &format!("to seed it anew, on {replica}, which drops them"),
                self.seed_command(),
            )
    }

    /// Returns the problem of transactions that came from the primary, which has them no more.
    fn lost_by_the_primary(&self, lost: &[Gtid]) -> Problem {
        let (replica, primary) = (self.replica, self.primary);
        let mut problem = Problem::new(
            true,
            format!(
                "{replica} has {}, which is not in {primary}'s binlog",
                list(lost)
            ),
        );
        problem.cause = format!(
            "{primary}'s binlog was reset (RESET MASTER), or it lost its last transactions, \
             or came back from a backup. MariaDB shows no error until the link is made anew, \
             and what {primary} writes meanwhile may never arrive."
        );
        self.seed_anew(problem)
    }

    /// Returns the problem of a primary whose binlog holds nothing, and once held something.
    fn binlog_begun_anew(&self, position: &Position) -> Problem {
        let (replica, primary) = (self.replica, self.primary);
        let mut problem = Problem::new(
            true,
            format!(
                "{primary}'s binlog is empty, and {replica} has come to {position}: it was \
                 reset, or begun anew"
            ),
        );
        problem.cause = "MariaDB shows no error. What was written since may never arrive, \
                         and new transactions take numbers that the replica already has."
            .to_owned();
        self.seed_anew(problem)
    }

    /// Returns the problem of positions that tell nothing.
    fn out_of_order(&self, domain: u32) -> Problem {
        let (replica, primary) = (self.replica, self.primary);
        let mut problem = Problem::new(
            false,
            format!(
                "the GTIDs of domain {domain} do not rise on {replica} or {primary}: positions \
                 cannot tell how the two stand"
            ),
        );
        problem.cause =
            "Both were written to at some time, or gtid_strict_mode was off.".to_owned();
        self.seed_anew(problem)
    }

    /// Returns the problem of a replica that knows no position.
    fn without_position(&self) -> Problem {
        let (replica, primary) = (self.replica, self.primary);
        self.seed_anew(Problem::new(
            false,
            format!(
                "{replica} has no GTID position: nothing tells which of {primary}'s \
                 transactions it holds"
            ),
        ))
    }
}

/// A replica that replicates well, and that its primary cannot follow: its binlog has more than the two have
/// to do with each other.
fn strange(topology: &Topology, edge: &Edge, found: &mut Vec<Problem>) {
    let server = &topology.servers[edge.replica];
    // With a second primary that is as it should be.
    if topology.links_of(edge.replica).nth(1).is_some() {
        return;
    }
    let Some(primary) = edge.primary.map(|primary| &topology.servers[primary]) else {
        return;
    };
    let more = history(server.said).domains_unknown_to(&history(primary.said));
    if more.is_empty() {
        return;
    }
    let (replica, primary) = (server.name, primary.name);
    let mut problem = Problem::new(
        false,
        format!(
            "{replica}'s binlog has {}, of a domain that {primary} never had: db promote refuses it",
            list(&more)
        ),
    );
    problem.cause = format!(
        "It came by another link, in another time. {primary} replicates well to {replica}; the other way \
         round it would be sent all that."
    );
    found.push(problem.next(
        &format!(
            "to seed it anew, without what that brought; that is kept aside{}",
            server.place()
        ),
        format!("bascule db replicate {} --reseed", edge.link.primary_host()),
    ));
}

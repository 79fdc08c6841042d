//! Two servers that belong together, and are not as a primary and its replica are: what is wrong first
//! of all, and the one verb that leads out.
//!
//! A promotion that was cut short, a restart in the middle of it or a hand at night leaves two servers
//! in one of the states told apart here. Whoever holds what the other lacks becomes the primary: that
//! way no row is lost. Where each holds something of its own no verb can mend it; both are shown then.

use super::super::Problem;
use super::topology::{Edge, Server, Topology, expected, history};
use crate::facts::database::Link;
use crate::mariadb::Relation;

/// The mode of one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The server does not answer.
    Down,
    /// The server takes no writes of ordinary accounts.
    ReadOnly,
    /// The server takes writes.
    Writable,
}

/// The primary that one of the two follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    Nobody,
    /// The other one, and both threads run or try to.
    Other,
    /// The other one, with a thread that was stopped.
    OtherStopped,
    /// A third server.
    Third,
}

/// One end of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The mode: whether it takes writes.
    pub mode: Mode,
    /// The primary that it follows.
    pub follows: Follows,
    /// The end holds transactions that the other one lacks.
    pub own: bool,
}

/// The way out of a state, on one of the two: 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing is to be done about the two as a pair.
    Well,
    /// The server is started.
    Start(usize),
    /// `db promote` on it: it is the primary, and the other one follows.
    Promote(usize),
    /// `db rejoin` on it: it follows the other one.
    Rejoin(usize),
    /// `db start` on it.
    StartReplication(usize),
    /// Each holds what the other lacks: this one takes no more writes, and what it alone has is shown.
    Apart(usize),
    /// The two replicate from each other on purpose, and both take writes: this one shall not.
    Ring(usize),
}

/// Returns what leads out.
pub fn way_out(ends: [End; 2]) -> Way {
    use Follows::{Nobody, Other, OtherStopped, Third};
    use Mode::{Down, ReadOnly, Writable};
    let [a, b] = ends;
    if a.mode == Down || b.mode == Down {
        return Way::Start(usize::from(a.mode != Down));
    }
    // Who belongs to a third server is judged with that one.
    if a.follows == Third || b.follows == Third {
        return Way::Well;
    }
    let follows = |end: End| end.follows != Nobody;
    let alone_follows = match (follows(a), follows(b)) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        _ => None,
    };
    if let Some(replica) = alone_follows {
        let (end, primary) = (ends[replica], ends[1 - replica]);
        match (primary.mode, end.mode) {
            // As it should be, but for its threads; what it holds of its own is told of the link.
            (Writable, ReadOnly) if end.follows == OtherStopped && !end.own => {
                return Way::StartReplication(replica);
            }
            (Writable, ReadOnly) => return Way::Well,
            // Careless, and nothing has come of it.
            (Writable, Writable) if end.follows == Other && !end.own => return Way::Well,
            _ => {}
        }
    }
    if a.own && b.own {
        return Way::Apart(match (a.mode, b.mode) {
            (ReadOnly, Writable) => 0,
            (Writable, ReadOnly) => 1,
            _ => alone_follows.unwrap_or(usize::from(
                !(a.follows == Other && b.follows == OtherStopped),
            )),
        });
    }
    match (follows(a), follows(b)) {
        (false, false) => Way::Rejoin(match (a.own, b.own) {
            (true, _) => 1,
            (_, true) => 0,
            // Whoever takes writes goes on taking them.
            _ => usize::from(!(a.mode == ReadOnly && b.mode == Writable)),
        }),
        (true, true) => match (a.own, b.own) {
            (true, _) => Way::Promote(0),
            (_, true) => Way::Promote(1),
            _ => match (a.mode, b.mode) {
                (Writable, Writable) if a.follows == Other && b.follows == Other => Way::Ring(1),
                (Writable, ReadOnly) => Way::Promote(0),
                (ReadOnly, Writable) => Way::Promote(1),
                // The link that was stopped is that of the one that was to be the primary.
                _ => Way::Promote(usize::from(b.follows == OtherStopped && a.follows == Other)),
            },
        },
        (of_a, _) => {
            let replica = usize::from(!of_a);
            let (end, primary) = (ends[replica], ends[1 - replica]);
            match (primary.mode, end.mode) {
                // A promotion past its point of no return; but what is there alone is not left behind.
                (ReadOnly, Writable) if !primary.own => Way::Promote(replica),
                _ if end.own => Way::Promote(replica),
                (ReadOnly, _) => Way::Promote(1 - replica),
                _ => Way::Rejoin(replica),
            }
        }
    }
}

/// Two servers of a topology.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerPair {
    at: [usize; 2],
    ends: [End; 2],
    /// The one whose place the other took without it.
    former: Option<usize>,
}

impl ServerPair {
    /// Returns those of a topology that belong together and both answer.
    pub(super) fn all_in(topology: &Topology) -> Vec<ServerPair> {
        let mut found = Vec::new();
        for a in 0..topology.servers.len() {
            for b in a + 1..topology.servers.len() {
                found.extend(ServerPair::of_servers(topology, a, b));
            }
        }
        found
    }

    fn of_servers(topology: &Topology, a: usize, b: usize) -> Option<ServerPair> {
        let (one, other) = (&topology.servers[a], &topology.servers[b]);
        if !one.said.answers() || !other.said.answers() {
            return None;
        }
        if !one.said.installed || !other.said.installed {
            return None;
        }
        let linked = topology.edges.iter().any(|edge| {
            (edge.replica, edge.primary) == (a, Some(b))
                || (edge.replica, edge.primary) == (b, Some(a))
        });
        let lets_in = |one: usize, other: usize| {
            let hosts = expected(topology.servers[one].said);
            hosts
                .iter()
                .any(|(_, host)| topology.servers[other].is_called(host))
        };
        let former = match (topology.former_of(a), topology.former_of(b)) {
            (Some(old), _) if old == b => Some(1),
            (_, Some(old)) if old == a => Some(0),
            _ => None,
        };
        if !linked && former.is_none() && !lets_in(a, b) && !lets_in(b, a) {
            return None;
        }
        let extra = |replica: usize, primary: usize| topology.stands(replica, primary);
        let own = |relation: &Relation| !relation.errant().is_empty();
        let (ab, ba) = (extra(a, b), extra(b, a));
        if [&ab, &ba]
            .iter()
            .any(|relation| matches!(relation, Relation::Unknown(_)))
        {
            return None;
        }
        // Two that only have an account for each other need not have anything in common.
        if !linked && !shares(topology, a, b) {
            return None;
        }
        let end = |at: usize, other: usize, own: bool| {
            // No verb touches a connection with a name.
            let is_theirs = |edge: &&Edge| edge.primary == Some(other) && !edge.is_named();
            let mut theirs = topology.links_of(at).filter(is_theirs);
            let follows = match (theirs.next(), topology.links_of(at).next()) {
                (Some(edge), _) if is_stopped(edge.link) => Some(Follows::OtherStopped),
                (Some(_), _) => Some(Follows::Other),
                (None, Some(_)) => Some(Follows::Third),
                (None, None) => None,
            };
            End {
                mode: match topology.servers[at].said.is_read_only() {
                    true => Mode::ReadOnly,
                    false => Mode::Writable,
                },
                follows: follows.unwrap_or(Follows::Nobody),
                own,
            }
        };
        Some(ServerPair {
            at: [a, b],
            ends: [end(a, b, own(&ab)), end(b, a, own(&ba))],
            former,
        })
    }

    /// Returns the two.
    pub(super) fn servers(&self) -> [usize; 2] {
        self.at
    }

    /// Returns true when this server is one of the two.
    pub(super) fn has(&self, server: usize) -> bool {
        self.at.contains(&server)
    }

    /// Returns what leads out; where either could give way, that is the former primary, whichever of
    /// the two is asked.
    fn way(&self) -> Way {
        let way = way_out(self.ends);
        let [a, b] = self.ends;
        let alike = a.mode == b.mode && a.own == b.own;
        let apart = a.follows == Follows::Nobody && b.follows == Follows::Nobody;
        match (way, self.former) {
            (Way::Apart(_), Some(former)) if alike && apart => Way::Apart(former),
            (Way::Rejoin(_), Some(former)) if alike && apart => Way::Rejoin(former),
            _ => way,
        }
    }

    /// Returns what is wrong with the two, if what is wrong is how they stand to each other.
    pub(super) fn problem(&self, topology: &Topology) -> Option<Problem> {
        let told = ToldPair {
            pair: self,
            topology,
        };
        match self.way() {
            // Down is told of the server, stopped threads of the link.
            Way::Well | Way::Start(_) | Way::StartReplication(_) => None,
            Way::Promote(end) => Some(told.cut_short(end)),
            Way::Rejoin(end) => Some(told.one_follows_nobody(end)),
            Way::Ring(end) => Some(told.ring(end)),
            Way::Apart(end) => Some(told.apart(end)),
        }
    }
}

/// A pair with the names of its servers, to be told.
struct ToldPair<'a> {
    pair: &'a ServerPair,
    topology: &'a Topology<'a>,
}

impl<'a> ToldPair<'a> {
    fn server(&self, end: usize) -> &'a Server<'a> {
        &self.topology.servers[self.pair.at[end]]
    }

    fn name(&self, end: usize) -> &'a str {
        self.server(end).name
    }

    fn place(&self, end: usize) -> String {
        self.server(end).place()
    }

    /// Returns the address of one end, as the other one reaches it.
    fn address(&self, of: usize) -> String {
        let at = self.pair.at;
        self.topology.address(at[of], at[1 - of])
    }

    fn both(&self) -> String {
        self.topology.pair_named(self.pair.at[0], self.pair.at[1])
    }

    fn is_writable(&self, end: usize) -> bool {
        self.pair.ends[end].mode == Mode::Writable
    }

    /// Returns what is wrong, as a sentence: who takes writes, and who follows whom.
    fn what(&self) -> String {
        let (a, b) = (self.name(0), self.name(1));
        match (self.is_writable(0), self.is_writable(1)) {
            (true, true) => format!("{} both take writes", self.both()),
            (false, false) => {
                format!("neither {a} nor {b} takes writes: no client can write anywhere")
            }
            _ if self
                .pair
                .ends
                .iter()
                .all(|end| end.follows != Follows::Nobody) =>
            {
                format!("{a} and {b} follow each other")
            }
            (true, false) => format!("{b} does not follow {a}, which takes the writes"),
            (false, true) => format!("{a} does not follow {b}, which takes the writes"),
        }
    }

    /// Returns who took whose place, as the cause's first sentence.
    fn taken(&self) -> String {
        match self.pair.former {
            Some(former) => format!(
                "{} took {}'s place as the primary. ",
                self.name(1 - former),
                self.name(former)
            ),
            None => String::new(),
        }
    }

    /// Returns a problem with what ends it where the two shall be a pair no more.
    fn or_alone(&self, problem: Problem) -> Problem {
        match self.pair.former {
            Some(former) => problem.next(
                &format!(
                    "if each shall go on by itself: to forget that{}",
                    self.place(1 - former)
                ),
                self.server(1 - former).forget_former(),
            ),
            None => problem,
        }
    }

    /// Returns the problem of a change of roles that did not come to its end.
    fn cut_short(&self, end: usize) -> Problem {
        let (to, from) = (self.name(end), self.name(1 - end));
        let (cut, more) = match (self.pair.ends[end].own, self.is_writable(end)) {
            (true, _) => ("", ", and more: it is the primary"),
            (false, true) => ("", ""),
            (false, false) => (", or somebody switched writes off", ""),
        };
        let mut problem = Problem::new(true, self.what());
        problem.cause =
            format!("A change of roles was cut short{cut}. {to} holds all that {from} does{more}.");
        problem.next(
            &format!(
                "to have {to} take the writes, and {from} follow it{}",
                self.place(end)
            ),
            "bascule db promote",
        )
    }

    /// Returns the problem of a server that follows nobody, and holds nothing of its own.
    fn one_follows_nobody(&self, end: usize) -> Problem {
        let (from, to) = (self.name(end), self.name(1 - end));
        let mut problem = Problem::new(true, self.what());
        problem.cause = format!("{}{to} holds all that {from} does.", self.taken());
        self.or_alone(problem.next(
            &format!("to have {from} follow {to}{}", self.place(end)),
            format!("bascule db rejoin {}", self.address(1 - end)),
        ))
    }

    /// Returns the problem of two that replicate from each other.
    fn ring(&self, end: usize) -> Problem {
        let mut problem = Problem::new(true, self.what());
        problem.cause =
            "They replicate from each other: one row changed on both at once parts them."
                .to_owned();
        problem
            .next(
                &format!(
                    "to have {} take no writes{}",
                    self.name(end),
                    self.place(end)
                ),
                "mariadb -e 'SET GLOBAL read_only=1'",
            )
            .next(
                &format!("then, to have it follow only{}", self.place(1 - end)),
                "bascule db promote",
            )
    }

    /// Returns the problem of two that each hold what the other lacks.
    fn apart(&self, end: usize) -> Problem {
        let (from, to) = (self.name(end), self.name(1 - end));
        let what = match (self.is_writable(0), self.is_writable(1)) {
            (true, true) => format!(
                "{} both take writes, and each holds what the other lacks",
                self.both()
            ),
            _ => format!(
                "{} and {} each hold what the other lacks",
                self.name(0),
                self.name(1)
            ),
        };
        let mut problem = Problem::new(true, what);
        problem.cause = format!(
            "{}No row is lost yet: both keep theirs. What {from} alone has must be brought over to {to} by hand before {from} can follow.",
            self.taken()
        );
        if self.is_writable(end) {
            problem = problem.next(
                &format!("to keep it from growing{}", self.place(end)),
                "mariadb -e 'SET GLOBAL read_only=1'",
            );
        }
        self.or_alone(problem.next(
            &format!(
                "what {from} alone has, and how to keep it{}",
                self.place(end)
            ),
            format!("bascule db rejoin {}", self.address(1 - end)),
        ))
    }
}

fn is_stopped(link: &Link) -> bool {
    link.io_state() == "No" || link.sql() == "No"
}

/// Returns true when two servers have a transaction in common: they were a pair once.
fn shares(topology: &Topology, a: usize, b: usize) -> bool {
    let (one, other) = (
        history(topology.servers[a].said),
        history(topology.servers[b].said),
    );
    one.common_with(&other)
        .gtids()
        .any(|gtid| gtid.sequence > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [Mode; 3] = [Mode::Down, Mode::ReadOnly, Mode::Writable];
    const FOLLOWS: [Follows; 4] = [
        Follows::Nobody,
        Follows::Other,
        Follows::OtherStopped,
        Follows::Third,
    ];

    fn all() -> Vec<End> {
        let mut ends = Vec::new();
        for mode in MODES {
            for follows in FOLLOWS {
                for own in [false, true] {
                    ends.push(End { mode, follows, own });
                }
            }
        }
        ends
    }

    /// What a verb leaves of the two, as its plan says; a server that is started comes back as its
    /// option files say, which is either.
    fn after(ends: [End; 2], way: Way, comes_back: Mode) -> [End; 2] {
        let mut then = ends;
        let pair = |primary: usize| {
            let mut pair = ends;
            pair[primary] = End {
                mode: Mode::Writable,
                follows: Follows::Nobody,
                own: false,
            };
            pair[1 - primary] = End {
                mode: Mode::ReadOnly,
                follows: Follows::Other,
                own: false,
            };
            assert!(!ends[1 - primary].own, "rows are lost: {ends:?} {way:?}");
            pair
        };
        match way {
            Way::Well | Way::Apart(_) => {}
            Way::Start(end) => {
                then[end].mode = comes_back;
                // With the server its link starts.
                if then[end].follows == Follows::OtherStopped {
                    then[end].follows = Follows::Other;
                }
            }
            Way::Promote(end) => then = pair(end),
            Way::Rejoin(end) => then = pair(1 - end),
            Way::StartReplication(end) => then[end].follows = Follows::Other,
            Way::Ring(end) => then[end].mode = Mode::ReadOnly,
        }
        then
    }

    /// A primary and its replica, as `db status` finds nothing wrong with, or what it tells of a link.
    fn is_well([a, b]: [End; 2]) -> bool {
        let third = a.follows == Follows::Third || b.follows == Follows::Third;
        let pair = |primary: End, replica: End| {
            primary.follows == Follows::Nobody
                && primary.mode == Mode::Writable
                && replica.follows != Follows::Nobody
                && (replica.mode == Mode::ReadOnly || !replica.own)
        };
        third || pair(a, b) || pair(b, a)
    }

    #[test]
    fn out_of_every_state_leads_a_way_and_none_in_a_circle() {
        let mut states = 0;
        for a in all() {
            for b in all() {
                states += 1;
                for comes_back in [Mode::ReadOnly, Mode::Writable] {
                    let mut ends = [a, b];
                    let mut steps = Vec::new();
                    loop {
                        let way = way_out(ends);
                        match way {
                            Way::Well => {
                                assert!(is_well(ends), "{a:?} {b:?}: {steps:?} {ends:?}");
                                break;
                            }
                            // No verb brings two histories together; nothing is thrown away.
                            Way::Apart(_) => {
                                assert!(ends[0].own && ends[1].own, "{ends:?}");
                                break;
                            }
                            _ => {}
                        }
                        steps.push(way);
                        assert!(steps.len() < 5, "a circle: {a:?} {b:?}: {steps:?}");
                        ends = after(ends, way, comes_back);
                    }
                }
            }
        }
        assert_eq!(states, 24 * 24);
    }

    #[test]
    fn it_does_not_matter_from_which_end_one_looks() {
        let turned = |way: Way| match way {
            Way::Well => Way::Well,
            Way::Start(end) => Way::Start(1 - end),
            Way::Promote(end) => Way::Promote(1 - end),
            Way::Rejoin(end) => Way::Rejoin(1 - end),
            Way::StartReplication(end) => Way::StartReplication(1 - end),
            Way::Apart(end) => Way::Apart(1 - end),
            Way::Ring(end) => Way::Ring(1 - end),
        };
        for a in all() {
            for b in all() {
                // Two that are equal in all are told apart by who is asked alone.
                let down = a.mode == Mode::Down && b.mode == Mode::Down;
                if a != b && !down {
                    assert_eq!(turned(way_out([b, a])), way_out([a, b]), "{a:?} {b:?}");
                }
            }
        }
    }
}

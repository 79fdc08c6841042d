//! The reasons: what the configuration, the scores and the failures say of one resource.

use super::super::web::Stickiness;
use crate::cib::{Cib, Location, Object, OrderKind, Score};
use crate::facts::{Facts, FailCount, Monitor};
use crate::health::Problem;
use crate::resources::forecast;
use crate::resources::named::{ban, family, group, is_left_over, of_every_role, primitives};
use crate::wording::{count, list};

/// The resource that is asked about.
pub struct Asked<'a> {
    facts: &'a Facts,
    cib: &'a Cib,
    monitor: &'a Monitor,
    /// Its id.
    pub name: &'a str,
    /// The outermost group or clone around it, or itself.
    pub whole: &'a str,
    /// The whole and all that is in it.
    family: Vec<String>,
    places: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    pub fn new(
        facts: &'a Facts,
        cib: &'a Cib,
        monitor: &'a Monitor,
        name: &'a str,
        whole: &'a str,
    ) -> Asked<'a> {
        Asked {
            facts,
            cib,
            monitor,
            name,
            whole,
            family: family(cib, whole),
            places: monitor.places(name),
        }
    }

    /// Returns where it runs, or a part of it.
    pub fn places(&self) -> &[&'a str] {
        &self.places
    }

    /// Returns true where all of it runs.
    pub fn runs(&self) -> bool {
        self.monitor.started(self.name)
    }

    /// Returns how much the scheduler wants it on a node; of a group that of its first member.
    pub fn score(&self, node: &str) -> Option<Score> {
        let assignment = self.facts.scores.as_ref()?.as_ref().ok()?;
        let first = primitives(self.cib, self.name);
        assignment.score(&first.first()?.id, node)
    }

    /// Returns the locations of all of it, those that somebody's move left behind left out.
    fn locations(&self) -> impl Iterator<Item = &'a Location> {
        let constraints = self
            .family
            .iter()
            .flat_map(|member| self.cib.constraints_on(member));
        let ours = constraints.filter(|constraint| !is_left_over(constraint));
        ours.filter_map(|constraint| match constraint.resolved() {
            Object::Location(location) if of_every_role(location) => Some(location),
            _ => None,
        })
    }

    /// Returns what failed of it on a node.
    fn counts(&self, node: &str) -> impl Iterator<Item = &'a FailCount> {
        let counts = self.monitor.counts.iter();
        counts.filter(move |one| one.node == node && self.family.contains(&one.resource))
    }

    /// Returns what a node's score comes from.
    pub fn notes(&self, node: &str) -> Vec<String> {
        let mut notes = Vec::new();
        for Location { id, score, .. } in self.locations().filter(|one| one.node == node) {
            notes.push(match score {
                Score::Finite(0) => continue,
                Score::MinusInfinity => format!("never, by {id}"),
                Score::Finite(..0) => format!("rather not, by {id} ({score})"),
                _ => format!("preferred by {id} ({score})"),
            });
        }
        if self.places.contains(&node) {
            match Stickiness::of_resource(self.cib, self.whole) {
                Stickiness::Finite(0) => {}
                sticky => notes.push(format!("stickiness {sticky}")),
            }
        }
        for failed in self.counts(node) {
            notes.push(match failed.keeps_off() {
                true if failed.one_was_enough() => format!("{} failed there", failed.resource),
                true => format!("{} failed there too often", failed.resource),
                false => format!("{} failed there {}", failed.resource, times(failed.count)),
            });
        }
        notes
    }

    /// Returns why it runs where it runs, or why nothing starts it, as far as nothing is wrong.
    pub fn because(&self) -> Vec<Problem> {
        let mut all = Vec::new();
        self.about_to_move(&mut all);
        match self.places.is_empty() || !self.runs() {
            true => self.why_not(&mut all),
            false => self.why_here(&mut all),
        }
        all
    }

    /// What the cluster is about to do says more than what it did.
    fn about_to_move(&self, all: &mut Vec<Problem>) {
        let Some(Ok(assignment)) = &self.facts.scores else {
            return;
        };
        let movements = assignment.movements.iter();
        let theirs = movements.filter(|one| self.family.contains(&one.resource));
        for movement in theirs {
            let what = format!("the cluster is at it: {}", forecast::sentence(movement));
            all.push(
                Problem::new(false, what)
                    .next("to look again", format!("bascule why {}", self.name)),
            );
        }
    }

    fn why_here(&self, all: &mut Vec<Problem>) {
        let before = all.len();
        let followed = self.followed(all);
        let locations: Vec<&Location> = self.locations().collect();
        for location in &locations {
            let Location {
                id, node, score, ..
            } = location;
            let here = self.places.contains(&node.as_str());
            match (here, *score > Score::Finite(0)) {
                (true, true) => all.push(Problem::new(
                    false,
                    format!("it prefers {node}, by {id} ({score})"),
                )),
                (false, true) => all.extend(self.why_not_there(location)),
                (false, false) if *score < Score::Finite(0) => all.push(
                    Problem::new(false, format!("it is kept off {node} by {id} ({score})"))
                        .next("to see it", format!("bascule crm configure show {id}")),
                ),
                _ => {}
            }
        }
        let everywhere = self.cib.object(self.whole).and_then(Object::clone_resource);
        if all.len() == before && !followed && everywhere.is_some() {
            let what = format!("{} has a copy on each node that may have one", self.whole);
            all.push(Problem::new(false, what));
        } else if all.len() == before && !followed {
            let what = match Stickiness::of_resource(self.cib, self.whole) {
                Stickiness::Finite(0) => {
                    "nothing prefers a node, and nothing holds it: the cluster spreads what runs, and may move it when a node comes or goes".to_owned()
                }
                sticky => format!(
                    "nothing prefers a node: it stays where it was started, by its stickiness ({sticky})"
                ),
            };
            all.push(Problem::new(false, what).next(
                "to say where it shall run",
                format!("bascule web prefer {} NODE", self.whole),
            ));
        }
    }

    /// Adds whom it follows; returns whether it follows anybody.
    fn followed(&self, all: &mut Vec<Problem>) -> bool {
        let before = all.len();
        for (id, other) in self.leaders() {
            let where_it_is = self.monitor.places(other);
            if where_it_is.iter().any(|node| self.places.contains(node)) {
                all.push(
                    Problem::new(false, format!("it runs where {other} runs, by {id}"))
                        .next("why that runs there", format!("bascule why {other}")),
                );
            }
        }
        all.len() > before
    }

    /// Returns the constraints by which it runs with another one, and that other one.
    fn leaders(&self) -> Vec<(&'a str, &'a str)> {
        let constraints = self
            .family
            .iter()
            .flat_map(|member| self.cib.constraints_on(member));
        let leads = constraints.filter_map(|constraint| match constraint.resolved() {
            Object::Colocation(one)
                if one.score > Score::Finite(0)
                    && self.family.contains(&one.resource)
                    && !self.family.contains(&one.with) =>
            {
                Some((one.id.as_str(), one.with.as_str()))
            }
            _ => None,
        });
        leads.collect()
    }

    /// Returns why it is not on a node that it prefers.
    fn why_not_there(&self, location: &Location) -> Option<Problem> {
        let Location {
            id, node, score, ..
        } = location;
        let whole = self.whole;
        let preferred = format!("it prefers {node}, by {id} ({score})");
        let state = self
            .monitor
            .node(node)
            .map_or("offline", |node| node.state());
        if state != "online" {
            let (is, next) = match state {
                "standby" => ("is in standby", Some(format!("bascule node online {node}"))),
                "maintenance" => (
                    "is in maintenance",
                    Some(format!("bascule node ready {node}")),
                ),
                "pending" => ("is on its way in", None),
                _ => ("is away", None),
            };
            let problem = Problem::new(false, format!("{preferred}, which {is}"));
            return Some(match next {
                Some(command) => problem.next("to use that node again", command),
                None => problem,
            });
        }
        let score_of_it = match score {
            Score::Finite(score) => *score,
            _ => 0,
        };
        if let Some(ban) = ban(self.cib, whole, node, score_of_it) {
            return Some(Problem::new(
                false,
                format!("{preferred}, and {} keeps it off that node", ban.id),
            ));
        }
        if self.counts(node).any(FailCount::keeps_off) {
            // What failed there is told with how to clean it up.
            return Some(Problem::new(
                false,
                format!("{preferred}, where it failed too often"),
            ));
        }
        let stickiness = Stickiness::of_resource(self.cib, whole);
        if stickiness.returns(*score) {
            return None;
        }
        let here = list(&self.places);
        let problem = Problem::new(
            false,
            format!(
                "it stays on {here}, though {preferred}: its stickiness there is {stickiness}, since coming back \
                 would be a second interruption"
            ),
        );
        Some(
            problem
                .next(
                    "to bring it home now",
                    format!("bascule web move {whole} {node}"),
                )
                .next(
                    "to have it come home by itself, always",
                    format!("bascule web prefer {whole} {node} --failback"),
                ),
        )
    }

    fn why_not(&self, all: &mut Vec<Problem>) {
        if let Some(before) = self.waits_for_member() {
            all.push(
                Problem::new(
                    true,
                    format!(
                        "{} starts after {before} in the group {}, and {before} does not run",
                        self.name, self.whole
                    ),
                )
                .next("why that does not run", format!("bascule why {before}")),
            );
        }
        for (id, other) in self.leaders() {
            if self.monitor.places(other).is_empty() {
                all.push(
                    Problem::new(
                        true,
                        format!(
                            "it runs only where {other} runs, by {id}, and {other} runs nowhere"
                        ),
                    )
                    .next("why that runs nowhere", format!("bascule why {other}")),
                );
            }
        }
        for (id, first) in self.before() {
            if !self.monitor.started(first) {
                all.push(
                    Problem::new(
                        true,
                        format!("it starts after {first}, by {id}, and {first} does not run"),
                    )
                    .next("why that does not run", format!("bascule why {first}")),
                );
            }
        }
        for node in &self.monitor.nodes {
            let name = &node.name;
            let off = self.locations().find(|one| {
                one.node == *name && one.score == Score::MinusInfinity && node.state() == "online"
            });
            if let Some(Location { id, resource, .. }) = off {
                all.push(
                    Problem::new(true, format!("{id} keeps {resource} off {name}")).next(
                        "to take that away",
                        format!("bascule crm configure delete {id}"),
                    ),
                );
            }
        }
        let opt_in = self.cib.is_on("symmetric-cluster") == Some(false);
        if opt_in && !self.locations().any(|one| one.score >= Score::Finite(0)) {
            all.push(
                Problem::new(
                    true,
                    "symmetric-cluster is false, and no location of it names a node: nothing may run it",
                )
                .next(
                    "to name one",
                    format!("bascule web prefer {} NODE", self.whole),
                ),
            );
        }
    }

    /// Returns the member of its group before it that does not run.
    fn waits_for_member(&self) -> Option<&'a str> {
        let holder = self.cib.parent_of(self.name)?;
        let members = group(self.cib, holder)?.members.iter();
        let before = members.take_while(|member| *member != self.name);
        let mut stopped = before.filter(|member| !self.monitor.started(member));
        stopped.next().map(String::as_str)
    }

    /// Returns what must have started before it, and the constraint that says so.
    fn before(&self) -> Vec<(&'a str, &'a str)> {
        let constraints = self
            .family
            .iter()
            .flat_map(|member| self.cib.constraints_on(member));
        let orders = constraints.filter_map(|constraint| match constraint.resolved() {
            Object::Order(order)
                if order.kind == OrderKind::Mandatory
                    && self.family.contains(&order.then)
                    && !self.family.contains(&order.first) =>
            {
                Some((order.id.as_str(), order.first.as_str()))
            }
            _ => None,
        });
        orders.collect()
    }

    /// Returns what failed so often that it may not run there any more, and what has failed at all; where a problem
    /// tells the failure already, it is said there.
    pub fn failures(&self, problems: &mut [Problem]) -> Vec<Problem> {
        let mut all = Vec::new();
        for node in &self.monitor.nodes {
            for failed in self.counts(&node.name) {
                let (resource, node) = (&failed.resource, &failed.node);
                let what = sentence(failed);
                let told = format!(" of {resource} failed on {node}: ");
                match problems.iter_mut().find(|one| one.what.contains(&told)) {
                    Some(problem) => problem.cause = what,
                    None => all.push(Problem::new(failed.keeps_off() && !self.runs(), what).next(
                        "when it is mended",
                        format!("bascule crm resource cleanup {resource}"),
                    )),
                }
            }
        }
        all
    }
}

/// Returns what a count of failures means.
fn sentence(failed: &FailCount) -> String {
    let FailCount {
        resource,
        node,
        count: failures,
        threshold,
    } = failed;
    let so_far = format!("{resource} failed on {node} {}", times(*failures));
    match (failed.keeps_off(), *threshold) {
        (true, _) if failed.one_was_enough() => format!(
            "it may not run on {node} any more until that is cleaned up: one such failure of {resource} is enough"
        ),
        (true, _) => format!(
            "{so_far}, and its migration-threshold is {threshold}: it may not run there until that is cleaned up"
        ),
        (false, FailCount::INFINITY) => {
            format!("{so_far}, which is counted until it is cleaned up")
        }
        (false, _) => format!("{so_far}: at {threshold} it must go elsewhere"),
    }
}

fn times(number: u32) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        number => count(number, "time"),
    }
}

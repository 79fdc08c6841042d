//! `quorum status`: who votes, how many votes are needed, and what each loss would do now.

use super::document::{AfterLoss, QuorumDevice, QuorumNode, QuorumStatusDocument};
use crate::conf::CorosyncConf;
use crate::facts::voting::Votes;
use crate::facts::{Facts, Needs};
use crate::membership::device::{self, Side};
use crate::membership::nodes::Member;
use crate::membership::{nodes, standing};
use crate::plan::Refusal;
use crate::report::{Report, Role, Span};
use crate::verb::Look;
use crate::{health, reach, wording};
use clap::Args;

/// Who votes, how many votes are needed, and what each loss would do
///
/// Every node is asked how it stands to the third host, by one ssh each.
#[derive(Debug, Args)]
pub struct QuorumStatus {}

impl Look for QuorumStatus {
    fn needs(&self) -> Needs {
        device::needs_here()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let Ok(conf) = standing::membership(facts) else {
            return Needs::default();
        };
        let nodes = nodes::members_of(&conf, facts);
        let others: Vec<Member> = nodes.into_iter().filter(|node| !node.own).collect();
        device::needs_of_nodes(&others, None)
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let conf = standing::membership(facts)?;
        let mut nodes = nodes::members_of(&conf, facts);
        nodes.sort_by_key(|node| !node.own);
        let sides: Vec<Side> = nodes
            .iter()
            .map(|node| Side::of(node, facts, None))
            .collect();
        let own = nodes.iter().zip(&sides).find(|(node, _)| node.own);
        let votes = own.and_then(|(_, side)| side.votes.as_ref());
        let count = Count {
            conf: &conf,
            sides: &sides,
            votes,
        };
        let document = count.document();
        let mut report = Report::new(&document);
        report.say("");
        count.headline(facts, &mut report);
        if let Some(what) = votes.and_then(|votes| health::votes_differ(&conf, votes)) {
            report.line([Span::new(Role::Fail, "  ! "), Span::from(what)]);
            report.say("");
        }
        count.voters(&document, &mut report);
        count.waits(&document, &mut report);
        report.say("");
        Ok(report)
    }
}

/// The votes with who has them.
struct Count<'a> {
    conf: &'a CorosyncConf,
    sides: &'a [Side],
    votes: Option<&'a Votes>,
}

impl<'a> Count<'a> {
    /// Returns the votes that a node has now; none for one that is away.
    fn votes_of(&self, side: &Side) -> Option<u32> {
        let votes = self.votes?;
        let node = votes
            .nodes
            .iter()
            .find(|node| Some(node.id) == side.nodeid)?;
        Some(node.votes)
    }

    /// Returns true when the third host's vote comes through this node.
    fn casts(&self, side: &Side) -> bool {
        let nodes = self.votes.iter().flat_map(|votes| &votes.nodes);
        nodes
            .filter(|node| Some(node.id) == side.nodeid)
            .any(|node| node.casts_the_device_vote())
    }

    /// Returns what the loss of a node would do.
    fn without(&self, lost: &Side) -> AfterLoss {
        let Some(votes) = self.votes.filter(|votes| votes.quorate) else {
            return AfterLoss::Unknown;
        };
        if self.votes_of(lost).is_none() {
            return AfterLoss::Unknown;
        }
        let left: Vec<&Side> = self
            .sides
            .iter()
            .filter(|side| side.name != lost.name && self.votes_of(side).is_some())
            .collect();
        let sum: u32 = left.iter().filter_map(|side| self.votes_of(side)).sum();
        let device = match left.iter().any(|side| self.casts(side)) {
            true => votes.device.unwrap_or(0),
            false => 0,
        };
        match !left.is_empty() && sum + device >= votes.quorum {
            true => AfterLoss::GoesOn,
            false => AfterLoss::Stops,
        }
    }

    /// Returns what the loss of the third host would do.
    fn without_device(&self) -> AfterLoss {
        let Some(votes) = self.votes.filter(|votes| votes.quorate) else {
            return AfterLoss::Unknown;
        };
        if votes.device.unwrap_or(0) == 0 {
            return AfterLoss::Unknown;
        }
        let sum: u32 = votes.nodes.iter().map(|node| node.votes).sum();
        match sum >= votes.quorum {
            true => AfterLoss::GoesOn,
            false => AfterLoss::Stops,
        }
    }

    fn document(&self) -> QuorumStatusDocument<'a> {
        let own = self.sides.iter().find(|side| side.target.is_none());
        let device = self.conf.has_device().then(|| QuorumDevice {
            host: self.conf.device_host().unwrap_or_default(),
            votes: self.votes.map(|votes| votes.device.unwrap_or(0)),
            if_lost: self.without_device(),
            timeout: self.conf.device_timeout(),
            sync_timeout: self
                .conf
                .get("quorum.device.sync_timeout")
                .and_then(|text| text.parse().ok()),
        });
        let node = |side: &'a Side| QuorumNode {
            name: &side.name,
            votes: self.votes_of(side),
            if_lost: self.without(side),
            connection: side.daemon.as_ref().map(|daemon| daemon.state.as_str()),
            casts_device_vote: match (&device, self.votes_of(side)) {
                (Some(_), Some(_)) => Some(self.casts(side)),
                _ => None,
            },
            unreachable: side.unreachable.as_deref(),
            same_file: match &side.unreachable {
                None => Some(side.sum.is_some() && side.sum == own.and_then(|own| own.sum.clone())),
                Some(_) => None,
            },
        };
        QuorumStatusDocument {
            cluster: standing::called(self.conf),
            quorum: self.votes.map(|votes| votes.quorate),
            votes: self.votes.map(|votes| votes.total),
            expected: self.votes.map(|votes| votes.expected),
            needed: self.votes.map(|votes| votes.quorum),
            two_node: self
                .votes
                .map_or(self.conf.two_node(), |votes| votes.has("2Node")),
            nodes: self.sides.iter().map(node).collect(),
            device,
        }
    }

    fn headline(&self, facts: &Facts, report: &mut Report) {
        let name = Span::new(Role::Strong, format!("  {}  ", standing::called(self.conf)));
        let Some(votes) = self.votes else {
            let why = Span::new(Role::Fail, format!("does not run on {}", facts.host));
            report.line([name, why]);
            report.say("");
            return;
        };
        let (role, word) = match votes.quorate {
            true => (Role::Ok, "quorum"),
            false => (Role::Fail, "no quorum: nothing runs here"),
        };
        let needed = match votes.has("2Node") {
            true => "1 is enough (two_node)".to_owned(),
            false => format!("{} needed", votes.quorum),
        };
        report.line([
            name,
            Span::new(role, word),
            Span::from(format!(
                "  {} of {}, {needed}",
                votes.total,
                wording::count(votes.expected, "vote")
            )),
        ]);
        report.say("");
    }

    fn voters(&self, document: &QuorumStatusDocument, report: &mut Report) {
        let names: Vec<&str> = self.sides.iter().map(|side| side.name.as_str()).collect();
        let mut rows = Vec::new();
        for (side, node) in self.sides.iter().zip(&document.nodes) {
            let others: Vec<&str> = names
                .iter()
                .copied()
                .filter(|name| *name != side.name)
                .collect();
            let votes = match node.votes {
                Some(votes) => Span::from(wording::count(votes, "vote")),
                None => Span::new(Role::Warn, "away"),
            };
            rows.push(vec![
                Span::new(Role::Strong, side.name.clone()),
                votes,
                self.connection(side, node, document),
                lost(node.if_lost, &others, false),
            ]);
        }
        if let Some(device) = &document.device {
            let votes = match device.votes {
                Some(0) => Span::new(Role::Warn, "no vote"),
                Some(votes) => Span::from(wording::count(votes, "vote")),
                None => Span::from(""),
            };
            rows.push(vec![
                Span::new(Role::Strong, device.host),
                votes,
                Span::from("the third host"),
                lost(device.if_lost, &names, true),
            ]);
        }
        report.table(rows);
    }

    /// Returns how a node stands to the third host.
    fn connection(&self, side: &Side, node: &QuorumNode, document: &QuorumStatusDocument) -> Span {
        if let Some(why) = &side.unreachable {
            let target = side.target.as_deref().unwrap_or(&side.name);
            return Span::new(Role::Warn, reach::sentence(target, why));
        }
        if node.same_file == Some(false) {
            return Span::new(Role::Fail, "another corosync.conf than here");
        }
        if document.device.is_none() {
            return Span::from("");
        }
        match (&side.daemon, node.casts_device_vote) {
            (None, _) => Span::new(Role::Fail, "corosync-qdevice does not run"),
            (Some(daemon), Some(true)) if daemon.is_connected() => {
                Span::new(Role::Ok, "connected to the third host")
            }
            (Some(daemon), _) if daemon.is_connected() => {
                Span::new(Role::Warn, "connected, and not given the vote yet")
            }
            (Some(daemon), _) => Span::new(
                Role::Fail,
                format!("does not reach the third host ({})", daemon.state),
            ),
        }
    }

    fn waits(&self, document: &QuorumStatusDocument, report: &mut Report) {
        report.say("");
        let Some(device) = &document.device else {
            if self.conf.nodes().len() == 2 {
                report.line([
                    Span::from("  to give a third host a vote: "),
                    Span::new(Role::Command, "bascule quorum add HOST"),
                ]);
            }
            return;
        };
        let seconds = |milliseconds: Option<u32>, otherwise: u32| {
            let milliseconds = milliseconds.unwrap_or(otherwise);
            match milliseconds % 1000 {
                0 => format!("{} s", milliseconds / 1000),
                _ => format!("{milliseconds} ms"),
            }
        };
        report.say(Span::from(format!(
            "  a node waits {} for the third host, {} while a node comes or goes",
            seconds(device.timeout, 10_000),
            seconds(device.sync_timeout, 30_000)
        )));
        let well = document.nodes.iter().all(|node| {
            node.unreachable.is_some()
                || (node.same_file == Some(true) && node.connection == Some("Connected"))
        });
        if !well {
            report.line([
                Span::from("  to mend what is not so: "),
                Span::new(Role::Command, format!("bascule quorum add {}", device.host)),
            ]);
        }
    }
}

/// Returns what a loss would do, in words.
fn lost(after: AfterLoss, others: &[&str], third: bool) -> Span {
    let all = wording::list(others);
    let go = if others.len() == 1 { "goes" } else { "go" };
    let stop = if others.len() == 1 { "stops" } else { "stop" };
    match after {
        AfterLoss::GoesOn if third && others.len() == 2 => {
            Span::from(format!("if lost: {all} go on, and need each other"))
        }
        AfterLoss::GoesOn => Span::from(format!("if lost: {all} {go} on")),
        AfterLoss::Stops => Span::new(Role::Warn, format!("if lost: {all} {stop} too")),
        AfterLoss::Unknown => Span::from(""),
    }
}

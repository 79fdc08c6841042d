//! `story`: what happened in the cluster, one line per cause, from what all its nodes wrote down.

use crate::conf::Since;
use crate::exit::Exit;
use crate::facts::records::script;
use crate::facts::{Facts, Needs, RecordsAsk};
use crate::membership::nodes::{Member, all_members};
use crate::operate::{RunsItself, Session};
use crate::plan::Refusal;
use crate::report::{Document, Prose, Report, Role, Span};
use crate::resources::preconditions;
use crate::story;
use crate::story::{Beside, Cause, CauseKind, Names, OperationTold, clock, day};
use crate::verb::Look;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// What happened in the cluster, one line per cause, from the logs of all its nodes
///
/// Who fell silent, who was alone and with quorum or without, who was fenced by what, what stopped and started
/// where, what was changed by whom: from corosync's and Pacemaker's own logs on every node, from the cluster's
/// history of fencing, and from bascule's journals.
#[derive(Debug, Args)]
pub struct Story {
    /// Since when: 2h, 90m, 3d, today, 03:00 or "2026-11-30 03:00", by this host's clock
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: Since,
}

impl RunsItself for Story {
    fn run(&self, session: &mut Session) -> Exit {
        let now = jiff::Zoned::now();
        let operations = session.host.journal().operations().unwrap_or_default();
        let told = operations.iter().filter(|operation| !operation.elsewhere);
        let told = told.filter_map(|operation| {
            Some(OperationTold {
                node: String::new(),
                at: operation.begin.at.parse().ok()?,
                id: operation.id(),
                command: operation.begin.command.clone(),
                user: operation.begin.by.user.clone(),
                status: operation.status().word(),
            })
        });
        session.look(&Tale {
            zone: now.time_zone().clone(),
            since: self.since.moment(&now),
            until: now.timestamp(),
            operations: told.collect(),
        })
    }
}

/// The story since a moment.
struct Tale {
    /// This host's zone.
    zone: TimeZone,
    since: Timestamp,
    until: Timestamp,
    /// The operations of this host's journal.
    operations: Vec<OperationTold>,
}

/// `story`: what happened in the cluster since a moment, from what all its nodes wrote down.
#[derive(Serialize)]
struct StoryDocument<'a> {
    /// Since when it is told, in RFC 3339.
    since: String,
    /// Until when, in RFC 3339.
    until: String,
    /// What happened, in the order of time.
    causes: Vec<ToldCause<'a>>,
    /// How many lines of the logs say nothing of it.
    unknown: u64,
    /// What could not be read, each a sentence without full stop; empty where all was.
    missing: &'a [String],
}

impl Document for StoryDocument<'_> {}

/// One thing that happened.
#[derive(Serialize)]
struct ToldCause<'a> {
    /// When, in RFC 3339, by the clock of the host where it is told.
    at: String,
    /// What it is: `silent`, `membership`, `link lost`, `link back`, `quorum lost`, `quorum gained`,
    /// `third vote lost`, `fence asked`, `fenced`, `fence failed`, `elected`, `starting`,
    /// `stopping` (told to, and no log says what came of it), `started`, `stopped`, `promoted`, `demoted`, `failed`,
    /// `too many failures`, `twice` (on several nodes at once), `cleaned up`, `standby`, `online`, `maintenance`, `ready`, `booted`, `cluster started`,
    /// `cluster stopping`, `cluster stopped`, `died`, `configuration` or `operation`.
    kind: &'static str,
    /// The node that it is about; null where it is the cluster as a whole.
    node: Option<&'a str>,
    /// The node that wrote it down.
    seen_by: &'a str,
    /// The resource that it is about; null where it is none.
    resource: Option<&'a str>,
    /// It is nothing that anybody wants.
    grave: bool,
    /// The same as a sentence, without full stop.
    sentence: String,
    /// The members after a `membership`; empty for others.
    members: &'a [String],
    /// They have quorum; null where that is not known, and for what is no `membership`.
    quorum: Option<bool>,
    /// Of a `fenced`, the device that did it; null where no log names one, and for others.
    device: Option<&'a str>,
    /// Why, in Pacemaker's words, of `failed`, `fence asked` and `fence failed`; null where none is said.
    reason: Option<&'a str>,
    /// How long a `started` or `stopped` took, in milliseconds; null where that is not known, and for others.
    took: Option<u64>,
    /// The number of an `operation`, for `show` and `undo` on its node; null for others.
    operation: Option<u64>,
}

impl Look for Tale {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            ..preconditions::listed()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        if preconditions::read(facts).is_err() {
            return Needs::default();
        }
        let ask = |member: &Member| RecordsAsk {
            name: member.name.clone(),
            addresses: (!member.own).then(|| member.addresses.clone()),
            since: self.since,
            words: story::words(),
            operations: !member.own,
        };
        Needs {
            records: all_members(facts).iter().map(ask).collect(),
            ..Needs::default()
        }
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let told = self.told(facts)?;
        let mut report = Report::new(&StoryDocument {
            since: self.since.to_string(),
            until: self.until.to_string(),
            causes: told
                .causes
                .iter()
                .map(|cause| for_programs(cause, &self.zone))
                .collect(),
            unknown: told.unknown,
            missing: &told.missing,
        });
        let mut before = day(self.until, &self.zone);
        for cause in &told.causes {
            let today = day(cause.at, &self.zone);
            if today != before {
                report.line([Span::new(Role::Strong, today.as_str())]);
                before = today;
            }
            line(cause, &self.zone, &mut report);
        }
        if told.causes.is_empty() {
            report.say(format!(
                "nothing happened since {} {}",
                day(self.since, &self.zone),
                clock(self.since, &self.zone)
            ));
        }
        for sentence in &told.missing {
            report.prose(
                Prose {
                    columns: 100,
                    hang: 4,
                },
                [Span::new(Role::Warn, "  ! "), Span::from(sentence.as_str())],
            );
        }
        if let Some(sentence) = told.unknown_sentence() {
            report.line([Span::new(Role::Dim, format!("  {sentence}"))]);
        }
        Ok(report)
    }
}

impl Tale {
    fn told(&self, facts: &Facts) -> Result<story::Story, Refusal> {
        let cib = preconditions::read(facts)?;
        let members = all_members(facts);
        let numbered = members
            .iter()
            .filter_map(|member| Some((member.nodeid?.to_string(), member.name.clone())));
        let addresses = cib
            .virtual_addresses()
            .map(|(primitive, address)| (primitive.id.clone(), address.to_string()));
        let names = Names {
            nodes: numbered.collect(),
            addresses: addresses.collect(),
        };
        let own = members.iter().find(|member| member.own);
        let own = own.map_or(&facts.host, |member| &member.name);
        let mut operations: Vec<OperationTold> = self.operations.clone();
        for operation in &mut operations {
            operation.node.clone_from(own);
        }
        for host in &facts.records {
            operations.extend(of_another(&host.host, host.operations.as_deref()));
        }
        let monitor = facts.monitor.as_ref();
        let quorate = monitor.filter(|monitor| monitor.quorum);
        let online = quorate.iter().flat_map(|monitor| monitor.members());
        let beside = Beside {
            fencings: monitor.map_or(&[], |monitor| &monitor.fencings),
            operations: &operations,
            quorate: online
                .filter(|node| node.online)
                .map(|node| node.name.clone())
                .collect(),
            since: self.since,
            zone: self.zone.clone(),
        };
        let mut told = story::causes(&facts.records, &names, &beside);
        if let Some(absence) = facts.cluster.absence() {
            told.missing.insert(
                0,
                format!("{absence}: its own history of fencing could not be asked for"),
            );
        }
        Ok(told)
    }
}

/// Returns the script that prints all that a host ever wrote down, for who records it.
pub fn records_script() -> String {
    script(&RecordsAsk {
        since: Timestamp::UNIX_EPOCH,
        words: story::words(),
        ..RecordsAsk::default()
    })
}

/// Returns the operations of another node's bascule, from its `history -o json`.
fn of_another(node: &str, history: Option<&str>) -> Vec<OperationTold> {
    #[derive(Deserialize)]
    struct History {
        operations: Vec<Operation>,
    }
    #[derive(Deserialize)]
    struct Operation {
        id: u64,
        at: Timestamp,
        by: By,
        command: String,
        status: String,
        #[serde(default)]
        elsewhere: bool,
    }
    #[derive(Deserialize)]
    struct By {
        user: String,
    }
    let parsed = history.and_then(|text| serde_json::from_str::<History>(text).ok());
    let operations = parsed.into_iter().flat_map(|history| history.operations);
    operations
        .filter(|operation| !operation.elsewhere)
        .map(|operation| OperationTold {
            node: node.to_owned(),
            at: operation.at,
            id: operation.id,
            command: operation.command,
            user: operation.by.user,
            status: operation.status,
        })
        .collect()
}

fn line(cause: &Cause, zone: &TimeZone, report: &mut Report) {
    let role = match &cause.kind {
        CauseKind::Fenced { .. } | CauseKind::FenceFailed { .. } | CauseKind::Failed { .. } => {
            Role::Fail
        }
        _ if cause.is_grave() => Role::Warn,
        CauseKind::Operation { .. } => Role::Command,
        _ => Role::Plain,
    };
    report.prose(
        Prose {
            columns: 100,
            hang: 14,
        },
        [
            Span::new(Role::Dim, format!("  {}  ", clock(cause.at, zone))),
            Span::new(role, cause.sentence(zone)),
        ],
    );
}

fn for_programs<'a>(cause: &'a Cause, zone: &TimeZone) -> ToldCause<'a> {
    let (mut members, mut quorate): (&[String], _) = (&[], None);
    let (mut device, mut why, mut time, mut operation) = (None, None, None, None);
    match &cause.kind {
        CauseKind::Membership {
            members: now,
            quorum,
            ..
        } => (members, quorate) = (now, *quorum),
        CauseKind::Fenced { device: by, .. } => device = by.as_deref(),
        CauseKind::FenceAsked { reason } => why = reason.as_deref(),
        CauseKind::FenceFailed { reason, .. } | CauseKind::Failed { reason, .. } => {
            why = Some(reason.as_str());
        }
        CauseKind::Started { took } | CauseKind::Stopped { took } => {
            time = took.and_then(|took| u64::try_from(took.as_millis()).ok());
        }
        CauseKind::Operation { id, .. } => operation = Some(*id),
        _ => {}
    }
    ToldCause {
        at: cause.at.to_string(),
        kind: cause.word(),
        node: (!cause.node.is_empty()).then_some(cause.node.as_str()),
        seen_by: &cause.seen_by,
        resource: cause.resource.as_deref(),
        grave: cause.is_grave(),
        sentence: cause.sentence(zone),
        members,
        quorum: quorate,
        device,
        reason: why,
        took: time,
        operation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::documents::is_of;
    use crate::trial::{RELEASES, facts};

    fn tale(since: &str) -> Tale {
        Tale {
            zone: TimeZone::UTC,
            since: since.parse().unwrap(),
            until: "2026-12-01T12:00:00Z".parse().unwrap(),
            operations: vec![OperationTold {
                node: String::new(),
                at: "2026-12-01T03:00:00Z".parse().unwrap(),
                id: 7,
                command: "vip add 172.16.0.12/24".to_owned(),
                user: "alice".to_owned(),
                status: "failed".to_owned(),
            }],
        }
    }

    fn screen(report: &Report) -> String {
        let lines = report.lines.iter();
        lines
            .map(|line| {
                line.iter()
                    .map(|span| span.text.as_str())
                    .collect::<String>()
                    + "\n"
            })
            .collect()
    }

    /// A line of a log, as `facts` reads it.
    fn wrote(facts: &mut Facts, host: &str, at: &str, text: &str) {
        let line = crate::facts::RecordLine {
            at: at.parse().unwrap(),
            program: "pacemaker-controld".to_owned(),
            text: text.to_owned(),
        };
        facts.records.push(crate::facts::HostRecords {
            host: host.to_owned(),
            lines: vec![line],
            rest: 1203,
            ..crate::facts::HostRecords::default()
        });
    }

    #[test]
    fn all_nodes_are_asked_at_once_and_only_another_one_for_its_journal() {
        for release in RELEASES {
            let asked = tale("2026-12-01T00:00:00Z")
                .needs_then(&facts(release, "grouped"))
                .records;
            let hosts: Vec<_> = asked
                .iter()
                .map(|ask| (ask.name.as_str(), ask.addresses.is_none(), ask.operations))
                .collect();
            assert_eq!(
                hosts,
                [("serv1", true, false), ("serv2", false, true)],
                "{release}"
            );
        }
    }

    #[test]
    fn a_day_is_headed_and_an_address_is_called_one() {
        for release in RELEASES {
            let mut facts = facts(release, "grouped");
            wrote(
                &mut facts,
                "serv1",
                "2026-11-30T23:59:59.25Z",
                "Result of start operation for IPFailover on serv1: OK",
            );
            let report = tale("2026-11-30T12:00:00Z").report(&facts).unwrap();
            is_of(&report.document, "StoryDocument");
            assert_eq!(
                screen(&report),
                "2026-11-30\n  23:59:59.2  the address 172.16.0.12 (IPFailover) runs on serv1\n\
                 2026-12-01\n  03:00:00.0  alice on serv1: bascule vip add 172.16.0.12/24 (operation 7, failed)\n  \
                 1,203 lines say nothing of it\n"
            );
            let value = report.value();
            assert_eq!(value["causes"][0]["kind"], "started");
            assert_eq!(value["causes"][0]["resource"], "IPFailover");
            assert_eq!(value["causes"][1]["operation"], 7);
            let later = tale("2026-12-01T04:00:00Z").report(&facts).unwrap();
            assert!(screen(&later).starts_with("nothing happened since 2026-12-01 04:00:00.0\n"));
        }
    }

    #[test]
    fn what_the_other_nodes_bascule_did_is_told() {
        let history = "{\"format\":1,\"operations\":[{\"id\":3,\"at\":\"2026-12-01T03:00:00Z\",\"by\":{\"user\":\"bob\",\
             \"host\":\"serv2\"},\"command\":\"node standby serv1\",\"status\":\"done\",\"undoes\":null,\"undone_by\":null,\
             \"elsewhere\":false,\"finished_by\":null}],\"unreadable\":[]}";
        let told = of_another("serv2", Some(history));
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].id, told[0].user.as_str(), told[0].node.as_str()),
            (3, "bob", "serv2")
        );
        assert!(of_another("serv2", Some("not JSON")).is_empty());
    }

    #[test]
    fn without_a_cluster_the_way_to_one_is_told() {
        for release in RELEASES {
            let refusal = tale("2026-12-01T00:00:00Z")
                .report(&facts(release, "fresh"))
                .unwrap_err();
            assert!(
                refusal
                    .to_string()
                    .contains("there is no cluster on serv1 yet"),
                "{refusal}"
            );
            assert!(
                tale("2026-12-01T00:00:00Z")
                    .needs_then(&facts(release, "fresh"))
                    .records
                    .is_empty()
            );
        }
    }
}

//! `status` for programs.

use super::width::cluster_name;
use super::{Screen, database};
use crate::cib::{Fencing, Primitive};
use crate::facts::{Facts, MonitorResource, NodeKind};
use crate::health;
use crate::health::Problem;
use crate::report::{Document, Role};
use crate::verbs::journal::{OperationSummary, summary};
use crate::watching::Happened;
use serde::Serialize;

/// `status`: how the cluster is, what runs where, what is wrong and what to do. With `--watch` there is one at
/// the beginning, and another each time that something in it changes or happens; what differs only in how long
/// ago something was is no change.
#[derive(Serialize)]
pub struct StatusDocument<'a> {
    /// When it was so: RFC 3339, UTC, to the second; only with `--watch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// What happened since the document before, the oldest first; only with `--watch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    happened: Option<Vec<EventTold<'a>>>,
    /// This host's name.
    host: &'a str,
    /// The cluster; null where this host belongs to none.
    cluster: Option<ClusterStatus<'a>>,
    /// The nodes, in the cluster's order, by `crm_mon`; empty while the cluster does not run here.
    nodes: Vec<NodeStatus<'a>>,
    /// Every primitive resource, those in groups and clones included, a clone's once per copy, by `crm_mon`;
    /// empty while the cluster does not run here.
    resources: Vec<ResourceStatus<'a>>,
    /// What this host's MariaDB has to do with replication, in words; null where it has nothing.
    database: Option<String>,
    /// What is wrong, the worst first; empty where nothing is.
    problems: &'a [Problem],
    /// A sentence for each operation of this host's journal that was cut short and not taken back yet;
    /// may be empty.
    unfinished: &'a [String],
    /// The newest operation in this host's journal; null where there is none.
    last_change: Option<OperationSummary<'a>>,
    /// How somebody else changed the configuration after this host's last operation, in words; null where
    /// nobody did.
    changed_since: Option<String>,
}

impl Document for StatusDocument<'_> {}

impl<'a> StatusDocument<'a> {
    /// Returns it as one of several.
    pub(super) fn watched(
        self,
        at: jiff::Timestamp,
        happened: &'a [Happened],
    ) -> StatusDocument<'a> {
        StatusDocument {
            at: Some(to_the_second(at)),
            happened: Some(told(happened)),
            ..self
        }
    }
}

/// An event: what became otherwise between two readings.
#[derive(Serialize)]
struct EventTold<'a> {
    /// When it was seen: RFC 3339, UTC, to the second.
    at: String,
    /// A service is or may be harmed; otherwise it is only worth knowing.
    grave: bool,
    /// The event, in one sentence.
    what: &'a str,
}

/// Returns what happened for programs.
fn told(happened: &[Happened]) -> Vec<EventTold<'_>> {
    let events = happened.iter().map(|Happened { at, event }| EventTold {
        at: to_the_second(*at),
        grave: event.role == Role::Fail,
        what: &event.text,
    });
    events.collect()
}

fn to_the_second(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The cluster as a whole.
#[derive(Serialize)]
struct ClusterStatus<'a> {
    /// Its name; `the cluster` where it has none.
    name: String,
    /// Pacemaker answers on this host.
    running: bool,
    /// This part of the cluster has quorum; null while the cluster does not run here.
    quorum: Option<bool>,
    /// The name of the node that is the designated controller; null while none is elected, or the cluster
    /// does not run here.
    dc: Option<&'a str>,
    /// All resources are left alone; null while the cluster does not run here.
    maintenance: Option<bool>,
    /// `two_node: 1` stands in corosync.conf; null where there is none that can be read.
    two_node: Option<bool>,
    /// Fencing is on, and there is a device for it; null where the configuration cannot be read.
    fencing: Option<bool>,
}

/// A node as `crm_mon` has it.
#[derive(Serialize)]
struct NodeStatus<'a> {
    /// Its name.
    name: &'a str,
    /// `online`, `offline`, `unclean` (lost without a goodbye), `pending` (on its way in), `standby` or
    /// `maintenance`.
    state: &'static str,
    /// What kind of node it is.
    kind: NodeKind,
}

/// A resource, or one copy of it, as `crm_mon` has it.
#[derive(Serialize)]
struct ResourceStatus<'a> {
    /// Its id, without the number of a copy.
    id: &'a str,
    /// Its agent, such as `ocf:heartbeat:IPaddr2`.
    agent: &'a str,
    /// The group that holds it; null where none does.
    group: Option<&'a str>,
    /// The clone that holds it; null where none does.
    clone: Option<&'a str>,
    /// The bundle that holds it; null where none does.
    bundle: Option<&'a str>,
    /// `Started`, `Stopped`, `Promoted`, `Unpromoted`, `Starting` and so on, in Pacemaker's words (`Master`
    /// and `Slave` where it was built so).
    role: &'a str,
    /// The nodes where it runs.
    nodes: &'a [String],
    /// Its last action failed.
    failed: bool,
    /// Pacemaker does not touch it any more until it is cleaned up.
    blocked: bool,
    /// Pacemaker manages it.
    managed: bool,
    /// The address of a virtual one, without its prefix; null for anything else.
    address: Option<&'a str>,
}

impl Screen {
    /// Returns what is found for programs.
    pub(super) fn document<'a>(
        &'a self,
        facts: &'a Facts,
        problems: &'a [Problem],
    ) -> StatusDocument<'a> {
        let conf = health::configured(facts);
        let monitor = facts.monitor.as_ref();
        let cluster = (!health::is_bare(facts)).then(|| ClusterStatus {
            name: cluster_name(facts),
            running: facts.live_cib().is_some(),
            quorum: monitor.map(|monitor| monitor.quorum),
            dc: monitor.and_then(|monitor| monitor.dc.as_deref()),
            maintenance: monitor.map(|monitor| monitor.maintenance),
            two_node: conf.as_ref().map(|conf| conf.two_node()),
            fencing: facts.cib().map(|cib| cib.fencing() == Fencing::On),
        });
        let nodes = monitor.map(|monitor| monitor.nodes.as_slice());
        let nodes = nodes.unwrap_or_default().iter().map(|node| NodeStatus {
            name: &node.name,
            state: node.state(),
            kind: node.kind,
        });
        let resources = monitor.map(|monitor| monitor.resources.as_slice());
        let resources = resources.unwrap_or_default().iter();
        StatusDocument {
            at: None,
            happened: None,
            host: &facts.host,
            cluster,
            nodes: nodes.collect(),
            resources: resources.map(|part| resource(facts, part)).collect(),
            database: database::words(facts),
            problems,
            unfinished: &self.unfinished,
            last_change: self.last.as_ref().map(summary),
            changed_since: facts.cib().and_then(|cib| self.since(cib)),
        }
    }
}

fn resource<'a>(facts: &'a Facts, part: &'a MonitorResource) -> ResourceStatus<'a> {
    let object = facts.cib().and_then(|cib| cib.object(&part.id));
    let primitive = object.and_then(|object| object.primitive());
    ResourceStatus {
        id: &part.id,
        agent: &part.agent,
        group: part.group.as_deref(),
        clone: part.clone.as_deref(),
        bundle: part.bundle.as_deref(),
        role: &part.role,
        nodes: &part.nodes,
        failed: part.failed,
        blocked: part.blocked,
        managed: part.managed,
        address: primitive.and_then(Primitive::virtual_address),
    }
}

//! `fence list`: which device switches which node, whether it runs, and when that was last proved.

use crate::cib::{Cib, Fencing};
use crate::facts::{Facts, Monitor, Needs};
use crate::fencing::device::{Device, devices};
use crate::fencing::proven::{Proof, proof};
use crate::plan::Refusal;
use crate::report::{Document, Report, Role, Span};
use crate::resources::preconditions;
use crate::verb::Look;
use crate::wording::ago;
use clap::Args;
use serde::Serialize;

/// The fence devices, what each switches off, and when that was last proved
#[derive(Debug, Args)]
pub struct List {}

/// `fence list`: the fence devices, what each switches off, and when that was last proved.
#[derive(Serialize)]
struct FenceListDocument<'a> {
    /// The cluster runs here; otherwise all is from the configuration on disk.
    live: bool,
    /// Fencing is on, and something fences.
    on: bool,
    /// The devices, in the configuration's order.
    devices: Vec<ListedDevice<'a>>,
    /// The nodes, each with what is known of its fencing.
    nodes: Vec<FencedNode<'a>>,
}

impl Document for FenceListDocument<'_> {}

/// A fence device.
#[derive(Serialize)]
struct ListedDevice<'a> {
    /// Its id.
    name: &'a str,
    /// Its agent, such as `fence_ipmilan`.
    agent: &'a str,
    /// The address that it is reached by; null where it has none.
    address: Option<&'a str>,
    /// The nodes that it switches off; empty where it is asked which.
    nodes: Vec<&'a str>,
    /// The nodes where it runs, by `crm_mon`; null while the cluster does not run here.
    runs: Option<Vec<&'a str>>,
}

/// A node and its fencing.
#[derive(Serialize)]
struct FencedNode<'a> {
    /// Its name.
    name: &'a str,
    /// When it was last switched off by its devices as they are now, in RFC 3339; null where it never was.
    tested: Option<String>,
}

impl Look for List {
    fn needs(&self) -> Needs {
        preconditions::listed()
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let cib = preconditions::read(facts)?;
        let all: Vec<Device> = devices(cib).collect();
        let monitor = facts.monitor.as_ref();
        let nodes = cib.nodes().iter().map(|node| FencedNode {
            name: &node.name,
            tested: match proof(cib, &node.name) {
                Proof::Fired(at) => Some(at.to_string()),
                Proof::Never | Proof::Outdated(_) | Proof::Wrong(_) => None,
            },
        });
        let mut report = Report::new(&FenceListDocument {
            live: facts.live_cib().is_some(),
            on: cib.fencing() == Fencing::On,
            devices: all.iter().map(|device| listed(device, monitor)).collect(),
            nodes: nodes.collect(),
        });
        if let Some(absence) = facts.cluster.absence() {
            report.say(format!("{absence}: from the configuration on disk"));
        }
        if all.is_empty() {
            report.line([
                Span::from("there is no fence device; to add one: "),
                Span::new(Role::Command, "bascule fence add"),
            ]);
        }
        report.table(all.iter().map(|device| row(device, cib, monitor)).collect());
        if cib.fencing() == Fencing::Off {
            let off = "fencing is off: after a split both nodes could run everything";
            report.line([Span::new(Role::Warn, "  ! "), Span::from(off)]);
        }
        Ok(report)
    }
}

fn listed<'a>(device: &Device<'a>, monitor: Option<&'a Monitor>) -> ListedDevice<'a> {
    ListedDevice {
        name: device.id(),
        agent: &device.primitive.agent.name,
        address: device.primitive.param("ip"),
        nodes: device.nodes().into_iter().map(|(node, _)| node).collect(),
        runs: monitor.map(|monitor| monitor.places(device.id())),
    }
}

fn row(device: &Device, cib: &Cib, monitor: Option<&Monitor>) -> Vec<Span> {
    let nodes = device.nodes();
    let names: Vec<&str> = nodes.iter().map(|(node, _)| *node).collect();
    let plugs: Vec<&str> = nodes.iter().filter_map(|(_, plug)| *plug).collect();
    let address = device.primitive.param("ip").unwrap_or_default();
    let reached = [address]
        .into_iter()
        .chain(plugs)
        .filter(|word| !word.is_empty());
    let (role, place) = match monitor {
        None => (Role::Dim, "unknown".to_owned()),
        Some(monitor) if monitor.started(device.id()) => {
            let places = monitor.places(device.id());
            (Role::Ok, format!("on {}", places.join(", ")))
        }
        Some(_) => (Role::Fail, "stopped".to_owned()),
    };
    let (proved, tested) = match names.first().map(|node| proof(cib, node)) {
        Some(Proof::Fired(at)) => (Role::Ok, format!("tested {}", ago(at))),
        Some(Proof::Wrong(_)) => (Role::Fail, "switches another node".to_owned()),
        Some(Proof::Outdated(_)) => (Role::Warn, "changed since its test".to_owned()),
        Some(Proof::Never) | None => (Role::Warn, "never tested".to_owned()),
    };
    vec![
        Span::new(Role::Strong, names.join(", ")),
        Span::from(device.id()),
        Span::from(device.primitive.agent.name.as_str()),
        Span::from(reached.collect::<Vec<_>>().join(" ")),
        Span::new(role, place),
        Span::new(proved, tested),
    ]
}

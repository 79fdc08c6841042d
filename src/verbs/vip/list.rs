//! `vip list`: the addresses and who holds them.

use super::param;
use crate::cib::Primitive;
use crate::facts::{Facts, Needs};
use crate::health::address;
use crate::plan::Refusal;
use crate::report::{Document, Report, Role, Span};
use crate::resources::address::addresses;
use crate::resources::preconditions;
use crate::verb::Look;
use crate::verbs::problems;
use clap::Args;
use serde::Serialize;

/// The addresses and who holds them
#[derive(Debug, Args)]
pub struct List {}

/// `vip list`: the virtual addresses and who holds them.
#[derive(Serialize)]
struct VipListDocument<'a> {
    /// The cluster runs here; otherwise all is from the configuration on disk.
    live: bool,
    /// The addresses, in the configuration's order.
    addresses: Vec<VirtualAddress<'a>>,
}

impl Document for VipListDocument<'_> {}

/// A virtual address.
#[derive(Serialize)]
struct VirtualAddress<'a> {
    /// The id of its resource.
    name: &'a str,
    /// The address with its prefix, such as `172.16.0.12/24`.
    address: String,
    /// The network interface that it is on; empty where the agent finds it out.
    interface: &'a str,
    /// The group that holds it; null where none does.
    group: Option<&'a str>,
    /// The nodes where it runs, by `crm_mon`; empty while the cluster does not run here.
    nodes: Vec<String>,
    /// What is wrong with it on the hosts themselves, such as two that answer for it, in words; may be empty.
    problems: Vec<&'a str>,
}

impl Look for List {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            ..preconditions::listed()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        address::needs(facts)
    }

    fn report(&self, facts: &Facts) -> Result<Report, Refusal> {
        let cib = preconditions::read(facts)?;
        let places = |id: &str| -> Vec<String> {
            let monitor = facts.monitor.as_ref();
            monitor
                .map(|m| m.places(id).into_iter().map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let all: Vec<&Primitive> = addresses(cib).collect();
        let astray = address::astray(facts);
        let wrong = |id: &str| -> Vec<&str> {
            let of = astray.iter().filter(|one| one.resource == id);
            of.map(|one| one.what.as_str()).collect()
        };
        let address =
            |vip: &Primitive| format!("{}/{}", param(vip, "ip"), param(vip, "cidr_netmask"));
        let addresses = all.iter().map(|vip| VirtualAddress {
            name: &vip.id,
            address: address(vip),
            interface: param(vip, "nic"),
            group: cib.parent_of(&vip.id),
            nodes: places(&vip.id),
            problems: wrong(&vip.id),
        });
        let mut report = Report::new(&VipListDocument {
            live: facts.live_cib().is_some(),
            addresses: addresses.collect(),
        });
        if let Some(absence) = facts.cluster.absence() {
            report.say(format!("{absence}: from the configuration on disk"));
        }
        for one in &astray {
            problems::tell(&address::problem(one), &mut report);
            report.say("");
        }
        if all.is_empty() {
            report.line([
                Span::from("there is no virtual address; to add one: "),
                Span::new(Role::Command, "bascule vip add ADDRESS/PREFIX"),
            ]);
        }
        report.table(
            all.iter()
                .map(|vip| {
                    let places = places(&vip.id);
                    let (role, place) = match places.as_slice() {
                        [] if facts.live_cib().is_none() => (Role::Dim, "unknown".to_owned()),
                        [] => (Role::Fail, "runs nowhere".to_owned()),
                        places if wrong(&vip.id).is_empty() => {
                            (Role::Ok, format!("on {}", places.join(", ")))
                        }
                        places => (Role::Fail, format!("on {}", places.join(", "))),
                    };
                    let group = cib.parent_of(&vip.id);
                    vec![
                        Span::new(Role::Strong, vip.id.as_str()),
                        Span::from(address(vip)),
                        Span::from(param(vip, "nic")),
                        Span::new(role, place),
                        Span::new(
                            Role::Dim,
                            group.map(|g| format!("in {g}")).unwrap_or_default(),
                        ),
                    ]
                })
                .collect(),
        );
        Ok(report)
    }
}

//! `fence remove`: devices go, and fencing is turned off before the last one of a node.

use crate::cib::Cib;
use crate::facts::{Ask, Facts, Needs};
use crate::fencing::device::{Device, devices_of};
use crate::fencing::secret::Place;
use crate::fencing::{device, enabling, secret};
use crate::membership::{members, nodes};
use crate::names::{Name, NodeName};
use crate::plan::{Check, Danger, Plan, Refusal, Step, words};
use crate::resources::{preconditions, property};
use crate::verb::Change;
use crate::wording::{list, verb_ending};
use clap::Args;
use std::path::PathBuf;

/// Remove the fence devices of nodes
///
/// With the last device of a node fencing is turned off: Pacemaker would wait for ever for a node that
/// nothing can switch off.
#[derive(Debug, Args)]
pub struct Remove {
    /// The nodes; all of them when left out
    #[arg(value_name = "NODE", add = Name::NodeWithDevice)]
    nodes: Vec<NodeName>,
}

impl Remove {
    /// Returns the devices that go.
    fn devices<'a>(&self, cib: &'a Cib) -> Vec<Device<'a>> {
        let named = self.nodes.iter().map(ToString::to_string);
        let all = cib.nodes().iter().map(|node| node.name.clone());
        let names: Vec<String> = match self.nodes.is_empty() {
            true => all.collect(),
            false => named.collect(),
        };
        let mut found: Vec<Device> = Vec::new();
        for device in names.iter().flat_map(|name| devices_of(cib, name)) {
            if !found.iter().any(|known| known.id() == device.id()) {
                found.push(device);
            }
        }
        found
    }

    fn files(&self, facts: &Facts) -> Vec<String> {
        let devices = facts.cib().map(|cib| self.devices(cib)).unwrap_or_default();
        let files = devices.iter().filter_map(secret::file_of);
        files.map(str::to_owned).collect()
    }
}

impl Change for Remove {
    fn needs(&self) -> Needs {
        Needs {
            network: true,
            ..preconditions::needs_with_view()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let files = self.files(facts);
        let ask = |member: nodes::Member| Ask {
            host: member.name,
            addresses: member.addresses,
            files: files.clone(),
            lines: words(&[secret::LIST]),
            ..Ask::default()
        };
        Needs {
            sums: files.iter().map(PathBuf::from).collect(),
            lines: words(&[secret::LIST]),
            peers: match files.is_empty() {
                true => Vec::new(),
                false => nodes::others(facts).into_iter().map(ask).collect(),
            },
            ..Needs::default()
        }
    }

    fn alone(&self) -> Option<&'static str> {
        // Several verbs are one transaction.
        Some("fencing is turned off before its devices go, and not together with other verbs")
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let mut plan = Plan::new("");
        let cib = preconditions::to_change(facts, &mut plan)?;
        for node in &self.nodes {
            preconditions::node(cib, node.as_str())?;
        }
        let devices = self.devices(cib);
        let ids: Vec<String> = devices
            .iter()
            .map(|device| device.id().to_owned())
            .collect();
        if ids.is_empty() {
            plan.headline = match self.nodes.as_slice() {
                [] => "no node has a fence device".to_owned(),
                nodes => {
                    let names: Vec<String> = nodes.iter().map(ToString::to_string).collect();
                    format!("there is no fence device for {}", list(&names))
                }
            };
            plan.base = None;
            plan.blocked = None;
            return Ok(plan);
        }
        plan.headline = format!("{} will be removed", list(&ids));
        let stays = |device: &Device| !ids.iter().any(|id| id == device.id());
        let rest: Vec<Device> = device::devices(cib).filter(stays).collect();
        let uncovered = enabling::uncovered_by(cib, &rest);
        if cib.is_on("stonith-enabled") != Some(false) && !uncovered.is_empty() {
            let off = ("stonith-enabled".to_owned(), "false".to_owned());
            plan.check(
                Check::warning(format!(
                    "fencing will be off: nothing could switch {} off, and after a split both sides could \
                     run everything",
                    list(&uncovered)
                ))
                .note("explain fencing"),
            );
            plan.step(Step::crm(
                property::sets(cib, vec![off], Vec::new()),
                "first: Pacemaker would wait for ever for a node that nothing can switch off",
            ));
        }
        for device in &devices {
            let named =
                |node: &str| self.nodes.is_empty() || self.nodes.iter().any(|n| n.as_str() == node);
            let others = device.nodes().into_iter().map(|(node, _)| node);
            let others: Vec<&str> = others.filter(|node| !named(node)).collect();
            if !others.is_empty() {
                plan.check(Check::warning(format!(
                    "{} switches {} as well, which lose{} it too",
                    device.id(),
                    list(&others),
                    verb_ending(&others)
                )));
            }
        }
        preconditions::remove(facts, cib, &ids, &mut plan)?;
        if rest.is_empty() && cib.property("priority-fencing-delay").is_some() {
            plan.check(
                Check::warning("priority-fencing-delay stays: without fencing it does nothing")
                    .note("crm_attribute --name priority-fencing-delay --delete"),
            );
        }
        // They stop, and nothing that serves anybody does.
        plan.danger = (!uncovered.is_empty()).then(|| {
            Danger::new(
                format!("nothing will be able to switch {} off", list(&uncovered)),
                uncovered[0].clone(),
            )
        });
        self.remove_passwords(facts, &mut plan);
        Ok(plan)
    }
}

impl Remove {
    fn remove_passwords(&self, facts: &Facts, plan: &mut Plan) {
        let files = self.files(facts);
        let said = std::iter::once(&facts.said).chain(facts.peers.values().map(|peer| &peer.said));
        let lists = said.filter_map(|said| said.get(secret::LIST).map(String::as_str));
        let number = secret::free_number(lists);
        for member in nodes::all_members(facts) {
            let name = &member.name;
            for file in &files {
                let device = file.rsplit('/').next().unwrap_or_default();
                if member.own {
                    if facts.sums.contains_key(&PathBuf::from(file)) {
                        plan.step(secret::remove(
                            device,
                            number,
                            Place {
                                node: name,
                                target: None,
                            },
                        ));
                    }
                    continue;
                }
                let Some(peer) = facts.peers.get(name) else {
                    continue;
                };
                if peer.unreachable.is_some() {
                    let warning = format!("{name} is not reached: {file} stays there");
                    plan.check(Check::warning(warning).note(format!("there: rm {file}")));
                } else if let Some(Some(_)) = peer.files.get(file) {
                    let target = members::target(&member, facts);
                    let target = Some(target.as_str());
                    plan.step(secret::remove(device, number, Place { node: name, target }));
                }
            }
        }
    }
}

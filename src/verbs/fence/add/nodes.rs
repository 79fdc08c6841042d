//! Whether every node can take part, and what each has of what is needed.

use super::{Addition, NewDevice, OS_RELEASE};
use crate::cib::Cib;
use crate::facts::Facts;
use crate::fencing::agent::Packaging;
use crate::fencing::machine::{self, Machine};
use crate::fencing::secret;
use crate::membership::nodes::Member;
use crate::membership::{members, nodes};
use crate::plan::{Check, Refusal};
use crate::reach;
use crate::resources::preconditions;
use std::path::PathBuf;

/// A node of the cluster, as the addition sees it.
pub struct NodeHere<'a> {
    pub member: &'a Member,
    /// What ssh takes to reach it; none for this host.
    pub target: Option<String>,
    /// The programs that it lacks.
    pub lacks: Vec<String>,
    pub packaging: Packaging,
    /// The sha256 of the password's file of each device, where it has one.
    pub sums: Vec<Option<String>>,
    /// What lies beside the passwords.
    pub beside: String,
}

impl Addition<'_> {
    /// Refuses where a node is not there, or its device could not start.
    pub(super) fn all_take_part(
        &self,
        facts: &Facts,
        cib: &Cib,
        members: &[Member],
    ) -> Result<(), Refusal> {
        if let Some(held) = preconditions::cluster_holds(cib) {
            return Err(held.refusal("no device would start"));
        }
        // Planned from the disk: it cannot be run anyway.
        let Some(monitor) = &facts.monitor else {
            return Ok(());
        };
        for member in members {
            let name = &member.name;
            let node = monitor.node(name);
            let refused = |why: &str, purpose: &str, command: String| {
                Err(Refusal::check(format!("{name} {why}")).hint(purpose, command))
            };
            match node {
                Some(node) if node.online && !node.pending => {}
                _ => {
                    return refused(
                        "is not online: its device could not be tried from it, and with fencing on it would be switched off at once",
                        &format!("on {name}, first"),
                        "bascule cluster start".to_owned(),
                    );
                }
            }
            let configured = cib.node(name);
            if node.is_some_and(|node| node.standby) || configured.is_some_and(|node| node.standby)
            {
                return refused(
                    "is in standby: no fence device runs there",
                    "to use it again",
                    format!("bascule node online {name}"),
                );
            }
            if node.is_some_and(|node| node.maintenance) {
                return refused(
                    "is in maintenance: no fence device would be started there",
                    "to end that",
                    format!("bascule node ready {name}"),
                );
            }
        }
        Ok(())
    }

    /// Returns what each node has of what is needed, this host first.
    pub(super) fn look_at<'m>(
        &self,
        members: &'m [Member],
        devices: &[NewDevice],
        facts: &Facts,
    ) -> Result<Vec<NodeHere<'m>>, Refusal> {
        let mut all = Vec::new();
        for member in members {
            let files: Vec<String> = devices
                .iter()
                .map(|device| secret::path(&device.id))
                .collect();
            if member.own {
                let text = facts.file(OS_RELEASE).reads_as().unwrap_or_default();
                let lacks = self.agent.programs().into_iter();
                all.push(NodeHere {
                    member,
                    target: None,
                    lacks: lacks
                        .filter(|program| !facts.has_program(program))
                        .collect(),
                    packaging: Packaging::of_release(text),
                    sums: files
                        .iter()
                        .map(|file| facts.sums.get(&PathBuf::from(file)).cloned())
                        .collect(),
                    beside: facts.said.get(secret::LIST).cloned().unwrap_or_default(),
                });
                continue;
            }
            let target = members::target(member, facts);
            let Some(peer) = facts.peers.get(&member.name) else {
                return Err(reach::refusal(
                    &target,
                    "it was not asked",
                    "its agent is to be put there",
                ));
            };
            if let Some(why) = &peer.unreachable {
                return Err(reach::refusal(
                    &target,
                    why,
                    "the agent and its password are to be put there, and each device is tried from it",
                ));
            }
            let there = |file: &String| peer.files.get(file).cloned().flatten();
            let text = peer.texts.get(OS_RELEASE).map_or("", String::as_str);
            let lacks = self.agent.programs().into_iter();
            all.push(NodeHere {
                member,
                target: Some(target),
                lacks: lacks.filter(|program| there(program).is_none()).collect(),
                packaging: Packaging::of_release(text),
                sums: files.iter().map(there).collect(),
                beside: peer.said.get(secret::LIST).cloned().unwrap_or_default(),
            });
        }
        all.sort_by_key(|node| node.target.is_some());
        Ok(all)
    }

    /// Refuses where a node lacks the private key that lets the agent in.
    pub(super) fn has_key(&self, members: &[Member], facts: &Facts) -> Result<(), Refusal> {
        let Some(key) = self.key_file() else {
            return Ok(());
        };
        for member in members {
            let there = match facts.peers.get(&member.name) {
                Some(peer) => peer.files.get(&key).is_some_and(Option::is_some),
                None => facts.sums.contains_key(&PathBuf::from(&key)),
            };
            if !there {
                let refusal = Refusal::check(format!(
                    "{} has no {key}: its agent would not be let in",
                    member.name
                ));
                return Err(match member.own {
                    true => refusal.hint("to make one", format!("ssh-keygen -f {key}")),
                    false => {
                        let target = members::target(member, facts);
                        let copy = format!("scp -p {key} root@{target}:{key}");
                        refusal.hint("to bring it there", copy)
                    }
                });
            }
        }
        Ok(())
    }

    /// Says whether such a device can switch a host like this one.
    pub(super) fn fits_this_host(&self, facts: &Facts) -> Option<Check> {
        let text = |name: &str| facts.file(name).reads_as().unwrap_or_default();
        let [vendor, product] = machine::FILES.map(text);
        let (fits, is) = (self.fits?, Machine::of(vendor, product)?);
        let own = nodes::own_name(facts);
        Some(match fits == is {
            true => Check::ok(format!("{own} is {}", is.name())).note(machine::FILES[0]),
            false => Check::warning(format!(
                "{own} is {}, by its firmware, and {} is for {}: {} fits",
                is.name(),
                self.agent,
                match fits {
                    Machine::Server => "servers with a BMC",
                    Machine::Kvm => "KVM guests",
                    Machine::VirtualBox => "VirtualBox guests",
                    Machine::Vmware => "VMware guests",
                },
                is.verbs()
            )),
        })
    }
}

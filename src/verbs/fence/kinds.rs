//! What can switch hosts off, one verb for each kind: it asks only the words that this kind needs.

use super::add::{Addition, Options, Target};
use super::node_target::{NodeTarget, target, target_host};
use crate::facts::{Facts, Needs};
use crate::fencing::agent::FenceAgent;
use crate::fencing::machine::Machine;
use crate::names::{Name, host};
use crate::plan::{Plan, Refusal};
use crate::verb::Change;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Give nodes a device that switches them off, and turn fencing on
#[derive(Debug, Subcommand)]
pub enum Add {
    // What a verb is stands with its arguments: a comment here would hide all but its first line.
    Bmc(Bmc),
    Redfish(Redfish),
    Virsh(Virsh),
    Vbox(Vbox),
    Pve(Pve),
    Agent(Agent),
}

fn user(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_graphic() && !"\"'`\\;".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("a user is one word, such as admin".to_owned()),
    }
}

/// By the BMC of each server: IPMI, iDRAC, iLO, IMM
///
/// The BMC must answer IPMI over the network, which many ship turned off.
#[derive(Debug, Args)]
pub struct Bmc {
    /// The nodes with the addresses of their BMCs, such as serv1=172.16.0.110
    #[arg(value_name = "NODE=ADDRESS", required = true, value_parser = target_host, add = Name::NodeToFence)]
    nodes: Vec<NodeTarget>,
    /// The BMC's user; it needs the right to switch power
    #[arg(long, value_name = "NAME", default_value = "admin", value_parser = user)]
    user: String,
    #[command(flatten)]
    options: Options,
}

/// By the BMC of each server, over HTTPS (Redfish)
#[derive(Debug, Args)]
pub struct Redfish {
    /// The nodes with the addresses of their BMCs, such as serv1=172.16.0.110
    #[arg(value_name = "NODE=ADDRESS", required = true, value_parser = target_host, add = Name::NodeToFence)]
    nodes: Vec<NodeTarget>,
    /// The BMC's user; it needs the right to switch power
    #[arg(long, value_name = "NAME", default_value = "admin", value_parser = user)]
    user: String,
    #[command(flatten)]
    options: Options,
}

/// By the hypervisor of virtual machines: libvirt, over ssh
#[derive(Debug, Args)]
pub struct Virsh {
    /// The nodes with the names of their virtual machines, as `virsh list` has them
    #[arg(value_name = "NODE=MACHINE", required = true, value_parser = target, add = Name::NodeToFence)]
    nodes: Vec<NodeTarget>,
    /// The hypervisor, as ssh reaches it from the nodes
    #[arg(long, value_name = "HOST", required = true, value_parser = host)]
    at: String,
    /// The user there
    #[arg(long, value_name = "NAME", default_value = "root", value_parser = user)]
    user: String,
    /// The private key that lets him in, on every node; without it, a password
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    key: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// By the PC that runs the virtual machines: VirtualBox, over ssh
#[derive(Debug, Args)]
pub struct Vbox {
    /// The nodes with the names of their virtual machines, as `VBoxManage list vms` has them
    #[arg(value_name = "NODE=MACHINE", required = true, value_parser = target, add = Name::NodeToFence)]
    nodes: Vec<NodeTarget>,
    /// The PC, as ssh reaches it from the nodes
    #[arg(long, value_name = "HOST", required = true, value_parser = host)]
    at: String,
    /// Whose virtual machines they are there
    #[arg(long, value_name = "NAME", required = true, value_parser = user)]
    user: String,
    /// The private key that lets him in, on every node; without it, a password
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    key: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// By Proxmox VE, whose virtual machines the nodes are
#[derive(Debug, Args)]
pub struct Pve {
    /// The nodes with the numbers of their virtual machines, such as serv1=101
    #[arg(value_name = "NODE=VMID", required = true, value_parser = target, add = Name::NodeToFence)]
    nodes: Vec<NodeTarget>,
    /// A host of the Proxmox cluster
    #[arg(long, value_name = "HOST", required = true, value_parser = host)]
    at: String,
    /// The user there, with the right VM.PowerMgmt
    #[arg(long, value_name = "USER@REALM", default_value = "root@pam", value_parser = user)]
    user: String,
    #[command(flatten)]
    options: Options,
}

/// By any other fence agent, such as one for a switched power strip
#[derive(Debug, Args)]
pub struct Agent {
    /// The agent, such as fence_apc_snmp
    #[arg(value_name = "AGENT", add = Name::FenceAgent)]
    agent: FenceAgent,
    /// The nodes with what the device calls them: an outlet's number, a machine's name
    #[arg(value_name = "NODE=PLUG", required = true, value_parser = target, add = Name::NodeToFence)]
    nodes: Vec<NodeTarget>,
    /// The device's address
    #[arg(long, value_name = "HOST", value_parser = host)]
    at: Option<String>,
    /// The user there
    #[arg(long, value_name = "NAME", value_parser = user)]
    user: Option<String>,
    #[command(flatten)]
    options: Options,
}

/// Parameters by name.
fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    pairs.map(owned).to_vec()
}

fn by_key(key: Option<&PathBuf>) -> Vec<(String, String)> {
    let path = key.map(|path| path.display().to_string());
    path.map(|path| ("identity_file".to_owned(), path))
        .into_iter()
        .collect()
}

impl Add {
    /// Returns what is to be added.
    pub fn addition(&self) -> Addition<'_> {
        match self {
            Add::Bmc(verb) => Addition {
                agent: FenceAgent::own("fence_ipmilan"),
                nodes: &verb.nodes,
                target: Target::Address,
                // Without it the agent speaks IPMI 1.5, which BMCs no longer do.
                params: pairs([("username", &verb.user), ("lanplus", "1")]),
                user: Some(&verb.user),
                fits: Some(Machine::Server),
                key: None,
                options: &verb.options,
            },
            Add::Redfish(verb) => Addition {
                agent: FenceAgent::own("fence_redfish"),
                nodes: &verb.nodes,
                target: Target::Address,
                params: pairs([("username", &verb.user)]),
                user: Some(&verb.user),
                fits: Some(Machine::Server),
                key: None,
                options: &verb.options,
            },
            Add::Virsh(verb) => Addition {
                agent: FenceAgent::own("fence_virsh"),
                nodes: &verb.nodes,
                target: Target::Plug,
                params: [
                    pairs([("ip", &verb.at), ("username", &verb.user)]),
                    by_key(verb.key.as_ref()),
                ]
                .concat(),
                user: verb.key.is_none().then_some(&verb.user),
                fits: Some(Machine::Kvm),
                key: verb.key.as_deref(),
                options: &verb.options,
            },
            Add::Vbox(verb) => Addition {
                agent: FenceAgent::own("fence_vbox"),
                nodes: &verb.nodes,
                target: Target::Plug,
                params: [
                    pairs([("ip", &verb.at), ("username", &verb.user)]),
                    by_key(verb.key.as_ref()),
                ]
                .concat(),
                user: verb.key.is_none().then_some(&verb.user),
                fits: Some(Machine::VirtualBox),
                key: verb.key.as_deref(),
                options: &verb.options,
            },
            Add::Pve(verb) => Addition {
                agent: FenceAgent::own("fence_pve"),
                nodes: &verb.nodes,
                target: Target::Plug,
                // The machine may have moved to another host of theirs.
                params: pairs([
                    ("ip", &verb.at),
                    ("username", &verb.user),
                    ("pve_node_auto", "1"),
                ]),
                user: Some(&verb.user),
                fits: Some(Machine::Kvm),
                key: None,
                options: &verb.options,
            },
            Add::Agent(verb) => {
                let named = [("ip", &verb.at), ("username", &verb.user)];
                let given = named.into_iter().filter_map(|(name, value)| {
                    value.as_ref().map(|value| (name.to_owned(), value.clone()))
                });
                Addition {
                    agent: verb.agent.clone(),
                    nodes: &verb.nodes,
                    target: Target::Plug,
                    params: given.collect(),
                    user: verb.user.as_deref(),
                    fits: None,
                    key: None,
                    options: &verb.options,
                }
            }
        }
    }
}

impl Change for Add {
    fn needs(&self) -> Needs {
        self.addition().needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        self.addition().needs_then(facts)
    }

    fn alone(&self) -> Option<&'static str> {
        // Several verbs are one transaction.
        Some("fencing is turned on once its devices run, and not together with other verbs")
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        self.addition().plan(facts)
    }
}

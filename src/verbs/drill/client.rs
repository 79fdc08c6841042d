//! Who asks during a drill, and what.

use super::scene::Scene;
use crate::client::Target;
use crate::facts::{Ask, Facts, Needs, Port};
use crate::names::{Name, host};
use crate::plan::{Again, Refusal, words};
use crate::reach;
use crate::resources::address::addresses;
use clap::Args;
use std::net::IpAddr;

/// Who asks during a drill, and what.
#[derive(Debug, Args)]
pub struct Client {
    /// The host that asks, by ssh: outside the cluster it sees what a client sees. Else another node than the one
    /// that is struck
    #[arg(long, value_name = "HOST", value_parser = host, add = Name::OtherHost)]
    pub from: Option<String>,
    /// What is asked, instead of what the virtual addresses serve: http://172.16.0.12/status, tcp://172.16.0.12:443
    #[arg(long = "ask", value_name = "TARGET")]
    pub targets: Vec<Target>,
    /// A word that must stand in each page
    #[arg(long, value_name = "WORD")]
    pub word: Option<String>,
    /// Numbered rows are written as well, to the MariaDB server that takes writes, and read back at the end
    #[arg(long)]
    pub rows: bool,
}

/// Who asks what.
pub struct Watch {
    /// The host that asks.
    pub from: String,
    /// What ssh takes to reach it; none for this host.
    pub host: Option<String>,
    /// It is no node.
    pub outside: bool,
    /// What is asked.
    pub targets: Vec<Target>,
    /// A word that must stand in each page.
    pub word: Option<String>,
    /// The virtual addresses.
    pub addresses: Vec<IpAddr>,
}

/// Where a page is.
const HTTP: u16 = 80;

/// Where a page behind TLS is.
const HTTPS: u16 = 443;

/// Returns the virtual addresses of the configuration.
fn virtual_addresses(facts: &Facts) -> Vec<IpAddr> {
    let Some(cib) = facts.cib() else {
        return Vec::new();
    };
    let mut all: Vec<IpAddr> = addresses(cib)
        .filter_map(|primitive| primitive.virtual_address()?.parse().ok())
        .collect();
    all.dedup();
    all
}

impl Client {
    /// Returns what must be known of what is asked, and of who asks.
    pub fn needs(&self, facts: &Facts) -> Needs {
        let ports = virtual_addresses(facts)
            .into_iter()
            .filter(|_| self.targets.is_empty())
            .flat_map(|ip| [(ip.to_string(), HTTP), (ip.to_string(), HTTPS)]);
        let from = self.from.iter().map(|from| Ask {
            host: from.clone(),
            ..Ask::default()
        });
        Needs {
            ports: ports.collect(),
            peers: from.collect(),
            ..Needs::default()
        }
    }

    /// Returns who asks what while a node is struck.
    ///
    /// # Errors
    /// When there is nothing to ask, or nobody who could.
    pub fn watch(&self, scene: &Scene, struck: &str) -> Result<Watch, Refusal> {
        let addresses = virtual_addresses(scene.facts);
        let targets = match self.targets.as_slice() {
            [] => addresses
                .iter()
                .map(|ip| target(*ip, scene.facts))
                .collect(),
            asked => asked.to_vec(),
        };
        if targets.is_empty() {
            return Err(Refusal::check(
                "there is no virtual address, and nothing else is said that a client would ask",
            )
            .again("such as", Again::same().add("--ask", "http://HOST/")));
        }
        let (from, host, outside) = self.place(scene, struck)?;
        Ok(Watch {
            from,
            host,
            outside,
            targets,
            word: self.word.clone(),
            addresses,
        })
    }

    /// Returns the name of who asks, what ssh takes to reach it, and whether it is no node.
    fn place(
        &self,
        scene: &Scene,
        struck: &str,
    ) -> Result<(String, Option<String>, bool), Refusal> {
        let Some(from) = &self.from else {
            // This one where it is not struck: before the address comes it asks over the wire.
            let mut able = scene.members.iter().filter(|member| member.name != struck);
            let able = able
                .clone()
                .find(|member| member.own)
                .or_else(|| able.next());
            return match able {
                Some(member) => Ok((member.name.clone(), scene.target(member), false)),
                None => Err(Refusal::check("there is no other node that could look on")
                    .again("from a host outside", Again::same().set("--from", "HOST"))),
            };
        };
        let peer = scene.facts.peers.get(from);
        if let Some(why) = peer.and_then(|peer| peer.unreachable.as_deref()) {
            return Err(reach::refusal(from, why, "it is to ask during the drill"));
        }
        let name = peer.map_or(from.as_str(), |peer| peer.host.as_str());
        let node = scene.members.iter().find(|member| {
            member.name == name || member.name == *from || member.addresses.contains(from)
        });
        match node {
            Some(node) if node.name == struck => Err(Refusal::check(format!(
                "{struck} is struck: it would ask itself, and see nothing"
            ))
            .again("another node", Again::same().without("--from"))),
            Some(node) => Ok((node.name.clone(), scene.target(node), false)),
            None => Ok((name.to_owned(), Some(from.clone()), true)),
        }
    }
}

/// Returns what an address serves, as far as this host sees it.
fn target(ip: IpAddr, facts: &Facts) -> Target {
    let open = |port: u16| facts.ports.get(&format!("{ip}:{port}")) == Some(&Port::Open);
    match () {
        () if open(HTTP) => Target::Http {
            host: ip.to_string(),
            port: HTTP,
            path: "/".to_owned(),
        },
        () if open(HTTPS) => Target::Tcp {
            host: ip.to_string(),
            port: HTTPS,
        },
        () => Target::Address(ip),
    }
}

impl Watch {
    /// Returns the command that asks, with the program of that name.
    pub fn command(&self, program: &str, calm: u64, rows: &[String]) -> Vec<String> {
        let mut argv = words(&[program, "probe", "--lines", &calm.to_string()]);
        if let Some(word) = &self.word {
            argv.extend(["--word".to_owned(), word.clone()]);
        }
        argv.extend_from_slice(rows);
        argv.extend(self.targets.iter().map(Target::to_string));
        argv
    }
}

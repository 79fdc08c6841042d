//! The answers that take long: the wire, and other hosts.

use super::{Facts, Transactions, peer, tool, transactions};
use crate::plan::Probe;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;

/// What answered for an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Nothing.
    Free,
    /// Something: its hardware address when it is known.
    Used {
        /// The hardware address, or an empty text.
        by: String,
    },
    /// It could not be asked.
    Unknown {
        /// Why.
        why: String,
    },
}

/// `arping -w 1` itself ends after a second.
const ARPING: Duration = Duration::from_secs(4);

/// Asks every probe at once and returns the facts with the answers.
pub fn answer(facts: &Facts, probes: &[Probe]) -> Facts {
    let mut answered = facts.clone();
    std::thread::scope(|scope| {
        let asked: Vec<_> = probes
            .iter()
            .map(|probe| (probe, scope.spawn(move || ask(probe))))
            .collect();
        for (probe, thread) in asked {
            match (probe, thread.join()) {
                (Probe::Address { address, .. }, Ok(Answer::Wire(wire))) => {
                    answered.wire.insert(*address, wire);
                }
                (Probe::Peer { host, .. }, Ok(Answer::Peer(peer))) => {
                    answered.peers.insert(host.clone(), *peer);
                }
                (Probe::Transactions { host, .. }, Ok(Answer::Transactions(found))) => {
                    let host = host.clone().unwrap_or_default();
                    answered.transactions.insert(host, found);
                }
                _ => {}
            }
        }
    });
    answered
}

enum Answer {
    Wire(Wire),
    Peer(Box<super::Peer>),
    Transactions(Transactions),
}

fn ask(probe: &Probe) -> Answer {
    match probe {
        Probe::Address { address, interface } => Answer::Wire(arping(*address, interface)),
        Probe::Peer {
            host,
            addresses,
            units,
            files,
            web,
        } => Answer::Peer(Box::new(peer::ask(&peer::Ask {
            host: host.clone(),
            addresses: addresses.clone(),
            units: units.clone(),
            files: files.clone(),
            texts: Vec::new(),
            web: web.clone(),
        }))),
        Probe::Transactions {
            host,
            select,
            start,
            held,
            files,
        } => Answer::Transactions(transactions::read(
            host.as_deref(),
            &transactions::Wanted {
                select,
                start,
                held,
            },
            files,
        )),
    }
}

/// Asks the wire. `-w 1` sends two probes, whatever `-c` says (iputils 20221126 and 20240905).
pub(super) fn arping(address: IpAddr, interface: &str) -> Wire {
    let address = address.to_string();
    let argv = [
        "arping", "-D", "-c", "3", "-w", "1", "-I", interface, &address,
    ];
    match tool::read(&argv, ARPING) {
        Err(error) => Wire::Unknown {
            why: error.to_string(),
        },
        // Exit status 1 means an answer, but also a bad option: only a named reply counts.
        Ok(output) => match output
            .stdout
            .lines()
            .find(|line| line.contains("reply from"))
        {
            Some(line) => {
                let by = line.split(['[', ']']).nth(1).unwrap_or_default().to_owned();
                Wire::Used { by }
            }
            None if output.code == Some(0) => Wire::Free,
            None => Wire::Unknown {
                why: output.first_line(),
            },
        },
    }
}

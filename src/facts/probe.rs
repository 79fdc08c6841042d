//! The answers that take long: the wire, and other hosts.

use super::{Facts, Transactions, peer, transactions};
use crate::facts::wire::ping;
pub use crate::facts::wire::{AddressUse, arping};
use crate::plan::Probe;

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
                (Probe::Address { address, .. }, Ok(ProbeAnswer::Wire(wire))) => {
                    answered.wire.insert(*address, wire);
                }
                (Probe::Ping { address }, Ok(ProbeAnswer::Wire(wire))) => {
                    answered.pings.insert(*address, wire);
                }
                (Probe::Peer { host, .. }, Ok(ProbeAnswer::Peer(peer))) => {
                    answered.peers.insert(host.clone(), *peer);
                }
                (Probe::Transactions { host, .. }, Ok(ProbeAnswer::Transactions(found))) => {
                    let host = host.clone().unwrap_or_default();
                    answered.transactions.insert(host, found);
                }
                _ => {}
            }
        }
    });
    answered
}

enum ProbeAnswer {
    Wire(AddressUse),
    Peer(Box<super::Peer>),
    Transactions(Transactions),
}

fn ask(probe: &Probe) -> ProbeAnswer {
    match probe {
        Probe::Address { address, interface } => ProbeAnswer::Wire(arping(*address, interface)),
        Probe::Ping { address } => ProbeAnswer::Wire(ping(*address)),
        Probe::Peer {
            host,
            addresses,
            units,
            files,
            web,
            away: _,
        } => ProbeAnswer::Peer(Box::new(peer::ask(&peer::Ask {
            host: host.clone(),
            addresses: addresses.clone(),
            units: units.clone(),
            files: files.clone(),
            web: web.clone(),
            ..peer::Ask::default()
        }))),
        Probe::Transactions {
            host,
            select,
            start,
            held,
            files,
        } => ProbeAnswer::Transactions(transactions::read(
            host.as_deref(),
            &transactions::Selection {
                select,
                start,
                held,
            },
            files,
        )),
    }
}

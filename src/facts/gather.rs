//! Reading: each thing by one call, all calls at once.

use crate::facts::cluster::cluster;
use crate::facts::gathered::Facts;
use crate::facts::needs::Needs;
use crate::facts::who::Who;
use crate::facts::{
    READING, bundle, database, file, foundation, listening, monitor, network, password, peer, port,
    probe, quorum, records, runtime, simulate, tool, unit,
};
use crate::plan::Guard;
use std::collections::BTreeMap;
use std::thread::ScopedJoinHandle;

/// Returns the units of each host.
pub fn by_host(services: &[(Option<String>, String)]) -> BTreeMap<Option<String>, Vec<String>> {
    let mut hosts: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for (host, unit) in services {
        hosts.entry(host.clone()).or_default().push(unit.clone());
    }
    hosts
}

/// Reads what is needed. What cannot be read is said in its place; nothing here fails.
pub fn gather(needs: &Needs, host: &str, root: bool) -> Facts {
    let mut facts = Facts {
        host: host.to_owned(),
        who: Who::of_this_host(),
        root,
        ..Facts::default()
    };
    std::thread::scope(|scope| {
        let cluster = needs.cib.then(|| scope.spawn(cluster));
        let monitor = needs.monitor.then(|| scope.spawn(monitor::read));
        let again = needs.monitor_again.then(|| scope.spawn(monitor::read));
        let network = needs.network.then(|| scope.spawn(network::read));
        let peers: Vec<_> = needs
            .peers
            .iter()
            .map(|ask| scope.spawn(|| (ask.host.clone(), peer::ask(ask))))
            .collect();
        let wire: Vec<_> = needs
            .wire
            .iter()
            .map(|(ip, interface)| scope.spawn(|| (*ip, probe::arping(*ip, interface))))
            .collect();
        let web = needs
            .web
            .as_deref()
            .map(|unit| scope.spawn(|| peer::web_configuration(unit)));
        let listening = needs.web.is_some().then(|| scope.spawn(listening::read));
        let database = (needs.database || needs.replication).then(|| {
            scope.spawn(|| {
                (needs.database || database::seems_to_replicate())
                    .then(|| database::read(None, needs.option_check))
            })
        });
        let pulses: Vec<_> = needs
            .pulses
            .iter()
            .map(|ask| scope.spawn(|| (ask.host.clone().unwrap_or_default(), database::pulse(ask))))
            .collect();
        let database_hosts: Vec<_> = needs
            .database_hosts
            .iter()
            .map(|host| {
                let read = || database::read(Some(host), needs.option_check);
                scope.spawn(move || (host.clone(), read()))
            })
            .collect();
        let ports: Vec<_> = needs
            .ports
            .iter()
            .map(|(host, port)| {
                scope.spawn(move || (format!("{host}:{port}"), port::ask(host, *port)))
            })
            .collect();
        let guards: Vec<_> = needs
            .guards
            .iter()
            .map(|guard| scope.spawn(|| (guard.key(), ask_guard(guard))))
            .collect();
        let lines: Vec<_> = needs
            .lines
            .iter()
            .map(|line| scope.spawn(|| (line.clone(), ask_here(line))))
            .collect();
        let services: Vec<_> = by_host(&needs.services)
            .into_iter()
            .map(|(host, units)| scope.spawn(move || services_of(host.as_ref(), &units)))
            .collect();
        let scores = needs.scores.then(|| scope.spawn(simulate::assignment));
        let records: Vec<_> = needs
            .records
            .iter()
            .map(|ask| scope.spawn(|| records::read(ask)))
            .collect();
        read_at_once(needs, &mut facts);
        facts.records = all_of(records).collect();
        facts.scores = scores.and_then(|thread| thread.join().ok());
        facts.peers.extend(all_of(peers));
        facts.wire.extend(all_of(wire));
        if let Some(thread) = cluster {
            facts.cluster = thread.join().unwrap_or_default();
        }
        facts.monitor = one_of(monitor);
        facts.monitor_again = one_of(again);
        facts.network = one_of(network);
        facts.web = one_of(web);
        facts.listening = one_of(listening);
        facts.database = one_of(database);
        facts.pulses.extend(all_of(pulses));
        facts.ports = all_of(ports).collect();
        facts.guards = all_of(guards).collect();
        facts.services = all_of(services).flatten().collect();
        facts.database_hosts.extend(all_of(database_hosts));
        facts.said.extend(all_of(lines));
    });
    facts.tell_apart();
    facts.read_twins();
    facts
}

/// Reads these units of a host, each with the host.
fn services_of(
    host: Option<&String>,
    units: &[String],
) -> Vec<((Option<String>, String), unit::Unit)> {
    let read = unit::read_on(host.map(String::as_str), units).unwrap_or_default();
    let named = |(unit, state)| ((host.cloned(), unit), state);
    read.into_iter().map(named).collect()
}

/// Reads files, and what else takes no time, meanwhile.
fn read_at_once(needs: &Needs, facts: &mut Facts) {
    if !needs.units.is_empty() {
        facts.units = unit::read(&needs.units);
    }
    for path in &needs.files {
        facts.files.insert(path.clone(), file::read(path));
    }
    for name in &needs.programs {
        facts.programs.insert(name.clone(), tool::find(name));
    }
    for path in &needs.folders {
        if let Some(names) = file::list(path) {
            facts.folders.insert(path.clone(), names);
        }
    }
    facts.foundation = needs.foundation.as_deref().map(foundation::read);
    facts.sums = file::sha256_of(&needs.sums);
    facts.passwords = password::read(&needs.passwords);
    if needs.runtime {
        facts.runtime = runtime::read();
    }
    if needs.quorum {
        facts.quorum = quorum::read();
    }
    facts.bundle = needs.bundle.as_deref().map(bundle::read);
    facts.database_bundle = needs.database_bundle.as_deref().map(database::bundle::read);
}

/// Returns the answer of a thread, if there is one.
fn one_of<T>(thread: Option<ScopedJoinHandle<'_, Option<T>>>) -> Option<T> {
    thread.and_then(|thread| thread.join().ok()).flatten()
}

/// Returns the answers of all threads that had one.
fn all_of<T>(threads: Vec<ScopedJoinHandle<'_, T>>) -> impl Iterator<Item = T> {
    threads.into_iter().filter_map(|thread| thread.join().ok())
}

/// Asks what a guard asks: the last line of the answer, or why there is none.
pub fn ask_guard(guard: &Guard) -> Result<String, String> {
    let output = tool::read_with(&guard.argv, guard.stdin.as_deref(), &[], READING)
        .map_err(|error| error.to_string())?;
    match output.code {
        Some(0) => Ok(output
            .stdout
            .lines()
            .next_back()
            .unwrap_or_default()
            .to_owned()),
        _ => Err(output.first_line()),
    }
}

/// Returns what a line for a shell prints on this host.
fn ask_here(line: &str) -> String {
    // Both outputs in their order, as another host's come by ssh.
    let script = format!("( {line} ) 2>&1");
    match tool::read(&["sh", "-c", &script], READING) {
        Ok(output) => output.stdout.trim_end().to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Reads what is needed, then what only these answers tell to be needed, until nothing is.
pub fn gather_all(needs: &Needs, then: impl Fn(&Facts) -> Needs, host: &str, root: bool) -> Facts {
    let mut facts = gather(needs, host, root);
    gather_more(&mut facts, then, host, root);
    facts
}

/// Reads what these answers tell to be needed, until nothing is.
pub fn gather_more(facts: &mut Facts, then: impl Fn(&Facts) -> Needs, host: &str, root: bool) {
    let mut asked = Needs::default();
    for _ in 0..ROUNDS {
        let more = then(facts);
        // The same needs again: everything is there.
        if more == asked || more == Needs::default() {
            break;
        }
        facts.add(gather(&more, host, root));
        asked = more;
    }
}

/// How often an answer may lead to another question.
pub const ROUNDS: usize = 3;

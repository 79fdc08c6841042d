//! Prints what this host says, as the facts that a verb plans on: run as root on a node.
//!
//! `cargo build --example record-facts`, put the program on a host, and keep what it prints (`keep-facts`). With
//! the words of verbs (`record-facts cluster key then cluster set batch-limit=3`), it is what these
//! read; without, what the verbs on resources read, and the other nodes' answers. `--answered` before the
//! words asks what their plans ask of the wire and of other hosts as well. `--links` reads
//! what `db status` does, without what is not about replication. `--story` prints the script by which
//! `story` reads the logs of a host.

use bascule::internals::{
    Cib, Facts, FileState, Host, Needs, Probe, Verb, VerbKind, answer, gather, gather_all, parse,
    records_script,
};
use std::ffi::OsString;
use std::io::Write;

fn main() -> std::io::Result<()> {
    let host = Host::read();
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if words.first().is_some_and(|word| word == "--story") {
        return write!(std::io::stdout(), "{}", records_script());
    }
    let facts = if words.is_empty() {
        of_resources(&host)
    } else if words[0] == "--answered" {
        answered(&words[1..], &host)
    } else if words[0] == "--links" {
        of_links(&host)
    } else if words[0] == "--database" {
        gather(&of_databases(&words[1..]), &host.name, host.root)
    } else {
        of_verbs(&words, &host)
    };
    let json = serde_json::to_string_pretty(&facts)?;
    writeln!(std::io::stdout(), "{json}")
}

/// Returns all that these verbs read, of other hosts as well.
fn of_verbs(words: &[OsString], host: &Host) -> Facts {
    let line = parse(words).unwrap_or_else(|error| error.exit());
    let kinds: Vec<VerbKind> = line
        .verbs
        .iter()
        .filter_map(|cli| Some(cli.verb.as_ref()?.kind()))
        .collect();
    let all = |needs: &dyn Fn(&VerbKind) -> Needs| {
        kinds.iter().map(needs).fold(Needs::default(), Needs::and)
    };
    let first = all(&|kind| match kind {
        VerbKind::Change(verb) => verb.needs(),
        VerbKind::Look(verb) => verb.needs(),
        VerbKind::RunsItself(_) => Needs::default(),
    });
    let then = |facts: &Facts| {
        all(&|kind| match kind {
            VerbKind::Change(verb) => verb.needs_then(facts),
            VerbKind::Look(verb) => verb.needs_then(facts),
            VerbKind::RunsItself(_) => Needs::default(),
        })
    };
    gather_all(&first, then, &host.name, host.root)
}

/// Returns what these verbs read, with the answers to what their plans ask.
fn answered(words: &[OsString], host: &Host) -> Facts {
    let facts = of_verbs(words, host);
    let line = parse(words).unwrap_or_else(|error| error.exit());
    let probes: Vec<Probe> = line
        .verbs
        .iter()
        .filter_map(|cli| match cli.verb.as_ref()?.kind() {
            VerbKind::Change(verb) => verb.plan(&facts).ok(),
            VerbKind::Look(_) | VerbKind::RunsItself(_) => None,
        })
        .flat_map(|plan| plan.probes())
        .collect();
    answer(&facts, &probes)
}

/// Returns what reads the servers here and on these hosts.
fn of_databases(words: &[OsString]) -> Needs {
    let (check, hosts): (Vec<_>, Vec<_>) = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .partition(|word| word == "--check");
    Needs {
        database: true,
        database_hosts: hosts,
        option_check: !check.is_empty(),
        ..Needs::default()
    }
}

/// Returns what `db status` reads, option files and the like left out: they would only fill the
/// record.
fn of_links(host: &Host) -> Facts {
    let line = parse(&["db", "status"].map(OsString::from)).unwrap_or_else(|e| e.exit());
    let Some(VerbKind::Look(verb)) = line.verbs[0].verb.as_ref().map(Verb::kind) else {
        return Facts::default();
    };
    let then = |facts: &Facts| verb.needs_then(facts);
    let mut facts = gather_all(&verb.needs(), then, &host.name, host.root);
    for database in facts
        .database
        .iter_mut()
        .chain(facts.database_hosts.values_mut())
    {
        database.option_files.clear();
        database.defaults.clear();
        database.datadir_files.clear();
        database.folders.clear();
        database.listeners.clear();
    }
    facts
}

fn of_resources(host: &Host) -> Facts {
    let files = [
        "/etc/apache2/apache2.conf",
        "/etc/apache2/mods-enabled/status.load",
        "/etc/init.d/apache2",
        "/usr/lib/ocf/resource.d/heartbeat/apache",
        "/usr/lib/ocf/resource.d/heartbeat/nginx",
    ];
    let units = ["apache2", "nginx"].map(str::to_owned).to_vec();
    let needs = Needs {
        cib: true,
        monitor: true,
        network: true,
        files: files.map(Into::into).to_vec(),
        units: units.clone(),
        programs: vec!["crm".to_owned()],
        web: Some("apache2".to_owned()),
        ..Needs::default()
    };
    let mut facts = gather(&needs, &host.name, host.root);
    // That a file exists is all that is asked of these; their text would only fill the record.
    for state in facts.files.values_mut().filter(|state| state.exists()) {
        *state = FileState::Opaque {
            length: 0,
            mode: 0o644,
            reads_as: None,
        };
    }
    let peers: Vec<Probe> = facts
        .cib()
        .into_iter()
        .flat_map(Cib::nodes)
        .filter(|node| node.name != host.name)
        .map(|node| Probe::Peer {
            host: node.name.clone(),
            addresses: Vec::new(),
            units: units.clone(),
            files: files.map(str::to_owned).to_vec(),
            web: Some("apache2".to_owned()),
            away: false,
        })
        .collect();
    answer(&facts, &peers)
}

//! What cluster stands on this host already.

use super::services::{self, CONF_FOLDER, KEY};
use crate::cib::{Cib, Object};
use crate::conf::CorosyncConf;
use crate::conf::corosync::concerns;
use crate::facts::{COROSYNC_CONF, Facts, FileState, Needs, voting};
use crate::plan::{Check, Plan, Refusal};
use crate::wording;

/// The place of this host in corosync.conf.
pub enum Standing {
    /// In no cluster: there is no file, or the one that Debian's package brings.
    Alone,
    /// In the cluster of this file.
    Member(CorosyncConf),
}

/// Returns what every verb on the cluster itself reads.
pub fn needs() -> Needs {
    Needs {
        cib: true,
        monitor: true,
        network: true,
        files: vec![COROSYNC_CONF.into()],
        units: [services::units(), vec![services::DEVICE_DAEMON.to_owned()]].concat(),
        lines: vec![voting::VOTES.to_owned()],
        sums: vec![COROSYNC_CONF.into(), KEY.into()],
        ..Needs::default()
    }
}

/// Returns what stands on this host.
///
/// # Errors
/// When the file there is none that corosync reads.
pub fn standing(facts: &Facts) -> Result<Standing, Refusal> {
    match facts.file(COROSYNC_CONF) {
        FileState::Absent => Ok(Standing::Alone),
        FileState::Text(content) => match CorosyncConf::parse(&content.text) {
            Ok(conf) if conf.is_as_packaged() => Ok(Standing::Alone),
            Ok(conf) => Ok(Standing::Member(conf)),
            Err(error) => Err(Refusal::check(format!(
                "corosync cannot read {COROSYNC_CONF}: {error}"
            ))
            .hint("corosync's own words", "corosync -t")
            .hint(
                "if it is worth nothing, put it aside",
                format!("mv {COROSYNC_CONF} {CONF_FOLDER}/corosync.conf.old"),
            )),
        },
        FileState::Opaque { reads_as, .. } => {
            let text = reads_as.as_deref().unwrap_or_default();
            let line = 1 + text
                .lines()
                .take_while(|line| !line.contains('\u{fffd}'))
                .count();
            Err(Refusal::check(format!(
                "{COROSYNC_CONF}:{line}: a byte that is not UTF-8: corosync takes it, and this file cannot be \
                 shown and changed with it"
            ))
            .hint("to see it", format!("sed --quiet {line}l {COROSYNC_CONF}"))
            .hint(
                "to mend it, if it is Latin-1",
                format!(
                    "iconv --from-code LATIN1 --to-code UTF-8 --output {COROSYNC_CONF}.new {COROSYNC_CONF} && mv {COROSYNC_CONF}.new {COROSYNC_CONF}"
                ),
            ))
        }
        FileState::Unreadable { why } => Err(Refusal::check(format!(
            "{COROSYNC_CONF} is there and cannot be read: {why}"
        ))
        .hint(
            "to see what it is",
            format!("ls -l {COROSYNC_CONF}; file {COROSYNC_CONF}"),
        )),
    }
}

/// Returns the file of the cluster that this host is in.
///
/// # Errors
/// When it is in none.
pub fn membership(facts: &Facts) -> Result<CorosyncConf, Refusal> {
    match standing(facts)? {
        Standing::Member(conf) => Ok(conf),
        Standing::Alone => Err(Refusal::check(format!("{} is in no cluster", facts.host))
            .hint(
                "to begin one",
                format!(
                    "bascule cluster init --name NAME --node {}=ADDRESS --node …",
                    facts.host
                ),
            )
            .hint("to join one", "bascule cluster join HOST")),
    }
}

/// Returns true when a configuration belongs to no cluster of that name: Pacemaker notes the name
/// in it at its first start, and Debian's says `debian` for ever.
pub fn is_foreign(cib: Option<&Cib>, name: &str) -> bool {
    cib.and_then(|cib| cib.property("cluster-name"))
        .is_none_or(|known| known != name)
}

/// Returns the resources of a configuration that stand in no other one.
pub fn resources(cib: Option<&Cib>) -> Vec<&str> {
    let Some(cib) = cib else { return Vec::new() };
    cib.whole_resources().map(Object::id).collect()
}

/// Returns the names of a file's nodes.
pub fn names(conf: &CorosyncConf) -> Vec<String> {
    conf.nodes()
        .iter()
        .map(|node| node.label().to_owned())
        .collect()
}

/// Returns the refusal for a host that its own corosync.conf does not know.
pub fn not_a_node(facts: &Facts, conf: &CorosyncConf) -> Refusal {
    Refusal::check(format!(
        "{COROSYNC_CONF} names {}, and no node with this host's ({}) addresses",
        wording::list(&names(conf)),
        facts.host
    ))
    .hint("this host has", "ip -brief address")
    .hint("to take it away", "bascule cluster leave")
}

/// Returns the name of the cluster.
pub fn called(conf: &CorosyncConf) -> &str {
    conf.cluster_name().unwrap_or("a cluster without a name")
}

/// Returns the refusal for a host that is in another cluster.
pub fn another_cluster(facts: &Facts, conf: &CorosyncConf) -> Refusal {
    let held = resources(facts.cib());
    let with = if held.is_empty() {
        String::new()
    } else {
        format!(", which has {}", wording::list(&held))
    };
    Refusal::check(format!(
        "{} is in the cluster {} already ({}){with}",
        facts.host,
        called(conf),
        wording::list(&names(conf)),
    ))
    .hint("to see it", "bascule status")
    .hint(
        "to take this host out of it, first",
        "bascule cluster leave",
    )
}

/// Returns the refusal for a host whose own little cluster has resources.
pub fn own_resources(facts: &Facts, held: &[&str]) -> Refusal {
    Refusal::check(format!(
        "the configuration on {} has resources already: {}",
        facts.host,
        wording::list(held)
    ))
    .hint("to see them", "crm configure show")
    .hint("to put all of it aside, first", "bascule cluster leave")
}

/// Returns the refusal of a change of the nodes while a third host has a vote.
pub fn with_device(conf: &CorosyncConf, why: &str) -> Refusal {
    Refusal::check(format!(
        "{} has a vote in {}: {why}",
        conf.device_host().unwrap_or("a quorum device"),
        called(conf)
    ))
    .hint("to take it back, first", "bascule quorum remove")
}

/// Adds what corosync would take in silence though it is wrong.
pub fn warn_of_concerns(conf: &CorosyncConf, plan: &mut Plan) {
    for concern in concerns(conf) {
        let at = match concern.line {
            Some(line) => format!("corosync.conf, line {line}: "),
            None => "corosync.conf: ".to_owned(),
        };
        plan.check(Check::warning(format!(
            "{at}{}; {}",
            concern.text, concern.mend
        )));
    }
}

//! corosync.conf as health looks at it.

use crate::cib::Cib;
use crate::conf::CorosyncConf;
use crate::conf::corosync::CorosyncConcern;
use crate::facts::{COROSYNC_CONF, Facts};

/// Returns what corosync.conf says, unless it is only what a package put there.
pub fn configured(facts: &Facts) -> Option<CorosyncConf> {
    CorosyncConf::parse(facts.file(COROSYNC_CONF).reads_as()?)
        .ok()
        .filter(|conf| !conf.is_as_packaged())
}

/// Returns the command that mends a concern.
pub fn mends(conf: &CorosyncConf, concern: &CorosyncConcern) -> String {
    // By hand it would have to be done on every node, with a reload in the right moment.
    let beside_device = concern.key == "quorum.two_node" && conf.has_device();
    match conf.device_host().filter(|_| beside_device) {
        Some(host) => format!("bascule quorum add {host}"),
        None => format!("sensible-editor {COROSYNC_CONF}"),
    }
}

/// Returns true when there is no cluster here but perhaps the one that the packages leave, with
/// nothing in it.
pub fn is_bare(facts: &Facts) -> bool {
    match facts
        .file(COROSYNC_CONF)
        .reads_as()
        .map(CorosyncConf::parse)
    {
        None => true,
        Some(Ok(conf)) => conf.is_as_packaged() && facts.cib().is_none_or(Cib::runs_nothing),
        Some(Err(_)) => false,
    }
}

/// Returns true when the cluster here is the one that the packages leave, and nobody put anything
/// into it: its only node is an example, `node1` at 127.0.0.1.
pub fn is_an_example(facts: &Facts) -> bool {
    let conf = facts
        .file(COROSYNC_CONF)
        .reads_as()
        .map(CorosyncConf::parse);
    matches!(conf, Some(Ok(conf)) if conf.is_as_packaged())
        && facts.cib().is_none_or(Cib::runs_nothing)
}

//! What is not asked anew with each reading.

use crate::facts::Facts;

/// Puts what other hosts said last beside what this host says now.
///
/// What they said of addresses, and corosync of whom it saw, holds until something moves.
pub fn keep_what_others_said(facts: &mut Facts, last: &Facts) {
    facts.database_hosts = last.database_hosts.clone();
    facts.pulses = last.pulses.clone();
    if facts.monitor == last.monitor {
        facts.peers = last.peers.clone();
        facts.wire = last.wire.clone();
        facts.runtime = last.runtime.clone();
    }
}

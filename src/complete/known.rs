//! What is known of the cluster without asking it: what the shell's background reading saw last.
//!
//! Two ask: completion, to which an old answer is better than none, and the judgement of a name that
//! is being typed, which calls nothing wrong that a verb may have made meanwhile.

use crate::cib::Cib;
use crate::conf::CorosyncConf;
use crate::facts::{self, COROSYNC_CONF, Monitor};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long a reading may hold up a Tab.
pub(super) const READING: Duration = Duration::from_millis(300);

/// The facts that live names are taken from.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The configuration.
    pub cib: Option<Cib>,
    /// The cluster's view, where somebody read it anyway.
    pub monitor: Option<Monitor>,
    /// The numbers of the journal's operations, where it can be read.
    pub operations: Option<Vec<u64>>,
}

/// The facts that were read last.
struct Remembered {
    snapshot: Option<Arc<Snapshot>>,
    outdated: bool,
}

static REMEMBERED: Mutex<Remembered> = Mutex::new(Remembered {
    snapshot: None,
    outdated: false,
});

/// Takes what was read elsewhere, so that a Tab need not read.
pub fn remember(snapshot: Snapshot) {
    if let Ok(mut remembered) = REMEMBERED.lock() {
        *remembered = Remembered {
            snapshot: Some(Arc::new(snapshot)),
            outdated: false,
        };
    }
}

/// Says that a verb may have changed what was read.
pub fn outdate() {
    if let Ok(mut remembered) = REMEMBERED.lock() {
        remembered.outdated = true;
    }
}

/// Returns what is known now: nothing before the first reading, and after a verb until the next one.
pub fn current_snapshot() -> Option<Arc<Snapshot>> {
    let remembered = REMEMBERED.lock().ok()?;
    remembered.snapshot.clone().filter(|_| !remembered.outdated)
}

/// Returns true when somebody reads in the background, so that a Tab does not.
pub(super) fn is_remembered() -> bool {
    REMEMBERED
        .lock()
        .is_ok_and(|remembered| remembered.snapshot.is_some())
}

/// Returns corosync.conf.
pub(super) fn conf_on_disk() -> Option<CorosyncConf> {
    let conf = facts::read_file(Path::new(COROSYNC_CONF));
    CorosyncConf::parse(conf.reads_as()?).ok()
}

/// Returns what is known, from the disk if need be: the configuration at least.
pub(super) fn snapshot() -> Arc<Snapshot> {
    let remembered = REMEMBERED.lock().ok();
    let remembered = remembered.and_then(|remembered| remembered.snapshot.clone());
    remembered.unwrap_or_else(|| {
        // The file is the live configuration, and no daemon has to answer.
        let cib = facts::cib_on_disk().or_else(|| facts::live_cib_within(READING).ok());
        // The cluster that the packages leave, whose only node is an example, is nobody's.
        let example = || conf_on_disk().is_some_and(|conf| conf.is_as_packaged());
        let cib = cib.filter(|cib| !cib.runs_nothing() || !example());
        Arc::new(Snapshot {
            cib,
            ..Snapshot::default()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_verb_nothing_is_known_until_the_next_reading() {
        remember(Snapshot::default());
        assert!(current_snapshot().is_some());
        outdate();
        assert!(current_snapshot().is_none());
        // An old answer is better than none for Tab.
        assert!(is_remembered());
        remember(Snapshot::default());
        assert!(current_snapshot().is_some());
    }
}

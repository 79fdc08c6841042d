//! The readings: of this host's cluster once a second, of its MariaDB and of the other hosts less often.
//!
//! Three threads, since what one of them waits for must not hold up another: a server that hangs, or an ssh to
//! a node that has just lost its power, would leave the screen as it was at the worst moment. Each of them has
//! one reading under way at most.

use super::bell::Bell;
use super::kept::keep_what_others_said;
use crate::facts::{self, DatabaseServer, Facts, Monitor, Needs};
use crate::health;
use crate::host::Host;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long it is from the start of a reading of the cluster to the next one's.
const PERIOD: Duration = Duration::from_secs(1);

/// And of MariaDB: its reading costs as much as three of the cluster.
const DATABASE: Duration = Duration::from_secs(5);

/// After how long other hosts are asked again where nothing has moved: each time fills their logs.
const OTHERS: Duration = Duration::from_secs(30);

/// From when on it is said how old it is what is shown.
const SLOW: Duration = Duration::from_secs(3);

/// When something was last read, and since when it is being read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    begun: Option<Instant>,
    read: Option<Instant>,
}

impl Clock {
    fn begins(&mut self) {
        self.begun = Some(Instant::now());
    }

    fn ends(&mut self) {
        self.begun = None;
        self.read = Some(Instant::now());
    }

    /// Returns true once it was read.
    fn is_read(self) -> bool {
        self.read.is_some()
    }

    /// Returns true where its reading takes long.
    fn is_slow(self, now: Instant) -> bool {
        let begun = self.begun.map(|begun| now.saturating_duration_since(begun));
        begun.is_some_and(|lasts| lasts > SLOW)
    }

    /// Returns how old it is what was read last, in words.
    fn age(self, now: Instant) -> String {
        match self.read.map(|read| now.saturating_duration_since(read)) {
            Some(age) => format!("{} s old", age.as_secs()),
            None => "no answer yet".to_owned(),
        }
    }
}

/// What is known at one moment.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The number of the cluster's reading; 0 before the first one.
    pub number: u64,
    /// Raised with whatever is read.
    pub version: u64,
    pub facts: Facts,
    /// Everything was read, so that what comes from now on is a change.
    pub whole: bool,
    cluster: Clock,
    database: Clock,
    others: Clock,
}

impl Known {
    /// Returns what takes long to answer, and how old it is what is shown of it, in words.
    fn slow(&self, now: Instant) -> Vec<(&'static str, String)> {
        let all = [
            ("the cluster", self.cluster),
            ("MariaDB", self.database),
            ("the other nodes", self.others),
        ];
        let slow = all.into_iter().filter(|(_, clock)| clock.is_slow(now));
        slow.map(|(what, clock)| (what, clock.age(now))).collect()
    }
}

/// The readings under way.
#[derive(Debug)]
pub struct Readings(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    host: Host,
    needs: Needs,
    /// Read where the cluster does not run, for who only then says something of them.
    units: Vec<String>,
    bell: Bell,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    known: Known,
    database: Option<DatabaseServer>,
    /// What other hosts said while the cluster looked like that. Not shown before the cluster was read once
    /// more and still looks like that: else an address that has just moved would be on two hosts.
    answers: Option<(Option<Monitor>, Facts)>,
    /// The last two readings of the cluster are alike.
    rests: bool,
    /// Something has moved since other hosts were asked.
    outdated: bool,
    over: bool,
}

/// What reads, each in a thread of its own.
const THREADS: [fn(&Shared); 3] = [
    Shared::read_cluster,
    Shared::read_database,
    Shared::ask_others,
];

impl Readings {
    /// Starts reading; the bell rings with each that has ended.
    pub fn start(host: &Host, needs: Needs, bell: Bell) -> Readings {
        let shared = Arc::new(Shared {
            host: host.clone(),
            units: needs.units.clone(),
            needs: Needs {
                replication: false,
                units: Vec::new(),
                ..needs
            },
            bell,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        for read in THREADS {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || read(&shared));
        }
        Readings(shared)
    }

    /// Returns what is known now.
    pub fn known(&self) -> Known {
        self.0.lock().known.clone()
    }

    /// Returns the number of what is known, for who has it already.
    pub fn version(&self) -> u64 {
        self.0.lock().known.version
    }

    /// Returns what takes long to answer, and how old it is what is known of it, in words.
    pub fn slow(&self) -> Vec<(&'static str, String)> {
        self.0.lock().known.slow(Instant::now())
    }

    /// Returns true as long as all goes on: what has ended was a bug, and has said so.
    pub fn go_on(&self) -> bool {
        Arc::strong_count(&self.0) == THREADS.len() + 1
    }
}

impl Drop for Readings {
    /// Lets no reading begin any more.
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves what is whole all the same.
        self.state
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
    }

    fn gather(&self, needs: &Needs) -> Facts {
        facts::gather(needs, &self.host.name, self.host.root)
    }

    fn gather_more(&self, facts: &mut Facts, then: fn(&Facts) -> Needs) {
        facts::gather_more(facts, then, &self.host.name, self.host.root);
    }

    /// Waits until then, or until it is so; returns false once nobody watches any more.
    fn waits(&self, until: Instant, early: impl Fn(&State) -> bool) -> bool {
        let mut state = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if state.over || left.is_zero() || early(&state) {
                return !state.over;
            }
            (state, _) = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(|poison| poison.into_inner());
        }
    }

    fn read_cluster(&self) {
        loop {
            let began = Instant::now();
            self.lock().known.cluster.begins();
            let mut fresh = self.gather(&self.needs);
            let all = self.lock().adds_what_is_kept(&mut fresh);
            let mut more = at_once(&fresh);
            if fresh.live_cib().is_none() {
                more.units = self.units.clone();
            }
            if more != Needs::default() {
                fresh.add(self.gather(&more));
            }
            let mut state = self.lock();
            // MariaDB may have answered meanwhile.
            fresh.database = state.database.clone();
            fresh.pulses = state.known.facts.pulses.clone();
            state.rests = state.known.facts.monitor == fresh.monitor;
            let known = &mut state.known;
            known.facts = fresh;
            known.whole |= all;
            known.number += 1;
            known.version += 1;
            known.cluster.ends();
            drop(state);
            self.changed.notify_all();
            self.bell.ring();
            if !self.waits(began + PERIOD, |_| false) {
                return;
            }
        }
    }

    fn read_database(&self) {
        let replication = Needs {
            replication: true,
            ..Needs::default()
        };
        loop {
            let began = Instant::now();
            self.lock().known.database.begins();
            let mut said = self.gather(&replication);
            self.gather_more(&mut said, health::database::needs_here);
            let mut state = self.lock();
            state.database = said.database.clone();
            let known = &mut state.known;
            known.facts.database = said.database;
            known.facts.pulses = said.pulses;
            known.version += 1;
            known.database.ends();
            drop(state);
            self.bell.ring();
            if !self.waits(began + DATABASE, |_| false) {
                return;
            }
        }
    }

    fn ask_others(&self) {
        let mut asked = false;
        loop {
            let again = Instant::now() + OTHERS;
            let due = |state: &State| match asked {
                false => state.known.number > 0,
                true => state.rests && state.outdated,
            };
            if !self.waits(again, due) {
                return;
            }
            asked = true;
            let mut state = self.lock();
            state.outdated = false;
            state.known.others.begins();
            let mut facts = state.known.facts.clone();
            drop(state);
            facts.peers.clear();
            facts.wire.clear();
            facts.runtime.clear();
            facts.said.clear();
            self.gather_more(&mut facts, of_others);
            let mut state = self.lock();
            state.answers = Some((facts.monitor.clone(), facts));
            state.known.others.ends();
        }
    }
}

impl State {
    /// Puts what MariaDB and other hosts said last beside what the cluster says now; returns whether all of
    /// them have said something.
    fn adds_what_is_kept(&mut self, fresh: &mut Facts) -> bool {
        let all = self.known.database.is_read() && self.known.others.is_read();
        keep_what_others_said(fresh, &self.known.facts);
        fresh.database = self.database.clone();
        // Votes do not move with a resource.
        fresh.said = self.known.facts.said.clone();
        self.outdated |= fresh.monitor != self.known.facts.monitor;
        let Some((monitor, said)) = self.answers.take() else {
            return all;
        };
        if monitor == fresh.monitor {
            fresh.peers = said.peers;
            fresh.wire = said.wire;
            fresh.runtime = said.runtime;
            fresh.said = said.said;
        } else {
            self.outdated = true;
        }
        all
    }
}

/// Returns what this host can be asked besides in no time, once the rest is known.
fn at_once(facts: &Facts) -> Needs {
    let more = health::needs_then(facts);
    // A move between two tools' answers is no address that went astray.
    let astray = facts.monitor.is_some() && !health::address::astray(facts).is_empty();
    Needs {
        folders: more.folders,
        files: more.files,
        monitor_again: more.monitor_again || astray,
        ..Needs::default()
    }
}

/// Returns what is asked of other hosts, and of this one less often.
fn of_others(facts: &Facts) -> Needs {
    Needs {
        folders: Vec::new(),
        files: Vec::new(),
        monitor_again: false,
        pulses: Vec::new(),
        ..health::needs_then(facts)
    }
}

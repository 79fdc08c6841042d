//! The reading of the cluster behind the prompt.
//!
//! The first prompt is there before anything slow is read, and typing goes on while a daemon hangs:
//! a thread reads, after each command all there is to know, and in between what can change by
//! itself. In between it asks this host alone, so that an open shell fills no other host's log.

use super::view::View;
use crate::complete::{self, Snapshot};
use crate::facts::{self, Cluster, Facts};
use crate::health::{self, Problem};
use crate::host::Host;
use crate::report::Role;
use crate::watching::{ClusterEvent, EventObserver, keep_what_others_said};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long the cluster is left alone between two readings.
const PAUSE: Duration = Duration::from_secs(2);

/// And how many times as long as the last one of this host took: a slow cluster is asked less often.
const EASE: u32 = 10;

/// The outside that the reading thread tells.
pub trait Listener: Send + 'static {
    /// Hears how things are at the first reading.
    fn begins(&self, view: &View, problems: &[Problem]);
    /// Hears what happened since the last one.
    fn happened(&self, events: &[ClusterEvent]);
    /// Hears that what the prompt shows has changed, though nothing happened that is told.
    fn changed(&self);
    /// Returns true while somebody sits at the prompt; otherwise a verb runs, and reads for itself.
    fn is_at_prompt(&self) -> bool;
}

/// The state that the reading thread and the prompt share.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<WatchState>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct WatchState {
    view: View,
    /// The view that the prompt on the screen was made of.
    shown: View,
    /// A prompt is about to be made, of the next view.
    waited_for: bool,
    asked: u64,
    answered: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, WatchState> {
        // A panic elsewhere leaves a view that is whole all the same.
        self.state
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
    }
}

/// The reading of the cluster in the background.
#[derive(Debug, Clone)]
pub struct Watch {
    shared: Arc<Shared>,
    ask: Sender<()>,
}

impl Watch {
    /// Starts the first reading.
    pub fn start(host: &Host, listener: impl Listener) -> Watch {
        let shared = Arc::new(Shared::default());
        shared.lock().view = View::at_start();
        let (ask, asked) = mpsc::channel();
        let watch = Watch {
            shared: Arc::clone(&shared),
            ask,
        };
        watch.ask();
        let mut reader = Reader {
            host: host.clone(),
            witness: EventObserver::default(),
            last: Facts::default(),
            begun: false,
        };
        std::thread::spawn(move || reader.run(&shared, &asked, &listener));
        watch
    }

    fn ask(&self) {
        let mut state = self.shared.lock();
        state.asked += 1;
        // A verb ran, or will be running: what it makes is not in what was read before.
        complete::outdate();
        drop(state);
        // The thread lives as long as there is somebody to ask it.
        let _ = self.ask.send(());
    }

    /// Returns what is known now, for a prompt.
    pub fn current_view(&self) -> View {
        let mut state = self.shared.lock();
        state.shown = state.view.clone();
        state.view.clone()
    }

    /// Reads anew and waits a moment for the answer; what takes longer comes when it comes.
    pub fn refreshed(&self, patience: Duration) -> View {
        let overdue = {
            let state = self.shared.lock();
            state.answered < state.asked
        };
        self.ask();
        let mut state = self.shared.lock();
        let wanted = state.asked;
        if overdue {
            // The reading before hangs: nobody waits for it twice.
            state.view.online = None;
        } else {
            let still = |state: &mut WatchState| state.answered < wanted;
            state.waited_for = true;
            let (guard, timeout) = self
                .shared
                .answered
                .wait_timeout_while(state, patience, still)
                .unwrap_or_else(|poison| poison.into_inner());
            state = guard;
            state.waited_for = false;
            if timeout.timed_out() {
                state.view.online = None;
            }
        }
        state.shown = state.view.clone();
        state.view.clone()
    }
}

/// The thread's own.
struct Reader {
    host: Host,
    witness: EventObserver,
    /// The facts that were read last, all of them.
    last: Facts,
    begun: bool,
}

impl Reader {
    fn run(&mut self, shared: &Shared, asked: &Receiver<()>, listener: &impl Listener) {
        let mut pause = PAUSE;
        loop {
            let whole = match asked.recv_timeout(pause) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) if listener.is_at_prompt() => false,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            while asked.try_recv().is_ok() {}
            let up_to = shared.lock().asked;
            let began = Instant::now();
            let mut facts = if whole {
                self.read_everything()
            } else {
                self.changing()
            };
            if health::is_an_example(&facts) {
                // What the packages start is nobody's cluster: its `node1` is not lost.
                facts.cluster = Cluster::Unread;
                facts.monitor = None;
            }
            pause = match whole {
                // It waited for another host, perhaps for one that is lost: of all times no time to look away.
                true => PAUSE,
                false => PAUSE.max(began.elapsed() * EASE),
            };
            let view = View::from_facts(&facts);
            let snapshot = Snapshot {
                cib: facts.cib().cloned(),
                monitor: facts.monitor.clone(),
                operations: self.operations(),
            };
            let mut events = self.witness.events_since(&facts);
            if whole {
                // A verb ran meanwhile: what it did on purpose is known.
                events.retain(|event| event.role == Role::Fail);
            }
            let mut state = shared.lock();
            state.view = view.clone();
            complete::remember(snapshot);
            if state.asked != up_to {
                // A verb ended while this was read.
                complete::outdate();
            }
            let changed = state.shown != view && !state.waited_for;
            if whole {
                state.answered = up_to;
            }
            drop(state);
            shared.answered.notify_all();
            if self.begun {
                listener.happened(&events);
                if changed && events.is_empty() {
                    listener.changed();
                }
            } else {
                self.begun = true;
                listener.begins(&view, &health::problems(&facts));
            }
            self.last = facts;
        }
    }

    /// Reads all there is to know, on other hosts too.
    fn read_everything(&self) -> Facts {
        let Host { name, root, .. } = &self.host;
        facts::gather_all(&health::needs(), health::needs_then, name, *root)
    }

    /// Returns the numbers of the journal's operations; none where it cannot be read.
    fn operations(&self) -> Option<Vec<u64>> {
        let journal = self.host.journal();
        self.host.root.then(|| journal.ids().ok()).flatten()
    }

    /// Reads what can change by itself, on this host; the rest is what it was.
    fn changing(&self) -> Facts {
        let Host { name, root, .. } = &self.host;
        let mut facts = facts::gather(&health::needs(), name, *root);
        if facts.cluster == Cluster::Unread {
            facts.cluster = self.last.cluster.clone();
        }
        keep_what_others_said(&mut facts, &self.last);
        facts
    }
}

//! Who and where we are, and the signals that ask us to stop.

use crate::journal::{Journal, Person};
use crate::state::StateFolder;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// This host and this run: read once, never ad hoc.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name, as `uname -n` prints it and Pacemaker uses it.
    pub name: String,
    /// True when the program runs as root.
    pub root: bool,
    /// The person who asked; behind sudo the one who called it.
    pub person: Person,
    /// Where the journal and the lock lie.
    pub state: StateFolder,
}

impl Host {
    /// Reads it from the system and the environment.
    pub fn read() -> Host {
        let name = nix::unistd::gethostname()
            .ok()
            .and_then(|name| name.into_string().ok())
            .unwrap_or_else(|| "this-host".to_owned());
        let user = ["SUDO_USER", "USER", "LOGNAME"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
            .or_else(|| {
                nix::unistd::User::from_uid(nix::unistd::getuid())
                    .ok()?
                    .map(|user| user.name)
            })
            .unwrap_or_else(|| "unknown".to_owned());
        Host {
            root: nix::unistd::geteuid().is_root(),
            person: Person {
                user,
                host: name.clone(),
            },
            name,
            state: StateFolder::here().clone(),
        }
    }

    /// Returns the journal.
    pub fn journal(&self) -> Journal {
        Journal::new(self.state.path())
    }
}

/// Signals that ask to stop: Ctrl-C, the ssh session that drops, a shutdown.
///
/// While something runs they are only noticed, since a step must not be cut in half; otherwise
/// they do what they always do. In the interactive shell Ctrl-C never does more than be noticed.
#[derive(Debug, Clone)]
pub struct Signals {
    asked: Arc<AtomicBool>,
    asked_on_purpose: Arc<AtomicBool>,
    leave: Arc<AtomicBool>,
    interrupt_ends: Arc<AtomicBool>,
    others_end: Arc<AtomicBool>,
    in_shell: bool,
}

impl Signals {
    /// Registers the handlers.
    pub fn register() -> Signals {
        let signals = Signals {
            asked: Arc::new(AtomicBool::new(false)),
            asked_on_purpose: Arc::new(AtomicBool::new(false)),
            leave: Arc::new(AtomicBool::new(false)),
            interrupt_ends: Arc::new(AtomicBool::new(true)),
            others_end: Arc::new(AtomicBool::new(true)),
            in_shell: false,
        };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let ends = if signal == SIGINT {
                &signals.interrupt_ends
            } else {
                &signals.others_end
            };
            // Registering fails only for signals that cannot be caught; these can.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(ends));
            let _ = signal_hook::flag::register(signal, Arc::clone(&signals.asked));
            if signal != SIGHUP {
                let flag = Arc::clone(&signals.asked_on_purpose);
                let _ = signal_hook::flag::register(signal, flag);
            }
            if signal != SIGINT {
                let _ = signal_hook::flag::register(signal, Arc::clone(&signals.leave));
            }
        }
        signals
    }

    /// From here on Ctrl-C never ends the program, whatever it does.
    pub fn in_shell(&self) -> Signals {
        self.interrupt_ends.store(false, Ordering::SeqCst);
        Signals {
            in_shell: true,
            ..self.clone()
        }
    }

    /// Forgets the Ctrl-C of before, at the start of a command of the shell.
    pub fn forget(&self) {
        self.asked.store(false, Ordering::SeqCst);
        self.asked_on_purpose.store(false, Ordering::SeqCst);
    }

    /// From here on signals are only noticed, until [`Signals::rest`].
    pub fn work(&self) {
        self.interrupt_ends.store(false, Ordering::SeqCst);
        self.others_end.store(false, Ordering::SeqCst);
    }

    /// From here on signals end the program again.
    pub fn rest(&self) {
        self.interrupt_ends.store(!self.in_shell, Ordering::SeqCst);
        self.others_end.store(true, Ordering::SeqCst);
    }

    /// Returns true once a signal asked to stop since the start or [`Signals::forget`].
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Returns true once the terminal went away or a shutdown asked the program to end.
    pub fn leave(&self) -> bool {
        self.leave.load(Ordering::SeqCst)
    }

    /// Returns the flag that a signal sets.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    /// Returns the flag that a signal sets which somebody sends: Ctrl-C and the end of the host, and not a
    /// terminal that went away.
    pub fn flag_but_for_hangup(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked_on_purpose)
    }
}

//! What wakes the one who draws: a reading that has ended, and a signal.

use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::flag;
use signal_hook::low_level::{pipe, unregister};
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The signals that ask to end, another size of the window, and the end of a pause (`fg`).
const SIGNALS: [i32; 5] = [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT];

/// The end that rings.
#[derive(Debug, Clone)]
pub struct Bell(Arc<UnixStream>);

impl Bell {
    /// Wakes who waits.
    pub fn ring(&self) {
        // One that is full rings already.
        let _ = (&*self.0).write(b"!");
    }
}

/// The end that is waited at.
#[derive(Debug)]
pub struct Awaited {
    heard: UnixStream,
    bell: Bell,
    continued: Arc<AtomicBool>,
    signals: Vec<SigId>,
}

impl Awaited {
    /// Returns a bell that signals ring, too.
    ///
    /// # Errors
    /// When the system has no more descriptors.
    pub fn new() -> std::io::Result<Awaited> {
        let (heard, rings) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        rings.set_nonblocking(true)?;
        let continued = Arc::new(AtomicBool::new(false));
        // Before the bell, which asks for it.
        let mut signals = vec![flag::register(SIGCONT, Arc::clone(&continued))?];
        for signal in SIGNALS {
            signals.push(pipe::register(signal, rings.try_clone()?)?);
        }
        Ok(Awaited {
            heard,
            bell: Bell(Arc::new(rings)),
            continued,
            signals,
        })
    }

    /// Returns what rings it.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Returns whether the program stood still since this was asked last, and goes on now.
    pub fn was_continued(&self) -> bool {
        self.continued.swap(false, Ordering::SeqCst)
    }

    /// Makes it still.
    pub fn hush(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.heard).read(&mut bytes), Ok(1..)) {}
    }
}

impl AsFd for Awaited {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.heard.as_fd()
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        for id in self.signals.drain(..) {
            unregister(id);
        }
    }
}

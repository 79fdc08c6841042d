//! What is told above the prompt: events, and answers to `?`.
//!
//! One thread owns the printer and hands it one text after the other: whoever tells something never
//! waits, also while the editor itself asks. Away from the prompt, while a verb runs or asks, texts
//! wait for the next prompt.

use rustyline::ExternalPrinter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};

/// The way to above the prompt.
#[derive(Debug, Clone)]
pub struct Notices {
    texts: Sender<String>,
    at_prompt: Arc<AtomicBool>,
    waiting: Arc<Mutex<Vec<String>>>,
}

impl Notices {
    /// Starts telling through this printer.
    pub fn start(printer: Option<impl ExternalPrinter + Send + 'static>) -> Notices {
        let (texts, told) = mpsc::channel::<String>();
        let notices = Notices {
            texts,
            at_prompt: Arc::new(AtomicBool::new(false)),
            waiting: Arc::default(),
        };
        let (at_prompt, waiting) = (Arc::clone(&notices.at_prompt), Arc::clone(&notices.waiting));
        std::thread::spawn(move || {
            let Some(mut printer) = printer else {
                return;
            };
            while let Ok(text) = told.recv() {
                if at_prompt.load(Ordering::SeqCst) {
                    // The terminal may be gone by now; then nobody reads it.
                    let _ = printer.print(text);
                } else if let Ok(mut waiting) = waiting.lock() {
                    waiting.push(text);
                }
            }
        });
        notices
    }

    /// Tells lines, above the prompt now or before the next one.
    pub fn tell(&self, text: String) {
        // Without a printer nobody is told.
        let _ = self.texts.send(text);
    }

    /// From here on somebody sits at the prompt; returns what waited for that.
    pub fn at_prompt(&self) -> Vec<String> {
        self.at_prompt.store(true, Ordering::SeqCst);
        match self.waiting.lock() {
            Ok(mut waiting) => std::mem::take(&mut *waiting),
            Err(_) => Vec::new(),
        }
    }

    /// From here on a verb has the terminal.
    pub fn away(&self) {
        self.at_prompt.store(false, Ordering::SeqCst);
    }

    /// Returns true while somebody sits at the prompt.
    pub fn is_at_prompt(&self) -> bool {
        self.at_prompt.load(Ordering::SeqCst)
    }
}

//! What is told above the prompt: events, and answers to `?`.
//!
//! One thread owns the printer and hands it one text after the other: whoever tells something never
//! waits, also while the editor itself asks. Away from the prompt, while a verb runs or asks, texts
//! wait for the next prompt.

use rustyline::ExternalPrinter;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};

/// The text that the editor takes for lines above its prompt, and that leaves the screen as it is: it ends them
/// with a new line where they have none, and draws the prompt and the line once more.
const NO_LINES: &str = "\x1b[A\n";

/// The things that are handed to the printer's thread.
#[derive(Debug)]
enum Notice {
    Text(String),
    Redraw,
}

/// The way to above the prompt.
#[derive(Debug, Clone)]
pub struct Notices {
    texts: Sender<Notice>,
    at_prompt: Arc<AtomicBool>,
    waiting: Arc<Mutex<Vec<String>>>,
}

impl Notices {
    /// Starts telling through this printer.
    pub fn start(printer: Option<impl ExternalPrinter + Send + 'static>) -> Notices {
        let (texts, told) = mpsc::channel();
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
            while let Ok(notice) = told.recv() {
                let here = at_prompt.load(Ordering::SeqCst);
                // The terminal may be gone by now; then nobody reads it.
                match notice {
                    Notice::Text(text) if here => drop(printer.print(text)),
                    Notice::Text(text) => {
                        if let Ok(mut waiting) = waiting.lock() {
                            waiting.push(text);
                        }
                    }
                    Notice::Redraw if here => drop(printer.print(NO_LINES.to_owned())),
                    // The next prompt is made of what is known then.
                    Notice::Redraw => {}
                }
            }
        });
        notices
    }

    /// Tells lines, above the prompt now or before the next one.
    pub fn tell(&self, text: String) {
        // Without a printer nobody is told.
        let _ = self.texts.send(Notice::Text(text));
    }

    /// Draws the prompt that stands anew, with what is known now.
    pub fn redraw(&self) {
        let _ = self.texts.send(Notice::Redraw);
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
    pub fn verb_begins(&self) {
        self.at_prompt.store(false, Ordering::SeqCst);
    }

    /// Returns true while somebody sits at the prompt.
    pub fn is_at_prompt(&self) -> bool {
        self.at_prompt.load(Ordering::SeqCst)
    }
}

//! A program in a pseudo-terminal: typed into, and its screen read as a person sees it.

use rexpect::process::PtyProcess;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is on the screen, and who waits for it to change.
type Shown = Arc<(Mutex<vt100::Parser>, Condvar)>;

/// A terminal with a program in it.
pub struct Screen {
    keyboard: File,
    shown: Shown,
    // Ended when the test is.
    _process: PtyProcess,
}

impl Screen {
    /// Runs a program in a terminal of so many rows and columns; the program has to be told of them.
    pub fn open(command: Command, (rows, columns): (u16, u16)) -> Screen {
        let mut process = PtyProcess::new(command).unwrap();
        // Nobody in there listens to a mere SIGTERM.
        process.set_kill_timeout(Some(1));
        let parser = vt100::Parser::new(size(rows), size(columns), 0);
        let shown: Shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let keyboard = process.get_file_handle().unwrap();
        let output = process.get_file_handle().unwrap();
        watch(output, keyboard.try_clone().unwrap(), Arc::clone(&shown));
        Screen {
            keyboard,
            shown,
            _process: process,
        }
    }

    /// Types text.
    pub fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until the screen is as wanted; returns its text.
    pub fn until(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> String {
        let (shown, changed) = &*self.shown;
        let end = Instant::now() + PATIENCE;
        let mut parser = shown.lock().unwrap();
        loop {
            let screen = parser.screen();
            if wanted(screen) {
                return screen.contents();
            }
            let left = end.saturating_duration_since(Instant::now());
            let text = screen.contents();
            assert!(!left.is_zero(), "{what} is not on the screen:\n{text}\n");
            (parser, _) = changed.wait_timeout(parser, left).unwrap();
        }
    }
}

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// Draws what the program prints, until there is none.
fn watch(mut output: File, mut answers: File, shown: Shown) {
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut bytes) {
            let (screen, changed) = &*shown;
            let Ok(mut parser) = screen.lock() else {
                return;
            };
            parser.process(&bytes[..count]);
            drop(parser);
            changed.notify_all();
            // fish 4 asks what terminal this is, and waits for the answer.
            if bytes[..count].windows(4).any(|asked| asked == b"\x1b[0c") {
                let _ = answers.write_all(b"\x1b[?62;22c");
            }
        }
    });
}

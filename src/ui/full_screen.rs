//! The whole window, for as long as something is kept current on it.
//!
//! On the terminal's other screen, so that what stood there before is there again afterwards; given back on
//! every way out, a panic too, whose words would be gone with the other screen.

use super::{Span, Ui};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, raise};
use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr,
};
use std::io::Write;
use std::os::fd::AsFd;
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

/// The other screen, without a cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[2J";

/// And back.
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// The terminal's settings as they were found, while the screen is ours.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// What woke who waited at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The bell, or the time.
    Otherwise,
    /// There is something typed.
    Typed,
    /// Nobody reads the output any more.
    Closed,
}

/// A key that means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// `q`, Ctrl-C, Ctrl-D, or the end of the input.
    Leave,
    /// Ctrl-L: all is drawn anew.
    Redraw,
    /// Ctrl-Z.
    Pause,
}

/// The window, as long as it is ours.
#[derive(Debug, Default)]
pub struct FullScreen {
    /// The lines that stand on it.
    shown: Vec<String>,
}

impl FullScreen {
    /// Takes the window.
    ///
    /// # Errors
    /// When there is no terminal.
    pub fn open() -> std::io::Result<FullScreen> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        take()?;
        Ok(FullScreen::default())
    }

    /// Returns how many rows and columns there are.
    pub fn size(&self) -> (usize, usize) {
        let size = terminal_size::terminal_size_of(std::io::stdout());
        let size = size.map(|(columns, rows)| (usize::from(rows.0), usize::from(columns.0)));
        // A terminal that does not say is as they were.
        size.filter(|(rows, columns)| rows.min(columns) > &0)
            .unwrap_or((24, 80))
    }

    /// Draws what has changed of these lines; none may be as wide as the window.
    pub fn draw(&mut self, ui: &mut Ui, lines: &[Vec<Span>]) {
        let lines: Vec<String> = lines.iter().map(|line| ui.painted(line)).collect();
        let mut text = String::new();
        for (at, line) in lines.iter().enumerate() {
            if self.shown.get(at) != Some(line) {
                text.push_str(&format!("\x1b[{};1H{line}\x1b[K", at + 1));
            }
        }
        if self.shown.len() > lines.len() {
            text.push_str(&format!("\x1b[{};1H\x1b[J", lines.len() + 1));
        }
        if !text.is_empty() {
            // All at once: nobody sees half a frame.
            ui.write(&text);
        }
        self.shown = lines;
    }

    /// Forgets what stands on the window, which is drawn anew as a whole: it has another size, or somebody
    /// else wrote on it.
    pub fn forget(&mut self, ui: &mut Ui) {
        self.shown.clear();
        ui.write("\x1b[2J");
    }

    /// Returns the keys that were pressed.
    pub fn keys(&self) -> Vec<Key> {
        let mut bytes = [0; 256];
        let count = match nix::unistd::read(std::io::stdin(), &mut bytes) {
            Ok(0) => return vec![Key::Leave],
            Ok(count) => count,
            Err(nix::errno::Errno::EINTR | nix::errno::Errno::EAGAIN) => 0,
            // The terminal went away.
            Err(_) => return vec![Key::Leave],
        };
        let known = bytes[..count].iter().filter_map(|byte| match byte {
            b'q' | b'Q' | 3 | 4 => Some(Key::Leave),
            12 => Some(Key::Redraw),
            26 => Some(Key::Pause),
            _ => None,
        });
        known.collect()
    }

    /// Gives the window back and stands still until somebody wants it to go on (`fg`).
    pub fn pause(&mut self) {
        give_back();
        // It comes back from here when it is told to go on.
        let _ = raise(Signal::SIGTSTP);
        self.resume();
    }

    /// Takes the window again, after a pause: all is drawn anew.
    pub fn resume(&mut self) {
        self.shown.clear();
        // Without a terminal the next reading of keys ends it.
        let _ = take();
    }
}

impl Drop for FullScreen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Takes the terminal: keys come as they are pressed, and are not shown.
fn take() -> std::io::Result<()> {
    let input = std::io::stdin();
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let now = tcgetattr(&input)?;
    let mut keys = now.clone();
    keys.local_flags -=
        LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG | LocalFlags::IEXTEN;
    keys.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
    keys.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
    tcsetattr(&input, SetArg::TCSANOW, &keys)?;
    found.get_or_insert(now);
    drop(found);
    say(ENTER);
    Ok(())
}

/// Gives the terminal back as it was found, if it is ours.
fn give_back() {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(settings) = found.take() else {
        return;
    };
    say(LEAVE);
    let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &settings);
}

/// Writes to the terminal, which may be gone by now.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Waits until a key is pressed, if there is a keyboard, until the bell rings, or for so long; nobody who
/// reads the output any more ends it too.
pub fn wait(bell: &impl AsFd, keyboard: bool, at_most: Duration) -> Woken {
    let (input, output) = (std::io::stdin(), std::io::stdout());
    let mut ends = vec![
        PollFd::new(bell.as_fd(), PollFlags::POLLIN),
        // Only that its reader is gone, which is told unasked.
        PollFd::new(output.as_fd(), PollFlags::empty()),
    ];
    if keyboard {
        ends.push(PollFd::new(input.as_fd(), PollFlags::POLLIN));
    }
    let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::MAX);
    // A signal that cuts it short has rung the bell.
    if poll(&mut ends, timeout).is_err() {
        return Woken::Otherwise;
    }
    let any = |at: usize| ends.get(at).and_then(PollFd::any).unwrap_or(false);
    match () {
        () if any(2) => Woken::Typed,
        () if any(1) => Woken::Closed,
        () => Woken::Otherwise,
    }
}

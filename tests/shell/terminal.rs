//! A sandbox with a terminal, typed into and read back.

use crate::support::{answers, host};
use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long something may take to appear, in milliseconds.
const PATIENCE: u64 = 30_000;

/// The prompt, once the cluster was read.
pub const PROMPT: &str = "cluster_web 2/2 serv1 › ";

pub const TAB: &str = "\t";

/// A sandbox with a terminal.
pub struct Terminal {
    screen: PtySession,
    /// The sandbox's root.
    pub root: PathBuf,
}

impl Terminal {
    /// Opens a terminal in a sandbox, with the sandbox's own shell.
    pub fn new(name: &str) -> Terminal {
        Terminal::open(name, true)
    }

    /// Opens a terminal whose colours are seen.
    pub fn with_colors(name: &str) -> Terminal {
        Terminal::open(name, false)
    }

    fn open(name: &str, strip: bool) -> Terminal {
        let recorded =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/recorded/bookworm/shell.txt");
        let (root, enter) = host::sandbox(&format!("terminal-{name}"), &answers::read(&recorded));
        let options = Options::new()
            .timeout_ms(Some(PATIENCE))
            .strip_ansi_escape_codes(strip);
        let mut screen = spawn_with_options(enter, options).unwrap();
        screen.exp_string("# ").unwrap();
        let mut terminal = Terminal { screen, root };
        // rexpect turns it off; here `^C` on the screen says that Ctrl-C has arrived.
        terminal.enter("stty echo; echo \"echo$?\"");
        terminal.sees("echo0");
        terminal.sees("# ");
        terminal
    }

    /// Opens bascule in a sandbox, and waits until its prompt knows the cluster.
    pub fn bascule(name: &str) -> Terminal {
        let mut terminal = Terminal::new(name);
        terminal.start("bascule");
        terminal.sees(PROMPT);
        terminal
    }

    /// Runs a command in the sandbox's own shell, on this terminal.
    pub fn start(&mut self, command: &str) {
        self.enter(&format!("TERM=xterm {command}; echo \"left with $?\""));
        self.sees("\n");
    }

    /// Types text.
    pub fn types(&mut self, text: &str) {
        self.screen.send(text).unwrap();
        self.screen.flush().unwrap();
    }

    /// Sends bytes that are no text.
    pub fn sends(&mut self, bytes: &[u8]) {
        let mut end = self.screen.process().get_file_handle().unwrap();
        end.write_all(bytes).unwrap();
    }

    /// Types a line and ends it.
    pub fn enter(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    /// Waits for text; returns what came before it.
    pub fn sees(&mut self, text: &str) -> String {
        // rexpect takes each byte for a character.
        let bytes: String = text.bytes().map(char::from).collect();
        match self.screen.exp_string(&bytes) {
            Ok(before) => before,
            Err(error) => panic!("{text:?} did not appear: {error}"),
        }
    }

    /// Presses a key together with Ctrl.
    pub fn presses_ctrl(&mut self, key: char) {
        self.screen.send_control(key).unwrap();
    }

    /// Leaves the shell.
    pub fn leaves(&mut self) {
        self.enter("quit");
        self.sees("left with 0");
    }

    /// Makes the next calls of a tool stand still, until [`Terminal::goes_on`].
    pub fn holds(&mut self, tool: &str, word: &str) {
        self.enter(&format!("fault {tool} with {word} waits; echo held$?"));
        self.sees("held0");
        self.sees("# ");
    }

    /// Waits until a tool stands still.
    pub fn is_held(&self, tool: &str) {
        let fault = self.root.join("run/fake/fault").join(tool);
        let began = Instant::now();
        while !fault.with_extension("waiting").exists() {
            assert!(
                began.elapsed().as_millis() < u128::from(PATIENCE),
                "{tool} was never called"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits, in the sandbox's own shell, until no process of a tool is left in the sandbox.
    pub fn is_gone(&mut self, tool: &str) {
        self.enter(&format!(
            "runs() {{ for p in /proc/[0-9]*; do [ $p/ns/mnt -ef /proc/self/ns/mnt ] \\
             && grep -qs /{tool} $p/cmdline && return; done; false; }}"
        ));
        self.enter("while runs; do sleep 0.05; done; echo gone$?");
        self.sees("gone0");
    }

    /// Lets a tool go on that stands still.
    pub fn goes_on(&self, tool: &str) {
        let fault = self.root.join("run/fake/fault").join(tool);
        // A pipe opens when the tool stands at its other end.
        let mut gate = File::options()
            .write(true)
            .open(fault.with_extension("gate"))
            .unwrap();
        std::fs::remove_file(&fault).unwrap();
        gate.write_all(b"on\n").unwrap();
    }

    /// Gives a tool's reading another answer from now on, as a real one gave it.
    pub fn answers(&self, call: &str, recorded: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell/recorded");
        host::answers(&self.root, call, &file.join(recorded));
    }

    /// Returns what the shell keeps of what was typed.
    pub fn history(&self) -> String {
        std::fs::read_to_string(self.root.join("var/lib/bascule/shell-history")).unwrap()
    }
}

impl Drop for Terminal {
    /// Leaves bascule, if it is still there, and the sandbox: nobody has to be killed then.
    fn drop(&mut self) {
        let _ = self.screen.send("exit\rexit\r");
        let _ = self.screen.flush();
        let _ = self.screen.exp_eof();
    }
}

//! The interactive shell in a real pseudo-terminal, in the sandbox of `tests/cli`: what needs a
//! terminal, and only that. Every wait is for something on the screen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

#[path = "../cli/answers.rs"]
mod answers;
#[path = "../cli/host.rs"]
#[expect(dead_code, reason = "here the sandbox's shell has a terminal")]
mod host;

use rexpect::reader::Options;
use rexpect::session::{PtySession, spawn_with_options};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How long something may take to appear, in milliseconds.
const PATIENCE: u64 = 30_000;

/// The prompt, once the cluster was read.
const PROMPT: &str = "cluster_web 2/2 serv1 › ";

const TAB: &str = "\t";

/// A sandbox with a terminal.
struct Terminal {
    screen: PtySession,
    root: PathBuf,
}

impl Terminal {
    /// Opens a terminal in a sandbox, with the sandbox's own shell.
    fn new(name: &str) -> Terminal {
        let recorded =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/recorded/bookworm/shell.txt");
        let (root, enter) = host::sandbox(&format!("terminal-{name}"), &answers::read(&recorded));
        let options = Options::new()
            .timeout_ms(Some(PATIENCE))
            .strip_ansi_escape_codes(true);
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
    fn bascule(name: &str) -> Terminal {
        let mut terminal = Terminal::new(name);
        terminal.start("bascule");
        terminal.sees(PROMPT);
        terminal
    }

    /// Runs a command in the sandbox's own shell, on this terminal.
    fn start(&mut self, command: &str) {
        self.enter(&format!("TERM=xterm {command}; echo \"left with $?\""));
        self.sees("\n");
    }

    /// Types text.
    fn types(&mut self, text: &str) {
        self.screen.send(text).unwrap();
        self.screen.flush().unwrap();
    }

    /// Types a line and ends it.
    fn enter(&mut self, line: &str) {
        self.types(&format!("{line}\r"));
    }

    /// Waits for text; returns what came before it.
    fn sees(&mut self, text: &str) -> String {
        // rexpect takes each byte for a character.
        let bytes: String = text.bytes().map(char::from).collect();
        match self.screen.exp_string(&bytes) {
            Ok(before) => before,
            Err(error) => panic!("{text:?} did not appear: {error}"),
        }
    }

    fn presses_ctrl(&mut self, key: char) {
        self.screen.send_control(key).unwrap();
    }

    fn leaves(&mut self) {
        self.enter("quit");
        self.sees("left with 0");
    }

    /// Makes the next calls of a tool stand still, until [`Terminal::goes_on`].
    fn holds(&mut self, tool: &str, word: &str) {
        self.enter(&format!("fault {tool} with {word} waits; echo held$?"));
        self.sees("held0");
        self.sees("# ");
    }

    fn goes_on(&self, tool: &str) {
        let fault = self.root.join("run/fake/fault").join(tool);
        // A pipe opens when the tool stands at its other end.
        let mut gate = File::options()
            .write(true)
            .open(fault.with_extension("gate"))
            .unwrap();
        std::fs::remove_file(&fault).unwrap();
        gate.write_all(b"on\n").unwrap();
    }

    fn history(&self) -> String {
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

#[test]
fn the_prompt_is_there_before_the_cluster_answers() {
    let mut terminal = Terminal::new("prompt");
    terminal.holds("crm_mon", "xml");
    terminal.start("bascule");
    terminal.sees("cluster_web of serv1, serv2");
    terminal.sees("cluster_web ·/2 serv1 › ");
    terminal.goes_on("crm_mon");
    terminal.sees("2 of 2 nodes online");
    terminal.sees(PROMPT);
    terminal.leaves();
}

#[test]
fn tab_completes_verbs_options_and_live_names() {
    let mut terminal = Terminal::bascule("tab");
    terminal.types(&format!("vi{TAB}"));
    terminal.sees("vip ");
    terminal.types(&format!("li{TAB}"));
    terminal.sees("list ");
    terminal.presses_ctrl('u');
    terminal.types(&format!("node standby {TAB}"));
    terminal.sees("serv1  online, runs nothing");
    terminal.sees("serv2  online, runs nothing");
    terminal.presses_ctrl('u');
    terminal.types(&format!("vip add --lab{TAB}"));
    terminal.sees("--label ");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

#[test]
fn two_pasted_lines_are_two_commands() {
    let mut terminal = Terminal::bascule("paste");
    // As a terminal brackets what is pasted.
    terminal.types("\x1b[200~vip list\nnope list\nvip list\x1b[201~");
    terminal.types("\r");
    terminal.sees("3 commands, one after the other:");
    terminal.sees("1 of 3  vip list");
    terminal.sees("there is no virtual address");
    terminal.sees("2 of 3  nope list");
    terminal.sees("there is no verb nope");
    terminal.sees("3 of 3  vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(terminal.history().matches("vip list").count(), 2);
}

#[test]
fn an_open_quote_goes_on_in_the_next_line() {
    let mut terminal = Terminal::bascule("quote");
    terminal.enter("explain 'exit");
    terminal.enter("status'");
    terminal.sees("there is nothing to explain \"exit\\nstatus\"");
    terminal.sees(PROMPT);
    terminal.leaves();
}

#[test]
fn ctrl_c_clears_the_line_and_ctrl_d_leaves() {
    let mut terminal = Terminal::bascule("keys");
    terminal.types("vip remove IPFail");
    terminal.presses_ctrl('c');
    terminal.sees(PROMPT);
    terminal.enter("vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.presses_ctrl('d');
    terminal.sees("left with 0");
    assert!(!terminal.history().contains("IPFail"));
}

#[test]
fn ctrl_c_in_a_step_neither_cuts_it_nor_ends_the_shell() {
    let mut terminal = Terminal::new("step");
    terminal.holds("crm", "load");
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("apply?");
    terminal.enter("y");
    terminal.sees("1  … crm configure load update");
    terminal.presses_ctrl('c');
    terminal.sees("^C");
    terminal.goes_on("crm");
    // The command has ended by itself: whether it was waited for after that, the journal says.
    terminal.sees("operation 1;");
    terminal.sees(PROMPT);
    terminal.enter("show 1");
    terminal.sees("operation 1: vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("to take it back:");
    terminal.sees(PROMPT);
    terminal.leaves();
    assert_eq!(
        std::fs::read_to_string(terminal.root.join("run/fake/state"))
            .unwrap()
            .trim(),
        "1"
    );
}

#[test]
fn ctrl_c_while_the_host_is_read_takes_the_line_back() {
    let mut terminal = Terminal::new("reading");
    terminal.holds("arping", "172.16.0.12");
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("asking the wire");
    terminal.presses_ctrl('c');
    terminal.sees("^C");
    terminal.goes_on("arping");
    terminal.sees("nothing was changed");
    terminal.sees(PROMPT);
    terminal.leaves();
}

#[test]
fn the_history_is_kept_for_its_owner_without_answers_and_secrets() {
    let mut terminal = Terminal::bascule("history");
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("apply?");
    terminal.enter("n");
    terminal.sees("nothing was changed");
    terminal.sees(PROMPT);
    terminal.enter("explain no-such passwd=hunter2");
    terminal.sees("there is nothing to explain");
    terminal.sees(PROMPT);
    terminal.enter(" vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.leaves();
    let path = terminal.root.join("var/lib/bascule/shell-history");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let history = terminal.history();
    let lines: Vec<&str> = history
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(lines, ["vip add 172.16.0.12/24 --name IPFailover", "quit"]);

    // The next shell has it.
    terminal.start("bascule");
    terminal.sees(PROMPT);
    terminal.types("\x1b[A\x1b[A");
    terminal.sees("vip add 172.16.0.12/24 --name IPFailover");
    terminal.presses_ctrl('u');
    terminal.leaves();
}

#[test]
fn what_the_shell_was_started_with_holds_for_every_line() {
    let mut terminal = Terminal::new("options");
    terminal.start("bascule --dry-run");
    terminal.sees(PROMPT);
    terminal.enter("vip add 172.16.0.12/24 --name IPFailover");
    terminal.sees("crm configure load update");
    let shown = terminal.sees(PROMPT);
    assert!(!shown.contains("apply?"), "{shown}");
    terminal.leaves();
}

#[test]
fn a_dumb_terminal_gets_a_plain_prompt() {
    let mut terminal = Terminal::new("dumb");
    terminal.start("env TERM=dumb bascule");
    terminal.sees("serv1 › ");
    terminal.enter("vip list");
    terminal.sees("there is no virtual address");
    terminal.sees(PROMPT);
    terminal.leaves();
}

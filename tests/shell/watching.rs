//! `status --watch` on a terminal: what stands on its screen, and what is left when it has gone.

use super::terminal::Terminal;
use crate::support::screen::Screen;
use crate::support::{answers, host};
use std::path::{Path, PathBuf};

tests! {
    [Sandbox]
        what_happens_is_drawn_and_the_screen_before_comes_back
        q_works_at_once_while_the_cluster_does_not_answer
        a_window_that_becomes_smaller_keeps_the_gravest
        every_way_out_gives_the_terminal_back
        the_shell_has_its_prompt_again
        a_line_for_each_event_without_a_terminal
        a_document_for_each_change;
}

const ROWS: u16 = 24;
const COLUMNS: u16 = 100;

/// A sandbox on a terminal whose screen is looked at as a person sees it.
struct Window {
    screen: Screen,
    root: PathBuf,
}

fn recorded(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path)
}

impl Window {
    fn open(name: &str) -> Window {
        let recorded = answers::read(&recorded("cli/recorded/bookworm/shell.txt"));
        let (root, enter) = host::sandbox(&format!("watching-{name}"), &recorded);
        let screen = Screen::open(enter, (ROWS, COLUMNS));
        let mut window = Window { screen, root };
        window.sees("# ");
        window.types(&format!(
            "stty echo rows {ROWS} cols {COLUMNS}; export TERM=xterm; printf '\\033[H\\033[2J'; echo before\r"
        ));
        window.until("before", |screen| screen.starts_with("before"));
        window
    }

    fn types(&mut self, text: &str) {
        self.screen.types(text);
    }

    fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.screen.until(what, |screen| wanted(&screen.contents()))
    }

    fn sees(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the first screen is there again, with what was on it, and how it ended.
    fn left(&self, status: u8) -> String {
        let ended = format!("left with {status}");
        let screen = self.sees(&ended);
        assert!(screen.starts_with("before"), "{screen}");
        screen
    }

    fn watches(&mut self) {
        self.types("bascule status --watch; echo \"left with $?\"\r");
        self.until("the cluster on the other screen", |screen| {
            screen.contains("once a second, q leaves")
                && screen.contains("quorum 2 of 2")
                && !screen.contains("before")
        });
    }
}

fn what_happens_is_drawn_and_the_screen_before_comes_back() {
    let mut window = Window::open("drawn");
    window.watches();
    host::answers(
        &window.root,
        "crm_mon",
        &recorded("shell/recorded/serv2-lost.xml"),
    );
    let screen = window.sees("! serv2 is offline · 1 of 2 nodes online");
    assert!(screen.contains("» ○ serv2"), "{screen}");
    // And after five seconds nothing is new any more.
    let screen = window.until("no mark", |screen| !screen.contains('»'));
    assert!(screen.contains("  ○ serv2"), "{screen}");
    window.types("q");
    let left = window.left(0);
    assert!(
        left.contains("! serv2 is offline · 1 of 2 nodes online\nleft"),
        "{left}"
    );
    assert!(!left.contains("quorum"), "{left}");
}

fn q_works_at_once_while_the_cluster_does_not_answer() {
    let mut terminal = Terminal::new("watch-hangs");
    terminal.enter("fault crm_mon hangs; echo hung$?");
    terminal.sees("hung0");
    terminal.start("bascule status --watch");
    terminal.sees("the cluster: no answer yet");
    terminal.types("q");
    terminal.sees("left with 0");
    terminal.is_gone("crm_mon");
}

fn a_window_that_becomes_smaller_keeps_the_gravest() {
    let mut window = Window::open("smaller");
    host::answers(
        &window.root,
        "crm_mon",
        &recorded("shell/recorded/serv2-lost.xml"),
    );
    window.types(
        "(until [ -e /run/smaller ]; do sleep 0.05; done; stty rows 6 cols 60) </dev/tty &\r",
    );
    window.types("bascule status --watch; echo \"left with $?\"\r");
    window.sees("! serv2 is offline");
    std::fs::write(window.root.join("run/smaller"), "").unwrap();
    let screen = window.sees("more lines in a larger window");
    assert!(screen.contains("○ serv2"), "{screen}");
    assert!(screen.contains("! serv2 is offline"), "{screen}");
    assert!(screen.trim_end().lines().count() <= 6, "{screen}");
    window.types("q");
    window.sees("left with 0");
}

fn every_way_out_gives_the_terminal_back() {
    let mut window = Window::open("ways-out");
    // What is typed is shown again, and a line is one.
    let well = |window: &mut Window, status| {
        window.left(status);
        window.types("read -r line; echo \"read ${#line}\"\r");
        window.types("abc\r");
        let read = window.sees("read 3");
        assert!(read.contains("\nabc\n"), "{read}");
        window.types("printf '\\033[H\\033[2J'; echo before\r");
        window.until("before", |screen| screen.starts_with("before\n"));
    };
    for key in ["\x03", "\x04"] {
        window.watches();
        window.types(key);
        well(&mut window, 0);
    }
    for signal in ["INT", "TERM", "HUP"] {
        window.types(&format!(
            "(until [ -e /run/{signal} ]; do sleep 0.05; done; kill -{signal} $(cat /run/pid)) & "
        ));
        window.types(
            "sh -c 'echo $$ >/run/pid; exec bascule status --watch'; echo \"left with $?\"\r",
        );
        window.until("the other screen", |screen| {
            screen.contains("quorum 2 of 2") && !screen.contains("before")
        });
        std::fs::write(window.root.join("run").join(signal), "").unwrap();
        well(&mut window, 0);
    }
}

fn the_shell_has_its_prompt_again() {
    let mut terminal = Terminal::bascule("watch-shell");
    terminal.enter("status --watch");
    terminal.sees("q leaves");
    terminal.sees("quorum 2 of 2");
    terminal.answers("crm_mon", "serv2-lost.xml");
    terminal.sees("serv2 is offline");
    terminal.presses_ctrl('c');
    terminal.sees("cluster_web 1/2 serv1 ! ");
    terminal.enter("vip list");
    terminal.sees("there is no virtual address");
    terminal.sees("cluster_web 1/2 serv1 ! ");
    terminal.leaves();
}

fn a_line_for_each_event_without_a_terminal() {
    let mut terminal = Terminal::bascule("watch-lines");
    terminal.leaves();
    terminal.start("bascule status --watch | tee /run/lines");
    terminal.sees(" ✓ 2 of 2 nodes online, nothing is wrong");
    terminal.answers("crm_mon", "serv2-lost.xml");
    terminal.sees(" ! serv2 is offline · 1 of 2 nodes online");
    terminal.presses_ctrl('c');
    terminal.sees("# ");
    let lines = std::fs::read_to_string(terminal.root.join("run/lines")).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(!lines.contains('\x1b'), "{lines}");
    // A dumb terminal gets the same, and nobody who reads them ends it.
    terminal.start("env TERM=dumb bascule status --watch");
    terminal.sees(" ! 1 of 2 nodes online; ");
    terminal.presses_ctrl('c');
    terminal.sees("left with 0");
    terminal.start("bascule status --watch | head -n 1");
    terminal.sees(" ! 1 of 2 nodes online; ");
    terminal.sees("left with 0");
}

fn a_document_for_each_change() {
    let mut terminal = Terminal::new("watch-json");
    terminal.start("bascule status --watch -o json | tee /run/documents");
    terminal.sees("\"happened\":[]");
    terminal.answers("crm_mon", "serv2-lost.xml");
    terminal.sees("\"what\":\"serv2 is offline");
    terminal.presses_ctrl('c');
    terminal.sees("# ");
    let text = std::fs::read_to_string(terminal.root.join("run/documents")).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, state) in lines.iter().zip(["online", "offline"]) {
        assert_eq!(line["format"], 1);
        assert_eq!(line["nodes"][1]["state"], state);
    }
    assert_eq!(lines[1]["happened"][0]["grave"], true);
}

//! README shows what the program shows: each of its blocks is typed in a sandbox, or what it names is
//! looked for. What a release prints in its own way is as Debian 12 has it.
//!
//! In a block, `…` at the end of a line stands for the rest of it, and for lines that may follow.

use crate::completion::plugin;
use crate::completion::terminal::Terminal;
use crate::support::screen::Screen;
use crate::support::{answers, host};
use bascule::internals::parse;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

tests! {
    []
        every_block_is_compared
        lines_for_rc_files_are_those_that_the_shells_were_given
        every_verb_in_a_block_is_taken
        what_is_run_in_the_source_is_there;
    [Sandbox]
        a_session_and_its_undo
        a_verb_asks_for_what_it_lacks
        what_happens_meanwhile_is_told_above_the_line
        tab_lists_names_and_what_they_are;
}

/// How each block begins. A new one is not in here, and nothing would compare it.
const BLOCKS: [&str; 9] = [
    "sudo tests/try",
    "make deb",
    "$ sudo bascule\n",
    "cluster_web 2/2 serv1 › undo\n",
    "$ sudo bascule web prefer",
    "eval ",
    "serv1 › db primary",
    "cluster_web 2/2 serv1 › node standby\n",
    "  ! serv2 is offline",
];

/// The prompt of a cluster that all is well with.
const PROMPT: &str = "cluster_web 2/2 serv1 › ";

/// Rows and columns of the terminal.
const SIZE: (u16, u16) = (60, 100);

/// Empties the screen, typed at a shell.
const CLEAR: &str = "printf '\\033[H\\033[2J'\r";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns README's blocks.
fn blocks() -> Vec<String> {
    let text = std::fs::read_to_string(repository("README.md")).unwrap();
    let parts = text.split("\n```\n").collect::<Vec<_>>();
    assert_eq!(parts.len() % 2, 1, "a block has no end, or a language");
    parts
        .iter()
        .skip(1)
        .step_by(2)
        .map(|part| format!("{part}\n"))
        .collect()
}

/// Returns the block that begins so.
fn block(begin: &str) -> String {
    blocks()
        .into_iter()
        .find(|block| block.starts_with(begin))
        .unwrap()
}

/// Returns a line without how long something took.
fn untimed(line: &str) -> String {
    let line = line.trim_end();
    match line
        .strip_suffix(" s")
        .and_then(|line| line.rsplit_once(' '))
    {
        Some((line, seconds)) if seconds.parse::<f64>().is_ok() => format!("{line} N.N s"),
        _ => line.to_owned(),
    }
}

/// Compares what a block shows with what is on the screen.
fn compare(block: &str, screen: &str) {
    let lines = |text: &str| text.trim_end().lines().map(untimed).collect::<Vec<_>>();
    let (wanted, mut found) = (lines(block), lines(screen));
    for (number, line) in wanted.iter().enumerate() {
        let (Some(begin), Some(whole)) = (line.strip_suffix('…'), found.get(number)) else {
            continue;
        };
        if whole.starts_with(begin) {
            let next = wanted
                .get(number + 1)
                .map(|next| next.trim_end_matches('…'));
            let is_next = |line: &String| next.is_some_and(|next| line.starts_with(next));
            let rest = found.iter().skip(number + 1);
            let left_out = rest.take_while(|line| !is_next(line)).count();
            found.splice(number..=number + left_out, [line.clone()]);
        }
    }
    assert_eq!(
        wanted.join("\n"),
        found.join("\n"),
        "README (left) does not show what the program does:\n{screen}\n"
    );
}

/// A sandbox's shell on a terminal, without colours and so without hints behind the cursor.
struct Session {
    screen: Screen,
    root: PathBuf,
}

impl Session {
    /// Opens it on what was recorded for a transcript, and runs lines of it that README does not show.
    fn on(transcript: &str, name: &str, before: &[&str]) -> Session {
        let path = format!("tests/cli/recorded/bookworm/{transcript}.txt");
        let recorded = answers::read(&repository(&path));
        let (root, enter) = host::sandbox(&format!("readme-{name}"), &recorded);
        host::program(&root, "sudo", "NO_COLOR=1 TERM=xterm exec \"$@\"");
        let screen = Screen::open(enter, SIZE);
        let mut session = Session { screen, root };
        session.waits_for("#");
        let (rows, columns) = SIZE;
        let ready = format!("stty echo rows {rows} cols {columns}; PS1='$ '");
        session.types(&format!("{ready}; {CLEAR}"));
        session.waits_for("$");
        for line in before {
            session.types(&format!(
                "bascule {line} --yes >/tmp/said 2>&1; echo \"ended with $?\"\r"
            ));
            session.sees("ended with 0");
            session.waits_for("$");
        }
        session.clears("$");
        session
    }

    fn types(&mut self, text: &str) {
        self.screen.types(text);
    }

    fn sees(&self, text: &str) -> String {
        self.screen
            .until(text, |screen| screen.contents().contains(text))
    }

    /// Waits until the last line is this prompt, with nothing behind it.
    fn waits_for(&self, prompt: &str) -> String {
        self.screen.until(prompt, |screen| {
            let text = screen.contents();
            text.trim_end().lines().last() == Some(prompt.trim_end())
        })
    }

    /// Empties the screen.
    fn clears(&mut self, prompt: &str) {
        if prompt == "$" {
            self.types(CLEAR);
        } else {
            self.types("\x0c");
        }
        let wanted = prompt.trim_end();
        self.screen.until("an empty screen", |screen| {
            screen.contents().trim_end() == wanted
        });
    }

    /// Types what stands behind each prompt of a block, and compares all that this shows.
    fn shows(&mut self, block: &str) {
        let mut is_answer = false;
        for line in block.lines() {
            // Behind an answer the line stands whole at a prompt: nobody types it.
            let was_answer = std::mem::replace(&mut is_answer, line.starts_with("  NODE › "));
            let typed = if line.starts_with("$ ") {
                line.split_once(' ')
            } else if is_answer
                || line.starts_with("apply? ")
                || line.starts_with(PROMPT) && !was_answer
            {
                line.rsplit_once("› ")
            } else {
                None
            };
            if let Some((prompt, words)) = typed {
                let end = if prompt == "$" { "" } else { "›" };
                self.waits_for(&format!("{prompt}{end}"));
                self.types(&format!("{words}\r"));
            }
        }
        // The prompt after what was answered last, or the question that the block ends with.
        let last = block.lines().last().unwrap();
        let end = if last.contains('›') { last } else { PROMPT };
        let screen = self.waits_for(end);
        let screen = screen.trim_end();
        compare(
            block,
            screen.strip_suffix(PROMPT.trim_end()).unwrap_or(screen),
        );
    }
}

fn every_block_is_compared() {
    let blocks = blocks();
    assert_eq!(blocks.len(), BLOCKS.len());
    for (block, begin) in blocks.iter().zip(BLOCKS) {
        assert!(
            block.starts_with(begin),
            "nothing compares this block of README:\n{block}"
        );
    }
}

fn a_session_and_its_undo() {
    let mut session = Session::on("session", "session", &["web add apache2 --everywhere"]);
    session.shows(&block(BLOCKS[2]));
    session.types("node standby serv1 --yes\r");
    session.sees("operation 3;");
    session.waits_for(PROMPT);
    // What crm_simulate says of two copies was recorded in their order: the first is of the cluster as it is.
    session.types("undo --dry-run\r");
    session.sees("one patch");
    session.waits_for(PROMPT);
    session.clears(PROMPT);
    session.shows(&block(BLOCKS[3]));
}

fn a_verb_asks_for_what_it_lacks() {
    let group = "vip add 172.16.0.12/24 --name IPFailover then web add apache2 --name serviceWeb \
                 then web group servweb IPFailover serviceWeb";
    let mut session = Session::on("group", "asks", &[group]);
    session.types("sudo bascule\r");
    session.waits_for(PROMPT);
    session.clears(PROMPT);
    session.shows(&block(BLOCKS[7]));
}

fn what_happens_meanwhile_is_told_above_the_line() {
    let mut session = Session::on("shell", "told", &[]);
    session.types("sudo bascule\r");
    session.waits_for(PROMPT);
    session.clears(PROMPT);
    let block = block(BLOCKS[8]);
    let (_, typed) = block.trim_end().rsplit_once("! ").unwrap();
    session.types(typed);
    session.sees(typed);
    host::answers(
        &session.root,
        "crm_mon",
        &repository("tests/shell/recorded/serv2-lost.xml"),
    );
    let screen = session.waits_for(block.lines().last().unwrap());
    compare(&block, &screen);
}

fn tab_lists_names_and_what_they_are() {
    let shell = "bash --noprofile --rcfile ~/rc -i";
    let mut terminal = Terminal::new("bash-readme", &[plugin::BASH], shell);
    let block = block(BLOCKS[4]);
    for part in block.split("$ ").skip(1) {
        let (line, listed) = part.split_once('\n').unwrap();
        let typed = line.replace("<Tab>", "");
        terminal.types(&line.replace("<Tab>", "\t"));
        let again = format!("here> {}", typed.trim_end());
        let screen = terminal.until("the line below what is listed", |screen| {
            screen.matches(&again).count() == 2
        });
        let (_, list) = screen.split_once('\n').unwrap();
        let (list, _) = list.rsplit_once(&again).unwrap();
        compare(listed, list);
        terminal.clears();
    }
}

fn lines_for_rc_files_are_those_that_the_shells_were_given() {
    let block = block(BLOCKS[5]);
    let [bash, fish] = [0, 1].map(|number| {
        let line = block.lines().nth(number).unwrap();
        line.split_once(" # ").unwrap().0.trim_end()
    });
    assert!(plugin::BASH.1.contains(bash), "{bash}");
    assert!(
        plugin::ZSH.1.contains(&bash.replace("bash", "zsh")),
        "{bash}"
    );
    assert!(plugin::FISH.1.contains(fish), "{fish}");
}

fn every_verb_in_a_block_is_taken() {
    let mut taken = 0;
    for line in blocks().iter().flat_map(|block| block.lines()) {
        let typed = line.split_once("› ").filter(|_| line.starts_with("serv"));
        if let Some((_, words)) = typed {
            let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
            parse(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
            taken += 1;
        }
    }
    assert_eq!(taken, 4);
}

fn what_is_run_in_the_source_is_there() {
    let makefile = std::fs::read_to_string(repository("Makefile")).unwrap();
    let package = format!(
        "target/debian/bascule_{}-1_amd64.deb",
        env!("CARGO_PKG_VERSION")
    );
    let mut packages = 0;
    for line in [BLOCKS[0], BLOCKS[1]].map(block).join("").lines() {
        for word in line
            .split_whitespace()
            .map(|word| word.trim_start_matches("./"))
        {
            if word.starts_with("tests/") {
                assert!(repository(word).is_file(), "{line}");
            }
            if word.starts_with("target/") {
                assert_eq!(word, package, "{line}");
                packages += 1;
            }
        }
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["make", target, ..] => {
                assert!(makefile.contains(&format!("\n{target}:\n")), "{line}");
            }
            ["man", page, ..] => {
                assert!(repository(&format!("man/{page}.7")).is_file(), "{line}");
                assert!(
                    !line.contains("-L fr") || repository(&format!("man/fr/{page}.7")).is_file()
                );
            }
            ["sudo", "apt-get", "install", ..] => {}
            ["sudo", script, ..] => assert!(repository(script).is_file(), "{line}"),
            _ => panic!("what is {line}?"),
        }
    }
    assert_eq!(
        packages, 2,
        "where `make deb` writes it, and from where it is installed"
    );
}

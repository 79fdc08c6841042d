//! A terminal in a sandbox of `tests/cli`: typed into by a test, and read back as a person sees it.

use crate::support::crowd::crowded;
use crate::support::host;
use crate::support::screen::Screen;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows and columns of the terminal.
const SIZE: (u16, u16) = (40, 100);

/// The prompt of every shell here.
const PROMPT: &str = "here> ";

/// A shell in a sandbox with a terminal.
pub struct Terminal {
    screen: Screen,
    /// The sandbox's root.
    pub root: PathBuf,
}

/// What serv1 of a real cluster was read from.
fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/completion/recorded")
}

fn completions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let to = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            std::fs::copy(&entry, &to).unwrap();
        }
    }
}

/// Makes the sandbox: the files of a real host, and the tools that are asked, as they answered there.
fn sandbox(name: &str) -> (PathBuf, std::process::Command) {
    let answers = BTreeMap::from([("tools".to_owned(), String::new())]);
    let (root, enter) = host::sandbox(&format!("completion-{name}"), &answers);
    copy(&recorded().join("root"), &root);
    copy(&recorded(), &root.join("opt/answers"));
    copy(&completions(), &root.join("root/completions"));
    host::program(&root, "crm_mon", "cat /opt/answers/crm_mon");
    host::program(&root, "ip", "cat /opt/answers/ip");
    host::program(
        &root,
        "cibadmin",
        "echo 'cibadmin was asked' >>/root/asked; exit 1",
    );
    host::program(
        &root,
        "crm",
        "if [ \"$1\" = --compgen ]; then\n\
             exec cat \"/opt/answers/$(echo \"$3\" | tr ' ' _)\"\n\
         fi\n\
         echo \"crmsh got: $*\"",
    );
    host::program(&root, "sudo", "exec \"$@\"");
    (root, enter)
}

impl Terminal {
    /// Opens a shell by its command line; its rc files lie below the sandbox's /root.
    pub fn new(name: &str, rc: &[(&str, &str)], shell: &str) -> Terminal {
        let (root, enter) = sandbox(name);
        for (path, text) in rc {
            let path = root.join("root").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let screen = Screen::open(enter, SIZE);
        let (rows, columns) = SIZE;
        let mut terminal = Terminal { screen, root };
        terminal.sees("# ");
        terminal.types(&format!(
            "stty echo rows {rows} cols {columns}; cd /root; printf '\\033[H\\033[2J'; \
             env TERM=xterm PATH=/opt/fake:/opt/plain:/usr/bin {shell}\r"
        ));
        terminal.sees(PROMPT);
        terminal
    }

    /// Puts a thousand more resources into the configuration on the disk.
    pub fn crowd(&self) {
        let path = self.root.join("var/lib/pacemaker/cib/cib.xml");
        let recorded = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, crowded(&recorded)).unwrap();
    }

    /// Types text.
    pub fn types(&mut self, text: &str) {
        self.screen.types(text);
    }

    /// Returns the screen once it is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.screen.until(what, |screen| wanted(&screen.contents()))
    }

    /// Waits for text; returns the screen.
    pub fn sees(&mut self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until the line that is being typed is this one.
    pub fn line_is(&mut self, line: &str) {
        let wanted = format!("{PROMPT}{line}");
        self.until(&wanted.clone(), |screen| {
            let last = screen.rfind(PROMPT).map(|at| &screen[at..]);
            last.and_then(|text| text.lines().next())
                .is_some_and(|found| found.trim_end() == wanted.trim_end())
        });
    }

    /// Types a line and keys for completion after it, and waits for what the line becomes.
    pub fn completes(&mut self, typed: &str, line: &str) {
        self.types(&format!("{typed}\t"));
        self.line_is(line);
        self.clears();
    }

    /// Empties the line and the screen.
    pub fn clears(&mut self) {
        // Ctrl-E and Ctrl-U, and Ctrl-L for what was listed.
        self.types("\x05\x15\x0c");
        self.until("an empty line", |screen| screen.trim() == PROMPT.trim());
    }
}

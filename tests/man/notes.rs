//! bascule-notes(7): the English page and the French one have the same commands, each of which the
//! grammar takes. tests/e2e/man-notes runs them on real hosts.

use super::folder;
use std::ffi::OsString;

tests! {
    []
        both_languages_have_the_same_commands
        the_grammar_takes_every_command_of_the_notes
        the_notes_are_of_this_version;
}

/// The pages, which are written by hand.
pub const PAGES: [&str; 2] = ["bascule-notes.7", "fr/bascule-notes.7"];

fn page(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect("the page")
}

/// Returns the lines that stand as they are and are typed or printed: those from the first prompt of
/// a block on.
fn transcript(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            ".nf" => inside = false,
            ".fi" => inside = false,
            _ => {
                inside |= ["serv1# ", "serv2# ", "client$ "]
                    .iter()
                    .any(|prompt| line.starts_with(prompt));
                if inside {
                    let plain = line.replace("\\-", "-").replace("\\(aq", "'");
                    lines.push(plain.replace("\\e", "\\"));
                }
            }
        }
    }
    lines
}

fn both_languages_have_the_same_commands() {
    let [english, french] = PAGES.map(|name| transcript(&page(name)));
    assert_eq!(english, french);
}

fn the_grammar_takes_every_command_of_the_notes() {
    let all = transcript(&page(PAGES[0])).join("\n").replace("\\\n", " ");
    let mut verbs = 0;
    for line in all.lines() {
        let Some((_, words)) = line.split_once("# bascule ") else {
            continue;
        };
        let words = shlex::split(words).expect("quotes that close");
        let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        if let Err(error) = bascule::internals::parse(&words) {
            panic!("{line}: {error}");
        }
        verbs += 1;
    }
    assert!(verbs > 15, "{verbs}");
}

fn the_notes_are_of_this_version() {
    for name in PAGES {
        let version = format!("\"bascule {}\"", env!("CARGO_PKG_VERSION"));
        assert!(page(name).contains(&version), "man/{name}: .TH");
    }
}

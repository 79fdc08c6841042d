//! The words of a verb, and running it.

use super::host_command::BANG;
use super::session::Shell;
use crate::exit::Exit;
use crate::facts::tool;
use crate::grammar;
use crate::grammar::{Options, Verb};
use crate::perform::{Place, perform, usage};
use crate::plan::Refusal;
use crate::shell::crmsh;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Returns true when crmsh knows the words and no verb of ours has the name.
pub fn theirs(shell: &Shell, words: &[String]) -> bool {
    crmsh::takes_in(&shell.grammar, words)
}

/// Runs the words of a verb, which were typed in this line.
pub fn run_words(shell: &mut Shell, words: &[String], line: &str) -> Exit {
    if let Some(refusal) = unknown_verb(shell, &words[0], line) {
        shell.ui.refusal(&refusal, "");
        return Exit::Usage;
    }
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let line = match grammar::parse_line(&mut shell.grammar, &words) {
        Ok(line) => line,
        Err(error) => return usage(&error),
    };
    let options = shell.options.and(&Options::of_all(&line.verbs));
    let verbs: Vec<Verb> = line.verbs.into_iter().filter_map(|cli| cli.verb).collect();
    if verbs.is_empty() {
        shell
            .ui
            .error("these options belong to a verb, in front of it or behind");
        return Exit::Usage;
    }
    shell.signals.forget();
    let run = || {
        let place = Place {
            host: shell.host,
            signals: shell.signals,
            ui: shell.ui,
            lock: &mut shell.lock,
        };
        perform(&verbs, &options, line.command.clone(), place)
    };
    // Nothing that a verb leaves half done is used again: each line reads and plans anew, and the
    // journal knows how far a plan came.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(exit) => exit,
        Err(_) => {
            shell.signals.rest();
            shell.ui.error(
                "this is a bug in bascule, the text above tells where; the shell goes on, and \
                 `history` tells how far it came",
            );
            Exit::Failed
        }
    }
}

/// Returns the refusal of a line whose first word nobody knows.
fn unknown_verb(shell: &Shell, word: &str, line: &str) -> Option<Refusal> {
    if word.starts_with('-') || shell.grammar.find_subcommand(word).is_some() {
        return None;
    }
    let verbs = shell
        .grammar
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(clap::Command::get_name);
    let known = verbs
        .chain(crmsh::FIRST.iter().copied())
        .chain(["help", "quit"]);
    let refusal = Refusal::usage(format!("there is no verb {word}"));
    if tool::find(word).is_some() {
        let command = format!("{BANG}{}", line.trim());
        return Some(refusal.hint("the program of this host", command));
    }
    Some(
        refusal
            .did_you_mean(word, known)
            .hint("what there is", "help"),
    )
}

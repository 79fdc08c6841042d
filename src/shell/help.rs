//! `help`, `help VERB`, `?`.

use super::session::Shell;
use super::verb;
use crate::exit::Exit;
use crate::plan::shell_line;
use crate::report::{Report, Role, Span};

/// Prints what can be typed, or what a verb takes.
pub fn help(shell: &mut Shell, words: &[String]) -> Exit {
    if words.is_empty() {
        let report = overview(shell);
        shell.ui.report(&report);
        return Exit::Done;
    }
    let mut words = words.to_vec();
    if verb::theirs(shell, &words) {
        // `crm configure help primitive`: a level's commands are explained within it.
        words.insert(1, "help".to_owned());
        words.insert(0, "crm".to_owned());
    } else {
        words.push("--help".to_owned());
    }
    verb::run_words(shell, &words, &shell_line(&words))
}

fn overview(shell: &Shell) -> Report {
    let mut report = Report::default();
    let row = |name: &str, about: String| vec![Span::new(Role::Command, name), Span::from(about)];
    let mut rows = Vec::new();
    for verb in shell
        .grammar
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
    {
        let mut about = verb
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let below: Vec<&str> = verb
            .get_subcommands()
            .filter(|verb| !verb.is_hide_set())
            .map(clap::Command::get_name)
            .collect();
        if !below.is_empty() {
            about.push_str(&format!(": {}", below.join(", ")));
        }
        rows.push(row(verb.get_name(), about));
    }
    rows.push(row(
        "help VERB",
        "What it takes; `VERB ?` does the same".to_owned(),
    ));
    rows.push(row("quit", "Leave, as Ctrl-D does".to_owned()));
    report.table(rows);
    report.say("");
    report.say("  Words of crmsh (configure, resource, node show …) go to crmsh as typed.");
    report.say("  !COMMAND runs a command of this host's, such as !crm_mon -1.");
    report.say("  -n in front of a verb or behind it shows the plan and changes nothing.");
    report
}

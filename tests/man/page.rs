//! The pages: each is made from the grammar and from the verb's text in `explain`.

use super::roff::{Page, bold, escape, italic};
use bascule::internals::{Topic, Verb as Verbs, VerbKind, find, parse};
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;

/// The day of the texts, which stands at the foot of each page.
const DATE: &str = "2026-11-22";

/// A verb, with the words that it is typed with.
pub struct Verb<'a> {
    /// Its words: `vip add`.
    pub name: String,
    command: &'a Command,
    topic: &'static Topic,
}

impl Verb<'_> {
    /// Returns the name of its page.
    pub fn page(&self) -> String {
        format!("bascule-{}", self.name.replace(' ', "-"))
    }
}

/// Returns the verbs at the ends of the grammar, in its order.
pub fn verbs(grammar: &Command) -> Vec<Verb<'_>> {
    fn add<'a>(command: &'a Command, before: &str, found: &mut Vec<Verb<'a>>) {
        for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
            let name = format!("{before}{}", verb.get_name());
            if verb.has_subcommands() {
                add(verb, &format!("{name} "), found);
            } else {
                found.push(Verb {
                    topic: find(&name).unwrap_or_else(|| panic!("explain {name}")),
                    name,
                    command: verb,
                });
            }
        }
    }
    let mut found = Vec::new();
    add(grammar, "", &mut found);
    found
}

/// Returns bascule(1): the whole table of verbs.
pub fn program(grammar: &Command) -> String {
    let topic = find("bascule").expect("explain bascule");
    let mut page = begin("bascule", "bascule", topic);
    page.section("SYNOPSIS");
    let options = format!("[{}]", italic("OPTIONS"));
    page.hanging(&[bold("bascule"), options.clone()]);
    page.hanging(&[
        bold("bascule"),
        options.clone(),
        italic("VERB ARGUMENT ..."),
    ]);
    page.hanging(&[
        bold("bascule"),
        options,
        italic("VERB ..."),
        bold("then"),
        italic("VERB ..."),
    ]);
    page.section("DESCRIPTION");
    if let Some(about) = grammar.get_long_about() {
        let about = about.to_string();
        for paragraph in about.split("\n\n").skip(1) {
            page.paragraph(paragraph);
        }
    }
    text(&mut page, topic.body());
    page.section("VERBS");
    page.paragraph(
        "Each has a page of its own: `vip add` is described in `bascule-vip-add`(1). \
         `help` and a verb, or a verb and `--help`, show its options.",
    );
    let verbs = verbs(grammar);
    for noun in grammar.get_subcommands().filter(|noun| !noun.is_hide_set()) {
        if noun.has_subcommands() {
            let about = noun.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            page.subsection(&format!("{}: {about}", noun.get_name()));
        } else if noun.get_name() == "status" {
            page.subsection("What is, what was, and why");
        }
        let prefix = format!("{} ", noun.get_name());
        for verb in verbs.iter().filter(|verb| {
            verb.name == noun.get_name() || noun.has_subcommands() && verb.name.starts_with(&prefix)
        }) {
            let synopsis = [vec![bold(&verb.name)], arguments(verb.command)].concat();
            let about = verb.command.get_about().map(ToString::to_string);
            page.item(&synopsis.join(" "), &sentence(&about.unwrap_or_default()));
        }
        if noun.get_name() == "explain" {
            // No verb: `help VERB` is read as `VERB --help`.
            let synopsis = format!("{} [\\fIVERB\\fR]", bold("help"));
            page.item(
                &synopsis,
                "What can be typed, or a verb's options and examples.",
            );
        }
    }
    page.section("OPTIONS");
    page.paragraph("They go for every verb, in front of it or behind.");
    for option in grammar.get_opts().filter(is_common) {
        item(&mut page, option);
    }
    page.item(
        &format!("{}, {}", bold("-h"), bold("--help")),
        "Print what can be typed, or what a verb takes.",
    );
    page.item(
        &format!("{}, {}", bold("-V"), bold("--version")),
        "Print the version.",
    );
    for (name, heading) in [
        ("plan", "PLANS"),
        ("then", "SEVERAL VERBS AS ONE"),
        ("shell", "THE SHELL"),
    ] {
        let topic = find(name).unwrap_or_else(|| panic!("explain {name}"));
        page.section(heading);
        text(&mut page, topic.body());
    }
    end(&mut page, topic, None);
    page.source()
}

/// Returns the page of a verb.
pub fn verb(verb: &Verb, all: &[Verb]) -> String {
    let mut page = begin(&verb.page(), &verb.page(), verb.topic);
    page.section("SYNOPSIS");
    let mut words = vec![bold(&format!("bascule {}", verb.name))];
    words.extend(arguments(verb.command));
    page.hanging(&words);
    page.section("DESCRIPTION");
    let about = verb.command.get_long_about();
    let about = about.or(verb.command.get_about()).map(ToString::to_string);
    for paragraph in about.unwrap_or_default().split("\n\n") {
        page.paragraph(&sentence(paragraph));
    }
    text(&mut page, verb.topic.body());
    page.section("OPTIONS");
    let positionals = verb.command.get_positionals().filter(own);
    let options = verb.command.get_opts().filter(own);
    let mut some = false;
    for arg in positionals.chain(options) {
        item(&mut page, arg);
        some = true;
    }
    let common = "`--dry-run`, `--yes`, `--output` and the others that go for every verb are described \
                  in `bascule`(1).";
    match (some, verb.name.as_str()) {
        (_, "crm") => page.paragraph("All that follows `crm` is given to crmsh, options included."),
        (true, _) => page.paragraph(common),
        (false, _) => page.paragraph(&format!("It has none of its own. {common}")),
    }
    end(&mut page, verb.topic, Some(all));
    page.source()
}

fn begin(name: &str, command: &str, topic: &Topic) -> Page {
    let made_from = format!(
        "Made by `make man` from the grammar (src/cli) and the texts of explain ({}).",
        topic.name
    );
    let mut page = Page::new(name, 1, DATE, &made_from);
    page.section("NAME");
    page.raw(&format!("{} \\-", escape(command)));
    page.raw(&escape(topic.title()));
    page
}

/// The sections that are written by hand in the topic's text, and what goes for every verb.
fn end(page: &mut Page, topic: &Topic, all: Option<&[Verb]>) {
    page.section("EXIT STATUS");
    for entry in topic.statuses() {
        page.item(&bold(entry.name), &sentence(&entry.about));
    }
    let statuses = find("exit").expect("explain exit");
    for line in statuses.body().filter(|line| line.starts_with("    ")) {
        let (status, about) = line
            .trim()
            .split_once(' ')
            .expect("a status and its meaning");
        if only_looks(topic) && !["0", "2", "3"].contains(&status) {
            continue;
        }
        if !topic.statuses().iter().any(|entry| entry.name == status) {
            page.item(&bold(status), &sentence(about.trim()));
        }
    }
    let environment = topic.environment();
    if !environment.is_empty() {
        page.section("ENVIRONMENT");
    }
    for entry in environment {
        page.item(&bold(entry.name), &sentence(&entry.about));
    }
    let mut files = topic.files();
    let program = find("bascule").expect("explain bascule").files();
    if !only_looks(topic) && !files.iter().any(|file| file.name == program[0].name) {
        files.extend(program.into_iter().take(1));
    }
    if !files.is_empty() {
        page.section("FILES");
    }
    for file in files {
        page.item(&italic(file.name), &sentence(&file.about));
    }
    page.section("EXAMPLES");
    for example in topic.examples() {
        let typed = format!("bascule {}", example.command.replace('\n', "\n    "));
        page.lines(&typed.lines().collect::<Vec<_>>());
        if !example.about.is_empty() {
            page.raw(".RS 8");
            page.paragraph(&sentence(&example.about));
            page.raw(".RE");
        }
    }
    page.section("SEE ALSO");
    let mut see = topic.see_also();
    if all.is_some() {
        see.extend(["bascule(1)".to_owned(), "bascule-notes(7)".to_owned()]);
    }
    let told: Vec<String> = see.iter().map(|word| reference(word)).collect();
    page.raw(&told.join(",\n"));
}

/// Returns true for a verb that changes nothing: it has no step to fail and nothing to ask.
fn only_looks(topic: &Topic) -> bool {
    let examples = topic.examples();
    let first = &examples.first().expect("an example").command;
    let words = shlex::split(first).expect("quotes that close");
    let words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    let verbs = parse(&words).expect("an example that parses").verbs;
    match &verbs[0].verb {
        Some(Verbs::Status(_) | Verbs::History(_) | Verbs::Show(_) | Verbs::Explain(_)) => true,
        Some(Verbs::Crm(_) | Verbs::Init(_)) => true,
        Some(verb) => matches!(verb.kind(), VerbKind::Look(_)),
        None => false,
    }
}

fn reference(word: &str) -> String {
    if word.starts_with("explain ") {
        return bold(&format!("bascule {word}"));
    }
    match word.split_once('(') {
        Some((name, section)) => format!("{}({section}", bold(name)),
        None => format!(
            "{}(1)",
            bold(&format!("bascule-{}", word.replace(' ', "-")))
        ),
    }
}

/// The options that go for every verb.
fn is_common(arg: &&Arg) -> bool {
    arg.is_global_set()
}

/// What belongs to the verb alone.
fn own(arg: &&Arg) -> bool {
    !is_common(arg) && !arg.is_hide_set() && arg.get_id() != "help" && arg.get_id() != "version"
}

/// Returns what follows the verb, as roff: what must be there first.
fn arguments(command: &Command) -> Vec<String> {
    let mut words = Vec::new();
    for arg in command.get_opts().filter(own) {
        let mut word = bold(&format!("--{}", arg.get_long().unwrap_or_default()));
        if arg.get_action().takes_values() {
            word = format!("{word} {}", italic(&value(arg)));
        }
        let many = if matches!(arg.get_action(), ArgAction::Append) {
            " ..."
        } else {
            ""
        };
        words.push(match arg.is_required_set() {
            true => format!("{word}{many}"),
            false => format!("[{word}]{many}"),
        });
    }
    for arg in command.get_positionals().filter(own) {
        let several = arg
            .get_num_args()
            .is_some_and(|range| range.max_values() > 1);
        let many = if several { " ..." } else { "" };
        let dashes = if arg.is_last_set() { "\\-\\- " } else { "" };
        let word = format!("{dashes}{}{many}", italic(&value(arg)));
        words.push(match arg.is_required_set() {
            true => word,
            false => format!("[{word}]"),
        });
    }
    words
}

fn value(arg: &Arg) -> String {
    match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        _ => arg.get_id().to_string().to_uppercase(),
    }
}

/// An argument and what it means.
fn item(page: &mut Page, arg: &Arg) {
    let mut term = Vec::new();
    if arg.is_positional() {
        term.push(italic(&value(arg)));
    } else {
        term.extend(arg.get_short().map(|short| bold(&format!("-{short}"))));
        term.extend(arg.get_long().map(|long| bold(&format!("--{long}"))));
    }
    let mut term = term.join(", ");
    if !arg.is_positional() && arg.get_action().takes_values() {
        term = format!("{term} {}", italic(&value(arg)));
    }
    let help = arg.get_long_help().or(arg.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let paragraphs: Vec<String> = help.split("\n\n").map(sentence).collect();
    let mut about = paragraphs.join(" ");
    if arg.get_action().takes_values() {
        let values: Vec<String> = arg
            .get_possible_values()
            .iter()
            .map(|value| match value.get_help() {
                Some(help) => format!("`{}` ({})", value.get_name(), lower(&help.to_string())),
                None => format!("`{}`", value.get_name()),
            })
            .collect();
        if !values.is_empty() {
            about = format!("{about} One of {}.", values.join(", "));
        }
        if let [default] = arg.get_default_values() {
            about = format!("{about} Without it: {}.", default.to_string_lossy());
        }
    }
    page.item(&term, &about);
}

/// Returns text as a sentence: with a capital letter and a full stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string());
    let text = first.unwrap_or_default() + characters.as_str();
    match text.chars().last() {
        None | Some('.' | '!' | '?' | ':') => text,
        _ => format!("{text}."),
    }
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_lowercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// Adds the text of a topic: paragraphs, and lines that are indented as they are.
fn text<'a>(page: &mut Page, lines: impl Iterator<Item = &'a str>) {
    let mut paragraph = String::new();
    let mut block: Vec<&str> = Vec::new();
    let flush = |page: &mut Page, paragraph: &mut String, block: &mut Vec<&str>| {
        if !paragraph.is_empty() {
            page.paragraph(paragraph);
            paragraph.clear();
        }
        if !block.is_empty() {
            let edge = |line: &&str| line.len() - line.trim_start().len();
            let edge = block.iter().map(edge).min().unwrap_or(0);
            let lines: Vec<&str> = block.iter().map(|line| &line[edge..]).collect();
            page.lines(&lines);
            block.clear();
        }
    };
    for line in lines {
        let is_indented = line.starts_with("  ");
        if line.is_empty() {
            flush(page, &mut paragraph, &mut block);
        }
        if is_indented {
            if !paragraph.is_empty() {
                flush(page, &mut paragraph, &mut block);
            }
            block.push(line);
        } else if !line.is_empty() {
            if !block.is_empty() {
                flush(page, &mut paragraph, &mut block);
            }
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    flush(page, &mut paragraph, &mut block);
}

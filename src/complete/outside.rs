//! Completion for bash, zsh and fish, whose scripts (`completions/`) ask the program itself.
//!
//! So what is offered is never older than what is installed. Nothing on any trouble: no error, no
//! question, no wait over the deadlines in `names`.

use super::{Candidate, Native, found_candidates, narrowed, native, options_last, quoted};
use crate::grammar;
use crate::init::WORDS;
use crate::wording;
use crate::words::split_unfinished;
use std::ffi::OsString;
use unicode_width::UnicodeWidthStr;

/// The variable by which a shell's script asks: it holds the shell's name. One of our own, so that
/// nothing in root's environment turns a command into a question for its completion.
pub const VARIABLE: &str = "BASCULE_COMPLETE";

/// More than this is narrowed to what the names begin with; fish pages and searches by itself.
const MOST: usize = 60;

/// To so many beginnings, which fit on any screen.
const ROOM: usize = 20;

/// The answer to a shell.
#[derive(Debug, PartialEq, Eq)]
enum Completion {
    /// Words, or beginnings of words.
    Words(Vec<Candidate>),
    /// A kind of word that the shell itself knows best.
    Native(Native),
}

/// Answers a shell, if one asks.
///
/// The first line says of what kind the answer is: `words`, `open` (a lone word that more is to be
/// typed of, without a blank behind it), `files`, `commands` or `arguments`. Then comes one candidate
/// on a line, as the shell takes it.
pub fn answer(mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let shell = std::env::var(VARIABLE).ok()?;
    arguments.next();
    let given: Vec<String> = arguments
        .filter_map(|word| word.into_string().ok())
        .collect();
    Some(match shell.as_str() {
        "bash" => answer_bash(&given).unwrap_or_default(),
        "zsh" => render_zsh(&ask(&given, true)),
        "fish" => render_fish(&ask(&given, true)),
        _ => String::new(),
    })
}

/// Returns what may stand behind `crm`: crmsh's words, and ours.
fn of_both(typed: &str) -> Vec<Candidate> {
    let grammar = grammar::grammar();
    let ours = WORDS.iter().filter(|word| word.starts_with(typed));
    let mut found: Vec<Candidate> = ours
        .filter_map(|word| {
            let about = grammar.find_subcommand(word)?.get_about()?;
            Some(Candidate::new(*word, format!("{about} (bascule)")))
        })
        .collect();
    found.extend(super::crmsh_candidates(&[typed.to_owned()]));
    found
}

/// Returns what crmsh says may stand in its line.
fn of_crmsh(words: &[String]) -> Completion {
    match words {
        [.., option, _] if matches!(option.as_str(), "-f" | "--file") => {
            Completion::Native(Native::File)
        }
        _ => Completion::Words(super::crmsh_candidates(words)),
    }
}

/// Returns what may stand in place of the last of these words, the first of which is the program.
fn ask(line: &[String], described: bool) -> Completion {
    let Some((program, words)) = line.split_first() else {
        return Completion::Words(Vec::new());
    };
    match words {
        // The function that `init` makes.
        [first] if program == "crm" => return Completion::Words(of_both(first)),
        [first, ..] if program == "crm" && !WORDS.contains(&first.as_str()) => {
            return of_crmsh(words);
        }
        [first, line @ ..] if first == "crm" && !line.is_empty() => return of_crmsh(line),
        _ => {}
    }
    let mut grammar = grammar::grammar();
    if let Some((HELP, verb)) = words
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
        && let Some((typed, verb)) = verb.split_last()
    {
        return Completion::Words(verbs(&grammar, verb, typed));
    }
    if let Some(native) = native(&grammar, words) {
        return Completion::Native(native);
    }
    let mut found = found_candidates(&mut grammar, words, described);
    if let [typed] = words
        && HELP.starts_with(typed.as_str())
    {
        found.push(Candidate::new(
            HELP,
            "What can be typed; help VERB tells more",
        ));
    }
    Completion::Words(options_last(found, words))
}

/// The word that asks for the help of the verb behind it.
const HELP: &str = "help";

/// Returns the verbs below a verb that begin so.
fn verbs(grammar: &clap::Command, before: &[String], typed: &str) -> Vec<Candidate> {
    let Some(at) = grammar::verb(grammar, before) else {
        return Vec::new();
    };
    at.get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name().starts_with(typed))
        .map(|verb| {
            let about = verb.get_about().map(ToString::to_string);
            Candidate::new(verb.get_name(), about.unwrap_or_default())
        })
        .collect()
}

fn kind(native: Native) -> &'static str {
    match native {
        Native::File => "files\n",
        Native::Command => "commands\n",
        Native::Arguments => "arguments\n",
    }
}

/// Returns the first line of what a candidate is.
fn first_line(candidate: &Candidate) -> &str {
    candidate.help.lines().next().unwrap_or_default()
}

/// Answers zsh: `+` or `-` for a word that is open or whole, the word, what it is.
fn render_zsh(answer: &Completion) -> String {
    let found = match answer {
        Completion::Native(native) => return kind(*native).to_owned(),
        Completion::Words(found) => narrowed(found.clone(), MOST, ROOM),
    };
    let mut text = "words\n".to_owned();
    for one in &found {
        let mark = if one.open { '+' } else { '-' };
        text.push_str(&format!("{mark}\t{}\t{}\n", one.value, first_line(one)));
    }
    text
}

/// Answers fish: the word, what it is.
fn render_fish(answer: &Completion) -> String {
    let found = match answer {
        Completion::Native(native) => return kind(*native).to_owned(),
        Completion::Words(found) => found,
    };
    let mut text = "words\n".to_owned();
    for one in found {
        text.push_str(&format!("{}\t{}\n", one.value, first_line(one)));
    }
    text
}

/// Answers bash, which gives its `COMP_TYPE`, the width of the terminal, what it takes for the word
/// (it cuts words at `=` and `:`), and the line up to the cursor.
///
/// bash knows no descriptions: they stand in the list, and never in the line.
fn answer_bash(given: &[String]) -> Option<String> {
    let [how, columns, cut, line] = given else {
        return None;
    };
    // 63 is the second Tab; 33 and 64 show the list at the first one.
    let listed = matches!(how.as_str(), "63" | "33" | "64");
    let line = split_unfinished(line);
    if line.in_comment {
        return None;
    }
    let typed = line.words.last()?;
    let found = match ask(&line.words, listed) {
        Completion::Native(native) => return Some(kind(native).to_owned()),
        Completion::Words(found) => narrowed(found, MOST, ROOM),
    };
    // What bash has cut off stays in the line.
    let kept = typed.strip_suffix(cut.as_str()).unwrap_or_default();
    let rest = |value: &str| value.strip_prefix(kept).unwrap_or(value).to_owned();
    if let [only] = found.as_slice() {
        let kind = if only.open { "open" } else { "words" };
        return Some(format!("{kind}\n{}\n", put(&rest(&only.value), cut)));
    }
    let mut text = "words\n".to_owned();
    let width = found.iter().map(|one| one.value.width()).max().unwrap_or(0);
    let columns = columns.parse().unwrap_or(80_usize);
    for one in &found {
        let shown = match first_line(one) {
            help if listed && !help.is_empty() => {
                let gap = " ".repeat(width - one.value.width() + 2);
                let line = format!("{}{gap}{help}", one.value);
                // A line as wide as the terminal would be followed by an empty one, and two of
                // less than half of it would share one.
                let line = wording::cut(&line, columns.saturating_sub(1));
                let half = " ".repeat((columns / 2).saturating_sub(line.width()));
                line + &half
            }
            _ => put(&one.value, cut),
        };
        text.push_str(&rest(&shown));
        text.push('\n');
    }
    Some(text)
}

/// Returns a word as bash puts it into the line, in which it may have opened the quotes already.
fn put(value: &str, cut: &str) -> String {
    if value.is_empty() || cut.starts_with(['\'', '"']) {
        return value.to_owned();
    }
    quoted(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(words: &[&str]) -> Vec<String> {
        let words = std::iter::once(&"bascule").chain(words);
        let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
        match ask(&words, true) {
            Completion::Words(found) => found.into_iter().map(|found| found.value).collect(),
            Completion::Native(native) => vec![format!("{native:?}")],
        }
    }

    fn bash_says(cut: &str, line: &str) -> String {
        let given = ["9", "80", cut, line].map(str::to_owned);
        answer_bash(&given).unwrap_or_default()
    }

    #[test]
    fn verbs_come_without_options_and_options_when_asked_for() {
        assert!(values(&[""]).contains(&"vip".to_owned()));
        assert!(!values(&[""]).iter().any(|word| word.starts_with('-')));
        assert_eq!(values(&["vip", "add", "--lab"]), ["--label"]);
        assert_eq!(
            values(&["cluster", "set", "maintenance-mode=t"]),
            ["maintenance-mode=true"]
        );
        assert_eq!(values(&["web", "list", "then", "vip", "re"]), ["remove"]);
    }

    #[test]
    fn an_unknown_word_leads_nowhere() {
        assert_eq!(values(&["nope", ""]), Vec::<String>::new());
        assert_eq!(values(&["vip", "list", "more", ""]), Vec::<String>::new());
    }

    #[test]
    fn files_and_commands_are_left_to_the_shell() {
        assert_eq!(values(&["cluster", "join", "--bundle", "/e"]), ["File"]);
        assert_eq!(values(&["cluster", "join", "--bundle=/e"]), ["File"]);
        assert_eq!(values(&["cluster", "export", ""]), ["File"]);
        assert_eq!(values(&["cluster", "export", "--dry"]), ["--dry-run"]);
        assert_eq!(values(&["db", "lock", "--", "mysq"]), ["Command"]);
        assert_eq!(
            values(&["db", "lock", "--", "mysqldump", ""]),
            ["Arguments"]
        );
        assert_eq!(values(&["db", "lock", "--dry"]), ["--dry-run"]);
    }

    #[test]
    fn what_bash_cuts_off_stays_in_the_line() {
        let line = "bascule cluster set maintenance-mode=t";
        assert_eq!(bash_says("t", line), "words\ntrue\n");
        let whole = "maintenance-mode=t";
        assert_eq!(bash_says(whole, line), "words\nmaintenance-mode=true\n");
        let open = "bascule cluster set maintenance-m";
        assert_eq!(
            bash_says("maintenance-m", open),
            "open\nmaintenance-mode=\n"
        );
    }
}

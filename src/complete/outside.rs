//! Completion for bash, zsh and fish, whose scripts (`completions/`) ask the program itself.
//!
//! So what is offered is never older than what is installed. Nothing on any trouble: no error, no
//! question, no wait over the deadlines in `names`.

use super::{Candidate, candidates, options_last};
use crate::cli;
use crate::words::split_unfinished;
use std::ffi::OsString;

/// The variable by which a shell's script asks: `line` or `words`. A name of our own, so that
/// nothing in root's environment turns a command into a question for its completion.
pub const VARIABLE: &str = "BASCULE_COMPLETE";

/// Answers a shell, if one asks: one candidate on a line, a tab, what it is.
///
/// With `words` the arguments are the words of the command line, the last one being typed (zsh,
/// fish). With `line` they are the line up to the cursor, as one word (bash, which cuts words at `=`
/// and `:`), and the answer begins with the word that is being typed. The first word is the
/// program's name either way.
pub fn answer(mut arguments: impl Iterator<Item = OsString>) -> Option<String> {
    let asked = std::env::var(VARIABLE).ok()?;
    arguments.next();
    let mut given = arguments.filter_map(|word| word.into_string().ok());
    let (words, mut answer) = match asked.as_str() {
        "line" => {
            let line = split_unfinished(&given.next()?);
            let typed = line.words.last().cloned().unwrap_or_default();
            let words = if line.in_comment {
                Vec::new()
            } else {
                line.words
            };
            (words, format!("{typed}\n"))
        }
        "words" => (given.collect(), String::new()),
        _ => (Vec::new(), String::new()),
    };
    let found = found(words.get(1..).unwrap_or_default());
    answer.extend(found.iter().map(line));
    Some(answer)
}

/// Returns what may stand in place of the last of these words.
fn found(words: &[String]) -> Vec<Candidate> {
    options_last(candidates(&mut cli::grammar(), words), words)
}

fn line(candidate: &Candidate) -> String {
    let help = candidate.help.lines().next().unwrap_or_default();
    format!("{}\t{help}\n", candidate.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        found(&words).into_iter().map(|found| found.value).collect()
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
    }
}

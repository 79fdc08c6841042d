//! What crmsh says may stand in a line of its own: `crm --compgen`.

use super::Candidate;
use crate::facts::tool;
use std::time::Duration;

/// How long crmsh may hold up a Tab: 0.2 s seen, and twice that on a busy host.
const PATIENCE: Duration = Duration::from_secs(1);

/// Returns what may stand in place of the last of these words, which follow `crm`.
pub fn crmsh_candidates(words: &[String]) -> Vec<Candidate> {
    let (question, before) = question(words);
    fitting(&compgen(&question, PATIENCE), &before, words)
}

/// Returns those of crmsh's words that the last of these begins, whole.
pub fn fitting(answer: &[String], before: &str, words: &[String]) -> Vec<Candidate> {
    let typed = words.last().map_or("", String::as_str);
    answer
        .iter()
        .map(|word| format!("{before}{word}"))
        .filter(|word| word.starts_with(typed))
        .map(|word| Candidate::new(word, ""))
        .collect()
}

/// Returns what is asked, which is the same for all beginnings of a word, and what crmsh leaves out
/// in front of its answers: of `ocf:heartbeat:IPaddr2` it prints what follows the last colon.
pub fn question(words: &[String]) -> (String, String) {
    let (typed, levels) = words
        .split_last()
        .map_or(("", &[][..]), |(typed, levels)| (typed.as_str(), levels));
    let before = match typed.rfind(':') {
        Some(colon) => typed[..=colon].to_owned(),
        None => String::new(),
    };
    let mut text = String::from("crm ");
    for level in levels {
        text.push_str(level);
        text.push(' ');
    }
    text.push_str(&before);
    (text, before)
}

/// Asks crmsh; nothing where it does not answer in time.
pub fn compgen(question: &str, patience: Duration) -> Vec<String> {
    let point = question.len().to_string();
    let argv = ["crm", "--compgen", point.as_str(), question];
    match tool::read(&argv, patience) {
        Ok(output) => parse(&output.stdout),
        Err(_) => Vec::new(),
    }
}

/// Returns the words of an answer: crmsh mixes complaints into it, and words for its own tests.
fn parse(answer: &str) -> Vec<String> {
    let word = |line: &&str| {
        !line.is_empty()
            && !line.starts_with('_')
            && !line.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    let mut words: Vec<String> = answer
        .lines()
        .map(str::trim)
        .filter(word)
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn one_question_serves_all_beginnings_of_a_word() {
        assert_eq!(
            question(&words("configure pri")),
            ("crm configure ".to_owned(), String::new())
        );
        assert_eq!(
            question(&words("configure ")),
            question(&words("configure pri"))
        );
        assert_eq!(question(&words("")).0, "crm ");
        let agent = question(&words("configure primitive x ocf:heartbeat:IP"));
        assert_eq!(agent.0, "crm configure primitive x ocf:heartbeat:");
        assert_eq!(agent.1, "ocf:heartbeat:");
    }

    #[test]
    fn an_answer_is_words_alone() {
        let said = "\u{1b}[31mERROR\u{1b}[0m: crmd exited with 127\nlsb:\nocf:\n_test\n\nlsb:\n";
        assert_eq!(parse(said), ["lsb:", "ocf:"]);
    }
}

//! The topics of `explain`, word by word, and the errors.

use crate::complete::Candidate;
use crate::complete::asking::Asking;
use crate::explain;
use crate::mariadb::errno;

/// The next word of the topics that begin with the words before.
pub fn topics(about: &Asking) -> Vec<Candidate> {
    let before: Vec<&str> = about.values("words").collect();
    let mut found: Vec<(String, String)> = Vec::new();
    for topic in explain::topics() {
        let words: Vec<&str> = topic.name.split(' ').collect();
        let Some(([next, more @ ..], true)) = words
            .get(before.len()..)
            .map(|rest| (rest, words.starts_with(&before)))
        else {
            continue;
        };
        let place = found.iter_mut().find(|(word, _)| word == next);
        match (place, more) {
            // `vip add`, `vip remove`: one word, and what can follow it.
            (Some((_, help)), [second, ..]) => help.push_str(&format!(", {second}")),
            (Some(_), []) => {}
            (None, [second, ..]) => found.push(((*next).to_owned(), format!("{next} {second}"))),
            (None, []) => found.push(((*next).to_owned(), topic.title().to_owned())),
        }
    }
    if before.is_empty() {
        found.push((explain::ERRORS.0.to_owned(), explain::ERRORS.1.to_owned()));
        let errors = errno::numbers();
        found.extend(errors.map(|number| (number.to_string(), errno::title(number).into())));
    }
    let found = found.into_iter();
    found
        .map(|(word, help)| Candidate::new(word, help))
        .collect()
}

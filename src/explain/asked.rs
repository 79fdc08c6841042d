//! What is asked of `explain`: a topic, or an error of MariaDB.

use super::document::{TopicDocument, TopicTitle, TopicsDocument};
use super::error;
use super::topic::{self, ERRORS, Topic};
use crate::mariadb::errno;
use crate::names::nearest;
use crate::plan::Refusal;
use crate::report::{Report, Role, Span};

/// Returns what is to be told, or why not; nothing where nobody knows what is meant.
pub fn explanation(asked: &str) -> Option<Result<Report, Refusal>> {
    if asked == ERRORS.0 {
        return Some(Ok(error::list()));
    }
    match topic::find(asked) {
        Some(topic) => Some(Ok(tell(topic))),
        None => error::find(asked),
    }
}

/// Returns the refusal of what nobody knows, with the nearest topic.
pub fn unknown(asked: &str) -> Refusal {
    let topics = topic::topics().iter().map(|topic| topic.name);
    Refusal::usage(format!("there is nothing to explain {asked:?}"))
        .perhaps_by(nearest(asked, topics), |topic| {
            format!("bascule explain {topic}")
        })
}

/// Checks that there is something to tell of what is asked.
///
/// # Errors
/// When there is nothing, with the nearest topic.
pub fn check(asked: &str) -> Result<(), Refusal> {
    if asked == ERRORS.0 || topic::find(asked).is_some() {
        return Ok(());
    }
    match error::find(asked) {
        Some(told) => told.map(drop),
        None => Err(unknown(asked)),
    }
}

/// Returns true when something that can be explained begins like this.
pub fn begins(asked: &str) -> bool {
    let number = |text: &str| errno::numbers().any(|known| known.to_string().starts_with(text));
    let words = ["errno ", "error "];
    let rest = words.iter().find_map(|word| asked.strip_prefix(word));
    ERRORS.0.starts_with(asked)
        || topic::begins(asked)
        || number(rest.unwrap_or(asked))
        || errno::is_known_text(asked)
}

/// Returns the list of all that is explained.
pub fn list() -> Report {
    let topics = || {
        let told = topic::topics().iter();
        told.map(|topic| (topic.name, topic.title()))
            .chain([ERRORS])
    };
    let mut report = Report::new(&TopicsDocument {
        topics: topics()
            .map(|(topic, title)| TopicTitle { topic, title })
            .collect(),
    });
    report.table(
        topics()
            .map(|(name, title)| vec![Span::new(Role::Command, name), Span::from(title)])
            .collect(),
    );
    report
}

fn tell(topic: &Topic) -> Report {
    let text = topic.lines().collect::<Vec<_>>().join("\n");
    let mut report = Report::new(&TopicDocument {
        topic: topic.name,
        title: topic.title(),
        text: text.trim(),
    });
    report.say("");
    report.line([
        Span::from("  "),
        Span::new(Role::Strong, topic.name),
        Span::from(format!(": {}", topic.title())),
    ]);
    let body = topic.body().count();
    for (at, line) in topic.lines().enumerate() {
        // Commands are indented in the texts, as in any man page; below an example stands what it
        // does.
        let is_about = at >= body && line.starts_with("        ");
        let role = if line.starts_with("    ") && !is_about {
            Role::Command
        } else {
            Role::Plain
        };
        let text = if line.is_empty() {
            String::new()
        } else {
            format!("  {line}")
        };
        report.line([Span::new(role, text)]);
    }
    report.say("");
    report
}

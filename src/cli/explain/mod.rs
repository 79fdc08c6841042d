//! `explain`: what things come to.

mod error;

use super::Own;
use crate::cli::Existing;
use crate::complete;
use crate::exit::Exit;
use crate::explain::{self, Topic};
use crate::mariadb::errno;
use crate::operate::Session;
use crate::plan::Refusal;
use crate::report::{Report, Role, Span};
use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::json;

/// What a verb, a word, an exit status or an error of MariaDB comes to
#[derive(Debug, Args)]
pub struct Explain {
    /// What to explain, or an error's number or text; without it, what there is
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(complete::topics), add = Existing::TOPIC)]
    words: Vec<String>,
}

impl Own for Explain {
    fn run(&self, session: &mut Session) -> Exit {
        if self.words.is_empty() {
            return session.report(&list());
        }
        let asked = self.words.join(" ");
        match find(&asked) {
            Some(Ok(report)) => session.report(&report),
            Some(Err(refusal)) => {
                session.ui.refusal(&refusal, "");
                Exit::Usage
            }
            None => {
                let mut refusal = unknown(&asked);
                let inside = explain::mentioning(&asked);
                if let Some(topic) = inside.first() {
                    refusal = refusal.hint(
                        "it is spoken of in",
                        format!("bascule explain {}", topic.name),
                    );
                }
                session
                    .ui
                    .refusal(&refusal.hint("all there is", "bascule explain"), "");
                Exit::Usage
            }
        }
    }
}

/// Returns what is to be told, or why not; nothing where nobody knows what is meant.
fn find(asked: &str) -> Option<Result<Report, Refusal>> {
    if asked == explain::ERRORS.0 {
        return Some(Ok(error::list()));
    }
    match explain::find(asked) {
        Some(topic) => Some(Ok(tell(topic))),
        None => error::find(asked),
    }
}

fn unknown(asked: &str) -> Refusal {
    Refusal::usage(format!("there is nothing to explain {asked:?}"))
        .did_you_mean(asked, explain::topics().iter().map(|topic| topic.name))
}

/// Checks that there is something to tell of what is asked.
///
/// # Errors
/// When there is nothing, with the nearest topic.
pub fn check(asked: &str) -> Result<(), Refusal> {
    if asked == explain::ERRORS.0 || explain::find(asked).is_some() {
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
    explain::ERRORS.0.starts_with(asked)
        || explain::begins(asked)
        || number(rest.unwrap_or(asked))
        || errno::says(asked)
}

fn list() -> Report {
    let topics = || {
        let told = explain::topics().iter();
        told.map(|topic| (topic.name, topic.title()))
            .chain([explain::ERRORS])
    };
    let mut report = Report::new(json!(
        topics()
            .map(|(name, title)| json!({ "topic": name, "title": title }))
            .collect::<Vec<_>>()
    ));
    report.table(
        topics()
            .map(|(name, title)| vec![Span::new(Role::Command, name), Span::from(title)])
            .collect(),
    );
    report
}

fn tell(topic: &Topic) -> Report {
    let mut report = Report::new(json!({
        "topic": topic.name,
        "title": topic.title(),
        "text": topic.lines().collect::<Vec<_>>().join("\n").trim(),
    }));
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

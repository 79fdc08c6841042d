//! `explain`: what things come to.

use crate::exit::Exit;
use crate::explain;
use crate::names::Name;
use crate::operate::{RunsItself, Session};
use crate::plan::Refusal;
use clap::Args;

/// What a verb, a word, an exit status or an error of MariaDB comes to
#[derive(Debug, Args)]
pub struct Explain {
    /// What to explain, or an error's number or text; without it, what there is
    #[arg(value_name = "TOPIC", add = Name::Topic)]
    words: Vec<String>,
}

impl RunsItself for Explain {
    fn run(&self, session: &mut Session) -> Exit {
        if self.words.is_empty() {
            return session.report(&explain::list());
        }
        let asked = self.words.join(" ");
        match explain::explanation(&asked) {
            Some(Ok(report)) => session.report(&report),
            Some(Err(refusal)) => unknown(&refusal, session),
            None => {
                let mut refusal = explain::unknown(&asked);
                let inside = explain::mentioning(&asked);
                if let Some(topic) = inside.first() {
                    refusal = refusal.hint(
                        "it is spoken of in",
                        format!("bascule explain {}", topic.name),
                    );
                }
                unknown(&refusal.hint("all there is", "bascule explain"), session)
            }
        }
    }
}

/// Says that there is nothing to explain: nothing could have been changed.
fn unknown(refusal: &Refusal, session: &mut Session) -> Exit {
    session.refused_document(refusal);
    session.ui.refusal(refusal, "");
    Exit::Usage
}

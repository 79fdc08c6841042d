//! Answers the questions of plans with this host's tools: a question in JSON on each line of the input, and
//! the answers by their keys as one JSON object. See `record-answers`.

use bascule::internals::{Question, ToolAnswers, consult};
use std::io::Write;

fn main() -> std::io::Result<()> {
    let mut answers = ToolAnswers::new();
    for line in std::io::stdin().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        answers.extend(consult(&[question]));
    }
    let json = serde_json::to_string_pretty(&answers)?;
    writeln!(std::io::stdout(), "{json}")
}

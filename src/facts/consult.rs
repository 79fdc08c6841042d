//! The answers of Pacemaker's and crmsh's tools to what a plan asks them.

use super::simulate::{Prediction, cib_patch, deleted, predict_move, predict_of};
use crate::plan::Question;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolAnswer {
    /// The reactions of the cluster.
    Would(Prediction),
    /// The reactions to a move, and those once the move's constraint is gone.
    Move {
        /// With it.
        there: Prediction,
        /// Without it.
        after: Prediction,
    },
    /// A patch, or a CIB; none where there is no difference.
    Text(Option<String>),
}

/// Answers by the key of the question; an error is what the tool said instead.
pub type ToolAnswers = BTreeMap<String, Result<ToolAnswer, String>>;

/// Asks all at once.
pub fn consult(questions: &[Question]) -> ToolAnswers {
    std::thread::scope(|scope| {
        let asked: Vec<_> = questions
            .iter()
            .enumerate()
            .filter(|(at, question)| !questions[..*at].contains(question))
            .map(|(_, question)| (question.key(), scope.spawn(|| ask(question))))
            .collect();
        let answered = asked.into_iter().filter_map(|(key, thread)| {
            let answer = thread.join().ok()?;
            Some((key, answer))
        });
        answered.collect()
    })
}

fn ask(question: &Question) -> Result<ToolAnswer, String> {
    match question {
        Question::Would { cib, copy } => predict_of(copy, cib).map(ToolAnswer::Would),
        Question::Move {
            cib,
            resource,
            node,
        } => predict_move(cib, resource, node)
            .map(|(there, after)| ToolAnswer::Move { there, after }),
        Question::Patch { from, to } => cib_patch(from, to).map(ToolAnswer::Text),
        Question::Delete { cib, names } => {
            deleted(cib, names).map(|left| ToolAnswer::Text(Some(left)))
        }
    }
}

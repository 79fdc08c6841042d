//! When nobody answered.

use super::answer::Answer;
use serde::{Deserialize, Serialize};

/// A time in which nobody answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// When the first question without an answer was sent, in seconds since 1970.
    pub from: f64,
    /// When the first question with an answer behind it was sent; null where there was none.
    pub to: Option<f64>,
    /// How many questions had no answer.
    pub failed: usize,
    /// What the first of them said.
    pub why: String,
}

impl Gap {
    /// Returns how long it lasted, in seconds, so far as is known at that time.
    pub fn seconds(&self, end: f64) -> f64 {
        self.to.unwrap_or(end).max(self.from) - self.from
    }
}

/// Returns the times in which nobody answered, of one target asked in one way, in order of sending.
///
/// A question that was not sent is none that failed: between two good answers nobody was away, however long
/// the probe itself stood still.
pub fn gaps<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> Vec<Gap> {
    let mut sorted: Vec<&Answer> = answers.into_iter().collect();
    sorted.sort_by(|one, other| one.sent.total_cmp(&other.sent));
    let mut found: Vec<Gap> = Vec::new();
    let mut open = false;
    for answer in sorted {
        match (&answer.failed, open, found.last_mut()) {
            (Some(_), true, Some(gap)) => gap.failed += 1,
            (Some(why), _, _) => {
                open = true;
                found.push(Gap {
                    from: answer.sent,
                    to: None,
                    failed: 1,
                    why: why.clone(),
                });
            }
            (None, true, Some(gap)) => {
                gap.to = Some(answer.sent);
                open = false;
            }
            (None, _, _) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Way;

    fn answers(good: &[(f64, bool)]) -> Vec<Answer> {
        let one = |(sent, good): &(f64, bool)| Answer {
            target: 0,
            way: Way::New,
            sent: *sent,
            ms: 1.0,
            failed: (!good).then(|| "refused".to_owned()),
        };
        good.iter().map(one).collect()
    }

    #[test]
    fn a_gap_lasts_from_question_to_question() {
        let asked = [
            (0.0, true),
            (0.05, false),
            (0.15, true),
            (0.1, false),
            (0.2, true),
        ];
        let found = gaps(&answers(&asked));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].from, found[0].to, found[0].failed),
            (0.05, Some(0.15), 2)
        );
        assert!((found[0].seconds(9.0) - 0.1).abs() < 1e-9);
    }

    #[test]
    fn a_probe_that_stood_still_saw_no_gap() {
        assert_eq!(gaps(&answers(&[(0.0, true), (9.0, true)])), []);
    }

    #[test]
    fn a_gap_that_did_not_end_is_told_as_one() {
        let found = gaps(&answers(&[(0.0, true), (1.0, false)]));
        assert_eq!((found[0].to, found[0].seconds(3.0)), (None, 2.0));
    }
}

//! Waiting for a step's result, until it holds or the deadline is over.

use super::look::{Look, look};
use super::{Live, StepEnd, Watcher};
use crate::plan::{Step, Verify};
use std::time::{Duration, Instant};

/// How often a condition is looked at, in milliseconds; each look costs about 25 ms itself.
const LOOK_AGAIN: u64 = 50;

/// Polls a step's conditions, one after the other, until each holds or the deadline is over.
pub(super) fn prove(
    number: usize,
    step: &Step,
    live: &Live,
    watcher: &mut dyn Watcher,
    deadline: Duration,
) -> StepEnd {
    let began = Instant::now();
    let mut sentences = Vec::new();
    for verify in &step.verify {
        let verify = &match verify.filled(|text| live.values.fill(text)) {
            Ok(verify) => verify,
            Err(why) => return StepEnd::NotAsAsked(why),
        };
        let sentence = loop {
            let why = match look(verify) {
                Look::Holds => break verify.sentence(),
                Look::HoldsSo(sentence) => break sentence,
                Look::Never(why) => return StepEnd::NotAsAsked(why),
                Look::NotYet(why) => why,
            };
            if began.elapsed() >= deadline {
                return StepEnd::NotAsAsked(format!(
                    "{} is not so after {} s: {why}",
                    quoted(verify),
                    deadline.as_secs()
                ));
            }
            if watcher.stop() {
                return StepEnd::Interrupted;
            }
            let what = step.waits_for.clone().unwrap_or_else(|| verify.sentence());
            watcher.waits(number, &what, &why, began.elapsed(), deadline);
            std::thread::sleep(Duration::from_millis(LOOK_AGAIN));
        };
        sentences.push((verify.subject(), sentence));
    }
    StepEnd::Done(sentences)
}

fn quoted(verify: &Verify) -> String {
    format!("“{}”", verify.sentence())
}

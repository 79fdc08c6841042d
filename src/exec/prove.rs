//! Waiting for a step's result, until it holds or the deadline is over.

use super::look::{Look, at_rest, look};
use super::pipe::Cut;
use super::{Live, StepEnd, Watcher};
use crate::plan::{Step, Verify};
use std::time::{Duration, Instant};

/// How often a condition is looked at, in milliseconds; each look costs about 25 ms itself.
const LOOK_AGAIN: u64 = 50;

/// How often the cluster is asked whether it will do anything more; that costs about 80 ms.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// Polls a step's conditions, one after the other, until each holds or the deadline is over; `sent`
/// is when the step's own work began.
pub(super) fn prove(
    number: usize,
    step: &Step,
    live: &mut Live,
    sent: Instant,
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
        // The cluster had nothing left to do before this look: what is not so yet, will not be.
        let mut rested = false;
        let mut asked = began.elapsed();
        let sentence = loop {
            let look = match looked(verify, live, deadline, watcher) {
                Ok(look) => look,
                Err(Cut::Stopped) => return StepEnd::Interrupted,
                Err(Cut::Failed(why)) => Look::Never(live.values.hide(&why)),
            };
            let why = match look {
                Look::Holds => break timed(verify, live, sent),
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
            if rested {
                return StepEnd::NotAsAsked(format!(
                    "{} is not so, and the cluster has nothing left to do: {why}",
                    quoted(verify)
                ));
            }
            if verify.is_the_clusters_work() && began.elapsed() >= asked + ASK_AGAIN {
                rested = at_rest();
                asked = began.elapsed();
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

/// Looks once; for what arrives, through its held session.
fn looked(
    verify: &Verify,
    live: &mut Live,
    deadline: Duration,
    watcher: &mut dyn Watcher,
) -> Result<Look, Cut> {
    let Verify::Arrives {
        session,
        query,
        answer,
        ..
    } = verify
    else {
        return Ok(look(verify));
    };
    let query = format!("{query};\n");
    let lines = live
        .sessions
        .ask_again(session, &query, deadline, watcher)?;
    if lines.last() == Some(answer) {
        return Ok(Look::Holds);
    }
    let line = lines.last().map_or("", String::as_str);
    Ok(Look::NotYet(format!("it answers {line:?}, not {answer:?}")))
}

/// Returns the sentence of what holds; of what arrives, with how long that took.
fn timed(verify: &Verify, live: &mut Live, sent: Instant) -> String {
    let sentence = verify.sentence();
    let Verify::Arrives { .. } = verify else {
        return sentence;
    };
    let took = sent.elapsed();
    live.measured = Some(took);
    format!("{sentence} after {:.1} ms", took.as_secs_f64() * 1000.0)
}

fn quoted(verify: &Verify) -> String {
    format!("“{}”", verify.sentence())
}

#[cfg(test)]
mod tests {
    use super::super::tests::ran;
    use super::super::{Ending, Outcome};
    use crate::plan::{Plan, Step, Verify};
    use std::path::Path;

    /// A client that answers each line with what it quotes, or with nothing.
    fn client(folder: &Path) -> String {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("client");
        let script = "#!/bin/sh\nwhile IFS= read -r line; do case $line in\n\
                      *\"'\"*) line=${line#*\\'}; echo \"${line%%\\'*}\" ;;\nesac; done\n";
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    fn arrives(session: &str, answer: &str) -> Ending {
        let folder = tempfile::tempdir().unwrap();
        let client = client(folder.path());
        let mut plan = Plan::new("");
        plan.step(Step::sql(&client, ["SELECT 'ready'"], "").in_session("there"))
            .step(
                Step::sql(&client, ["SELECT '0-10-4'"], "")
                    .in_session("here")
                    .answers_as("written")
                    .verify(Verify::Arrives {
                        session: session.to_owned(),
                        query: "WAIT '${written}'".to_owned(),
                        answer: answer.to_owned(),
                        proves: "it arrived".to_owned(),
                    })
                    .within(1),
            );
        ran(&plan)
    }

    #[test]
    fn what_arrives_is_asked_in_its_session_and_timed() {
        let ending = arrives("there", "${written}");
        let Outcome::Done(proved) = ending.outcome else {
            panic!("{ending:?}");
        };
        assert!(proved[0].starts_with("it arrived after "), "{proved:?}");
        assert!(proved[0].ends_with(" ms"), "{proved:?}");
        assert!(ending.measured.is_some());
    }

    #[test]
    fn what_does_not_arrive_is_not_as_asked() {
        for (session, answer) in [("there", "0-10-5"), ("nowhere", "${written}")] {
            let ending = arrives(session, answer);
            assert!(
                matches!(ending.outcome, Outcome::NotAsAsked { step: 1, .. }),
                "{ending:?}"
            );
            assert_eq!(ending.measured, None);
        }
    }
}

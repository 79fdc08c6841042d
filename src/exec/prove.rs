//! Waiting for a step's result, until it holds or the deadline is over.

use super::attempt::{Attempt, Proved};
use super::ending::Trouble;
use super::look::{Observation, at_rest, observe};
use super::pipe::Cut;
use crate::plan::Verify;
use std::time::{Duration, Instant};

/// How often a condition is looked at, in milliseconds; each look costs about 25 ms itself.
const LOOK_AGAIN: u64 = 50;

/// How often the cluster is asked whether it will do anything more; that costs about 80 ms.
const ASK_AGAIN: Duration = Duration::from_secs(2);

impl Attempt<'_> {
    /// Polls the step's conditions, one after the other, until each holds or the deadline is over; `sent`
    /// is when the step's own work began.
    ///
    /// # Errors
    /// What does not hold.
    pub fn prove(&mut self, sent: Instant) -> Result<Proved, Trouble> {
        let began = Instant::now();
        let deadline = self.deadline();
        let mut sentences = Vec::new();
        for verify in &self.step.verify {
            let values = &self.live.values;
            let filled = verify.filled(|text| values.filled(text));
            let verify = &filled.map_err(Trouble::NotAsAsked)?;
            // The cluster had nothing left to do before this look: what is not so yet, will not be.
            let mut rested = false;
            let mut asked = began.elapsed();
            let sentence = loop {
                let look = match self.looked(verify) {
                    Ok(look) => look,
                    Err(Cut::Stopped) => return Err(Trouble::Interrupted),
                    Err(Cut::Failed(why) | Cut::TimedOut(why)) => {
                        Observation::Never(self.live.values.redacted(&why))
                    }
                };
                let why = match look {
                    Observation::Holds => break self.timed_sentence(verify, sent),
                    Observation::HoldsSo(sentence) => break sentence,
                    Observation::Never(why) => return Err(Trouble::NotAsAsked(why)),
                    Observation::NotYet(why) => why,
                };
                if began.elapsed() >= deadline {
                    return Err(Trouble::NotAsAsked(format!(
                        "{} is not so after {} s: {why}",
                        quoted(verify),
                        deadline.as_secs()
                    )));
                }
                if rested {
                    return Err(Trouble::NotAsAsked(format!(
                        "{} is not so, and the cluster has nothing left to do: {why}",
                        quoted(verify)
                    )));
                }
                if verify.is_the_clusters_work() && began.elapsed() >= asked + ASK_AGAIN {
                    rested = at_rest();
                    asked = began.elapsed();
                }
                if self.watcher.stop() {
                    return Err(Trouble::Interrupted);
                }
                let what = self.step.waits_for.clone();
                let what = what.unwrap_or_else(|| verify.sentence());
                self.watcher
                    .waits(self.number, &what, &why, began.elapsed(), deadline);
                std::thread::sleep(Duration::from_millis(LOOK_AGAIN));
            };
            sentences.push((verify.subject(), sentence));
        }
        Ok(sentences)
    }

    /// Looks once; for what arrives, through its held session.
    fn looked(&mut self, verify: &Verify) -> Result<Observation, Cut> {
        let Verify::Arrives {
            session,
            query,
            answer,
            ..
        } = verify
        else {
            return Ok(observe(verify));
        };
        let (query, deadline) = (format!("{query};\n"), self.deadline());
        let sessions = &mut self.live.sessions;
        let lines = sessions.ask_again(session, &query, deadline, self.watcher)?;
        if lines.last() == Some(answer) {
            return Ok(Observation::Holds);
        }
        let line = lines.last().map_or("", String::as_str);
        Ok(Observation::NotYet(format!(
            "it answers {line:?}, not {answer:?}"
        )))
    }

    /// Returns the sentence of what holds; of what arrives, with how long that took.
    fn timed_sentence(&mut self, verify: &Verify, sent: Instant) -> String {
        let sentence = verify.sentence();
        let Verify::Arrives { .. } = verify else {
            return sentence;
        };
        let took = sent.elapsed();
        self.live.measured = Some(took);
        format!("{sentence} after {:.1} ms", took.as_secs_f64() * 1000.0)
    }
}

fn quoted(verify: &Verify) -> String {
    format!("“{}”", verify.sentence())
}

#[cfg(test)]
mod tests {
    use super::super::tests::ran;
    use super::super::{Ending, Outcome, Trouble};
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
                matches!(
                    ending.outcome,
                    Outcome::Stopped {
                        at: 1,
                        trouble: Trouble::NotAsAsked(_)
                    }
                ),
                "{ending:?}"
            );
            assert_eq!(ending.measured, None);
        }
    }
}

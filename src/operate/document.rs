//! A plan, what became of it, and a refusal, for programs.

use crate::cib::Version;
use crate::drill::DrillResult;
use crate::exec::{Ending, Outcome, TakenBack, Trouble};
use crate::plan::values::Named;
use crate::plan::{Answered, Blocked, Check, Danger, Drill, Hint, Plan, Refusal, Step};
use crate::report::Document;
use serde::Serialize;
use std::collections::BTreeMap;

/// Every verb that changes something, and `undo`: the plan, and what became of it.
#[derive(Serialize)]
pub struct ChangeDocument<'a> {
    /// The plan; absent where `undo` finds no operation to take back.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<PlanShown<'a>>,
    /// What became of it; absent where it is only shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<PlanResult<'a>>,
}

impl Document for ChangeDocument<'_> {}

/// Any verb that is refused: why, and what to do. Nothing was changed. The same is said on standard error,
/// and the exit status tells wrong words (2) from a check that said no (3).
#[derive(Serialize)]
pub struct RefusalDocument<'a> {
    /// What is wrong, on what and why, in words; may have several lines.
    refused: &'a str,
    /// What to do; may be empty.
    hints: &'a [Hint],
}

impl Document for RefusalDocument<'_> {}

/// A plan as a program sees it: that of the journal, each step with its command.
#[derive(Serialize)]
pub struct PlanShown<'a> {
    /// The version of the format in which the journal keeps plans.
    v: u32,
    /// What will be true once it has run, in one sentence.
    headline: &'a str,
    /// What was looked at before anything is changed.
    checks: &'a [Check],
    /// What is done, in this order; empty where all is so already.
    steps: Vec<StepShown<'a>>,
    /// What it stops, drops or fences; null where it does not.
    danger: Option<&'a Danger>,
    /// The word of the danger must be typed at a terminal, and `--yes` does not answer; absent where that is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_person: bool,
    /// What an undo of the whole plan stops, where that is more than the resources it removes; null otherwise.
    undo_danger: Option<&'a Danger>,
    /// The version of the configuration that it was made on: with another one it is not run; null where it
    /// rests on none.
    base: Option<&'a Version>,
    /// Why it can be shown but not run now; null where it can.
    blocked: Option<&'a Blocked>,
    /// The secrets that the steps name; absent where there are none.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    secrets: &'a [Named],
    /// The point of no return, as the index of a step from 0: where a step before it does not end well, what
    /// was done is taken back at once; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_return: Option<usize>,
    /// The words of the verb that takes the whole plan back; absent where each step has its own way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    turned_back_by: Option<&'a str>,
    /// What it brings to an end, whatever earlier operations left half done of it; absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    settles: Option<&'a str>,
    /// Once it is done nothing of it is left, so that it is run without a question where it has no `danger`; absent
    /// where that is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    leaves_nothing: bool,
    /// What to type next, once it has worked; may be empty.
    next: &'a [String],
    /// The other hosts it concerns, by what ssh takes, as they answered; absent where there are none, or it is
    /// only shown.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    hosts: &'a BTreeMap<String, Answered>,
    /// What it measures while it breaks something on purpose; absent of any other plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a Drill>,
}

/// A step with what it comes to on a command line.
#[derive(Serialize)]
struct StepShown<'a> {
    /// The step.
    #[serde(flatten)]
    step: &'a Step,
    /// What is run; absent for a file on this host, which no command writes, and for a pipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<Command>,
}

/// The command of a step, as it is run.
#[derive(Serialize)]
struct Command {
    /// The program and its arguments, through ssh where it runs on another host.
    argv: Vec<String>,
    /// Its whole standard input; null for an empty one.
    stdin: Option<String>,
}

/// What became of a plan.
#[derive(Serialize)]
struct PlanResult<'a> {
    /// How it ended.
    #[serde(flatten)]
    ended: Ended<'a>,
    /// The operation's number in the journal, for `show` and `undo`; absent where nothing was to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<u64>,
    /// Why not all of it is written down in the journal, in words; absent where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    unwritten: Option<&'a str>,
    /// How many milliseconds passed until what was written on the primary was read on the replica; only of
    /// `db test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<f64>,
    /// What was done is taken back at once, all of it (true) or not (false); absent where it stays, for
    /// `undo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_back: Option<bool>,
    /// What is not as it was before although all was taken back, sentence by sentence; only beside
    /// `taken_back` true.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_as_before: Option<&'a [String]>,
    /// What could not be taken back, sentence by sentence; only beside `taken_back` false.
    #[serde(skip_serializing_if = "Option::is_none")]
    troubles: Option<&'a [String]>,
    /// What a client saw of it, and who had the addresses; only of `drill`.
    #[serde(skip_serializing_if = "Option::is_none")]
    drill: Option<&'a DrillResult>,
}

/// How a plan ended.
#[derive(Serialize)]
#[serde(tag = "result")]
enum Ended<'a> {
    /// All of it is as asked; exit status 0.
    #[serde(rename = "done")]
    Done {
        /// What was proved, sentence by sentence.
        proved: &'a [String],
    },
    /// All was so already; exit status 0.
    #[serde(rename = "nothing to do")]
    NothingToDo,
    /// The command of a step failed; exit status 1.
    #[serde(rename = "failed")]
    Failed {
        /// Which step, from 1.
        step: usize,
        /// How, in words.
        why: &'a str,
    },
    /// The command of a step succeeded, and its result is not as asked; exit status 5.
    #[serde(rename = "not as asked")]
    NotAsAsked {
        /// Which step, from 1.
        step: usize,
        /// What does not hold, in words.
        why: &'a str,
    },
    /// It was stopped between two steps; exit status 130.
    #[serde(rename = "interrupted")]
    Interrupted {
        /// How many steps were finished.
        finished: usize,
    },
}

impl<'a> ChangeDocument<'a> {
    /// Returns a plan that is only shown.
    pub fn shown(plan: &'a Plan) -> ChangeDocument<'a> {
        ChangeDocument {
            plan: Some(PlanShown::new(plan)),
            result: None,
        }
    }

    /// Returns what is told where all is so already; there is no plan where nothing was asked for.
    pub fn nothing_to_do(plan: Option<&'a Plan>) -> ChangeDocument<'a> {
        ChangeDocument {
            plan: plan.map(PlanShown::new),
            result: Some(Ended::NothingToDo.into()),
        }
    }

    /// Returns a plan that nobody began to carry out, since it was asked to stop.
    pub fn interrupted(plan: &'a Plan) -> ChangeDocument<'a> {
        ChangeDocument {
            plan: Some(PlanShown::new(plan)),
            result: Some(Ended::Interrupted { finished: 0 }.into()),
        }
    }

    /// Returns a plan that was carried out, as the operation with this number.
    pub fn carried_out(
        plan: &'a Plan,
        operation: u64,
        ended: &'a Ending,
        drill: Option<&'a DrillResult>,
    ) -> ChangeDocument<'a> {
        let (taken_back, not_as_before, troubles) = match &ended.taken_back {
            TakenBack::Not => (None, None, None),
            TakenBack::Whole => (Some(true), Some(ended.stays.as_slice()), None),
            TakenBack::Partly(troubles) => (Some(false), None, Some(troubles.as_slice())),
        };
        let result = PlanResult {
            operation: Some(operation),
            unwritten: ended.unwritten.as_deref(),
            milliseconds: ended.measured.map(|time| time.as_secs_f64() * 1000.0),
            taken_back,
            not_as_before,
            troubles,
            drill,
            ..Ended::of(&ended.outcome).into()
        };
        ChangeDocument {
            plan: Some(PlanShown::new(plan)),
            result: Some(result),
        }
    }
}

impl<'a> Ended<'a> {
    fn of(outcome: &'a Outcome) -> Ended<'a> {
        match outcome {
            Outcome::Done(proved) => Ended::Done { proved },
            Outcome::Stopped { at, trouble } => match trouble {
                Trouble::Failed(why) | Trouble::CutOff(why) => Ended::Failed { step: at + 1, why },
                Trouble::NotAsAsked(why) => Ended::NotAsAsked { step: at + 1, why },
                Trouble::Interrupted => Ended::Interrupted { finished: *at },
            },
        }
    }
}

impl<'a> From<Ended<'a>> for PlanResult<'a> {
    fn from(ended: Ended<'a>) -> PlanResult<'a> {
        PlanResult {
            ended,
            operation: None,
            unwritten: None,
            milliseconds: None,
            taken_back: None,
            not_as_before: None,
            troubles: None,
            drill: None,
        }
    }
}

impl<'a> PlanShown<'a> {
    /// Returns a plan with the command of each step.
    pub fn new(plan: &'a Plan) -> PlanShown<'a> {
        let Plan {
            v,
            headline,
            checks,
            steps,
            danger,
            in_person,
            undo_danger,
            base,
            blocked,
            secrets,
            no_return,
            turned_back_by,
            settles,
            leaves_nothing,
            next,
            hosts,
            drill,
            // Of the terminal alone, which no program has.
            outlives_terminal: _,
            // Answered before it is shown.
            questions: _,
        } = plan;
        let steps = steps.iter().map(|step| StepShown {
            step,
            command: step.command().map(|(argv, stdin)| Command { argv, stdin }),
        });
        PlanShown {
            v: *v,
            headline,
            checks,
            steps: steps.collect(),
            danger: danger.as_ref(),
            in_person: *in_person,
            undo_danger: undo_danger.as_ref(),
            base: base.as_ref(),
            blocked: blocked.as_ref(),
            secrets,
            no_return: *no_return,
            turned_back_by: turned_back_by.as_deref(),
            settles: settles.as_deref(),
            leaves_nothing: *leaves_nothing,
            next,
            hosts,
            drill: drill.as_ref(),
        }
    }
}

impl<'a> RefusalDocument<'a> {
    /// Returns a refusal for programs.
    pub fn new(refusal: &'a Refusal) -> RefusalDocument<'a> {
        RefusalDocument {
            refused: &refusal.what,
            hints: &refusal.hints,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::line;
    use crate::trial::documents::is_of;
    use std::time::Duration;

    fn ending(outcome: Outcome) -> Ending {
        Ending {
            outcome,
            taken_back: TakenBack::Not,
            stays: Vec::new(),
            measured: None,
            unwritten: None,
        }
    }

    fn stopped(trouble: Trouble) -> Ending {
        ending(Outcome::Stopped { at: 1, trouble })
    }

    #[test]
    fn however_a_plan_ends_it_is_told_as_described() {
        let plan = Plan::new("all is well");
        let why = || "it broke".to_owned();
        let measured = Ending {
            measured: Some(Duration::from_millis(12)),
            unwritten: Some("the disk is full".to_owned()),
            ..ending(Outcome::Done(vec!["it is so".to_owned()]))
        };
        let whole = Ending {
            taken_back: TakenBack::Whole,
            stays: vec!["a row stays".to_owned()],
            ..stopped(Trouble::Failed(why()))
        };
        let partly = Ending {
            taken_back: TakenBack::Partly(vec!["not this".to_owned()]),
            ..stopped(Trouble::NotAsAsked(why()))
        };
        for (ended, told) in [
            (
                measured,
                r#"{"result":"done","proved":["it is so"],"operation":7,"unwritten":"the disk is full","milliseconds":12.0}"#,
            ),
            (
                whole,
                r#"{"result":"failed","step":2,"why":"it broke","operation":7,"taken_back":true,"not_as_before":["a row stays"]}"#,
            ),
            (
                partly,
                r#"{"result":"not as asked","step":2,"why":"it broke","operation":7,"taken_back":false,"troubles":["not this"]}"#,
            ),
            (
                stopped(Trouble::Interrupted),
                r#"{"result":"interrupted","finished":1,"operation":7}"#,
            ),
        ] {
            let line = line(&ChangeDocument::carried_out(&plan, 7, &ended, None));
            is_of(&line, "ChangeDocument");
            assert!(line.ends_with(&format!("\"result\":{told}}}")), "{line}");
        }
        for document in [
            ChangeDocument::interrupted(&plan),
            ChangeDocument::nothing_to_do(None),
        ] {
            is_of(&line(&document), "ChangeDocument");
        }
    }
}

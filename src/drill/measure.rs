//! From what was seen to what it came to.

use super::holders::holders;
use super::result::{AskedTarget, DrillResult, Judgement};
use crate::client::{Answer, LedgerResult, Way, gaps};
use crate::exec::{Seen, What};
use crate::plan::Drill;
use serde::Deserialize;

/// How far a figure may be from what was foreseen: a question's interval.
const EXACT: f64 = 0.05;

/// Two clocks that differ by less are one: what comes through ssh comes a little later.
const ONE_CLOCK: f64 = 0.05;

/// The name under which the lines of who asks are kept, apart from those of a node of that name.
pub const CLIENT: &str = "client";

/// Returns what a drill came to; none where nobody asked anything.
pub fn measure(drill: &Drill, operation: u64, seen: &[Seen]) -> Option<DrillResult> {
    let answers = answers(seen);
    let begun = answers
        .iter()
        .map(|answer| answer.sent)
        .fold(f64::NAN, f64::min);
    let ended = answers
        .iter()
        .map(|answer| answer.sent)
        .fold(f64::NAN, f64::max);
    let struck = seen.iter().find_map(|seen| match seen.what {
        What::Begins { step } if step == drill.strikes => Some(seen.at),
        _ => None,
    })?;
    let mut asked = Vec::new();
    for (index, target) in drill.targets.iter().enumerate() {
        for way in [Way::New, Way::Held] {
            let own = || {
                answers
                    .iter()
                    .filter(move |answer| (answer.target, answer.way) == (index, way))
            };
            if own().next().is_none() {
                continue;
            }
            let gaps = gaps(own().filter(|answer| answer.sent >= struck - EXACT));
            asked.push(AskedTarget {
                target: target.clone(),
                way,
                questions: own().count(),
                failed: own().filter(|answer| !answer.is_good()).count(),
                // Of nothing, `sum` is -0.
                seconds: gaps.iter().fold(0.0, |sum, gap| sum + gap.seconds(ended)),
                gaps,
            });
        }
    }
    if asked.is_empty() {
        return None;
    }
    let held = drill.addresses.iter();
    let held = held.map(|address| holders(*address, &drill.nodes, seen, ended));
    let mut result = DrillResult {
        drill: drill.words.clone(),
        operation,
        from: drill.from.clone(),
        outside: drill.outside,
        struck,
        begun,
        ended,
        asked,
        held: held.collect(),
        rows: rows(seen),
        expected: drill.expected.clone(),
        judgement: Judgement::AsExpected,
        causes: Vec::new(),
        before: None,
    };
    result.judgement = judge(&result);
    Some(result)
}

fn judge(result: &DrillResult) -> Judgement {
    let seconds = result.seconds();
    let open = |asked: &AskedTarget| asked.gaps.iter().any(|gap| gap.to.is_none());
    match () {
        () if result.rows.as_ref().is_some_and(|rows| !rows.is_well()) => Judgement::RowsLost,
        () if result.overlap() > 0.0 => Judgement::TwoHolders,
        () if result.asked.iter().any(open) => Judgement::NotBack,
        () if seconds > result.expected.to + EXACT => Judgement::Longer,
        () if seconds < result.expected.from - EXACT => Judgement::Shorter,
        () => Judgement::AsExpected,
    }
}

/// Returns what became of the rows, where that was told.
fn rows(seen: &[Seen]) -> Option<LedgerResult> {
    #[derive(Deserialize)]
    struct Told {
        ledger: LedgerResult,
    }
    seen.iter().rev().find_map(|seen| match &seen.what {
        What::Line { of, text } if of == CLIENT => {
            let told: Told = serde_json::from_str(text).ok()?;
            Some(told.ledger)
        }
        _ => None,
    })
}

/// Returns the answers that were told, by the clock of this host.
fn answers(seen: &[Seen]) -> Vec<Answer> {
    let told = seen.iter().filter_map(|seen| match &seen.what {
        What::Line { of, text } if of == CLIENT => {
            let answer: Answer = serde_json::from_str(text).ok()?;
            Some((seen.at, answer))
        }
        _ => None,
    });
    let mut told: Vec<(f64, Answer)> = told.collect();
    let late = |(at, answer): &(f64, Answer)| at - (answer.sent + answer.ms / 1000.0);
    let offset = told.iter().map(late).fold(f64::INFINITY, f64::min);
    if offset.abs() > ONE_CLOCK {
        for (_, answer) in &mut told {
            answer.sent += offset;
        }
    }
    told.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Expected;

    fn drill(from: f64, to: f64) -> Drill {
        Drill {
            words: "standby serv1".to_owned(),
            node: "serv1".to_owned(),
            targets: vec!["http://172.16.0.12/".to_owned()],
            addresses: vec!["172.16.0.12".parse().unwrap()],
            from: "client".to_owned(),
            outside: true,
            nodes: vec!["serv1".to_owned(), "serv2".to_owned()],
            strikes: 2,
            expected: Expected {
                from,
                to,
                because: String::new(),
            },
        }
    }

    /// Asked for 10 s from 1000 on, by a clock that is so much ahead; gone from 1002 to 1004, struck at 1001.
    fn seen(ahead: f64, overlap: f64) -> Vec<Seen> {
        let line = |at: f64, of: &str, text: String| Seen {
            at,
            what: What::Line {
                of: of.to_owned(),
                text,
            },
        };
        let mut seen = vec![Seen {
            at: 1001.0,
            what: What::Begins { step: 2 },
        }];
        for number in 0..200 {
            let sent = 1000.0 + f64::from(number) * 0.05;
            let gone = (1002.0..1004.0).contains(&sent);
            let answer = Answer {
                target: 0,
                way: Way::New,
                sent: sent + ahead,
                ms: 1.0,
                failed: gone.then(|| "refused".to_owned()),
            };
            seen.push(line(
                sent + 0.001,
                CLIENT,
                serde_json::to_string(&answer).unwrap(),
            ));
        }
        let ip = "2: host0    inet 172.16.0.12/24 brd";
        seen.push(line(1000.0, "serv1", ip.to_owned()));
        seen.push(line(1002.0, "serv1", format!("Deleted {ip}")));
        seen.push(line(1002.0 - overlap, "serv2", ip.to_owned()));
        seen.sort_by(|one, other| one.at.total_cmp(&other.at));
        seen
    }

    #[test]
    fn an_outage_is_told_by_this_hosts_clock() {
        for ahead in [0.0, 3600.0, -5.0] {
            let result = measure(&drill(1.5, 2.5), 7, &seen(ahead, 0.0)).unwrap();
            assert!(
                (result.seconds() - 2.0).abs() < 0.051,
                "{ahead}: {result:?}"
            );
            assert!(
                (result.asked[0].gaps[0].from - 1002.0).abs() < 0.051,
                "{ahead}"
            );
            assert_eq!(result.asked[0].failed, 40);
            assert_eq!(result.judgement, Judgement::AsExpected);
        }
    }

    #[test]
    fn two_holders_are_a_failure_however_short_the_outage() {
        let judged = |from, to, overlap| {
            measure(&drill(from, to), 7, &seen(0.0, overlap))
                .unwrap()
                .judgement
        };
        assert_eq!(judged(0.0, 1.0, 0.0), Judgement::Longer);
        assert_eq!(judged(3.0, 9.0, 0.0), Judgement::Shorter);
        assert_eq!(judged(1.5, 2.5, 1.0), Judgement::TwoHolders);
    }

    #[test]
    fn who_does_not_answer_again_is_not_back() {
        let mut seen = seen(0.0, 0.0);
        seen.retain(|seen| seen.at < 1003.0);
        let result = measure(&drill(0.0, 9.0), 7, &seen).unwrap();
        assert_eq!(result.judgement, Judgement::NotBack);
    }

    #[test]
    fn without_questions_there_is_no_result() {
        assert_eq!(measure(&drill(0.0, 9.0), 7, &[]), None);
    }
}

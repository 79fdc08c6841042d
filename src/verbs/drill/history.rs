//! `drill history`: the figures over time.

use crate::drill::{self, DrillResult, Judgement};
use crate::exit::Exit;
use crate::operate::{RunsItself, Session};
use crate::report::{Document, Report, Role, Span};
use clap::Args;
use serde::Serialize;

/// What each drill on this host came to, over time
#[derive(Debug, Args)]
pub struct History {
    /// Only those with these words, such as poweroff serv1
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

/// `drill history`: what each drill on this host came to.
#[derive(Serialize)]
struct DrillHistoryDocument<'a> {
    /// The drills, the oldest first.
    drills: &'a [DrillResult],
}

impl Document for DrillHistoryDocument<'_> {}

impl RunsItself for History {
    fn run(&self, session: &mut Session) -> Exit {
        let wanted = self.words.join(" ");
        let mut results = drill::results(&session.host.journal());
        results.retain(|result| result.drill.starts_with(&wanted));
        let mut report = Report::new(&DrillHistoryDocument { drills: &results });
        if results.is_empty() {
            report.line([
                Span::from("no drill was run from this host yet; which there are: "),
                Span::new(Role::Command, "bascule drill"),
            ]);
        }
        report.table(results.iter().map(row).collect());
        session.report(&report)
    }
}

fn row(result: &DrillResult) -> Vec<Span> {
    let at = jiff::Timestamp::from_second(result.struck as i64).unwrap_or_default();
    let (role, word) = match result.judgement {
        Judgement::AsExpected => (Role::Ok, "as expected".to_owned()),
        Judgement::Shorter => (Role::Ok, "shorter than expected".to_owned()),
        Judgement::Longer => (Role::Warn, "longer than expected".to_owned()),
        Judgement::NotBack => (Role::Fail, "did not answer again".to_owned()),
        Judgement::RowsLost => (Role::Fail, "rows lost".to_owned()),
        Judgement::TwoHolders => (
            Role::Fail,
            format!("two holders for {:.2} s", result.overlap()),
        ),
    };
    vec![
        Span::new(Role::Strong, result.operation.to_string()),
        Span::new(Role::Dim, at.strftime("%Y-%m-%d %H:%M").to_string()),
        Span::from(format!("drill {}", result.drill)),
        Span::from(format!("{:.2} s", result.seconds())),
        Span::new(Role::Dim, format!("of {}", result.expected.words())),
        Span::new(role, word),
    ]
}

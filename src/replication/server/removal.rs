//! Taking the option file of ours away again, without the journal.

use super::restart::Keeper;
use super::{ask, file, restart};
use crate::conf::options::{DROP_IN, DropIn};
use crate::facts::Facts;
use crate::plan::{Check, Plan, Refusal, Step, Verify};
use std::path::Path;

/// Adds to a plan what takes the option file of ours away, and with it what it made of the server.
/// Returns false where there is none.
///
/// # Errors
/// When the server would not start without it, or nobody is known who could restart it.
pub fn without_file(facts: &Facts, plan: &mut Plan) -> Result<bool, Refusal> {
    let server = ask(facts)?;
    let Some(lies) = server.option_file(Path::new(DROP_IN)) else {
        return Ok(false);
    };
    file::left_out(facts, server, &server.options().with(DROP_IN, ""), plan)?;
    let keeper = Keeper::find(facts, server, plan)?;
    restart::warn_of_restart(server, &keeper, &DropIn::parse(""), plan);
    let foreign = DropIn::parse(&lies.text).foreign();
    if !foreign.is_empty() {
        plan.check(
            Check::warning(format!(
                "{DROP_IN} holds options that bascule did not write, and they go with it: {}; from the \
                 restart on they are what other files say, or their defaults",
                foreign.join(", ")
            ))
            .note("to keep them: into a file of their own, first"),
        );
    }
    let goes_on = server
        .options()
        .with(DROP_IN, "")
        .effective(file::release(server), "log_bin")
        .is_some_and(|line| line.winner.effect() != "0");
    if server.has_binlog() && !goes_on {
        let folder = server.variable("log_bin_basename").unwrap_or_default();
        plan.check(
            Check::warning(
                "its binlogs stay where they are, and end here: who comes back needs a new copy of the data",
            )
            .note(format!("{folder}.*")),
        );
    }
    let mut again = keeper.start_with_old(server);
    for step in &mut again {
        step.why = "with the options of replication again".to_owned();
    }
    plan.steps.extend(keeper.leave_alone());
    plan.step(
        Step::file(
            DROP_IN,
            file::before_step(lies),
            None,
            "what other files say counts again; the server must take that before it restarts",
        )
        .verify(Verify::ServerParses { values: Vec::new() })
        .after_undo(again),
    );
    plan.steps.extend(keeper.restart(server));
    plan.step(
        Step::sql(&server.client, ["DO 1"], "the server answers").verify(Verify::Answers {
            host: None,
            client: server.client.clone(),
            query: "SELECT 1".to_owned(),
            answer: "1".to_owned(),
            proves: format!("MariaDB on {} answers, without {DROP_IN}", facts.host),
        }),
    );
    plan.steps.extend(keeper.look_after());
    Ok(true)
}

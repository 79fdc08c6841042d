//! `db remove`: the server of this host takes no part in replication any more. Its data stay.
//!
//! It needs no journal and looks at what is there, so that a set-up made by hand goes as well. What
//! other option files say is never edited: it is told with file and line.

use crate::replication::removal::{account, link, others};

use crate::conf::AccountName;
use crate::facts::database::{Account, Link};
use crate::facts::{DatabaseServer, Facts, Needs};
use crate::mariadb::{BinlogState, quote_string};
use crate::plan::{Again, Danger, Finding, Plan, Refusal, Step, Verify};
use crate::replication::{guards, prepared, server, servers};
use crate::verb::Change;
use clap::Args;

/// Take this host's MariaDB server out of replication; its data stay
///
/// A replica forgets its primary, and its account there is dropped. A primary drops the accounts of its
/// replicas, once none of them is connected. 99-bascule.cnf is removed, and what other option files say
/// counts again: they are not edited.
#[derive(Debug, Args)]
pub struct Remove {
    /// The account that replicas log in with here
    #[arg(long, value_name = "NAME", default_value_t)]
    user: AccountName,
}

impl Change for Remove {
    fn needs(&self) -> Needs {
        server::needs()
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let links = facts.database.iter().flat_map(link::all_links);
        Needs {
            database_hosts: links.map(|link| link.primary_host().to_owned()).collect(),
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let host = &facts.host;
        let here = server::ask(facts)?;
        told_all(here)?;
        nobody_follows(here)?;
        let mut plan = Plan::new(format!("{host} has no part in replication"));
        let links: Vec<_> = link::all_links(here).collect();
        let primaries: Vec<&str> = links.iter().map(|link| link.primary_host()).collect();
        let primaries = primaries.join(" and ");
        link::forget(facts, here, &links, &mut plan);
        let restarts = server::without_file(facts, &mut plan)?;
        let is_for_replicas = |one: &&Account| {
            // A replica on this very host would be none.
            one.replicates && one.user == self.user.as_str() && one.host != "localhost"
        };
        for account in here.accounts.iter().filter(is_for_replicas) {
            plan.step(account::drop_step(here, None, account, false));
        }
        if !restarts && !links.is_empty() {
            plan.steps.extend(writable(here));
        }
        plan.steps.extend(forget_position(here, &links));
        others::note_what_stays(here, self.user.as_str(), &mut plan);
        if plan.is_empty() {
            plan.checks.retain(|check| check.finding != Finding::Ok);
            return Ok(plan);
        }
        if !links.is_empty() {
            plan.checks.extend(prepared::stay_warning(here));
        }
        plan.headline = format!("{host} has no part in replication any more; its data stay");
        plan.no_return = Some(plan.steps.len());
        if let (Some(first), false) = (plan.steps.first_mut(), links.is_empty()) {
            let hosts: Vec<&str> = links.iter().map(|link| link.primary_host()).collect();
            first.guards.extend([
                guards::nobody_follows(here),
                guards::follows_no_other(here, &hosts),
            ]);
        }
        let mut what = Vec::new();
        let mut back = Vec::new();
        if !links.is_empty() {
            what.push(format!("{host} follows {primaries} no more"));
            back.push(format!(
                "{host} follows {primaries} again, and keeps what was written here meanwhile"
            ));
        }
        if restarts {
            what.push(format!("MariaDB restarts on {host}"));
            back.push(format!("MariaDB restarts on {host}"));
        }
        if restarts && links.is_empty() && here.has_binlog() && !others::writes_a_binlog(here) {
            back.push(
                "what was written meanwhile is in no binlog: replicas need a new copy".into(),
            );
        }
        let danger =
            |what: Vec<String>| (!what.is_empty()).then(|| Danger::new(what.join("; "), host));
        // What a restart found pending is told first.
        let found = plan.danger.take().map(|danger| danger.what);
        what.extend(found);
        plan.danger = danger(what);
        plan.undo_danger = danger(back).map(|danger| danger.of_restart(links.is_empty()));
        for link in &links {
            plan.next.push(format!(
                "on {}, where it is to be a primary no more: bascule db remove",
                link.primary_host()
            ));
        }
        Ok(plan)
    }
}

/// Refuses where the server did not say all: who follows it must be known.
fn told_all(here: &DatabaseServer) -> Result<(), Refusal> {
    match here.unanswered_why() {
        None => Ok(()),
        Some(why) => Err(
            Refusal::check(format!("{} did not answer all: {why}", here.host))
                .hint("to see for yourself", here.client.clone()),
        ),
    }
}

/// Refuses while somebody replicates from this server.
fn nobody_follows(here: &DatabaseServer) -> Result<(), Refusal> {
    let host = &here.host;
    let mut followers: Vec<&str> = here
        .replicas()
        .map(|session| link::without_port(&session.host))
        .collect();
    followers.sort();
    followers.dedup();
    let Some(first) = followers.first() else {
        return Ok(());
    };
    let who = followers.join(", ");
    let verb = match followers.len() {
        1 => "replicates",
        _ => "replicate",
    };
    Err(Refusal::check(format!("{who} {verb} from {host}"))
        .hint(
            format!("to take it out of replication first, on {first}"),
            "bascule db remove",
        )
        .hint(
            "to have it take the place of this host, there",
            "bascule db promote",
        )
        .again(
            "where it does so no more: its session ends within half a minute, and then",
            Again::same(),
        ))
}

/// Returns the step after which a former replica takes writes, where only the running server says no.
fn writable(here: &DatabaseServer) -> Option<Step> {
    if !here.is_on("read_only") || others::setting(here, "read_only").is_some() {
        return None;
    }
    let back = servers::sql(here, None, ["SET GLOBAL read_only=1"], "as before");
    let to = servers::sql(
        here,
        None,
        ["SET GLOBAL read_only=0"],
        "it takes writes of its own; no option file forbids them",
    );
    Some(to.undone_by(vec![back]))
}

/// Returns the step that empties the position in what a primary wrote, where that is sound: with a
/// binlog of its own transactions the server refuses it (error 1948), and is right: they say where it is.
///
/// What is written from now on is not in it, so whoever went on from it later would miss that silently.
/// Where there are links, their way back has it.
fn forget_position(here: &DatabaseServer, links: &[&Link]) -> Option<Step> {
    let moves = links.iter().any(|link| link.using_gtid() != "No");
    let position = here.variable("gtid_slave_pos").unwrap_or_default();
    let id = here.server_id();
    let state = here.variable("gtid_binlog_state").unwrap_or_default();
    let has_own = state.parse::<BinlogState>().map_or(true, |state| {
        state.gtids().any(|gtid| Some(u64::from(gtid.server)) == id)
    });
    if (position.is_empty() && !moves) || (others::writes_a_binlog(here) && has_own) {
        return None;
    }
    let step = servers::sql(
        here,
        None,
        ["SET GLOBAL gtid_slave_pos=''"],
        "what is written here from now on is not in that position: nobody shall go on from it",
    )
    .verify(Verify::Answers {
        host: None,
        client: here.client.clone(),
        query: "SELECT @@gtid_slave_pos = ''".to_owned(),
        answer: "1".to_owned(),
        proves: format!("{} keeps no position in a primary's binlog", here.host),
    });
    Some(match links {
        [_, ..] => step,
        [] => step.undone_by(vec![servers::sql(
            here,
            None,
            [format!(
                "SET GLOBAL gtid_slave_pos={}",
                quote_string(position)
            )],
            "as before",
        )]),
    })
}

#[cfg(test)]
mod tests;

//! What is looked at before a server becomes a replica: settings, filters, what can be copied.

use super::origin::{Origin, PrimaryAccess};
use super::{by_use, left_out};
use crate::facts::{DatabaseServer, Facts};
use crate::health::database::{filters, unlogged};
use crate::plan::{Check, Plan, Refusal, shell_line};
use crate::replication::crossing::Crossings;
use crate::replication::endpoint::{Endpoint, leniences};
use crate::replication::{alike, prepared, views};
use crate::wording::count;

/// Adds the checks of the variables that must be alike on both.
pub fn alike_settings(
    replica: &DatabaseServer,
    origin: &Origin,
    seeds: bool,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let named = |name: &str| origin.databases.iter().any(|one| one.as_str() == name);
    let takes: Option<&dyn Fn(&str) -> bool> = match origin.filtered {
        true => Some(&named),
        false => None,
    };
    for check in alike::check_alike(&origin.as_said(), replica, takes, seeds)? {
        plan.check(check);
    }
    Ok(())
}

/// Warns where the two could not swap their roles later: the primary, as a replica, would take less.
pub fn warn_of_the_way_back(
    facts: &Facts,
    replica: &DatabaseServer,
    origin: &Origin,
    plan: &mut Plan,
) {
    let (false, PrimaryAccess::Ssh { server, .. }) = (origin.filtered, origin.place) else {
        return;
    };
    let names = filters::filtered_databases(server);
    if names.is_empty() || !by_use::running(replica).is_empty() {
        return;
    }
    let list: Vec<String> = names.iter().map(ToString::to_string).collect();
    let words = list.iter().flat_map(|name| ["--database", name]);
    let words = shell_line(&words.map(str::to_owned).collect::<Vec<String>>());
    plan.check(
        Check::warning(format!(
            "{} takes every database, and {} as its replica would take {} alone: db promote will be refused",
            facts.host,
            origin.name,
            list.join(", ")
        ))
        .note(format!("to take the same: {words}")),
    );
}

/// Adds the checks of what leads out of the databases that alone are replicated.
pub fn crossings(origin: &Origin, seeds: bool, plan: &mut Plan) -> Result<(), Refusal> {
    let (true, PrimaryAccess::Ssh { server, .. }) = (origin.filtered, origin.place) else {
        return Ok(());
    };
    let crossings = Crossings::new(server, &origin.databases);
    if seeds {
        crossings.refuse()?;
    }
    for check in crossings.checks() {
        plan.check(check);
    }
    Ok(())
}

/// Warns of all by which rows can be missing here without an error.
pub fn warn_of_lost_rows(
    facts: &Facts,
    replica: &DatabaseServer,
    origin: &Origin,
    plan: &mut Plan,
) {
    for check in leniences(replica, &facts.host) {
        plan.check(check);
    }
    plan.checks.extend(left_out::strays(replica, origin));
    if let PrimaryAccess::Ssh { server, .. } = origin.place {
        for check in unlogged(server, &server.host) {
            plan.check(check);
        }
    }
}

/// Looks whether all that a copy reads can be dumped, on both: what is replaced is kept by a dump.
pub fn copied(replica: &DatabaseServer, origin: &Origin, plan: &mut Plan) -> Result<(), Refusal> {
    let own = Endpoint {
        server: replica,
        via: None,
    };
    views::can_be_dumped(&own, &origin.databases, false)?;
    if let PrimaryAccess::Ssh { server, via } = origin.place {
        let primary = Endpoint {
            server,
            via: Some(via),
        };
        views::can_be_dumped(&primary, &origin.databases, true)?;
        prepared::none_is_left_out(server)?;
        plan.checks
            .extend(views::unseen(primary.server, &origin.databases));
    }
    prepared::none_holds(replica)
}

/// Refuses where events of the primary would run here as well.
pub fn refuse_running_events(replica: &DatabaseServer, origin: &Origin) -> Result<(), Refusal> {
    if origin.events == 0 || !replica.is_on("event_scheduler") {
        return Ok(());
    }
    Err(Refusal::check(format!(
        "{} of {} would run on {} too, since event_scheduler is ON here: what they write there would be nobody's copy",
        count(origin.events, "event"),
        origin.databases_text(),
        replica.host
    ))
    .hint(
        "to switch them off now",
        format!("{} -e 'SET GLOBAL event_scheduler=OFF'", replica.client),
    )
    .hint("and for good, where it is set", "grep -rn event_scheduler /etc/mysql"))
}

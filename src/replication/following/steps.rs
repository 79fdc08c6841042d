//! The steps from data that are the primary's to a replica that follows it.

use super::left_out;
use super::origin::PrimaryAccess;
use super::request::Request;
use super::setting::ReplicaContext;
use crate::conf::DatabaseName;
use crate::conf::options::RELAY_LOG;
use crate::facts::DatabaseServer;
use crate::mariadb::Position;
use crate::mariadb::filter::{Filters, Share};
use crate::plan::{Action, Plan, Step, Undo};
use crate::replication::endpoint::Endpoint;
use crate::replication::{counts, link, proof, seed, servers};

/// The name of the primary's position when the login was tried.
pub const SEEN: &str = "seen";

/// How long the replica may take to come to where the primary was counted, in seconds.
const CATCHES_UP: u64 = 600;

/// Returns true when the account gets a password: the link has none that is known to work.
pub fn needs_password(words: &Request, here: &ReplicaContext) -> bool {
    let works = |link: &crate::facts::database::Link| {
        link.io_state() == "Yes" && link.primary_user() == here.origin.user.as_str()
    };
    words.password_file.is_some() || !here.link.is_some_and(works)
}

/// Returns the steps that begin at the primary's position where it has no database yet: whatever it
/// makes from then on arrives.
pub fn position_alone(here: &ReplicaContext, primary: &DatabaseServer, via: &str) -> Vec<Step> {
    let none = "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN \
                ('mysql', 'information_schema', 'performance_schema', 'sys')";
    vec![
        servers::sql(
            primary,
            Some(via),
            ["SELECT @@gtid_binlog_pos"],
            format!(
                "{} has no database yet: what it makes from here on arrives",
                primary.host
            ),
        )
        .answers_as("position"),
        servers::sql(
            primary,
            Some(via),
            [none],
            "so nothing before that position is missing",
        )
        .expecting(
            "0",
            format!(
                "a database was made on {} meanwhile: run it again",
                primary.host
            ),
        ),
        servers::sql(
            here.replica,
            None,
            ["SET GLOBAL gtid_slave_pos='${position}'"],
            "the position to go on from",
        ),
    ]
}

/// Returns true when the relay logs get another name: what is left of the old ones would be looked
/// for in vain, and no CHANGE MASTER would be taken any more, not even that of the dump (error 1201,
/// seen on 10.11).
pub fn renames_relay_logs(replica: &DatabaseServer) -> bool {
    replica.variable("relay_log") != Some(RELAY_LOG)
}

/// Adds the steps after which nothing is applied here until the plan says so, and what was there is
/// kept; with `forgets` no link is there either that a restart would set going.
pub fn stand_still(here: &ReplicaContext, forgets: bool, plan: &mut Plan) {
    let replica = here.replica;
    if let (Some(link), Some(kept)) = (here.link, &here.kept) {
        if link::threads(link).is_some() {
            plan.step(link::stop(replica, link));
        }
        plan.step(kept.keep());
        if forgets {
            plan.step(kept.forget("no restart sets it going, and no relay log of it is left"));
        }
        return;
    }
    // A dump's own CHANGE MASTER leaves a link without a host, which no status shows.
    let left = replica
        .datadir_files
        .iter()
        .any(|name| name == "relay-log.info");
    if left && renames_relay_logs(replica) {
        plan.step(servers::sql(
            replica,
            None,
            ["STOP SLAVE", "RESET SLAVE ALL"],
            "what is left of a link to nowhere: its relay logs get another name",
        ));
    }
}

/// Returns the position that a replica has, and that of its binlog where this is behind it: what it wrote
/// under another server's id, as one made of a copy of the primary's disk has, it never received. The primary
/// would send it again (error 1950).
fn written_here(replica: &DatabaseServer) -> Option<(Position, Position)> {
    let history = replica.history();
    let behind =
        history.position() == history.binlog_pos && history.binlog_pos != history.slave_pos;
    behind.then_some((history.slave_pos, history.binlog_pos))
}

/// Adds the steps that link the replica, let it come to a known position, compare every table's rows
/// there, and go on; `copied` where the data have just come.
pub fn follow(here: &ReplicaContext, copied: bool, forgets: bool, plan: &mut Plan) {
    let ReplicaContext {
        replica,
        origin,
        link,
        upstream,
        ..
    } = *here;
    let filters = left_out::filters(replica, origin);
    let arrives = |name: &&DatabaseName| filters.share_of(name.as_str()) != Share::None;
    let counts = origin.databases.iter().any(|name| arrives(&name));
    if counts {
        for step in counted(here) {
            plan.step(step);
        }
    }
    let password = plan
        .secrets
        .iter()
        .any(|secret| secret.name == crate::replication::account::PASSWORD);
    if let Some(kept) = here.kept.as_ref().filter(|_| forgets) {
        plan.step(kept.restore_step());
    }
    if password || !link.is_some_and(|link| upstream.is_of(link)) {
        plan.step(change_link(here, copied, password));
    }
    if counts {
        plan.step(come_to_the_count(here));
        plan.step(compare_rows(here, &filters, copied));
    }
    plan.step(link::start(replica, &origin.address));
    prove_arrival(here, &filters, plan);
}

/// Returns the step that leads the replica to its primary, from the position of its data.
fn change_link(here: &ReplicaContext, copied: bool, password: bool) -> Step {
    let ReplicaContext {
        replica,
        origin,
        upstream,
        ref kept,
        ..
    } = *here;
    let stop = |why: &str| servers::sql(replica, None, ["STOP SLAVE"], why);
    let mut statements = upstream.change_master(password, false);
    let moved = written_here(replica).filter(|_| !copied);
    if moved.is_some() {
        // Before the primary is asked for what comes next.
        statements.insert(1, "SET GLOBAL gtid_slave_pos=@@gtid_binlog_pos".to_owned());
    }
    let position = moved.map(|(before, set)| link::position_back(&before, &set));
    let back = match kept {
        None => {
            let statements = ["STOP SLAVE", "RESET SLAVE ALL"].map(str::to_owned);
            let why = "no link was there before";
            let unlink = servers::sql(replica, None, statements.into_iter().chain(position), why);
            let told = (!copied).then(|| link::forget_position_step(replica, None, origin.name));
            std::iter::once(unlink).chain(told).collect()
        }
        Some(kept) => [stop("it stands still")]
            .into_iter()
            .chain(position.map(|back| {
                servers::sql(replica, None, [back], "the position is the one of before")
            }))
            .chain(kept.moved_on())
            .chain([kept.forget("for the one of before")])
            .collect(),
    };
    servers::sql(
        replica,
        None,
        statements,
        "by GTID; the password goes through standard input, and MariaDB keeps it in master.info",
    )
    .undone_by(back)
}

/// Returns the step that lets the replica come to where the primary's rows were counted.
fn come_to_the_count(here: &ReplicaContext) -> Step {
    let ReplicaContext {
        replica, origin, ..
    } = *here;

    servers::sql(
        replica,
        None,
        [
            "START SLAVE UNTIL master_gtid_pos='${counted_at}'".to_owned(),
            format!("SELECT MASTER_GTID_WAIT('${{counted_at}}', {CATCHES_UP})"),
            // They end a moment later, and START SLAVE would find them still running.
            "STOP SLAVE".to_owned(),
        ],
        format!(
            "up to where the rows of {} were counted, and not further",
            origin.name
        ),
    )
    .expecting(
        "0",
        format!("{} did not come so far; `db status` says why", replica.host),
    )
    .undone_by(vec![servers::sql(
        replica,
        None,
        ["STOP SLAVE"],
        "both threads end",
    )])
    .within(CATCHES_UP + 10)
}

/// Returns the step that compares the rows with those of the primary, at the same position.
fn compare_rows(here: &ReplicaContext, filters: &Filters, copied: bool) -> Step {
    let ReplicaContext {
        replica, origin, ..
    } = *here;

    servers::sql(
                replica,
                None,
                [counts::compare(&origin.databases, filters)],
                match filters.is_empty() {
                    true => "every table has as many rows here as it had there, and every database as many views, routines, events".to_owned(),
                    false => "every table that goes through the filters has as many rows here as it had there".to_owned(),
                },
            )
            .expecting(
                "equal",
                match copied {
                    true => "what was just copied is not what the primary has: something else writes here, or a filter keeps part of it out",
                    false => "what is here is not what the primary has; --reseed copies it anew",
                },
            )
            .within(counting(origin.bytes))
}

/// Adds the steps that prove that what the primary writes from now on arrives.
fn prove_arrival(here: &ReplicaContext, filters: &Filters, plan: &mut Plan) {
    let ReplicaContext {
        replica, origin, ..
    } = *here;
    let passes = |name: &&DatabaseName| filters.lets_through(name.as_str(), proof::TABLE);
    match (origin.place, origin.databases.iter().find(passes)) {
        (PrimaryAccess::Ssh { server, via }, Some(database)) => {
            let primary = Endpoint {
                server,
                via: Some(via),
            };
            let own = Endpoint {
                server: replica,
                via: None,
            };
            let mut steps = proof::a_row_is_timed(&primary, &own, database, proof::ARRIVES);
            clear_last(here, &mut steps, plan);
            for step in steps {
                plan.step(step);
            }
        }
        (PrimaryAccess::Ssh { .. }, None) => {}
        (PrimaryAccess::File { .. }, _) => {
            plan.step(
                servers::sql(
                    replica,
                    None,
                    [format!(
                        "SELECT MASTER_GTID_WAIT('${{{SEEN}}}', {CATCHES_UP})"
                    )],
                    "all that the primary had written when the login was tried",
                )
                .expecting("0", "it did not arrive")
                .within(CATCHES_UP + 10),
            );
        }
    }
}

/// Leaves what a program that died could have left on the primary to the end of the way back: a
/// primary that is gone must not keep this host from being put back.
fn clear_last(here: &ReplicaContext, steps: &mut [Step], plan: &mut Plan) {
    let Some((server, via)) = here.origin.server() else {
        return;
    };
    let mut clear = Vec::new();
    if plan.steps.iter().any(|step| {
        matches!(
            step.action,
            Action::Pipe {
                from_host: Some(_),
                ..
            }
        )
    }) {
        clear.push(seed::end_dump(
            server,
            Some(via),
            &seed::mark_of(here.replica),
        ));
    }
    if let Some(written) = steps.first_mut()
        && let Undo::Steps { steps } = std::mem::replace(&mut written.undo, Undo::Nothing)
    {
        written.on_failure.clone_from(&steps);
        clear.extend(steps);
    }
    let first = plan
        .steps
        .iter_mut()
        .find(|step| step.host.as_deref() == Some(via));
    if let Some(first) = first {
        match &mut first.undo {
            Undo::Steps { steps } => steps.extend(clear),
            _ => first.undo = Undo::Steps { steps: clear },
        }
    }
}

/// Returns the steps by which it is known how many rows each table of the primary has at one GTID.
fn counted(here: &ReplicaContext) -> Vec<Step> {
    match here.origin.place {
        PrimaryAccess::Ssh { server, via } => on_primary(server, via, here),
        PrimaryAccess::File { path, manifest } => vec![
            Step::run(
                ["echo", &manifest.counted_at],
                format!("the GTID at which {} was counted", manifest.host),
            )
            .answers_as("counted_at"),
            Step::run(
                crate::replication::bundle::print_rows(path),
                "the rows of each of its tables there",
            )
            .answers_as("counted"),
        ],
    }
}

fn on_primary(primary: &DatabaseServer, via: &str, here: &ReplicaContext) -> Vec<Step> {
    let [at, rows] = counts::count_at(primary, Some(via), &here.origin.databases);
    vec![at, rows.within(counting(here.origin.bytes))]
}

/// Returns how long counting may take: disks that read 10 MB/s are slow ones.
pub fn counting(bytes: u64) -> u64 {
    60 + bytes / 10_000_000
}

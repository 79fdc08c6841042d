//! What is looked at before two servers swap their roles.

use super::pair::SwitchoverPair;
use crate::cib::Cib;
use crate::facts::Facts;
use crate::facts::database::{ClientSession, Link};
use crate::health::database::{leniences, unlogged};
use crate::mariadb::Relation;
use crate::plan::{Again, Check, Plan, Refusal};
use crate::replication::endpoint;
use crate::replication::endpoint::Endpoint;

/// The replica catches up before anything is frozen; with more than this behind it would take too
/// long to wait for with a plan that was read now.
const BEHIND: u64 = 60;

/// Looks at the replica's link, at what both hold, and at what the replica needs as a primary.
///
/// # Errors
/// When the roles cannot be swapped.
pub fn replica(pair: &SwitchoverPair, link: &Link, plan: &mut Plan) -> Result<(), Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let (to, from) = (new.name(), old.name());
    runs(new, link)?;
    if link.using_gtid() == "No" {
        return Err(Refusal::check(format!(
            "{to} follows {from} by file and position, not by GTID: where {from} had to go on would not be known"
        ))
        .hint(
            "to have it use GTIDs",
            new.typed_sql("STOP SLAVE; CHANGE MASTER TO MASTER_USE_GTID=slave_pos; START SLAVE"),
        ));
    }
    if link.delay() > 0 {
        return Err(Refusal::check(format!(
            "{to} holds every transaction back for {} s on purpose",
            link.delay()
        ))
        .hint(
            "to have it catch up",
            new.typed_sql("STOP SLAVE; CHANGE MASTER TO MASTER_DELAY=0; START SLAVE"),
        ));
    }
    check_logs(pair)?;
    old.follows_nobody()?;
    holds_all(pair, link)?;
    for check in endpoint::leniences(old.server, from) {
        plan.check(check);
    }
    for side in [&pair.old, &pair.new] {
        for check in unlogged(side.server, side.name()) {
            plan.check(check);
        }
    }
    relation(pair, plan)?;
    if let Some(seconds) = link.seconds_behind().filter(|seconds| *seconds > BEHIND) {
        return Err(Refusal::check(format!("{to} is {seconds} s behind {from}"))
            .hint("to see how it catches up", new.typed("bascule db status")));
    }
    listens(pair)?;
    binlog_filters(pair)?;
    Ok(())
}

/// Looks whether the new primary's binlog holds what the old one would go on from.
///
/// # Errors
/// When it does not.
pub fn check_logs(pair: &SwitchoverPair) -> Result<(), Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let (to, from) = (new.name(), old.name());
    for (name, on) in [
        ("log_bin", new.server.has_binlog()),
        ("log_slave_updates", new.server.is_on("log_slave_updates")),
    ] {
        if !on {
            return Err(Refusal::check(format!(
                "{name} is off on {to}: {from} could not go on from its binlog"
            ))
            .hint(
                format!("to switch it on, on {to}"),
                format!("bascule db replicate {}", pair.old_address),
            ));
        }
    }
    Ok(())
}

/// Looks whether the replica has applied all that its GTIDs say.
///
/// # Errors
/// When it passes over some of it: what it lacks would be lost with the old primary's role.
fn holds_all(pair: &SwitchoverPair, link: &Link) -> Result<(), Refusal> {
    let new = &pair.new;
    let Some(lenient) = leniences(new.server, link, Some(pair.old.server))
        .into_iter()
        .find(|lenient| lenient.running)
    else {
        return Ok(());
    };
    let mut refusal = Refusal::check(format!(
        "{} {}: rows that {} holds may be missing there, or other ones",
        new.name(),
        lenient.effect(),
        pair.old.name()
    ));
    for (purpose, command) in lenient.mend(&new.server.client) {
        let command = match new.via {
            Some(host) => format!("ssh -t root@{host} {}", crate::plan::shell_line(&[command])),
            None => command,
        };
        refusal = refusal.hint(purpose, command);
    }
    let refusal = refusal.hint("then to see which rows differ", "bascule db check");
    Err(refusal.hint(
        format!("and to take {}'s data, on {}", pair.old.name(), new.name()),
        format!("bascule db replicate {} --reseed", pair.old_address),
    ))
}

fn runs(new: &Endpoint, link: &Link) -> Result<(), Refusal> {
    if link.is_healthy() {
        return Ok(());
    }
    let (name, primary) = (new.name(), link.primary_host());
    let errors = [
        (link.sql_errno(), link.sql_error()),
        (link.io_errno(), link.io_error()),
    ];
    let threads = format!(
        "{name} does not replicate from {primary} now: IO thread {}, SQL thread {}",
        link.io_state(),
        link.sql()
    );
    Err(match errors.into_iter().find(|(errno, _)| *errno != 0) {
        Some((errno, text)) => Refusal::check(format!("{threads}; error {errno}: {text}"))
            .hint("what that is", format!("bascule explain {errno}")),
        None if link.io_state() == "No" || link.sql() == "No" => {
            Refusal::check(threads).hint("to have it go on", new.typed("bascule db start"))
        }
        None => Refusal::check(threads).hint("what is wrong", new.typed("bascule db status")),
    })
}

/// Looks whether the new primary holds nothing that the old one lacks.
fn relation(pair: &SwitchoverPair, plan: &mut Plan) -> Result<(), Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let (to, from) = (new.name(), old.name());
    let (theirs, ours) = (old.history()?, new.history()?);
    let relation = ours.relation_to(&theirs);
    let strange = ours.domains_unknown_to(&theirs);
    if relation.may_follow() && !strange.is_empty() {
        let strange: Vec<String> = strange.iter().map(ToString::to_string).collect();
        return Err(Refusal::check(format!(
            "{to}'s binlog has {}, of a domain that {from} never had: {from} would be sent all of that",
            strange.join(", ")
        ))
        .hint(
            format!("to seed {to} anew, without what that brought; that is kept aside"),
            new.typed(&format!("bascule db replicate {} --reseed", pair.old_address)),
        ));
    }
    match relation {
        Relation::Same => plan.check(Check::ok(format!("{to} holds all that {from} has written"))),
        Relation::Behind(1) => plan.check(Check::ok(format!(
            "{to} is one transaction behind {from}, and catches up before anything stops"
        ))),
        Relation::Behind(missing) => plan.check(Check::ok(format!(
            "{to} is {missing} transactions behind {from}, and catches up before anything stops"
        ))),
        relation @ (Relation::Ahead(_) | Relation::Diverged { .. }) => {
            let extra: Vec<String> = relation.errant().iter().map(ToString::to_string).collect();
            return Err(Refusal::check(format!(
                "{to} holds transactions that {from} lacks, up to {}: {from} could not follow it",
                extra.join(", ")
            ))
            .hint("how the two stand", new.typed("bascule db status")));
        }
        Relation::Unknown(doubt) => {
            return Err(Refusal::check(format!(
                "whether {to} holds all that {from} does cannot be told: {doubt}"
            ))
            .hint("how the two stand", new.typed("bascule db status")));
        }
    };
    Ok(())
}

/// Looks whether the new primary can be reached where the old one will look for it.
///
/// # Errors
/// When it cannot.
pub fn listens(pair: &SwitchoverPair) -> Result<(), Refusal> {
    let (new, address) = (&pair.new, pair.new_address);
    let server = new.server;
    if server.listeners.is_empty() || server.on_port().any(|one| one.reaches(address)) {
        return Ok(());
    }
    Err(Refusal::check(format!(
        "MariaDB on {} does not listen on {address}:{}: {} could not follow it",
        new.name(),
        server.port(),
        pair.old.name()
    ))
    .hint("where it listens", new.typed("ss -ltnp"))
    .hint(
        "to have it listen there, write bind_address into",
        crate::conf::options::DROP_IN,
    ))
}

/// Looks whether the new primary logs all that the old one does.
///
/// # Errors
/// When it does not.
pub fn binlog_filters(pair: &SwitchoverPair) -> Result<(), Refusal> {
    let filter = |side: &Endpoint| {
        let position = side.server.position.clone().unwrap_or_default();
        (position.do_db, position.ignore_db)
    };
    let (new, old) = (filter(&pair.new), filter(&pair.old));
    let (name, value) = match &new {
        (value, _) if !value.is_empty() => ("binlog_do_db", value),
        (_, value) if !value.is_empty() => ("binlog_ignore_db", value),
        _ => return Ok(()),
    };
    if new == old {
        return Ok(());
    }
    Err(Refusal::check(format!(
        "{} logs other databases than {} does: {name} is {value} there",
        pair.new.name(),
        pair.old.name()
    ))
    .hint(
        "take that option out of its files, and restart it",
        pair.new.typed("grep -rn binlog_ /etc/mysql"),
    ))
}

/// For how long a transaction may be open before it counts as one that somebody is in the middle of,
/// in seconds.
const LONG: f64 = 2.0;

/// The first words of statements that write.
const WRITES: [&str; 16] = [
    "ALTER", "ANALYZE", "CALL", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MERGE", "OPTIMIZE",
    "RENAME", "REPAIR", "REPLACE", "TRUNCATE", "UPDATE", "XA",
];

fn writes(session: &ClientSession) -> bool {
    let statement = session
        .statement
        .as_deref()
        .unwrap_or_default()
        .to_ascii_uppercase();
    let running = session.command != "Sleep"
        && session.seconds >= LONG
        && WRITES.contains(&statement.as_str());
    let open = session.modified > 0 && session.transaction.is_some_and(|seconds| seconds >= LONG);
    running || open
}

/// Looks for who is in the middle of writing on the old primary, and for who will be cut off.
///
/// # Errors
/// When somebody has written and not committed for a while: it would be lost.
pub fn writers(pair: &SwitchoverPair, plan: &mut Plan) -> Result<(), Refusal> {
    let old = &pair.old;
    let from = old.name();
    let (long, others): (Vec<&ClientSession>, Vec<&ClientSession>) = old
        .server
        .transactions()
        .partition(|session| writes(session));
    if let Some(first) = long.first() {
        let mut what = format!("on {from} somebody is in the middle of writing, and would lose it");
        for session in &long {
            what += &format!("\n  {}", described(session));
        }
        return Err(Refusal::check(what)
            .again("once they have committed, again", Again::same())
            .hint(
                "or end it, which takes back what it has written",
                old.typed_sql(&format!("KILL CONNECTION {}", first.id)),
            ));
    }
    for session in others {
        if session.transaction.is_some_and(|seconds| seconds >= LONG) {
            plan.check(Check::warning(format!(
                "on {from} this reader will be cut off: {}",
                described(session)
            )));
        }
    }
    let clients = old
        .server
        .sessions
        .iter()
        .filter(|session| !session.is_internal() && !session.is_replica());
    match clients.count() {
        0 => {}
        1 => {
            plan.check(Check::ok(format!(
                "one client of {from} will have to connect anew"
            )));
        }
        clients => {
            plan.check(Check::ok(format!(
                "{clients} clients of {from} will have to connect anew"
            )));
        }
    }
    Ok(())
}

/// Returns a session as one line for people.
fn described(session: &ClientSession) -> String {
    let does = match (session.command.as_str(), &session.statement) {
        ("Sleep", _) => format!("idle for {:.0} s", session.seconds),
        (_, Some(statement)) => format!("in {statement} for {:.0} s", session.seconds),
        (command, None) => format!("in {command} for {:.0} s", session.seconds),
    };
    let open = session
        .transaction
        .map(|seconds| format!(", transaction open for {seconds:.0} s"))
        .unwrap_or_default();
    let rows = match session.modified {
        0 => String::new(),
        1 => ", 1 row changed".to_owned(),
        rows => format!(", {rows} rows changed"),
    };
    format!(
        "id {}  {}@{}  {does}{open}{rows}",
        session.id, session.user, session.host
    )
}

/// Says what does not move with the role by itself.
///
/// # Errors
/// When Pacemaker itself decides who the primary is.
pub fn surroundings(facts: &Facts, pair: &SwitchoverPair, plan: &mut Plan) -> Result<(), Refusal> {
    let (new, old) = (&pair.new, &pair.old);
    let (to, from) = (new.name(), old.name());
    let unlike = crate::replication::alike::at_swap(new.server, old.server)?;
    for check in crate::replication::endpoint::concerns(new, old)?
        .into_iter()
        .chain(unlike)
    {
        plan.check(check);
    }
    if let Some(other) = new
        .server
        .links
        .iter()
        .find(|link| !link.connection().is_empty())
    {
        plan.check(Check::warning(format!(
            "{to} also replicates from {} by the connection {}: that stays",
            other.primary_host(),
            other.connection()
        )));
    }
    let scheduler = |side: &Endpoint| side.server.is_on("event_scheduler");
    if old.events() > 0 && scheduler(old) && !scheduler(new) {
        plan.check(
            Check::warning(format!(
                "the events of the databases run on {from} by its event_scheduler, which is off on {to}"
            ))
            .note(new.typed_sql("SET GLOBAL event_scheduler=ON")),
        );
    }
    if old.server.is_on("rpl_semi_sync_master_enabled")
        && !new.server.is_on("rpl_semi_sync_master_enabled")
    {
        plan.check(
            Check::warning(format!(
                "{from} waits for its replica before it acknowledges a write (semi-sync), {to} will not"
            ))
            .note(new.typed_sql("SET GLOBAL rpl_semi_sync_master_enabled=1")),
        );
    }
    cluster(facts, to, plan)
}

/// Returns true when Pacemaker promotes copies of a resource. As a plain resource or a plain clone the
/// agents only start and stop the server and leave replication alone (resource-agents 4.12, 4.16:
/// `ocf_is_ms`).
fn is_promoted(cib: &Cib, id: &str) -> bool {
    let parent = cib.parent_of(id).and_then(|parent| cib.object(parent));
    parent.is_some_and(|parent| match parent.clone_resource() {
        Some(clone) => clone.is_promotable(),
        // A clone of a group, a bundle, or what Pacemaker 1.1 called a master.
        None => matches!(parent.kind(), "master" | "bundle") || is_promoted(cib, parent.id()),
    })
}

/// Says what of the cluster does not move with the role.
///
/// # Errors
/// When Pacemaker itself decides who the primary is.
pub fn cluster(facts: &Facts, new: &str, plan: &mut Plan) -> Result<(), Refusal> {
    let objects = facts.live_cib().map(Cib::objects).unwrap_or_default();
    for object in objects {
        let Some(one) = object.primitive() else {
            continue;
        };
        let agent = &one.agent;
        if agent.class == "ocf"
            && matches!(agent.name.as_str(), "mariadb" | "mysql" | "galera")
            && facts
                .live_cib()
                .is_some_and(|cib| is_promoted(cib, &one.id))
        {
            return Err(Refusal::check(format!(
                "Pacemaker decides by {} ({agent}) who the primary is, and would turn it round again",
                one.id
            ))
            .hint("to see who it is", "crm status"));
        }
        if let Some(address) = one.virtual_address() {
            let places = facts
                .monitor
                .as_ref()
                .map(|monitor| monitor.places(&one.id))
                .unwrap_or_default();
            if places.contains(&new) {
                continue;
            }
            plan.check(
                Check::warning(format!(
                    "{} ({address}) does not move with the role: clients that write through it must find {new}",
                    one.id
                ))
                .note(format!("bascule web move {} {new}", one.id)),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_promotable_clone_decides_who_the_primary_is() {
        for (state, promoted) in [("database-clone", false), ("database-promotable", true)] {
            let root = env!("CARGO_MANIFEST_DIR");
            let path = format!("{root}/tests/data/bookworm/{state}.xml");
            let cib = Cib::parse(std::fs::read_to_string(path).unwrap()).unwrap();
            assert_eq!(is_promoted(&cib, "p_mysql"), promoted, "{state}");
            assert!(!is_promoted(&cib, "no-such"), "{state}");
        }
    }
}

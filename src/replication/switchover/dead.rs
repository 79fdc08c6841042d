//! `db promote --primary-is-dead`: the replica takes the place of a primary that is gone.
//!
//! What the primary wrote and never sent is lost; the plan says what is known of it. Nobody but the
//! administrator can know that the primary will not come back, so that much is asked for.

use super::checks::cluster;
use super::events::{EventStatus, Scope};
use super::files;
use super::files::RequiredOptions;
use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts, Port};
use crate::health::database::{leniences, unlogged};
use crate::mariadb::Position;
use crate::plan::{Check, Danger, Plan, Refusal, Step, Verify};
use crate::replication::endpoint::Endpoint;
use crate::replication::source::few_names;
use crate::replication::{accounts, errant, former};
use std::net::IpAddr;

/// How long what was received may take to be applied, in seconds.
const APPLIED: u64 = 3600;

/// Returns the plan.
///
/// # Errors
/// When the primary answers, in whichever way, or what was received cannot be applied.
pub fn plan(facts: &Facts, here: &Endpoint, link: &Link) -> Result<Plan, Refusal> {
    let name = here.name();
    let primary = link.primary_host();
    let dead = facts.database_hosts.get(primary);
    is_gone(facts, link, dead)?;
    let mut plan = Plan::new(format!("{name} becomes the primary, without {primary}"));
    plan.check(how_it_is_gone(link, dead));
    warn_of_lost_rows(here, link, &mut plan);
    applies(here, link)?;
    accounts::of_the_dead(here, link, &mut plan);
    // The two were swapping their roles, and it was cut off when this one was the primary already.
    let handed_over = here.server.handed_over
        && here.server.former_primary.as_deref() == Some(primary)
        && !here.is_read_only();
    let still_replica = here.is_read_only() || link.sql() == "Yes";
    if handed_over {
        plan.headline =
            format!("the rest of a promotion: {name} is no replica of {primary} any more");
        plan.check(Check::ok(format!(
            "{primary} had given {name} all it had written, and took no more writes, when {name} became the primary: nothing is lost"
        )));
    } else if still_replica {
        nobody_has_more(facts, here, link)?;
        let reachable = dead.filter(|dead| dead.unreachable.is_none());
        let loss = match note_loss(facts, here, link, reachable, &mut plan)? {
            Loss::Asking(asking) => return Ok(*asking),
            Loss::None => false,
            Loss::Possible => true,
        };
        if let Some(dead) = reachable {
            keep_down_for_good(here, primary, dead, &mut plan);
        }
        plan.step(former::remember(here.server, primary));
        take_over(here, link, &mut plan);
        if loss {
            plan.danger = Some(Danger::new(
                format!("what {primary} has written and {name} has not received will be lost"),
                primary,
            ));
        }
    } else {
        plan.headline =
            format!("the rest of a promotion: {name} is no replica of {primary} any more");
    }
    warn_of_events(here, primary, &mut plan);
    let silence = here.server.number("slave_net_timeout").unwrap_or(60);
    plan.step(
        here.sql(
            ["STOP SLAVE", "RESET SLAVE ALL"],
            format!(
                "{name} never looks to {primary} again, not after a restart either; \
                 where it is just trying to connect, that takes up to {silence} s"
            ),
        )
        .within(silence + 30),
    );
    let wanted = RequiredOptions {
        read_only: false,
        databases: None,
    };
    files::write(here, &wanted, &mut plan)?;
    cluster(facts, name, &mut plan)?;
    plan.check(
        Check::warning(format!(
            "{primary} must not come back as a primary: whoever still reached it would write there"
        ))
        .note("explain fencing"),
    );
    settle(here, primary, &mut plan);
    plan.next.push(format!(
        "where it had other replicas, on each: bascule db rejoin {}",
        own_address(here, primary)
    ));
    Ok(plan)
}

/// Returns the check of a primary that does not answer, with how.
fn how_it_is_gone(link: &Link, dead: Option<&DatabaseServer>) -> Check {
    let primary = link.primary_host();
    Check::ok(match dead.and_then(|dead| dead.unreachable.as_deref()) {
        Some(why) => format!(
            "{primary} answers neither by ssh ({why}) nor on port {}",
            link.primary_port()
        ),
        None => format!("the server on {primary} does not run"),
    })
}

/// Warns of all by which rows of the primary can be missing here without an error.
fn warn_of_lost_rows(here: &Endpoint, link: &Link, plan: &mut Plan) {
    let (name, primary) = (here.name(), link.primary_host());
    for lenient in leniences(here.server, link, None) {
        plan.check(Check::warning(format!(
            "{name} {}: rows of {primary} that it has taken in may be missing or other ones",
            lenient.effect()
        )));
    }
    for check in unlogged(here.server, name) {
        plan.check(check);
    }
}

/// Refuses a replica whose SQL thread stopped with an error.
fn applies(here: &Endpoint, link: &Link) -> Result<(), Refusal> {
    match link.sql_errno() {
        0 => Ok(()),
        errno => Err(Refusal::check(format!(
            "{} stopped with error {errno} and cannot apply what it has received: {}",
            here.name(),
            link.sql_error()
        ))
        .hint("what that is", format!("bascule explain {errno}"))),
    }
}

/// Adds the steps that keep a primary's server from coming back, where its host still answers.
fn keep_down_for_good(here: &Endpoint, primary: &str, dead: &DatabaseServer, plan: &mut Plan) {
    plan.step(keep_down(primary, dead));
    // Else a host that loses its power now comes back as if nothing had been said to it.
    plan.step(
        Step::run(
            ["sync", "--file-system", "/etc/systemd/system"],
            format!(
                "on the disk of {primary}, before {} takes a write",
                here.name()
            ),
        )
        .on(primary)
        .within(120),
    );
}

/// Warns of events that would run on the new primary, had they run on the old one.
fn warn_of_events(here: &Endpoint, primary: &str, plan: &mut Plan) {
    let events = Scope::between(here, here, None).events(here, EventStatus::StandsBy);
    if events.is_empty() {
        return;
    }
    let names: Vec<String> = events.iter().map(|event| event.name()).collect();
    plan.check(Check::warning(format!(
        "events stand by on {}, and which of them ran on {primary} is not known here: {}; \
         ALTER DEFINER=… EVENT … ENABLE has one run",
        here.name(),
        few_names(&names)
    )));
}

/// Says what becomes of a plan in which a server takes its primary's place without it: what another one of
/// the two brings to an end, and what takes it back.
pub fn settle(here: &Endpoint, primary: &str, plan: &mut Plan) {
    plan.settles = Some(format!(
        "the promotion of {} in the place of {primary}",
        here.name()
    ));
    plan.turned_back_by = Some(format!(
        "db promote {}",
        crate::plan::shell_line(&[primary.to_owned()])
    ));
    plan.next.push(format!(
        "once it is back, on {primary}: bascule db rejoin {}",
        own_address(here, primary)
    ));
}

/// Returns how far a replica has received what its primary wrote.
fn received(side: &Endpoint, link: &Link) -> Result<Position, Refusal> {
    let received: Position = link.gtid_io_pos().parse().unwrap_or_default();
    match received.is_empty() {
        true => Ok(side.history()?.slave_pos),
        false => Ok(received),
    }
}

/// Looks whether another replica of the same primary, of those that are known here, has received more
/// of it: that one loses less.
fn nobody_has_more(facts: &Facts, here: &Endpoint, link: &Link) -> Result<(), Refusal> {
    let (name, primary) = (here.name(), link.primary_host());
    let ours = received(here, link)?;
    for (host, server) in &facts.database_hosts {
        let side = Endpoint {
            server,
            via: Some(host),
        };
        let link = server
            .links
            .iter()
            .find(|link| link.primary_host() == primary);
        let (true, Some(link)) = (server.answers(), link) else {
            continue;
        };
        let theirs = received(&side, link)?;
        let more: u64 = ours.behind(&theirs).values().sum();
        if more > 0 {
            let number = match more {
                1 => "one transaction".to_owned(),
                more => format!("{more} transactions"),
            };
            return Err(Refusal::check(format!(
                "{} has received {number} from {primary} that {name} has not, up to {theirs}: they would be lost",
                side.name()
            ))
            .hint(
                "to promote that one",
                side.typed("bascule db promote --primary-is-dead"),
            )
            .hint("then, here", format!("bascule db rejoin {host}")));
        }
    }
    Ok(())
}

/// Returns this host's address towards the primary, or else its name.
fn own_address(here: &Endpoint, primary: &str) -> String {
    let address = || {
        let primary: IpAddr = primary.parse().ok()?;
        let interface = here.server.network.route_to(primary)?;
        let own = interface
            .addresses
            .iter()
            .find(|net| net.contains(&primary))?;
        Some(own.addr().to_string())
    };
    address().unwrap_or_else(|| here.name().to_owned())
}

/// Looks whether the primary is gone: neither its host nor its server answers.
fn is_gone(facts: &Facts, link: &Link, dead: Option<&DatabaseServer>) -> Result<(), Refusal> {
    let primary = link.primary_host();
    if dead.is_some_and(DatabaseServer::answers) {
        return Err(
            Refusal::check(format!("{primary} is not dead: its server answers"))
                .hint("to swap the roles, and lose nothing", "bascule db promote"),
        );
    }
    let port = format!("{primary}:{}", link.primary_port());
    if facts.ports.get(&port) == Some(&Port::Open) {
        return Err(Refusal::check(format!(
            "{primary} is not dead: something takes connections on its port {}",
            link.primary_port()
        ))
        .hint(
            "what it is",
            format!("ssh root@{primary} systemctl status mariadb.service mariadb.socket"),
        )
        .hint(
            "if it must go, end it there first",
            format!("ssh root@{primary} systemctl stop mariadb.socket mariadb.service"),
        ));
    }
    Ok(())
}

/// The fate of the primary's last writes.
enum Loss {
    /// All of it is here.
    None,
    /// Not all of it, or nobody knows.
    Possible,
    /// More can be asked, by this plan.
    Asking(Box<Plan>),
}

/// Says what may be lost.
fn note_loss(
    facts: &Facts,
    here: &Endpoint,
    link: &Link,
    reachable: Option<&DatabaseServer>,
    plan: &mut Plan,
) -> Result<Loss, Refusal> {
    let name = here.name();
    let primary = link.primary_host();
    let applied = here.history()?.slave_pos;
    let received = received(here, link)?;
    let waiting: u64 = applied.behind(&received).values().sum();
    plan.check(Check::ok(match waiting {
        0 => format!("{name} has applied all that it has received, up to {received}"),
        1 => format!("one transaction that {name} has received, up to {received}, is still to be applied: that comes first"),
        waiting => format!(
            "{waiting} transactions that {name} has received, up to {received}, are still to be applied: that comes first"
        ),
    }));
    if here
        .server
        .status
        .get("Rpl_semi_sync_slave_status")
        .is_some_and(|on| on == "ON")
    {
        plan.check(Check::ok(format!(
            "{primary} acknowledged a write only once {name} had it (semi-sync), unless it had stopped waiting"
        )));
    }
    if let Some(dead) = reachable {
        let dead = Endpoint {
            server: dead,
            via: Some(primary),
        };
        match errant::asked_after(facts, &dead, &received) {
            Err(asking) => return Ok(Loss::Asking(asking)),
            Ok(found) if found.trouble.is_none() => {
                if found.listed.is_empty() {
                    plan.check(Check::ok(format!(
                        "the binlogs on {primary} hold nothing that {name} has not received"
                    )));
                    return Ok(Loss::None);
                }
                let number = errant::number(found);
                let mut text = format!(
                    "{number} in the binlogs on {primary} never came here, and will be lost"
                );
                for line in errant::as_lines(found) {
                    text += "\n    ";
                    text += &line;
                }
                plan.check(Check::warning(text));
                plan.check(Check::warning(format!(
                    "to keep what they did: {} >/root/only-on-{primary}.sql",
                    errant::command(&dead, &received, found)
                )));
                return Ok(Loss::Possible);
            }
            Ok(_) => {}
        }
    }
    let heard = facts
        .pulses
        .get("")
        .and_then(|pulse| {
            let wires = pulse
                .wires
                .iter()
                .filter(|wire| wire.port == link.primary_port());
            wires.map(|wire| wire.heard / 1000).min()
        })
        .map(|seconds| format!("; it was last heard of {seconds} s ago"))
        .unwrap_or_default();
    plan.check(Check::warning(format!(
        "what {primary} has written after {received} will be lost; how many transactions that is, nobody can know from here{heard}; another replica of it may have received more"
    )));
    Ok(Loss::Possible)
}

/// The host answers, its server does not run: it is kept from starting as a second primary.
fn keep_down(primary: &str, dead: &DatabaseServer) -> Step {
    let units = ["mariadb.socket", "mariadb.service"];
    let enabled: Vec<&str> = units
        .into_iter()
        .filter(|unit| dead.units.get(*unit).is_some_and(|unit| unit.enabled))
        .collect();
    let mut argv = vec!["systemctl", "disable", "--now"];
    argv.extend(units);
    let mut step = Step::run(
        argv,
        format!("the server on {primary} does not start as a second primary, at boot or when somebody knocks"),
    )
    .on(primary)
    .verify(Verify::Unit {
        unit: "mariadb.service".to_owned(),
        host: Some(primary.to_owned()),
        enabled: Some(false),
        active: Some(false),
    });
    if !enabled.is_empty() {
        let argv = ["systemctl", "enable"].into_iter().chain(enabled);
        step = step.undone_by(vec![
            Step::run(argv, "started at boot, as before").on(primary),
        ]);
    }
    step
}

/// Adds what makes the replica the primary, up to its first write.
fn take_over(here: &Endpoint, link: &Link, plan: &mut Plan) {
    let name = here.name();
    let primary = link.primary_host();
    let apply = if link.sql() == "Yes" {
        here.sql(
            ["SELECT @@gtid_slave_pos"],
            "all that was received is applied",
        )
    } else {
        let back = here.sql(["STOP SLAVE SQL_THREAD"], "it did not run before");
        here.sql(
            ["START SLAVE SQL_THREAD"],
            "all that was received is applied",
        )
        .undone_by(vec![back])
    };
    plan.step(
        apply
            .verify(Verify::RelayApplied)
            .within(APPLIED)
            .waits_for("the rest of what was received"),
    );
    // The other thread may be in the middle of connecting, and is deaf then for up to a minute.
    let back = here.sql(["START SLAVE SQL_THREAD"], "it ran before");
    plan.step(
        here.sql(
            ["STOP SLAVE SQL_THREAD"],
            format!("nothing that {primary} might still send is applied any more"),
        )
        .undone_by(vec![back])
        .verify(Verify::RelayApplied),
    );
    plan.no_return = Some(plan.steps.len());
    if here.is_read_only() {
        plan.step(
            here.sql(
                ["SET GLOBAL read_only=0"],
                format!("{name} takes writes: it is the primary"),
            )
            .verify(Verify::Answers {
                host: None,
                client: here.server.client.clone(),
                query: "SELECT @@read_only".to_owned(),
                answer: "0".to_owned(),
                proves: format!("{name} takes writes"),
            }),
        );
    }
}

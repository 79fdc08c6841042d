//! The plan of `db replicate`: what is looked at, in which order, and what is done.

use super::origin::{Origin, PrimaryAccess};
use super::request::Request;
use super::setting::ReplicaContext;
use super::{by_use, clients, left_out, room, steps, stuck};
use crate::conf::DatabaseName;
use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts};
use crate::health::database::{Topology, filters as filters_of};
use crate::mariadb::Lacking;
use crate::plan::{Again, Check, Danger, Finding, Guard, Plan, Refusal, shell_line};
use crate::replication::crossing::Crossings;
use crate::replication::decision::{self, SeedingDecision, Sides, Why};
use crate::replication::endpoint::Endpoint;
use crate::replication::kept::{Kept, PositionKeeping};
use crate::replication::link::{self, Tls, Upstream};
use crate::replication::seed::{self, Seed};
use crate::replication::server::{self, DesiredServer, ServerRole};
use crate::replication::{
    account, alike, errant, former, guards, prepared, servers, source, views,
};
use crate::wording::count;
use std::net::IpAddr;

impl Request<'_> {
    /// Returns the plan that makes this host's server a replica.
    ///
    /// # Errors
    /// When it cannot be one, with what leads out.
    pub fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let mut plan = Plan::new("");
        let replica = server::ask(facts)?;
        servers::check_whole(replica, None)?;
        servers::dumps_all(replica, None)?;
        plan.checks
            .extend(account::of_file(self.password_file, facts)?);
        let origin = Origin::find(self, facts, replica, &mut plan)?;
        let link = self.own_link(facts, replica, &origin)?;
        if let Some(plan) = self.accounts_alone(replica, &origin, link)? {
            return Ok(plan);
        }
        let towards: Vec<IpAddr> = origin.address.parse().into_iter().collect();
        let databases: &[DatabaseName] = if origin.filtered {
            &origin.databases
        } else {
            &[]
        };
        let mut configuring = Plan::new("");
        let configured = server::configure(
            facts,
            &DesiredServer {
                role: ServerRole::Replica,
                address: self.address(&origin),
                peers: &towards,
                databases,
                taken: &[origin.server_id],
            },
            &mut configuring,
        )?;
        if u64::from(configured.server_id) == origin.server_id {
            return Err(same_id(facts, &origin));
        }
        plan.headline = format!(
            "{} replicates {} from {}",
            facts.host,
            origin.databases_text(),
            origin.name
        );
        let filters = by_use::running(replica);
        if !origin.filtered && !filters.is_empty() {
            plan.headline += &format!(", as far as {} lets it", filters.join(" and "));
        }
        let upstream = Upstream {
            host: origin.address.clone(),
            port: origin.port,
            user: &origin.user,
            tls: Tls::between(origin.offer, link::release(replica), link),
        };
        let sides = Sides {
            replica,
            primary: origin.history.clone(),
            purged: origin.purged.clone(),
            filled: origin.filled.clone(),
            same_filter: has_filter(replica, &origin),
        };
        let mut decision = sides.decision(self.reseed)?;
        if let (
            SeedingDecision::Diverged { extra, missing },
            PrimaryAccess::File { manifest, .. },
        ) = (&decision, origin.place)
        {
            // It may well have come further than the file, by the primary's own transactions.
            let own: Vec<_> = extra
                .iter()
                .filter(|gtid| gtid.server != manifest.server_id)
                .copied()
                .collect();
            decision = match (own.is_empty(), link) {
                (false, _) => SeedingDecision::Diverged {
                    extra: own,
                    missing: *missing,
                },
                (true, Some(link)) if link.is_healthy() => SeedingDecision::Follow { missing: 0 },
                (true, _) => SeedingDecision::Seed(Why::Asked),
            };
        }
        if let Some((primary, _)) = origin.server() {
            link::lets_in(primary, &upstream.tls)?;
        }
        let named = |name: &str| origin.databases.iter().any(|one| one.as_str() == name);
        let takes: Option<&dyn Fn(&str) -> bool> = match origin.filtered {
            true => Some(&named),
            false => None,
        };
        let copies = matches!(decision, SeedingDecision::Seed(_));
        for check in alike::check_alike(&origin.as_said(), replica, takes, copies)? {
            plan.check(check);
        }
        if let (false, PrimaryAccess::Ssh { server, .. }) = (origin.filtered, origin.place) {
            let names = filters_of::filtered_databases(server);
            if !names.is_empty() && filters.is_empty() {
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
        }
        if let (true, PrimaryAccess::Ssh { server, .. }) = (origin.filtered, origin.place) {
            let crossings = Crossings::new(server, &origin.databases);
            if copies {
                crossings.refuse()?;
            }
            for check in crossings.checks() {
                plan.check(check);
            }
        }
        match decision {
            SeedingDecision::Diverged { .. } => return self.diverged(facts, replica, &origin),
            SeedingDecision::Untold(doubt) => {
                return Err(Refusal::check(doubt.to_string()).again(
                    format!(
                        "to take {}'s data instead; what is here is kept aside",
                        origin.name
                    ),
                    Again::same().flag("--reseed"),
                ));
            }
            SeedingDecision::Follow { .. } | SeedingDecision::Seed(_) => {}
        }
        for check in crate::replication::endpoint::leniences(replica, &facts.host) {
            plan.check(check);
        }
        plan.checks.extend(left_out::strays(replica, &origin));
        if let PrimaryAccess::Ssh { server, .. } = origin.place {
            for check in crate::health::database::unlogged(server, &server.host) {
                plan.check(check);
            }
        }
        let stands = link.is_some_and(|link| upstream.is_of(link) && link.is_healthy());
        if matches!(decision, SeedingDecision::Follow { .. }) && stands && configuring.is_empty() {
            plan.checks
                .retain(|check| check.finding == Finding::Warning);
            self.with_accounts(replica, &origin, false, &mut plan)?;
            return Ok(plan);
        }
        if let (SeedingDecision::Follow { .. }, Some(link)) = (&decision, link) {
            stuck::refuse(&facts.host, link, &origin)?;
        }
        by_use::refuse(self, replica, &origin)?;
        refuse_running_events(replica, &origin)?;
        for check in left_out::checks(replica, &origin) {
            plan.check(check);
        }
        let here = ReplicaContext {
            facts,
            replica,
            origin: &origin,
            link,
            kept: link.map(|link| {
                let position = match decision {
                    SeedingDecision::Seed(_) => PositionKeeping::WithData,
                    _ => PositionKeeping::Moves,
                };
                Kept::new(replica, &[link], position)
            }),
            upstream: &upstream,
            configured: &configured,
        };
        let seeds = matches!(decision, SeedingDecision::Seed(_));
        if seeds {
            let own = Endpoint {
                server: replica,
                via: None,
            };
            views::can_be_dumped(&own, &origin.databases, false)?;
        }
        if let (true, PrimaryAccess::Ssh { server, via }) = (seeds, origin.place) {
            let primary = Endpoint {
                server,
                via: Some(via),
            };
            views::can_be_dumped(&primary, &origin.databases, true)?;
            prepared::none_is_left_out(server)?;
            plan.checks
                .extend(views::unseen(primary.server, &origin.databases));
        }
        if seeds {
            prepared::none_holds(replica)?;
        }
        let forgets = seeds || !configuring.is_empty() || steps::renames_relay_logs(replica);
        if seeds {
            clients::are_led_elsewhere(facts, replica, &origin, &mut plan)?;
            plan.step(seed::make_folder(&here.folder()));
        }
        steps::stand_still(&here, forgets, &mut plan);
        plan.absorb(configuring);
        plan.headline = std::mem::take(&mut plan.headline);
        self.build(&here, &decision, forgets, &mut plan)?;
        Ok(plan)
    }
}

impl Request<'_> {
    /// Shows what this host holds and its primary does not, once it was looked at.
    fn diverged(
        &self,
        facts: &Facts,
        replica: &DatabaseServer,
        origin: &Origin,
    ) -> Result<Plan, Refusal> {
        let here = Endpoint::of_this_host(facts)?;
        let lacking = Lacking::between(&decision::history(replica)?, &origin.history);
        match errant::read(facts, &here, &lacking) {
            Err(asking) => Ok(*asking),
            Ok(found) => Err(errant::diverged(&here, origin.name, &lacking, found).again(
                format!(
                    "to take {}'s data instead; what is here is kept aside",
                    origin.name
                ),
                Again::same().flag("--reseed"),
            )),
        }
    }

    /// Returns this host's address as the primary knows it.
    fn address(&self, origin: &Origin) -> Option<IpAddr> {
        match origin.place {
            PrimaryAccess::File { manifest, .. } => self.address.or(Some(manifest.replica)),
            PrimaryAccess::Ssh { .. } => self.address,
        }
    }

    /// Returns the link that this host has to that primary.
    ///
    /// # Errors
    /// When it replicates from another one, or somebody replicates from it.
    fn own_link<'a>(
        &self,
        facts: &Facts,
        replica: &'a DatabaseServer,
        origin: &Origin,
    ) -> Result<Option<&'a Link>, Refusal> {
        let host = &facts.host;
        for link in &replica.links {
            let from = link.primary_host();
            if from.is_empty() || (link.connection().is_empty() && origin.is_end_of(link)) {
                continue;
            }
            let name = match link.connection() {
                "" => String::new(),
                name => format!(" (connection {name})"),
            };
            return Err(
                Refusal::check(format!("{host} replicates from {from} already{name}"))
                    .hint("how that is", "bascule db status")
                    .hint("to take it out of there first", "bascule db remove"),
            );
        }
        // One whose replica has stopped is ended at the next write or heartbeat.
        let topology = Topology::of_facts(facts);
        let mut sessions = replica.replicas();
        // This host's server is the topology's first.
        if let Some(session) = sessions.find(|one| !topology.is_over(0, one)) {
            let other = session.host.split(':').next().unwrap_or_default();
            return Err(Refusal::check(format!(
                "{host} is a primary itself: {other} replicates from it"
            ))
            .hint("how that is", "bascule db status")
            .hint(
                format!("to take {other} out of replication first, there"),
                "bascule db remove",
            )
            .again(
                "where it does so no more: its session ends within half a minute, and then",
                Again::same(),
            ));
        }
        Ok(replica
            .link("")
            .filter(|link| !link.primary_host().is_empty()))
    }

    /// Adds the checks and steps that bring the replica there.
    fn build(
        &self,
        here: &ReplicaContext,
        decision: &SeedingDecision,
        forgets: bool,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let ReplicaContext {
            facts,
            replica,
            origin,
            upstream,
            configured,
            ..
        } = *here;
        let host = &facts.host;
        plan.check(upstream.tls.check());
        let replaced: Vec<DatabaseName> = origin
            .databases
            .iter()
            .filter(|name| replica.database(name.as_str()).is_some())
            .cloned()
            .collect();
        let seed = Seed {
            replica,
            server_id: configured.server_id,
            databases: &origin.databases,
            replaced: &replaced,
            folder: here.folder(),
            bytes: origin.bytes,
            lock: self.lock_tables,
        };
        match decision {
            SeedingDecision::Follow { missing } => {
                plan.check(
                    Check::ok(format!(
                        "what {host} holds is an earlier state of {}: {} to come, nothing is copied",
                        origin.name,
                        match missing {
                            1 => "1 transaction is".to_owned(),
                            n => format!("{n} transactions are"),
                        }
                    ))
                    .note("GTIDs of both"),
                );
            }
            SeedingDecision::Seed(why) => {
                if let Some((server, _)) = origin.server() {
                    let held = source::held_databases(&origin.databases, server);
                    source::freezable(self.lock_tables, server, &held, plan)?;
                }
                let own = (host.as_str(), link::release(replica));
                let theirs = (origin.name, origin.offer.0);
                source::versions(origin.versioned.iter().copied(), theirs, own)
                    .map_err(|refusal| others_alone(refusal, origin))?;
                // What is here is kept by a dump, and comes back by it.
                let kept = source::versioned(&source::held_databases(&replaced, replica));
                source::versions(kept, own, own)
                    .map_err(|refusal| others_alone(refusal, origin))?;
                room::check(origin, replica, &seed, plan)?;
                let from = origin.server().map(|(server, _)| server);
                let copied = from.and_then(|server| seed::nearly(server, &origin.databases));
                plan.checks
                    .extend(copied.into_iter().chain(seed::nearly(replica, &replaced)));
                let sentence = why.sentence(host, origin.name, &origin.databases_text());
                plan.check(match why {
                    Why::NoData | Why::Asked => Check::ok(sentence),
                    _ => Check::warning(sentence),
                });
            }
            SeedingDecision::Diverged { .. } | SeedingDecision::Untold(_) => {}
        }
        self.access(here, plan)?;
        if let SeedingDecision::Seed(_) = decision {
            self.seed(here, &seed, plan);
        }
        let copied = matches!(decision, SeedingDecision::Seed(_));
        steps::follow(here, copied, forgets, plan);
        plan.steps.extend(former::forget(replica, None));
        if let Some((primary, via)) = origin.server() {
            plan.steps.extend(former::forget(primary, Some(via)));
        }
        let guards = undo_guards(here, decision, &seed);
        if let Some(first) = plan.steps.first_mut() {
            first.guards.extend(guards);
        }
        self.with_accounts(replica, origin, here.configured.restarts, plan)?;
        plan.no_return = Some(plan.steps.len());
        plan.undo_danger = Some(Danger {
            what: match decision {
                SeedingDecision::Seed(_) => format!(
                    "{host} stops replicating from {}, and its copy of {} is dropped{}",
                    origin.name,
                    origin.databases_text(),
                    match seed.copies_binlog() {
                        true => format!(
                            "; its own data come back, its binlogs of before stay in {}",
                            seed.folder.display()
                        ),
                        false => String::new(),
                    }
                ),
                _ => format!("{host} stops replicating from {}", origin.name),
            },
            word: host.clone(),
        });
        if let PrimaryAccess::File { path, .. } = origin.place {
            plan.next.push(format!(
                "shred --remove {}",
                crate::plan::shell_line(&[path.display().to_string()])
            ));
        }
        plan.next.push("bascule db status".to_owned());
        Ok(())
    }
}

/// Returns what an undo asks before it begins.
fn undo_guards(here: &ReplicaContext, decision: &SeedingDecision, seed: &Seed) -> Vec<Guard> {
    let replica = here.replica;
    let copy = match decision {
        SeedingDecision::Seed(_) => seed.is_a_copy(),
        _ => seed.is_a_copy_of(&format!(
            "{} has taken writes since: the link of before would not lead on from them",
            replica.host
        )),
    };
    let mut primaries = vec![here.upstream.host.as_str()];
    primaries.extend(here.link.map(Link::primary_host));
    let drops =
        matches!(decision, SeedingDecision::Seed(_)).then(|| prepared::none_holds_now(replica));
    let mut all = vec![
        copy,
        guards::nobody_follows(replica),
        guards::follows_no_other(replica, &primaries),
    ];
    all.extend(drops);
    // Without ssh the primary's end is not put back from here.
    if let (PrimaryAccess::File { .. }, Some(kept)) = (here.origin.place, &here.kept) {
        all.extend(kept.is_let_in(&here.upstream.login(replica, "SELECT 1")));
    }
    all
}

/// Returns true when the replica takes now what it is to take.
fn has_filter(replica: &DatabaseServer, origin: &Origin) -> bool {
    let mut now: Vec<&str> = replica
        .variable("replicate_wild_do_table")
        .unwrap_or_default()
        .split(',')
        .filter(|pattern| !pattern.is_empty())
        .collect();
    now.sort();
    let mut wanted: Vec<String> = match origin.filtered {
        true => origin
            .databases
            .iter()
            .map(DatabaseName::wild_pattern)
            .collect(),
        false => Vec::new(),
    };
    wanted.sort();
    now == wanted && (!origin.filtered || by_use::running(replica).is_empty())
}

/// Refuses where events of the primary would run here as well.
fn refuse_running_events(replica: &DatabaseServer, origin: &Origin) -> Result<(), Refusal> {
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

fn same_id(facts: &Facts, origin: &Origin) -> Refusal {
    Refusal::check(format!(
        "{} and {} would both have server id {}: replication would stop at once (errno 1593)",
        facts.host, origin.name, origin.server_id
    ))
    .hint("where it is set", "grep -rn server.id /etc/mysql")
}

/// Returns the refusal of some databases with what takes others: a file has those that it has.
fn others_alone(refusal: Refusal, origin: &Origin) -> Refusal {
    match origin.place {
        PrimaryAccess::Ssh { .. } => source::others_alone(refusal),
        PrimaryAccess::File { .. } => refusal.hint(
            format!("for a file of other databases, on {}", origin.name),
            "bascule db export FILE --database DB",
        ),
    }
}

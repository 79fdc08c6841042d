//! The plan of `db replicate`: what is looked at, in which order, and what is done.

use super::origin::{Origin, PrimaryAccess};
use super::request::Request;
use super::setting::ReplicaContext;
use super::{by_use, checks, clients, left_out, room, steps, stuck};
use crate::conf::DatabaseName;
use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts};
use crate::health::database::Topology;
use crate::mariadb::Lacking;
use crate::plan::{Again, Check, Danger, Finding, Guard, Plan, Refusal};
use crate::replication::decision::{self, SeedingDecision, Sides, Why};
use crate::replication::endpoint::Endpoint;
use crate::replication::kept::{Kept, PositionKeeping};
use crate::replication::link::{self, Tls, Upstream};
use crate::replication::seed::{self, Seed};
use crate::replication::server::{self, Configured, DesiredServer, ServerRole};
use crate::replication::{account, errant, former, guards, prepared, servers, source};
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
        let mut configuring = Plan::new("");
        let configured = self.configured(facts, &origin, &mut configuring)?;
        plan.headline = headline(facts, replica, &origin);
        let upstream = Upstream {
            host: origin.address.clone(),
            port: origin.port,
            user: &origin.user,
            tls: Tls::between(origin.offer, link::release(replica), link),
        };
        let decision = self.decision(replica, &origin, link)?;
        if let Some((primary, _)) = origin.server() {
            link::lets_in(primary, &upstream.tls)?;
        }
        let seeds = matches!(decision, SeedingDecision::Seed(_));
        checks::alike_settings(replica, &origin, seeds, &mut plan)?;
        checks::warn_of_the_way_back(facts, replica, &origin, &mut plan);
        checks::crossings(&origin, seeds, &mut plan)?;
        match decision {
            SeedingDecision::Diverged { .. } => return self.diverged(facts, replica, &origin),
            SeedingDecision::Untold(doubt) => {
                return Err(or_reseed(Refusal::check(doubt.to_string()), &origin));
            }
            SeedingDecision::Follow { .. } | SeedingDecision::Seed(_) => {}
        }
        checks::warn_of_lost_rows(facts, replica, &origin, &mut plan);
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
        checks::refuse_running_events(replica, &origin)?;
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
        if seeds {
            checks::copied(replica, &origin, &mut plan)?;
        }
        let forgets = seeds || !configuring.is_empty() || steps::renames_relay_logs(replica);
        if seeds {
            clients::are_led_elsewhere(facts, replica, &origin, &mut plan)?;
            plan.step(seed::make_folder(&here.folder()));
        }
        steps::stand_still(&here, forgets, &mut plan);
        plan.absorb(configuring);
        self.build(&here, &decision, forgets, &mut plan)?;
        Ok(plan)
    }
}

impl Request<'_> {
    /// Adds what makes this host's server one that can be a replica, to a plan of its own.
    ///
    /// # Errors
    /// When it cannot be made one, or would have the primary's server id.
    fn configured(
        &self,
        facts: &Facts,
        origin: &Origin,
        configuring: &mut Plan,
    ) -> Result<Configured, Refusal> {
        let towards: Vec<IpAddr> = origin.address.parse().into_iter().collect();
        let databases: &[DatabaseName] = match origin.filtered {
            true => &origin.databases,
            false => &[],
        };
        let wanted = DesiredServer {
            role: ServerRole::Replica,
            address: self.address(origin),
            peers: &towards,
            databases,
            taken: &[origin.server_id],
        };
        let configured = server::configure(facts, &wanted, configuring)?;
        match u64::from(configured.server_id) == origin.server_id {
            true => Err(same_id(facts, origin)),
            false => Ok(configured),
        }
    }

    /// Returns the decision whether the primary's data are copied.
    ///
    /// # Errors
    /// When a position cannot be read.
    fn decision(
        &self,
        replica: &DatabaseServer,
        origin: &Origin,
        link: Option<&Link>,
    ) -> Result<SeedingDecision, Refusal> {
        let sides = Sides {
            replica,
            primary: origin.history.clone(),
            purged: origin.purged.clone(),
            filled: origin.filled.clone(),
            same_filter: has_filter(replica, origin),
        };
        let decision = sides.decision(self.reseed)?;
        let (SeedingDecision::Diverged { extra, missing }, PrimaryAccess::File { manifest, .. }) =
            (&decision, origin.place)
        else {
            return Ok(decision);
        };
        // It may well have come further than the file, by the primary's own transactions.
        let own: Vec<_> = extra
            .iter()
            .filter(|gtid| gtid.server != manifest.server_id)
            .copied()
            .collect();
        Ok(match (own.is_empty(), link) {
            (false, _) => SeedingDecision::Diverged {
                extra: own,
                missing: *missing,
            },
            (true, Some(link)) if link.is_healthy() => SeedingDecision::Follow { missing: 0 },
            (true, _) => SeedingDecision::Seed(Why::Asked),
        })
    }

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
            Ok(found) => {
                let refusal = errant::diverged(&here, origin.name, &lacking, found);
                Err(or_reseed(refusal, origin))
            }
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
            replica,
            origin,
            upstream,
            configured,
            ..
        } = *here;
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
                plan.check(nothing_is_copied(here, *missing));
            }
            SeedingDecision::Seed(why) => self.check_seed(here, &seed, why, plan)?,
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
        plan.undo_danger = Some(undo_danger(here, decision, &seed));
        if let PrimaryAccess::File { path, .. } = origin.place {
            plan.next.push(format!(
                "shred --remove {}",
                crate::plan::shell_line(&[path.display().to_string()])
            ));
        }
        plan.next.push("bascule db status".to_owned());
        Ok(())
    }

    /// Adds the checks of a copy of the primary's data.
    ///
    /// # Errors
    /// When it cannot be made, or what it replaces cannot be kept.
    fn check_seed(
        &self,
        here: &ReplicaContext,
        seed: &Seed,
        why: &Why,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let ReplicaContext {
            facts,
            replica,
            origin,
            ..
        } = *here;
        let host = &facts.host;
        if let Some((server, _)) = origin.server() {
            let held = source::held_databases(&origin.databases, server);
            source::freezable(self.lock_tables, server, &held, plan)?;
        }
        let own = (host.as_str(), link::release(replica));
        let theirs = (origin.name, origin.offer.0);
        source::versions(origin.versioned.iter().copied(), theirs, own)
            .map_err(|refusal| others_alone(refusal, origin))?;
        // What is here is kept by a dump, and comes back by it.
        let kept = source::versioned(&source::held_databases(seed.replaced, replica));
        source::versions(kept, own, own).map_err(|refusal| others_alone(refusal, origin))?;
        room::check(origin, replica, seed, plan)?;
        let from = origin.server().map(|(server, _)| server);
        let copied = from.and_then(|server| seed::nearly(server, &origin.databases));
        plan.checks.extend(
            copied
                .into_iter()
                .chain(seed::nearly(replica, seed.replaced)),
        );
        let sentence = why.sentence(host, origin.name, &origin.databases_text());
        plan.check(match why {
            Why::NoData | Why::Asked => Check::ok(sentence),
            _ => Check::warning(sentence),
        });
        Ok(())
    }
}

/// Returns the plan's first line.
fn headline(facts: &Facts, replica: &DatabaseServer, origin: &Origin) -> String {
    let mut headline = format!(
        "{} replicates {} from {}",
        facts.host,
        origin.databases_text(),
        origin.name
    );
    let filters = by_use::running(replica);
    if !origin.filtered && !filters.is_empty() {
        headline += &format!(", as far as {} lets it", filters.join(" and "));
    }
    headline
}

/// Returns a refusal with the way that is always open: the primary's data, copied anew.
fn or_reseed(refusal: Refusal, origin: &Origin) -> Refusal {
    refusal.again(
        format!(
            "to take {}'s data instead; what is here is kept aside",
            origin.name
        ),
        Again::same().flag("--reseed"),
    )
}

/// Returns the check of a replica whose data are good as they are.
fn nothing_is_copied(here: &ReplicaContext, missing: u64) -> Check {
    Check::ok(format!(
        "what {} holds is an earlier state of {}: {} to come, nothing is copied",
        here.facts.host,
        here.origin.name,
        match missing {
            1 => "1 transaction is".to_owned(),
            n => format!("{n} transactions are"),
        }
    ))
    .note("GTIDs of both")
}

/// Returns what an undo takes from this host.
fn undo_danger(here: &ReplicaContext, decision: &SeedingDecision, seed: &Seed) -> Danger {
    let (host, origin) = (&here.facts.host, here.origin);
    let what = match decision {
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
    };
    Danger::new(what, host)
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

//! The way in on the primary, and the copy of its data.

use super::origin::PrimaryAccess;
use super::request::Request;
use super::setting::ReplicaContext;
use super::steps;
use crate::conf::DatabaseName;
use crate::plan::{Danger, Plan, Refusal};
use crate::replication::seed::Seed;
use crate::replication::switchover::events::{EventStatus, Scope};
use crate::replication::{account, bundle, prepared, seed, servers, source};

impl Request<'_> {
    /// Adds the steps that let this host in on the primary, and try it.
    pub fn access(&self, here: &ReplicaContext, plan: &mut Plan) -> Result<(), Refusal> {
        let ReplicaContext {
            replica,
            origin,
            upstream,
            configured,
            ..
        } = *here;
        match origin.place {
            PrimaryAccess::Ssh { server, via } if steps::needs_password(self, here) => {
                plan.secrets.push(account::password(self.password_file));
                let account = account::Account {
                    user: &origin.user,
                    from: configured.address,
                };
                account.let_in(server, Some(via), account::Logged::Yes, plan)?;
                plan.step(upstream.login(replica, "SELECT CURRENT_USER()"));
            }
            PrimaryAccess::Ssh { .. } => {}
            PrimaryAccess::File { path, .. } => {
                plan.secrets.push(crate::plan::values::Named {
                    name: account::PASSWORD.to_owned(),
                    source: crate::plan::values::Source::Printed(bundle::print_password(path)),
                    keeper: crate::plan::values::Keeper::Mariadb,
                });
                plan.step(
                    upstream
                        .login(replica, "SELECT @@gtid_binlog_pos")
                        .answers_as(steps::SEEN),
                );
            }
        }
        Ok(())
    }

    /// Adds the steps that keep what is here, clear the way, and load the primary's data.
    pub fn seed(&self, here: &ReplicaContext, seed: &Seed, plan: &mut Plan) {
        let ReplicaContext {
            facts,
            replica,
            origin,
            ..
        } = *here;
        let holds = |name: &&DatabaseName| {
            replica
                .database(name.as_str())
                .is_some_and(source::is_filled)
        };
        let lost: Vec<&str> = seed
            .replaced
            .iter()
            .filter(holds)
            .map(DatabaseName::as_str)
            .collect();
        if !lost.is_empty() {
            plan.danger = Some(Danger::new(
                format!(
                    "{} on {} is replaced by {}'s; what is there now is kept in {}",
                    lost.join(", "),
                    facts.host,
                    origin.name,
                    seed.folder.display()
                ),
                &facts.host,
            ));
        }
        // Until its threads ended more may have come.
        if here.link.is_some() && !seed.replaced.is_empty() {
            plan.step(prepared::none_came(replica));
        }
        for step in seed.keep() {
            plan.step(step);
        }
        for step in seed.clear() {
            plan.step(step);
        }
        let mut load = match origin.place {
            PrimaryAccess::Ssh { server, via } if origin.databases.is_empty() => {
                steps::position_alone(here, server, via)
                    .into_iter()
                    .collect()
            }
            PrimaryAccess::Ssh { server, via } => {
                seed.load(&seed::SeedSource::Primary { server, via })
            }
            PrimaryAccess::File { path, .. } => seed.load(&seed::SeedSource::Bundle(path)),
        };
        if origin.events > 0 {
            let names = origin.databases.iter();
            let names = names.map(|name| name.as_str().to_owned()).collect();
            let statements = Scope::only(names).switch(EventStatus::StandsBy, &[]);
            let why =
                "in a dump its events are as they are on the primary; on a replica they stand by";
            // As soon as they are there.
            load.insert(
                load.len().min(1),
                servers::sql(replica, None, statements, why),
            );
        }
        for step in load {
            plan.step(step);
        }
    }
}

//! The accounts that log in here once this host is the primary: told, or copied.

use super::origin::{Origin, PrimaryAccess};
use super::request::Request;
use crate::facts::DatabaseServer;
use crate::facts::database::Link;
use crate::plan::{Again, Plan, Refusal};
use crate::replication::{accounts, guards};

impl Request<'_> {
    /// Returns the plan that copies accounts and nothing else: this host follows that primary already, and
    /// nothing besides was asked for.
    pub fn accounts_alone(
        &self,
        replica: &DatabaseServer,
        origin: &Origin,
        link: Option<&Link>,
    ) -> Result<Option<Plan>, Refusal> {
        let asks_more = self.reseed
            || self.lock_tables
            || !self.databases.is_empty()
            || self.password_file.is_some();
        let (Some(link), Some((server, via))) = (link, origin.server()) else {
            return Ok(None);
        };
        if !self.accounts || asks_more || !link.is_healthy() {
            return Ok(None);
        }
        let comparison =
            accounts::of_link(server, replica, link).ok_or_else(|| unsaid(origin.name))?;
        let but: Vec<String> = comparison.foreign().map(|one| one.name.plain()).collect();
        let but = match but.is_empty() {
            true => String::new(),
            false => format!(", but for {}", but.join(", ")),
        };
        let mut plan = Plan::new(format!(
            "accounts with rights on what {} replicates are there as on {}{but}",
            replica.host, origin.name
        ));
        let copy = accounts::Copy {
            primary: server,
            via,
            replica,
            comparison,
            first: None,
        };
        copy.plan(&mut plan)?;
        if let Some(first) = plan.steps.first_mut() {
            let guard = guards::is_a_replica(replica, link.primary_host());
            first.guards.push(guard);
        }
        plan.no_return = Some(plan.steps.len());
        Ok(Some(plan))
    }

    /// Says which accounts do not come, or has them come.
    pub fn with_accounts(
        &self,
        replica: &DatabaseServer,
        origin: &Origin,
        restarts: bool,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let (server, via) = match origin.place {
            PrimaryAccess::Ssh { server, via } => (server, via),
            PrimaryAccess::File { manifest, .. } => {
                accounts::tell_of_file(origin.name, replica, &manifest.accounts, plan);
                return Ok(());
            }
        };
        let named = |name: &str| origin.databases.iter().any(|one| one.as_str() == name);
        let comes = |name: &str| !origin.filtered || named(name);
        let user = origin.user.as_str();
        let comparison = crate::health::database::comparison(server, replica, &comes, &[user]);
        match (self.accounts, comparison) {
            (true, None) => Err(unsaid(origin.name)),
            (false, None) => Ok(()),
            (false, Some(comparison)) => {
                accounts::tell(origin.name, &replica.host, &comparison, plan);
                Ok(())
            }
            (true, Some(comparison)) => accounts::Copy {
                primary: server,
                via,
                replica,
                comparison,
                first: restarts.then(|| Again::same().without_flag("--accounts")),
            }
            .plan(plan),
        }
    }
}

fn unsaid(primary: &str) -> Refusal {
    Refusal::check(format!(
        "what the accounts of {primary} and of this host may do is not known: a server did not say"
    ))
    .hint("what they say", "bascule db status")
}

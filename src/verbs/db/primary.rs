//! `db primary`: the server of this host takes writes, logs them and lets its replicas in.

use crate::conf::{AccountName, DatabaseName};
use crate::facts::database::Account;
use crate::facts::{DatabaseServer, Facts, Needs};
use crate::health::database::unlogged;
use crate::mariadb::{Version, quote_string};
use crate::names::Name;
use crate::plan::{Again, Check, Danger, Plan, Refusal, Verify};
use crate::replication::account::PASSWORD;
use crate::replication::crossing::Crossings;
use crate::replication::server::{DesiredServer, ServerRole};
use crate::replication::{account, semi_sync, server, servers};
use crate::verb::Change;
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;

/// Make this host's MariaDB server the primary: it logs its writes and lets replicas in
///
/// Its options come from a file of their own, 99-bascule.cnf, read after the distribution's, which
/// stay as they are. The account of each replica gets a password that nobody knows: `db replicate`
/// and `db export` give it another, which they tell the replica.
#[derive(Debug, Args)]
pub struct Primary {
    /// Only this database is replicated; may be given several times. Without: all
    #[arg(long = "database", value_name = "DB", add = Name::Database)]
    databases: Vec<DatabaseName>,
    /// The account that replicas log in with
    #[arg(long, value_name = "NAME", default_value_t)]
    user: AccountName,
    /// The address of a replica, for which the account is made; may be given several times
    #[arg(long = "replica", value_name = "ADDRESS", add = Name::OtherAddress)]
    replicas: Vec<IpAddr>,
    /// The address of this host that replicas reach it at, where it has several
    #[arg(long, value_name = "ADDRESS", add = Name::OwnAddress)]
    address: Option<IpAddr>,
    /// The password of a new account is the first line of this file, instead of one made at random
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    password_file: Option<PathBuf>,
}

impl Change for Primary {
    fn needs(&self) -> Needs {
        Needs {
            // Only their server ids are wanted; who does not answer is asked by `db replicate`.
            database_hosts: self.replicas.iter().map(IpAddr::to_string).collect(),
            passwords: self.password_file.iter().cloned().collect(),
            ..server::needs()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let host = &facts.host;
        let mut plan = Plan::new(String::new());
        plan.checks
            .extend(account::of_file(self.password_file.as_deref(), facts)?);
        let mut taken = Vec::new();
        for replica in &self.replicas {
            taken.extend(self.id_of(replica, facts, &mut plan));
        }
        if let Some(server) = &facts.database {
            taken.extend(server.registered.iter().map(|replica| replica.server_id));
        }
        let wanted = DesiredServer {
            role: ServerRole::Primary,
            address: self.address,
            peers: &self.replicas,
            databases: &self.databases,
            taken: &taken,
        };
        let server = server::ask(facts)?;
        crate::replication::servers::check_whole(server, None)?;
        not_a_replica(server, host)?;
        self.databases_exist(server, host)?;
        let configured = server::configure(facts, &wanted, &mut plan)?;
        let mut done = Vec::new();
        let mut made = Vec::new();
        for replica in &self.replicas {
            if !done.contains(&replica) {
                let steps = plan.steps.len();
                self.account(server, *replica, configured.restarts, &mut plan)?;
                if plan.steps.len() > steps {
                    made.push(replica.to_string());
                }
                done.push(replica);
            }
        }
        plan.headline = format!(
            "{host} is a primary, reached at {}; its replicas take {}",
            configured.reached_at(),
            self.databases_text()
        );
        for check in crate::replication::endpoint::leniences(server, host) {
            plan.check(check);
        }
        if !self.databases.is_empty() {
            for check in Crossings::new(server, &self.databases).checks() {
                plan.check(check);
            }
        }
        if plan.is_empty() {
            plan.checks
                .retain(|check| check.finding != crate::plan::Finding::Ok);
            return Ok(plan);
        }
        if configured.binlog_is_new || !made.is_empty() {
            plan.checks
                .extend(semi_sync::check_waits(server, None, configured.restarts)?);
        }
        self.warn_of_danger(server, facts, &configured, &mut plan);
        plan.no_return = Some(plan.steps.len());
        if let (Some(first), true) = (plan.steps.first_mut(), server.links.is_empty()) {
            first
                .guards
                .push(crate::replication::guards::is_no_replica(server));
        }
        let needed = match (configured.binlog_is_new, made.as_slice()) {
            (true, _) => Some(crate::replication::guards::nobody_needs(
                server,
                "its binlog",
                None,
            )),
            (false, []) => None,
            (false, made) => Some(crate::replication::guards::nobody_needs(
                server,
                "its account",
                Some(made),
            )),
        };
        if let Some(first) = plan.steps.first_mut() {
            first.guards.extend(needed);
        }
        if configured.restarts {
            let binlogs = match configured.binlog_is_new {
                true => " and its binlogs go aside: replicas lose their primary",
                false => "",
            };
            let what = format!("MariaDB restarts on {host}{binlogs}");
            plan.undo_danger = Some(Danger::new(what, host).of_restart(true));
        }
        plan.next = self.next(&configured.address);
        Ok(plan)
    }
}

impl Primary {
    /// Returns what replicas take, in words.
    fn databases_text(&self) -> String {
        let names: Vec<&str> = self.databases.iter().map(DatabaseName::as_str).collect();
        match names.as_slice() {
            [] => "every database".to_owned(),
            [one] => (*one).to_owned(),
            [all @ .., last] => format!("{} and {last}", all.join(", ")),
        }
    }

    /// Returns the server id of a replica that answers, and says what its release means.
    fn id_of(&self, replica: &IpAddr, facts: &Facts, plan: &mut Plan) -> Option<u64> {
        let there = facts.database_hosts.get(&replica.to_string())?;
        if !there.answers() || !there.installed {
            let why = match (&there.unreachable, there.installed) {
                (Some(why), _) => format!("ssh: {why}"),
                (None, false) => "MariaDB is not installed there".to_owned(),
                (None, true) => "its server does not answer".to_owned(),
            };
            plan.check(
                Check::warning(format!(
                    "{replica} was not asked for its server id and its release: `db replicate` \
                     looks at them there"
                ))
                .note(why),
            );
            return None;
        }
        let version = |server: &DatabaseServer| server.version.parse::<Version>().ok();
        let here = facts.database.as_ref().and_then(version);
        if let (Some(here), Some(there)) = (here, version(there)) {
            for concern in here.as_primary_of(there) {
                plan.check(Check::warning(concern.what).note(concern.mend));
            }
        }
        there.server_id().filter(|id| *id > 1)
    }

    /// # Errors
    /// When one does not.
    fn databases_exist(&self, server: &DatabaseServer, host: &str) -> Result<(), Refusal> {
        let missing = |name: &&DatabaseName| server.database(name.as_str()).is_none();
        let Some(name) = self.databases.iter().find(missing) else {
            return Ok(());
        };
        let there: Vec<&str> = server
            .databases
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        let mut refusal = Refusal::check(format!("there is no database {name} on {host}"))
            .did_you_mean(name.as_str(), crate::replication::source::takable(server));
        if !there.is_empty() {
            refusal = refusal.hint("the existing ones", there.join(", "));
        }
        Err(refusal.hint(
            "to make it",
            format!(
                "{} --execute='CREATE DATABASE {}'",
                server.client,
                name.quoted()
            ),
        ))
    }

    /// Adds the step that makes a replica's account, or lets the one there is replicate.
    fn account(
        &self,
        server: &DatabaseServer,
        replica: IpAddr,
        restarts: bool,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let address = replica.to_string();
        let account = self.user.at_host(&address);
        let grant = format!("GRANT REPLICATION SLAVE ON *.* TO {account}");
        let there = server.account(self.user.as_str(), &address);
        if there.is_none() && server.accounts.is_empty() {
            return Err(Refusal::check(format!(
                "the accounts of {} cannot be read, so {account} cannot be looked for",
                server.host
            ))
            .hint(
                "as MariaDB's own root",
                format!("{} --user=root", server.client),
            ));
        }
        if let Some(there) = there {
            usable(there, &account)?;
            if there.replicates {
                plan.check(Check::ok(format!(
                    "{account} is there and may replicate; its password stays until `db replicate` \
                     or `db export` gives it another"
                )));
                return Ok(());
            }
            let revoke = format!("REVOKE REPLICATION SLAVE ON *.* FROM {account}");
            // A replica that has no such account would break off at either (1133, 1141).
            let unlogged = "SET SESSION sql_log_bin=0".to_owned();
            plan.step(
                servers::sql(
                    server,
                    None,
                    [unlogged.clone(), grant],
                    format!("{account} is there, and may not replicate yet"),
                )
                .undone_by(vec![servers::sql(
                    server,
                    None,
                    [unlogged, revoke],
                    "as before",
                )])
                .verify(may_replicate(server, &account)),
            );
            return Ok(());
        }
        let first = restarts.then(|| Again::same().without("--replica"));
        account::takes_hashes(server, first)?;
        let secret = account::password(self.password_file.as_deref());
        if !plan.secrets.contains(&secret) {
            plan.secrets.push(secret);
        }
        plan.step(
            servers::sql(
                server,
                None,
                [
                    // The general log would have it; the binlog gets the hash alone.
                    "SET SESSION sql_log_off=1".to_owned(),
                    format!("CREATE USER IF NOT EXISTS {account} IDENTIFIED BY PASSWORD '${{{PASSWORD}_hash}}'"),
                    grant,
                ],
                "it may read the binlog, from that address alone, and nothing else; written to the \
                 binlog, so that the first replica has a position to go on from",
            )
            .undone_by(vec![servers::sql(
                server,
                None,
                [format!("DROP USER IF EXISTS {account}")],
                "there was no such account before",
            )])
            .verify(may_replicate(server, &account)),
        );
        Ok(())
    }

    fn warn_of_danger(
        &self,
        server: &DatabaseServer,
        facts: &Facts,
        configured: &server::Configured,
        plan: &mut Plan,
    ) {
        if configured.binlog_is_new && !server.databases.is_empty() {
            plan.check(Check::warning(
                "no binlog was written until now: each replica begins with a copy of the data, \
                 which `db replicate` makes",
            ));
        }
        if let Ok(version) = server.version.parse::<Version>() {
            for concern in version.as_primary() {
                plan.check(Check::warning(concern.what).note(concern.mend));
            }
        }
        let replicated = |name: &str| {
            self.databases.is_empty() || self.databases.iter().any(|one| one.as_str() == name)
        };
        for database in server.databases.iter().filter(|one| replicated(&one.name)) {
            if let Some(table) = database.foreign.first() {
                let others = match database.foreign.len() {
                    1 => " is".to_owned(),
                    n => format!(" and {} more are", n - 1),
                };
                plan.check(
                    Check::warning(format!(
                        "{}.{}{others} not InnoDB: a copy taken while it is written may not fit together",
                        database.name, table.name
                    ))
                    .note(format!("engine {}", table.engine)),
                );
            }
            if database.events > 0 && server.is_on("event_scheduler") {
                plan.check(Check::warning(format!(
                    "{} has {} events, and they run here: on the replica event_scheduler must be off",
                    database.name, database.events
                )));
            }
        }
        for check in unlogged(server, &facts.host) {
            plan.check(check);
        }
        if !self.replicas.is_empty() {
            plan.check(Check::warning(format!(
                "whether a firewall lets replicas reach port {} cannot be seen from {}: `db replicate` finds out",
                configured.port, facts.host
            )));
        }
    }

    fn next(&self, address: &IpAddr) -> Vec<String> {
        let databases: String = self
            .databases
            .iter()
            .map(|name| {
                format!(
                    " --database {}",
                    crate::plan::shell_line(&[name.to_string()])
                )
            })
            .collect();
        match self.replicas.first() {
            Some(replica) => vec![format!(
                "on {replica}: bascule db replicate {address}{databases}"
            )],
            None => vec![format!(
                "on the replica: bascule db replicate {address}{databases}"
            )],
        }
    }
}

/// Refuses an account that a replica could not log in with.
fn usable(there: &Account, account: &str) -> Result<(), Refusal> {
    let by_password = matches!(
        there.plugin.as_str(),
        "mysql_native_password" | "ed25519" | "parsec" | "mysql_old_password"
    );
    let why = if !by_password {
        format!(
            "proves itself by {}, not by a password that a replica could have",
            there.plugin
        )
    } else if there.locked {
        "is locked".to_owned()
    } else {
        return Ok(());
    };
    Err(Refusal::check(format!("the account {account} {why}"))
        .again("to use another one", Again::same().set("--user", "NAME")))
}

fn may_replicate(server: &DatabaseServer, account: &str) -> Verify {
    Verify::Answers {
        host: None,
        client: server.client.clone(),
        query: format!(
            "SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {} \
             AND PRIVILEGE_TYPE = 'REPLICATION SLAVE'",
            quote_string(account)
        ),
        answer: "1".to_owned(),
        proves: format!("{account} may replicate"),
    }
}

/// Refuses where this host follows another one.
fn not_a_replica(server: &DatabaseServer, host: &str) -> Result<(), Refusal> {
    let Ok(link) = servers::link(server, host) else {
        return Ok(());
    };
    Err(
        Refusal::check(format!("{host} is a replica of {}", link.primary_host()))
            .hint(
                "to make it the primary, and that one its replica",
                "bascule db promote",
            )
            .hint("to take it out of replication", "bascule db remove"),
    )
}

#[cfg(test)]
mod tests;

//! `db export`: what a replica needs, in one file that is carried by hand.

mod steps;
mod there;

use crate::conf::{AccountName, DatabaseName};
use crate::facts::database::UserDatabase;
use crate::facts::database::bundle::{FORMAT, Held, Manifest};
use crate::facts::{DatabaseServer, Facts, Needs};
use crate::mariadb::accounts::listed;
use crate::names::Name;
use crate::plan::{Again, Check, Danger, Guard, Plan, Refusal};
use crate::replication::account::Account;
use crate::replication::crossing::Crossings;
use crate::replication::endpoint::Endpoint;
use crate::replication::server::{DesiredServer, ServerRole};
use crate::replication::{
    account, accounts, alike, decision, guards, link, prepared, seed, server, servers, source,
    views,
};
use crate::verb::Change;
use crate::wording::amount;
use clap::Args;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Why a replica that goes by an account is locked out by an export.
const UNKNOWN: &str = ": nobody knows the password it has, so that the file would need another one";

/// Put what a replica needs to begin into a file, for hosts without ssh
///
/// The file holds the data, their GTID, and an account with a password that stands nowhere else. It
/// belongs to root and is for nobody else; remove it where it is no longer needed.
#[derive(Debug, Args)]
pub struct Export {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    file: PathBuf,
    /// The replica's address, for which the account is made
    #[arg(long, value_name = "ADDRESS", add = Name::OtherAddress)]
    replica: Option<IpAddr>,
    /// This database alone; may be given several times. Without: all
    #[arg(long = "database", value_name = "DB", add = Name::Database)]
    databases: Vec<DatabaseName>,
    /// The account that the replica logs in with
    #[arg(long, value_name = "NAME", default_value_t)]
    user: AccountName,
    /// The address of this host that the replica reaches it at, where it has several
    #[arg(long, value_name = "ADDRESS", add = Name::OwnAddress)]
    address: Option<IpAddr>,
    /// The account's password is the first line of this file, instead of one made at random
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    password_file: Option<PathBuf>,
    /// Let every write here wait while the data are copied, for tables that are not InnoDB
    #[arg(long)]
    lock_tables: bool,
}

impl Change for Export {
    fn needs(&self) -> Needs {
        Needs {
            database_bundle: Some(self.file.clone()),
            folders: self.file.parent().map(Path::to_owned).into_iter().collect(),
            programs: ["tar", "gzip"].map(str::to_owned).to_vec(),
            passwords: self.password_file.iter().cloned().collect(),
            ..server::needs()
        }
    }

    fn needs_then(&self, facts: &Facts) -> Needs {
        let guard = facts.database.as_ref().and_then(|server| {
            let from = self.replica(server).ok()?;
            self.shuts_out(server, from)
        });
        Needs {
            guards: guard.into_iter().collect(),
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let server = servers::this_server(facts)?;
        servers::check_whole(server, None)?;
        servers::dumps_all(server, None)?;
        has_binlog(server)?;
        let told = account::of_file(self.password_file.as_deref(), facts)?;
        let replica = self.replica(server)?;
        let wanted = DesiredServer {
            role: ServerRole::Primary,
            address: self.address,
            peers: &[replica],
            databases: &[],
            taken: &[],
        };
        let address = server::own_address(facts, server, &wanted)?;
        let databases = source::databases(&self.databases, server)?;
        source::logged(server, &databases)?;
        let crossings = Crossings::new(server, &databases);
        if !self.databases.is_empty() {
            crossings.refuse()?;
        }
        let side = Endpoint { server, via: None };
        views::can_be_dumped(&side, &databases, true)?;
        let held = source::held_databases(&databases, server);
        if held.is_empty() {
            return Err(no_database(server));
        }
        let mut plan = Plan::new("");
        plan.checks.extend(told);
        plan.checks.extend(views::unseen(server, &databases));
        let file = self.file.display().to_string();
        let account = Account {
            user: &self.user,
            from: replica,
        };
        plan.headline = format!(
            "{file} holds what {replica} needs to follow {}: {}",
            facts.host,
            names(&databases).join(", ")
        );
        if self.is_there(facts, server, &account, &databases)? {
            return Ok(plan);
        }
        self.check_lock_out(facts, server, replica, address)?;
        if !self.databases.is_empty() {
            for check in crossings.checks() {
                plan.check(check);
            }
        }
        prepared::none_is_left_out(server)?;
        source::freezable(self.lock_tables, server, &held, &mut plan)?;
        // Who will load it is not known yet.
        let own = (facts.host.as_str(), link::release(server));
        source::versions(source::versioned(&held), own, own).map_err(source::others_alone)?;
        plan.checks.extend(seed::nearly(server, &databases));
        self.check_folder(facts)?;
        let bytes: u64 = held.iter().map(|one| one.bytes).sum();
        plan.check(Check::ok(format!(
            "{replica} reaches {} at {address}:{}",
            facts.host,
            server.port()
        )));
        plan.check(Check::ok(format!(
            "{}: about {} before they are compressed",
            names(&databases).join(", "),
            amount(bytes)
        )));
        plan.check(Check::warning(
            "whoever has the file has the data, and can replicate: carry it over a safe channel, then remove it",
        ));
        let accounts = self.accounts_left_out(server, &databases);
        if !accounts.is_empty() {
            plan.check(Check::warning(format!(
                "accounts are not in the file; whoever logs in with one of these needs it on the replica too, \
                 made by hand: {}",
                listed(accounts.iter().map(|name| name.plain()))
            )));
        }
        let manifest = self.manifest(server, address, replica, &held, accounts)?;
        self.steps(server, &account, &databases, bytes, &manifest, &mut plan)?;
        plan.no_return = Some(plan.steps.len());
        plan.undo_danger = Some(Danger::new(
            format!(
                "{file} is removed, and {} no longer lets in a replica that uses it",
                account.plain_name()
            ),
            &facts.host,
        ));
        plan.next.push(format!(
            "carry {file} to {replica}, then there: bascule db replicate --bundle {file}"
        ));
        plan.next.push(format!("shred --remove {file}"));
        Ok(plan)
    }
}

impl Export {
    /// Refuses to give another password to an account by which a replica is in.
    fn check_lock_out(
        &self,
        facts: &Facts,
        server: &DatabaseServer,
        replica: IpAddr,
        address: IpAddr,
    ) -> Result<(), Refusal> {
        let Some(guard) = self.shuts_out(server, replica) else {
            return Ok(());
        };
        let answer = match facts.guards.get(&guard.key()) {
            Some(Ok(answer)) if answer != &guard.line => answer,
            _ => return Ok(()),
        };
        Err(guard
            .refusal(answer)
            .again(
                format!("for a file with an account of its own, which leaves {replica} as it is"),
                // Without its account the replica is not known by it.
                Again::same()
                    .set("--replica", replica.to_string())
                    .set("--user", format!("{}2", self.user)),
            )
            .hint(
                format!("or by ssh, without a file, on {replica}"),
                format!("bascule db replicate {address} --reseed"),
            )
            .hint(
                format!("to give it another password all the same, first, on {replica}"),
                "mariadb -e 'STOP SLAVE'",
            ))
    }

    /// Refuses a file in a folder that is not there.
    fn check_folder(&self, facts: &Facts) -> Result<(), Refusal> {
        match self.file.parent() {
            Some(folder) if !facts.folders.contains_key(folder) => Err(Refusal::check(format!(
                "there is no folder {}",
                folder.display()
            ))
            .hint("to make it", format!("mkdir {}", folder.display()))),
            _ => Ok(()),
        }
    }

    /// Returns the accounts with rights on the databases, which the file does not hold.
    fn accounts_left_out(
        &self,
        server: &DatabaseServer,
        databases: &[DatabaseName],
    ) -> Vec<crate::mariadb::accounts::Name> {
        let comes = |name: &str| databases.iter().any(|one| one.as_str() == name);
        accounts::with_rights(server, &comes, &[self.user.as_str()]).unwrap_or_default()
    }

    /// Returns what the file says of the server and of the data.
    ///
    /// # Errors
    /// When the server's position cannot be read.
    fn manifest(
        &self,
        server: &DatabaseServer,
        address: IpAddr,
        replica: IpAddr,
        held: &[&UserDatabase],
        accounts: Vec<crate::mariadb::accounts::Name>,
    ) -> Result<Manifest, Refusal> {
        let history = decision::history(server)?;
        Ok(Manifest {
            v: FORMAT,
            host: server.host.clone(),
            address,
            port: server.port(),
            version: server.version.clone(),
            tls: link::tls_offer(server).1,
            server_id: history.server_id,
            variables: alike::compared(server),
            databases: held.iter().map(|one| as_held(one)).collect(),
            filtered: !self.databases.is_empty(),
            binlog_state: history.binlog_state.to_string(),
            position: "${position}".to_owned(),
            counted_at: "${counted_at}".to_owned(),
            user: self.user.to_string(),
            replica,
            accounts,
        })
    }

    /// Returns what asks whether a replica would be locked out by another password, where there is an
    /// account of that name already. A password that is named may be the one that it has.
    fn shuts_out(&self, server: &DatabaseServer, from: IpAddr) -> Option<Guard> {
        let user = &self.user;
        let there = Account { user, from }.on_server(server).is_some();
        (there && self.password_file.is_none())
            .then(|| guards::nobody_is_in(server, user.as_str(), from, UNKNOWN))
    }

    /// Returns the address that the replica comes from: the one typed, or the only one that has an
    /// account of that name.
    fn replica(&self, server: &DatabaseServer) -> Result<IpAddr, Refusal> {
        if let Some(address) = self.replica {
            if server.network.holder(address).is_some() {
                return Err(Refusal::usage(format!(
                    "{address} is an address of {} itself",
                    server.host
                ))
                .hint("name the replica's address", ""));
            }
            return Ok(address);
        }
        let known: Vec<IpAddr> = server
            .accounts
            .iter()
            .filter(|account| account.user == self.user.as_str() && account.replicates)
            .filter_map(|account| account.host.parse().ok())
            .collect();
        match known.as_slice() {
            [one] => Ok(*one),
            [] => Err(Refusal::usage(format!(
                "for which replica? {} has no account {} yet",
                server.host, self.user
            ))
            .again(
                "name its address",
                Again::same().set("--replica", "ADDRESS"),
            )),
            several => {
                let all: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(Refusal::usage(format!(
                    "for which replica? {} has accounts for {}",
                    server.host,
                    all.join(", ")
                ))
                .again("name one", Again::same().set("--replica", "ADDRESS")))
            }
        }
    }
}

fn has_binlog(server: &DatabaseServer) -> Result<(), Refusal> {
    match server.has_binlog() {
        true => Ok(()),
        false => Err(Refusal::check(format!(
            "{} writes no binlog, so there is nothing a replica could follow",
            server.host
        ))
        .hint("to make it a primary", "bascule db primary")),
    }
}

fn no_database(server: &DatabaseServer) -> Refusal {
    Refusal::check(format!("{} has no database to export", server.host)).hint(
        "to make one",
        format!("{} -e 'CREATE DATABASE site1'", server.client),
    )
}

fn names(databases: &[DatabaseName]) -> Vec<String> {
    databases.iter().map(ToString::to_string).collect()
}

fn as_held(one: &UserDatabase) -> Held {
    Held {
        name: one.name.clone(),
        bytes: one.bytes,
        filled: source::is_filled(one),
        events: one.events,
        versioned: one.versioned,
    }
}

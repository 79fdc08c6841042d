//! `db replicate`: this host's server becomes a replica, with the primary's data, proved by a row that
//! arrives.

use crate::conf::{AccountName, DatabaseName};
use crate::facts::{Facts, Needs};
use crate::names::{Name, host};
use crate::plan::{Plan, Refusal};
use crate::replication::following::Request;
use crate::replication::server;
use crate::state::StateFolder;
use crate::verb::Change;
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;

/// Make this host's MariaDB server a replica of another host's, with its data
///
/// Whether the data must be copied is decided from both servers' GTIDs and from what is here, and said
/// before the question. What is replaced is kept in /var/lib/bascule/databases, and `undo` puts it back.
/// At the end a row is written on the primary, and arrives here.
#[derive(Debug, Args)]
pub struct Replicate {
    /// The primary, as ssh reaches it
    #[arg(value_name = "PRIMARY", value_parser = host, required_unless_present = "bundle", add = Name::OtherHost)]
    primary: Option<String>,
    /// The file that `db export` wrote on the primary, instead of ssh
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute, conflicts_with_all = ["primary", "databases", "user", "password_file", "lock_tables"])]
    bundle: Option<PathBuf>,
    /// Replicate this database alone; may be given several times. Without: all, or as before
    #[arg(long = "database", value_name = "DB", add = Name::Database)]
    databases: Vec<DatabaseName>,
    /// The account to log in with on the primary
    #[arg(long, value_name = "NAME", default_value_t)]
    user: AccountName,
    /// The address of this host that the primary sees, where it has several
    #[arg(long, value_name = "ADDRESS", add = Name::OwnAddress)]
    address: Option<IpAddr>,
    /// The account's password is the first line of this file, instead of one made at random
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, value_parser = crate::verbs::cluster::export::absolute)]
    password_file: Option<PathBuf>,
    /// Copy the data in any case, also over transactions of this host's own
    #[arg(long)]
    reseed: bool,
    /// Copy the accounts too that have rights on these databases; on a replica that is well, these alone
    #[arg(long, conflicts_with = "bundle")]
    accounts: bool,
    /// Let every write on the primary wait while its data are copied, for tables that are not InnoDB
    #[arg(long)]
    lock_tables: bool,
}

impl Change for Replicate {
    fn needs(&self) -> Needs {
        Needs {
            folders: vec![StateFolder::here().databases()],
            passwords: self.password_file.iter().cloned().collect(),
            database_bundle: self.bundle.clone(),
            programs: match self.bundle {
                Some(_) => vec!["tar".to_owned(), "gzip".to_owned()],
                None => Vec::new(),
            },
            ..server::needs()
        }
    }

    // Not at once: what the primary writes between the two readings must not look like something that
    // it lacks.
    fn needs_then(&self, _: &Facts) -> Needs {
        Needs {
            database_hosts: self.primary.iter().cloned().collect(),
            option_check: true,
            ..Needs::default()
        }
    }

    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal> {
        let request = Request {
            primary: self.primary.as_deref(),
            bundle: self.bundle.as_deref(),
            databases: &self.databases,
            user: &self.user,
            address: self.address,
            password_file: self.password_file.as_deref(),
            reseed: self.reseed,
            accounts: self.accounts,
            lock_tables: self.lock_tables,
        };
        request.plan(facts)
    }
}

#[cfg(test)]
mod tests;

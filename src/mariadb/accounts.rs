//! Accounts, roles and their rights, as a server has them, and the statements that give them.
//!
//! Replication does not keep them alike. With `replicate_wild_do_table` none of their statements is applied
//! (they write tables of `mysql`), with `replicate_do_db` those are that were typed in that database: a
//! `GRANT` to an account that came before the replica or was made elsewhere stops it then (1133: seen on
//! 10.11 and 11.8). A filter that lets `mysql.db` and its like through takes every account of the primary,
//! of all its databases and of its administrators, and stops at the same place. And a dump of databases
//! holds no accounts. So they are compared and copied (`compare`).

mod compare;
#[cfg(test)]
mod tests;

pub use compare::{AccountDifference, AccountState, Comparison, Scope, listed};

use super::quote::{quote_name, quote_string};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The right that lets its holder give the others on.
const OPTION: &str = "GRANT OPTION";

/// The accounts and roles of a server, with all that each may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Accounts {
    /// The accounts and roles; a server that was asked always has some.
    pub holders: Vec<Holder>,
    /// The rights on databases and on what is in them.
    pub rights: Vec<Right>,
    /// The roles, and their holders.
    pub roles: Vec<Granted>,
    /// The accounts that may act as another one.
    pub proxies: Vec<Proxy>,
}

/// The name of an account; that of a role has no host.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name {
    /// Its name; empty for anybody.
    pub user: String,
    /// The hosts it may come from.
    pub host: String,
}

/// An account or a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    /// Its name.
    pub name: Name,
    /// The holder is a role.
    pub is_role: bool,
    /// Its rights on everything, a bit each.
    pub global: u64,
    /// The role it has when it logs in; may be empty.
    pub default_role: String,
    /// Nobody can log in with it.
    pub locked: bool,
    /// How it may prove itself: `mysql_native_password`, `ed25519` …
    pub plugins: Vec<String>,
    /// The sum of its passwords and all else that `CREATE USER` says, to be compared with that of
    /// another server which the same run asked.
    pub proof: String,
}

/// Rights on something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Right {
    /// The holder: an account, or a role.
    pub holder: Name,
    /// On what.
    pub on: Object,
    /// Their names in `GRANT`, `GRANT OPTION` among them.
    pub privileges: BTreeSet<String>,
}

/// The object that a right is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// The databases that are like this pattern.
    Database(String),
    /// A table or view.
    Table {
        /// Its database.
        database: String,
        /// Its name.
        table: String,
    },
    /// A column.
    Column {
        /// Its database.
        database: String,
        /// Its table.
        table: String,
        /// Its name.
        column: String,
    },
    /// A procedure, function or package.
    Routine {
        /// Its database.
        database: String,
        /// `PROCEDURE`, `FUNCTION`, `PACKAGE`, `PACKAGE BODY`.
        kind: String,
        /// Its name.
        name: String,
    },
}

/// A role that somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The holder: an account, or another role.
    pub holder: Name,
    /// The role.
    pub role: String,
    /// May be given on.
    pub admin: bool,
}

/// An account that may act as another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proxy {
    /// The account that may act as the other one.
    pub holder: Name,
    /// As whom.
    pub acts_as: Name,
}

impl Name {
    /// Returns the name of an account.
    pub fn new(user: impl Into<String>, host: impl Into<String>) -> Name {
        Name {
            user: user.into(),
            host: host.into(),
        }
    }

    /// Returns the name of a role.
    pub fn role(name: impl Into<String>) -> Name {
        Name::new(name, "")
    }

    /// Returns it as people name it: `app@%`, or a role's plain name.
    pub fn plain(&self) -> String {
        match self.host.is_empty() {
            true => self.user.clone(),
            false if self.user.is_empty() => format!("''@{}", self.host),
            false => format!("{}@{}", self.user, self.host),
        }
    }

    /// Returns it as SQL names it: `'app'@'%'`, a role as `` `readers` ``.
    pub fn sql(&self) -> String {
        match self.host.is_empty() {
            true => quote_name(&self.user),
            false => format!("{}@{}", quote_string(&self.user), quote_string(&self.host)),
        }
    }

    /// Returns it as a value of `(User, Host)`.
    pub fn pair(&self) -> String {
        format!(
            "({}, {})",
            quote_string(&self.user),
            quote_string(&self.host)
        )
    }
}

impl Accounts {
    /// Returns an account or a role.
    pub fn holder(&self, name: &Name) -> Option<&Holder> {
        self.holders.iter().find(|holder| holder.name == *name)
    }

    fn rights_of<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Right> {
        self.rights
            .iter()
            .filter(move |right| right.holder == *name)
    }

    fn roles_of<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Granted> {
        self.roles.iter().filter(move |role| role.holder == *name)
    }
}

impl Object {
    /// Returns the database it is in; none where a pattern may stand for several.
    fn database(&self) -> Option<&str> {
        match self {
            Object::Database(_) => None,
            Object::Table { database, .. }
            | Object::Column { database, .. }
            | Object::Routine { database, .. } => Some(database),
        }
    }

    /// Returns what `GRANT` wants behind `ON`.
    fn sql(&self) -> String {
        match self {
            Object::Database(pattern) => format!("{}.*", quote_name(pattern)),
            Object::Table { database, table }
            | Object::Column {
                database, table, ..
            } => {
                format!("{}.{}", quote_name(database), quote_name(table))
            }
            Object::Routine {
                database,
                kind,
                name,
            } => format!("{kind} {}.{}", quote_name(database), quote_name(name)),
        }
    }

    /// Returns a privilege as it stands in front of `ON`.
    fn privilege(&self, name: &str) -> String {
        match self {
            Object::Column { column, .. } => format!("{name} ({})", quote_name(column)),
            _ => name.to_owned(),
        }
    }
}

impl Right {
    /// Returns the statement that gives it.
    pub fn grant(&self) -> String {
        let names = self.privileges.iter().filter(|name| *name != OPTION);
        let names: Vec<String> = names.map(|name| self.on.privilege(name)).collect();
        let names = match names.is_empty() {
            true => "USAGE".to_owned(),
            false => names.join(", "),
        };
        let option = match self.privileges.contains(OPTION) {
            true => " WITH GRANT OPTION",
            false => "",
        };
        let (on, holder) = (self.on.sql(), self.holder.sql());
        format!("GRANT {names} ON {on} TO {holder}{option}")
    }

    /// Returns the statement that takes it.
    pub fn revoke(&self) -> String {
        let names = self.privileges.iter().map(|name| match name.as_str() {
            OPTION => name.clone(),
            _ => self.on.privilege(name),
        });
        let names: Vec<String> = names.collect();
        format!(
            "REVOKE {} ON {} FROM {}",
            names.join(", "),
            self.on.sql(),
            self.holder.sql()
        )
    }
}

/// Returns the names in `GRANT` of what the tables of `mysql` call by names of their own: `Create_tmp_table`,
/// `Delete versioning rows`, `Grant`.
pub fn privileges<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let names = names.into_iter().map(|name| {
        let name = name.trim().replace('_', " ").to_uppercase();
        match name.as_str() {
            "GRANT" => OPTION.to_owned(),
            "CREATE TMP TABLE" => "CREATE TEMPORARY TABLES".to_owned(),
            "DELETE VERSIONING ROWS" => "DELETE HISTORY".to_owned(),
            _ => name,
        }
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// The rights on everything, each by its bit in `access` of `mysql.global_priv` (sql/privilege.h), with
/// whether it can be given on one database too.
const GLOBAL: [(&str, bool); 40] = [
    ("SELECT", true),
    ("INSERT", true),
    ("UPDATE", true),
    ("DELETE", true),
    ("CREATE", true),
    ("DROP", true),
    ("RELOAD", false),
    ("SHUTDOWN", false),
    ("PROCESS", false),
    ("FILE", false),
    (OPTION, true),
    ("REFERENCES", true),
    ("INDEX", true),
    ("ALTER", true),
    ("SHOW DATABASES", false),
    ("SUPER", false),
    ("CREATE TEMPORARY TABLES", true),
    ("LOCK TABLES", true),
    ("EXECUTE", true),
    ("REPLICATION SLAVE", false),
    ("BINLOG MONITOR", false),
    ("CREATE VIEW", true),
    ("SHOW VIEW", true),
    ("CREATE ROUTINE", true),
    ("ALTER ROUTINE", true),
    ("CREATE USER", false),
    ("EVENT", true),
    ("TRIGGER", true),
    ("CREATE TABLESPACE", false),
    ("DELETE HISTORY", true),
    ("SET USER", false),
    ("FEDERATED ADMIN", false),
    ("CONNECTION ADMIN", false),
    ("READ_ONLY ADMIN", false),
    ("REPLICATION SLAVE ADMIN", false),
    ("REPLICATION MASTER ADMIN", false),
    ("BINLOG ADMIN", false),
    ("BINLOG REPLAY", false),
    ("SLAVE MONITOR", false),
    (SHOW_ROUTINE, true),
];

/// The right that came with 11.3.
const SHOW_ROUTINE: &str = "SHOW CREATE ROUTINE";

/// Returns the names of rights on everything: those that can be given on one database too, or the others.
fn global(bits: u64, on_database: bool) -> BTreeSet<String> {
    let named = GLOBAL.iter().enumerate();
    named
        .filter(|(bit, (_, on))| bits & (1 << bit) != 0 && *on == on_database)
        .map(|(_, (name, _))| (*name).to_owned())
        .collect()
}

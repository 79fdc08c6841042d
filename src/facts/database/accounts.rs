//! Who has which rights on a server: its accounts and roles, from the tables that the server itself reads
//! them from when it starts. `information_schema` mixes in what roles give, and shows no routines.
//!
//! What an account proves itself with is not read. In its place stands a sum of it and of all that
//! `CREATE USER` says besides, salted with a number that ends with this program: two servers asked by one
//! run can be compared, and whoever finds the sum later can try no passwords on it.

use super::AT_MOST;
use super::batch::{Row, number, text};
use crate::mariadb::accounts::{Accounts, Granted, Holder, Name, Object, Proxy, Right, privileges};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::sync::OnceLock;

/// Returns the salt of this run, in hexadecimal digits.
pub(super) fn run_salt() -> &'static str {
    static SALT: OnceLock<String> = OnceLock::new();
    SALT.get_or_init(|| {
        let mut bytes = [0_u8; 16];
        let read =
            std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
        let mut digits = String::with_capacity(32);
        if read.is_ok() {
            for byte in bytes {
                // Writing into a string cannot fail.
                let _ = write!(digits, "{byte:02x}");
            }
        }
        digits
    })
}

/// Takes the rows of the answers to the questions about rights, and those of the tables there are: a right
/// outlives its table and its column, and cannot be given where there is none.
///
/// The columns of no more than [`AT_MOST`] tables are asked for: a right on one of the others stays, since
/// whether its column is still there is not known.
pub(super) fn accounts_from(take: &mut impl FnMut(&str) -> Vec<Row>, tables: &[Row]) -> Accounts {
    let there: BTreeSet<(String, String)> = tables
        .iter()
        .map(|row| (text(row, "db"), text(row, "name")))
        .collect();
    let columns: BTreeSet<(String, String, String)> = take("columns")
        .iter()
        .map(|row| {
            (
                text(row, "db"),
                text(row, "name"),
                text(row, "col").to_lowercase(),
            )
        })
        .collect();
    let looked_at: BTreeSet<(&str, &str)> = columns
        .iter()
        .map(|(database, table, _)| (database.as_str(), table.as_str()))
        .collect();
    let holders = take("holders").iter().map(holder).collect();
    let mut rights: Vec<Right> = take("database-rights").iter().map(database).collect();
    rights.extend(take("table-rights").iter().map(|row| {
        let on = Object::Table {
            database: text(row, "Db"),
            table: text(row, "Table_name"),
        };
        right(row, on, "Table_priv")
    }));
    rights.extend(take("column-rights").iter().map(|row| {
        let on = Object::Column {
            database: text(row, "Db"),
            table: text(row, "Table_name"),
            column: text(row, "Column_name"),
        };
        right(row, on, "Column_priv")
    }));
    rights.extend(take("routine-rights").iter().map(|row| {
        let on = Object::Routine {
            database: text(row, "Db"),
            kind: text(row, "Routine_type"),
            name: text(row, "Routine_name"),
        };
        right(row, on, "Proc_priv")
    }));
    rights.retain(|right| {
        let gone = match &right.on {
            Object::Table { database, table } => {
                !there.contains(&(database.clone(), table.clone()))
            }
            Object::Column {
                database,
                table,
                column,
            } => {
                let unseen = looked_at.len() >= AT_MOST
                    && !looked_at.contains(&(database.as_str(), table.as_str()))
                    && there.contains(&(database.clone(), table.clone()));
                !unseen
                    && !columns.contains(&(database.clone(), table.clone(), column.to_lowercase()))
            }
            Object::Database(_) | Object::Routine { .. } => false,
        };
        !gone && !right.privileges.is_empty()
    });
    let granted = |row: &Row| Granted {
        holder: name(row),
        role: text(row, "Role"),
        admin: text(row, "Admin_option") == "Y",
    };
    let proxy = |row: &Row| Proxy {
        holder: name(row),
        acts_as: Name::new(text(row, "Proxied_user"), text(row, "Proxied_host")),
    };
    Accounts {
        holders,
        rights,
        roles: take("roles").iter().map(granted).collect(),
        proxies: take("proxies").iter().map(proxy).collect(),
    }
}

fn name(row: &Row) -> Name {
    Name::new(text(row, "User"), text(row, "Host"))
}

fn holder(row: &Row) -> Holder {
    // `mysql_native_password,["ed25519"]`: the first, then those of `OR`.
    let plugins = text(row, "plugins");
    let plugins = plugins
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|name| !name.is_empty());
    Holder {
        name: Name::new(text(row, "user"), text(row, "host")),
        is_role: number(row, "role") != 0,
        global: number(row, "access"),
        default_role: text(row, "default_role"),
        locked: number(row, "locked") != 0,
        plugins: plugins.map(str::to_owned).collect(),
        proof: text(row, "proof"),
    }
}

fn right(row: &Row, on: Object, column: &str) -> Right {
    Right {
        holder: name(row),
        on,
        privileges: privileges(text(row, column).split(',')),
    }
}

/// Every right is a column of its own, such as `Create_tmp_table_priv`.
fn database(row: &Row) -> Right {
    let given = row
        .iter()
        .filter(|(_, value)| *value == "Y")
        .filter_map(|(column, _)| column.strip_suffix("_priv"));
    Right {
        holder: name(row),
        on: Object::Database(text(row, "Db")),
        privileges: privileges(given),
    }
}

//! What is asked of a server that becomes a replica: the words of `db replicate`.

use crate::conf::{AccountName, DatabaseName};
use std::net::IpAddr;
use std::path::Path;

/// The words of `db replicate`.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The primary, as ssh reaches it.
    pub primary: Option<&'a str>,
    /// The file that was written on the primary, instead.
    pub bundle: Option<&'a Path>,
    /// The databases that alone are replicated; all, or those of before, where there are none.
    pub databases: &'a [DatabaseName],
    /// The account to log in with.
    pub user: &'a AccountName,
    /// The address of this host that the primary sees.
    pub address: Option<IpAddr>,
    /// The file whose first line is the account's password.
    pub password_file: Option<&'a Path>,
    /// The data are copied in any case.
    pub reseed: bool,
    /// Accounts with rights on the databases are copied, too.
    pub accounts: bool,
    /// Writes on the primary may wait while its data are copied.
    pub lock_tables: bool,
}

//! What is to be compared.

use crate::exec::compare::found::Limits;
use crate::exec::compare::snapshots::Ends;

/// A comparison that is asked for.
pub struct Job<'a> {
    /// How the two are asked.
    pub ends: Ends,
    /// Tells whether the replica takes a table of a database.
    pub takes: &'a dyn Fn(&str, &str) -> bool,
    /// True where single tables are named: what belongs to whole databases is left out then.
    pub tables_only: bool,
    /// How much may be asked of the servers.
    pub limits: Limits,
}

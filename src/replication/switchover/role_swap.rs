//! How two servers get along once their roles are swapped.

use super::pair::SwitchoverPair;
use crate::conf::AccountName;
use crate::replication::endpoint::Endpoint;
use std::net::IpAddr;
use std::path::Path;

use crate::conf::DatabaseName;
use crate::mariadb::quote_string;

/// How two servers get along once their roles are swapped.
#[derive(Debug, Clone)]
pub struct RoleSwap<'a> {
    /// The two.
    pub pair: SwitchoverPair<'a>,
    /// The account's name.
    pub user: &'a AccountName,
    /// Where its password comes from; made anew without.
    pub password: Option<&'a Path>,
    /// The filter that goes to the new replica.
    pub filter: Option<Filter>,
    /// The other replicas of the old primary.
    pub others: Vec<Other<'a>>,
}

/// Another replica of the old primary.
#[derive(Debug, Clone, Copy)]
pub struct Other<'a> {
    /// The server.
    pub side: Endpoint<'a>,
    /// Its address towards the new primary.
    pub from: IpAddr,
    /// The new primary's address towards it.
    pub to: IpAddr,
}

/// The databases that a replica takes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub databases: Vec<DatabaseName>,
    /// The filter as the server's variable has it.
    pub patterns: String,
}

pub const FILTER: &str = "replicate_wild_do_table";

impl Filter {
    pub fn set(patterns: &str) -> String {
        format!("SET GLOBAL {FILTER}={}", quote_string(patterns))
    }
}

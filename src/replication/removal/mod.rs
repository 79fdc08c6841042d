//! A server that takes no part in replication any more.

pub mod account;
pub mod link;
pub mod others;

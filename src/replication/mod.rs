//! What makes two servers a primary and its replica.

pub mod account;
pub mod accounts;
pub mod alike;
pub mod bundle;
pub mod counts;
pub mod crossing;
pub mod decision;
pub mod endpoint;
pub mod errant;
pub mod following;
pub mod former;
pub mod guards;
pub mod kept;
pub mod link;
pub mod prepared;
pub mod proof;
pub mod removal;
pub mod seed;
pub mod semi_sync;
pub mod server;
pub mod servers;
pub mod source;
pub mod strays;
pub mod switchover;
pub mod views;

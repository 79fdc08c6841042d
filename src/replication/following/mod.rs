//! A server that becomes a replica: `db replicate`.

mod bring;
mod by_use;
mod checks;
mod clients;
mod left_out;
mod logins;
mod origin;
mod plan;
mod request;
mod room;
mod setting;
mod steps;
mod stuck;

pub use request::Request;
pub use steps::counting;

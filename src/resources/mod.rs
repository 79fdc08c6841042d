//! What the cluster runs.

pub mod address;
pub mod bound;
pub mod forecast;
pub mod goes;
pub mod named;
pub mod password;
pub mod port;
pub mod preconditions;
pub mod property;
pub mod takeover;
pub mod writes;

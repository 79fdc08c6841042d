//! Who is in the cluster, and what stands on this host of it.

pub mod carry;
pub mod consequences;
pub mod device;
pub mod members;
pub mod nodes;
pub mod packages;
pub mod services;
pub mod standing;

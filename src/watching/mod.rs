//! The cluster read over and over: what happened between two readings.

mod events;
mod kept;
mod replica;

pub use events::{ClusterEvent, EventObserver};
pub use kept::keep_what_others_said;
pub use replica::{Replica, lag};

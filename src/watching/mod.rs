//! The cluster read over and over: what happened between two readings, and the screen that is kept current.

mod bell;
mod events;
mod frame;
mod happened;
mod kept;
mod lines;
mod marks;
mod on_screen;
mod readings;
mod replica;
mod vigil;
mod watch;

pub use events::{ClusterEvent, EventObserver};
pub use happened::Happened;
pub use kept::keep_what_others_said;
pub use replica::{Replica, lag};
pub use vigil::Watched;
pub use watch::{Place, watch};

//! Runs a plan's steps: each with a deadline, its output streamed, its result verified.
//!
//! Knows steps, not verbs. Everything is in the journal before it happens and after it happened;
//! a signal is noticed between steps and while waiting, never in the middle of a command.

mod attempt;
mod back;
mod before;
mod beside;
mod book;
mod child;
mod clear;
pub mod compare;
mod ending;
mod file;
mod given_up;
mod hand_over;
mod look;
mod meanwhile;
mod noise;
mod patch;
pub mod peer_lock;
mod pipe;
mod prove;
mod run;
pub mod session;
mod sql;
mod unit_log;
mod values;
mod wait;
mod watcher;

pub use beside::{Seen, What};
pub use ending::{Ending, Outcome, TakenBack, Trouble};
pub use hand_over::hand_over;
pub use meanwhile::why_stale;
pub use noise::{is_noise, is_wordy};
pub use run::run;
pub use values::TypedSecrets;
pub use watcher::Watcher;

#[cfg(test)]
mod tests;

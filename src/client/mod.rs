//! What a client sees of a service: it is asked over and over, from outside, and each answer is kept.
//!
//! Each target is asked in two ways at once, as clients do: by a new connection each time, and over one that is
//! held. An outage is told from the times at which questions were sent: a probe that was stopped itself is none, and
//! a connection that hangs is one.

mod answer;
mod ask;
mod gap;
mod held;
mod http;
mod ledger;
mod once;
mod sql;
mod target;
mod write;

pub use answer::{Answer, Way};
pub use ask::{Asking, INTERVAL, Rows};
pub use gap::{Gap, gaps};
pub use ledger::{Ledger, LedgerResult, Writer};
pub use target::Target;

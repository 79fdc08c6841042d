//! What a drill came to: what a client saw, who had the addresses, and how that stands to what was foreseen.
//!
//! An outage alone lies: in a cut of the link a client sees 0.2 s while two nodes have the address for as long as
//! the cut lasts. So the time in which two had it stands beside it, and decides.

mod holders;
mod kept;
mod measure;
mod result;
mod screen;

pub use holders::ALIVE;
pub use kept::{conclude, of_operation, results};
pub use measure::CLIENT;
pub use result::{DrillResult, Judgement};
pub use screen::{report, tell};

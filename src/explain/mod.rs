//! What things come to: the texts of `explain`.
//!
//! One file per topic beside this one; its first line is the title. The facts in them were
//! measured on Debian 12 and 13. That of a verb ends with examples, files and what to read further:
//! see `parts`.

mod asked;
mod document;
mod error;
mod parts;
mod topic;

pub use asked::{begins, check, explanation, list, unknown};
pub use parts::{Described, Example};
pub use topic::{ERRORS, Topic, find, mentioning, topics};

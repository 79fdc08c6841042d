//! What a verb is: one that changes something, or one that looks.

use crate::facts::{Facts, Needs};
use crate::plan::{Plan, Refusal};
use crate::report::Report;

/// A verb that changes something: what it must know, and the plan that follows from it.
pub trait Change {
    /// Returns what must be read before planning.
    fn needs(&self) -> Needs;

    /// Returns what must be read besides, once the rest is known: a replica's primary, for example.
    /// Asked again with these answers, until it wants nothing or the same.
    fn needs_then(&self, _facts: &Facts) -> Needs {
        Needs::default()
    }

    /// Returns the plan, a pure function of what was read: what it must ask of Pacemaker's own tools
    /// besides, it asks by `Plan::questions`.
    ///
    /// # Errors
    /// When a check says no.
    fn plan(&self, facts: &Facts) -> Result<Plan, Refusal>;

    /// Returns why it is no part of a plan of several verbs; none where it may be.
    fn alone(&self) -> Option<&'static str> {
        None
    }

    /// Returns the operation that it takes back, if it does.
    fn undoes(&self) -> Option<u64> {
        None
    }
}

/// A verb that only looks.
pub trait Look {
    /// Returns what must be read.
    fn needs(&self) -> Needs;

    /// Returns what must be read besides, once the rest is known; asked again with these answers,
    /// until it wants nothing or the same.
    fn needs_then(&self, _facts: &Facts) -> Needs {
        Needs::default()
    }

    /// Returns what it found.
    ///
    /// # Errors
    /// When there is nothing to look at.
    fn report(&self, facts: &Facts) -> Result<Report, Refusal>;
}

//! How taking back an operation ends: in a CIB to bring about, or in elements that are in the way.

use std::fmt;

use thiserror::Error;

use super::tree::Item;

/// The way to take an operation back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All that was its own is already as it was.
    Nothing {
        /// The objects that changed during the operation without being the operation's; they stay.
        left: Vec<String>,
    },
    /// Bring the live CIB to this one.
    Cib {
        /// The whole CIB, status included, one epoch newer than the live one.
        text: String,
        /// The objects that changed during the operation without being the operation's; they stay.
        left: Vec<String>,
    },
}

/// Why an operation cannot be taken back as it stands.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}", .clashes.iter().map(Clash::to_string).collect::<Vec<_>>().join("; "))]
pub struct Conflict {
    /// The elements in the way, in the order of the CIB.
    pub clashes: Vec<Clash>,
}

/// An element that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The object as an administrator calls it: `primitive IPFailover`.
    pub label: String,
    pub id: String,
    /// Its XML as the operation left it, if it was there.
    pub after: Option<String>,
    /// Its XML now (or that of what it is part of now), if it is there.
    pub now: Option<String>,
    /// Why it is in the way.
    pub reason: Reason,
}

/// Why an element is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The object is neither as the operation left it nor as it was before.
    Changed,
    /// The object needs what would be removed.
    Needs(Vec<String>),
    /// The object holds what would be removed.
    Holds(String),
    /// The object has an id that would come back.
    HasId(String),
    /// The CIB follows another schema than it did.
    Schema {
        /// Before the operation.
        before: String,
        now: String,
    },
    /// A configuration cannot be read by itself.
    Unreadable,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, .. } = self;
        match &self.reason {
            Reason::Changed if self.now.is_none() => write!(f, "{label} was removed since"),
            Reason::Changed if self.after.is_none() => write!(f, "{label} was added since"),
            Reason::Changed => write!(f, "{label} was changed since"),
            Reason::Needs(ids) => write!(f, "{label} needs {}", ids.join(", ")),
            Reason::Holds(id) => write!(f, "{label} now holds {id}"),
            Reason::HasId(id) => write!(f, "{label} now has the name {id}"),
            Reason::Schema { before, now } => {
                write!(f, "{label} now follows {now}, it followed {before}")
            }
            Reason::Unreadable => write!(f, "{label} cannot be read by itself"),
        }
    }
}

impl Clash {
    /// Returns an element of the live configuration that is in the way.
    pub(super) fn against(item: &Item<'_>, after: Option<&Item<'_>>, reason: Reason) -> Self {
        Self {
            label: item.label(),
            id: item.key.1.to_owned(),
            after: after.map(Item::unindented),
            now: Some(item.unindented()),
            reason,
        }
    }
}

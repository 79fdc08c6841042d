//! What a plan must know of Pacemaker's own tools before all of it can be told.

use crate::cib::Cib;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

/// A question to one of Pacemaker's or crmsh's tools. It is asked on copies, and touches no cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// What the cluster would do with this configuration and state.
    Would {
        /// The whole CIB.
        cib: String,
        /// The copy's name, without its ending: what is asked at the same time is told apart by it.
        #[serde(skip)]
        copy: &'static str,
    },
    /// What it would do if a resource were moved, and what once the move's constraint is cleared again.
    Move {
        /// The whole CIB.
        cib: String,
        /// The resource.
        resource: String,
        /// Where to.
        node: String,
    },
    /// The versioned patch from one CIB to another.
    Patch {
        /// The one, whole.
        from: String,
        /// The other.
        to: String,
    },
    /// What `crm configure delete` makes of a configuration.
    Delete {
        /// The whole CIB.
        cib: String,
        /// The objects' ids.
        names: Vec<String>,
    },
}

impl Question {
    /// Returns the question what the cluster would do as it is now.
    pub fn as_it_is(cib: &Cib) -> Question {
        Question::Would {
            cib: cib.text().to_owned(),
            copy: "now",
        }
    }

    /// Returns the question what it would do with another configuration.
    pub fn would_be(cib: impl Into<String>) -> Question {
        Question::Would {
            cib: cib.into(),
            copy: "cib",
        }
    }

    /// Returns what its answer is known by: the sum of all that it says.
    pub fn key(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let sum = Sha1::digest(text.as_bytes());
        sum.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

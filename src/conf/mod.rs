//! What may stand in the files and properties of a cluster, and how a file is edited without loss.
//!
//! Owns the editor of corosync.conf, the table of Pacemaker's cluster properties, and the types that
//! words on the command line are parsed into. All of it is pure: nothing here reads a file or runs a
//! command. The verbs plan with it, the facts read with it.

pub mod address;
pub mod corosync;
pub mod duration;
pub mod label;
pub mod names;
pub mod properties;

pub use address::{NodeSpec, VipAddress};
pub use corosync::{Concern, ConfError, ConfNode, CorosyncConf, EditError};
pub use duration::Interval;
pub use label::IfaceLabel;
pub use names::{ClusterName, NodeName};

/// A word that cannot be used, in one sentence that ends with what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadValue(pub String);

impl BadValue {
    /// Returns the error for one sentence.
    pub(crate) fn new(what: impl Into<String>) -> BadValue {
        BadValue(what.into())
    }
}

/// Returns the candidate nearest to a mistyped word, or nothing when none is near.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    // One slip in a short word, two or three in a long one.
    let reach = (word.len() / 4).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|&(distance, _)| distance <= reach)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Gives a type that parses from a word its way into and out of JSON: as that word.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_as_text;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_found_only_when_it_is_near() {
        let known = ["two_node", "wait_for_all", "votes"];
        assert_eq!(nearest("two_nodes", known), Some("two_node"));
        assert_eq!(nearest("Wait_for_al", known), Some("wait_for_all"));
        assert_eq!(nearest("secauth", known), None);
    }
}

//! What may stand in the files of a cluster, and how a file is edited without loss.
//!
//! Owns the editor of corosync.conf. All of it is pure: nothing here reads a file or runs a command.
//! The verbs plan with it, the facts read with it.

pub mod corosync;

pub use corosync::{Concern, ConfError, ConfNode, CorosyncConf, EditError};

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

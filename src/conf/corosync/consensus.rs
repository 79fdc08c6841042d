//! How long the nodes take to agree on who is left once one is silent: `totem.consensus`.
//!
//! corosync.conf(5): it must be larger than the token, and is 1.2 times it where it is not written; but
//! for exactly two nodes one between the join timeout and the token is safe. corosync itself refuses only
//! what is less than the join timeout, and starts with three nodes and any other (3.1.7 and 3.1.9).

use super::{CorosyncConf, EditError};

/// The consensus that two nodes get, in milliseconds: they notice a lost one a second sooner than with a token of
/// 1000 and what corosync computes from it.
pub const OF_TWO: u32 = 200;

/// The comment above it in a file that is written here.
pub(super) const COMMENT: &str =
    "# Two nodes need not wait 1.2 times the token to agree on who is left (milliseconds)";

const KEY: &str = "totem.consensus";

/// Why a consensus is none that two nodes could have, as a sentence without full stop.
pub fn unfit(consensus: u32, join: u32, token: u32) -> Option<String> {
    if consensus <= join {
        Some(format!(
            "a consensus of {consensus} ms is not longer than the join timeout, {join} ms: the nodes would give up on \
             each other before they had answered"
        ))
    } else if consensus >= token {
        Some(format!(
            "a consensus of {consensus} ms is not shorter than the token, {token} ms, and gains nothing"
        ))
    } else {
        None
    }
}

impl CorosyncConf {
    /// Returns the consensus that stands in the file; zero, which corosync takes for none, is none.
    pub fn consensus(&self) -> Option<u32> {
        self.number(KEY).filter(|&consensus| consensus > 0)
    }

    /// Returns the token that corosync goes by: with more than two nodes it adds to what is written.
    pub fn token(&self) -> u32 {
        let token = self.number("totem.token").unwrap_or(3000);
        let more = u32::try_from(self.nodes().len().saturating_sub(2)).unwrap_or(u32::MAX);
        let coefficient = self.number("totem.token_coefficient").unwrap_or(650);
        token.saturating_add(coefficient.saturating_mul(more))
    }

    /// Returns how long corosync waits for answers of nodes that join.
    pub fn join(&self) -> u32 {
        self.number("totem.join").unwrap_or(50)
    }

    /// Returns the consensus that corosync runs with: what is written, or what it computes.
    pub fn consensus_in_force(&self) -> u32 {
        // As corosync has it: (int)(float)(1.2 * token).
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let computed = (1.2 * f64::from(self.token())) as f32 as u32;
        self.consensus().unwrap_or(computed)
    }

    /// Tells whether what is written is too short for its nodes: of more than two, or of one, it must be what
    /// corosync computes at least.
    pub fn consensus_is_too_short(&self) -> bool {
        let least = u64::from(self.token()) * 12 / 10;
        self.nodes().len() != 2 && self.consensus().is_some_and(|one| u64::from(one) < least)
    }

    /// Gives two nodes the consensus of two, where none is written and their token is longer than it, and
    /// takes one that is too short for its nodes away; tells whether that changed the file.
    pub fn fit_consensus(&mut self) -> Result<bool, EditError> {
        if self.consensus_is_too_short() {
            return self.set_consensus(None);
        }
        let two = self.nodes().len() == 2;
        if two && self.consensus().is_none() && unfit(OF_TWO, self.join(), self.token()).is_none() {
            return self.set_consensus(Some(OF_TWO));
        }
        Ok(false)
    }

    /// Writes a consensus, or takes it away together with the comment above it that is ours; tells whether
    /// that changed the file.
    pub fn set_consensus(&mut self, consensus: Option<u32>) -> Result<bool, EditError> {
        if let Some(consensus) = consensus {
            return self.set(KEY, &consensus.to_string());
        }
        let ours = |line: usize| self.lines[line].text.trim() == COMMENT;
        let above: Vec<usize> = self
            .lines_of(KEY)
            .into_iter()
            .filter_map(|line| line.checked_sub(1))
            .filter(|&line| ours(line))
            .collect();
        let removed = self.remove(KEY)?;
        for line in above.into_iter().rev() {
            self.lines.remove(line);
        }
        Ok(removed)
    }

    fn number(&self, key: &str) -> Option<u32> {
        self.get(key)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::conf;
    use super::super::{ConfNode, new_cluster};
    use super::*;

    fn of(count: usize) -> CorosyncConf {
        let nodes: Vec<ConfNode> = (1..=count)
            .map(|n| ConfNode::new(format!("n{n}"), format!("10.0.0.{n}")))
            .collect();
        conf(&new_cluster("c", &nodes))
    }

    #[test]
    fn two_nodes_have_their_own_and_all_others_what_corosync_computes() {
        let in_force = [1, 2, 3, 4].map(|count| of(count).consensus_in_force());
        // As corosync-cmapctl has it: runtime.config.totem.consensus of two and of three nodes.
        assert_eq!(in_force, [1200, 200, 1980, 2760]);
    }

    #[test]
    fn a_third_node_takes_it_away_and_its_leave_brings_it_back() {
        let mut grown = of(2);
        let two = grown.to_text();
        grown.add_node(&ConfNode::new("n3", "10.0.0.3")).unwrap();
        assert!(grown.consensus_is_too_short());
        assert_eq!(grown.fit_consensus(), Ok(true));
        assert_eq!(grown.fit_consensus(), Ok(false));
        assert!(!grown.to_text().contains("consensus") && !grown.to_text().contains(COMMENT));
        grown.remove_node("n3").unwrap();
        assert_eq!(grown.fit_consensus(), Ok(true));
        assert_eq!(grown.consensus_in_force(), conf(&two).consensus_in_force());
    }

    #[test]
    fn what_was_written_by_hand_stays_where_its_nodes_can_have_it() {
        for (written, nodes, stays) in [
            ("consensus: 400", 2, true),
            ("consensus: 1500", 2, true),
            ("consensus: 1980", 3, true),
            ("consensus: 1979", 3, false),
        ] {
            let text = of(nodes).to_text();
            let text = match nodes {
                2 => text.replace("consensus: 200", written),
                _ => text.replace("token: 1000", &format!("token: 1000\n\t{written}")),
            };
            let mut conf = conf(&text);
            assert_eq!(conf.fit_consensus(), Ok(!stays), "{written}");
            assert_eq!(conf.to_text().contains(written), stays, "{written}");
        }
        // A token that is no longer than ours keeps what corosync computes.
        let text = of(2).to_text().replace("token: 1000", "token: 200");
        let mut conf = conf(&text.replace("\tconsensus: 200\n", ""));
        assert_eq!(conf.fit_consensus(), Ok(false));
    }

    #[test]
    fn it_lies_between_the_join_timeout_and_the_token() {
        assert!(
            unfit(50, 50, 1000)
                .unwrap()
                .contains("not longer than the join timeout, 50 ms")
        );
        assert_eq!(unfit(51, 50, 1000), None);
        assert_eq!(unfit(999, 50, 1000), None);
        assert!(
            unfit(1000, 50, 1000)
                .unwrap()
                .contains("not shorter than the token, 1000 ms")
        );
    }
}

//! What the running corosync says of votes, by `corosync-quorumtool -s`.

use super::{READING, tool};
use serde::{Deserialize, Serialize};

/// The votes as corosync counts them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// This host and those it sees may act.
    pub quorate: bool,
    /// How many votes there are to be.
    pub expected: u32,
    /// How many there are now.
    pub total: u32,
    /// How many are needed.
    pub needed: u32,
    /// `2Node`, `WaitForAll`, `Qdevice` and the like, as they stand there.
    pub flags: Vec<String>,
}

/// Reads the votes; none where corosync does not answer.
pub fn read() -> Option<Quorum> {
    // Without quorum it ends with status 2, and says as much.
    parse(
        &tool::read(&["corosync-quorumtool", "-s"], READING)
            .ok()?
            .stdout,
    )
}

/// Parses lines such as `Quorum:           1 Activity blocked`.
pub fn parse(text: &str) -> Option<Quorum> {
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    let number = |name: &str| value(name)?.split(' ').next()?.parse().ok();
    Some(Quorum {
        quorate: value("Quorate")? == "Yes",
        expected: number("Expected votes")?,
        total: number("Total votes")?,
        needed: number("Quorum")?,
        flags: value("Flags")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(quorate: &str, quorum: &str, flags: &str) -> Option<Quorum> {
        // corosync 3.1.7 and 3.1.9 alike.
        parse(&format!(
            "Quorum information\n------------------\n\
             Date:             Mon Nov 30 19:58:46 2026\n\
             Quorum provider:  corosync_votequorum\nNodes:            1\nNode ID:          2\n\
             Ring ID:          2.13\nQuorate:          {quorate}\n\n\
             Votequorum information\n----------------------\nExpected votes:   2\n\
             Highest expected: 2\nTotal votes:      1\nQuorum:           {quorum}\n\
             Flags:            {flags}\n\nMembership information\n----------------------\n    \
             Nodeid      Votes Name\n         2          1 serv2 (local)\n"
        ))
    }

    #[test]
    fn a_host_that_waits_and_one_that_may_act() {
        let waits = said("No", "1 Activity blocked", "2Node WaitForAll ").unwrap();
        assert!(!waits.quorate);
        assert_eq!((waits.expected, waits.total, waits.needed), (2, 1, 1));
        assert_eq!(waits.flags, ["2Node", "WaitForAll"]);
        let acts = said("Yes", "1", "2Node Quorate WaitForAll ").unwrap();
        assert!(acts.quorate);
        assert_eq!(parse("Cannot initialize QUORUM service\n"), None);
    }
}

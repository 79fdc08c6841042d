//! The words that are crmsh's: they go there as typed, when no verb of ours has the name.
//!
//! Full names only. crmsh runs what it guesses (`crm no such` becomes `crm node such`), so that
//! nothing it might misread is ever handed to it unasked.

use crate::grammar::verb;
use clap::Command;

/// crmsh's first level, of 4.4 and 5.0.
pub const FIRST: &[&str] = &[
    "cib",
    "cibstatus",
    "cluster",
    "configure",
    "corosync",
    "history",
    "maintenance",
    "node",
    "options",
    "ra",
    "report",
    "resource",
    "sbd",
    "script",
    "site",
    "status",
    "verify",
];

/// Second words of levels that share their name with a verb of ours.
const SHARED: &[(&str, &[&str])] = &[
    (
        "cluster",
        &[
            "copy",
            "crash_test",
            "diff",
            "disable",
            "enable",
            "geo-init",
            "geo-init-arbitrator",
            "geo-join",
            "health",
            "remove",
            "rename",
            "restart",
            "run",
            "status",
            "wait_for_startup",
        ],
    ),
    (
        "history",
        &[
            "detail",
            "diff",
            "events",
            "exclude",
            "graph",
            "info",
            "latest",
            "limit",
            "log",
            "node",
            "peinputs",
            "refresh",
            "resource",
            "session",
            "setnodes",
            "show",
            "source",
            "timeframe",
            "transition",
            "transitions",
            "wdiff",
        ],
    ),
    (
        "node",
        &[
            "attribute",
            "clearstate",
            "delete",
            "fence",
            "server",
            "show",
            "status-attr",
            "utilization",
        ],
    ),
];

/// Returns true when a line is crmsh's. `ours` tells whether a verb of ours has the words' name.
pub fn is_crmsh_line(words: &[String], ours: impl Fn(&[&str]) -> bool) -> bool {
    let Some(first) = words.first() else {
        return false;
    };
    if !ours(&[first]) {
        return FIRST.contains(&first.as_str());
    }
    let Some(second) = words.get(1) else {
        return false;
    };
    SHARED
        .iter()
        .any(|(level, known)| level == first && known.contains(&second.as_str()))
        && !ours(&[first, second])
}

/// Returns true when a line is crmsh's, by the grammar that ours is typed in.
pub fn takes_in(grammar: &Command, words: &[String]) -> bool {
    is_crmsh_line(words, |words| verb(grammar, words).is_some())
}

/// Returns crmsh's words that may follow these of ours.
pub fn words_after(verb: &[String]) -> impl Iterator<Item = &'static str> {
    let known: &[&str] = match verb {
        [] => FIRST,
        [level] => SHARED
            .iter()
            .find(|(name, _)| name == level)
            .map_or(&[], |(_, known)| known),
        _ => &[],
    };
    known.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes(line: &str) -> bool {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        is_crmsh_line(&words, |words| {
            matches!(
                words,
                ["node" | "cluster" | "status"] | ["node", "standby"] | ["cluster", "restart"]
            )
        })
    }

    #[test]
    fn words_of_crmsh_go_there_unless_they_are_ours() {
        assert!(goes("configure show"));
        assert!(goes("node show"));
        assert!(goes("cluster health"));
        assert!(!goes("node standby serv1"));
        assert!(!goes("cluster restart"));
        assert!(!goes("status"));
        assert!(!goes("node"));
        assert!(!goes("conf show"), "crmsh would guess");
        assert!(!goes("node stanby"));
    }
}

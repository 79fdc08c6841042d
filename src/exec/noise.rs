//! What commands print that tells nothing.

use crate::plan::{Action, Step};

/// Returns true for what crmsh 4.4 and 5.0 repeat with every load while fencing is off or quorum
/// is lacking, some of it as an `ERROR` that is none; the plan has said it once. And for where
/// systemctl says to look, which is looked at where it matters.
pub fn is_noise(line: &str) -> bool {
    line.starts_with("See \"systemctl status ")
        || line.ends_with("See 'journalctl -xe' for details.")
        // Debian 12's fence agents, at each use.
        || line.contains("DeprecationWarning: 'pipes' is deprecated")
        || line.trim() == "from pipes import quote"
        || line.contains("Blind faith: not fencing unseen nodes")
        || line.contains("Fencing and resource management disabled due to lack of quorum")
}

/// Returns true for a command that tells at length what the proof of its step says in a line: dpkg
/// of every package, systemctl of its links for System V.
pub fn is_wordy(step: &Step) -> bool {
    let Action::Run { argv, .. } = &step.action else {
        return false;
    };
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    words.contains(&"apt-get")
        || matches!(
            words[..],
            ["systemctl", "enable" | "disable" | "mask" | "unmask", ..]
        )
}

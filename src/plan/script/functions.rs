//! The functions of a script: those that it calls, and those that these call.

use std::collections::BTreeSet;

/// The functions, one after another, each with what there is to say of it.
const ALL: &str = include_str!("functions.sh");

/// Returns the functions that a script calls.
pub(super) fn called_by(script: &str) -> String {
    let all: Vec<(&str, &str)> = ALL
        .split("\n\n")
        .filter_map(|block| Some((name(block)?, block.trim_end())))
        .collect();
    let mut called = BTreeSet::new();
    let mut unread = vec![script];
    while let Some(text) = unread.pop() {
        let words: BTreeSet<&str> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
            .collect();
        for (at, (name, block)) in all.iter().enumerate() {
            if words.contains(name) && called.insert(at) {
                unread.push(block);
            }
        }
    }
    called
        .into_iter()
        .map(|at| format!("{}\n", all[at].1))
        .collect()
}

fn name(block: &str) -> Option<&str> {
    let line = block.lines().find(|line| !line.starts_with('#'))?;
    line.split_once("() {").map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_what_it_calls_and_nothing_else() {
        assert_eq!(called_by("echo a\n"), "");
        let text = called_by("wait_until 3 'x has a DC' has_dc\n");
        assert!(text.starts_with("# wait_until SECONDS"), "{text}");
        assert!(text.contains("\nmonitor() {"), "{text}");
        assert!(text.contains("\nhas_dc() {"), "{text}");
        assert!(!text.contains("settled"), "{text}");
        assert_eq!(ALL.matches("() {").count(), ALL.matches("\n\n").count());
    }

    #[test]
    fn a_proof_leaves_the_rest_of_a_script_that_comes_through_a_pipe() {
        // As ssh does, this reads all that there is.
        let script = "wait_until 3 'it ends' cat\necho the rest\n";
        let text = format!("{}{script}", called_by(script));
        let said = duct::cmd("sh", ["-eu"]).stdin_bytes(text).read().unwrap();
        assert_eq!(said, "ok: it ends\nthe rest");
    }
}

//! What the running corosync says of itself, by `corosync-cmapctl`: its map and its statistics.

use super::{READING, tool};
use std::collections::BTreeMap;

/// Reads every key with its value; nothing when corosync does not run.
pub fn read() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for map in ["icmap", "stats"] {
        if let Ok(output) = tool::read(&["corosync-cmapctl", "-m", map], READING) {
            all.append(&mut parse(&output.stdout));
        }
    }
    all
}

/// Parses lines such as `runtime.members.1.join_count (u32) = 1`.
pub(super) fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(" = ")?;
            let (key, _kind) = name.split_once(" (")?;
            Some((key.to_owned(), value.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_without_their_kind() {
        let text = "runtime.members.1.ip (str) = r(0) ip(172.16.0.10) \n\
                    runtime.members.1.join_count (u32) = 1\n\
                    stats.schedmiss.0.delay (flt) = 1.5\n\
                    nonsense\n";
        let map = parse(text);
        assert_eq!(map["runtime.members.1.join_count"], "1");
        assert_eq!(map["runtime.members.1.ip"], "r(0) ip(172.16.0.10) ");
        assert_eq!(map.len(), 3);
    }
}

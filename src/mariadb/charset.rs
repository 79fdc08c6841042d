//! What becomes of text on its way through a dump, which is utf8mb4.

/// The character sets in which each code comes back as it was, all of them looked at on 10.11 and 11.8. In the
/// others two codes are one letter, as ED40 and FA5C in cp932, or one is none, as 81 in cp1250.
pub const EXACT: [&str; 19] = [
    "cp850", "cp852", "cp866", "keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7",
    "macce", "macroman", "ucs2", "utf16", "utf16le", "utf32", "utf8", "utf8mb3", "utf8mb4",
];

/// Returns true for a column whose values a dump may change: FLOAT has six digits in it.
pub fn may_change(kind: &str, charset: Option<&str>) -> bool {
    // What an ENUM or a SET has in the place of words is their number.
    kind == "float"
        || (!matches!(kind, "enum" | "set") && charset.is_some_and(|set| !EXACT.contains(&set)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_a_server_asks_for_the_same_ones() {
        let quoted: Vec<String> = EXACT.iter().map(|name| format!("''{name}''")).collect();
        let asked = include_str!("../facts/database/read.sh").replace("\n ", " ");
        assert!(asked.contains(&format!("( {})", quoted.join(", "))));
    }

    #[test]
    fn what_a_dump_changes_is_known_by_type_and_character_set() {
        assert!(may_change("float", None) && may_change("varchar", Some("cp932")));
        assert!(may_change("text", Some("ascii")) && !may_change("enum", Some("cp932")));
        assert!(!may_change("double", None) && !may_change("varchar", Some("latin1")));
    }
}

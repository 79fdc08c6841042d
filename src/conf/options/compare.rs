//! Whether two values of an option mean the same to the server.

use std::path::Path;

use super::names::{ValueKind, folded, known_option};

/// Tells whether two values of an option are one to the server: `ON` and `1`, `100M` and `104857600`.
pub fn same_value(name: &str, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    // MariaDB drops what follows the dot of a log's name.
    if matches!(folded(name).as_str(), "log_bin" | "relay_log") {
        let stem = |path| Path::new(path).with_extension("");
        return stem(one) == stem(other);
    }
    // The server shows its folders with a slash at the end: datadir, plugin_dir, lc_messages_dir.
    if one.starts_with('/') && other.starts_with('/') {
        return one.trim_end_matches('/') == other.trim_end_matches('/');
    }
    let kind = known_option(name).map_or(ValueKind::Unknown, |known| known.value);
    let switch = |value: &str| switch_value(value).unwrap_or(false);
    match kind {
        // What is neither on nor off is off to the server, with a warning.
        ValueKind::Switch => switch(one) == switch(other),
        _ => match (number(one), number(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one.eq_ignore_ascii_case(other),
        },
    }
}

/// Returns what a word means as a switch; none for one that the server does not know, such as `yes`.
pub(super) fn switch_value(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" => Some(true),
        "0" | "off" | "false" => Some(false),
        _ => None,
    }
}

/// Returns the number that the server reads in a value: `100M` is 104857600, and so is `100MB`, since
/// it looks at one letter only.
pub(super) fn number(value: &str) -> Option<u128> {
    let digits = value
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(value.len());
    let (digits, suffix) = value.split_at(digits);
    let shift = match suffix.chars().next().map(|c| c.to_ascii_uppercase()) {
        None => 0,
        Some('K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        Some('T') => 40,
        Some('P') => 50,
        Some('E') => 60,
        Some(_) => return None,
    };
    // The server's own numbers have 64 bits; more digits than that are no number to it.
    u128::from(digits.parse::<u64>().ok()?).checked_shl(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_many_spellings() {
        for (name, one, other, same) in [
            ("read_only", "ON", "TRUE", true),
            ("read-only", "1", "on", true),
            ("read_only", "OFF", "ON", false),
            ("read_only", "yes", "FALSE", true),
            ("max_binlog_size", "100M", "104857600", true),
            ("max_binlog_size", "100MB", "104857600", true),
            ("max_binlog_size", "100M", "100", false),
            ("innodb_flush_log_at_trx_commit", "1", "1", true),
            ("binlog_format", "row", "ROW", true),
            ("log_bin", "/x/mysql-bin.log", "/x/mysql-bin", true),
            ("log-bin", "mysql-bin", "Mysql-bin", false),
            ("log_bin", "mysql-bin", "(No default value)", false),
            ("datadir", "/var/lib/mysql", "/var/lib/mysql/", true),
            (
                "plugin_dir",
                "/usr/lib/mysql/plugin/",
                "/usr/lib/mysql/plugin",
                true,
            ),
            ("datadir", "/var/lib/mysql", "/var/lib/mysql2/", false),
            ("sync_binlog", "1.5M", "1", false),
            ("server_id", "", "1", false),
        ] {
            assert_eq!(same_value(name, one, other), same, "{name} {one} {other}");
        }
    }
}

//! What must be alike on a primary and on its replica.
//!
//! From MariaDB's and MySQL's manuals ("Replication and Variables"), and tried on 10.11 and 11.8. What a
//! session sets travels with its events; what only the server itself has does not.

/// A variable, and how the replica's must stand to the primary's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The replica's variable.
    pub name: &'static str,
    /// How it must stand to the primary's.
    pub must: Must,
    /// The verdict where it does not.
    pub verdict: Verdict,
    pub why: &'static str,
}

/// How a replica's variable must stand to its primary's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must {
    /// The value must be the same.
    Equal,
    /// The value must not be smaller than this variable of the primary.
    Hold(&'static str),
}

/// The verdict where two servers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Rows are lost without an error: the pair is refused.
    Refuse,
    /// Some statement or row stops the replica, or makes something else of a table there.
    Warn,
    /// Nothing, until the two swap their roles.
    AtSwap,
    /// The value may differ.
    Silent,
}

/// Two servers that differ where they must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDifference {
    pub rule: &'static Rule,
    /// The primary's value.
    pub primary: String,
    /// The replica's value.
    pub replica: String,
}

/// Every variable that somebody might want to be alike, with what follows where it is not.
pub const RULES: [Rule; 17] = [
    Rule {
        name: "lower_case_table_names",
        must: Must::Equal,
        verdict: Verdict::Refuse,
        why: "one tells capitals in names apart and the other does not: the rows of a table with a capital in its name are lost without an error",
    },
    Rule {
        name: "slave_max_allowed_packet",
        must: Must::Hold("max_allowed_packet"),
        verdict: Verdict::Warn,
        why: "a row that is larger stops the replica (errno 1153)",
    },
    Rule {
        name: "max_allowed_packet",
        must: Must::Hold("max_allowed_packet"),
        verdict: Verdict::Warn,
        why: "a row that is larger can neither be copied there (errno 1153) nor be written there once it is the primary",
    },
    Rule {
        name: "innodb_page_size",
        must: Must::Hold("innodb_page_size"),
        verdict: Verdict::Warn,
        why: "a table whose rows or keys need the larger page stops the replica (errno 1118, 1071)",
    },
    Rule {
        name: "default_storage_engine",
        must: Must::Equal,
        verdict: Verdict::Warn,
        why: "it is not in the events: a CREATE TABLE without ENGINE makes another kind of table on each",
    },
    Rule {
        name: "gtid_domain_id",
        must: Must::Equal,
        verdict: Verdict::AtSwap,
        why: "gtid_strict_mode compares within one domain: after a switchover a write in the wrong place goes unnoticed",
    },
    Rule {
        name: "collation_server",
        must: Must::Equal,
        verdict: Verdict::AtSwap,
        why: "events carry their own, but after a switchover a new database gets another one",
    },
    Rule {
        name: "sql_mode",
        must: Must::Equal,
        verdict: Verdict::AtSwap,
        why: "events carry their own, but after a switchover the applications' statements mean something else",
    },
    Rule {
        name: "time_zone",
        must: Must::Equal,
        verdict: Verdict::AtSwap,
        why: "rows carry their times, but after a switchover NOW() is another hour",
    },
    Rule {
        name: "system_time_zone",
        must: Must::Equal,
        verdict: Verdict::AtSwap,
        why: "rows carry their times, but after a switchover NOW() is another hour",
    },
    Rule {
        name: "event_scheduler",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "a replica must not run its primary's events",
    },
    Rule {
        name: "server_id",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "it must differ",
    },
    Rule {
        name: "require_secure_transport",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "a primary's is looked at where an account logs in",
    },
    Rule {
        name: "strict_password_validation",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "it does not bind what comes from a primary; a primary's is looked at where an account is made",
    },
    Rule {
        name: "binlog_format",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "a replica logs rows as it got them",
    },
    Rule {
        name: "innodb_buffer_pool_size",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "it is a matter of the host's memory",
    },
    Rule {
        name: "max_connections",
        must: Must::Equal,
        verdict: Verdict::Silent,
        why: "replication takes one",
    },
];

/// Returns where two servers differ and must not, the worst first; the functions return a server's
/// variables. What one of them does not say is not compared.
pub fn differences<'a>(
    primary: impl Fn(&str) -> Option<&'a str>,
    replica: impl Fn(&str) -> Option<&'a str>,
) -> Vec<SettingDifference> {
    let mut found: Vec<SettingDifference> = RULES
        .iter()
        .filter(|rule| rule.verdict != Verdict::Silent)
        .filter(|rule| {
            // The host's zone counts where the server has none of its own.
            rule.name != "system_time_zone"
                || [primary("time_zone"), replica("time_zone")] == [Some("SYSTEM"); 2]
        })
        .filter_map(|rule| {
            let theirs = primary(rule.primary())?;
            let ours = replica(rule.name)?;
            (!rule.is_kept(theirs, ours)).then(|| SettingDifference {
                rule,
                primary: theirs.to_owned(),
                replica: ours.to_owned(),
            })
        })
        .collect();
    found.sort_by_key(|difference| difference.rule.verdict);
    found
}

impl Rule {
    /// Returns the primary's variable that the replica's is compared with.
    pub fn primary(&self) -> &'static str {
        match self.must {
            Must::Equal => self.name,
            Must::Hold(name) => name,
        }
    }

    /// Returns true when two values are as they must be.
    fn is_kept(&self, primary: &str, replica: &str) -> bool {
        if let Must::Hold(_) = self.must {
            let number = |text: &str| text.parse::<u64>().ok();
            return match (number(primary), number(replica)) {
                (Some(primary), Some(replica)) => replica >= primary,
                _ => true,
            };
        }
        match self.name {
            "system_time_zone" => winter(primary) == winter(replica),
            _ => primary.eq_ignore_ascii_case(replica),
        }
    }
}

impl SettingDifference {
    /// Returns what differs and what follows, in one sentence; the names are the servers'.
    pub fn text(&self, primary: &str, replica: &str) -> String {
        let name = self.rule.name;
        let shown = |value: &str| match value {
            "" => "empty".to_owned(),
            value => value.to_owned(),
        };
        let (theirs, ours) = (shown(&self.primary), shown(&self.replica));
        let what = match self.rule.must {
            Must::Hold(other) if other != name => {
                format!("{name} is {ours} on {replica}, less than {primary}'s {other}, {theirs}")
            }
            _ => format!("{name} is {theirs} on {primary} and {ours} on {replica}"),
        };
        format!("{what}: {}", self.rule.why)
    }
}

/// Returns a zone's name as it is in winter: the server reads its host's when it starts, and is CET or
/// CEST by the season of its start.
fn winter(zone: &str) -> String {
    match zone {
        "BST" => "GMT".to_owned(),
        _ if zone.len() == 4 && zone.ends_with("EST") => zone.replacen("EST", "ET", 1),
        _ if zone.len() == 3 && zone.ends_with("DT") => zone.replacen('D', "S", 1),
        _ => zone.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn told(primary: &[(&str, &str)], replica: &[(&str, &str)]) -> Vec<(Verdict, String)> {
        let map = |values: &[(&str, &str)]| -> BTreeMap<String, String> {
            let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
            values.iter().map(owned).collect()
        };
        let (primary, replica) = (map(primary), map(replica));
        differences(
            |name| primary.get(name).map(String::as_str),
            |name| replica.get(name).map(String::as_str),
        )
        .into_iter()
        .map(|found| (found.rule.verdict, found.text("serv1", "serv2")))
        .collect()
    }

    fn verdicts(name: &str, primary: &str, replica: &str) -> Vec<Verdict> {
        told(&[(name, primary)], &[(name, replica)])
            .into_iter()
            .map(|(verdict, _)| verdict)
            .collect()
    }

    #[test]
    fn names_that_one_folds_and_the_other_does_not_are_refused() {
        for (one, other) in [("0", "1"), ("1", "0")] {
            let all = told(
                &[("lower_case_table_names", one)],
                &[("lower_case_table_names", other)],
            );
            let [(Verdict::Refuse, text)] = all.as_slice() else {
                panic!("{all:?}");
            };
            let begins = format!(
                "lower_case_table_names is {one} on serv1 and {other} on serv2: one tells capitals"
            );
            assert!(text.starts_with(&begins), "{text}");
        }
        assert_eq!(verdicts("lower_case_table_names", "1", "1"), []);
    }

    #[test]
    fn a_larger_value_is_only_missed_on_the_replica() {
        for name in ["max_allowed_packet", "innodb_page_size"] {
            assert_eq!(verdicts(name, "65536", "16384"), [Verdict::Warn], "{name}");
            assert_eq!(verdicts(name, "16384", "65536"), [], "{name}");
            assert_eq!(verdicts(name, "16384", "16384"), [], "{name}");
        }
        // The threads of replication have their own, which the primary's clients' is compared with.
        let all = told(
            &[
                ("max_allowed_packet", "67108864"),
                ("slave_max_allowed_packet", "1073741824"),
            ],
            &[
                ("max_allowed_packet", "67108864"),
                ("slave_max_allowed_packet", "16777216"),
            ],
        );
        assert_eq!(
            all,
            [(
                Verdict::Warn,
                "slave_max_allowed_packet is 16777216 on serv2, less than serv1's max_allowed_packet, \
                 67108864: a row that is larger stops the replica (errno 1153)"
                    .to_owned()
            )]
        );
    }

    #[test]
    fn a_zone_is_the_same_in_summer_and_in_winter() {
        let zones = |own: &str, one: &str, other: &str| {
            told(
                &[("time_zone", own), ("system_time_zone", one)],
                &[("time_zone", own), ("system_time_zone", other)],
            )
            .len()
        };
        for (one, other) in [
            ("CET", "CEST"),
            ("EST", "EDT"),
            ("GMT", "BST"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zones("SYSTEM", one, other), 0, "{one} {other}");
        }
        assert_eq!(zones("SYSTEM", "UTC", "CEST"), 1);
        assert_eq!(zones("+00:00", "UTC", "CEST"), 0);
        assert_eq!(verdicts("time_zone", "SYSTEM", "+02:00"), [Verdict::AtSwap]);
    }

    #[test]
    fn what_may_differ_is_not_told() {
        for rule in RULES.iter().filter(|rule| rule.verdict == Verdict::Silent) {
            assert_eq!(verdicts(rule.name, "1", "2"), [], "{}", rule.name);
        }
        assert_eq!(verdicts("sql_mode", "", "ansi"), [Verdict::AtSwap]);
        // A server that does not say is not compared.
        assert_eq!(told(&[("lower_case_table_names", "1")], &[]), []);
    }
}

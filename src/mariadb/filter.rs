//! Which databases go through a replica's filters and its primary's.
//!
//! Only for a table of our own, made while its database is the chosen one (`USE`), so that the filters
//! that go by that and those that go by the table's own database say the same.

use super::quote::quote_string;

/// The variables that may keep a replica from taking what its primary logs.
pub const VARIABLES: [&str; 6] = [
    "replicate_do_db",
    "replicate_do_table",
    "replicate_ignore_db",
    "replicate_ignore_table",
    "replicate_wild_do_table",
    "replicate_wild_ignore_table",
];

/// The filters between a primary and a replica, each as the server prints it: names or patterns with
/// commas between them; empty where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filters<'a> {
    /// `binlog_do_db` on the primary.
    pub logged: &'a str,
    /// `binlog_ignore_db` on the primary.
    pub not_logged: &'a str,
    /// `Replicate_Do_DB`.
    pub databases: &'a str,
    /// `Replicate_Ignore_DB`.
    pub not_databases: &'a str,
    /// `Replicate_Do_Table`.
    pub tables: &'a str,
    /// `Replicate_Ignore_Table`.
    pub not_tables: &'a str,
    /// `Replicate_Wild_Do_Table`.
    pub patterns: &'a str,
    /// `Replicate_Wild_Ignore_Table`.
    pub not_patterns: &'a str,
    /// `Replicate_Rewrite_DB`.
    pub renamed: &'a str,
}

/// How much of a database goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    All,
    /// Some of its tables.
    Part,
    None,
}

impl Filters<'_> {
    /// Returns true when nothing is filtered.
    pub fn is_empty(&self) -> bool {
        *self == Filters::default()
    }

    /// Returns true when a table in a database goes through all of them, under its own name.
    pub fn lets_through(&self, database: &str, table: &str) -> bool {
        let name = format!("{database}.{table}");
        let one = |list: &str, wanted: &str| items(list).any(|item| item == wanted);
        let like = |list: &str| items(list).any(|item| matches(item, &name));
        let logged = self.logged.is_empty() || one(self.logged, database);
        let chosen = self.databases.is_empty() || one(self.databases, database);
        let named = (self.tables.is_empty() && self.patterns.is_empty())
            || one(self.tables, &name)
            || like(self.patterns);
        let refused = one(self.not_logged, database)
            || one(self.not_databases, database)
            || one(self.not_tables, &name)
            || like(self.not_patterns);
        let renamed = items(self.renamed).any(|rule| {
            let from = rule.split("->").next().unwrap_or_default();
            from.trim() == database
        });
        logged && chosen && named && !refused && !renamed
    }

    /// Returns how much of a database goes through, as far as its name tells.
    pub fn share_of(&self, database: &str) -> Share {
        let by_database = Filters {
            tables: "",
            not_tables: "",
            patterns: "",
            not_patterns: "",
            ..*self
        };
        if !by_database.lets_through(database, "") {
            return Share::None;
        }
        let of = |list: &str| items(list).any(|item| item.split('.').next() == Some(database));
        let reaches = |pattern: &str| {
            let (name, table) = pattern.split_once('.').unwrap_or((pattern, "%"));
            matches(name, database).then_some(table == "%")
        };
        let whole = |list: &str| items(list).any(|item| reaches(item) == Some(true));
        let some = |list: &str| items(list).any(|item| reaches(item).is_some());
        if whole(self.not_patterns) {
            return Share::None;
        }
        let named = !self.tables.is_empty() || !self.patterns.is_empty();
        if named && !whole(self.patterns) && !some(self.patterns) && !of(self.tables) {
            return Share::None;
        }
        let cut = some(self.not_patterns) || of(self.not_tables);
        match cut || named && !whole(self.patterns) {
            true => Share::Part,
            false => Share::All,
        }
    }

    /// Returns the condition on `information_schema.TABLES` by which a table goes through those filters
    /// that go by its name; empty where there is none.
    pub fn condition(&self) -> String {
        let name = "CONCAT(TABLE_SCHEMA, '.', TABLE_NAME)";
        let any = |tables: &str, patterns: &str| {
            let one = |item| format!("{name} COLLATE utf8mb3_bin = {}", quote_string(item));
            let like = |item| format!("{name} LIKE {}", quote_string(item));
            let all = items(tables).map(one).chain(items(patterns).map(like));
            all.collect::<Vec<_>>().join(" OR ")
        };
        let named = any(self.tables, self.patterns);
        let refused = any(self.not_tables, self.not_patterns);
        let mut condition = String::new();
        if !named.is_empty() {
            condition += &format!(" AND ({named})");
        }
        if !refused.is_empty() {
            condition += &format!(" AND NOT ({refused})");
        }
        condition
    }
}

/// Returns what a filter names, as the server prints it: with commas between them.
pub fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// Returns true when a name is like a pattern: `%` is any text, `_` one character, a backslash makes
/// the next one mean itself. Capitals are ignored (seen on 10.11 and 11.8).
pub fn matches(pattern: &str, name: &str) -> bool {
    fn rest(pattern: &[char], name: &[char]) -> bool {
        match pattern {
            [] => name.is_empty(),
            ['%', after @ ..] => (0..=name.len()).any(|at| rest(after, &name[at..])),
            ['_', after @ ..] => name
                .split_first()
                .is_some_and(|(_, name)| rest(after, name)),
            ['\\', one, after @ ..] | [one, after @ ..] => name
                .split_first()
                .is_some_and(|(first, name)| first == one && rest(after, name)),
        }
    }
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    rest(&letters(pattern), &letters(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_read_as_the_server_reads_it() {
        for (pattern, name) in [
            ("site1.%", "site1.bascule_test"),
            ("site\\_1.%", "site_1.bascule_test"),
            ("site_.%", "site1.x"),
            ("%.%", "a.b"),
            ("SITE1.%", "site1.x"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("site1.%", "site12.x"),
            ("site\\_1.%", "site21.x"),
            ("site1.visits", "site1.bascule_test"),
            ("", "a.b"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn of_a_database_all_goes_through_or_some_or_none() {
        let none = Filters::default();
        assert_eq!(none.share_of("logs"), Share::All);
        assert_eq!(none.condition(), "");
        let ignored = Filters {
            not_databases: "logs",
            ..none
        };
        assert_eq!(
            (ignored.share_of("logs"), ignored.share_of("d1")),
            (Share::None, Share::All)
        );
        let chosen = Filters {
            databases: "d1",
            ..none
        };
        assert_eq!(
            (chosen.share_of("logs"), chosen.share_of("d1")),
            (Share::None, Share::All)
        );
        let not_logged = Filters {
            not_logged: "logs",
            ..none
        };
        assert_eq!(not_logged.share_of("logs"), Share::None);
        let renamed = Filters {
            renamed: "logs->archive",
            ..none
        };
        assert_eq!(renamed.share_of("logs"), Share::None);
        let table = Filters {
            tables: "d1.t",
            ..none
        };
        assert_eq!(
            (table.share_of("d1"), table.share_of("logs")),
            (Share::Part, Share::None)
        );
        let not_table = Filters {
            not_tables: "d1.t",
            ..none
        };
        assert_eq!(
            (not_table.share_of("d1"), not_table.share_of("d11")),
            (Share::Part, Share::All)
        );
        assert_eq!(
            not_table.condition(),
            " AND NOT (CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) COLLATE utf8mb3_bin = 'd1.t')"
        );
        let patterns = Filters {
            patterns: "d1.%,logs.keep%",
            ..none
        };
        assert_eq!(
            (patterns.share_of("d1"), patterns.share_of("logs")),
            (Share::All, Share::Part)
        );
        assert_eq!(patterns.share_of("shop"), Share::None);
        let not_patterns = Filters {
            not_patterns: "logs.%,my\\_shop.old%",
            ..none
        };
        assert_eq!(not_patterns.share_of("logs"), Share::None);
        assert_eq!(
            (
                not_patterns.share_of("my_shop"),
                not_patterns.share_of("my1shop")
            ),
            (Share::Part, Share::All)
        );
        assert_eq!(
            not_patterns.condition(),
            " AND NOT (CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) LIKE 'logs.%' OR \
             CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) LIKE 'my\\\\_shop.old%')"
        );
    }

    #[test]
    fn every_filter_counts() {
        let none = Filters::default();
        assert!(none.is_empty() && none.lets_through("site1", "t"));
        let both = Filters {
            patterns: "site1.%,site2.%",
            not_patterns: "site2.log%",
            ..none
        };
        assert!(both.lets_through("site1", "t") && both.lets_through("site2", "t"));
        assert!(!both.lets_through("site2", "logins") && !both.lets_through("site3", "t"));
        let by_use = Filters {
            databases: "site1, site2",
            not_logged: "site2",
            ..none
        };
        assert!(by_use.lets_through("site1", "t") && !by_use.lets_through("site2", "t"));
        let tables = Filters {
            tables: "site1.visits",
            ..none
        };
        assert!(!tables.lets_through("site1", "t"));
        let renamed = Filters {
            renamed: "site1->site9",
            ..none
        };
        assert!(!renamed.lets_through("site1", "t") && renamed.lets_through("site2", "t"));
        let logged = Filters {
            logged: "site1",
            ..none
        };
        assert!(logged.lets_through("site1", "t") && !logged.lets_through("site2", "t"));
    }
}

//! Databases and accounts of MariaDB as an administrator types them, and how SQL is written with them.
//!
//! A [`DatabaseName`] is narrower than what MariaDB takes: it also has to go through an option file,
//! a replication filter, a file name and the command line of the dump. The quoting below is for the
//! server's default reading of backslashes; a session of ours sets `sql_mode` before it relies on it.

use crate::mariadb::{quote_name, quote_string};
use std::fmt;
use std::str::FromStr;

use super::BadValue;
use crate::as_text::serde_as_text;
use crate::names::{described, safe_name};

/// The longest name of a database.
const LONGEST_DATABASE: usize = 64;

/// The longest name of an account, since 10.6.
const LONGEST_ACCOUNT: usize = 128;

/// Databases that are the server's own. Never replicated by name: each server has its own accounts,
/// plugins and statistics in them.
pub const SYSTEM_DATABASES: [&str; 4] =
    ["information_schema", "mysql", "performance_schema", "sys"];

/// Accounts that a server runs on, and that nobody must change to let a replica in.
const SYSTEM_ACCOUNTS: [&str; 5] = ["debian-sys-maint", "mariadb.sys", "mysql", "public", "root"];

/// The name of a database of the administrator's own, such as `site1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseName(String);

impl DatabaseName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name as an identifier of SQL: `` `site1` ``.
    pub fn quoted(&self) -> String {
        quote_name(&self.0)
    }

    /// Returns what `replicate_wild_do_table` wants for all tables of this database: `site\_1.%`.
    ///
    /// `_` and `%` are wildcards there, and a backslash before one makes it mean itself. The comparison
    /// ignores capitals (seen on 10.11 and 11.8): `SITE1` would be replicated as well.
    pub fn wild_pattern(&self) -> String {
        let mut pattern = String::with_capacity(self.0.len() + 4);
        for c in self.0.chars() {
            if matches!(c, '_' | '%') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern + ".%"
    }
}

impl FromStr for DatabaseName {
    type Err = BadValue;

    fn from_str(name: &str) -> Result<DatabaseName, BadValue> {
        let refuse = |fault: String, mend: &str| {
            Err(BadValue::new(format!(
                "the database name `{}` {fault}: {mend}",
                safe_name(name)
            )))
        };
        let another = "leave it out, or move its tables to a database with another name";
        let Some(first) = name.chars().next() else {
            return Err(BadValue::new(
                "the database has no name: write one, such as site1",
            ));
        };
        if let Some(own) = SYSTEM_DATABASES
            .iter()
            .find(|own| own.eq_ignore_ascii_case(name))
        {
            return Err(BadValue::new(format!(
                "{own} is the server's own database and differs on each server: name one of yours, such as site1"
            )));
        }
        if name.contains(',') {
            return refuse(
                "has a comma in it".to_owned(),
                "give each database a --database of its own",
            );
        }
        if let Some(bad) = name
            .chars()
            .find(|&c| c.is_control() || matches!(c, '/' | '\\' | '.'))
        {
            return refuse(format!("contains {}", described(bad)), another);
        }
        // The server stores a name in three bytes a character.
        if let Some(high) = name.chars().find(|&c| u32::from(c) > 0xffff) {
            return refuse(
                format!(
                    "contains {}, which MariaDB takes in no name",
                    described(high)
                ),
                another,
            );
        }
        if first == '-' || name.starts_with("#mysql50#") {
            return refuse(
                format!("begins with {}", described(first)),
                "such a name is taken for something else on its way, so move its tables to a database with another name",
            );
        }
        if first.is_whitespace() || name.ends_with(char::is_whitespace) {
            return refuse("begins or ends with a blank".to_owned(), "write it without");
        }
        let length = name.chars().count();
        if length > LONGEST_DATABASE {
            return refuse(
                format!("is {length} characters long"),
                "64 is the most that MariaDB takes",
            );
        }
        Ok(DatabaseName(name.to_owned()))
    }
}

/// The name of an account without its host part, such as `replication_user`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

impl AccountName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the account as SQL names it: `'replication_user'@'172.16.0.11'`.
    pub fn at_host(&self, host: &str) -> String {
        format!("{}@{}", quote_string(&self.0), quote_string(host))
    }
}

impl Default for AccountName {
    fn default() -> AccountName {
        AccountName("replication_user".to_owned())
    }
}

impl FromStr for AccountName {
    type Err = BadValue;

    fn from_str(name: &str) -> Result<AccountName, BadValue> {
        let refuse = |fault: String, mend: String| {
            Err(BadValue::new(format!(
                "the account name `{}` {fault}: {mend}",
                safe_name(name)
            )))
        };
        if name.is_empty() {
            return Err(BadValue::new(
                "the account has no name: write one, such as replication_user",
            ));
        }
        if SYSTEM_ACCOUNTS
            .iter()
            .any(|own| own.eq_ignore_ascii_case(name))
        {
            return Err(BadValue::new(format!(
                "{name} is an account the server itself is run with, and a replica would get its password: write a name of its own, such as replication_user"
            )));
        }
        if let Some((bare, _)) = name.split_once('@') {
            return refuse(
                "names a host as well".to_owned(),
                format!(
                    "write {} alone, the host is the replica's address",
                    safe_name(bare)
                ),
            );
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if let Some(bad) = name.chars().find(|&c| !plain(c)) {
            return refuse(
                format!("contains {}", described(bad)),
                "write letters, digits, `_`, `.` and `-` only".to_owned(),
            );
        }
        let length = name.chars().count();
        if length > LONGEST_ACCOUNT {
            return refuse(
                format!("is {length} characters long"),
                format!("{LONGEST_ACCOUNT} is the most that MariaDB takes"),
            );
        }
        Ok(AccountName(name.to_owned()))
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        serde_as_text!($name);
    };
}

as_text!(DatabaseName);
as_text!(AccountName);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn database(name: &str) -> Result<DatabaseName, String> {
        name.parse().map_err(|BadValue(what)| what)
    }

    fn account(name: &str) -> Result<AccountName, String> {
        name.parse().map_err(|BadValue(what)| what)
    }

    #[test]
    fn ordinary_databases_are_taken() {
        for name in [
            "site1", "my_site", "a-b", "métier", "100%", "a b", "it's", "`",
        ] {
            assert_eq!(database(name).unwrap().as_str(), name);
        }
        assert!(database(&"é".repeat(64)).is_ok());
    }

    #[test]
    fn a_refused_database_says_what_to_write() {
        for (name, said) in [
            ("", "the database has no name: write one, such as site1"),
            (
                "MySQL",
                "mysql is the server's own database and differs on each server: name one of yours, such as site1",
            ),
            (
                "a,b",
                "the database name `a,b` has a comma in it: give each database a --database of its own",
            ),
            (
                "site1.t",
                "the database name `site1.t` contains `.`: leave it out, or move its tables to a database with another name",
            ),
            (
                "a\nb",
                "the database name `a\\nb` contains a line break: leave it out, or move its tables to a database with another name",
            ),
            (
                "--all",
                "the database name `--all` begins with `-`: such a name is taken for something else on its way, so move its tables to a database with another name",
            ),
            (
                "site1 ",
                "the database name `site1 ` begins or ends with a blank: write it without",
            ),
        ] {
            assert_eq!(database(name).unwrap_err(), said);
        }
        for name in ["a/b", "a\\b", "\u{1f600}", "#mysql50#a", &"a".repeat(65)] {
            assert!(database(name).is_err(), "{name}");
        }
    }

    #[test]
    fn wildcards_in_a_name_mean_themselves() {
        assert_eq!(database("site1").unwrap().wild_pattern(), "site1.%");
        assert_eq!(database("a_b%").unwrap().wild_pattern(), "a\\_b\\%.%");
    }

    #[test]
    fn a_refused_account_says_what_to_write() {
        assert_eq!(AccountName::default().as_str(), "replication_user");
        assert_eq!(account("repl.2-a_b").unwrap().as_str(), "repl.2-a_b");
        assert_eq!(
            account("repl").unwrap().at_host("172.16.0.11"),
            "'repl'@'172.16.0.11'"
        );
        assert!(account("Root").unwrap_err().contains("a name of its own"));
        assert_eq!(
            account("repl@%").unwrap_err(),
            "the account name `repl@%` names a host as well: write repl alone, the host is the replica's address"
        );
        assert!(account("a'b").unwrap_err().contains("contains `'`"));
        assert!(account(&"a".repeat(129)).is_err());
        assert!(account("").is_err());
    }

    #[test]
    fn names_keep_their_check_through_json() {
        let name: DatabaseName = serde_json::from_str("\"site1\"").unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), "\"site1\"");
        assert!(serde_json::from_str::<DatabaseName>("\"mysql\"").is_err());
        assert!(serde_json::from_str::<AccountName>("\"root\"").is_err());
    }

    /// Reads a quoted string or name as MariaDB's lexer does; the rest is what follows it.
    fn unquote(sql: &str, quote: char) -> Option<(String, &str)> {
        let mut rest = sql.strip_prefix(quote)?.chars();
        let mut text = String::new();
        loop {
            match rest.next()? {
                c if c == quote => {
                    let Some(after) = rest.as_str().strip_prefix(quote) else {
                        return Some((text, rest.as_str()));
                    };
                    text.push(quote);
                    rest = after.chars();
                }
                '\\' if quote == '\'' => text.push(match rest.next()? {
                    '0' => '\0',
                    'b' => '\u{8}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'Z' => '\u{1a}',
                    other => other,
                }),
                c => text.push(c),
            }
        }
    }

    proptest! {
        #[test]
        fn a_quoted_string_is_read_back_whole(text in any::<String>(), after in any::<String>()) {
            let sql = format!("{} {after}", quote_string(&text));
            prop_assert_eq!(unquote(&sql, '\''), Some((text, &sql[sql.len() - after.len() - 1..])));
        }

        #[test]
        fn strings_full_of_quotes_are_read_back(text in "[\\\\'\"`%_\0\r\na-c]{0,12}") {
            let sql = quote_string(&text);
            prop_assert!(!sql.contains('\n'));
            prop_assert_eq!(unquote(&sql, '\''), Some((text, "")));
        }

        #[test]
        fn a_quoted_name_is_read_back_whole(text in "[\\\\'\"`%_a-c ]{0,12}") {
            let sql = format!("{};", quote_name(&text));
            prop_assert_eq!(unquote(&sql, '`'), Some((text, ";")));
        }

        #[test]
        fn what_is_taken_is_one_line_and_one_word_of_a_path(name in any::<String>()) {
            if let Ok(name) = name.parse::<DatabaseName>() {
                prop_assert!(!name.as_str().contains(['/', '.', '\\', '\n', '\r', '\0']));
                prop_assert!(!name.as_str().starts_with('-'));
            }
        }

        #[test]
        fn a_pattern_matches_its_own_database_alone(name in "[a-c_%]{1,8}", other in "[a-c_%]{1,8}") {
            let (Ok(name), Ok(other)) = (name.parse::<DatabaseName>(), other.parse::<DatabaseName>()) else {
                return Ok(());
            };
            let matched = wild_match(&format!("{other}.t"), &name.wild_pattern());
            prop_assert_eq!(matched, name == other);
        }
    }

    /// MariaDB's comparison of a table with a wild pattern, `\` being its escape.
    fn wild_match(text: &str, pattern: &str) -> bool {
        let (mut text_rest, mut rest) = (text.chars(), pattern.chars());
        match rest.next() {
            None => text.is_empty(),
            Some('%') => {
                wild_match(text, rest.as_str())
                    || (text_rest.next().is_some() && wild_match(text_rest.as_str(), pattern))
            }
            Some('_') => {
                text_rest.next().is_some() && wild_match(text_rest.as_str(), rest.as_str())
            }
            Some(c) => {
                let c = if c == '\\' {
                    rest.next().unwrap_or(c)
                } else {
                    c
                };
                text_rest.next() == Some(c) && wild_match(text_rest.as_str(), rest.as_str())
            }
        }
    }
}

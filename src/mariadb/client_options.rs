//! Options in files that change what MariaDB's own programs read, print or do when bascule runs them.
//!
//! Where to connect, as whom and how is an administrator's own, and stays so. All else that is not known to
//! leave an answer or a dump as it is, is taken to change it: `html` and `vertical` make another text of an
//! answer, `force` goes on behind an error, `where` and `no-data` leave rows out of a dump.

use serde::{Deserialize, Serialize};

/// An option in a file that the client or the dump reads; never its value, which may be a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientOption {
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// The group, such as `mysql`.
    pub group: String,
    /// The option as it stands there.
    pub name: String,
}

/// The options that say where to connect, as whom and how.
const CONNECTION: [&str; 28] = [
    "character-sets-dir",
    "compress",
    "connect-expired-password",
    "connect-timeout",
    "default-auth",
    "default-character-set",
    "host",
    "max-allowed-packet",
    "net-buffer-length",
    "password",
    "plugin-dir",
    "port",
    "protocol",
    "secure-auth",
    "socket",
    "ssl",
    "ssl-ca",
    "ssl-capath",
    "ssl-cert",
    "ssl-cipher",
    "ssl-crl",
    "ssl-crlpath",
    "ssl-fp",
    "ssl-fplist",
    "ssl-key",
    "ssl-verify-server-cert",
    "tls-version",
    "user",
];

/// The client's options that are for a terminal alone, or are set on the command line.
const CLIENT: [&str; 26] = [
    "auto-rehash",
    "batch",
    "beep",
    "column-names",
    "comments",
    "debug-check",
    "debug-info",
    "histignore",
    "ignore-spaces",
    "init-command",
    "line-numbers",
    "local-infile",
    "max-join-size",
    "named-commands",
    "no-auto-rehash",
    "no-beep",
    "pager",
    "print-query-on-error",
    "progress-reports",
    "prompt",
    "quick",
    "quick-max-column-width",
    "reconnect",
    "rehash",
    "select-limit",
    "sigint-ignore",
];

/// The dump's options that change nothing of what comes out of it, or are so without it.
const DUMP: [&str; 25] = [
    "add-drop-table",
    "add-locks",
    "allow-keywords",
    "complete-insert",
    "create-options",
    "debug-check",
    "debug-info",
    "disable-keys",
    "dump-date",
    "events",
    "extended-insert",
    "gtid",
    "hex-blob",
    "lock-tables",
    "no-autocommit",
    "opt",
    "order-by-primary",
    "order-by-size",
    "quick",
    "quote-names",
    "routines",
    "set-charset",
    "single-transaction",
    "triggers",
    "tz-utc",
];

/// The options that may be switched off as well: `skip-column-names` and `skip-opt` may not.
const OFF: [&str; 20] = [
    "add-locks",
    "auto-rehash",
    "beep",
    "complete-insert",
    "compress",
    "disable-keys",
    "dump-date",
    "extended-insert",
    "force",
    "html",
    "line-numbers",
    "lock-tables",
    "order-by-primary",
    "progress-reports",
    "reconnect",
    "secure-auth",
    "ssl",
    "ssl-verify-server-cert",
    "table",
    "vertical",
];

impl ClientOption {
    /// Returns true where the client may print or do something else by it.
    pub fn changes_answers(&self) -> bool {
        match self.group.as_str() {
            "mysqldump" | "mariadb-dump" => false,
            "mysql" | "mariadb-client" => !self.is_among(&CLIENT),
            _ => !self.is_among(&[]),
        }
    }

    /// Returns true where a dump may be another one by it.
    pub fn changes_dumps(&self) -> bool {
        matches!(self.group.as_str(), "mysqldump" | "mariadb-dump") && !self.is_among(&DUMP)
    }

    fn is_among(&self, known: &[&str]) -> bool {
        let name = self.name.to_ascii_lowercase().replace('_', "-");
        let name = name.strip_prefix("loose-").unwrap_or(&name);
        let off = ["skip-", "disable-"]
            .into_iter()
            .find_map(|word| name.strip_prefix(word));
        match off {
            Some(name) => OFF.contains(&name),
            None => {
                let name = name.strip_prefix("enable-").unwrap_or(name);
                CONNECTION.contains(&name) || known.contains(&name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ClientOption;

    fn option(group: &str, name: &str) -> ClientOption {
        ClientOption {
            file: String::new(),
            line: 1,
            group: group.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn what_says_where_to_connect_is_left_alone() {
        for name in [
            "user",
            "password",
            "socket",
            "ssl_ca",
            "skip-ssl",
            "loose-ssl",
            "default-character-set",
            "SSL-Key",
        ] {
            for group in ["client", "mysql", "mysqldump", "client-mariadb"] {
                let option = option(group, name);
                assert!(
                    !option.changes_answers() && !option.changes_dumps(),
                    "{option:?}"
                );
            }
        }
    }

    #[test]
    fn what_changes_an_answer_or_a_dump_is_known_and_what_is_unknown_too() {
        for name in [
            "html",
            "xml",
            "vertical",
            "table",
            "silent",
            "force",
            "database",
            "one-database",
            "tee",
            "verbose",
            "skip-column-names",
            "safe_updates",
            "show-warnings",
            "delimiter",
            "htm",
        ] {
            assert!(option("mysql", name).changes_answers(), "{name}");
            assert!(!option("mysqldump", name).changes_answers(), "{name}");
        }
        for name in [
            "where",
            "no-data",
            "ignore-table",
            "skip-opt",
            "compatible",
            "xml",
            "tab",
            "skip-triggers",
        ] {
            assert!(option("mariadb-dump", name).changes_dumps(), "{name}");
            assert!(!option("mysql", name).changes_dumps(), "{name}");
        }
        // As Debian and many a hosting manual have it.
        for (group, name) in [
            ("mysqldump", "quick"),
            ("mysqldump", "quote-names"),
            ("mysqldump", "max_allowed_packet"),
            ("mysqldump", "single-transaction"),
            ("mysqldump", "skip-lock-tables"),
            ("mysql", "no-auto-rehash"),
            ("mysql", "skip-auto-rehash"),
            ("mysql", "prompt"),
            ("mysql", "pager"),
            ("mysql", "local_infile"),
        ] {
            let option = option(group, name);
            assert!(
                !option.changes_answers() && !option.changes_dumps(),
                "{option:?}"
            );
        }
    }
}

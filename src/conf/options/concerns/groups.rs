//! Lines that end the reading of a file, and groups that nobody reads.

use super::super::files::{FileLine, Step};
use super::super::{Broken, Said};
use super::{OptionFindings, Weight};
use crate::names::nearest;

/// Groups of other programs, which are none of the server's business.
const OTHERS: &[&str] = &[
    "client",
    "client-mariadb",
    "embedded",
    "mysql",
    "mysql_upgrade",
    "mysqladmin",
    "mysqlbinlog",
    "mysqlcheck",
    "mysqldump",
    "mysqlimport",
    "mysqlshow",
    "mysqlslap",
    "mysqltest",
    "mysqlhotcopy",
    "mysqld_multi",
    "mysqld_safe",
    "safe_mysqld",
    "mariadbd-safe",
    "mariadbd-multi",
    "mariadb_safe",
    "mariabackup",
    "mariadb-backup",
    "xtrabackup",
    "sst",
    "isamchk",
    "myisamchk",
    "aria_chk",
    "myisampack",
];

impl OptionFindings<'_> {
    /// Lines that MariaDB stops at; in a file that it opens of its own accord it gives up altogether
    /// (seen: `Fatal error in defaults handling`), in an included one it leaves out the rest.
    pub(super) fn broken(&mut self) {
        let files = self.files;
        for Step {
            path,
            line,
            what,
            root,
        } in files.steps()
        {
            let Said::Broken(broken) = what else { continue };
            let place = FileLine {
                path: path.to_owned(),
                line: Some(line),
            };
            if self.concerns.iter().any(|known| known.place == place) {
                continue;
            }
            let written = files
                .file(path)
                .map(|file| file.line(line).trim().to_owned())
                .unwrap_or_default();
            let (fault, mend) = match broken {
                Broken::Group => {
                    let name = written.trim_start_matches('[').trim();
                    let group = if name.is_empty() { "mysqld" } else { name };
                    (
                        format!("`{written}` has no closing bracket"),
                        format!("write `[{group}]`"),
                    )
                }
                Broken::Include => (
                    format!("`{written}` includes nothing"),
                    "write the path after it, or remove the line".to_owned(),
                ),
                Broken::NoGroup if written.starts_with('\u{feff}') => (
                    "the file begins with a byte order mark".to_owned(),
                    format!("sed -i '1s/^\\xEF\\xBB\\xBF//' {}", path.display()),
                ),
                Broken::NoGroup => (
                    format!("`{written}` stands before any group"),
                    "write `[mysqld]` on a line above it".to_owned(),
                ),
            };
            let (weight, then) = if root {
                (Weight::Stops, "the server does not start")
            } else {
                (Weight::Misleads, "the server reads no further in this file")
            };
            self.add(weight, place, "", format!("{fault}: {then}"), mend);
        }
    }

    /// Groups with options that look like one of the server's and are not, and includes that lose
    /// their last letter.
    pub(super) fn groups(&mut self) {
        let files = self.files;
        for (path, file) in files.read() {
            let place = |line| FileLine {
                path: path.to_owned(),
                line: Some(line),
            };
            for (line, group) in file.groups() {
                if let Some(meant) = self
                    .meant_group(group)
                    .filter(|_| file.has_options_after(line))
                {
                    let text = format!("the server does not read the group [{group}]");
                    let mend = format!("write `[{meant}]`");
                    self.add(Weight::Misleads, place(line), "", text, mend);
                }
            }
            if let Some(line) = file.cut_include() {
                self.add(
                    Weight::Misleads,
                    place(line),
                    "",
                    "no line break follows this include, and the server drops its last letter",
                    "end the file with a line break",
                );
            }
        }
    }

    /// Returns the server's group that a name was meant for, if nobody else reads it.
    fn meant_group(&self, group: &str) -> Option<String> {
        let groups = self.around.release.groups();
        let lower = group.to_ascii_lowercase();
        if self.around.release.reads(group) {
            return None;
        }
        if let Some(name) = groups.iter().find(|name| **name == lower.trim()) {
            return Some(name.clone());
        }
        // `mariadb-10.6` is for another release, `mysqld1` for mysqld_multi, `mariadb-dump` a program.
        let numbered = lower.ends_with(|c: char| c.is_ascii_digit());
        if numbered || OTHERS.contains(&lower.as_str()) || lower.starts_with("mariadb-") {
            return None;
        }
        let near = nearest(&lower, ["mysqld", "mariadb", "mariadbd", "server"])?;
        (strsim::damerau_levenshtein(&lower, near) <= 2).then(|| near.to_owned())
    }
}

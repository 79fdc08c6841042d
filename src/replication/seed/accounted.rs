//! That what is kept is all there: before the first database is dropped, the dump of them is read again, and
//! each table the server has must be in it with as many rows. What has no end is no dump either.

use super::{SILENCE, Seed};
use crate::mariadb::DUMP_COMPLETED;
use crate::plan::{Step, heredoc, shell_line, sql_client};
use crate::replication::counts;

/// Says what a dump lacks of what a server has.
const COMPARE: &str = include_str!("accounted.awk");

/// How fast a slow disk is read, in bytes a second.
const SLOW: u64 = 10_000_000;

impl Seed<'_> {
    /// Returns the step that reads what is kept once more, and fails where something is lacking in it.
    pub fn accounted(&self) -> Step {
        let client = shell_line(&sql_client(&self.replica.client));
        let path = |path: &std::path::PathBuf| shell_line(&[path.display().to_string()]);
        let kept = self.kept_files();
        let first = kept.first().map(path).unwrap_or_default();
        let all: Vec<String> = kept.iter().map(path).collect();
        let (opening, ask) = heredoc(&counts::listed(self.replaced));
        let said = |line: &&str| !line.starts_with('#') && !line.is_empty();
        let compare: Vec<&str> = COMPARE.lines().filter(said).collect();
        let (program, compare) = heredoc(&compare.join("\n"));
        let script = format!(
            "for file in {}; do\n\
             \x20 tail -n 1 \"$file\" | grep -q '^{DUMP_COMPLETED}' || {{ echo \"$file has no end\" >&2; exit 1; }}\n\
             done\n\
             compare=$(cat {program}\n{compare}\n)\n\
             {client} --raw {opening} | LC_ALL=C awk \"$compare\" part=1 - part=2 {first} >&2\n{ask}\n",
            all.join(" ")
        );
        Step::run(
            ["sh", "-eu"],
            "and each table of them is in what is kept, with all its rows",
        )
        .stdin(script)
        .within(SILENCE + 2 * self.bytes_here() / SLOW)
    }
}

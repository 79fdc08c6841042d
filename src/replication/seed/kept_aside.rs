//! The folder of what a replica's seed replaces: what of it goes on the way back, and what stays.

use super::{SILENCE, Seed};
use crate::facts::database::UNFINISHED;
use crate::plan::{NOT_AS_BEFORE, Step, shell_line};
use std::path::{Path, PathBuf};

impl Seed<'_> {
    /// From here on the server may have half of its databases: whoever comes upon it later must know.
    pub fn begins(&self) -> Step {
        let file = self.unfinished();
        let script = format!("touch {file} && sync {file} {}", self.quoted());
        Step::run(
            ["sh", "-c", &script],
            "until other databases are whole in the place of these, it is known by this",
        )
    }

    /// Returns the step after which it is known to have all of them.
    pub fn whole_step(&self, why: &str) -> Step {
        let script = format!("rm --force {} && sync {}", self.unfinished(), self.quoted());
        Step::run(["sh", "-c", &script], why)
    }

    fn unfinished(&self) -> String {
        shell_line(&[self.folder.join(UNFINISHED).display().to_string()])
    }

    fn quoted(&self) -> String {
        shell_line(&[self.folder.display().to_string()])
    }

    /// What its binlog holds is in no other one, once the server has begun its own anew: the data of
    /// before come back, but what this server wrote by itself is told by these files alone. On the way
    /// back they go only where the server still has the same.
    pub fn keep_binlog(&self, base: &str) -> Step {
        let (lies, name) = base.rsplit_once('/').unwrap_or((".", base));
        let [base, lies, name, into] = [base, lies, name, &self.folder.display().to_string()]
            .map(|word| shell_line(&[word.to_owned()]));
        let keep = format!("cp --archive {base}.* {into}/ && sync {into}/* {into}");
        let back = format!(
            "cd {into}\n\
             for file in {name}.*[0-9]; do\n\
             \x20 test -e \"$file\" || continue\n\
             \x20 cmp --silent --bytes=\"$(stat --format=%s \"$file\")\" \"$file\" {lies}/\"$file\" || exit 0\n\
             done\n\
             rm --force {name}.*\n"
        );
        Step::run(
            ["sh", "-c", &keep],
            "its binlog, to read in: what it holds is not the primary's",
        )
        .within(SILENCE)
        .undone_by(vec![
            Step::run(
                ["sh", "-eu"],
                "its binlog of before stays here, unless the server still has the very same",
            )
            .stdin(back)
            .within(SILENCE),
        ])
    }
}

/// Returns the folder that keeps what is replaced next, below that of all of them: a number that is free.
pub fn next_folder(all: &Path, taken: Option<&Vec<String>>) -> PathBuf {
    let highest = taken
        .into_iter()
        .flatten()
        .filter_map(|name| name.parse::<u64>().ok())
        .max();
    all.join((highest.unwrap_or(0) + 1).to_string())
}

/// Returns the step that makes the folder for what is replaced: the first of all, since it must go
/// last of all. A way back that stops later than the data is gone again from its beginning.
pub fn make_folder(folder: &Path) -> Step {
    let all = folder.parent().unwrap_or(folder).display().to_string();
    let folder = folder.display().to_string();
    let path = shell_line(std::slice::from_ref(&folder));
    let stays = shell_line(&[format!(
        "{NOT_AS_BEFORE}its binlog was begun anew, and {folder} stays: it has the server's binlogs of before, \
         and what it wrote by itself is told in no other"
    )]);
    let back = format!(
        "test -d {path} || exit 0\n\
         rm --force {path}/kept.sql {path}/kept-[23].sql {path}/position.sql {path}/position.sql.new\n\
         rmdir --ignore-fail-on-non-empty {path}\n\
         test ! -d {path} || echo {stays}\n"
    );
    Step::run(
        ["install", "--directory", "--mode=700", &all, &folder],
        "for what is replaced, until an undo puts it back",
    )
    .undone_by(vec![
        Step::run(
            ["sh", "-eu"],
            "the data are back where they were; binlogs that the server no longer has stay",
        )
        .stdin(back),
    ])
}

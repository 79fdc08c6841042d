//! The binlogs of a server that begins to write them, or that ceases to.

use crate::facts::DatabaseServer;
use crate::plan::{Check, Plan, Step, shell_line, sql_client};

/// The name of the binlog's files, in the data directory.
pub const BINLOG: &str = "mysql-bin";

/// Returns the step that renames the binlogs of an earlier time, if there are any and none is written
/// now. With them the server would go on counting where they end, and a replica that followed them would
/// go on as well, without a word about what was written in between.
pub fn old_binlogs_aside(server: &DatabaseServer, plan: &mut Plan) -> Option<Step> {
    let is_old = |file: &String| file.starts_with(&format!("{BINLOG}."));
    if server.has_binlog() || !server.datadir_files.iter().any(is_old) {
        return None;
    }
    let kept = format!("kept-{}.", server.now);
    let datadir = server.datadir().display().to_string();
    plan.check(
        Check::warning(format!(
            "binlogs of an earlier time lie in {datadir}: what was written since is in none of them, so \
             they are renamed, and who followed them needs a new copy of the data"
        ))
        .note(format!("{kept}{BINLOG}.*")),
    );
    let folder = shell_line(&[datadir]);
    let rename = |from: &str, to: &str| {
        Step::run(
            [
                "sh",
                "-c",
                &format!(
                    "cd {folder} && for file in {from}; do ! test -e \"$file\" || mv \"$file\" \"{to}\"; done"
                ),
            ],
            "",
        )
    };
    let mut step = rename(&format!("{BINLOG}.*"), &format!("{kept}$file"));
    step.why = "the new binlog begins anew: nobody takes it for the end of the old one".to_owned();
    let mut back = rename(&format!("{kept}{BINLOG}.*"), &format!("${{file#{kept}}}"));
    back.why = "as they were called before".to_owned();
    Some(step.undone_by(vec![back]))
}

/// Returns the steps that take away the binlogs of a server that wrote none before, and has this id now.
///
/// What it has written itself they alone tell, and another server may lack it: they are kept then.
pub fn without_new_binlogs(server: &DatabaseServer, id: u32) -> Vec<Step> {
    if server.has_binlog() {
        return Vec::new();
    }
    let mut ask = sql_client(&server.client);
    ask.push("--execute=SELECT @@log_bin".to_owned());
    let (ask, folder) = (
        shell_line(&ask),
        shell_line(&[server.datadir().display().to_string()]),
    );
    let kept = server.state.databases().display().to_string();
    let into = shell_line(std::slice::from_ref(&kept));
    // Another option file may have it write one by then. Those of an earlier time may have their names
    // again. Also the state that the server keeps of its GTIDs, at a clean end, and 11.8's indexes:
    // mysql-bin.000001.idx.
    let script = format!(
        "test \"$({ask})\" = 0\n\
         cd {folder}\n\
         new() {{ find . -maxdepth 1 -type f -name '{BINLOG}.*' -newermt @{now} \"$@\"; }}\n\
         test -n \"$(new)\" || exit 0\n\
         state=$(new -name {BINLOG}.state)\n\
         if test -n \"$state\" && ! grep --quiet -e -{id}- \"$state\"; then\n\
         \x20 new -delete\n\
         \x20 exit 0\n\
         fi\n\
         install --directory --mode=700 {into}\n\
         last=$(ls {into} | grep -x '[0-9]*' | sort -n | tail -n 1)\n\
         into={into}/$((${{last:-0}} + 1))\n\
         mkdir -m 700 \"$into\"\n\
         new -exec mv --target-directory=\"$into\" {{}} +\n\
         echo \"$into has its binlogs: what it wrote by itself is told in no other\"\n",
        now = server.now,
    );
    vec![
        Step::run(
            ["sh", "-eu"],
            format!(
                "there were no binlogs before, and none is written any more; what only they tell is kept in {kept}"
            ),
        )
        .stdin(script)
        .within(600),
    ]
}

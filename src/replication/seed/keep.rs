//! What a replica holds is kept before it is replaced: the data, and the position that they stand at.

use super::dump::{NO_LOCKS, afterwards, history, names, triggers};
use super::{SILENCE, STANDS, Seed};
use crate::mariadb::DUMP_COMPLETED;
use crate::plan::{Step, UTF8, heredoc, shell_line, sql_client};
use crate::replication::servers;

impl Seed<'_> {
    /// Returns the steps that keep what is replaced, and the position that it stands at. Nothing is
    /// applied any more by then.
    pub fn keep(&self) -> Vec<Step> {
        let mut steps = vec![self.keep_position()];
        if !self.replaced.is_empty() {
            steps.extend(self.keep_data());
            steps.push(
                servers::sql(
                    self.replica,
                    None,
                    [STANDS],
                    "and nothing was written while they were kept",
                )
                .expecting(
                    "${stands}",
                    format!("somebody has written on {} meanwhile", self.replica.host),
                ),
            );
            steps.push(self.accounted());
        }
        if let Some(base) = self.old_binlog() {
            steps.push(self.keep_binlog(&base));
        }
        steps
    }

    /// What is not known when the plan is made: a replica goes on until it is stopped. Whoever applied
    /// from the position of then would apply again what the data hold already.
    fn keep_position(&self) -> Step {
        let client = shell_line(&sql_client(&self.replica.client));
        let path = shell_line(&[self.position().display().to_string()]);
        let mut ask =
            "SELECT CONCAT('SET GLOBAL gtid_slave_pos=', QUOTE(@@gtid_slave_pos), ';');\n"
                .to_owned();
        if self.replica.has_binlog() {
            ask += "SELECT CONCAT('SET GLOBAL gtid_binlog_state=', QUOTE(@@gtid_binlog_state), ';');\n";
        }
        let (opening, ask) = heredoc(&ask);
        let (stands, end) = heredoc(&format!("{STANDS};\n"));
        let keep = format!(
            "umask 077\n{client} --raw >{path}.new {opening}\n{ask}\n\
             sync {path}.new\nmv {path}.new {path}\n{client} {stands}\n{end}\n"
        );
        // Where the server stands there still, its binlog was not begun anew, and is the only one that
        // tells what it wrote. A server whose options of before are back already may write none any more.
        let back = format!(
            "test -s {path} || exit 0\n\
             now=$({client} --raw {opening}\n{ask}\n)\n\
             test \"$now\" != \"$(cat {path})\" || exit 0\n\
             reset=$(echo \"SELECT IF(@@log_bin, 'RESET MASTER;', '');\" | {client})\n\
             {{ echo \"$reset\"; cat {path}; }} | {client}\n"
        );
        Step::run(
            ["sh", "-eu"],
            "the position that these data stand at, for the way back",
        )
        .stdin(keep)
        .answers_as("stands")
        .undone_by(vec![
            Step::run(
                ["sh", "-eu"],
                "the position that the data of before stand at",
            )
            .stdin(back),
        ])
    }

    fn keep_data(&self) -> Vec<Step> {
        let mut from = vec![self.replica.dump.clone(), UTF8.to_owned()];
        from.extend(
            [
                "--lock-all-tables",
                "--skip-single-transaction",
                NO_LOCKS,
                "--routines",
                "--events",
                triggers(self.replica, self.replaced),
                "--databases",
            ]
            .map(str::to_owned),
        );
        from.extend(history(self.replica, self.replaced));
        from.extend(names(self.replaced));
        let data = format!("what {} holds of them now, all of it", self.replica.host);
        let mut parts = vec![(from, Some(self.bytes_here()), data)];
        for (from, why) in afterwards(self.replica, self.replaced) {
            parts.push((from, None, format!("and its {why}")));
        }
        let paths = self.kept_files();
        let steps = parts
            .into_iter()
            .zip(paths)
            .map(|((from, bytes, why), path)| {
                // Nobody but root reads it, wherever it is copied to.
                let write = format!(
                    "umask 077; exec dd of={} bs=1M conv=fsync status=none",
                    shell_line(&[path.display().to_string()])
                );
                let into = ["sh", "-c", &write].map(str::to_owned);
                Step::pipe(from, None, into.to_vec(), DUMP_COMPLETED, bytes, why).within(SILENCE)
            });
        steps.collect()
    }
}

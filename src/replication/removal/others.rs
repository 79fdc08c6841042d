//! What keeps a server in replication and is not ours: options in other files, other accounts. It is
//! told, and stays.

use crate::conf::options::{DROP_IN, Setting};
use crate::facts::DatabaseServer;
use crate::plan::{Check, Plan, shell_line};
use crate::replication::server;

/// The options that make a server a primary or a replica, and what each comes to.
const OPTIONS: [(&str, &str); 6] = [
    ("log_bin", "writes a binlog, as a primary does"),
    ("read_only", "takes no writes, as a replica does"),
    ("binlog_do_db", "logs some databases alone"),
    ("binlog_ignore_db", "logs some databases not"),
    (
        "rpl_semi_sync_master_enabled",
        "waits for replicas at each commit",
    ),
    ("rpl_semi_sync_slave_enabled", "answers a semi-sync primary"),
];

/// Returns the line of another option file that sets this, if that is not switching it off.
pub fn setting(here: &DatabaseServer, name: &str) -> Option<Setting> {
    let files = here.options().with(DROP_IN, "");
    let line = files.effective(server::release(here), name)?.winner;
    let is_off = matches!(
        line.effect().to_ascii_lowercase().as_str(),
        "0" | "off" | "false" | "no"
    );
    (!is_off).then_some(line)
}

/// Returns true when the server writes a binlog without the option file of ours as well.
pub fn writes_a_binlog(here: &DatabaseServer) -> bool {
    match here.option_file(DROP_IN.as_ref()) {
        None => here.has_binlog(),
        Some(_) => setting(here, "log_bin").is_some(),
    }
}

/// Says what stays.
pub fn note_what_stays(here: &DatabaseServer, user: &str, plan: &mut Plan) {
    let host = &here.host;
    for (name, what) in OPTIONS {
        if let Some(line) = setting(here, name) {
            plan.check(
                Check::warning(format!(
                    "{}: {} stays: {host} {what}, until that line is taken out and MariaDB restarts",
                    line.place,
                    line.text()
                ))
                .note("other option files are not edited"),
            );
        }
    }
    let is_other = |account: &&crate::facts::database::Account| {
        // The account of a replica is one of another host, and root has that right with all others.
        account.replicates
            && account.user != user
            && account.user != "root"
            && account.host != "localhost"
    };
    for account in here.accounts.iter().filter(is_other) {
        plan.check(
            Check::warning(format!(
                "the account {}@{} may replicate from {host}, and stays",
                account.user, account.host
            ))
            .note(format!(
                "if it is for replicas alone: bascule db remove --user {}",
                shell_line(std::slice::from_ref(&account.user))
            )),
        );
    }
}

//! Dropping an account for replication, kept with all that it may do.

use crate::facts::DatabaseServer;
use crate::facts::database::Account;
use crate::mariadb::quote_string;
use crate::plan::{Step, shell_line, sql_client};

/// Returns the step that drops an account, kept in a file with what it may do.
///
/// `via` is the host that the server is on, when it is another one; `logged` says whether its other
/// replicas drop it too.
pub fn drop_step(
    server: &DatabaseServer,
    via: Option<&str>,
    account: &Account,
    logged: bool,
) -> Step {
    let plain = format!("{}@{}", account.user, account.host);
    let name = format!(
        "{}@{}",
        quote_string(&account.user),
        quote_string(&account.host)
    );
    // A host part may hold a slash: 10.0.0.0/255.0.0.0.
    let file = plain.replace('/', "-");
    let folder = server.state.accounts();
    let path = folder.join(format!("{file}.{}.dropped", server.now));
    let [folder, path] = [folder, path].map(|path| shell_line(&[path.display().to_string()]));
    let client = shell_line(&sql_client(&server.client));
    let quiet = match logged {
        true => "SET SESSION sql_log_off=1;",
        false => "SET SESSION sql_log_off=1, sql_log_bin=0;",
    };
    let drop = format!(
        "umask 077\nmkdir -p {folder}\n\
         {client} --raw >{path} <<'SQL'\nSHOW CREATE USER {name};\nSHOW GRANTS FOR {name};\nSQL\n\
         test -s {path}\n\
         {client} <<'SQL'\n{quiet}\nDROP USER IF EXISTS {name};\nSQL\n"
    );
    // Should there be one again by then, it keeps its password. Its rights are not logged: a replica may
    // lack the role or the table that one of them names (1959, 1146), and would break off.
    let back = format!(
        "test -e {path} || exit 0\n{{\n  echo '{quiet}'\n  \
         sed -E 's/^CREATE USER /CREATE USER IF NOT EXISTS /; \
         s/^(GRANT .*) IDENTIFIED (BY PASSWORD|VIA [a-z0-9_]+ USING) '\\''[^'\\'']*'\\''/\\1/; s/$/;/; 1a SET SESSION sql_log_bin=0;' {path}\n\
         }} | {client}\nrm -f {path}\n"
    );
    // Its kept words are gone once it is back, also on a way back that was cut short.
    let again = format!(
        "test -e {path} || {{ echo no; exit 0; }}\n\
         {client} <<'SQL'\nSELECT IF(COUNT(*), 'again', 'no') FROM mysql.user WHERE User={} AND Host={};\nSQL\n",
        quote_string(&account.user),
        quote_string(&account.host),
    );
    let why = format!(
        "{plain} is dropped on {}, and kept there for the way back",
        server.host
    );
    let step = Step::run(["sh", "-eu"], why).stdin(drop);
    let back = Step::run(["sh", "-eu"], format!("{plain} as it was")).stdin(back);
    let mut step = step.at(via);
    if let Some(primary) = via {
        let otherwise = format!(
            "{plain} is on {} again, with another password than the link of before has",
            server.host
        );
        let ask = Step::run(["sh"], "").stdin(again).at(via);
        step = step.guarded(ask.guard("no", otherwise).hint(
            "to have this host replicate from there",
            format!("bascule db replicate {}", shell_line(&[primary.to_owned()])),
        ));
    }
    step.undone_by(vec![
        crate::replication::servers::awaited(server, via),
        back.at(via),
    ])
}

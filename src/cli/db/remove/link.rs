//! The links of a replica: stopped, kept, forgotten.

use super::account;
use crate::cli::db::{ground, link};
use crate::conf::quote_string;
use crate::facts::database::{Account, Link};
use crate::facts::{Database, Facts};
use crate::plan::{Check, Plan, Step, heredoc, shell_line, sql_client};

/// Where links are kept for the way back, for root alone: their passwords are in no status, and go with
/// master.info.
const KEPT: &str = "/var/lib/bascule/links";

/// Returns a server's links, the one without a name and those with one.
pub(super) fn all(server: &Database) -> impl Iterator<Item = &Link> {
    let links = server.links.iter();
    links.filter(|link| !link.primary_host().is_empty())
}

/// Returns where a session comes from, of `172.16.0.11:41234`.
pub(super) fn without_port(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(host, _)| host)
}

/// Adds the steps after which this host follows nobody.
pub(super) fn forget(facts: &Facts, here: &Database, links: &[&Link], plan: &mut Plan) {
    if links.is_empty() {
        return;
    }
    let host = &facts.host;
    plan.check(Check::warning(format!(
        "{host} takes writes of its own again: what is written there afterwards is on no other host"
    )));
    if here.databases.iter().any(|database| database.events > 0) {
        plan.check(
            Check::warning(
                "its events stay as they are: one that stood by goes on standing by, the others run \
                 where event_scheduler is on",
            )
            .note("information_schema.EVENTS"),
        );
    }
    let silence = here.number("slave_net_timeout").unwrap_or(60);
    for link in links {
        if link.io() != "No" || link.sql() != "No" {
            // A thread that is just trying to connect ends only after that time.
            plan.step(link::stop(here, link).within(silence + 30));
        }
    }
    plan.step(keep(here, links));
    let reset = links
        .iter()
        .map(|link| format!("RESET SLAVE{} ALL", link::connection(link)));
    plan.step(ground::sql(
        here,
        None,
        reset,
        "it forgets its primary, the password, and what was fetched and not yet applied",
    ));
    for link in links {
        shut_out(facts, here, link, plan);
    }
}

/// Returns the step that keeps links with their passwords, and how far they came, as the statements that
/// make them anew. They are in force again before what keeps them goes.
fn keep(here: &Database, links: &[&Link]) -> Step {
    let path = shell_line(&[format!("{KEPT}/{}.{}.sql", here.host, here.now)]);
    let client = shell_line(&sql_client(&here.client));
    let ask = "SELECT CONCAT('SET GLOBAL gtid_slave_pos=', QUOTE(@@gtid_slave_pos), ';');\n";
    let (opening, ask) = heredoc(ask);
    let mut script = format!(
        "umask 077\nmkdir -p {KEPT}\n{{\n\
         echo \"SET SESSION sql_log_off=1, sql_log_bin=0, sql_mode='';\"\n\
         {client} --raw {opening}\n{ask}\n"
    );
    for link in links {
        let (opening, text) = heredoc(&link::as_it_was(link));
        script += &format!("cat {opening}\n{text}\n");
        if link.using_gtid() == "No" {
            script += &coordinates(&client, link);
        }
        // printf is the shell's own: no other process has the password on its command line.
        let info = shell_line(&[here
            .datadir()
            .join(format!("master{}.info", suffix(link.connection())))
            .display()
            .to_string()]);
        script += &format!(
            "test -s {info}\n\
             printf \", MASTER_PASSWORD='%s';\\n\" \"$(sed -n \"6{{s/[\\\\\\\\']/\\\\\\\\&/g;p;}}\" {info})\"\n"
        );
    }
    script += &format!("}} >{path}.new\nmv {path}.new {path}\n");
    let back = format!("if test -s {path}; then {client} <{path}; fi\nrm -f {path} {path}.new\n");
    Step::run(
        ["sh", "-eu"],
        "the link as it is, for the way back: its password is in master.info alone, which goes now",
    )
    .stdin(script)
    .undone_by(vec![
        ground::awaited(here, None),
        Step::run(
            ["sh", "-eu"],
            "the link as it was, from the GTID that it had reached",
        )
        .stdin(back),
    ])
}

/// Returns the script that prints where a link that does not go by GTID has come to.
fn coordinates(client: &str, link: &Link) -> String {
    let name = shell_line(&[format!("name={}", link.connection())]);
    format!(
        "echo 'SHOW ALL SLAVES STATUS;' | {client} --raw --column-names | awk -F '\\t' -v {name} '\n\
         NR == 1 {{ for (i = 1; i <= NF; i++) at[$i] = i; next }}\n\
         $at[\"Connection_name\"] == name && $at[\"Relay_Master_Log_File\"] != \"\" {{\n\
         printf \", MASTER_LOG_FILE=\\047%s\\047, MASTER_LOG_POS=%s\\n\", $at[\"Relay_Master_Log_File\"], $at[\"Exec_Master_Log_Pos\"]\n\
         }}'\n"
    )
}

/// Returns what MariaDB puts behind `master` in the name of a link's file: its own encoding of the
/// connection's name, in lower case (`master-zwei@002d1.info` for Zwei-1: seen).
fn suffix(connection: &str) -> String {
    if connection.is_empty() {
        return String::new();
    }
    let mut suffix = "-".to_owned();
    for c in connection.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            suffix.push(c);
        } else {
            suffix += &format!("@{:04x}", u32::from(c));
        }
    }
    suffix
}

/// Adds the step that drops this host's account on a primary, or says why it stays.
fn shut_out(facts: &Facts, here: &Database, link: &Link, plan: &mut Plan) {
    let (primary, user) = (link.primary_host(), link.primary_user());
    let stays = |why: String| {
        Check::warning(format!(
            "the account {user} stays on {primary}, which was not asked"
        ))
        .note(why)
    };
    let there = match ground::there(facts, primary) {
        Ok(there) => there,
        Err(refusal) => {
            plan.check(stays(refusal.what));
            return;
        }
    };
    if let Some(why) = there.gap() {
        plan.check(stays(why.to_owned()));
        return;
    }
    let is_here = |host: &str| {
        host == here.host
            || host
                .parse()
                .is_ok_and(|address| here.network.holder(address).is_some())
    };
    plan.steps.extend(end_session(here, there, link, &is_here));
    let is_own = |account: &&Account| account.user == user && is_here(&account.host);
    if let Some(own) = there.accounts.iter().find(is_own) {
        // Its other replicas may have it as well.
        let mut others = there.replicas();
        let others = others.any(|session| !is_here(without_port(&session.host)));
        plan.step(account::drop(there, Some(primary), own, others));
        return;
    }
    let shared = there.accounts.iter().find(|account| account.user == user);
    plan.check(match shared {
        Some(shared) => Check::warning(format!(
            "the account {user}@{} stays on {primary}: other hosts may log in by it as well",
            shared.host
        ))
        .note(format!(
            "where none does, on {primary}: bascule db remove --user {}",
            shell_line(&[user.to_owned()])
        )),
        None => Check::warning(format!(
            "{primary} has no account {user} for this host: nothing is dropped there"
        )),
    });
}

/// Returns the step that ends this host's session on its primary, if there is one.
///
/// The thread that served it notices at its next heartbeat only, up to half a minute later (seen), and
/// until then it looks as if this host still replicated.
fn end_session(
    here: &Database,
    there: &Database,
    link: &Link,
    is_here: &dyn Fn(&str) -> bool,
) -> Option<Step> {
    let mut from: Vec<&str> = there
        .replicas()
        .map(|session| without_port(&session.host))
        .filter(|host| is_here(host))
        .collect();
    from.sort_unstable();
    from.dedup();
    if from.is_empty() {
        return None;
    }
    let from: Vec<String> = from.into_iter().map(quote_string).collect();
    let statement = format!(
        "BEGIN NOT ATOMIC FOR r IN (SELECT id FROM information_schema.PROCESSLIST \
         WHERE command = 'Binlog Dump' AND SUBSTRING_INDEX(host, ':', 1) IN ({})) DO \
         EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', r.id); END FOR; END",
        from.join(", ")
    );
    Some(ground::sql(
        there,
        Some(link.primary_host()),
        [statement],
        format!(
            "{} serves {} no more, and would notice only at the next heartbeat",
            there.host, here.host
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::suffix;

    #[test]
    fn a_links_file_is_called_as_mariadb_calls_it() {
        assert_eq!(suffix(""), "");
        assert_eq!(suffix("probe"), "-probe");
        // Seen on 10.11.
        assert_eq!(suffix("Zwei-1.x"), "-zwei@002d1@002ex");
    }
}

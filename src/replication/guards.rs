//! What must be so before a change of replication is taken back: asked before anything of it is done.
//!
//! Each holds whenever a way back that was cut short goes on.

use super::servers;
use crate::facts::DatabaseServer;
use crate::mariadb::quote_string;
use crate::plan::{ANSWER, Guard, Step, shell_line, sql_client};
use std::net::IpAddr;

/// The script that prints who replicates from a server.
const FOLLOWERS: &str = include_str!("followers.sh");

/// Returns the condition of SQL that a server with this id has written something that was not among its
/// own transactions of before, as its binlog's state has them.
pub fn has_written(id: u32, before: &str) -> String {
    format!(
        "TRIM(BOTH ',' FROM REGEXP_REPLACE(@@gtid_binlog_state,\n\
         \x20   '(^|,)[0-9]+-(?!{id}-)[0-9]+-[0-9]+', '')) NOT IN ('', {before})"
    )
}

/// Returns the guard of a replica's data: one that has written since may be the primary by now.
pub fn is_a_copy(server: &DatabaseServer, id: u32, before: &str, otherwise: &str) -> Guard {
    let ask = servers::sql(
        server,
        None,
        [format!("SELECT {}", has_written(id, before))],
        "",
    );
    ask.guard("0", otherwise).hint(
        "to take it out of replication; its data stay",
        "bascule db remove",
    )
}

/// Returns the guard of a server that nobody followed: with a link put back it would be a ring.
pub fn nobody_follows(server: &DatabaseServer) -> Guard {
    let ask = servers::sql(
        server,
        None,
        ["SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"],
        "",
    );
    let host = &server.host;
    ask.guard(
        "0",
        format!("{host} is a primary by now: another server replicates from it"),
    )
    .hint(
        "to have that one take its place first, there",
        "bascule db promote",
    )
    .hint(
        "then, to take this host out of replication; its data stay",
        "bascule db remove",
    )
}

/// Returns the guard of what replicas live on, a binlog or an account: one that is stopped or not reached
/// for now is a replica too, and would be refused (1045) or find nothing (1236) when it comes again.
///
/// Of these accounts' hosts alone, or of all.
pub fn nobody_needs(server: &DatabaseServer, what: &str, accounts: Option<&[String]>) -> Guard {
    let host = &server.host;
    let script = format!(
        "client={}\naccounts={}\n{FOLLOWERS}",
        shell_line(&[shell_line(&sql_client(&server.client))]),
        shell_line(&[accounts.unwrap_or_default().join(" ")]),
    );
    let ask = Step::run(["sh"], "").stdin(script);
    let otherwise = format!("{ANSWER} replicates from {host}, and would lose {what}");
    ask.guard("nobody", otherwise)
        .hint(
            format!("to take it out of replication first, on {ANSWER}"),
            "bascule db remove",
        )
        .hint(
            format!("or to have it take the place of {host}, there"),
            "bascule db promote",
        )
}

/// Returns the guard of an account whose password changes, or which goes while its replica has another one
/// as well: who goes by it at this moment would be locked out (1045) as soon as it connects anew.
pub fn nobody_is_in(server: &DatabaseServer, user: &str, address: IpAddr, why: &str) -> Guard {
    let client = shell_line(&sql_client(&server.client));
    // A session is known by name, an account by address. One whose replica has stopped goes on for up to
    // half a minute: its connection is closed from the other side by then, which the server has not noticed.
    // Where ssh does not get there, one whose connection stands counts.
    let script = format!(
        "sessions=$({client} <<'SQL'\n\
         SELECT HOST FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%' AND USER = {};\nSQL\n\
         ) || exit 1\n\
         open=$(ss -Htn state established) || exit 1\n\
         for session in $sessions; do\n\
         \x20 {{ echo {address}; getent hosts {address} | tr -s '[:blank:]' '\\n'; }} | grep -qxF -- \"${{session%:*}}\" || continue\n\
         \x20 echo \"$open\" | awk '{{ print $4 }}' | grep -q \":${{session##*:}}\\$\" || continue\n\
         \x20 said=$(ssh -o BatchMode=yes -o ConnectTimeout=4 root@{address} \
         'echo \"SHOW ALL SLAVES STATUS\\G\" | $(command -v mariadb || command -v mysql)' </dev/null 2>&1) &&\n\
         \x20   ! echo \"$said\" | grep -q '^ *Slave_IO_Running: [^N]' && continue\n\
         \x20 echo {address}\n\
         \x20 exit 0\n\
         done\n\
         echo nobody\n",
        quote_string(user),
    );
    Step::run(["sh"], "").stdin(script).guard(
        "nobody",
        format!(
            "{ANSWER} replicates from {} as {user} now, and would be locked out (1045){why}",
            server.host
        ),
    )
}

/// Returns the guard of a link that is put back: no other one than to these hosts is there by now.
pub fn follows_no_other(server: &DatabaseServer, primaries: &[&str]) -> Guard {
    let otherwise = format!("{} replicates from another server by now", server.host);
    count_links(server, "-v", primaries)
        .guard("0", otherwise)
        .hint("from which one", "bascule db status")
        .hint("to take it out of there first", "bascule db remove")
}

/// Returns the guard of a primary's settings: put back on what is a replica by now, it would take writes
/// beside the primary.
pub fn is_no_replica(server: &DatabaseServer) -> Guard {
    let host = &server.host;
    let otherwise = format!("{host} is a replica by now, and would take writes beside its primary");
    count_links(server, "-v", &[])
        .guard("0", otherwise)
        .hint("to make it the primary again, first", "bascule db promote")
        .hint(
            "or to take it out of replication; its data stay",
            "bascule db remove",
        )
}

/// Returns the guard of threads that are started: there is still a link to start.
pub fn follows(server: &DatabaseServer, primary: &str) -> Guard {
    let otherwise = format!("{} does not replicate from {primary} any more", server.host);
    count_links(server, "", &[primary])
        .guard("1", otherwise)
        .hint("how replication stands", "bascule db status")
}

/// Returns the guard of accounts that a replica got from its primary: since a promotion or a removal,
/// applications may log in here by them.
pub fn is_a_replica(server: &DatabaseServer, primary: &str) -> Guard {
    let otherwise = format!(
        "{} does not replicate from {primary} any more: applications that log in here would be locked out",
        server.host
    );
    count_links(server, "", &[primary])
        .guard("1", otherwise)
        .hint(
            "to take back first what came after it, the last first",
            "bascule undo",
        )
        .hint("how replication stands", "bascule db status")
}

/// Returns the step that counts the links to these hosts, or with `-v` those to others.
fn count_links(server: &DatabaseServer, others: &str, hosts: &[&str]) -> Step {
    // With \G the names of the columns are in the lines.
    let mut client = sql_client(&server.client);
    client.retain(|word| word != "--skip-column-names");
    let client = shell_line(&client);
    let hosts = hosts
        .iter()
        .map(|host| format!(" -e {}", shell_line(&[(*host).to_owned()])));
    let mut hosts: String = hosts.collect();
    if hosts.is_empty() {
        // No host has an empty name.
        hosts = " -e ''".to_owned();
    }
    Step::run(["sh"], "").stdin(format!(
        "said=$(echo 'SHOW ALL SLAVES STATUS\\G' | {client}) || exit 1\n\
         echo \"$said\" | sed -n 's/^ *Master_Host: //p' | grep . | grep -cFx {others}{hosts}\nexit 0\n"
    ))
}

#[cfg(test)]
mod tests {
    use crate::plan::Guard;
    use crate::trial::{RELEASES, facts, plan};

    /// What an undo of it would ask first.
    fn guards(words: &str, release: &str, name: &str) -> Vec<Guard> {
        let plan = plan(words, &facts(release, name)).unwrap();
        plan.steps
            .into_iter()
            .flat_map(|step| step.guards)
            .collect()
    }

    #[test]
    fn an_undo_of_a_primary_asks_whether_it_is_a_replica_by_now() {
        for release in RELEASES {
            let guards = guards("db primary --replica 172.16.0.11", release, "db-fresh");
            let [guard, needed] = guards.as_slice() else {
                panic!("{guards:#?}");
            };
            let refusal = needed.refusal("172.16.0.11");
            assert_eq!(
                refusal.what,
                "172.16.0.11 replicates from serv1, and would lose its binlog"
            );
            let hint = &refusal.hints[0];
            assert_eq!(
                (hint.purpose.as_str(), hint.command.as_str()),
                (
                    "to take it out of replication first, on 172.16.0.11",
                    "bascule db remove"
                )
            );
            assert_eq!(needed.line, "nobody");
            assert!(
                guard.otherwise.contains("is a replica by now"),
                "{guard:#?}"
            );
            assert_eq!(guard.line, "0");
        }
    }

    #[test]
    fn an_undo_asks_first_what_would_stop_it_later() {
        for release in RELEASES {
            for words in [
                "db replicate 172.16.0.10 --database site1 --reseed --lock-tables",
                "db remove",
            ] {
                let guards = guards(words, release, "db-replica");
                let says = |text: &str| guards.iter().any(|guard| guard.otherwise.contains(text));
                assert!(
                    says("another server replicates from it"),
                    "{words}: {guards:#?}"
                );
                assert!(says("replicates from another server by now"));
                let own = match words {
                    "db remove" => "with another password than the link of before has",
                    _ => "has taken writes since",
                };
                assert!(says(own), "{words}: {guards:#?}");
                for guard in &guards {
                    let leads = |hint: &crate::plan::Hint| hint.command.starts_with("bascule db ");
                    assert!(guard.hints.iter().any(leads), "{guard:#?}");
                }
            }
        }
    }

    #[test]
    fn an_undo_takes_no_accounts_from_a_primary_and_alters_none_that_was_dropped() {
        for release in RELEASES {
            for (words, name, says, asks) in [
                (
                    "db replicate 172.16.0.10 --accounts",
                    "accounts-lacking",
                    "serv2 does not replicate from 172.16.0.10 any more: applications",
                    "-cFx  -e 172.16.0.10",
                ),
                (
                    "db replicate 172.16.0.10 --database site1 --lock-tables",
                    "link-1045",
                    "replication_user@172.16.0.11, which it would set as it was, is not on serv1",
                    "User='replication_user' AND Host='172.16.0.11'",
                ),
            ] {
                let guards = guards(words, release, name);
                let guard = guards.iter().find(|guard| guard.otherwise.contains(says));
                let guard = guard.unwrap_or_else(|| panic!("{words}: {guards:#?}"));
                assert!(guard.key().contains(asks), "{guard:#?}");
                assert_eq!(guard.hints[0].command, "bascule undo");
            }
        }
    }
}

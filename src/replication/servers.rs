//! What the verbs on MariaDB stand on: a server that answers, here and on the other host.

use crate::facts::database::Link;
use crate::facts::{DatabaseServer, Facts, Needs};
use crate::health::database::{client_options, through_the_cluster, unfinished};
use crate::mariadb::{ClientOption, quote_string};
use crate::plan::{Hint, Refusal, Step, line_on, typed_sql};
use crate::reach;
use std::net::IpAddr;

/// Returns what every verb on MariaDB must know: the server on this host.
pub fn needs() -> Needs {
    Needs {
        database: true,
        // Who keeps the server running says how it is started.
        cib: true,
        monitor: true,
        ..Needs::default()
    }
}

/// Returns the server on this host, whether it runs or not.
///
/// # Errors
/// When it is not installed.
pub fn installed(facts: &Facts) -> Result<&DatabaseServer, Refusal> {
    let host = &facts.host;
    let Some(server) = &facts.database else {
        return Err(Refusal::check(format!("MariaDB on {host} was not asked")));
    };
    if let Some(why) = &server.unreachable {
        return Err(Refusal::check(format!(
            "MariaDB on {host} cannot be asked: {why}"
        )));
    }
    if !server.installed {
        return Err(not_installed(host, "apt-get install mariadb-server"));
    }
    Ok(server)
}

/// Returns the server on this host.
///
/// # Errors
/// When it is not installed or does not answer.
pub fn this_server(facts: &Facts) -> Result<&DatabaseServer, Refusal> {
    let server = installed(facts)?;
    answering(facts, server, &facts.host, |command| command.to_owned())?;
    Ok(server)
}

/// Returns the server on another host.
///
/// # Errors
/// When ssh does not get there, or no server is installed or answers there.
pub fn server_of<'a>(facts: &'a Facts, host: &str) -> Result<&'a DatabaseServer, Refusal> {
    let Some(server) = facts.database_hosts.get(host) else {
        return Err(Refusal::check(format!("{host} was not asked")));
    };
    let own = facts.database.as_ref().map(|here| &here.network);
    // It may never have been asked by ssh, and need not be.
    let is_own = match host.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || own.is_some_and(|own| own.holder(ip).is_some()),
        Err(_) => host == facts.host,
    };
    if let (Some(why), false) = (&server.unreachable, is_own) {
        return Err(reach::refusal(host, why, ""));
    }
    let is_same = facts
        .who
        .is_same_host(own, &server.who, Some(&server.network));
    if is_same || server.unreachable.is_some() {
        return Err(Refusal::check(format!("{host} is this host itself"))
            .hint("where the name leads", format!("getent hosts {host}"))
            .hint("name the other one", "bascule db status"));
    }
    answering(facts, server, host, |command| line_on(host, command))?;
    Ok(server)
}

/// Looks whether a server has all of its databases, so that what is there can be copied or followed.
///
/// # Errors
/// When they were being replaced, or brought back, and that was broken off.
pub fn check_whole(server: &DatabaseServer, via: Option<&str>) -> Result<(), Refusal> {
    let Some(one) = server.unfinished.first() else {
        return Ok(());
    };
    let refusal = Refusal::check(unfinished::sentence(&server.host, one));
    Err(unfinished::leads_out(one)
        .into_iter()
        .fold(refusal, |refusal, hint| {
            let command = match via {
                Some(host) => line_on(host, &hint.command),
                None => hint.command,
            };
            refusal.hint(hint.purpose, command)
        }))
}

/// Looks whether what is dumped on a host is all of it, whatever option files say.
///
/// # Errors
/// When one of them may leave something out.
pub fn dumps_all(server: &DatabaseServer, via: Option<&str>) -> Result<(), Refusal> {
    let command = |command: &str| match via {
        Some(host) => line_on(host, command),
        None => command.to_owned(),
    };
    match client_options::of_dumps(server) {
        Some(option) => Err(changed(&server.host, option, command)),
        None => Ok(()),
    }
}

fn changed(host: &str, option: &ClientOption, command: impl Fn(&str) -> String) -> Refusal {
    let hint = client_options::leads_out(option);
    Refusal::check(client_options::sentence(host, option))
        .hint(hint.purpose, command(&hint.command))
}

fn not_installed(host: &str, install: impl Into<String>) -> Refusal {
    Refusal::check(format!("MariaDB is not installed on {host}")).hint("to install it", install)
}

fn answering(
    facts: &Facts,
    server: &DatabaseServer,
    host: &str,
    command: impl Fn(&str) -> String,
) -> Result<(), Refusal> {
    if !server.installed {
        return Err(not_installed(
            host,
            command("apt-get install mariadb-server"),
        ));
    }
    if let Some(option) = client_options::of_answers(server) {
        return Err(changed(host, option, command));
    }
    if let Some(why) = &server.unanswered {
        let start = through_the_cluster(facts, &server.host);
        let start = start.unwrap_or_else(|| Hint {
            purpose: "to start it".to_owned(),
            command: command("systemctl start mariadb"),
        });
        return Err(Refusal::check(format!(
            "the MariaDB server on {host} does not answer: {why}"
        ))
        .hint(start.purpose, start.command)
        .hint(
            "what it said when it stopped",
            command("journalctl --unit mariadb --lines 20 --no-pager"),
        ));
    }
    if let Some(why) = &server.unlet {
        return Err(Refusal::check(format!(
            "the programs of MariaDB on {host} want TLS, over the socket too, and its server offers none: {why}"
        ))
        .hint(
            "where TLS is switched off, to have the server offer it",
            command("grep -rn ssl /etc/mysql"),
        )
        .hint(
            "or to let them do without",
            command(
                "printf '[client]\\nskip-ssl-verify-server-cert\\n' >/etc/mysql/mariadb.conf.d/90-without-tls.cnf",
            ),
        ));
    }
    Ok(())
}

/// Returns this replica's link to its primary.
///
/// # Errors
/// When there is none.
pub fn link<'a>(server: &'a DatabaseServer, host: &str) -> Result<&'a Link, Refusal> {
    let unnamed = server
        .links
        .iter()
        .find(|link| link.connection().is_empty() && !link.primary_host().is_empty());
    if unnamed.is_none() {
        no_named(server, None)?;
    }
    unnamed.ok_or_else(|| {
        Refusal::check(format!("{host} replicates from no primary"))
            .hint("to make it a replica", "bascule db replicate PRIMARY")
    })
}

/// Finds out whether a server has no connection with a name (`CHANGE MASTER 'm1' TO …`): those belong to
/// somebody who joins several primaries, and the verbs work on the one without a name.
///
/// # Errors
/// When it has one, with what its owner can type.
pub fn no_named(server: &DatabaseServer, via: Option<&str>) -> Result<(), Refusal> {
    let named: Vec<&Link> = server.named_links().collect();
    if named.is_empty() {
        return Ok(());
    }
    let each: Vec<String> = named
        .iter()
        .map(|link| format!("{} (connection {})", link.primary_host(), link.connection()))
        .collect();
    let typed = |statements: &str| {
        let command = typed_sql(&server.client, statements);
        via.map_or(command.clone(), |host| line_on(host, &command))
    };
    let mut refusal = Refusal::check(format!(
        "{} replicates from {}: this verb knows the connection without a name alone",
        server.host,
        each.join(" and ")
    ))
    .hint("how that is", typed(r"SHOW ALL SLAVES STATUS\G"));
    for link in named {
        let name = quote_string(link.connection());
        refusal = refusal.hint(
            format!("to have {} forget {}", server.host, link.connection()),
            typed(&format!("STOP SLAVE {name}; RESET SLAVE {name} ALL")),
        );
    }
    Err(refusal)
}

/// Returns where the primary of this replica is, if it is one: the host to ask next.
pub fn primary_of(facts: &Facts) -> Vec<String> {
    let link = facts.database.as_ref().and_then(|server| server.link(""));
    link.map(|link| link.primary_host().to_owned())
        .filter(|host| !host.is_empty())
        .into_iter()
        .collect()
}

/// Returns statements for a server as a step: through its own client, here or over ssh.
pub fn sql<S: Into<String>>(
    server: &DatabaseServer,
    host: Option<&str>,
    statements: impl IntoIterator<Item = S>,
    why: impl Into<String>,
) -> Step {
    Step::sql(&server.client, statements, why).at(host)
}

/// Returns the step that waits for a server that may have been killed, and be on its way up.
pub fn awaited(server: &DatabaseServer, host: Option<&str>) -> Step {
    let program = match server.client.as_str() {
        "mysql" => "mysqladmin",
        _ => "mariadb-admin",
    };
    // It tries every five seconds; systemd starts a killed server after as many.
    Step::run(
        [program, "--wait=6", "ping"],
        "it may have been killed, and be starting again",
    )
    .within(45)
    .at(host)
}

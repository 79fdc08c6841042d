//! The account through which one replica follows: on the primary, for that replica's address alone.
//!
//! Its statements carry the password's hash and never the password (a `CREATE USER … IDENTIFIED BY 'x'`
//! stands in the binlog in clear: seen). That some of a primary's are logged is wanted: one that has just
//! got its binlog would else have no GTID to begin with. They reach every replica without a filter, which
//! has this account, or another one of its name, or none: no data come with accounts. So what is logged
//! is what none of these can break off at. `ALTER USER` of one that is not there (1396, seen on 10.11 and
//! 11.8) is not, nor `CREATE USER` of one that is (1396), nor a `GRANT` alone (1133).

use super::{semi_sync, servers};
use crate::conf::AccountName;
use crate::facts::{DatabaseServer, Facts, PasswordFile};
use crate::mariadb::quote_string;
use crate::plan::values::{Keeper, Named, Source};
use crate::plan::{
    Again, Check, Guard, Plan, Refusal, Step, shell_line, sql_client, typed_sql_unlogged,
};
use crate::resources::password;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// The password's name in the texts of a plan.
pub const PASSWORD: &str = "password";

/// An account for replication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account<'a> {
    /// Its name.
    pub user: &'a AccountName,
    /// The address that the replica comes from.
    pub from: IpAddr,
}

/// Looks whether a server takes the hash of a password, which is all that accounts are made with. Where
/// it restarts before that, `first` is the verb that has it do so and makes no account.
///
/// # Errors
/// When it insists on looking at the password itself (errno 1290, seen on 10.11 and 11.8).
pub fn takes_hashes(server: &DatabaseServer, first: Option<Again>) -> Result<(), Refusal> {
    let running = server.plugins_of("PASSWORD VALIDATION").next();
    // What INSTALL SONAME has loaded is there after a restart too, what the files name only then.
    let loaded = ["plugin_load", "plugin_load_add"]
        .into_iter()
        .flat_map(|option| server.defaults_of(option))
        .find(|name| first.is_some() && name.contains("password_") && name.contains("_check"));
    let Some(plugin) = running.map(|plugin| plugin.name.as_str()).or(loaded) else {
        return Ok(());
    };
    let strict = match (&first, server.default_of("strict_password_validation")) {
        (None, _) => server.is_on("strict_password_validation"),
        // A restart forgets SET GLOBAL, and ON is what the server begins with.
        (Some(_), said) => !said.is_some_and(|said| {
            ["0", "off", "false"].contains(&said.to_ascii_lowercase().as_str())
        }),
    };
    if !strict {
        return Ok(());
    }
    let (host, client) = (&server.host, &server.client);
    let when = if first.is_some() {
        " once it has restarted"
    } else {
        ""
    };
    let refusal = Refusal::check(format!(
        "{host} takes no password as a hash{when}, since {plugin} must see it (strict_password_validation)"
    ));
    let (refusal, then) = match first {
        Some(first) => (
            refusal.again("first, without an account, which restarts it", first),
            "then, ",
        ),
        None => (refusal, ""),
    };
    Err(refusal
        .hint(
            format!("{then}to let it take this one, on {host}"),
            format!("{client} -e 'SET GLOBAL strict_password_validation=OFF'"),
        )
        .hint(
            format!("and afterwards, on {host}"),
            format!("{client} -e 'SET GLOBAL strict_password_validation=ON'"),
        ))
}

/// Whether an account's statements go into the binlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged {
    /// On a primary.
    Yes,
    /// On a replica: its binlog must hold only what its primary wrote.
    No,
}

impl Account<'_> {
    /// Returns it as SQL names it: `'replication_user'@'172.16.0.11'`.
    pub fn name(&self) -> String {
        self.user.at_host(&self.from.to_string())
    }

    /// Returns it as people name it: `replication_user@172.16.0.11`.
    pub fn plain_name(&self) -> String {
        format!("{}@{}", self.user, self.from)
    }

    /// Returns it as a server has it, if it does.
    pub fn on_server<'s>(
        &self,
        server: &'s DatabaseServer,
    ) -> Option<&'s crate::facts::database::Account> {
        server.account(self.user.as_str(), &self.from.to_string())
    }

    /// Adds the steps after which a server lets this account in with `${password}`.
    ///
    /// `via` is the host that the server is on, when it is another one. Taken back: an account that
    /// was not there goes, one that was there gets back what it had.
    ///
    /// # Errors
    /// When the account is there and no password would let it in.
    pub fn let_in(
        &self,
        server: &DatabaseServer,
        via: Option<&str>,
        logged: Logged,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        takes_hashes(server, None)?;
        if matches!(logged, Logged::Yes) {
            plan.checks
                .extend(semi_sync::check_waits(server, via, false)?);
        }
        let name = self.name();
        let quiet = "SET SESSION sql_log_off=1".to_owned();
        let unlogged = "SET SESSION sql_log_bin=0".to_owned();
        let (begin, logs) = match logged {
            Logged::Yes => (vec![quiet], "only the hash is logged"),
            Logged::No => (vec![quiet, unlogged.clone()], "nothing of it is logged"),
        };
        let proves = format!("IDENTIFIED BY PASSWORD '${{{PASSWORD}_hash}}'");
        let mut statements = begin.clone();
        statements.extend([
            format!("CREATE USER IF NOT EXISTS {name} {proves}"),
            format!("GRANT REPLICATION SLAVE ON *.* TO {name}"),
        ]);
        if self.on_server(server).is_some() {
            if logged == Logged::Yes {
                statements.push(unlogged);
            }
            statements.push(format!("ALTER USER {name} {proves}"));
        }
        let host = &server.host;
        let Some(there) = self.on_server(server) else {
            plan.step(
                servers::sql(
                    server,
                    via,
                    statements,
                    format!(
                        "{host} lets {} read its binlog, and nothing else; {logs}",
                        self.from
                    ),
                )
                .undone_by(vec![
                    servers::awaited(server, via),
                    servers::sql(
                        server,
                        via,
                        begin
                            .into_iter()
                            .chain([format!("DROP USER IF EXISTS {name}")]),
                        "it was not there before",
                    ),
                ]),
            );
            return Ok(());
        };
        self.usable(there, host)?;
        if there.tls {
            plan.check(Check::warning(format!(
                "{} on {host} may come only with TLS",
                self.plain_name()
            )));
        }
        plan.check(Check::warning(format!(
            "{} is on {host} already and gets another password",
            self.plain_name()
        )));
        plan.step(self.keep(server, via).undone_by(vec![
            servers::awaited(server, via),
            self.put_back(server, via, there.replicates),
        ]));
        plan.step(servers::sql(
            server,
            via,
            statements,
            format!("another password, since the one it has is known to nobody; {logs}"),
        ));
        Ok(())
    }

    /// Refuses an account that somebody closed, or that proves itself in another way.
    fn usable(&self, there: &crate::facts::database::Account, host: &str) -> Result<(), Refusal> {
        let by_password = matches!(
            there.plugin.as_str(),
            "mysql_native_password" | "ed25519" | "parsec" | "mysql_old_password"
        );
        let (name, plugin) = (self.name(), &there.plugin);
        let why = match (by_password, there.locked) {
            (false, _) => {
                format!("proves itself by {plugin}, not by a password that a replica could have")
            }
            (true, true) => "is locked".to_owned(),
            (true, false) => return Ok(()),
        };
        let refusal = Refusal::check(format!("the account {name} on {host} {why}"));
        Err(match there.locked {
            true => refusal.hint(
                format!("to unlock it, on {host}"),
                typed_sql_unlogged("mariadb", &format!("ALTER USER {name} ACCOUNT UNLOCK")),
            ),
            false => refusal.again("to use another one", Again::same().set("--user", "NAME")),
        })
    }

    /// Returns the file that keeps the account as it was.
    fn file(&self, server: &DatabaseServer) -> PathBuf {
        let name = format!("{}.{}.sql", self.plain_name(), server.now);
        server.state.accounts().join(name)
    }

    fn keep(&self, server: &DatabaseServer, via: Option<&str>) -> Step {
        let file = self.file(server);
        let (path, name) = (word(&file), self.name());
        let folder = word(&server.state.accounts());
        let client = shell_line(&sql_client(&server.client));
        let script = format!(
            "umask 077\nmkdir -p {folder}\n{client} --raw >{path} <<'SQL'\nSHOW CREATE USER {name};\nSQL\ntest -s {path}\n"
        );
        let why = format!("the account as it is, for the way back, on {}", server.host);
        Step::run(["sh", "-eu"], why)
            .stdin(script)
            .at(via)
            .guarded(self.is_there(server, via))
    }

    /// Returns the guard of an account that is put back: one that was dropped is altered in vain (1396).
    /// What keeps it is gone once it is back.
    fn is_there(&self, server: &DatabaseServer, via: Option<&str>) -> Guard {
        let client = shell_line(&sql_client(&server.client));
        let script = format!(
            "test -s {} || {{ echo there; exit 0; }}\n\
             {client} <<'SQL'\n\
             SELECT IF(COUNT(*), 'there', 'gone') FROM mysql.user WHERE User={} AND Host={};\nSQL\n",
            word(&self.file(server)),
            quote_string(self.user.as_str()),
            quote_string(&self.from.to_string()),
        );
        let (plain, host, name) = (self.plain_name(), &server.host, self.name());
        let ask = Step::run(["sh"], "").stdin(script).at(via);
        let make = typed_sql_unlogged(&server.client, &format!("CREATE USER {name} ACCOUNT LOCK"));
        ask.guard(
            "there",
            format!("{plain}, which it would set as it was, is not on {host} any more"),
        )
        .hint(
            format!(
                "where `db remove` dropped it, to take that back first, on the host of {}",
                self.from
            ),
            "bascule undo",
        )
        .hint(
            format!("where it was dropped by hand, to have one that gets what it was, on {host}"),
            make,
        )
    }

    /// What `SHOW CREATE USER` prints is good for `ALTER USER` too, in every word. What keeps it goes
    /// only once it is in force again, so that this can be tried as often as it takes. A replica has no
    /// such account, or one of its own, so that it is not logged.
    fn put_back(&self, server: &DatabaseServer, via: Option<&str>, replicated: bool) -> Step {
        let revoke = match replicated {
            true => String::new(),
            false => format!("REVOKE REPLICATION SLAVE ON *.* FROM {};\n", self.name()),
        };
        let client = shell_line(&sql_client(&server.client));
        let path = word(&self.file(server));
        let script = format!(
            "if test -s {path}; then\n\
             \x20 account=$(sed '1s/^CREATE /ALTER /' {path})\n\
             \x20 {client} <<SQL\n\
             SET SESSION sql_log_off=1, sql_log_bin=0;\n\
             $account;\n\
             {revoke}SQL\n\
             fi\n\
             rm -f {path}\n"
        );
        let why = format!("{} as it was before", self.plain_name());
        Step::run(["sh", "-eu"], why).stdin(script).at(via)
    }
}

/// Returns where the password of a plan comes from.
pub fn password(file: Option<&Path>) -> Named {
    Named {
        name: PASSWORD.to_owned(),
        source: match file {
            Some(path) => Source::File(path.to_owned()),
            None => Source::Made,
        },
        keeper: Keeper::Mariadb,
    }
}

/// Looks whether a password file that was named can be taken; returns what is to be told of it.
///
/// # Errors
/// When it cannot, with the reason.
pub fn of_file(file: Option<&Path>, facts: &Facts) -> Result<Option<Check>, Refusal> {
    let Some(path) = file else { return Ok(None) };
    let without = "without one, a password is made at random";
    if let Some(PasswordFile::Fit {
        not_for_mariadb: Some(why),
        ..
    }) = facts.passwords.get(path)
    {
        let what = format!("the password in {} {why}", path.display());
        return Err(password::refusal(what, without));
    }
    password::of_file(path, without, facts)
}

fn word(path: &Path) -> String {
    shell_line(&[path.display().to_string()])
}

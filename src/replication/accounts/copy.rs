//! The steps that copy accounts from a primary to its replica on this host.

use crate::facts::DatabaseServer;
use crate::facts::database::PROOF;
use crate::mariadb::accounts::{AccountDifference, AccountState, Comparison, Name, listed};
use crate::mariadb::{quote_name, quote_string};
use crate::plan::values::{Keeper, Named, Source};
use crate::plan::{
    Again, Check, Plan, Refusal, Step, heredoc, session_begins, shell_line, sql_client,
};
use crate::replication::account::takes_hashes;
use crate::replication::servers;

/// The name of the salt by which both servers are compared once all is copied.
const SALT: &str = "accounts_salt";

/// The name of what the primary answers.
const ANSWER: &str = "accounts";

/// The last line of the accounts' statements: a copy without it is cut.
const DUMP_COMPLETED: &str = "-- whole";

/// The first statement of every session that copies or takes back: nothing is logged, wherever that is switched on.
const QUIET: &str = "SET SESSION sql_log_bin=0, sql_log_off=1, slow_query_log=0";

/// Returns the expression of an account's proof, as the reading of a server has it, with that salt.
fn proof_column(salt: &str) -> String {
    let words: Vec<&str> = PROOF.split_whitespace().collect();
    words
        .join(" ")
        .replace("@bascule_salt", &format!("'{salt}'"))
}

/// The accounts of a primary, as its replica on this host is to have them.
#[derive(Debug)]
pub struct Copy<'a> {
    pub primary: &'a DatabaseServer,
    /// Its host, as ssh reaches it.
    pub via: &'a str,
    /// The server on this host.
    pub replica: &'a DatabaseServer,
    /// The differences that are to be mended.
    pub comparison: Comparison,
    /// Where the replica restarts before that: the verb that has it do so, and copies none.
    pub first: Option<Again>,
}

impl Copy<'_> {
    /// Adds the steps; none where nothing differs.
    ///
    /// # Errors
    /// When the replica could not take them.
    pub fn plan(&self, plan: &mut Plan) -> Result<(), Refusal> {
        let (to, from) = (&self.replica.host, &self.primary.host);
        for sentence in &self.comparison.untouched {
            plan.check(Check::warning(sentence.clone()));
        }
        for one in self.comparison.foreign() {
            plan.check(Check::warning(format!(
                "{} on {to} is not {from}'s ({} of its own there): it stays as it is",
                one.name.plain(),
                one.foreign.join(", ")
            )));
        }
        let all: Vec<&AccountDifference> = self.comparison.mendable().collect();
        if all.is_empty() {
            return Ok(());
        }
        self.check_possible(&all)?;
        let words = listed(all.iter().map(|one| one.words()));
        plan.check(Check::warning(format!(
            "on {to} these become as on {from}, with the rights on what is replicated: {}",
            words
        )));
        let of = |state: AccountState, is_role: bool| -> Vec<&AccountDifference> {
            let all = all.iter().copied();
            all.filter(|one| one.state == state && one.is_role == is_role)
                .collect()
        };
        let (missing, otherwise) = (
            of(AccountState::Missing, false),
            of(AccountState::Otherwise, false),
        );
        let new_roles = of(AccountState::Missing, true);
        let new: Vec<&AccountDifference> = missing.iter().chain(&new_roles).copied().collect();
        if !new.is_empty() {
            plan.step(self.none_is_there(&new));
        }
        if !otherwise.is_empty() {
            plan.step(self.keep(&otherwise));
        }
        if !new_roles.is_empty() {
            let make = new_roles
                .iter()
                .map(|one| format!("CREATE ROLE {}", one.name.sql()));
            let back = new_roles
                .iter()
                .map(|one| format!("DROP ROLE IF EXISTS {}", one.name.sql()));
            let back = self.sql(back, "they were not there before");
            plan.step(
                self.sql(
                    make,
                    format!("roles that accounts of {from} have their rights by"),
                )
                .undone_by(vec![servers::awaited(self.replica, None), back]),
            );
        }
        if !missing.is_empty() || !otherwise.is_empty() {
            self.add_steps(&missing, &otherwise, plan);
        }
        let (new, there): (Vec<&AccountDifference>, Vec<&AccountDifference>) = all
            .into_iter()
            .partition(|one| one.state == AccountState::Missing);
        for one in there {
            if let Some((give, take)) = grants_between(one) {
                plan.step(self.more(one, give, take));
            }
        }
        // One that was made goes with all that it may do.
        let give: Vec<String> = new
            .iter()
            .filter_map(|one| grants_between(one))
            .flat_map(|(give, _)| give)
            .collect();
        if !give.is_empty() {
            plan.step(self.sql(
                give,
                "what they may do with what is replicated, and nothing else",
            ));
        }
        Ok(())
    }

    /// Looks whether the replica can have them.
    fn check_possible(&self, all: &[&AccountDifference]) -> Result<(), Refusal> {
        let to = &self.replica.host;
        let proved: Vec<&&AccountDifference> = all
            .iter()
            .filter(|one| !one.is_role && one.state != AccountState::Same)
            .collect();
        if proved.is_empty() {
            return Ok(());
        }
        takes_hashes(self.replica, self.first.clone())?;
        let known: Vec<&str> = self
            .replica
            .plugins_of("AUTHENTICATION")
            .map(|plugin| plugin.name.as_str())
            .collect();
        for one in proved {
            let lacks = |name: &&String| !known.is_empty() && !known.contains(&name.as_str());
            let Some(name) = one.plugins.iter().find(lacks) else {
                continue;
            };
            let library = self
                .primary
                .plugins_of("AUTHENTICATION")
                .find(|plugin| plugin.name == *name)
                .and_then(|plugin| plugin.library.strip_suffix(".so"));
            let refusal = Refusal::check(format!(
                "{} proves itself by {name}, which {to} has not loaded",
                one.name.plain()
            ));
            return Err(match library {
                Some(library) => refusal.hint(
                    "to load it",
                    format!("{} -e \"INSTALL SONAME '{library}'\"", self.replica.client),
                ),
                None => refusal.hint("what is loaded", "bascule explain db replicate"),
            });
        }
        Ok(())
    }

    /// Returns statements for the replica, in a session of which nothing is logged.
    fn sql(&self, statements: impl IntoIterator<Item = String>, why: impl Into<String>) -> Step {
        let first = ["SET NAMES utf8mb4".to_owned(), QUIET.to_owned()];
        servers::sql(self.replica, None, first.into_iter().chain(statements), why)
    }

    /// Returns the step that lets nobody's account be taken for one that this plan makes.
    fn none_is_there(&self, new: &[&AccountDifference]) -> Step {
        self.sql(
            [format!(
                "SELECT COUNT(*) FROM mysql.global_priv WHERE (User, Host) IN ({})",
                pairs(new)
            )],
            "none of the new ones was made here meanwhile",
        )
        .expecting("0", "one of them was made here meanwhile: run it again")
    }

    fn file(&self) -> String {
        let name = format!("copied.{}.sql", self.replica.now);
        let folder = self.replica.state.accounts();
        folder.join(name).display().to_string()
    }

    fn client(&self) -> String {
        shell_line(&sql_client(&self.replica.client))
    }

    /// Returns the step that keeps accounts as they are, row by row: no statement says when a password was
    /// last changed.
    fn keep(&self, otherwise: &[&AccountDifference]) -> Step {
        let (path, client, pairs) = (shell_line(&[self.file()]), self.client(), pairs(otherwise));
        let folder = shell_line(&[self.replica.state.accounts().display().to_string()]);
        let (opening, ask) = heredoc(&format!(
            "SET NAMES utf8mb4;\n{QUIET};\n\
             SELECT CONCAT('UPDATE mysql.global_priv SET Priv=', QUOTE(Priv), ' WHERE User=', QUOTE(User), \
             ' AND Host=', QUOTE(Host), ';') FROM mysql.global_priv WHERE (User, Host) IN ({pairs});\n"
        ));
        let script = format!(
            "umask 077\nmkdir -p {folder}\n{client} --raw >{path}.new {opening}\n{ask}\ntest -s {path}.new\n\
             sync {path}.new\nmv {path}.new {path}\n"
        );
        let (opening, left) = heredoc(&self.changed_since(&pairs));
        let since = Step::run(["sh", "-eu"], "").stdin(format!(
            "test -s {path}.left || {{ echo unchanged; exit 0; }}\n\
             now=$({client} {opening}\n{left}\n)\n\
             test \"$now\" = \"$(cat {path}.left)\" || {{ echo changed; exit 0; }}\n\
             echo unchanged\n"
        ));
        let names = listed(otherwise.iter().map(|one| one.name.plain()));
        let guard = since.guard(
            "unchanged",
            format!(
                "{names} changed on {} since they were copied: undo would set what they were before",
                self.replica.host
            ),
        )
        .hint("to have it do so, and then undo again", format!("rm {path}.left"));
        let quiet = shell_line(&[format!("SET NAMES utf8mb4; {QUIET};")]);
        // Without the one it is known to be gone on with, should it break off before the other goes.
        let back = format!(
            "test -s {path} || exit 0\nrm -f {path}.left\n\
             {{ echo {quiet}; cat {path}; echo 'FLUSH PRIVILEGES;'; }} | {client}\n\
             rm -f {path}\n"
        );
        Step::run(
            ["sh", "-eu"],
            "the accounts that change, as they are, for the way back; for root alone",
        )
        .stdin(script)
        .undone_by(vec![
            servers::awaited(self.replica, None),
            Step::run(["sh", "-eu"], "the accounts as they were, to the byte").stdin(back),
        ])
        .guarded(guard)
    }

    /// Returns what tells whether somebody has changed accounts since.
    fn changed_since(&self, pairs: &str) -> String {
        format!(
            "SET NAMES utf8mb4;\n{QUIET};\n\
             SELECT SHA2(GROUP_CONCAT({} ORDER BY User, Host), 256) FROM mysql.global_priv \
             WHERE (User, Host) IN ({pairs});\n",
            proof_column("kept")
        )
    }

    /// Adds the steps that bring the accounts themselves, and compare them with the primary's.
    fn add_steps(
        &self,
        missing: &[&AccountDifference],
        otherwise: &[&AccountDifference],
        plan: &mut Plan,
    ) {
        let (to, from) = (&self.replica.host, &self.primary.host);
        if !missing.is_empty() {
            let drop = missing
                .iter()
                .map(|one| format!("DROP USER IF EXISTS {}", one.name.sql()));
            let drop = self.sql(drop, "they were not there before");
            plan.step(
                self.carry_step(
                    missing,
                    "s/$/;/",
                    format!(
                        "with their hashes, which go from {from} to {to} and stand nowhere else"
                    ),
                )
                .undone_by(vec![servers::awaited(self.replica, None), drop]),
            );
        }
        if !otherwise.is_empty() {
            let clear = otherwise.iter().map(|one| {
                format!(
                    "ALTER USER {} REQUIRE NONE WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 \
                     MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0 MAX_STATEMENT_TIME 0 \
                     PASSWORD EXPIRE DEFAULT ACCOUNT LOCK",
                    one.name.sql()
                )
            });
            plan.step(self.sql(
                clear,
                "what ALTER USER does not name stays, so that it goes first; nobody gets in meanwhile",
            ));
            plan.step(self.carry_step(
                otherwise,
                "s/^CREATE /ALTER /; s/$/;/",
                format!("as they are on {from}, with their hashes, which stand nowhere else"),
            ));
            let open = otherwise.iter().filter(|one| !one.locked);
            let open: Vec<String> = open
                .map(|one| format!("ALTER USER {} ACCOUNT UNLOCK", one.name.sql()))
                .collect();
            if !open.is_empty() {
                plan.step(self.sql(open, format!("not locked on {from} either")));
            }
        }
        if !otherwise.is_empty() {
            let path = shell_line(&[self.file()]);
            let (opening, left) = heredoc(&self.changed_since(&pairs(otherwise)));
            plan.step(
                Step::run(
                    ["sh", "-eu"],
                    "by this an undo knows whether somebody changed them since",
                )
                .stdin(format!(
                    "umask 077\n{} >{path}.left {opening}\n{left}\nsync {path}.left\n",
                    self.client()
                )),
            );
        }
        let all: Vec<&AccountDifference> = missing.iter().chain(otherwise).copied().collect();
        let ask = format!(
            "SELECT SHA2(GROUP_CONCAT({} ORDER BY User, Host), 256) FROM mysql.global_priv WHERE (User, Host) IN ({})",
            proof_column(&format!("${{{SALT}}}")),
            pairs(&all)
        );
        plan.secrets.push(Named {
            name: SALT.to_owned(),
            source: Source::Made,
            keeper: Keeper::Mariadb,
        });
        let names = "SET NAMES utf8mb4".to_owned();
        let quiet = "SET SESSION sql_log_off=1".to_owned();
        plan.step(
            servers::sql(
                self.primary,
                Some(self.via),
                [names.clone(), quiet.clone(), ask.clone()],
                format!("what they prove themselves with on {from}, as one sum with a number nobody keeps"),
            )
            .answers_as(ANSWER),
        );
        plan.step(
            servers::sql(
                self.replica,
                None,
                [names, quiet, ask],
                "and here: passwords, plugins, TLS, limits, locks",
            )
            .expecting(
                format!("${{{ANSWER}}}"),
                format!(
                    "they are not as on {from}, where somebody may have changed them meanwhile"
                ),
            ),
        );
    }

    /// Returns the step that has the primary print accounts, and the replica read them through that edit.
    fn carry_step(&self, accounts: &[&AccountDifference], edit: &str, why: String) -> Step {
        let shown = accounts.iter().map(|one| {
            let (user, host) = (quote_name(&one.name.user), quote_name(&one.name.host));
            format!("SHOW CREATE USER {user}@{host}; ")
        });
        let mut from = sql_client(&self.primary.client);
        from.extend([
            "--raw".to_owned(),
            format!(
                "--execute=SET SESSION sql_quote_show_create=1; {}SELECT \"{DUMP_COMPLETED}\"",
                shown.collect::<String>()
            ),
        ]);
        // A server's error quotes the statement from where it does not understand it.
        let into = format!(
            "said=$(sed \"{edit}\" | {} {} 2>&1) && exit 0; \
             printf \"%s\\n\" \"$said\" | sed \"s/ near .*//\" >&2; exit 1",
            self.client(),
            shell_line(&[session_begins(QUIET.trim_start_matches("SET SESSION "))]),
        );
        let into = ["sh", "-c", &into].map(str::to_owned).to_vec();
        Step::pipe(
            from,
            Some(self.via.to_owned()),
            into,
            DUMP_COMPLETED,
            None,
            why,
        )
    }

    /// Returns the step that gives more rights to one that was there.
    fn more(&self, one: &AccountDifference, give: Vec<String>, take: Vec<String>) -> Step {
        // Where it broke off, not all of it is there to be taken (1141, 1147, 1269, 1403, 1959).
        let take = take
            .iter()
            .map(|text| format!("EXECUTE IMMEDIATE {};", quote_string(text)));
        let take = format!(
            "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR 1141, 1147, 1269, 1403, 1959 BEGIN END; {} END",
            take.collect::<Vec<_>>().join(" ")
        );
        let why = format!("what {} may do with what is replicated", one.name.plain());
        self.sql(give, why).undone_by(vec![
            servers::awaited(self.replica, None),
            self.sql([take], "what it had before, and no more"),
        ])
    }
}

/// Returns the statements that give one its rights and roles, and those that take them; none where it
/// lacks none.
fn grants_between(one: &AccountDifference) -> Option<(Vec<String>, Vec<String>)> {
    let name = one.name.sql();
    let mut give: Vec<String> = Vec::new();
    let mut take: Vec<String> = Vec::new();
    for right in &one.rights {
        give.push(right.grant());
        take.push(right.revoke());
    }
    for (role, admin) in &one.roles {
        let role = Name::role(role).sql();
        let option = if *admin { " WITH ADMIN OPTION" } else { "" };
        give.push(format!("GRANT {role} TO {name}{option}"));
        take.push(format!("REVOKE {role} FROM {name}"));
    }
    if let Some((role, before)) = &one.default_role {
        let role = Name::role(role).sql();
        give.push(format!("SET DEFAULT ROLE {role} FOR {name}"));
        let before = match before.as_str() {
            "" => "NONE".to_owned(),
            before => Name::role(before).sql(),
        };
        take.push(format!("SET DEFAULT ROLE {before} FOR {name}"));
    }
    take.reverse();
    (!give.is_empty()).then_some((give, take))
}

fn pairs(all: &[&AccountDifference]) -> String {
    let pairs: Vec<String> = all.iter().map(|one| one.name.pair()).collect();
    pairs.join(", ")
}

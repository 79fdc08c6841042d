//! The steps that write the file: the account, the data with their GTID, and what says how to go on from
//! them; parts first, then one file of them.

use super::Export;
use crate::conf::DatabaseName;
use crate::facts::DatabaseServer;
use crate::facts::database::bundle::{DUMP, ENTRIES, MANIFEST, Manifest, PASSWORD, ROWS};
use crate::plan::{Guard, Plan, Refusal, Step, Verify, shell_line};
use crate::replication::account::{self, Account, Logged};
use crate::replication::endpoint::Endpoint;
use crate::replication::following::counting;
use crate::replication::{counts, guards, prepared, seed};

impl Export {
    pub(super) fn steps(
        &self,
        server: &DatabaseServer,
        account: &Account,
        databases: &[DatabaseName],
        bytes: u64,
        manifest: &Manifest,
        plan: &mut Plan,
    ) -> Result<(), Refusal> {
        let file = self.file.display().to_string();
        let folder = format!("{file}.parts");
        let part = |name: &str| format!("{folder}/{name}");
        let remove = |argv: &[&str], why: &str| vec![Step::run(argv.iter().copied(), why)];
        plan.step(
            Step::run(
                ["install", "--mode=600", "/dev/null", &file],
                "for root alone, before anything is in it",
            )
            .verify(Verify::Exists {
                path: self.file.clone(),
            })
            .undone_by(remove(&["rm", "--force", &file], "it was not there before")),
        );
        plan.secrets
            .push(account::password(self.password_file.as_deref()));
        account.let_in(server, None, Logged::Yes, plan)?;
        if let (None, Some(made)) = (account.on_server(server), plan.steps.last_mut()) {
            made.guards.push(nobody_needs_it(server, account));
        }
        plan.step(
            Step::run(
                ["install", "--directory", "--mode=700", &folder],
                "its parts, until they are one file",
            )
            .undone_by(remove(
                &["rm", "--recursive", "--force", &folder],
                "none of it is left",
            )),
        );
        plan.step(self.dump(server, account, databases, bytes, &part(DUMP)));
        plan.step(prepared::none_was_left_out(&Endpoint { server, via: None }));
        for step in add_to_the_dump(server, databases, &part(DUMP)) {
            plan.step(step);
        }
        let [at, rows] = counts::count_at(server, None, databases);
        plan.step(at);
        plan.step(rows.within(counting(bytes)));
        let json = serde_json::to_string_pretty(manifest)
            .map_err(|error| Refusal::check(error.to_string()))?;
        for (name, text, why) in small_parts(json) {
            plan.step(
                Step::run(["install", "--mode=600", "/dev/stdin", &part(name)], why)
                    .stdin(format!("{text}\n")),
            );
        }
        plan.step(self.pack(&folder));
        plan.step(Step::run(
            ["rm", "--recursive", "--force", &folder],
            "its parts are in it",
        ));
        Ok(())
    }

    /// Returns the step that writes the data, with their GTID, into a part of the file.
    fn dump(
        &self,
        server: &DatabaseServer,
        account: &Account,
        databases: &[DatabaseName],
        bytes: u64,
        part: &str,
    ) -> Step {
        let write = format!("gzip --fast >{}", shell_line(&[part.to_owned()]));
        Step::pipe(
            seed::dump(
                server,
                databases,
                &seed::mark(&account.from.to_string()),
                self.lock_tables,
            ),
            None,
            ["sh", "-c", &write].map(str::to_owned).to_vec(),
            crate::mariadb::DUMP_COMPLETED,
            Some(bytes),
            "one consistent view of all of it, with its GTID at the end",
        )
        .finding("position", seed::POSITION, '\'')
        .within(seed::SILENCE)
    }

    /// Returns the step that makes one file of the parts.
    fn pack(&self, folder: &str) -> Step {
        let file = self.file.display().to_string();
        let mut argv = ["tar", "--create", "--force-local", "--file"]
            .map(str::to_owned)
            .to_vec();
        argv.extend([file.clone(), "--directory".to_owned(), folder.to_owned()]);
        argv.extend(ENTRIES.map(str::to_owned));
        Step::run(argv, "all of it in one file")
            .verify(Verify::Prints {
                argv: ["tar", "--list", "--force-local", "--file", &file]
                    .map(str::to_owned)
                    .to_vec(),
                text: DUMP.to_owned(),
                proves: format!("{file} holds the data, their GTID and the account"),
            })
            .within(seed::SILENCE)
    }
}

/// Returns what an undo asks before it drops the account.
fn nobody_needs_it(server: &DatabaseServer, account: &Account) -> Guard {
    let address = account.from.to_string();
    let by_another = |one: &crate::facts::database::Account| {
        one.replicates && one.host == address && one.user != account.user.as_str()
    };
    match server.accounts.iter().any(by_another) {
        true => guards::nobody_is_in(server, account.user.as_str(), account.from, "").hint(
            format!("to take it out of replication first, on {address}"),
            "bascule db remove",
        ),
        false => guards::nobody_needs(server, "its account", Some(&[address])),
    }
}

/// Returns the steps that add to a dump what mariadb-dump leaves out, and the position at its end.
fn add_to_the_dump(server: &DatabaseServer, databases: &[DatabaseName], part: &str) -> Vec<Step> {
    let after = seed::afterwards(server, databases);
    if after.is_empty() {
        return Vec::new();
    }
    let add = format!("gzip --fast >>{}", shell_line(&[part.to_owned()]));
    let mut steps = Vec::new();
    for (command, why) in after {
        let into = ["sh", "-c", &add].map(str::to_owned).to_vec();
        let step = Step::pipe(
            command,
            None,
            into,
            crate::mariadb::DUMP_COMPLETED,
            None,
            why,
        );
        steps.push(step.within(seed::SILENCE));
    }
    // Whoever loads it looks for the position at the end.
    let end = format!(
        "{}${{position}}';\n{}\n",
        seed::POSITION,
        crate::mariadb::DUMP_COMPLETED
    );
    steps.push(Step::run(["sh", "-c", &add], "its GTID, at the end as well").stdin(end));
    steps
}

/// Returns the parts beside the data: the name of each, its text, and what it is for.
fn small_parts(manifest: String) -> [(&'static str, String, &'static str); 3] {
    [
        (
            MANIFEST,
            manifest,
            "what it is, and how a replica goes on from it",
        ),
        (
            PASSWORD,
            format!("${{{}}}", account::PASSWORD),
            "the password, which stands nowhere else",
        ),
        (
            ROWS,
            "${counted}".to_owned(),
            "the replica compares its own with them",
        ),
    ]
}

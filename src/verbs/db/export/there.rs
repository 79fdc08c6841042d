//! A file that is there already: whether a replica can begin with it as it is.

use super::{Export, names};
use crate::conf::DatabaseName;
use crate::facts::{DatabaseBundle, DatabaseServer, Facts};
use crate::mariadb::{Position, Reach};
use crate::plan::{Refusal, shell_line};
use crate::replication::account::Account;
use crate::replication::decision;

impl Export {
    /// Returns true when the file is one that a replica can begin with as it is.
    ///
    /// # Errors
    /// When something else lies there.
    pub(super) fn is_there(
        &self,
        facts: &Facts,
        server: &DatabaseServer,
        account: &Account,
        databases: &[DatabaseName],
    ) -> Result<bool, Refusal> {
        let file = shell_line(&[self.file.display().to_string()]);
        let manifest = match &facts.database_bundle {
            None | Some(DatabaseBundle::Absent) => return Ok(false),
            Some(DatabaseBundle::Wrong { why }) => {
                return Err(Refusal::check(format!(
                    "{file} is there already, and is something else: {why}"
                ))
                .hint("to see it", format!("ls -l {file}")));
            }
            Some(DatabaseBundle::Of(manifest)) => manifest,
        };
        let outdated = |why: String| {
            Err(
                Refusal::check(format!("{file} is there already: {why}")).hint(
                    "if it is no longer needed, remove it",
                    format!("shred --remove {file}"),
                ),
            )
        };
        if manifest.host != server.host {
            return outdated(format!("it comes from {}", manifest.host));
        }
        let same = manifest.user == account.user.as_str()
            && manifest.replica == account.from
            && manifest.filtered != self.databases.is_empty()
            && manifest
                .databases
                .iter()
                .map(|one| &one.name)
                .eq(names(databases).iter());
        if !same || account.on_server(server).is_none() {
            return outdated(format!(
                "{} for {}@{}",
                match manifest.databases.as_slice() {
                    [one] => one.name.clone(),
                    several => format!("{} databases", several.len()),
                },
                manifest.user,
                manifest.replica
            ));
        }
        let position = manifest.position.parse::<Position>().unwrap_or_default();
        let gone = match decision::purged(server)? {
            Some(purged) => position.reaches(&purged) == Reach::Short,
            None => false,
        };
        if gone {
            return outdated(format!(
                "the binlogs that come after it, from {position} on, are deleted"
            ));
        }
        Ok(true)
    }
}

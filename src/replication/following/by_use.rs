//! Filters that go by the database which a session chose with `USE`: beside those by a table's own
//! database, that `db replicate` writes, they would go on cutting what arrives.

use super::origin::Origin;
use super::request::Request;
use crate::conf::options::Setting;
use crate::facts::DatabaseServer;
use crate::mariadb::filter::items;
use crate::plan::{Refusal, shell_line};
use crate::replication::server::release;

/// The options, which are variables as well.
pub const OPTIONS: [&str; 2] = ["replicate_do_db", "replicate_ignore_db"];

/// Returns what the running server filters so, as `replicate_do_db=site1,site2`.
pub fn running(replica: &DatabaseServer) -> Vec<String> {
    let value = |name: &&str| replica.variable(name).filter(|value| !value.is_empty());
    OPTIONS
        .iter()
        .filter_map(|name| Some(format!("{name}={}", value(name)?)))
        .collect()
}

/// Refuses where option files have such a filter, and databases are named or nothing is linked yet.
///
/// # Errors
/// With the lines, and with words that name all that they let through.
pub fn refuse(words: &Request, replica: &DatabaseServer, origin: &Origin) -> Result<(), Refusal> {
    let linked = replica.follows().is_some();
    if linked && !origin.filtered {
        return Ok(());
    }
    let files = replica.options();
    let is_one = |setting: &Setting| setting.option().is_some_and(|name| OPTIONS.contains(&name));
    let found: Vec<Setting> = files
        .settings(release(replica))
        .into_iter()
        .filter(is_one)
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = found
        .iter()
        .map(|one| format!("{}: {}", one.place, one.text()))
        .collect();
    let mut refusal = Refusal::check(format!(
        "{} filters by the database that was chosen with USE, and would go on cutting what it takes:\n  {}",
        replica.host,
        lines.join("\n  ")
    ));
    let mut paths: Vec<String> = found
        .iter()
        .map(|one| one.place.path.display().to_string())
        .collect();
    paths.dedup();
    for path in paths {
        let argv = ["sensible-editor".to_owned(), path];
        refusal = refusal.hint("to take these lines out", shell_line(&argv));
    }
    let mut taken: Vec<String> = origin
        .databases
        .iter()
        .filter(|_| origin.filtered)
        .map(ToString::to_string)
        .collect();
    // Several lines add up.
    for one in found
        .iter()
        .filter(|one| one.option() == Some("replicate_do_db"))
    {
        taken.extend(items(one.value.as_deref().unwrap_or_default()).map(str::to_owned));
    }
    if let Some(running) = replica.variable("replicate_do_db") {
        taken.extend(items(running).map(str::to_owned));
    }
    taken.sort();
    taken.dedup();
    let Some(primary) = words.primary else {
        return Err(refusal);
    };
    let mut argv = vec![
        "bascule".to_owned(),
        "db".to_owned(),
        "replicate".to_owned(),
    ];
    argv.push(primary.to_owned());
    for database in taken {
        argv.extend(["--database".to_owned(), database]);
    }
    Err(refusal.hint("and then", shell_line(&argv)))
}

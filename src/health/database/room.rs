//! What a server writes to and cannot: a disk that is full, has no inode left or is read-only.
//!
//! Seen on 10.11 and 11.8: with a full tmpdir a change of roles fails behind its point of no return, at
//! the first question that needs a temporary table; on a full data directory every write waits for ever.

use super::super::Problem;
use super::topology::{Server, Topology};
use crate::facts::{DatabaseServer, Facts};
use crate::plan::{Plan, Refusal};
use crate::wording::amount;
use std::path::Path;

/// The bytes that the few statements of a plan may take in the binlog and in tables.
const DATA: u64 = 8_000_000;

/// The bytes that an option file or a temporary table of a question may take.
const OTHER: u64 = 500_000;

/// The inodes that a plan may take: option files, relay logs, a table and its files.
const INODES: u64 = 20;

/// Adds what a server lacks, a problem for each place. That its data directory is nearly full is told
/// elsewhere, with what its binlogs take.
pub(super) fn judge(server: &Server, found: &mut Vec<Problem>) {
    let datadir = server.said.datadir();
    let full = |folder: &Path, why: &Lack| folder == datadir && *why == Lack::Bytes;
    let lacks = lacking_room(server).into_iter();
    found.extend(lacks.filter_map(|(folder, why, lack)| (!full(folder, &why)).then_some(lack)));
}

/// The room that there is too little of.
#[derive(PartialEq, Eq)]
enum Lack {
    Bytes,
    Inodes,
    Leave,
}

/// Returns what a server lacks, and where.
fn lacking_room<'a>(server: &Server<'a>) -> Vec<(&'a Path, Lack, Problem)> {
    let said = server.said;
    let name = server.name;
    let temporary = said.variable("tmpdir").unwrap_or("/tmp");
    let what_for = |folder: &Path| {
        if temporary.split(':').any(|one| Path::new(one) == folder) {
            "where it makes temporary tables"
        } else if folder == Path::new("/etc/mysql") {
            "where its option files are"
        } else {
            "where it writes its data and logs"
        }
    };
    let mut lacks = Vec::new();
    for (folder, free) in &said.free {
        let path = folder.display();
        let look = |purpose: &str, command: String, what: String| {
            let what = format!("{what}, {}", what_for(folder));
            let purpose = format!("{purpose}{}", server.place());
            Problem::new(true, what).next(&purpose, command)
        };
        let least = match what_for(folder) {
            "where it writes its data and logs" => DATA,
            _ => OTHER,
        };
        if said.read_only.contains(folder) {
            lacks.push((
                folder.as_path(),
                Lack::Leave,
                look(
                    "to see what is mounted there",
                    format!("findmnt -T {path}"),
                    format!("{path} of {name} is read-only"),
                ),
            ));
        } else if *free < least && !is_for_kept(said, folder) {
            lacks.push((
                folder.as_path(),
                Lack::Bytes,
                look(
                    "to see what takes the room",
                    format!("du -xah {path} | sort -h | tail"),
                    format!("{name} has {} free in {path}", amount(*free)),
                ),
            ));
        } else if let Some(left) = said.inodes.get(folder).filter(|left| **left < INODES) {
            lacks.push((
                folder.as_path(),
                Lack::Inodes,
                look(
                    "to see what takes them",
                    format!("du -x --inodes {path} | sort -n | tail"),
                    format!("{name} has {left} inodes free in {path}"),
                ),
            ));
        }
    }
    lacks
}

/// Returns true for the folder of which only who keeps something there needs to know what is free.
fn is_for_kept(said: &DatabaseServer, folder: &Path) -> bool {
    said.free_for_kept()
        .is_some_and(|(kept, _)| kept == folder && kept != said.datadir())
}

/// Looks whether all servers that a plan changes can write: it must not come to a stop half-way.
///
/// # Errors
/// The refusal, where one cannot.
pub fn can_write(facts: &Facts, plan: &Plan) -> Result<(), Refusal> {
    let topology = Topology::of_facts(facts);
    let changed = |server: &&Server| match server.asked {
        Some(host) => plan.concerns(host),
        None => plan.steps.iter().any(|step| step.host.is_none()),
    };
    for server in topology.servers.iter().filter(changed) {
        if let Some((_, _, lack)) = lacking_room(server).into_iter().next() {
            let refusal = Refusal::check(lack.what);
            return Err(lack
                .next
                .into_iter()
                .fold(refusal, |all, hint| all.hint(hint.purpose, hint.command)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DatabaseServer;
    use crate::plan::Step;

    /// A server with room, as `read.sh` tells it.
    fn facts() -> Facts {
        let mut here = DatabaseServer {
            host: "serv2".to_owned(),
            ..DatabaseServer::default()
        };
        here.variables
            .insert("tmpdir".to_owned(), "/tmp:/var/tmp".to_owned());
        for folder in ["/var/lib/mysql", "/tmp", "/var/tmp", "/etc/mysql"] {
            here.free.insert(folder.into(), 1_000_000_000);
            here.inodes.insert(folder.into(), 1000);
        }
        Facts {
            host: "serv2".to_owned(),
            database: Some(here),
            ..Facts::default()
        }
    }

    fn said(facts: &Facts) -> String {
        let mut plan = Plan::new("");
        plan.step(Step::run(["true"], ""));
        match can_write(facts, &plan) {
            Ok(()) => String::new(),
            Err(refusal) => format!("{} · {}", refusal.what, refusal.hints[0].command),
        }
    }

    #[test]
    fn each_place_and_each_kind_of_want_is_told() {
        assert_eq!(said(&facts()), "");
        for (folder, what_for) in [
            ("/var/lib/mysql", "where it writes its data and logs"),
            ("/var/tmp", "where it makes temporary tables"),
            ("/etc/mysql", "where its option files are"),
        ] {
            let mut full = facts();
            let here = full.database.as_mut().unwrap();
            here.free.insert(folder.into(), 4096);
            assert_eq!(
                said(&full),
                format!(
                    "serv2 has 4.1 kB free in {folder}, {what_for} · du -xah {folder} | sort -h | tail"
                )
            );
            let mut full = facts();
            let here = full.database.as_mut().unwrap();
            here.inodes.insert(folder.into(), 0);
            assert!(said(&full).starts_with(&format!("serv2 has 0 inodes free in {folder}, ")));
            let mut full = facts();
            let here = full.database.as_mut().unwrap();
            here.read_only.push(folder.into());
            assert!(said(&full).starts_with(&format!("{folder} of serv2 is read-only, ")));
        }
    }

    #[test]
    fn a_server_that_the_plan_leaves_alone_may_be_full() {
        let mut facts = facts();
        let mut full = facts.database.take().unwrap();
        full.free.insert("/tmp".into(), 0);
        facts.database_hosts.insert("172.16.0.10".to_owned(), full);
        assert_eq!(said(&facts), "");
        let mut plan = Plan::new("");
        plan.step(Step::run(["true"], "").on("172.16.0.10"));
        let refusal = can_write(&facts, &plan).unwrap_err();
        assert_eq!(
            refusal.hints[0].purpose,
            "to see what takes the room, on serv2"
        );
    }
}

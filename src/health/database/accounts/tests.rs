//! What is made of real servers' accounts: `tests/data/facts/RELEASE/accounts-*.json` (`record-accounts`).

use super::{coming, comparison};
use crate::facts::Facts;
use crate::mariadb::accounts::{AccountDifference, Comparison};

const RELEASES: [&str; 2] = ["bookworm", "trixie"];

fn facts(release: &str, state: &str) -> Facts {
    crate::trial::facts(release, &format!("accounts-{state}"))
}

fn compared(release: &str, state: &str) -> Comparison {
    let facts = facts(release, state);
    let replica = facts.database.as_ref().expect("the replica");
    let primary = facts
        .database_hosts
        .get("172.16.0.10")
        .expect("the primary");
    let comes = coming(replica.link("").expect("a link"), primary);
    comparison(primary, replica, &comes, &["replication_user"]).expect("both said")
}

fn grants(one: &AccountDifference) -> Vec<String> {
    let rights = one.rights.iter().map(|right| right.grant());
    let roles = one.roles.iter().map(|(role, _)| format!("role {role}"));
    let default = one
        .default_role
        .iter()
        .map(|(role, _)| format!("default {role}"));
    rights.chain(roles).chain(default).collect()
}

fn of<'a>(found: &'a Comparison, user: &str) -> &'a AccountDifference {
    let mut all = found.differences.iter();
    all.find(|one| one.name.user == user).expect(user)
}

#[test]
fn all_who_have_rights_on_what_comes_are_lacking() {
    for release in RELEASES {
        let found = compared(release, "lacking");
        assert_eq!(
            found.words(),
            "app@% (missing), multi@172.16.0.% (missing), roled@localhost (missing), wild@% (missing), \
             everywhere@% (missing), we`ird'o@% (missing), the role readers (missing), the role all_readers (missing)"
        );
        assert_eq!(
            grants(of(&found, "app")),
            ["GRANT DELETE, INSERT, SELECT, UPDATE ON `site1`.* TO 'app'@'%'"]
        );
        assert_eq!(
            grants(of(&found, "multi")),
            [
                "GRANT DELETE HISTORY, SELECT ON `site1`.`visits` TO 'multi'@'172.16.0.%'",
                "GRANT SELECT (`id`) ON `site1`.`visits` TO 'multi'@'172.16.0.%'",
                "GRANT UPDATE (`page`) ON `site1`.`visits` TO 'multi'@'172.16.0.%'",
                "GRANT EXECUTE ON PROCEDURE `site1`.`forget` TO 'multi'@'172.16.0.%' WITH GRANT OPTION",
            ]
        );
        assert_eq!(
            of(&found, "multi").plugins,
            ["mysql_native_password", "ed25519"]
        );
        assert_eq!(
            grants(of(&found, "roled")),
            ["role all_readers", "default all_readers"]
        );
        assert_eq!(grants(of(&found, "all_readers")), ["role readers"]);
        // A pattern that means other databases too becomes the one that comes; of two that mean one
        // database the nearer counts.
        let wild = grants(of(&found, "wild"));
        assert_eq!(wild.len(), 2, "{wild:?}");
        assert!(
            wild[0].starts_with("GRANT ALTER, ALTER ROUTINE, CREATE, "),
            "{wild:?}"
        );
        assert!(
            wild[0].ends_with(" ON `site1`.* TO 'wild'@'%' WITH GRANT OPTION"),
            "{wild:?}"
        );
        assert_eq!(wild[1], "GRANT SELECT ON `site_2`.* TO 'wild'@'%'");
        assert_eq!(wild[0].contains("SHOW CREATE ROUTINE"), release == "trixie");
        // Rights on everything become rights on what comes.
        assert_eq!(
            grants(of(&found, "everywhere")),
            [
                "GRANT CREATE TEMPORARY TABLES, SELECT ON `site1`.* TO 'everywhere'@'%'",
                "GRANT CREATE TEMPORARY TABLES, SELECT ON `site\\_2`.* TO 'everywhere'@'%'",
            ]
        );
        assert_eq!(
            found.untouched,
            [
                "acting@% may act as app@% on the primary alone (PROXY), which is not copied",
                "everywhere@% has PROCESS, SUPER on the primary alone: rights over a whole server are not copied",
            ]
        );
    }
}

#[test]
fn the_same_statements_on_both_leave_no_difference() {
    for release in RELEASES {
        let found = compared(release, "same");
        assert_eq!(found.differences, []);
        assert_eq!(found.untouched, [""; 0]);
        assert_eq!(found.compared.len(), 8, "{:?}", found.compared);
    }
}

#[test]
fn what_changed_is_known_and_what_is_somebody_elses_stays() {
    for release in RELEASES {
        let found = compared(release, "otherwise");
        assert_eq!(
            found.words(),
            "app@% (another password or other settings), multi@172.16.0.% (fewer rights), \
             roled@localhost (another password or other settings), wild@% (fewer rights), \
             everywhere@% (another password or other settings), the role readers (fewer rights)"
        );
        let foreign: Vec<_> = found
            .foreign()
            .map(|one| (one.name.user.as_str(), one.foreign.join(", ")))
            .collect();
        let own = "rights on own_serv2".to_owned();
        assert_eq!(foreign, [("readers", own.clone()), ("everywhere", own)]);
        assert_eq!(
            grants(of(&found, "multi")),
            ["GRANT UPDATE (`page`) ON `site1`.`visits` TO 'multi'@'172.16.0.%'"]
        );
        assert!(!of(&found, "roled").locked);
        // The row that names a database alone is the one that counts: it has what the wider one had.
        let wild = grants(of(&found, "wild"));
        assert_eq!(wild.len(), 1, "{wild:?}");
        assert!(wild[0].contains(" SELECT, "), "{wild:?}");
        assert_eq!(
            found.untouched,
            [
                "app@% has more rights on site1 on the replica than on the primary (DELETE): none is taken",
                "on the replica alone these have rights on what is replicated, and keep them: reports@localhost",
            ]
        );
    }
}

#[test]
fn nothing_is_said_where_a_server_did_not_say() {
    let mut facts = facts("bookworm", "lacking");
    let primary = facts.database_hosts["172.16.0.10"].clone();
    let mut replica = facts.database.take().expect("the replica");
    let everything = |_: &str| true;
    assert!(comparison(&primary, &replica, &everything, &[]).is_some());
    replica
        .failed
        .insert("roles".to_owned(), "ERROR 1142".to_owned());
    assert!(comparison(&primary, &replica, &everything, &[]).is_none());
}
